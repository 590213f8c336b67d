"""The ticket machine as a device: its paper, its patience, its key, its line to the service."""

import signal
from pathlib import Path

import pytest
from playwright.async_api import expect

from queue_service.events import Reprinted
from queue_service.office_files import read_office
from tests.browser import entrance
from tests.browser.conftest import Open, Site
from tests.browser.entrance import (
    ENTRANCE_YAML,
    UPRIGHT,
    entries,
    machine,
    number,
    only,
    printed,
    service,
)
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, issue

pytestmark = pytest.mark.browser
office = entrance.office
HALF_PAST_ONE = TEN_O_CLOCK + 12_600_000


@pytest.mark.parametrize("public_url", ["https://queue.example"])
async def test_the_slip_says_everything_in_both_languages(
    site: Site, windows: Open, public_url: str, pictures: Path
):
    await issue(site.ledger, "certificates")
    page = await machine(site, windows, "paper=58")
    await page.locator("[data-language=en]").click()
    await service(page, "certificates").click()
    await page.locator("[data-procedure=koseki]").click()
    await page.locator(".take").click()
    await printed(page, 1)
    await page.emulate_media(media="print")
    slip = page.locator("#slip")
    for text in (
        "Small office",
        "小さな役所",
        "11月24日(月) 10:00",
        "A002",
        "Certificates",
        "証明書",
    ):
        await expect(slip).to_contain_text(text)
    for text in ("People ahead of you 1", "Your number is called twice.", "同じ番号で二度"):
        await expect(slip).to_contain_text(text)
    await expect(slip.get_by_role("img", name="Follow your turn")).to_be_visible()
    await expect(page.locator("main")).to_be_hidden()
    paper = await page.pdf(prefer_css_page_size=True, path=pictures / "slip-58-en.pdf")
    assert b"/MediaBox [0 0 163.9" in paper  # 58 mm in points
    assert paper.count(b"/Type /Page\n") == 1


async def test_a_sensitive_service_is_not_named_where_others_can_read(site: Site, windows: Open):
    await site.ledger.simulate(OFFICE, HALF_PAST_ONE, 0)
    page = await machine(site, windows)
    await service(page, "welfare").click()
    await page.locator(".take").click()
    await expect(number(page)).to_have_text("D001")
    await printed(page, 1)
    for place in ("main", "#slip"):
        assert "福祉" not in (await page.locator(place).text_content() or "")


async def test_the_same_number_can_be_printed_again(site: Site, windows: Open):
    page = await machine(site, windows)
    await service(page, "insurance").click()
    await page.locator(".take").click()
    await page.locator(".reprint").click()
    await expect(page.locator(".reprint")).to_contain_text("もう一度印刷しています")
    await printed(page, 2)
    await expect(number(page)).to_have_text("C001")
    assert await only(site.ledger, Reprinted)
    assert (await entries(site.ledger))["Issued"] == 1


@pytest.mark.parametrize("query", ["paper=none", ""])
async def test_a_number_without_paper_stays_on_the_screen(site: Site, windows: Open, query: str):
    page = await machine(site, windows, query)
    await service(page, "insurance").click()
    await page.locator(".take" if query else ".paperless").click()
    await expect(number(page)).to_have_text("C001")
    await expect(page.locator(".then")).to_contain_text("写真に撮るか")
    await expect(page.locator(".reprint")).to_have_count(0 if query else 1)
    await expect(page.locator("html")).not_to_have_attribute("data-printed", "1")


async def test_the_next_visitor_finds_the_first_screen_in_japanese(site: Site, windows: Open):
    page = await machine(site, windows)
    await page.locator("[data-language=en]").click()
    await service(page, "insurance").click()
    await page.locator(".take").click()
    left = page.locator("#going-back strong")
    await expect(left).to_be_visible()
    await page.clock.install()
    await page.clock.fast_forward(12_000)
    await expect(left).to_have_text("8 s")
    await page.keyboard.press("Shift")  # whoever is still there says so with any key or touch
    await expect(left).to_have_text("20 s")
    await page.clock.fast_forward(21_000)
    await expect(page.locator("[data-screen=services] h1")).to_have_text("ご用件をお選びください")
    await expect(left).to_be_hidden()
    await expect(page.locator("html")).to_have_attribute("lang", "ja")


async def test_a_visitor_who_left_in_the_middle_is_warned_first(site: Site, windows: Open):
    page = await machine(site, windows)
    await service(page, "insurance").click()
    await page.clock.install()
    await page.clock.fast_forward(45_000)
    await expect(page.locator("#going-back")).to_contain_text("15 秒")
    await expect(page.locator("#told")).to_contain_text("最初の画面へ戻ります")
    await page.clock.fast_forward(16_000)
    await expect(page.locator("[data-screen=services]")).to_be_visible()
    assert (await entries(site.ledger))["Issued"] == 0


async def test_a_service_that_is_away_is_said_to_be_and_comes_back(site: Site, windows: Open):
    page = await machine(site, windows)
    await service(page, "insurance").click()
    site.live.process.send_signal(signal.SIGSTOP)
    try:
        away = page.get_by_role("alert").filter(has_text="職員にお声がけください")
        await expect(away).to_be_visible(timeout=5_500)
        await expect(page.locator("[data-screen=offer]")).to_be_visible()  # the screen stays
    finally:
        site.live.process.send_signal(signal.SIGCONT)
    await expect(away).to_be_hidden()
    await page.locator(".take").click()
    await expect(number(page)).to_have_text("C001")


async def test_a_key_that_is_no_longer_good_is_asked_for_and_the_touch_goes_on(
    site: Site, windows: Open
):
    page = await windows(
        f"{site.live.url}/kiosk/{OFFICE}#key=old", *UPRIGHT, allowed=("401", "404")
    )
    await service(page, "insurance").click()
    await page.locator(".take").click()
    await page.get_by_label("登録コードまたは鍵").fill(site.keys["kiosk"])
    await page.get_by_role("button", name="入る").click()
    await expect(number(page)).to_have_text("C001")
    assert (await entries(site.ledger))["Issued"] == 1


async def test_figures_and_names_follow_the_office(site: Site, windows: Open):
    page = await machine(site, windows)
    await expect(service(page, "insurance")).to_contain_text("0 人待ち")
    await issue(site.ledger, "insurance")
    await expect(service(page, "insurance")).to_contain_text("1 人待ち")
    renamed = read_office(ENTRANCE_YAML.replace("国民健康保険", "健康保険"), "entrance.yaml")
    await site.ledger.apply_office(renamed)
    await expect(service(page, "insurance").locator(".name")).to_have_text("健康保険")
