"""`python -m tests.benchmarks.history`: a long log taken in, and a year of it asked for.

First a log of a tenth of the tickets, then one of all of them is imported by the real command: memory is
flat when both took the same. A plain loop over the same file with Python's `csv` is the measure of
speed. Then a year of one office is asked for by the hour over HTTP; reading the same answer with
Python's `json` is the measure there.
"""

import argparse
import csv
import datetime
import json
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import httpx
from msgspec import Struct

from queue_service.embedded import Embedded
from queue_service.office_files import read_office
from tests.benchmarks.stage import Product

OFFICE = "cityhall"
SERVICES = ("certificates", "moving", "mynumber", "insurance", "pension", "tax")
A_DAY = 878  # tickets: 213,400 a year on 243 days
FIRST = datetime.date(2021, 1, 4)
YEAR = ("2022-04-01", "2023-03-31")
AGAIN = 10
SEED = 1


class Taken(Struct, frozen=True):
    """What an import took."""

    tickets: int
    seconds: float
    peak_mb: float
    plain_s: float  # a loop over the same file


def log(tickets: int) -> Iterator[tuple[str, ...]]:
    """A ticket log: working days, one after the other."""
    yield "number", "service", "issued_at", "called_at", "started_at", "finished_at"
    chance, date, left = random.Random(SEED), FIRST, tickets
    while left:
        if date.weekday() < 5:
            midnight = datetime.datetime.combine(date, datetime.time())
            today = min(A_DAY, left)
            left -= today
            for n, second in enumerate(sorted(chance.choices(range(30_600, 62_100), k=today))):
                at = [second, second + chance.randrange(1800)]
                at += [at[-1] + 30, at[-1] + 30 + chance.randrange(60, 1200)]
                times = (f"{midnight + datetime.timedelta(seconds=each)}" for each in at)
                yield f"A{n:03}", chance.choice(SERVICES), *times
        date += datetime.timedelta(days=1)


def taken_in(file: Path, data_dir: Path, env: dict[str, str], tickets: int) -> Taken:
    """Write a log of so many tickets, and import it by the real command."""
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows(log(tickets))
    begin = time.perf_counter()
    with file.open(newline="") as stream:
        Counter(row["issued_at"][:13] for row in csv.DictReader(stream))
    plain = time.perf_counter() - begin
    command = [sys.executable, "-m", "queue_service.cli", "import", "tickets", str(file)]
    command += ["--office", OFFICE, "--data-dir", str(data_dir)]
    begin = time.perf_counter()
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"the import ended with {child.returncode}")
    return Taken(tickets, time.perf_counter() - begin, used.ru_maxrss / 1024, plain)


def timed(ask: Callable[[], httpx.Response]) -> tuple[float, httpx.Response]:
    """How long it took, ms, and the answer."""
    begin = time.perf_counter()
    answer = ask()
    return (time.perf_counter() - begin) * 1000, answer


def asked(port: int, key: str) -> list[str]:
    """A year by the hour, asked for in several ways, as rows of a Markdown table."""
    query = {"from": YEAR[0], "to": YEAR[1], "bin": "60"}
    base = f"http://127.0.0.1:{port}/api/v1/offices/{OFFICE}"
    with httpx.Client(
        base_url=base, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=60
    ) as analyst:

        def ask(headers: dict[str, str] | None = None) -> httpx.Response:
            answer = analyst.get("/stats/arrivals", params=query, headers=headers)
            answer.raise_for_status() if answer.status_code != 304 else None
            return answer

        first, answer = timed(ask)
        begin = time.perf_counter()
        told = json.loads(answer.content)
        reading = (time.perf_counter() - begin) * 1000
        again = statistics.median(timed(ask)[0] for _ in range(AGAIN))
        known = {"If-None-Match": answer.headers["etag"]}
        same = statistics.median(timed(lambda: ask(known))[0] for _ in range(AGAIN))
        query |= {"bin": "day"}
        other, _ = timed(ask)
    size = f"{len(told['rows']):,} rows of {told['n']:,} visits, {len(answer.content) / 1e6:.1f} MB"
    rows = {
        f"first answer ({size})": first,
        f"again (median of {AGAIN})": again,
        "again, known by its tag": same,
        "another question of the same year (by the day)": other,
        "reading the first with json.loads": reading,
    }
    return [f"| {name} | {ms:.0f} | {ms / reading:.2f} |" for name, ms in rows.items()]


def main() -> None:
    """Run and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.history", description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    args = parser.parse_args()
    key = secrets.token_hex(16)
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as data,
        Embedded(Path(data), durability="everysec") as engine,
    ):
        office, data_dir = Path(folder) / "cityhall.yaml", Path(data)
        office.write_bytes((files("queue_service") / "samples" / "cityhall.yaml").read_bytes())
        assert read_office(office.read_text("utf-8"), office.name).id == OFFICE
        env = os.environ | {"MADOGUCHI_REDIS_URL": engine.url, "MADOGUCHI_ADMIN_KEY": key}
        apply = [sys.executable, "-m", "queue_service.cli", "office", "apply", str(office)]
        subprocess.run(apply, env=env, check=True, stdout=subprocess.DEVNULL)
        print("| imported | seconds | tickets a second | peak MB | times a plain loop |")
        print("|--:|--:|--:|--:|--:|")
        for n in (args.tickets // 10, args.tickets):
            took = taken_in(Path(folder) / f"{n}.csv", data_dir, env, n)
            print(
                f"| {n:,} | {took.seconds:.1f} | {n / took.seconds:,.0f} | {took.peak_mb:.0f} | "
                f"{took.seconds / took.plain_s:.1f} |",
                flush=True,
            )
        with Product("madoguchi, synced each second", engine.url, key, data_dir) as product:
            print("\n| a year by the hour | ms | ratio |\n|---|--:|--:|")
            print("\n".join(asked(product.port, key)))


if __name__ == "__main__":
    main()
