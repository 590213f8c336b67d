/**
 * Back to the start when a visitor has left, never without saying so first: the seconds are shown, and
 * any touch or key begins them anew.
 */

const TICK_MS = 200;

/**
 * @typedef {object} Told
 * @property {(seconds: number) => void} left each second that is shown, from the first
 * @property {() => void} kept it begins anew, nothing is shown
 * @property {() => void} over
 */

export class Patience {
  /** @param {Told} told */
  constructor(told) {
    this.told = told;
    this.quiet = this.shown = 0;
    this.since = performance.now();
    /** @type {number | null} */
    this.said = null;
    for (const sign of ["pointerdown", "keydown"]) {
      document.addEventListener(sign, () => this.begin(), { capture: true });
    }
    setInterval(() => this.#look(), TICK_MS);
  }

  /**
   * How long to wait on this screen.
   *
   * @param {number} quiet milliseconds before anything is shown
   * @param {number} shown milliseconds that are counted down in sight; 0: this screen stays
   */
  set(quiet, shown) {
    this.quiet = quiet;
    this.shown = shown;
    this.begin();
  }

  begin() {
    this.since = performance.now();
    if (this.said !== null) this.told.kept();
    this.said = null;
    this.#look();
  }

  #look() {
    const passed = performance.now() - this.since - this.quiet;
    if (!this.shown || passed < 0) return;
    const left = Math.ceil((this.shown - passed) / 1000);
    if (left <= 0) {
      this.shown = 0;
      this.said = null;
      this.told.over();
    } else if (left !== this.said) {
      this.said = left;
      this.told.left(left);
    }
  }
}
