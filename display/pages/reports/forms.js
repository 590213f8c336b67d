/** What each report is asked: its fields, what they begin with, and the question they make. Pure. */

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

const DAY_MS = 86_400_000;
const YEAR_DAYS = 365;
const SOME_DAYS = 28; // after a change, before anything can be said of it
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

/** @param {string} date @param {number} days */
function addDays(date, days) {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
}

/**
 * What stands in the fields: what the address says, else what they begin with: the year up to yesterday.
 *
 * @param {string} report
 * @param {string} search the address, like "?from=2025-04-01"
 * @param {string} today
 * @returns {Values}
 */
export function valuesOf(report, search, today) {
  const asked = new URLSearchParams(search);
  const usual = {
    from: addDays(today, -YEAR_DAYS),
    to: addDays(today, -1),
    at: addDays(today, -SOME_DAYS),
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
