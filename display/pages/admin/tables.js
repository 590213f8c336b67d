/** What an administrator sees: people, devices, and who did what. Pure. */
import { h } from "../house/dom.js";
import { tag } from "../house/words.js";

/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {{name: string, role: string, office: string | null, second_factor: boolean, signed_in: boolean}} Person */
/** @typedef {{id: string, role: string, office: string | null, label: string, last_used_at: string | null}} Key */
/**
 * @typedef {object} Note
 * @property {string} id
 * @property {string} at
 * @property {string} by
 * @property {string | null} did
 * @property {string | null} on
 * @property {string | null} desk
 * @property {number | null} entry_id
 */

/** @param {Words} words @param {Person[]} all @param {string} me the name of whoever looks, if it is a person */
export function peopleTable(words, all, me) {
  if (!all.length) return h("p", {}, words.say("admin.people.none"));
  return table(
    words,
    ["people.name", "role", "reach", "people.state", "do"],
    all.map((each) => [
      each.name,
      words.say(`admin.roles.${each.role}`),
      reach(words, each.office),
      words.say(`admin.people.${each.signed_in ? "signed_in" : "new"}`) +
        (each.second_factor ? ` · ${words.say("admin.people.second_factor")}` : ""),
      doing(words, "reset", "people.reset", each.name),
      each.name === me ? words.say("admin.you") : doing(words, "remove", "people.remove", each.name),
    ]),
  );
}

/** @param {Words} words @param {Key[]} all @param {string} timezone @param {string} mine the id of the key that is used here */
export function keysTable(words, all, timezone, mine) {
  if (!all.length) return h("p", {}, words.say("admin.devices.none"));
  return table(
    words,
    ["devices.where", "role", "reach", "devices.used", "do"],
    all.map((each) => [
      each.label || each.id,
      words.say(`admin.roles.${each.role === "staff" ? "desk" : each.role}`),
      reach(words, each.office),
      each.last_used_at ? moment(words, each.last_used_at, timezone) : words.say("admin.devices.never"),
      each.id === mine
        ? words.say("admin.you")
        : doing(words, "revoke", "devices.revoke", each.id, each.label || each.id),
    ]),
  );
}

/** @param {Words} words @param {Note[]} all @param {string} timezone */
export function notesTable(words, all, timezone) {
  if (!all.length) return h("p", {}, words.say("admin.notes.none"));
  return table(
    words,
    ["notes.at", "notes.by", "notes.did", "notes.on", "notes.desk"],
    all.map((each) => [
      moment(words, each.at, timezone),
      each.by,
      deed(words, each),
      each.on ?? "",
      each.desk ?? "",
    ]),
  );
}

/**
 * A password or code, shown once.
 *
 * @param {Words} words
 * @param {string} title
 * @param {string} secret
 * @param {...(Node | string | null | false)} more
 */
export function once(words, title, secret, ...more) {
  return h("div", { class: "once" }, h("p", {}, title), h("code", {}, secret), ...more);
}

/** @param {Words} words @param {string} at @param {string} timezone */
export function moment(words, at, timezone) {
  return new Intl.DateTimeFormat(tag(words.language), {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: timezone,
  }).format(new Date(at));
}

/** @param {Words} words @param {Note} note */
function deed(words, { did, entry_id: entry }) {
  if (did === null) return words.say("admin.notes.deleted", { entry: entry ?? "" });
  return /** @type {any} */ (words.catalogue)["admin"].did[did] ?? did;
}

/** @param {Words} words @param {string | null} office */
function reach(words, office) {
  return words.say(office === null ? "admin.everywhere" : "admin.here");
}

/** @param {Words} words @param {string} act @param {string} label @param {string} id @param {string} [name] */
function doing(words, act, label, id, name = id) {
  const text = words.say(`admin.${label}`);
  return h(
    "button",
    { type: "button", class: "quiet", "data-do": act, "data-value": id, "data-name": name },
    text,
    h("span", { class: "spoken" }, ` ${name}`),
  );
}

/** @param {Words} words @param {string[]} heads @param {(string | Node)[][]} rows */
function table(words, heads, rows) {
  const width = Math.max(...rows.map((row) => row.length));
  const last = width - heads.length + 1; // the last head stands over all that is left
  return h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ...heads.map((each, n) =>
          h("th", { scope: "col", colspan: n === heads.length - 1 && last }, words.say(`admin.${each}`)),
        ),
      ),
    ),
    h(
      "tbody",
      {},
      ...rows.map(([first = "", ...cells]) =>
        h("tr", {}, h("th", { scope: "row" }, first), ...cells.map((cell) => h("td", {}, cell))),
      ),
    ),
  );
}
