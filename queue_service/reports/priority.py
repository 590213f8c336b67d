"""The report `reform-priority`: which procedures take the most hours a year, and how sure that is."""

from collections.abc import Mapping, Sequence

import msgspec

from queue_service.insights.reform_priority import Work, reform_priority
from queue_service.reports.picture import bars
from queue_service.reports.report import Basis, whole
from queue_service.reports.telling import Chart, Report, Table, Telling, Words, number, percent
from queue_service.tickets import Stage

NAME = "reform_priority"
FEW = 0.8  # of all hours: how few procedures take them
BARS = 20  # that a picture shows


def report_on_priority(
    works: Sequence[Work],
    reduction: Mapping[Stage, float],
    language: str,
    *,
    source: str,
    sha256: str,
) -> Report:
    """The report, of a table."""
    told = reform_priority(works, reduction)
    basis = Basis(source=source, n=told.cases, sha256=sha256)
    return whole(basis, NAME, TELLING.defined, msgspec.to_builtins(told), language)


def _said(report: Report, words: Words) -> list[str | None]:
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


def _charts(report: Report, words: Words) -> list[Chart]:
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
    return [Chart(title=title, svg=bars(rows, title), key=key)]


def _tables(report: Report, words: Words) -> list[Table]:
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
        Table(words.say("table"), words.heads(*columns), procedures),
        Table(
            words.say("sections"), words.heads("section", "procedures", "hours", "saving"), sections
        ),
    ]


TELLING = Telling(
    said=_said,
    charts=_charts,
    tables=_tables,
    defined=(
        *("count", "minutes", "hours", "hours_low", "hours_high", "share", "cumulative"),
        *("saving", "could_swap_with"),
    ),
)
