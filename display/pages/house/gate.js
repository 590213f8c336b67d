/**
 * Asking who is there when a page has no key, or one that is no longer good. Whoever works at a page
 * signs in; a machine has a key, or a short code that is exchanged for one. What was about to be sent
 * waits meanwhile and is sent then.
 */
import { Away, Problem, enrol, newPress } from "./api.js";
import { fill, h } from "./dom.js";
import { forgetKey, keepKey, keyOf } from "./key.js";
import { keypad } from "./keypad.js";
import { fits, isForPeople, signIn, who } from "./session.js";

/** @typedef {import("./words.js").Words} Words */
/** @typedef {(failure: unknown) => string} Why */
/** @typedef {(key: string | null) => void} Done */

const LONGEST_CODE = 10; // characters, gaps included; the shortest key has sixteen
const AGAIN_MS = 1_000; // after the service was away

/**
 * Resolves with a key, or with null when a person has signed in and no key is needed. A second call
 * while one is open waits for the same answer.
 *
 * @param {Words} words
 * @param {string} page
 * @param {string} office
 * @returns {Promise<string | null>}
 */
export function askForKey(words, page, office) {
  asking ??= ask(words, page, office).finally(() => (asking = null));
  return asking;
}

/** @type {Promise<string | null> | null} */
let asking = null;

/**
 * @param {Words} words
 * @param {string} page
 * @param {string} office
 * @returns {Promise<string | null>}
 */
async function ask(words, page, office) {
  const had = keyOf(page, office);
  if (!isForPeople(page)) return show(words, [had && "refused"], (done) => [keyForm(words, page, office, done)]);
  const there = had ? null : await patiently(who);
  if (there && fits(there, page, office)) return null;
  const why = [had && "refused", there && "not_for_you"];
  return show(words, why, (done) => [
    signInForm(words, (entered) => {
      if (!fits(entered, page, office)) return words.say("gate.not_for_you");
      forgetKey(page, office);
      done(null);
      return "";
    }),
    h(
      "details",
      { open: Boolean(had) },
      h("summary", {}, words.say("gate.device")),
      keyForm(words, page, office, done),
    ),
  ]);
}

/**
 * @template T
 * @param {() => Promise<T>} question
 * @returns {Promise<T>} its answer, however long the service is away
 */
async function patiently(question) {
  for (;;) {
    try {
      return await question();
    } catch (failure) {
      if (!(failure instanceof Away)) throw failure;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/**
 * Shows the dialog until something in it is done.
 *
 * @param {Words} words
 * @param {(string | null | false)[]} why words that say why it is shown
 * @param {(done: Done) => HTMLElement[]} parts
 * @returns {Promise<string | null>}
 */
function show(words, why, parts) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "gate-title", class: "gate" });
    /** @type {Done} */
    const done = (key) => {
      dialog.close();
      dialog.remove();
      resolve(key);
    };
    const made = parts(done);
    const title = made.length > 1 ? "gate.sign_in" : "gate.title";
    const said = why.filter(Boolean).map((each) => h("p", { class: "refused" }, words.say(`gate.${each}`)));
    dialog.append(h("h2", { id: "gate-title" }, words.say(title)), ...said, ...made);
    document.body.append(dialog);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.showModal();
  });
}

/**
 * A form that says what went wrong, and does one thing at a time.
 *
 * @param {(HTMLElement | null)[]} fields
 * @param {HTMLElement} trouble
 * @param {string} label
 * @param {() => Promise<string>} enter returns what is still wrong, or nothing
 * @param {HTMLElement} [beside] the button
 */
function formOf(fields, trouble, label, enter, beside) {
  const button = h("button", { class: "main" }, label);
  const form = h("form", { method: "dialog" }, ...fields, trouble, h("p", { class: "row" }, button, beside));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    fill(trouble);
    fill(trouble, await enter());
    button.disabled = false;
  });
  return form;
}

/** @param {string} id */
const troubleLine = (id) => h("p", { id, class: "trouble", role: "alert" });

// A key, or a code for one

/**
 * @param {Words} words
 * @param {string} page
 * @param {string} office
 * @param {Done} done
 */
function keyForm(words, page, office, done) {
  const field = h("input", {
    id: "gate-key",
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    required: true,
    "aria-describedby": "gate-trouble",
  });
  // A code may be seen, it is worth nothing tomorrow; a key may not.
  field.addEventListener("input", () => (field.type = isCode(field.value) ? "text" : "password"));
  const keyFor = exchange();
  const fields = [
    h("p", {}, words.say("gate.why")),
    h("label", { for: "gate-key" }, words.say("gate.label")),
    field,
    keypad(field, words),
  ];
  return formOf(fields, troubleLine("gate-trouble"), words.say("gate.enter"), async () => {
    if (!field.value.trim()) return "";
    try {
      const key = await keyFor(field.value.trim());
      keepKey(page, office, key);
      done(key);
      return "";
    } catch (failure) {
      field.select();
      return whyNoKey(words, failure);
    }
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
function whyNoKey(words, failure) {
  const refused = failure instanceof Problem ? failure.status : 0;
  if (refused === 429) return words.say("gate.too_many");
  return refused ? words.say("gate.wrong_code") : words.say("gate.away");
}

// A person

/**
 * Name and password; a second factor and a new password where they are asked for.
 *
 * @param {Words} words
 * @param {(entered: import("./session.js").Session) => string} entered returns what is still wrong
 */
function signInForm(words, entered) {
  const trouble = troubleLine("gate-sign-in-trouble");
  const usual = { required: true, autocapitalize: "none", spellcheck: "false" };
  const described = { "aria-describedby": trouble.id };
  const name = h("input", { id: "gate-name", autocomplete: "username", ...usual, ...described });
  const password = h("input", {
    id: "gate-password",
    type: "password",
    autocomplete: "current-password",
    ...usual,
    ...described,
  });
  const code = h("input", {
    id: "gate-code",
    autocomplete: "one-time-code",
    inputmode: "numeric",
    maxlength: 7,
    ...described,
  });
  const wanted = h("input", {
    id: "gate-new",
    type: "password",
    autocomplete: "new-password",
    ...described,
  });
  const codePart = part(words, "code", code);
  const newPart = part(words, "new", wanted);
  const change = h("button", { type: "button", class: "quiet" }, words.say("gate.change"));
  change.addEventListener("click", () => reveal(newPart, wanted));
  /** @param {HTMLElement} hidden @param {HTMLInputElement} field */
  const reveal = (hidden, field) => {
    hidden.hidden = false;
    change.hidden ||= hidden === newPart;
    field.focus();
  };
  let [sent, press] = ["", ""];
  const fields = [part(words, "name", name), part(words, "password", password), codePart, newPart];
  codePart.hidden = newPart.hidden = true;
  const enter = async () => {
    /** @type {import("./session.js").Proof} */
    const proof = { name: name.value, password: password.value };
    if (code.value.trim()) proof.code = code.value;
    if (wanted.value) proof.new_password = wanted.value;
    const said = JSON.stringify(proof);
    if (said !== sent) [sent, press] = [said, newPress()]; // the same once more is the same intent
    try {
      return entered(await signIn(proof, press));
    } catch (failure) {
      const refused = failure instanceof Problem ? failure.code : "";
      if (refused === "code_needed") reveal(codePart, code);
      else if (refused === "new_password_needed") reveal(newPart, wanted);
      else if (refused === "weak_password") wanted.select();
      else if (refused) (codePart.hidden ? password : code).select();
      const known = REFUSALS.includes(refused) ? refused : refused ? "wrong_sign_in" : "away";
      const wait = failure instanceof Problem ? failure.body["retry_after_s"] : 0;
      return words.say(`gate.${known}`, { n: Number(wait) || 0 });
    }
  };
  return formOf(fields, trouble, words.say("gate.sign_in"), enter, change);
}

const REFUSALS = ["code_needed", "new_password_needed", "weak_password", "too_many_sign_ins"];

/**
 * @param {Words} words
 * @param {string} name of its words
 * @param {HTMLInputElement} field
 */
function part(words, name, field) {
  return h("div", { class: "part" }, h("label", { for: field.id }, words.say(`gate.fields.${name}`)), field);
}
