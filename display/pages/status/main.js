/**
 * Keeps the page live without loading it anew: the same page is asked for, and its figures are put in
 * place. Without scripts the page reloads itself.
 */
import { one } from "../house/dom.js";

const PAUSE_MS = 5_000;

document.querySelector("meta[http-equiv=refresh]")?.remove();

async function refresh() {
  const answer = await fetch(location.href, { signal: AbortSignal.timeout(PAUSE_MS) });
  if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const place of ["header", "main"]) {
    one(place).replaceWith(document.adoptNode(one(place, fresh)));
  }
}

setInterval(() => {
  if (document.hidden) return;
  // What stands there says of when it is, and that it is old; the next answer replaces both.
  refresh().catch(() => document.querySelector("#away")?.removeAttribute("hidden"));
}, PAUSE_MS);
