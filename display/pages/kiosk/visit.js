/**
 * One visitor's way through the machine: what was said so far, and what follows from it. Pure: it
 * knows no screen and no network.
 */

/** @typedef {import("../house/types.js").Procedure} Procedure */
/** @typedef {import("../house/types.js").Queue} Queue */
/** @typedef {import("../house/types.js").ServiceSign} ServiceSign */
/** @typedef {import("../house/types.js").Ticket} Ticket */

/** @typedef {"services" | "procedures" | "offer" | "elsewhere" | "refused" | "failed" | "number" | "needs"} Screen */
/** @typedef {"elsewhere" | "no_card" | "prefers_counter"} Answer */
/** @typedef {"convenience_store" | "online" | "post"} Way */

/**
 * @typedef {object} Visit
 * @property {Screen} screen
 * @property {Screen} before where the list of needs goes back to
 * @property {string} language
 * @property {string[]} needs
 * @property {ServiceSign | null} service
 * @property {Procedure | null} procedure the one that is wanted, where that is known
 * @property {boolean} paper whether the number is wanted on paper
 * @property {{press: string, body: object} | null} wish what was asked of the service, once it was:
 *   it does not change any more, so that however often it is asked there is one number
 * @property {boolean} busy
 * @property {boolean} slow whether it takes so long that something should be said
 * @property {string | null} refused the service's reason
 * @property {Ticket | null} ticket
 */

export const NEEDS = ["wheelchair", "hearing", "sight", "interpreter", "baby"];

/** A service of this name is for those who do not know which to choose: it stands last, and out. */
const ADVICE = "advice";

/** The most convenient first. */
const WAYS = /** @type {Way[]} */ (["convenience_store", "online", "post"]);
const NEEDS_CARD = /** @type {Way[]} */ (["convenience_store", "online"]);

/**
 * A new visitor.
 *
 * @param {string} language
 * @param {boolean} paper
 * @returns {Visit}
 */
export function newVisit(language, paper) {
  return {
    screen: "services",
    before: "services",
    language,
    needs: [],
    service: null,
    procedure: null,
    paper,
    wish: null,
    busy: false,
    slow: false,
    refused: null,
    ticket: null,
  };
}

/**
 * @param {ServiceSign} service
 */
export function isAdvice(service) {
  return service.id === ADVICE;
}

/**
 * Services in the office's order, advice last.
 *
 * @param {ServiceSign[]} services
 */
export function inOrder(services) {
  return [...services].sort((one, other) => Number(isAdvice(one)) - Number(isAdvice(other)));
}

/**
 * What comes after a service was touched. One that gives no numbers now is asked for all the same:
 * that is how those who are turned away are counted.
 *
 * @param {ServiceSign} service
 * @param {Queue | undefined} queue
 * @returns {"procedures" | "offer" | "ask"}
 */
export function after(service, queue) {
  if (queue && queue.status !== "open") return "ask";
  return service.ask_procedure && service.procedures.length > 1 ? "procedures" : "offer";
}

/**
 * The procedure that needs no asking: the only one.
 *
 * @param {ServiceSign} service
 * @returns {Procedure | null}
 */
export function onlyProcedure(service) {
  return service.procedures.length === 1 ? (service.procedures[0] ?? null) : null;
}

/**
 * Where else a procedure can be had.
 *
 * @param {Procedure | null} procedure
 * @returns {Way[]}
 */
export function elsewhere(procedure) {
  return WAYS.filter((way) => procedure && way in procedure.channels);
}

/**
 * What a procedure costs there and here, where both are known and there is cheaper.
 *
 * @param {Procedure} procedure
 * @param {Way} way
 * @returns {{fee: number, counter: number} | null}
 */
export function cheaper(procedure, way) {
  const fee = procedure.channels[way]?.fee;
  const counter = procedure.channels.counter?.fee;
  if (typeof fee !== "number" || typeof counter !== "number" || fee >= counter) return null;
  return { fee, counter };
}

/**
 * @param {Way} way
 */
export function needsCard(way) {
  return NEEDS_CARD.includes(way);
}

/**
 * Whether the number will be called again when papers are ready.
 *
 * @param {{stages: string[]}} ticket
 */
export function calledTwice({ stages }) {
  return stages.includes("reception") && stages.includes("handover");
}

/**
 * What the service is asked for.
 *
 * @param {Visit} visit
 * @returns {object}
 */
export function wishOf({ service, procedure, language, needs }) {
  return {
    service: service?.id,
    language,
    channel: "kiosk",
    items: procedure ? [{ procedure: procedure.id }] : [],
    needs,
  };
}
