/** Bringing what is on the page in step with what should be there, without making it anew. */

/** @typedef {Node | string | number | null | false | undefined} Child */

/**
 * Makes the children of an element equal to those given. What stays the same element keeps its focus,
 * and a press that has begun on it ends on it, however often the page is drawn meanwhile. Children
 * with a `data-key` are found again by it, the others by their place.
 *
 * Listeners are not compared: what is drawn so has none, and names what it does in `data-do`.
 *
 * @param {Element} parent
 * @param {...Child} children
 */
export function become(parent, ...children) {
  const wanted = children
    .filter((child) => child !== null && child !== false && child !== undefined)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
  const names = new Set(wanted.map(keyOf));
  const keyed = new Map();
  for (const child of [...parent.children]) {
    const name = keyOf(child);
    if (name && !names.has(name)) child.remove();
    else if (name) keyed.set(name, child);
  }
  let place = parent.firstChild;
  for (const fresh of wanted) {
    const old = keyOf(fresh) ? keyed.get(keyOf(fresh)) : place;
    if (!old || !alike(old, fresh)) {
      parent.insertBefore(fresh, place);
      continue;
    }
    if (old === place) place = place?.nextSibling ?? null;
    else parent.insertBefore(old, place);
    match(old, fresh);
  }
  while (place) {
    const after = place.nextSibling;
    place.remove();
    place = after;
  }
}

/** @param {Node} node */
function keyOf(node) {
  return node instanceof Element ? node.getAttribute("data-key") : null;
}

/**
 * @param {Node} old
 * @param {Node} fresh
 */
function alike(old, fresh) {
  return old.nodeName === fresh.nodeName && keyOf(old) === keyOf(fresh);
}

/**
 * @param {Node} old
 * @param {Node} fresh
 */
function match(old, fresh) {
  if (old instanceof Element && fresh instanceof Element) {
    for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    become(old, ...fresh.childNodes);
  } else if (old.nodeValue !== fresh.nodeValue) {
    old.nodeValue = fresh.nodeValue;
  }
}
