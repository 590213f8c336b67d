/**
 * What is worked out of the service's rows. Pure. Counts are added up; medians and percentiles are
 * never: they come from the service as they are. What is not known is null, and null is not 0.
 */
import { addDays, weekdayOf } from "./view.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Counts} Counts */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Where} Where */

const ENOUGH = 3; // visits: fewer say nothing of half an hour

/** Which rows are those of everything that is looked at. @param {string | null} service */
const wholeOf = (service) => service ?? "*";

/**
 * The rows of the office, or of the one service that is looked at.
 *
 * @template {Where} R
 * @param {{rows: R[]}} answer
 * @param {string | null} service
 * @returns {R[]}
 */
export function whole({ rows }, service) {
  return rows.filter((row) => row.service === wholeOf(service));
}

/**
 * The rows of each service.
 *
 * @template {Where} R
 * @param {{rows: R[]}} answer
 * @returns {R[]}
 */
export function ofServices({ rows }) {
  return rows.filter((row) => row.service !== "*");
}

/** The local date on which a row begins. @param {Where} row */
export const dateOf = (row) => row.start.slice(0, 10);

/**
 * The days that have figures, of an answer by day. A day without a row was closed; a missing one
 * should have figures and has none; one that is still to come has none either.
 *
 * @param {Answer} answer
 * @param {string | null} service
 * @param {string} today
 * @returns {Row[]}
 */
export function counted(answer, service, today) {
  return whole(answer, service).filter(
    (row) => dateOf(row) <= today && !answer.missing_days.includes(dateOf(row)),
  );
}

/**
 * The last of them on which somebody came.
 *
 * @param {Row[]} days
 */
export function lastVisited(days) {
  return days.filter((row) => row.arrivals + (row.refused ?? 0) > 0).at(-1);
}

/** Those who went without having been served. @param {Counts} row @returns {number | null} */
export const left = ({ cancelled, expired }) =>
  cancelled === null || expired === null ? null : cancelled + expired;

/**
 * @param {number | null} part
 * @param {number | null} all
 * @returns {number | null}
 */
export const share = (part, all) => (all && part !== null ? part / all : null);

/** Which share of those served waited for a quarter of an hour at most. @param {Counts} row */
export const soon = (row) => share(row.served_within, row.served);

/** @param {number | null | undefined} seconds @returns {number | null} */
export const minutes = (seconds) => (seconds === null || seconds === undefined ? null : seconds / 60);

/**
 * Counts of several days as those of one of them.
 *
 * @param {number | null} count
 * @param {number} days
 * @returns {number | null}
 */
export const perDay = (count, days) => share(count, days);

/**
 * How far one figure lies above another; `part` is null where there is nothing to compare with.
 *
 * @param {number | null} now
 * @param {number | null} before
 * @returns {{by: number, part: number | null} | null}
 */
export function difference(now, before) {
  if (now === null || before === null) return null;
  return { by: now - before, part: before ? (now - before) / before : null };
}

/**
 * The days before a date that fall on its weekday.
 *
 * @param {Row[]} days
 * @param {string} date
 * @returns {Row[]}
 */
export function sameWeekday(days, date) {
  return days.filter((row) => dateOf(row) < date && weekdayOf(dateOf(row)) === weekdayOf(date));
}

/**
 * The step of a day in which those who came then waited longest, by their median.
 *
 * @param {Row[]} rows
 * @returns {Row | null}
 */
export function worst(rows) {
  const enough = rows.filter((row) => (row.served ?? 0) >= ENOUGH && row.wait_p50_s !== null);
  return most(enough, (row) => row.wait_p50_s ?? 0);
}

/** The busiest. @param {Row[]} rows */
export const busiest = (rows) => most(rows, (row) => row.arrivals);

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T) => number} of
 * @returns {T | null} the first of the largest
 */
export function most(items, of) {
  /** @type {T | null} */
  let found = null;
  for (const item of items) if (found === null || of(item) > of(found)) found = item;
  return found && of(found) > 0 ? found : null;
}

/**
 * Minutes after midnight of "09:30".
 *
 * @param {string} time
 */
export function clockMinutes(time) {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/**
 * The time so many minutes after midnight.
 *
 * @param {number} minutes
 */
export function clockText(minutes) {
  return [Math.floor(minutes / 60), minutes % 60].map((each) => String(each).padStart(2, "0")).join(":");
}

/** The time of day at which a row begins. @param {Where} row */
export const timeOf = (row) => row.time ?? row.start.slice(11, 16);

/**
 * Every step of the clock from the first of some rows to the last, also those in which nobody came.
 *
 * @param {Where[][]} lists rows of one or several days
 * @param {string} bin minutes
 * @returns {string[]}
 */
export function clock(lists, bin) {
  const starts = lists.flat().map((row) => clockMinutes(timeOf(row)));
  if (!starts.length) return [];
  const [first, last, step] = [Math.min(...starts), Math.max(...starts), Number(bin)];
  return Array.from({ length: (last - first) / step + 1 }, (_, n) => clockText(first + n * step));
}

/**
 * The row of each time of day. Of an hour that a clock shows twice, the first.
 *
 * @template {Where} R
 * @param {R[]} rows
 * @returns {Map<string, R>}
 */
export function byTime(rows) {
  return new Map([...rows].reverse().map((row) => [timeOf(row), row]));
}

/**
 * The days of an answer by day in the order of time, the missing ones among them.
 *
 * @param {Row[]} days
 * @param {string[]} missing
 * @returns {{date: string, row: Row | null}[]}
 */
export function withGaps(days, missing) {
  return [
    ...days.map((row) => ({ date: dateOf(row), row })),
    ...missing.map((date) => ({ date, row: null })),
  ].sort((one, other) => (one.date < other.date ? -1 : 1));
}

/** @typedef {{from: string, to: string}} Dated a step of the calendar: its first and its last date */

/**
 * The step in which a date lies, or that begins next where the office was closed on it; `edge`: the
 * date is not after its first. Null: all steps end before.
 *
 * @param {string} date
 * @param {Dated[]} steps in the order of time
 * @returns {{slot: number, edge: boolean} | null}
 */
export function stepOf(date, steps) {
  const slot = steps.findIndex(({ to }) => to >= date);
  return slot < 0 ? null : { slot, edge: date <= (steps[slot]?.from ?? "") };
}

/**
 * What some rows count together.
 *
 * @template T
 * @param {T[]} rows
 * @param {(row: T) => number} of
 * @returns {number}
 */
export const sum = (rows, of) => rows.reduce((total, row) => total + of(row), 0);

/**
 * The rows of a day that lie wholly before a moment of it.
 *
 * @param {Row[]} rows
 * @param {string} bin minutes
 * @param {string} now like "11:20"
 */
export function until(rows, bin, now) {
  return rows.filter((row) => clockMinutes(timeOf(row)) + Number(bin) <= clockMinutes(now));
}

/** The last instant before the row ends, as a date: of a week, its Sunday. @param {Row} row */
export const lastDateOf = (row) => addDays(row.end.slice(0, 10), -1);
