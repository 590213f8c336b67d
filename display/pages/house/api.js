/**
 * Asking the service. A press is never lost and never counted twice: every command carries a key of
 * its own (Idempotency-Key), and is sent again with that key until there is an answer or patience
 * ends.
 */

const ANSWER_MS = 4_000; // the service answers within 3.5 s, if only to say that it cannot
export const FOR_YEARS_MS = 61_000; // but for questions about years, which it may count for a minute
const PATIENCE_MS = 12_000; // how long a command is tried; whoever stands there wants to know
const PAUSE_MS = 400;

/** The service refused; `code` is stable, `detail` is for people who know the service. */
export class Problem extends Error {
  /** @param {{code: string, status: number, detail: string, [more: string]: any}} body */
  constructor(body) {
    super(body.detail);
    this.code = body.code;
    this.status = body.status;
    this.body = body;
  }
}

/** There was no answer. What was asked may or may not have happened; asking again is safe. */
export class Away extends Error {}

export class Api {
  /**
   * @param {string} office
   * @param {string | null} key
   */
  constructor(office, key) {
    this.root = `/api/v1/offices/${encodeURIComponent(office)}`;
    this.key = key;
  }

  /**
   * The service beside any office.
   *
   * @param {string | null} key
   */
  static ofService(key) {
    const api = new Api("", key);
    api.root = "/api/v1";
    return api;
  }

  /**
   * A question. Not asked twice here: whoever asks knows when to ask again.
   *
   * @param {string} path below the office, like "/tickets?state=waiting"
   * @param {number} [within] how long an answer may take, ms
   * @returns {Promise<any>}
   */
  get(path, within) {
    return this.#send("GET", path, { within });
  }

  /**
   * A command, carried out once. Resolves with the answer (`null` for 204).
   *
   * @param {string} path
   * @param {object} [body]
   * @param {{press?: string, method?: "POST" | "PUT" | "DELETE", signal?: AbortSignal}} [how] `press`: the intent,
   *   to go on with one that had no answer; `signal`: whether it is still wanted
   * @returns {Promise<any>}
   */
  async post(path, body = {}, { press = newPress(), method = "POST", signal } = {}) {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await this.#send(method, path, { body, press });
      } catch (failure) {
        const again = failure instanceof Away || (failure instanceof Problem && failure.status === 503);
        if (!again || signal?.aborted) throw failure;
        if (performance.now() > until) throw failure instanceof Away ? failure : new Away(failure.message);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  /**
   * What an address holds, as it is: a picture, a sound.
   *
   * @param {string} path
   * @param {number} [within] how long an answer may take, ms
   * @returns {Promise<Blob>}
   */
  async blob(path, within) {
    return (await this.#ask("GET", path, { within })).blob();
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{body?: object, press?: string, within?: number}} how
   */
  async #send(method, path, how) {
    const answer = await this.#ask(method, path, how);
    if (answer.status === 204) return null;
    try {
      return await answer.json();
    } catch {
      throw new Away("the answer broke off");
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{body?: object, press?: string, within?: number}} how
   */
  async #ask(method, path, { body, press, within = ANSWER_MS }) {
    /** @type {Record<string, string>} */
    const headers = {};
    if (this.key) headers.Authorization = `Bearer ${this.key}`;
    if (press) headers["Idempotency-Key"] = press;
    if (body) headers["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(this.root + path, {
        method,
        headers,
        body: body && JSON.stringify(body),
        cache: "no-store",
        signal: AbortSignal.timeout(within),
      });
    } catch {
      throw new Away("no answer");
    }
    if (answer.ok) return answer;
    const problem = await answer.json().catch(() => null);
    if (!problem?.code) throw new Away(`no answer of ours: ${answer.status}`);
    throw new Problem(problem);
  }
}

/**
 * Exchanges an enrolment code for the key of this device.
 *
 * @param {string} code
 * @param {string} press the intent: with it a key whose answer was lost comes again, though the code is used
 * @returns {Promise<string>}
 */
export async function enrol(code, press) {
  return (await Api.ofService(null).post("/enrol", { code }, { press })).key;
}

/**
 * A name for one press. `crypto.randomUUID` needs HTTPS, which a hall's own network may lack.
 *
 * @returns {string}
 */
export function newPress() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
