"""The report `avoidable`: which copies and visits could have been had without the counter."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from markupsafe import escape
from msgspec.structs import replace

from queue_service.counts import Copies
from queue_service.insights.avoidable import ANSWERS, avoidable
from queue_service.insights.copies import COUNTER, Offer
from queue_service.insights.items import Period
from queue_service.offices import Office
from queue_service.reports.ground import Ground
from queue_service.reports.picture import stacked_bars, stacked_columns, swatch
from queue_service.reports.report import basis_of, dated, whole
from queue_service.reports.telling import Chart, Report, Table, Telling, Words, number, percent
from queue_service.words import languages, pick, say

NAME = "avoidable"
CHANNELS = (COUNTER, "convenience_store", "online", "post")  # those that have a word
BARS, ROWS = 6, 8  # procedures that a picture and a table show, so that the page is one
MONTHS, MONTHS_IN_TABLE = 36, 12  # the latest
FEW = 5  # months or names in a sentence

# How parts are drawn: the counter although another channel offers it, that channel, the counter alone.
LOOKS = {"bar in": "there", "bar": "elsewhere", "bar only": "only"}

Columns = Mapping[str, Callable[[Report], str]]


def report_on_avoidable(ground: Ground, language: str) -> Report:
    """The report."""
    told = avoidable(
        ground.days,
        _meant(ground.copies, ground.office),
        _catalogue(ground.office, language),
        ground.office,
        Period(ground.first, ground.last),
    )
    basis = basis_of(ground.of_tickets, (told.visits if ground.knows_visits else told.issued) or 0)
    report = whole(basis, NAME, TELLING.defined, msgspec.to_builtins(told), language)
    if not ground.knows_visits:  # months have no time zone
        of_table = say(language, f"reports.{NAME}.population_of_table")
        report |= {"timezone": None, "population": of_table}
    report["notes"] = dated(ground.office, ground.first, ground.last, language)
    named = {"procedures": ("procedure", "name"), "months": ("month",)}
    for rows, names in named.items():  # what a row is about stands first in it
        report[rows] = [{name: row[name] for name in names} | row for row in report[rows]]
    return report


def _catalogue(office: Office, language: str) -> dict[str, Offer]:
    """What the office offers, and through which channels; a procedure may stand in two services."""
    found: dict[str, Offer] = {}
    for each in (each for service in office.services for each in service.procedures):
        fees = {channel: how.fee for channel, how in each.channels.items()}
        name = pick(each.name, language) or each.id
        known = found.get(each.id, Offer(name=name, fees={}))
        found[each.id] = replace(known, fees={**known.fees, **fees})
    return found


def _meant(copies: Iterable[Copies], office: Office) -> list[Copies]:
    """The rows of tables with procedures and channels by their ids; people write their names."""
    procedures = [each for service in office.services for each in service.procedures]
    named = {name.casefold(): each.id for each in procedures for name in each.name.values()}
    named |= {each.id.casefold(): each.id for each in procedures}
    ways = {
        _channel(language, channel).casefold(): channel
        for language in languages()
        for channel in CHANNELS
    }
    return [
        replace(
            row,
            procedure=named.get(row.procedure.casefold(), row.procedure),
            channel=ways.get(row.channel.casefold(), row.channel),
        )
        for row in copies
    ]


def _channel(language: str, channel: str) -> str:
    return say(language, f"reports.{NAME}.channels.{channel}")


def _said(report: Report, words: Words) -> list[str | None]:
    counts = {name: number(each) for name, each in report.items() if isinstance(each, int)}
    shares = {name: percent(report[name]) for name in report if name.endswith("_share")}
    hints = report["hints"] or {}
    answers = {name: number(hints[name]) for name in hints if any(hints.values())}

    def told(name: str, *facts: object) -> str | None:
        return words.say(name, **counts, **shares) if all(facts) else None

    compared = "compared" if report["compared_copies"] else "uncompared"
    return [
        told(_first(report)),
        told(compared, report["avoidable_copies"]),
        told("visits", report["visits_with_items"]),
        words.say("hints", **answers) if answers else None,
        told("helped", report["helped"]),
        *_warned(report, words),
    ]


def _first(report: Report) -> str:
    """The word of the answer."""
    if report["issued"] is None:
        return "unrecorded" if report["visits"] else "nothing"
    if report["at_counter"] is None:
        return "uncounted"
    return "counter" if report["at_counter"] else "idle"


def _warned(report: Report, words: Words) -> list[str | None]:
    """What the figures do not show."""
    partly = (report["with_items_share"] or 1) < 1
    unknown, differing = report["unknown_copies"], len(report["stated_twice"])
    twice, cut = (_named(report[name]) for name in ("counted_twice", "cut_months"))
    cut_too = [row["month"] for row in report["months"] if not row["whole"]]
    part = _named([month for month in cut_too if month not in report["cut_months"]])
    return [
        words.say("partly") if partly and report["at_counter"] else None,
        words.say("unknown", n=number(unknown)) if unknown else None,
        words.say("twice", months=twice) if twice else None,
        words.say("cut", months=cut) if cut else None,
        words.say("part", months=part) if part else None,
        words.say("differing", n=differing) if differing else None,
    ]


def _named(months: Sequence[str]) -> str:
    return "、".join(months[:FEW]) + ("…" if len(months) > FEW else "")


def _charts(report: Report, words: Words) -> list[Chart]:
    looks = {look: words.say(f"parts.{name}") for look, name in LOOKS.items()}
    key: list[str] = [swatch(look) + escape(name) for look, name in looks.items()]
    rows = [
        (row["name"], _parts(row), _figures(row)) for row in report["procedures"] if row["issued"]
    ]
    noted = {each["date"][:7] for each in report["notes"]}
    months = [
        (
            words.marked(row["month"], row["month"] in noted),
            _parts(row),
            percent(row["counter_share"]),
        )
        for row in report["months"][-MONTHS:]
    ]
    by_procedure, by_month = (words.say(f"charts.{name}") for name in ("procedures", "months"))
    by_procedure += _more(rows, BARS, words)
    by_month += _more(report["months"], MONTHS, words)
    charts = [
        Chart(title=by_procedure, svg=stacked_bars(rows[:BARS], looks, by_procedure), key=key)
    ]
    if len(months) > 1:
        svg = stacked_columns(months, looks, by_month, words.say("unit"))
        charts.append(
            Chart(title=by_month, svg=svg, key=[words.say("share_above"), *words.notes(report)])
        )
    return charts


def _parts(row: Report) -> dict[str, int]:
    """What a bar is made of."""
    there = row["avoidable_copies"] or 0
    sizes = (there, row["elsewhere"] or 0, (row["at_counter"] or 0) - there)
    return {look: size for look, size in zip(LOOKS, sizes, strict=True) if size}


def _figures(row: Report) -> str:
    """At the counter and in all. The share of the counter may be one of fewer months: see the table."""
    if row["elsewhere"] is None or row["at_counter"] is None:
        return number(row["issued"])
    return f"{number(row['at_counter'])} / {number(row['issued'])}"


def _tables(report: Report, words: Words) -> list[Table]:
    rows, months = report["procedures"], report["months"]
    known, cells = _known(PROCEDURE, rows[:ROWS])
    title = words.say("table") + _more(rows, ROWS, words)
    by_procedure = Table(
        title, words.heads(*known), [list(row) for row in zip(*cells, strict=True)]
    )
    known, cells = _known(MONTH, months[-MONTHS_IN_TABLE:])
    lines = [[head, *line] for head, line in zip(words.heads(*known), cells, strict=True)]
    title = words.say("by_month") + _more(months, MONTHS_IN_TABLE, words)
    # Months lie side by side, as in the picture above.
    return [by_procedure, *([Table(title, lines[0], lines[1:])] if lines else [])]


def _more(rows: Sequence[object], shown: int, words: Words) -> str:
    """How many are not shown."""
    return words.say("more", n=number(len(rows) - shown)) if len(rows) > shown else ""


def _known(columns: Columns, rows: Sequence[Report]) -> tuple[list[str], list[list[str]]]:
    """The columns of which anything is known: their names, and their cells."""
    told = {name: [cell(row) for row in rows] for name, cell in columns.items()}
    found = {name: cells for name, cells in told.items() if set(cells) - {UNKNOWN}}
    return list(found), list(found.values())


def _of(name: str) -> Callable[[Report], str]:
    return lambda row: number(row[name])


def _share_of(name: str) -> Callable[[Report], str]:
    return lambda row: percent(row[name])


def _avoidable_of(row: Report) -> str:
    return (
        f"{number(row['avoidable_visits'])} / {number(row['visits'])}" if row["visits"] else UNKNOWN
    )


def _answers(row: Report) -> str:
    said = row["hints"] or {}
    return " / ".join(number(said[name]) for name in ANSWERS) if any(said.values()) else UNKNOWN


def _fee(row: Report) -> str:
    """At the counter, and the lowest elsewhere."""
    fees = {each["channel"]: each["fee"] for each in row["channels"] if each["fee"] is not None}
    there = number(fees.pop(COUNTER, None))
    return f"{there} → {number(min(fees.values()))}" if fees else there


UNKNOWN = number(None)
PROCEDURE: Columns = {
    "procedure": lambda row: row["name"],
    "at_counter": _of("at_counter"),
    "elsewhere": _of("elsewhere"),
    "counter_share": _share_of("counter_share"),
    "avoidable_of": _avoidable_of,
    "answers": _answers,
    "fee": _fee,
}
MONTH: Columns = {
    "month": lambda row: row["month"],
    "at_counter": _of("at_counter"),
    "avoidable_copies": _of("avoidable_copies"),
    "elsewhere": _of("elsewhere"),
    "counter_share": _share_of("counter_share"),
    "visits": _of("visits"),
    "with_items": _share_of("with_items_share"),
    "avoidable_visits": _share_of("avoidable_visits_share"),
    "helped": _of("helped"),
}
TELLING = Telling(
    said=_said,
    charts=_charts,
    tables=_tables,
    defined=(
        *("issued", "obtainable", "at_counter", "avoidable_copies", "elsewhere"),
        *("obtainable_share", "counter_share", "visits_with_items", "avoidable_visits"),
        *("hints", "helped"),
    ),
)
