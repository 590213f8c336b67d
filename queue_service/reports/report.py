"""A report: an answer of `insights` with everything it rests on beside it.

Pure. It is a plain mapping whose keys have an order, so that the same data gives the same bytes.
"""

from collections.abc import Sequence
from datetime import date

import msgspec
from msgspec import Struct

from queue_service.intervals import Quality
from queue_service.notes import notes_between
from queue_service.offices import Office
from queue_service.reports.ground import LEDGER, Ground
from queue_service.reports.telling import Report
from queue_service.version import VERSION
from queue_service.words import pick, say


class Basis(Struct, frozen=True, kw_only=True):
    """What every report says of its data; a table knows no days."""

    office: str | None = None
    source: str
    timezone: str | None = None
    first: date | None = None
    last: date | None = None
    n: int
    missing_days: Sequence[date] | None = ()  # None: no day can be missing
    quality: Quality | None = None
    sha256: str


def basis_of(ground: Ground, n: int) -> Basis:
    """What a report on this ground says of it; `n`: how many were counted."""
    return Basis(
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


def whole(basis: Basis, name: str, defined: Sequence[str], told: Report, language: str) -> Report:
    """The whole report; `name`: under which its words stand, `defined`: the fields it explains."""
    facts: Report = msgspec.to_builtins(basis)
    sha256 = facts.pop("sha256")
    period = {"from": facts.pop("first"), "to": facts.pop("last")}
    return {
        "report": name.replace("_", "-"),
        **facts,
        **period,
        "population": say(language, f"reports.{name}.population"),
        **told,
        "definitions": {
            each: say(language, f"reports.{name}.definitions.{each}") for each in defined
        },
        "data_sha256": sha256,
        "version": VERSION,
    }


def dated(office: Office, first: date, last: date, language: str) -> list[Report]:
    """What happened at an office between two dates, as its definition notes it."""
    return [
        {
            "date": f"{each.date}",
            "text": pick(each.text, language) or next(iter(each.text.values()), ""),
        }
        for each in notes_between(office, first, last)
    ]
