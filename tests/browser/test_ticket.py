"""The visitor's own page: a phone that follows one ticket."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from queue_service.ledger import Ledger
from queue_service.tickets import Move, State
from tests.browser.conftest import Open, Site, violations
from tests.hall import OFFICE, issue

pytestmark = pytest.mark.browser

PHONE = (390, 844)
TARGET_PX = 44
NEWS_MS = 8_000  # a phone asks every 3 to 5 s
COUNT_BUZZES = """() => {
    let buzzed = 0;
    navigator.vibrate = () => document.body.setAttribute("data-buzzed", buzzed += 1);
}"""


async def phone(site: Site, windows: Open, seq: int, *allowed: str, query: str = "") -> Page:
    """The page of a ticket on a phone."""
    ticket = site.ledger.ticket_id(OFFICE, seq)
    address = f"{site.live.url}/t/{OFFICE}/{ticket}{query}"
    page = await windows(address, *PHONE, allowed=allowed, has_touch=True, is_mobile=True)
    await expect(page.locator("h1 .number")).to_be_visible()
    await page.evaluate(COUNT_BUZZES)
    return page


async def state(page: Page, name: State) -> None:
    """Waits for the phone to hear of a state."""
    await expect(page.locator("html")).to_have_attribute("data-state", name, timeout=NEWS_MS)


async def advance(ledger: Ledger, seq: int, move: Move) -> None:
    await ledger.advance(OFFICE, seq, move)


async def test_the_phone_follows_a_visit_to_its_end(site: Site, windows: Open, pictures: Path):
    first = (await issue(site.ledger, "certificates")).ticket
    mine = (await issue(site.ledger, "certificates")).ticket
    page = await phone(site, windows, mine.seq)
    said = page.get_by_role("status").filter(has_text="。")
    await expect(page.locator("h1")).to_have_text("あなたの番号 A002")
    await expect(page.locator(".ahead")).to_have_text("1 人")
    await expect(page.locator("article")).to_contain_text("同じ番号で二度お呼びします")

    await advance(site.ledger, first.seq, Move.CANCEL)
    await expect(page.locator(".ahead")).to_have_text("次にお呼びします", timeout=NEWS_MS)

    await site.ledger.call_next(OFFICE, "1")
    await state(page, State.CALLED)
    await expect(page.locator(".said")).to_have_text("お呼びしています1F 1 へお越しください")
    await expect(page).to_have_title("【呼出中】1 番号 A002")
    await expect(page.locator("body")).to_have_attribute("data-buzzed", "1")
    await page.screenshot(path=pictures / "ticket-called-ja.png")

    await advance(site.ledger, mine.seq, Move.RECALL)
    await expect(page.locator(".said")).to_contain_text("もう一度", timeout=NEWS_MS)
    await expect(page.locator("body")).to_have_attribute("data-buzzed", "2")

    await advance(site.ledger, mine.seq, Move.START)
    await state(page, State.SERVING)
    await expect(page.locator("#cancel")).to_be_hidden()
    await advance(site.ledger, mine.seq, Move.FINISH_STAGE)
    await state(page, State.READY)
    await expect(said).to_contain_text("書類ができました")
    await site.ledger.call_next(OFFICE, "3")
    await state(page, State.CALLED)
    await expect(page.locator(".said")).to_contain_text("2F 3")
    await advance(site.ledger, mine.seq, Move.FINISH)
    await state(page, State.FINISHED)
    await expect(page).to_have_title("番号 A002")


async def test_a_procedure_in_the_back_office_is_said_to_go_on(site: Site, windows: Open):
    mine = (await issue(site.ledger, "moving")).ticket
    await site.ledger.call_next(OFFICE, "2")
    await advance(site.ledger, mine.seq, Move.FINISH_STAGE)
    page = await phone(site, windows, mine.seq)
    await state(page, State.PROCESSING)
    await expect(page.locator(".said")).to_contain_text("同じ番号でもう一度お呼びします")


async def test_whoever_was_absent_is_told_what_to_do(site: Site, windows: Open):
    mine = (await issue(site.ledger)).ticket
    await site.ledger.call_next(OFFICE, "2")
    page = await phone(site, windows, mine.seq)
    await state(page, State.CALLED)
    await advance(site.ledger, mine.seq, Move.NO_SHOW)
    await state(page, State.NO_SHOW)
    await expect(page.locator(".said")).to_contain_text("職員にお声がけください")


async def test_a_number_is_given_up_only_after_a_question(
    site: Site, windows: Open, pictures: Path
):
    mine = (await issue(site.ledger)).ticket
    page = await phone(site, windows, mine.seq)
    await page.get_by_role("button", name="番号札を取り消す").click()
    question = page.get_by_role("dialog")
    await expect(question).to_contain_text("C001")
    assert await violations(page) == []
    await page.screenshot(path=pictures / "ticket-cancel-ja.png")
    await question.get_by_role("button", name="取り消さない").click()
    assert (await site.ledger.ticket(OFFICE, mine.seq)).ticket.state is State.WAITING

    await page.get_by_role("button", name="番号札を取り消す").click()
    await question.get_by_role("button", name="取り消す", exact=True).click()
    await state(page, State.CANCELLED)
    assert (await site.ledger.ticket(OFFICE, mine.seq)).ticket.state is State.CANCELLED
    await expect(question).to_be_hidden()


async def test_a_number_that_was_used_meanwhile_is_not_given_up(site: Site, windows: Open):
    mine = (await issue(site.ledger)).ticket
    page = await phone(site, windows, mine.seq, "409")
    await page.get_by_role("button", name="番号札を取り消す").click()
    await site.ledger.call_next(OFFICE, "2")
    await advance(site.ledger, mine.seq, Move.START)
    question = page.get_by_role("dialog")
    await question.get_by_role("button", name="取り消す", exact=True).click()
    await expect(question.get_by_role("alert")).to_contain_text("職員にお声がけください")
    await state(page, State.SERVING)


async def test_a_phone_without_a_line_says_how_old_its_news_are(site: Site, windows: Open):
    mine = (await issue(site.ledger)).ticket
    page = await phone(site, windows, mine.seq, "ERR_INTERNET_DISCONNECTED")
    await page.context.set_offline(True)
    line = page.locator("#away")
    await expect(line).to_contain_text("秒前の情報です")
    await expect(page.locator("h1 .number")).to_have_text("C001")
    await site.ledger.call_next(OFFICE, "2")
    await page.context.set_offline(False)
    await state(page, State.CALLED)
    await expect(line).to_be_empty()


async def test_a_ticket_of_another_day_is_kindly_said_to_be_over(site: Site, windows: Open):
    page = await windows(f"{site.live.url}/t/{OFFICE}/1-unknown", *PHONE, allowed=("404",))
    await expect(page.get_by_role("heading")).to_have_text("この番号札は見つかりません")
    await expect(page.locator("main")).to_contain_text("その日だけ")
    assert await violations(page) == []


async def test_the_page_speaks_the_language_of_the_ticket_until_another_is_chosen(
    site: Site, windows: Open
):
    mine = (await issue(site.ledger, language="en")).ticket
    page = await phone(site, windows, mine.seq)
    await expect(page.locator("h1")).to_have_text("Your number C001")
    await page.get_by_role("button", name="やさしい日本語").click()
    await expect(page.locator("h1")).to_have_text("あなたの ばんごう C001")
    await page.reload()
    await expect(page.locator("h1")).to_have_text("あなたの ばんごう C001")


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
async def test_every_state_can_be_read_and_pressed_by_everyone(
    site: Site, windows: Open, language: str, pictures: Path
):
    mine = (await issue(site.ledger, "certificates")).ticket
    page = await phone(site, windows, mine.seq, query=f"?lang={language}")

    async def look(name: State) -> None:
        await state(page, name)
        assert await violations(page) == [], name
        boxes = [await each.bounding_box() for each in await page.locator("button").all()]
        assert min(min(box["width"], box["height"]) for box in boxes if box) >= TARGET_PX, name
        width = await page.evaluate("() => document.documentElement.scrollWidth")
        assert width <= PHONE[0], name
        await page.screenshot(path=pictures / f"ticket-{name}-{language}.png")

    await look(State.WAITING)
    await site.ledger.call_next(OFFICE, "1")
    await look(State.CALLED)
    await advance(site.ledger, mine.seq, Move.FINISH_STAGE)
    await look(State.READY)
    await site.ledger.call_next(OFFICE, "3")
    await advance(site.ledger, mine.seq, Move.NO_SHOW)
    await look(State.NO_SHOW)
    await advance(site.ledger, mine.seq, Move.RETURN)
    await advance(site.ledger, mine.seq, Move.CANCEL)
    await look(State.CANCELLED)


async def test_the_number_can_be_given_up_with_the_keyboard(site: Site, windows: Open):
    mine = (await issue(site.ledger)).ticket
    page = await phone(site, windows, mine.seq)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="番号札を取り消す")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")  # the question goes away and nothing was given up
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_role("button", name="番号札を取り消す")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await state(page, State.CANCELLED)
