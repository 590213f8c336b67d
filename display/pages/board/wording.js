/** How a lobby is spoken to: in its languages at once, with the names that its signs have. */
import { h } from "../house/dom.js";
import { tag } from "../house/words.js";

/** @typedef {import("../house/types.js").Signs} Signs */
/** @typedef {import("../house/words.js").Words} Words */

/**
 * The same thing in the lobby's languages, the first large.
 *
 * @param {Words[]} words
 * @param {(words: Words) => string} say
 * @returns {(HTMLElement | string)[]}
 */
export function both(words, say) {
  /** @type {Set<string>} */
  const said = new Set();
  return words.flatMap((each, place) => {
    const text = say(each);
    if (!text || said.has(text)) return [];
    said.add(text);
    const words = h("span", { lang: tag(each.language), class: place ? "second" : "first" }, text);
    return said.size > 1 ? [" ", words] : [words];
  });
}

/**
 * A zone as people say it: 2F is the second floor, any other name stays as it is.
 *
 * @param {Words} words
 * @param {string} zone
 */
export function floorName(words, zone) {
  const storey = /^(B?)(\d+)F?$/.exec(zone);
  if (!storey || !(storey[1] || zone.endsWith("F"))) return zone;
  return words.say(storey[1] ? "board.basement" : "board.floor", { floor: storey[2] ?? "" });
}

/**
 * A desk's name in one language; a figure for a name makes it "desk 3".
 *
 * @param {Words} words
 * @param {Signs | null} signs
 * @param {string} desk
 */
export function deskName(words, signs, desk) {
  const name = signs?.desks.find((each) => each.id === desk)?.name ?? {};
  const own = name[words.language] ?? name[words.language.replace("-easy", "")];
  if (own) return own;
  return /^\d+$/.test(desk) ? words.say("board.desk", { desk }) : words.pick(name, desk);
}
