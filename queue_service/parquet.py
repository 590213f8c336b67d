"""Parquet: tables as files that pandas, DuckDB and others open without us.

DuckDB writes them. It is large, so it comes only with the optional part `analysis`.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

MISSING = "Parquet is written by an optional part: pip install 'madoguchi[analysis]'"

TEXT, COUNT, NUMBER = "VARCHAR", "BIGINT", "DOUBLE"
INSTANT, DATE, TRUTH, JSON = "TIMESTAMPTZ", "DATE", "BOOLEAN", "JSON"


class NoParquet(Exception):
    """The optional part is not installed; the message says what to do."""


def check_installed() -> None:
    """Whether Parquet can be written here.

    Raises:
        NoParquet
    """
    if find_spec("duckdb") is None:
        raise NoParquet(MISSING)


def parquet(lines: Path, columns: Mapping[str, str], to: Path) -> None:
    """Write a file of NDJSON as Parquet, its columns in this order and of these types of DuckDB.

    Nothing is fetched from anywhere. Instants keep their moment and lose their offset.

    Raises:
        NoParquet
    """
    check_installed()
    import duckdb

    alone: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    spread = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    read = f"read_json($lines, format = 'newline_delimited', columns = {{{spread}}})"
    with duckdb.connect(":memory:", config=alone) as engine:
        # The names and types are ours; the paths are parameters.
        copy = f"COPY (FROM {read}) TO $to (FORMAT parquet, COMPRESSION zstd)"
        engine.execute(copy, {"lines": str(lines), "to": str(to)})
