/** Two periods over each other, and by how much they differ. Pure. */
import { lines } from "./charts.js";
import * as f from "./figures.js";
import { otherForm } from "./form.js";
import { drawn, widened } from "./paper.js";
import { figure, missingDays, sheet } from "./parts.js";
import { minutes, people } from "./plots.js";
import { table } from "./tables.js";
import * as w from "./wording.js";

/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Seen} Seen */
/**
 * @typedef {{name: string, of: (side: Side) => number | null, write: typeof w.average, gap: typeof w.signed}} Measure
 */
/** @typedef {{rows: Map<string, Row>, days: number, all: Row | undefined}} Side one of the two periods */

/** @param {Seen} seen */
export function compare(seen) {
  const { words, answers } = seen;
  const { counts, totals, vs_counts, vs_totals } = answers;
  const [clock, vs_clock] = [drawn(seen, "clock"), drawn(seen, "vs_clock")];
  if (!clock || !counts || !totals || !vs_clock || !vs_counts || !vs_totals) return null;
  const now = side(seen, clock, counts, totals);
  const before = side(seen, vs_clock, vs_counts, vs_totals);
  const names = {
    now: w.period(words, clock.from, clock.to),
    before: w.period(words, vs_clock.from, vs_clock.to),
  };
  const { bin } = clock;
  const times = f.clock([[...now.rows.values()], [...before.rows.values()]], bin);
  const missing = vs_clock.missing_days;
  return sheet(seen, {
    id: "compare",
    title: words.say("stats.compare.title"),
    answer: clock,
    lead: [
      words.say("stats.compare.with", {
        before: names.before,
        n: before.days,
        days: w.count(words, before.days),
      }),
      missing.length > 0 && words.say("stats.compare.missing", { missing: missingDays(words, missing) }),
      arrivals(seen, now, before),
      waits(seen, now, before),
    ],
    tiles: otherForm(seen),
    charts: times.length && before.days ? charts(seen, times, bin, now, before, names) : [],
    tables: [sums(seen, now, before), byTimes(seen, times, bin, now, before)],
    note: w.sentences(words.say("stats.compare.note"), widened(seen, "clock")),
    files: [
      [words.say("stats.compare.now"), "clock"],
      [words.say("stats.compare.before"), "vs_clock"],
    ],
  });
}

/**
 * @param {Seen} seen
 * @param {import("./types.js").Answer} clock
 * @param {import("./types.js").Answer} counts
 * @param {import("./types.js").Answer} totals
 * @returns {Side}
 */
function side({ view, today }, clock, counts, totals) {
  return {
    rows: f.byTime(f.whole(clock, view.service)),
    days: f.counted(counts, view.service, today).length,
    all: f.whole(totals, view.service)[0],
  };
}

/** @param {Side} side */
const perDay = ({ all, days }) => f.perDay(all?.arrivals ?? 0, days);

/** @param {Seen} seen @param {Side} now @param {Side} before */
function arrivals({ words }, now, before) {
  const gap = f.difference(perDay(now), perDay(before));
  if (!gap) return words.say("stats.compare.nothing");
  return words.say("stats.compare.arrivals", {
    before: w.average(words, perDay(before)),
    now: w.average(words, perDay(now)),
    share: w.signedPercent(words, gap.part) || w.signed(words, gap.by),
  });
}

/** @param {Seen} seen @param {Side} now @param {Side} before */
function waits({ words }, { all: now }, { all: before }) {
  if (!now || !before || now.wait_p50_s === null || before.wait_p50_s === null) return null;
  return words.say("stats.compare.waits", {
    b50: w.mins(words, before.wait_p50_s),
    n50: w.mins(words, now.wait_p50_s),
    b90: w.mins(words, before.wait_p90_s),
    n90: w.mins(words, now.wait_p90_s),
  });
}

/**
 * @param {Seen} seen
 * @param {string[]} times
 * @param {string} bin
 * @param {Side} now
 * @param {Side} before
 * @param {{now: string, before: string}} names
 */
function charts(seen, times, bin, now, before, names) {
  const { words } = seen;
  /**
   * @param {string} path
   * @param {(side: Side, time: string) => number | null} of
   * @param {import("./svg.js").Plot} plot
   */
  const chart = (path, of, plot) => {
    const slots = times.map((time) => ({
      ...{ name: w.span(time, bin), tick: w.hourTick(time) },
      told: words.say(path, {
        name: w.span(time, bin),
        now: w.average(words, of(now, time)) || "–",
        before: w.average(words, of(before, time)) || "–",
      }),
    }));
    return lines(plot, slots, [
      { look: "other", values: times.map((time) => of(before, time)) },
      { look: "main", values: times.map((time) => of(now, time)) },
    ]);
  };
  const unit = { unit: words.say("stats.unit.people_day") };
  /** @type {[string, string][]} */
  const key = [
    ["main", names.now],
    ["other", names.before],
  ];
  return [
    figure(
      chart("stats.told.two_arrivals", arrivalsAt, people(seen, "compare-arrivals", "arrivals_day", unit)),
      key,
    ),
    figure(chart("stats.told.two_waits", waitAt, minutes(seen, "compare-waits", "median")), key),
  ];
}

/** @param {Side} side @param {string} time */
const arrivalsAt = ({ rows, days }, time) => f.perDay(rows.get(time)?.arrivals ?? 0, days);

/** @param {Side} side @param {string} time */
const waitAt = ({ rows }, time) => f.minutes(rows.get(time)?.wait_p50_s);

/** @param {Seen} seen @param {Side} now @param {Side} before */
function sums({ words }, now, before) {
  /** @param {string} name @param {(row: Row) => number | null} of @returns {Measure} */
  const mean = (name, of) => ({
    ...{ name, write: w.average, gap: w.signed },
    of: ({ all, days }) => f.perDay(all ? of(all) : 0, days),
  });
  /** @param {string} name @param {(row: Row) => number | null} of @returns {Measure} */
  const time = (name, of) => ({
    ...{ name, write: w.tenths, gap: w.signedTenths },
    of: ({ all }) => f.minutes(all && of(all)),
  });
  /** @type {Measure} */
  const soon = {
    ...{ name: "soon", write: w.percent, gap: w.signedPoints },
    of: ({ all }) => (all ? f.soon(all) : null),
  };
  const measures = [
    mean("per_day", (row) => row.arrivals),
    mean("left_day", f.left),
    mean("refused_day", (row) => row.refused),
    soon,
    time("wait_p50_min", (row) => row.wait_p50_s),
    time("wait_p90_min", (row) => row.wait_p90_s),
    time("service_p50_min", (row) => row.service_p50_s),
    time("handover_p50_min", (row) => row.handover_wait_p50_s),
    time("system_p50_min", (row) => row.time_in_system_p50_s),
  ];
  return table(
    words,
    "compare-sums",
    words.say("stats.tables.compare"),
    [
      { name: words.say("stats.names.measure"), of: ({ name }) => words.say(`stats.names.${name}`) },
      ...differing(words, now, before),
    ],
    measures,
  );
}

/**
 * The columns of a table of differences: before, now, by how much.
 *
 * @param {import("../house/words.js").Words} words
 * @param {Side} now
 * @param {Side} before
 * @returns {import("./tables.js").Column<Measure>[]}
 */
function differing(words, now, before) {
  return [
    { name: words.say("stats.compare.before"), of: ({ of, write }) => write(words, of(before)) },
    { name: words.say("stats.compare.now"), of: ({ of, write }) => write(words, of(now)) },
    {
      name: words.say("stats.compare.by"),
      of: ({ of, gap }) => gap(words, f.difference(of(now), of(before))?.by),
    },
    {
      name: words.say("stats.compare.part"),
      of: ({ of }) => w.signedPercent(words, f.difference(of(now), of(before))?.part),
    },
  ];
}

/** @param {Seen} seen @param {string[]} times @param {string} bin @param {Side} now @param {Side} before */
function byTimes({ words }, times, bin, now, before) {
  const [was, is, by] = ["before", "now", "by"].map((each) => words.say(`stats.compare.${each}`));
  /**
   * @param {string} name
   * @param {typeof arrivalsAt} of
   * @param {typeof w.average} write
   * @param {typeof w.signed} gap
   * @returns {import("./tables.js").Column<string>[]}
   */
  const three = (name, of, write, gap) => [
    { name: `${name} ${was}`, of: (time) => write(words, of(before, time)) },
    { name: `${name} ${is}`, of: (time) => write(words, of(now, time)) },
    { name: `${name} ${by}`, of: (time) => gap(words, f.difference(of(now, time), of(before, time))?.by) },
  ];
  return table(
    words,
    "compare-times",
    words.say("stats.tables.compare_times"),
    [
      { name: words.say("stats.names.time"), of: (time) => w.span(time, bin) },
      ...three(words.say("stats.names.per_day"), arrivalsAt, w.average, w.signed),
      ...three(words.say("stats.names.wait_p50_min"), waitAt, w.tenths, w.signedTenths),
    ],
    times,
  );
}
