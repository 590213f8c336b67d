"""The greeter's page in a real browser: numbers by hand, visitors moved, people helped."""

import pytest
from playwright.async_api import Locator, Page, expect

from queue_service import events
from queue_service.tickets import Move, State, allowed
from tests.browser.conftest import Open, Site, violations
from tests.hall import OFFICE, issue

pytestmark = pytest.mark.browser
TABLET = {"width": 820, "height": 1180}
PHONE = {"width": 390, "height": 844}
# Calling and serving belong to the desks, items to whoever serves.
OF_DESKS = {"call", "recall", "start", "finish-stage", "finish", "set-items"}


async def on_floor(site: Site, windows: Open, query: str = "", **size: object) -> Page:
    """The greeter's page, when it knows the hall."""
    page = await windows(site.address(f"floor{query}"), **(size or TABLET))
    await page.locator("#services-title").wait_for()
    return page


def service(page: Page, id: str) -> Locator:
    return page.locator(f"#services li[data-key={id}]")


def told(page: Page) -> Locator:
    return page.locator("#told")


async def open_ticket(page: Page, number: str) -> Locator:
    """The dialog of a ticket."""
    await page.locator("#find").fill(number)
    await page.locator("#list .ticket", has_text=number).click()
    return page.locator("#dialog")


async def test_a_number_given_by_hand_is_seen_at_the_desk_with_its_needs(
    site: Site, windows: Open, pictures
):
    page = await on_floor(site, windows)
    desk = await windows(site.address("desk/2"))
    await service(page, "moving").locator("[data-do=issue]").click()
    dialog = page.locator("#dialog")
    await dialog.get_by_role("button", name="車いす").click()
    await dialog.get_by_role("button", name="優先").click()
    await dialog.get_by_role("button", name="English").click()
    await page.screenshot(path=pictures / "floor-issue.png")
    await dialog.get_by_role("button", name="発券（印刷しない）").click()
    await expect(dialog.locator(".number")).to_have_text("B001")
    await page.screenshot(path=pictures / "floor-issued.png")
    await dialog.get_by_role("button", name="閉じる").click()
    await expect(service(page, "moving").locator(".crowd")).to_contain_text("1 人")
    row = desk.locator("#list li", has_text="B001")
    for mark in ("車いす", "優先", "English"):
        await expect(row).to_contain_text(mark)
    issued = [
        each.event
        for each in await site.ledger.entries(OFFICE, 0)
        if isinstance(each.event, events.Issued)
    ]
    assert [each.channel for each in issued] == ["floor"]


async def test_a_slip_is_printed_when_it_is_asked_for(site: Site, windows: Open):
    page = await on_floor(site, windows)
    await page.evaluate("window.print = () => document.body.dataset.printed = slip.innerText")
    await page.evaluate("window.slip = document.querySelector('#slip'); slip.hidden = false")
    await service(page, "certificates").locator("[data-do=issue]").click()
    await page.locator("#dialog [data-value=print]").click()
    await expect(page.locator("body[data-printed*='A001']")).to_be_visible()
    assert "二度お呼びします" in await page.locator("#slip").inner_text()


async def test_a_visitor_moves_to_another_service_with_the_same_number(site: Site, windows: Open):
    seq = (await issue(site.ledger, "certificates")).ticket.seq
    page = await on_floor(site, windows)
    dialog = await open_ticket(page, "A001")
    await dialog.locator("[data-do=transfer]").click()
    await dialog.locator("[data-do=transfer-to][data-value=moving]").click()
    await expect(told(page)).to_contain_text("A001 の業務を変えました")
    await expect(service(page, "moving").locator(".crowd")).to_contain_text("1 人")
    ticket = (await site.ledger.ticket(OFFICE, seq)).ticket
    assert (ticket.number, ticket.service, ticket.state) == ("A001", "moving", State.WAITING)


async def test_needs_noted_on_the_floor_are_seen_at_the_desk(site: Site, windows: Open):
    await issue(site.ledger)
    called = (await site.ledger.call_next(OFFICE, "2")).ticket
    assert called is not None
    desk = await windows(site.address("desk/2"))
    page = await on_floor(site, windows)
    dialog = await open_ticket(page, "C001")
    await dialog.locator("[data-do=set-needs]").click()
    await dialog.get_by_role("button", name="筆談").click()
    await dialog.get_by_role("button", name="通訳").click()
    for need in ("筆談", "通訳"):
        await expect(desk.locator("#current .marks")).to_contain_text(need)


@pytest.mark.parametrize("state", ["waiting", "called", "no_show", "parked"])
async def test_the_floor_offers_the_legal_moves_of_a_greeter(site: Site, windows: Open, state: str):
    seq = (await issue(site.ledger)).ticket.seq
    if state in ("called", "no_show"):
        await site.ledger.call(OFFICE, "2", ticket=seq)
    for move in {"no_show": [Move.NO_SHOW], "parked": [Move.PARK]}.get(state, []):
        await site.ledger.advance(OFFICE, seq, move)
    page = await on_floor(site, windows)
    dialog = await open_ticket(page, "C001")
    shown = await dialog.locator(".moves [data-do]").evaluate_all(
        "all => all.map(each => each.dataset.do)"
    )
    ticket = (await site.ledger.ticket(OFFICE, seq)).ticket
    assert ticket.state == state
    assert set(shown) == {str(each) for each in allowed(ticket)} - OF_DESKS


async def test_an_absent_visitor_comes_back_from_the_floor(site: Site, windows: Open):
    seq = (await issue(site.ledger)).ticket.seq
    await site.ledger.call_next(OFFICE, "2")
    page = await on_floor(site, windows)
    await (await open_ticket(page, "C001")).locator("[data-do=no-show]").click()
    await expect(told(page)).to_contain_text("不在")
    await (await open_ticket(page, "C001")).locator("[data-do=return]").click()
    await expect(told(page)).to_contain_text("列に戻しました")
    assert (await site.ledger.ticket(OFFICE, seq)).ticket.state is State.WAITING


async def test_whoever_needed_no_number_is_counted(site: Site, windows: Open):
    page = await on_floor(site, windows)
    button = service(page, "certificates").locator("[data-do=helped]")
    for n in range(1, 4):
        await button.click()
        await expect(button.locator(".figure")).to_have_text(str(n))
    await page.locator(".general [data-do=helped]").click()
    await expect(page.locator(".general .figure")).to_have_text("1")
    await page.reload()
    await expect(button.locator(".figure")).to_have_text("3")
    helped = [
        each.event.service
        for each in await site.ledger.entries(OFFICE, 0)
        if isinstance(each.event, events.Helped)
    ]
    assert helped == ["certificates"] * 3 + [None]


async def test_a_service_is_suspended_with_a_message_and_opened_again(site: Site, windows: Open):
    page = await on_floor(site, windows, allowed=("409",), **TABLET)
    card = service(page, "moving")
    await card.locator("[data-do=suspend]").click()
    await page.locator("#text-ja").fill("システムの点検中です")
    await page.locator("[data-do=suspend-now]").click()
    await expect(card).to_contain_text("システムの点検中です")
    await card.locator("[data-do=issue]").click()
    await expect(page.locator("#dialog .shut")).to_contain_text("休止中")
    await page.locator("#dialog [data-value=show]").click()
    await expect(told(page)).to_contain_text("この業務は休止中です")
    await card.locator("[data-do=reopen]").click()
    await expect(card).to_have_attribute("data-status", "open")
    assert (await site.ledger.board(OFFICE)).queues[1].status == "open"


async def test_a_notice_is_put_up_and_taken_down(site: Site, windows: Open):
    page = await on_floor(site, windows)
    await page.locator("[data-do=notice]").click()
    await page.locator("#text-ja").fill("本日は混み合っています")
    await page.locator("#text-en").fill("It is busy today")
    await page.locator("[data-do=notice-up]").click()
    await expect(page.locator(".notice")).to_contain_text("本日は混み合っています")
    notice = (await site.ledger.board(OFFICE)).notice
    assert notice == {"ja": "本日は混み合っています", "en": "It is busy today"}
    await page.locator("[data-do=notice]").click()
    await page.locator("[data-do=notice-down]").click()
    await expect(page.locator(".notice")).to_contain_text("掲示していません")


async def test_the_floor_works_on_a_phone(site: Site, windows: Open, pictures):
    for kind in ("certificates", "moving", "insurance") * 5:
        await issue(site.ledger, kind, needs=("wheelchair", "baby"), language="en")
    for language in ("ja", "ja-easy", "en"):
        page = await on_floor(site, windows, f"?lang={language}", **PHONE)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await page.screenshot(path=pictures / f"floor-phone-{language}.png")
        await page.locator("#parts [data-value=live]").click()
        await expect(page.locator("#list .ticket").first).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
async def test_the_floor_can_be_used_by_everyone(site: Site, windows: Open, theme: str, pictures):
    for kind in ("certificates", "moving", "insurance") * 3:
        await issue(site.ledger, kind, needs=("sight",), language="en", priority="priority")
    await site.ledger.call_next(OFFICE, "2")
    page = await on_floor(site, windows)
    await page.locator("[data-do=help]").click()
    await page.locator(f"[data-do=theme][data-value={theme}]").click()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    assert await violations(page) == []
    await page.screenshot(path=pictures / f"floor-{theme}.png")
    for act in ("issue", "suspend", "notice"):
        await page.locator(f"[data-do={act}]").first.click()
        assert await violations(page) == [], act
        await page.keyboard.press("Escape")
    for act in ("transfer", "set-priority", "set-needs", "cancel"):
        dialog = await open_ticket(page, "B001")
        assert await violations(page) == []
        await dialog.locator(f"[data-do={act}]").click()
        assert await violations(page) == [], act
        await page.keyboard.press("Escape")
