/** What a visit is made of: its parts, and every stage of its procedure. Pure. */
import { grouped, ranges } from "./bars.js";
import * as f from "./figures.js";
import { listed, PLACES, ROWS, shortened } from "./paper.js";
import { figure, sheet } from "./parts.js";
import { named } from "./places.js";
import { medianAndLate, minutes, range } from "./plots.js";
import { table } from "./tables.js";
import * as w from "./wording.js";

const STAGES = 20; // that a page of paper has room for, as picture and in the table

/** @typedef {import("./places.js").Place} Place */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Seen} Seen */
/** @typedef {import("./types.js").StageAnswer} StageAnswer */
/** @typedef {import("./types.js").StageRow} StageRow */

/** @typedef {"wait_to_call" | "wait" | "service" | "handover_wait" | "time_in_system"} Span */

/** @type {Span[]} */
const SPANS = ["wait_to_call", "wait", "service", "handover_wait", "time_in_system"];

/** The parts of a visit, and the wait for the hand-over of each service. @param {Seen} seen */
export function visits(seen) {
  const { words, view, answers } = seen;
  if (!answers.totals) return null;
  const [all] = f.whole(answers.totals, view.service);
  const places = named(f.ofServices(answers.totals), (row) => w.serviceName(seen, row.service));
  /** @param {string} name @param {Row | undefined} row @param {Span} span */
  const drawn = (name, row, span) => range(words, name, rangeOf(row, span).p50, rangeOf(row, span).p90);
  const parts = SPANS.map((span) => drawn(words.say(`stats.spans.${span}`), all, span));
  const handed = places.filter(({ row }) => row.handover_wait_p50_s !== null);
  const handovers = listed(seen, handed, PLACES).map(({ name, row }) => drawn(name, row, "handover_wait"));
  const charts = [
    figure(ranges(minutes(seen, "visits-parts", "parts"), parts), medianAndLate(seen)),
    handovers.length > 0 &&
      figure(ranges(minutes(seen, "visits-handover", "handover"), handovers), medianAndLate(seen)),
  ];
  return sheet(seen, {
    id: "visits",
    title: words.say("stats.visits.title"),
    answer: answers.totals,
    lead: [visit(seen, all), handover(seen, all)],
    charts: all?.arrivals ? charts.filter((each) => each !== false) : [],
    tables: [partsTable(seen, listed(seen, places, ROWS))],
    note: w.sentences(words.say("stats.visits.note"), shortened(seen, handed, PLACES)),
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
  return words.say("stats.visits.visit", { p50: w.mins(words, p50), p90: w.mins(words, p90) });
}

/** @param {Seen} seen @param {Row | undefined} row */
function handover({ words }, row) {
  const { p50, p90 } = rangeOf(row, "handover_wait");
  if (p50 === null) return words.say("stats.visits.no_handover");
  return words.say("stats.visits.handover", { p50: w.mins(words, p50), p90: w.mins(words, p90) });
}

/** @param {Seen} seen @param {Place[]} places */
function partsTable({ words }, places) {
  return table(
    words,
    "visits-table",
    words.say("stats.tables.parts"),
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

// Its stages

/** @typedef {"stage_wait" | "stage_time"} StageSpan */
/** @typedef {{service: string, rows: StageRow[]}} Procedure the stages of a service */

/** Waits and times of every stage and service. @param {Seen} seen */
export function stages(seen) {
  const { words } = seen;
  const answer = /** @type {StageAnswer | undefined} */ (
    /** @type {unknown} */ (seen.answers["stages"])
  );
  if (!answer) return null;
  const procedures = byService(f.ofServices(answer));
  const most = fitting(procedures);
  const shown = listed(seen, procedures, most);
  const rows = [...f.whole(answer, null), ...shown.flatMap((each) => each.rows)];
  return sheet(seen, {
    id: "stages",
    title: words.say("stats.stages.title"),
    answer,
    lead: [longest(seen, procedures, "stage_wait"), longest(seen, procedures, "stage_time")],
    charts: [chart(seen, shown, "stage_wait"), chart(seen, shown, "stage_time")].filter((each) => each !== null),
    tables: [stagesTable(seen, rows)],
    note: w.sentences(words.say("stats.stages.note"), shortened(seen, procedures, most, most)),
    files: [["", "stages"]],
  });
}

/** The services with the most visits first. @param {StageRow[]} rows @returns {Procedure[]} */
function byService(rows) {
  const services = [...new Set(rows.map((row) => row.service))];
  return services
    .map((service) => ({ service, rows: rows.filter((row) => row.service === service) }))
    .sort((one, other) => (other.rows[0]?.visits ?? 0) - (one.rows[0]?.visits ?? 0));
}

/** Of how many services all stages fit a page of paper. @param {Procedure[]} procedures */
function fitting(procedures) {
  let left = STAGES;
  const found = procedures.findIndex(({ rows }) => (left -= rows.length) < 0);
  return found < 0 ? procedures.length : Math.max(1, found);
}

/**
 * @param {Seen} seen
 * @param {Procedure[]} procedures
 * @param {StageSpan} span
 */
function chart(seen, procedures, span) {
  const { words } = seen;
  const groups = procedures
    .map(({ service, rows }) => ({
      name: w.serviceName(seen, service),
      rows: rows
        .filter((row) => row[`${span}_p50_s`] !== null)
        .map((row) => range(words, w.stageName(words, row.stage), row[`${span}_p50_s`], row[`${span}_p90_s`])),
    }))
    .filter(({ rows }) => rows.length > 0);
  if (!groups.length) return null;
  return figure(grouped(minutes(seen, `stages-${span}`, span), groups), medianAndLate(seen));
}

/** @param {Seen} seen @param {Procedure[]} procedures @param {StageSpan} span */
function longest(seen, procedures, span) {
  const { words } = seen;
  const rows = procedures.flatMap((each) => each.rows);
  const found = f.most(rows, (row) => row[`${span}_p50_s`] ?? 0);
  if (!found) return span === "stage_wait" ? words.say("stats.nobody") : null;
  return words.say(`stats.stages.longest_${span}`, {
    name: stageOf(seen, found),
    p50: w.mins(words, found[`${span}_p50_s`]),
    p90: w.mins(words, found[`${span}_p90_s`]),
  });
}

/** @param {Seen} seen @param {StageRow} row */
function stageOf(seen, { service, stage }) {
  const { words } = seen;
  return words.say("stats.stages.of", {
    service: w.serviceName(seen, service),
    stage: w.stageName(words, stage),
  });
}

/** @param {Seen} seen @param {StageRow[]} rows */
function stagesTable(seen, rows) {
  const { words } = seen;
  /** @param {string} name @param {(row: StageRow) => number | null} of */
  const count = (name, of) => ({
    name: words.say(`stats.stages.${name}`),
    of: (/** @type {StageRow} */ row) => w.count(words, of(row)),
  });
  /** @param {"stage_wait_mean_s" | "stage_wait_p50_s" | "stage_wait_p90_s" | "stage_time_mean_s" | "stage_time_p50_s" | "stage_time_p90_s"} column */
  const time = (column) => ({
    name: words.say(`stats.stages.${column}`),
    of: (/** @type {StageRow} */ row) => w.mins(words, row[column]),
  });
  return table(
    words,
    "stages-table",
    words.say("stats.tables.stages"),
    [
      { name: words.say("stats.stages.head"), of: (row) => stageOf(seen, row) },
      count("visits", (row) => row.visits),
      count("called", (row) => row.called),
      ...[time("stage_wait_mean_s"), time("stage_wait_p50_s"), time("stage_wait_p90_s")],
      count("handled", (row) => row.handled),
      ...[time("stage_time_mean_s"), time("stage_time_p50_s"), time("stage_time_p90_s")],
    ],
    rows,
  );
}
