/** The office's own notices, one after another. */
import { fill, h, one } from "../house/dom.js";
import { both } from "./wording.js";

/** @typedef {import("../house/types.js").Texts} Texts */
/** @typedef {import("../house/words.js").Words} Words */

const SLIDE_MS = 12_000; // two short sentences, read without haste

export class Slides {
  /** @type {Texts[]} */
  #slides = [];
  /** @type {Words[]} */
  #words = [];
  #shown = 0;
  // Whoever wants less motion turns the pages by hand.
  #running = !matchMedia("(prefers-reduced-motion: reduce)").matches;

  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    setInterval(() => this.#running && this.#next(), SLIDE_MS);
  }

  /**
   * @param {Texts[]} slides
   * @param {Words[]} words
   */
  show(slides, words) {
    this.#slides = slides;
    this.#words = words;
    this.#shown = 0;
    this.place.hidden = slides.length === 0;
    const [first] = words;
    if (!first || !slides.length) return;
    this.place.setAttribute("aria-label", first.say("board.slides"));
    const buttons = h(
      "p",
      { class: "turn", hidden: slides.length < 2 },
      h("button", { type: "button", class: "quiet", "data-act": "pause", onclick: () => this.#pause() }),
      h("button", {
        ...{ type: "button", class: "quiet", "data-act": "next", "aria-label": first.say("board.next") },
        onclick: () => this.#next(),
      }),
    );
    fill(this.place, h("p", { class: "slide" }), buttons);
    this.#draw();
  }

  #next() {
    if (this.#slides.length) this.#shown = (this.#shown + 1) % this.#slides.length;
    this.#draw();
  }

  #pause() {
    this.#running = !this.#running;
    this.#draw();
  }

  #draw() {
    const [first] = this.#words;
    if (!first || !this.#slides.length) return;
    const pause = one("[data-act=pause]", this.place);
    pause.setAttribute("aria-label", first.say(this.#running ? "board.pause" : "board.play"));
    pause.toggleAttribute("data-running", this.#running);
    const slide = h("p", { class: "slide" }, ...both(this.#words, (each) => each.pick(this.#slides[this.#shown])));
    one(".slide", this.place).replaceWith(slide);
  }
}
