/**
 * The ticket machine of an office.
 *
 * `?paper=80` (the usual) or `58` says how wide the paper is in millimetres, `?paper=none` that there
 * is no printer. Chromium prints without asking when it is started with
 * `chromium --kiosk --kiosk-printing 'http://…/kiosk/cityhall#key=…'`.
 */
import { Api, Problem } from "../house/api.js";
import { Clock } from "../house/boards.js";
import { fill, one } from "../house/dom.js";
import { askForKey } from "../house/gate.js";
import { keyOf } from "../house/key.js";
import { languageButtons } from "../house/languages.js";
import { SignPost } from "../house/signs.js";
import { load, NAMES, translate } from "../house/words.js";
import { Asking } from "./asking.js";
import { listen } from "./moving.js";
import { Patience } from "./patience.js";
import { print } from "./printing.js";
import { draw, refresh, wayButtons } from "./render.js";
import { after, newVisit, onlyProcedure } from "./visit.js";

/** @typedef {import("../house/types.js").Queue} Queue */
/** @typedef {import("./render.js").View} View */
/** @typedef {import("./visit.js").Screen} Screen */

const PAGE = "kiosk";
const ASK_MS = 2_500; // between two looks at the queues; the first answer also says we are connected
const SILENT_MS = 4_500; // without an answer for so long the service is away: known within 5 s
const LOOK_MS = 250; // how exactly those are kept
const SLOW_MS = 400; // a wait shorter than this needs no words
const SETTLE_MS = 300; // the second half of a double tap must not press what has just appeared
const QUIET_MS = 40_000; // nobody touched anything: has the visitor left?
const SHOWN_MS = 20_000; // WCAG 2.2.1: so long anyone may say "I am still here"

const office = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const width = new URLSearchParams(location.search).get("paper") ?? "80";
const printer = width !== "none";

const open = new Api(office, null); // what everyone may know is asked without a key
const machine = new Api(office, keyOf(PAGE, office));
const asking = new Asking(machine, async () => (await askForKey(view.words, PAGE, office)) ?? "");
const post = new SignPost(open);
const clock = new Clock();
const screen = one("#screen");

/** @type {View} */
let view;

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Showing

/** @param {{moved?: boolean}} [how] moved: to another screen, which is read aloud from its heading */
function redraw({ moved = false } = {}) {
  const drawn = draw(view, act);
  fill(screen, drawn);
  fill(one("#languages"), ...languageButtons(view.signs.languages, view.words.language, speak));
  one("#languages").setAttribute("aria-label", view.words.say("kiosk.languages"));
  fill(one("#ways"), ...wayButtons(view, act));
  document.title = view.words.say("kiosk.title");
  translate(view.words);
  busy();
  if (!moved) return;
  one("h1", drawn).focus();
  screen.classList.add("settling");
  setTimeout(() => screen.classList.remove("settling"), SETTLE_MS);
}

/** @param {Screen} to */
function show(to) {
  const { visit } = view;
  if (visit.busy) return;
  if (to === "needs") visit.before = visit.screen;
  visit.screen = to;
  redraw({ moved: true });
  wait();
}

/** How long this screen waits for its visitor. */
function wait() {
  const { screen: at, language } = view.visit;
  announced = false;
  const untouched = at === "services" && language === view.own.language && !view.contrast;
  if (at === "number") patience.set(0, SHOWN_MS);
  else patience.set(QUIET_MS, untouched ? 0 : SHOWN_MS);
}

function busy() {
  const { busy: now, slow } = view.visit;
  screen.setAttribute("aria-busy", String(now));
  for (const button of document.querySelectorAll("main button, footer button")) {
    if (now) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
  const taking = one("#taking");
  taking.hidden = !(now && slow);
  fill(taking, now && slow ? view.words.say("kiosk.taking") : "");
}

/** @param {string} text read aloud, not shown */
const tell = (text) => fill(one("#told"), text);

let announced = false; // once a screen is enough

const patience = new Patience({
  left(seconds) {
    if (view.visit.busy) return patience.begin();
    const line = one("#going-back");
    if (!announced) tell(view.words.say("kiosk.going_back", { n: seconds }));
    announced = true;
    line.hidden = false;
    fill(one("[data-part=why]", line), view.words.say("kiosk.back_in"));
    fill(one("[data-part=left]", line), view.words.say("kiosk.back_in_s", { n: seconds }));
    fill(one("[data-part=how]", line), view.words.say("kiosk.go_on"));
  },
  kept() {
    one("#going-back").hidden = true;
  },
  over: start,
});

/** Begins anew for the next visitor. */
function start() {
  one("#going-back").hidden = true;
  tell("");
  fill(one("#slip"));
  view.visit = newVisit(view.own.language, printer);
  view.words = view.own;
  view.contrast = false;
  document.documentElement.removeAttribute("data-theme");
  show("services");
}

/** @param {string} language */
async function speak(language) {
  const words = await load(language).catch(() => null);
  if (!words || view.visit.busy) return;
  view.visit.language = language;
  view.words = words;
  redraw();
  header();
  one(`[data-language="${language}"]`).focus();
  wait();
}

// Asking

/** @type {import("./render.js").Acts} */
const act = {
  service(service) {
    if (view.visit.busy) return;
    view.visit.service = service;
    view.visit.procedure = onlyProcedure(service);
    const next = after(service, view.queues.get(service.id));
    if (next === "ask") take();
    else show(next);
  },
  procedure(procedure) {
    if (view.visit.busy) return;
    view.visit.procedure = procedure;
    show("offer");
  },
  take(paper, answer) {
    if (view.visit.busy) return;
    view.visit.paper = paper;
    if (answer) asking.hint(view.visit, answer);
    take();
  },
  elsewhere() {
    if (view.visit.busy) return;
    asking.hint(view.visit, "elsewhere");
    show("elsewhere");
  },
  paper(wanted) {
    view.visit.paper = wanted;
  },
  need(need) {
    const { needs } = view.visit;
    view.visit.needs = needs.includes(need) ? needs.filter((each) => each !== need) : [...needs, need];
  },
  contrast() {
    view.contrast = !view.contrast;
    document.documentElement.toggleAttribute("data-theme", view.contrast);
    if (view.contrast) document.documentElement.setAttribute("data-theme", "contrast");
  },
  show,
  again: take,
  reprint,
  home: () => !view.visit.busy && start(),
};

/** Asks for the number. */
async function take() {
  const { visit } = view;
  if (visit.busy) return;
  visit.busy = true;
  busy();
  const slow = setTimeout(() => {
    visit.slow = true;
    busy();
  }, SLOW_MS);
  const next = await asking.number(visit);
  clearTimeout(slow);
  visit.busy = visit.slow = false;
  if (next === "refused") await look().catch(() => {}); // its hours and message as they are now
  show(next);
  if (visit.ticket && visit.paper) print(one("#slip"), visit.ticket, view);
}

async function reprint() {
  const { visit } = view;
  if (visit.busy || !visit.ticket) return;
  visit.busy = true;
  busy();
  const said = one(".reprint .how");
  try {
    visit.ticket = { ...visit.ticket, ...(await asking.reprint(visit.ticket.id)) };
    fill(said, view.words.say("kiosk.reprinted"));
    await print(one("#slip"), visit.ticket, view);
  } catch (failure) {
    console.error(failure);
    fill(said, view.words.say("kiosk.not_reprinted"));
  }
  tell(said.textContent ?? "");
  visit.busy = false;
  busy();
  patience.begin();
}

// Staying in touch

let heard = performance.now();

/** The queues as they are now. */
async function look() {
  const { at, version, queues } = await open.get("/congestion");
  heard = performance.now();
  clock.set(at);
  view.queues = new Map(queues.map((/** @type {Queue} */ queue) => [queue.service, queue]));
  const signs = await post.of(version);
  const renamed = signs !== view.signs;
  view.signs = signs;
  if (renamed && view.visit.screen === "services") redraw();
  else refresh(screen, view);
  header();
}

async function keepLooking() {
  for (;;) {
    await pause(ASK_MS);
    await look().catch((failure) => unknown(failure) && (heard = -Infinity));
  }
}

/** @param {unknown} failure */
const unknown = (failure) => failure instanceof Problem && failure.code === "unknown_office";

function watch() {
  const away = performance.now() - heard > SILENT_MS;
  if (away === view.away) return;
  view.away = away;
  refresh(screen, view);
  header();
}

function header() {
  const { words, signs, away } = view;
  fill(one("#office"), words.pick(signs.name, office));
  const now = clock.now();
  const parts = now ? [words.date(now, signs.timezone), words.time(now, signs.timezone)] : [];
  fill(one("#clock"), parts.join("  "));
  const said = away ? `${words.say("kiosk.away")} ${words.say("kiosk.away_until")}` : "";
  one("#away").classList.toggle("away", away);
  fill(one("#away"), said);
}

/** Waits for the service for as long as it takes; until then the page says where to ask. */
async function begin() {
  for (;;) {
    try {
      const signs = await post.of();
      const known = signs.languages.filter((each) => NAMES[each]);
      // All of them now: whoever asks for another language must not depend on the line just then.
      const [own = await load("ja")] = await Promise.all(known.map(load));
      return { signs, own };
    } catch (failure) {
      const words = await load("ja").catch(() => null);
      const why = unknown(failure) ? "kiosk.unknown" : "kiosk.away";
      one("#away").classList.add("away");
      if (words) fill(one("#away"), words.say(why));
      await pause(ASK_MS);
    }
  }
}

document.querySelector("meta[http-equiv=refresh]")?.remove();
if (width === "58") one("#paper").setAttribute("href", "/assets/kiosk/paper-58.css");
const { signs, own: words } = await begin();
view = {
  words,
  own: words,
  signs,
  queues: new Map(),
  away: false,
  visit: newVisit(words.language, printer),
  printer,
  contrast: false,
};
await look().catch(() => (heard = -Infinity));
listen(screen);
addEventListener("contextmenu", (event) => event.preventDefault()); // a long press is a press
start();
header();
setInterval(watch, LOOK_MS);
setInterval(header, 1_000);
keepLooking();
if (!machine.key) machine.key = await askForKey(words, PAGE, office);
