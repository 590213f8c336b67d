/**
 * The questions of a reform: asks what stands in the form, and shows the service's report as it is.
 * The same report can be taken away as a file or printed.
 */
import { Api, FOR_YEARS_MS, Problem } from "../house/api.js";
import { fill, h, one } from "../house/dom.js";
import { askForKey } from "../house/gate.js";
import { keyOf } from "../house/key.js";
import { showPerson } from "../house/person.js";
import { languageButtons } from "../house/languages.js";
import { SignPost } from "../house/signs.js";
import { load, NAMES, preferred, translate } from "../house/words.js";
import { take } from "../stats/taking.js";
import { likeLanguage } from "../stats/taste.js";
import { address, FORMS, labelOf, question, valuesOf } from "./forms.js";
import { Uses } from "./uses.js";

/** @typedef {import("./forms.js").Field} Field */
/** @typedef {import("./forms.js").Values} Values */

const PAGE = "stats"; // an analyst's key is the same on all pages of analysts
const AGAIN_MS = 5_000; // after the service was away
const FORMATS = ["json", "csv", "html"];
const LOWER = { H1: "h2", H2: "h3" }; // the page has a title of its own

const [office = "", report = ""] = location.pathname.split("/").slice(2).map(decodeURIComponent);
const api = new Api(office, keyOf(PAGE, office));
const post = new SignPost(api);
let words = await load(preferred(PAGE));

let today = ""; // at the office, whose clock may be another than ours
/** @type {string | null} */
let hours = null; // of today, at the office
/** @type {Values} */
let values = {};
let looking = 0; // which look this is: what an earlier one hears no longer counts
/** @type {ReturnType<typeof setTimeout> | undefined} */
let again;
/** @param {string} text */
const tell = (text) => fill(one("#told"), text);
const uses = report === "freed-time" ? new Uses(api, tell, look) : null;

// Asking

/** Asks for the report of what stands in the form. */
async function look() {
  const mine = ++looking;
  clearTimeout(again);
  try {
    const signs = await post.of(); // a quick question first, so that a service that is away is noticed
    fill(one("#office"), words.pick(signs.name, office));
    if (!today) await begin();
    tell(words.say("reports.screen.counting"));
    one("#report").setAttribute("aria-busy", "true");
    const asked = `${question(report, values)}&format=html&lang=${words.language}`;
    const page = await (await api.blob(asked, FOR_YEARS_MS)).text();
    if (mine !== looking) return;
    show(page);
    trouble(null);
    if (uses) await uses.show(words, today, values);
  } catch (failure) {
    if (mine === looking) await troubled(failure);
  }
}

/** What stands in the form at first depends on the day. */
async function begin() {
  const { at, queues } = await api.get("/congestion");
  today = at.slice(0, 10);
  hours = queues[0]?.hours ?? null;
  values = valuesOf(report, location.search, today, hours);
  form();
}

/** @param {string} page */
function show(page) {
  // Only its main part: how it looks stands in a file that the page has already.
  const part = page.slice(page.indexOf("<main"), page.lastIndexOf("</main>"));
  const told = new DOMParser().parseFromString(part, "text/html").querySelector("main");
  if (!told) throw new Error("the report has no main part");
  for (const head of told.querySelectorAll("h1, h2")) {
    const lower = h(/** @type {"h2"} */ (LOWER[/** @type {"H1"} */ (head.tagName)]), { class: head.className });
    lower.append(...head.childNodes);
    head.replaceWith(lower);
  }
  one("#report").className = told.className;
  one("#report").replaceChildren(...told.childNodes);
  one("#report").setAttribute("aria-busy", "false");
  one("#report").hidden = false;
  one("#files").hidden = false;
  tell("");
}

/** @param {unknown} failure */
async function troubled(failure) {
  tell("");
  one("#report").setAttribute("aria-busy", "false");
  if (failure instanceof Problem && (failure.status === 401 || failure.status === 403)) {
    api.key = await askForKey(words, PAGE, office);
    void showPerson(words, api.key);
    return look();
  }
  const status = failure instanceof Problem ? failure.status : 0;
  const kind = status === 404 ? "unknown" : status === 400 ? "refused" : "away";
  if (kind === "away") again = setTimeout(look, AGAIN_MS);
  trouble(kind, failure instanceof Error ? failure.message : "");
}

// Showing

/** @param {"unknown" | "refused" | "away" | null} kind @param {string} [detail] */
function trouble(kind, detail = "") {
  const line = one("#away");
  line.hidden = !kind;
  line.classList.toggle("away", Boolean(kind));
  fill(line, kind ? words.say(`stats.trouble.${kind}`, { detail }) : "");
}

/** @param {Field} field */
function input({ name, kind, choices = [], optional }) {
  const value = values[name] ?? "";
  if (kind === "choice") {
    const chosen = choices.map((each) =>
      h("option", { value: each, selected: each === value }, words.say(`reports.choices.${each}`)),
    );
    return h("select", { id: name }, ...chosen);
  }
  const more = { date: {}, text: {}, percent: { min: 0, max: 100, step: "any" }, number: { min: 1 } }[kind];
  const type = kind === "percent" ? "number" : kind;
  return h("input", { id: name, type, value, required: !optional, ...more });
}

function form() {
  const fields = (FORMS[report] ?? []).map((field) => {
    const hint = `reports.hints.${field.name}`;
    return h(
      "div",
      { class: "field" },
      h("label", { for: field.name }, words.say(`reports.fields.${labelOf(report, field.name)}`)),
      input(field),
      field.kind === "text" && h("small", {}, words.say(hint)),
    );
  });
  const show = h("button", { class: "main" }, words.say("reports.screen.show"));
  fill(one("#form"), h("div", { class: "fields" }, ...fields, show));
}

/** Takes in what stands in the form. */
function typed() {
  for (const field of document.querySelectorAll("#form input, #form select")) {
    values[field.id] = /** @type {HTMLInputElement} */ (field).value;
  }
}

/** Everything that does not depend on the answer. */
function dress() {
  translate(words);
  void showPerson(words, api.key);
  fill(one("#title"), words.say("reports.screen.title"));
  document.title = `${words.say(`reports.short.${report}`)} – ${words.say("reports.screen.title")}`;
  fill(one("#about"), words.say(`reports.about.${report}`));
  fill(one("#languages"), ...languageButtons(Object.keys(NAMES), words.language, choose));
  const base = `/stats/${encodeURIComponent(office)}`;
  const links = Object.keys(FORMS).map((name) => {
    const current = name === report && "page";
    return h("li", {}, h("a", { href: `${base}/${name}`, "aria-current": current }, words.say(`reports.short.${name}`)));
  });
  fill(one("#nav"), h("ul", {}, h("li", {}, h("a", { href: base }, words.say("stats.title"))), ...links));
  files();
}

function files() {
  const buttons = FORMATS.map((format) =>
    h("button", { type: "button", class: "quiet", "data-do": "download", "data-value": format }, format.toUpperCase()),
  );
  fill(one("#files"), h("span", {}, words.say("stats.files.title")), ...buttons);
}

// Doing

/** @param {string} language */
async function choose(language) {
  likeLanguage(PAGE, language);
  words = await load(language);
  typed();
  dress();
  if (today) form();
  one(`[data-language="${language}"]`).focus();
  await look();
}

/** @param {string} format */
async function download(format) {
  const kind = format.toUpperCase();
  tell(words.say("stats.files.asking", { kind }));
  try {
    const asked = `${question(report, values)}&lang=${words.language}`;
    tell(words.say("stats.files.saved", { name: await take(api, asked, format, report) }));
  } catch {
    tell(words.say("stats.files.failed", { kind }));
  }
}

/** @type {Record<string, (value: string) => unknown>} */
const acts = { download, print: () => print() };

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("[data-do]") : null;
  if (button instanceof HTMLElement) acts[button.dataset["do"] ?? ""]?.(button.dataset["value"] ?? "");
});

document.addEventListener("submit", (event) => {
  if (/** @type {HTMLFormElement} */ (event.target).id !== "form") return; // another form's
  event.preventDefault();
  typed();
  history.pushState(null, "", location.pathname + address(values));
  void look();
});

addEventListener("popstate", () => {
  values = valuesOf(report, location.search, today, hours);
  form();
  void look();
});

if (FORMS[report]) {
  dress();
  void look();
} else {
  location.replace(`/stats/${encodeURIComponent(office)}`);
}
