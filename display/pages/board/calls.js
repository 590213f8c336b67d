/** One call: a number, where to go, and what has become of it. */
import { fill, h } from "../house/dom.js";
import { both, deskName, floorName } from "./wording.js";

/** @typedef {import("../house/types.js").Call} Call */
/** @typedef {import("../house/types.js").Signs} Signs */
/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {import("./render.js").View} View */

/**
 * A number by itself.
 *
 * @param {string} number
 */
export function numberOf(number) {
  return h("li", { class: "number" }, number);
}

/**
 * Brings a call's place in step with what is known of it.
 *
 * @param {HTMLElement} place
 * @param {Call} call
 * @param {View} view
 * @param {boolean} large whether it is the newest
 */
export function call(place, call, view, large) {
  const withdrawn = view.withdrawn.includes(call);
  place.dataset["entry"] = String(call.entry_id);
  place.dataset["stage"] = call.stage === "handover" ? "handover" : "call";
  place.toggleAttribute("data-current", call.current && !withdrawn);
  place.toggleAttribute("data-withdrawn", withdrawn);
  place.toggleAttribute("data-speaking", view.speaking === call.entry_id);
  const label = labelOf(call, withdrawn, large);
  fill(
    place,
    label && h("p", { class: `label ${label}` }, ...both(view.words, (words) => words.say(`board.${label}`))),
    h("p", { class: "to" }, h("span", { class: "number" }, call.number), desk(call, view)),
    large && !withdrawn && h("p", { class: "come" }, ...sentence(call, view)),
  );
}

/**
 * @param {Call} call
 * @param {boolean} withdrawn
 * @param {boolean} large
 * @returns {string | null} a word of the catalogue's section `board`
 */
function labelOf(call, withdrawn, large) {
  if (withdrawn) return "withdrawn";
  if (!call.current) return "recent";
  if (call.stage === "handover") return large ? "handover" : "document";
  if (!large) return null;
  return call.recall ? "again" : "calling";
}

/**
 * Where to go: the desk's figure as large as the number, its name and floor beside it.
 *
 * @param {Call} call
 * @param {View} view
 */
function desk(call, { signs, words, zone }) {
  const names = words.map((each) => deskName(each, signs, call.desk));
  const figure = /\d+/.exec(names[0] ?? "")?.[0];
  const floor = call.zone && !zone && (signs?.zones.length ?? 0) > 1 ? call.zone : null;
  return h(
    "span",
    { class: figure ? "desk" : "desk named" },
    figure && h("b", { class: "figure" }, figure),
    h(
      "span",
      { class: "place" },
      ...both(words, (each) => beside(deskName(each, signs, call.desk), figure, each === words[0])),
      floor && h("span", { class: "floor" }, ...both(words, (each) => floorName(each, floor))),
    ),
  );
}

/**
 * What stands beside the figure: 番窓口 beside 3; the whole name where the figure is not its head.
 *
 * @param {string} name
 * @param {string | undefined} figure
 * @param {boolean} first
 */
function beside(name, figure, first) {
  return first && figure && name.startsWith(figure) ? name.slice(figure.length) : name;
}

/**
 * The sentence, in the lobby's languages; the visitor's own takes the place of the nearest.
 *
 * @param {Call} call
 * @param {View} view
 */
function sentence(call, { signs, words, languages }) {
  const own = languages.get(call.spoken?.language ?? "");
  const spoken = own && !words.includes(own) ? withOwn(words, own) : words;
  return both(spoken, (each) => each.say("board.come", { desk: deskName(each, signs, call.desk) }));
}

/**
 * @param {Words[]} words
 * @param {Words} own
 */
function withOwn(words, own) {
  const [first, second] = words;
  const family = own.language.split("-")[0];
  if (first && first.language.split("-")[0] === family) return second ? [own, second] : [own];
  return first ? [first, own] : [own];
}
