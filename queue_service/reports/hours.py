"""The report `reception-hours`: what proposed hours would cover, with everything it rests on."""

from fractions import Fraction

import msgspec
from msgspec import Struct

from queue_service.hours import spans
from queue_service.insights.arrivals import Basis
from queue_service.insights.reception_hours import TARGET, reception_hours
from queue_service.insights.week import Week
from queue_service.reports.ground import Ground
from queue_service.reports.picture import columns_of_a_day
from queue_service.reports.report import basis_of, whole
from queue_service.reports.telling import Chart, Report, Table, Telling, Words, number, percent

NAME = "reception_hours"
WINDOWS = 10  # of those that would do are shown


class Hours(Struct, frozen=True, kw_only=True):
    """Would these hours still receive most visitors?"""

    proposed: Week
    current: Week | None = None  # None: those in force on each day
    target: Fraction = TARGET
    basis: Basis = "arrival"


def report_on_hours(ground: Ground, asked: Hours, language: str) -> Report:
    """The report."""
    come = ground.arrivals(asked.basis)
    stated, known = asked.current, bool(ground.office.reception_hours)
    in_force = ground.hours_in_force(come.dates) if known and stated is None else None
    now = [stated.on(day.weekday()) for day in come.dates] if stated else in_force
    told = reception_hours(come, asked.proposed, now, asked.target, in_force=in_force)
    basis = basis_of(ground, told.visitors)
    return whole(basis, NAME, TELLING.defined, msgspec.to_builtins(told), language)


def _said(report: Report, words: Words) -> list[str | None]:
    best, cut, interval = report["shortest"], report["minutes_cut"], report["ci95"]
    unseen, refused = len(report["unseen_days"]), report["unseen_refused"]
    counted, outside = report["counted_days"], report["outside_per_day"]
    low, high = (percent(each) for each in interval or (None, None))
    return [
        _verdict(report, words),
        (cut is not None and words.say("cut", minutes=number(cut))) or None,
        interval and words.say("ci", low=low, high=high),
        (
            report["visitors"]
            and words.say("outside", **{name: number(each) for name, each in outside.items()})
        )
        or None,
        best
        and words.say(
            "best",
            window=best["window"],
            minutes=best["minutes"],
            coverage=percent(best["coverage"]),
        ),
        words.say("unseen", n=unseen) if unseen and report["visitors"] else None,
        words.say("refused", n=number(refused)) if unseen else None,
        words.say("mixed", n=counted, days=report["days"])
        if 0 < counted < report["days"]
        else None,
    ]


def _verdict(report: Report, words: Words) -> str:
    proposed = report["proposed"] or words.say("several")
    told = {"proposed": proposed, "target": percent(report["target"])}
    if not report["visitors"]:
        return words.say("blind" if report["unseen_days"] else "nothing", **told)
    if report["verdict"] == "not determinable":
        bounds = {name: percent(report[f"coverage_{name}"]) for name in ("low", "high")}
        return words.say("unknown", **told, **bounds)
    return words.say(report["verdict"], **told, coverage=percent(report["coverage"]))


def _charts(report: Report, words: Words) -> list[Chart]:
    windows = {
        name: spans(report[hours]) if report[hours] else ()
        for name, hours in (("now", "current"), ("then", "proposed"))
    }
    key = [
        f"{sign} {words.say(hours)} {report[hours]}"
        for sign, hours in (("┅", "current"), ("━", "proposed"))
        if report[hours]
    ]
    title = words.page("chart")
    svg = columns_of_a_day(report["by_time"], windows, title, words.page("people"))
    return [Chart(title=title, svg=svg, key=key)]


def _tables(report: Report, words: Words) -> list[Table]:
    weekdays = [
        [
            words.page(f"weekdays.{each['weekday']}"),
            number(each["days"]),
            number(each["visitors"]),
            _range(each),
            words.say(f"verdicts.{each['verdict']}"),
            each["shortest"]["window"] if each["shortest"] else "–",
        ]
        for each in report["by_weekday"]
    ]
    windows = [
        [each["window"], number(each["minutes"]), percent(each["coverage"])]
        for each in report["windows"][:WINDOWS]
    ]
    return [
        Table(
            words.page("by_weekday"),
            words.heads("weekday", "days", "visitors", "coverage", "verdict", "shortest"),
            weekdays,
        ),
        Table(words.page("windows"), words.heads("window", "minutes", "coverage"), windows),
    ]


def _range(row: Report) -> str:
    low, high = row["coverage_low"], row["coverage_high"]
    return percent(low) if low == high else f"{percent(low)} – {percent(high)}"


TELLING = Telling(
    said=_said,
    charts=_charts,
    tables=_tables,
    defined=(
        *("minutes_cut", "counted_days", "visitors", "covered", "coverage", "coverage_low"),
        *("coverage_high", "ci95", "verdict", "outside_per_day", "shortest", "windows"),
        *("unseen_days", "unseen_refused"),
    ),
)
