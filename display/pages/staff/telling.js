/** What became of a press, in a sentence. Pure. */
import { Away, Problem } from "../house/api.js";
import { TakenBack } from "./presses.js";

/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("./presses.js").Wish} Wish */
/** @typedef {{text: string, tone: "calm" | "good" | "warn"}} Told */

const KNOWN = [
  ...["desk_busy", "stale", "illegal_move", "nothing_to_undo", "unknown_ticket", "closed", "suspended", "full"],
];

/**
 * @param {Words} words
 * @param {Wish} wish
 * @param {any} answer
 * @returns {Told}
 */
export function carriedOut(words, wish, answer) {
  const number = answer?.number ?? wish.number ?? "";
  if (answer && "released" in answer) {
    const { called, released } = answer;
    const path = called ? "desk.told.released_and_called" : "desk.told.released";
    return {
      text: words.say(path, { number: called?.number ?? "", released: released.number }),
      tone: called ? "good" : "calm",
    };
  }
  if (wish.kind === "next" && !answer) return { text: words.say("desk.told.nobody"), tone: "calm" };
  return {
    text: words.say(`desk.told.${wish.kind === "next" ? "call" : wish.kind}`, { number }),
    tone: "good",
  };
}

/**
 * @param {Words} words
 * @param {Wish} wish
 * @param {unknown} failure
 * @returns {Told}
 */
export function notCarriedOut(words, wish, failure) {
  const number = wish.number ?? "";
  if (failure instanceof TakenBack || failure instanceof Away)
    return { text: words.say("desk.told.taken_back"), tone: "warn" };
  if (!(failure instanceof Problem)) throw failure;
  const { code, body } = failure;
  if (!KNOWN.includes(code)) {
    console.warn(failure.code, failure.message);
    return { text: words.say("desk.problems.other"), tone: "warn" };
  }
  const now = body.state ? words.say(`desk.states.${body.state}`) : "";
  const held = body.ticket?.number ?? "";
  const kind = code === "stale" && !held ? "stale_empty" : code;
  return { text: words.say(`desk.problems.${kind}`, { number, now, held }), tone: "warn" };
}
