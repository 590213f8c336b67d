/**
 * Asking for the key when a page has none, or one that is no longer good. What was about to be sent
 * waits meanwhile and is sent then.
 */
import { h } from "./dom.js";
import { keepKey, keyOf } from "./key.js";

/** @typedef {import("./words.js").Words} Words */

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
  const field = h("input", { id: "gate-key", type: "password", autocomplete: "off", required: true });
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "gate-title" }, words.say("gate.title")),
    keyOf(page, office) && h("p", { class: "refused" }, words.say("gate.refused")),
    h("p", {}, words.say("gate.why")),
    h("label", { for: "gate-key" }, words.say("gate.label")),
    field,
    h("p", {}, h("button", { class: "main" }, words.say("gate.enter"))),
  );
  const dialog = h("dialog", { "aria-labelledby": "gate-title", class: "gate" }, form);
  document.body.append(dialog);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.showModal();
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!field.value.trim()) return;
      keepKey(page, office, field.value);
      dialog.close();
      dialog.remove();
      resolve(field.value.trim());
    });
  });
}
