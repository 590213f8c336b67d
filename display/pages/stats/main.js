/**
 * The statistics of an office: asks the service, keeps what is looked at in the address, and draws.
 * What is drawn stands in the other modules, which know neither network nor clock.
 */
import { Api, Problem } from "../house/api.js";
import { fill, h, one } from "../house/dom.js";
import { askForKey } from "../house/gate.js";
import { keyOf } from "../house/key.js";
import { showPerson } from "../house/person.js";
import { languageButtons } from "../house/languages.js";
import { SignPost } from "../house/signs.js";
import { load, NAMES, preferred, translate } from "../house/words.js";
import { become } from "../staff/become.js";
import { Answers } from "./answers.js";
import { form } from "./form.js";
import { needed, WIDTH } from "./paper.js";
import { blank } from "./parts.js";
import { LIVE, PARTS, questions } from "./questions.js";
import { SECTIONS } from "./sections.js";
import { published, take, Unpublishable, Unwritten } from "./taking.js";
import { likedTheme, likeLanguage, switchTheme } from "./taste.js";
import { addDays, problem, readAddress, resolved, writeAddress } from "./view.js";
import { officeName } from "./wording.js";

/** @typedef {import("./types.js").Chosen} Chosen */
/** @typedef {import("./types.js").Congestion} Congestion */
/** @typedef {import("./types.js").Seen} Seen */
/** @typedef {import("./types.js").View} View */

const PAGE = "stats";
const LIVE_MS = 30_000; // today's figures are asked again so often
const AGAIN_MS = 5_000; // after the service was away
const TOGETHER_MS = 60; // answers that arrive so close together are drawn at once
const LEAST_WIDTH = 280; // px: what a chart needs to be read

const office = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const api = new Api(office, keyOf(PAGE, office));
const post = new SignPost(api);
const known = new Answers(api);
let words = await load(preferred(PAGE));

let chosen = readAddress(location.search);
let looking = 0; // which look this is: what an earlier one hears no longer counts
let heard = 0;
let drawing = false;
let publish = false; // whether files are made ready to leave the house
let paper = false; // whether the page is being printed
/** @type {{kind: string, detail: string} | null} */
let trouble = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let again;
/** @type {Omit<Seen, "words" | "signs" | "width" | "paper"> | null} */
let state = null;

// Asking

/** Asks for everything that is looked at; what is known already stays until it is answered anew. */
async function look() {
  const mine = ++looking;
  clearTimeout(again);
  try {
    await post.of();
    const congestion = await now();
    const today = congestion.at.slice(0, 10);
    const latest = await known.latest(today);
    if (mine !== looking) return;
    begin(congestion, today, latest);
    for (const [part, names] of Object.entries(PARTS)) {
      const wanted = names.filter((name) => part !== "paper" || (state && needed(state, name)));
      await known.each(wanted, (name) => learn(name, mine));
    }
    if (mine === looking) trouble = null;
    soon();
  } catch (failure) {
    if (mine === looking) await troubled(failure);
  }
}

/** @returns {Promise<Congestion>} */
async function now() {
  const congestion = await api.get("/congestion");
  heard = performance.now();
  return congestion;
}

/** @param {Congestion} congestion @param {string} today @param {string | null} latest */
function begin(congestion, today, latest) {
  const before = state;
  const view = resolved(chosen, latest ?? addDays(today, -1));
  const paths = questions(view, today, latest ?? addDays(today, -1), words.language);
  const kept = Object.keys(paths).filter((name) => before?.paths[name] === paths[name]);
  const answers = Object.fromEntries(kept.map((name) => [name, before?.answers[name]]));
  state = { view, today, latest, congestion, paths, answers, open: before?.open ?? new Set() };
  draw();
  show(view);
}

/** @param {string} name @param {number} mine @param {{anew?: boolean}} [how] */
async function learn(name, mine, how) {
  const path = state?.paths[name] ?? "";
  const answer = await known.of(path, how);
  if (mine !== looking || !state) return;
  state.answers[name] = answer;
  soon();
}

/** Asks for today's figures again. */
async function live() {
  if (document.hidden || !state || trouble) return;
  const mine = looking;
  try {
    const congestion = await now();
    if (mine !== looking) return;
    if (congestion.at.slice(0, 10) !== state.today) return await look(); // a new day
    state.congestion = congestion;
    await known.each(LIVE, (name) => learn(name, mine, { anew: true }));
    soon();
  } catch (failure) {
    if (mine === looking) await troubled(failure);
  }
}

/** @param {unknown} failure */
async function troubled(failure) {
  const status = failure instanceof Problem ? failure.status : 0;
  if (status === 401 || status === 403) {
    api.key = await askForKey(words, PAGE, office);
    void showPerson(words, api.key);
    return look();
  }
  const kind = status === 404 ? "unknown" : status === 400 ? "refused" : "away";
  trouble = { kind, detail: failure instanceof Error ? failure.message : "" };
  if (kind === "away") again = setTimeout(look, AGAIN_MS);
  draw();
}

// Showing

/** Draws, once for whatever is heard within a moment. */
function soon() {
  if (drawing) return;
  drawing = true;
  setTimeout(() => {
    drawing = false;
    draw();
  }, TOGETHER_MS);
}

function draw() {
  drawTrouble();
  if (!state || !post.signs) return;
  /** @type {Seen} */
  const seen = { ...state, words, signs: post.signs, paper, width: paper ? WIDTH : columnWidth() };
  fill(one("#office"), officeName(seen));
  document.title = `${words.say("stats.title")} ${officeName(seen)}`;
  become(one("#form"), ...form(seen));
  for (const [id, section] of Object.entries(SECTIONS)) drawSection(seen, id, section(seen));
}

/** Draws for paper, or again for the screen. @param {boolean} on */
function onPaper(on) {
  if (paper === on) return;
  paper = on;
  draw();
}

/** How wide the sections are inside, px. */
function columnWidth() {
  const section = one("#main > section");
  const { paddingLeft, paddingRight } = getComputedStyle(section);
  return Math.max(LEAST_WIDTH, section.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight));
}

/** @param {Seen} seen @param {string} id @param {import("../staff/become.js").Child[] | null} children */
function drawSection(seen, id, children) {
  const place = one(`#${id}`);
  place.toggleAttribute("data-old", children === null);
  place.setAttribute("aria-busy", String(children === null && !trouble));
  if (children) become(place, ...children);
  else if (!place.childElementCount) become(place, ...blank(seen, id));
}

function drawTrouble() {
  const line = one("#away");
  line.hidden = !trouble;
  line.classList.toggle("away", Boolean(trouble));
  if (!trouble) return fill(line, "");
  const time = state?.congestion.at.slice(11, 16) ?? "";
  const kind = trouble.kind === "away" && time ? "old" : trouble.kind;
  fill(line, words.say(`stats.trouble.${kind}`, { time, detail: trouble.detail }));
}

/** Puts what is looked at into the fields, whatever was typed there. @param {View} view */
function show(view) {
  const values = { from: view.from, to: view.to, bin: view.bin, service: view.service ?? "" };
  const others = { "vs-from": view.vsFrom, "vs-to": view.vsTo };
  for (const [id, value] of Object.entries({ ...values, ...others })) {
    const field = /** @type {HTMLInputElement | null} */ (document.getElementById(id));
    if (field) field.value = value;
  }
}

/** Everything that does not depend on figures. */
function dress() {
  translate(words);
  void showPerson(words, api.key);
  fill(one("#languages"), ...languageButtons(Object.keys(NAMES), words.language, choose));
  const theme = likedTheme(PAGE);
  one("#theme").setAttribute("aria-pressed", String(theme === "contrast"));
  document.documentElement.setAttribute("data-theme", theme);
  const links = Object.keys(SECTIONS).map((id) =>
    h("li", {}, h("a", { href: `#${id}` }, words.say(`stats.short.${id}`))),
  );
  const questions = h("a", { href: `${location.pathname}/reception-hours` }, words.say("reports.screen.title"));
  fill(one("#nav"), h("ul", {}, ...links, h("li", {}, questions)));
}

/** @param {string} language */
async function choose(language) {
  likeLanguage(PAGE, language);
  words = await load(language);
  dress();
  draw();
  one(`[data-language="${language}"]`).focus();
  void look(); // definitions are asked for in a language
}

/** @param {string} text */
const tell = (text) => fill(one("#told"), text);

// Doing

/** @param {Partial<Chosen>} part */
function go(part) {
  chosen = { ...chosen, ...part };
  tell("");
  history.pushState(null, "", location.pathname + writeAddress(chosen, location.search));
  void look();
}

/**
 * Goes to a period that was typed, unless it cannot be.
 *
 * @param {string} first
 * @param {string} last
 * @param {(from: string, to: string) => void} then
 */
function typed(first, last, then) {
  const from = valueOf(first);
  const to = valueOf(last);
  const found = problem(from, to);
  if (found) return tell(words.say(`stats.form.${found}`));
  then(from, to);
}

/** @param {string} id */
const valueOf = (id) => /** @type {HTMLInputElement} */ (one(`#${id}`)).value;

/** An address whose file has words in it. @param {string} path */
const inWords = (path) => `${path}${path.includes("?") ? "&" : "?"}lang=${words.language}`;

/** @param {string} question @param {string} format */
async function download(question, format) {
  const kind = words.say(`stats.files.${format}`);
  tell(words.say("stats.files.asking", { kind }));
  try {
    const path = inWords(state?.paths[question] ?? "");
    const name = await take(api, publish ? published(path) : path, format, question);
    tell(words.say("stats.files.saved", { name }));
  } catch (failure) {
    const why = failure instanceof Unwritten ? "unwritten" : "failed";
    tell(words.say(`stats.files.${failure instanceof Unpublishable ? "unpublishable" : why}`, { kind }));
  }
}

/** @type {Record<string, (data: DOMStringMap) => unknown>} */
const acts = {
  table({ id = "" }) {
    if (!state?.open.delete(id)) state?.open.add(id);
    draw();
  },
  download: ({ id = "", value = "" }) => download(id, value),
  period: ({ from = "", to = "" }) => go({ from, to, vsFrom: null, vsTo: null }),
  other: ({ from = "", to = "" }) => go({ vsFrom: from, vsTo: to }),
  print: () => window.print(),
  publish() {
    publish = !publish;
    one("#publish").setAttribute("aria-pressed", String(publish));
    tell(words.say(publish ? "stats.files.publishing" : "stats.files.not_publishing"));
  },
  theme() {
    switchTheme(PAGE);
    dress();
  },
};

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("[data-do]") : null;
  if (button instanceof HTMLElement) acts[button.dataset["do"] ?? ""]?.(button.dataset);
});

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method === "dialog") return; // the gate's
  event.preventDefault();
  if (form.id === "other") return typed("vs-from", "vs-to", (vsFrom, vsTo) => go({ vsFrom, vsTo }));
  typed("from", "to", (from, to) =>
    go({ from, to, bin: valueOf("bin"), service: valueOf("service") || null, vsFrom: null, vsTo: null }),
  );
});

addEventListener("popstate", () => {
  const asked = readAddress(location.search);
  if (JSON.stringify(asked) === JSON.stringify(chosen)) return; // only another place on the page
  chosen = asked;
  void look();
});

one("#main").append(
  ...Object.keys(SECTIONS).map((id) => h("section", { id, "aria-labelledby": `${id}-title` })),
);
dress();
document.addEventListener("visibilitychange", () => performance.now() - heard > LIVE_MS && live());
setInterval(live, LIVE_MS);
addEventListener("beforeprint", () => onPaper(true));
addEventListener("afterprint", () => onPaper(false));
matchMedia("print").addEventListener("change", ({ matches }) => onPaper(matches)); // a preview, perhaps
new ResizeObserver(soon).observe(one("#main"));
void look();
