/**
 * The hall as staff see it: the newest board and today's tickets, brought in step with each other
 * whenever anything happens anywhere in the office.
 */
import { Api, Problem } from "../house/api.js";
import { Clock, follow } from "../house/boards.js";
import { askForKey } from "../house/gate.js";
import { forgetKey, keyOf } from "../house/key.js";
import { signOut, who } from "../house/session.js";
import { SignPost } from "../house/signs.js";

/** @typedef {import("../house/types.js").Board} Board */
/** @typedef {import("../house/types.js").Signs} Signs */
/** @typedef {import("../house/types.js").Ticket} Ticket */
/** @typedef {import("../house/boards.js").Line} Line */
/** @typedef {import("../house/words.js").Words} Words */

const GAP_MS = 400; // between two questions for the tickets, however fast the boards come
const AGAIN_MS = 1_000; // after a question without an answer

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Hall {
  /**
   * @param {string} page
   * @param {string} office
   * @param {object} how
   * @param {Words} how.words in which a key is asked for
   * @param {string[]} how.states of the tickets to know
   * @param {() => void} how.changed whenever anything here has changed
   */
  constructor(page, office, { words, states, changed }) {
    this.page = page;
    this.office = office;
    this.words = words;
    this.states = states;
    this.changed = changed;
    this.api = new Api(office, keyOf(page, office));
    this.post = new SignPost(this.api);
    this.clock = new Clock();
    /** @type {Board | null} */
    this.board = null;
    /** @type {Signs | null} */
    this.signs = null;
    /** @type {Ticket[]} in calling order, then those not in line */
    this.tickets = [];
    this.known = false; // whether the tickets were ever heard of
    /** @type {Line} */
    this.line = "away";
    /** @type {{stop: () => void} | null} */
    this.following = null;
    /** @type {import("../house/session.js").Session | null} */
    this.person = null; // who has signed in; nobody where a key is used
    /** @type {Promise<void> | null} */
    this.renewing = null;
    this.asking = false;
    this.wanted = false;
    this.answers = 0; // counts what was learned from commands
  }

  /** Begins to follow, or follows with another key. */
  begin() {
    this.following?.stop();
    this.following = follow(this.office, this.api.key, {
      board: (board) => this.#take(board),
      line: (line) => {
        this.line = line;
        this.changed();
        if (line === "refused") this.renew();
      },
    });
  }

  /** Asks for a key that is good, or for somebody who signs in, and goes on with that. */
  renew() {
    this.renewing ??= this.#renew().finally(() => (this.renewing = null));
    return this.renewing;
  }

  async #renew() {
    this.api.key = await askForKey(this.words, this.page, this.office);
    this.person = this.api.key ? null : await who().catch(() => null);
    this.begin();
    this.refresh();
  }

  /** Lets go of whoever works here, so that somebody else can sign in; of a key, too. */
  async leave() {
    if (this.person) await signOut();
    forgetKey(this.page, this.office);
    this.api.key = this.person = null;
    this.following?.stop();
    this.changed();
    await this.renew();
  }

  /** @param {Board} board */
  async #take(board) {
    const news = board.as_of !== this.board?.as_of;
    this.board = board;
    this.clock.set(board.at);
    if (news) this.refresh();
    if (board.version !== this.signs?.version) {
      this.signs = await this.post.of(board.version).catch(() => this.signs);
    }
    this.changed();
  }

  /**
   * What a command answered is known at once.
   *
   * @param {...(Ticket | null)} tickets
   */
  learn(...tickets) {
    this.answers += 1;
    const learned = tickets.filter((each) => each !== null);
    const known = this.tickets.map((each) => learned.find(({ id }) => id === each.id) ?? each);
    const added = learned.filter(({ id }) => !this.tickets.some((each) => each.id === id));
    this.tickets = [...known, ...added].filter(({ state }) => this.states.includes(state));
    this.changed();
  }

  /** Asks for the tickets: now, or as soon as the question under way has its answer. */
  async refresh() {
    this.wanted = true;
    if (this.asking) return;
    this.asking = true;
    while (this.wanted) {
      this.wanted = false;
      await pause((await this.#ask()) ? GAP_MS : AGAIN_MS);
    }
    this.asking = false;
  }

  async #ask() {
    const before = this.answers;
    try {
      const { tickets } = await this.api.get(
        `/tickets?${this.states.map((state) => `state=${state}`).join("&")}`,
      );
      if (before === this.answers) {
        this.tickets = tickets;
        this.known = true;
      } else this.wanted = true; // a command was answered meanwhile: this may be older
      this.changed();
      return true;
    } catch (failure) {
      if (failure instanceof Problem && [401, 403].includes(failure.status)) await this.renew();
      this.wanted = true;
      return false;
    }
  }
}
