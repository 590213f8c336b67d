"""Reports on paper and on a phone: a year of a city hall fits on one page, and says all without colour."""

import re
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from queue_service.counts import Copies
from queue_service.events import Helped, HintAnswered
from queue_service.hours import reception_spans
from queue_service.office_files import read_office
from queue_service.offices import Procedure, Service
from queue_service.reports.avoidable import report_on_avoidable
from queue_service.reports.ground import LEDGER, Ground
from queue_service.reports.writing import written
from queue_service.tally import Beside, Figures, tally
from queue_service.tickets import Item
from queue_service.words import languages
from tests.browser.conftest import Open, violations

pytestmark = pytest.mark.browser

FIRST, LAST = date(2025, 4, 1), date(2026, 3, 31)
HINTS = ("elsewhere", "no_card", "prefers_counter")
PHONE = 400


def a_year() -> Ground:
    """A year with everything a page may have to say."""
    office = read_office(
        (files("queue_service") / "samples/cityhall.yaml").read_text(), "city.yaml"
    )
    asked = [(service, each) for service in office.services for each in service.procedures]
    dates = (f"{FIRST + timedelta(days=n)}" for n in range((LAST - FIRST).days + 1))
    rows = [
        ("2025-05", "juminhyo", "counter", 900),
        ("2025-06", "juminhyo", "online", 1),
        ("2025-06", "juminhyo", "online", 2),
        *[
            (f"2025-{month:02}", each.id, channel, 150)
            for month in range(4, 13)
            for _, each in asked
            for channel in each.channels.keys() - {"counter"}
        ],
    ]
    return Ground(
        office=office,
        source=LEDGER,
        first=FIRST,
        last=LAST,
        days=[
            tally(day, *a_day(day, opens, asked))
            for day in dates
            for opens, _ in reception_spans(office, None, day)
        ],
        copies=[Copies(0, *row) for row in rows],
    )


def a_day(
    day: str, opens: int, asked: list[tuple[Service, Procedure]]
) -> tuple[list[Figures], Beside]:
    """Everything is asked for once, by visitors of whom one in twenty is not asked."""
    visits = [
        Figures(arrived_at=opens + n, service=service.id, wait=0, items=(Item(each.id, 1 + n),))
        for n, (service, each) in enumerate(asked)
    ]
    visits += [Figures(arrived_at=opens, service="certificates", wait=0, items=(Item("gone", 1),))]
    visits += [Figures(arrived_at=opens, service="certificates")] * 2
    where = {"date": day, "service": "certificates"}
    said = [HintAnswered(at=opens, procedure="koseki", answer=each, **where) for each in HINTS]
    return visits, Beside(hints=said, helped=[Helped(at=opens, channel="floor", **where)])


@pytest.mark.parametrize("language", languages())
async def test_a_year_of_avoidable_visits_is_one_page(
    language: str, windows: Open, tmp_path: Path, pictures: Path
):
    file = tmp_path / "avoidable.html"
    file.write_text(written(report_on_avoidable(a_year(), language), "html", language), "utf-8")
    page = await windows(f"file://{file}", width=PHONE)
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE
    await page.set_viewport_size({"width": 1000, "height": 900})
    assert await violations(page) == []
    assert await page.locator("figure > svg").count() == 2
    await page.screenshot(path=pictures / f"avoidable-{language}.png", full_page=True)
    printed = await page.pdf(path=pictures / f"avoidable-{language}.pdf", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", printed)) == 1
