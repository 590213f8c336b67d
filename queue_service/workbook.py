"""Figures as a workbook: the rows, a chart of them, and what every column means.

Byte-equal for the same figures. Times are those that clocks in the office showed.
"""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from queue_service.definitions import Definition, definitions
from queue_service.intervals import Row
from queue_service.sheets import Names, Sheet, chart_of
from queue_service.tickets import Stage
from queue_service.version import VERSION
from queue_service.withholding import MARK
from queue_service.words import say

WIDTH = 12  # characters
MADE = datetime(2000, 1, 1, tzinfo=UTC)  # a file that says when it was made is never the same twice
CHART_PX = (1080, 520)
INSTANTS = ("start", "end")

Page = Any


def workbook(sheet: Sheet, language: str) -> bytes:
    """Three pages: figures, chart, definitions; services by their names."""
    file = io.BytesIO()
    plain = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }  # nothing in a cell is followed
    with Workbook(file, {"in_memory": True, **plain}) as book:
        book.set_properties({"title": f"{sheet.office.id} {sheet.period}", "created": MADE})
        terms = {each.name: each for each in definitions(language)}
        figures, chart, meanings = (
            book.add_worksheet(say(language, f"workbook.{name}"))
            for name in ("figures", "chart", "definitions")
        )
        _figures(book, figures, sheet, [terms[name] for name in sheet.columns], language)
        _chart(book, chart, sheet, language)
        _definitions(book, meanings, sheet, list(terms.values()), language)
    return file.getvalue()


def _figures(
    book: Any, page: Page, sheet: Sheet, columns: Sequence[Definition], language: str
) -> None:
    """One row an interval and service, as a table that can be filtered and pivoted."""
    instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    count, some = (book.add_format({"num_format": each}) for each in ("#,##0", "#,##0.0##"))
    seconds = book.add_format({"num_format": "#,##0.0"})
    heads = []
    for place, column in enumerate(columns):
        shown = seconds if column.name.endswith("_s") else count
        if column.name in INSTANTS:
            shown = instant
        elif column.name.endswith("_mean") or column.name.startswith("within_"):
            shown = some
        page.set_column(place, place, WIDTH + 6 if shown is instant else WIDTH, shown)
        heads.append(
            {"header": column.title, "header_format": book.add_format({"text_wrap": True})}
        )
    names = sheet.names(language)
    stages = {each.value: say(language, f"desk.stages.{each}") for each in Stage}
    marked = sheet.marked
    for down, row in enumerate(sheet.rows, 1):
        for across, column in enumerate(columns):
            hidden = (down - 1, column.name) in marked
            value = MARK if hidden else _value(row, column.name, names, stages)
            if isinstance(value, datetime):
                page.write_datetime(down, across, value, instant)
            elif value is not None:
                page.write(down, across, value)
    page.add_table(
        0, 0, max(1, len(sheet.rows)), len(columns) - 1, {"columns": heads, "name": "figures"}
    )
    page.freeze_panes(1, 3)


def _value(row: Row, column: str, names: Names, stages: Names) -> Any:
    match column:
        case "start" | "end":
            return datetime.fromisoformat(row[column]).replace(tzinfo=None)
        case "service":
            return names[row[column]]
        case "stage":
            return stages[row[column]]
        case _:
            return row[column]


def _chart(book: Any, page: Page, sheet: Sheet, language: str) -> None:
    """The picture of the sheet, beside the figures that it is drawn from."""
    drawn = chart_of(sheet, language)
    page.write_row(0, 0, [say(language, "workbook.interval"), *drawn.series])
    page.write_column(1, 0, drawn.labels)
    for place, values in enumerate(drawn.series.values(), 1):
        page.write_column(1, place, values)
    page.set_column(0, 0, WIDTH + 6)
    if not drawn.labels:
        return
    how = {"type": "line"} if drawn.line else {"type": "column"}
    chart = book.add_chart(how | ({"subtype": "stacked"} if drawn.stacked else {}))
    name, last = page.get_name(), len(drawn.labels)
    for place in range(1, len(drawn.series) + 1):
        chart.add_series(
            {
                "name": [name, 0, place],
                "categories": [name, 1, 0, last, 0],
                "values": [name, 1, place, last, place],
                "gap": 30,
            }
        )
    chart.set_title({"name": f"{drawn.title}  {sheet.period}"})
    chart.set_y_axis({"name": drawn.unit, "min": 0})
    chart.set_legend({"position": "bottom"})
    chart.set_size(dict(zip(("width", "height"), CHART_PX, strict=True)))
    page.insert_chart(0, len(drawn.series) + 2, chart, {"description": drawn.title})


def _definitions(
    book: Any, page: Page, sheet: Sheet, terms: Sequence[Definition], language: str
) -> None:
    """What was asked and what the answer rests on; then what every column means."""
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for place, width in enumerate((WIDTH * 2, WIDTH * 3, WIDTH, WIDTH * 8)):
        page.set_column(place, place, width, wrapped)
    titles = {each.name: each.title for each in terms}
    about = [
        (say(language, "workbook.office"), sheet.office.id),
        (say(language, "workbook.period"), f"{sheet.period} ({sheet.office.timezone})"),
        *((titles[name], value) for name, value in sheet.rests_on.items()),
        (say(language, "workbook.version"), VERSION),
    ]
    for down, pair in enumerate(about):
        page.write_row(down, 0, pair)
    top = len(about) + 1
    page.write(top, 0, say(language, "definitions.all"))
    heads = [
        say(language, f"definitions.{each}") for each in ("column", "heading", "unit", "meaning")
    ]
    page.write_row(top + 2, 0, heads, bold)
    for down, each in enumerate(terms, top + 3):
        page.write_row(down, 0, (each.name, each.title, each.unit, each.meaning))
