/** The number, very large. */
import { h } from "../house/dom.js";
import { choice, fact, heading, minutes } from "./pieces.js";
import { calledTwice } from "./visit.js";

/** @typedef {import("../house/types.js").Signs} Signs */
/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {import("./render.js").Acts} Acts */
/** @typedef {import("./render.js").View} View */

/**
 * @param {View} view
 * @param {Acts} act
 * @returns {import("./render.js").Parts}
 */
export function numberScreen({ words, signs, visit, printer }, act) {
  const ticket = /** @type {Ticket} */ (visit.ticket);
  const advice = visit.paper ? "kiosk.take_slip" : "kiosk.note_number";
  const read = [
    h(
      "div",
      { class: "given" },
      heading(
        h("span", { class: "service-name" }, words.say("kiosk.your_number"), " "),
        h("span", { class: "number" }, ticket.number),
      ),
      h("p", { class: "of" }, label(words, signs, ticket)),
    ),
    h(
      "div",
      { class: "then" },
      h("p", { class: "strong" }, words.say(advice)),
      h(
        "dl",
        { class: "facts" },
        ticket.people_ahead !== null &&
          fact("ahead", words.say("kiosk.ahead"), words.say("kiosk.people", { n: ticket.people_ahead })),
        ticket.estimate && fact("", words.say("kiosk.estimate"), minutes(words, ticket.estimate)),
      ),
      calledTwice(ticket)
        ? h("p", { class: "twice" }, h("strong", {}, words.say("kiosk.twice")), " ", words.say("kiosk.twice_why"))
        : h("p", {}, words.say("kiosk.watch")),
      signs.phones && qr(ticket, words),
    ),
  ];
  const again = choice(words.say("kiosk.reprint"), "", act.reprint, "reprint");
  const end = choice(words.say("kiosk.end"), "", act.home, "main end");
  return { read, touch: [h("div", { class: "choices" }, printer && again, end)] };
}

/**
 * What the ticket is for, as the whole lobby may read it.
 *
 * @param {Words} words
 * @param {Signs} signs
 * @param {Ticket} ticket
 */
export function label(words, signs, ticket) {
  const service = signs.services.find(({ id }) => id === ticket.service);
  return words.pick(service?.label, ticket.service);
}

/**
 * The address of the visitor's page as a picture; nothing where the office has no public address.
 *
 * @param {Ticket} ticket
 * @param {Words} words
 */
export function qr(ticket, words) {
  const source = `/api/v1/offices/${encodeURIComponent(ticket.office)}/tickets/${encodeURIComponent(ticket.id)}/qr`;
  return h(
    "figure",
    { class: "qr" },
    h("img", { alt: words.say("kiosk.qr"), src: source }),
    h("figcaption", { "aria-hidden": "true" }, words.say("kiosk.qr")),
  );
}
