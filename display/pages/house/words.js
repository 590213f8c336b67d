/** The words of the pages, one catalogue a language, and the office's own texts. */

/** @typedef {import("./types.js").Texts} Texts */

const PAUSE_MS = 1_000;

/**
 * A file of ours, however long the line takes to come back: a page without words is of no use, and
 * a screen that was switched on too early should not stay blank.
 *
 * @param {string} address
 * @returns {Promise<any>}
 */
async function read(address) {
  for (;;) {
    const answer = await fetch(address).catch(() => null);
    const found = answer?.ok && (await answer.json().catch(() => null)); // it may break off
    if (found) return found;
    if (answer && !answer.ok && answer.status < 500) throw new Error(`there is no ${address}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/**
 * Every language that has a catalogue, by its own name, as its button shows it.
 *
 * @type {Record<string, string>}
 */
export const NAMES = await read("/assets/words/names.json");

/**
 * The tag that a browser, a screen reader and `Intl` know: plain Japanese is Japanese. It is also
 * what a reader of plain Japanese would rather read than nothing.
 *
 * @param {string} language
 */
export function tag(language) {
  return language.replace(/-easy$/, "");
}

export class Words {
  /**
   * @param {string} language
   * @param {Record<string, unknown>} catalogue
   */
  constructor(language, catalogue) {
    this.language = language;
    this.catalogue = catalogue;
    this.plural = new Intl.PluralRules(tag(language));
  }

  /**
   * A sentence, with `{name}` replaced. A sentence that depends on a count has the forms `one` and
   * `other`, chosen by `n`.
   *
   * @param {string} path like "kiosk.title"
   * @param {Record<string, string | number>} [values]
   * @returns {string}
   */
  say(path, values = {}) {
    /** @type {any} */
    let found = this.catalogue;
    for (const step of path.split(".")) found = found?.[step];
    if (found && typeof found === "object") found = found[this.plural.select(Number(values.n))] ?? found.other;
    if (typeof found !== "string") throw new Error(`${this.language} has no words for ${path}`);
    return found.replaceAll(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
  }

  /**
   * One of the office's own texts: in this language, the nearest, else the first there is.
   *
   * @param {Texts | null | undefined} texts
   * @param {string} [otherwise] what stands in where there is no text at all
   * @returns {string}
   */
  pick(texts, otherwise = "") {
    if (!texts) return otherwise;
    const wanted = [this.language, tag(this.language)].find((each) => texts[each]);
    return (wanted && texts[wanted]) || Object.values(texts)[0] || otherwise;
  }

  /**
   * A time of day, "9:05".
   *
   * @param {string | number | Date} at
   * @param {string} timezone the office's
   */
  time(at, timezone) {
    const how = /** @type {const} */ ({ hour: "numeric", minute: "2-digit", hourCycle: "h23" });
    return new Intl.DateTimeFormat(tag(this.language), { ...how, timeZone: timezone }).format(new Date(at));
  }

  /**
   * A date with its weekday.
   *
   * @param {string | number | Date} at
   * @param {string} timezone
   */
  date(at, timezone) {
    const how = /** @type {const} */ ({ month: "long", day: "numeric", weekday: "short" });
    return new Intl.DateTimeFormat(tag(this.language), { ...how, timeZone: timezone }).format(new Date(at));
  }
}

/** @type {Map<string, Promise<Words>>} */
const loaded = new Map();

/**
 * The words of a language; asked for once.
 *
 * @param {string} language
 * @returns {Promise<Words>}
 */
export function load(language) {
  const known = loaded.get(language);
  if (known) return known;
  const address = `/assets/words/${encodeURIComponent(language)}.json`;
  const words = read(address).then((catalogue) => new Words(language, catalogue));
  words.catch(() => loaded.delete(language)); // asked again next time
  loaded.set(language, words);
  return words;
}

/**
 * The language of a page: what its address asks for (`?lang=en`), else what was chosen here before,
 * else the browser's, else Japanese.
 *
 * @param {string} page
 * @param {string[]} known
 * @returns {string}
 */
export function preferred(page, known = Object.keys(NAMES)) {
  const asked = new URLSearchParams(location.search).get("lang");
  const wishes = [asked, localStorage.getItem(`madoguchi.${page}.language`), ...navigator.languages];
  for (const wish of wishes) {
    const found = known.find((each) => wish === each) ?? known.find((each) => wish?.split("-")[0] === each);
    if (found) return found;
  }
  return known[0] ?? "ja";
}

/**
 * Puts the words of a catalogue into a page's shell: `data-say="board.title"` becomes the text,
 * `data-say-label` the accessible name.
 *
 * @param {Words} words
 * @param {ParentNode} [within]
 */
export function translate(words, within = document) {
  document.documentElement.lang = tag(words.language);
  for (const element of within.querySelectorAll("[data-say]")) {
    element.textContent = words.say(/** @type {string} */ (element.getAttribute("data-say")));
  }
  for (const element of within.querySelectorAll("[data-say-label]")) {
    const path = /** @type {string} */ (element.getAttribute("data-say-label"));
    element.setAttribute("aria-label", words.say(path));
  }
}
