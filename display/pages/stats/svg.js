/**
 * The ground that every chart stands on: a picture with a name, axes with round steps, and what a
 * pointer is told. Pure. No colour is named here; `page.css` gives every class its own.
 */
import { every, linear, rounded, textWidth, ticks } from "./scales.js";

const SPACE = "http://www.w3.org/2000/svg";
export const TEXT = 13; // px: the height of what is written in a chart
const CHART_HEIGHT = 260;
const ABOVE = 30; // px: room for the unit and for the figure on the highest column
const BELOW = 26;
const ON_PAPER = 1.2; // there the letters are larger, see paper.css

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
 * @property {string} unit written above the axis
 * @property {"count" | "minutes"} kind
 * @property {"edge" | "middle"} at whether ticks stand where a slot begins, or below its middle
 * @property {(value: number) => string} write
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
 * @param {{id: string, title: string, text: string, width: number}} plot
 * @param {number} height
 * @param {(Node | null)[]} children
 */
export function picture({ id, title, text, width }, height, children) {
  return s(
    "svg",
    {
      role: "img",
      class: "chart",
      "data-key": id,
      "data-chart": id,
      viewBox: `0 0 ${width} ${height}`,
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
 * The axes of a chart by slots, and where things lie on them.
 *
 * @param {Plot} plot
 * @param {Slot[]} slots
 * @param {number} most the largest value shown
 */
export function frame(plot, slots, most) {
  const marks = ticks(most, plot.kind);
  const top = marks.at(-1) ?? 1;
  const widest = Math.max(...marks.map((each) => textWidth(plot.write(each), TEXT)));
  const left = Math.ceil(widest * ON_PAPER) + 10;
  const [right, bottom] = [plot.width - 6, CHART_HEIGHT - BELOW];
  const y = linear(top, bottom, ABOVE);
  const slot = (right - left) / Math.max(1, slots.length);
  /** @param {number} n */
  const x = (n) => rounded(left + (n + 0.5) * slot);
  const lines = marks.flatMap((each) => [
    s("line", { x1: left, x2: right, y1: y(each), y2: y(each), class: each ? "grid" : "base" }),
    label(left - 6, y(each) + TEXT * 0.35, plot.write(each), "end"),
  ]);
  return {
    height: CHART_HEIGHT,
    slot,
    x,
    y,
    ground: s(
      "g",
      { class: "axes" },
      ...lines,
      label(0, TEXT, plot.unit, "start", "unit"),
      ...below(plot, slots, { left, slot, bottom }),
    ),
    told: s("g", {}, ...slots.map((each, n) => hint(each, left + n * slot, slot, bottom))),
  };
}

/**
 * What is written below the slots, as much of it as there is room for.
 *
 * @param {Plot} plot
 * @param {Slot[]} slots
 * @param {{left: number, slot: number, bottom: number}} place
 */
function below({ at }, slots, { left, slot, bottom }) {
  const ticked = slots.map((each, n) => ({ ...each, n })).filter(({ tick }) => tick);
  const widest = Math.max(0, ...ticked.map(({ tick }) => textWidth(tick, TEXT))) + 10;
  const between = ticked.length > 1 ? (slot * slots.length) / ticked.length : slot;
  const step = every(ticked.length, between * ticked.length, widest);
  return ticked
    .filter((_, n) => n % step === 0)
    .flatMap(({ tick, n }) => {
      const x = rounded(left + (at === "edge" ? n : n + 0.5) * slot);
      return [
        s("line", { x1: x, x2: x, y1: bottom, y2: bottom + 5, class: "base" }),
        label(x, bottom + 5 + TEXT, tick, "middle"),
      ];
    });
}

/**
 * What a pointer that rests on a slot is told.
 *
 * @param {Slot} each
 * @param {number} x
 * @param {number} width
 * @param {number} bottom
 */
function hint(each, x, width, bottom) {
  const box = { x: rounded(x), y: ABOVE, width: rounded(width), height: bottom - ABOVE, class: "hint" };
  return s("rect", box, s("title", {}, each.told));
}
