/** An estimate as whole minutes: never less than one, and never a range without width. */

/** @typedef {import("./types.js").Estimate} Estimate */

/**
 * @param {Estimate} estimate
 * @returns {{low: number, high: number}}
 */
export function minutesOf({ p50_s: likely, p90_s: late }) {
  const low = Math.max(1, Math.floor(likely / 60));
  return { low, high: Math.max(low + 1, Math.ceil(late / 60)) };
}
