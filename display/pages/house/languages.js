/** The buttons of the languages, by their own names. */
import { h } from "./dom.js";
import { NAMES, tag } from "./words.js";

/**
 * @param {string[]} languages
 * @param {string} now the one that is spoken
 * @param {(language: string) => void} choose
 */
export function languageButtons(languages, now, choose) {
  return languages
    .filter((language) => NAMES[language])
    .map((language) =>
      h(
        "button",
        {
          "aria-pressed": String(language === now),
          "data-language": language,
          lang: tag(language),
          onclick: () => choose(language),
        },
        NAMES[language],
      ),
    );
}
