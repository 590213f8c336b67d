"""The report of a reform: which days it stands on, what is noted in them, and what it says of both."""

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from queue_service.hours import instant
from queue_service.insights.windows import Window
from queue_service.office_files import read_office
from queue_service.reports.before_after import Asked, report_on_change
from queue_service.reports.before_after_told import TELLING
from queue_service.reports.ground import LEDGER, Ground
from queue_service.reports.telling import Words
from queue_service.tally import Figures, tally

AT = date(2025, 8, 4)
A_DAY = timedelta(days=1)
FIRST, LAST = AT - 42 * A_DAY, AT + 41 * A_DAY
HALL = read_office(
    """
id: hall
timezone: Asia/Tokyo
reception_hours:
  - {hours: {mon-fri: "08:30-17:15"}}
  - {from: 2025-08-04, hours: {mon-fri: "09:00-16:30"}, note: trial}
  - {from: 2025-08-18, hours: {mon-thu: "09:00-16:30", fri: "09:00-19:00"}}
closed: {holidays: JP}
services: [{id: tax, prefix: A}]
desks: [{id: "1", services: [tax]}]
""",
    "hall.yaml",
)


def ground(**more: Any) -> Ground:
    """Ten visitors on every open day; of who was served it is known that they waited a minute."""
    days = []
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + n * A_DAY
        if day.weekday() < 5:
            come = [instant(HALL.tz, day, 600 + minute) for minute in range(10)]
            visits = [
                Figures(arrived_at=at, service="tax", to_call=60_000, wait=60_000) for at in come
            ]
            days.append(tally(f"{day}", visits))
    usual = {"office": HALL, "source": LEDGER, "first": FIRST, "last": LAST, "days": days}
    return Ground(**usual | {"today": LAST + A_DAY} | more)


def asked(where: Ground | None = None, **more: Any) -> dict[str, Any]:
    what = Asked(metric=more.pop("metric", "arrivals"), at=AT, **more)
    return report_on_change(where or ground(), what, "en")


def warned(report: dict[str, Any], code: str) -> dict[str, Any]:
    (found,) = [each for each in report["warnings"] if each["code"] == code]
    return found


def test_dated_hours_within_the_windows_are_noted_and_others_than_on_the_date_warned_of():
    report = asked()
    assert report["notes"] == [
        {"date": "2025-08-04", "text": "trial"},
        {
            "date": "2025-08-18",
            "text": "Reception hours Mon-Thu 09:00-16:30, Fri 09:00-19:00",
        },
    ]
    assert warned(report, "other_hours")["dates"] == ["2025-08-18"]
    (chart,) = TELLING.charts(report, Words("en", "before_after"))
    assert str(chart.svg).count('<line class="mark"') == 2
    assert "2025-08-04 trial" in chart.key


def test_an_open_day_without_a_record_is_missing_where_it_lies_in_a_window():
    whole = ground()
    some = replace(
        whole, days=[day for day in whole.days if day.date not in ("2025-07-01", "2025-08-06")]
    )
    report = asked(some, before=28, after=28)
    assert report["missing_days"] == ["2025-08-06"]  # 1 July lies before, holidays are no open days
    assert "no record: 1." in warned(report, "missing_days")["says"]


def test_the_running_day_does_not_count():
    report = asked(ground(today=LAST - 2 * A_DAY))  # a Friday
    assert report["windows"]["after"]["to"] == f"{LAST - 3 * A_DAY}"
    after = Window(AT, LAST)
    running, over = (asked(ground(today=day), after=after) for day in (LAST - 2 * A_DAY, LAST))
    assert (running["n"], over["n"]) == (over["n"] - 10, running["n"] + 10)
    assert f"{LAST - 2 * A_DAY}" not in running["missing_days"]
    assert running["data_sha256"] != over["data_sha256"]


def test_days_between_the_windows_do_not_count():
    report = asked(before=Window(FIRST, FIRST + 27 * A_DAY), after=28)
    assert (report["n"], report["missing_days"]) == (10 * 2 * 20, [])
    assert (report["from"], report["to"]) == (f"{FIRST}", f"{AT + 27 * A_DAY}")
    whole = ground()
    between = [f"{FIRST + 28 * A_DAY}", f"{AT - A_DAY}"]
    fewer = replace(
        whole, days=[day for day in whole.days if not between[0] <= day.date <= between[1]]
    )
    again = asked(fewer, before=Window(FIRST, FIRST + 27 * A_DAY), after=28)
    assert again == report


def test_every_metric_is_told_in_words():
    words = Words("en", "before_after")
    report = asked(metric="wait_p90_s")
    rows = [row for table in TELLING.tables(report, words) for row in table.rows]
    told = {row[0]: row[1:] for row in rows}
    assert told["Arrivals (a day)"] == ["10", "10", "0.0 %", "0.0 % to 0.0 %", "cannot tell"]
    assert told["Wait, 90th percentile (minutes)"][:2] == ["1", "1"]
    assert report["definitions"]["wait"] == "Start of serving − arrival, of those served."
    text = " ".join(filter(None, TELLING.said(report, words)))
    assert "not seen in any record" in text
    assert "this data cannot tell yet" in text


@pytest.mark.parametrize("language", ["ja", "en", "ja-easy"])
def test_too_few_days_have_no_percentage(language: str):
    what = Asked(metric="arrivals", at=AT, before=20, after=20)
    report = report_on_change(ground(), what, language)
    words = Words(language, "before_after")
    said = [each for each in TELLING.said(report, words) if each]
    assert "%" not in "".join(said)
    for table in TELLING.tables(report, words):
        assert all("%" not in cell for row in table.rows for cell in row[3:])
