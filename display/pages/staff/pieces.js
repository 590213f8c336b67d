/** The pieces of which a ticket is shown to staff. Pure. */
import { h } from "../house/dom.js";
import { NAMES, tag } from "../house/words.js";
import { NEEDS, nextStage } from "./moves.js";

/** @typedef {import("../house/types.js").Signs} Signs */
/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {import("./presses.js").Press} Press */

/**
 * What every piece needs to know.
 *
 * @typedef {object} Known
 * @property {Words} words
 * @property {Signs} signs
 * @property {number} now the service's clock
 */

/**
 * @param {Known} known
 * @param {string} service
 */
export function serviceName({ words, signs }, service) {
  return words.pick(signs.services.find(({ id }) => id === service)?.name, service);
}

/**
 * @param {Known} known
 * @param {string | null} desk
 */
export function deskName({ words, signs }, desk) {
  return words.pick(
    signs.desks.find(({ id }) => id === desk)?.name,
    words.say("desk.desk", { desk: desk ?? "" }),
  );
}

/**
 * @param {Known} known
 * @param {string} procedure
 */
export function procedureName({ words, signs }, procedure) {
  const all = signs.services.flatMap(({ procedures }) => procedures);
  return words.pick(all.find(({ id }) => id === procedure)?.name, procedure);
}

/**
 * @param {Words} words
 * @param {string} need
 */
export function needName(words, need) {
  return NEEDS.includes(need) ? words.say(`desk.needs.${need}`) : need;
}

/**
 * @param {Words} words
 * @param {string} priority
 */
export function priorityName(words, priority) {
  return ["normal", "priority"].includes(priority) ? words.say(`desk.priorities.${priority}`) : priority;
}

/** @param {Words} words @param {string} language */
export function languageName(words, language) {
  return (
    NAMES[language] ?? new Intl.DisplayNames(tag(words.language), { type: "language" }).of(language) ?? language
  );
}

/**
 * Minutes from an instant to now, whole ones.
 *
 * @param {Known} known
 * @param {string | null} since
 */
export function minutes({ now }, since) {
  return since && now ? Math.max(0, Math.floor((now - Date.parse(since)) / 60_000)) : 0;
}

/**
 * A running time, "3:07" or "1:03:07".
 *
 * @param {number} ms
 */
export function running(ms) {
  const whole = Math.max(0, Math.floor(ms / 1000));
  const [hours, rest] = [Math.floor(whole / 3600), whole % 3600];
  const seconds = String(rest % 60).padStart(2, "0");
  const mins = Math.floor(rest / 60);
  return hours ? `${hours}:${String(mins).padStart(2, "0")}:${seconds}` : `${mins}:${seconds}`;
}

/**
 * What has to be known of a visitor before speaking to them; empty for most.
 *
 * @param {Known} known
 * @param {Ticket} ticket
 */
export function marks({ words, signs }, ticket) {
  const foreign = ticket.language !== (signs.languages[0] ?? "ja");
  const booked = ticket.booked_for && words.time(ticket.booked_for, signs.timezone);
  return [
    ...ticket.needs.map((need) =>
      h("li", { class: "mark", "data-mark": NEEDS.includes(need) ? need : "need" }, needName(words, need)),
    ),
    ticket.priority !== "normal" &&
      h("li", { class: "mark", "data-mark": "priority" }, priorityName(words, ticket.priority)),
    foreign && h("li", { class: "mark", "data-mark": "language" }, languageName(words, ticket.language)),
    booked && h("li", { class: "mark", "data-mark": "booked" }, words.say("desk.booked", { time: booked })),
  ].filter((each) => each !== false && each !== "" && each !== null);
}

/**
 * The way through a service, and where on it the visitor is.
 *
 * @param {Words} words
 * @param {Ticket} ticket
 */
export function steps(words, ticket) {
  const at = ticket.stages.indexOf(ticket.stage);
  return h(
    "ol",
    { class: "steps", "aria-label": words.say("desk.steps") },
    ...ticket.stages.map((stage, i) =>
      h(
        "li",
        { "aria-current": i === at && "step", "data-done": i < at },
        words.say(`desk.stages.${stage}`),
        i < at && h("span", { class: "spoken" }, words.say("desk.step_done")),
      ),
    ),
  );
}

/**
 * What a button for a move says: where it leads, if that depends on the ticket.
 *
 * @param {Words} words
 * @param {Ticket} ticket
 * @param {string} move
 */
export function moveName(words, ticket, move) {
  if (move === "finish-stage") {
    const next = nextStage(ticket) ?? ticket.stage;
    const to = words.say(`desk.stages.${next}`);
    if (ticket.state !== "processing")
      return words.say("desk.end_stage", { stage: words.say(`desk.stages.${ticket.stage}`) });
    return next === "handover" ? words.say("desk.make_ready") : words.say("desk.on_to", { stage: to });
  }
  if (move === "return" && ticket.state === "no_show") return words.say("desk.came_back");
  return words.say(`desk.moves.${move}`);
}

/**
 * A button. What it does stands in `data-do`; why it may not do it now, in `why`.
 *
 * @param {string} act
 * @param {string} name
 * @param {object} [more]
 * @param {string} [more.id] the ticket
 * @param {string} [more.value]
 * @param {string} [more.look]
 * @param {string | false} [more.why]
 * @param {boolean} [more.pressed]
 * @param {string} [more.shortcut]
 */
export function button(act, name, { id, value, look, why, pressed, shortcut } = {}) {
  return h(
    "button",
    {
      type: "button",
      class: look,
      "data-key": [act, id, value].filter(Boolean).join(" "),
      "data-do": act,
      "data-id": id,
      "data-value": value,
      "data-why": why,
      "aria-disabled": why ? "true" : null,
      "aria-pressed": pressed === undefined ? null : String(pressed),
      "aria-keyshortcuts": shortcut,
    },
    h("span", { class: "what" }, name),
    shortcut && h("kbd", { "aria-hidden": "true" }, shortcut),
  );
}

/** What was pressed and has no answer yet. @param {{words: Words}} view @param {Press} slow */
export function unanswered({ words }, slow) {
  const what = words.say(`desk.pressed.${slow.kind}`, { number: slow.number ?? "" });
  return h(
    "div",
    { class: "unanswered", "data-key": "unanswered" },
    h("p", { role: "status" }, words.say("desk.unanswered", { what })),
    button("take-back", words.say("desk.take_back"), { look: "quiet" }),
  );
}
