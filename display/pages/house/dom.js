/** Building and changing what is on the page; state comes in, nothing is asked of the network. */

/**
 * An element. Attributes are set as they are, `on…` functions listen, `false`, `null` and
 * `undefined` are left out. Text is always text: nothing is ever read as HTML.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string | number | null | false | undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...present(children));
  return element;
}

/**
 * Puts children in place of what an element has; text that is there already stays untouched, so
 * that a screen reader is not told again.
 *
 * @param {Element} element
 * @param {...(Node | string | number | null | false | undefined)} children
 */
export function fill(element, ...children) {
  const wanted = present(children);
  if (wanted.length === 1 && typeof wanted[0] === "string") {
    if (element.textContent !== wanted[0] || element.childElementCount) {
      element.textContent = wanted[0];
    }
    return;
  }
  element.replaceChildren(...wanted);
}

/**
 * Keeps the children of `parent` in step with `items`: one element for each key, made once, updated
 * in place and moved rather than made anew, so that focus and animation survive.
 *
 * @template T
 * @template {Element} E
 * @param {Element} parent
 * @param {T[]} items
 * @param {(item: T) => string} key
 * @param {(item: T) => E} make
 * @param {(element: E, item: T) => void} [update]
 */
export function keep(parent, items, key, make, update) {
  const old = new Map([...parent.children].map((child) => [child.getAttribute("data-key"), child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let element = /** @type {E | undefined} */ (old.get(name));
    old.delete(name);
    if (!element) {
      element = make(item);
      element.setAttribute("data-key", name);
    }
    update?.(element, item);
    if (element === place) {
      place = place.nextElementSibling;
    } else {
      parent.insertBefore(element, place);
    }
  }
  for (const gone of old.values()) gone.remove();
}

/**
 * The one element that a selector finds.
 *
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement}
 */
export function one(selector, within = document) {
  const found = within.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return /** @type {HTMLElement} */ (found);
}

/**
 * @param {(Node | string | number | null | false | undefined)[]} children
 * @returns {(Node | string)[]}
 */
function present(children) {
  return children
    .filter((child) => child !== null && child !== false && child !== undefined)
    .map((child) => (child instanceof Node ? child : String(child)));
}
