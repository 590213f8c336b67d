/** Single keys: what is pressed where. */
import { KEYS } from "../staff/moves.js";

const FIELDS = "input, select, textarea, [contenteditable]";
const PRESSABLE = `button, a, summary, [role=tab], ${FIELDS}`;

/**
 * What a key means here; nothing while somebody types, answers a dialog, or holds the key down.
 *
 * @param {KeyboardEvent} event
 * @returns {{act: string, value?: string} | null}
 */
export function meant(event) {
  const { key, target } = event;
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return null;
  if (document.querySelector("dialog[open]")) return null;
  const at = target instanceof Element ? target : document.body;
  if (at.closest(FIELDS)) return null;
  if (key === " " || key === "Enter") return at.closest(PRESSABLE) ? null : { act: "next" };
  if (key === "?") return { act: "help" };
  if (key === "/") return { act: "find" };
  if (/^[1-9]$/.test(key)) return { act: "procedure", value: key };
  const act = KEYS[key.toLowerCase()];
  return act ? { act } : null;
}

/**
 * The tab to which an arrow key leads.
 *
 * @param {KeyboardEvent} event
 * @returns {HTMLElement | null}
 */
export function tabBeside(event) {
  const tab = event.target instanceof Element ? event.target.closest("[role=tab]") : null;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return null;
  const all = /** @type {HTMLElement[]} */ ([...(tab.parentElement?.children ?? [])]);
  return all[(all.indexOf(/** @type {HTMLElement} */ (tab)) + step + all.length) % all.length] ?? null;
}
