"""How the report `before-after` is told: the answer first, then what makes it unfair, then both sides."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from queue_service.insights.change import FEWEST_DAYS
from queue_service.insights.daily import METRICS
from queue_service.measures import COUNTS
from queue_service.reports.telling import Chart, Report, Table, Telling, Words, number, percent
from queue_service.reports.timeline import Dot, Level, timeline
from queue_service.words import say

NAME = "before_after"
MINUTE = 60
FEW_MINUTES = 10  # of so few, seconds matter
PARTS = ("after_opening", "before_closing", "not_seen")


# Values for people: minutes instead of seconds, percent instead of shares


def _value(unit: str, value: float | None) -> str:
    match unit:
        case "share":
            return percent(value)
        case "seconds" if value is not None and abs(value) < FEW_MINUTES * MINUTE:
            return f"{value / MINUTE:.2f}".rstrip("0").removesuffix(".")
        case "seconds":
            return number(value and value / MINUTE)
        case _:
            return number(value)


def _signed(unit: str, value: float | None, words: Words) -> str:
    """A difference; of shares it is in points, because percent of percent are another thing."""
    if unit == "share" and value is not None:
        return words.say("points", value=_sign(number(value * 100), value))
    return _sign(_value(unit, value), value)


def _part(value: float | None) -> str:
    """A part by which something changed."""
    return _sign(percent(value), value)


def _sign(text: str, value: float | None) -> str:
    """With a sign, unless it is written as nothing."""
    text = text.removeprefix("-")
    if not value or not set(text) & set("123456789"):
        return text
    return f"+{text}" if value > 0 else f"−{text}"


def _range(ends: Sequence[float], words: Words, written: Callable[[float], str]) -> str:
    return words.say("range", low=written(ends[0]), high=written(ends[1]))


def _both(row: Report, words: Words) -> tuple[str, str]:
    """The difference and its interval: relative, and where there is none, as it is."""
    unit = row["unit"]
    if row["ci95"] is None:
        return "–", "–"
    if row["relative_ci95"] is not None:
        return _part(row["relative"]), _range(row["relative_ci95"], words, _part)
    return _signed(unit, row["difference"], words), _range(
        row["ci95"], words, lambda each: _signed(unit, each, words)
    )


def _title(name: str, words: Words) -> str:
    """What a metric is called, with its unit."""
    metric = METRICS[name]
    if name in COUNTS:
        title = say(words.language, f"definitions.columns.{name}.title")
    elif metric.span:
        told = (f"spans.{metric.span}", f"figures.{metric.figure}")
        span, figure = (say(words.language, f"definitions.{each}.title") for each in told)
        title = words.say("of_span", span=span, figure=figure)
    else:
        title = words.say(f"metrics.{name}.title")
    return words.say(f"units.{metric.unit}", title=title)


def meanings(report: Report, words: Words) -> dict[str, str]:
    """What the metrics mean of which something is known; those of one span of time have one meaning."""
    shown = [report["metric"], *(row["metric"] for row in _known(report))]
    return {METRICS[name].span or name: _meaning(name, words) for name in shown}


def _meaning(name: str, words: Words) -> str:
    if name in COUNTS:
        return say(words.language, f"definitions.columns.{name}.text")
    if span := METRICS[name].span:
        return say(words.language, f"definitions.spans.{span}.text")
    return words.say(f"metrics.{name}.text")


def _known(report: Report, side: str | None = None) -> list[Report]:
    rows = [row for name in ("visitors", "staff") for row in report[name]]
    return [
        row
        for row in rows
        if side in (None, row["side"]) and (row["before"], row["after"]) != (None, None)
    ]


# Sentences


def caution(told: Mapping[str, Any], words: Words) -> str:
    """What makes the comparison less than fair."""
    facts = dict(told["facts"])
    if "weekdays" in facts:
        facts["weekdays"] = "、".join(words.page(f"weekdays.{day}") for day in facts["weekdays"])
    if "dates" in facts:
        facts["dates"] = "、".join(facts["dates"])
    facts |= {name: number(facts[name]) for name in ("before", "after", "n") if name in facts}
    return words.say(f"warnings.{told['code']}", **facts)


def _said(report: Report, words: Words) -> list[str | None]:
    unit, control = report["unit"], report["control"]
    interval = report["ci95"] and words.say(
        "ci",
        absolute=_range(report["ci95"], words, lambda each: _signed(unit, each, words)),
        relative=_both(report, words)[1],
    )
    windows = words.say(
        "windows",
        **{
            f"{name}_{end}": str(window[end])
            for name, window in report["windows"].items()
            for end in ("from", "to", "open_days")
        },
    )
    return [
        _answer(report, words),
        _paragraph(interval, windows, control and _of_control(control, words)),
        _paragraph(*_displaced(report["displacement"], words)),
        *(words.say("warning", text=each["says"]) for each in report["warnings"]),
    ]


def _paragraph(*sentences: str | None) -> str | None:
    return " ".join(filter(None, sentences)) or None


def _answer(report: Report, words: Words) -> str:
    unit = report["unit"]
    told = {name: _value(unit, report[name]) for name in ("before", "after", "expected")}
    told |= {
        "metric": _title(report["metric"], words),
        "difference": _signed(unit, report["difference"], words),
        "relative": _part(report["relative"]),
    }
    verdict = report["verdict"].replace(" ", "_")
    if verdict == "not_enough_data":
        days = {name: report[name] for name in ("days_before", "days_after")}
        return words.say("answers.not_enough_data", **told, **days, fewest=FEWEST_DAYS)
    against = "against" if report["expected"] is not None else "answers"
    return words.say(f"{against}.{verdict}", **told)


def _of_control(control: Report, words: Words) -> str:
    if control["kind"] == "other offices":
        return words.say("control.offices", offices="、".join(control["offices"]))
    told = {
        f"{name}_{end}": control[name][end]
        for name in ("before", "after")
        for end in ("from", "to")
    }
    return words.say("control.year", **told)


def _displaced(moved: Report | None, words: Words) -> Iterable[str]:
    if moved is None or moved["cut_before"] is None:
        return
    yield words.say("moved.cut", n=number(moved["cut_before"]))
    if moved["not_seen"] is None:
        yield words.say("moved.not_enough_data")
        return
    yield words.say("moved.expected", n=number(moved["cut_expected"]))
    if moved["still"]:
        yield words.say("moved.still", n=number(moved["still"]))
    for name in PARTS:
        part = moved[name]
        sure = "yes" if part["verdict"] == "yes" else "cannot_tell"
        low_high = _range(part["ci95"], words, number)
        yield words.say(f"moved.{name}.{sure}", n=number(part["per_day"]), ci=low_high)
    if moved["turned_away"] is not None:
        yield words.say("moved.turned_away", n=number(moved["turned_away"]))


# Tables


def _tables(report: Report, words: Words) -> list[Table]:
    against = any(row["expected"] is not None for row in _known(report))
    heads = ["metric", "before", "after", *(["expected"] if against else [])]
    heads += ["change", "ci95", "verdict"]
    return [
        Table(
            words.say(f"sides.{side}"),
            words.heads(*heads),
            [_row(row, words, against=against) for row in _known(report, side)],
        )
        for side in ("visitors", "staff")
        if _known(report, side)
    ]


def _row(row: Report, words: Words, *, against: bool) -> list[str]:
    unit = row["unit"]
    expected = [_value(unit, row["expected"])] if against else []
    return [
        _title(row["metric"], words),
        _value(unit, row["before"]),
        _value(unit, row["after"]),
        *expected,
        *_both(row, words),
        words.say(f"verdicts.{row['verdict'].replace(' ', '_')}"),
    ]


# The picture


def _charts(report: Report, words: Words) -> list[Chart]:
    unit = report["unit"]
    times = {"seconds": 1 / MINUTE, "share": 100.0}.get(unit, 1.0)
    length = 1 if report["bin"] == "day" else 7
    dots = [
        Dot(
            date.fromisoformat(each["start"]),
            length,
            each["value"] * times,
            f"{each['start']}: {_value(unit, each['value'])}",
        )
        for each in report["series"]
        if each["value"] is not None
    ]
    if not dots:
        return []
    levels = [
        _level(report, look, window, report[look] * times)
        for look, window in (("before", "before"), ("after", "after"), ("expected", "after"))
        if report[look] is not None
    ]
    marks = dict.fromkeys([report["at"], *(each["date"] for each in report["notes"])])
    metric = _title(report["metric"], words)
    title = words.say(f"chart.{report['bin']}", metric=metric)
    key = [words.say(f"key.{level.look}") for level in levels]
    key += [f"{each['date']} {each['text']}" for each in report["notes"]]
    svg = timeline(dots, levels, [date.fromisoformat(each) for each in marks], title, metric)
    return [Chart(title=title, svg=svg, key=key)]


def _level(report: Report, look: str, window: str, value: float) -> Level:
    days = report["windows"][window]
    return Level(look, date.fromisoformat(days["from"]), date.fromisoformat(days["to"]), value)


TELLING = Telling(
    said=_said,
    charts=_charts,
    tables=_tables,
    defined=(
        *("before", "expected", "difference", "ci95", "verdict"),
        *("control", "displacement"),
    ),
)
