/** The bar at the top of the desk: where it is, whether it is open, what it serves, how it is used. Pure. */
import { h } from "../house/dom.js";
import { sheet, tastes } from "../staff/dialogs.js";
import { KEYS } from "../staff/moves.js";
import { button, deskName, serviceName } from "../staff/pieces.js";
import { busy, key } from "./render.js";

/** @typedef {import("./render.js").View} View */

/** @param {View} view */
export function head(view) {
  const { words, signs, status, board, desk, now } = view;
  const chips = view.wide
    ? signs.services.map(({ id }) => id)
    : [...new Set([...desk.services, ...status.services])];
  return [
    h(
      "h1",
      {},
      deskName(view, desk.id),
      " ",
      h("span", { class: "office" }, words.pick(signs.name, signs.office)),
    ),
    h(
      "div",
      { class: "status", role: "group", "aria-label": words.say("desk.status") },
      ...["open", "break", "closed"].map((each) =>
        button("status", words.say(`desk.statuses.${each}`), {
          value: each,
          pressed: status.status === each,
          shortcut: each === "break" ? key(view, "b") : undefined,
          why: each !== "open" && busy(view),
        }),
      ),
    ),
    view.person && h("span", { class: "person" }, view.person),
    h("time", { class: "clock" }, now ? words.time(now, signs.timezone) : ""),
    button("help", words.say("desk.help"), { look: "quiet help", shortcut: key(view, "?") }),
    h(
      "div",
      { class: "chips", role: "group", "aria-label": words.say("desk.serving"), "data-open": view.wide },
      h("span", { class: "soft" }, words.say("desk.serving")),
      ...chips.map((id) => {
        const waiting = board.queues.find(({ service }) => service === id)?.waiting ?? 0;
        const chip = button("serve", serviceName(view, id), {
          value: id,
          pressed: status.services.includes(id),
          look: "chip",
        });
        chip.append(
          h("span", { class: "figure", "aria-hidden": "true" }, waiting),
          h("span", { class: "spoken" }, words.say("desk.people", { n: waiting })),
        );
        return chip;
      }),
      signs.services.length > desk.services.length &&
        button("wide", words.say(view.wide ? "desk.fewer" : "desk.more"), { look: "chip quiet", value: "all" }),
      button("wide", words.say("desk.serving_n", { n: status.services.length }), {
        look: "chip summary",
        value: "narrow",
      }),
    ),
  ];
}

/** The keys, and how this window likes to be. @param {View} view */
export function help(view) {
  const { words, keys } = view;
  const lines = [
    ["N · Space · Enter", "next"],
    ...["s", "r", "f", "a", "p", "t", "u", "b"].map((letter) => [letter.toUpperCase(), KEYS[letter] ?? ""]),
    ["1 – 9", "items"],
    ["/", "find"],
    ["?", "help"],
  ];
  return sheet(
    words.say("desk.help_title"),
    words.say("desk.close"),
    button("keys", words.say(keys ? "desk.keys_on" : "desk.keys_off"), { pressed: keys }),
    h("p", { class: "soft" }, words.say("desk.keys_why")),
    h(
      "dl",
      { class: "keys" },
      ...lines.map(([letters = "", what = ""]) =>
        h("div", {}, h("dt", {}, h("kbd", {}, letters)), h("dd", {}, words.say(`desk.key_list.${what}`))),
      ),
    ),
    ...tastes(view),
  );
}
