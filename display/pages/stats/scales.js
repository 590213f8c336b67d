/** Round numbers for the axes of charts, and where a value lies between them. Pure. */

const COUNT_STEPS = [1, 2, 5];
const MINUTE_STEPS = [0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 480];
const TICKS = 5; // lines that a chart has at most, the base line not counted

/**
 * The marks of an axis from 0 to at least `most`, all the same round step apart.
 *
 * @param {number} most
 * @param {"count" | "minutes"} kind
 * @returns {number[]} at least [0, step]
 */
export function ticks(most, kind = "count") {
  const step = kind === "minutes" ? minuteStep(most) : countStep(most);
  const count = Math.max(1, Math.ceil(most / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, n) => Number((n * step).toFixed(6)));
}

/** @param {number} most */
function countStep(most) {
  for (let tens = most > 5 ? 1 : 0.1; ; tens *= 10) {
    for (const each of COUNT_STEPS) if (each * tens * TICKS >= most) return each * tens;
  }
}

/** @param {number} most */
function minuteStep(most) {
  const found = MINUTE_STEPS.find((each) => each * TICKS >= most);
  return found ?? Math.ceil(most / TICKS / 480) * 480;
}

/**
 * A function that puts 0 at `low` and `most` at `high`.
 *
 * @param {number} most
 * @param {number} low
 * @param {number} high
 * @returns {(value: number) => number}
 */
export function linear(most, low, high) {
  return (value) => rounded(low + ((high - low) * value) / most);
}

/** A tenth of a pixel is fine enough. @param {number} px */
export function rounded(px) {
  return Math.round(px * 10) / 10;
}

/**
 * The largest of some values, of which any may be missing; 1 where there is none, so that an axis
 * has a length.
 *
 * @param {(number | null | undefined)[]} values
 */
export function largest(values) {
  const found = values.reduce((/** @type {number} */ most, each) => Math.max(most, each ?? 0), 0);
  return found || 1;
}

/**
 * Every how many labels one can be written so that none runs into the next.
 *
 * @param {number} count
 * @param {number} width px
 * @param {number} label px that the widest takes
 */
export function every(count, width, label) {
  const fit = Math.max(1, Math.floor(width / label));
  return Math.max(1, Math.ceil(count / fit));
}

/**
 * In which of five equal steps from 0 to `most` a value lies: 0 to 4.
 *
 * @param {number} value
 * @param {number} most
 */
export function level(value, most) {
  return Math.min(4, Math.max(0, Math.ceil((value / most) * 5) - 1));
}

/** How wide letters are, in parts of their height: never less than in the faces that screens have. */
const WIDTHS = /** @type {[RegExp, number][]} */ ([
  [/[\u2e80-\uffff]/, 1],
  [/[0-9]/, 0.78],
  [/[A-Z%mw]/, 0.9],
  [/[ .,:;'|ijl()]/, 0.42],
]);
const OTHERS = 0.66;

/**
 * How wide a text is, at most.
 *
 * @param {string} text
 * @param {number} size px
 */
export function textWidth(text, size) {
  const of = (/** @type {string} */ letter) => WIDTHS.find(([kind]) => kind.test(letter))?.[1] ?? OTHERS;
  return [...text].reduce((sum, letter) => sum + of(letter) * size, 0);
}

/**
 * A text cut so that it fits.
 *
 * @param {string} text
 * @param {number} size px
 * @param {number} width px
 */
export function fitted(text, size, width) {
  if (textWidth(text, size) <= width) return text;
  const letters = [...text];
  while (letters.length > 1 && textWidth(letters.join(""), size) + size > width) letters.pop();
  return `${letters.join("")}…`;
}
