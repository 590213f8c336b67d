/** The desk of a member of staff. */
import { one } from "../house/dom.js";
import { become } from "../staff/become.js";
import { QUESTIONS, ticketSheet } from "../staff/dialogs.js";
import { heldBy, nextStage, ORDER, release, toggled, UNDO_MS, withMore } from "../staff/moves.js";
import { dressed, Station } from "../staff/station.js";
import { keysLiked, likeKeys } from "../staff/taste.js";
import { head, help } from "./bar.js";
import { meant, tabBeside } from "./keys.js";
import { colleagues, found, panel, tabs } from "./lists.js";
import { busy, current, moves, next } from "./render.js";

/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("../staff/presses.js").Wish} Wish */

const TWICE_MS = 700; // so soon after a call *next* was the second half of a double press
const FORGOTTEN_MS = 30 * 60_000; // a serving that lasts longer may have been forgotten
const STATES = ["waiting", "ready", "called", "serving", "processing", "no_show", "parked"];
const CALLS = ["next", "call", "no-show-next"];
const NOTES = ["set-items", "set-needs", "set-priority", "reprint", "undo"]; // after them there is nothing to undo

const [, , office = "", desk = ""] = location.pathname.split("/").map(decodeURIComponent);
const here = `/desks/${encodeURIComponent(desk)}`;
const field = /** @type {HTMLInputElement} */ (one("#find"));
const station = new Station(await dressed(), "desk", office, `desk.${office}.${desk}`, STATES);
const { hall, presses } = station;

/** What this window knows beyond the hall. */
const own = {
  /** @type {{id: string, number: string, kind: string, entry: number, at: number} | null} the latest move of this desk */
  last: null,
  /** @type {{id: string, items: import("../house/types.js").Item[]} | null} as tapped, not yet answered */
  items: null,
  /** @type {Map<string, number>} visits that take long and are not forgotten; when that was said */
  still: new Map(),
  called: -Infinity, // when somebody was called last from here
  list: "",
  everything: false,
  wide: false,
};

const held = () => heldBy(hall.tickets, desk);

// Showing

/** Everything that is drawn; nothing before the hall was heard of. */
function look() {
  const seen = station.seen();
  const sign = seen?.signs.desks.find(({ id }) => id === desk);
  const status = seen?.board.desks.find((each) => each.desk === desk);
  if (!seen || !sign || !status) return null;
  const { now } = seen;
  const ticket = held();
  const since =
    ticket && Math.max(Date.parse(ticket.started_at ?? ticket.called_at ?? ""), own.still.get(ticket.id) ?? 0);
  const noting = presses.pending.some(({ kind }) => kind === "set-items");
  if (!noting || own.items?.id !== ticket?.id) own.items = null;
  own.list ||= sign.stages.length && !sign.stages.includes("reception") ? "ready" : "waiting";
  return {
    ...seen,
    ...own,
    desk: sign,
    status,
    held: ticket,
    items: own.items?.items ?? ticket?.items ?? [],
    undo: undoable(ticket, now),
    asking: Boolean(since && now - since >= FORGOTTEN_MS),
    keys: keysLiked(),
  };
}

/**
 * The latest move of this desk, while it can be taken back: what was pressed here, else a call that
 * another window has made, as long as it is the last that happened to its ticket.
 *
 * @param {Ticket | null} ticket that is held
 * @param {number} now
 */
function undoable(ticket, now) {
  const { last } = own;
  if (last && performance.now() - last.at < UNDO_MS) {
    const known = station.ticket(last.id);
    return !known || known.entry_id === last.entry ? last : null;
  }
  const fresh = ticket && now - Date.parse(ticket.called_at ?? "") < UNDO_MS;
  const call = hall.board?.calls.find(({ current, entry_id: entry }) => current && entry === ticket?.entry_id);
  return fresh && call ? { ...ticket, kind: call.recall ? "recall" : "call" } : null;
}

function draw() {
  field.placeholder = station.words.say("desk.find");
  const view = look();
  one("#lists").hidden = !view;
  if (!view) return;
  become(one("#head"), ...head(view));
  become(one("#current"), ...current(view));
  become(one("#next"), ...next(view));
  become(one("#moves"), ...moves(view));
  become(one("#found"), ...found(view, field.value));
  become(one("#tabs"), ...tabs(view, own.list));
  become(one("#list"), ...panel(view, own.list));
  one("#list").setAttribute("aria-labelledby", `tab-${own.list}`);
  become(one("#colleagues"), ...colleagues(view));
  document.title = [view.held?.number, station.words.pick(view.desk.name, desk)].filter(Boolean).join(" – ");
}

/** @param {import("../staff/asking.js").Question} question */
function ask({ kind, id = "" }) {
  const view = look();
  const ticket = station.ticket(id);
  if (!view) return null;
  if (kind === "help") return help(view);
  if (!ticket) return null;
  const why = (/** @type {string} */ move) => move === "call" && busy(view);
  if (kind === "ticket") return ticketSheet({ ...view, among: ORDER, why }, ticket);
  return ticket.allowed?.includes(kind) ? (QUESTIONS[kind]?.({ ...view, among: ORDER }, ticket) ?? null) : null;
}

// Doing

/**
 * What an answer means here: whom this desk moved last, and can take back.
 *
 * @param {Wish} wish
 * @param {any} answer
 * @param {Ticket[]} before
 */
function learn(wish, answer, before) {
  const { called, released } = answer ?? {};
  const ticket = called ?? released ?? answer;
  if (!ticket?.number) return;
  if (NOTES.includes(wish.kind)) {
    if (own.last?.id === ticket.id) own.last = null;
    return;
  }
  const was = heldBy(before, desk);
  const { id, number, entry_id: entry } = ticket;
  const call = called ?? (CALLS.includes(wish.kind) && !released);
  const kind = call
    ? "call"
    : released
      ? wish.kind === "next"
        ? release(was ?? ticket)
        : "no-show"
      : wish.kind;
  own.called = call ? performance.now() : -Infinity;
  own.last = call || id === was?.id ? { id, number, kind, entry, at: performance.now() } : null;
}

/** @param {Ticket} ticket @param {string} [how] */
function releaseAndCall({ id, number }, how) {
  const kind = how ? `${how}-next` : "next";
  station.press({ kind, path: `${here}/release-and-call-next`, body: { ticket: id, move: how }, number });
}

/** @param {string} procedure @param {number} more */
function count(procedure, more) {
  const ticket = held();
  if (!ticket?.allowed?.includes("set-items")) return;
  const { id, number } = ticket;
  const items = withMore(own.items?.items ?? ticket.items, procedure, more);
  own.items = { id, items };
  station.press({
    kind: "set-items",
    path: `/tickets/${id}/set-items`,
    body: { items },
    number,
    merge: `items ${id}`,
  });
}

/** @param {string} status @param {string[]} services */
function setDesk(status, services) {
  const usual = [...(look()?.desk.services ?? [])].sort().join() === [...services].sort().join();
  const body = { status, services: usual ? [] : services };
  station.press({ kind: `status_${status}`, path: `${here}/status`, method: "PUT", body });
}

/** @type {Record<string, import("../staff/station.js").Act>} */
const acts = {
  next() {
    const ticket = held();
    const { words, told } = station;
    if (performance.now() - own.called < TWICE_MS)
      station.tell(`${told.text} ${words.say("desk.twice")}`, told.tone);
    else if (ticket) releaseAndCall(ticket);
    else station.press({ kind: "next", path: `${here}/call-next` });
  },
  "no-show-next"({ id }) {
    const ticket = held();
    if (ticket?.id === id) releaseAndCall(ticket, "no-show");
  },
  call({ id }) {
    station.dialog?.close();
    station.press({
      kind: "call",
      path: `${here}/call`,
      body: { ticket: id },
      number: station.ticket(id)?.number,
    });
  },
  finish({ id }) {
    const ticket = station.ticket(id);
    if (ticket && nextStage(ticket)) station.ask({ kind: "finish", id });
    else station.move(id, "finish");
  },
  "finish-now": ({ id }) => station.move(id, "finish"),
  undo: ({ id }) => station.move(id, "undo", undefined, look()?.undo?.number),
  still: ({ id }) => own.still.set(id, hall.clock.now()),
  less: ({ value }) => count(value, -1),
  add: ({ value }) => count(value, 1),
  status: ({ value }) => setDesk(value, look()?.status.services ?? []),
  serve({ value }) {
    const { status, services } = look()?.status ?? { status: "closed", services: [] };
    const wanted = toggled(services, value);
    if (wanted.length) setDesk(status, wanted);
    else station.tell(station.words.say("desk.why_last"));
  },
  wide: () => (own.wide = !own.wide),
  everything: () => (own.everything = !own.everything),
  tab: ({ value }) => (own.list = value),
  keys: () => likeKeys(!keysLiked()),
};

/** A key presses the button that it names, if the button is there. @param {{act: string, value?: string}} key */
function keyed({ act, value }) {
  if (act === "find") return field.focus();
  const open = look()?.status.status === "break";
  /** @type {Record<string, string>} */
  const places = {
    procedure: `.items li:nth-child(${value}) [data-do=add]`,
    break: `.status [data-value=${open ? "open" : "break"}]`,
  };
  const place = places[act] ?? `#moves [data-do=${act}], #next [data-do=${act}], #head [data-do=${act}]`;
  const button = document.querySelector(place);
  if (button) station.pressed(button);
}

document.addEventListener("keydown", (event) => {
  const tab = tabBeside(event);
  if (tab) {
    station.pressed(tab);
    return tab.focus();
  }
  const key = keysLiked() || event.key === "?" ? meant(event) : null;
  if (!key) return;
  event.preventDefault();
  keyed(key);
});
field.addEventListener("input", () => station.soon());
field.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") field.value = "";
  station.soon();
  if (key === "Enter")
    setTimeout(() =>
      /** @type {HTMLElement | null} */ (document.querySelector("#found [data-do=open]"))?.click(),
    );
});

await station.begin({
  draw,
  ask,
  learn,
  acts,
  missing: () =>
    hall.signs?.desks.some(({ id }) => id === desk) ? "" : station.words.say("desk.unknown_desk", { desk }),
});
