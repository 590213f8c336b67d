/** The week as a map: which weekday and which time of day. Pure. */
import { heat } from "./charts.js";
import { openDays } from "./course.js";
import * as f from "./figures.js";
import { drawn, widened } from "./paper.js";
import { figure, sheet } from "./parts.js";
import { minutes, people } from "./plots.js";
import { table } from "./tables.js";
import { WEEKDAYS, weekdayOf } from "./view.js";
import * as w from "./wording.js";

/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Seen} Seen */
/** @typedef {(day: string, time: string) => number | null} Of a figure of a weekday and a time of day */

/** Weekday by time of day. @param {Seen} seen */
export function week(seen) {
  const { words, view, answers } = seen;
  const answer = drawn(seen, "week");
  if (!answer || !answers.counts) return null;
  const [bin, rows] = [answer.bin, f.whole(answer, view.service)];
  const open = openDays(seen).map((row) => weekdayOf(f.dateOf(row)));
  const days = WEEKDAYS.filter((day) => open.includes(day));
  const times = f.clock([rows], bin);
  const found = new Map(rows.map((row) => [`${row.weekday} ${row.time}`, row]));
  /** @type {Of} */
  const arrivals = (day, time) =>
    f.perDay(found.get(`${day} ${time}`)?.arrivals ?? 0, open.filter((each) => each === day).length);
  /** @type {Of} */
  const wait = (day, time) => found.get(`${day} ${time}`)?.wait_p50_s ?? null;
  const grid = { words, days, times, bin };
  const names = days.map((day) => w.weekdayName(words, day, "short"));
  const come = cells(grid, arrivals, w.average);
  const waits = cells(grid, wait, w.mins);
  return sheet(seen, {
    id: "week",
    title: words.say("stats.week.title"),
    answer,
    lead: [busiest(seen, rows, arrivals, bin), longest(seen, rows, bin)],
    charts: times.length
      ? [
          figure(heat(people(seen, "week-arrivals", "week_arrivals"), names, come)),
          figure(heat(minutes(seen, "week-waits", "week_waits"), names, waits)),
        ]
      : [],
    tables: [tableOf(grid, arrivals, wait)],
    note: w.sentences(words.say("stats.week.note"), widened(seen, "week")),
    files: [["", "week"]],
  });
}

/**
 * @typedef {{words: import("../house/words.js").Words, days: string[], times: string[], bin: string}} Grid
 */

/** @param {Grid} grid @param {Of} of @param {(words: Grid["words"], value: number | null) => string} write */
function cells({ words, days, times, bin }, of, write) {
  return times.map((time) => ({
    name: time.replace(/^0/, ""),
    cells: days.map((day) => {
      const text = write(words, of(day, time)) || "–";
      const told = `${w.weekdayName(words, day, "long")} ${w.span(time, bin)}: ${text}`;
      return { value: of(day, time), text, told };
    }),
  }));
}

/** @param {Grid} grid @param {Of} arrivals @param {Of} wait */
function tableOf({ words, days, times, bin }, arrivals, wait) {
  /** @param {string} name @param {string} day */
  const head = (name, day) => words.say(`stats.week.${name}`, { day: w.weekdayName(words, day, "short") });
  return table(
    words,
    "week-table",
    words.say("stats.tables.week"),
    [
      { name: words.say("stats.names.time"), of: (time) => w.span(time, bin) },
      ...days.map((day) => ({
        name: head("arrivals", day),
        of: (/** @type {string} */ time) => w.average(words, arrivals(day, time)),
      })),
      ...days.map((day) => ({
        name: head("wait", day),
        of: (/** @type {string} */ time) => w.mins(words, wait(day, time)),
      })),
    ],
    times,
  );
}

/** @param {Seen} seen @param {Row[]} rows @param {Of} mean @param {string} bin */
function busiest({ words }, rows, mean, bin) {
  const found = f.most(rows, (row) => mean(row.weekday ?? "", row.time ?? "") ?? 0);
  if (!found) return words.say("stats.nobody");
  const count = mean(found.weekday ?? "", found.time ?? "");
  return words.say("stats.week.busiest", { ...when(words, found, bin), count: w.average(words, count) });
}

/** @param {Seen} seen @param {Row[]} rows @param {string} bin */
function longest({ words }, rows, bin) {
  const found = f.worst(rows);
  return (
    found &&
    words.say("stats.week.longest", { ...when(words, found, bin), p50: w.mins(words, found.wait_p50_s) })
  );
}

/** @param {Grid["words"]} words @param {Row} row @param {string} bin */
function when(words, row, bin) {
  return { weekday: w.weekdayName(words, row.weekday ?? "mon", "long"), span: w.span(f.timeOf(row), bin) };
}
