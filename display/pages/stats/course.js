/** A period by time: of day, by date, and the line through the day. Pure. */
import { columns, lines } from "./charts.js";
import * as f from "./figures.js";
import { figure, sheet } from "./parts.js";
import { minutes, people, toldArrivals, toldWaits } from "./plots.js";
import { table } from "./tables.js";
import { calendarBin, clockBin } from "./view.js";
import * as w from "./wording.js";

/** @typedef {import("./svg.js").Plot} Plot */
/** @typedef {import("./svg.js").Slot} Slot */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Seen} Seen */
/** @typedef {Slot & {row: Row | null, value: number | null}} Step a step of time, and what is known of it */

/** The days of the period that have figures. @param {Seen} seen */
export function openDays({ answers, view, today }) {
  return answers.counts ? f.counted(answers.counts, view.service, today) : [];
}

/**
 * Every step of the clock with its figures.
 *
 * @param {Seen} seen
 * @param {Row[]} rows
 * @param {(row: Row | null) => number | null} of
 */
function clockSteps(seen, rows, of) {
  const bin = clockBin(seen.view);
  const found = f.byTime(rows);
  return f.clock([rows], bin).map((time) => {
    const row = found.get(time) ?? null;
    const [name, value] = [w.span(time, bin), of(row)];
    return { name, tick: w.hourTick(time), row, value, told: toldArrivals(seen, name, value) };
  });
}

/** Arrivals and waits by time of day. @param {Seen} seen */
export function clock(seen) {
  const { words, view, answers } = seen;
  if (!answers.clock || !answers.counts) return null;
  const rows = f.whole(answers.clock, view.service);
  const n = openDays(seen).length;
  const steps = clockSteps(seen, rows, (row) => f.perDay(row?.arrivals ?? 0, n));
  const perDay = { unit: words.say("stats.unit.people_day") };
  return sheet(seen, {
    id: "clock",
    title: words.say("stats.clock.title"),
    answer: answers.clock,
    lead: [busiestTime(seen, rows, n), longestTime(seen, rows)],
    charts: steps.length
      ? [
          figure(columns(people(seen, "clock-arrivals", "arrivals_day", perDay), steps)),
          waits(seen, "clock-waits", steps),
        ]
      : [],
    tables: [timesTable(seen, "clock-table", words.say("stats.names.time"), steps, n)],
    note: words.say("stats.clock.note"),
    files: [["", "clock"]],
  });
}

/** @param {Seen} seen @param {Row[]} rows @param {number} n */
function busiestTime({ words, view }, rows, n) {
  const found = f.busiest(rows);
  if (!found) return words.say("stats.nobody");
  const count = w.average(words, f.perDay(found.arrivals, n));
  return words.say("stats.clock.busiest", { span: w.span(f.timeOf(found), clockBin(view)), count });
}

/** @param {Seen} seen @param {Row[]} rows */
function longestTime({ words, view }, rows) {
  const found = f.worst(rows);
  if (!found) return null;
  const waits = { p50: w.mins(words, found.wait_p50_s), p90: w.mins(words, found.wait_p90_s) };
  return words.say("stats.clock.longest", { span: w.span(f.timeOf(found), clockBin(view)), ...waits });
}

/**
 * Median and P90 of the waits, step by step.
 *
 * @param {Seen} seen
 * @param {string} id
 * @param {Step[]} steps
 * @param {Partial<Plot>} [more]
 */
function waits(seen, id, steps, more) {
  const { words } = seen;
  const p50 = steps.map(({ row }) => f.minutes(row?.wait_p50_s));
  const p90 = steps.map(({ row }) => f.minutes(row?.wait_p90_s));
  const drawn = lines(
    minutes(seen, id, "waits", more),
    steps.map((each) => ({ ...each, told: toldWaits(seen, each.name, each.row) })),
    [
      { look: "late", values: p90 },
      { look: "main", values: p50 },
    ],
    { low: p50, high: p90 },
  );
  return figure(drawn, [
    ["main", words.say("stats.names.p50")],
    ["late", words.say("stats.names.p90")],
  ]);
}

/**
 * @param {Seen} seen
 * @param {string} id
 * @param {string} head
 * @param {Step[]} steps
 * @param {number | null} n days that a row stands for; null: each row for itself
 */
function timesTable({ words }, id, head, steps, n) {
  /** @param {string} name */
  const say = (name) => words.say(`stats.names.${name}`);
  /** @param {string} name @param {(row: Row) => number} of */
  const counts = (name, of) => ({
    name: say(name),
    of: (/** @type {Step} */ { row }) => w.count(words, row ? of(row) : n === null ? null : 0),
  });
  /** @param {string} name @param {"wait_p50_s" | "wait_p90_s"} column */
  const times = (name, column) => ({
    name: say(name),
    of: (/** @type {Step} */ { row }) => w.mins(words, row?.[column]),
  });
  const perDay = { name: say("per_day"), of: (/** @type {Step} */ { value }) => w.average(words, value) };
  return table(
    words,
    id,
    words.say("stats.tables.times"),
    [
      { name: head, of: ({ name }) => name },
      counts("arrivals", (row) => row.arrivals),
      ...(n === null ? [] : [perDay]),
      counts("served", (row) => row.served),
      counts("left", f.left),
      counts("refused", (row) => row.refused),
      times("wait_p50_min", "wait_p50_s"),
      times("wait_p90_min", "wait_p90_s"),
    ],
    steps,
  );
}

/** Day by day, or by week, month, year. @param {Seen} seen */
export function days(seen) {
  const { words, view, answers, width } = seen;
  if (!answers.days || !answers.counts) return null;
  const bin = calendarBin(view);
  const steps = calendarSteps(seen, answers.days, bin);
  const more = { width, at: /** @type {const} */ ("middle") };
  const gaps = steps.some(({ row }) => row === null);
  return sheet(seen, {
    id: "days",
    title: words.say(`stats.days.title_${bin}`),
    answer: answers.days,
    lead: [total(seen), busiestStep(seen, steps)],
    charts: steps.length
      ? [
          figure(
            columns(people(seen, "days-arrivals", "arrivals", more), steps),
            gaps ? [["missing", words.say("stats.days.missing")]] : [],
          ),
          waits(seen, "days-waits", steps, more),
        ]
      : [],
    tables: [timesTable(seen, "days-table", words.say("stats.names.period"), steps, null)],
    note: words.say("stats.days.note"),
    files: [["", "days"]],
  });
}

/**
 * Every step of the calendar with its figures; by days, the missing ones among them.
 *
 * @param {Seen} seen
 * @param {import("./types.js").Answer} answer
 * @param {string} bin
 * @returns {Step[]}
 */
function calendarSteps(seen, answer, bin) {
  const { words, view, today } = seen;
  const rows =
    bin === "day"
      ? f.counted(answer, view.service, today)
      : f.whole(answer, view.service).filter((row) => f.dateOf(row) <= today);
  return f.withGaps(rows, bin === "day" ? answer.missing_days : []).map(({ date, row }) => {
    const name = row ? w.step(words, row, bin) : w.longDate(words, date);
    const tick = row ? w.stepTick(words, row, bin) : w.tickDate(words, date);
    const value = row && row.arrivals;
    return { name, tick, row, value, told: toldArrivals(seen, name, value) };
  });
}

/** @param {Seen} seen */
function total(seen) {
  const { words } = seen;
  const rows = openDays(seen);
  if (!rows.length) return words.say("stats.nobody");
  const all = f.sum(rows, (row) => row.arrivals);
  const n = rows.length;
  return words.say("stats.days.total", {
    n,
    count: w.count(words, all),
    mean: w.average(words, f.perDay(all, n)),
  });
}

/** @param {Seen} seen @param {Step[]} steps */
function busiestStep({ words }, steps) {
  const found = f.most(steps, ({ value }) => value ?? 0);
  if (!found || steps.length < 2) return null;
  return words.say("stats.days.busiest", { step: found.name, count: w.count(words, found.value) });
}

/** How many stood in line through the day. @param {Seen} seen */
export function line(seen) {
  const { words, view, answers, width } = seen;
  if (!answers.clock || !answers.counts) return null;
  const n = openDays(seen).length;
  const steps = clockSteps(seen, f.whole(answers.clock, view.service), (row) =>
    row ? f.inLine(row, clockBin(view), n) : f.perDay(0, n),
  );
  const top = f.most(steps, ({ value }) => value ?? 0);
  /** @param {string} name */
  const say = (name) => words.say(`stats.names.${name}`);
  return sheet(seen, {
    id: "line",
    title: words.say("stats.line.title"),
    answer: answers.clock,
    lead: [
      top
        ? words.say("stats.line.longest", { span: top.name, count: w.average(words, top.value) })
        : words.say("stats.nobody"),
    ],
    charts: steps.length ? [figure(columns(people(seen, "line-length", "line", { width }), steps))] : [],
    tables: [
      table(
        words,
        "line-table",
        words.say("stats.tables.line"),
        [
          { name: say("time"), of: ({ name }) => name },
          { name: say("called"), of: ({ row }) => w.count(words, row?.called ?? 0) },
          { name: say("to_call_mean_min"), of: ({ row }) => w.mins(words, row?.wait_to_call_mean_s) },
          { name: say("in_line"), of: ({ value }) => w.average(words, value) },
        ],
        steps,
      ),
    ],
    note: words.say("stats.line.note"),
    files: [["", "clock"]],
  });
}
