"""The ticket machine in a real browser: what a visitor gets, and what the ledger keeps of it."""

import pytest
from playwright.async_api import Route, expect

from queue_service.events import HintAnswered, Issued, Refused
from tests.browser import entrance
from tests.browser.conftest import Open, Site
from tests.browser.entrance import entries, machine, number, only, printed, service
from tests.hall import OFFICE, issue

pytestmark = pytest.mark.browser
office = entrance.office


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_two_taps_give_a_number(site: Site, windows: Open, language: str):
    page = await machine(site, windows)
    await page.locator(f"[data-language={language}]").click()
    await service(page, "insurance").click()
    await page.locator(".take").click()
    await expect(number(page)).to_have_text("C001")
    issued = await only(site.ledger, Issued)
    assert (issued.language, issued.channel, issued.items) == (language, "kiosk", ())
    await expect(page.locator("html")).to_have_attribute("lang", language)
    await printed(page, 1)


async def test_a_third_tap_says_which_procedure(site: Site, windows: Open):
    page = await machine(site, windows)
    await service(page, "certificates").click()
    await page.locator("[data-procedure=koseki]").click()
    await expect(page.locator(".facts")).to_contain_text("本人確認書類")
    await expect(page.locator(".facts")).to_contain_text("同じ番号で二度お呼びします")
    await page.locator(".take").click()
    await expect(number(page)).to_have_text("A001")
    items = (await only(site.ledger, Issued)).items
    assert [(each.procedure, each.quantity) for each in items] == [("koseki", 1)]


async def test_whoever_is_not_sure_of_the_procedure_gets_a_number(site: Site, windows: Open):
    page = await machine(site, windows)
    await service(page, "certificates").click()
    await page.locator(".advice .choice").click()
    await page.locator(".take").click()
    await expect(number(page)).to_have_text("A001")
    assert (await only(site.ledger, Issued)).items == ()


async def test_a_double_tap_gives_one_number(site: Site, windows: Open):
    page = await machine(site, windows)
    await service(page, "advice").dblclick()  # stands where the next screen has its buttons
    await expect(page.locator("[data-screen=offer]")).to_be_visible()  # and not a screen further
    assert (await entries(site.ledger))["Issued"] == 0
    await page.locator(".take").evaluate("button => { button.click(); button.click() }")
    await expect(number(page)).to_have_text("G001")
    await page.locator(".end").click()
    assert (await entries(site.ledger))["Issued"] == 1


async def test_when_answers_are_lost_there_is_one_number(site: Site, windows: Open):
    page = await machine(site, windows, "", "net::ERR")
    lost = 0

    async def lose(route: Route) -> None:
        nonlocal lost
        await route.fetch()  # the service has heard it
        lost += 1
        await (route.abort() if lost < 3 else route.fallback())

    await page.route("**/tickets", lose)
    await service(page, "insurance").click()
    await page.locator(".take").click()
    await expect(page.locator("#taking")).to_be_visible()
    await expect(number(page)).to_have_text("C001")
    assert lost == 3
    assert (await entries(site.ledger))["Issued"] == 1


@pytest.mark.slow
async def test_after_a_long_silence_staff_are_named_and_the_same_wish_goes_on(
    site: Site, windows: Open
):
    page = await machine(site, windows, "", "net::ERR")

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/tickets", lose)
    await service(page, "insurance").click()
    await page.locator(".take").click()
    await expect(page.locator("[data-screen=failed]")).to_contain_text("職員にお声がけください")
    await page.unroute("**/tickets")
    await page.locator(".main").click()
    await expect(number(page)).to_have_text("C001")
    assert (await entries(site.ledger))["Issued"] == 1


async def test_whoever_touches_a_closed_service_is_counted_and_told_when_it_opens(
    site: Site, windows: Open
):
    page = await machine(site, windows)
    await expect(service(page, "welfare")).to_contain_text("受付時間外")
    await service(page, "welfare").click()
    screen = page.locator("[data-screen=refused]")
    await expect(screen).to_contain_text("13:00 から番号札をお取りいただけます")
    await expect(screen).to_contain_text("本日の受付 13:00～16:30")
    refused = await only(site.ledger, Refused)
    assert (refused.service, refused.reason) == ("welfare", "closed")
    await page.locator(".main").click()
    await expect(page.locator("[data-screen=services]")).to_be_visible()


async def test_a_suspended_service_says_why(site: Site, windows: Open):
    await site.ledger.set_service(OFFICE, "insurance", "suspended", {"ja": "停電のため"})
    page = await machine(site, windows)
    await expect(service(page, "insurance")).to_contain_text("停電のため")
    await service(page, "insurance").click()
    await expect(page.locator("[data-screen=refused]")).to_contain_text("停電のため")
    assert (await only(site.ledger, Refused)).reason == "suspended"


async def test_a_service_that_filled_up_meanwhile_says_so(site: Site, windows: Open):
    page = await machine(site, windows)
    await service(page, "passport").click()
    await issue(site.ledger, "passport")
    await page.locator(".take").click()
    await expect(page.locator("[data-screen=refused]")).to_contain_text("本日の番号札は終了")
    assert (await only(site.ledger, Refused)).reason == "full"


@pytest.mark.parametrize(
    ("button", "answer", "gets"),
    [
        ("elsewhere", "elsewhere", None),
        ("no-card", "no_card", "A001"),
        ("counter", "prefers_counter", "A001"),
    ],
)
async def test_what_a_convenience_store_can_do_is_said_and_the_answer_kept(
    site: Site, windows: Open, button: str, answer: str, gets: str | None
):
    page = await machine(site, windows)
    await service(page, "certificates").click()
    await page.locator("[data-procedure=juminhyo]").click()
    await expect(page.locator(".hint")).to_have_text("コンビニなら 200 円です。窓口は 300 円です。")
    boxes = [await each.bounding_box() for each in await page.locator(".choices .choice").all()]
    assert len({(each["width"], each["height"]) for each in boxes if each}) == 1
    await page.locator(f".choice.{button}").click()
    if gets:
        await expect(number(page)).to_have_text(gets)
    else:
        await expect(page.locator("[data-screen=elsewhere]")).to_contain_text("コンビニでの取り方")
    assert (await only(site.ledger, HintAnswered)).answer == answer
    assert (await entries(site.ledger))["Issued"] == (1 if gets else 0)


async def test_the_only_procedure_of_a_service_needs_no_asking(site: Site, windows: Open):
    page = await machine(site, windows)
    await service(page, "tax").click()
    await expect(page.locator(".hint")).to_have_text("郵送でもお手続きいただけます。")
    await expect(page.locator(".no-card")).to_have_count(0)  # a letter needs no card
    await page.locator(".counter").click()
    await expect(number(page)).to_have_text("B001")


async def test_needs_go_with_the_ticket(site: Site, windows: Open):
    page = await machine(site, windows)
    await page.locator(".help").click()
    await page.get_by_role("button", name="車いす").click()
    await page.get_by_role("button", name="通訳").click()
    await page.get_by_role("button", name="決定").click()
    await expect(page.locator(".help")).to_contain_text("車いす, 通訳")
    await service(page, "insurance").click()
    await page.locator(".take").click()
    await expect(number(page)).to_be_visible()
    assert (await only(site.ledger, Issued)).needs == ("wheelchair", "interpreter")
