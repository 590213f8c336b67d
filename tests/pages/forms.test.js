/** What the forms of reports begin with, and the questions they make. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { question, shorter, valuesOf } from "../../display/pages/reports/forms.js";

test("hours a little shorter than today's are proposed, where there are such", () => {
  assert.equal(shorter("08:30-17:15"), "09:00-16:45");
  assert.equal(shorter("09:05-10:30"), "09:35-10:00");
  for (const none of ["09:00-10:00", "09:00-12:00,13:00-16:00", "", null, undefined]) {
    assert.equal(shorter(none), undefined);
  }
});

test("a form begins with the year up to yesterday, and with what the address says", () => {
  const values = valuesOf("reception-hours", "?target=85", "2026-03-01", "08:30-17:15");
  assert.deepEqual(
    [values.from, values.to, values.proposed, values.target, values.current],
    ["2025-03-01", "2026-02-28", "09:00-16:45", "85", ""],
  );
  assert.equal(valuesOf("reception-hours", "", "2026-03-01").proposed, "09:00-16:30");
});

test("a question has shares as parts, and leaves out what nobody filled in", () => {
  const hours = { from: "2025-04-01", to: "2026-03-31", proposed: "09:00-16:30", current: " ", target: "90" };
  assert.equal(
    decodeURIComponent(question("reception-hours", { ...hours, basis: "arrival" })),
    "/reports/reception-hours?from=2025-04-01&to=2026-03-31&proposed=09:00-16:30&target=0.9&basis=arrival",
  );
  const less = { from: "2025-04-01", to: "2026-03-31", by: "section", reception: "30", review: "12.5" };
  assert.equal(
    decodeURIComponent(question("reform-priority", less)),
    "/reports/reform-priority?from=2025-04-01&to=2026-03-31&by=section&reduction=reception:0.3,review:0.125",
  );
});
