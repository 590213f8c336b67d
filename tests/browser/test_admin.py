"""The page of administrators: people, devices and who did what, without a terminal."""

import re

import pyotp
import pytest
from playwright.async_api import Page, expect

from queue_service.access import Access
from queue_service.rights import Role
from tests.browser.conftest import Open, Site, violations
from tests.browser.test_gate import let_in, without_key
from tests.browser.test_sign_in import LONG, PIN, REFUSED, at_the_desk, enter
from tests.hall import OFFICE

pytestmark = pytest.mark.browser


async def admin(site: Site, office: str | None = OFFICE) -> str:
    """The address of the page, with the key of an administrator."""
    key, _ = await Access(site.ledger.redis).new(Role.ADMIN, office)
    return f"{without_key(site, 'floor').replace('/floor/', '/admin/')}#key={key}"


async def confirm(page: Page) -> None:
    await page.locator("#sure .alarm").click()
    await expect(page.locator("#sure")).not_to_be_visible()


async def test_an_administrator_adds_somebody_who_signs_in_and_removes_him(
    site: Site, windows: Open
) -> None:
    page = await windows(await admin(site), allowed=("409", "400"))
    await expect(page.locator("main")).to_be_visible()
    assert "key=" not in page.url
    await page.locator("#name").fill("a b")
    await page.locator("#add button").click()
    await expect(page.locator("#told")).to_contain_text("使えません")
    await page.locator("#name").fill("佐藤")
    await page.locator("#add button").click()
    password = await page.locator("#invited code").inner_text()
    person = page.locator("#people tr", has_text="佐藤")
    await expect(person).to_contain_text("未サインイン")
    await page.locator("#name").fill("佐藤")
    await page.locator("#add button").click()
    await expect(page.locator("#told")).to_contain_text("すでに使われています")

    desk = await windows(without_key(site, "desk/2"), allowed=REFUSED)
    await enter(desk, name="佐藤", password=password)
    await expect(desk.locator("#gate-new")).to_be_visible()
    await enter(desk, new=PIN)
    await at_the_desk(desk, "佐藤")
    await page.reload()
    await expect(person).to_contain_text("利用中")
    await expect(page.locator("#notes tbody tr").first).to_contain_text("サインイン")
    assert password not in await page.content(), "it was shown once"

    await person.locator("[data-do=remove]").click()
    await page.locator("#sure .quiet").click()
    await expect(person).to_have_count(1)
    await person.locator("[data-do=remove]").click()
    await confirm(page)
    await expect(person).to_have_count(0)
    await expect(desk.locator("dialog.gate")).to_be_visible(timeout=15_000)


async def test_an_administrator_signs_in_with_the_second_factor_of_the_picture(
    site: Site, windows: Open
) -> None:
    page = await windows(f"{await admin(site)}", allowed=REFUSED)
    await page.locator("#name").fill("mayor")
    await page.locator("#role").select_option("admin")
    answers: list[dict[str, str]] = []
    async with page.expect_response("**/api/v1/people") as told:
        await page.locator("#add button").click()
    answers.append(await (await told.value).json())
    picture = page.locator("#invited img")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.naturalWidth") > 100, (
        "the policy lets it be shown"
    )
    factor = pyotp.parse_uri(answers[0]["second_factor"])

    other = await windows(without_key(site, "floor").replace("/floor/", "/admin/"), allowed=REFUSED)
    await enter(other, name="mayor", password=answers[0]["password"])
    await expect(other.locator("#gate-code")).to_be_visible()
    await enter(other, code=factor.now())
    await expect(other.locator("#gate-new")).to_be_visible()
    await enter(other, new=LONG)
    await expect(other.locator("#person")).to_contain_text("mayor")
    himself = other.locator("#people tr", has_text="mayor")
    await expect(himself).to_contain_text("使用中")
    await expect(himself.locator("[data-do=remove]")).to_have_count(0)


async def test_a_device_is_put_into_service_and_revoked(site: Site, windows: Open) -> None:
    page = await windows(await admin(site))
    await page.locator("#kind").select_option("display")
    await page.locator("#label").fill("ロビー左")
    await page.locator("#enrol button").click()
    code = await page.locator("#code code").inner_text()
    assert re.fullmatch("[A-Z0-9]{4}-[A-Z0-9]{4}", code)
    screen = await windows(without_key(site, "board"), allowed=("401", "WebSocket"))
    await screen.locator("#gate-key").fill(code)
    await screen.keyboard.press("Enter")
    await let_in(screen)
    await page.reload()
    device = page.locator("#keys tr", has_text="ロビー左")
    await device.locator("[data-do=revoke]").click()
    await confirm(page)
    await expect(device).to_have_count(0)
    await expect(screen.locator("dialog.gate")).to_be_visible(timeout=15_000)
    own = page.locator("#keys tr", has_text="使用中")
    await expect(own).to_have_count(1)
    await expect(own.locator("button")).to_have_count(0)


async def test_the_page_shows_what_is_of_this_office_and_older_notes_on_request(
    site: Site, windows: Open
) -> None:
    access = Access(site.ledger.redis)
    await access.new(Role.KIOSK, "elsewhere", "of another office")
    key, _ = await access.new(Role.STAFF, OFFICE)
    with site.live.client(key) as staff:
        for _ in range(60):
            wish = {"service": "insurance"}
            given = staff.post(f"/api/v1/offices/{OFFICE}/tickets", json=wish)
            assert given.status_code == 201
    page = await windows(await admin(site, None))
    notes = page.locator("#notes tbody tr")
    await expect(notes).to_have_count(50)
    await expect(notes.first).to_contain_text("番号札を発券")
    await expect(page.locator("#keys")).not_to_contain_text("of another office")
    await page.locator("[data-do=older]").click()
    await expect(notes).to_have_count(60)
    await expect(page.locator("[data-do=older]")).to_be_hidden()


async def test_staff_are_told_that_the_page_is_not_for_them(site: Site, windows: Open) -> None:
    address = (await admin(site)).partition("#")[0]
    page = await windows(f"{address}#key={site.keys['desk']}", allowed=("403",))
    await expect(page.locator("dialog.gate")).to_be_visible()
    await expect(page.locator("main")).to_be_hidden()


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_the_page_can_be_used_by_everyone(
    site: Site, windows: Open, language: str, width: int, pictures
) -> None:
    address, _, key = (await admin(site)).partition("#")
    page = await windows(f"{address}?lang={language}#{key}", width, 800)
    await page.locator("#name").fill("sato")
    await page.locator("#role").select_option("admin")
    await page.locator("#add button").click()
    await expect(page.locator("#invited img")).to_be_visible()
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.locator("[data-do=reset]").click()
    assert await violations(page) == []
    await page.screenshot(path=pictures / f"admin-{language}-{width}.png", full_page=True)
