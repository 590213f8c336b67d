"""Calls spoken by the service itself, with the real speech engine where it is installed."""

import asyncio
import io
import wave
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from num2words import num2words

from queue_service.access import Access, Role
from queue_service.api import voice
from queue_service.ledger import Ledger
from tests.hall import OFFICE, issue
from tests.live import SMALL, Live, live

installed = pytest.mark.skipif(
    find_spec(voice.ENGINE) is None,
    reason="NO SPEECH ENGINE: install the extra `voice`; nothing was spoken",
)
# The engine's dictionary calls itself by a name that it no longer likes.
pytestmark = pytest.mark.filterwarnings("ignore:Dictionary.create:DeprecationWarning")

KATAKANA = {hiragana: hiragana + 0x60 for hiragana in range(ord("ぁ"), ord("ん") + 1)}


@pytest.fixture
def served(ledger: Ledger, engine_url: str, tmp_path: Path) -> Iterator[Live]:
    with live(engine_url, tmp_path) as running:
        yield running


async def call(ledger: Ledger, language: str = "ja") -> int:
    """Call one visitor; returns the call's entry."""
    await issue(ledger, language=language)
    shown = await ledger.call_next(OFFICE, "2")
    assert shown is not None and shown.ticket.call_entry is not None
    return shown.ticket.call_entry


async def asked(served: Live, key: str, entry: int, form: str = "full") -> httpx.Response:
    async with httpx.AsyncClient(
        base_url=served.url, headers={"Authorization": f"Bearer {key}"}, timeout=15
    ) as client:
        return await client.get(f"{SMALL}/calls/{entry}/voice", params={"form": form})


def seconds(recording: bytes) -> float:
    with wave.open(io.BytesIO(recording)) as opened:
        return opened.getnframes() / opened.getframerate()


async def can_speak(served: Live, key: str) -> dict[str, Any]:
    async with httpx.AsyncClient(
        base_url=served.url, headers={"Authorization": f"Bearer {key}"}, timeout=15
    ) as client:
        return (await client.get(f"{SMALL}/voice")).json()  # type: ignore[no-any-return]


@installed
async def test_a_call_on_the_board_can_be_heard(ledger: Ledger, served: Live) -> None:
    key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    entry = await call(ledger)
    told = await can_speak(served, key)
    assert told["languages"] == ["ja", "ja-easy"]
    async with asyncio.timeout(60):
        while not told["awake"]:
            told = await can_speak(served, key)
    answer = await asked(served, key, entry)
    assert answer.headers["content-type"] == "audio/wav"
    short = await asked(served, key, entry, "short")
    assert 1 < seconds(short.content) < seconds(answer.content) < 10


@installed
async def test_many_screens_that_ask_for_one_call_cost_one_synthesis(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoken: list[str] = []
    speak = voice._speak
    monkeypatch.setattr(voice, "_speak", lambda text: spoken.append(text) or speak(text))
    mouth = voice.Voice()
    impatient = asyncio.create_task(mouth.say("三番窓口。"))
    await asyncio.sleep(0)
    impatient.cancel()
    recordings = await asyncio.gather(*(mouth.say("三番窓口。") for _ in range(500)))
    assert spoken == ["三番窓口。"]
    assert len(set(recordings)) == 1


async def test_recordings_are_forgotten_oldest_first_and_failures_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoken: list[str] = []

    def speak(text: str) -> bytes:
        spoken.append(text)
        if text == "broken" and spoken.count(text) == 1:
            raise ValueError(text)
        return text.encode()

    monkeypatch.setattr(voice, "_speak", speak)
    mouth = voice.Voice()
    with pytest.raises(ValueError, match="broken"):
        await mouth.say("broken")
    assert await mouth.say("broken") == b"broken"
    for n in range(voice.KEPT):
        await mouth.say(str(n))
    await mouth.say("broken")
    assert spoken.count("broken") == 3


async def test_who_may_not_watch_may_not_listen(ledger: Ledger, served: Live) -> None:
    entry = await call(ledger)
    kiosk, _ = await Access(ledger.redis).new(Role.KIOSK, OFFICE)
    assert (await asked(served, kiosk, entry)).status_code == 403
    assert (await asked(served, "mg_wrong", entry)).status_code == 401


async def test_only_what_stands_on_the_board_is_said(ledger: Ledger, served: Live) -> None:
    key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    entry = await call(ledger)
    for other in (entry - 1, entry + 1):
        answer = await asked(served, key, other)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await asked(served, key, entry, "whatever I like")).status_code == 400


async def test_what_it_cannot_speak_it_says(ledger: Ledger, served: Live) -> None:
    key, _ = await Access(ledger.redis).new(Role.DISPLAY, OFFICE)
    answer = await asked(served, key, await call(ledger, "en"))
    assert (answer.status_code, answer.json()["code"]) == (404, "no_voice")


@installed
@pytest.mark.slow
def test_every_number_from_1_to_999_sounds_as_it_should() -> None:
    from pyopenjtalk import g2p

    from queue_service.announcements import kanji

    def wanted(figure: int) -> str:
        kana = num2words(figure, lang="ja", reading=True).translate(KATAKANA)
        return f"{kana.replace('ュウ', 'ュー')}バン"

    heard = {n: g2p(f"{kanji(n)}番", kana=True) for n in range(1, 1000)}
    assert {n: sound for n, sound in heard.items() if sound != wanted(n)} == {}
