/** The greeter's page: whoever meets visitors at the entrance and knows where they belong. */
import { one } from "../house/dom.js";
import { become } from "../staff/become.js";
import { QUESTIONS, sheet, tastes, ticketSheet } from "../staff/dialogs.js";
import { GREETER, toggled } from "../staff/moves.js";
import { print } from "../staff/slip.js";
import { dressed, Station } from "../staff/station.js";
import { DIALOGS } from "./dialogs.js";
import { head, list, options, parts, result, services, STATES } from "./render.js";
import { bodyOf, wanted } from "./wish.js";

/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("../staff/presses.js").Wish} Wish */

const office = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const station = new Station(await dressed(), "floor", office, `floor.${office}`, STATES);
const { hall } = station;
const COUNTS = `madoguchi.floor.${office}.helped`;

const own = {
  part: "services",
  wanted: wanted("", "ja"),
  /** @type {Ticket | null} */
  issued: null,
  paper: false, // whether the number that was asked for goes on paper
};

/** How many were helped without a number: on this device, today. @returns {Record<string, number>} */
function helped() {
  const { day, counts } = JSON.parse(localStorage.getItem(COUNTS) ?? "{}");
  return day === today() ? counts : {};
}

const today = () => hall.board?.at.slice(0, 10) ?? "";

// Showing

/** @returns {import("./render.js").View | null} */
function look() {
  const seen = station.seen();
  return seen && { ...seen, ...own, helped: helped() };
}

/** @param {string} id */
const valueOf = (id) => /** @type {HTMLInputElement} */ (one(`#${id}`)).value;

function draw() {
  /** @type {HTMLInputElement} */ (one("#find")).placeholder = station.words.say("desk.find");
  const view = look();
  one("#live").hidden = !view;
  if (!view) return;
  document.body.setAttribute("data-part", own.part);
  document.title = station.words.say("floor.title");
  become(one("#head"), ...head(view));
  become(one("#parts"), ...parts(view));
  become(one("#services"), ...services(view));
  become(one("#service"), ...options(view, "service"));
  become(one("#state"), ...options(view, "state"));
  become(
    one("#list"),
    ...list(view, { typed: valueOf("find"), service: valueOf("service"), state: valueOf("state") }),
  );
  become(one("#result"), ...result(view));
}

/** @param {import("../staff/asking.js").Question} question */
function ask({ kind, id = "" }) {
  const view = look();
  const { words } = station;
  if (!view) return null;
  if (kind === "help")
    return sheet(words.say("floor.settings"), words.say("desk.close"), ...tastes(view));
  const own = DIALOGS[kind];
  if (own) return own(view, id);
  const ticket = station.ticket(id);
  if (!ticket) return null;
  if (kind === "ticket") return ticketSheet({ ...view, among: GREETER }, ticket);
  return ticket.allowed?.includes(kind)
    ? (QUESTIONS[kind]?.({ ...view, among: GREETER }, ticket) ?? null)
    : null;
}

// Doing

/**
 * @param {Wish} wish
 * @param {any} answer
 */
function learn(wish, answer) {
  if (wish.kind === "issue") {
    own.issued = answer;
    station.ask({ kind: "issued" });
    if (own.paper) paper();
  }
  if (wish.kind === "helped") {
    const service = /** @type {{service?: string}} */ (wish.body).service ?? "";
    const counts = helped();
    const all = { ...counts, [service]: (counts[service] ?? 0) + 1 };
    localStorage.setItem(COUNTS, JSON.stringify({ day: today(), counts: all }));
  }
}

function paper() {
  if (own.issued && hall.signs) print(own.issued, hall.signs, station.words);
}

/** What was written in the dialog; null when nothing was. */
function written() {
  const texts = ["ja", "en"]
    .map((language) => [language, valueOf(`text-${language}`).trim()])
    .filter(([, text]) => text);
  return texts.length ? Object.fromEntries(texts) : null;
}

/** @param {string} kind @param {string} path @param {object} body */
function put(kind, path, body) {
  station.dialog?.close();
  station.press({ kind, path, body, method: "PUT" });
}

/** @param {string} service */
const statusOf = (service) => `/services/${encodeURIComponent(service)}/status`;

/** @type {Record<string, import("../staff/station.js").Act>} */
const acts = {
  part: ({ value }) => (own.part = value),
  issue({ id }) {
    own.wanted = wanted(id, hall.signs?.languages[0] ?? "ja");
    station.ask({ kind: "issue", id });
  },
  procedure: ({ value }) => (own.wanted.procedures = toggled(own.wanted.procedures, value)),
  "wish-need": ({ value }) => (own.wanted.needs = toggled(own.wanted.needs, value)),
  "wish-priority": ({ value }) => (own.wanted.priority = value),
  "wish-language": ({ value }) => (own.wanted.language = value),
  give({ value }) {
    own.paper = value === "print";
    station.dialog?.close();
    station.press({ kind: "issue", path: "/tickets", body: bodyOf(own.wanted) });
  },
  print: paper,
  helped: ({ id }) => station.press({ kind: "helped", path: "/helped", body: id ? { service: id } : {} }),
  suspend: ({ id }) => station.ask({ kind: "suspend", id }),
  "suspend-now"({ id }) {
    const message = written();
    put("suspend", statusOf(id), { status: "suspended", ...(message && { message }) });
  },
  reopen: ({ id }) => put("reopen", statusOf(id), { status: "open" }),
  notice: () => station.ask({ kind: "notice" }),
  "notice-up"() {
    const text = written();
    put(text ? "notice_up" : "notice_down", "/notice", { text });
  },
  "notice-down": () => put("notice_down", "/notice", { text: null }),
};

one("#filters").addEventListener("input", () => station.soon());
await station.begin({ draw, ask, learn, acts, missing: () => "" });
