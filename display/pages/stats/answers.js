/** The answers of the service: each address is asked once in a while, few of them at a time. */
import { FOR_YEARS_MS } from "../house/api.js";
import { dateOf, lastDateOf, lastVisited, whole } from "./figures.js";
import { searches, within } from "./questions.js";

/** @typedef {import("../house/api.js").Api} Api */
/** @typedef {import("./types.js").Answer} Answer */

const FRESH_MS = 60_000; // an answer is given again for so long
const LANES = 2; // a year of an office is a second's work for the service

export class Answers {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
    /** @type {Map<string, {at: number, answer: Promise<Answer>}>} */
    this.known = new Map();
  }

  /**
   * @param {string} path
   * @param {{anew?: boolean}} [how] `anew`: whatever was answered before
   * @returns {Promise<Answer>}
   */
  of(path, { anew = false } = {}) {
    const known = this.known.get(path);
    if (!anew && known && performance.now() - known.at < FRESH_MS) return known.answer;
    const answer = this.api.get(path, FOR_YEARS_MS);
    this.known.set(path, { at: performance.now(), answer });
    answer.catch(() => this.known.delete(path)); // asked again next time
    return answer;
  }

  /**
   * Several answers, a few at a time, in the order of their names.
   *
   * @param {string[]} names
   * @param {(name: string) => Promise<unknown>} ask
   */
  async each(names, ask) {
    const left = [...names];
    const lane = async () => {
      for (let name = left.shift(); name; name = left.shift()) await ask(name);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  /**
   * The last day before today on which somebody came to the office; null: there is none.
   *
   * @param {string} today
   * @returns {Promise<string | null>}
   */
  async latest(today) {
    const { near, ever } = searches(today);
    const close = await this.#last(near);
    if (close) return dateOf(close);
    const month = await this.#last(ever);
    if (!month) return null;
    const day = await this.#last(within(dateOf(month), lastDateOf(month)));
    return day ? dateOf(day) : null;
  }

  /** @param {string} path */
  async #last(path) {
    return lastVisited(whole(await this.of(path), null));
  }
}
