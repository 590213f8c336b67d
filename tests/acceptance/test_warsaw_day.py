"""The busiest day of five real offices, played whole: nothing lost, nothing added, nothing reordered.

What is compared with comes from the file by means of `csv` alone, and from the API by its events.
"""

import csv
import gzip
import json
import os
import resource
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import httpx
import pytest

from queue_service.access import Access, Role
from queue_service.api.app import create_app
from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.rebuild import verify
from queue_service.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.data]

DAY = "2019-12-30"
LOG = "warsaw_tickets_derived.csv.gz"
LONGEST_S = 90.0  # on two cores, for 5,199 tickets
READ_AS = (
    *("--map", "issued_at=day+issued", "--map", "called_at=day+called"),
    *("--map", "service=queue_id", "--timezone", "Europe/Warsaw"),
)

Rows = list[dict[str, str]]
Event = dict[str, Any]


@pytest.fixture
def rows(data: Path) -> Rows:
    """The day as the file has it."""
    with gzip.open(data / LOG, "rt", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["day"] == DAY]


def replay(log: Path, keep: Path, *words: str) -> dict[str, Any]:
    """Run the command; returns its answer."""
    line = [sys.executable, "-m", "queue_service.cli", "replay", str(log), *READ_AS, *words]
    env = {name: text for name, text in os.environ.items() if not name.startswith("MADOGUCHI_")}
    done = subprocess.run(
        [*line, "--speed", "max", "--format", "json", "--data-dir", str(keep)],
        capture_output=True,
        text=True,
        check=False,
        timeout=6 * LONGEST_S,
        env=env,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def processor_s() -> float:
    """How long processors have worked for what was run from here and has ended: all parts of it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def events_of(ledger: Ledger, client: httpx.AsyncClient, office: str) -> list[Event]:
    """Everything the API tells an analyst of one office."""
    key, _ = await Access(ledger.redis).new(Role.ANALYST, office)
    found: list[Event] = []
    after = 0
    while True:
        answer = await client.get(
            f"/api/v1/offices/{office}/events?after={after}&limit=5000",
            headers={"Authorization": f"Bearer {key}"},
        )
        piece = answer.raise_for_status().json()
        if not piece["events"]:
            return found
        found += piece["events"]
        after = piece["next"]


async def events_kept(keep: Path, offices: set[str]) -> dict[str, list[Event]]:
    """What the API tells of the kept data, and the ledger's own proof of each office."""
    with Embedded(keep) as engine:
        app = create_app(Settings(redis_url=engine.url, data_dir=keep))
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
        async with (
            app.lifespan(),
            Ledger.open(engine.url) as ledger,
            httpx.AsyncClient(transport=transport, base_url="http://hall") as client,
        ):
            assert set(await ledger.offices()) == offices
            for office in offices:
                assert await verify(ledger, office) is None
            return {office: await events_of(ledger, client, office) for office in offices}


def hours_in(rows: Rows) -> dict[str, Counter[str]]:
    """Tickets issued per office and hour, counted from the file."""
    hours: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        hours[row["office"]][row["issued"][:2]] += 1
    return dict(hours)


def calls_in(rows: Rows) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The calls of each queue in the log's order: when each ticket was issued and called."""
    calls = defaultdict(list)
    for row in sorted((row for row in rows if row["called"]), key=lambda row: row["called"]):
        calls[row["office"], row["queue_id"]].append((row["issued"], row["called"]))
    return dict(calls)


def calls_told(events: dict[str, list[Event]]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The same, as the ledgers tell it."""
    calls = defaultdict(list)
    for office, told in events.items():
        issued = {event["ticket"]: event for event in told if event["type"] == "Issued"}
        for event in told:
            if event["type"] == "Called":
                ticket = issued[event["ticket"]]
                times = (ticket["at"][11:19], event["at"][11:19])
                calls[office, ticket["service"]].append(times)
    return dict(calls)


def check(rows: Rows, answer: dict[str, Any], events: dict[str, list[Event]]) -> None:
    """The log, the command's answer and the ledgers agree."""
    hours = hours_in(rows)
    told = {
        office: Counter(event["at"][11:13] for event in entries if event["type"] == "Issued")
        for office, entries in events.items()
    }
    assert told == hours
    assert {
        office: Counter({hour[11:13]: n for hour, n in played["issued_per_hour"].items()})
        for office, played in answer["offices"].items()
    } == hours
    assert calls_told(events) == calls_in(rows)
    assert {
        event["at"][:10] for entries in events.values() for event in entries if "number" in event
    } == {DAY}
    calls = sum(map(len, calls_in(rows).values()))
    assert (answer["issued"], answer["called"]) == (len(rows), calls)
    assert (answer["refused"], answer["bad_rows"], answer["skipped"]) == (0, 0, {})


async def test_five_offices_live_through_their_busiest_day_in_one_replay(
    data: Path, rows: Rows, tmp_path: Path
) -> None:
    truth = json.loads((data / "warsaw_tickets_derived.truth.json").read_text("utf-8"))
    assert len(rows) == truth["by_day"][DAY] == 5199
    counted = sum(hours_in(rows).values(), Counter[str]())
    assert counted == truth["hourly_by_day"][DAY]

    only_the_day = ("--where", f"day={DAY}")
    before = processor_s()
    answer = replay(data / LOG, tmp_path / "kept", "--office-column", "office", *only_the_day)
    # On a machine that has other work too, only the processors' time tells how long it takes.
    assert min(answer["duration_s"], processor_s() - before) <= LONGEST_S
    check(rows, answer, await events_kept(tmp_path / "kept", {row["office"] for row in rows}))


async def test_one_office_is_played_from_a_file_of_its_own(rows: Rows, tmp_path: Path) -> None:
    own = [row for row in rows if row["office"] == "USC_Andersa"]
    file = tmp_path / "andersa.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(own[0]))
        writer.writeheader()
        writer.writerows(own)
    answer = replay(file, tmp_path / "kept", "--office", "USC_Andersa")
    check(own, answer, await events_kept(tmp_path / "kept", {"USC_Andersa"}))
