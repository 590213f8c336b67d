/** How far the estimates of waits erred, beside the simple ways to guess. Pure. */
import { bars } from "./bars.js";
import * as f from "./figures.js";
import { listed, ROWS, shortened } from "./paper.js";
import { blank, figure, sheetOf } from "./parts.js";
import { minutes } from "./plots.js";
import { table } from "./tables.js";
import * as w from "./wording.js";

/** @typedef {import("./types.js").Errors} Errors */
/** @typedef {import("./types.js").Estimates} Estimates */
/** @typedef {import("./types.js").Seen} Seen */

/** @typedef {"mae_s" | "mae_last_wait_s" | "mae_by_interval_s" | "mae_constant_s"} Way */

/** Ours, and the simple ones. @type {Way[]} */
const WAYS = ["mae_s", "mae_last_wait_s", "mae_by_interval_s", "mae_constant_s"];

/** @param {Seen} seen */
export function estimates(seen) {
  const { words, answers } = seen;
  const found = /** @type {Estimates | undefined} */ (/** @type {unknown} */ (answers["estimates"]));
  if (!found) return null;
  if (!found.learned_on || !found.every.n) {
    return blank(seen, "estimates", words.say("stats.estimates.none"));
  }
  const { every } = found;
  return sheetOf(seen, {
    id: "estimates",
    of: w.officeName(seen),
    title: words.say("stats.estimates.title"),
    scope: [
      words.say("stats.estimates.days", { n: found.days, days: w.count(words, found.days) }),
      words.say("stats.scope.visits", { n: every.n, count: w.count(words, every.n) }),
    ],
    lead: [missed(seen, every), coverage(seen, every), shown(seen, found)],
    charts: [figure(chart(seen, every))],
    tables: [tableOf(seen, found)],
    note: w.sentences(words.say("stats.estimates.note"), shortened(seen, Object.keys(found.services), null)),
    files: [["", "estimates"]],
  });
}

/** @param {Seen} seen @param {Errors} every */
function missed({ words }, every) {
  return words.say("stats.estimates.missed", {
    ours: w.mins(words, every.mae_s),
    last: w.mins(words, every.mae_last_wait_s),
    interval: w.mins(words, every.mae_by_interval_s),
    constant: w.mins(words, every.mae_constant_s),
  });
}

/** @param {Seen} seen @param {Errors} every */
function coverage({ words }, every) {
  return words.say("stats.estimates.coverage", {
    p50: w.percent(words, every.within_p50),
    p90: w.percent(words, every.within_p90),
  });
}

/** Where estimates are shown now. @param {Seen} seen @param {Estimates} found */
function shown(seen, { shown_services: services }) {
  const { words } = seen;
  if (!services.length) return words.say("stats.estimates.nowhere");
  const names = services.map((each) => w.serviceName(seen, each)).join(words.say("stats.and"));
  return words.say("stats.estimates.shown", { names });
}

/** @param {Seen} seen @param {Errors} every */
function chart(seen, every) {
  const { words } = seen;
  const rows = WAYS.map((way) => {
    const name = words.say(`stats.estimates.ways.${way}`);
    const value = f.minutes(every[way]);
    return { name, value, told: words.say("stats.estimates.told", { name, value: w.tenths(words, value) }) };
  });
  return bars(minutes(seen, "estimates-ways", "estimates"), rows);
}

/** @param {Seen} seen @param {Estimates} found */
function tableOf(seen, { every, services, shown_services: now }) {
  const { words } = seen;
  /** @type {{name: string, errors: Errors, shown: string}[]} */
  const rows = [
    { name: words.say("stats.form.whole"), errors: every, shown: "" },
    ...listed(seen, Object.entries(services), ROWS).map(([id, errors]) => ({
      name: w.serviceName(seen, id),
      errors,
      shown: words.say(`stats.estimates.${now.includes(id) ? "yes" : "no"}`),
    })),
  ];
  /** @param {"within_p50" | "within_p90"} name */
  const part = (name) => ({
    name: words.say(`stats.estimates.${name}`),
    of: (/** @type {typeof rows[0]} */ { errors }) => w.percent(words, errors[name]),
  });
  return table(
    words,
    "estimates-table",
    words.say("stats.estimates.table"),
    [
      { name: words.say("stats.names.services"), of: ({ name }) => name },
      { name: words.say("stats.estimates.count"), of: ({ errors }) => w.count(words, errors.n) },
      ...WAYS.map((way) => ({
        name: words.say(`stats.estimates.ways.${way}`),
        of: (/** @type {typeof rows[0]} */ { errors }) => w.mins(words, errors[way]),
      })),
      part("within_p50"),
      part("within_p90"),
      { name: words.say("stats.estimates.is_shown"), of: ({ shown }) => shown },
    ],
    rows,
  );
}
