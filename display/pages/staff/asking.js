/** The one dialog of a page: which question it asks, and keeping it in step with the hall. */
import { one } from "../house/dom.js";
import { become } from "./become.js";

/** @typedef {import("./become.js").Child} Child */
/** @typedef {{kind: string, id?: string}} Question */

export class Dialog {
  /** @param {(question: Question) => Child[] | null} draw what is asked; null: no longer a question */
  constructor(draw) {
    this.box = /** @type {HTMLDialogElement} */ (one("#dialog"));
    this.content = draw;
    /** @type {Question | null} */
    this.question = null;
    this.box.addEventListener("close", () => (this.question = null));
    this.box.addEventListener("click", (event) => event.target === this.box && this.close()); // beside it
  }

  /** @param {Question} question */
  ask(question) {
    this.question = question;
    this.draw();
    if (!this.question) return;
    if (!this.box.open) this.box.showModal();
    one("#dialog-title", this.box).focus();
  }

  close() {
    this.question = null;
    this.box.close();
  }

  /** Draws the question anew; one that has no sense any more is closed. */
  draw() {
    if (!this.question) return;
    const content = this.content(this.question);
    if (!content) return this.close();
    this.box.setAttribute("data-kind", this.question.kind);
    become(this.box, ...content);
  }
}
