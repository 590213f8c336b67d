/** The lobby's board: wires the feed, the announcer and the loudspeaker to what is on the wall. */
import { Api } from "../house/api.js";
import { Clock, follow } from "../house/boards.js";
import { fill, h, one } from "../house/dom.js";
import { askForKey } from "../house/gate.js";
import { keyOf } from "../house/key.js";
import { SignPost } from "../house/signs.js";
import { load, tag } from "../house/words.js";
import { Announcer } from "./announcer.js";
import { render } from "./render.js";
import { leastNumber } from "./sizes.js";
import { Slides } from "./slides.js";
import { Sound } from "./sound.js";
import { both } from "./wording.js";

/** @typedef {import("../house/boards.js").Line} Line */
/** @typedef {import("../house/types.js").Board} Board */
/** @typedef {import("../house/types.js").Call} Call */
/** @typedef {import("../house/words.js").Words} Words */
/** @typedef {import("./announcer.js").Announcement} Announcement */
/** @typedef {import("./render.js").View} View */

const WITHDRAWN_MS = 8_000; // long enough for whoever has just stood up to see why
const TURN_MS = 6_000; // what does not fit at once comes in turn
const SAID_KEPT = 300; // announcements that stay readable to a screen reader
const DISTANCE_M = 10;
const SCREEN_INCH = 43;
const THEMES = ["dark", "contrast"];

const asked = new URLSearchParams(location.search);
const office = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const zone = asked.get("zone");
const slot = `madoguchi.board.${office}.${zone ?? ""}`;
const clock = new Clock();

/** @type {Words[]} */
let words = [];
/** @type {Map<string, Words>} those of the visitors */
let languages = new Map();
/** @type {View | null} */
let view = null;
/** @type {Line} */
let line = "away";
/** @type {Sound} */
let sound;
/** @type {SignPost} */
let signs;
let announcing = false;
const announcer = new Announcer(remembered());
const slides = new Slides(one("#slides"));

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(`${slot}.announced`) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} name */
function measure(name, otherwise = 0) {
  const value = Number(asked.get(name));
  return value > 0 ? value : otherwise;
}

function least() {
  const screen = { width: innerWidth, height: innerHeight };
  return leastNumber(screen, measure("inch", SCREEN_INCH), measure("distance", DISTANCE_M));
}

/** @param {Board} board */
function hear(board) {
  const now = performance.now();
  clock.set(board.at);
  const before = view?.withdrawn ?? [];
  const withdrawn = announcer.hear(board, now).filter((call) => !before.includes(call));
  const speaking = view?.speaking ?? null;
  const turn = view?.turn ?? 0;
  view = {
    ...{ board, words, zone, languages, speaking, turn },
    ...{ signs: signs.signs, withdrawn: [...before, ...withdrawn], least: least() },
  };
  draw();
  void readSigns(board.version);
  for (const call of withdrawn) setTimeout(() => forget(call), WITHDRAWN_MS);
  for (const call of announcer.ahead) sound.prepare(call);
  void announce();
}

/** @param {Call} call */
function forget(call) {
  if (view) view = { ...view, withdrawn: view.withdrawn.filter((each) => each !== call) };
  draw();
}

/** @param {number} version */
async function readSigns(version) {
  if (signs.signs && signs.signs.version >= version) return;
  const read = await signs.of(version).catch(() => null); // asked again with the next board
  if (!read) return;
  const known = await Promise.all(read.languages.map((language) => load(language).catch(() => null)));
  languages = new Map(known.flatMap((each) => (each ? [[each.language, each]] : [])));
  slides.show(read.slides, words);
  if (view) view = { ...view, signs: read, languages };
  draw();
}

function draw() {
  if (!view) return;
  render(view);
  tick();
  drawLine();
}

function tick() {
  const timezone = view?.signs?.timezone;
  const [first] = words;
  const now = clock.now();
  if (!timezone || !first || !now) return;
  fill(one("#clock"), first.time(now, timezone));
  fill(one("#date"), ...both(words, (each) => each.date(now, timezone)));
}

function drawLine() {
  const away = one("#away");
  const cut = line !== "live";
  document.documentElement.toggleAttribute("data-away", cut && view !== null);
  away.hidden = !cut;
  if (cut) fill(away, ...both(words, lineWords));
}

/** @param {Words} each */
function lineWords(each) {
  if (line === "unknown") return each.say("board.unknown");
  if (!view) return each.say("board.connecting");
  return each.say("board.away", { time: view.board.at.slice(11, 16) }); // in the office's own time
}

async function announce() {
  if (announcing) return;
  announcing = true;
  try {
    for (;;) {
      const next = announcer.next(performance.now(), sound.speaks);
      if (!next) break;
      localStorage.setItem(`${slot}.announced`, JSON.stringify(announcer.memory));
      say(next);
      await sound.play(next);
    }
  } finally {
    announcing = false;
    speaking(null);
  }
}

/** @param {Announcement} announcement */
function say({ call, form }) {
  const { language, text } = call.spoken ?? { language: "", text: call.number };
  const said = one("#said");
  said.append(h("p", { "data-entry": call.entry_id, "data-form": form, lang: tag(language) || false }, text));
  while (said.childElementCount > SAID_KEPT) said.firstElementChild?.remove();
  speaking(call.entry_id);
}

/** @param {number | null} entry */
function speaking(entry) {
  if (!view || view.speaking === entry) return;
  view = { ...view, speaking: entry };
  draw();
}

function drawSound() {
  const [first] = words;
  const button = one("#sound");
  button.hidden = false;
  button.dataset["state"] = sound.state;
  button.setAttribute("aria-pressed", String(sound.state === "on"));
  if (first) fill(button, first.say(`board.sound_${sound.state}`));
}

function switchSound() {
  if (sound.state === "blocked") void sound.allow();
  else sound.muted = !sound.muted;
  localStorage.setItem(`${slot}.muted`, String(sound.muted));
  if (!sound.muted) void sound.allow();
  drawSound();
}

/** @param {string | null} known */
async function connect(known) {
  const key = known ?? (await ask());
  const api = new Api(office, key);
  signs = new SignPost(api);
  sound = new Sound(api, localStorage.getItem(`${slot}.muted`) === "true", drawSound);
  drawSound();
  void readSigns(0);
  const followed = follow(office, key, {
    ...(zone ? { zone } : {}),
    board: hear,
    line(now) {
      line = now;
      drawLine();
      if (now === "refused") {
        followed.stop();
        void connect(null);
      }
    },
  });
}

/** @returns {Promise<string | null>} a key that somebody typed */
function ask() {
  return askForKey(/** @type {Words} */ (words[0]), "board", office);
}

async function start() {
  const theme = asked.get("theme") ?? "";
  if (THEMES.includes(theme)) document.documentElement.dataset["theme"] = theme;
  const first = asked.get("lang") ?? "ja";
  const second = first === "en" ? "ja" : "en";
  words = await Promise.all([load(first).catch(() => load("ja")), load(second)]);
  document.documentElement.lang = tag(words[0]?.language ?? "ja");
  document.title = words[0]?.say("board.title") ?? "";
  one("#sound").addEventListener("click", switchSound);
  drawLine();
  void connect(keyOf("board", office));
  setInterval(tick, 1_000);
  setInterval(turnOver, TURN_MS);
  new ResizeObserver(redraw).observe(one("#calls")); // whatever comes or goes around them
  void navigator.wakeLock?.request("screen").catch(() => undefined); // a wall does not sleep
}

function turnOver() {
  if (view) view = { ...view, turn: view.turn + 1 };
  draw();
}

function redraw() {
  if (view) view = { ...view, least: least() };
  draw();
}

void start();
