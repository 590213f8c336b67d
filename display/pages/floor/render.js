/** The greeter's page as it should look in a state. Pure. */
import { h } from "../house/dom.js";
import { lamp } from "../house/lamp.js";
import { search } from "../staff/moves.js";
import { button, deskName, marks, minutes, serviceName, unanswered } from "../staff/pieces.js";

/** @typedef {import("../house/types.js").Board} Board */
/** @typedef {import("../house/types.js").ServiceSign} ServiceSign */
/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("../staff/pieces.js").Known} Known */
/** @typedef {import("../staff/presses.js").Press} Press */
/** @typedef {import("./wish.js").Wanted} Wanted */

/**
 * @typedef {object} OfFloor
 * @property {Board} board
 * @property {Ticket[]} tickets
 * @property {Press | null} slow
 * @property {{text: string, tone: string}} told
 * @property {string} theme
 * @property {string | null} person who has signed in
 * @property {Record<string, number>} helped by service, "" for none; counted on this device today
 * @property {string} part of the page that a phone shows
 * @property {Wanted} wanted the number that is being made ready
 * @property {Ticket | null} issued the last number that was given here
 *
 * @typedef {Known & OfFloor} View
 */

export const STATES = ["booked", "waiting", "called", "serving", "processing", "ready", "no_show", "parked"];

/** @param {View} view */
export function head({ words, signs, board, now, person }) {
  const notice = board.notice ? words.pick(board.notice) : words.say("floor.no_notice");
  return [
    h(
      "h1",
      {},
      words.say("floor.title"),
      " ",
      h("span", { class: "office" }, words.pick(signs.name, signs.office)),
    ),
    person && h("span", { class: "person" }, person),
    h("time", { class: "clock" }, now ? words.time(now, signs.timezone) : ""),
    button("help", words.say("floor.settings"), { look: "quiet" }),
    h(
      "div",
      { class: "notice", "data-up": Boolean(board.notice) },
      h("span", { class: "soft" }, words.say("floor.notice")),
      h("span", { class: "text" }, notice),
      button("notice", words.say("floor.change"), { look: "quiet" }),
    ),
  ];
}

/** What a phone shows: one half or the other. @param {View} view */
export function parts({ words, part, tickets }) {
  return ["services", "live"].map((each) =>
    button("part", words.say(`floor.part.${each}`, { n: tickets.length }), {
      value: each,
      pressed: part === each,
    }),
  );
}

/** @param {View} view */
export function services(view) {
  const { words, signs } = view;
  return [
    h("h2", { id: "services-title", tabindex: -1, "data-home": true }, words.say("floor.issue_title")),
    h("ul", {}, ...signs.services.map((service) => serviceCard(view, service))),
    h("div", { class: "general" }, h("p", {}, words.say("floor.general")), helpedButton(view, "")),
  ];
}

/** @param {View} view @param {ServiceSign} service */
function serviceCard(view, service) {
  const { words, board } = view;
  const { id, prefix } = service;
  const queue = board.queues.find((each) => each.service === id);
  const name = words.pick(service.name, id);
  const suspended = queue?.status === "suspended";
  const issue = button("issue", words.say("floor.issue"), { id, look: "main" });
  issue.setAttribute("aria-label", words.say("floor.issue_of", { service: name }));
  const stop = button(
    suspended ? "reopen" : "suspend",
    words.say(suspended ? "floor.reopen" : "floor.suspend"),
    { id, look: "quiet stop" },
  );
  stop.setAttribute(
    "aria-label",
    words.say(suspended ? "floor.reopen_of" : "floor.suspend_of", { service: name }),
  );
  return h(
    "li",
    { "data-key": id, "data-status": queue?.status },
    h("h3", {}, h("span", { class: "prefix", "aria-hidden": "true" }, prefix), name),
    h(
      "p",
      { class: "crowd" },
      h("strong", { class: "figure" }, words.say("desk.people", { n: queue?.waiting ?? 0 })),
      queue && lamp(queue, words),
    ),
    suspended && queue.message && h("p", { class: "message" }, words.pick(queue.message)),
    h("div", { class: "acts" }, issue, helpedButton(view, id, name), stop),
  );
}

/** One tap counts somebody who needed no number. @param {View} view @param {string} id @param {string} [name] */
function helpedButton({ words, helped }, id, name = words.say("floor.nowhere")) {
  const n = helped[id] ?? 0;
  const count = button("helped", words.say("floor.helped"), { id: id || undefined, look: "helped" });
  count.append(h("span", { class: "figure", "aria-hidden": "true" }, n));
  count.setAttribute("aria-label", words.say("floor.helped_of", { service: name, n }));
  return count;
}

/** @param {View} view @param {{typed: string, service: string, state: string}} wanted */
export function list(view, { typed, service, state }) {
  const { words, signs, tickets } = view;
  const order = signs.services.map(({ id }) => id);
  const among = typed.trim() ? search(typed, tickets) : tickets;
  const found = among
    .filter((each) => (!service || each.service === service) && (!state || each.state === state))
    .sort(
      (a, b) =>
        order.indexOf(a.service) - order.indexOf(b.service) ||
        Number(a.number > b.number) - Number(a.number < b.number),
    );
  return [
    h("p", { class: "soft", role: "status" }, words.say("desk.found", { n: found.length })),
    found.length === 0 && h("p", { class: "none" }, words.say("floor.none")),
    h("ol", { class: "rows" }, ...found.map((ticket) => row(view, ticket))),
  ];
}

/** @param {View} view @param {Ticket} ticket */
function row(view, ticket) {
  const { words } = view;
  const n = minutes(view, ticket.arrived_at ?? ticket.issued_at);
  const signs = marks(view, ticket);
  const where = ["called", "serving"].includes(ticket.state) && deskName(view, ticket.desk);
  return h(
    "li",
    { "data-key": ticket.id, "data-state": ticket.state },
    h(
      "button",
      { type: "button", class: "ticket", "data-do": "open", "data-id": ticket.id },
      h("span", { class: "number" }, ticket.number),
      h("span", { class: "state", "data-state": ticket.state }, words.say(`desk.states.${ticket.state}`)),
      h("span", { class: "how" }, where || serviceName(view, ticket.service)),
      h("span", { class: "figure" }, words.say("desk.minutes", { n })),
    ),
    signs.length > 0 && h("ul", { class: "marks" }, ...signs),
  );
}

/** @param {View} view @param {"service" | "state"} what */
export function options({ words, signs }, what) {
  const all =
    what === "service"
      ? signs.services.map(({ id, name }) => [id, words.pick(name, id)])
      : STATES.map((state) => [state, words.say(`desk.states.${state}`)]);
  return [["", words.say(`floor.every_${what}`)], ...all].map(([value, name]) => h("option", { value }, name));
}

/** @param {View} view */
export function result(view) {
  const { told, slow } = view;
  return [
    h("div", { class: "told", "data-tone": told.tone }, h("p", { id: "told", role: "status" }, told.text)),
    slow && unanswered(view, slow),
  ];
}
