/** The number on paper, through the browser's own print. */
import { fill, h } from "../house/dom.js";
import { label, qr } from "./number.js";
import { minutes } from "./pieces.js";
import { calledTwice } from "./visit.js";

/** @typedef {import("../house/types.js").Signs} Signs */
/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("../house/words.js").Words} Words */

const PICTURE_MS = 2_000; // how long the paper waits for its QR code

/**
 * Prints a ticket as soon as its picture is there, or without it.
 *
 * @param {HTMLElement} paper
 * @param {Ticket} ticket
 * @param {{signs: Signs, words: Words, own: Words}} view
 */
export async function print(paper, ticket, { signs, words, own }) {
  fill(paper, ...slip(ticket, signs, words, own));
  paper.setAttribute("data-languages", words === own ? "1" : "2");
  const picture = paper.querySelector("img");
  const late = new Promise((resolve) => setTimeout(resolve, PICTURE_MS));
  await Promise.race([picture?.decode().catch(() => {}), late]);
  window.print();
}

/**
 * The slip that is printed: in the visitor's language, and in the office's own for its staff.
 *
 * @param {Ticket} ticket
 * @param {Signs} signs
 * @param {Words} words
 * @param {Words} own
 * @returns {Node[]}
 */
function slip(ticket, signs, words, own) {
  const both = words === own ? [words] : [words, own];
  /** @param {(words: Words) => string} text */
  const lines = (text) => [...new Set(both.map(text))].map((line) => h("p", {}, line));
  const times = {
    date: own.date(ticket.issued_at, signs.timezone),
    time: own.time(ticket.issued_at, signs.timezone),
  };
  const { people_ahead: ahead, estimate } = ticket;
  return [
    h("div", { class: "office" }, ...lines((each) => each.pick(signs.name, signs.office))),
    h("p", { class: "issued" }, own.say("kiosk.issued", times)),
    h("p", { class: "number" }, ticket.number),
    h("div", { class: "of" }, ...lines((each) => label(each, signs, ticket))),
    h(
      "div",
      { class: "ahead" },
      ...(ahead === null
        ? []
        : lines((each) => `${each.say("kiosk.ahead")} ${each.say("kiosk.people", { n: ahead })}`)),
      ...(estimate
        ? lines((each) => `${each.say("kiosk.estimate")} ${minutes(each, estimate)}`)
        : []),
    ),
    h(
      "div",
      { class: "twice" },
      ...lines((each) => each.say(calledTwice(ticket) ? "kiosk.twice" : "kiosk.watch")),
    ),
    ...(signs.phones ? [qr(ticket, words)] : []),
  ];
}
