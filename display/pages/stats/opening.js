/** What the page opens with: the latest day and today, each against the same weekdays before. Pure. */
import { h } from "../house/dom.js";
import { charts, HALF_HOUR, halfHours, summary, weekday } from "./against.js";
import * as f from "./figures.js";
import { drawn, widened } from "./paper.js";
import { blank, sheet } from "./parts.js";
import { addDays, weekdayOf } from "./view.js";
import * as w from "./wording.js";

/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {import("./against.js").Against} Against */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Seen} Seen */

/** The latest day that has figures. @param {Seen} seen */
export function yesterday(seen) {
  const { words, view, today, latest, answers } = seen;
  const { y_halves: halves, y_days: days, y_usual: usual, y_usual_halves: usualHalves } = answers;
  if (!latest) return blank(seen, "yesterday", words.say("stats.yesterday.none"));
  if (!halves || !days || !usual || !usualHalves) return null;
  const told = {
    ...{ id: /** @type {const} */ ("yesterday"), date: latest, now: "24:00", halves },
    day: f.whole(days, view.service).find((row) => f.dateOf(row) === latest),
    before: f.sameWeekday(f.counted(days, view.service, today), latest),
    usual: sameDay(seen, usual, latest)[0] ?? null,
    usualHalves: sameDay(seen, usualHalves, latest),
  };
  const worst = f.worst(f.whole(halves, view.service));
  const title = latest === addDays(today, -1) ? "stats.yesterday.title" : "stats.yesterday.latest";
  return sheet(seen, {
    id: "yesterday",
    title: words.say(title, { date: w.longDate(words, latest) }),
    answer: halves,
    lead: [
      came(seen, told),
      waited(words, told),
      worstOf(words, worst),
      unserved(words, told),
      quality(words, halves),
    ],
    tiles: tiles(words, told, worst),
    charts: charts(seen, told),
    tables: [summary(seen, told), halfHours(seen, printed(seen, told, "y"))],
    note: w.sentences(words.say("stats.yesterday.note"), widened(seen, "y_halves")),
    files: [["", "y_halves"]],
  });
}

/** Today up to now. @param {Seen} seen */
export function today(seen) {
  const { words, view, congestion, answers } = seen;
  const { t_halves: halves, t_day: days, recent, t_usual_halves: usualHalves } = answers;
  if (!halves || !days || !recent || !usualHalves) return null;
  const now = congestion.at.slice(11, 16);
  const told = {
    ...{ id: /** @type {const} */ ("today"), date: seen.today, now, halves, usual: null },
    day: f.whole(days, view.service).find((row) => f.dateOf(row) === seen.today),
    before: f.sameWeekday(f.counted(recent, view.service, seen.today), seen.today),
    usualHalves: sameDay(seen, usualHalves, seen.today),
  };
  return sheet(seen, {
    id: "today",
    title: words.say("stats.today.title", { date: w.longDate(words, seen.today), time: now }),
    answer: halves,
    lead: [soFar(seen, told), waiting(seen), told.day ? waited(words, told) : null],
    tiles: nowTiles(seen, told),
    charts: charts(seen, told),
    tables: [halfHours(seen, printed(seen, told, "t"))],
    note: w.sentences(words.say("stats.today.note"), widened(seen, "t_halves")),
    files: [["", "t_halves"]],
  });
}

/**
 * The same for a table, which on paper may have wider steps.
 *
 * @param {Seen} seen
 * @param {Against} against
 * @param {"y" | "t"} which
 */
function printed(seen, against, which) {
  const [halves, usual] = [drawn(seen, `${which}_halves`), drawn(seen, `${which}_usual_halves`)];
  if (!halves || !usual) return against;
  return { ...against, halves, usualHalves: sameDay(seen, usual, against.date) };
}

/** The rows of a date's weekday. @param {Seen} seen @param {Answer} answer @param {string} date */
function sameDay({ view }, answer, date) {
  return f.whole(answer, view.service).filter((row) => row.weekday === weekdayOf(date));
}

// Said in sentences

/** @param {Seen} seen @param {Against} against */
function came(seen, against) {
  const { words } = seen;
  const { day, before, usual } = against;
  const n = day?.arrivals ?? 0;
  const mean = usual && f.perDay(usual.arrivals, before.length);
  const values = {
    n,
    count: w.count(words, n),
    weekday: weekday(seen, against),
    usual: w.average(words, mean),
  };
  const gap = f.difference(n, mean);
  if (!gap) return words.say("stats.yesterday.came_alone", values);
  const way = gap.by > 0 ? "more" : gap.by < 0 ? "fewer" : "same";
  const by = { by: w.average(words, Math.abs(gap.by)), share: w.percent(words, Math.abs(gap.part ?? 0)) };
  return words.say(`stats.yesterday.came_${way}`, { ...values, ...by });
}

/** @param {Words} words @param {Against} against */
function waited(words, { day, usual }) {
  if (!day || day.wait_p50_s === null) return words.say("stats.yesterday.nobody_served");
  const values = { p50: w.mins(words, day.wait_p50_s), p90: w.mins(words, day.wait_p90_s) };
  if (!usual || usual.wait_p50_s === null) return words.say("stats.yesterday.waited", values);
  const ordinary = { u50: w.mins(words, usual.wait_p50_s), u90: w.mins(words, usual.wait_p90_s) };
  return words.say("stats.yesterday.waited_usual", { ...values, ...ordinary });
}

/** @param {Words} words @param {Row | null} worst */
function worstOf(words, worst) {
  if (!worst) return null;
  const values = { span: w.span(f.timeOf(worst), HALF_HOUR), p50: w.mins(words, worst.wait_p50_s) };
  return words.say("stats.yesterday.worst", values);
}

/** @param {Words} words @param {Against} against */
function unserved(words, { day }) {
  if (!day) return null;
  const values = { left: w.count(words, f.left(day)) || "–", refused: w.count(words, day.refused) };
  return words.say(`stats.yesterday.${day.refused === null ? "unserved_alone" : "unserved"}`, values);
}

/** How far the figures of a day can be trusted. @param {Words} words @param {Answer} answer */
function quality(words, { n, quality: found }) {
  const { known_for: known } = found;
  if (!n) return null;
  if (!known) return words.say("stats.yesterday.quality_unknown");
  /** @param {number | null} part */
  const of = (part) => w.percent(words, f.share(part, known));
  return words.say(`stats.yesterday.${known < n ? "quality_part" : "quality"}`, {
    known: w.count(words, known),
    implied: of(found.implied_starts),
    forgotten: w.count(words, found.forgotten_finishes),
    items: of(found.with_items),
  });
}

/**
 * Those who came in the half hours that are over, against the same half hours otherwise.
 *
 * @param {Seen} seen
 * @param {Against} against
 */
function soFar(seen, against) {
  const { words, view } = seen;
  const { now, day, halves, before, usualHalves } = against;
  const n = day?.arrivals ?? 0;
  const over = f.until(f.whole(halves, view.service), HALF_HOUR, now);
  const usually = f.perDay(
    f.sum(f.until(usualHalves, HALF_HOUR, now), (row) => row.arrivals),
    before.length,
  );
  const last = over.at(-1);
  const values = { n, count: w.count(words, n) };
  if (usually === null || !last) return words.say("stats.today.came_alone", values);
  return words.say("stats.today.came", {
    ...values,
    until: w.span(f.timeOf(last), HALF_HOUR).slice(-5),
    then: w.count(
      words,
      f.sum(over, (row) => row.arrivals),
    ),
    usual: w.average(words, usually),
    weekday: weekday(seen, against),
  });
}

/** @param {Seen} seen */
function waitingNow({ view, congestion }) {
  const queues = congestion.queues.filter(({ service }) => [null, service].includes(view.service));
  return queues.reduce((all, { waiting }) => all + waiting, 0);
}

/** @param {Seen} seen */
function waiting(seen) {
  const n = waitingNow(seen);
  return seen.words.say("stats.today.waiting", { n, count: w.count(seen.words, n) });
}

// Shown as figures

/** @typedef {[string, string, string?]} Tile name, value, what stands beside it */

/** @param {Tile[]} all */
function tileList(all) {
  return h(
    "dl",
    { class: "tiles", "data-key": "tiles" },
    ...all.map(([name, value, beside]) =>
      h(
        "div",
        {},
        h("dt", {}, name),
        h("dd", {}, h("strong", {}, value || "–"), beside && h("span", {}, beside)),
      ),
    ),
  );
}

/** @param {Words} words @param {Against} against @param {Row | null} worst */
function tiles(words, { day, before, usual }, worst) {
  /** @param {string} text */
  const usually = (text) => text && words.say("stats.usually", { usual: text });
  /** @param {string} name @param {(row: Row) => number | null} of @returns {Tile} */
  const counts = (name, of) => [
    words.say(`stats.names.${name}`),
    w.count(words, day && of(day)),
    usually(w.average(words, usual && f.perDay(of(usual), before.length))),
  ];
  /** @param {"wait_p50" | "wait_p90"} name @returns {Tile} */
  const times = (name) => [
    words.say(`stats.names.${name}`),
    minutesOf(words, day?.[`${name}_s`]),
    usually(minutesOf(words, usual?.[`${name}_s`])),
  ];
  return tileList([
    counts("arrivals", (row) => row.arrivals),
    [
      words.say("stats.names.soon"),
      w.percent(words, day && f.soon(day)),
      usually(w.percent(words, usual && f.soon(usual))),
    ],
    times("wait_p50"),
    times("wait_p90"),
    counts("left", f.left),
    counts("no_show", (row) => row.no_show),
    counts("refused", (row) => row.refused),
    [
      words.say("stats.names.worst"),
      worst ? w.span(f.timeOf(worst), HALF_HOUR) : "",
      worst ? words.say("stats.median_of", { p50: w.mins(words, worst.wait_p50_s) }) : "",
    ],
  ]);
}

/** @param {Seen} seen @param {Against} against */
function nowTiles(seen, { day }) {
  const { words } = seen;
  return tileList([
    [words.say("stats.names.arrivals"), w.count(words, day?.arrivals ?? 0)],
    [words.say("stats.names.waiting"), w.count(words, waitingNow(seen))],
    [words.say("stats.names.soon"), w.percent(words, day && f.soon(day))],
    [words.say("stats.names.wait_p50"), minutesOf(words, day?.wait_p50_s)],
    [words.say("stats.names.wait_p90"), minutesOf(words, day?.wait_p90_s)],
    [words.say("stats.names.left"), w.count(words, day ? f.left(day) : 0)],
    [words.say("stats.names.no_show"), w.count(words, day?.no_show ?? 0)],
    [words.say("stats.names.refused"), w.count(words, day ? day.refused : 0)],
  ]);
}

/** @param {Words} words @param {number | null | undefined} seconds */
function minutesOf(words, seconds) {
  const text = w.mins(words, seconds);
  return text && words.say("stats.minutes", { minutes: text });
}
