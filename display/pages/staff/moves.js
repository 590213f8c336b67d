/** What can be done with a ticket: which moves, in which order, and where they are asked for. Pure. */

/** @typedef {import("../house/types.js").DeskSign} DeskSign */
/** @typedef {import("../house/types.js").Item} Item */
/** @typedef {import("../house/types.js").ServiceSign} ServiceSign */
/** @typedef {import("../house/types.js").Signs} Signs */
/** @typedef {import("../house/types.js").Ticket} Ticket */

export const UNDO_MS = 60_000; // the service takes a desk's latest move back for so long

/** In the order in which a desk shows them; `set-items` has a place of its own. */
export const ORDER = [
  ...["check-in", "call", "start", "recall", "finish-stage", "finish", "no-show", "resume", "return", "park"],
  ...["transfer", "set-priority", "set-needs", "reprint", "cancel"],
];

/** What a greeter does; calling and serving belong to the desks. */
export const GREETER = [
  ...[
    "check-in",
    "set-needs",
    "set-priority",
    "transfer",
    "no-show",
    "park",
    "resume",
    "return",
    "reprint",
    "cancel",
  ],
];

/** Moves that ask something first. */
export const ASKS = ["transfer", "set-priority", "set-needs", "cancel"];

/** @type {Record<string, string>} */
export const KEYS = {
  n: "next",
  r: "recall",
  s: "start",
  f: "finish",
  a: "no-show",
  p: "park",
  t: "transfer",
  u: "undo",
  b: "break",
};

export const NEEDS = ["wheelchair", "hearing", "sight", "interpreter", "baby"];

/**
 * @param {Ticket} ticket
 * @param {string[]} [among]
 */
export function legal(ticket, among = ORDER) {
  return among.filter((move) => ticket.allowed?.includes(move));
}

/** @param {Ticket} ticket */
export function nextStage(ticket) {
  return ticket.stages[ticket.stages.indexOf(ticket.stage) + 1] ?? null;
}

/** How *next* releases the ticket that is held: its stage where one remains, else the visit. @param {Ticket} ticket */
export function release(ticket) {
  return nextStage(ticket) ? "finish-stage" : "finish";
}

/**
 * The ticket that a desk holds.
 *
 * @param {Ticket[]} tickets
 * @param {string} desk
 */
export function heldBy(tickets, desk) {
  return tickets.find((each) => each.desk === desk && ["called", "serving"].includes(each.state)) ?? null;
}

/**
 * Whom a desk would call next, as far as this page knows.
 *
 * @param {Ticket[]} tickets in calling order
 * @param {DeskSign} desk
 * @param {string[]} services served now
 */
export function upcoming(tickets, desk, services) {
  return tickets.filter(
    ({ state, service, stage }) =>
      ["waiting", "ready"].includes(state) &&
      services.includes(service) &&
      (!desk.stages.length || desk.stages.includes(stage)),
  );
}

/**
 * The items with so many more of a procedure; none is left out, not kept as nothing.
 *
 * @param {Item[]} items
 * @param {string} procedure
 * @param {number} more
 * @returns {Item[]}
 */
export function withMore(items, procedure, more) {
  const known = items.some((each) => each.procedure === procedure);
  const all = known ? items : [...items, { procedure, quantity: 0 }];
  return all
    .map((each) => (each.procedure === procedure ? { ...each, quantity: each.quantity + more } : each))
    .filter(({ quantity }) => quantity > 0);
}

/**
 * A list with one word more, or without it.
 *
 * @param {string[]} words
 * @param {string} word
 */
export function toggled(words, word) {
  return words.includes(word) ? words.filter((each) => each !== word) : [...words, word];
}

/** The classes that people give; a hand-over's head start is given by the house. @param {Signs} signs */
export function classes(signs) {
  return signs.priorities.filter((each) => each !== "handover");
}

/**
 * How a number was meant: "a12", "Ａ012" and "12" may all be A012.
 *
 * @param {string} typed
 * @param {Ticket[]} tickets
 */
export function search(typed, tickets) {
  const asked = typed.normalize("NFKC").trim().toUpperCase();
  const [, letters = "", figures = ""] = /^([A-Z]*)\s*-?\s*0*(\d*)$/.exec(asked) ?? [];
  if (!letters && !figures) return [];
  const exact = figures.padStart(3, "0");
  return tickets
    .filter(({ number }) => number.startsWith(letters) && number.replace(/^[A-Z]+0*/, "").startsWith(figures))
    .sort((one, two) => Number(two.number.endsWith(exact)) - Number(one.number.endsWith(exact)));
}
