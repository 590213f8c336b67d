"""Running the demonstration: what `madoguchi demo` does with what it was told.

A module of its own, because it needs an HTTP client, which takes a moment to load.
"""

import datetime
import hashlib
from collections.abc import Iterator
from functools import partial

import httpx
from msgspec import Struct

from queue_service.access import Access
from queue_service.cli import links
from queue_service.cli.command import progress, say
from queue_service.cli.throw_away import ThrowAway
from queue_service.demo import Hall, Pace
from queue_service.demo_day import Day
from queue_service.demo_history import history
from queue_service.hours import reception_spans
from queue_service.imports import Source, take_in
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.replay_client import Api
from queue_service.settings import Settings
from queue_service.ticket_log import Row
from queue_service.tickets import State
from queue_service.waits import learn_waits

A_DAY = datetime.timedelta(days=1)
LONGEST_CLOSURE = 30  # days
FIRST_MORNING = 10 * 60  # minutes: by then some are served and some wait
MORNING = 8 * 60 + 40


class Show(Struct, frozen=True, kw_only=True):
    """What is to be shown."""

    office: Office
    today: datetime.date
    speed: float
    seed: int
    history: int  # days before the first


async def show(service: ThrowAway, wanted: Show) -> None:
    """Let one day follow the other until somebody stops it."""
    office, seed, speed = wanted.office, wanted.seed, wanted.speed
    async with Ledger.open(service.engine_url) as ledger, httpx.AsyncHTTPTransport() as transport:
        date = _open_day(office, wanted.today, -A_DAY)
        pace = Pace(partial(ledger.simulate, office.id), speed)
        day = Day(office, date, seed)
        await pace.begin(day.at(MORNING), 0)
        await ledger.apply_office(office)
        await _remember(ledger, service, wanted, date)
        keys = await links.new_keys(Access(ledger.redis), office.id, "made for the demonstration")
        # Twelve desks that live sixty times as fast ask more than one member of staff may.
        staff = Api(transport, service.url, service.key)
        hall = Hall(staff, office, day)
        await _warm_up(hall, day, pace)
        _tell(service.url, office, keys, await _phone(ledger, office, service.url))
        await pace.begin(day.at(FIRST_MORNING), speed)
        await learn_waits(ledger, office)  # the worker would, after a while
        while True:
            await _play(hall, pace)
            date = _open_day(office, date + A_DAY, A_DAY)
            day = Day(office, date, seed)
            hall = Hall(staff, office, day)
            await pace.begin(day.at(MORNING), pace.speed)
            say(f"{date}: a new morning.")


async def _remember(ledger: Ledger, service: ThrowAway, wanted: Show, date: datetime.date) -> None:
    """Take in what a ticket machine before us would have written down of the days before a date."""
    office = wanted.office
    first = date - wanted.history * A_DAY
    days = history(office, first, date - A_DAY, wanted.seed)
    folder = Settings(data_dir=service.data_dir).archives / office.id / "imports"
    folder.mkdir(parents=True)
    read_as = f"{first} {wanted.history} {wanted.seed}"
    source = Source("the days before", hashlib.sha256(read_as.encode()).hexdigest(), read_as)
    with progress("the days before", wanted.history, unit=" days") as advance:

        def rows() -> Iterator[Row]:
            before = first
            for day in days:
                yield from day
                here = datetime.date.fromisoformat(day[0].day)
                advance((here - before).days)
                before = here

        await take_in(ledger, office, source, rows(), folder, rejected=lambda _: None)


def _open_day(office: Office, date: datetime.date, step: datetime.timedelta) -> datetime.date:
    """The first day on which the office is open, from a date on."""
    days = (date + n * step for n in range(LONGEST_CLOSURE))
    return next(day for day in days if reception_spans(office, None, day.isoformat()))


async def _warm_up(hall: Hall, day: Day, pace: Pace) -> None:
    """Play the first hour as fast as it goes, the clock in our hand."""
    until = day.at(FIRST_MORNING)
    minutes = FIRST_MORNING - MORNING
    with progress("the morning so far", minutes, unit=" min") as advance:
        passed = 0
        while (at := hall.upcoming) is not None and at < until:
            await pace.begin(at, 0)
            await hall.happen()
            now = int((at - day.at(MORNING)) / 60_000)
            advance(max(0, now - passed))
            passed = max(passed, now)


async def _play(hall: Hall, pace: Pace) -> None:
    speed = pace.speed
    while (at := hall.upcoming) is not None:
        await pace.until(at)
        if pace.speed < speed:
            speed = pace.speed
            say(f"This machine is too slow for that; the clock now runs at {speed:g}.")
        await hall.happen()


async def _phone(ledger: Ledger, office: Office, site: str) -> str | None:
    """The page of somebody who will still wait for a while."""
    waiting = [
        shown.ticket.seq
        for shown in await ledger.tickets(office.id)
        if shown.ticket.state in (State.WAITING, State.PROCESSING)
    ]
    return f"{site}/t/{office.id}/{ledger.ticket_id(office.id, waiting[-1])}" if waiting else None


def _tell(site: str, office: Office, keys: links.Keys, phone: str | None) -> None:
    print(f"Ready     {site}/", *links.lines(site, office, keys), sep="\n")
    if phone:
        print(f"  A visitor       {phone}")
    print(
        "A desk at which you press a button is yours for ten minutes. Ctrl-C ends the show.",
        flush=True,
    )
