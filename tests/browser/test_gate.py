"""Putting a device into service: a code or a key, typed or touched."""

import pytest
from playwright.async_api import Page, Route, expect

from queue_service import enrolment
from queue_service.access import Access
from queue_service.enrolment import Enrolment, read
from queue_service.rights import Role
from tests.browser.conftest import Open, Site, violations
from tests.hall import OFFICE

pytestmark = pytest.mark.browser

REFUSED = ("404", "429")  # what the browser says of a code that is refused


async def code_for(site: Site, role: Role) -> str:
    return (await Enrolment(Access(site.ledger.redis)).offer(role, OFFICE, "")).code


def without_key(site: Site, path: str) -> str:
    return site.address(path).partition("#")[0]


async def enter(page: Page, text: str) -> None:
    await page.locator("#gate-key").fill(text)
    await page.keyboard.press("Enter")


async def let_in(page: Page) -> None:
    """Wait until the board is there."""
    await expect(page.locator("dialog.gate")).to_have_count(0)
    await expect(page.locator("#away")).to_be_hidden()
    await expect(page.locator("#services li").first).to_be_visible()


async def test_a_screen_is_put_into_service_with_a_code(site: Site, windows: Open) -> None:
    page = await windows(without_key(site, "board"), allowed=REFUSED)
    await enter(page, "ACDE-FHJ3")
    trouble = page.locator("#gate-trouble")
    await expect(trouble).to_contain_text("この登録コードは使えません")
    code = await code_for(site, Role.DISPLAY)
    await enter(page, code.lower())
    await let_in(page)
    kept = await page.evaluate(f"localStorage.getItem('madoguchi.board.{OFFICE}.key')")
    held = await Access(site.ledger.redis).list()
    assert kept.startswith("mg_") and code not in kept
    assert [each.role for each in held].count(Role.DISPLAY) == 2, "that of the site and this one"
    await page.reload()
    await let_in(page)
    assert "mg_" not in page.url


async def test_a_ticket_machine_without_a_keyboard_is_put_into_service_by_touch(
    site: Site, windows: Open
) -> None:
    page = await windows(without_key(site, "kiosk"), 1080, 1920, allowed=REFUSED, has_touch=True)
    letters = page.locator(".keypad")

    async def touch(text: str) -> None:
        for letter in text:
            await letters.get_by_text(letter, exact=True).tap()

    await touch("ACDX")
    await letters.locator(".back").tap()
    await touch("E")
    await expect(page.locator("#gate-key")).to_have_value("ACDE")
    await page.locator(".gate .main").tap()
    await expect(page.locator("#gate-trouble")).to_contain_text("使えません")
    # What was refused makes way.
    await touch(read(await code_for(site, Role.KIOSK)))
    await page.locator(".gate .main").tap()
    await expect(page.locator("dialog.gate")).to_have_count(0)
    await page.locator("button", has_text="insurance").tap()
    await expect(page.locator("dialog.gate")).to_have_count(0)


async def test_a_code_whose_answer_was_lost_is_not_lost(site: Site, windows: Open) -> None:
    page = await windows(without_key(site, "board"), allowed=("ERR_FAILED",))
    lost = 0

    async def lose(route: Route) -> None:
        nonlocal lost
        answer = await route.fetch()
        assert answer.status == 201, "the code is used"
        if lost < 2:
            lost += 1
            await route.abort()
        else:
            await route.fulfill(response=answer)

    await page.route("**/api/v1/enrol", lose)
    await enter(page, await code_for(site, Role.DISPLAY))
    await let_in(page)
    assert lost == 2
    held = await Access(site.ledger.redis).list()
    assert [each.role for each in held].count(Role.DISPLAY) == 2, "one key came of it"


async def test_whoever_tries_too_many_codes_is_asked_to_wait(site: Site, windows: Open) -> None:
    page = await windows(without_key(site, "desk/1"), allowed=(*REFUSED, "401", "WebSocket"))
    await page.locator(".gate summary").click()
    for _ in range(enrolment.THERE["burst"] + 1):
        await enter(page, "ACDE-FHJ3")
        await expect(page.locator(".gate details .main")).to_be_enabled()
        await expect(page.locator("#gate-trouble")).not_to_be_empty()
    await expect(page.locator("#gate-trouble")).to_contain_text("1分ほど待って")


async def test_a_code_can_be_read_while_it_is_typed_and_a_key_cannot(
    site: Site, windows: Open
) -> None:
    page = await windows(without_key(site, "board"))
    field = page.locator("#gate-key")
    await field.press_sequentially("ACDE-FHJ")
    await expect(field).to_have_attribute("type", "text")
    await field.fill(site.keys["board"])
    await expect(field).to_have_attribute("type", "password")
    await page.keyboard.press("Enter")
    await let_in(page)


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_the_gate_can_be_used_by_everyone(
    site: Site, windows: Open, language: str, width: int, pictures
) -> None:
    address = f"{without_key(site, 'board')}?lang={language}"
    page = await windows(
        address, width, 740, allowed=(*REFUSED, "401", "WebSocket"), has_touch=True
    )
    await enter(page, "ACDE-FHJ3")
    await expect(page.locator("#gate-trouble")).not_to_be_empty()
    assert await violations(page) == []
    wide = await page.evaluate("document.querySelector('.gate').scrollWidth")
    assert wide <= await page.evaluate("document.querySelector('.gate').clientWidth")
    await page.screenshot(path=pictures / f"gate-{language}-{width}.png")
