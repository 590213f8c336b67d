"""Dated notes on the reports that are told month by month."""

from datetime import date

import pytest

from queue_service.counts import Copies
from queue_service.freed_time import Use
from queue_service.office_files import read_office
from queue_service.reports.avoidable import report_on_avoidable
from queue_service.reports.freed_time import Desks, Freed, UsedTime, report_on_freed_time
from queue_service.reports.ground import LEDGER, Ground
from queue_service.reports.telling import Report
from queue_service.reports.writing import written

OFFICE = read_office(
    """
id: hall
timezone: Asia/Tokyo
reception_hours:
  - {hours: {mon-fri: "08:30-17:15"}}
  - {from: 2025-08-04, hours: {mon-fri: "09:00-16:30"}, note: trial}
notes: [{date: 2025-09-01, text: {ja: 手数料 10 円, en: Fee of <10> yen}}]
services:
  - id: certificates
    prefix: A
    procedures: [{id: juminhyo, channels: {counter: {fee: 300}, convenience_store: {fee: 10}}}]
desks: [{id: "1", services: [certificates]}]
""",
    "hall.yaml",
)
FIRST, LAST = date(2025, 7, 1), date(2025, 10, 31)
MONTHS = [f"2025-{month:02}" for month in range(7, 11)]


def avoidable(language: str) -> Report:
    copies = [Copies(0, month, "juminhyo", "counter", 10) for month in MONTHS]
    ground = Ground(office=OFFICE, source=LEDGER, first=FIRST, last=LAST, copies=copies)
    return report_on_avoidable(ground, language)


def freed_time(language: str) -> Report:
    uses = [Use(f"{month}-10", "-", "training", 60) for month in MONTHS]
    used = UsedTime(
        office=OFFICE, source=LEDGER, first=FIRST, last=LAST, today=LAST, uses=uses, struck=0
    )
    return report_on_freed_time(used, Freed.since_change(OFFICE, LAST, None, Desks()), language)


@pytest.mark.parametrize("report", [avoidable, freed_time])
def test_a_month_in_which_something_happened_has_a_sign_that_is_explained(report):
    told = report("en")
    assert told["notes"] == [
        {"date": "2025-08-04", "text": "trial"},
        {"date": "2025-09-01", "text": "Fee of <10> yen"},
    ]
    page = written(told, "html", "en")
    assert [month for month in MONTHS if f"{month} ※" in page] == ["2025-08", "2025-09"]
    assert "※ 2025-09-01 Fee of &lt;10&gt; yen" in page
    assert report("ja-easy")["notes"][1]["text"] == "手数料 10 円"
