/** The desk as it should look in a state. Pure: nothing is asked, nothing is pressed here. */
import { h } from "../house/dom.js";
import { KEYS, legal, nextStage, release, upcoming } from "../staff/moves.js";
import { button, marks, minutes, moveName, procedureName, running, serviceName, steps, unanswered } from "../staff/pieces.js";

/** @typedef {import("../house/types.js").Board} Board */
/** @typedef {import("../house/types.js").DeskLine} DeskLine */
/** @typedef {import("../house/types.js").DeskSign} DeskSign */
/** @typedef {import("../house/types.js").Item} Item */
/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("../staff/pieces.js").Known} Known */
/** @typedef {import("../staff/presses.js").Press} Press */

/**
 * @typedef {object} OfDesk
 * @property {Board} board
 * @property {DeskSign} desk
 * @property {DeskLine} status
 * @property {Ticket[]} tickets
 * @property {Ticket | null} held
 * @property {Item[]} items of the ticket that is held, as tapped
 * @property {Press | null} slow a press without an answer
 * @property {{text: string, tone: string}} told
 * @property {{id: string, number: string, kind: string} | null} undo
 * @property {boolean} asking whether the visit may have been forgotten
 * @property {boolean} keys whether single keys work
 * @property {boolean} wide every service of the office as a chip
 * @property {string} theme
 * @property {string | null} person who has signed in
 *
 * @typedef {Known & OfDesk} View
 */

/** Why somebody has to be done with first, if somebody is here. @param {Pick<View, "words" | "held">} view */
export function busy({ words, held }) {
  return held ? words.say("desk.why_held", { number: held.number }) : false;
}

/** @param {View} view @param {string} letter */
export const key = (view, letter) => (view.keys ? letter.toUpperCase() : undefined);

/** @param {View} view */
export function current(view) {
  const { words, held } = view;
  if (!held) {
    const { status } = view.status;
    const waiting = upcoming(view.tickets, view.desk, view.status.services).length;
    return [
      h(
        "h2",
        { id: "current-title", tabindex: -1, "data-home": true, class: "empty" },
        words.say(`desk.empty.${status}`),
      ),
      h("p", { class: "soft" }, words.say("desk.waiting_here", { n: waiting })),
    ];
  }
  const waited = minutes({ ...view, now: Date.parse(held.called_at ?? "") }, held.arrived_at);
  const signs = marks(view, held);
  return [
    h(
      "div",
      { class: "line" },
      h("h2", { id: "current-title", tabindex: -1, "data-home": true, class: "number" }, held.number),
      h(
        "div",
        { class: "how-long" },
        h("strong", { class: "state", "data-state": held.state }, words.say(`desk.states.${held.state}`)),
        timer(view, held),
        held.calls > 1 && h("span", { class: "soft" }, words.say("desk.calls", { n: held.calls })),
      ),
    ),
    h(
      "p",
      { class: "of" },
      h("strong", {}, serviceName(view, held.service)),
      ...held.then.map((service) =>
        h("span", { class: "then" }, words.say("desk.then", { service: serviceName(view, service) })),
      ),
      h("span", { class: "soft" }, words.say("desk.waited", { n: waited })),
    ),
    signs.length > 0 && h("ul", { class: "marks large" }, ...signs),
    held.stages.length > 1 && steps(words, held),
    itemsOf(view, held),
    view.asking && forgotten(view, held),
  ];
}

/** @param {View} view @param {Ticket} held */
function timer({ words, now }, held) {
  const since = held.started_at ?? held.called_at;
  const what = words.say(held.started_at ? "desk.since_start" : "desk.since_call");
  return h(
    "span",
    { class: "timer" },
    h("span", { class: "soft" }, what, " "),
    h("time", {}, since && now ? running(now - Date.parse(since)) : "–"),
  );
}

/** A button a procedure: one tap adds it, then it can be counted. @param {View} view @param {Ticket} held */
function itemsOf(view, held) {
  const { words, signs, items } = view;
  const own = signs.services.find(({ id }) => id === held.service)?.procedures.map(({ id }) => id) ?? [];
  const all = [...new Set([...own, ...items.map(({ procedure }) => procedure)])];
  if (!held.allowed?.includes("set-items") || !all.length) return null;
  return h(
    "ul",
    {
      class: "items",
      "data-move": "set-items",
      "aria-label": words.say("desk.items"),
      "data-key": `items ${held.id}`,
    },
    ...all.map((procedure, i) => {
      const name = procedureName(view, procedure);
      const quantity = items.find((each) => each.procedure === procedure)?.quantity ?? 0;
      const add = button("add", quantity ? name : `＋ ${name}`, {
        value: procedure,
        shortcut: i < 9 ? key(view, String(i + 1)) : undefined,
      });
      if (!quantity) return h("li", { "data-key": procedure }, add);
      add.setAttribute("aria-label", words.say("desk.add", { name, n: quantity }));
      add.lastElementChild?.before(h("strong", { class: "figure" }, `× ${quantity}`));
      const fewer = button("less", "−", { value: procedure });
      fewer.setAttribute("aria-label", words.say("desk.less", { name }));
      return h("li", { "data-key": procedure, class: "counted" }, fewer, add);
    }),
  );
}

/** @param {View} view @param {Ticket} held */
function forgotten(view, held) {
  const { words } = view;
  const n = minutes(view, held.started_at ?? held.called_at);
  return h(
    "div",
    { class: "forgotten", role: "alert", "data-key": "forgotten" },
    h("p", {}, words.say("desk.forgotten", { number: held.number, n })),
    button(release(held), words.say("desk.forgotten_yes"), { id: held.id, value: "forgotten" }),
    button("still", words.say("desk.forgotten_no"), { id: held.id }),
  );
}

/** What the one big button says it will do. @param {View} view */
function nextName({ words, held }) {
  if (!held) return words.say("desk.next");
  const stage = words.say(`desk.stages.${held.stage}`);
  const on = nextStage(held) || held.then.length;
  return on ? words.say("desk.next_stage", { stage }) : words.say("desk.next_finish");
}

/** Who comes, and where the visitor who is here goes. @param {View} view */
function nextHow(view) {
  const { words, held } = view;
  const first = upcoming(view.tickets, view.desk, view.status.services)[0];
  const to = held && nextStage(held);
  const goes =
    to &&
    words.say(["reception", "handover"].includes(to) ? "desk.goes_ready" : "desk.goes_on", {
      stage: words.say(`desk.stages.${to}`),
    });
  const leg =
    held && !to && held.then[0] && words.say("desk.goes_on", { stage: serviceName(view, held.then[0]) });
  const comes = first
    ? words.say("desk.comes", { number: first.number, n: minutes(view, first.arrived_at) })
    : words.say("desk.comes_nobody");
  return [goes || leg, comes].filter(Boolean).join(" ・ ");
}

/** @param {View} view */
export function next(view) {
  const { words, held, slow, told, undo } = view;
  const why = slow ? words.say("desk.why_slow") : false;
  const big = button("next", nextName(view), {
    id: held?.id,
    look: "main next",
    why,
    shortcut: key(view, "n"),
  });
  big.setAttribute("data-key", "next"); // the same button, whoever is here: focus stays on it
  big.append(h("span", { class: "how" }, nextHow(view)));
  return [
    h(
      "div",
      { class: "told", "data-tone": told.tone },
      h("p", { id: "told", role: "status" }, told.text),
      undo &&
        button(
          "undo",
          words.say("desk.undo", { what: words.say(`desk.undoes.${undo.kind}`, { number: undo.number }) }),
          {
            id: undo.id,
            shortcut: key(view, "u"),
          },
        ),
    ),
    slow && unanswered(view, slow),
    big,
  ];
}

/** Every move that the ticket may make, and no other. @param {View} view */
export function moves(view) {
  const { words, held, slow } = view;
  if (!held) return [];
  const shortcuts = Object.fromEntries(Object.entries(KEYS).map(([letter, move]) => [move, letter]));
  const why = slow ? words.say("desk.why_slow") : false;
  const all = legal(held).map((move) =>
    button(move, moveName(words, held, move), {
      id: held.id,
      look: { cancel: "alarm", start: "first" }[move] ?? "",
      why,
      shortcut: shortcuts[move] && key(view, shortcuts[move] ?? ""),
    }),
  );
  const gone =
    held.state === "called" &&
    button("no-show-next", words.say("desk.no_show_next"), { id: held.id, look: "absent", why });
  return [h("h2", { class: "spoken" }, words.say("desk.moves_title", { number: held.number })), gone, ...all];
}
