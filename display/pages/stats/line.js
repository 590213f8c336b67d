/** How many people stand in line through the day. Pure. */
import { columns } from "./charts.js";
import * as f from "./figures.js";
import { drawn, widened } from "./paper.js";
import { figure, sheet } from "./parts.js";
import { half, people } from "./plots.js";
import { table } from "./tables.js";
import * as w from "./wording.js";

/** @typedef {import("./types.js").LineAnswer} LineAnswer */
/** @typedef {import("./types.js").LineRow} LineRow */
/** @typedef {import("./types.js").Seen} Seen */
/** @typedef {"queue" | "handover_queue"} Kind those who wait for the call, and those for the hand-over */
/** @typedef {{name: string, tick: string, row: LineRow | null}} Step of the clock */

/** @param {Seen} seen */
export function line(seen) {
  const { words, view } = seen;
  const answer = /** @type {LineAnswer | undefined} */ (/** @type {unknown} */ (drawn(seen, "queue")));
  if (!answer) return null;
  const rows = f.whole(answer, view.service);
  const found = f.byTime(rows);
  const steps = f.clock([rows], answer.bin).map((time) => ({
    name: w.span(time, answer.bin),
    tick: w.hourTick(time),
    row: found.get(time) ?? null,
  }));
  const kinds = /** @type {Kind[]} */ (["queue", "handover_queue"]).filter((kind) =>
    rows.some((row) => row[`${kind}_mean`] !== null),
  );
  return sheet(seen, {
    id: "line",
    title: words.say("stats.line.title"),
    answer,
    lead: [longest(seen, steps), most(seen, steps)],
    charts: kinds.map((kind) => chart(seen, kind, steps)),
    tables: [lengths(seen, kinds, steps)],
    note: w.sentences(words.say("stats.line.note"), widened(seen, "queue")),
    files: [["", "queue"]],
  });
}

/** When the line is longest on the average. @param {Seen} seen @param {Step[]} steps */
function longest({ words }, steps) {
  const found = f.most(steps, ({ row }) => row?.queue_mean ?? 0);
  if (!found) return words.say("stats.nobody");
  const count = w.average(words, found.row?.queue_mean);
  return words.say("stats.line.longest", { span: found.name, count });
}

/** When it once was. @param {Seen} seen @param {Step[]} steps */
function most({ words }, steps) {
  const found = f.most(steps, ({ row }) => row?.queue_max ?? 0);
  if (!found) return null;
  const n = found.row?.queue_max ?? 0;
  return words.say("stats.line.most", { span: found.name, count: w.count(words, n), n });
}

/** @param {Seen} seen @param {Kind} kind @param {Step[]} steps */
function chart(seen, kind, steps) {
  const { words, paper, width } = seen;
  const slots = steps.map(({ name, tick, row }) => {
    const [value, usual] = [row?.[`${kind}_mean`] ?? null, row?.[`${kind}_max`] ?? null];
    const [mean, top] = [w.average(words, value) || "–", w.count(words, usual) || "–"];
    return { name, tick, value, usual, told: words.say("stats.told.line", { name, mean, top }) };
  });
  return figure(columns(people(seen, `line-${kind}`, kind, { width: paper ? half(seen) : width }), slots), [
    ["bar", words.say("stats.line.mean")],
    ["usual", words.say("stats.line.max")],
  ]);
}

/** @param {Seen} seen @param {Kind[]} kinds @param {Step[]} steps */
function lengths({ words }, kinds, steps) {
  /** @param {Kind} kind @returns {import("./tables.js").Column<Step>[]} */
  const both = (kind) => [
    {
      name: words.say(`stats.names.${kind}_mean`),
      of: ({ row }) => w.average(words, row?.[`${kind}_mean`]),
    },
    {
      name: words.say(`stats.names.${kind}_max`),
      of: ({ row }) => w.count(words, row?.[`${kind}_max`]),
    },
  ];
  return table(
    words,
    "line-table",
    words.say("stats.tables.line"),
    [{ name: words.say("stats.names.clock"), of: ({ name }) => name }, ...kinds.flatMap(both)],
    steps,
  );
}
