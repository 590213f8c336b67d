"""The ticket machine for people who cannot see, reach, read or press as most do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser import entrance
from tests.browser.conftest import Open, Site, violations
from tests.browser.entrance import EXPECTED, UPRIGHT, machine, number, service

pytestmark = pytest.mark.browser
office = entrance.office

WIDE = (1920, 1080)
CAUSED = ("400", "Problem", *EXPECTED)  # the last screen is that of a refused wish
TARGET_PX = 64  # for a finger that trembles; WCAG asks for 24
TYPE_PX = 24

SMALLEST_TARGET = """() => Math.min(...[...document.querySelectorAll("button")]
    .filter(button => button.checkVisibility())
    .map(button => button.getBoundingClientRect())
    .flatMap(({width, height}) => [width, height]))"""
SMALLEST_TYPE = """() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let smallest = Infinity;
    while (texts.nextNode()) {
        const holder = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !holder.checkVisibility()) continue;
        if (holder.closest(".spoken")) continue;
        smallest = Math.min(smallest, parseFloat(getComputedStyle(holder).fontSize));
    }
    return smallest;
}"""
OVERFLOWING = """() => [...document.querySelectorAll("button, .read, .touch, main")]
    .filter(each => each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1)
    .map(each => each.outerHTML.slice(0, 120))"""


async def screens(page: Page) -> AsyncIterator[str]:
    """Walks through every screen, saying its name at each."""
    home = page.locator("[data-screen=services]")
    await expect(home).to_be_visible()
    yield "services"
    await page.locator(".help").click()
    await page.locator(".toggle").first.click()
    yield "needs"
    await page.locator(".main").click()
    await service(page, "certificates").click()
    yield "procedures"
    await page.locator("[data-procedure=juminhyo]").click()
    yield "hint"
    await page.locator(".elsewhere").click()
    yield "elsewhere"
    await page.locator(".main").click()
    await service(page, "insurance").click()
    yield "offer"
    await page.locator(".back").click()
    await service(page, "welfare").click()
    await expect(page.locator("[data-screen=refused]")).to_be_visible()
    yield "refused"
    await page.locator(".main").click()
    await service(page, "certificates").click()
    await page.locator("[data-procedure=koseki]").click()
    await page.locator(".take").click()
    await expect(number(page)).to_be_visible()
    yield "number"
    await page.locator(".end").click()
    await page.route(
        "**/tickets", lambda route: route.fulfill(status=400, json={"code": "invalid"})
    )
    await service(page, "insurance").click()
    await page.locator(".take").click()
    await expect(page.locator("[data-screen=failed]")).to_be_visible()
    yield "failed"


@pytest.mark.parametrize("public_url", ["https://queue.example"])
@pytest.mark.parametrize("size", [UPRIGHT, WIDE], ids=["upright", "wide"])
@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
async def test_every_screen_can_be_read_and_touched(
    site: Site, windows: Open, language: str, size: tuple[int, int], pictures: Path
):
    page = await windows(site.address("kiosk"), *size, allowed=CAUSED)
    async for name in screens(page):
        await page.locator(f"[data-language={language}]").click()
        await expect(page.locator("main.settling")).to_have_count(0)
        assert await violations(page) == [], name
        assert await page.evaluate(SMALLEST_TARGET) >= TARGET_PX, name
        assert await page.evaluate(SMALLEST_TYPE) >= TYPE_PX, name
        assert await page.evaluate(OVERFLOWING) == [], name
        shape = "upright" if size == UPRIGHT else "wide"
        await page.screenshot(path=pictures / f"kiosk-{name}-{language}-{shape}.png")


async def test_buttons_of_an_upright_machine_are_in_reach(site: Site, windows: Open):
    page = await windows(site.address("kiosk"), *UPRIGHT, allowed=CAUSED)
    async for name in screens(page):
        boxes = [await each.bounding_box() for each in await page.locator("button").all()]
        assert min(box["y"] for box in boxes if box) > UPRIGHT[1] * 0.38, name


async def test_arrows_and_figures_are_enough(site: Site, windows: Open):
    page = await machine(site, windows)
    await expect(page.locator("h1")).to_be_focused()
    await page.keyboard.press("3")
    await expect(page.locator("[data-screen=offer] h1")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-screen=services] h1")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(service(page, "certificates")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(service(page, "tax")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(service(page, "welfare")).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    await page.keyboard.press("1")
    await expect(number(page)).to_have_text("C001")
    await expect(page.locator("h1")).to_be_focused()


async def test_one_switch_is_enough(site: Site, windows: Open):
    """Tab and Enter alone: from the first screen to a number, and through everything round again."""
    page = await machine(site, windows)

    async def reach(selector: str) -> None:
        for _ in range(20):
            await page.keyboard.press("Tab")
            if await page.locator(selector).evaluate("each => each === document.activeElement"):
                seen = await page.locator(selector).evaluate(
                    "each => getComputedStyle(each).outlineStyle"
                )
                assert seen != "none"
                return
        raise AssertionError(f"Tab never came to {selector}")

    await reach("[data-service=insurance]")
    await reach("[data-language=ja]")
    await reach("[data-service=insurance]")  # nothing holds the focus fast
    await page.keyboard.press("Enter")
    await reach(".take")
    await page.keyboard.press("Enter")
    await expect(number(page)).to_have_text("C001")
    await reach(".end")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-screen=services] h1")).to_be_focused()


async def test_the_black_screen_lasts_one_visit(site: Site, windows: Open):
    page = await machine(site, windows)
    await page.locator(".help").click()
    await page.get_by_role("button", name="黒い背景").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "contrast")
    assert await violations(page) == []
    await page.locator(".main").click()
    await service(page, "insurance").click()
    assert await violations(page) == []
    await page.locator(".take").click()
    await expect(number(page)).to_be_visible()
    assert await violations(page) == []
    await page.locator(".end").click()
    await expect(page.locator("html")).not_to_have_attribute("data-theme", "contrast")


async def test_a_small_screen_shows_everything(site: Site, windows: Open):
    page = await windows(site.address("kiosk"), 1024, 600, allowed=CAUSED)
    async for name in screens(page):
        for button in await page.locator("button").all():
            await button.scroll_into_view_if_needed()
            assert await button.is_visible(), name
