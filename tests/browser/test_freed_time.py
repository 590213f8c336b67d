"""The page on freed time: the service's own report of a year, readable and on one sheet of paper."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.async_api import Page, expect

from queue_service.access import Access, Role
from queue_service.freed_time import CATEGORIES, Use
from queue_service.offices import Closed, ReceptionHours
from queue_service.words import languages, say
from tests.browser.conftest import Open, Site, violations
from tests.hall import OFFICE

pytestmark = pytest.mark.browser

YEAR = "from=2024-04-01&to=2025-03-31"
SECTIONS = {"certificates": "市民課", "moving": "市民課", "insurance": "保険年金課"}


@pytest.fixture
async def used(site: Site) -> Site:
    """A year after the hours were cut; in June more was entered than was freed."""
    office = await site.ledger.office(OFFICE)
    hours = [
        ReceptionHours(hours={"mon-fri": "08:30-17:15"}),
        ReceptionHours(since=date(2024, 4, 1), hours={"mon-fri": "09:00-16:30"}),
    ]
    await site.ledger.apply_office(
        replace(
            office,
            reception_hours=tuple(hours),
            closed=Closed(holidays="JP"),
            services=tuple(replace(each, section=SECTIONS[each.id]) for each in office.services),
        )
    )
    uses = [
        Use(f"2024-{month:02}-10", section, category, 60 if month != 6 else 600)
        for month in range(4, 13)
        for section in set(SECTIONS.values())
        for category in CATEGORIES
    ]
    await site.ledger.use_freed_time(OFFICE, uses)
    site.keys["stats"] = (await Access(site.ledger.redis).new(Role.ANALYST, OFFICE))[0]
    return site


async def asked(used: Site, windows: Open, **more: Any) -> Page:
    page = await windows(used.address(f"stats/freed-time?{YEAR}"), **more)
    await expect(page.locator("#report[aria-busy=false] svg").first).to_be_visible()
    return page


async def test_the_page_shows_the_year_and_where_more_was_used(used: Site, windows: Open):
    page = await asked(used, windows)
    title = say("ja", "reports.freed_time.title")
    await expect(page.locator("#report .title")).to_have_text(title)
    await expect(page.locator("#report .bar")).to_have_count(27)
    await expect(page.locator("#report .bar.over")).to_have_count(2)
    await page.fill("#desks", "30")
    await page.click("#form button.main")
    await expect(page.locator("#report .bar.over")).to_have_count(1)


@pytest.mark.parametrize("language", languages())
async def test_everybody_can_read_it(used: Site, windows: Open, pictures: Path, language: str):
    for width in (1280, 390):
        page = await windows(used.address(f"stats/freed-time?lang={language}&{YEAR}"), width=width)
        await expect(page.locator("#report[aria-busy=false] svg").first).to_be_visible()
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.screenshot(path=pictures / f"freed-{language}-{width}.png", full_page=True)
        printed = await page.pdf(prefer_css_page_size=True)
        assert printed.count(b"/Type /Page\n") == 1


async def test_a_use_is_entered_on_the_page_and_struck_again(used: Site, windows: Open):
    page = await asked(used, windows)
    rows = page.locator("#uses tbody tr")
    before = len(await used.ledger.freed_time(OFFICE))
    await page.fill("#use-date", "2025-03-03")
    await page.select_option("#use-category", "outreach")
    await page.fill("#use-minutes", "45")
    await page.click("#use button")
    await expect(page.locator("#told")).to_have_text(say("ja", "reports.uses.entered"))
    await expect(rows.first).to_contain_text("2025-03-03")
    entered = await used.ledger.freed_time(OFFICE)
    assert len(entered) == before + 1
    (use,) = [each.use for each in entered if each.use.used_on == "2025-03-03"]
    assert (use.category, use.minutes) == ("outreach", 45)
    await rows.first.get_by_role("button").click()
    await expect(page.locator("#told")).to_have_text(say("ja", "reports.uses.was_struck"))
    await expect(rows.first).to_have_class("struck")
    assert sum(each.struck_by is not None for each in await used.ledger.freed_time(OFFICE)) == 1


async def test_a_use_that_cannot_be_entered_is_told_with_the_reason(used: Site, windows: Open):
    page = await asked(used, windows, allowed=("400", "409"))
    await expect(page.locator("#use-date")).to_be_visible()
    await page.evaluate("document.querySelector('#use-date').removeAttribute('max')")
    await page.fill("#use-date", "2999-01-01")
    await page.fill("#use-minutes", "45")
    await page.click("#use button")
    await expect(page.locator("#told")).to_contain_text("still to come")
