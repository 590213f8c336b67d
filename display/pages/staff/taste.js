/** How this window likes to be: its language and colours, remembered by the browser. */
import { load, preferred, translate } from "../house/words.js";

/** @typedef {import("../house/words.js").Words} Words */

/** @param {string} name */
const slot = (name) => `madoguchi.desk.${name}`;

/** Puts the words of the language that is liked here into the shell. @returns {Promise<Words>} */
export async function likedWords() {
  const words = await load(preferred("desk"));
  translate(words);
  return words;
}

/** @param {string} language @returns {Promise<Words>} */
export async function likeLanguage(language) {
  const words = await load(language);
  localStorage.setItem(slot("language"), language);
  translate(words);
  return words;
}

/** The colours that were chosen here, else high contrast where the machine asks for it. */
export function likedTheme() {
  const machine = matchMedia("(prefers-contrast: more)").matches ? "contrast" : "light";
  return localStorage.getItem(slot("theme")) ?? machine;
}

/** @param {string} theme */
export function wear(theme) {
  document.documentElement.setAttribute("data-theme", theme);
}

/** @param {string} theme */
export function likeTheme(theme) {
  localStorage.setItem(slot("theme"), theme);
  wear(theme);
}

/** Whether single keys work here; WCAG 2.1.4 wants a switch. */
export const keysLiked = () => localStorage.getItem(slot("keys")) !== "off";

/** @param {boolean} on */
export const likeKeys = (on) => localStorage.setItem(slot("keys"), on ? "on" : "off");
