/** What the page asks the service, by name. Pure. */
import { addDays, calendarBin, clockBin, USUAL_DAYS, wholeDays } from "./view.js";

/** @typedef {import("./types.js").View} View */

const RECENT_DAYS = 35; // so far back the latest day is looked for first
const EVER_DAYS = 3650; // and so far at most
const SOON = "15"; // minutes: whoever waited no longer was served soon

/** The questions of a part of the page, in the order in which it is read. */
export const PARTS = {
  opening: ["y_halves", "y_days", "y_usual", "y_usual_halves"],
  today: ["t_halves", "t_day", "recent", "t_usual_halves"],
  period: ["counts", "clock", "days", "week", "totals", "sections", "desks"],
  other: ["vs_clock", "vs_counts", "vs_totals"],
  beside: ["estimates", "terms"],
};

/** Those whose answers change while the day goes on. */
export const LIVE = ["t_halves", "t_day"];

/**
 * @param {string} from
 * @param {string} to
 * @param {string} bin
 * @param {{by?: string, service?: string | null}} [more]
 */
function arrivals(from, to, bin, { by, service } = {}) {
  const query = new URLSearchParams({ from, to, bin, within: SOON });
  if (by) query.set("by", by);
  if (service) query.set("service", service);
  return `/stats/arrivals?${query}`;
}

/**
 * The address of every answer that the page is drawn from; the language is that of definitions. `time` makes one day of all, so a step of a
 * day with `time` gives the figures of the whole period at once: percentiles of many days must come
 * from the service.
 *
 * @param {View} view
 * @param {string} today
 * @param {string} latest
 * @param {string} language
 * @returns {Record<string, string>}
 */
export function questions(view, today, latest, language) {
  const { vsFrom, vsTo, service } = view;
  const [from, to] = wholeDays(view, today);
  const clock = clockBin(view);
  /** @param {string} date @param {string} bin */
  const usual = (date, bin) =>
    arrivals(addDays(date, -USUAL_DAYS), addDays(date, -1), bin, { by: "time,weekday", service });
  return {
    y_halves: arrivals(latest, latest, "30", { service }),
    y_days: arrivals(addDays(latest, -USUAL_DAYS), latest, "day", { service }),
    y_usual: usual(latest, "day"),
    y_usual_halves: usual(latest, "30"),
    t_halves: arrivals(today, today, "30", { service }),
    t_day: arrivals(today, today, "day", { service }),
    recent: arrivals(addDays(today, -USUAL_DAYS), addDays(today, -1), "day", { service }),
    t_usual_halves: usual(today, "30"),
    counts: arrivals(from, to, "day", { service }),
    clock: arrivals(from, to, clock, { by: "time", service }),
    days: arrivals(from, to, calendarBin(view), { service }),
    week: arrivals(from, to, clock, { by: "time,weekday", service }),
    totals: arrivals(from, to, "day", { by: "time", service }),
    sections: arrivals(from, to, "day", { by: "time,section", service }),
    desks: arrivals(from, to, "day", { by: "time,desk", service }),
    vs_clock: arrivals(vsFrom, vsTo, clock, { by: "time", service }),
    vs_counts: arrivals(vsFrom, vsTo, "day", { service }),
    vs_totals: arrivals(vsFrom, vsTo, "day", { by: "time", service }),
    estimates: "/stats/estimates",
    terms: `/stats/definitions?lang=${language}`,
  };
}

/**
 * Where the latest day that has figures is looked for: first close by, then ever closer in all there is.
 *
 * @param {string} today
 * @returns {{near: string, ever: string}}
 */
export function searches(today) {
  const yesterday = addDays(today, -1);
  return {
    near: arrivals(addDays(today, -RECENT_DAYS), yesterday, "day"),
    ever: arrivals(addDays(today, -EVER_DAYS), yesterday, "month"),
  };
}

/** The days of one row of a wider search. @param {string} from @param {string} to */
export const within = (from, to) => arrivals(from, to, "day");
