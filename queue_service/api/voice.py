"""A call as sound, for screens whose browser has no Japanese voice.

The speech engine is the optional extra `voice`. Only what is on the board now is ever said: nobody
hands this module a sentence.
"""

import asyncio
import io
import wave
from asyncio import Future
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from litestar import Request, Response, Router, get
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from queue_service.announcements import Spoken
from queue_service.api.guard import BOARD
from queue_service.api.problems import Problem
from queue_service.api.request import TheLedger
from queue_service.ledger import Ledger

ENGINE = "pyopenjtalk"
LANGUAGES = ("ja", "ja-easy")
KEPT = 64  # recordings of about 250 kB: more calls than ever stand on one board
LOUDNESS = 0.9 * 32767  # the loudest moment of a recording, in steps of a 16-bit sample
FIRST_WORD = "一番"
READINGS = {"の方、": "のかた、"}  # the engine would read ほう, the direction


class CanSpeak(Struct, frozen=True):
    """In which languages calls can be spoken here; none without the extra."""

    languages: tuple[str, ...]
    awake: bool  # the engine has read its dictionary, which takes seconds


class Voice:
    """Turns sentences into recordings, each once.

    Sentences are spoken one after another in a thread of its own. Whoever asks for one that is being
    spoken waits for it; whoever stops waiting stops nothing.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="voice")
        self._recordings: OrderedDict[str, Future[bytes]] = OrderedDict()
        self._waking: Future[bytes] | None = None

    def wake(self) -> bool:
        """Whether the engine is ready; the first time it is asked, it begins to read."""
        if self._waking is None or (self._waking.done() and self._waking.exception() is not None):
            loop = asyncio.get_running_loop()
            self._waking = loop.run_in_executor(self._thread, _speak, FIRST_WORD)
        return self._waking.done()

    async def say(self, text: str) -> bytes:
        """The recording of a text, WAV, mono, 16 bits."""
        if text not in self._recordings:
            loop = asyncio.get_running_loop()
            recording = loop.run_in_executor(self._thread, _speak, text)
            recording.add_done_callback(lambda done: self._forget_failure(text, done))
            self._recordings[text] = recording
            if len(self._recordings) > KEPT:
                self._recordings.popitem(last=False)
        self._recordings.move_to_end(text)
        return await asyncio.shield(self._recordings[text])

    def _forget_failure(self, text: str, done: "Future[bytes]") -> None:
        if done.cancelled() or done.exception() is not None:
            self._recordings.pop(text, None)


def _speak(text: str) -> bytes:
    for written, read in READINGS.items():
        text = text.replace(written, read)
    samples, rate = import_module(ENGINE).tts(text)
    pairs = samples[: len(samples) // 2 * 2]
    half = pairs[0::2] + pairs[1::2]  # half the rate is enough for speech, and half the bytes
    loudest = max(abs(half).max(), 1.0)
    raw = io.BytesIO()
    with wave.open(raw, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(rate // 2)
        recording.writeframes((half * (LOUDNESS / loudest)).astype("<i2").tobytes())
    return raw.getvalue()


@get("/voice", opt={"roles": BOARD}, tags=["board"])
async def show_languages(
    request: Request[Any, Any, Any], ledger: TheLedger, office: FromPath[str]
) -> CanSpeak:
    """In which languages this service can speak calls, and whether it is ready to."""
    await ledger.known_office(office)
    if find_spec(ENGINE) is None:
        return CanSpeak((), awake=False)
    return CanSpeak(LANGUAGES, awake=_voice(request).wake())


@get(
    "/calls/{entry_id:int}/voice",
    opt={"roles": BOARD},
    tags=["board"],
    media_type="audio/wav",
)
async def show_voice(
    request: Request[Any, Any, Any],
    ledger: TheLedger,
    office: FromPath[str],
    entry_id: FromPath[int],
    form: FromQuery[Literal["full", "short"]] = "full",
) -> Response[bytes]:
    """A call that stands on the board, spoken; `form=short` leaves the sentence around it out.

    404 `no_voice` where the service cannot speak it: the extra `voice` is not installed, or the call
    is not in Japanese.
    """
    said = await _on_the_board(ledger, office, entry_id)
    if find_spec(ENGINE) is None:
        raise Problem("no_voice", "Install the extra: pip install 'madoguchi[voice]'.")
    if said.language not in LANGUAGES:
        raise Problem("no_voice", f"The voice speaks Japanese; this call is in {said.language}.")
    recording = await _voice(request).say(said.short if form == "short" else said.text)
    return Response(recording, media_type="audio/wav")


def _voice(request: Request[Any, Any, Any]) -> Voice:
    voice: Voice = request.app.state.setdefault("voice", Voice())
    return voice


async def _on_the_board(ledger: Ledger, office: str, entry_id: int) -> Spoken:
    for call in (await ledger.board(office)).calls:
        if call.entry_id == entry_id and call.spoken is not None:
            return call.spoken
    raise Problem("not_found", f"Call {entry_id} does not stand on the board.")


router = Router("/offices/{office:str}", route_handlers=[show_languages, show_voice])
