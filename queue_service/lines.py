"""Rows as lines of text: CSV that spreadsheets open and do not run, and NDJSON."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

# A spreadsheet would run a text that begins so; those of Japan, one that begins with the wide signs, too.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def ndjson_line(row: Mapping[str, Any]) -> str:
    """One row as a line of JSON."""
    return msgspec.json.encode(row).decode() + "\n"


def cell(value: Any) -> str:
    """A value as the text of a cell: nothing for nothing, and no text that a spreadsheet would run."""
    if value in (None, [], {}):
        return ""
    if isinstance(value, str):
        return harmless(value)
    return msgspec.json.encode(value).decode()


def harmless(text: str) -> str:
    """A text with an apostrophe before what a spreadsheet would run.

    >>> harmless("=1+1"), harmless("A001")
    ("'=1+1", 'A001')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def as_meant(text: str) -> str:
    """The text that `harmless` was given.

    >>> as_meant("'=1+1"), as_meant("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text


def csv_line(cells: Iterable[str]) -> str:
    """One line of RFC 4180: CRLF, quotation marks where needed. No BOM: programs read it too."""
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
