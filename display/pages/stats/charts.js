/** Charts by slots from left to right: columns, lines with a band, and the heat map. Pure. */
import { fitted, largest, level, rounded, textWidth } from "./scales.js";
import { frame, inside, label, picture, s } from "./svg.js";

/** @typedef {import("./svg.js").Plot} Plot */
/** @typedef {import("./svg.js").Slot} Slot */
/** @typedef {number | null} Value */
/** @typedef {"main" | "other" | "late" | "late-other"} Look */

const CELL = 26; // px: a row of the heat map
const FEW = 45; // points that are drawn one by one

/**
 * Columns from the ground up. `usual` is a mark across the slot; a slot whose figure is not known is
 * empty and hatched.
 *
 * @param {Plot} plot
 * @param {(Slot & {value: Value, usual?: Value})[]} slots
 */
export function columns(plot, slots) {
  const most = largest(slots.flatMap(({ value, usual }) => [value, usual]));
  const { height, slot, x, y, ground, told } = frame(plot, slots, most);
  const wide = Math.max(1, Math.min(slot * 0.74, 46));
  const top = largest(slots.map(({ value }) => value));
  const highest = slots.findIndex(({ value }) => value === top);
  const bars = slots.map(({ value, usual }, n) => {
    const left = rounded(x(n) - wide / 2);
    const bar = { x: left, width: rounded(wide) };
    return s(
      "g",
      {},
      value === null && usual === undefined && unknown(x(n), slot, y(0)),
      value !== null && s("rect", { ...bar, y: y(value), height: rounded(y(0) - y(value)), class: "bar" }),
      ...(typeof usual === "number" ? mark(x(n), slot, y(usual)) : []),
    );
  });
  const usual = slots[highest]?.usual ?? 0;
  const clear = usual > top && y(top) - y(usual) < 2 * plot.letters ? usual : top; // of the mark above it
  const figure = plot.write(top);
  return picture(plot, height, [
    ground,
    ...bars,
    highest < 0 ? null : label(inside(plot, x(highest), figure), y(clear) - 7, figure, "middle", "value"),
    told,
  ]);
}

/**
 * What is usual, with a rim that sets it off from the column.
 *
 * @param {number} x
 * @param {number} slot
 * @param {number} y
 */
function mark(x, slot, y) {
  const across = { x1: rounded(x - slot * 0.46), x2: rounded(x + slot * 0.46), y1: y, y2: y };
  return [s("line", { ...across, class: "rim" }), s("line", { ...across, class: "usual" })];
}

/** The place of a figure that is missing. @param {number} x @param {number} slot @param {number} bottom */
function unknown(x, slot, bottom) {
  const half = Math.min(5, slot / 2);
  const cross = `M${x - half} ${bottom - 14}l${2 * half} 8m0 -8l${-2 * half} 8`;
  return s("path", { d: cross, class: "missing" });
}

/**
 * Lines; where a value is missing there is a gap. `band` is filled from the first series to the second.
 *
 * @param {Plot} plot
 * @param {Slot[]} slots
 * @param {{look: Look, values: Value[]}[]} series
 * @param {{low: Value[], high: Value[]}} [band]
 */
export function lines(plot, slots, series, band) {
  const most = largest(series.flatMap(({ values }) => values));
  const { height, x, y, ground, told } = frame(plot, slots, most);
  return picture(plot, height, [
    ground,
    band ? s("path", { d: between(band.low, band.high, x, y), class: "band" }) : null,
    ...series.map(({ look, values }) =>
      s(
        "g",
        { class: `line ${look}` },
        s("path", { d: pathOf(values, x, y) }),
        ...(slots.length <= FEW || look === "main" ? points(values, x, y, slots.length <= FEW) : []),
      ),
    ),
    told,
  ]);
}

/**
 * Unbroken runs of known values: the places at which each begins and ends.
 *
 * @param {Value[]} values
 * @returns {[number, number][]} half-open
 */
export function runs(values) {
  /** @type {[number, number][]} */
  const found = [];
  values.forEach((value, n) => {
    if (value === null) return;
    const last = found.at(-1);
    if (last && last[1] === n) last[1] = n + 1;
    else found.push([n, n + 1]);
  });
  return found;
}

/** @param {Value[]} values @param {(n: number) => number} x @param {(value: number) => number} y */
function pathOf(values, x, y) {
  return runs(values)
    .map(
      ([from, to]) =>
        `M${values
          .slice(from, to)
          .map((value, n) => `${x(from + n)} ${y(value ?? 0)}`)
          .join("L")}`,
    )
    .join("");
}

/**
 * @param {Value[]} low
 * @param {Value[]} high
 * @param {(n: number) => number} x
 * @param {(value: number) => number} y
 */
function between(low, high, x, y) {
  const both = low.map((value, n) => (value === null ? null : (high[n] ?? null)));
  return runs(both)
    .map(([from, to]) => {
      const places = Array.from({ length: to - from }, (_, n) => from + n);
      const up = places.map((n) => `${x(n)} ${y(high[n] ?? 0)}`);
      const down = places.reverse().map((n) => `${x(n)} ${y(low[n] ?? 0)}`);
      return `M${[...up, ...down].join("L")}Z`;
    })
    .join("");
}

/**
 * Every point where there are few; else only those that stand alone, which no line would show.
 *
 * @param {Value[]} values
 * @param {(n: number) => number} x
 * @param {(value: number) => number} y
 * @param {boolean} all
 */
function points(values, x, y, all) {
  const alone = new Set(runs(values).flatMap(([from, to]) => (to - from === 1 ? [from] : [])));
  return values.flatMap((value, n) =>
    value !== null && (all || alone.has(n)) ? [s("circle", { cx: x(n), cy: y(value), r: 2.8 })] : [],
  );
}

/**
 * A map of cells, dark where much is; every cell has its figure. A cell without one has a dash.
 *
 * @param {Plot} plot
 * @param {string[]} across the names of the columns
 * @param {{name: string, cells: {value: Value, text: string, told: string}[]}[]} down
 */
export function heat(plot, across, down) {
  const { letters } = plot;
  const most = largest(down.flatMap(({ cells }) => cells.map(({ value }) => value)));
  const left = Math.ceil(Math.max(0, ...down.map(({ name }) => textWidth(name, letters)))) + 10;
  const wide = (plot.width - left) / across.length;
  const top = 24;
  const names = across.map((name, n) =>
    label(left + (n + 0.5) * wide, letters + 2, fitted(name, letters, wide), "middle", "head"),
  );
  const rows = down.flatMap(({ name, cells }, r) => {
    const y = top + r * CELL;
    const middle = y + CELL / 2 + letters * 0.36;
    return [
      label(left - 6, middle, name, "end"),
      ...cells.map(({ value, text, told }, c) =>
        s(
          "g",
          { class: value === null ? "cell none" : `cell of-${level(value, most)}` },
          s("title", {}, told),
          s("rect", {
            x: rounded(left + c * wide + 1),
            y: y + 1,
            width: rounded(wide - 2),
            height: CELL - 2,
            rx: 2,
          }),
          label(left + (c + 0.5) * wide, middle, text, "middle", "figure"),
        ),
      ),
    ];
  });
  return picture(plot, top + down.length * CELL + 2, [...names, ...rows]);
}
