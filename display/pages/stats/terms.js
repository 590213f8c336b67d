/** What every figure means, as the service defines it. Pure. */
import { h } from "../house/dom.js";

/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {import("./types.js").Seen} Seen */
/** @typedef {import("./types.js").Term} Term */

const SPAN = /^(\w+)_(?:mean|p50|p90|max)_s$/;
const FIGURES = ["mean", "p50", "p90", "max"];

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
    h("dl", { class: "terms", "data-key": "figures" }, ...FIGURES.map((each) => figure(words, each))),
    h("dl", { class: "terms", "data-key": "terms" }, ...groups(found).map((some) => term(words, some))),
  ];
}

/**
 * The mean, median and so on of one time stand together, so that it is explained once.
 *
 * @param {Term[]} found
 * @returns {Term[][]}
 */
function groups(found) {
  /** @type {Map<string, Term[]>} */
  const together = new Map();
  for (const each of found) {
    const name = each.name.replace(SPAN, "$1: times"); // `service` is a column of its own
    together.set(name, [...(together.get(name) ?? []), each]);
  }
  return [...together.values()];
}

/** @param {Words} words @param {string} name */
function figure(words, name) {
  const [title, text] = ["title", "text"].map((part) => words.say(`definitions.figures.${name}.${part}`));
  return h("div", {}, h("dt", {}, title), h("dd", {}, text));
}

/** @param {Words} words @param {Term[]} some of one name */
function term(words, some) {
  const [first] = some;
  const { name = "", title = "", meaning = "", unit = "" } = first ?? {};
  const span = SPAN.exec(name)?.[1];
  const codes = some.flatMap((each) => [" ", h("code", {}, each.name)]);
  return h(
    "div",
    {},
    h("dt", {}, span ? words.say(`definitions.spans.${span}.title`) : title, ...codes),
    h("dd", {}, span ? words.say(`definitions.spans.${span}.text`) : meaning, " ", unitOf(unit)),
  );
}

/** @param {string} unit */
const unitOf = (unit) => h("span", { class: "unit" }, `[${unit}]`);
