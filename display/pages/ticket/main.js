/**
 * A visitor's own page. It needs no key: the ticket's id in the address is all it takes. It asks again
 * every few seconds, seldom while nobody looks, and at once when somebody does.
 */
import { Api, newPress, Problem } from "../house/api.js";
import { fill, h, one } from "../house/dom.js";
import { languageButtons } from "../house/languages.js";
import { SignPost } from "../house/signs.js";
import { load, NAMES, preferred, translate } from "../house/words.js";
import { age, cancelDialog, deskOf, draw, drawGone, isOver, mayCancel } from "./render.js";

/** @typedef {import("../house/types.js").Ticket} Ticket */

const PAGE = "ticket";
const PAUSE_MS = 3_000;
const JITTER_MS = 2_000; // a hall of phones must not ask at the same instant
const HIDDEN_MS = 20_000; // nobody looks; browsers slow it down further
const OVER_MS = 60_000; // the visit is over, but staff can undo that
const SILENT_MS = 9_000; // two questions without an answer: the phone is offline, say so
const LOOK_MS = 1_000;
const BUZZ = [400, 200, 400, 200, 800]; // milliseconds on and off

const [, , office = "", id = ""] = location.pathname.split("/").map(decodeURIComponent);
const api = new Api(office, null);
const post = new SignPost(api);
const place = one("#visit");
const press = newPress(); // giving up the number is one intent, however often it is pressed

/** @type {Ticket | null} */
let ticket = null;
/** @type {number | null} */
let heard = null;
let gone = false;
let words = await load(preferred(PAGE));
let chosen = Boolean(localStorage.getItem(`madoguchi.${PAGE}.language`) ?? new URLSearchParams(location.search).get("lang"));
/** @type {ReturnType<typeof setTimeout> | undefined} */
let next;

/** Shows what is known. */
function show() {
  translate(words);
  const signs = post.signs;
  fill(
    one("#languages"),
    ...languageButtons(signs?.languages ?? Object.keys(NAMES), words.language, choose),
  );
  fill(one("#office"), words.pick(signs?.name, ""));
  if (gone) drawGone(place, words);
  else if (ticket && signs) draw(place, ticket, signs, words);
  document.title = title();
  showCancel();
  showAge();
}

function title() {
  if (gone || !ticket) return words.say("ticket.wait_title");
  const number = words.say("ticket.title", { number: ticket.number });
  if (ticket.state !== "called" || !post.signs) return number;
  const desk = words.pick(deskOf(post.signs, ticket.desk)?.name, ticket.desk ?? "");
  return `${words.say("ticket.title_called", { desk })} ${number}`;
}

function showCancel() {
  const corner = one("#cancel");
  if (gone || !ticket || !mayCancel(ticket)) return fill(corner);
  const number = ticket.number;
  const button = corner.querySelector("button") ?? h("button", { class: "quiet" });
  fill(button, words.say("ticket.cancel"));
  button.onclick = () => {
    const dialog = cancelDialog(words, number, cancel);
    document.body.append(dialog);
    dialog.showModal();
  };
  if (!button.isConnected) fill(corner, button);
}

/** Says that there is no line to the service, and how old what stands there is. */
function showAge() {
  const passed = heard === null ? null : performance.now() - heard;
  const away = passed === null ? performance.now() > SILENT_MS : passed > quiet() + SILENT_MS;
  const line = one("#away");
  line.classList.toggle("away", away);
  fill(line, away ? `${words.say("ticket.away")} ${age(words, passed)}` : "");
}

/** How long it is usually quiet between two answers. */
function quiet() {
  if (gone || (ticket && isOver(ticket))) return OVER_MS;
  return document.hidden ? HIDDEN_MS : 0;
}

/** @param {string} language */
async function choose(language) {
  localStorage.setItem(`madoguchi.${PAGE}.language`, language);
  chosen = true;
  words = await load(language);
  show();
  one(`[data-language="${language}"]`).focus();
}

/** @param {Ticket} fresh */
async function take(fresh) {
  const before = ticket;
  ticket = fresh;
  gone = false;
  if (!chosen && NAMES[fresh.language]) words = await load(fresh.language); // as on the machine
  chosen = true;
  const called = fresh.state === "called" && !(before?.state === "called" && before.calls === fresh.calls);
  show();
  if (called && before) navigator.vibrate?.(BUZZ);
}

async function look() {
  clearTimeout(next);
  try {
    const fresh = await api.get(`/tickets/${encodeURIComponent(id)}`);
    if (!knows(fresh)) await post.of((post.signs?.version ?? 0) + 1);
    heard = performance.now();
    await take(fresh);
  } catch (failure) {
    if (failure instanceof Problem && failure.status === 404) {
      heard = performance.now();
      gone = true;
      await post.of().catch(() => {}); // at least the name of the office
      show();
    }
    showAge();
  }
  clearTimeout(next);
  next = setTimeout(look, (quiet() || PAUSE_MS) + Math.random() * JITTER_MS);
}

/** @param {Ticket} fresh whether its service and desk are on the signs that we have */
function knows(fresh) {
  const { services = [], desks = [] } = post.signs ?? {};
  const service = services.some((each) => each.id === fresh.service);
  return service && (fresh.desk === null || desks.some((each) => each.id === fresh.desk));
}

/** Gives the number up; whether it is given up now. */
async function cancel() {
  try {
    await take(await api.post(`/tickets/${encodeURIComponent(id)}/cancel`, {}, { press }));
  } catch {
    await look();
  }
  return ticket?.state === "cancelled";
}

document.addEventListener("visibilitychange", () => document.hidden || look());
addEventListener("online", look);
setInterval(showAge, LOOK_MS);
show();
look();
