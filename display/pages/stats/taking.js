/** Taking figures away: a file is asked for with the key in a header and handed over by the browser. */
import { FOR_YEARS_MS, Problem } from "../house/api.js";
import { h } from "../house/dom.js";

/** @typedef {import("../house/api.js").Api} Api */

const LATER_MS = 60_000; // by then the browser has the file

const FEWEST = 5; // people, of whom a published figure may tell
const PUBLISHABLE = ["/stats/arrivals", "/stats/stages", "/stats/queue"];

/** This table cannot be made ready for publishing. */
export class Unpublishable extends Error {}

/**
 * The address of a table in which small figures are withheld, as files that leave the house should be.
 *
 * @param {string} path
 */
export function published(path) {
  if (!PUBLISHABLE.some((each) => path.startsWith(`${each}?`))) throw new Unpublishable(path);
  return `${path}&withhold=${FEWEST}`;
}

/** The service does not write this kind of file. */
export class Unwritten extends Error {}

/**
 * Saves the answer of an address as a file; resolves with its name.
 *
 * @param {Api} api
 * @param {string} path
 * @param {string} format
 * @param {string} name of the question
 */
export async function take(api, path, format, name) {
  const asked = new URLSearchParams(path.split("?")[1]);
  const [from, to] = ["from", "to"].map((each) => asked.get(each));
  const below = asked.get("withhold");
  const office = api.root.split("/").at(-1);
  const file = await fileOf(api, `${path}&format=${format}`, format);
  const href = URL.createObjectURL(file);
  const saved = `${[office, name, from, to, below && `withheld-below-${below}`].filter(Boolean).join("_")}.${format}`;
  const link = h("a", { href, download: saved, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(href), LATER_MS);
  return saved;
}

/** @param {Api} api @param {string} path @param {string} format */
async function fileOf(api, path, format) {
  try {
    const file = await api.blob(path, FOR_YEARS_MS);
    if (format !== "json" && file.type.includes("json")) throw new Unwritten(format);
    return file;
  } catch (failure) {
    if (failure instanceof Problem && [400, 404, 406].includes(failure.status)) throw new Unwritten(format);
    throw failure;
  }
}
