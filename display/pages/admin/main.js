/** The page of administrators: who may sign in, which devices there are, who did what. */
import { Api, Away, newPress, Problem } from "../house/api.js";
import { fill, h, one } from "../house/dom.js";
import { askForKey } from "../house/gate.js";
import { keyOf } from "../house/key.js";
import { languageButtons } from "../house/languages.js";
import { showPerson } from "../house/person.js";
import { SignPost } from "../house/signs.js";
import { load, NAMES, preferred, translate } from "../house/words.js";
import { keysTable, moment, notesTable, once, peopleTable } from "./tables.js";

/** @typedef {import("./tables.js").Key} Key */
/** @typedef {import("./tables.js").Note} Note */
/** @typedef {import("./tables.js").Person} Person */

const PAGE = "admin";
const AGAIN_MS = 5_000; // after the service was away
const NOTES = 50; // shown at a time

const office = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const api = Api.ofService(keyOf(PAGE, office));
const post = new SignPost(new Api(office, null));
let words = await load(preferred(PAGE));

/** @type {{people: Person[], keys: Key[], notes: Note[], before: string | null} | null} */
let known = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let again;
let me = ""; // the name of whoever has signed in

// Asking

/** Asks for everything that is shown. */
async function look() {
  clearTimeout(again);
  try {
    await post.of();
    const [{ people }, { keys }, { audit, before }] = await Promise.all([
      api.get("/people"),
      api.get("/keys"),
      api.get(`/audit?${new URLSearchParams({ office, limit: String(NOTES) })}`),
    ]);
    /** @param {{office: string | null}} each */
    const ours = (each) => each.office === office || each.office === null;
    known = { people: people.filter(ours), keys: keys.filter(ours), notes: audit, before };
    trouble("");
    draw();
  } catch (failure) {
    await troubled(failure);
  }
}

/** @param {unknown} failure */
async function troubled(failure) {
  if (failure instanceof Problem && [401, 403].includes(failure.status)) {
    api.key = await askForKey(words, PAGE, office);
    me = await showPerson(words, api.key);
    return look();
  }
  if (failure instanceof Problem && failure.status === 404) return trouble(words.say("desk.unknown_office"));
  if (!(failure instanceof Away) && !(failure instanceof Problem)) throw failure;
  trouble(words.say("gate.away"));
  again = setTimeout(look, AGAIN_MS);
}

/** The notes before those that are shown. */
async function older() {
  if (!known?.before) return;
  const asked = new URLSearchParams({ office, limit: String(NOTES), before: known.before });
  const { audit, before } = await api.get(`/audit?${asked}`);
  known.notes.push(...audit);
  known.before = before;
  draw();
}

// Showing

/** @param {string} text */
function trouble(text) {
  const line = one("#away");
  line.hidden = !text;
  line.classList.toggle("away", Boolean(text));
  fill(line, text);
}

/** @param {string} text */
const tell = (text) => fill(one("#told"), text);

function draw() {
  if (!known || !post.signs) return;
  const { name, timezone } = post.signs;
  fill(one("#office"), words.pick(name, office));
  document.title = `${words.say("admin.title")} – ${words.pick(name, office)}`;
  fill(one("#people"), peopleTable(words, known.people, me));
  fill(one("#keys"), keysTable(words, known.keys, timezone, api.key?.slice(3, 15) ?? ""));
  fill(one("#notes"), notesTable(words, known.notes, timezone));
  one("[data-do=older]").hidden = !known.before;
  one("main").hidden = false;
}

/** Everything that does not depend on answers. */
async function dress() {
  translate(words);
  fill(one("#languages"), ...languageButtons(Object.keys(NAMES), words.language, choose));
  me = await showPerson(words, api.key);
}

/** @param {string} language */
async function choose(language) {
  localStorage.setItem(`madoguchi.${PAGE}.language`, language);
  words = await load(language);
  await dress();
  draw();
  one(`[data-language="${language}"]`).focus();
}

/**
 * Asks whether something that cannot be taken back is meant.
 *
 * @param {string} what
 * @returns {Promise<boolean>}
 */
function sure(what) {
  const dialog = /** @type {HTMLDialogElement} */ (one("#sure"));
  return new Promise((resolve) => {
    /** @param {string} value @param {string} label @param {string} look */
    const button = (value, label, look) => h("button", { value, class: look }, words.say(`admin.${label}`));
    const buttons = h("div", { class: "row" }, button("", "keep", "quiet"), button("yes", "sure", "alarm"));
    fill(dialog, h("form", { method: "dialog" }, h("p", { id: "sure-what" }, what), buttons));
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.returnValue = "";
    dialog.showModal();
  });
}

// Doing

/** @param {{name: string, password: string, second_factor_qr: string | null}} invited */
function showInvited({ name, password, second_factor_qr: picture }) {
  const more = picture && [
    h("p", {}, words.say("admin.people.scan")),
    h("img", { src: picture, alt: words.say("admin.people.scan_alt") }),
  ];
  fill(one("#invited"), once(words, words.say("admin.people.password", { name }), password, ...(more || [])));
}

/** @type {Record<string, (value: string, name: string) => Promise<unknown>>} */
const ACTS = {
  older,
  async reset(name) {
    if (!(await sure(words.say("admin.people.sure_reset", { name })))) return;
    showInvited(await api.post(`/people/${encodeURIComponent(name)}/reset`));
    await look();
  },
  async remove(name) {
    if (!(await sure(words.say("admin.people.sure_remove", { name })))) return;
    await api.post(`/people/${encodeURIComponent(name)}`, undefined, { method: "DELETE" });
    fill(one("#invited"));
    tell(words.say("admin.people.removed", { name }));
    await look();
  },
  async revoke(id, name) {
    if (!(await sure(words.say("admin.devices.sure_revoke", { name })))) return;
    await api.post(`/keys/${encodeURIComponent(id)}/revoke`);
    tell(words.say("admin.devices.revoked", { name }));
    await look();
  },
};

/** @param {string} id */
const typed = (id) => /** @type {HTMLInputElement} */ (one(`#${id}`)).value.trim();

/** @type {Record<string, {wish: () => object, path: string, show: (answer: any) => void}>} */
const FORMS = {
  add: {
    wish: () => ({ name: typed("name"), role: typed("role"), office }),
    path: "/people",
    show: showInvited,
  },
  enrol: {
    wish: () => ({ role: typed("kind"), label: typed("label"), office }),
    path: "/enrolments",
    show({ code, role, expires_at: until }) {
      const page = words.say(`admin.devices.open.${role}`);
      const time = moment(words, until, post.signs?.timezone ?? "UTC");
      fill(one("#code"), once(words, words.say("admin.devices.code", { page, time }), code));
    },
  },
};

/** @param {() => Promise<unknown>} act */
async function carryOut(act) {
  tell("");
  try {
    await act();
  } catch (failure) {
    if (failure instanceof Problem && failure.status < 500 && ![401, 403].includes(failure.status)) {
      const known = ["wrong_name", "person_exists", "unknown_person", "unknown_key", "too_many"];
      const code = failure.body["field"] === "name" ? "wrong_name" : failure.code;
      tell(words.say(`admin.problems.${known.includes(code) ? code : "other"}`));
      await look();
    } else await troubled(failure);
  }
}

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("[data-do]") : null;
  if (!(button instanceof HTMLElement)) return;
  const { do: act = "", value = "", name = "" } = button.dataset;
  const doing = ACTS[act];
  if (doing) void carryOut(() => doing(value, name));
});

/** @type {Map<string, {said: string, press: string}>} what each form sent last: the same is one intent */
const sent = new Map();
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const known = FORMS[form.id];
  if (!known) return;
  event.preventDefault();
  const wish = known.wish();
  const said = JSON.stringify(wish);
  const press = sent.get(form.id)?.said === said ? /** @type {any} */ (sent.get(form.id)).press : newPress();
  sent.set(form.id, { said, press });
  void carryOut(async () => {
    const answer = await api.post(known.path, wish, { press });
    sent.delete(form.id);
    form.reset();
    known.show(answer);
    await look();
  });
});

await dress();
void look();
