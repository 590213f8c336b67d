/**
 * Presses that are never lost. One is on its way at a time, in the order in which they were made; one
 * that has no answer is sent again, with the same key, until there is an answer or somebody takes it
 * back; one that was made with a key that is no longer good waits for the new key. A page that is
 * loaded again goes on where it was.
 */
import { Away, newPress, Problem } from "../house/api.js";

/** @typedef {import("../house/api.js").Api} Api */

/**
 * @typedef {object} Wish
 * @property {string} kind what was pressed, for the words
 * @property {string} path
 * @property {object} [body]
 * @property {"POST" | "PUT"} [method]
 * @property {string} [number] whom it is about
 * @property {string} [merge] a later wish of this name replaces one that was not sent yet
 *
 * @typedef {Wish & {press: string, since: number, stop: AbortController}} Press
 */

const STALE_MS = 10 * 60_000; // what was pressed longer ago is no longer meant when a page comes back

/** The press was taken back before there was an answer. */
export class TakenBack extends Error {}

export class Presses {
  /**
   * @param {Api} api
   * @param {object} told
   * @param {string} told.slot where this window remembers what has no answer yet
   * @param {() => Promise<void>} told.renew asks for a key that is good
   * @param {() => void} told.changed whenever a press is made or answered
   */
  constructor(api, { slot, renew, changed }) {
    this.api = api;
    this.slot = slot;
    this.renew = renew;
    this.changed = changed;
    /** @type {Press[]} */
    this.pending = [];
    /** @type {Promise<unknown>} */
    this.turn = Promise.resolve();
  }

  /**
   * Carries a wish out once; resolves with the answer.
   *
   * @param {Wish} wish
   * @param {string} [press] of a wish that was made before
   * @returns {Promise<any>} null when a later wish of the same name took its place
   */
  async make(wish, press = newPress()) {
    const unsent = this.pending.slice(1).find((each) => wish.merge && each.merge === wish.merge);
    if (unsent) {
      unsent.body = wish.body;
      this.#note();
      return null;
    }
    const made = { ...wish, press, since: performance.now(), stop: new AbortController() };
    this.pending.push(made);
    this.#note();
    const answer = this.turn.then(() => this.#send(made));
    this.turn = answer.catch(() => {});
    try {
      return await answer;
    } finally {
      this.pending = this.pending.filter((each) => each !== made);
      this.#note();
    }
  }

  /** The first press when it has had no answer for so long, else nothing. @param {number} ms */
  slow(ms) {
    const first = this.pending[0];
    return first && performance.now() - first.since > ms ? first : null;
  }

  /** Takes back whatever has no answer. What had arrived is done all the same. */
  takeBack() {
    for (const press of this.pending) press.stop.abort();
  }

  /** What this window had pressed before it was loaded again. @returns {(Wish & {press: string})[]} */
  left() {
    const { at = 0, wishes = [] } = JSON.parse(sessionStorage.getItem(this.slot) ?? "{}");
    return Date.now() - at < STALE_MS ? wishes : [];
  }

  #note() {
    const wishes = this.pending.map(({ stop, since, ...wish }) => wish);
    if (wishes.length) sessionStorage.setItem(this.slot, JSON.stringify({ at: Date.now(), wishes }));
    else sessionStorage.removeItem(this.slot);
    this.changed();
  }

  /** @param {Press} made */
  async #send(made) {
    for (;;) {
      const { path, body, method, press, stop } = made; // its body may have been replaced meanwhile
      if (stop.signal.aborted) throw new TakenBack(made.kind);
      try {
        return await this.api.post(path, body, { press, method, signal: stop.signal });
      } catch (failure) {
        if (failure instanceof Problem && [401, 403].includes(failure.status)) await this.renew();
        else if (!(failure instanceof Away)) throw failure;
      }
    }
  }
}
