/** What somebody chooses: a period, a step, a service; and a second period beside it. Pure. */
import { h } from "../house/dom.js";
import { CALENDAR_BINS, CLOCK_BINS, earlier, presets, yearBefore } from "./view.js";
import { serviceName } from "./wording.js";

/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {import("./types.js").Seen} Seen */

/**
 * @param {Words} words
 * @param {string} id
 * @param {string} name its words in the catalogue
 * @param {string} value
 */
function dateField(words, id, name, value) {
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, words.say(`stats.form.${name}`)),
    h("input", { id, type: "date", value, required: true }),
  );
}

/**
 * @param {string} id
 * @param {string} name
 * @param {(Element | false)[]} options
 */
function select(id, name, options) {
  return h("div", { class: "field" }, h("label", { for: id }, name), h("select", { id }, ...options));
}

/** @param {string} value @param {string} name @param {string | null} chosen */
const option = (value, name, chosen) => h("option", { value, selected: value === (chosen ?? "") }, name);

/** The form above all sections. @param {Seen} seen */
export function form(seen) {
  const { words, signs, view } = seen;
  const { from, to, bin, service } = view;
  /** @param {string} name @param {string[]} all */
  const bins = (name, all) =>
    h(
      "optgroup",
      { label: words.say(`stats.form.${name}`) },
      ...all.map((each) => option(each, words.say(`stats.bins.${each}`), bin)),
    );
  const known = signs.services.map(({ id }) => id);
  const services = service && !known.includes(service) ? [...known, service] : known;
  return [
    h(
      "div",
      { class: "fields" },
      dateField(words, "from", "from", from),
      dateField(words, "to", "to", to),
      select("bin", words.say("stats.form.bin"), [
        bins("by_clock", CLOCK_BINS),
        bins("by_date", CALENDAR_BINS),
      ]),
      select("service", words.say("stats.form.service"), [
        option("", words.say("stats.form.whole"), service),
        ...services.map((each) => option(each, serviceName(seen, each), service)),
      ]),
      h("button", { class: "main" }, words.say("stats.form.show")),
    ),
    ready(seen),
  ];
}

/** @param {Seen} seen */
function ready({ words, view, today, latest }) {
  return h(
    "div",
    { class: "row presets", role: "group", "aria-label": words.say("stats.form.presets") },
    ...Object.entries(presets(latest ?? today, today)).map(([name, [from, to]]) =>
      period(words.say(`stats.presets.${name}`), "period", from, to, view.from === from && view.to === to),
    ),
  );
}

/**
 * A button for a period.
 *
 * @param {string} name
 * @param {string} act
 * @param {string} from
 * @param {string} to
 * @param {boolean} chosen
 */
function period(name, act, from, to, chosen) {
  return h(
    "button",
    { type: "button", "data-do": act, "data-from": from, "data-to": to, "aria-pressed": String(chosen) },
    name,
  );
}

/** The form of the period that another is compared with. @param {Seen} seen */
export function otherForm({ words, view }) {
  const { from, to, vsFrom, vsTo } = view;
  /** @param {string} name @param {[string, string]} dates */
  const offered = (name, [start, end]) =>
    period(words.say(`stats.compare.${name}`), "other", start, end, vsFrom === start && vsTo === end);
  return h(
    "form",
    { id: "other", class: "beside", "data-key": "other", "aria-label": words.say("stats.compare.form") },
    h(
      "div",
      { class: "fields" },
      dateField(words, "vs-from", "vs_from", vsFrom),
      dateField(words, "vs-to", "vs_to", vsTo),
      h("button", {}, words.say("stats.compare.show")),
    ),
    h(
      "div",
      { class: "row presets" },
      offered("earlier", earlier(from, to)),
      offered("year", yearBefore(from, to)),
    ),
  );
}
