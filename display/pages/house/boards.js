/**
 * The newest board, for as long as the page is open. A board is always whole: whatever was missed
 * while the line was down is in the next one. A line that is silent counts as cut.
 */

/** @typedef {import("./types.js").Board} Board */
/** @typedef {"live" | "away" | "refused" | "unknown"} Line */

const SILENT_MS = 4_500; // the service speaks more often; with this a page says so within 5 s
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 5_000;
const RESTART_MS = 5_000; // over so long screens spread when the service itself says goodbye

const GOING_AWAY = [1001, 1012];
const REFUSED = [4401, 4403];
const UNKNOWN_OFFICE = 4404;

/**
 * Follows an office's board.
 *
 * @param {string} office
 * @param {string | null} key
 * @param {object} told
 * @param {(board: Board) => void} told.board each board, newest last; older ones never arrive late
 * @param {(line: Line, since: number) => void} told.line whenever the line changes; `since` is a
 *   `performance.now()`
 * @param {string} [told.zone]
 * @returns {{stop: () => void}}
 */
export function follow(office, key, { board, line, zone }) {
  let stopped = false;
  let failures = 0;
  /** @type {Line | null} */
  let said = null;
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let watchdog;

  /** @param {Line} now */
  function say(now) {
    if (now === said) return;
    said = now;
    line(now, performance.now());
  }

  function listen() {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      say("away");
      drop();
      again(FIRST_PAUSE_MS);
    }, SILENT_MS);
  }

  function drop() {
    const old = socket;
    socket = null; // what it may still say is no longer listened to
    old?.close();
  }

  /** @param {number} within */
  function again(within) {
    clearTimeout(watchdog);
    if (!stopped) watchdog = setTimeout(open, Math.random() * within);
  }

  function open() {
    const address = new URL(`/ws/offices/${encodeURIComponent(office)}/board`, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (zone) address.searchParams.set("zone", zone);
    const mine = new WebSocket(address, key ? ["madoguchi", `madoguchi.${key}`] : ["madoguchi"]);
    socket = mine;
    listen();
    mine.onmessage = (message) => {
      if (mine !== socket) return;
      failures = 0;
      listen();
      board(JSON.parse(message.data));
      say("live");
    };
    mine.onclose = ({ code }) => {
      if (mine !== socket) return;
      socket = null;
      if (REFUSED.includes(code)) say("refused");
      else if (code === UNKNOWN_OFFICE) say("unknown");
      else say("away");
      failures += 1;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** failures, LAST_PAUSE_MS);
      again(GOING_AWAY.includes(code) ? RESTART_MS : pause);
    };
  }

  open();
  return {
    stop() {
      stopped = true;
      clearTimeout(watchdog);
      drop();
    },
  };
}

/**
 * The service's clock: it stands at the `at` of the newest board and runs on from there, whatever
 * the device's own clock says.
 */
export class Clock {
  #at = 0;
  #heard = 0;

  /** @param {string} at */
  set(at) {
    this.#at = Date.parse(at);
    this.#heard = performance.now();
  }

  /** Milliseconds since the epoch; 0 before the first board. */
  now() {
    return this.#at && this.#at + (performance.now() - this.#heard);
  }
}
