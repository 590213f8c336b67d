"""People sign in at the pages they work at, in a real browser."""

import pyotp
import pytest
from playwright.async_api import Page, expect

from queue_service.access import Access
from queue_service.passwords import Passwords
from queue_service.people import Invited, People
from queue_service.rights import Role
from tests.browser.conftest import Open, Site, violations
from tests.browser.test_gate import without_key
from tests.hall import OFFICE

pytestmark = pytest.mark.browser

PIN, LONG = "482915", "correct horse battery"
REFUSED = (
    "401",
    "403",
    "400",
    "429",
    "WebSocket",
)  # what the browser says of a sign-in that is refused


async def add(site: Site, name: str, role: Role = Role.STAFF) -> Invited:
    return await People(Access(site.ledger.redis), Passwords()).add(name, role, OFFICE)


async def enter(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        await page.locator(f"#gate-{name}").fill(value)
    await page.keyboard.press("Enter")


async def at_the_desk(page: Page, name: str) -> None:
    await expect(page.locator("dialog.gate")).to_have_count(0)
    await expect(page.locator("#head .person")).to_have_text(name)
    await expect(page.locator("#away")).to_be_hidden()


async def test_somebody_signs_in_for_the_first_time_works_and_leaves(
    site: Site, windows: Open
) -> None:
    invited = await add(site, "佐藤")
    page = await windows(without_key(site, "desk/2"), allowed=REFUSED)
    trouble = page.locator("#gate-sign-in-trouble")
    await enter(page, name="佐藤", password="wrong")
    await expect(trouble).to_contain_text("違います")
    await enter(page, password=invited.password)
    await expect(trouble).to_contain_text("はじめてのサインインです")
    await enter(page, new="123456")
    await expect(trouble).to_contain_text("推測されやすい")
    await enter(page, new=PIN)
    await at_the_desk(page, "佐藤")
    await page.keyboard.press("n")
    await expect(page.locator("#next")).not_to_be_empty()
    await page.reload()
    await at_the_desk(page, "佐藤")
    # No script can read the session.
    assert "madoguchi" not in await page.evaluate("document.cookie")
    kept = await page.evaluate("JSON.stringify(localStorage)")
    assert "ms_" not in kept and PIN not in kept

    await page.locator("[data-do=help]").click()
    await page.locator("[data-do=leave]").click()
    await expect(page.locator("dialog.gate")).to_be_visible()
    await page.reload()
    await expect(page.locator("dialog.gate")).to_be_visible()
    await expect(page.locator("#head .person")).to_have_count(0)


async def test_a_desk_with_a_key_can_be_handed_to_a_person(site: Site, windows: Open) -> None:
    invited = await add(site, "sato")
    page = await windows(site.address("desk/2"), allowed=REFUSED)
    await expect(page.locator("#away")).to_be_hidden()
    await page.locator("[data-do=help]").click()
    await page.locator("[data-do=leave]").click()
    await enter(page, name="sato", password=invited.password)
    await expect(page.locator("#gate-new")).to_be_visible()
    await enter(page, new=PIN)
    await at_the_desk(page, "sato")
    kept = await page.evaluate("JSON.stringify(localStorage)")
    assert "mg_" not in kept, "the key of the device is kept no more"


async def test_a_sign_in_that_ends_asks_again_and_what_was_pressed_carries_on(
    site: Site, windows: Open
) -> None:
    people = People(Access(site.ledger.redis), Passwords())
    invited = await add(site, "sato")
    page = await windows(without_key(site, "desk/2"), allowed=REFUSED)
    await enter(page, name="sato", password=invited.password)
    await expect(page.locator("#gate-new")).to_be_visible()
    await enter(page, new=PIN)
    await at_the_desk(page, "sato")
    again = await people.reset("sato")
    await expect(page.locator("dialog.gate")).to_be_visible(timeout=15_000)
    await enter(page, name="sato", password=again.password)
    await expect(page.locator("#gate-new")).to_be_visible()
    await enter(page, new=PIN)
    await at_the_desk(page, "sato")


async def test_an_analyst_signs_in_and_the_desk_says_it_is_not_for_analysts(
    site: Site, windows: Open
) -> None:
    invited = await add(site, "abe", Role.ANALYST)
    page = await windows(without_key(site, "stats"), allowed=REFUSED)
    await enter(page, name="abe", password=invited.password)
    await expect(page.locator("#gate-new")).to_be_visible()
    await enter(page, new=PIN)
    await expect(page.locator("#person")).to_contain_text("abe")
    await expect(page.locator("main section").first).to_be_visible()
    await page.goto(without_key(site, "desk/2"))
    await expect(page.locator(".gate .refused")).to_contain_text("権限がありません")
    await page.goto(without_key(site, "stats"))
    await page.locator("#person button").click()
    await expect(page.locator("dialog.gate")).to_be_visible()


async def test_an_administrator_is_asked_for_the_second_factor(site: Site, windows: Open) -> None:
    invited = await add(site, "mayor", Role.ADMIN)
    page = await windows(f"{without_key(site, 'floor')}?lang=en", allowed=REFUSED)
    await enter(page, name="mayor", password=invited.password)
    trouble = page.locator("#gate-sign-in-trouble")
    await expect(trouble).to_contain_text("six digits")
    await expect(page.locator("#gate-code")).to_be_focused()
    await enter(page, code=pyotp.parse_uri(invited.second_factor or "").now())
    await expect(page.locator("#gate-new")).to_be_visible()
    await enter(page, new=LONG)
    await expect(page.locator("#head .person")).to_have_text("mayor")


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_the_sign_in_can_be_used_by_everyone(
    site: Site, windows: Open, language: str, width: int, pictures
) -> None:
    address = f"{without_key(site, 'desk/1')}?lang={language}"
    page = await windows(address, width, 740, allowed=REFUSED, has_touch=True)
    await enter(page, name="nobody", password="wrong")
    await expect(page.locator("#gate-sign-in-trouble")).not_to_be_empty()
    for opened in (False, True):
        if opened:
            await page.locator(".gate summary").click()
            await page.locator(".gate button.quiet").click()
        assert await violations(page) == []
        wide = await page.evaluate("document.querySelector('.gate').scrollWidth")
        assert wide <= await page.evaluate("document.querySelector('.gate').clientWidth")
    await page.screenshot(path=pictures / f"sign-in-{language}-{width}.png")
