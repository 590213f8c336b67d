"""A report as one printable page: what it says, a picture, the figures, and what they rest on.

The page stands alone: it asks nobody for anything, and whatever comes from data is escaped.
"""

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, Template
from markupsafe import Markup
from msgspec import Struct

from queue_service.hours import spans
from queue_service.reports.picture import bars, columns_of_a_day
from queue_service.words import say

Report = dict[str, Any]
WINDOWS = 10  # of those that would do are shown
DAYS_NAMED = 5
FEW = 0.8  # of all hours: how few procedures take them
BARS = 20  # that a picture shows


class Table(Struct):
    """A table with its heads."""

    title: str
    heads: list[str]
    rows: list[list[str]]


class Chart(Struct):
    """A picture, and what its signs mean."""

    title: str
    svg: Markup
    key: list[str]


class Words:
    """The words of one report in one language."""

    def __init__(self, language: str, report: str) -> None:
        self.language, self.report = language, report

    def say(self, path: str, **values: object) -> str:
        """Words of this report."""
        return say(self.language, f"reports.{self.report}.{path}", **values)

    def page(self, path: str, **values: object) -> str:
        """Words of every report."""
        return say(self.language, f"reports.page.{path}", **values)


def page(report: Report, language: str) -> str:
    """The whole page as HTML."""
    words = Words(language, report["report"].replace("-", "_"))
    said, chart, tables = TOLD[words.report]
    return _template().render(
        language=language.partition("-")[0],
        title=words.say("title"),
        of=_of(report, words),
        said=[each for each in said(report, words) if each],
        chart=chart(report, words),
        tables=tables(report, words),
        ground={"title": words.page("ground"), "facts": _facts(report, words)},
        definitions={"title": words.page("definitions"), "terms": report["definitions"].items()},
    )


def _of(report: Report, words: Words) -> str:
    source = report["office"] or report["source"]
    if report["from"] is None:
        return str(source)
    return words.page("of", source=source, from_=report["from"], to=report["to"])


@cache
def _template() -> Template:
    text = (files("queue_service") / "reports" / "page.html").read_text("utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)


def percent(share: float | None) -> str:
    """A share with a tenth of a percent; – where there is none."""
    return "–" if share is None else f"{share * 100:.1f} %"


def number(value: float | None) -> str:
    """A number with at most one decimal."""
    return "–" if value is None else f"{value:,.1f}".removesuffix(".0")


def _facts(report: Report, words: Words) -> list[tuple[str, str]]:
    last = [
        (words.page("data"), report["data_sha256"]),
        (words.page("version"), report["version"]),
    ]
    if report["from"] is None:  # a table knows neither days nor visits
        return [(words.page("population"), report["population"]), *last]
    missing = report["missing_days"]
    named = "、".join(missing[:DAYS_NAMED]) + ("…" if len(missing) > DAYS_NAMED else "")
    quality = report["quality"]
    told = (
        words.page("counts")
        if quality is None
        else "、".join(f"{words.page(name)} {count:,}" for name, count in quality.items())
    )
    return [
        (words.page("population"), report["population"]),
        (words.page("n"), number(report["n"])),
        (words.page("missing"), f"{len(missing)} ({named})" if missing else words.page("none")),
        (words.page("quality"), told),
        *last,
    ]


# Reception hours


def _hours_said(report: Report, words: Words) -> list[str | None]:
    best, cut, interval = report["shortest"], report["minutes_cut"], report["ci95"]
    unseen, outside = len(report["unseen_days"]), report["outside_per_day"]
    low, high = (percent(each) for each in interval or (None, None))
    return [
        _hours_verdict(report, words),
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
    ]


def _hours_verdict(report: Report, words: Words) -> str:
    proposed = report["proposed"] or words.say("several")
    told = {"proposed": proposed, "target": percent(report["target"])}
    if not report["visitors"]:
        return words.say("blind" if report["unseen_days"] else "nothing", **told)
    if report["verdict"] == "not determinable":
        bounds = {name: percent(report[f"coverage_{name}"]) for name in ("low", "high")}
        return words.say("unknown", **told, **bounds)
    return words.say(report["verdict"], **told, coverage=percent(report["coverage"]))


def _hours_chart(report: Report, words: Words) -> Chart:
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
    return Chart(title=title, svg=svg, key=key)


def _hours_tables(report: Report, words: Words) -> list[Table]:
    def heads(*names: str) -> list[str]:
        return [words.say(f"columns.{name}") for name in names]

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
            heads("weekday", "days", "visitors", "coverage", "verdict", "shortest"),
            weekdays,
        ),
        Table(words.page("windows"), heads("window", "minutes", "coverage"), windows),
    ]


def _range(row: Report) -> str:
    low, high = row["coverage_low"], row["coverage_high"]
    return percent(low) if low == high else f"{percent(low)} – {percent(high)}"


# Reform priority


def _priority_said(report: Report, words: Words) -> list[str | None]:
    rows = report["procedures"]
    if not rows:
        return [words.say("nothing")]
    first = rows[0]
    few = next((row for row in rows if row["cumulative"] >= FEW), rows[-1])
    swaps = "、".join(f"{one}–{other}" for one, other in report["swaps"])
    return [
        words.say(
            "most",
            name=first["procedure"],
            hours=number(first["hours"]),
            share=percent(first["share"]),
        ),
        words.say("few", n=few["rank"], share=percent(few["cumulative"])),
        words.say("swaps", swaps=swaps) if swaps else words.say("sure"),
        words.say("saving", hours=number(report["saving"])) if report["reduction"] else None,
    ]


def _priority_chart(report: Report, words: Words) -> Chart:
    rows = [
        (
            f"{row['rank']} {row['procedure']}",
            row["hours"],
            f"{number(row['hours'])} · {percent(row['cumulative'])}",
        )
        for row in report["procedures"][:BARS]
    ]
    title = words.say("chart")
    key = [f"{words.say('columns.hours')} · {words.say('columns.cumulative')}"]
    return Chart(title=title, svg=bars(rows, title), key=key)


def _priority_tables(report: Report, words: Words) -> list[Table]:
    def heads(*names: str) -> list[str]:
        return [words.say(f"columns.{name}") for name in names]

    procedures = [
        [
            f"{row['rank']} {row['procedure']}",
            number(row["count"]),
            number(row["minutes_a_case"]),
            number(row["hours"]),
            f"{number(row['hours_low'])} – {number(row['hours_high'])}",
            percent(row["cumulative"]),
            number(row["saving"]),
            "、".join(map(str, row["could_swap_with"])) or "–",
        ]
        for row in report["procedures"]
    ]
    sections = [
        [
            row["section"] or "–",
            number(row["procedures"]),
            number(row["hours"]),
            number(row["saving"]),
        ]
        for row in report["by_section"]
    ]
    columns = ("procedure", "count", "minutes", "hours", "range", "cumulative", "saving", "swap")
    return [
        Table(words.say("table"), heads(*columns), procedures),
        Table(words.say("sections"), heads("section", "procedures", "hours", "saving"), sections),
    ]


TOLD = {
    "reception_hours": (_hours_said, _hours_chart, _hours_tables),
    "reform_priority": (_priority_said, _priority_chart, _priority_tables),
}
