"""Rows as lines of text: CSV that spreadsheets open and do not run, and NDJSON."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a text that begins so


def ndjson_line(row: Mapping[str, Any]) -> str:
    """One row as a line of JSON."""
    return msgspec.json.encode(row).decode() + "\n"


def cell(value: Any) -> str:
    """A value as the text of a cell: nothing for nothing, and no text that a spreadsheet would run."""
    if value in (None, [], {}):
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return msgspec.json.encode(value).decode()


def csv_line(cells: Iterable[str]) -> str:
    """One line of RFC 4180: CRLF, quotation marks where needed. No BOM: programs read it too."""
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
