"""Freed time as people write it down: tables, numbers of desks, categories, hours before a change."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from queue_service.counts import Table, read_uses
from queue_service.freed_time import CATEGORIES, NotedUse, Use, names, noted, rendered, spellings
from queue_service.insights.week import Week
from queue_service.log_columns import TicketLogError
from queue_service.office_files import read_office
from queue_service.office_rules import OfficeError
from queue_service.offices import Office
from queue_service.reports.freed_time import Desks, Freed, UsedTime, report_on_freed_time
from queue_service.reports.ground import LEDGER
from queue_service.ticket_log import BadRow

CITY = """
id: city
timezone: Asia/Tokyo
reception_hours:
  - {from: 2020-04-01, hours: {mon-fri: "08:30-17:15"}}
  - {from: 2025-08-04, hours: {mon-fri: "09:00-16:30"}}
freed_time:
  - {id: digital, name: {ja: デジタル化, en: Going digital}}
services:
  - {id: certificates, section: 市民課, prefix: A}
  - {id: moving, section: 市民課, prefix: B}
  - {id: tax, section: 税務課, prefix: C}
  - {id: welfare, section: 福祉課, prefix: D, hours: {mon-fri: "09:00-12:00"}}
desks:
  - {id: "1", services: [certificates, moving]}
  - {id: "2", services: [moving, tax]}
  - {id: "3", services: [tax]}
  - {id: "4", services: [welfare]}
"""
LAST = date(2025, 12, 31)


@pytest.fixture
def city() -> Office:
    return read_office(CITY, "city.yaml")


# Tables


def table(text: str, *sections: str, latest: str = "2025-11-24") -> list[Use | BadRow]:
    office = read_office(CITY, "city.yaml")
    lines = text.splitlines(keepends=True)
    return list(read_uses(Table(lines), sections, spellings(office), latest))


def test_a_row_is_a_use_and_a_category_may_be_written_by_its_name():
    text = "date,section,category,minutes,by\n2025/4/1,市民課,training,45,x\n"
    text += "2025-04-01,市民課,研修,45,\n2025-04-01,市民課,Going Digital,5,\n"
    assert table(text, "市民課", "税務課") == [
        Use("2025-04-01", "市民課", "training", 45),
        Use("2025-04-01", "市民課", "training", 45),  # two colleagues: no row is one too many
        Use("2025-04-01", "市民課", "digital", 5),
    ]


def test_a_table_without_sections_is_of_the_whole_office():
    rows = table("date;category;minutes\n2025-04-01;other;45\n", "-")
    assert rows == table("date,section,category,minutes\n2025-04-01,'-,other,45\n", "-")
    assert rows == [Use("2025-04-01", "-", "other", 45)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1st of April,tax,other,5", "date '1st of April' is not a date: write it like"),
        ("2025-11-25,tax,other,5", "date 2025-11-25 is still to come"),
        ("2025-04-01,taxes,other,5", "section 'taxes' is not among tax, moving"),
        ("2025-04-01,,other,5", "section '-' is not among tax, moving"),
        ("2025-04-01,tax,lunch,5", "category 'lunch' is not among training, back_office"),
        ("2025-04-01,tax,other,0", "minutes '0' is not a whole number from 1 to 100000"),
        ("2025-04-01,tax,other,1.5", "minutes '1.5' is not a whole number"),
        ("2025-04-01,tax,other,-5", "minutes '-5' is not a whole number"),
        ("2025-04-01,tax,other,１２", "minutes '１２' is not a whole number"),
        (f"2025-04-01,tax,other,{'9' * 5000}", "is not a whole number"),
        ("2025-04-01,tax,other", "minutes '' is not a whole number"),
        ("2025-04-01,tax,\udc8c\udca4,5", "it is not UTF-8: save the table as CSV UTF-8"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_reason(row: str, reason: str):
    good, bad = table(
        f"date,section,category,minutes\n2025-04-01,tax,other,5\n{row}\n", "tax", "moving"
    )
    assert good == Use("2025-04-01", "tax", "other", 5)
    assert isinstance(bad, BadRow)
    assert (bad.line, reason in bad.reason) == (3, True), bad.reason
    "".join((bad.reason, *bad.cells)).encode()  # it can be written to a file


def test_a_table_without_minutes_is_none():
    with pytest.raises(TicketLogError, match="no column 'minutes'"):
        table("date,section,category\n")


# The office's words


def test_an_office_has_categories_of_its_own_beside_the_usual(city: Office):
    assert list(names(city, "en")) == [*CATEGORIES, "digital"]
    assert (names(city, "ja")["digital"], names(city, "ja-easy")["digital"]) == (
        "デジタル化",
        "digital",
    )
    with pytest.raises(OfficeError, match=r"freed_time\[0\].id: other is there already"):
        read_office(CITY.replace("id: digital", "id: other"), "city.yaml")
    with pytest.raises(OfficeError, match=r"freed_time\[0\].id: 'go digital' cannot be used"):
        read_office(CITY.replace("id: digital", "id: go digital"), "city.yaml")


def test_what_the_engine_holds_is_read_by_date_and_entry():
    uses = {9: Use("2025-04-01", "tax", "other", 5), 4: Use("2025-04-02", "tax", "other", 6)}
    uses[5] = uses[9]
    assert noted(rendered(uses, {5: 7})) == [
        NotedUse(entry=5, use=uses[5], struck_by=7),
        NotedUse(entry=9, use=uses[9]),
        NotedUse(entry=4, use=uses[4]),
    ]


# Desks and hours


def test_desks_are_stated_for_the_whole_or_by_section():
    assert Desks.parse("") == Desks()
    assert Desks.parse("12") == Desks(total=12)
    assert Desks.parse("市民課:5, 税務課:3") == Desks(of={"市民課": 5, "税務課": 3})
    assert Desks.parse("9,市民課:5") == Desks(total=9, of={"市民課": 5})
    for wrong in ("many", "0", "-1", "市民課:", "市民課:x", "1.5", "10001", "１"):
        with pytest.raises(ValueError, match="write a number of desks, like 12 or 市民課:5"):
            Desks.parse(wrong)


def report(office: Office, desks: str = "", current: str | None = None, **more: Any) -> dict:
    ground = UsedTime(
        office=office,
        source=LEDGER,
        first=date(2025, 8, 1),  # a Friday; the hours change on the Monday after
        last=date(2025, 8, 5),
        today=LAST,
        uses=[Use("2025-08-04", "市民課", "digital", 60)],
    )
    ground = replace(ground, **more)
    week = None if current is None else Week.parse(current)
    asked = Freed.since_change(office, ground.last, week, Desks.parse(desks))
    return report_on_freed_time(ground, asked, "en")


def test_a_section_has_the_desks_that_serve_it_unless_its_hours_are_its_own(city: Office):
    told = report(city)
    assert [(each["section"], each["desks"]) for each in told["by_section"]] == [
        ("市民課", 2),
        ("税務課", 2),  # desk 2 serves both
        ("福祉課", 0),  # its service does not follow the office's hours
    ]
    assert told["desks"] == 3
    assert (told["freed_minutes_a_desk"], told["freed_minutes"]) == (150, 450)
    assert told["categories"] == {"digital": "Going digital"}


def test_stated_desks_replace_those_of_the_office(city: Office):
    assert report(city, "10")["freed_minutes"] == 1500
    told = report(city, "市民課:5")
    assert [each["desks"] for each in told["by_section"]] == [5, 2, 0]
    assert (told["desks"], told["freed_minutes"]) == (7, 7 * 150)


def test_a_day_is_judged_by_the_hours_in_force_on_it(city: Office):
    told = report(city)
    assert (told["open_days"], told["shorter_days"]) == (3, 2)  # the weekend is closed, Friday long


def test_without_a_change_the_hours_before_have_to_be_stated(city: Office):
    same = replace(city, reception_hours=city.reception_hours[1:])
    with pytest.raises(ValueError, match=r"no hours before those of 2025-08-05: state them"):
        report(same)
    ahead = {"first": date(2025, 7, 1), "last": date(2025, 7, 31)}
    with pytest.raises(ValueError, match="no hours before those of 2025-07-31"):
        report(city, **ahead)  # the change had not come
    with pytest.raises(ValueError, match="always open"):
        report(replace(city, reception_hours=()), current="08:30-17:15")
    told = report(same, current="08:30-17:15")
    assert (told["open_days"], told["freed_minutes_a_desk"]) == (2, 150)


def test_stated_hours_without_weekdays_are_those_of_the_days_that_are_open(city: Office):
    assert report(city, current="08:30-17:15")["freed_minutes_a_desk"] == 150
    told = report(city, current="mon-sat 08:30-17:15")
    assert told["freed_minutes_a_desk"] == 150 + 525  # Saturdays were open, it is said


def test_after_two_changes_the_latest_one_counts(city: Office):
    third = replace(
        city.reception_hours[1], since=date(2025, 8, 5), hours={"mon-fri": "09:00-16:00"}
    )
    told = report(replace(city, reception_hours=(*city.reception_hours, third)))
    assert (told["hours_before"], told["hours_now"]) == ("09:00-16:30", "09:00-16:00")
    assert (told["freed_minutes_a_desk"], told["longer_minutes_a_desk"]) == (30, 0)


def test_the_hash_is_of_entries_and_calendar(city: Office):
    known = report(city)["data_sha256"]
    assert known == report(city)["data_sha256"]
    other = [Use("2025-08-04", "市民課", "digital", 61)]
    assert known != report(city, uses=other)["data_sha256"]
    assert known != report(city, current="08:00-17:15")["data_sha256"]
