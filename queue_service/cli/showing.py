"""Running the demonstration: what `madoguchi demo` does with what it was told.

A module of its own, because it needs an HTTP client, which takes a moment to load.
"""

import datetime
from functools import partial

import httpx

from queue_service.access import Access, Role
from queue_service.cli import links
from queue_service.cli.command import progress, say
from queue_service.cli.throw_away import ThrowAway
from queue_service.demo import Hall, Pace
from queue_service.demo_day import Day
from queue_service.hours import reception_spans
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.replay_client import Api
from queue_service.tickets import State

A_DAY = datetime.timedelta(days=1)
LONGEST_CLOSURE = 30  # days
FIRST_MORNING = 10 * 60  # minutes: by then some are served and some wait
MORNING = 8 * 60 + 40


async def show(
    service: ThrowAway, office: Office, today: datetime.date, speed: float, seed: int
) -> None:
    """Let one day follow the other until somebody stops it."""
    async with Ledger.open(service.engine_url) as ledger, httpx.AsyncHTTPTransport() as transport:
        date = _open_day(office, today, -A_DAY)
        pace = Pace(partial(ledger.simulate, office.id), speed)
        day = Day(office, date, seed)
        await pace.begin(day.at(MORNING), 0)
        await ledger.apply_office(office)
        keys = await links.new_keys(Access(ledger.redis), office.id, "made for the demonstration")
        staff = Api(transport, service.url, keys[Role.STAFF])
        hall = Hall(staff, office, day)
        await _warm_up(hall, day, pace)
        _tell(service.url, office, keys, await _phone(ledger, office, service.url))
        await pace.begin(day.at(FIRST_MORNING), speed)
        while True:
            await _play(hall, pace)
            date = _open_day(office, date + A_DAY, A_DAY)
            day = Day(office, date, seed)
            hall = Hall(staff, office, day)
            await pace.begin(day.at(MORNING), pace.speed)
            say(f"{date}: a new morning.")


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
