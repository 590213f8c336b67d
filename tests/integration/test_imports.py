"""Importing ticket logs: what real logs have in them, and that nothing is counted twice."""

import csv
import gzip
import io
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from msgspec.structs import replace

from queue_service import keys
from queue_service.imports import Source, imports, take_in
from queue_service.intervals import Question
from queue_service.ledger import Ledger
from queue_service.log_columns import Columns
from queue_service.measures import COUNTS
from queue_service.offices import Closed, Office, ReceptionHours
from queue_service.rebuild import verify
from queue_service.statistics import Statistics, gather
from queue_service.tables import written
from queue_service.ticket_log import BadRow, open_log
from tests.hall import OFFICE

MONDAY = "2025-11-24"  # today
THURSDAY = "2025-11-20"
HEADER = "number,service,issued_at,called_at,started_at,finished_at,outcome\n"

Take = Callable[..., Any]


@pytest.fixture
def take(ledger: Ledger, office: Office, tmp_path: Path) -> Take:
    """Take a log in, given as text; returns what it was and its bad rows."""

    async def taken(
        text: str, *map: str, office: Office = office, read_as: str = "", **how: Any
    ) -> Any:
        file = tmp_path / "log.csv"
        file.write_text(text)
        folder = tmp_path / "imports"
        folder.mkdir(exist_ok=True)
        bad: list[BadRow] = []
        with open_log(file, Columns.parse(map), office.tz) as log:
            source = Source.of(file, f"{map}{read_as}")
            what, _ = await take_in(ledger, office, source, log, folder, rejected=bad.append, **how)
        return what, bad

    return taken


async def told(ledger: Ledger, office: Office, first: str, last: str, **how: Any) -> Statistics:
    question = Question(first=date.fromisoformat(first), last=date.fromisoformat(last), **how)
    return (await gather(ledger, office, question)).counted()


async def the_day(ledger: Ledger, office: Office, day: str = MONDAY) -> dict[str, Any]:
    found = await told(ledger, office, day, day, bin="day")
    (row,) = [each for each in found.rows if each["service"] == "*"]
    return row


async def test_services_are_found_by_their_names_and_others_are_the_import_s_own(
    ledger: Ledger, office: Office, take: Take
):
    named = replace(office.services[0], name={"ja": "証明書"})
    await ledger.apply_office(replace(office, services=(named, *office.services[1:])))
    office = await ledger.office(OFFICE)
    what, bad = await take(
        HEADER
        + f"A1,証明書,{MONDAY} 09:00,{MONDAY} 09:04,{MONDAY} 09:05,{MONDAY} 09:15,finished\n"
        + f"X1,Passports,{MONDAY} 09:01,,,,\n"
    )
    assert bad == []
    assert what.services == {"certificates": 1, "Passports": 1} or what.new_services
    found = await told(ledger, await ledger.office(OFFICE), MONDAY, MONDAY, bin="day")
    assert {row["service"]: row["arrivals"] for row in found.rows if row["arrivals"]}["*"] == 2
    assert [each.id for each in (await ledger.office(OFFICE)).services] == [
        each.id for each in office.services
    ]
    assert await verify(ledger, OFFICE) is None  # the ledger has a note, and adds up


async def test_the_same_file_twice_changes_nothing(ledger: Ledger, office: Office, take: Take):
    text = HEADER + f"1,insurance,{MONDAY} 09:00,,,,cancelled\n"
    first, _ = await take(text)
    before = await told(ledger, office, MONDAY, MONDAY)
    again, _ = await take(text)
    assert (again, await told(ledger, office, MONDAY, MONDAY)) == (first, before)
    assert list(await imports(ledger.redis, OFFICE)) == [first.id]
    assert before.n == 1


async def test_a_dry_run_keeps_nothing(ledger: Ledger, office: Office, take: Take, tmp_path: Path):
    what, _ = await take(HEADER + f"1,insurance,{MONDAY} 09:00,,,,\n", dry=True)
    assert what.rows == 1
    assert (await told(ledger, office, MONDAY, MONDAY)).n == 0
    assert await imports(ledger.redis, OFFICE) == {}
    assert list((tmp_path / "imports").iterdir()) == []


async def test_a_visit_over_midnight_belongs_to_the_day_it_began(
    ledger: Ledger, office: Office, take: Take
):
    text = "day,issued_at,called_at,started_at,finished_at\n2025-11-24,23:50,00:04,00:04,00:20\n"
    maps = [f"{name}_at=day+{name}_at" for name in ("issued", "called", "started", "finished")]
    what, bad = await take(text, *maps)
    assert (bad, what.first) == ([], MONDAY)
    row = await the_day(ledger, office)
    assert (row["wait_to_call_mean_s"], row["service_mean_s"]) == (14 * 60, 16 * 60)


async def test_the_small_hours_belong_to_the_business_day_before_and_to_their_own_date(
    ledger: Ledger, office: Office, take: Take
):
    what, _ = await take("issued_at\n2025-11-25 02:00\n")
    assert what.first == MONDAY  # the business day ends at four
    assert (await told(ledger, office, "2025-11-25", "2025-11-25")).n == 1
    assert (await told(ledger, office, MONDAY, MONDAY)).n == 0


async def test_served_without_an_end_and_several_tickets_in_one_second(
    ledger: Ledger, office: Office, take: Take
):
    rows = [f"401,insurance,{MONDAY} 09:00:00,{MONDAY} 09:10:00,{MONDAY} 09:10:00,,"] * 3
    what, bad = await take(HEADER + "\n".join(rows) + "\n")
    assert (what.rows, bad) == (3, [])  # the number is a label, and no two rows are one
    assert what.outcomes == {"open": 3}
    row = await the_day(ledger, office)
    assert (row["arrivals"], row["served"], row["finished"]) == (3, 3, 0)
    assert row["service_mean_s"] is None


async def test_a_serving_a_second_before_its_call_begins_with_the_call(
    ledger: Ledger, office: Office, take: Take
):
    times = ("09:00:00", "09:10:00", "09:09:59", "09:20:00")
    what, bad = await take(
        HEADER + ",".join(("1,insurance", *(f"{MONDAY} {t}" for t in times), "\n"))
    )
    assert (bad, what.corrections) == ([], {"clocks_apart": 1})
    row = await the_day(ledger, office)
    assert (row["wait_to_call_mean_s"], row["wait_mean_s"]) == (600, 600)
    assert row["service_mean_s"] == 600


async def test_the_same_letter_in_two_queues_and_blocks_of_numbers_that_begin_at_401(
    ledger: Ledger, office: Office, take: Take
):
    """Numbers are labels: nothing is thought to be the same, or missing, because of them."""
    rows = [
        f"{number},{service},{MONDAY} 09:{n:02}:00,{MONDAY} 09:30:00,,,"
        for n, (number, service) in enumerate(
            (number, service)
            for number in (
                "A1",
                "A2",
                "A401",
                "A402",
                "A1",
            )  # the block is used up, and begins anew
            for service in ("insurance", "moving")
        )
    ]
    what, bad = await take(HEADER + "\n".join(rows) + "\n")
    assert (bad, what.services) == ([], {"insurance": 5, "moving": 5})
    found = await told(ledger, office, MONDAY, MONDAY, bin="day")
    counted = {row["service"]: (row["arrivals"], row["called"]) for row in found.rows}
    assert counted == {
        "*": (10, 10),
        "insurance": (5, 5),
        "moving": (5, 5),
        "certificates": (0, 0),
    }


async def test_days_that_were_polled_while_closed_count_and_do_not_become_open(
    ledger: Ledger, office: Office, take: Take
):
    """A machine that goes on by itself on Sunday, on a holiday, and before the doors open."""
    hours = (ReceptionHours(hours={"mon-fri": "09:00-17:00"}),)
    await ledger.apply_office(
        replace(office, reception_hours=hours, closed=Closed(dates=(date(2025, 11, 26),)))
    )
    office = await ledger.office(OFFICE)
    polled = ("2025-11-23 10:00", "2025-11-24 08:30", "2025-11-24 09:00", "2025-11-26 10:00")
    what, bad = await take("issued_at\n" + "\n".join(polled) + "\n", office=office)
    assert (what.rows, bad) == (4, [])
    assert (what.outside_hours, what.days, what.closed_days) == (3, 3, 2)
    found = await told(ledger, office, "2025-11-23", "2025-11-26")
    assert found.n == 4
    rows = [row for row in found.rows if row["service"] == "*"]
    by_day = Counter(row["start"][:10] for row in rows)
    assert by_day == {"2025-11-23": 1, "2025-11-24": 9, "2025-11-26": 1}  # 08:00, and eight hours
    assert found.missing_days == []


@pytest.mark.parametrize("issued", ["1970-01-01 09:00", "2091-11-24 09:00", "1984-11-24 09:00"])
async def test_a_clock_that_was_years_off_is_named(take: Take, issued: str):
    what, (bad,) = await take(f"issued_at\n{MONDAY} 09:00\n{issued}\n")
    assert what.rows == 1
    assert bad.line == 3
    assert issued[:4] in bad.reason


async def test_a_clock_before_its_time_is_named(take: Take):
    what, (bad,) = await take(f"number,issued_at\nA1,{MONDAY} 09:00\nA2,2026-12-30 09:00\n")
    assert what.rows == 1
    late = "issued_at '2026-12-30' is a year late: the machine wrote the ISO week-year?"
    assert (bad.line, bad.reason, bad.cells) == (3, late, ("A2", "2026-12-30 09:00"))


async def test_dates_as_weeks_are_not_guessed_at(take: Take):
    what, bad = await take(f"issued_at\n{MONDAY} 09:00\n2025-W48-1 09:00\n")
    assert what.rows == 1
    assert "not a time" in bad[0].reason


def winter(*wrong: tuple[str, str]) -> str:
    """A log from October 2019 to February 2020 with two tickets a day; `wrong`: true, as written."""
    days = (date(2019, 10, 1) + n * timedelta(days=1) for n in range(150))
    written = dict(wrong)
    lines = (
        f"A{n},insurance,{written.get(f'{day}', day)} 09:0{n}:00,,,,\n"
        for day in days
        for n in (1, 2)
    )
    return HEADER + "".join(lines)


ISO = (("2019-12-30", "2020-12-30"), ("2019-12-31", "2020-12-31"))
OFF = (("2020-01-10", "2012-02-20"),)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (ISO, "issued_at '2020-12-30' is a year late: the machine wrote the ISO week-year?"),
        (
            OFF,
            "issued_at '2012-02-20' lies far from the rows around it ('2020-01-09'): "
            "the clock of the machine was about 2880 days off",
        ),
    ],
)
async def test_dates_that_only_a_wrong_clock_can_have_written_are_rejected(
    ledger: Ledger, office: Office, take: Take, wrong: tuple[tuple[str, str], ...], reason: str
):
    dry, _ = await take(winter(*wrong), dry=True)
    what, bad = await take(winter(*wrong))
    assert what == dry
    assert (what.rows, what.rejected, what.days) == (300 - len(bad), len(bad), 150 - len(wrong))
    assert [each.cells[:3] for each in bad] == [
        (f"A{n}", "insurance", f"{written} 09:0{n}:00") for _, written in wrong for n in (1, 2)
    ]
    assert bad[0].reason == reason
    assert (what.first, what.last) == ("2019-10-01", "2020-02-27")
    assert what.services == {"insurance": what.rows}
    assert what.outcomes == {"expired": what.rows}
    assert (what.reasons[0].rows, what.reasons[0].example) == (len(bad), reason)
    (told_of,) = what.odd_dates
    assert (told_of.first, told_of.last) == (wrong[0][1], wrong[-1][1])
    assert (told_of.rows, what.odd_dates_kept) == (len(bad), False)
    assert (await told(ledger, office, *[wrong[0][1]] * 2)).n == 0


async def test_of_a_date_that_some_wrote_wrongly_the_true_rows_stay(
    ledger: Ledger, office: Office, take: Take
):
    """The log goes on to 2021: on 2020-12-30 somebody really came, as on every day."""
    days = [date(2018, 1, 1) + n * timedelta(days=1) for n in range(1200)]
    written = {f"{day}": f"{day}" for day in days} | dict(ISO)
    what, bad = await take("issued_at\n" + "".join(f"{day} 09:00\n" for day in written.values()))
    assert (what.rows, len(bad)) == (1198, 2)
    assert (await told(ledger, office, "2020-12-30", "2020-12-31")).n == 2
    assert (await told(ledger, office, "2018-01-01", "2021-12-31", bin="day")).n == 1198


async def test_odd_dates_are_taken_in_when_somebody_knows_them_to_be_true(
    ledger: Ledger, office: Office, take: Take
):
    """The same file read in another way takes the place of what it was: nobody counts twice."""
    first, bad = await take(winter(*OFF))
    what, none = await take(winter(*OFF), keep_odd=True, read_as="with odd dates")
    assert (len(bad), none) == (2, [])
    assert (what.rows, what.odd_dates[0].rows, what.odd_dates_kept) == (300, 2, True)
    assert [(pause.after, pause.before) for pause in what.pauses] == [("2012-02-20", "2019-10-01")]
    assert what.replaces == (first.id,)
    assert list(await imports(ledger.redis, OFFICE)) == [what.id]
    assert (await told(ledger, office, "2019-10-01", "2020-02-27")).n == 298
    assert (await told(ledger, office, "2012-02-20", "2012-02-20")).n == 2
    fields = await ledger.redis.hkeys(keys.of(OFFICE, "figures"))
    assert {name.partition("/")[2] for name in fields} == {what.id}
    assert await verify(ledger, OFFICE) is None


async def test_another_file_of_the_same_days_is_another_import(ledger: Ledger, take: Take):
    first, _ = await take(winter())
    second, _ = await take(winter().replace("A1", "B1"))
    assert second.replaces == ()
    assert {*await imports(ledger.redis, OFFICE)} == {first.id, second.id}


async def test_a_sparse_log_of_years_is_taken_in_whole(take: Take):
    chance = random.Random(1)
    days = [date(2012, 1, 1) + timedelta(days=chance.randrange(3650)) for _ in range(60)]
    for order in (days, sorted(days)):
        what, bad = await take("issued_at\n" + "".join(f"{day} 09:00\n" for day in order))
        assert (what.rows, bad, what.odd_dates) == (60, [], ())


async def test_a_log_of_arrivals_alone_tells_nothing_of_calls_and_ends(
    ledger: Ledger, office: Office, take: Take
):
    what, _ = await take(f"issued_at,weather\n{THURSDAY} 09:00,rain\n")
    ends = ("finished", "no_show", "cancelled", "expired")
    assert what.unknown == ("refused", "called", "served", *ends)
    assert what.outcomes == {"open": 1}
    row = await the_day(ledger, office, THURSDAY)
    assert {name: row[name] for name in COUNTS} == {"arrivals": 1, **dict.fromkeys(what.unknown)}


async def test_what_is_not_known_is_an_empty_cell_in_every_file(
    ledger: Ledger, office: Office, take: Take, tmp_path: Path
):
    await take(f"issued_at\n{THURSDAY} 09:00\n")
    day = date.fromisoformat(THURSDAY)
    question = Question(first=day, last=day, bin="day", service="*")
    evidence = await gather(ledger, office, question)
    (row,) = csv.DictReader(io.StringIO(written(evidence, "csv", "en").decode("utf-8-sig")))
    assert (row["arrivals"], row["refused"], row["called"]) == ("1", "", "")
    book = openpyxl.load_workbook(io.BytesIO(written(evidence, "xlsx", "en")))
    heads, cells = ([cell.value for cell in line] for line in book["Figures"].iter_rows())
    table = dict(zip(heads, cells, strict=True))
    assert (table["Arrivals"], table["Turned away"], table["Called"]) == (1, None, None)
    quality = {line[0].value: line[1].value for line in book["Definitions"].iter_rows()}
    assert (quality["Visits of known quality"], quality["Implied starts"]) == (0, None)
    file = tmp_path / "rows.parquet"
    file.write_bytes(written(evidence, "parquet", "en"))
    assert duckdb.read_parquet(str(file)).project("arrivals, refused").fetchall() == [(1, None)]


async def test_a_log_of_calls_tells_who_was_never_called(
    ledger: Ledger, office: Office, take: Take
):
    await take(f"issued_at,called_at\n{THURSDAY} 09:00,\n{THURSDAY} 09:01,{THURSDAY} 09:03\n")
    row = await the_day(ledger, office, THURSDAY)
    told_of = {name: row[name] for name in ("called", "expired", "served", "finished", "refused")}
    assert told_of == {"called": 1, "expired": 1, "served": None, "finished": None, "refused": None}


async def test_what_was_understood_is_told_before_and_after(ledger: Ledger, take: Take):
    text = (
        "number,queue,day,issued,called,outcome,name\n"
        f"A1,insurance,{MONDAY},23:50,00:04,finished,somebody\n"
        f"A2,passports,{MONDAY},09:00:10,09:00:09,no-show,somebody\n"
        f"A3,passports,{MONDAY},09:00,,gone,somebody\n"
    )
    reading = ("service=queue", "issued_at=day+issued", "called_at=day+called")
    dry, _ = await take(text, *reading, dry=True)
    what, _ = await take(text, *reading)
    again, _ = await take(text, *reading)
    assert dry == what == again
    assert what.columns == {
        "number": "number",
        "outcome": "outcome",
        "service": "queue",
        "issued_at": "day+issued",
        "called_at": "day+called",
    }
    assert (what.unused_columns, what.timezone) == (("name",), "Asia/Tokyo")
    assert what.sample == {
        "line": 2,
        "number": "A1",
        "service": "insurance",
        "outcome": "finished",
        "issued_at": f"{MONDAY}T23:50:00.000+09:00",
        "called_at": "2025-11-25T00:04:00.000+09:00",
        **dict.fromkeys(("started_at", "finished_at", "desk", "channel", "priority")),
    }
    assert what.outcomes == {"finished": 1, "no_show": 1}
    assert what.corrections == {"over_midnight": 1, "clocks_apart": 1}
    assert (what.services, what.new_services) == ({"insurance": 1, "passports": 1}, ("passports",))
    (reason,) = what.reasons
    assert (reason.rows, reason.line) == (1, 4)
    assert reason.reason.startswith("outcome … is none of finished")
    assert "somebody" not in str(what)  # columns that are not read may hold anything


async def test_what_stood_in_columns_that_are_not_read_is_not_kept(take: Take, tmp_path: Path):
    what, _ = await take(f"issued_at,name\n{MONDAY} 09:00,somebody\n")
    kept = gzip.decompress((tmp_path / "imports" / f"{what.id}.ndjson.gz").read_bytes())
    assert b"issued_at" in kept
    assert b"somebody" not in kept


async def test_a_bar_goes_over_the_days_that_are_kept(take: Take):
    told_of: list[tuple[str, int, str]] = []
    done: list[int] = []

    @contextmanager
    def bar(label: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        told_of.append((label, total, unit))
        yield done.append

    await take(winter(), bar=bar)
    assert (told_of, sum(done)) == ([("figures", 150, " days")], 150)


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Europe/Helsinki", ("2025-03-30", "2025-10-26")),
        ("America/New_York", ("2025-03-09", "2025-11-02")),
        ("Australia/Lord_Howe", ("2025-10-05", "2025-04-06")),
    ],
)
async def test_days_on_which_clocks_are_changed_lose_no_ticket(
    ledger: Ledger, office: Office, take: Take, zone: str, days: tuple[str, str]
):
    moved = replace(office, timezone=zone, day_starts_at="00:00")
    await ledger.apply_office(moved)
    text = "issued_at\n"
    for day in days:
        text += "".join(f"{day}T{hour:02}:30:00\n" for hour in range(24))
    what, _ = await take(text, office=moved)
    assert what.rows == 48
    for day in days:
        found = await told(ledger, moved, day, day)
        assert found.n == 24
        assert sum(r["arrivals"] for r in found.rows if r["service"] == "*") == 24
