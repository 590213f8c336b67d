/** What happened at the office, beside the series of dates that it may explain. Pure. */
import { h } from "../house/dom.js";
import { stepOf } from "./figures.js";
import { longDate } from "./wording.js";

/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {import("./svg.js").Mark} Mark */
/** @typedef {import("./types.js").Note} Note */
/** @typedef {import("./figures.js").Dated} Dated */

/**
 * Where notes stand among steps of the calendar.
 *
 * @param {Words} words
 * @param {Note[]} notes
 * @param {Dated[]} steps in the order of time
 * @returns {Mark[]}
 */
export function marks(words, notes, steps) {
  return notes.flatMap((note, n) => {
    const place = stepOf(note.date, steps);
    return place ? [{ ...place, number: n + 1, told: told(words, note) }] : [];
  });
}

/**
 * The notes of each step, as they stand in a table; with their date, where it is not that of the row.
 *
 * @param {Words} words
 * @param {Note[]} notes
 * @param {Dated[]} steps
 * @returns {Map<number, string>}
 */
export function bySlot(words, notes, steps) {
  /** @type {Map<number, string>} */
  const found = new Map();
  for (const note of notes) {
    const { slot = -1 } = stepOf(note.date, steps) ?? {};
    const { from = "", to = "" } = steps[slot] ?? {};
    const text = from === to && to === note.date ? words.pick(note.text) : told(words, note);
    if (slot >= 0) found.set(slot, [found.get(slot), text].filter(Boolean).join(words.say("stats.and")));
  }
  return found;
}

/** What the numbers in a picture stand for; null: nothing happened. @param {Words} words @param {Note[]} notes */
export function list(words, notes) {
  if (!notes.length) return null;
  const items = notes.map((note) => h("li", {}, told(words, note)));
  return h("ol", { class: "notes", "aria-label": words.say("stats.notes.title") }, ...items);
}

/** @param {Words} words @param {Note} note */
function told(words, { date, text }) {
  return words.say("stats.notes.told", { date: longDate(words, date), text: words.pick(text) });
}
