/** Who waits, who is worked on, who is ready, who did not come: the lists beside the desk. Pure. */
import { h } from "../house/dom.js";
import { lamp } from "../house/lamp.js";
import { legal, search } from "../staff/moves.js";
import { button, deskName, marks, minutes, moveName, serviceName } from "../staff/pieces.js";
import { busy } from "./render.js";

/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("./render.js").View} View */

/** The lists in their order, and the one move that each offers in one tap. */
export const LISTS = /** @type {const} */ (["waiting", "processing", "ready", "no_show", "parked"]);
/** @type {Record<string, string[]>} */
const ONE_TAP = {
  waiting: ["call"],
  processing: ["finish-stage", "finish"],
  ready: ["call"],
  no_show: ["return"],
  parked: ["resume"],
};
const FOUND = 6; // so many of those that match what was typed; type more to find the others

/**
 * The tickets of one list: those of the services that this desk knows, or of the whole office.
 *
 * @param {View & {everything: boolean}} view
 * @param {string} list
 */
export function listed({ tickets, desk, status, everything }, list) {
  const mine = [...desk.services, ...status.services];
  return tickets.filter(({ state, service }) => state === list && (everything || mine.includes(service)));
}

/**
 * @param {View & {everything: boolean}} view
 * @param {string} chosen
 */
export function tabs(view, chosen) {
  const { words } = view;
  return LISTS.map((list) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${list}`,
        "data-do": "tab",
        "data-value": list,
        "aria-selected": String(list === chosen),
        "aria-controls": "list",
        tabindex: list === chosen ? 0 : -1,
        "data-list": list,
      },
      words.say(`desk.states.${list}`),
      h("span", { class: "figure" }, listed(view, list).length),
    ),
  );
}

/**
 * @param {View & {everything: boolean}} view
 * @param {string} list
 * @returns {(Node | null | false)[]}
 */
export function panel(view, list) {
  const { words, signs, board } = view;
  const all = listed(view, list);
  const own = [...new Set([...view.status.services, ...view.desk.services])];
  const services = list === "waiting" ? (view.everything ? signs.services.map(({ id }) => id) : own) : [];
  const groups = services.map((service) => {
    const queue = board.queues.find((each) => each.service === service);
    const waiting = all.filter((ticket) => ticket.service === service);
    return h(
      "section",
      { "data-key": service, "aria-labelledby": `queue-${service}` },
      h(
        "h3",
        { id: `queue-${service}` },
        h("span", { class: "what" }, serviceName(view, service)),
        h("span", { class: "figure" }, words.say("desk.people", { n: waiting.length })),
        queue && lamp(queue, words),
      ),
      rows(view, waiting),
    );
  });
  return [
    h("p", { class: "hint soft" }, words.say(`desk.hints.${list}`)),
    ...(list === "waiting" ? groups : [rows(view, all)]),
    all.length === 0 && h("p", { class: "none" }, words.say(`desk.none.${list}`)),
    button("everything", words.say(view.everything ? "desk.only_mine" : "desk.everything"), { look: "quiet" }),
  ];
}

/**
 * @param {View} view
 * @param {Ticket[]} tickets
 */
function rows(view, tickets) {
  return h("ol", { class: "rows" }, ...tickets.map((ticket) => row(view, ticket)));
}

/**
 * One ticket in a list: its number opens it, the button beside it makes the list's move.
 *
 * @param {View} view
 * @param {Ticket} ticket
 * @param {boolean} [anywhere] whether the row may stand beside others in other states
 */
function row(view, ticket, anywhere) {
  const { words } = view;
  const [move] = legal(ticket, ONE_TAP[ticket.state] ?? []);
  const n = minutes(view, ticket.arrived_at ?? ticket.issued_at);
  const open = h(
    "button",
    { type: "button", class: "ticket", "data-do": "open", "data-id": ticket.id },
    h("span", { class: "number" }, ticket.number),
    anywhere &&
      h("span", { class: "state", "data-state": ticket.state }, words.say(`desk.states.${ticket.state}`)),
    h("span", { class: "figure" }, words.say("desk.minutes", { n })),
    ticket.state !== "waiting" && h("span", { class: "how" }, how(view, ticket)),
  );
  const signs = marks(view, ticket);
  return h(
    "li",
    { "data-key": ticket.id, "data-state": ticket.state },
    open,
    signs.length > 0 && h("ul", { class: "marks" }, ...signs),
    move && oneTap(view, ticket, move),
  );
}

/** @param {View} view @param {Ticket} ticket */
function how(view, ticket) {
  const at = ["called", "serving"].includes(ticket.state) && deskName(view, ticket.desk);
  return at || `${serviceName(view, ticket.service)} · ${view.words.say(`desk.stages.${ticket.stage}`)}`;
}

/** @param {View} view @param {Ticket} ticket @param {string} move */
function oneTap(view, ticket, move) {
  const { words } = view;
  const why = move === "call" && busy(view);
  const name = moveName(words, ticket, move);
  const tap = button(move, name, { id: ticket.id, look: "tap", why });
  tap.setAttribute("aria-label", words.say("desk.tap", { number: ticket.number, what: name }));
  return tap;
}

/**
 * The tickets of a number that was typed, wherever they are.
 *
 * @param {View} view
 * @param {string} typed
 */
export function found(view, typed) {
  if (!typed.trim()) return [];
  const all = search(typed, view.tickets);
  if (!all.length) return [h("p", { class: "none", role: "status" }, view.words.say("desk.not_found"))];
  return [
    h("p", { class: "soft", role: "status" }, view.words.say("desk.found", { n: all.length })),
    h("ol", { class: "rows" }, ...all.slice(0, FOUND).map((ticket) => row(view, ticket, true))),
  ];
}

/** What the other desks do now. @param {View} view */
export function colleagues(view) {
  const { words, board, desk } = view;
  return [
    h("h3", {}, words.say("desk.colleagues")),
    h(
      "ul",
      {},
      ...board.desks
        .filter((each) => each.desk !== desk.id)
        .map((each) =>
          h(
            "li",
            { "data-key": each.desk, "data-status": each.status },
            h("span", {}, deskName(view, each.desk)),
            h("strong", { class: "number" }, each.number ?? words.say(`desk.statuses.${each.status}`)),
          ),
        ),
    ),
  ];
}
