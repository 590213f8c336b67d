/** Charts by rows from top to bottom, each under its name: bars, and ranges from median to P90. Pure. */
import { every, fitted, largest, linear, rounded, textWidth, ticks } from "./scales.js";
import { BOLD, inside, label, picture, s } from "./svg.js";

/** @typedef {import("./svg.js").Plot} Plot */
/** @typedef {number | null} Value */
/**
 * @typedef {{name: string, low: Value, high: Value, text: string, told: string}} Range `text`: both figures
 */

const NAME = 18; // px: the line with the name
const BAR = 14;
const ROW = NAME + BAR + 12;
const BELOW = 26;
const LINE = 19; // a range with its name before it
const WIDE = 480; // from here on the name of a group stands beside its ranges

/**
 * A bar a row, with its figure at its end.
 *
 * @param {Plot} plot
 * @param {{name: string, value: Value, told: string}[]} rows
 */
export function bars(plot, rows) {
  const most = largest(rows.map(({ value }) => value));
  const { letters } = plot;
  const room = Math.max(0, ...rows.map(({ value }) => textWidth(write(plot, value), letters * BOLD))) + 10;
  const x = linear(most, 0, plot.width - room);
  const drawn = rows.map(({ name, value, told }, n) => {
    const y = n * ROW;
    const long = value === null ? 0 : Math.max(x(value), value > 0 ? 1 : 0);
    return s(
      "g",
      {},
      s("title", {}, told),
      label(0, y + letters, fitted(name, letters, plot.width), "start", "name"),
      s("rect", { x: 0, y: y + NAME, width: plot.width - room, height: BAR, class: "track" }),
      long > 0 && s("rect", { x: 0, y: y + NAME, width: rounded(long), height: BAR, class: "bar" }),
      label(long + 6, y + NAME + BAR - 2, write(plot, value), "start", "value"),
    );
  });
  return picture(plot, rows.length * ROW, drawn);
}

/**
 * A range a row: a full dot at the median, an open one at P90, a line between them; with both figures.
 *
 * @param {Plot} plot
 * @param {Range[]} rows
 */
export function ranges(plot, rows) {
  const marks = ticks(largest(rows.flatMap(({ low, high }) => [low, high])), "minutes");
  const top = marks.at(-1) ?? 1;
  const x = linear(top, 8, plot.width - 16);
  const bottom = rows.length * ROW;
  const drawn = rows.map((row, n) => range(plot, x, n * ROW, row));
  return picture(plot, bottom + BELOW, [axis(plot, x, marks, bottom), ...drawn]);
}

/**
 * Lines from top to bottom at round figures, which stand below them.
 *
 * @param {Plot} plot
 * @param {(value: number) => number} x
 * @param {number[]} marks
 * @param {number} bottom
 */
function axis(plot, x, marks, bottom) {
  const { letters } = plot;
  const widest = Math.max(...marks.map((each) => textWidth(plot.write(each), letters))) + 8;
  const step = every(marks.length, x(marks.at(-1) ?? 0) - x(0), widest);
  const drawn = marks.flatMap((each, n) => [
    s("line", { x1: x(each), x2: x(each), y1: 0, y2: bottom, class: each ? "grid" : "base" }),
    n % step === 0 &&
      label(inside(plot, x(each), plot.write(each)), bottom + letters + 4, plot.write(each), "middle"),
  ]);
  return s("g", { class: "axes" }, ...drawn);
}

/**
 * The same in groups: the name of a group once, the name of each range before it, its figures behind.
 *
 * @param {Plot} plot
 * @param {{name: string, rows: Range[]}[]} groups
 */
export function grouped(plot, groups) {
  const { letters, width } = plot;
  const rows = groups.flatMap((group) => group.rows);
  const marks = ticks(largest(rows.flatMap(({ low, high }) => [low, high])), "minutes");
  const beside = width >= WIDE; // else the name of a group stands above
  const widest = Math.max(...groups.map(({ name }) => textWidth(name, letters * BOLD)));
  const indent = beside ? Math.min(widest, width * 0.34) + 8 : 10;
  const left = indent + Math.max(...rows.map(({ name }) => textWidth(name, letters))) + 12;
  const room = Math.max(...rows.map(({ text }) => textWidth(text, letters * BOLD))) + 14;
  const x = linear(marks.at(-1) ?? 1, left, width - room);
  let y = 0;
  const drawn = groups.flatMap((group) => {
    const named = fitted(group.name, letters * BOLD, beside ? indent - 8 : width);
    const head = [
      !beside && s("rect", { x: 0, y, width, height: LINE, class: "paper" }),
      label(0, y + LINE / 2 + letters * 0.36, named, "start", "value"),
    ];
    if (!beside) y += LINE;
    const ranges = group.rows.map((row, n) => inLine(plot, x, indent, y + (n + 0.5) * LINE, row));
    y += group.rows.length * LINE + 6;
    return [s("g", {}, s("title", {}, group.name), ...head), ...ranges];
  });
  return picture(plot, y + BELOW, [axis(plot, x, marks, y), ...drawn]);
}

/**
 * @param {Plot} plot
 * @param {(value: number) => number} x
 * @param {number} left
 * @param {number} middle
 * @param {Range} row
 */
function inLine({ letters, width }, x, left, middle, row) {
  const base = middle + letters * 0.36;
  return s(
    "g",
    { class: "range" },
    s("title", {}, row.told),
    label(left, base, row.name, "start", "name"),
    ...span(x, middle, row),
    label(width, base, row.text, "end", "value"),
  );
}

/**
 * @param {Plot} plot
 * @param {(value: number) => number} x
 * @param {number} y
 * @param {Range} row
 */
function range(plot, x, y, { name, low, high, text, told }) {
  const { letters } = plot;
  const middle = y + NAME + BAR / 2;
  const named = fitted(name, letters, plot.width - textWidth(text, letters * BOLD) - 30);
  return s(
    "g",
    { class: "range" },
    s("title", {}, told),
    s("rect", { x: 0, y, width: plot.width, height: NAME, class: "paper" }),
    label(8, y + letters, named, "start", "name"),
    label(plot.width, y + letters, text, "end", "value"),
    ...span(x, middle, { low, high }),
  );
}

/**
 * @param {(value: number) => number} x
 * @param {number} middle
 * @param {{low: Value, high: Value}} values
 */
function span(x, middle, { low, high }) {
  return [
    low !== null &&
      high !== null &&
      s("line", { x1: x(low), x2: x(high), y1: middle, y2: middle, class: "span" }),
    high !== null && s("circle", { cx: x(high), cy: middle, r: 5.5, class: "late" }),
    low !== null && s("circle", { cx: x(low), cy: middle, r: 5.5, class: "median" }),
  ];
}

/** @param {Plot} plot @param {Value} value */
const write = (plot, value) => (value === null ? "–" : plot.write(value));
