/**
 * The ground that every chart stands on: a picture with a name, axes with round steps, and what a
 * pointer is told. Pure. No colour is named here; `page.css` gives every class its own.
 */
import { every, linear, rounded, textWidth, ticks } from "./scales.js";

const SPACE = "http://www.w3.org/2000/svg";
const HEIGHT = 260; // px, unless a chart says otherwise
const ABOVE = 30; // px: room for the unit and for the figure on the highest column
const BELOW = 26;
export const BOLD = 1.1; // so much wider are bold letters
const NOTE = 20; // px: the line with the numbers of notes

/**
 * A chart by slots from left to right. `tick` is written below the slot, "" is not.
 *
 * @typedef {object} Slot
 * @property {string} name as it is told: "10:00–10:30"
 * @property {string} tick
 * @property {string} told every figure of the slot, in words
 *
 * @typedef {object} Plot
 * @property {string} id
 * @property {string} title
 * @property {string} text what the picture shows, for those who do not see it
 * @property {number} width px
 * @property {number} letters px: the height of what is written in it
 * @property {number} [height] px
 * @property {string} unit written above the axis
 * @property {"count" | "minutes"} kind
 * @property {Mark[]} [notes] what happened at some slots
 * @property {"edge" | "middle"} at whether ticks stand where a slot begins, or below its middle
 * @property {(value: number) => string} write
 */

/**
 * What happened at a slot, by its number. `edge`: where the slot begins, else within it.
 *
 * @typedef {{slot: number, edge: boolean, number: number, told: string}} Mark
 */

/**
 * An element of a picture.
 *
 * @param {string} tag
 * @param {Record<string, string | number | null | undefined | false>} [attributes]
 * @param {...(Node | string | null | false | undefined)} children
 * @returns {SVGElement}
 */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(.../** @type {(Node | string)[]} */ (children.filter(Boolean)));
  return element;
}

/**
 * A picture with a name and a text. Its table says the same in figures.
 *
 * @param {{id: string, title: string, text: string, width: number, letters: number}} plot
 * @param {number} height
 * @param {(Node | null)[]} children
 */
export function picture({ id, title, text, width, letters }, height, children) {
  return s(
    "svg",
    {
      role: "img",
      class: "chart",
      "data-key": id,
      "data-chart": id,
      viewBox: `0 0 ${width} ${height}`,
      "font-size": letters,
      "aria-labelledby": `${id}-title ${id}-text`,
    },
    s("title", { id: `${id}-title` }, title),
    s("desc", { id: `${id}-text` }, text),
    ...children,
  );
}

/**
 * A text in a picture.
 *
 * @param {number} x
 * @param {number} y
 * @param {string} text
 * @param {"start" | "middle" | "end"} [anchor]
 * @param {string} [kind]
 */
export function label(x, y, text, anchor = "start", kind = "tick") {
  return s("text", { x: rounded(x), y: rounded(y), "text-anchor": anchor, class: kind }, text);
}

/**
 * Where a text has its middle that should stand at `x` and lie wholly in the picture.
 *
 * @param {{width: number, letters: number}} plot
 * @param {number} x
 * @param {string} text
 */
export function inside({ width, letters }, x, text) {
  const half = textWidth(text, letters * BOLD) / 2;
  return Math.min(Math.max(x, half), width - half);
}

/**
 * The axes of a chart by slots, and where things lie on them.
 *
 * @param {Plot} plot
 * @param {Slot[]} slots
 * @param {number} most the largest value shown
 */
export function frame(plot, slots, most) {
  const { letters, height = HEIGHT, notes = [] } = plot;
  const marks = ticks(most, plot.kind);
  const top = marks.at(-1) ?? 1;
  const widest = Math.max(...marks.map((each) => textWidth(plot.write(each), letters)));
  const left = Math.ceil(widest) + 10;
  const above = ABOVE + (notes.length ? NOTE : 0);
  const [right, bottom] = [plot.width - 6, height + above - ABOVE - BELOW];
  const y = linear(top, bottom, above);
  const slot = (right - left) / Math.max(1, slots.length);
  /** @param {number} n */
  const x = (n) => rounded(left + (n + 0.5) * slot);
  const lines = marks.flatMap((each) => [
    s("line", { x1: left, x2: right, y1: y(each), y2: y(each), class: each ? "grid" : "base" }),
    label(left - 6, y(each) + letters * 0.35, plot.write(each), "end"),
  ]);
  return {
    height: bottom + BELOW,
    slot,
    x,
    y,
    ground: s(
      "g",
      { class: "axes" },
      ...lines,
      label(0, letters, plot.unit, "start", "unit"),
      ...below(plot, slots, { left, slot, bottom }),
    ),
    told: s(
      "g",
      {},
      ...slots.map((each, n) => hint(each, left + n * slot, slot, above, bottom)),
      ...marked(plot, left, slot, bottom),
    ),
  };
}

/**
 * What is written below the slots, as much of it as there is room for.
 *
 * @param {Plot} plot
 * @param {Slot[]} slots
 * @param {{left: number, slot: number, bottom: number}} place
 */
function below(plot, slots, { left, slot, bottom }) {
  const { at, letters } = plot;
  const ticked = slots.map((each, n) => ({ ...each, n })).filter(({ tick }) => tick);
  const widest = Math.max(0, ...ticked.map(({ tick }) => textWidth(tick, letters)));
  const between = ticked.length > 1 ? (slot * slots.length) / ticked.length : slot;
  const step = every(ticked.length, between * ticked.length, widest + 10);
  return ticked
    .filter((_, n) => n % step === 0)
    .flatMap(({ tick, n }) => {
      const x = rounded(left + (at === "edge" ? n : n + 0.5) * slot);
      return [
        s("line", { x1: x, x2: x, y1: bottom, y2: bottom + 5, class: "base" }),
        label(inside(plot, x, tick), bottom + 5 + letters, tick, "middle"),
      ];
    });
}

/**
 * A line at whatever happened, under its number; numbers that would touch stand together.
 *
 * @param {Plot} plot
 * @param {number} left
 * @param {number} slot
 * @param {number} bottom
 */
function marked(plot, left, slot, bottom) {
  const { notes = [], letters } = plot;
  const top = ABOVE + NOTE / 2 - 6;
  const lines = notes.map(({ slot: n, edge, number, told }) => {
    const x = rounded(left + (edge ? n : n + 0.5) * slot);
    return { x, number, drawn: s("line", { x1: x, x2: x, y1: top, y2: bottom }, s("title", {}, told)) };
  });
  /** @type {{x: number, first: number, last: number}[]} */
  const signs = [];
  for (const { x, number } of lines) {
    const before = signs.at(-1);
    if (before && x - before.x < 3 * letters) before.last = number;
    else signs.push({ x, first: number, last: number });
  }
  const drawn = signs.flatMap(({ x, first, last }) => {
    const sign = first === last ? `${first}` : `${first}–${last}`;
    const [width, middle] = [textWidth(sign, letters) + 10, inside(plot, x, `${sign}  `)];
    return [
      s("rect", { x: middle - width / 2, y: top - NOTE / 2, width, height: NOTE, rx: NOTE / 2 }),
      label(middle, top + letters * 0.36, sign, "middle", "sign"),
    ];
  });
  return [s("g", { class: "noted" }, ...lines.map((each) => each.drawn), ...drawn)];
}

/**
 * What a pointer that rests on a slot is told.
 *
 * @param {Slot} each
 * @param {number} x
 * @param {number} width
 * @param {number} top
 * @param {number} bottom
 */
function hint(each, x, width, top, bottom) {
  const box = { x: rounded(x), y: top, width: rounded(width), height: bottom - top, class: "hint" };
  return s("rect", box, s("title", {}, each.told));
}
