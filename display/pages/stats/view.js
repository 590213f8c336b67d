/** What is looked at: dates, steps and service, in the address of the page. Pure. */

/** @typedef {import("./types.js").Chosen} Chosen */
/** @typedef {import("./types.js").View} View */

export const CLOCK_BINS = ["15", "30", "60"];
export const CALENDAR_BINS = ["day", "week", "month", "year"];
export const USUAL_DAYS = 28; // four weeks: four of each weekday
const DAY_MS = 86_400_000;
const MOST_DAYS = 3660; // the service answers for ten years at once
const MOST_COLUMNS = 62; // days side by side that can still be told apart

/** The names in the address. */
const NAMES = /** @type {const} */ ({
  from: "from",
  to: "to",
  bin: "bin",
  service: "service",
  vsFrom: "vs_from",
  vsTo: "vs_to",
});

// Dates, as "2025-11-24"

/** @param {string} date @param {number} days */
export function addDays(date, days) {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
}

/** How many days from one date to another. @param {string} from @param {string} to */
export function daysBetween(from, to) {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

/** Monday is "mon". @param {string} date */
export function weekdayOf(date) {
  return WEEKDAYS[(new Date(date).getUTCDay() + 6) % 7] ?? "mon";
}

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** @param {string | null} text @returns {string | null} */
function date(text) {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text))) return null;
  return addDays(text, 0) === text ? text : null; // there is no 31 June
}

// The address

/**
 * What an address asks for; whatever cannot be read counts as not asked.
 *
 * @param {string} search like "?from=2025-11-01&to=2025-11-30"
 * @returns {Chosen}
 */
export function readAddress(search) {
  const asked = new URLSearchParams(search);
  /** @param {keyof typeof NAMES} part */
  const dateOf = (part) => date(asked.get(NAMES[part]));
  const bin = asked.get(NAMES.bin);
  const chosen = {
    from: dateOf("from"),
    to: dateOf("to"),
    bin: bin && [...CLOCK_BINS, ...CALENDAR_BINS].includes(bin) ? bin : null,
    service: asked.get(NAMES.service) || null,
    vsFrom: dateOf("vsFrom"),
    vsTo: dateOf("vsTo"),
  };
  if (problem(chosen.from, chosen.to)) chosen.from = chosen.to = null;
  if (problem(chosen.vsFrom, chosen.vsTo)) chosen.vsFrom = chosen.vsTo = null;
  return chosen;
}

/**
 * The address of what was chosen; whatever else stood in it stays.
 *
 * @param {Chosen} chosen
 * @param {string} search the address so far
 */
export function writeAddress(chosen, search) {
  const written = new URLSearchParams(search);
  for (const [part, name] of Object.entries(NAMES)) {
    const value = chosen[/** @type {keyof Chosen} */ (part)];
    if (value) written.set(name, value);
    else written.delete(name);
  }
  const text = written.toString();
  return text && `?${text}`;
}

/**
 * Why a period cannot be looked at; null when it can.
 *
 * @param {string | null} from
 * @param {string | null} to
 * @returns {"missing" | "order" | "long" | null}
 */
export function problem(from, to) {
  if (!from || !to) return "missing";
  if (from > to) return "order";
  return daysBetween(from, to) >= MOST_DAYS ? "long" : null;
}

/**
 * What is looked at: what was chosen, and where nothing was, the four weeks up to the latest day.
 *
 * @param {Chosen} chosen
 * @param {string} latest
 * @returns {View}
 */
export function resolved(chosen, latest) {
  const to = chosen.to ?? latest;
  const from = chosen.from ?? addDays(to, 1 - USUAL_DAYS);
  const [vsFrom, vsTo] = chosen.vsFrom && chosen.vsTo ? [chosen.vsFrom, chosen.vsTo] : earlier(from, to);
  return { from, to, bin: chosen.bin ?? "30", service: chosen.service, vsFrom, vsTo };
}

/**
 * The period before, whole weeks back, so that its weekdays are the same.
 *
 * @param {string} from
 * @param {string} to
 */
export function earlier(from, to) {
  const back = Math.ceil((daysBetween(from, to) + 1) / 7) * 7;
  return shifted(from, to, -back);
}

/** The same weeks a year before, with the same weekdays. @param {string} from @param {string} to */
export function yearBefore(from, to) {
  return shifted(from, to, -52 * 7);
}

/** @param {string} from @param {string} to @param {number} days @returns {[string, string]} */
function shifted(from, to, days) {
  return [addDays(from, days), addDays(to, days)];
}

/**
 * Periods that are often looked at.
 *
 * @param {string} latest the last day that has figures
 * @param {string} today
 * @returns {Record<string, [string, string]>}
 */
export function presets(latest, today) {
  const month = today.slice(0, 8);
  const lastOfMonth = addDays(`${month}01`, -1);
  const april = `${Number(today.slice(0, 4)) - (today.slice(5) < "04-01" ? 1 : 0)}-04-01`;
  return {
    latest: [latest, latest],
    week: [addDays(latest, -6), latest],
    weeks: [addDays(latest, 1 - USUAL_DAYS), latest],
    month: [`${lastOfMonth.slice(0, 8)}01`, lastOfMonth],
    fiscal: [april, latest < april ? today : latest],
  };
}

/**
 * The period without the running day: half a day among whole ones would pull every mean down.
 *
 * @param {View} view
 * @param {string} today
 * @returns {[from: string, to: string]}
 */
export function wholeDays({ from, to }, today) {
  return [from, from < today && to >= today ? addDays(today, -1) : to];
}

// Steps

/** The step of everything by time of day. @param {View} view */
export const clockBin = ({ bin }) => (CLOCK_BINS.includes(bin) ? bin : "30");

/** The step of everything by date: what was chosen, else as fine as can be told apart. @param {View} view */
export function calendarBin({ bin, from, to }) {
  if (CALENDAR_BINS.includes(bin)) return bin;
  const days = daysBetween(from, to) + 1;
  if (days <= MOST_COLUMNS) return "day";
  return days <= MOST_COLUMNS * 7 ? "week" : "month";
}
