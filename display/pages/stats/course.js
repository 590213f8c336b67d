/** A period by time: of day, and by date. Pure. */
import { columns, lines } from "./charts.js";
import * as f from "./figures.js";
import { figure, sheet } from "./parts.js";
import { bySlot, list, marks } from "./noted.js";
import { drawn, widened } from "./paper.js";
import { minutes, people, toldArrivals, toldWaits } from "./plots.js";
import { table } from "./tables.js";
import * as w from "./wording.js";

const ON_PAPER = 190; // px: how high charts of dates are, which have a long table below them

/** @typedef {import("./svg.js").Plot} Plot */
/** @typedef {import("./svg.js").Slot} Slot */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Seen} Seen */
/** @typedef {Slot & {row: Row | null, value: number | null}} Step a step of time, and what is known of it */
/** @typedef {Step & import("./figures.js").Dated} Dated one of the calendar */

/** The days of the period that have figures. @param {Seen} seen */
export function openDays({ answers, view, today }) {
  return answers.counts ? f.counted(answers.counts, view.service, today) : [];
}

/**
 * Every step of the clock with its figures.
 *
 * @param {Seen} seen
 * @param {Row[]} rows
 * @param {string} bin
 * @param {(row: Row | null) => number | null} of
 */
function clockSteps(seen, rows, bin, of) {
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
  const answer = drawn(seen, "clock");
  if (!answer || !answers.counts) return null;
  const rows = f.whole(answer, view.service);
  const n = openDays(seen).length;
  const steps = clockSteps(seen, rows, answer.bin, (row) => f.perDay(row?.arrivals ?? 0, n));
  const perDay = { unit: words.say("stats.unit.people_day") };
  return sheet(seen, {
    id: "clock",
    title: words.say("stats.clock.title"),
    answer,
    lead: [busiestTime(seen, rows, answer.bin, n), longestTime(seen, rows, answer.bin)],
    charts: steps.length
      ? [
          figure(columns(people(seen, "clock-arrivals", "arrivals_day", perDay), steps)),
          waits(seen, "clock-waits", steps),
        ]
      : [],
    tables: [timesTable(seen, "clock-table", words.say("stats.names.time"), steps, n)],
    note: w.sentences(words.say("stats.clock.note"), widened(seen, "clock")),
    files: [["", "clock"]],
  });
}

/** @param {Seen} seen @param {Row[]} rows @param {string} bin @param {number} n */
function busiestTime({ words }, rows, bin, n) {
  const found = f.busiest(rows);
  if (!found) return words.say("stats.nobody");
  const count = w.average(words, f.perDay(found.arrivals, n));
  return words.say("stats.clock.busiest", { span: w.span(f.timeOf(found), bin), count });
}

/** @param {Seen} seen @param {Row[]} rows @param {string} bin */
function longestTime({ words }, rows, bin) {
  const found = f.worst(rows);
  if (!found) return null;
  const waits = { p50: w.mins(words, found.wait_p50_s), p90: w.mins(words, found.wait_p90_s) };
  return words.say("stats.clock.longest", { span: w.span(f.timeOf(found), bin), ...waits });
}

/**
 * Median and P90 of the waits, step by step.
 *
 * @param {Seen} seen
 * @param {string} id
 * @param {Step[]} steps
 * @param {Partial<Plot>} [more]
 * @param {Element | null} [below]
 */
function waits(seen, id, steps, more, below = null) {
  const { words } = seen;
  const p50 = steps.map(({ row }) => f.minutes(row?.wait_p50_s));
  const p90 = steps.map(({ row }) => f.minutes(row?.wait_p90_s));
  const chart = lines(
    minutes(seen, id, "waits", more),
    steps.map((each) => ({ ...each, told: toldWaits(seen, each.name, each.row) })),
    [
      { look: "late", values: p90 },
      { look: "main", values: p50 },
    ],
    { low: p50, high: p90 },
  );
  const key = /** @type {const} */ ([
    ["main", words.say("stats.names.p50")],
    ["late", words.say("stats.names.p90")],
  ]);
  return figure(chart, [...key], below);
}

/**
 * @param {Seen} seen
 * @param {string} id
 * @param {string} head
 * @param {Step[]} steps
 * @param {number | null} n days that a row stands for; null: each row for itself
 * @param {Map<number, string>} [notes] of steps at which something happened
 */
function timesTable({ words }, id, head, steps, n, notes = new Map()) {
  /** @param {string} name */
  const say = (name) => words.say(`stats.names.${name}`);
  /** @param {string} name @param {(row: Row) => number | null} of */
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
  const happened = (/** @type {Step} */ step) => notes.get(steps.indexOf(step)) ?? "";
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
      ...(notes.size ? [{ name: say("notes"), of: happened, said: true }] : []),
    ],
    steps,
  );
}

/** Day by day, or by week, month, year. @param {Seen} seen */
export function days(seen) {
  const { words, answers, paper, width } = seen;
  const [answer, listed] = [answers.days, drawn(seen, "days")];
  if (!answer || !listed || !answers.counts) return null;
  const { notes } = answer;
  const [steps, rows] = [calendarSteps(seen, answer), calendarSteps(seen, listed)];
  const at = /** @type {const} */ ("middle");
  const low = paper ? { height: ON_PAPER } : {};
  const more = { width, at, ...low, notes: marks(words, notes, steps) };
  const gaps = steps.some(({ row }) => row === null);
  const missing = gaps ? [/** @type {const} */ (["missing", words.say("stats.days.missing")])] : [];
  return sheet(seen, {
    id: "days",
    title: words.say(`stats.days.title_${answer.bin}`),
    answer,
    lead: [total(seen), busiestStep(seen, steps)],
    charts: steps.length
      ? [
          figure(columns(people(seen, "days-arrivals", "arrivals", more), steps), missing),
          waits(seen, "days-waits", steps, more, list(words, notes)),
        ]
      : [],
    tables: [
      timesTable(
        seen,
        "days-table",
        words.say("stats.names.period"),
        rows,
        null,
        bySlot(words, notes, rows),
      ),
    ],
    note: w.sentences(words.say("stats.days.note"), widened(seen, "days")),
    files: [["", "days"]],
  });
}

/**
 * Every step of the calendar with its figures; by days, the missing ones among them.
 *
 * @param {Seen} seen
 * @param {import("./types.js").Answer} answer
 * @returns {Dated[]}
 */
function calendarSteps(seen, answer) {
  const { words, view, today } = seen;
  const { bin } = answer;
  const rows =
    bin === "day"
      ? f.counted(answer, view.service, today)
      : f.whole(answer, view.service).filter((row) => f.dateOf(row) <= today);
  return f.withGaps(rows, bin === "day" ? answer.missing_days : []).map(({ date, row }) => {
    const name = row ? w.step(words, row, bin) : w.longDate(words, date);
    const tick = row ? w.stepTick(words, row, bin) : w.tickDate(words, date);
    const value = row && row.arrivals;
    const dates = { from: date, to: row ? f.lastDateOf(row) : date };
    return { name, tick, row, value, told: toldArrivals(seen, name, value), ...dates };
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
