"""`python -m tests.benchmarks history`: a long log taken in, and a year of it asked for.

First a log of a tenth of the tickets, then one of all of them is imported by the real command: memory is
flat when both took the same. A plain loop over the same file with Python's `csv` is the measure of
speed. Then a year of an office is asked for by the hour, over HTTP and part by part inside a process;
reading the same answer with Python's `json` is the measure there.
"""

import argparse
import asyncio
import csv
import json
import os
import random
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec
from msgspec import Struct

from queue_service.embedded import Embedded
from queue_service.hours import reception_spans
from queue_service.intervals import Question
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.offices import Office
from queue_service.statistics import Evidence, gather
from tests.benchmarks.stage import Product

SERVICES = ("certificates", "moving", "mynumber", "insurance", "pension", "tax")
OFFICE = """
id: {id}
timezone: Asia/Tokyo
reception_hours: [{{hours: {{mon-fri: "08:30-17:15"}}}}]
closed:
  holidays: JP
  dates: [2023-12-29, 2024-01-02, 2024-01-03]
services: [{services}]
desks: [{{id: "1", services: [certificates]}}]
"""
A_DAY = 878  # tickets: 213,400 a year
FIRST = date(2021, 1, 4)
YEAR = Question(first=date(2023, 4, 1), last=date(2024, 3, 31), bin="60")
OPEN_DAYS = 243  # of that year
AGAIN = 10
SEED = 1

Rows = dict[str, float]  # what was measured → ms
_T = TypeVar("_T")


class Taken(Struct, frozen=True):
    """What an import took."""

    tickets: int
    seconds: float
    peak_mb: float
    plain_s: float  # a loop over the same file

    def __str__(self) -> str:
        """A row of a Markdown table."""
        return (
            f"| {self.tickets:,} | {self.seconds:.1f} | {self.tickets / self.seconds:,.0f} | "
            f"{self.peak_mb:.0f} | {self.seconds / self.plain_s:.1f} |"
        )


def an_office(id: str) -> Office:
    """A city hall with six services."""
    services = ", ".join(
        f"{{id: {name}, prefix: {letter}}}" for name, letter in zip(SERVICES, "ABCDEF", strict=True)
    )
    return read_office(OFFICE.format(id=id, services=services), f"{id}.yaml")


def log(office: Office, first: date, tickets: int) -> Iterator[tuple[str, ...]]:
    """A ticket log of so many tickets: open days, one after the other."""
    yield "number", "service", "issued_at", "called_at", "started_at", "finished_at", "outcome"
    chance, day, left = random.Random(SEED), first, tickets
    while left:
        if reception_spans(office, None, day.isoformat()):
            today = min(A_DAY, left)
            left -= today
            midnight = datetime.combine(day, clock())
            for n, second in enumerate(sorted(chance.choices(range(30_600, 62_100), k=today))):
                at = [second, second + chance.randrange(1800)]
                at += [at[-1] + 30, at[-1] + 30 + chance.randrange(60, 1200)]
                issued, *later = (f"{midnight + timedelta(seconds=each)}" for each in at)
                here = chance.random() < 0.97
                times = later if here else (later[0], "", "")
                outcome = "finished" if here else "no_show"
                yield f"A{n:03}", chance.choice(SERVICES), issued, *times, outcome
        day += timedelta(days=1)


def taken_in(
    file: Path, office: Office, env: dict[str, str], rows: Iterator[tuple[str, ...]]
) -> Taken:
    """Write a log, and import it by the real command."""
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    begin = time.perf_counter()
    with file.open(newline="") as stream:
        seen = Counter(row["issued_at"][:13] for row in csv.DictReader(stream))
    plain = time.perf_counter() - begin
    command = [sys.executable, "-m", "queue_service.cli", "import", "tickets", str(file)]
    command += ["--office", office.id, "--format", "json"]
    begin = time.perf_counter()
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as child:
        peak = peak_mb(child)
        said = json.loads(child.communicate()[0])
    seconds = time.perf_counter() - begin
    if (said["rows"], said["rejected"]) != (seen.total(), 0):
        raise RuntimeError(f"the import took in {said}")
    return Taken(seen.total(), seconds, peak, plain)


def peak_mb(child: subprocess.Popen[bytes]) -> float:
    """The most memory a process had at once, when it has ended.

    Its own: `getrusage` would begin with the memory of the process it was forked from.
    """
    peak = 0
    while child.poll() is None:
        status = Path(f"/proc/{child.pid}/status").read_text("utf-8")
        found = re.search(r"VmHWM:\s+(\d+) kB", status)  # no longer there at the very end
        peak = int(found[1]) if found else peak
        time.sleep(0.02)
    return peak / 1024


def timed(work: Callable[[], _T]) -> tuple[float, _T]:
    """How long it took, ms, and what came of it."""
    begin = time.perf_counter()
    found = work()
    return (time.perf_counter() - begin) * 1000, found


def asked(port: int, key: str, office: str) -> tuple[Rows, bytes]:
    """The year by the hour over HTTP, in several ways, and the answer."""
    query = {"from": str(YEAR.first), "to": str(YEAR.last), "bin": YEAR.bin}
    base = f"http://127.0.0.1:{port}/api/v1/offices/{office}"
    with httpx.Client(
        base_url=base, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=60
    ) as analyst:

        def ask(headers: dict[str, str] | None = None, expected: int = 200) -> httpx.Response:
            answer = analyst.get("/stats/arrivals", params=query, headers=headers)
            assert answer.status_code == expected, answer.text
            return answer

        first, answer = timed(ask)
        again = statistics.median(timed(ask)[0] for _ in range(AGAIN))
        known = {"If-None-Match": answer.headers["etag"]}
        same = statistics.median(timed(lambda: ask(known, 304))[0] for _ in range(AGAIN))
        query |= {"bin": "day"}
        other, _ = timed(ask)
    rows = {
        "over HTTP: first answer": first,
        f"over HTTP: again (median of {AGAIN})": again,
        "over HTTP: again, known by its tag (304)": same,
        "over HTTP: another question of the same year (by the day)": other,
    }
    return rows, answer.content


def parts(url: str, office: Office) -> Rows:
    """The same answer inside a process, part by part."""

    async def read() -> tuple[float, float, Evidence]:
        async with Ledger.open(url) as ledger:
            times = []
            for _ in range(1 + AGAIN):
                begin = time.perf_counter()
                evidence = await gather(ledger, office, YEAR)
                times.append((time.perf_counter() - begin) * 1000)
            return times[0], statistics.median(times[1:]), evidence

    first, again, evidence = asyncio.run(read())
    return {
        "inside: reading the kept days, first": first,
        f"inside: reading them again (median of {AGAIN})": again,
        "inside: tag, first": timed(lambda: evidence.tag)[0],
        "inside: tag, again": timed(lambda: evidence.tag)[0],
        f"inside: counting (median of {AGAIN})": median_of(evidence.counted),
        f"inside: encoding (median of {AGAIN})": encoding(evidence),
    }


def encoding(evidence: Evidence) -> float:
    """How long it takes to write the counted year as JSON, ms."""
    found = evidence.counted()
    return median_of(lambda: msgspec.json.encode(found))


def median_of(work: Callable[[], object]) -> float:
    """The usual time of some turns, ms."""
    return statistics.median(timed(work)[0] for _ in range(AGAIN))


def run(tickets: int) -> None:
    """Run and print the tables."""
    key = secrets.token_hex(16)
    long, year = an_office("cityhall"), an_office("oneyear")
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as data,
        Embedded(Path(data), durability="everysec") as engine,
    ):
        env = os.environ | {"MADOGUCHI_REDIS_URL": engine.url, "MADOGUCHI_DATA_DIR": data}
        asyncio.run(applied(engine.url, long, year))
        print("| imported | seconds | tickets a second | peak MB | times a plain loop |")
        print("|--:|--:|--:|--:|--:|")
        took = []
        for n in (tickets // 10, tickets):
            took.append(taken_in(Path(folder) / f"{n}.csv", long, env, log(long, FIRST, n)))
            print(took[-1], flush=True)
        rows = log(year, YEAR.first, OPEN_DAYS * A_DAY)
        print(taken_in(Path(folder) / "year.csv", year, env, rows), flush=True)
        less, more = took
        print(f"\nTen times the tickets, {more.peak_mb / less.peak_mb:.2f} times the memory.")
        with Product("madoguchi, synced each second", engine.url, key, Path(data)) as product:
            measured, answer = asked(product.port, key, year.id)
        measured |= parts(engine.url, year)
    reading = median_of(lambda: json.loads(answer))
    measured[f"reading the answer with json.loads (median of {AGAIN})"] = reading
    told = json.loads(answer)
    print(f"\n{told['n']:,} visits, {len(told['rows']):,} rows, {len(answer) / 1e6:.1f} MB.\n")
    print("| a year by the hour | ms | ratio |\n|---|--:|--:|")
    print("\n".join(f"| {name} | {ms:.1f} | {ms / reading:.2f} |" for name, ms in measured.items()))


async def applied(url: str, *offices: Office) -> None:
    """Bring the offices into force."""
    async with Ledger.open(url) as ledger:
        for office in offices:
            await ledger.apply_office(office)


def add_to(parser: argparse.ArgumentParser) -> None:
    """What can be said on the command line."""
    parser.add_argument("--tickets", type=int, default=1_000_000, help="of the longer log")


if __name__ == "__main__":
    alone = argparse.ArgumentParser(prog="python -m tests.benchmarks.history", description=__doc__)
    add_to(alone)
    run(alone.parse_args().tickets)
