/** What each report is asked: its fields, what they begin with, and the question they make. Pure. */
import { addDays } from "../stats/view.js";

/**
 * @typedef {object} Field
 * @property {string} name in the question, and in the address of the page
 * @property {"date" | "text" | "percent" | "number" | "choice"} kind
 * @property {string[]} [choices] their words stand in `reports.choices`
 * @property {string} [begins] what stands in it at first
 * @property {boolean} [optional] left out of the question while it is empty
 *
 * @typedef {Record<string, string>} Values by the names of fields
 */

const YEAR_DAYS = 365;
const SOME_DAYS = 28; // after a change, before anything can be said of it
const SHORTER = 30; // minutes at both ends: what is proposed until somebody proposes something else
const STAGES = ["reception", "check", "review", "handover"];
const METRICS = [
  "arrivals",
  "refused",
  "wait_p50_s",
  "wait_p90_s",
  "time_in_system_p50_s",
  "no_show_rate",
  "abandonment",
  "service_mean_s",
  "service_hours",
  "occupancy",
  "overtime_mean_s",
];

/** @type {Field[]} */
const PERIOD = [
  { name: "from", kind: "date" },
  { name: "to", kind: "date" },
];

/** @type {Record<string, Field[]>} */
export const FORMS = {
  "reception-hours": [
    ...PERIOD,
    { name: "proposed", kind: "text", begins: "09:00-16:30" },
    { name: "current", kind: "text", optional: true },
    { name: "target", kind: "percent", begins: "90" },
    { name: "basis", kind: "choice", choices: ["arrival", "start"], begins: "arrival" },
  ],
  avoidable: PERIOD,
  "reform-priority": [
    ...PERIOD,
    { name: "by", kind: "choice", choices: ["procedure", "section"], begins: "procedure" },
    ...STAGES.map((stage) => ({ name: stage, kind: /** @type {const} */ ("percent"), optional: true })),
  ],
  "before-after": [
    { name: "metric", kind: "choice", choices: METRICS, begins: "arrivals" },
    { name: "at", kind: "date" },
    { name: "before", kind: "number", optional: true },
    { name: "after", kind: "number", optional: true },
  ],
  "freed-time": [
    ...PERIOD,
    { name: "current", kind: "text", optional: true },
    { name: "desks", kind: "number", optional: true },
  ],
};

/**
 * Hours a little shorter than those of today; none for hours that pause, or are short already.
 *
 * @param {string | null | undefined} hours like "09:00-16:30"
 * @returns {string | undefined}
 */
export function shorter(hours) {
  const found = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(hours ?? "");
  if (!found) return undefined;
  const [from = 0, fromPast = 0, to = 0, toPast = 0] = found.slice(1).map(Number);
  const [opens, closes] = [from * 60 + fromPast + SHORTER, to * 60 + toPast - SHORTER];
  /** @param {number} minute */
  const clock = (minute) =>
    [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
  return opens < closes ? `${clock(opens)}-${clock(closes)}` : undefined;
}

/**
 * What stands in the fields: what the address says, else what they begin with: the year up to yesterday,
 * and hours a little shorter than today's.
 *
 * @param {string} report
 * @param {string} search the address, like "?from=2025-04-01"
 * @param {string} today
 * @param {string | null} [hours] of today
 * @returns {Values}
 */
export function valuesOf(report, search, today, hours) {
  const asked = new URLSearchParams(search);
  const usual = {
    from: addDays(today, -YEAR_DAYS),
    to: addDays(today, -1),
    at: addDays(today, -SOME_DAYS),
    proposed: shorter(hours),
  };
  const fields = FORMS[report] ?? [];
  return Object.fromEntries(
    fields.map(({ name, begins }) => [
      name,
      asked.get(name) ?? usual[/** @type {keyof typeof usual} */ (name)] ?? begins ?? "",
    ]),
  );
}

/**
 * The word in the catalogue for a field: "now" is "before" where the hours have changed already.
 *
 * @param {string} report
 * @param {string} field
 */
export function labelOf(report, field) {
  return report === "freed-time" && field === "current" ? "hours_before" : field;
}

/**
 * What the service is asked, without format and language.
 *
 * @param {string} report
 * @param {Values} values
 */
export function question(report, values) {
  const asked = new URLSearchParams();
  /** @type {string[]} */
  const reduction = [];
  for (const { name, kind, optional } of FORMS[report] ?? []) {
    const value = values[name]?.trim() ?? "";
    if (optional && !value) continue;
    const told = kind === "percent" ? String(Number((Number(value) / 100).toFixed(4))) : value;
    if (STAGES.includes(name)) reduction.push(`${name}:${told}`);
    else asked.set(name, told);
  }
  if (reduction.length) asked.set("reduction", reduction.join(","));
  return `/reports/${report}?${asked}`;
}

/**
 * The address of the page that shows this.
 *
 * @param {Values} values
 */
export function address(values) {
  return `?${new URLSearchParams(values)}`;
}
