/** What the machine asks of the service with its key: numbers, the same number again, answers kept. */
import { Away, newPress, Problem } from "../house/api.js";
import { wishOf } from "./visit.js";

/** @typedef {import("../house/api.js").Api} Api */
/** @typedef {import("./visit.js").Answer} Answer */
/** @typedef {import("./visit.js").Visit} Visit */

const NO_NUMBERS = ["closed", "suspended", "full"];

export class Asking {
  /**
   * @param {Api} api
   * @param {() => Promise<string>} gate where a key comes from when the machine's is no longer good
   */
  constructor(api, gate) {
    this.api = api;
    this.gate = gate;
  }

  /**
   * A number for this visitor: the same wish however often it is asked, so that there is one number.
   * Never fails; a visit that is at its end tells what became of it.
   *
   * @param {Visit} visit
   * @returns {Promise<"number" | "refused" | "failed">}
   */
  async number(visit) {
    visit.wish ??= { press: newPress(), body: wishOf(visit) };
    try {
      visit.ticket = await this.#command("/tickets", visit.wish.body, visit.wish.press);
      return "number";
    } catch (failure) {
      if (failure instanceof Problem && NO_NUMBERS.includes(failure.code)) {
        visit.refused = failure.code;
        visit.wish = null; // another touch is another wish
        return "refused";
      }
      if (!(failure instanceof Away)) console.error(failure);
      return "failed";
    }
  }

  /**
   * Writes down what the visitor answered; nobody waits for it.
   *
   * @param {Visit} visit
   * @param {Answer} answer
   */
  hint({ service, procedure }, answer) {
    if (!service || !procedure) return;
    const body = { service: service.id, procedure: procedure.id, answer };
    this.#command("/hints", body).catch(console.error);
  }

  /**
   * The same number once more, as it stands in line now.
   *
   * @param {string} ticket
   * @returns {Promise<import("../house/types.js").Ticket>}
   */
  reprint(ticket) {
    return this.#command(`/tickets/${ticket}/reprint`, {});
  }

  /**
   * A command; with another key when this one is not good, so that no touch is lost.
   *
   * @param {string} path
   * @param {object} body
   * @param {string} [press]
   */
  async #command(path, body, press = newPress()) {
    for (;;) {
      try {
        return await this.api.post(path, body, { press });
      } catch (failure) {
        const code = failure instanceof Problem && failure.code;
        // Only for numbers: a slip of another machine is forbidden with the best of keys.
        const locked = code === "no_key" || (code === "forbidden" && path === "/tickets");
        if (!locked) throw failure;
        this.api.key = await this.gate();
      }
    }
  }
}
