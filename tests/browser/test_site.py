"""The pages that anyone may open: where to go, and how crowded it is."""

import pytest
from playwright.async_api import expect

from display.site import STORED
from queue_service.words import say
from tests.browser.conftest import Open, Site, violations
from tests.hall import OFFICE, issue

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
@pytest.mark.parametrize("path", ["/", "/privacy", f"/status/{OFFICE}"])
async def test_the_open_pages_can_be_used_by_everyone(
    site: Site, windows: Open, path: str, language: str, pictures
):
    page = await windows(f"{site.live.url}{path}?lang={language}", 900, 900)
    assert await violations(page) == []
    assert await page.locator("html").get_attribute("lang") == language.removesuffix("-easy")
    name = path.split("/")[1] or "links"
    await page.screenshot(path=pictures / f"{name}-{language}.png", full_page=True)


async def test_the_congestion_page_needs_no_script(site: Site, windows: Open):
    await issue(site.ledger)
    page = await windows(site.live.url + f"/status/{OFFICE}", java_script_enabled=False)
    await expect(page.locator("li", has_text="insurance").locator("strong")).to_have_text("1")


async def test_the_congestion_page_follows_the_hall(site: Site, windows: Open):
    page = await windows(site.live.url + f"/status/{OFFICE}")
    figure = page.locator("li", has_text="insurance").locator("strong")
    await expect(figure).to_have_text("0")
    await issue(site.ledger)
    await expect(figure).to_have_text("1")


async def test_the_congestion_page_says_that_it_is_cut_off(site: Site, windows: Open):
    page = await windows(site.live.url + f"/status/{OFFICE}", allowed=("ERR_",))
    away = page.locator("#away")
    await expect(away).to_be_hidden()
    site.live.process.kill()
    await expect(away).to_be_visible()
    await expect(away).to_contain_text("10:00")


async def test_an_office_that_is_not_there_is_said_to_be_unknown(site: Site, windows: Open):
    page = await windows(site.live.url + "/status/elsewhere", allowed=("404",))
    await expect(page.get_by_role("alert")).to_contain_text("見つかりません")


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
async def test_what_is_stored_is_told_without_a_script_in_each_language(
    site: Site, windows: Open, language: str
):
    page = await windows(f"{site.live.url}/privacy?lang={language}", java_script_enabled=False)
    await expect(page.locator("tbody tr")).to_have_count(len(STORED))
    await expect(page.locator("tbody")).to_contain_text(say(language, "privacy.for_ever"))


async def test_every_shell_brings_a_policy_and_loads_nothing_from_elsewhere(site: Site):
    with site.live.client("") as client:
        for kind in ("kiosk", "board", "floor", "admin", "stats", "t/x", "desk/1", "status"):
            path = kind.replace("t/x", f"t/{OFFICE}/x").replace("desk/1", f"desk/{OFFICE}/1")
            path = f"/{path}" if OFFICE in path else f"/{path}/{OFFICE}"
            answer = client.get(path, headers={"Authorization": ""})
            assert answer.status_code == 200, path
            assert "script-src 'self'" in answer.headers["content-security-policy"]
            assert "://" not in answer.text, path
