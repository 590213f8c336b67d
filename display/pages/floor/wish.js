/** What a greeter asks for on behalf of a visitor. Pure. */

/**
 * @typedef {object} Wanted
 * @property {string} service
 * @property {string[]} procedures
 * @property {string[]} needs
 * @property {string} priority
 * @property {string} language
 */

/**
 * @param {string} service
 * @param {string} language the office's own
 * @returns {Wanted}
 */
export function wanted(service, language) {
  return { service, procedures: [], needs: [], priority: "normal", language };
}

/** What is sent for it. @param {Wanted} wanted */
export function bodyOf({ procedures, ...rest }) {
  return { ...rest, channel: "floor", items: procedures.map((procedure) => ({ procedure, quantity: 1 })) };
}
