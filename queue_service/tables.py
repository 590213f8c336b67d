"""Statistics as files: CSV for Japanese Excel, NDJSON and Parquet for programs.

The workbook has a module of its own. Every kind has the same columns in the same order.
"""

import tempfile
from pathlib import Path
from typing import Literal, get_args

import msgspec

from queue_service.lines import cell, csv_line, ndjson_line
from queue_service.measures import COUNTS, STAGE_COUNTS, WITHIN
from queue_service.parquet import COUNT, INSTANT, NUMBER, TEXT, TRUTH, parquet
from queue_service.sheets import Sheet
from queue_service.statistics import Evidence, Statistics
from queue_service.withholding import MARK
from queue_service.workbook import workbook

Format = Literal["json", "csv", "xlsx", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
MEDIA: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
KINDS = {
    **dict.fromkeys((*COUNTS, WITHIN, *STAGE_COUNTS, "n"), COUNT),
    **dict.fromkeys(("queue_max", "handover_queue_max"), COUNT),
    **dict.fromkeys(("start", "end"), INSTANT),
    "shown": TRUTH,
}
BOM = "\ufeff"  # without it, Excel takes UTF-8 for something else


def written(evidence: Evidence, format: Format, language: str) -> bytes:
    """Count, and write it down. Only a workbook has words in it, and so a language.

    Raises:
        NoParquet
    """
    found = evidence.counted()
    if format == "json":
        return msgspec.json.encode(found)
    return file_of(_sheet(evidence, found), format, language)


def file_of(sheet: Sheet, format: Format, language: str) -> bytes:
    """A sheet as a file of any kind but JSON, whose shape is that of the answer.

    Raises:
        NoParquet
    """
    match format:
        case "xlsx":
            return workbook(sheet, language)
        case "parquet":
            return _parquet(sheet)
        case _:
            marked, lines = sheet.marked, [csv_line(sheet.columns)]
            lines += (
                csv_line(MARK if (n, name) in marked else cell(row[name]) for name in sheet.columns)
                for n, row in enumerate(sheet.rows)
            )
            return (BOM + "".join(lines)).encode()


def _sheet(evidence: Evidence, found: Statistics) -> Sheet:
    question, hidden = evidence.question, found.withheld
    how = {"withheld": f"1–{hidden.below - 1} = {MARK}"} if hidden else {}
    return Sheet(
        table=question.table,
        office=evidence.office,
        period=f"{found.first} – {found.last}",
        by_clock=found.bin.isdecimal(),
        columns=question.columns,
        rows=found.rows,
        rests_on={
            "n": found.n,
            "missing_days": ", ".join(map(str, found.missing_days)),
            **(msgspec.structs.asdict(found.quality) if found.quality else {}),
            "as_of": found.as_of,
            **how,
        },
        withheld=hidden,
    )


def _parquet(sheet: Sheet) -> bytes:
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
        lines, file = Path(folder) / "rows.ndjson", Path(folder) / "rows.parquet"
        lines.write_text("".join(map(ndjson_line, sheet.rows)))
        parquet(lines, {name: _kind(name) for name in sheet.columns}, file)
        return file.read_bytes()


def _kind(column: str) -> str:
    if column.endswith(("_s", "_mean")) or column.startswith("within_"):
        return NUMBER
    return KINDS.get(column, TEXT)
