"""Commands are given files that are made to harm: they end soon, say what to do, and change nothing."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.test_commands import (  # noqa: F401 - fixtures
    Command,
    file,
    fresh,
    no_settings,
)
from tests.bombs import MEGABYTE, blown_up, command, files_below, zip_of
from tests.hall import OFFICE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measures processes")

MORE_MB = 64  # than the same command takes for a good file
HEADS = {
    "tickets": b"issued_at,service\n",
    "counts": b"date,start,count\n",
    "channels": b"month,procedure,channel,copies\n",
    "freed-time": b"date,section,category,minutes\n",
}
GOOD = {
    "tickets": b"2024-04-01 09:00,certificates\n",
    "counts": b"2024-04-01,09:00,3\n",
    "channels": b"2024-04,juminhyo,online,3\n",
    "freed-time": b"2024-04-01,-,training,30\n",
}


def state(data_dir: Path) -> tuple[list[tuple[str, int]], bytes]:
    """What a data set holds: its files beside the engine's, and every entry."""
    export = [sys.executable, "-m", "queue_service.cli", "export", "events", "--office", OFFICE]
    days = ["--from", "2000-01-01", "--to", "2100-01-01", "--data-dir", str(data_dir)]
    entries = subprocess.run([*export, *days], check=True, capture_output=True).stdout
    return [each for each in files_below(data_dir) if each[0].startswith("archive")], entries


@pytest.mark.parametrize("kind", ["tickets", "counts"])
def test_gigabytes_out_of_a_small_file_are_refused_in_flat_memory_and_nothing_is_left(
    fresh: Command,  # noqa: F811
    file: Path,  # noqa: F811
    tmp_path: Path,
    kind: str,
) -> None:
    fresh("office", "apply", str(file))
    log = tmp_path / "old.csv.gz"
    words = ("import", kind, str(log), "--office", OFFICE, "--data-dir", str(fresh.data_dir))
    log.write_bytes(blown_up(GOOD[kind], 0, HEADS[kind] + GOOD[kind]))
    good = command(*words, "--dry-run", folder=tmp_path)
    assert good.code == 0, good.err
    before, beside = state(fresh.data_dir), set(tmp_path.iterdir())
    bombs = [(b"\0", "characters"), (b"x\n", "than 200 times its size|rows")]
    if kind == "tickets":
        bombs.append((b"\n", "than 200 times its size"))
    for unit, reason in bombs:
        log.write_bytes(blown_up(unit, 2_000 * MEGABYTE, HEADS[kind] + GOOD[kind]))
        cost = command(*words, folder=tmp_path)
        assert cost.code == 1
        assert any(each in cost.err for each in reason.split("|")), cost.err
        assert "Traceback" not in cost.err
        assert cost.peak_mb < good.peak_mb + MORE_MB, (unit, cost)
    assert set(tmp_path.iterdir()) == beside, "no half file of rejected rows, no rows put down"
    assert state(fresh.data_dir) == before


@pytest.mark.parametrize(
    "words",
    [
        ("report", "reception-hours", "--proposed", "09:00-16:30", "--tickets"),
        ("replay", "--office", "x"),
    ],
)
def test_reports_and_replays_of_such_a_file_end_in_flat_memory_too(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    log = tmp_path / "old.csv.gz"
    for unit, reason in ((b"\0", "line 3 has more than"), (b"x\n", "200001 rows cannot be used")):
        log.write_bytes(blown_up(unit, 2_000 * MEGABYTE, HEADS["tickets"] + GOOD["tickets"]))
        cost = command(*words, str(log), "--timezone", "Asia/Tokyo", folder=tmp_path)
        assert (cost.code, reason in cost.err, "Traceback" in cost.err) == (1, True, False), cost
        assert cost.peak_mb < 200 + MORE_MB


@pytest.mark.parametrize("kind", HEADS)
def test_a_workbook_or_a_device_in_place_of_a_table_is_named(
    fresh: Command,  # noqa: F811
    file: Path,  # noqa: F811
    tmp_path: Path,
    kind: str,
) -> None:
    fresh("office", "apply", str(file))
    log = tmp_path / "book.csv"
    log.write_bytes(zip_of("xl/worksheets/sheet1.xml", b"<c/>", 100 * MEGABYTE))
    told = fresh("import", kind, str(log), "--office", OFFICE)
    assert told.code == 1
    assert "book.csv is a workbook or a zip: save the table as CSV UTF-8" in told.err
    told = fresh("import", kind, "/dev/zero", "--office", OFFICE)
    assert told.code == 1 and "/dev/zero" in told.err


def test_an_office_s_id_leads_nowhere_but_to_its_own_folder(
    fresh: Command,  # noqa: F811
    file: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    fresh("office", "apply", str(file))
    log, out = tmp_path / "old.csv", tmp_path / "out"
    log.write_bytes(HEADS["tickets"] + GOOD["tickets"])
    before = {path for path in tmp_path.rglob("*") if fresh.data_dir not in path.parents}
    for office in ("../../evil", str(tmp_path / "evil"), ".."):
        for words in (
            ("import", "tickets", str(log)),
            ("export", "events", "--from", "2024-04-01", "--to", "2024-04-01", "-o", str(out)),
            ("archive", "list"),
            ("archive", "seal"),
            ("verify",),
        ):
            told = fresh(*words, f"--office={office}")
            assert told.code == 1, words
            assert "There is no such office" in told.err
    assert {path for path in tmp_path.rglob("*") if fresh.data_dir not in path.parents} == before
    assert not (fresh.data_dir / "archive").exists()


def test_rejected_rows_run_nothing_and_are_mended_to_what_they_were(
    fresh: Command,  # noqa: F811
    file: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    fresh("office", "apply", str(file))
    log, beside = tmp_path / "old.csv", tmp_path / "old.csv.rejected.csv"
    log.write_text("issued_at,service,=evil()\nsoon,=HYPERLINK(),-1\n+soon,＝1,@x\n", "utf-8")
    words = ("--office", OFFICE, "--format", "json")
    assert fresh("import", "tickets", str(log), *words).json["rejected"] == 2
    cells = [cell for row in csv.reader(beside.read_text("utf-8-sig").splitlines()) for cell in row]
    assert not [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))]
    beside.write_text(beside.read_text("utf-8-sig").replace("soon", "2024-04-01 09:00"), "utf-8")
    mended = fresh("import", "tickets", str(beside), *words).json
    # A plus belongs to a formula or to nothing: that time is still none.
    assert (mended["rows"], mended["rejected"]) == (1, 1)
    assert mended["services"] == {"=HYPERLINK()": 1}
    assert "=evil()" in mended["unused_columns"]
