/**
 * What is printed: one section a page. A page holds fewer rows than a screen, so where there would be
 * too many, wider steps are printed, and it is said so. Pure.
 */
import * as f from "./figures.js";
import { CALENDAR_BINS, calendarBin, daysBetween } from "./view.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Seen} Seen */
/** @typedef {import("./types.js").View} View */

export const WIDTH = 1092; // px that become the 188 mm between the margins of an A4 page, see paper.css
export const ROWS = 21; // of a table below its pictures …
const TIMES = 24; // … and of times of day: its hours are never more
export const PLACES = 10; // bars of a chart

/** Answers that are drawn together: where one has too many rows, all of them have wider steps. */
const TOGETHER = [
  ["clock", "week", "queue", "vs_clock"],
  ["y_halves", "y_usual_halves"],
  ["t_halves", "t_usual_halves"],
  ["days"],
];

/** The wider answer that stands in for one. @param {string} name */
export const wider = (name) => `paper_${name}`;

/** Those that are asked for in wider steps, where paper needs them. */
export const PRINTED = TOGETHER.flat();

/**
 * Whether a wider answer is needed to print.
 *
 * @param {Pick<Seen, "answers" | "view">} seen
 * @param {string} name of the wider one
 */
export function needed(seen, name) {
  const together = TOGETHER.find((names) => names.some((each) => wider(each) === name)) ?? [];
  return together.some((each) => tooLong(seen, each));
}

/** @param {Pick<Seen, "answers" | "view">} seen @param {string} name */
function tooLong({ answers, view }, name) {
  const answer = answers[name];
  if (!answer) return false;
  const rows = f.whole(answer, view.service);
  if (name === "days") return rows.length + answer.missing_days.length > ROWS;
  return f.clock([rows], answer.bin).length > TIMES;
}

/**
 * The answer from which something is drawn: on paper the wider one, where it is needed.
 *
 * @param {Seen} seen
 * @param {string} name
 * @returns {Answer | undefined}
 */
export function drawn(seen, name) {
  const other = seen.paper && needed(seen, wider(name)) && seen.answers[wider(name)];
  return other || seen.answers[name];
}

/**
 * What is said where a wider answer stands in; null: none does.
 *
 * @param {Seen} seen
 * @param {string} name
 */
export function widened(seen, name) {
  const [fine, wide] = [seen.answers[name], drawn(seen, name)];
  if (!fine || !wide || fine === wide) return null;
  const [own, other] = [fine, wide].map(({ bin }) => seen.words.say(`stats.bins.${bin}`));
  return seen.words.say("stats.paper.wider", { fine: own ?? "", wide: other ?? "" });
}

/** The first wider step of the calendar of which a period has not too many. @param {View} view */
export function widerCalendar(view) {
  const days = daysBetween(view.from, view.to) + 1;
  const longer = CALENDAR_BINS.slice(CALENDAR_BINS.indexOf(calendarBin(view)) + 1);
  const lengths = /** @type {Record<string, number>} */ ({ week: 7, month: 28, year: 365 });
  return longer.find((bin) => days / (lengths[bin] ?? 1) <= ROWS - 2) ?? "year";
}

/**
 * As many of some items as are shown: all of them, but on paper only the first.
 *
 * @template T
 * @param {Seen} seen
 * @param {T[]} items
 * @param {number} most
 */
export const listed = ({ paper }, items, most) => (paper ? items.slice(0, most) : items);

/**
 * What is said where not all items are printed; null: all are.
 *
 * @param {Seen} seen
 * @param {unknown[]} items
 * @param {number | null} pictured null: in no picture
 * @param {number} [rows]
 */
export function shortened({ words, paper }, items, pictured, rows = ROWS) {
  const all = items.length;
  if (!paper || all <= Math.min(pictured ?? rows, rows)) return null;
  const listed = { all, rows: Math.min(all, rows) };
  if (pictured === null) return words.say("stats.paper.listed", listed);
  return words.say("stats.paper.shortened", { ...listed, n: pictured });
}
