/** How a page likes to be read: its language and its colours, remembered by the browser. */

/** @param {string} page @param {string} name */
const slot = (page, name) => `madoguchi.${page}.${name}`;

/**
 * The colours that were chosen here, else high contrast where the machine asks for it.
 *
 * @param {string} page
 */
export function likedTheme(page) {
  const machine = matchMedia("(prefers-contrast: more)").matches ? "contrast" : "light";
  return localStorage.getItem(slot(page, "theme")) ?? machine;
}

/** @param {string} page */
export function switchTheme(page) {
  localStorage.setItem(slot(page, "theme"), likedTheme(page) === "contrast" ? "light" : "contrast");
}

/** @param {string} page @param {string} language */
export function likeLanguage(page, language) {
  localStorage.setItem(slot(page, "language"), language);
}
