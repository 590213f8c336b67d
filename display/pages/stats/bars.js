/** Charts by rows from top to bottom, each under its name: bars, and ranges from median to P90. Pure. */
import { fitted, largest, linear, rounded, textWidth, ticks } from "./scales.js";
import { label, picture, s, TEXT } from "./svg.js";

/** @typedef {import("./svg.js").Plot} Plot */
/** @typedef {number | null} Value */
/**
 * @typedef {{name: string, low: Value, high: Value, text: string, told: string}} Range `text`: both figures
 */

const NAME = 18; // px: the line with the name
const BAR = 14;
const ROW = NAME + BAR + 12;
const BELOW = 26;

/**
 * A bar a row, with its figure at its end.
 *
 * @param {Plot} plot
 * @param {{name: string, value: Value, told: string}[]} rows
 */
export function bars(plot, rows) {
  const most = largest(rows.map(({ value }) => value));
  const room = Math.max(...rows.map(({ value }) => textWidth(write(plot, value), TEXT)), 0) + 10;
  const x = linear(most, 0, plot.width - room);
  const drawn = rows.map(({ name, value, told }, n) => {
    const y = n * ROW;
    const long = value === null ? 0 : Math.max(x(value), value > 0 ? 1 : 0);
    return s(
      "g",
      {},
      s("title", {}, told),
      label(0, y + TEXT, fitted(name, TEXT, plot.width), "start", "name"),
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
  const [left, right] = [8, plot.width - 16];
  const x = linear(top, left, right);
  const bottom = rows.length * ROW;
  const drawn = rows.map((row, n) => range(plot, x, n * ROW, row));
  const axis = marks.flatMap((each) => [
    s("line", { x1: x(each), x2: x(each), y1: 0, y2: bottom, class: each ? "grid" : "base" }),
    label(x(each), bottom + TEXT + 4, plot.write(each), "middle"),
  ]);
  return picture(plot, bottom + BELOW, [s("g", { class: "axes" }, ...axis), ...drawn]);
}

/**
 * @param {Plot} plot
 * @param {(value: number) => number} x
 * @param {number} y
 * @param {Range} row
 */
function range(plot, x, y, { name, low, high, text, told }) {
  const middle = y + NAME + BAR / 2;
  const named = fitted(name, TEXT, plot.width - textWidth(text, TEXT) - 30);
  return s(
    "g",
    { class: "range" },
    s("title", {}, told),
    s("rect", { x: 0, y, width: plot.width, height: NAME, class: "paper" }),
    label(8, y + TEXT, named, "start", "name"),
    label(plot.width, y + TEXT, text, "end", "value"),
    low !== null &&
      high !== null &&
      s("line", { x1: x(low), x2: x(high), y1: middle, y2: middle, class: "span" }),
    high !== null && s("circle", { cx: x(high), cy: middle, r: 5.5, class: "late" }),
    low !== null && s("circle", { cx: x(low), cy: middle, r: 5.5, class: "median" }),
  );
}

/** @param {Plot} plot @param {Value} value */
const write = (plot, value) => (value === null ? "–" : plot.write(value));
