/** A day beside what is usual on its weekday: by half hours as pictures and a table. Pure. */
import { columns, lines } from "./charts.js";
import * as f from "./figures.js";
import { figure } from "./parts.js";
import { minutes, people, toldArrivals, toldWaits } from "./plots.js";
import { table } from "./tables.js";
import { weekdayOf } from "./view.js";
import * as w from "./wording.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Seen} Seen */

export const HALF_HOUR = "30";

/**
 * A day, and what is usual on its weekday.
 *
 * @typedef {object} Against
 * @property {"yesterday" | "today"} id
 * @property {string} date
 * @property {string} now up to when there are figures; "24:00" of a day that is over
 * @property {Answer} halves the day by half hours
 * @property {Row | undefined} day
 * @property {Row[]} before the days of the same weekday, of the four weeks before
 * @property {Row | null} usual all of them as one; null: not asked for
 * @property {Row[]} usualHalves the same by half hours
 */

/** The weekday of the day, as it is said. @param {Seen} seen @param {Against} against */
export const weekday = ({ words }, { date }) => w.weekdayName(words, weekdayOf(date), "long");

/** Every step with the day's figures and the usual ones. @param {Seen} seen @param {Against} against */
function slots(seen, { now, halves, before, usualHalves }) {
  const { words, view } = seen;
  const [rows, bin] = [f.whole(halves, view.service), halves.bin];
  const [mine, usual] = [f.byTime(rows), f.byTime(usualHalves)];
  return f.clock([rows, usualHalves], bin).map((time) => {
    const begun = time < now;
    const [row, other] = [begun ? mine.get(time) : undefined, usual.get(time)];
    const name = w.span(time, bin);
    const value = begun ? (row?.arrivals ?? 0) : null;
    const mean = before.length ? f.perDay(other?.arrivals ?? 0, before.length) : null;
    const beside = mean === null ? "" : words.say("stats.usually", { usual: w.average(words, mean) });
    return {
      ...{ name, value, row, other, usual: mean, tick: w.hourTick(time) },
      told: `${toldArrivals(seen, name, value)} ${beside}`.trim(),
    };
  });
}

/** @param {Seen} seen @param {Against} against */
export function charts(seen, against) {
  const { words } = seen;
  const all = slots(seen, against);
  if (!all.length) return [];
  const come = people(seen, `${against.id}-arrivals`, "arrivals_half");
  const wait = minutes(seen, `${against.id}-waits`, "waits_half");
  const [p50, p90] = [
    all.map(({ row }) => f.minutes(row?.wait_p50_s)),
    all.map(({ row }) => f.minutes(row?.wait_p90_s)),
  ];
  const usual = { weekday: weekday(seen, against), n: against.before.length };
  return [
    figure(columns(come, all), [
      ["bar", words.say(`stats.${against.id}.name`)],
      ...(against.before.length
        ? [/** @type {const} */ (["usual", words.say("stats.usual_of", usual)])]
        : []),
    ]),
    figure(
      lines(
        wait,
        all.map((each) => ({ ...each, told: toldWaits(seen, each.name, each.row) })),
        [
          { look: "late", values: p90 },
          { look: "other", values: all.map(({ other }) => f.minutes(other?.wait_p50_s)) },
          { look: "main", values: p50 },
        ],
        { low: p50, high: p90 },
      ),
      [
        ["main", words.say("stats.names.p50")],
        ["late", words.say("stats.names.p90")],
        ...(against.before.length ? [/** @type {const} */ (["other", words.say("stats.usual_median")])] : []),
      ],
    ),
  ];
}

/** @param {Seen} seen @param {Against} against */
export function halfHours(seen, against) {
  const { words } = seen;
  /** @param {string} name */
  const say = (name) => words.say(`stats.names.${name}`);
  return table(
    words,
    `${against.id}-halves`,
    words.say("stats.tables.halves"),
    [
      { name: say("time"), of: ({ name }) => name },
      { name: say("arrivals"), of: ({ value }) => w.count(words, value) },
      { name: say("usual_arrivals"), of: ({ usual }) => w.average(words, usual) },
      { name: say("wait_p50_min"), of: ({ row }) => w.mins(words, row?.wait_p50_s) },
      { name: say("wait_p90_min"), of: ({ row }) => w.mins(words, row?.wait_p90_s) },
      { name: say("usual_p50_min"), of: ({ other }) => w.mins(words, other?.wait_p50_s) },
    ],
    slots(seen, against),
  );
}

/** @typedef {{name: string, of: (row: Row) => number | null, write: typeof w.count}} Measure */

/** @param {string} name @param {(row: Row) => number | null} of @returns {Measure} */
const number = (name, of) => ({ name, of, write: w.count });

/** @param {string} name @param {(row: Row) => number | null} of @returns {Measure} */
const time = (name, of) => ({ name, of, write: w.mins });

/** @type {Measure[]} */
const MEASURES = [
  number("arrivals", (row) => row.arrivals),
  number("served", (row) => row.served),
  { name: "soon", of: f.soon, write: w.percent },
  number("finished", (row) => row.finished),
  number("no_show", (row) => row.no_show),
  number("cancelled", (row) => row.cancelled),
  number("expired", (row) => row.expired),
  number("refused", (row) => row.refused),
  time("wait_p50_min", (row) => row.wait_p50_s),
  time("wait_p90_min", (row) => row.wait_p90_s),
  time("service_p50_min", (row) => row.service_p50_s),
  time("handover_p50_min", (row) => row.handover_wait_p50_s),
  time("system_p50_min", (row) => row.time_in_system_p50_s),
];

/**
 * Every measure of the day, beside the usual and each of the days it is made of.
 *
 * @param {Seen} seen
 * @param {Against} against
 */
export function summary(seen, against) {
  const { words } = seen;
  const { date, day, before, usual } = against;
  /** @param {Row | undefined} row @param {Measure} measure */
  const written = (row, { of, write }) => (row ? write(words, of(row)) : "");
  /** @param {Measure} measure */
  const usually = ({ of, write }) => {
    if (!usual) return "";
    if (write !== w.count) return write(words, of(usual));
    return w.average(words, f.perDay(of(usual), before.length));
  };
  return table(
    words,
    `${against.id}-summary`,
    words.say("stats.tables.summary"),
    [
      { name: words.say("stats.names.measure"), of: ({ name }) => words.say(`stats.names.${name}`) },
      { name: w.shortDate(words, date), of: (measure) => written(day, measure) },
      {
        name: words.say("stats.usual_of", { weekday: weekday(seen, against), n: before.length }),
        of: usually,
      },
      ...before.map((row) => ({
        name: w.shortDate(words, f.dateOf(row)),
        of: (/** @type {Measure} */ measure) => written(row, measure),
      })),
    ],
    MEASURES,
  );
}
