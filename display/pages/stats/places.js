/** A period by place: services, sections, desks, and what a visit is made of. Pure. */
import { bars, ranges } from "./bars.js";
import * as f from "./figures.js";
import { figure, sheet } from "./parts.js";
import { minutes, people, range, toldArrivals } from "./plots.js";
import { table } from "./tables.js";
import * as w from "./wording.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Seen} Seen */
/** @typedef {{name: string, row: Row}} Place */

/** Per service. @param {Seen} seen */
export function services(seen) {
  const { totals } = seen.answers;
  if (!totals) return null;
  return placed(
    seen,
    "services",
    totals,
    named(f.ofServices(totals), (row) => w.serviceName(seen, row.service)),
  );
}

/** Per section of the office. @param {Seen} seen */
export function sections(seen) {
  const { words, view, answers } = seen;
  const { sections: answer } = answers;
  if (!answer) return null;
  const name = (/** @type {Row} */ row) => row.section ?? words.say("stats.sections.none");
  return placed(seen, "sections", answer, named(f.whole(answer, view.service), name));
}

/** Per desk, by the first that called the visit. @param {Seen} seen */
export function desks(seen) {
  const { view, answers } = seen;
  const { desks: answer } = answers;
  if (!answer) return null;
  return placed(
    seen,
    "desks",
    answer,
    named(f.whole(answer, view.service), (row) => w.deskName(seen, row.desk)),
  );
}

/** The places with the most visits first. @param {Row[]} rows @param {(row: Row) => string} name */
function named(rows, name) {
  return rows
    .filter((row) => row.arrivals + row.refused > 0)
    .map((row) => ({ name: name(row), row }))
    .sort((one, other) => other.row.arrivals - one.row.arrivals);
}

/**
 * @param {Seen} seen
 * @param {"services" | "sections" | "desks"} id
 * @param {Answer} answer
 * @param {Place[]} places
 */
function placed(seen, id, answer, places) {
  const { words } = seen;
  const counted = places.map(({ name, row }) => ({
    ...{ name, value: row.arrivals },
    told: toldArrivals(seen, name, row.arrivals),
  }));
  const waited = places.map(({ name, row }) => range(words, name, row.wait_p50_s, row.wait_p90_s));
  return sheet(seen, {
    id,
    title: words.say(`stats.${id}.title`),
    answer,
    lead: [busiest(seen, id, places), longest(seen, id, places)],
    charts: places.length
      ? [
          figure(bars(people(seen, `${id}-arrivals`, "arrivals"), counted)),
          figure(ranges(minutes(seen, `${id}-waits`, "waits"), waited), medianAndLate(seen)),
        ]
      : [],
    tables: [placesTable(seen, id, places)],
    note: words.say(`stats.${id}.note`),
    files: [["", id === "services" ? "totals" : id]],
  });
}

/** @param {Seen} seen @returns {[string, string][]} */
function medianAndLate({ words }) {
  return [
    ["median", words.say("stats.names.p50")],
    ["p90", words.say("stats.names.p90")],
  ];
}

/** @param {Seen} seen @param {string} id @param {Place[]} places */
function busiest({ words }, id, places) {
  const [first] = places;
  if (!first) return words.say("stats.nobody");
  const all = f.sum(places, ({ row }) => row.arrivals);
  const values = { name: first.name, count: w.count(words, first.row.arrivals), n: first.row.arrivals };
  const part = { share: w.percent(words, f.share(first.row.arrivals, all)) };
  return words.say(`stats.${id}.busiest`, { ...values, ...part });
}

/** @param {Seen} seen @param {string} id @param {Place[]} places */
function longest({ words }, id, places) {
  if (places.length < 2) return null;
  const row = f.worst(places.map((each) => each.row));
  const found = places.find((each) => each.row === row);
  if (!found) return null;
  const waits = { p50: w.mins(words, found.row.wait_p50_s), p90: w.mins(words, found.row.wait_p90_s) };
  return words.say(`stats.${id}.longest`, { name: found.name, ...waits });
}

/** @param {Seen} seen @param {string} id @param {Place[]} places */
function placesTable({ words }, id, places) {
  /** @param {string} name */
  const say = (name) => words.say(`stats.names.${name}`);
  /** @param {string} name @param {(row: Row) => number} of */
  const counts = (name, of) => ({
    name: say(name),
    of: (/** @type {Place} */ { row }) => w.count(words, of(row)),
  });
  /** @param {string} name @param {(row: Row) => number | null} of */
  const times = (name, of) => ({
    name: say(name),
    of: (/** @type {Place} */ { row }) => w.mins(words, of(row)),
  });
  return table(
    words,
    `${id}-table`,
    words.say("stats.tables.times"),
    [
      { name: say(id), of: ({ name }) => name },
      counts("arrivals", (row) => row.arrivals),
      counts("served", (row) => row.served),
      counts("no_show", (row) => row.no_show),
      counts("left", f.left),
      counts("refused", (row) => row.refused),
      times("wait_p50_min", (row) => row.wait_p50_s),
      times("wait_p90_min", (row) => row.wait_p90_s),
      times("service_p50_min", (row) => row.service_p50_s),
    ],
    places,
  );
}

// What a visit is made of

/** @typedef {"wait_to_call" | "wait" | "service" | "handover_wait" | "time_in_system"} Span */

/** @type {Span[]} */
const SPANS = ["wait_to_call", "wait", "service", "handover_wait", "time_in_system"];

/** The parts of a visit, and the wait for the hand-over of each service. @param {Seen} seen */
export function stages(seen) {
  const { words, view, answers } = seen;
  if (!answers.totals) return null;
  const [all] = f.whole(answers.totals, view.service);
  const places = named(f.ofServices(answers.totals), (row) => w.serviceName(seen, row.service));
  /** @param {string} name @param {Row | undefined} row @param {Span} span */
  const drawn = (name, row, span) => range(words, name, rangeOf(row, span).p50, rangeOf(row, span).p90);
  const parts = SPANS.map((span) => drawn(words.say(`stats.spans.${span}`), all, span));
  const handed = places.filter(({ row }) => row.handover_wait_p50_s !== null);
  const handovers = handed.map(({ name, row }) => drawn(name, row, "handover_wait"));
  const charts = [
    figure(ranges(minutes(seen, "stages-parts", "parts"), parts), medianAndLate(seen)),
    handovers.length > 0 &&
      figure(ranges(minutes(seen, "stages-handover", "handover"), handovers), medianAndLate(seen)),
  ];
  return sheet(seen, {
    id: "stages",
    title: words.say("stats.stages.title"),
    answer: answers.totals,
    lead: [visit(seen, all), handover(seen, all)],
    charts: all?.served ? charts.filter((each) => each !== false) : [],
    tables: [stagesTable(seen, places)],
    note: words.say("stats.stages.note"),
    files: [["", "totals"]],
  });
}

/** @param {Row | undefined} row @param {Span} span */
function rangeOf(row, span) {
  return { p50: row?.[`${span}_p50_s`] ?? null, p90: row?.[`${span}_p90_s`] ?? null };
}

/** @param {Seen} seen @param {Row | undefined} row */
function visit({ words }, row) {
  const { p50, p90 } = rangeOf(row, "time_in_system");
  if (p50 === null) return words.say("stats.nobody");
  return words.say("stats.stages.visit", { p50: w.mins(words, p50), p90: w.mins(words, p90) });
}

/** @param {Seen} seen @param {Row | undefined} row */
function handover({ words }, row) {
  const { p50, p90 } = rangeOf(row, "handover_wait");
  if (p50 === null) return words.say("stats.stages.no_handover");
  return words.say("stats.stages.handover", { p50: w.mins(words, p50), p90: w.mins(words, p90) });
}

/** @param {Seen} seen @param {Place[]} places */
function stagesTable({ words }, places) {
  return table(
    words,
    "stages-table",
    words.say("stats.tables.stages"),
    [
      { name: words.say("stats.names.services"), of: ({ name }) => name },
      ...SPANS.map((span) => ({
        name: words.say(`stats.spans.${span}`),
        of: (/** @type {Place} */ { row }) => {
          const { p50, p90 } = rangeOf(row, span);
          return p50 === null ? "" : `${w.mins(words, p50)} / ${w.mins(words, p90)}`;
        },
      })),
    ],
    places,
  );
}
