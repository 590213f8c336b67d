/** Numbers are as large as the hall needs them, and all of them are on the wall. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { grid, leastNumber, plan, shapes } from "../../display/pages/board/sizes.js";

const FULL_HD = { width: 1920, height: 1080 };
const WIDE = 3.1; // ems: A012 in a wide typeface

test("the rule of the hall: 81 px at 10 m on 43 inches, 162 px at 20 m, whichever way it hangs", () => {
  assert.equal(leastNumber(FULL_HD, 43, 10), 81);
  assert.equal(leastNumber(FULL_HD, 43, 20), 162);
  assert.equal(leastNumber({ width: 1080, height: 1920 }, 43, 10), 81);
  assert.equal(leastNumber({ width: 3840, height: 2160 }, 43, 10), 162);
  assert.equal(leastNumber(FULL_HD, 32, 10), 109);
});

test("a grid never goes below the least size", () => {
  assert.equal(grid({ width: 300, height: 100 }, 4, shapes(WIDE), { least: 81, most: 200, gap: 12 }), null);
});

test("twenty calls fit on a Full HD wall at 10 m", () => {
  const found = plan({ width: 1437, height: 698 }, { current: 19, recent: 0 }, 3.02, { least: 81, gap: 12 });
  assert.equal(found.shown, 19);
  assert.ok(found.size >= 81 && found.others.size >= 81);
});

test("what is planned fits into the room", () => {
  for (const height of [400, 700, 900, 1300]) {
    for (let current = 0; current < 20; current += 1) {
      const room = { width: 1250, height };
      const found = plan(room, { current, recent: 5 }, WIDE, { least: 81, gap: 12 });
      const shape = shapes(WIDE).find((each) => each.name === found.others.shape);
      const rows = Math.ceil(found.shown / found.others.columns);
      const taken = found.hero + rows * (12 + found.others.size * shape.height);
      assert.ok(taken <= height + rows, `${current} in ${height}: ${taken}`);
      assert.ok(found.size >= 81 && found.others.size >= 81);
    }
  }
});

test("the newest call is always the largest", () => {
  for (let current = 0; current < 20; current += 1) {
    const found = plan({ width: 1250, height: 800 }, { current, recent: 5 }, WIDE, { least: 81, gap: 12 });
    assert.ok(found.size >= found.others.size, `${current}`);
  }
});
