/** Who has signed in to a page of analysts, and the way out. */
import { fill, h, one } from "./dom.js";
import { signOut, who } from "./session.js";

/**
 * Says who has signed in, where a page has a place for it; nothing where a key is used.
 *
 * @param {import("./words.js").Words} words
 * @param {string | null} key
 * @returns {Promise<string>} the name, or nothing
 */
export async function showPerson(words, key) {
  const session = key ? null : await who().catch(() => null);
  const out = h("button", { type: "button", class: "quiet" }, words.say("desk.sign_out"));
  out.addEventListener("click", async () => {
    await signOut().catch(() => undefined); // away: the page that comes says so
    location.reload();
  });
  fill(one("#person"), ...(session?.person ? [h("span", {}, session.person), out] : []));
  return session?.person ?? "";
}
