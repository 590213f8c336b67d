"""Dated notes: what an office says happened, and the reception hours that came into force."""

from datetime import date

import pytest

from queue_service.notes import notes_between
from queue_service.office_files import read_office
from queue_service.words import languages

OFFICE = """
id: hall
timezone: Asia/Tokyo
languages: [en, ja]
reception_hours:
  - {hours: {mon-fri: "08:30-17:15"}}
  - {from: 2025-04-01, hours: {mon-fri: "08:30-17:00", "sat,sun": "09:00-12:00"}}
  - {from: 2025-08-04, hours: {mon-fri: "09:00-16:30"}, note: trial}
notes:
  - {date: 2025-10-01, text: {ja: 手数料の引き下げ, en: Lower fees}}
  - {date: 2025-08-04, text: {en: A new desk}}
services: [{id: moving, prefix: A}]
desks: [{id: "1", services: [moving]}]
"""


def told(first: str, last: str, text: str = OFFICE) -> list[tuple[str, dict[str, str]]]:
    found = notes_between(
        read_office(text, "hall.yaml"), date.fromisoformat(first), date.fromisoformat(last)
    )
    return [(f"{each.date}", dict(each.text)) for each in found]


def test_they_come_by_date_new_hours_before_what_else_happened_on_it():
    assert told("2025-08-01", "2025-12-31") == [
        ("2025-08-04", {"en": "trial"}),
        ("2025-08-04", {"en": "A new desk"}),
        ("2025-10-01", {"ja": "手数料の引き下げ", "en": "Lower fees"}),
    ]


def test_hours_without_a_note_are_told_as_hours_in_every_language():
    ((day, text),) = told("2025-04-01", "2025-04-01")
    assert day == "2025-04-01"
    assert text["ja"] == "受付時間 月-金 08:30-17:00, 土,日 09:00-12:00"
    assert text["en"] == "Reception hours Mon-Fri 08:30-17:00, Sat,Sun 09:00-12:00"
    assert text.keys() == {*languages()}


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        ("2025-08-04", "2025-08-04", 2),
        ("2025-08-05", "2025-09-30", 0),
        ("2025-08-05", "2025-10-01", 1),
        ("2020-01-01", "2030-01-01", 4),  # hours that were always so came into force on no date
    ],
)
def test_both_dates_are_included(first: str, last: str, count: int):
    assert len(told(first, last)) == count
