"""Waits foreseen: what an office's past days say of them, learned anew each business day.

What is learned and how is in `forecasting`, what is said in `estimates`. Here is which days it is
learned from, and where it is kept.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby

import msgspec
from msgspec import Struct

from queue_service import keys
from queue_service.figures import NONE, Day
from queue_service.forecasting import Study, Visited, study
from queue_service.offices import Office
from queue_service.questions import Questions
from queue_service.roll_ups import days
from queue_service.round_trip import answered

DAYS = 42  # six weeks: older ones say less of who is at the desks now

Means = dict[str, float | None]


class Report(Struct, frozen=True, kw_only=True):
    """How far estimates would have erred, each by a model of the days before."""

    learned_on: str  # the business date, by the days before it
    days: int
    every: Means  # of all tickets that were called
    shown: Means  # of those whose estimate would have been shown
    services: dict[str, Means]
    shown_services: list[str]  # that are shown now


_report = msgspec.json.Decoder(Report)


async def are_due(ledger: Questions, office: str) -> bool:
    """Whether the day in the ledger has not been learned for yet."""
    async with answered(), ledger.redis.pipeline(transaction=False) as pipe:
        pipe.hget(keys.of(office, "head"), "date")
        pipe.hget(keys.of(office, "waits"), "learned_on")
        today, learned_on = await pipe.execute()
    return today is not None and today != learned_on


async def learn_waits(ledger: Questions, office: Office) -> Report | None:
    """Learn from the latest days before the running one, and keep it; None before the first day.

    Twice or at once it comes to the same.
    """
    async with answered():
        today = await ledger.redis.hget(keys.of(office.id, "head"), "date")
    if today is None:
        return None
    last = date.fromisoformat(today) - timedelta(days=1)
    found = await days(ledger, office, f"{last - timedelta(days=DAYS - 1)}", f"{last}")
    told = await asyncio.to_thread(_study, office, found)
    report = Report(
        learned_on=today,
        days=len({day.date for day in found}),
        every=told.every.figures(),
        shown=told.shown.figures(),
        services={name: tally.figures() for name, tally in sorted(told.services.items())},
        shown_services=sorted(name for name, each in told.model.services.items() if each.shown),
    )
    model, told_of = msgspec.json.encode(told.model), msgspec.json.encode(report)
    kept = {"learned_on": today, "model": model.decode(), "report": told_of.decode()}
    async with answered():
        await ledger.redis.hset(keys.of(office.id, "waits"), mapping=kept)
    return report


async def report_of(ledger: Questions, office: str) -> Report | None:
    """How far the present model would have erred; None: nothing was learned yet."""
    async with answered():
        raw = await ledger.redis.hget(keys.of(office, "waits"), "report")
    return _report.decode(raw) if raw else None


def _study(office: Office, found: Sequence[Day]) -> Study:
    by_date = groupby(found, key=lambda day: day.date)
    visits = [[visit for day in same for visit in visited(day)] for _, same in by_date]
    return study([sorted(day, key=lambda each: each.arrived_at) for day in visits], office.tz)


def visited(day: Day) -> Iterator[Visited]:
    """The visits of a day as the forecast knows them."""
    rows = day.visit_rows
    columns = ("arrived_at", "service", "to_call", "left", "open_desks")
    for at, service, to_call, left, open_desks in zip(
        *(rows[name].tolist() for name in columns), strict=True
    ):
        yield Visited(
            service=day.names[service],
            arrived_at=at,
            called_at=None if to_call == NONE else at + to_call,
            left_at=None if left == NONE else at + left,
            open_desks=None if open_desks == NONE else open_desks,
        )
