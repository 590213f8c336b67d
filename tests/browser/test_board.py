"""The lobby's board as people see and hear it: a real browser before a real service."""

import re
import signal
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

import pytest
from msgspec.structs import replace
from playwright.async_api import Page, async_playwright, expect

from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.offices import Office
from queue_service.tickets import Move
from tests.browser.conftest import CHROMIUM, Open, Site, violations
from tests.hall import OFFICE, issue
from tests.live import SMALL, wait_until

pytestmark = pytest.mark.browser

FULL_HD = (1920, 1080)
PORTRAIT = (1080, 1920)
LEAST_PX = 81  # 40 mm at 10 m, on a screen of 43 inches with 1080 lines
OFFLINE_S = 5.0
LEAST_CONTRAST = 7
QUIET_MS = 9_000  # longer than a screen waits before it says that it is cut off
MANY = 20
CUT = ("WebSocket", "ERR_CONNECTION", "Failed to load")  # what a browser says of a lost service

# The contrast of every text with what lies behind it, by the formula of WCAG; the lowest first.
CONTRAST = """() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
      if (colour[3] > 0) throw new Error("half transparent: " + at.outerHTML.slice(0, 80));
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    if (element.closest(".spoken")) continue;
    const [one, other] = [parse(getComputedStyle(element).color), behind(element)].map(light);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    found.push([Math.round(ratio * 100) / 100, walker.currentNode.textContent.trim()]);
  }
  return found.sort((one, other) => one[0] - other[0]);
}"""

# What does not fit: an element whose contents stick out, or a line that leaves the screen.
STICKS_OUT = """() => {
  const inner = "#calls, #others, .call, .to, #ready, #services, #queues li, main, footer, .top";
  const shown = [...document.querySelectorAll(inner)].filter((each) => each.checkVisibility());
  const over = shown.filter((each) => each.scrollWidth > each.clientWidth + 1 ||
    (each.matches("#calls, #others, #services, #ready, main") &&
     each.scrollHeight > each.clientHeight + 1));
  const out = shown.filter((each) => each.getBoundingClientRect().bottom > innerHeight + 1);
  // Of a number, only the glyphs have to be inside: its line is higher than they are.
  const cut = [...document.querySelectorAll("#calls .call")].filter((each) => {
    const inner = each.querySelector(".number").getBoundingClientRect();
    const outer = each.getBoundingClientRect();
    const slack = inner.height * 0.12;
    return inner.top + slack < outer.top || inner.bottom - slack > outer.bottom;
  });
  return [...over, ...out, ...cut].map((each) => `${each.id}.${each.className} ${each.textContent.trim()}`);
}"""

SIZES = """() => [...document.querySelectorAll("#calls .number, #ready .number")]
  .map((each) => parseFloat(getComputedStyle(each).fontSize))"""


# Notes how long the recording is that the page plays, in seconds.
LISTEN = """() => {
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (...when) {
    document.documentElement.dataset.heard = this.buffer.duration;
    return start.apply(this, when);
  };
}"""


async def call(ledger: Ledger, desk: str = "2", language: str = "ja") -> tuple[int, str]:
    """A visitor comes and is called; returns the call's entry and the number."""
    await issue(ledger, "certificates" if desk in ("1", "3") else "insurance", language=language)
    shown = await ledger.call_next(OFFICE, desk)
    assert shown is not None and shown.ticket.call_entry is not None
    return shown.ticket.call_entry, shown.ticket.number


async def said(page: Page) -> list[int]:
    """The entries of the calls that were announced, in their order."""
    return await page.locator("#said [data-entry]").evaluate_all(
        "all => all.map((each) => Number(each.dataset.entry))"
    )


async def until_said(page: Page, entry: int) -> None:
    await expect(page.locator(f'#said [data-entry="{entry}"]')).to_have_count(1)


async def test_a_call_is_seen_and_announced(site: Site, windows: Open) -> None:
    page = await windows(site.address("board"), *FULL_HD)
    await expect(page.locator(".nobody")).to_be_visible()
    entry, number = await call(site.ledger)
    newest = page.locator("#hero .call")
    await expect(newest.locator(".number")).to_have_text(number)
    await expect(newest.locator(".desk .figure")).to_have_text("2")
    await expect(newest).to_contain_text("2番窓口へお越しください")
    await expect(newest).to_contain_text("Please come to Desk 2")
    await expect(newest.locator(".floor")).to_contain_text("1階")
    await until_said(page, entry)
    heard = page.locator("#said p")
    await expect(heard).to_have_text("番号札、シーの一番の方、一階、二番窓口へお越しください。")
    assert await heard.get_attribute("lang") == "ja"


async def test_a_visitor_is_called_in_the_language_of_the_ticket(site: Site, windows: Open) -> None:
    page = await windows(site.address("board"), *FULL_HD)
    entry, _ = await call(site.ledger, language="en")
    await until_said(page, entry)
    await expect(page.locator("#said p")).to_have_text(
        "Ticket C 1, please come to desk 2, floor 1."
    )
    entry, _ = await call(site.ledger, "1", language="ja-easy")
    await until_said(page, entry)
    await expect(page.locator("#hero .come")).to_contain_text("に きて ください")


async def test_a_handover_has_its_own_look_and_sentence(site: Site, windows: Open) -> None:
    page = await windows(site.address("board"), *FULL_HD)
    shown = await issue(site.ledger, "certificates")
    await site.ledger.call_next(OFFICE, "1")
    await expect(page.locator("#ready-none")).to_be_visible()
    await site.ledger.advance(OFFICE, shown.ticket.seq, Move.FINISH_STAGE)
    await expect(page.locator("#ready .number")).to_have_text(shown.ticket.number)
    called = await site.ledger.call_next(OFFICE, "3")
    assert called is not None and called.ticket.call_entry is not None
    newest = page.locator('#hero .call[data-stage="handover"]')
    await expect(newest.locator(".label")).to_contain_text("書類ができました")
    await expect(page.locator("#ready .number")).to_have_count(0)
    await until_said(page, called.ticket.call_entry)
    await expect(page.locator("#said p").last).to_contain_text("書類ができました")


async def test_a_call_that_is_taken_back_is_visibly_withdrawn(site: Site, windows: Open) -> None:
    page = await windows(site.address("board"), *FULL_HD)
    shown = await issue(site.ledger)
    await site.ledger.call_next(OFFICE, "2")
    place = page.locator("#hero .call")
    await expect(place.locator(".number")).to_have_text(shown.ticket.number)
    await site.ledger.undo(OFFICE, shown.ticket.seq)
    withdrawn = page.locator("#hero .call[data-withdrawn]")
    await expect(withdrawn.locator(".number")).to_have_css("text-decoration-line", "line-through")
    await expect(withdrawn.locator(".label")).to_contain_text("取消")
    await expect(page.locator(".nobody")).to_be_visible()  # some seconds later


async def test_a_reload_repeats_nothing(site: Site, windows: Open) -> None:
    page = await windows(site.address("board"), *FULL_HD)
    first, _ = await call(site.ledger)
    await until_said(page, first)
    await page.reload()
    await expect(page.locator("#hero .call")).to_be_visible()
    second, _ = await call(site.ledger, "1")
    await until_said(page, second)
    assert await said(page) == [second]


async def test_it_says_within_five_seconds_that_it_is_cut_off_and_catches_up(
    site: Site, windows: Open
) -> None:
    page = await windows(site.address("board"), *FULL_HD, allowed=CUT)
    first, number = await call(site.ledger)
    await until_said(page, first)
    site.live.process.send_signal(signal.SIGSTOP)  # mute, with its connections open
    cut = monotonic()
    await expect(page.locator("#away")).to_contain_text("通信が切れています。 10:00 の表示です")
    assert monotonic() - cut < OFFLINE_S + 0.5  # the test's own eye is slow, too
    await expect(page.locator("#hero .number")).to_have_text(number)
    assert (await page.evaluate(CONTRAST))[0][0] >= LEAST_CONTRAST
    missed, _ = await call(site.ledger, "1")
    gone = (await issue(site.ledger, "moving")).ticket
    await site.ledger.call_next(OFFICE, "3")
    site.live.process.send_signal(signal.SIGCONT)
    await expect(page.locator("#away")).to_be_hidden()
    await until_said(page, missed)
    assert gone.number not in await page.locator("#calls").inner_text()
    assert await said(page) == [first, missed]


async def test_a_service_that_ended_is_noticed_and_one_that_comes_back_is_found(
    site: Site, windows: Open
) -> None:
    page = await windows(site.address("board"), *FULL_HD, allowed=CUT)
    first, _ = await call(site.ledger)
    await until_said(page, first)
    site.live.process.kill()
    cut = monotonic()
    await expect(page.locator("#away")).to_be_visible()
    assert monotonic() - cut < OFFLINE_S
    second, number = await call(site.ledger, "1")
    site.live.process.wait()
    restarted = site.live.process.again()
    try:
        await expect(page.locator("#hero .number")).to_have_text(number)
        await expect(page.locator("#away")).to_be_hidden()
        await until_said(page, second)
    finally:
        restarted.kill()
        restarted.wait()
    assert await said(page) == [first, second]


@pytest.mark.slow
async def test_a_quiet_hall_is_not_taken_for_a_lost_line(site: Site, windows: Open) -> None:
    page = await windows(site.address("board"), *FULL_HD)
    await expect(page.locator("#clock")).not_to_be_empty()  # the first board is there
    await expect(page.locator("#away")).to_be_hidden()
    shown = """(ms) => new Promise((resolve) => {
      const away = document.querySelector("#away");
      const watcher = new MutationObserver(() => !away.hidden && resolve(away.textContent));
      watcher.observe(away, { attributes: true });
      setTimeout(() => resolve(null), ms);
    })"""
    assert await page.evaluate(shown, QUIET_MS) is None


@pytest.mark.parametrize(("width", "height"), [FULL_HD, PORTRAIT])
async def test_numbers_are_large_enough_for_the_last_row(
    site: Site, windows: Open, width: int, height: int
) -> None:
    ready = (await issue(site.ledger, "certificates")).ticket
    await site.ledger.call_next(OFFICE, "1")
    await site.ledger.advance(OFFICE, ready.seq, Move.FINISH_STAGE)
    await issue(site.ledger)
    await site.ledger.call_next(OFFICE, "2", services=("insurance",))
    for distance, least in ((10, LEAST_PX), (20, 2 * LEAST_PX)):
        page = await windows(site.address(f"board?distance={distance}&inch=43"), width, height)
        await expect(page.locator("#ready .number")).to_be_visible()
        await expect(page.locator("#hero .number")).to_be_visible()
        assert min(await page.evaluate(SIZES)) >= least
        assert await page.evaluate(STICKS_OUT) == []


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
async def test_everyone_can_read_it(site: Site, windows: Open, theme: str, pictures: Path) -> None:
    shown = await issue(site.ledger)
    await site.ledger.call_next(OFFICE, "2")
    await site.ledger.advance(OFFICE, shown.ticket.seq, Move.FINISH)
    await call(site.ledger, "1")
    await call(site.ledger, "2")
    await site.ledger.set_notice(OFFICE, {"ja": "本日は4時まで", "en": "Until four today"})
    page = await windows(site.address(f"board?theme={theme}"), *FULL_HD)
    await expect(page.locator("#notice")).to_be_visible()
    await expect(page.locator("#hero .call")).to_be_visible()
    assert await violations(page) == []
    assert [each for each in await page.evaluate(CONTRAST) if each[0] < LEAST_CONTRAST] == []
    await page.screenshot(path=pictures / f"board-{theme}.png")


def crowded_hall() -> Office:
    """As many services and desks as a screen has to show at once."""
    services = "\n".join(
        f"  - {{id: service-{n}, name: {{ja: 国民健康保険の手続き, en: Health insurance}}, "
        f"prefix: {chr(ord('A') + n)}, stages: [reception, handover]}}"
        for n in range(MANY)
    )
    desks = "\n".join(
        f'  - {{id: "{n + 1}", name: {{ja: {n + 1}番窓口, en: Desk {n + 1}}}, zone: {n % 2 + 1}F, '
        f"services: [service-{n}]}}"
        for n in range(MANY)
    )
    return read_office(
        f"id: {OFFICE}\nname: {{ja: 大きな役所, en: Large office}}\ntimezone: Asia/Tokyo\n"
        f"services:\n{services}\ndesks:\n{desks}\n",
        "crowded.yaml",
    )


@pytest.mark.parametrize(("width", "height"), [FULL_HD, PORTRAIT])
async def test_twenty_services_and_twenty_calls_fit_without_scrolling(
    site: Site, windows: Open, width: int, height: int, pictures: Path
) -> None:
    await site.ledger.apply_office(crowded_hall())
    for n in range(MANY):
        await issue(site.ledger, f"service-{n}")
        await issue(site.ledger, f"service-{n}")
        await site.ledger.call_next(OFFICE, str(n + 1))
    page = await windows(site.address("board"), width, height, allowed=CUT)
    await expect(page.locator("#office")).to_contain_text("大きな役所")
    await expect(page.locator("#queues li")).to_have_count(MANY)
    await expect(page.locator("#calls .call")).to_have_count(MANY)
    assert await page.evaluate(STICKS_OUT) == []
    assert min(await page.evaluate(SIZES)) >= LEAST_PX
    assert [each for each in await page.evaluate(CONTRAST) if each[0] < LEAST_CONTRAST] == []
    await page.screenshot(path=pictures / f"board-crowded-{width}x{height}.png")
    site.live.process.kill()
    await expect(page.locator("#away")).to_be_visible()  # takes room, which the calls then lack
    assert await page.evaluate(STICKS_OUT) == []
    assert min(await page.evaluate(SIZES)) >= LEAST_PX


async def test_a_floor_shows_its_own_calls_and_services(site: Site, windows: Open) -> None:
    page = await windows(site.address("board?zone=2F"), *FULL_HD)
    await expect(page.locator("#zone")).to_contain_text("2階")
    await expect(page.locator("#queues .prefix")).to_have_text(["A", "B"])
    await call(site.ledger)
    shown = await issue(site.ledger, "certificates")
    await site.ledger.call_next(OFFICE, "1")
    await site.ledger.advance(OFFICE, shown.ticket.seq, Move.FINISH_STAGE)
    await site.ledger.call_next(OFFICE, "3")
    await expect(page.locator("#calls .number")).to_have_text([shown.ticket.number])


async def test_a_screen_says_that_it_is_silent_until_it_is_touched_and_can_be_muted(
    site: Site, windows: Open
) -> None:
    page = await windows(site.address("board"), *FULL_HD)
    button = page.locator("#sound")
    await expect(button).to_have_text("音声オン")
    await button.click()
    await expect(button).to_have_text("音声オフ")
    await page.reload()
    await expect(button).to_have_text("音声オフ")
    entry, _ = await call(site.ledger)
    await until_said(page, entry)
    assert await page.locator("#said p").get_attribute("data-form") == "chime"
    await button.click()
    await expect(button).to_have_text("音声オン")


async def test_a_browser_that_wants_to_be_touched_first_is_said_to_be_silent(site: Site) -> None:
    async with async_playwright() as playwright:
        wary = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await wary.new_page(locale="ja-JP")
        # Whoever looks at the page through the debugger has touched it: not before it has its sound.
        async with page.expect_websocket():
            await page.goto(site.address("board"))
        button = page.locator("#sound")
        await expect(button).to_have_text("音声オフ（押すと音が出ます）")
        await button.click()
        await expect(button).to_have_text("音声オン")
        await wary.close()


@pytest.mark.skipif(
    find_spec("pyopenjtalk") is None,
    reason="NO SPEECH ENGINE: install the extra `voice`; nothing was heard",
)
async def test_a_browser_without_a_voice_lets_the_service_speak(site: Site, windows: Open) -> None:
    with site.live.client(site.keys["board"]) as client:
        wait_until(lambda: client.get(f"{SMALL}/voice").json()["awake"])
    page = await windows(site.address("board"), *FULL_HD)
    await page.evaluate(LISTEN)
    await expect(page.locator("#services")).to_be_visible()
    entry, _ = await call(site.ledger)
    await until_said(page, entry)
    assert await page.locator("#said p").get_attribute("data-form") == "full"
    await expect(page.locator("html")).to_have_attribute("data-heard", re.compile(r"^[3-9]\."))


async def test_the_offices_own_notices_take_turns_and_stand_still_for_who_wants_it(
    site: Site, windows: Open, office: Office
) -> None:
    slides = (
        {"ja": "閉庁日のお知らせ", "en": "Holidays"},
        {"ja": "駐車場のお知らせ", "en": "Parking"},
    )
    await site.ledger.apply_office(replace(office, slides=slides))
    page = await windows(site.address("board"), *FULL_HD, reduced_motion="reduce")
    await expect(page.locator(".slide")).to_contain_text("閉庁日")
    assert not await page.locator("[data-act=pause][data-running]").count()
    await page.locator("[data-act=next]").click()
    await expect(page.locator(".slide")).to_contain_text("Parking")


async def test_a_board_without_a_key_asks_for_one(site: Site, windows: Open) -> None:
    page = await windows(site.address("board").partition("#")[0], *FULL_HD)
    await expect(page.locator("dialog.gate")).to_be_visible()
    assert await page.locator(".gate .refused").count() == 0
    await page.locator("#gate-key").fill(site.keys["board"])
    await page.keyboard.press("Enter")
    await expect(page.locator("#services")).to_be_visible()
    await expect(page.locator("#away")).to_be_hidden()
