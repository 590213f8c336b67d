"""What is asked of which ground: an answer of `insights` with everything it rests on beside it.

Pure. A report is a plain mapping whose keys have an order, so that the same data gives the same bytes.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import msgspec
from msgspec import Struct

from queue_service.insights.arrivals import Basis
from queue_service.insights.reception_hours import TARGET, reception_hours
from queue_service.insights.week import Week
from queue_service.reports.ground import Ground
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
    return _report(ground, "reception_hours", language, told.visitors, msgspec.to_builtins(told))


def _report(ground: Ground, name: str, language: str, n: int, told: Report) -> Report:
    quality = ground.quality
    return {
        "report": name.replace("_", "-"),
        "office": None if ground.source != "ledger" else ground.office.id,
        "source": ground.source,
        "timezone": ground.office.timezone,
        "from": ground.first.isoformat(),
        "to": ground.last.isoformat(),
        "population": say(language, f"reports.{name}.population"),
        "n": n,
        "missing_days": [each.isoformat() for each in ground.missing_days],
        "quality": None if quality is None else msgspec.to_builtins(quality),
        **told,
        "definitions": _definitions(name, language),
        "data_sha256": ground.sha256,
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
}
