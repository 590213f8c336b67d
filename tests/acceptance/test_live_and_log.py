"""A day played live through the API and the same day imported as a log give equal figures.

A log knows one serving a visit. What it cannot know, and why those columns are left out:

    refused          whoever was given no number is in no row
    expired          who was called and then waited in vain, for a second stage or after coming back,
                     has no outcome in a log; who was never called has expired in both
    service_*        of several stages the log has the first start and the last end, and so the waits
                     between the stages, which live figures leave out
    handover_wait_*  the log has one call

All others are equal, of visits with several stages too; the last two of those with one stage. By
language nothing can be told apart: the log has none.
"""

import asyncio
import csv
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from tests.live import Live, live

DAY = "2025-11-24"
NINE_O_CLOCK = 1_763_942_400_000
DAY_MS = 86_400_000
STEP_MS = 41_337  # no round number: a log has milliseconds, and they count
STEPS, TICKETS = 200, 110
ONE_STAGE, SEVERAL = ("insurance", "taxes"), ("certificates", "moving")
SHARES = (35, 25, 25, 15)  # of the services
LIVE = ("waiting", "ready", "called", "serving", "processing")
NEVER_KNOWN = ("refused", "expired")
UNKNOWN_OF_SEVERAL = ("service_", "handover_wait_")
HALL = {
    "timezone": "Asia/Tokyo",
    "services": [
        {"id": "insurance", "prefix": "A", "section": "south"},
        {"id": "taxes", "prefix": "B", "section": "north"},
        {"id": "certificates", "prefix": "C", "stages": ["reception", "handover"]},
        {"id": "moving", "prefix": "D", "stages": ["reception", "check", "review", "handover"]},
    ],
    "desks": [
        {"id": "1", "services": ["insurance", "taxes"]},
        {"id": "2", "services": ["insurance", "certificates", "moving"]},
        {"id": "3", "services": ["taxes", "certificates", "moving"]},
        {"id": "4", "services": ["certificates", "moving"], "stages": ["handover"]},
    ],
}


class Day:
    """Visitors and staff of a morning, by chance: at each step of the clock a desk does one thing."""

    def __init__(self, staff: httpx.Client, chance: random.Random) -> None:
        self._staff, self._chance = staff, chance
        self._given: list[str] = []
        self.done: Counter[str] = Counter()

    def step(self, *, open: bool = True) -> bool:
        """Let a moment pass; returns whether somebody is at a desk."""
        if open and self._happens(TICKETS / STEPS):
            self.issue(self._chance.choices((*ONE_STAGE, *SEVERAL), SHARES)[0])
        if self._given and self._happens(0.05):
            self._move(self._chance.choice(self._given), "cancel", 409)
        now = self._staff.get("tickets", params={"state": LIVE}).json()["tickets"]
        held = {each["desk"]: each for each in now if each["state"] in ("called", "serving")}
        for ticket in held.values():
            self._go_on(ticket)
        for ticket in now:
            if ticket["state"] == "processing" and self._happens(0.1):
                self._move(ticket["id"], "finish-stage")
        waiting = any(each["state"] in ("waiting", "ready") for each in now)
        for desk in HALL["desks"]:
            if open and waiting and desk["id"] not in held:
                self._staff.post(f"desks/{desk['id']}/call-next")
        return bool(held)

    def suspend(self, service: str, status: str) -> None:
        answer = self._staff.put(f"services/{service}/status", json={"status": status})
        assert answer.is_success, answer.text

    def in_vain(self) -> None:
        """Two come late: one is never called, one waits for the second stage for ever."""
        self.issue("insurance")
        self.issue("certificates")
        called = self._staff.post("desks/2/call", json={"ticket": self._given[-1]})
        assert called.is_success, called.text
        self._move(self._given[-1], "finish-stage")

    def issue(self, service: str) -> None:
        body = {
            "service": service,
            "channel": self._chance.choice(("kiosk", "floor", "phone")),
            "language": self._chance.choice(("ja", "en")),
        }
        given = self._staff.post("tickets", json=body)
        self.done["refused" if given.status_code == 409 else "issue"] += 1
        if given.status_code == 201:
            self._given.append(given.json()["id"])

    def _go_on(self, ticket: dict[str, Any]) -> None:
        """What becomes of a visitor who is at a desk, or was called to it."""
        done = "finish" if ticket["stage"] == ticket["stages"][-1] else "finish-stage"
        moves = {"wait": 40, done: 20, "undo": 1}
        if ticket["state"] == "called":
            moves = {"wait": 30, "start": 40, "recall": 6, "no-show": 6, "cancel": 2, "park": 2}
            moves[done] = 6  # nobody pressed start
        move = self._chance.choices([*moves], [*moves.values()])[0]
        if move == "wait":
            return
        self._move(ticket["id"], move, 409 if move == "undo" else 200)
        if move == "park":
            self._move(ticket["id"], "resume")
        if move == "no-show" and self._happens(0.4):
            self._move(ticket["id"], "return")

    def _move(self, ticket: str, move: str, or_else: int = 200) -> None:
        answer = self._staff.post(f"tickets/{ticket}/{move}")
        assert answer.status_code in (200, or_else), answer.text
        self.done[move] += answer.status_code == 200

    def _happens(self, share: float) -> bool:
        return self._chance.random() < share


def play(staff: httpx.Client, engine: Embedded, chance: random.Random) -> Counter[str]:
    """Live through the day; returns how often which move was made."""
    day, at = Day(staff, chance), NINE_O_CLOCK
    for n in range(STEPS):
        at += STEP_MS
        set_clock(engine, "lived", at)
        if n in (STEPS // 2, STEPS * 3 // 4):
            day.suspend("taxes", "suspended" if n == STEPS // 2 else "open")
        day.step()
    while day.step(open=False):
        at += STEP_MS
        set_clock(engine, "lived", at)
    day.in_vain()
    set_clock(engine, "lived", at + DAY_MS)
    # A new day: who still waited went home.
    assert staff.get("tickets").json() == {"tickets": []}
    return day.done


def set_clock(engine: Embedded, office: str, at: int) -> None:
    async def simulate() -> None:
        async with Ledger.open(engine.url) as ledger:
            await ledger.simulate(office, at, 0)

    asyncio.run(simulate())


def madoguchi(engine: Embedded, *words: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "queue_service.cli", *words, "--data-dir", str(engine.data_dir)],
        env=os.environ | {"MADOGUCHI_REDIS_URL": engine.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


class Twice(NamedTuple):
    """A service with a day that was played live, and with its own log in an office of its own."""

    service: Live
    log: list[dict[str, str]]

    def told(self, office: str, **query: str) -> dict[str, Any]:
        with self.service.client() as analyst:
            answer = analyst.get(
                f"/api/v1/offices/{office}/stats/arrivals", params={"from": DAY, "to": DAY, **query}
            )
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def both(self, **query: str) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.told("lived", **query), self.told("copied", **query)


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twice]:
    folder = tmp_path_factory.mktemp("lived")
    log, seed = folder / "log.csv", random.randrange(1 << 32)
    print(f"seed {seed}")
    with Embedded(folder / "data") as engine, live(engine.url, folder / "data") as service:
        with service.client() as admin:
            for office in ("lived", "copied"):
                set_clock(engine, office, NINE_O_CLOCK)
                answer = admin.put(f"/api/v1/offices/{office}", json={"id": office, **HALL})
                assert answer.is_success, answer.text
            admin.base_url = f"{service.url}/api/v1/offices/lived/"
            done = play(admin, engine, random.Random(seed))
        print(done)
        span = ("--from", DAY, "--to", DAY)
        madoguchi(engine, "export", "tickets", "--office", "lived", *span, "-o", str(log))
        with log.open(encoding="utf-8-sig") as lines:
            rows = list(csv.DictReader(lines))
        assert len(rows) == done["issue"]
        told = madoguchi(
            engine, "import", "tickets", str(log), "--office", "copied", "--format", "json"
        )
        what = json.loads(told)
        assert (what["rows"], what["rejected"]) == (done["issue"], 0)
        yield Twice(service, rows)


def visited(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of those who came, not of those who were only turned away."""
    return [known(row) for row in told["rows"] if row["arrivals"]]


def known(row: dict[str, Any]) -> dict[str, Any]:
    """The columns of a row that a log can know."""
    unknown = NEVER_KNOWN + (() if row["service"] in ONE_STAGE else UNKNOWN_OF_SEVERAL)
    return {name: value for name, value in row.items() if not name.startswith(unknown)}


def whole(told: dict[str, Any], service: str) -> dict[str, Any]:
    (row,) = [row for row in told["rows"] if row["service"] == service]
    return dict(row)


@pytest.mark.parametrize("by", ["", "desk", "channel", "section", "weekday", "time"])
@pytest.mark.parametrize("bin", ["15", "30", "60", "day"])
def test_a_day_played_live_equals_its_own_log(twice: Twice, bin: str, by: str) -> None:
    lived, copied = twice.both(bin=bin, by=by, within="10")
    for row, same in zip(visited(copied), visited(lived), strict=True):
        assert row == same
    if not by:
        assert [row["start"] for row in copied["rows"]] == [row["start"] for row in lived["rows"]]
    assert copied["n"] == lived["n"] > 70
    assert copied["missing_days"] == lived["missing_days"] == []


def test_the_day_had_everything_in_it(twice: Twice) -> None:
    """Equal columns say something only where something happened."""
    told = twice.told("lived", bin="day", within="10")
    for service in ONE_STAGE:
        row = whole(told, service)
        assert all(row[name] for name in ("called", "served", "finished", "served_within"))
        assert row["service_mean_s"] > 0 and row["wait_p90_s"] > 0
    everyone = whole(told, "*")
    assert all(everyone[name] for name in ("no_show", "cancelled", "expired", "refused"))
    assert told["quality"]["implied_starts"] > 0


def test_what_a_log_cannot_know_is_as_it_is_said(twice: Twice) -> None:
    lived, copied = twice.both(bin="day")
    mine, logged = (whole(told, "certificates") for told in (lived, copied))
    assert logged["service_mean_s"] > mine["service_mean_s"]
    assert logged["handover_wait_p50_s"] is None is not mine["handover_wait_p50_s"]
    assert whole(lived, "*")["refused"] > whole(copied, "*")["refused"] == 0
    expired = [row for row in twice.log if row["state"] == "expired"]
    called = [row for row in expired if row["called_at"]]
    assert whole(lived, "*")["expired"] == len(expired)
    assert whole(copied, "*")["expired"] == len(expired) - len(called) < len(expired)
    languages = {row["language"] for row in twice.told("copied", by="language")["rows"]}
    assert languages == {None}
