"""Statistics as a workbook: the rows, a chart of them, and what every column means.

Byte-equal for the same statistics. Times are those that clocks in the office showed.
"""

import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from queue_service.definitions import Definition, definitions
from queue_service.intervals import WHOLE_OFFICE, Row
from queue_service.offices import Office
from queue_service.statistics import Statistics
from queue_service.version import VERSION
from queue_service.words import say

WIDTH = 12  # characters
MADE = datetime(2000, 1, 1, tzinfo=UTC)  # a file that says when it was made is never the same twice
CHART_PX = (1080, 520)

Sheet = Any
Names = Mapping[str, str]  # of the services


def workbook(found: Statistics, office: Office, columns: Sequence[str], language: str) -> bytes:
    """Three sheets: figures, chart, definitions; services by their names."""
    spoken = language.removesuffix("-easy")
    names = {each.id: each.name.get(spoken) or each.id for each in office.services}
    names[WHOLE_OFFICE] = say(language, "workbook.whole")
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties(
            {"title": f"{found.office} {found.first} – {found.last}", "created": MADE}
        )
        terms = {each.name: each for each in definitions(language)}
        figures, chart, meanings = (
            book.add_worksheet(say(language, f"workbook.{name}"))
            for name in ("figures", "chart", "definitions")
        )
        _figures(book, figures, found, [terms[name] for name in columns], names)
        _chart(book, chart, found, names, language)
        _definitions(book, meanings, found, list(terms.values()), language)
    return file.getvalue()


def _figures(
    book: Any, sheet: Sheet, found: Statistics, columns: Sequence[Definition], names: Names
) -> None:
    """One row an interval and service, as a table that can be filtered and pivoted."""
    instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    seconds, count = (book.add_format({"num_format": each}) for each in ("#,##0.0", "#,##0"))
    titles = [each.title for each in columns]
    heads = []
    for place, column in enumerate(columns):
        shown = instant if column.name in ("start", "end") else None
        shown = shown or (seconds if column.name.endswith("_s") else count)
        sheet.set_column(place, place, WIDTH + 6 if shown is instant else WIDTH, shown)
        heads.append(
            {"header": titles[place], "header_format": book.add_format({"text_wrap": True})}
        )
    rows = [[_value(row, column.name, names) for column in columns] for row in found.rows]
    for down, row in enumerate(rows, 1):
        for across, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(down, across, value, instant)
            elif value is not None:
                sheet.write(down, across, value)
    sheet.add_table(
        0, 0, max(1, len(rows)), len(columns) - 1, {"columns": heads, "name": "figures"}
    )
    sheet.freeze_panes(1, 3)


def _value(row: Row, column: str, names: Names) -> Any:
    value = row[column]
    match column:
        case "start" | "end":
            return datetime.fromisoformat(value).replace(tzinfo=None)
        case "service":
            return names.get(value, value)
        case _:
            return value


def _chart(book: Any, sheet: Sheet, found: Statistics, names: Names, language: str) -> None:
    """Arrivals as columns, piled up by service: by time of day, or by date for wider intervals."""
    services, piles = _piles(found)
    heads = [names.get(each, each) for each in services]
    sheet.write_row(0, 0, [say(language, "workbook.interval"), *heads])
    for down, (label, counts) in enumerate(piles, 1):
        sheet.write_row(down, 0, [label, *(counts[name] for name in services)])
    sheet.set_column(0, 0, WIDTH + 6)
    if not piles:
        return
    chart = book.add_chart({"type": "column", "subtype": "stacked"})
    name, last = sheet.get_name(), len(piles)
    for place in range(1, len(services) + 1):
        chart.add_series(
            {
                "name": [name, 0, place],
                "categories": [name, 1, 0, last, 0],
                "values": [name, 1, place, last, place],
                "gap": 30,
            }
        )
    title = say(language, "definitions.columns.arrivals.title")
    chart.set_title({"name": f"{title}  {found.first} – {found.last}"})
    chart.set_y_axis({"name": say(language, "definitions.units.people"), "min": 0})
    chart.set_legend({"position": "bottom"})
    chart.set_size(dict(zip(("width", "height"), CHART_PX, strict=True)))
    sheet.insert_chart(0, len(services) + 2, chart, {"description": title})


def _piles(found: Statistics) -> tuple[list[str], list[tuple[str, dict[str, int]]]]:
    """The services there are, and how many arrivals each has by label, in the order of time."""
    every = [row for row in found.rows if row["service"] != WHOLE_OFFICE] or found.rows
    services = list(dict.fromkeys(row["service"] for row in every))
    by_clock = found.bin.isdecimal()
    piles: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(services, 0))
    for row in every:
        start = row["start"]
        label = (row.get("time") or start[11:16]) if by_clock else start[:10]
        piles[label][row["service"]] += row["arrivals"]
    return services, sorted(piles.items())


def _definitions(
    book: Any, sheet: Sheet, found: Statistics, terms: Iterable[Definition], language: str
) -> None:
    """What was asked and what the answer rests on; then what every column means."""
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for place, width in enumerate((WIDTH * 2, WIDTH * 3, WIDTH, WIDTH * 8)):
        sheet.set_column(place, place, width, wrapped)
    quality = found.quality
    rests_on = {
        "n": found.n,
        "missing_days": ", ".join(map(str, found.missing_days)),
        "known_for": quality.known_for,
        "implied_starts": quality.implied_starts,
        "forgotten_finishes": quality.forgotten_finishes,
        "with_items": quality.with_items,
        "as_of": found.as_of,
    }
    titles = {each.name: each.title for each in terms}
    about = [
        (say(language, "workbook.office"), found.office),
        (say(language, "workbook.period"), f"{found.first} – {found.last} ({found.timezone})"),
        *((titles[name], value) for name, value in rests_on.items()),
        (say(language, "workbook.version"), VERSION),
    ]
    for down, pair in enumerate(about):
        sheet.write_row(down, 0, pair)
    top = len(about) + 1
    sheet.write(top, 0, say(language, "definitions.all"))
    heads = [
        say(language, f"definitions.{each}") for each in ("column", "heading", "unit", "meaning")
    ]
    sheet.write_row(top + 2, 0, heads, bold)
    for down, each in enumerate(terms, top + 3):
        sheet.write_row(down, 0, (each.name, each.title, each.unit, each.meaning))
