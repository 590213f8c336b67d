"""The report `before-after`: whether a metric changed with a reform, with everything that rests on."""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from queue_service.insights.before_after import Around, BeforeAfter, before_after
from queue_service.insights.daily import Daily, of_counts, of_days
from queue_service.insights.displacement import Hours, hours_at
from queue_service.insights.week import Week
from queue_service.insights.windows import Span, Window, windows
from queue_service.offices import Office, ReceptionHours
from queue_service.reports import before_after_told as telling
from queue_service.reports.ground import LEDGER, Ground
from queue_service.reports.report import Basis, basis_of, dated, whole
from queue_service.reports.telling import Report, Words

NAME = telling.NAME
TELLING = telling.TELLING
A_DAY = timedelta(days=1)


class Asked(Struct, frozen=True, kw_only=True):
    """Did this metric change on that date?"""

    metric: str
    at: date
    before: Span | None = None
    after: Span | None = None
    hours: tuple[Week, Week] | None = None  # current and proposed; None: those of the office


def report_on_change(
    ground: Ground, asked: Asked, language: str, others: Sequence[Ground] = ()
) -> Report:
    """The report.

    Raises:
        ValueError: a window lies on the wrong side of the date; the message names it.
    """
    ground, *others = [_over(each) for each in (ground, *others)]
    office = _with_hours(ground.office, asked)
    own = _daily(ground, office)
    before, after = windows(asked.at, asked.before, asked.after, own.dates)
    used = [_within(ground, before), _within(ground, after)]
    around = Around(
        metric=asked.metric,
        at=asked.at,
        before=before,
        after=after,
        hours=hours_at(office, asked.at),
        other_hours=_other_hours(office, asked.at, before, after),
        missing_days=[day for each in used for day in each.missing_days],
    )
    seen = _by_minute(_together(used), around.hours)
    told = before_after(own, around, [_daily(each, each.office) for each in others], **seen)
    facts = _facts(told, around, office, language, [_name(each) for each in others])
    basis = _basis(told, around, ground, others)
    report = whole(basis, NAME, TELLING.defined, facts, language)
    report["definitions"] |= telling.meanings(report, Words(language, NAME))
    return report


def _basis(told: BeforeAfter, asked: Around, ground: Ground, others: Sequence[Ground]) -> Basis:
    """What the report says of its data: of both windows, and hashed with what they are compared with."""
    used = [_within(ground, asked.before), _within(ground, asked.after)]
    beside = others if told.control != "year before" else [ground]
    compared = [_within(each, window) for each in beside for window in told.control_windows or ()]
    return replace(
        basis_of(_together(used), told.n),
        missing_days=asked.missing_days,
        sha256=_hash([*used, *compared]),
    )


def _over(ground: Ground) -> Ground:
    """Without the running day, which says nothing yet."""
    ground = ground.of_tickets
    if ground.today is None:
        return ground
    days = [day for day in ground.days if day.date != f"{ground.today}"]
    return replace(ground, days=days, today=ground.today - A_DAY)


def _with_hours(office: Office, asked: Asked) -> Office:
    """The office with the hours that somebody states instead of its own."""
    if asked.hours is None:
        return office
    current, proposed = (each.by_day for each in asked.hours)
    stated = ReceptionHours(hours=current), ReceptionHours(since=asked.at, hours=proposed)
    return replace(office, reception_hours=stated)


def _daily(ground: Ground, office: Office) -> Daily:
    """Its open days in figures."""
    if not ground.knows_visits:
        return of_counts(each for table in ground.counted for each in table.counts)
    return of_days(ground.days, office)


def _by_minute(used: Ground, hours: Hours | None) -> dict[str, Any]:
    """Who came to the minute, where it is asked where they went."""
    if hours is None or not hours.cut:
        return {}
    if not used.knows_visits or used.source != LEDGER:
        return {"come": used.arrivals()}
    return {"come": used.arrivals(who="received"), "away": used.arrivals(who="refused")}


def _name(ground: Ground) -> str:
    return ground.office.id if ground.source == LEDGER else ground.source


def _within(ground: Ground, window: Window) -> Ground:
    return ground.between(f"{window.first}", f"{window.last}")


def _together(grounds: Sequence[Ground]) -> Ground:
    """The days of some windows of one ground, each once."""
    first, *rest = grounds
    return replace(
        first,
        last=max(each.last for each in grounds),
        days=[*first.days, *(day for each in rest for day in each.days)],
        counted=[*first.counted, *(table for each in rest for table in each.counted)],
    )


def _hash(grounds: Sequence[Ground]) -> str:
    """Of the data of all windows: the same for the same figures, wherever they lie."""
    return hashlib.sha256("\n".join(each.sha256 for each in grounds).encode()).hexdigest()


def _other_hours(office: Office, at: date, before: Window, after: Window) -> list[date]:
    """The dates within the windows on which other reception hours began, too."""
    begins = [each.since for each in office.reception_hours if each.since is not None]
    firsts = at, before.first, after.first  # what holds from then on does not cut a window
    return [
        day
        for day in begins
        if day not in firsts and (before.holds([day])[0] or after.holds([day])[0])
    ]


# As plain values


def _facts(
    told: BeforeAfter, asked: Around, office: Office, language: str, others: Sequence[str]
) -> Report:
    facts: Report = msgspec.to_builtins(told)
    change = facts.pop("change")
    earlier = facts.pop("control_windows")
    kind, cautions = facts.pop("control"), facts.pop("warnings")
    windows = {name: _window(facts.pop(name)) for name in ("before", "after")}
    facts.pop("n")
    words = Words(language, NAME)
    return {
        "metric": change.pop("metric"),
        "at": f"{asked.at}",
        "windows": windows,
        "matched_by": ["weekday", *([kind] if kind else [])],
        "control": kind
        and {
            "kind": kind,
            **{
                name: {"from": window["first"], "to": window["last"]}
                for name, window in zip(("before", "after"), earlier, strict=True)
            },
            "offices": others if kind == "other offices" else [],
        },
        **change,
        "warnings": [
            {"code": each["code"], **each["facts"], "says": telling.caution(each, words)}
            for each in cautions
        ],
        **facts,
        "notes": dated(office, asked.before.first, asked.after.last, language),
    }


def _window(told: Report) -> Report:
    return {"from": told.pop("first"), "to": told.pop("last"), **told}
