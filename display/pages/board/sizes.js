/**
 * How large numbers are. A character is read from a metre away for each quarter of a centimetre of its
 * height, so the wall decides: how far the last row of seats is, and how large the screen.
 */

const MM_PER_METRE = 4; // 40 mm at 10 m, 80 at 20, 120 at 30: the usual rule for signs in halls
const MM_PER_INCH = 25.4;

/**
 * @typedef {object} Shape how a number and its desk stand together, in ems of the number
 * @property {"row" | "stack"} name beside each other, or the desk below
 * @property {number} width
 * @property {number} height
 */

/** @typedef {{shape: Shape["name"], columns: number, size: number}} Grid */

/**
 * The height that numbers need at least.
 *
 * @param {{width: number, height: number}} screen in px, all of it
 * @param {number} inch its diagonal
 * @param {number} distance of the farthest reader, metres
 * @returns {number} px
 */
export function leastNumber({ width, height }, inch, distance) {
  const pxPerMm = Math.hypot(width, height) / (inch * MM_PER_INCH);
  return Math.ceil(distance * MM_PER_METRE * pxPerMm);
}

/**
 * The shapes a call can take, the roomiest first.
 *
 * @param {number} number width of the widest number, ems
 * @returns {Shape[]}
 */
export function shapes(number) {
  return [
    { name: "row", width: number + 4.1, height: 1.35 },
    { name: "stack", width: number + 0.3, height: 1.47 },
  ];
}

/**
 * The grid that shows `count` calls as large as the room allows, or null where they do not fit at the
 * least size.
 *
 * @param {{width: number, height: number}} room px
 * @param {number} count
 * @param {Shape[]} allowed
 * @param {{least: number, most: number, gap: number}} limits px
 * @returns {Grid | null}
 */
export function grid(room, count, allowed, { least, most, gap }) {
  let best = /** @type {Grid & {holes: number} | null} */ (null);
  for (const shape of allowed) {
    for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
      const rows = Math.ceil(count / columns);
      const width = (room.width - gap * (columns - 1)) / columns;
      const height = (room.height - gap * (rows - 1)) / Math.max(1, rows);
      const size = Math.floor(Math.min(width / shape.width, height / shape.height, most));
      const holes = rows * columns - count;
      const better = size > (best?.size ?? 0) || (size === best?.size && holes < best.holes);
      if (size >= least && better) best = { shape: shape.name, columns, size, holes };
    }
  }
  return best;
}

/**
 * Where the newest call and the others stand.
 *
 * @typedef {object} Plan
 * @property {number} hero height of the newest call, px
 * @property {number} size of its number, px
 * @property {Shape["name"]} shape of the newest call
 * @property {boolean} worded whether it has room for its sentence
 * @property {Grid} others
 * @property {number} shown how many of the others are shown at once
 */

/** @typedef {{least: number, gap: number}} Limits px */
/** @typedef {{width: number, height: number}} Room px */

const HERO_SHARES = [0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0]; // of the room, the generous ones first
const HERO_MOST = 0.64; // more would only be empty
const HERO_WORDS = 0.42; // of its height: title and sentence
const HERO_SLIM = 0.16; // of its height, where there are no words
const WORDED_LINES = 2.4; // from so many least lines on it has words
const LINE_EM = 1.05; // height of a line that holds nothing but a number
const HERO_WIDTH_EM = 3.9; // desk and arrow beside the number
const COMFORT = 1.15; // how much higher than needed a call looks well
const HERO_STACK_EM = 2.1; // height of the number with the desk below
const HERO_EDGE_EM = 0.3;
const HERO_PART = 0.94; // of the width; the rest is its edge
const FILLED = 6; // so many calls make a board that looks complete; recent ones fill it up
const OTHERS_PART = 0.62; // of the newest call's size: nobody shall mistake which it is

/**
 * Shares the room out. All current calls are shown if they fit at the least size, in pages if not;
 * recent ones only while there is room.
 *
 * @param {Room} room
 * @param {{current: number, recent: number}} counts without the newest
 * @param {number} number width of the widest, ems
 * @param {Limits} limits
 * @returns {Plan}
 */
export function plan(room, counts, number, limits) {
  const most = Math.min(counts.current + counts.recent, Math.max(counts.current, FILLED));
  for (let shown = most; shown >= counts.current; shown -= 1) {
    for (const share of HERO_SHARES) {
      const found = divided(room, room.height * share, shown, number, limits);
      if (found) return roomier(room, found, number, limits);
    }
  }
  const slim = room.height * (HERO_SHARES.at(-1) ?? 0);
  let shown = 1;
  while (divided(room, slim, shown + 1, number, limits)) shown += 1;
  const least = { shape: /** @type {const} */ ("stack"), columns: 1, size: limits.least };
  const lone = { ...newest(room, slim, number, limits), others: least, shown };
  return divided(room, slim, shown, number, limits) ?? lone;
}

/**
 * @param {Room} room
 * @param {number} height of the newest call
 * @param {number} shown
 * @param {number} number
 * @param {Limits} limits
 * @returns {Plan | null}
 */
function divided(room, height, shown, number, limits) {
  const first = newest(room, height, number, limits);
  const rest = { width: room.width, height: room.height - first.hero - limits.gap };
  const most = Math.max(limits.least, first.size * OTHERS_PART);
  const others = grid(rest, shown, shapes(number), { ...limits, most });
  return others && { ...first, others, shown };
}

/**
 * The newest call in a height, or in the least it needs.
 *
 * @param {Room} room
 * @param {number} height
 * @param {number} number
 * @param {Limits} limits
 */
function newest(room, height, number, { least }) {
  const hero = Math.floor(Math.max(height, (least * LINE_EM) / (1 - HERO_SLIM)));
  const worded = hero >= least * WORDED_LINES;
  const high = (hero * (1 - (worded ? HERO_WORDS : HERO_SLIM))) / LINE_EM;
  const wide = room.width * HERO_PART;
  const row = Math.floor(Math.min(high, wide / (number + HERO_WIDTH_EM)));
  const stack = Math.floor(Math.min((high * LINE_EM) / HERO_STACK_EM, wide / (number + HERO_EDGE_EM)));
  const shape = /** @type {Shape["name"]} */ (stack > row ? "stack" : "row");
  return { hero, worded, shape, size: Math.max(least, row, stack) };
}

/**
 * The same plan, with what the others leave given to the newest call.
 *
 * @param {Room} room
 * @param {Plan} found
 * @param {number} number
 * @param {Limits} limits
 * @returns {Plan}
 */
function roomier(room, found, number, limits) {
  const { others, shown } = found;
  const shape = shapes(number).find((each) => each.name === others.shape);
  const rows = Math.ceil(shown / others.columns);
  const taken = rows * ((shape?.height ?? 0) * others.size * COMFORT + limits.gap);
  const most = shown ? room.height * HERO_MOST : room.height;
  const height = Math.max(found.hero, Math.min(room.height - taken, most));
  return { ...found, ...newest(room, height, number, limits) };
}
