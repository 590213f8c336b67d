/**
 * Asking for a key when a page has none, or one that is no longer good. What was about to be sent waits
 * meanwhile and is sent then. A short code does as well: it is exchanged for a key of this device.
 */
import { Problem, enrol, newPress } from "./api.js";
import { fill, h } from "./dom.js";
import { keepKey, keyOf } from "./key.js";
import { keypad } from "./keypad.js";

/** @typedef {import("./words.js").Words} Words */

const LONGEST_CODE = 10; // characters, gaps included; the shortest key has sixteen

/**
 * Shows a dialog until a key has been entered; resolves with it. A second call while one is open
 * waits for the same answer.
 *
 * @param {Words} words
 * @param {string} page
 * @param {string} office
 * @returns {Promise<string>}
 */
export function askForKey(words, page, office) {
  asking ??= ask(words, page, office).finally(() => (asking = null));
  return asking;
}

/** @type {Promise<string> | null} */
let asking = null;

/**
 * @param {Words} words
 * @param {string} page
 * @param {string} office
 * @returns {Promise<string>}
 */
function ask(words, page, office) {
  const field = h("input", {
    id: "gate-key",
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    required: true,
    "aria-describedby": "gate-trouble",
  });
  const trouble = h("p", { id: "gate-trouble", class: "trouble", role: "alert" });
  const enter = h("button", { class: "main" }, words.say("gate.enter"));
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "gate-title" }, words.say("gate.title")),
    keyOf(page, office) && h("p", { class: "refused" }, words.say("gate.refused")),
    h("p", {}, words.say("gate.why")),
    h("label", { for: "gate-key" }, words.say("gate.label")),
    field,
    keypad(field, words),
    trouble,
    h("p", {}, enter),
  );
  const dialog = h("dialog", { "aria-labelledby": "gate-title", class: "gate" }, form);
  document.body.append(dialog);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  // A code may be seen, it is worth nothing tomorrow; a key may not.
  field.addEventListener("input", () => (field.type = isCode(field.value) ? "text" : "password"));
  dialog.showModal();
  const keyFor = exchange();
  return new Promise((resolve) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!field.value.trim() || enter.disabled) return;
      enter.disabled = true;
      fill(trouble);
      try {
        const key = await keyFor(field.value.trim());
        keepKey(page, office, key);
        dialog.close();
        dialog.remove();
        resolve(key);
      } catch (failure) {
        fill(trouble, why(words, failure));
        field.select();
      } finally {
        enter.disabled = false;
      }
    });
  });
}

/** @param {string} typed */
function isCode(typed) {
  return typed.length <= LONGEST_CODE && !typed.startsWith("mg_");
}

/**
 * Makes a key of whatever was entered. The same code is always the same intent, so that a key that was
 * lost on its way is not lost with its code.
 *
 * @returns {(typed: string) => Promise<string>}
 */
function exchange() {
  let [code, press] = ["", ""];
  return async (typed) => {
    if (!isCode(typed)) return typed;
    if (typed !== code) [code, press] = [typed, newPress()];
    return enrol(code, press);
  };
}

/**
 * @param {Words} words
 * @param {unknown} failure
 * @returns {string}
 */
function why(words, failure) {
  const refused = failure instanceof Problem ? failure.status : 0;
  if (refused === 429) return words.say("gate.too_many");
  return refused ? words.say("gate.wrong_code") : words.say("gate.away");
}
