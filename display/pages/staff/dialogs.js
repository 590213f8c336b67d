/** What is asked in a dialog: one at a time, drawn from the state like everything else. Pure. */
import { h } from "../house/dom.js";
import { lamp } from "../house/lamp.js";
import { NAMES } from "../house/words.js";
import { classes, legal, NEEDS } from "./moves.js";
import {
  button,
  deskName,
  marks,
  minutes,
  moveName,
  needName,
  priorityName,
  serviceName,
  steps,
} from "./pieces.js";

/** @typedef {import("../house/types.js").Board} Board */
/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("./pieces.js").Known} Known */

/**
 * @typedef {Known & {board: Board, among: string[], why?: (move: string) => string | false}} Asking
 *   `among`: the moves that this page makes
 */

/**
 * @param {string} title
 * @param {string} close
 * @param {...(Node | string | null | false)} children
 * @returns {(Node | string | null | false)[]}
 */
export function sheet(title, close, ...children) {
  return [
    h("h2", { id: "dialog-title", tabindex: -1 }, title),
    ...children,
    h("div", { class: "row end", "data-key": "end" }, button("close", close)),
  ];
}

/**
 * One ticket with every move that may be made with it from here.
 *
 * @param {Asking} asking
 * @param {Ticket} ticket
 */
export function ticketSheet(asking, ticket) {
  const { words } = asking;
  const signs = marks(asking, ticket);
  const where = ticket.desk && ["called", "serving"].includes(ticket.state);
  const waited = minutes(asking, ticket.arrived_at ?? ticket.issued_at);
  return sheet(
    ticket.number,
    words.say("desk.close"),
    h(
      "p",
      {},
      h("strong", { class: "state", "data-state": ticket.state }, words.say(`desk.states.${ticket.state}`)),
      " ",
      where ? deskName(asking, ticket.desk) : "",
    ),
    h(
      "p",
      {},
      serviceName(asking, ticket.service),
      " ",
      h("span", { class: "soft" }, words.say("desk.since", { n: waited })),
    ),
    signs.length > 0 && h("ul", { class: "marks" }, ...signs),
    ticket.stages.length > 1 && steps(words, ticket),
    h(
      "div",
      { class: "moves", "data-key": "moves" },
      ...legal(ticket, asking.among).map((move) =>
        button(move, moveName(words, ticket, move), {
          id: ticket.id,
          look: { cancel: "alarm", call: "main", resume: "main", return: "main", "check-in": "main" }[move],
          why: asking.why?.(move),
        }),
      ),
    ),
  );
}

/** @type {Record<string, (asking: Asking, ticket: Ticket) => (Node | string | null | false)[]>} */
export const QUESTIONS = {
  transfer(asking, ticket) {
    const { words, signs, board } = asking;
    return sheet(
      words.say("desk.transfer_title", { number: ticket.number }),
      words.say("desk.back"),
      h("p", {}, words.say("desk.transfer_why")),
      h(
        "ul",
        { class: "choices", "data-key": "choices" },
        ...signs.services
          .filter(({ id }) => id !== ticket.service)
          .map((service) => {
            const queue = board.queues.find((each) => each.service === service.id);
            const choice = button("transfer-to", words.pick(service.name, service.id), {
              id: ticket.id,
              value: service.id,
            });
            if (queue)
              choice.append(
                h("span", { class: "how" }, words.say("desk.people", { n: queue.waiting })),
                lamp(queue, words),
              );
            return h("li", { "data-key": service.id }, choice);
          }),
      ),
    );
  },

  "set-priority"({ words, signs }, ticket) {
    return sheet(
      words.say("desk.priority_title", { number: ticket.number }),
      words.say("desk.close"),
      h(
        "div",
        { class: "moves", "data-key": "choices" },
        ...classes(signs).map((each) =>
          button("priority-to", priorityName(words, each), {
            id: ticket.id,
            value: each,
            pressed: ticket.priority === each,
          }),
        ),
      ),
    );
  },

  "set-needs"({ words }, ticket) {
    const all = [...new Set([...NEEDS, ...ticket.needs])];
    return sheet(
      words.say("desk.needs_title", { number: ticket.number }),
      words.say("desk.close"),
      h(
        "div",
        { class: "moves", "data-key": "choices" },
        ...all.map((need) =>
          button("need", needName(words, need), {
            id: ticket.id,
            value: need,
            pressed: ticket.needs.includes(need),
          }),
        ),
      ),
    );
  },

  cancel({ words }, ticket) {
    return sure(
      "cancel-now",
      words.say("desk.cancel_title", { number: ticket.number }),
      [words.say("desk.cancel_why")],
      {
        yes: words.say("desk.cancel_yes"),
        no: words.say("desk.back"),
        id: ticket.id,
      },
    );
  },

  finish({ words }, ticket) {
    const left = ticket.stages.slice(ticket.stages.indexOf(ticket.stage) + 1);
    const stages = left.map((stage) => words.say(`desk.stages.${stage}`)).join(words.say("desk.and"));
    return sure(
      "finish-now",
      words.say("desk.finish_title", { number: ticket.number }),
      [words.say("desk.finish_why", { stages })],
      {
        yes: words.say("desk.finish_yes"),
        no: words.say("desk.back"),
        id: ticket.id,
      },
    );
  },
};

/**
 * @param {string} act
 * @param {string} title
 * @param {string[]} why
 * @param {{yes: string, no: string, id: string}} answers
 */
function sure(act, title, why, { yes, no, id }) {
  return [
    h("h2", { id: "dialog-title", tabindex: -1 }, title),
    ...why.map((text) => h("p", {}, text)),
    h(
      "div",
      { class: "row end", "data-key": "end" },
      button(act, yes, { id, look: "alarm" }),
      button("close", no),
    ),
  ];
}

/**
 * Who works here, and how this window likes to be: its language, its colours.
 *
 * @param {{words: import("../house/words.js").Words, theme: string, person: string | null}} view
 */
export function tastes({ words, theme, person }) {
  return [
    h("h3", {}, words.say("desk.who")),
    h(
      "div",
      { class: "row" },
      h("p", {}, person ? words.say("desk.person", { name: person }) : words.say("desk.by_key")),
      button("leave", words.say(person ? "desk.sign_out" : "desk.sign_in")),
    ),
    h("h3", {}, words.say("desk.language")),
    h(
      "div",
      { class: "row" },
      ...Object.entries(NAMES).map(([id, name]) =>
        button("language", name, { value: id, pressed: words.language === id }),
      ),
    ),
    h("h3", {}, words.say("desk.theme")),
    h(
      "div",
      { class: "row" },
      ...["light", "dark", "contrast"].map((each) =>
        button("theme", words.say(`desk.themes.${each}`), { value: each, pressed: theme === each }),
      ),
    ),
  ];
}
