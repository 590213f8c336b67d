/** What the greeter is asked, and shown, in a dialog. Pure. */
import { h } from "../house/dom.js";
import { NAMES } from "../house/words.js";
import { sheet } from "../staff/dialogs.js";
import { classes, NEEDS } from "../staff/moves.js";
import { button, languageName, needName, priorityName, serviceName } from "../staff/pieces.js";

/** @typedef {import("./render.js").View} View */

/**
 * A row of choices under a heading; nothing where there is nothing to choose.
 *
 * @param {string} title
 * @param {string} act
 * @param {[string, string][]} choices value, name
 * @param {string[]} chosen
 */
function choices(title, act, choices, chosen) {
  if (!choices.length) return null;
  return h(
    "div",
    { role: "group", "aria-label": title, class: "group", "data-key": act },
    h("h3", {}, title),
    h(
      "div",
      { class: "row" },
      ...choices.map(([value, name]) => button(act, name, { value, pressed: chosen.includes(value) })),
    ),
  );
}

/** @type {Record<string, (view: View, id: string) => (Node | string | null | false)[] | null>} */
export const DIALOGS = {
  issue(view, id) {
    const { words, signs, board, wanted } = view;
    const service = signs.services.find((each) => each.id === id);
    const queue = board.queues.find((each) => each.service === id);
    if (!service || !queue) return null;
    const shut = queue.status !== "open" && words.say("floor.shut", { why: words.say(`lamp.${queue.status}`) });
    const languages = [...new Set([...signs.languages, ...Object.keys(NAMES)])];
    return [
      h("h2", { id: "dialog-title", tabindex: -1 }, words.pick(service.name, id)),
      h("p", { class: "soft" }, words.say("floor.waiting", { n: queue.waiting })),
      shut && h("p", { class: "shut", role: "status" }, shut),
      choices(
        words.say("floor.procedures"),
        "procedure",
        service.procedures.map((each) => [each.id, words.pick(each.name, each.id)]),
        wanted.procedures,
      ),
      choices(
        words.say("floor.needs"),
        "wish-need",
        NEEDS.map((need) => [need, needName(words, need)]),
        wanted.needs,
      ),
      choices(
        words.say("floor.priority"),
        "wish-priority",
        classes(signs).map((each) => [each, priorityName(words, each)]),
        [wanted.priority],
      ),
      choices(
        words.say("floor.language"),
        "wish-language",
        languages.map((each) => [each, languageName(words, each)]),
        [wanted.language],
      ),
      h(
        "div",
        { class: "row end", "data-key": "end" },
        button("close", words.say("desk.back")),
        button("give", words.say("floor.give"), { id, value: "show" }),
        button("give", words.say("floor.give_print"), { id, value: "print", look: "main" }),
      ),
    ];
  },

  issued(view) {
    const { words, issued } = view;
    if (!issued) return null;
    const ahead = issued.people_ahead;
    return [
      h(
        "h2",
        { id: "dialog-title", tabindex: -1 },
        h("span", { class: "soft" }, words.say("floor.issued")),
        " ",
        h("span", { class: "number" }, issued.number),
      ),
      h("p", { class: "of" }, serviceName(view, issued.service)),
      ahead !== null && h("p", {}, words.say("desk.slip.ahead", { n: ahead })),
      h("p", { class: "soft" }, words.say("floor.copy")),
      h(
        "div",
        { class: "row end", "data-key": "end" },
        button("print", words.say("floor.print")),
        button("close", words.say("desk.close"), { look: "main" }),
      ),
    ];
  },

  suspend(view, id) {
    const { words } = view;
    return sheet(
      words.say("floor.suspend_title", { service: serviceName(view, id) }),
      words.say("desk.back"),
      h("p", {}, words.say("floor.suspend_why")),
      texts(view, { ja: words.say("floor.suspend_ja"), en: words.say("floor.suspend_en") }),
      h(
        "div",
        { class: "row", "data-key": "yes" },
        button("suspend-now", words.say("floor.suspend_yes"), { id, look: "alarm" }),
      ),
    );
  },

  notice(view) {
    const { words, board } = view;
    return sheet(
      words.say("floor.notice_title"),
      words.say("desk.back"),
      h("p", {}, words.say("floor.notice_why")),
      texts(view, board.notice ?? {}),
      h(
        "div",
        { class: "row", "data-key": "yes" },
        button("notice-up", words.say("floor.notice_up"), { look: "main" }),
        board.notice && button("notice-down", words.say("floor.notice_down")),
      ),
    );
  },
};

/**
 * A field a language. What stands there when it is opened is only where it begins.
 *
 * @param {View} view
 * @param {Record<string, string>} begin
 */
function texts({ words }, begin) {
  return h(
    "div",
    { class: "texts", "data-key": "texts" },
    ...["ja", "en"].map((language) =>
      h(
        "div",
        {},
        h(
          "label",
          { for: `text-${language}` },
          words.say("floor.text", { language: NAMES[language] ?? language }),
        ),
        h("input", {
          id: `text-${language}`,
          lang: language,
          maxlength: 200,
          value: begin[language] ?? "",
          autocomplete: "off",
        }),
      ),
    ),
  );
}
