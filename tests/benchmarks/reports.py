"""`python -m tests.benchmarks reports`: a year of 213,400 visits, and what each report takes of it.

The year is made up, with stages, items and refused visitors, and kept in an engine as roll-ups are. Each
report then has a process of its own, so that its peak of memory is its own: it reads the days, answers,
and writes JSON and a page. A process that only reads the days is the measure.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import msgspec
from msgspec import Struct

from queue_service import keys
from queue_service.cli.engines import with_ledger
from queue_service.embedded import Embedded
from queue_service.events import Refused
from queue_service.figures import Day, End, encode
from queue_service.hours import MINUTE_MS, instant, reception_spans
from queue_service.insights.week import Week
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.offices import Office, Service
from queue_service.reports.avoidable import report_on_avoidable
from queue_service.reports.before_after import Asked, report_on_change
from queue_service.reports.freed_time import Desks, Freed, UsedTime, report_on_freed_time
from queue_service.reports.gathering import ground_of_office
from queue_service.reports.ground import Ground
from queue_service.reports.hours import Hours, report_on_hours
from queue_service.reports.kinds import KINDS
from queue_service.reports.priority import Priority, report_on_priority
from queue_service.reports.telling import Report
from queue_service.reports.writing import written
from queue_service.settings import Settings
from queue_service.tally import Beside, Figures, StayFigures, tally
from queue_service.tickets import Item, Stage
from tests.benchmarks.history import peak_mb, timed

FIRST, LAST = date(2023, 4, 1), date(2024, 3, 31)
A_YEAR = 213_400  # visits
REFUSED = 20  # a day
FORGOTTEN = 0.002
SEED = 1
NOTHING = "reading the days"
LANGUAGE = "en"

# Adding a report is adding a line.
ASKED: Mapping[str, Callable[[Ground], Report]] = {
    "reception_hours": lambda ground: report_on_hours(
        ground, Hours(proposed=Week.parse("09:00-16:30")), LANGUAGE
    ),
    "reform_priority": lambda ground: report_on_priority(
        ground, None, Priority(reduction={Stage.RECEPTION: 0.3}), LANGUAGE
    ),
    "avoidable": lambda ground: report_on_avoidable(ground, LANGUAGE),
    "before_after": lambda ground: report_on_change(
        ground, Asked(metric="wait_p90_s", at=date(2023, 10, 2)), LANGUAGE
    ),
    "freed_time": lambda ground: report_on_freed_time(*freed(ground), LANGUAGE),
}


def freed(ground: Ground) -> tuple[UsedTime, Freed]:
    """What a year of shorter hours freed; it rests on the calendar, and on no visit."""
    period = {"first": ground.first, "last": ground.last, "today": ground.last}
    used = UsedTime(office=ground.office, source=ground.source, uses=(), **period)
    stated = Week.parse("08:00-18:00")
    return used, Freed.since_change(ground.office, ground.last, stated, Desks(total=8))


class Took(Struct, frozen=True):
    """What a process took, ms."""

    reading: float
    answering: float
    json: float
    page: float
    n: int


# The year


def an_office() -> Office:
    """The sample city hall."""
    return read_office((files("queue_service") / "samples" / "cityhall.yaml").read_text(), "sample")


def a_year(office: Office) -> Iterator[Day]:
    """Every open day of the year, with its share of the visits."""
    dates = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    dates = [day for day in dates if reception_spans(office, None, f"{day}")]
    chance = random.Random(SEED)
    for n, day in enumerate(dates):
        visits = A_YEAR // len(dates) + (n < A_YEAR % len(dates))
        opens = instant(office.tz, day, 8 * 60 + 15)
        come = [a_visit(office, chance, opens) for _ in range(visits)]
        away = [a_refused(office, chance, opens, f"{day}") for _ in range(REFUSED)]
        yield tally(f"{day}", come, Beside(refused=away))


def a_visit(office: Office, chance: random.Random, opens: int) -> Figures:
    """A visitor who came some time of the day, waited, and was served at every stage."""
    service = office.services[min(int(chance.expovariate(0.5)), len(office.services) - 1)]
    arrived = opens + round(chance.betavariate(1.4, 2) * 9 * 60 * MINUTE_MS)
    wait = round(chance.expovariate(1 / 12) * MINUTE_MS)
    forgotten = chance.random() < FORGOTTEN
    stays = tuple(a_stay(service, stage, chance, arrived) for stage in service.stages)
    served = sum(each.served or 0 for each in stays)
    return Figures(
        arrived_at=arrived,
        service=service.id,
        desk=chance.choice(office.desks).id,
        channel="kiosk",
        language="ja",
        to_call=wait,
        wait=wait + 20_000,
        service_ms=served,
        in_system=wait + served,
        end=End.FINISHED,
        forgotten=forgotten,
        stays=stays,
        items=some_items(service, chance),
    )


def a_stay(service: Service, stage: Stage, chance: random.Random, at: int) -> StayFigures:
    """A stage that took its time."""
    served = round(chance.gammavariate(2, 3) * MINUTE_MS)
    wait = 60_000 if stage.calls_visitor else None
    return StayFigures(service=service.id, stage=stage, since=at, wait=wait, served=served)


def some_items(service: Service, chance: random.Random) -> tuple[Item, ...]:
    """Up to two procedures; of one visitor in ten nobody wrote them down."""
    if not service.procedures or chance.random() < 0.1:
        return ()
    chosen = chance.choices(service.procedures, k=1 + (chance.random() < 0.15))
    return tuple(Item(each.id, 1) for each in {each.id: each for each in chosen}.values())


def a_refused(office: Office, chance: random.Random, opens: int, day: str) -> Refused:
    """A visitor who came when nobody could be received."""
    at = opens + round(chance.random() * 11 * 60 * MINUTE_MS)
    service = chance.choice(office.services).id
    return Refused(at=at, date=day, service=service, reason="closed", channel="kiosk")


async def kept(url: str, office: Office) -> int:
    """Keep the year as roll-ups are kept; returns its visits."""
    async with Ledger.open(url) as ledger:
        await ledger.apply_office(office)
        visits = 0
        for day in a_year(office):
            visits += len(day.visit_rows)
            await ledger.redis.hset(keys.of(office.id, "figures"), day.date, encode(day))
    return visits


# One process a report


def one(name: str, url: str) -> Took:
    """Read the days, and ask one report of them."""

    async def ground(ledger: Ledger) -> Ground:
        return await ground_of_office(ledger, await ledger.office(an_office().id), FIRST, LAST)

    settings = Settings(data_dir=Path(), redis_url=url)
    reading, found = timed(lambda: with_ledger(settings, ground))
    if name == NOTHING:
        return Took(reading, 0, 0, 0, sum(len(day.visit_rows) for day in found.days))
    answering, report = timed(lambda: ASKED[name](found))
    as_json, _ = timed(lambda: written(report, "json", LANGUAGE))
    as_page, _ = timed(lambda: written(report, "html", LANGUAGE))
    return Took(reading, answering, as_json, as_page, report["n"])


def in_a_process(name: str, url: str) -> tuple[Took, float]:
    """The same in a process of its own, and the most memory it had, MB."""
    command = [sys.executable, "-m", "tests.benchmarks.reports", "--one", name, "--url", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        peak = peak_mb(child)
        said = child.communicate()[0]
    if child.returncode:
        raise RuntimeError(f"{name}: exit {child.returncode}")
    return msgspec.json.decode(said, type=Took), peak


def run() -> None:
    """Run and print the table."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Embedded(Path(folder), durability="everysec") as engine,
    ):
        visits = asyncio.run(kept(engine.url, an_office()))
        print(f"{visits:,} visits, {FIRST} to {LAST}.\n")
        print("| report | reading ms | answer ms | ratio | JSON ms | page ms | peak MB |")
        print("|---|--:|--:|--:|--:|--:|--:|")
        for name in (NOTHING, *ASKED):
            took, peak = in_a_process(name, engine.url)
            ratio = took.answering / took.reading
            ms = (took.reading, took.answering, took.json, took.page)
            reading, answering, as_json, as_page = (f"{each:,.0f}" for each in ms)
            print(
                f"| {name} | {reading} | {answering} | {ratio:.2f} | {as_json} | {as_page} | {peak:,.0f} |",
                flush=True,
            )
    if left := KINDS.keys() - ASKED.keys():
        print(f"\nNot asked of an office: {', '.join(sorted(left))}.")


if __name__ == "__main__":
    alone = argparse.ArgumentParser(prog="python -m tests.benchmarks.reports", description=__doc__)
    alone.add_argument(
        "--one", choices=(NOTHING, *ASKED), help="ask one report, and print what it took"
    )
    alone.add_argument("--url", default=os.environ.get("MADOGUCHI_REDIS_URL"))
    args = alone.parse_args()
    if args.one:
        print(json.dumps(msgspec.to_builtins(one(args.one, args.url))))
    else:
        run()
