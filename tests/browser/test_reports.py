"""The questions of a reform on the screen: the report is the service's own, and can be taken away."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from queue_service.access import Access, Role
from queue_service.hours import MINUTE_MS
from queue_service.words import languages, say
from tests.browser.conftest import Open, Site, violations
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, issue
from tests.live import SMALL

pytestmark = pytest.mark.browser

PATH = "stats/reception-hours"
DAY = "2025-11-24"
ASKED = {"from": DAY, "to": DAY, "proposed": "09:00-16:30", "current": "08:30-17:15"}


@pytest.fixture
async def played(site: Site) -> AsyncIterator[Site]:
    """Four visitors: at ten, half past ten, eleven, and twenty to five."""
    for minutes in (0, 30, 60, 400):
        await site.ledger.simulate(OFFICE, TEN_O_CLOCK + minutes * MINUTE_MS, 0)
        await issue(site.ledger)
    await site.ledger.simulate(OFFICE, TEN_O_CLOCK + 24 * 60 * MINUTE_MS, 0)  # it is the next day
    site.keys["stats"] = (await Access(site.ledger.redis).new(Role.ANALYST, OFFICE))[0]
    return site


async def asked(played: Site, windows: Open, path: str = PATH, **more: Any) -> Page:
    page = await windows(played.address(path), **more)
    await expect(page.locator("#report[aria-busy=false] svg").first).to_be_visible()
    return page


async def test_the_page_shows_the_report_of_the_service(played: Site, windows: Open):
    page = await asked(played, windows)
    assert "key=" not in page.url
    for name, value in {"to": DAY, "from": DAY, "current": "08:30-17:15", "target": "75"}.items():
        await page.fill(f"#{name}", value)
    await page.click("#form button.main")
    verdict = say(
        "ja",
        "reports.reception_hours.yes",
        proposed="09:00-16:30",
        coverage="75.0 %",
        target="75.0 %",
    )
    await expect(page.locator("#report .said p").first).to_have_text(verdict)
    # Within the hours are the quarters from ten to 16:30; without, the last visitor's.
    await expect(page.locator("#report .bar.in")).to_have_count(26)
    await expect(page.locator("#report .bar:not(.in)")).to_have_count(1)
    assert "target=75" in page.url  # the address can be sent to a colleague
    await page.reload()
    await expect(page.locator("#report .said p").first).to_have_text(verdict)


async def test_hours_that_cannot_be_read_are_said_with_the_remedy(played: Site, windows: Open):
    page = await windows(played.address(PATH), allowed=("400",))
    await page.fill("#proposed", "nine to five")
    await page.click("#form button.main")
    await expect(page.locator("#away")).to_contain_text("proposed")
    await page.fill("#proposed", "09:00-16:30")
    await page.click("#form button.main")
    await expect(page.locator("#away")).to_be_hidden()


async def test_the_same_report_is_taken_away_as_a_file(played: Site, windows: Open):
    page = await asked(played, windows, f"{PATH}?from={DAY}&to={DAY}")
    with played.live.client() as analyst:
        query = {"from": DAY, "to": DAY, "proposed": "09:00-16:30", "target": "0.9"}
        told = analyst.get(f"{SMALL}/reports/reception-hours", params=query).json()
    async with page.expect_download() as begun:
        await page.click("#files [data-value=json]")
    file = await begun.value
    assert file.suggested_filename == f"{OFFICE}_reception-hours_{DAY}_{DAY}.json"
    assert json.loads(Path(await file.path()).read_text()) == told


@pytest.mark.parametrize("language", languages())
async def test_everybody_can_read_it(played: Site, windows: Open, pictures: Path, language: str):
    for width in (1280, 390):
        page = await asked(
            played, windows, f"{PATH}?lang={language}&from={DAY}&to={DAY}", width=width
        )
        assert await violations(page) == []
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
        await page.screenshot(path=pictures / f"reports-{language}-{width}.png", full_page=True)


async def test_it_prints_on_one_page(played: Site, windows: Open, pictures: Path):
    page = await asked(played, windows, f"{PATH}?from={DAY}&to={DAY}")
    printed = await page.pdf(prefer_css_page_size=True, path=pictures / "reports.pdf")
    assert printed.count(b"/Type /Page\n") == 1


async def test_a_question_that_does_not_exist_leads_to_the_statistics(played: Site, windows: Open):
    page = await windows(played.address("stats/anything"))
    await page.wait_for_url(f"**/stats/{OFFICE}")


async def test_the_page_says_when_the_service_is_away(played: Site, windows: Open):
    page = await asked(played, windows, allowed=("DISCONNECTED",))
    await page.context.set_offline(True)
    await page.click("#form button.main")
    await expect(page.locator("#away")).to_be_visible(timeout=5_000)
