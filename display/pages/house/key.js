/**
 * The key with which a page asks. It arrives once in the fragment of the address
 * (`/kiosk/cityhall#key=…`), which no server and no log ever sees; it is kept by the browser and
 * leaves the address bar at once.
 */

/**
 * @param {string} page each kind of page has its own key, so that one browser may be several devices
 * @param {string} office
 */
const slot = (page, office) => `madoguchi.${page}.${office}.key`;

/**
 * The key of this page, taken from the address if it brought one.
 *
 * @param {string} page
 * @param {string} office
 * @returns {string | null}
 */
export function keyOf(page, office) {
  const brought = new URLSearchParams(location.hash.slice(1)).get("key");
  if (brought) {
    localStorage.setItem(slot(page, office), brought);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return localStorage.getItem(slot(page, office));
}

/**
 * Keeps no key any more: a person uses this page.
 *
 * @param {string} page
 * @param {string} office
 */
export function forgetKey(page, office) {
  localStorage.removeItem(slot(page, office));
}

/**
 * Keeps another key.
 *
 * @param {string} page
 * @param {string} office
 * @param {string} key
 */
export function keepKey(page, office, key) {
  localStorage.setItem(slot(page, office), key.trim());
}
