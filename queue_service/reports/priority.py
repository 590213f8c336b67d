"""The report `reform-priority`: which procedures take the most hours a year, and how sure that is.

It stands on the days of an office or a ticket log, on a table in which sections state counts and minutes,
or on both together.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from queue_service.insights.reform_priority import UNCERTAINTY, By, Work, reform_priority
from queue_service.insights.work import Measured, measured
from queue_service.offices import Office, Texts
from queue_service.reports.ground import LEDGER, Ground
from queue_service.reports.pareto import pareto
from queue_service.reports.report import Basis, basis_of, whole
from queue_service.reports.telling import Chart, Report, Table, Telling, Words, number, percent
from queue_service.tickets import Stage
from queue_service.words import pick

NAME = "reform_priority"
FEW = 0.8  # of all hours: how few take them
SHOWN, BESIDE = 10, 3  # places that a page shows one by one, and of the other order


class Stated(Struct, frozen=True, kw_only=True):
    """What sections state in a table, in place of figures of the system."""

    file: str
    works: Sequence[Work]
    sha256: str


class Priority(Struct, frozen=True, kw_only=True):
    """Which procedures, or sections, take the most hours?"""

    reduction: Mapping[Stage, float] = {}
    by: By = "procedure"
    uncertainty: float = UNCERTAINTY  # by which part all minutes could be wrong


class StatedTwice(ValueError):
    """A procedure of the table was measured, too; the message says what to do."""


def report_on_priority(
    ground: Ground | None, stated: Stated | None, asked: Priority, language: str
) -> Report:
    """The report; at least one of ground and table is there.

    Raises:
        StatedTwice, TooMany
    """
    seen = None
    if ground:
        ground = ground.of_tickets
        seen = measured(ground.days, ground.office, ground.first, ground.last, ground.today)
    works = [*(seen.works if seen else ()), *(stated.works if stated else ())]
    if ground and seen and stated:
        _check(ground.office, seen.works, stated)
    told = reform_priority(works, asked.reduction, by=asked.by, if_off=asked.uncertainty)
    names = _Names(ground, Words(language, NAME))
    rest = msgspec.to_builtins(told) | {
        "measured": seen and _rests_on(seen, names),
        "table": stated and {"file": stated.file, "sha256": stated.sha256},
    }
    rest["procedures"] = names.given(rest["procedures"])
    basis = _basis(ground, seen, stated)
    return whole(basis, NAME, TELLING.defined, rest, language)


def _basis(ground: Ground | None, seen: Measured | None, stated: Stated | None) -> Basis:
    if ground is None or seen is None:
        assert stated is not None, "a report stands on something"
        cases = sum(int(work.count) for work in stated.works)
        return Basis(source=stated.file, n=cases, sha256=stated.sha256)
    basis = basis_of(ground, seen.seen.visits)
    if stated is None:
        return basis
    both = hashlib.sha256(f"{basis.sha256} {stated.sha256}".encode()).hexdigest()
    return replace(basis, sha256=both)


def _rests_on(seen: Measured, names: "_Names") -> dict[str, Any]:
    """How what was measured came about."""
    share = seen.seen.recorded / seen.seen.handled if seen.seen.handled else None
    return {
        **msgspec.to_builtins(seen.seen),
        "recorded_share": share and round(share, 4),
        "days": seen.days,
        "calendar_days": seen.calendar_days,
        "annual_factor": round(seen.annual_factor, 6),
        "seasons_seen": seen.seasons_seen,
        "timeless": names.given(msgspec.to_builtins(seen.timeless)),
    }


def _check(office: Office, works: Sequence[Work], stated: Stated) -> None:
    """Nothing may stand in the order twice: neither under its id nor under any of its names."""
    called = {
        (service.id, each.id): {each.id, *each.name.values()}
        for service in office.services
        for each in service.procedures
    }
    for mine in works:
        if mine.procedure is None or mine.service is None:
            continue
        known = called.get((mine.service, mine.procedure), {mine.procedure})
        for row in stated.works:
            if row.procedure in known and row.section in (None, mine.section):
                raise StatedTwice(
                    f"{stated.file}: {row.procedure!r} was measured at {office.id}: "
                    "leave it out of the table, or name the other section that it belongs to"
                )


class _Names:
    """What rows are called: procedures by their names, and services where none was recorded."""

    def __init__(self, ground: Ground | None, words: Words) -> None:
        self._words = words
        services = ground.office.services if ground else ()
        self._services = {each.id: self._named(each.name, each.id) for each in services}
        self._procedures = {
            (service.id, each.id): self._named(each.name, each.id)
            for service in services
            for each in service.procedures
        }
        self._of_log = ground is not None and ground.source != LEDGER

    def given(self, rows: Sequence[Report]) -> list[Report]:
        """The rows with their names; one that two rows would have is told with its service."""
        names = [self._of(row) for row in rows]
        often = Counter(names)
        return [
            {"name": self._at(name, row) if often[name] > 1 else name, **row}
            for name, row in zip(names, rows, strict=True)
        ]

    def _of(self, row: Report) -> str:
        service, procedure = row["service"], row["procedure"]
        if procedure is not None:
            return str(self._procedures.get((service, procedure), procedure))
        name = str(self._services.get(service, service))
        # A log knows no procedures: its services stand in for them.
        return name if self._of_log else self._words.say("not_recorded", name=name)

    def _at(self, name: str, row: Report) -> str:
        place = self._services.get(row["service"], row["service"]) or row.get("section")
        return self._words.say("at", name=name, place=place) if place else name

    def _named(self, texts: Texts, id: str) -> str:
        return pick(texts, self._words.language) or id


# How it is told


def _rows(report: Report) -> list[Report]:
    """The places of the order that was asked for, each with its name."""
    if report["by"] == "procedure":
        return list(report["procedures"])
    return [{**row, "name": row["section"] or "–"} for row in report["by_section"]]


def _said(report: Report, words: Words) -> list[str | None]:
    rows = _rows(report)
    if not rows:
        return [words.say("nothing"), *_rests_said(report, words)]
    first, by = rows[0], report["by"]
    few = next((row for row in rows if row["cumulative"] >= FEW), rows[-1])
    off, saving = report["if_off"], report["saving"]
    return [
        words.say(
            "most", name=first["name"], hours=_whole(first["hours"]), share=percent(first["share"])
        ),
        words.say(f"few.{by}", n=few["rank"], share=percent(few["cumulative"])),
        _sure(report, words),
        words.say(
            "if_off" if off["swaps"] else "if_off_sure",
            part=f"±{number(off['uncertainty'] * 100)} %",
            swaps=_pairs(off["swaps"]),
        )
        if report["measured"]
        else None,
        words.say("saving", hours=_whole(saving)) if report["reduction"] else None,
        *_rests_said(report, words),
    ]


def _sure(report: Report, words: Words) -> str:
    swaps, blind = (_pairs(report[name]) for name in ("swaps", "undetermined"))
    told = words.say("swaps", swaps=swaps) if swaps else words.say("sure") if not blind else ""
    return " ".join(filter(None, [told, words.say("blind", swaps=blind) if blind else ""]))


def _pairs(ranks: Sequence[tuple[int, int]]) -> str:
    """Ranks between which some could change places, in as few words as that can be said.

    >>> _pairs([(1, 2), (2, 3), (5, 6)])
    '1–3, 5–6'
    """
    groups: list[list[int]] = []
    for one, other in sorted(ranks):
        if groups and one <= groups[-1][1]:
            groups[-1][1] = max(groups[-1][1], other)
        else:
            groups.append([one, other])
    return ", ".join(f"{one}–{other}" for one, other in groups)


def _rests_said(report: Report, words: Words) -> list[str | None]:
    """What the figures rest on, where that is to be known before they are used."""
    seen, table = report["measured"], report["table"]
    if seen is None:
        return []
    timeless = ", ".join(row["name"] for row in seen["timeless"])
    season = "scaled" if seen["seasons_seen"] else "season"
    scaled = {"days": seen["calendar_days"], "factor": f"{seen['annual_factor']:.3g}"}
    recorded = {"share": percent(seen["recorded_share"]), "handled": number(seen["handled"])}
    return [
        words.say(season, **scaled) if seen["annual_factor"] != 1 else None,
        words.say("recorded", **recorded)
        if report["source"] == LEDGER and seen["handled"]
        else None,
        words.say("timeless", names=timeless) if timeless else None,
        words.say("running", n=number(seen["running"])) if seen["running"] else None,
        words.say("stated", file=table["file"]) if table else None,
    ]


def _charts(report: Report, words: Words) -> list[Chart]:
    rows = [
        (f"{row['rank']} {row['name']}", [*row["stages"].values()], row["cumulative"])
        for row in _rows(report)[:SHOWN]
    ]
    title = words.say(f"chart.{report['by']}")
    key: list[str] = [
        Markup('<span class="part{}">■</span> {}').format(
            n, words.say(f"key.{stage}", hours=_whole(hours))
        )
        for n, (stage, hours) in enumerate(report["stages"].items())
        if hours
    ]
    svg = pareto(rows, title, words.say("columns.hours"), words.say("columns.cumulative"))
    return [Chart(title=title, svg=svg, key=[*key, words.say("key.cumulative")])]


def _tables(report: Report, words: Words) -> list[Table]:
    other: By = "section" if report["by"] == "procedure" else "procedure"
    found = [_table(report, report["by"], SHOWN, words)]
    if len(report["by_section"]) > 1:
        found.append(_table(report | {"by": other}, other, BESIDE, words))
    return found


def _table(report: Report, by: By, shown: int, words: Words) -> Table:
    rows = _rows(report)
    stages = [stage for stage, hours in report["stages"].items() if hours]
    last = "saving" if report["reduction"] else "cumulative"
    heads = [by, "count", *stages, "hours", "range", last]
    told = [_cells(row, stages, last, report) for row in rows[:shown]]
    if rest := rows[shown:]:
        sums = {name: _whole(sum(row[name] for row in rest)) for name in ("hours", "saving")}
        sums["cumulative"] = percent(1)
        name = words.say("rest", n=len(rest))
        told.append([name, *(sums.get(head, "") for head in heads[1:]), ""])
    return Table(words.say(f"table.{by}"), words.heads(*heads, "swap"), told)


def _whole(value: float) -> str:
    """A figure of which a tenth means nothing once there are hundreds."""
    return f"{value:,.0f}" if value >= 100 else number(value)


def _cells(row: Report, stages: Sequence[str], last: str, report: Report) -> list[str]:
    low, high, swaps = row["hours_low"], row["hours_high"], row["could_swap_with"]
    mixed = report["measured"] and row.get("source") == "table"
    return [
        f"{row['rank']} {row['name']}{' ※' if mixed else ''}",
        _whole(row["count"]),
        *(number(row["minutes"][stage]) for stage in stages),
        _whole(row["hours"]),
        "?" if low is None else f"{_whole(low)}–{_whole(high)}",
        _whole(row["saving"]) if last == "saving" else percent(row["cumulative"]),
        "?" if swaps is None else ", ".join(map(str, swaps)) or "–",
    ]


TELLING = Telling(
    said=_said,
    charts=_charts,
    tables=_tables,
    defined=(
        *("procedure", "counted", "annual_factor", "count", "minutes", "stages", "hours"),
        *("hours_low", "share", "saving", "could_swap_with", "undetermined"),
        *("if_off", "recorded_share", "timeless"),
    ),
)
