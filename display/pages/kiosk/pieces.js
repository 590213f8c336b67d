/** The pieces that screens are made of. */
import { h } from "../house/dom.js";
import { minutesOf } from "../house/estimate.js";

/** @typedef {import("../house/types.js").Estimate} Estimate */
/** @typedef {import("../house/types.js").ServiceSign} ServiceSign */
/** @typedef {import("../house/words.js").Words} Words */

/**
 * The heading of a screen.
 *
 * @param {...(Node | string | null | false)} children
 */
export function heading(...children) {
  return h("h1", { tabindex: -1 }, ...children);
}

/**
 * The service above a question about it.
 *
 * @param {Words} words
 * @param {ServiceSign} service
 */
export function serviceName(words, service) {
  return h("span", { class: "service-name" }, words.pick(service.name, service.id), " ");
}

/**
 * A large button, with a line below its name.
 *
 * @param {string} name
 * @param {string} how
 * @param {() => void} onclick
 * @param {string} [more] further classes
 */
export function choice(name, how, onclick, more = "") {
  return h(
    "button",
    { class: `choice ${more}`, onclick },
    h("span", { class: "name" }, name),
    h("span", { class: "how" }, how),
  );
}

/**
 * A button that stays pressed; it says so by a tick, not by its colour alone.
 *
 * @param {string} name
 * @param {boolean} pressed
 * @param {() => void} act
 */
export function toggle(name, pressed, act) {
  const button = h("button", { class: "choice toggle", "aria-pressed": String(pressed) });
  button.append(h("span", { class: "name" }, name));
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    act();
  });
  return button;
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {string} value
 */
export function fact(kind, name, value) {
  return h("div", { class: `fact ${kind}` }, h("dt", {}, name), h("dd", {}, value));
}

/**
 * A wait as a range of minutes.
 *
 * @param {Words} words
 * @param {Estimate} estimate
 */
export function minutes(words, estimate) {
  return words.say("kiosk.minutes", minutesOf(estimate));
}
