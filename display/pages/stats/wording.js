/** Figures, dates and names as they are written in a language. Pure. */
import { tag } from "../house/words.js";
import { clockMinutes, clockText, dateOf, lastDateOf, minutes } from "./figures.js";
import { addDays, WEEKDAYS } from "./view.js";

/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Seen} Seen */
/** @typedef {number | null | undefined} Figure */

const MONDAY = "2024-01-01";
const FISCAL_MONTH = 4; // a fiscal year begins in April

/** @param {Words} words @param {Figure} figure @param {Intl.NumberFormatOptions} how */
function written(words, figure, how) {
  if (figure === null || figure === undefined) return "";
  return new Intl.NumberFormat(tag(words.language), how).format(figure);
}

/** A number of people or days. @param {Words} words @param {Figure} figure */
export const count = (words, figure) => written(words, figure, { maximumFractionDigits: 0 });

/** What is said one after the other. @param {...(string | null)} said */
export const sentences = (...said) => said.filter(Boolean).join(" ");

/** A number for one day of several. @param {Words} words @param {Figure} figure */
export const average = (words, figure) => written(words, figure, { maximumFractionDigits: 1 });

/** Seconds as minutes. @param {Words} words @param {Figure} seconds */
export const mins = (words, seconds) => tenths(words, minutes(seconds));

/** Minutes, always to a tenth. @param {Words} words @param {Figure} figure */
export function tenths(words, figure) {
  return written(words, figure, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** @param {Words} words @param {Figure} part */
export function percent(words, part) {
  return written(words, part, { style: "percent", maximumFractionDigits: 1 });
}

/** More or less than another figure, always with its sign. @param {Words} words @param {Figure} figure */
export function signed(words, figure) {
  return written(words, figure, { maximumFractionDigits: 1, signDisplay: "exceptZero" });
}

/** Minutes more or less than others. @param {Words} words @param {Figure} figure */
export function signedTenths(words, figure) {
  const how = /** @type {const} */ ({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return written(words, figure, { ...how, signDisplay: "exceptZero" });
}

/** Shares more or less than others, in percentage points. @param {Words} words @param {Figure} gap */
export function signedPoints(words, gap) {
  const text = gap === null || gap === undefined ? "" : signed(words, gap * 100);
  return text && words.say("stats.points", { points: text });
}

/** @param {Words} words @param {Figure} part */
export function signedPercent(words, part) {
  return written(words, part, { style: "percent", maximumFractionDigits: 1, signDisplay: "exceptZero" });
}

/** @param {Words} words @param {Intl.DateTimeFormatOptions} how */
function calendar(words, how) {
  return new Intl.DateTimeFormat(tag(words.language), { ...how, timeZone: "UTC" });
}

const LONG = /** @type {const} */ ({ year: "numeric", month: "long", day: "numeric", weekday: "short" });

/** "2025年11月25日(火)". @param {Words} words @param {string} date */
export const longDate = (words, date) => calendar(words, LONG).format(new Date(date));

/** "11月25日(火)". @param {Words} words @param {string} date */
export function shortDate(words, date) {
  return calendar(words, { month: "short", day: "numeric", weekday: "short" }).format(new Date(date));
}

/** "11/25". @param {Words} words @param {string} date */
export function tickDate(words, date) {
  return calendar(words, { month: "numeric", day: "numeric" }).format(new Date(date));
}

/** @param {Words} words @param {string} from @param {string} to */
export function period(words, from, to) {
  return calendar(words, LONG).formatRange(new Date(from), new Date(to));
}

/** @param {Words} words @param {string} weekday like "mon" @param {"short" | "long"} how */
export function weekdayName(words, weekday, how) {
  const day = new Date(addDays(MONDAY, WEEKDAYS.indexOf(weekday)));
  return calendar(words, { weekday: how }).format(day);
}

/** "10:00–10:30". @param {string} time @param {string} bin minutes */
export function span(time, bin) {
  return `${clockText(clockMinutes(time))}–${clockText(clockMinutes(time) + Number(bin))}`;
}

/** Below the clock stand its full hours. @param {string} time */
export const hourTick = (time) => (time.endsWith(":00") ? time.replace(/^0/, "") : "");

/**
 * A step of the calendar: a day, a week by its days, a month, a fiscal year.
 *
 * @param {Words} words
 * @param {Row} row
 * @param {string} bin
 */
export function step(words, row, bin) {
  const from = dateOf(row);
  if (bin === "week") return period(words, from, lastDateOf(row));
  if (bin === "month") return calendar(words, { year: "numeric", month: "long" }).format(new Date(from));
  if (bin === "year") return words.say("stats.fiscal", { year: String(fiscalYear(from)) });
  return longDate(words, from);
}

/** @param {Words} words @param {Row} row @param {string} bin */
export function stepTick(words, row, bin) {
  const from = dateOf(row);
  if (bin === "month") return calendar(words, { year: "2-digit", month: "numeric" }).format(new Date(from));
  return bin === "year" ? String(fiscalYear(from)) : tickDate(words, from);
}

/** @param {string} date */
function fiscalYear(date) {
  return Number(date.slice(0, 4)) - (Number(date.slice(5, 7)) < FISCAL_MONTH ? 1 : 0);
}

// Names

/** @param {Seen} seen */
export function officeName({ words, signs }) {
  return words.pick(signs.name, signs.office);
}

/** A service; "*" or null is the whole office. @param {Seen} seen @param {string | null} id */
export function serviceName({ words, signs }, id) {
  if (id === null || id === "*") return words.say("stats.form.whole");
  return words.pick(signs.services.find((each) => each.id === id)?.name, id);
}

/** @param {Seen} seen @param {string | null | undefined} id */
export function deskName({ words, signs }, id) {
  if (!id) return words.say("stats.desks.none");
  return words.pick(signs.desks.find((each) => each.id === id)?.name, id);
}

/** @param {Words} words @param {string} stage */
export const stageName = (words, stage) => words.say(`desk.stages.${stage}`);
