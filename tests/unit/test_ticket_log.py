"""Reading the ticket logs of other systems: what is understood, what is given up, what is said."""

import gzip
import random
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from queue_service.log_columns import Columns, TicketLogError
from queue_service.ticket_log import BadRow, LogRow, Row, TicketLog, open_log

WARSAW = ZoneInfo("Europe/Warsaw")
DAY_AND_TIME = {"issued_at": "day+issued", "called_at": "day+called", "finished_at": "day+done"}


def read(
    text: str,
    mapped: Mapping[str, str] | None = None,
    zone: ZoneInfo | None = WARSAW,
    where: Mapping[str, str] | None = None,
) -> list[Row | BadRow]:
    lines = text.splitlines(keepends=True)
    return list(TicketLog(lines, Columns(mapped), zone, where))


def rows(text: str, mapped: Mapping[str, str] | None = None) -> list[Row]:
    found = read(text, mapped)
    assert not [each for each in found if isinstance(each, BadRow)]
    return [each for each in found if isinstance(each, Row)]


def the_bad(text: str, mapped: Mapping[str, str] | None = None) -> BadRow:
    (bad,) = [each for each in read(text, mapped) if isinstance(each, BadRow)]
    return bad


def ms(iso: str) -> int:
    return round(datetime.fromisoformat(iso).timestamp() * 1000)


def test_a_log_with_every_column_is_read_as_it_stands() -> None:
    (row,) = rows(
        "number,service,issued_at,called_at,started_at,finished_at,outcome,desk,channel,priority\n"
        "A012,moving,2019-12-30T07:55:15+01:00,2019-12-30T08:00:40Z,2019-12-30T10:01:00.5,"
        "2019-12-30 10:05:00,finished,3,kiosk,normal\n"
    )
    assert row == LogRow(
        line=2,
        number="A012",
        service="moving",
        issued_at=ms("2019-12-30T07:55:15+01:00"),
        called_at=ms("2019-12-30T08:00:40+00:00"),
        started_at=ms("2019-12-30T10:01:00.500+01:00"),
        finished_at=ms("2019-12-30T10:05:00+01:00"),
        outcome="finished",
        desk="3",
        channel="kiosk",
        priority="normal",
        day="2019-12-30",
        utc_offset=60,
        cells=(
            *("A012", "moving", "2019-12-30T07:55:15+01:00", "2019-12-30T08:00:40Z"),
            *("2019-12-30T10:01:00.5", "2019-12-30 10:05:00", "finished", "3", "kiosk", "normal"),
        ),
    )


def test_only_the_time_of_issue_is_required_and_other_columns_are_ignored() -> None:
    (row,) = rows("weather,issued_at\nrain,2019-12-30 07:55\n")
    assert row.issued_at == ms("2019-12-30T07:55:00+01:00")
    assert (row.service, row.called_at, row.outcome, row.office) == (None, None, None, None)


def test_a_log_tells_which_columns_it_reads_and_which_it_does_not() -> None:
    header = "office,queue_id,day,issued,called,desk\n"
    log = TicketLog([header], Columns({"issued_at": "day+issued", "service": "queue_id"}))
    assert log.columns == {"desk": "desk", "issued_at": "day+issued", "service": "queue_id"}
    assert log.unused == ("office", "called")


def test_times_that_are_not_read_as_they_stand_are_told() -> None:
    text = "day,issued,called,done\n2019-12-30,23:58:00,00:03:00,00:10:00\n"
    found = [
        *rows(text, DAY_AND_TIME),
        *rows("issued_at,called_at\n2020-10-25 02:50,2020-10-25 02:10\n"),
        *rows("issued_at,called_at\n2020-10-25 12:50:10,2020-10-25 12:50:09\n"),
        *rows("issued_at,called_at\n2020-10-25 12:50,2020-10-25 12:50\n"),
    ]
    assert [row.corrected for row in found if isinstance(row, LogRow)] == [
        ("over_midnight", "over_midnight"),
        ("shown_twice",),
        ("clocks_apart",),
        (),
    ]


def test_columns_are_renamed_and_joined() -> None:
    mapped = {"issued_at": "day+issued", "called_at": "day+called", "service": "queue_id"}
    first, second = rows(
        "office,queue_id,day,issued,called\n"
        "Wola,202,2019-12-30,07:55:15,08:00:40\n"
        "Wola,203,2019-12-30,07:56:00,\n",
        mapped,
    )
    assert (first.service, first.called_at) == ("202", ms("2019-12-30T08:00:40+01:00"))
    assert (second.service, second.called_at) == ("203", None)


def test_a_column_whose_name_has_a_plus_can_be_mapped() -> None:
    assert rows("in+out\n2019-12-30 07:55\n", {"issued_at": "in+out"})


def test_a_column_mapped_to_nothing_is_left_out() -> None:
    text = "issued_at,outcome\n2019-12-30 07:55,AGENT\n"
    assert "--map outcome=" in the_bad(text).reason
    assert rows(text, {"outcome": ""})[0].outcome is None


@pytest.mark.parametrize(
    "written",
    [
        "2019-12-30T07:55:15",
        "2019-12-30 07:55:15.000",
        "2019/12/30 7:55:15",
        "2019-12-30T07:55:15+0100",
        "2019-12-30 06:55:15Z",
        "2019-12-30 07:55:15,000 +01:00",
    ],
)
def test_a_time_may_be_written_in_each_of_these_ways(written: str) -> None:
    (row,) = rows(f'issued_at\n"{written}"\n')
    assert (row.issued_at, row.day) == (ms("2019-12-30T06:55:15+00:00"), row.day)


@pytest.mark.parametrize(
    "written",
    ["2019-12-30", "07:55:15", "30.12.2019 07:55", "2019-02-29 07:55", "2019-12-30 24:30", "soon"],
)
def test_what_is_no_time_or_could_be_two_is_a_bad_row(written: str) -> None:
    bad = the_bad(f"issued_at\n2019-12-30 07:00\n{written}\n")
    assert (bad.line, bad.cells) == (3, (written,))
    assert written in bad.reason


def test_a_local_time_without_a_time_zone_says_what_to_do() -> None:
    (bad,) = read("issued_at\n2019-12-30 07:55\n", zone=None)
    assert isinstance(bad, BadRow)
    assert "--timezone" in bad.reason


def test_the_local_date_and_offset_are_those_of_the_log() -> None:
    (row,) = read("issued_at\n2019-12-30T23:30:00+09:00\n", zone=None)
    assert isinstance(row, Row)
    assert (row.day, row.utc_offset) == ("2019-12-30", 540)


def test_a_serving_that_begins_a_second_before_its_call_begins_with_it() -> None:
    (row,) = read(
        "issued_at,called_at,started_at\n2019-12-30 08:00,2019-12-30 08:05:10,2019-12-30 08:05:09\n"
    )
    assert isinstance(row, Row)
    assert row.called_at == row.started_at


def test_a_serving_may_begin_a_second_before_its_call_at_midnight() -> None:
    """Both traps at once: the call is of the next day, and the serving seems to be a day before it."""
    mapped = {name: f"day+{name[:-3]}" for name in ("issued_at", "called_at", "started_at")}
    (row,) = rows("day,issued,called,started\n2019-12-30,23:58:00,00:03:00,00:02:59\n", mapped)
    assert row.started_at == row.called_at == ms("2019-12-31T00:03:00+01:00")
    assert isinstance(row, LogRow)
    assert row.corrected == ("over_midnight", "clocks_apart")


def test_times_that_run_backwards_are_a_bad_row_and_cost_no_other() -> None:
    first, bad, last = read(
        "issued_at,called_at\n"
        "2019-12-30 08:00,2019-12-30 08:00\n"
        "2019-12-30 08:00,2019-12-30 07:58:59\n"
        "2019-12-30 08:01,\n"
    )
    assert isinstance(first, Row)
    assert isinstance(last, Row)
    assert isinstance(bad, BadRow)
    assert bad.line == 3
    assert bad.reason.startswith("called_at '2019-12-30 07:58:59' lies before issued_at")


def test_a_visit_written_with_the_day_of_issue_may_cross_midnight() -> None:
    text = "day,issued,called,done\n2019-12-30,23:58:00,00:03:00,00:10:00\n"
    (row,) = rows(text, DAY_AND_TIME)
    assert row.called_at == ms("2019-12-31T00:03:00+01:00")
    assert row.finished_at == ms("2019-12-31T00:10:00+01:00")
    assert row.day == "2019-12-30"


def test_a_call_a_little_before_the_issue_is_no_crossing_of_midnight() -> None:
    text = "day,issued,called,done\n2019-12-30,10:00:00,09:55:00,\n"
    assert "lies before" in the_bad(text, DAY_AND_TIME).reason


def test_only_times_that_share_the_day_of_issue_cross_midnight() -> None:
    text = "issued_at,called_at\n2019-12-30 23:58,2019-12-30 00:03\n"
    assert "lies before" in the_bad(text).reason


def test_a_time_that_clocks_show_twice_is_read_so_that_the_visit_runs_forwards() -> None:
    (row,) = rows("issued_at,called_at\n2020-10-25 02:50,2020-10-25 02:10\n")
    assert row.issued_at == ms("2020-10-25T02:50:00+02:00")
    assert row.called_at == ms("2020-10-25T02:10:00+01:00")


def test_outcomes_are_understood_however_they_are_spelled() -> None:
    found = rows(
        "issued_at,outcome\n"
        "2019-12-30 08:00,Finished\n2019-12-30 08:00,no-show\n"
        "2019-12-30 08:00,canceled\n2019-12-30 08:00,\n"
    )
    assert [row.outcome for row in found] == ["finished", "no_show", "cancelled", None]


def test_rows_can_be_chosen_by_their_columns() -> None:
    text = "issued_at,office\n2019-12-30 08:00,Wola\n2019-12-30 08:01,Ursus\nbroken,Ursus\n"
    (row,) = read(text, where={"office": "Wola"})
    assert isinstance(row, Row)
    assert row.line == 2
    with pytest.raises(TicketLogError, match="no column 'hall' among issued_at, office"):
        read(text, where={"hall": "Wola"})


def test_a_row_of_the_wrong_width_is_a_bad_row() -> None:
    text = "issued_at,desk\n2019-12-30 08:00\n2019-12-30 08:00,1,2\n2019-12-30 08:00,1,\n\n,\n"
    short, long, good = read(text)
    assert isinstance(short, BadRow)
    assert isinstance(long, BadRow)
    assert isinstance(good, Row)
    assert (short.reason, long.line) == ("has 1 columns, the header has 2", 3)


def test_a_quotation_mark_that_is_never_closed_costs_one_row() -> None:
    good, bad, after = read(
        'issued_at,desk\n2019-12-30 08:00,"1\n(left)"\n2019-12-30 08:01,"2\n2019-12-30 08:02,3\n'
    )
    assert isinstance(good, Row)
    assert (good.desk, good.line) == ("1\n(left)", 2)
    assert isinstance(bad, BadRow)
    assert bad == BadRow(4, "has a quotation mark that is never closed", ('2019-12-30 08:01,"2',))
    assert isinstance(after, Row)
    assert (after.desk, after.line) == ("3", 5)


def test_two_stray_quotation_marks_do_not_swallow_what_lies_between() -> None:
    found = read(
        "issued_at,desk\n"
        '2019-12-30 08:01,"2\n'
        "2019-12-30 08:02,3\n"
        '2019-12-30 08:03,"4\n'
        "2019-12-30 08:04,5\n"
    )
    assert [each.line for each in found if isinstance(each, BadRow)] == [2, 4]
    assert [each.line for each in found if isinstance(each, Row)] == [3, 5]


def test_semicolons_and_tabs_part_columns_too() -> None:
    assert rows("number;issued_at\n7;2019-12-30 08:00\n")[0].number == "7"
    assert rows("number\tissued_at\n7\t2019-12-30 08:00\n")[0].number == "7"


@pytest.mark.parametrize(
    ("mapped", "message"),
    [
        ({}, "no column issued_at among day, time, time: .*--map issued_at="),
        ({"issued_at": "day+hour"}, "no column 'hour' among day, time, time"),
        ({"issued_at": "day+time"}, "names 'time' twice"),
        ({"issued_at": ""}, "no column issued_at"),
        ({"isued_at": "day"}, "did you mean issued_at"),
        ({"colour": "day"}, "use one of number, service"),
    ],
)
def test_columns_that_cannot_be_found_are_named(mapped: dict[str, str], message: str) -> None:
    with pytest.raises(TicketLogError, match=message):
        read("day,time,time\n", mapped)


@pytest.mark.parametrize("words", [["issued_at"], ["desk=a", "desk=b"]])
def test_a_mapping_that_is_none_is_refused(words: list[str]) -> None:
    with pytest.raises(TicketLogError, match="--map"):
        Columns.parse(words)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(TicketLogError, match="is empty"):
        read("")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_it_is_told_how_far_the_file_was_read(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    """In bytes of the file as it lies there, and step by step."""
    path = tmp_path / "log.csv"
    chance = random.Random(1)  # what repeats itself would be packed into nothing
    path.write_bytes(pack(TEXT + b"".join(b"%d\n" % chance.getrandbits(64) for _ in range(60_998))))
    told: list[int] = []
    with open_log(path, Columns(), WARSAW, advance=told.append) as log:
        assert len(list(log)) == 60_999
    assert sum(told) == path.stat().st_size
    assert max(told) < sum(told) / 2
    assert min(told) >= 0


def read_file(path: Path) -> list[Row | BadRow]:
    with open_log(path, Columns(), WARSAW) as log:
        return list(log)


TEXT = "issued_at,service\r\n2019-12-30 08:00,証明書\r\n".encode()


@pytest.mark.parametrize("stored", [TEXT, b"\xef\xbb\xbf" + TEXT, gzip.compress(TEXT, mtime=0)])
def test_a_file_may_have_a_mark_of_its_encoding_and_be_compressed(
    tmp_path: Path, stored: bytes
) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(stored)
    (row,) = read_file(path)
    assert isinstance(row, Row)
    assert (row.service, row.line) == ("証明書", 2)


def test_a_row_that_is_not_utf8_is_a_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(TEXT + "2019-12-30 08:00,証明書\r\n".encode("shift_jis"))
    good, bad = read_file(path)
    assert isinstance(good, Row)
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.reason) == (3, "is not UTF-8")


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ("発券,issued_at\n".encode("shift_jis"), "not UTF-8"),
        ("issued_at\n".encode("utf-16"), "not UTF-8"),
        (gzip.compress(TEXT, mtime=0)[:-12], "is damaged"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    tmp_path: Path, stored: bytes | None, message: str
) -> None:
    path = tmp_path / "log.csv"
    if stored is not None:
        path.write_bytes(stored)
    with pytest.raises(TicketLogError, match=message) as caught:
        read_file(path)
    assert str(path) in str(caught.value)


def test_an_error_of_the_reader_s_own_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(TEXT)
    with pytest.raises(ConnectionError), open_log(path, Columns(), WARSAW):
        raise ConnectionError
