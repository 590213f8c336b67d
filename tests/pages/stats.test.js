/** What the statistics page works out by itself: periods, sums, gaps, and round numbers for axes. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { runs } from "../../display/pages/stats/charts.js";
import * as f from "../../display/pages/stats/figures.js";
import { needed, wider, widerCalendar } from "../../display/pages/stats/paper.js";
import { PARTS, questions } from "../../display/pages/stats/questions.js";
import { every, fitted, level, linear, textWidth, ticks } from "../../display/pages/stats/scales.js";
import { published, Unpublishable } from "../../display/pages/stats/taking.js";
import * as v from "../../display/pages/stats/view.js";

const NOTHING = { from: null, to: null, bin: null, service: null, vsFrom: null, vsTo: null };

/** A row of the service with nobody in it, and whatever else is said. */
function row(more) {
  const counts = { arrivals: 0, refused: 0, called: 0, served: 0, cancelled: 0, expired: 0 };
  return {
    service: "*",
    start: "",
    end: "",
    ...counts,
    wait_p50_s: null,
    ...more,
  };
}

/** The row of a day. */
const day = (date, more) =>
  row({ start: `${date}T00:00:00+09:00`, end: `${v.addDays(date, 1)}T00:00:00+09:00`, ...more });

// What is looked at

test("what was chosen comes back from the address", () => {
  const chosen = {
    from: "2025-11-01",
    to: "2025-11-30",
    bin: "15",
    service: "moving",
    vsFrom: "2024-11-02",
    vsTo: "2024-12-01",
  };
  assert.deepEqual(v.readAddress(v.writeAddress(chosen, "")), chosen);
  assert.equal(v.writeAddress(NOTHING, "?from=2025-11-01&bin=15&lang=en"), "?lang=en");
  assert.equal(v.writeAddress(NOTHING, ""), "");
});

test("an address that makes no sense asks for nothing", () => {
  for (const wrong of [
    "?from=2025-02-30&to=2025-03-01",
    "?from=2025-03-02&to=2025-03-01",
    "?from=soon&to=2025-03-01",
    "?from=1990-01-01&to=2025-03-01",
    "?bin=7",
  ]) {
    assert.deepEqual(v.readAddress(wrong), NOTHING, wrong);
  }
});

test("without a choice the four weeks up to the latest day are looked at, against the four before", () => {
  const view = v.resolved(NOTHING, "2025-11-25");
  assert.deepEqual(
    [view.from, view.to, view.vsFrom, view.vsTo],
    ["2025-10-29", "2025-11-25", "2025-10-01", "2025-10-28"],
  );
});

test("a period is compared with whole weeks before it, so that the weekdays match", () => {
  for (const days of [1, 5, 7, 8, 30, 240]) {
    const [from, to] = ["2025-06-05", v.addDays("2025-06-05", days - 1)];
    for (const [start, end] of [v.earlier(from, to), v.yearBefore(from, to)]) {
      assert.equal(v.weekdayOf(start), v.weekdayOf(from));
      assert.equal(v.daysBetween(start, end), days - 1);
    }
    assert.ok(v.earlier(from, to)[1] < from, "they do not overlap");
  }
});

test("the periods often looked at: last month is a calendar month, the fiscal year begins in April", () => {
  const found = v.presets("2026-01-15", "2026-01-16");
  assert.deepEqual(found.month, ["2025-12-01", "2025-12-31"]);
  assert.deepEqual(found.fiscal, ["2025-04-01", "2026-01-15"]);
  assert.deepEqual(found.week, ["2026-01-09", "2026-01-15"]);
  assert.deepEqual(v.presets("2026-03-31", "2026-04-01").fiscal, ["2026-04-01", "2026-04-01"]);
  assert.deepEqual(v.presets("2024-02-29", "2024-03-01").month, ["2024-02-01", "2024-02-29"]);
});

test("steps become wider with the period, unless they were chosen", () => {
  const bins = (from, bin) => v.calendarBin({ ...v.resolved({ ...NOTHING, from, bin }, "2025-11-25") });
  assert.equal(bins("2025-10-01", null), "day");
  assert.equal(bins("2025-04-01", "15"), "week");
  assert.equal(bins("2020-04-01", null), "month");
  assert.equal(bins("2020-04-01", "day"), "day");
  assert.equal(v.clockBin({ bin: "week" }), "30");
});

test("the running day is left out of a period of whole days, and looked at where it is all there is", () => {
  const whole = (from, to) => v.wholeDays({ from, to }, "2025-11-26");
  assert.deepEqual(whole("2025-11-24", "2025-11-30"), ["2025-11-24", "2025-11-25"]);
  assert.deepEqual(whole("2025-11-24", "2025-11-25"), ["2025-11-24", "2025-11-25"]);
  assert.deepEqual(whole("2025-11-26", "2025-11-26"), ["2025-11-26", "2025-11-26"]);
});

test("every part of the page knows which answers it is made of", () => {
  const asked = questions(
    v.resolved({ ...NOTHING, service: "moving" }, "2025-11-25"),
    "2025-11-26",
    "2025-11-25",
    "ja",
  );
  assert.deepEqual(Object.values(PARTS).flat().sort(), Object.keys(asked).sort());
  const { estimates, terms, ...arrivals } = asked;
  for (const path of Object.values(arrivals)) assert.match(path, /service=moving/);
  assert.deepEqual([estimates, terms], ["/stats/estimates", "/stats/definitions?lang=ja"]);
});

// Figures

test("a missing day and a day to come are not counted; a day on which nobody came is", () => {
  const answer = {
    missing_days: ["2025-11-12"],
    rows: [
      day("2025-11-11", { arrivals: 3 }),
      day("2025-11-12"),
      day("2025-11-13"),
      day("2025-11-14"),
      day("2025-11-13", { service: "tax" }),
    ],
  };
  const dates = f.counted(answer, null, "2025-11-13").map(f.dateOf);
  assert.deepEqual(dates, ["2025-11-11", "2025-11-13"]);
  assert.equal(f.dateOf(f.lastVisited(f.counted(answer, null, "2025-11-14"))), "2025-11-11");
  const gaps = f.withGaps(f.counted(answer, null, "2025-11-13"), answer.missing_days);
  assert.deepEqual(
    gaps.map(({ row }) => row?.arrivals ?? null),
    [3, null, 0],
  );
});

test("the same weekdays are those before the day, and only they", () => {
  const days = ["2025-11-03", "2025-11-10", "2025-11-11", "2025-11-17", "2025-11-24"].map((date) =>
    day(date),
  );
  assert.deepEqual(f.sameWeekday(days, "2025-11-17").map(f.dateOf), ["2025-11-03", "2025-11-10"]);
});

test("null is not zero", () => {
  assert.equal(f.minutes(null), null);
  assert.equal(f.minutes(0), 0);
  assert.equal(f.perDay(5, 0), null);
  assert.equal(f.share(0, 0), null);
  assert.equal(f.difference(null, 3), null);
  assert.deepEqual(f.difference(3, 0), { by: 3, part: null });
  assert.deepEqual(f.difference(3, 4), { by: -1, part: -0.25 });
  assert.equal(f.perDay(null, 3), null, "an imported log does not know who was turned away");
  assert.equal(f.share(null, 3), null);
});

test("the worst half hour is not decided by one or two visitors", () => {
  const rows = [
    row({ time: "09:00", served: 2, wait_p50_s: 4000 }),
    row({ time: "09:30", served: 3, wait_p50_s: 900 }),
    row({ time: "10:00", served: 30, wait_p50_s: 600 }),
    row({ time: "10:30", served: 3, wait_p50_s: null }),
  ];
  assert.equal(f.worst(rows)?.time, "09:30");
  assert.equal(f.worst(rows.slice(0, 1)), null);
});

test("the clock has no holes, and knows which steps are over", () => {
  const rows = [row({ time: "09:00" }), row({ time: "10:30" })];
  assert.deepEqual(f.clock([rows, []], "30"), ["09:00", "09:30", "10:00", "10:30"]);
  assert.deepEqual(f.clock([[]], "30"), []);
  assert.deepEqual(
    f.until(rows, "30", "10:59").map((each) => each.time),
    ["09:00"],
  );
  assert.equal(f.until(rows, "30", "11:00").length, 2);
  assert.equal(f.lastDateOf(day("2025-11-30")), "2025-11-30");
});

// What happened

test("a note stands at its date, or where the office opens next", () => {
  const days = ["2025-11-03", "2025-11-04", "2025-11-10"].map((date) => ({ from: date, to: date }));
  assert.deepEqual(f.stepOf("2025-11-04", days), { slot: 1, edge: true });
  assert.deepEqual(f.stepOf("2025-11-08", days), { slot: 2, edge: true }, "a Saturday");
  assert.equal(f.stepOf("2025-11-11", days), null, "nothing is known of what came after");
  const weeks = [{ from: "2025-11-03", to: "2025-11-09" }];
  assert.deepEqual(f.stepOf("2025-11-05", weeks), { slot: 0, edge: false });
});

// Paper

const at = (minutes) => row({ time: f.clockText(minutes), start: `2025-11-24T${f.clockText(minutes)}` });
const answer = (bin, rows, missing_days = []) => ({ bin, rows, missing_days });
const clocked = (bin, hours) =>
  answer(
    bin,
    Array.from({ length: (hours * 60) / Number(bin) }, (_, n) => at(8 * 60 + n * Number(bin))),
  );

test("paper has wider steps where a page has no room, for all answers that are drawn together", () => {
  const seen = (answers) => ({ answers, view: { service: null } });
  const named = (answers, name) => needed(seen(answers), wider(name));
  assert.equal(named({ clock: clocked("30", 9) }, "clock"), false);
  assert.equal(named({ clock: clocked("30", 12) }, "clock"), false);
  assert.equal(named({ clock: clocked("15", 9) }, "clock"), true);
  assert.equal(named({ clock: clocked("30", 9), queue: clocked("30", 13) }, "week"), true);
  assert.equal(named({ clock: clocked("15", 9) }, "days"), false);
  const days = Array.from({ length: 20 }, (_, n) => day(v.addDays("2025-11-01", n)));
  assert.equal(named({ days: answer("day", days, ["2025-12-01"]) }, "days"), false);
  assert.equal(named({ days: answer("day", days, ["2025-12-01", "2025-12-02"]) }, "days"), true);
});

test("the steps of a long period on paper are the first that fit", () => {
  const bin = (from, chosen) =>
    widerCalendar({ ...v.resolved({ ...NOTHING, from, to: "2025-11-30", bin: chosen }, "") });
  assert.equal(bin("2025-09-15", "day"), "week");
  assert.equal(bin("2025-01-01", "day"), "month");
  assert.equal(bin("2025-01-01", "week"), "month");
  assert.equal(bin("2020-01-01", "month"), "year");
});

// Pictures

test("a line is broken where a value is missing", () => {
  assert.deepEqual(runs([1, 2, null, 0, null, null, 5]), [
    [0, 2],
    [3, 4],
    [6, 7],
  ]);
  assert.deepEqual(runs([null]), []);
});

test("axes begin at zero, reach the largest value and have round steps", () => {
  assert.deepEqual(ticks(37), [0, 10, 20, 30, 40]);
  assert.deepEqual(ticks(1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(74, "minutes"), [0, 15, 30, 45, 60, 75]);
  for (let most = 0.3; most < 90_000; most *= 1.37) {
    for (const kind of ["count", "minutes"]) {
      const found = ticks(most, kind);
      assert.ok(found.at(-1) >= most - 1e-6 && found.length <= 6, `${most}: ${found}`);
      assert.equal(found[0], 0);
    }
  }
  assert.equal(linear(40, 200, 0)(10), 150);
});

test("labels are left out rather than written over each other", () => {
  assert.equal(every(10, 400, 40), 1);
  assert.equal(every(11, 400, 40), 2);
  assert.equal(every(1000, 400, 40), 100);
  assert.equal(fitted("マイナンバーカード", 13, 200), "マイナンバーカード");
  assert.equal(fitted("マイナンバーカード", 13, 60), "マイナ…");
  assert.ok(textWidth("1,772", 10) > textWidth("1,111".replaceAll("1", "i"), 10));
});

test("cells have five steps of darkness, the darkest for the largest value", () => {
  assert.deepEqual(
    [0, 1, 20, 21, 60, 99, 100].map((value) => level(value, 100)),
    [0, 0, 0, 1, 2, 4, 4],
  );
});

test("a table is made ready for publishing, or it is said that it cannot be", () => {
  const path = "/stats/arrivals?from=2026-01-01&to=2026-01-31";
  assert.equal(published(path), `${path}&withhold=5`);
  assert.throws(() => published("/stats/estimates"), Unpublishable);
});
