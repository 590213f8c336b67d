/**
 * The letters of a code to touch, for devices without a keyboard; shown only where there are fingers.
 */
import { h } from "./dom.js";

const LETTERS = "ACDEFHJKMNPRTUWXY34679"; // those of which codes are made: enrolment.py

/**
 * @param {HTMLInputElement} field where the letters go
 * @param {import("./words.js").Words} words
 * @returns {HTMLElement}
 */
export function keypad(field, words) {
  /**
   * Puts a letter where the caret is; what is selected, such as a code that was refused, makes way.
   *
   * @param {string} letter
   * @param {number} [before] how many letters before the caret make way as well
   */
  const put = (letter, before = 0) => {
    const [start, end] = [field.selectionStart ?? 0, field.selectionEnd ?? 0];
    field.setRangeText(letter, Math.max(0, start === end ? start - before : start), end, "end");
    field.dispatchEvent(new Event("input"));
  };
  const keys = [...LETTERS].map((letter) =>
    h("button", { type: "button", onclick: () => put(letter) }, letter),
  );
  const back = h(
    "button",
    { type: "button", class: "back", onclick: () => put("", 1) },
    words.say("gate.back"),
  );
  return h("div", { class: "keypad" }, ...keys, back);
}
