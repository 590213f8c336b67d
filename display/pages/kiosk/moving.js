/**
 * Moving about without a pointer: Tab and Enter do what they always do, arrow keys go to the nearest
 * button in their direction, 1 to 9 press the buttons of the screen in order, Escape goes back.
 */

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ASIDE = 3; // how much further a step to the side counts than one straight on

/**
 * @param {HTMLElement} screen whose large buttons have figures
 */
export function listen(screen) {
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const arrow = ARROWS[event.key];
    if (arrow) move(screen, arrow);
    else if (event.key >= "1" && event.key <= "9" && event.key.length === 1) press(screen, Number(event.key));
    else if (event.key === "Escape") document.querySelector("footer .back")?.dispatchEvent(new MouseEvent("click"));
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", () => document.documentElement.setAttribute("data-keys", ""));
  document.addEventListener("pointerdown", () => document.documentElement.removeAttribute("data-keys"));
}

/**
 * Only while the focus is on the screen itself, so that a figure never does what was not looked at.
 *
 * @param {HTMLElement} screen
 * @param {number} figure
 */
function press(screen, figure) {
  if (!screen.contains(document.activeElement)) return;
  /** @type {HTMLElement | undefined} */ ([...screen.querySelectorAll("button")][figure - 1])?.click();
}

/**
 * From a heading to the first button, from a button to the next in that direction.
 *
 * @param {HTMLElement} screen
 * @param {[number, number]} direction
 */
function move(screen, [right, down]) {
  const now = document.activeElement;
  if (!(now instanceof HTMLButtonElement)) return screen.querySelector("button")?.focus();
  const from = middle(now);
  let nearest = Infinity;
  /** @type {HTMLElement | null} */
  let target = null;
  for (const button of document.querySelectorAll("button")) {
    if (button === now || !button.checkVisibility()) continue;
    const to = middle(button);
    const along = (to.x - from.x) * right + (to.y - from.y) * down;
    const aside = Math.abs((to.x - from.x) * down) + Math.abs((to.y - from.y) * right);
    const far = along + ASIDE * aside;
    if (along > 1 && far < nearest) [nearest, target] = [far, button];
  }
  target?.focus();
}

/** @param {Element} element */
function middle(element) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}
