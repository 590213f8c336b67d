/** A slip of paper with a number on it, for whoever gets it from a person and not from the machine. */
import { fill, h, one } from "../house/dom.js";
import { load, NAMES } from "../house/words.js";

/** @typedef {import("../house/types.js").Signs} Signs */
/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("../house/words.js").Words} Words */

/**
 * Prints a ticket in the visitor's language and in that of the page.
 *
 * @param {Ticket} ticket
 * @param {Signs} signs
 * @param {Words} own
 */
export async function print(ticket, signs, own) {
  const theirs = NAMES[ticket.language] ? await load(ticket.language).catch(() => own) : own;
  fill(one("#slip"), ...lines(ticket, signs, theirs, own));
  window.print();
}

/**
 * @param {Ticket} ticket
 * @param {Signs} signs
 * @param {Words} theirs
 * @param {Words} own
 */
function lines(ticket, signs, theirs, own) {
  const service = signs.services.find(({ id }) => id === ticket.service);
  /** @param {(words: Words) => string} text */
  const both = (text) => [...new Set([theirs, own].map(text))].map((line) => h("p", {}, line));
  const when = {
    date: own.date(ticket.issued_at, signs.timezone),
    time: own.time(ticket.issued_at, signs.timezone),
  };
  const ahead = ticket.people_ahead;
  return [
    ...both((words) => words.pick(signs.name, signs.office)),
    h("p", {}, own.say("desk.slip.issued", when)),
    h("p", { class: "number" }, ticket.number),
    ...both((words) => words.pick(service?.label, ticket.service)),
    ...(ahead === null ? [] : both((words) => words.say("desk.slip.ahead", { n: ahead }))),
    ...both((words) => words.say(ticket.stages.includes("handover") ? "desk.slip.twice" : "desk.slip.watch")),
  ];
}
