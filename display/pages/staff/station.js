/**
 * A place where staff work, the desk or the floor: the hall it sees, the presses it makes, the one
 * dialog it shows, and what became of the last press. What it shows and which presses are its own, the
 * page says.
 */
import { one } from "../house/dom.js";
import { Dialog } from "./asking.js";
import { Hall } from "./hall.js";
import { ASKS, toggled } from "./moves.js";
import { Presses } from "./presses.js";
import { print } from "./slip.js";
import { likedTheme, likedWords, likeLanguage, likeTheme, wear } from "./taste.js";
import { carriedOut, notCarriedOut } from "./telling.js";

/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {import("./asking.js").Question} Question */
/** @typedef {import("./become.js").Child} Child */
/** @typedef {import("./presses.js").Wish} Wish */
/** @typedef {{id: string, value: string}} Pressed */
/** @typedef {(pressed: Pressed) => unknown} Act */

const SLOW_MS = 800; // an answer that takes longer is worth a word
const TICK_MS = 1_000;
const ALONGSIDE = ["set-items", "set-needs", "helped"]; // made one after the other, without waiting

/**
 * What a page brings.
 *
 * @typedef {object} Brought
 * @property {() => void} draw
 * @property {(question: Question) => Child[] | null} ask
 * @property {(wish: Wish, answer: any, before: Ticket[]) => void} learn what else an answer means here
 * @property {() => string} missing why nothing can be shown, if the hall is known and nothing can
 * @property {Record<string, Act>} acts
 */

export class Station {
  /**
   * @param {Words} words
   * @param {string} page
   * @param {string} office
   * @param {string} slot a name for what this window remembers
   * @param {string[]} states of the tickets it knows
   */
  constructor(words, page, office, slot, states) {
    const soon = () => this.soon();
    this.words = words;
    this.hall = new Hall(page, office, { words, states, changed: soon });
    this.presses = new Presses(this.hall.api, {
      slot: `madoguchi.${slot}.presses`,
      renew: () => this.hall.renew(),
      changed: soon,
    });
    /** @type {import("./telling.js").Told} */
    this.told = { text: "", tone: "calm" };
    this.drawing = false;
    this.focused = document.body;
  }

  /** @param {Brought} brought */
  async begin(brought) {
    this.brought = brought;
    this.acts = { ...this.#acts(), ...brought.acts };
    this.dialog = new Dialog(brought.ask);
    document.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("[data-do]") : null;
      if (button) this.pressed(button);
    });
    document.addEventListener("focusin", ({ target }) => (this.focused = /** @type {HTMLElement} */ (target)));
    setInterval(() => this.soon(), TICK_MS);
    if (!this.hall.api.key) await this.hall.renew();
    else this.hall.begin();
    for (const { press, ...wish } of this.presses.left()) this.carryOut(wish, press);
  }

  /** Draws, once for whatever happens in the same instant. */
  soon() {
    if (this.drawing) return;
    this.drawing = true;
    setTimeout(() => {
      this.drawing = false;
      this.#away();
      this.brought?.draw();
      this.dialog?.draw();
      const lost = document.activeElement === document.body && !this.focused.isConnected;
      if (lost) /** @type {HTMLElement | null} */ (document.querySelector("[data-home]"))?.focus();
    });
  }

  /** What every view of this place holds. */
  seen() {
    const { hall, words, told, presses } = this;
    const { board, signs, tickets, known } = hall;
    if (!board || !signs || !known) return null;
    return {
      words,
      board,
      signs,
      tickets,
      told,
      now: hall.clock.now(),
      slow: presses.slow(SLOW_MS),
      theme: likedTheme(),
      person: hall.person?.person ?? null,
    };
  }

  /** @param {string} id */
  ticket(id) {
    return this.hall.tickets.find((each) => each.id === id) ?? null;
  }

  /** @param {string} text @param {"calm" | "good" | "warn"} [tone] */
  tell(text, tone = "warn") {
    this.told = { text, tone };
    this.soon();
  }

  /** @param {Question} question */
  ask(question) {
    this.dialog?.ask(question);
  }

  /**
   * Makes a press, unless another still waits for its answer: one is enough.
   *
   * @param {Wish} wish
   */
  press(wish) {
    const waits = this.presses.pending.some(({ kind }) => !ALONGSIDE.includes(kind));
    if (waits && !ALONGSIDE.includes(wish.kind)) return this.tell(this.words.say("desk.why_slow"));
    return this.carryOut(wish);
  }

  /** @param {string} id @param {string} move @param {object} [body] @param {string} [number] */
  move(id, move, body, number = this.ticket(id)?.number) {
    this.dialog?.close();
    this.press({ kind: move, path: `/tickets/${encodeURIComponent(id)}/${move}`, body, number });
  }

  /**
   * Sends a wish and says what became of it.
   *
   * @param {Wish} wish
   * @param {string} [press] of a wish that was made before
   */
  async carryOut(wish, press) {
    const before = this.hall.tickets;
    try {
      const answer = await this.presses.make(wish, press);
      if (wish.merge && !answer) return; // a later one took its place
      this.told = carriedOut(this.words, wish, answer);
      const { called = null, released = null } = answer ?? {};
      this.hall.learn(released, called, answer?.number ? answer : null);
      this.brought?.learn(wish, answer, before);
    } catch (failure) {
      this.told = notCarriedOut(this.words, wish, failure);
      const inTheWay = /** @type {any} */ (failure).body?.ticket;
      if (inTheWay) this.hall.learn(inTheWay);
    }
    this.hall.refresh();
    this.soon();
  }

  /** @param {Element} button */
  pressed(button) {
    const { do: act = "", id = "", value = "", why } = /** @type {HTMLElement} */ (button).dataset;
    if (why) return this.tell(why);
    const own = this.acts?.[act];
    if (own) own({ id, value });
    else this.move(id, act);
    this.soon();
  }

  /** Says when figures are old, or why there are none. */
  #away() {
    const line = one("#away");
    const { words, hall } = this;
    const { board, signs } = hall;
    const lost = hall.line !== "live";
    let text = (signs && this.brought?.missing()) || "";
    if (hall.line === "unknown") text = words.say("desk.unknown_office");
    else if (lost && board && signs)
      text = words.say("desk.away", { time: words.time(board.at, signs.timezone) });
    else if (lost && performance.now() > SLOW_MS) text = words.say("desk.connecting");
    line.hidden = !text;
    line.classList.toggle("away", Boolean(text));
    if (line.textContent !== text) line.textContent = text;
    document.body.classList.toggle("old", lost);
  }

  /** @returns {Record<string, Act>} what both places do alike */
  #acts() {
    /** @type {Record<string, Act>} */
    const acts = {
      open: ({ id }) => this.ask({ kind: "ticket", id }),
      help: () => this.ask({ kind: "help" }),
      close: () => this.dialog?.close(),
      "cancel-now": ({ id }) => this.move(id, "cancel"),
      "transfer-to": ({ id, value }) => this.move(id, "transfer", { service: value }),
      "priority-to": ({ id, value }) => this.move(id, "set-priority", { priority: value }),
      need: (pressed) => this.#need(pressed),
      reprint: ({ id }) => {
        const ticket = this.ticket(id);
        this.move(id, "reprint");
        if (ticket && this.hall.signs) print(ticket, this.hall.signs, this.words);
      },
      theme: ({ value }) => likeTheme(value),
      language: async ({ value }) => {
        this.hall.words = this.words = await likeLanguage(value);
        this.tell("", "calm");
      },
      leave: () => {
        this.dialog?.close();
        this.hall.leave().catch(() => this.tell(this.words.say("gate.away")));
      },
      "take-back": () => this.presses.takeBack(),
    };
    for (const kind of ASKS) acts[kind] = ({ id }) => this.ask({ kind, id });
    return acts;
  }

  /** Notes a need more, or less; several in a row add up. @param {Pressed} pressed */
  #need({ id, value }) {
    const ticket = this.ticket(id);
    if (!ticket) return;
    const path = `/tickets/${encodeURIComponent(id)}/set-needs`;
    const before = [...this.presses.pending].reverse().find((each) => each.path === path);
    const known = /** @type {{needs: string[]} | undefined} */ (before?.body)?.needs ?? ticket.needs;
    this.press({
      kind: "set-needs",
      path,
      body: { needs: toggled(known, value) },
      number: ticket.number,
      merge: path,
    });
  }
}

/** The words and colours that are liked here. */
export async function dressed() {
  wear(likedTheme());
  return likedWords();
}
