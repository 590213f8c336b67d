/** What freed time was used for, entered and struck on the page of its report. */
import { Away, Problem } from "../house/api.js";
import { fill, h, one } from "../house/dom.js";
import { tag } from "../house/words.js";

/** @typedef {import("../house/api.js").Api} Api */
/** @typedef {import("../house/words.js").Words} Words */
/**
 * @typedef {object} Use
 * @property {number} entry_id
 * @property {string} used_on
 * @property {string} section
 * @property {string} category
 * @property {number} minutes
 * @property {number | null} struck_by
 */

const SHOWN = 20; // the latest; the export has all of them

export class Uses {
  /**
   * @param {Api} api
   * @param {(text: string) => void} tell
   * @param {() => unknown} changed what is to be done when the ledger has another entry
   */
  constructor(api, tell, changed) {
    this.api = api;
    this.tell = tell;
    this.changed = changed;
    /** @type {{uses: Use[], sections: string[], categories: string[]} | null} */
    this.known = null;
    document.addEventListener("submit", (event) => this.#submitted(event));
    document.addEventListener("click", ({ target }) => this.#clicked(target));
  }

  /**
   * Asks for the entries of some days, and shows them with the form for a new one.
   *
   * @param {Words} words
   * @param {string} today
   * @param {{from?: string, to?: string}} period
   */
  async show(words, today, { from = "", to = "" }) {
    this.words = words;
    this.known = await this.api.get(`/freed-time?${new URLSearchParams({ from, to })}`);
    const place = one("#uses");
    place.hidden = false;
    fill(
      place,
      h("h2", { id: "uses-title" }, words.say("reports.uses.title")),
      h("p", {}, words.say("reports.uses.about")),
      this.#form(words, today),
      this.#table(words),
    );
  }

  /** @param {Words} words @param {string} today */
  #form(words, today) {
    const { sections = [], categories = [] } = this.known ?? {};
    /** @param {string} name @param {Element} input */
    const field = (name, input) =>
      h("div", { class: "field" }, h("label", { for: `use-${name}` }, words.say(`reports.uses.${name}`)), input);
    /** @param {string} name @param {string[]} all @param {(each: string) => string} of */
    const choice = (name, all, of) =>
      h("select", { id: `use-${name}` }, ...all.map((each) => h("option", { value: each }, of(each))));
    return h(
      "form",
      { id: "use", class: "beside", "aria-labelledby": "uses-title" },
      h(
        "div",
        { class: "fields" },
        field("date", h("input", { id: "use-date", type: "date", value: today, max: today, required: true })),
        field("section", choice("section", sections, (each) => this.#section(words, each))),
        field("category", choice("category", categories, (each) => category(words, each))),
        field("minutes", h("input", { id: "use-minutes", type: "number", min: 1, step: 1, required: true })),
        h("button", {}, words.say("reports.uses.enter")),
      ),
    );
  }

  /** @param {Words} words @param {string} section */
  #section(words, section) {
    return section === "-" ? words.say("reports.freed_time.whole") : section;
  }

  /** @param {Words} words */
  #table(words) {
    const rows = (this.known?.uses ?? []).slice(-SHOWN).reverse();
    if (!rows.length) return h("p", {}, words.say("reports.uses.none"));
    const heads = ["date", "section", "category", "minutes", "entry"];
    return h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": words.say("reports.uses.title") },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, ...heads.map((each) => h("th", { scope: "col" }, words.say(`reports.uses.${each}`))))),
        h("tbody", {}, ...rows.map((use) => this.#row(words, use))),
      ),
    );
  }

  /** @param {Words} words @param {Use} use */
  #row(words, use) {
    const struck = use.struck_by !== null;
    const strike = h(
      "button",
      { type: "button", class: "quiet", "data-do": "strike", "data-value": use.entry_id },
      words.say("reports.uses.strike"),
    );
    return h(
      "tr",
      { class: struck && "struck" },
      h("th", { scope: "row" }, use.used_on),
      h("td", {}, this.#section(words, use.section)),
      h("td", {}, category(words, use.category)),
      h("td", {}, new Intl.NumberFormat(tag(words.language)).format(use.minutes)),
      h("td", {}, `${use.entry_id} `, struck ? words.say("reports.uses.struck") : strike),
    );
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    if (/** @type {HTMLFormElement} */ (event.target).id !== "use") return;
    event.preventDefault();
    /** @param {string} name */
    const value = (name) => /** @type {HTMLInputElement} */ (one(`#use-${name}`)).value;
    const use = { used_on: value("date"), section: value("section"), category: value("category") };
    void this.#press("/freed-time", { ...use, minutes: Number(value("minutes")) }, "entered");
  }

  /** @param {EventTarget | null} target */
  #clicked(target) {
    const button = target instanceof Element ? target.closest("[data-do=strike]") : null;
    const entry = button?.getAttribute("data-value");
    if (entry) void this.#press(`/freed-time/${entry}/strike`, {}, "was_struck");
  }

  /** @param {string} path @param {object} body @param {string} done */
  async #press(path, body, done) {
    if (!this.words) return;
    try {
      await this.api.post(path, body);
      await this.changed();
      this.tell(this.words.say(`reports.uses.${done}`));
    } catch (failure) {
      if (!(failure instanceof Problem || failure instanceof Away)) throw failure;
      this.tell(this.words.say("reports.uses.failed", { detail: failure.message }));
    }
  }
}

/** @param {Words} words @param {string} name */
function category(words, name) {
  const known = /** @type {any} */ (words.catalogue).freed_time.categories;
  return known[name] ?? name; // an office may have its own
}
