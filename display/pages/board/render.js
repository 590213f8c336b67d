/** A board as it hangs on the wall: state in, elements out. Nothing is asked of the network here. */
import { fill, h, keep, one } from "../house/dom.js";
import { minutesOf } from "../house/estimate.js";
import { lamp } from "../house/lamp.js";
import { call, numberOf } from "./calls.js";
import { plan } from "./sizes.js";
import { both, floorName } from "./wording.js";

/** @typedef {import("../house/types.js").Board} Board */
/** @typedef {import("../house/types.js").Call} Call */
/** @typedef {import("../house/types.js").Queue} Queue */
/** @typedef {import("../house/types.js").Signs} Signs */
/** @typedef {import("../house/types.js").Texts} Texts */
/** @typedef {import("../house/words.js").Words} Words */

/**
 * @typedef {object} View everything that is shown
 * @property {Board} board
 * @property {Signs | null} signs
 * @property {Words[]} words of the lobby: the first large, the second below
 * @property {Map<string, Words>} languages of the visitors
 * @property {string | null} zone
 * @property {Call[]} withdrawn taken back a moment ago
 * @property {number | null} speaking entry of the call that is being announced
 * @property {number} least px that a number needs
 * @property {number} turn counts up, so that what does not fit at once comes in turn
 */

const GAP_REM = 0.75;
const READY_GAP_EM = 0.35; // between the numbers of the hand-over list
const FEW_CALLS = 8; // so many leave room for a second line of the hand-over list
const pen = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));

/** @param {View} view */
export function render(view) {
  renderTop(view);
  renderNotice(view);
  renderQueues(view);
  renderReady(view);
  renderCalls(view); // last: it takes the room that the others leave
}

/** @param {View} view */
function renderTop({ signs, words, zone, board }) {
  const office = one("#office");
  fill(office, ...both(words, (each) => each.pick(signs?.name, board.office)));
  one("#zone").hidden = !zone;
  if (zone) fill(one("#zone"), ...both(words, (each) => floorName(each, zone)));
  fill(one("#calls-title"), ...both(words, (each) => each.say("board.calling")));
  fill(one("#ready-title"), ...both(words, (each) => each.say("board.ready")));
  fill(one("#services-title"), ...both(words, (each) => each.say("board.services")));
  fill(one("#order"), ...both(words, (each) => each.say("board.order")));
}

/** @param {View} view */
function renderNotice({ board, words }) {
  const notice = one("#notice");
  notice.hidden = !board.notice;
  notice.setAttribute("aria-label", words[0]?.say("board.slides") ?? "");
  fill(notice, ...both(words, (each) => each.pick(board.notice)));
}

/**
 * How wide the widest of some numbers is, in the typeface of the page.
 *
 * @param {string[]} numbers
 * @returns {number} ems
 */
function widest(numbers) {
  pen.font = `700 100px ${getComputedStyle(document.body).fontFamily}`;
  return Math.max(1, ...numbers.map((number) => pen.measureText(number).width / 100));
}

// Services

/** @param {View} view */
function renderQueues({ board, signs, words, zone }) {
  const here = zone && signs ? signs.desks.filter((desk) => desk.zone === zone) : null;
  const queues = board.queues.filter(
    ({ service }) => !here || here.some((desk) => desk.services.includes(service)),
  );
  const list = one("#queues");
  one("#services").hidden = queues.length === 0;
  one("main").dataset["services"] = density(queues.length);
  keep(
    list,
    queues,
    (queue) => queue.service,
    () => h("li"),
    (row, queue) => fill(row, ...queueRow(queue, signs, words)),
  );
}

/** @param {number} count */
function density(count) {
  if (count <= 3) return "few";
  if (count <= 6) return "some";
  return count <= 10 ? "many" : "most";
}

/**
 * @param {Queue} queue
 * @param {Signs | null} signs
 * @param {Words[]} words
 */
function queueRow(queue, signs, words) {
  const sign = signs?.services.find((each) => each.id === queue.service);
  return [
    h("span", { class: "prefix" }, sign?.prefix ?? ""),
    h("span", { class: "name" }, ...both(words, (each) => each.pick(sign?.label, queue.service))),
    h("span", { class: "waiting" }, h("b", { class: "figure" }, queue.waiting), peopleUnit(words)),
    h("span", { class: "state" }, ...state(queue, signs, words)),
  ];
}

/** @param {Words[]} words */
function peopleUnit(words) {
  return h("span", { class: "unit" }, ...both(words, (each) => each.say("board.people")));
}

/**
 * @param {Queue} queue
 * @param {Signs | null} signs
 * @param {Words[]} words
 */
function state(queue, signs, words) {
  const [first] = words;
  const remarks = both(words, (each) => remark(queue, signs, each));
  const others = words.slice(1).map((each) => each.say(`lamp.${shown(queue)}`));
  return [
    first && lamp(queue, first),
    h("span", { class: "more" }, ...(remarks.length ? remarks : others.map((word) => h("span", {}, word)))),
  ];
}

/**
 * What there is to say of a line besides its lamp: empty where that is all.
 *
 * @param {Queue} queue
 * @param {Signs | null} signs
 * @param {Words} words
 * @returns {string}
 */
function remark(queue, signs, words) {
  if (queue.status === "suspended") return words.pick(queue.message);
  if (queue.opens_at && signs) {
    return words.say("board.opens", { time: words.time(queue.opens_at, signs.timezone) });
  }
  if (queue.status !== "open" || !queue.estimate) return "";
  return words.say("board.estimate", minutesOf(queue.estimate));
}

/** @param {Queue} queue */
function shown(queue) {
  return queue.status === "open" ? queue.lamp : queue.status;
}

// Hand-over

/** @param {View} view */
function renderReady({ board, signs, words, zone, least, turn }) {
  const services = signs?.services.filter((each) => each.stages.includes("handover")) ?? [];
  const here = services.filter(
    ({ id }) => !zone || signs?.desks.some((desk) => desk.zone === zone && desk.services.includes(id)),
  );
  const prefixes = new Set(here.map((each) => each.prefix));
  const numbers = board.ready.filter((number) => !zone || prefixes.has(number.replaceAll(/\d/g, "")));
  const section = one("#ready");
  section.hidden = !here.length && !numbers.length;
  section.style.setProperty("--number", `${least}px`);
  one("#ready-none").hidden = numbers.length > 0;
  fill(one("#ready-none"), ...both(words, (each) => each.say("board.ready_none")));
  const list = one("#ready-numbers");
  list.hidden = !numbers.length;
  const columns = Math.floor(list.clientWidth / least / (widest(numbers) + READY_GAP_EM) + 0.02);
  const few = board.calls.filter((each) => each.current).length <= FEW_CALLS;
  const lines = few && numbers.length > columns ? 2 : 1;
  section.style.setProperty("--lines", String(lines));
  const pages = keepInTurn(list, numbers, Math.max(1, columns) * lines, turn);
  fill(one("#ready-page"), pages > 1 ? `${(turn % pages) + 1}/${pages}` : "");
}

/**
 * @param {HTMLElement} list
 * @param {string[]} numbers
 * @param {number} capacity
 * @param {number} turn
 * @returns {number} how many pages there are
 */
function keepInTurn(list, numbers, capacity, turn) {
  keep(list, inTurn(numbers, capacity, turn), (number) => number, numberOf);
  return Math.ceil(numbers.length / capacity);
}

/**
 * As many as there is room for; what does not fit comes in turn.
 *
 * @template T
 * @param {T[]} all
 * @param {number} capacity
 * @param {number} turn
 * @returns {T[]}
 */
export function inTurn(all, capacity, turn) {
  const pages = Math.max(1, Math.ceil(all.length / capacity));
  const start = (turn % pages) * capacity;
  return all.slice(start, start + capacity);
}

// Calls

/** @param {View} view */
function renderCalls(view) {
  const { board, withdrawn, least, turn } = view;
  const all = [...board.calls, ...withdrawn].sort((one, other) => other.entry_id - one.entry_id);
  const standing = all.filter((each) => each.current); // what was taken back was current when last seen
  const newest = standing[0];
  const rest = standing.slice(1);
  const recent = latestOfEach(all.filter((each) => !each.current), standing);
  const section = one("#calls");
  const gap = GAP_REM * parseFloat(getComputedStyle(document.documentElement).fontSize);
  const space = { width: section.clientWidth, height: section.clientHeight };
  const numbers = [...standing, ...recent].map((each) => each.number);
  const counts = { current: rest.length, recent: recent.length };
  const places = plan(space, counts, widest(numbers), { least, gap });
  const page = inTurn(rest, Math.max(1, places.shown), turn);
  const others = [...page, ...recent.slice(0, Math.max(0, places.shown - rest.length))];
  section.style.setProperty("--hero", `${places.hero}px`);
  section.style.setProperty("--newest", `${places.size}px`);
  section.style.setProperty("--number", `${places.others.size}px`);
  section.style.setProperty("--columns", String(places.others.columns));
  section.dataset["shape"] = places.others.shape;
  section.toggleAttribute("data-worded", places.worded);
  one("#hero").dataset["shape"] = places.shape;
  keep(one("#hero"), [newest ?? null], entry, make, (place, each) => update(place, each, view, true));
  keep(one("#others"), others, entry, make, (place, each) => update(place, each, view, false));
}

/**
 * Of the calls that are over, the latest of each number that is not called again.
 *
 * @param {Call[]} over newest first
 * @param {Call[]} standing
 */
function latestOfEach(over, standing) {
  const seen = new Set(standing.map((each) => each.number));
  return over.filter(({ number }) => !seen.has(number) && seen.add(number));
}

/** @param {Call | null} each */
const entry = (each) => String(each?.entry_id ?? "nobody");

/** @param {Call | null} each */
const make = (each) => h("li", { class: each ? "call" : "nobody" });

/**
 * @param {HTMLElement} place
 * @param {Call | null} each
 * @param {View} view
 * @param {boolean} large
 */
function update(place, each, view, large) {
  if (!each) fill(place, ...both(view.words, (words) => words.say("board.nobody")));
  else call(place, each, view, large);
}
