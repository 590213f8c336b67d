/** What is written on the signs of an office: names of services and desks, in every language. */

/** @typedef {import("./types.js").Signs} Signs */
/** @typedef {import("./api.js").Api} Api */

/**
 * The signs, asked for again when the office definition has another version.
 */
export class SignPost {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
    /** @type {Signs | null} */
    this.signs = null;
    /** @type {Promise<Signs> | null} */
    this.asking = null;
  }

  /**
   * The signs of at least this version.
   *
   * @param {number} [version]
   * @returns {Promise<Signs>}
   */
  async of(version = 0) {
    if (this.signs && this.signs.version >= version) return this.signs;
    this.asking ??= this.api.get(`/signs?version=${version}`).finally(() => (this.asking = null));
    this.signs = await this.asking;
    return this.signs;
  }
}
