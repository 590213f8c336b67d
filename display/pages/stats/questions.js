/** What the page asks the service, by name. Pure. */
import { PRINTED, wider, widerCalendar } from "./paper.js";
import { addDays, calendarBin, clockBin, USUAL_DAYS, wholeDays } from "./view.js";

/** @typedef {import("./types.js").View} View */

const RECENT_DAYS = 35; // so far back the latest day is looked for first
const EVER_DAYS = 3650; // and so far at most
const SOON = "15"; // minutes: whoever waited no longer was served soon
const HOUR = "60";

/** The questions of a part of the page, in the order in which it is read. */
export const PARTS = {
  opening: ["y_halves", "y_days", "y_usual", "y_usual_halves"],
  today: ["t_halves", "t_day", "recent", "t_usual_halves"],
  period: ["counts", "clock", "days", "week", "totals", "sections", "desks", "stages", "queue"],
  other: ["vs_clock", "vs_counts", "vs_totals"],
  beside: ["estimates", "terms"],
  paper: PRINTED.map(wider),
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
  return asked("arrivals", { from, to, bin, within: SOON, by, service });
}

/** @param {string} table @param {Record<string, string | null | undefined>} query */
function asked(table, query) {
  const given = Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []));
  return `/stats/${table}?${new URLSearchParams(given)}`;
}

/**
 * The address of every answer that the page is drawn from; the language is that of definitions. `time`
 * makes one day of all, so a step of a day with `time` gives the figures of the whole period at once:
 * percentiles of many days must come from the service.
 *
 * @param {View} view
 * @param {string} today
 * @param {string} latest
 * @param {string} language
 * @returns {Record<string, string>}
 */
export function questions(view, today, latest, language) {
  const { service } = view;
  const [from, to] = wholeDays(view, today);
  return {
    ...byTime(view, today, latest, { halves: "30", clock: clockBin(view), days: calendarBin(view) }),
    y_days: arrivals(addDays(latest, -USUAL_DAYS), latest, "day", { service }),
    y_usual: usual(latest, "day", service),
    t_day: arrivals(today, today, "day", { service }),
    recent: arrivals(addDays(today, -USUAL_DAYS), addDays(today, -1), "day", { service }),
    counts: arrivals(from, to, "day", { service }),
    totals: arrivals(from, to, "day", { by: "time", service }),
    sections: arrivals(from, to, "day", { by: "time,section", service }),
    desks: arrivals(from, to, "day", { by: "time,desk", service }),
    stages: asked("stages", { from, to, bin: "day", by: "time", service }),
    vs_counts: arrivals(view.vsFrom, view.vsTo, "day", { service }),
    vs_totals: arrivals(view.vsFrom, view.vsTo, "day", { by: "time", service }),
    estimates: "/stats/estimates",
    terms: `/stats/definitions?lang=${language}`,
    ...Object.fromEntries(
      Object.entries(
        byTime(view, today, latest, { halves: HOUR, clock: HOUR, days: widerCalendar(view) }),
      ).map(([name, path]) => [wider(name), path]),
    ),
  };
}

/**
 * The answers by steps of time, which may be wider on paper.
 *
 * @param {View} view
 * @param {string} today
 * @param {string} latest
 * @param {{halves: string, clock: string, days: string}} bins
 */
function byTime(view, today, latest, { halves, clock, days }) {
  const { vsFrom, vsTo, service } = view;
  const [from, to] = wholeDays(view, today);
  return {
    y_halves: arrivals(latest, latest, halves, { service }),
    y_usual_halves: usual(latest, halves, service),
    t_halves: arrivals(today, today, halves, { service }),
    t_usual_halves: usual(today, halves, service),
    clock: arrivals(from, to, clock, { by: "time", service }),
    days: arrivals(from, to, days, { service }),
    week: arrivals(from, to, clock, { by: "time,weekday", service }),
    queue: asked("queue", { from, to, bin: clock, by: "time", service: service ?? "*" }),
    vs_clock: arrivals(vsFrom, vsTo, clock, { by: "time", service }),
  };
}

/** The same weekdays before a date. @param {string} date @param {string} bin @param {string | null} service */
function usual(date, bin, service) {
  return arrivals(addDays(date, -USUAL_DAYS), addDays(date, -1), bin, { by: "time,weekday", service });
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
