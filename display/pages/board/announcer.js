/**
 * What is announced, when, and how fully. Pure: boards and instants come in, announcements go out;
 * it knows no loudspeaker and no clock of its own.
 *
 * Rule 1. Every call that is current in some board heard is announced once, in the order of entries,
 * however often the line broke. Entries grow, so remembering the last one is enough.
 *
 * Rule 2. Nobody waits for the sentences of others: when many wait, sentences shrink, so that each
 * announcement begins within ten seconds.
 *
 * Rule 3. A board that is older than one already heard comes from a display that lags; it is passed
 * over. One that was drawn later and knows less tells of another ledger: everything begins anew.
 */

/** @typedef {import("../house/types.js").Board} Board */
/** @typedef {import("../house/types.js").Call} Call */

/** @typedef {"full" | "short" | "chime" | "text"} Form how fully: the sentence, its core, a chime, nothing to hear */
/** @typedef {{call: Call, form: Form}} Announcement */
/** @typedef {{announced: number, as_of: number, at: string}} Memory what outlives a reload */
/** @typedef {{call: Call, came: number, over: boolean}} Waiting `over`: no longer current */

export const CHIME_MS = 1_300; // both chimes with their echo
const LAG_MS = 9_200; // ten seconds, less what a voice takes longer than we think
const LAGGARD_MS = 6_000; // a display that lags has caught up by then
const AHEAD = 3; // more are not spoken in full within the time there is
const CALLS_KEPT = 20; // a board holds the latest calls; fewer entries than that cannot push one out

/** How long a voice takes for one character, with room to spare, and for the breath around it. */
const PACE_MS = /** @type {Record<string, number>} */ ({ ja: 225, "ja-easy": 225, en: 90 });
const OTHER_PACE_MS = 150;
const BREATH_MS = 400;

/** @type {readonly Form[]} */
const FORMS = ["full", "short", "chime"];

/** @type {Memory} */
const NOTHING = { announced: 0, as_of: 0, at: "" };

/**
 * How long an announcement takes.
 *
 * @param {Call} call
 * @param {Form} form
 * @returns {number} milliseconds
 */
export function length({ spoken }, form) {
  if (form === "text") return 0;
  if (form === "chime" || !spoken) return CHIME_MS;
  const pace = PACE_MS[spoken.language] ?? OTHER_PACE_MS;
  return CHIME_MS + BREATH_MS + pace * (form === "short" ? spoken.short : spoken.text).length;
}

export class Announcer {
  /** @type {Memory} */
  #memory;
  /** @type {Waiting[]} in the order of entries */
  #waiting = [];
  /** @type {Map<number, Call>} what was current in the board before */
  #current = new Map();
  /** @type {number | null} since when boards know less than we do */
  #doubtful = null;

  /** @param {Memory | null} [memory] of an announcer that was here before */
  constructor(memory) {
    this.#memory = memory ?? NOTHING;
  }

  /** What the next announcer has to know. */
  get memory() {
    return this.#memory;
  }

  /** The calls that will be announced soon. */
  get ahead() {
    return this.#waiting.filter((each) => !each.over).slice(0, AHEAD).map((each) => each.call);
  }

  /**
   * Takes in a board. Heard twice it changes nothing.
   *
   * @param {Board} board
   * @param {number} now milliseconds of any steady clock
   * @returns {Call[]} the calls that were taken back since the board before
   */
  hear(board, now) {
    if (board.as_of < this.#memory.as_of && !this.#isOfAnotherLedger(board, now)) return [];
    this.#doubtful = null;
    const listed = new Map(board.calls.map((call) => [call.entry_id, call]));
    const withdrawn = this.#withdrawn(board, listed);
    this.#waiting = this.#waiting.flatMap((each) => {
      const call = listed.get(each.call.entry_id);
      // A call that is over keeps the words it had.
      return call ? [{ ...each, call: call.current ? call : each.call, over: !call.current }] : [];
    });
    const known = new Set(this.#waiting.map((each) => each.call.entry_id));
    this.#current = new Map([...listed].filter(([, call]) => call.current));
    for (const [entry, call] of this.#current) {
      if (entry > this.#memory.announced && !known.has(entry)) {
        this.#waiting.push({ call, came: now, over: false });
      }
    }
    this.#waiting.sort((one, other) => one.call.entry_id - other.call.entry_id);
    this.#memory = { ...this.#memory, as_of: board.as_of, at: board.at };
    return withdrawn;
  }

  /**
   * What is to be announced now, or null. Asking is promising: it will not be given out again.
   *
   * @param {number} now
   * @param {(call: Call) => boolean} [speaks] whether there is a voice for it
   * @returns {Announcement | null}
   */
  next(now, speaks = () => true) {
    const form = this.#form(now, speaks);
    const first = this.#waiting.shift();
    if (!first) return null;
    this.#memory = { ...this.#memory, announced: first.call.entry_id };
    return { call: first.call, form: first.over ? "text" : form };
  }

  /**
   * @param {Board} board
   * @param {number} now
   */
  #isOfAnotherLedger(board, now) {
    this.#doubtful ??= now;
    // A simulated clock may have been set back, so time alone does not tell; patience does.
    const later = Date.parse(board.at) > Date.parse(this.#memory.at);
    if (!later && now - this.#doubtful < LAGGARD_MS) return false;
    this.#memory = NOTHING;
    this.#waiting = [];
    this.#current = new Map();
    return true;
  }

  /**
   * @param {Board} board
   * @param {Map<number, Call>} listed
   */
  #withdrawn(board, listed) {
    if (board.as_of - this.#memory.as_of >= CALLS_KEPT) return []; // may have been pushed out
    const numbers = new Set(board.calls.filter((call) => call.current).map((call) => call.number));
    return [...this.#current.values()].filter(
      (call) => !listed.has(call.entry_id) && !numbers.has(call.number),
    );
  }

  /**
   * The fullest form in which everyone who waits still begins in time, if all take that form.
   *
   * @param {number} now
   * @param {(call: Call) => boolean} speaks
   * @returns {Form}
   */
  #form(now, speaks) {
    const fits = FORMS.find((form) => {
      let start = now;
      return this.#waiting.every(({ call, came, over }, place) => {
        const inTime = place === 0 || over || start <= came + LAG_MS;
        start += length(call, over ? "text" : speaks(call) ? form : "chime");
        return inTime;
      });
    });
    const first = this.#waiting[0];
    return fits && first && !speaks(first.call) ? "chime" : (fits ?? "text");
  }
}
