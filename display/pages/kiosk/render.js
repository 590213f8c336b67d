/** What the machine shows: one function a screen, from what is known to what is seen. */
import { fill, h } from "../house/dom.js";
import { figures, hours, whyNot } from "./figures.js";
import { numberScreen } from "./number.js";
import { elsewhereScreen, offerScreen } from "./offer.js";
import { choice, heading, serviceName, toggle } from "./pieces.js";
import { inOrder, isAdvice, NEEDS } from "./visit.js";

/** @typedef {import("../house/types.js").Procedure} Procedure */
/** @typedef {import("../house/types.js").Queue} Queue */
/** @typedef {import("../house/types.js").ServiceSign} ServiceSign */
/** @typedef {import("../house/types.js").Signs} Signs */
/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {import("./visit.js").Answer} Answer */
/** @typedef {import("./visit.js").Screen} Screen */
/** @typedef {import("./visit.js").Visit} Visit */

/**
 * @typedef {object} View everything that a screen is made of
 * @property {Words} words in the visitor's language
 * @property {Words} own in the office's own
 * @property {Signs} signs
 * @property {Map<string, Queue>} queues by service; what is shown of them may be old while away
 * @property {boolean} away
 * @property {Visit} visit
 * @property {boolean} printer
 * @property {boolean} contrast
 */

/**
 * @typedef {object} Acts what the buttons do
 * @property {(service: ServiceSign) => void} service
 * @property {(procedure: Procedure | null) => void} procedure
 * @property {(paper: boolean, answer?: Answer) => void} take
 * @property {() => void} elsewhere
 * @property {(paper: boolean) => void} paper
 * @property {(need: string) => void} need
 * @property {() => void} contrast
 * @property {(screen: Screen) => void} show
 * @property {() => void} again
 * @property {() => void} reprint
 * @property {() => void} home
 */

/**
 * @typedef {object} Parts
 * @property {(Node | false)[]} read above, at the height of the eyes
 * @property {(Node | false)[]} touch below, where a child and a wheelchair reach
 */

/** @type {Record<Screen, (view: View, act: Acts) => Parts>} */
const SCREENS = {
  services,
  procedures,
  offer: offerScreen,
  elsewhere: elsewhereScreen,
  refused,
  failed,
  number: numberScreen,
  needs,
};

/**
 * The screen that a visitor is at. Its heading can take the focus, so that it is read aloud.
 *
 * @param {View} view
 * @param {Acts} act
 * @returns {HTMLElement}
 */
export function draw(view, act) {
  const { screen } = view.visit;
  const { read, touch } = SCREENS[screen](view, act);
  const drawn = h(
    "div",
    { class: "screen", "data-screen": screen },
    h("div", { class: "read" }, ...read),
    h("div", { class: "touch" }, ...touch),
  );
  refresh(drawn, view);
  return drawn;
}

/**
 * Puts newer figures into a screen that stays.
 *
 * @param {Element} drawn
 * @param {View} view
 */
export function refresh(drawn, view) {
  for (const place of drawn.querySelectorAll("[data-queue]")) {
    const queue = view.queues.get(place.getAttribute("data-queue") ?? "");
    place.closest("button")?.setAttribute("data-status", queue?.status ?? "open");
    if (queue && !view.away) fill(place, ...figures(queue, view));
    else fill(place, "");
  }
}

/**
 * @param {View} view
 * @param {Acts} act
 */
function services({ words, signs }, act) {
  const buttons = inOrder(signs.services).map((service) =>
    h(
      "li",
      { class: isAdvice(service) && "advice" },
      h(
        "button",
        { class: "choice service", "data-service": service.id, onclick: () => act.service(service) },
        h("span", { class: "prefix number", "aria-hidden": "true" }, service.prefix),
        h("span", { class: "name" }, words.pick(service.name, service.id)),
        h("span", { class: "figures", "data-queue": service.id }),
      ),
    ),
  );
  return {
    read: [heading(words.say("kiosk.choose"))],
    touch: [h("ul", { class: "choices", "data-many": many(buttons.length) }, ...buttons)],
  };
}

/**
 * @param {View} view
 * @param {Acts} act
 */
function procedures({ words, visit }, act) {
  const service = /** @type {ServiceSign} */ (visit.service);
  const buttons = service.procedures.map((procedure) =>
    h(
      "li",
      {},
      h(
        "button",
        { class: "choice", "data-procedure": procedure.id, onclick: () => act.procedure(procedure) },
        h("span", { class: "name" }, words.pick(procedure.name, procedure.id)),
      ),
    ),
  );
  const other = choice(words.say("kiosk.other"), "", () => act.procedure(null));
  return {
    read: [heading(serviceName(words, service), words.say("kiosk.which"))],
    touch: [
      h(
        "ul",
        { class: "choices", "data-many": many(buttons.length + 1) },
        ...buttons,
        h("li", { class: "advice" }, other),
      ),
    ],
  };
}

/**
 * How many buttons share the screen, roughly: the style sheet has three sizes.
 *
 * @param {number} count
 */
function many(count) {
  return count <= 4 ? "few" : count <= 12 ? "some" : "lots";
}

/**
 * @param {View} view
 * @param {Acts} act
 */
function refused({ words, signs, visit, queues }, act) {
  const service = /** @type {ServiceSign} */ (visit.service);
  const queue = queues.get(service.id);
  const why = queue ? whyNot(queue, words, signs.timezone) : "";
  const today = queue && visit.refused === "closed" ? hours(queue, words) : "";
  return {
    read: [
      heading(serviceName(words, service), words.say(`kiosk.refused.${visit.refused}`)),
      h(
        "div",
        { class: "card said" },
        why && h("p", { class: "strong" }, why),
        today && today !== why && h("p", { class: "strong" }, today),
        h("p", {}, words.say("kiosk.refused_ask")),
      ),
    ],
    touch: [h("div", { class: "choices" }, choice(words.say("kiosk.another"), "", act.home, "main"))],
  };
}

/**
 * @param {View} view
 * @param {Acts} act
 */
function failed({ words }, act) {
  return {
    read: [
      heading(words.say("kiosk.failed")),
      h(
        "div",
        { class: "card said alarm" },
        h("p", { class: "strong" }, words.say("kiosk.failed_ask")),
        h("p", {}, words.say("kiosk.failed_again")),
      ),
    ],
    touch: [
      h(
        "div",
        { class: "choices" },
        choice(words.say("kiosk.again"), "", act.again, "main"),
        choice(words.say("kiosk.end"), "", act.home),
      ),
    ],
  };
}

/**
 * @param {View} view
 * @param {Acts} act
 */
function needs({ words, visit, contrast }, act) {
  const toggles = NEEDS.map((need) =>
    toggle(words.say(`kiosk.needs.${need}`), visit.needs.includes(need), () => act.need(need)),
  );
  const all = [...toggles, toggle(words.say("kiosk.contrast"), contrast, act.contrast)];
  return {
    read: [heading(words.say("kiosk.needs_title")), h("p", {}, words.say("kiosk.needs_why"))],
    touch: [
      h("ul", { class: "choices", "data-many": "some" }, ...all.map((each) => h("li", {}, each))),
      choice(words.say("kiosk.done"), "", () => act.show(visit.before), "main"),
    ],
  };
}

/**
 * The small buttons at the foot of a screen.
 *
 * @param {View} view
 * @param {Acts} act
 */
export function wayButtons({ words, visit }, act) {
  const { screen, needs } = visit;
  /** @type {Partial<Record<Screen, Screen>>} */
  const back = { procedures: "services", offer: "services", elsewhere: "offer", refused: "services" };
  const marked = needs.map((need) => words.say(`kiosk.needs.${need}`)).join(", ");
  const to = back[screen];
  return [
    (screen === "services" || screen === "offer") &&
      h(
        "button",
        { class: "help", onclick: () => act.show("needs") },
        words.say("kiosk.help"),
        marked && h("span", { class: "marked" }, marked),
      ),
    to && h("button", { class: "back", onclick: () => act.show(to) }, words.say("kiosk.back")),
  ];
}
