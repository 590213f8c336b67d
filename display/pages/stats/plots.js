/** The two kinds of charts that the page has: of people, and of minutes. Pure. */
import { minutes as minutesOf } from "./figures.js";
import * as w from "./wording.js";

/** @typedef {import("./svg.js").Plot} Plot */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Seen} Seen */

const GAP = 32; // px between two charts side by side
const [ON_SCREEN, ON_PAPER] = [13, 15.5]; // px of letters; what is printed is drawn 1.5 times as large
const WIDE = 900; // px: from here on two charts stand side by side; page.css knows it too

/** How wide a chart is that has a neighbour. @param {Seen} seen */
export const half = ({ width }) => (width >= WIDE ? (width - GAP) / 2 : width);

/**
 * A chart of people.
 *
 * @param {Seen} seen
 * @param {string} id
 * @param {string} name its words in the catalogue
 * @param {Partial<Plot>} [more]
 * @returns {Plot}
 */
export function people(seen, id, name, more = {}) {
  return { ...plot(seen, id, name), kind: "count", unit: seen.words.say("stats.unit.people"), ...more };
}

/**
 * A chart of minutes.
 *
 * @param {Seen} seen
 * @param {string} id
 * @param {string} name its words in the catalogue
 * @param {Partial<Plot>} [more]
 * @returns {Plot}
 */
export function minutes(seen, id, name, more = {}) {
  return { ...plot(seen, id, name), kind: "minutes", unit: seen.words.say("stats.unit.minutes"), ...more };
}

/** @param {Seen} seen @param {string} id @param {string} name */
function plot(seen, id, name) {
  const { words } = seen;
  return {
    id,
    title: words.say(`stats.charts.${name}`),
    text: words.say(`stats.charts.${name}_text`),
    width: half(seen),
    letters: seen.paper ? ON_PAPER : ON_SCREEN,
    at: /** @type {const} */ ("edge"),
    write: (/** @type {number} */ value) => w.average(words, value),
  };
}

/** What is told of arrivals. @param {Seen} seen @param {string} name @param {number | null} value */
export function toldArrivals({ words }, name, value) {
  return words.say("stats.told.arrivals", { name, value: w.average(words, value) || "–" });
}

/** What is told of waits. @param {Seen} seen @param {string} name @param {Row | null | undefined} row */
export function toldWaits({ words }, name, row) {
  return range(words, name, row?.wait_p50_s, row?.wait_p90_s).told;
}

/**
 * A row of a chart of ranges.
 *
 * @param {import("../house/words.js").Words} words
 * @param {string} name
 * @param {number | null | undefined} median seconds
 * @param {number | null | undefined} late seconds
 * @returns {import("./bars.js").Range}
 */
export function range(words, name, median, late) {
  const [p50, p90] = [w.mins(words, median) || "–", w.mins(words, late) || "–"];
  return {
    ...{ name, low: minutesOf(median), high: minutesOf(late) },
    text: p50 === p90 ? p50 : `${p50} – ${p90}`,
    told: words.say("stats.told.waits", { name, p50, p90 }),
  };
}

/** What the dots of a range are. @param {Seen} seen @returns {[string, string][]} */
export function medianAndLate({ words }) {
  return [
    ["median", words.say("stats.names.p50")],
    ["p90", words.say("stats.names.p90")],
  ];
}
