/** What every section of the page is made of. Pure. */
import { h } from "../house/dom.js";
import { count, longDate, officeName, period, serviceName } from "./wording.js";
import { s } from "./svg.js";

/** @typedef {import("../staff/become.js").Child} Child */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Seen} Seen */

const FORMATS = ["csv", "xlsx", "parquet", "json"];
const DAYS_NAMED = 5; // missing days that are named before the rest is only counted
const SWATCH = { viewBox: "0 0 28 14", width: 28, height: 14, class: "swatch", "aria-hidden": "true" };

/** How each thing looks that a key explains. @type {Record<string, () => SVGElement[]>} */
const LOOKS = {
  bar: () => [s("rect", { x: 7, y: 1, width: 14, height: 13, class: "bar" })],
  usual: () => [s("line", { x1: 2, x2: 26, y1: 7, y2: 7, class: "usual" })],
  main: () => [
    s("g", { class: "line main" }, s("path", { d: "M1 7H27" }), s("circle", { cx: 14, cy: 7, r: 2.8 })),
  ],
  late: () => [
    s("g", { class: "line late" }, s("path", { d: "M1 7H27" }), s("circle", { cx: 14, cy: 7, r: 2.8 })),
  ],
  other: () => [s("g", { class: "line other" }, s("path", { d: "M1 7H27" }))],
  median: () => [s("circle", { cx: 14, cy: 7, r: 5.5, class: "median" })],
  p90: () => [s("circle", { cx: 14, cy: 7, r: 5.5, class: "late" })],
  missing: () => [s("path", { d: "M9 3l10 8m0 -8l-10 8", class: "missing" })],
};

/**
 * What the signs of a chart mean.
 *
 * @param {(readonly [look: string, name: string])[]} entries
 */
function key(entries) {
  const items = entries.map(([look, name]) =>
    h("li", {}, s("svg", SWATCH, ...(LOOKS[look]?.() ?? [])), name),
  );
  return h("ul", { class: "key" }, ...items);
}

/**
 * A chart under its title, with what its signs mean.
 *
 * @param {SVGElement} chart
 * @param {(readonly [look: string, name: string])[]} [entries]
 * @param {Element | null} [below] what the numbers in it stand for
 */
export function figure(chart, entries = [], below = null) {
  return h(
    "figure",
    { "data-key": `figure-${chart.getAttribute("data-chart")}` },
    h("figcaption", {}, h("h3", {}, chart.querySelector("title")?.textContent)),
    key(entries),
    h("div", {}, chart, below),
  );
}

/**
 * A section: where it stands, what it says, its pictures, and their figures as tables and files.
 *
 * @param {Seen} seen
 * @param {object} section
 * @param {string} section.id
 * @param {string} section.title
 * @param {Omit<Answer, "rows">} section.answer what it rests on
 * @param {(string | null | false)[]} section.lead
 * @param {Child} [section.tiles]
 * @param {Element[]} section.charts
 * @param {Element[]} section.tables
 * @param {string} section.note what the figures count, and how
 * @param {[name: string, question: string][]} section.files what can be taken away
 */
export function sheet(seen, { answer, ...section }) {
  const service = seen.view.service && serviceName(seen, seen.view.service);
  const of = [officeName(seen), service].filter(Boolean).join(" · ");
  return sheetOf(seen, { ...section, of, scope: scope(seen, answer) });
}

/**
 * The same of anything else than arrivals.
 *
 * @param {Seen} seen
 * @param {object} section
 * @param {string} section.id
 * @param {string} section.of whom it tells of
 * @param {string} section.title
 * @param {string[]} section.scope what it rests on
 * @param {(string | null | false)[]} section.lead
 * @param {Child} [section.tiles]
 * @param {Element[]} section.charts
 * @param {Element[]} section.tables
 * @param {string} section.note
 * @param {[name: string, question: string][]} section.files
 */
export function sheetOf(seen, { id, of, title, scope, lead, tiles, charts, tables, note, files }) {
  const { words } = seen;
  return [
    h(
      "header",
      { "data-key": "head" },
      h("p", { class: "office" }, of),
      h("h2", { id: `${id}-title` }, title),
      h("ul", { class: "scope" }, ...scope.map((each) => h("li", {}, each))),
    ),
    h(
      "div",
      { class: "lead", "data-key": "lead" },
      ...lead.filter(Boolean).map((each) => h("p", {}, each || "")),
    ),
    tiles,
    charts.length > 0 && h("div", { class: "charts", "data-key": "charts" }, ...charts),
    h("p", { class: "note", "data-key": "note" }, note),
    h(
      "div",
      { class: "actions", "data-key": "actions" },
      tableButton(seen, id),
      ...files.map((each) => downloads(seen, each)),
    ),
    h(
      "div",
      { class: "tables", id: `${id}-tables`, "data-key": "tables", "data-open": seen.open.has(id) },
      ...tables,
    ),
  ];
}

/** What the figures rest on. @param {Seen} seen @param {Omit<Answer, "rows">} answer */
function scope({ words }, answer) {
  const { from, to, n, missing_days: missing, as_of: entry } = answer;
  return [
    period(words, from, to),
    words.say("stats.scope.visits", { n, count: count(words, n) }),
    missing.length ? missingDays(words, missing) : words.say("stats.scope.complete"),
    words.say(entry ? "stats.scope.as_of" : "stats.scope.imported", { entry: count(words, entry) }),
  ];
}

/**
 * How many days are missing, and which.
 *
 * @param {import("../house/words.js").Words} words
 * @param {string[]} missing
 */
export function missingDays(words, missing) {
  const named = missing.slice(0, DAYS_NAMED).map((each) => longDate(words, each));
  const days = named.join(words.say("stats.and")) + (missing.length > DAYS_NAMED ? "…" : "");
  return words.say("stats.scope.missing", { n: missing.length, days });
}

/** @param {Seen} seen @param {string} id */
function tableButton({ words, open }, id) {
  return h(
    "button",
    {
      type: "button",
      class: "quiet",
      "data-do": "table",
      "data-id": id,
      "aria-expanded": String(open.has(id)),
      "aria-controls": `${id}-tables`,
    },
    words.say(open.has(id) ? "stats.table_hide" : "stats.table_show"),
  );
}

/** @param {Seen} seen @param {[name: string, question: string]} file */
function downloads({ words }, [name, question]) {
  const title = name ? words.say("stats.files.of", { name }) : words.say("stats.files.title");
  return h(
    "div",
    { role: "group", "aria-label": title, class: "files" },
    h("span", { "aria-hidden": "true" }, title),
    ...FORMATS.map((format) =>
      h(
        "button",
        { type: "button", class: "quiet", "data-do": "download", "data-id": question, "data-value": format },
        words.say(`stats.files.${format}`),
      ),
    ),
  );
}

/**
 * A section of which nothing is known yet, or nothing at all.
 *
 * @param {Seen} seen
 * @param {string} id
 * @param {string} [text]
 */
export function blank({ words }, id, text = words.say("stats.asking")) {
  return [
    h("header", { "data-key": "head" }, h("h2", { id: `${id}-title` }, words.say(`stats.short.${id}`))),
    h("p", { class: "blank", "data-key": "blank" }, text),
  ];
}
