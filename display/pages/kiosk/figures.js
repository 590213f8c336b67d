/** What a service's line says of itself: how many wait, or why it gives no numbers and when it will. */
import { h } from "../house/dom.js";
import { lamp } from "../house/lamp.js";

/** @typedef {import("../house/types.js").Queue} Queue */
/** @typedef {import("../house/types.js").Signs} Signs */
/** @typedef {import("../house/words.js").Words} Words */

/**
 * How crowded a service is, or why it gives no numbers and when it will.
 *
 * @param {Queue} queue
 * @param {{words: Words, signs: Signs}} view
 */
export function figures(queue, { words, signs }) {
  const open = queue.status === "open";
  return [
    open && h("span", { class: "waiting" }, words.say("kiosk.waiting", { n: queue.waiting })),
    lamp(queue, words),
    !open && h("span", { class: "why" }, whyNot(queue, words, signs.timezone)),
  ];
}

/**
 * What to say of a service that gives no numbers now: its message, else when it is open.
 *
 * @param {Queue} queue
 * @param {Words} words
 * @param {string} timezone
 */
export function whyNot(queue, words, timezone) {
  if (queue.message) return words.pick(queue.message);
  if (queue.status !== "closed") return "";
  if (queue.opens_at) {
    return words.say("kiosk.opens_at", { time: words.time(queue.opens_at, timezone) });
  }
  return hours(queue, words);
}

/**
 * Today's hours; nothing where it is always open.
 *
 * @param {Queue} queue
 * @param {Words} words
 */
export function hours(queue, words) {
  if (queue.hours === null) return "";
  if (!queue.hours) return words.say("kiosk.closed_today");
  const spans = queue.hours
    .replaceAll("-", words.say("kiosk.hours_to"))
    .replaceAll(",", words.say("kiosk.hours_and"));
  return words.say("kiosk.hours", { hours: spans });
}
