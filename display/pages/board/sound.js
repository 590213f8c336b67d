/** What a board lets be heard: two chimes made here, and voices where there are any. */
import { Problem } from "../house/api.js";
import { tag } from "../house/words.js";
import { CHIME_MS, length } from "./announcer.js";

/** @typedef {import("../house/api.js").Api} Api */
/** @typedef {import("../house/types.js").Call} Call */
/** @typedef {import("./announcer.js").Announcement} Announcement */
/** @typedef {"on" | "muted" | "blocked"} State `blocked`: the browser wants to be touched first */

/** Notes as [Hz, begins after s]. A call falls, a hand-over rises: nobody needs to see which it was. */
const CALL = /** @type {const} */ ([[659.3, 0], [523.3, 0.35]]);
const HANDOVER = /** @type {const} */ ([[523.3, 0], [659.3, 0.2], [784, 0.4]]);
const LOUDNESS = 0.35;
const RING_S = 0.9; // until a note has died away
const WAKING_MS = 2_000; // how soon a service that is waking up is asked again
const OVERDUE = 2; // a voice that takes so many times what it should is cut off

export class Sound {
  /** @type {AudioContext} */
  #context = new AudioContext();
  /** @type {Map<string, Promise<AudioBuffer | null>>} recordings on their way, by address */
  #recordings = new Map();
  /** @type {string[]} languages that the service speaks */
  #service = [];

  /**
   * @param {Api} api
   * @param {boolean} muted
   * @param {() => void} changed told when the state is another
   */
  constructor(api, muted, changed) {
    this.api = api;
    this.muted = muted;
    this.#context.addEventListener("statechange", changed);
    speechSynthesis.addEventListener?.("voiceschanged", changed);
    void this.#askService();
  }

  /** @returns {State} */
  get state() {
    if (this.muted) return "muted";
    return this.#context.state === "running" ? "on" : "blocked";
  }

  /** Lets it be heard; only of use while somebody touches the page. */
  async allow() {
    await this.#context.resume();
  }

  /**
   * Whether there is a voice for a call.
   *
   * @param {Call} call
   */
  speaks = (call) => {
    if (this.state !== "on" || !call.spoken) return false;
    const { language } = call.spoken;
    return Boolean(browserVoice(language)) || this.#service.includes(language);
  };

  /**
   * Asks for what the service will have to speak, before its turn comes.
   *
   * @param {Call} call
   */
  prepare(call) {
    if (this.speaks(call) && call.spoken && !browserVoice(call.spoken.language)) this.#recording(call, "full");
  }

  /**
   * Lets an announcement be heard; resolves when it is over, whatever goes wrong.
   *
   * @param {Announcement} announcement
   */
  async play({ call, form }) {
    if (form === "text" || this.state !== "on") return;
    await within(CHIME_MS * OVERDUE, this.#chime(call.stage === "handover" ? HANDOVER : CALL));
    if (form === "chime") return;
    await within(length(call, form) * OVERDUE, this.#speak(call, form));
    speechSynthesis.cancel();
  }

  /** @param {readonly (readonly [number, number])[]} notes */
  async #chime(notes) {
    const start = this.#context.currentTime + 0.02;
    for (const [pitch, after] of notes) this.#note(pitch, start + after);
    await new Promise((resolve) => setTimeout(resolve, CHIME_MS));
  }

  /**
   * @param {number} pitch
   * @param {number} at
   */
  #note(pitch, at) {
    const tone = new OscillatorNode(this.#context, { frequency: pitch, type: "sine" });
    const gain = new GainNode(this.#context, { gain: 0 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.001, at + RING_S);
    tone.connect(gain).connect(this.#context.destination);
    tone.start(at);
    tone.stop(at + RING_S);
  }

  /**
   * @param {Call} call
   * @param {"full" | "short"} form
   */
  async #speak(call, form) {
    if (!call.spoken) return;
    const voice = browserVoice(call.spoken.language);
    if (voice) await utter(form === "short" ? call.spoken.short : call.spoken.text, voice);
    else if (this.speaks(call)) await this.#replay(await this.#recording(call, form));
  }

  /** @param {AudioBuffer | null} recording */
  async #replay(recording) {
    if (!recording) return;
    const source = new AudioBufferSourceNode(this.#context, { buffer: recording });
    source.connect(this.#context.destination);
    await new Promise((resolve) => {
      source.addEventListener("ended", resolve);
      source.start();
    });
  }

  /**
   * @param {Call} call
   * @param {"full" | "short"} form
   * @returns {Promise<AudioBuffer | null>}
   */
  #recording(call, form) {
    const address = `/calls/${call.entry_id}/voice?form=${form}`;
    let found = this.#recordings.get(address);
    if (!found) {
      found = this.#fetch(address).finally(() => setTimeout(() => this.#recordings.delete(address), 60_000));
      this.#recordings.set(address, found);
    }
    return found;
  }

  /**
   * @param {string} address
   * @returns {Promise<AudioBuffer | null>}
   */
  async #fetch(address) {
    try {
      const recording = await this.api.blob(address);
      return await this.#context.decodeAudioData(await recording.arrayBuffer());
    } catch {
      return null; // the chime and the text are there
    }
  }

  /** Learns what the service can speak; one that is waking up is asked again until it is awake. */
  async #askService() {
    for (;;) {
      const told = await this.api.get("/voice").catch((failure) => (failure instanceof Problem ? {} : null));
      if (told?.awake) this.#service = told.languages;
      if (told && (told.awake || !told.languages?.length)) return;
      await new Promise((resolve) => setTimeout(resolve, WAKING_MS));
    }
  }
}

/**
 * A voice of this machine. Those that live elsewhere would hear every call, and fall silent with the
 * line.
 *
 * @param {string} language
 * @returns {SpeechSynthesisVoice | undefined}
 */
function browserVoice(language) {
  const wanted = tag(language);
  return speechSynthesis
    .getVoices()
    .find((voice) => voice.localService && voice.lang.replace("_", "-").split("-")[0] === wanted);
}

/**
 * @param {string} text
 * @param {SpeechSynthesisVoice} voice
 * @returns {Promise<void>}
 */
function utter(text, voice) {
  return new Promise((resolve) => {
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = voice;
    utterance.lang = voice.lang;
    utterance.addEventListener("end", () => resolve());
    utterance.addEventListener("error", () => resolve());
    speechSynthesis.speak(utterance);
  });
}

/**
 * @param {number} patience ms
 * @param {Promise<void>} sound
 */
async function within(patience, sound) {
  let timer;
  const enough = new Promise((resolve) => (timer = setTimeout(resolve, patience)));
  await Promise.race([sound.catch(() => undefined), enough]);
  clearTimeout(timer);
}
