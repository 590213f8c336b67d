"""Logs and tables made to harm: whatever they hold, they are read in little memory or refused in words."""

import bz2
import csv
import gzip
import io
import lzma
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_service import counts, intake, ticket_log
from queue_service.counts import Table, read_copies, read_counts, read_uses
from queue_service.intake import Intake
from queue_service.lines import as_meant, cell, csv_line, harmless
from queue_service.log_columns import Columns, TicketLogError
from queue_service.log_records import MOST_COLUMNS, RECORD_CHARS
from queue_service.reports.reading import office_of
from queue_service.ticket_log import (
    LINE_CHARS,
    MOST_UNPACKED,
    TEXT_CHARS,
    UNJUDGED_BYTES,
    BadRow,
    TicketLog,
    lines_of,
    open_log,
)
from tests.bombs import MEGABYTE, blown_up, memory, zip_of

WARSAW = ZoneInfo("Europe/Warsaw")
HEAD, ROW = b"issued_at,service\n", b"2019-12-30 08:00,a\n"
TEN_GIGABYTES = 10_000 * MEGABYTE
PEAK = 8 * MEGABYTE  # the longest record as text, as cells, and once more in the reader of CSV

Reading = Callable[[Iterable[str]], Iterable[object]]


def log_of(lines: Iterable[str]) -> TicketLog:
    return TicketLog(lines, Columns(), WARSAW)


READINGS: dict[str, Reading] = {
    "tickets": log_of,
    "counts": lambda lines: read_counts(Table(lines), 60),
    "copies": lambda lines: read_copies(Table(lines)),
    "uses": lambda lines: read_uses(Table(lines), (), {}, "2026-11-23"),
}


def last_words(file: Path, read: Reading = log_of) -> str:
    """Why a file is refused, after all of it that is any good was read and forgotten."""
    with memory() as peak:
        with pytest.raises(TicketLogError) as caught, closing(lines_of(file)) as lines:
            for _ in read(lines):
                pass
        assert peak() < PEAK
    return str(caught.value)


# What unpacks to far more than it is


TOO_DENSE = "unpacks to more than 200 times its size"


@pytest.mark.parametrize(
    ("unit", "head", "reason"),
    [
        (b"\0", b"", "line 1 has more than 65536 characters"),
        (b"a", HEAD + ROW, "line 3 has more than 65536 characters"),
        (b"a,", b"", "line 1 has more than 65536 characters"),
        (b"\n", HEAD, TOO_DENSE),
        (b"x\n", HEAD, "200001 rows cannot be used and only 0 can: line 200002 has 1 columns"),
        (ROW, HEAD, TOO_DENSE),
    ],
)
def test_ten_gigabytes_out_of_ten_megabytes_are_refused_in_little_memory(
    tmp_path: Path, unit: bytes, head: bytes, reason: str
) -> None:
    file = tmp_path / "log.csv.gz"
    file.write_bytes(blown_up(unit, TEN_GIGABYTES, head))
    assert file.stat().st_size < TEN_GIGABYTES / MOST_UNPACKED
    # Millions of good lines would take long to be read as rows, and are not what is refused.
    assert reason in last_words(file, iter if reason == TOO_DENSE else log_of)


def test_a_long_log_of_rows_that_differ_is_read_to_its_end(tmp_path: Path) -> None:
    """Fifty times as long as what is not judged."""
    chance, file = random.Random(1), tmp_path / "log.csv.gz"
    piece = b"".join(
        b"2019-12-30 08:%02d,%04d\n" % (n % 60, chance.getrandbits(12)) for n in range(50_000)
    )
    times = 50 * UNJUDGED_BYTES // len(piece)
    file.write_bytes(gzip.compress(HEAD) + gzip.compress(piece, 1) * times)
    with closing(lines_of(file)) as lines:
        assert sum(1 for _ in lines) == 1 + times * 50_000


def test_a_log_that_repeats_itself_is_believed_as_long_as_it_is_short(tmp_path: Path) -> None:
    file = tmp_path / "log.csv.gz"
    file.write_bytes(gzip.compress(HEAD + ROW * (UNJUDGED_BYTES // len(ROW) - 1)))
    assert MOST_UNPACKED * file.stat().st_size < UNJUDGED_BYTES
    with closing(lines_of(file)) as lines:
        assert sum(1 for _ in lines) == UNJUDGED_BYTES // len(ROW)


# What is no table


PACKED = {
    "PK": (
        zip_of("log.csv", b"\0", 100 * MEGABYTE),
        "is a workbook or a zip: save the table as CSV",
    ),
    "xls": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
        "is a workbook: save the table as CSV",
    ),
    "gz in gz": (gzip.compress(gzip.compress(HEAD + ROW)), "is packed twice: unpack it once"),
    "zip in gz": (gzip.compress(zip_of("x", b"x", MEGABYTE)), "is a workbook or a zip"),
    "bz2": (bz2.compress(HEAD + ROW), "is packed with bzip2: unpack it, or pack it with gzip"),
    "xz": (lzma.compress(HEAD + ROW), "is packed with xz"),
    "zstd": (b"\x28\xb5\x2f\xfd\x04\x00", "is packed with zstd"),
    "utf-16": (
        "issued_at\n".encode("utf-16"),
        "is UTF-16 and not UTF-8: save the table as CSV UTF-8",
    ),
    "cp932": ("発券時刻,窓口\n".encode("cp932"), "is not UTF-8: save it as CSV UTF-8"),
    "bare NUL": (b"issued\0_at\n", "is not UTF-8: save it as CSV UTF-8"),
    "cut": (gzip.compress(HEAD + ROW * 1000, mtime=0)[:-9], "is damaged"),
    "wrong sum": (gzip.compress(HEAD + ROW, mtime=0)[:-8] + bytes(8), "is damaged"),
    "rest": (gzip.compress(HEAD + ROW, mtime=0) + b"and more", "is damaged"),
    "head alone": (b"\x1f\x8b", "is damaged"),
    "other method": (b"\x1f\x8b\x09" + bytes(20), "is damaged"),
    "nothing": (b"", "is empty"),
    "blank": (b"\n\n\n", "is empty"),
}


@pytest.mark.parametrize("kind", PACKED)
def test_a_file_of_another_kind_is_refused_with_what_to_do(tmp_path: Path, kind: str) -> None:
    stored, reason = PACKED[kind]
    file = tmp_path / "log.csv"
    file.write_bytes(stored)
    assert reason in last_words(file)


def test_a_million_columns_are_refused_and_not_recited(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    for header in (b"a," * 1_000_000, b"a," * (LINE_CHARS // 2 - 1)):
        file.write_bytes(header + b"issued_at\n" + ROW)
        assert len(last_words(file)) < 300
    with pytest.raises(TicketLogError, match=f"names {MOST_COLUMNS + 1} columns"):
        log_of(["," * MOST_COLUMNS])


def test_a_field_of_a_hundred_megabytes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_bytes(HEAD + ROW + b"2019-12-30 08:00," + b"x" * 100 * MEGABYTE)
    assert "line 3 has more than 65536 characters" in last_words(file)


# Rows that cost no other row


def read(text: str) -> list[object]:
    return list(log_of(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    "start",
    ['"', '2019-12-30 08:00,"', '2019-12-30 08:00,"a\n', '"a\n' + '","\n' * 90_000],
)
def test_a_record_without_an_end_costs_its_first_line(start: str) -> None:
    """However the quotation marks after it fall: even those that open and close on every line."""
    rows = read(
        HEAD.decode() + start + ("y" * 100 + "\n") * (3 * RECORD_CHARS // 100) + ROW.decode()
    )
    assert isinstance(rows[0], BadRow) and rows[0].reason.startswith(
        "has a quotation mark that is never"
    )
    assert rows[0].line == 2
    assert not isinstance(rows[-1], BadRow)


def test_many_records_without_an_end_cost_little_more_than_one() -> None:
    """Each is given up after so many characters, and the lines behind it are read again once."""
    lines = [HEAD.decode(), *(['2019-12-30 08:00,"a\n'] + ["y,z\n"] * 999) * 100]
    given = 0

    def counted() -> Iterator[str]:
        nonlocal given
        for line in lines:
            given += 1
            yield line

    rows = list(log_of(counted()))
    assert given == len(lines)
    assert all(isinstance(row, BadRow) for row in rows)
    assert [row.line for row in rows] == list(range(2, len(lines) + 1))  # type: ignore[attr-defined]


def test_a_nul_in_a_row_is_named(tmp_path: Path) -> None:
    bad, good = read(HEAD.decode() + "2019-12-30 08:00,a\0b\n" + ROW.decode())
    assert isinstance(bad, BadRow) and bad.reason == "holds a NUL character: remove it"
    assert not isinstance(good, BadRow)


@pytest.mark.parametrize("column", ["number", "service", "desk", "outcome", "issued_at"])
def test_a_text_of_the_wrong_length_is_a_bad_row_that_does_not_recite_it(column: str) -> None:
    header = "issued_at" if column == "issued_at" else f"issued_at,{column}"
    long = "x" * (TEXT_CHARS + 1)
    (bad,) = read(f"{header}\n{long if column == 'issued_at' else f'2019-12-30 08:00,{long}'}\n")
    assert isinstance(bad, BadRow)
    assert bad.reason == f"{column} has 201 characters, 200 are read: shorten it"


def test_a_log_of_bad_rows_is_given_up_and_one_of_many_good_ones_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ticket_log, "MOST_BAD", 10)
    head, good, bad = HEAD.decode(), ROW.decode(), "soon,a\n"
    assert len(read(head + bad * 10)) == 10
    assert len(read(head + good * 30 + bad * 30)) == 60
    with pytest.raises(
        TicketLogError, match=r"11 rows cannot be used and only 5 can: line 17 issued_at"
    ):
        read(head + good * 5 + bad * 11)


def test_a_table_of_counts_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "MOST_ROWS", 5)
    text = "month,procedure,channel,copies\n" + "2026-11,a,b,1\n" * 6
    with pytest.raises(TicketLogError, match="more than 5 rows: divide it by years"):
        list(read_copies(Table(text.splitlines(keepends=True))))


# What is taken in


def taken(folder: Path, rows: Iterable[bytes]) -> tuple[Intake, list[BadRow]]:
    lines = (line.decode() for line in (HEAD, *rows))
    found = Intake(office_of(WARSAW), folder, "2026-11-23")
    return found, list(found.take(log_of(lines)))


def test_a_service_for_each_ticket_is_a_mapping_gone_wrong(tmp_path: Path) -> None:
    rows = [b"2019-12-30 08:00,A%d\n" % n for n in range(intake.MOST_SERVICES)]
    assert taken(tmp_path, rows)[1] == []
    with pytest.raises(TicketLogError, match=r"more than 1000 services.*--map service=COLUMN"):
        taken(tmp_path, [*rows, b"2019-12-30 08:00,one more\n"])


def test_a_day_has_an_end_of_visitors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_A_DAY", 3)
    found, bad = taken(tmp_path, [ROW] * 5 + [b"2019-12-31 08:00,a\n"])
    assert [each.line for each in bad] == [5, 6]
    assert "is of a day with more than 3 tickets" in bad[0].reason
    assert found.dates == {"2019-12-30": 3, "2019-12-31": 1}


def test_long_rows_are_put_down_as_soon_as_many_short_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "SPOOLED_BYTES", MEGABYTE)
    filler = b"x" * 60_000
    lines = (
        b"issued_at,more\n",
        *(b"2019-12-%02d 08:00,%b\n" % (n % 28 + 1, filler) for n in range(500)),
    )
    found = Intake(office_of(WARSAW), tmp_path, "2026-11-23")
    with memory() as peak:
        assert list(found.take(log_of(line.decode() for line in lines))) == []
        assert peak() < 4 * MEGABYTE < sum(map(len, lines))
    assert sum(len(rows) for _, rows in found.rows()) == 500


# Texts that a spreadsheet would run

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]
FORMULAS += ["＝1", "＋1", "－1", "＠A1", "'=1", "''=1"]
HARMLESS = ["", "A001", "'", "'tis", "窓口", "1-2", " =1", "a=b"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe_and_is_read_as_it_was(
    text: str,
) -> None:
    assert cell(text) == harmless(text) == f"'{text}"
    assert as_meant(harmless(text)) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert cell(text) == harmless(text) == as_meant(text) == text


def test_numbers_may_be_negative() -> None:
    assert cell(-1) == "-1" and cell(-0.5) == "-0.5"


@given(st.text())
def test_any_text_comes_back_and_none_is_run(text: str) -> None:
    assert as_meant(harmless(text)) == text
    assert not harmless(text).startswith(tuple("=+-@\t\r\n＝＋－＠"))


def test_a_log_is_read_without_the_apostrophes() -> None:
    (row,) = read("issued_at,service,'-desk\n2019-12-30 08:00,'=1+1,x\n")
    assert not isinstance(row, BadRow)
    assert (row.service, row.cells) == ("=1+1", ("2019-12-30 08:00", "=1+1", "x"))  # type: ignore[attr-defined]
    assert log_of(["issued_at,'-desk\n"]).header == ("issued_at", "-desk")


# Anything at all

letters = st.sampled_from(
    [*",;\t\"'\n\r\0=-: 0129窓", "\udc80", "2019-12-30 08:00", "2026-11-23", "08:30", "9時"]
)
headers = st.sampled_from(
    [
        "issued_at,service,outcome\n",
        "date,start,count,service\n",
        "date,08:30,9時\n",
        "month,procedure,channel,copies\n",
        "date,section,category,minutes\n",
    ]
)


@given(header=headers, text=st.lists(letters, max_size=60).map("".join))
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_a_table_is_rows_or_one_refusal(header: str, text: str) -> None:
    for name, reading in READINGS.items():
        lines = io.StringIO(header + text, newline="")
        try:
            rows = list(reading(lines))
        except TicketLogError:
            continue
        for row in rows:
            assert not isinstance(row, BadRow) or row.reason, name


@given(raw=st.binary(max_size=200), pack=st.booleans(), cut=st.integers(0, 300))
@settings(max_examples=300, deadline=None)
def test_whatever_bytes_a_file_holds_are_rows_or_one_refusal(
    raw: bytes, pack: bool, cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes((gzip.compress(HEAD + raw) if pack else raw)[:cut])
    try:
        with open_log(file, Columns(), WARSAW) as log:
            rows = list(log)
    except TicketLogError:
        pass
    else:
        assert all(isinstance(row, BadRow) or date.fromisoformat(row.day) for row in rows)


def test_a_line_of_csv_is_one_record_whatever_its_cells() -> None:
    cells = [harmless(text) for text in (*FORMULAS, *HARMLESS)]
    (record,) = csv.reader(io.StringIO(csv_line(cells), newline=""))
    assert [as_meant(each) for each in record] == [*FORMULAS, *HARMLESS]
