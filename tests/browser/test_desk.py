"""The desk in a real browser: a visit from call to end, colleagues, two windows, outages, every move."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import pytest
from playwright.async_api import Locator, Page, expect

from queue_service import events
from queue_service.access import Access, Role
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.offices import Office
from queue_service.tickets import Move, State, allowed
from tests.browser.conftest import Open, Site, violations
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, OFFICE_YAML, issue
from tests.live import Live, live, wait_until

pytestmark = pytest.mark.browser
STRIP = {"width": 360, "height": 800}
MINUTE_MS = 60_000
OUTAGE = ("WebSocket", "ERR_", "503")  # what Chromium logs while the service is away
PROCEDURES = """
      - {id: juminhyo, name: {ja: 住民票の写し, en: Residence}}
      - {id: inkan, name: {ja: 印鑑登録証明書, en: Seal}}
"""


@pytest.fixture
def office() -> Office:
    """The small office, with something to ask for."""
    plain = "{id: certificates, prefix: A, numbers: 1-30, stages: [reception, handover]}"
    block = "id: certificates\n    prefix: A\n    stages: [reception, handover]\n    procedures:"
    return read_office(OFFICE_YAML.replace(plain, block + PROCEDURES.rstrip()), "office.yaml")


async def at_desk(site: Site, windows: Open, desk: str = "2", **more: object) -> Page:
    """The desk's page, when it knows the hall."""
    page = await windows(site.address(f"desk/{desk}"), **more)
    await page.locator("#next .next").wait_for()
    return page


def held(page: Page) -> Locator:
    return page.locator("#current .number")


def big(page: Page) -> Locator:
    return page.locator("#next .next")


def told(page: Page) -> Locator:
    return page.locator("#told")


async def count(ledger: Ledger, kind: type) -> int:
    """How many entries of a kind the ledger has."""
    return sum(isinstance(each.event, kind) for each in await ledger.entries(OFFICE, 0))


async def state_of(site: Site, number: str) -> State:
    """The state of today's ticket with a number."""
    tickets = await site.ledger.tickets(OFFICE)
    return next(each.ticket.state for each in tickets if each.ticket.number == number)


async def test_a_visit_goes_from_call_to_hand_over_by_mouse(site: Site, windows: Open):
    await issue(site.ledger, "moving")
    page = await at_desk(site, windows)
    await expect(big(page)).to_contain_text("次を呼ぶ")
    await big(page).click()
    await expect(held(page)).to_have_text("B001")
    await page.locator("#moves [data-do=start]").click()
    await expect(page.locator("#current .state")).to_have_text("対応中")
    await expect(big(page)).to_contain_text("受付を終えて次を呼ぶ")
    await big(page).click()
    await expect(held(page)).to_have_count(0)
    await page.locator("#tab-processing").click()
    row = page.locator("#list li", has_text="B001")
    await row.get_by_role("button", name="B001 審査へ").click()
    await row.get_by_role("button", name="B001 交付可にする").click()
    await expect(row).to_have_count(0)
    await page.locator("#tab-ready").click()
    await row.get_by_role("button", name="B001 呼ぶ").click()
    await expect(held(page)).to_have_text("B001")
    await expect(page.locator(".steps [aria-current]")).to_contain_text("交付")
    await page.locator("#moves [data-do=finish]").click()
    await expect(told(page)).to_contain_text("B001 を完了しました")
    assert await state_of(site, "B001") is State.FINISHED


async def test_a_visit_is_worked_through_by_keys_alone(site: Site, windows: Open):
    await issue(site.ledger, "certificates")
    page = await at_desk(site, windows)
    await page.keyboard.press("n")
    await expect(held(page)).to_have_text("A001")
    await page.keyboard.press("r")
    await expect(page.locator("#current")).to_contain_text("2 回目")
    await page.keyboard.press("s")
    await expect(page.locator("#current .state")).to_have_text("対応中")
    await page.keyboard.press("1")
    await page.keyboard.press("1")
    await expect(page.locator(".items [data-key=juminhyo]")).to_contain_text("× 2")
    await page.keyboard.press("f")
    await expect(page.get_by_role("dialog")).to_contain_text("まだ 交付 が残っています")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(held(page)).to_have_count(0)
    await page.keyboard.press("u")
    await expect(held(page)).to_have_text("A001")
    await page.keyboard.press("p")
    await expect(held(page)).to_have_count(0)
    await page.keyboard.press("b")
    await expect(page.locator(".status [aria-pressed=true]")).to_contain_text("休憩")
    await page.keyboard.press("b")
    await expect(page.locator(".status [aria-pressed=true]")).to_contain_text("受付中")
    await page.keyboard.press("Space")
    await expect(told(page)).to_contain_text("お待ちの方はいません")
    await page.keyboard.press("/")
    await page.keyboard.type("a1")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_contain_text("保留")
    assert await state_of(site, "A001") is State.PARKED


async def test_finishing_before_the_last_stage_asks(site: Site, windows: Open):
    await issue(site.ledger, "moving")
    await site.ledger.call_next(OFFICE, "2")
    page = await at_desk(site, windows)
    await page.locator("#moves [data-do=finish]").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("確認・審査・交付")
    await dialog.get_by_role("button", name="戻る").click()
    assert await state_of(site, "B001") is State.CALLED
    await page.locator("#moves [data-do=finish]").click()
    await dialog.get_by_role("button", name="完了する").click()
    await expect(held(page)).to_have_count(0)
    assert await state_of(site, "B001") is State.FINISHED


async def test_two_windows_on_one_desk_never_skip_or_finish_a_visitor(site: Site, windows: Open):
    for _ in range(3):
        await issue(site.ledger)
    one, two = [await at_desk(site, windows, allowed=("409",)) for _ in range(2)]
    await asyncio.gather(big(one).click(), big(two).click())
    for page in (one, two):
        await expect(held(page)).to_have_text("C001")
    assert await count(site.ledger, events.Called) == 1
    await one.wait_for_timeout(800)  # a second press so soon would count as the same
    await asyncio.gather(big(one).click(), big(two).click())
    for page in (one, two):
        await expect(held(page)).to_have_text("C002")
    states = [await state_of(site, number) for number in ("C001", "C002", "C003")]
    assert states == [State.FINISHED, State.CALLED, State.WAITING]
    said = [await told(page).inner_text() for page in (one, two)]
    assert sum("別の画面" in text for text in said) == 1, said


async def test_the_second_half_of_a_double_click_finishes_nobody(site: Site, windows: Open):
    for _ in range(3):
        await issue(site.ledger)
    page = await at_desk(site, windows)
    await big(page).dblclick(delay=60)
    await expect(held(page)).to_have_text("C001")
    await expect(told(page)).to_contain_text("二度押し")
    assert await state_of(site, "C002") is State.WAITING


async def test_an_expired_key_loses_no_press(site: Site, windows: Open):
    access = Access(site.ledger.redis)
    old, credential = await access.new(Role.STAFF, OFFICE)
    address = site.address("desk/2").partition("#")[0]
    page = await windows(f"{address}#key={old}", allowed=("401", "WebSocket"))
    await big(page).wait_for()
    await issue(site.ledger)
    await expect(page.locator("#list li", has_text="C001")).to_be_visible()
    await access.revoke(credential.id)
    with site.live.client(old) as client:
        await asyncio.to_thread(
            wait_until, lambda: client.get(f"/api/v1/offices/{OFFICE}/tickets").status_code == 401
        )
    await big(page).dispatch_event("click")
    gate = page.locator("dialog.gate")
    await expect(gate.locator(".refused")).to_contain_text("これまでの鍵は使えなくなりました")
    assert await violations(page) == []
    await page.locator("#gate-key").fill(site.keys["desk"])
    await page.keyboard.press("Enter")
    await expect(held(page)).to_have_text("C001")
    await expect(page.locator("#away")).to_be_hidden()
    assert await count(site.ledger, events.Called) == 1


Start = Callable[[], Live]


@pytest.fixture
def start_again(site: Site, engine_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts the same service once more, on the same port."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(live(engine_url, tmp_path, port=site.live.port))


async def test_a_press_while_the_service_is_away_is_carried_out_once(
    site: Site, windows: Open, start_again: Start, pictures
):
    await issue(site.ledger)
    await issue(site.ledger)
    page = await at_desk(site, windows, allowed=OUTAGE)
    site.live.process.kill()
    site.live.process.wait()
    await big(page).click()
    waiting = page.locator(".unanswered")
    await expect(waiting).to_contain_text("「次を呼ぶ」を送っています")
    await expect(page.locator("#away")).to_contain_text("接続が切れています")
    assert await violations(page) == []
    await page.screenshot(path=pictures / "desk-away.png")
    await big(page).click(force=True)
    await expect(told(page)).to_contain_text("返事を待っています")
    start_again()
    await expect(held(page)).to_have_text("C001")
    await expect(waiting).to_have_count(0)
    await expect(page.locator("#away")).to_be_hidden()
    assert await count(site.ledger, events.Called) == 1


async def test_a_page_loaded_again_goes_on_with_its_press(site: Site, windows: Open):
    await issue(site.ledger)
    page = await at_desk(site, windows, allowed=OUTAGE)

    async def lose(route):  # it arrives; the answer does not
        await route.fetch()
        await route.abort()

    await page.route("**/call-next", lose)
    await big(page).click()
    await expect(page.locator(".unanswered")).to_be_visible()
    await page.reload()
    await page.unroute_all(behavior="ignoreErrors")
    await expect(told(page)).to_contain_text("C001 を呼びました")
    assert await count(site.ledger, events.Called) == 1


async def bring_to(ledger: Ledger, state: State) -> str:
    """A ticket in a state; those at a desk are at desk 2."""
    seq = (await issue(ledger, "moving")).ticket.seq
    steps: dict[State, list[Move]] = {
        State.WAITING: [],
        State.PARKED: [Move.PARK],
        State.CALLED: [Move.CALL],
        State.SERVING: [Move.CALL, Move.START],
        State.NO_SHOW: [Move.CALL, Move.NO_SHOW],
        State.PROCESSING: [Move.CALL, Move.FINISH_STAGE],
        State.READY: [Move.CALL, *[Move.FINISH_STAGE] * 3],
    }
    for move in steps[state]:
        if move is Move.CALL:
            await ledger.call(OFFICE, "2", ticket=seq)
        else:
            await ledger.advance(OFFICE, seq, move)
    ticket = (await ledger.ticket(OFFICE, seq)).ticket
    assert ticket.state is state
    return ticket.number


@pytest.mark.parametrize("state", [State.CALLED, State.SERVING])
async def test_the_desk_offers_every_legal_move_and_no_other(
    site: Site, windows: Open, state: State
):
    await issue(site.ledger, "certificates")
    called = (await site.ledger.call_next(OFFICE, "2")).ticket
    assert called is not None
    if state is State.SERVING:
        await site.ledger.advance(OFFICE, called.seq, Move.START)
    page = await at_desk(site, windows)
    shown = await page.locator("#moves [data-do], #current [data-move]").evaluate_all(
        "all => all.map(each => each.dataset.do ?? each.dataset.move)"
    )
    ticket = (await site.ledger.ticket(OFFICE, called.seq)).ticket
    both = {"no-show-next"} if state is State.CALLED else set()  # a no-show, and then a call
    assert set(shown) == set(allowed(ticket)) | both


@pytest.mark.parametrize(
    "state", [State.WAITING, State.PARKED, State.NO_SHOW, State.PROCESSING, State.READY]
)
async def test_a_ticket_in_a_list_offers_every_legal_move_and_no_other(
    site: Site, windows: Open, state: State
):
    number = await bring_to(site.ledger, state)
    page = await at_desk(site, windows)
    await page.locator("#find").fill(number)
    await page.keyboard.press("Enter")
    shown = await page.locator("#dialog .moves [data-do]").evaluate_all(
        "all => all.map(each => each.dataset.do)"
    )
    ticket = next(
        each.ticket for each in await site.ledger.tickets(OFFICE) if each.ticket.number == number
    )
    assert set(shown) == set(allowed(ticket)) - {Move.SET_ITEMS}  # only at the desk


async def test_the_one_tap_of_each_list_does_what_it_says(site: Site, windows: Open):
    for state in (State.PARKED, State.NO_SHOW, State.WAITING):
        await bring_to(site.ledger, state)
    page = await at_desk(site, windows)
    await page.locator("#tab-no_show").click()
    await page.get_by_role("button", name="B002 戻られた").click()
    await expect(told(page)).to_contain_text("列に戻しました")
    await page.locator("#tab-parked").click()
    await page.get_by_role("button", name="B001 待ちへ戻す").click()
    await expect(told(page)).to_contain_text("待ちへ戻しました")
    await big(page).click()
    await expect(held(page)).to_have_text("B002")  # whoever came back is next


async def test_what_colleagues_do_is_seen_within_a_second(site: Site, windows: Open):
    await issue(site.ledger, "certificates")
    page = await at_desk(site, windows)
    row = page.locator("#list li", has_text="A001")
    await expect(row).to_be_visible()
    begin = monotonic()
    await site.ledger.call_next(OFFICE, "1")
    await expect(row).to_have_count(0)
    await expect(page.locator("#colleagues li", has_text="A001")).to_be_visible()
    assert monotonic() - begin < 1


async def test_a_press_that_a_colleague_overtook_is_answered_kindly(site: Site, windows: Open):
    await issue(site.ledger, "certificates")
    page = await at_desk(site, windows, allowed=("409", "ERR_FAILED"))
    await page.route("**/tickets?*", lambda route: route.abort())  # this page hears late
    await site.ledger.call_next(OFFICE, "1")
    await page.get_by_role("button", name="A001 呼ぶ").click()
    await expect(told(page)).to_contain_text("すでに「呼出中」")


async def test_a_visit_that_takes_half_an_hour_may_be_forgotten(site: Site, windows: Open):
    await issue(site.ledger)
    called = (await site.ledger.call_next(OFFICE, "2")).ticket
    assert called is not None
    await site.ledger.advance(OFFICE, called.seq, Move.START)
    page = await at_desk(site, windows)
    question = page.locator(".forgotten")

    async def later(minutes: int) -> None:
        await site.ledger.simulate(OFFICE, TEN_O_CLOCK + minutes * MINUTE_MS, 0)
        await issue(site.ledger)
        await expect(page.locator("#current .timer")).to_contain_text(f"{minutes % 60}:0")

    await later(29)
    await expect(question).to_have_count(0)
    await later(31)
    await expect(question).to_contain_text("C001 は 31 分")
    await question.get_by_role("button", name="まだ対応中").click()
    await expect(question).to_have_count(0)
    await later(59)
    await expect(question).to_have_count(0)
    await later(62)
    await question.get_by_role("button", name="終わっていた").click()
    await expect(held(page)).to_have_count(0)
    assert await state_of(site, "C001") is State.FINISHED


async def test_a_strip_shows_everything_without_sideways_scrolling(
    site: Site, windows: Open, pictures
):
    for service in ("certificates", "moving", "insurance") * 8:
        await issue(site.ledger, service, needs=("wheelchair", "interpreter"), language="en")
    for language in ("ja", "ja-easy", "en"):
        page = await at_desk(site, windows, f"2?lang={language}", **STRIP)
        await big(page).click()
        await expect(held(page)).to_be_visible()
        await page.screenshot(path=pictures / f"desk-strip-{language}.png")
        for act in ("help", "transfer"):
            assert await page.evaluate("document.documentElement.scrollWidth") <= STRIP["width"]
            await page.locator(f"[data-do={act}]").first.click()
            await expect(page.locator("#dialog")).to_be_visible()
            wide = "one => one.scrollWidth <= one.clientWidth"
            assert await page.locator("#dialog").evaluate(wide), act
            await page.keyboard.press("Escape")
        await page.locator("#moves [data-do=park]").click()
        await expect(held(page)).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
async def test_the_desk_can_be_used_by_everyone(site: Site, windows: Open, theme: str, pictures):
    for service in ("certificates", "moving", "insurance") * 4:
        await issue(site.ledger, service, needs=("hearing",), priority="priority", language="en")
    for state in (State.PARKED, State.NO_SHOW, State.PROCESSING, State.READY):
        await bring_to(site.ledger, state)
    page = await at_desk(site, windows)
    await page.keyboard.press("?")
    await page.locator(f"[data-do=theme][data-value={theme}]").click()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await page.locator("#list li", has_text="A001").locator("[data-do=call]").click()
    await page.locator("[data-do=add]").first.click()
    await page.locator("#find").fill("B")
    for name in ("processing", "ready", "no_show", "parked", "waiting"):
        await page.locator(f"#tab-{name}").click()
        assert await violations(page) == [], name
    await page.screenshot(path=pictures / f"desk-{theme}.png")
    for act in ("finish", "transfer", "set-priority", "set-needs", "cancel"):
        await page.locator(f"#moves [data-do={act}]").click()
        assert await violations(page) == [], act
        await page.keyboard.press("Escape")
    await page.locator("#list .ticket").first.click()
    assert await violations(page) == []


async def test_single_keys_can_be_switched_off_and_stay_off(site: Site, windows: Open):
    await issue(site.ledger)
    page = await at_desk(site, windows)
    await page.keyboard.press("?")
    await page.locator("[data-do=keys]").click()
    await page.keyboard.press("Escape")
    await page.reload()
    await big(page).wait_for()
    await page.keyboard.press("n")
    await page.keyboard.press("?")  # still finds the switch
    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(held(page)).to_have_count(0)
    await page.locator("[data-do=keys]").click()
    await page.keyboard.press("Escape")
    await page.locator("#find").press_sequentially("n")  # nothing happens while somebody types
    await expect(page.locator("#find")).to_have_value("n")
    await page.locator("#find").blur()
    await page.keyboard.press("n")
    await expect(held(page)).to_have_text("C001")


async def test_a_desk_chooses_its_services_and_holds_a_visitor_before_a_break(
    site: Site, windows: Open
):
    await issue(site.ledger, "moving")
    await issue(site.ledger, "insurance")
    page = await at_desk(site, windows)
    chip = page.locator("[data-do=serve][data-value=moving]")
    await chip.click()
    await expect(chip).to_have_attribute("aria-pressed", "false")
    await big(page).click()
    await expect(held(page)).to_have_text("C001")
    await page.keyboard.press("b")
    await expect(told(page)).to_contain_text("いま C001 の方に対応中です")
    status = (await site.ledger.snapshot(OFFICE)).desks["2"]
    assert (status.status, status.services) == ("open", ("certificates", "insurance"))


async def test_taps_on_items_add_up(site: Site, windows: Open):
    await issue(site.ledger, "certificates")
    called = (await site.ledger.call_next(OFFICE, "2")).ticket
    assert called is not None
    page = await at_desk(site, windows)
    taps = ["juminhyo", "juminhyo", "inkan", "juminhyo"]  # faster than any answer
    await page.evaluate(
        "taps => taps.forEach(each => document.querySelector(`[data-do=add][data-value=${each}]`).click())",
        taps,
    )
    await page.locator(".items [data-do=less][data-value=inkan]").click()
    await expect(page.locator(".items [data-key=juminhyo]")).to_contain_text("× 3")
    await big(page).click()
    await expect(told(page)).to_contain_text("A001 を呼びました")
    ticket = (await site.ledger.ticket(OFFICE, called.seq)).ticket
    assert [(each.procedure, each.quantity) for each in ticket.items] == [("juminhyo", 3)]
