/** What every figure means, as the service defines it. Pure. */
import { h } from "../house/dom.js";

/** @typedef {import("./types.js").Seen} Seen */
/** @typedef {import("./types.js").Term} Term */

/** @param {Seen} seen */
export function terms({ words, answers }) {
  const found = /** @type {Term[] | undefined} */ (/** @type {unknown} */ (answers["terms"]));
  if (!found) return null;
  return [
    h(
      "header",
      { "data-key": "head" },
      h("h2", { id: "terms-title" }, words.say("stats.terms.title")),
    ),
    h("p", { class: "note", "data-key": "note" }, words.say("definitions.all")),
    h("dl", { class: "terms", "data-key": "terms" }, ...found.map(term)),
  ];
}

/** @param {Term} term */
function term({ name, title, unit, meaning }) {
  return h(
    "div",
    {},
    h("dt", {}, title, " ", h("code", {}, name)),
    h("dd", {}, meaning, " ", h("span", { class: "unit" }, `[${unit}]`)),
  );
}
