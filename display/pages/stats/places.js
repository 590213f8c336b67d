/** A period by place: services, sections, desks. Pure. */
import { bars, ranges } from "./bars.js";
import * as f from "./figures.js";
import { listed, PLACES, ROWS, shortened } from "./paper.js";
import { figure, sheet } from "./parts.js";
import { medianAndLate, minutes, people, range, toldArrivals } from "./plots.js";
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
export function named(rows, name) {
  return rows
    .filter((row) => row.arrivals + (row.refused ?? 0) > 0)
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
  const shown = listed(seen, places, PLACES);
  const counted = shown.map(({ name, row }) => ({
    ...{ name, value: row.arrivals },
    told: toldArrivals(seen, name, row.arrivals),
  }));
  const waited = shown.map(({ name, row }) => range(words, name, row.wait_p50_s, row.wait_p90_s));
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
    tables: [placesTable(seen, id, listed(seen, places, ROWS))],
    note: w.sentences(words.say(`stats.${id}.note`), shortened(seen, places, PLACES)),
    files: [["", id === "services" ? "totals" : id]],
  });
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
  /** @param {string} name @param {(row: Row) => number | null} of */
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
