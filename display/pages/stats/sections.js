/** The sections of the page in the order in which they are read; each is drawn from what is known. */
import { compare } from "./compare.js";
import { clock, days } from "./course.js";
import { estimates } from "./estimates.js";
import { line } from "./line.js";
import { today, yesterday } from "./opening.js";
import { desks, sections, services } from "./places.js";
import { stages, visits } from "./stages.js";
import { terms } from "./terms.js";
import { week } from "./week.js";

/** @typedef {import("../staff/become.js").Child} Child */
/** @typedef {import("./types.js").Seen} Seen */

/**
 * null: not everything is known yet that the section needs.
 *
 * @type {Record<string, (seen: Seen) => Child[] | null>}
 */
export const SECTIONS = {
  yesterday,
  today,
  clock,
  days,
  week,
  services,
  sections,
  desks,
  visits,
  stages,
  line,
  compare,
  estimates,
  terms,
};
