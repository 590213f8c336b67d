/** The table that belongs to a chart: the same figures, for whoever would rather read. Pure. */
import { h } from "../house/dom.js";

/**
 * @template T
 * @typedef {object} Column
 * @property {string} name
 * @property {(row: T) => string} of what stands in the cell; "" where nothing is known
 * @property {boolean} [said] whether it is a sentence, and no figure
 */

/**
 * A table whose first column names its rows.
 *
 * @template T
 * @param {import("../house/words.js").Words} words
 * @param {string} id begins with its section's, as in "week-waits"
 * @param {string} caption
 * @param {Column<T>[]} columns
 * @param {T[]} rows
 */
export function table(words, id, caption, columns, rows) {
  const [first, ...others] = columns;
  if (!first) throw new Error("a table has a column that names its rows");
  return h(
    "div",
    {
      ...{ class: "scroll", tabindex: 0, role: "region", "data-key": id },
      "aria-labelledby": `${id.split("-")[0]}-title ${id}-caption`, // captions alone are not unique
    },
    h(
      "table",
      { id },
      h("caption", { id: `${id}-caption` }, caption),
      h("thead", {}, h("tr", {}, ...columns.map(head))),
      h(
        "tbody",
        {},
        ...rows.map((row) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, first.of(row)),
            ...others.map(({ of, said }) => cell(of(row), words.say("stats.no_figure"), said)),
          ),
        ),
      ),
    ),
  );
}

/** @param {{name: string, said?: boolean}} column */
function head({ name, said = false }) {
  return h("th", { scope: "col", class: said && "said" }, name);
}

/** @param {string} text @param {string} none @param {boolean} [said] */
function cell(text, none, said = false) {
  if (text || said) return h("td", { class: said && "said" }, text);
  return h("td", {}, h("span", { "aria-hidden": "true" }, "–"), h("span", { class: "spoken" }, none));
}
