/** What a board announces, held against what people in a lobby have to hear. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Announcer, length } from "../../display/pages/board/announcer.js";

const START = Date.parse("2025-11-24T10:00:00+09:00");

/** A call of an entry; A012 is entry 12 unless told otherwise. */
function call(entry, more = {}) {
  const number = more.number ?? `A${String(entry).padStart(3, "0")}`;
  const spoken = { language: "ja", text: `番号札、エーの${entry}番の方、三番窓口へお越しください。`, short: `エーの${entry}番、三番窓口。` };
  return { entry_id: entry, number, desk: "3", zone: null, stage: "reception", called_at: "", recall: false, current: true, spoken, ...more };
}

/** A board as of an entry, drawn `ms` after ten o'clock. */
function board(as_of, calls, ms = as_of * 1000) {
  const newest = [...calls].sort((one, other) => other.entry_id - one.entry_id);
  return { office: "small", version: 1, as_of, at: new Date(START + ms).toISOString(), calls: newest, ready: [], queues: [], desks: [], notice: null };
}

const over = (each) => ({ ...each, current: false, spoken: null });

/** Everything that is announced now, without waiting for it to be over. */
function all(announcer, now = 0) {
  const said = [];
  for (let next = announcer.next(now); next; next = announcer.next(now)) said.push(next.call.entry_id);
  return said;
}

test("a current call is announced once however often its board comes", () => {
  const announcer = new Announcer();
  for (const as_of of [5, 5, 6, 9]) announcer.hear(board(as_of, [call(5)]), as_of);
  assert.deepEqual(all(announcer), [5]);
  announcer.hear(board(10, [call(5)]), 10);
  assert.deepEqual(all(announcer), []);
});

test("calls are announced in the order of entries, not in that of the board", () => {
  const announcer = new Announcer();
  announcer.hear(board(9, [call(3), call(9), call(7)]), 0);
  assert.deepEqual(all(announcer), [3, 7, 9]);
});

test("what was over before it could be heard of is not announced", () => {
  const announcer = new Announcer();
  announcer.hear(board(9, [over(call(3)), call(9)]), 0);
  assert.deepEqual(all(announcer), [9]);
});

test("whoever went to the desk before the turn came is written down without a sound", () => {
  const announcer = new Announcer();
  announcer.hear(board(5, [call(5)]), 0);
  announcer.hear(board(6, [over(call(5))]), 10);
  const { call: said, form } = announcer.next(20);
  assert.deepEqual([said.entry_id, form], [5, "text"]);
  assert.ok(said.spoken, "the sentence is still known");
});

test("a call that is repeated is announced again, under its own entry", () => {
  const announcer = new Announcer();
  announcer.hear(board(5, [call(5)]), 0);
  assert.deepEqual(all(announcer), [5]);
  announcer.hear(board(8, [over(call(5)), call(8, { number: "A005", recall: true })]), 0);
  assert.deepEqual(all(announcer), [8]);
});

test("a reload does not repeat what was announced, and forgets nothing that was not", () => {
  const before = new Announcer();
  before.hear(board(9, [call(5), call(9)]), 0);
  assert.equal(before.next(0).call.entry_id, 5);
  const after = new Announcer(JSON.parse(JSON.stringify(before.memory)));
  after.hear(board(9, [call(5), call(9)]), 0);
  assert.deepEqual(all(after), [9]);
});

test("a call that is taken back is withdrawn, and no longer said", () => {
  const announcer = new Announcer();
  announcer.hear(board(9, [call(5), call(9)]), 0);
  announcer.next(0);
  const withdrawn = announcer.hear(board(10, [call(5)]), 0);
  assert.deepEqual(withdrawn.map((each) => each.entry_id), [9]);
  assert.deepEqual(all(announcer), []);
  assert.deepEqual(announcer.hear(board(11, [call(5)]), 0), [], "it is said once");
});

test("taking back a repetition withdraws nothing: the number still stands", () => {
  const announcer = new Announcer();
  const again = call(9, { number: "A005", recall: true });
  announcer.hear(board(9, [over(call(5)), again]), 0);
  assert.deepEqual(announcer.hear(board(10, [call(5)]), 0), []);
});

test("a call that was pushed out of the list is not taken for withdrawn", () => {
  const announcer = new Announcer();
  announcer.hear(board(5, [call(5)]), 0);
  const later = Array.from({ length: 20 }, (_, n) => over(call(30 + n)));
  assert.deepEqual(announcer.hear(board(60, later), 0), []);
});

test("a data set that begins again is announced from its beginning", () => {
  const announcer = new Announcer();
  announcer.hear(board(900, [call(900)], 0), 0);
  assert.deepEqual(all(announcer), [900]);
  announcer.hear(board(4, [call(4)], 60_000), 1_000);
  assert.deepEqual(all(announcer), [4]);
});

test("so is one whose simulated clock was set back, as soon as it is sure", () => {
  const announcer = new Announcer({ announced: 900, as_of: 900, at: new Date(START).toISOString() });
  const said = [];
  for (const now of [0, 4_000, 8_000]) {
    announcer.hear(board(4, [call(4)], -3_600_000 + now), now);
    said.push(...all(announcer, now));
  }
  assert.deepEqual(said, [4]);
});

test("a display that lags behind repeats nothing and withdraws nothing", () => {
  const announcer = new Announcer();
  announcer.hear(board(9, [call(5), call(9)], 9_000), 0);
  assert.deepEqual(all(announcer), [5, 9]);
  assert.deepEqual(announcer.hear(board(8, [call(5)], 8_990), 100), []);
  assert.deepEqual(all(announcer), []);
  announcer.hear(board(9, [call(5), call(9)], 9_100), 200);
  assert.deepEqual(all(announcer), []);
});

test("one call is said in full; more are shortened, and the last resort is silence", () => {
  const forms = (count) => {
    const announcer = new Announcer();
    announcer.hear(board(99, Array.from({ length: count }, (_, n) => call(n + 1))), 0);
    return announcer.next(0).form;
  };
  assert.equal(forms(1), "full");
  assert.equal(forms(2), "full");
  assert.equal(forms(3), "short");
  assert.equal(forms(6), "chime");
  assert.equal(forms(40), "text");
});

test("without a voice a call has its chime", () => {
  const announcer = new Announcer();
  announcer.hear(board(5, [call(5)]), 0);
  assert.equal(announcer.next(0, () => false).form, "chime");
});

/** A small generator of chance, so that a failure can be repeated. */
function chance(seed) {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

test("whatever comes, each begins within ten seconds and none overlaps another", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = chance(seed);
    const announcer = new Announcer();
    const came = new Map();
    const calls = [];
    const said = [];
    let busy = 0;
    let entry = 0;
    for (let now = 0; now < 60_000; now += 50) {
      if (now < 40_000 && random() < 0.004 * (seed % 7)) {
        for (let n = Math.floor(random() * 5); n >= 0; n -= 1) {
          calls.push(call((entry += 1)));
          came.set(entry, now);
        }
        announcer.hear(board(entry, calls), now);
      }
      while (now >= busy) {
        const next = announcer.next(now);
        if (!next) break;
        said.push(next.call.entry_id);
        const late = now - came.get(next.call.entry_id);
        assert.ok(late <= 10_000, `seed ${seed}: entry ${next.call.entry_id} began after ${late} ms`);
        busy = now + length(next.call, next.form) * (0.8 + random() * 0.25);
      }
    }
    assert.deepEqual(said, calls.map((each) => each.entry_id), `seed ${seed}`);
  }
});

test("200 calls over a line that breaks: each that still stands on return is said once, in order", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const random = chance(seed);
    let announcer = new Announcer();
    const said = [];
    const heard = new Set();
    let calls = [];
    for (let entry = 1; entry <= 200; entry += 1) {
      calls = [call(entry), ...calls.map((each) => (random() < 0.3 ? over(each) : each))].slice(0, 20);
      if (random() < 0.4) continue; // the line is down
      if (random() < 0.1) announcer = new Announcer(announcer.memory); // the page is loaded anew
      for (const each of calls) if (each.current) heard.add(each.entry_id);
      announcer.hear(board(entry, calls), entry);
      said.push(...all(announcer, entry));
    }
    assert.deepEqual(said, [...new Set(said)].sort((one, other) => one - other), `seed ${seed}`);
    for (const entry of heard) assert.ok(said.includes(entry), `seed ${seed}: ${entry} was never said`);
  }
});
