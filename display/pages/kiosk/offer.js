/** What a visitor sees before a number is taken: what to bring, how long it takes, where else it goes. */
import { h } from "../house/dom.js";
import { choice, fact, heading, minutes, serviceName, toggle } from "./pieces.js";
import { calledTwice, cheaper, elsewhere, needsCard } from "./visit.js";

/** @typedef {import("../house/types.js").ServiceSign} ServiceSign */
/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {import("./render.js").Acts} Acts */
/** @typedef {import("./render.js").Parts} Parts */
/** @typedef {import("./render.js").View} View */
/** @typedef {import("./visit.js").Way} Way */
/** @typedef {import("../house/types.js").Procedure} Procedure */

/**
 * @param {View} view
 * @param {Acts} act
 * @returns {Parts}
 */
export function offerScreen(view, act) {
  const { words, visit } = view;
  const service = /** @type {ServiceSign} */ (visit.service);
  const ways = elsewhere(visit.procedure);
  const title = visit.procedure
    ? heading(serviceName(words, service), words.pick(visit.procedure.name, visit.procedure.id))
    : heading(words.pick(service.name, service.id));
  if (!visit.procedure || !ways[0]) {
    return { read: [title, facts(view, service)], touch: numbers(view, act) };
  }
  const hint = h("p", { class: "hint card" }, tip(words, visit.procedure, ways[0]));
  return { read: [title, facts(view, service), hint], touch: answers(view, act, ways[0]) };
}

/**
 * People ahead, the estimate where there is one, what to bring.
 *
 * @param {View} view
 * @param {ServiceSign} service
 */
function facts({ words, queues, away }, service) {
  const queue = away ? undefined : queues.get(service.id);
  const bring = words.pick(service.bring);
  return h(
    "dl",
    { class: "facts" },
    queue && fact("ahead", words.say("kiosk.ahead"), words.say("kiosk.people", { n: queue.waiting })),
    queue?.estimate && fact("", words.say("kiosk.estimate"), minutes(words, queue.estimate)),
    bring && fact("bring", words.say("kiosk.bring"), bring),
    calledTwice(service) && fact("twice", words.say("kiosk.twice"), words.say("kiosk.twice_why")),
  );
}

/**
 * @param {View} view
 * @param {Acts} act
 */
function numbers({ words, printer }, act) {
  const take = words.say("kiosk.take");
  const shown = words.say("kiosk.paperless_how");
  return [
    h(
      "div",
      { class: "choices" },
      printer
        ? choice(take, words.say("kiosk.take_how"), () => act.take(true), "main take")
        : choice(take, shown, () => act.take(false), "main take"),
      printer && choice(words.say("kiosk.paperless"), shown, () => act.take(false), "paperless"),
    ),
  ];
}

/**
 * Kindly, and with the counter as large as any other way.
 *
 * @param {View} view
 * @param {Acts} act
 * @param {Way} way
 */
function answers({ words, visit, printer }, act, way) {
  /** @param {import("./visit.js").Answer} answer */
  const take = (answer) => () => act.take(visit.paper, answer);
  return [
    h(
      "div",
      { class: "choices" },
      choice(words.say(`kiosk.ways.${way}.choose`), words.say("kiosk.elsewhere_how"), act.elsewhere, "elsewhere"),
      needsCard(way) &&
        choice(words.say("kiosk.no_card"), words.say("kiosk.no_card_how"), take("no_card"), "no-card"),
      choice(words.say("kiosk.counter"), words.say("kiosk.counter_how"), take("prefers_counter"), "counter"),
    ),
    printer && toggle(words.say("kiosk.no_paper"), !visit.paper, () => act.paper(!visit.paper)),
  ];
}

/**
 * @param {Words} words
 * @param {Procedure} procedure
 * @param {Way} way
 */
function tip(words, procedure, way) {
  const fees = cheaper(procedure, way);
  return fees ? words.say(`kiosk.ways.${way}.cheaper`, fees) : words.say(`kiosk.ways.${way}.also`);
}

/**
 * How it is done elsewhere. No number is taken.
 *
 * @param {View} view
 * @param {Acts} act
 * @returns {Parts}
 */
export function elsewhereScreen({ words, visit }, act) {
  const procedure = /** @type {Procedure} */ (visit.procedure);
  const [way, ...others] = elsewhere(procedure);
  if (!way) return { read: [], touch: [] };
  const fee = procedure.channels[way]?.fee;
  const read = [
    heading(
      h("span", { class: "service-name" }, words.pick(procedure.name, procedure.id), " "),
      words.say(`kiosk.ways.${way}.title`),
    ),
    h(
      "ol",
      { class: "steps card" },
      ...["first", "second", "third"].map((step) => h("li", {}, words.say(`kiosk.ways.${way}.${step}`))),
    ),
    h(
      "div",
      { class: "said" },
      typeof fee === "number" && h("p", { class: "strong" }, words.say("kiosk.fee", { fee })),
      ...others.map((other) => h("p", {}, words.say(`kiosk.ways.${other}.also`))),
      h("p", {}, words.say("kiosk.elsewhere_end")),
    ),
  ];
  const end = choice(words.say("kiosk.end"), "", act.home, "main");
  return { read, touch: [h("div", { class: "choices" }, end)] };
}
