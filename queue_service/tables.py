"""Statistics as files: CSV for Japanese Excel, NDJSON and Parquet for programs.

The workbook has a module of its own. Every kind has the same columns in the same order.
"""

import tempfile
from pathlib import Path
from typing import Literal, get_args

import msgspec

from queue_service.lines import cell, csv_line, ndjson_line
from queue_service.measures import COUNTS, WITHIN
from queue_service.parquet import COUNT, INSTANT, SECONDS, TEXT, parquet
from queue_service.statistics import Evidence, Statistics
from queue_service.workbook import workbook

Format = Literal["json", "csv", "xlsx", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
MEDIA: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
BOM = "\ufeff"  # without it, Excel takes UTF-8 for something else


def written(evidence: Evidence, format: Format, language: str) -> bytes:
    """Count, and write it down. Only a workbook has words in it, and so a language.

    Raises:
        NoParquet
    """
    found, columns = evidence.counted(), evidence.question.columns
    match format:
        case "json":
            return msgspec.json.encode(found)
        case "csv":
            lines = [csv_line(columns)]
            lines += (csv_line(cell(row[name]) for name in columns) for row in found.rows)
            return (BOM + "".join(lines)).encode()
        case "xlsx":
            return workbook(found, evidence.office, columns, language)
        case "parquet":
            return _parquet(found, columns)


def _parquet(found: Statistics, columns: tuple[str, ...]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
        lines, file = Path(folder) / "rows.ndjson", Path(folder) / "rows.parquet"
        lines.write_text("".join(map(ndjson_line, found.rows)))
        parquet(lines, {name: _kind(name) for name in columns}, file)
        return file.read_bytes()


def _kind(column: str) -> str:
    if column in (*COUNTS, WITHIN):
        return COUNT
    if column.endswith("_s"):
        return SECONDS
    return INSTANT if column in ("start", "end") else TEXT
