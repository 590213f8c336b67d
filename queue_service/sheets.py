"""Sheets: what a file of figures holds, whatever its kind: rows of named columns, and a chart.

Pure. Every column has a definition of its name. How a sheet is written is in `tables` and `workbook`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from queue_service.intervals import WHOLE_OFFICE, Row
from queue_service.offices import Office
from queue_service.withholding import Cell, Withheld
from queue_service.words import say

MINUTE = 60  # s
WAYS = ("mae_s", "mae_last_wait_s", "mae_by_interval_s", "mae_constant_s")  # to foresee a wait

ESTIMATES = ("service", "n", *WAYS, "bias_s", "within_p50", "within_p90", "shown")

Figure = float | None
Names = Mapping[str, str]
Named = Iterable[tuple[str, str, Row]]  # rows with the label and the name under which they stand


class Chart(Struct, frozen=True, kw_only=True):
    """Figures by label, from left to right; those of one name are a series."""

    title: str
    unit: str
    labels: list[str]
    series: dict[str, list[Figure]]
    line: bool = False  # else columns, piled up
    stacked: bool = True


class Sheet(Struct, frozen=True, kw_only=True):
    """What one answer says."""

    table: Literal["arrivals", "stages", "queue", "estimates"]
    office: Office
    period: str
    by_clock: bool = False  # whether its intervals are parts of a day
    columns: tuple[str, ...]
    rows: Sequence[Row]
    rests_on: Mapping[str, Any]  # by the name of its definition
    withheld: Withheld | None = None

    @property
    def marked(self) -> set[Cell]:
        """Cells of which nothing is told, though something is known."""
        cells = self.withheld.cells if self.withheld else {}
        return {(n, column) for column, places in cells.items() for n in places}

    def names(self, language: str) -> Names:
        """What services are called; one without a name in that language keeps its id."""
        spoken = language.removesuffix("-easy")
        names = {each.id: each.name.get(spoken) or each.id for each in self.office.services}
        used = {each: each for each in (row["service"] for row in self.rows)}
        return used | names | {WHOLE_OFFICE: say(language, "workbook.whole")}

    @property
    def services(self) -> Sequence[Row]:
        """Its rows of services, which together are the office; without any, those of the office."""
        return [row for row in self.rows if row["service"] != WHOLE_OFFICE] or self.rows


def chart_of(sheet: Sheet, language: str) -> Chart:
    """The picture of a sheet."""
    return _CHARTS[sheet.table](sheet, language)


def _arrivals(sheet: Sheet, language: str) -> Chart:
    """Arrivals, piled up by service."""
    labels, series = _piled(
        _by_time(sheet, language), lambda rows: sum(row["arrivals"] or 0 for row in rows)
    )
    return Chart(
        title=say(language, "definitions.columns.arrivals.title"),
        unit=say(language, "definitions.units.people"),
        labels=labels,
        series=series,
    )


def _queue(sheet: Sheet, language: str) -> Chart:
    """The mean length of the line of each service."""

    def length(rows: Sequence[Row]) -> Figure:
        known = [row for row in rows if row["queue_mean"] is not None]
        return _mean((row["queue_mean"], _seconds(row)) for row in known)

    labels, series = _piled(_by_time(sheet, language), length)
    return Chart(
        title=say(language, "definitions.columns.queue_mean.title"),
        unit=say(language, "definitions.units.people"),
        labels=labels,
        series=series,
        line=True,
    )


def _stages(sheet: Sheet, language: str) -> Chart:
    """The mean time of each stage, piled up by service."""

    def minutes(rows: Sequence[Row]) -> Figure:
        done = [row for row in rows if row["handled"]]
        return _mean((row["stage_time_mean_s"] / MINUTE, row["handled"]) for row in done)

    names = sheet.names(language)
    found = (
        (names[row["service"]], say(language, f"desk.stages.{row['stage']}"), row)
        for row in sheet.services
    )
    labels, series = _piled(found, minutes)
    return Chart(
        title=say(language, "definitions.spans.stage_time.title"),
        unit=say(language, "stats.unit.minutes"),
        labels=labels,
        series=series,
    )


def _estimates(sheet: Sheet, language: str) -> Chart:
    """How far each way to foresee a wait is off, by service."""
    names = sheet.names(language)
    titles = {way: say(language, f"definitions.columns.{way}.title") for way in WAYS}
    return Chart(
        title=titles["mae_s"],
        unit=say(language, "stats.unit.minutes"),
        labels=[names[row["service"]] for row in sheet.rows],
        series={
            title: [None if row[way] is None else row[way] / MINUTE for row in sheet.rows]
            for way, title in titles.items()
        },
        stacked=False,
    )


_CHARTS: Mapping[str, Callable[[Sheet, str], Chart]] = {
    "arrivals": _arrivals,
    "stages": _stages,
    "queue": _queue,
    "estimates": _estimates,
}


def _by_time(sheet: Sheet, language: str) -> Named:
    """The rows of services by time of day, or by date where intervals are days or wider."""

    def label(row: Row) -> str:
        start: str = row["start"]
        return (row.get("time") or start[11:16]) if sheet.by_clock else start[:10]

    names = sheet.names(language)
    found = ((label(row), names[row["service"]], row) for row in sheet.services)
    return sorted(found, key=lambda each: each[0])


def _piled(
    found: Named, figure: Callable[[Sequence[Row]], Figure]
) -> tuple[list[str], dict[str, list[Figure]]]:
    """The labels there are, and of each name a figure at every label."""
    piles: dict[str, dict[str, list[Row]]] = {}
    names: dict[str, None] = {}
    for label, name, row in found:
        piles.setdefault(label, {}).setdefault(name, []).append(row)
        names[name] = None
    return [*piles], {
        name: [figure(pile.get(name, ())) for pile in piles.values()] for name in names
    }


def _mean(weighed: Iterable[tuple[float, float]]) -> Figure:
    """The mean of figures, each with its weight; None without any."""
    found = [*weighed]
    weight = sum(each for _, each in found)
    return sum(value * each for value, each in found) / weight if weight else None


def _seconds(row: Row) -> float:
    """How long the interval of a row is."""
    start, end = (datetime.fromisoformat(row[each]) for each in ("start", "end"))
    return (end - start).total_seconds()
