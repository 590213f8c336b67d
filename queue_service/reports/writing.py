"""A report as a file: JSON and CSV for programs, text for the terminal, a page for paper."""

from typing import Any, Literal, get_args

import msgspec

from queue_service.lines import cell, csv_line
from queue_service.reports.page import page
from queue_service.reports.telling import Report
from queue_service.words import say

Format = Literal["json", "csv", "html", "text"]
FORMATS: tuple[Format, ...] = get_args(Format)
MEDIA: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "html": "text/html",
    "text": "text/plain",
}
BOM = "\ufeff"  # for Japanese Excel


def written(report: Report, format: Format, language: str) -> str:
    """The whole file."""
    match format:
        case "json":
            return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"
        case "csv":
            return BOM + "".join(csv_line((name, cell(value))) for name, value in _flat(report))
        case "html":
            return page(report, language)
        case "text":
            return _text(report, language)


def _flat(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every value with the path that leads to it, like `by_weekday.0.coverage`."""
    match value:
        case dict():
            items = [(f"{path}.{name}" if path else name, each) for name, each in value.items()]
        case list() | tuple():
            items = [(f"{path}.{n}", each) for n, each in enumerate(value)]
        case _:
            return [(path, value)]
    return [row for name, each in items for row in _flat(each, name)]


def _text(report: Report, language: str) -> str:
    name = report["report"].replace("-", "_")
    lines = [say(language, f"reports.{name}.title"), ""]
    lines += [
        f"{name}: {cell(value)}" for name, value in _flat(report) if "definitions" not in name
    ]
    return "\n".join(lines) + "\n"
