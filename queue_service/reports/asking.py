"""What is asked of which ground: an answer of `insights` with everything it rests on beside it.

Pure. A report is a plain mapping whose keys have an order, so that the same data gives the same bytes.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import msgspec
from msgspec import Struct

from queue_service.insights.arrivals import Basis
from queue_service.insights.reception_hours import TARGET, reception_hours
from queue_service.insights.reform_priority import Work, reform_priority
from queue_service.insights.week import Week
from queue_service.intervals import Quality
from queue_service.reports.ground import LEDGER, Ground
from queue_service.tickets import Stage
from queue_service.version import VERSION
from queue_service.words import say

Report = dict[str, Any]


class Hours(Struct, frozen=True, kw_only=True):
    """Would these hours still receive most visitors?"""

    proposed: Week
    current: Week | None = None  # None: those in force on each day
    target: Fraction = TARGET
    basis: Basis = "arrival"


def report_on_hours(ground: Ground, asked: Hours, language: str) -> Report:
    """The report `reception-hours`."""
    come = ground.arrivals(asked.basis)
    stated, known = asked.current, bool(ground.office.reception_hours)
    in_force = ground.hours_in_force(come.dates) if known and stated is None else None
    now = [stated.on(day.weekday()) for day in come.dates] if stated else in_force
    told = reception_hours(come, asked.proposed, now, asked.target, in_force=in_force)
    basis = _basis(ground, told.visitors)
    return _report(basis, "reception_hours", language, msgspec.to_builtins(told))


def report_on_priority(
    works: Sequence[Work],
    reduction: Mapping[Stage, float],
    language: str,
    *,
    source: str,
    sha256: str,
) -> Report:
    """The report `reform-priority`, of a table."""
    told = reform_priority(works, reduction)
    basis = _Basis(source=source, n=told.cases, sha256=sha256)
    return _report(basis, "reform_priority", language, msgspec.to_builtins(told))


class _Basis(Struct, frozen=True, kw_only=True):
    """What every report says of its data; a table knows no days."""

    office: str | None = None
    source: str
    timezone: str | None = None
    first: date | None = None
    last: date | None = None
    n: int
    missing_days: Sequence[date] = ()
    quality: Quality | None = None
    sha256: str


def _basis(ground: Ground, n: int) -> _Basis:
    return _Basis(
        office=ground.office.id if ground.source == LEDGER else None,
        source=ground.source,
        timezone=ground.office.timezone,
        first=ground.first,
        last=ground.last,
        n=n,
        missing_days=ground.missing_days,
        quality=ground.quality,
        sha256=ground.sha256,
    )


def _report(basis: _Basis, name: str, language: str, told: Report) -> Report:
    facts: Report = msgspec.to_builtins(basis)
    sha256 = facts.pop("sha256")
    period = {"from": facts.pop("first"), "to": facts.pop("last")}
    return {
        "report": name.replace("_", "-"),
        **facts,
        **period,
        "population": say(language, f"reports.{name}.population"),
        **told,
        "definitions": _definitions(name, language),
        "data_sha256": sha256,
        "version": VERSION,
    }


def _definitions(name: str, language: str) -> dict[str, str]:
    names: Sequence[str] = DEFINED[name]
    return {each: say(language, f"reports.{name}.definitions.{each}") for each in names}


DEFINED = {
    "reception_hours": (
        *("minutes_cut", "visitors", "covered", "coverage", "coverage_low", "coverage_high"),
        *("ci95", "verdict", "outside_per_day", "shortest", "windows", "unseen_days"),
    ),
    "reform_priority": (
        *("count", "minutes", "hours", "hours_low", "hours_high", "share", "cumulative"),
        *("saving", "could_swap_with"),
    ),
}
