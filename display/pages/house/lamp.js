/** How crowded a service is, as a word with a shape. */
import { h } from "./dom.js";

/** @typedef {import("./types.js").Queue} Queue */
/** @typedef {import("./words.js").Words} Words */

/**
 * @param {Queue} queue
 * @param {Words} words
 * @returns {HTMLElement}
 */
export function lamp(queue, words) {
  const shown = queue.status === "open" ? queue.lamp : queue.status;
  return h("span", { class: "lamp", "data-lamp": shown }, words.say(`lamp.${shown}`));
}
