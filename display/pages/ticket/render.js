/** What a visitor's own page shows of a ticket; state comes in, nothing is asked of the network. */
import { fill, h } from "../house/dom.js";
import { minutesOf } from "../house/estimate.js";

/** @typedef {import("../house/types.js").DeskSign} DeskSign */
/** @typedef {import("../house/types.js").Estimate} Estimate */
/** @typedef {import("../house/types.js").Signs} Signs */
/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("../house/words.js").Words} Words */

/** States that nothing follows; a visitor who is absent may still be called again. */
const OVER = ["finished", "cancelled", "expired"];
/** States in which a visitor may give up the number: not at the desk, not when all is done. */
const MAY_CANCEL = ["booked", "waiting", "ready", "parked", "processing", "called"];

/** @param {Ticket} ticket */
export const isOver = (ticket) => OVER.includes(ticket.state);

/** @param {Ticket} ticket */
export const mayCancel = (ticket) => MAY_CANCEL.includes(ticket.state);

/**
 * The whole page of a ticket. Elements stay, their text changes: only what is new is read aloud.
 *
 * @param {Element} place
 * @param {Ticket} ticket
 * @param {Signs} signs
 * @param {Words} words
 */
export function draw(place, ticket, signs, words) {
  if (!place.querySelector(".ticket")) fill(place, shell());
  /** @param {string} part */
  const part = (part) => /** @type {HTMLElement} */ (place.querySelector(`[data-part="${part}"]`));
  document.documentElement.setAttribute("data-state", ticket.state);
  fill(part("service"), label(words, signs, ticket.service));
  fill(part("name"), words.say("ticket.number"));
  fill(part("number"), ticket.number);
  if (ticket.state === "called") {
    const again = ticket.calls > 1 ? words.say("ticket.again") : words.say("ticket.states.called");
    fill(part("state"), again);
    fill(part("where"), ...where(words, signs, ticket.desk));
  } else {
    fill(part("state"), words.say(`ticket.states.${ticket.state}`));
    fill(part("where"), "");
  }
  fill(part("figures"), ...figures(words, ticket));
  const notes = notesOf(words, signs, ticket);
  if (part("notes").textContent !== notes.join("")) fill(part("notes"), ...notes.map((note) => h("p", {}, note)));
}

function shell() {
  /** @param {string} part */
  const text = (part) => h("p", { "data-part": part });
  return h(
    "article",
    { class: "ticket" },
    h(
      "h1",
      {},
      h("span", { "data-part": "name" }),
      " ",
      h("span", { class: "number", "data-part": "number" }),
    ),
    text("service"),
    h("div", { class: "said", role: "status", "aria-atomic": "true" }, text("state"), text("where")),
    h("dl", { "data-part": "figures" }),
    h("div", { "data-part": "notes" }),
  );
}

/**
 * Where the visitor is called to: the desk, large, with the floor where there are several.
 *
 * @param {Words} words
 * @param {Signs} signs
 * @param {string | null} desk
 */
function where(words, signs, desk) {
  const sign = deskOf(signs, desk);
  if (!sign) return [words.say("ticket.come_unknown")];
  const zone = signs.zones.length > 1 && sign.zone;
  return [
    zone && h("span", { class: "zone" }, zone, " "),
    h("strong", { class: "desk" }, words.pick(sign.name, sign.id)),
    " ",
    h("span", { class: "come" }, words.say("ticket.come")),
  ];
}

/**
 * @param {Signs} signs
 * @param {string | null} desk
 * @returns {DeskSign | undefined}
 */
export function deskOf(signs, desk) {
  return signs.desks.find(({ id }) => id === desk);
}

/**
 * @param {Words} words
 * @param {Signs} signs
 * @param {string} service
 */
function label(words, signs, service) {
  return words.pick(signs.services.find(({ id }) => id === service)?.label, service);
}

/**
 * How many are ahead and how long it takes, as long as the ticket is in line.
 *
 * @param {Words} words
 * @param {Ticket} ticket
 */
function figures(words, { people_ahead: ahead, estimate }) {
  if (ahead === null) return [];
  const [name, value] =
    ahead === 0
      ? [words.say("ticket.place"), words.say("ticket.next")]
      : [words.say("ticket.ahead"), words.say("ticket.people", { n: ahead })];
  return [
    h("div", {}, h("dt", {}, name), h("dd", { class: "ahead figure" }, value)),
    estimate && h("div", {}, h("dt", {}, words.say("ticket.estimate")), h("dd", {}, words.say("ticket.minutes", minutesOf(estimate)))),
  ];
}

/**
 * @param {Words} words
 * @param {Signs} signs
 * @param {Ticket} ticket
 */
function notesOf(words, signs, { state, stage, stages, then }) {
  if (state !== "waiting" && state !== "booked") return [];
  const twice = stage === "reception" && stages.includes("handover");
  const services = then.map((service) => label(words, signs, service)).join(", ");
  return [
    twice && words.say("ticket.twice"),
    then.length > 0 && words.say("ticket.then", { services }),
    words.say("ticket.out_of_order"),
  ].filter((note) => note !== false);
}

/**
 * What the page says where there is no such ticket.
 *
 * @param {Element} place
 * @param {Words} words
 */
export function drawGone(place, words) {
  document.documentElement.setAttribute("data-state", "gone");
  fill(
    place,
    h(
      "article",
      { class: "gone" },
      h("h1", {}, words.say("ticket.gone")),
      h("p", {}, words.say("ticket.gone_why")),
    ),
  );
}

/**
 * How old what stands there is, by the time that has passed on this device.
 *
 * @param {Words} words
 * @param {number | null} passed milliseconds since the last news; null: there was none yet
 */
export function age(words, passed) {
  if (passed === null) return words.say("ticket.since_none");
  const seconds = Math.round(passed / 1000);
  if (seconds < 60) return words.say("ticket.since_s", { n: Math.ceil(seconds / 5) * 5 });
  return words.say("ticket.since_min", { n: Math.floor(seconds / 60) });
}

/**
 * Asks whether a number shall be given up.
 *
 * @param {Words} words
 * @param {string} number
 * @param {() => Promise<boolean>} cancel whether it was done
 * @returns {HTMLDialogElement} open it with `showModal`; it is removed when it closes
 */
export function cancelDialog(words, number, cancel) {
  const said = h("p", { role: "alert", class: "failed" });
  const yes = h("button", { class: "alarm yes" }, words.say("ticket.cancel_yes"));
  const no = h("button", { class: "main no" }, words.say("ticket.cancel_no"));
  const dialog = h(
    "dialog",
    { "aria-labelledby": "cancel-title", "aria-describedby": "cancel-why" },
    h("h2", { id: "cancel-title" }, words.say("ticket.cancel_ask")),
    h("p", { id: "cancel-why" }, h("strong", { class: "number" }, number), " ", words.say("ticket.cancel_why")),
    said,
    h("div", { class: "answers" }, no, yes),
  );
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", async () => {
    if (yes.getAttribute("aria-disabled")) return;
    yes.setAttribute("aria-disabled", "true");
    if (await cancel()) return dialog.close();
    yes.removeAttribute("aria-disabled");
    fill(said, words.say("ticket.cancel_failed"));
  });
  dialog.addEventListener("close", () => dialog.remove());
  return dialog;
}
