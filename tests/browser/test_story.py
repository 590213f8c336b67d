"""The whole story: one visitor, from the ticket machine to the way home, on every screen at once."""

import statistics
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest
from playwright.async_api import Locator, Page, expect

from queue_service import words
from queue_service.tickets import State
from tests.browser.conftest import Open, Site
from tests.hall import OFFICE, issue

pytestmark = pytest.mark.browser

CALLS = 30  # whose way to the glass is measured
ALLOWED = ("404",)  # no QR code without a public address, no voice where none is installed


async def told(phone: Page, state: State) -> None:
    """Wait until the phone knows."""
    await expect(phone.locator("html")).to_have_attribute("data-state", state)


def does(desk: Page, move: str) -> Locator:
    """A button of the desk, by what it does to the ticket that is there."""
    return desk.locator(f"#work [data-do={move}]").first


async def take_number(kiosk: Page, service: str, language: str) -> str:
    await kiosk.locator(f"[data-language={language}]").click()
    await kiosk.locator(f"[data-service={service}]").click()
    await kiosk.locator(".take").click()
    return await kiosk.locator("h1 .number").inner_text()


async def move_to(floor: Page, number: str, service: str) -> None:
    """What a greeter does for a visitor who took a number of the wrong service."""
    await floor.locator("#find").fill(number)
    await floor.locator("#list .ticket", has_text=number).click()
    dialog = floor.locator("#dialog")
    await dialog.locator("[data-do=transfer]").click()
    await dialog.locator(f"[data-do=transfer-to][data-value={service}]").click()
    await expect(floor.locator(f"#services li[data-key={service}] .crowd")).to_contain_text("1")


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_a_visit_is_the_same_story_on_every_screen(
    site: Site, windows: Open, pictures: Path, language: str
):
    async def photograph(page: Page, name: str) -> None:
        await page.screenshot(path=pictures / f"story-{name}-{language}.png")

    query = f"lang={language}"
    board = await windows(site.address(f"board?{query}"), 1920, 1080, allowed=ALLOWED)
    desk = await windows(site.address(f"desk/2?{query}"), allowed=ALLOWED)
    kiosk = await windows(site.address("kiosk?paper=none"), 1080, 1920, allowed=ALLOWED)
    floor = await windows(site.address(f"floor?{query}"), 820, 1180, allowed=ALLOWED)

    # The visitor takes a number, and opens it on the phone.
    assert await take_number(kiosk, "insurance", language) == "C001"
    await photograph(kiosk, "1-kiosk")
    (shown,) = await site.ledger.tickets(OFFICE)
    assert shown.ticket.language == language
    id = site.ledger.ticket_id(OFFICE, shown.ticket.seq)
    phone = await windows(f"{site.live.url}/t/{OFFICE}/{id}", 390, 844, allowed=ALLOWED)
    await told(phone, State.WAITING)

    # It was the wrong service: the greeter moves the visitor, who keeps the number.
    await move_to(floor, "C001", "moving")
    await photograph(floor, "2-floor")
    (shown,) = await site.ledger.tickets(OFFICE)
    assert (shown.ticket.number, shown.ticket.service) == ("C001", "moving")

    # The desk sees the visitor and calls; the board shows it and says so.
    await expect(desk.locator("#list")).to_contain_text("C001")
    await does(desk, "next").click()
    await expect(desk.locator("#current-title")).to_have_text("C001")
    await expect(board.locator("#hero")).to_contain_text("C001")
    said = board.locator("#said [data-entry]")
    await expect(said).to_have_count(1)
    await photograph(board, "3-board")
    await told(phone, State.CALLED)
    await photograph(phone, "4-phone")

    # Served; the office works on without the visitor; then the papers are ready.
    await does(desk, "start").click()
    await told(phone, State.SERVING)
    await photograph(desk, "5-desk")
    await does(desk, "next").click()
    await told(phone, State.PROCESSING)
    await desk.locator("[data-list=processing]").click()
    ready = desk.locator("#list [data-do=finish-stage]")
    await expect(ready).to_contain_text(words.say(language, "desk.stages.review"))
    await ready.click()
    await expect(ready).to_contain_text(words.say(language, "desk.make_ready"))
    await ready.click()
    await told(phone, State.READY)
    await expect(board.locator("#ready-numbers")).to_contain_text("C001")
    await photograph(board, "6-ready")

    # Called a second time under the same number, handed over, and home.
    await does(desk, "next").click()
    await told(phone, State.CALLED)
    await expect(said).to_have_count(2)
    await expect(said.last).to_contain_text({"ja": "書類ができました", "en": "are ready"}[language])
    await does(desk, "start").click()
    await does(desk, "next").click()
    await told(phone, State.FINISHED)
    await photograph(phone, "7-phone")
    assert (await site.ledger.ticket(OFFICE, shown.ticket.seq)).ticket.state is State.FINISHED


async def test_a_call_reaches_the_glass_at_once(
    site: Site, windows: Open, measured: Callable[[str], None]
):
    """From the answer to call-next until the number stands on the board; the median is measured."""
    board = await windows(site.address("board"), 1920, 1080, allowed=ALLOWED)
    await expect(board.locator("#clock")).not_to_be_empty()
    await board.evaluate("localStorage.clear()")
    took = []
    with site.live.client(site.keys["desk"]) as staff:
        for _ in range(CALLS):
            number = (await issue(site.ledger)).ticket.number
            await board.evaluate(WATCH, number)
            called = staff.post(f"/api/v1/offices/{OFFICE}/desks/2/call-next")
            answered = perf_counter()
            assert called.json()["number"] == number
            await board.evaluate("window.onGlass")
            took.append(perf_counter() - answered)
            staff.post(f"/api/v1/offices/{OFFICE}/tickets/{called.json()['id']}/no-show")
    median = statistics.median(took)
    measured(f"median {median * 1000:.0f} ms, slowest {max(took) * 1000:.0f} ms")
    assert median < 1.0


# Set before the call, so that asking costs nothing while it is on its way.
WATCH = """number => {
    window.onGlass = new Promise(resolve => {
        const shown = () => document.querySelector("#hero")?.textContent?.includes(number);
        const watching = new MutationObserver(() => {
            if (shown()) { watching.disconnect(); resolve(true); }
        });
        watching.observe(document.body, {subtree: true, childList: true, characterData: true});
    });
}"""
