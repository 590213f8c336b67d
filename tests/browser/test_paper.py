"""Reports on paper: one A4 page each, in every language, and readable for everyone."""

import random
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from queue_service.hours import MINUTE_MS, instant
from queue_service.insights.reform_priority import Work
from queue_service.insights.week import Week
from queue_service.reports.ground import LEDGER, Ground
from queue_service.reports.hours import Hours, report_on_hours
from queue_service.reports.priority import Priority, Stated, report_on_priority
from queue_service.reports.telling import Report
from queue_service.reports.writing import written
from queue_service.tally import tally
from queue_service.tickets import Stage
from queue_service.words import languages
from tests.benchmarks.reports import a_visit, an_office
from tests.browser.conftest import Open, violations

pytestmark = pytest.mark.browser
FIRST, WEEKS, A_DAY = date(2023, 5, 8), 3, timedelta(days=1)


@pytest.fixture(scope="module")
def ground() -> Ground:
    """Three weeks of a city hall with all its services."""
    office, chance = an_office(), random.Random(1)
    dates = [FIRST + (7 * week + day) * A_DAY for week in range(WEEKS) for day in range(5)]
    days = []
    for day in dates:
        opens = instant(office.tz, day, 9 * 60)
        come = [a_visit(office, chance, opens - 30 * MINUTE_MS) for _ in range(300)]
        days.append(tally(f"{day}", come))
    return Ground(office=office, source=LEDGER, first=dates[0], last=dates[-1], days=days)


def told(name: str, ground: Ground, language: str) -> Report:
    if name == "reception-hours":
        return report_on_hours(ground, Hours(proposed=Week.parse("09:00-16:30")), language)
    row = Work(procedure="道路占用許可", section="土木課", count=82, minutes={Stage.CHECK: 25.0})
    stated = Stated(file="他部署.csv", works=[row], sha256="0" * 64)
    return report_on_priority(ground, stated, Priority(reduction={Stage.RECEPTION: 0.3}), language)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", ["reception-hours", "reform-priority"])
async def test_a_report_is_one_page_of_paper(
    windows: Open, ground: Ground, tmp_path: Path, pictures: Path, name: str, language: str
):
    file = tmp_path / "report.html"
    file.write_text(written(told(name, ground, language), "html", language), "utf-8")
    page = await windows(file.as_uri())
    await page.screenshot(path=pictures / f"{name}-{language}.png", full_page=True)
    printed = await page.pdf(path=pictures / f"{name}-{language}.pdf", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", printed)) == 1
    assert await violations(page) == []
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    # Nothing is cut off on paper either: A4 less its margins.
    await page.emulate_media(media="print")
    await page.set_viewport_size({"width": 718, "height": 1047})
    wide = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).length"
    assert await page.evaluate(wide) == 0
