"""The analyst's page: what was played stands on it, to the ticket, in pictures, sentences and tables."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from queue_service.access import Access, Role
from queue_service.definitions import definitions
from queue_service.hours import MINUTE_MS
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.offices import Office
from queue_service.refusals import Closed
from queue_service.tickets import Move
from queue_service.waits import learn_waits
from tests.browser.conftest import Open, Site, violations
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, issue
from tests.live import SMALL, wait_for_port

pytestmark = pytest.mark.browser

OFFICE_YAML = """
id: small
name: {ja: 小さな役所, en: Small office}
timezone: Asia/Tokyo
reception_hours: [{from: 2025-01-01, hours: {mon-fri: "09:00-11:00"}}]
services:
  - id: certificates
    name: {ja: 証明書, en: Certificates}
    section: 市民課
    prefix: A
    stages: [reception, handover]
  - {id: moving, name: {ja: 転入・転出, en: Moving}, section: 市民課, prefix: B}
  - {id: insurance, name: {ja: 国民健康保険, en: Health insurance}, section: 保険課, prefix: C}
desks:
  - {id: "1", name: {ja: 1番窓口, en: Desk 1}, services: [certificates]}
  - {id: "2", name: {ja: 2番窓口, en: Desk 2}, services: [moving, insurance]}
"""
SECTIONS = (
    *("yesterday", "today", "clock", "days", "week", "services", "sections", "desks"),
    *("visits", "stages", "line", "compare", "estimates", "terms"),
)
WITHOUT = ("compare", "estimates", "terms")  # a chart, in the hall that is played here
DAY_MINUTES = 24 * 60
MONDAYS = (0, 7, 14)  # days after 24 November 2025
TODAY = 15
YESTERDAY = "2025-12-08"
RANGE = {"from": "2025-11-24", "to": YESTERDAY}
BY_ADDRESS = f"?from={RANGE['from']}&to={RANGE['to']}"
A_LOOK_MS = 30_000  # today's figures are asked again so often


@pytest.fixture
def office() -> Office:
    """An office that is open for two hours of every weekday."""
    return read_office(OFFICE_YAML, "office.yaml")


async def clock(ledger: Ledger, day: int, minutes: int) -> None:
    """Let it be so many minutes after nine, so many days after 24 November 2025."""
    since_ten = day * DAY_MINUTES + minutes - 60
    await ledger.simulate(OFFICE, TEN_O_CLOCK + since_ten * MINUTE_MS, 0)


async def serve(ledger: Ledger, desk: str, move: Move) -> None:
    """Call the next visitor to a desk, and do something with him or her."""
    called = (await ledger.call_next(OFFICE, desk)).ticket
    assert called is not None
    if move is not Move.NO_SHOW:
        await ledger.advance(OFFICE, called.seq, Move.START)
    await ledger.advance(OFFICE, called.seq, move)


async def play(ledger: Ledger, day: int, visits: int) -> None:
    """A morning: visitors every four minutes, desks every seven, so that waits grow."""
    kinds = ("certificates", "moving", "insurance", "certificates", "insurance")
    come = [kinds[n % len(kinds)] for n in range(visits)]
    happens: list[tuple[int, int, Any]] = [
        (3 + 4 * n, 0, ("issue", kind)) for n, kind in enumerate(come)
    ]
    certificates = come.count("certificates")
    for n in range(certificates):
        happens.append((8 + 11 * n, 1, ("1", Move.FINISH_STAGE)))
        happens.append((8 + 11 * n + 4, 2, ("1", Move.FINISH)))
    for n in range(visits - certificates - 1):  # the last one is never called
        move = Move.NO_SHOW if n == 1 else Move.FINISH
        happens.append((9 + 9 * n, 3, ("2", move)))
    for minutes, _, (who, what) in sorted(happens, key=lambda each: each[:2]):
        await clock(ledger, day, minutes)
        if who == "issue":
            await issue(ledger, what)
        else:
            await serve(ledger, who, what)
    await clock(ledger, day, 150)
    with pytest.raises(Closed):
        await issue(ledger)  # half an hour after closing: turned away


class Told:
    """What the service answers an analyst."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def __call__(self, table: str = "arrivals", **query: str) -> dict[str, Any]:
        with self._site.live.client() as analyst:
            answer = analyst.get(f"{SMALL}/stats/{table}", params=query)
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            return found

    def rows(self, service: str = "*", **query: str) -> list[dict[str, Any]]:
        return [row for row in self(**query)["rows"] if row["service"] == service]


@pytest.fixture
async def played(site: Site) -> AsyncIterator[Site]:
    """Three Mondays of the office, its other days without any figure, and today's first visitor."""
    for day, visits in zip(MONDAYS, (10, 14, 17), strict=True):
        await play(site.ledger, day, visits)
    await clock(site.ledger, TODAY, 12)
    await issue(site.ledger, "moving")
    site.keys["stats"] = (await Access(site.ledger.redis).new(Role.ANALYST, OFFICE))[0]
    return site


async def stats(site: Site, windows: Open, query: str = BY_ADDRESS, **more: Any) -> Page:
    """The page when every section has its figures."""
    page = await windows(site.address(f"stats{query}"), **more)
    await settled(page)
    return page


async def settled(page: Page) -> None:
    await expect(page.locator("section[aria-busy=false]")).to_have_count(len(SECTIONS))


async def cells(page: Page, table: str) -> list[list[str]]:
    """The rows of a table, heads of rows first."""
    found: list[list[str]] = await page.locator(f"#{table} tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    )
    return found


def minutes(seconds: float | None) -> str:
    return "–値なし" if seconds is None else f"{seconds / 60:.1f}"


def tenth(figure: float) -> str:
    """As it is written: to a tenth, and no tenth of a whole number."""
    return f"{figure:.1f}".removesuffix(".0")


def left(row: dict[str, Any]) -> int:
    return row["cancelled"] + row["expired"]


async def tiles(page: Page, section: str) -> dict[str, str]:
    found: dict[str, str] = await page.locator(f"#{section} .tiles > div").evaluate_all(
        "all => Object.fromEntries(all.map(each => "
        "[each.querySelector('dt').textContent, each.querySelector('dd').innerText]))"
    )
    return found


async def test_the_page_opens_with_the_latest_day_against_the_same_weekdays(
    played: Site, windows: Open
):
    page = await stats(played, windows, "")
    told = Told(played)
    (day,) = told.rows(**{"from": YESTERDAY, "to": YESTERDAY}, bin="day", within="15")
    before = {"from": "2025-11-10", "to": "2025-12-07", "bin": "day", "by": "time,weekday"}
    before |= {"within": "15"}
    (usual,) = [row for row in told.rows(**before) if row["weekday"] == "mon"]
    assert (day["arrivals"], usual["arrivals"], day["refused"]) == (17, 24, 1)
    section = page.locator("#yesterday")
    await expect(section.locator("h2")).to_have_text("昨日 2025年12月8日(月)")
    await expect(section.locator(".lead")).to_contain_text("17 人が来庁しました")
    await expect(section.locator(".lead")).to_contain_text("ふだんの月曜日（平均 12 人）より 5 人")
    shown = await tiles(page, "yesterday")
    assert shown["来庁者"] == "17\nふだん 12"
    usually = minutes(usual["wait_p50_s"])
    assert shown["待ち時間の中央値"] == f"{minutes(day['wait_p50_s'])} 分\nふだん {usually} 分"
    usually = minutes(usual["wait_p90_s"])
    assert shown["待ち時間の 90 % 点"] == f"{minutes(day['wait_p90_s'])} 分\nふだん {usually} 分"
    soon, usually = (
        f"{tenth(100 * row['served_within'] / row['served'])}%" for row in (day, usual)
    )
    assert shown["15 分以内に対応"] == f"{soon}\nふだん {usually}"
    assert shown["対応前に帰った人"] == f"{left(day)}\nふだん {tenth(left(usual) / 2)}"
    assert shown["受付できなかった人"] == "1\nふだん 1"
    halves = told.rows(**{"from": YESTERDAY, "to": YESTERDAY}, bin="30")
    worst = max((row for row in halves if row["served"] >= 3), key=lambda row: row["wait_p50_s"])
    assert shown["最も待った 30 分"].startswith(worst["start"][11:16])


async def test_the_quality_of_the_figures_is_said(played: Site, windows: Open):
    page = await stats(played, windows)
    await expect(page.locator("#yesterday .lead")).to_contain_text("終了の押し忘れ 0 件")
    for section in ("clock", "days", "week", "services", "visits", "stages"):
        scope = page.locator(f"#{section} .scope")
        told = Told(played)(**RANGE, bin="day")
        await expect(scope).to_contain_text(f"来庁 {told['n']} 件")
        await expect(scope).to_contain_text(f"記録のない日 {len(told['missing_days'])} 日")
        await expect(scope).to_contain_text(f"台帳 {told['as_of']} 番まで")


async def test_every_table_says_what_the_service_says(played: Site, windows: Open):
    page = await stats(played, windows)
    told = Told(played)
    await expect(page.locator("#clock-table")).to_have_count(1)
    expected = [
        [
            f"{row['time']}–",
            *(str(row["arrivals"]), tenth(row["arrivals"] / len(MONDAYS)), str(row["served"])),
            *(str(left(row)), str(row["refused"])),
            *(minutes(row["wait_p50_s"]), minutes(row["wait_p90_s"])),
        ]
        for row in told.rows(**RANGE, bin="30", by="time")
    ]
    shown = [[row[0][:6], *row[1:]] for row in await cells(page, "clock-table")]
    assert [row for row in shown if row[0] in {each[0] for each in expected}] == expected

    totals = told(**RANGE, bin="day", by="time")["rows"]
    names = {"certificates": "証明書", "moving": "転入・転出", "insurance": "国民健康保険"}
    assert await cells(page, "services-table") == by_place(
        (names[row["service"]], row) for row in totals if row["service"] != "*"
    )
    sections = told.rows(**RANGE, bin="day", by="time,section")
    assert await cells(page, "sections-table") == by_place(
        (row["section"], row) for row in sections
    )
    desks = told.rows(**RANGE, bin="day", by="time,desk")
    assert await cells(page, "desks-table") == by_place(
        (f"{row['desk']}番窓口" if row["desk"] else "窓口なし（呼出し前）", row) for row in desks
    )
    parts = {row[0]: row[4] for row in await cells(page, "visits-table")}
    (whole,) = [row for row in totals if row["service"] == "certificates"]
    assert parts["証明書"] == " / ".join(
        minutes(whole[f"handover_wait_{each}_s"]) for each in ("p50", "p90")
    )
    assert parts["国民健康保険"] == minutes(None)


async def test_every_stage_of_every_service_is_told_and_drawn(played: Site, windows: Open):
    page = await stats(played, windows)
    rows = Told(played)("stages", **RANGE, bin="day", by="time")["rows"]
    names = {"*": "庁舎全体", "certificates": "証明書", "moving": "転入・転出"}
    names["insurance"] = "国民健康保険"
    stages = {"reception": "受付", "handover": "交付"}
    shown = {row[0]: row[1:] for row in await cells(page, "stages-table")}
    assert shown == {
        f"「{names[row['service']]}」の{stages[row['stage']]}": [
            *(str(row["visits"]), str(row["called"])),
            *(minutes(row[f"stage_wait_{each}_s"]) for each in ("mean", "p50", "p90")),
            str(row["handled"]),
            *(minutes(row[f"stage_time_{each}_s"]) for each in ("mean", "p50", "p90")),
        ]
        for row in rows
    }
    assert len(shown) == 6  # reception of all and of three services, hand-over of all and of one
    for kind, count in (("wait", "called"), ("time", "handled")):
        drawn = page.locator(f"[data-chart=stages-stage_{kind}] .range")
        assert await drawn.count() == sum(row[count] > 0 for row in rows if row["service"] != "*")
    worst = max(
        (row for row in rows if row["service"] != "*"), key=lambda row: row["stage_wait_p50_s"] or 0
    )
    said = f"待ちが最も長いのは「{names[worst['service']]}」の{stages[worst['stage']]}で"
    await expect(page.locator("#stages .lead")).to_contain_text(said)


def by_place(rows: Iterable[tuple[str, dict[str, Any]]]) -> list[list[str]]:
    """A table of places as it should be: the most visited first."""
    return [
        [
            name,
            *(str(row[each]) for each in ("arrivals", "served", "no_show")),
            *(str(left(row)), str(row["refused"])),
            *(minutes(row[f"{each}_s"]) for each in ("wait_p50", "wait_p90", "service_p50")),
        ]
        for name, row in sorted(rows, key=lambda each: -each[1]["arrivals"])
    ]


async def test_the_week_and_the_line_are_worked_out_for_one_day(played: Site, windows: Open):
    page = await stats(played, windows)
    told = Told(played)
    heat = {row["time"]: row for row in told.rows(**RANGE, bin="30", by="time,weekday")}
    shown = {row[0][:5]: row[1:] for row in await cells(page, "week-table")}
    assert {time: shown[time] for time in heat} == {
        time: [tenth(row["arrivals"] / len(MONDAYS)), minutes(row["wait_p50_s"])]
        for time, row in heat.items()
    }
    figures = page.locator("[data-chart=week-arrivals] .cell")
    assert await figures.count() == len(shown)
    line = {row[0][:5]: row[1:] for row in await cells(page, "line-table")}
    rows = told("queue", **RANGE, bin="30", by="time", service="*")["rows"]
    assert line == {
        row["time"]: [
            *(tenth(row["queue_mean"]), str(row["queue_max"])),
            *(tenth(row["handover_queue_mean"]), str(row["handover_queue_max"])),
        ]
        for row in rows
    }
    assert max(row["queue_max"] for row in rows) > 1


async def test_a_missing_day_is_a_gap_and_an_unknown_figure_a_dash(played: Site, windows: Open):
    page = await stats(played, windows)
    missing = Told(played)(**RANGE, bin="day")["missing_days"]
    assert len(missing) == 8  # eleven weekdays, three of them with visitors
    days = {row[0]: row[1:] for row in await cells(page, "days-table")}
    assert len(days) == len(missing) + len(MONDAYS)
    assert days["2025年11月25日(火)"] == ["–値なし"] * 6
    assert await page.locator("#days .missing").count() == len(missing) + 1  # one in the key
    path = await page.locator("[data-chart=days-waits] .line.main path").get_attribute("d")
    assert path is not None
    assert path.count("M") == len(MONDAYS), "three days that stand alone"
    assert await page.locator("[data-chart=days-waits] .line.main circle").count() == len(MONDAYS)


async def test_what_is_looked_at_can_be_sent_to_a_colleague(played: Site, windows: Open):
    page = await stats(played, windows, "")
    await page.locator("#from").fill("2025-12-01")
    await page.locator("#to").fill("2025-12-05")
    await page.locator("#bin").select_option("15")
    await page.locator("#service").select_option("insurance")
    await page.locator("#form button.main").click()
    await expect(page).to_have_url(
        re.compile(r"\?from=2025-12-01&to=2025-12-05&bin=15&service=insurance$")
    )
    await expect(page.locator("#clock .office")).to_have_text("小さな役所 · 国民健康保険")
    await settled(page)
    rows = Told(played).rows(
        "insurance", **{"from": "2025-12-01", "to": "2025-12-05"}, bin="15", by="time"
    )
    first = (await cells(page, "clock-table"))[0]
    assert first[:2] == [f"{rows[0]['time']}–09:15", str(rows[0]["arrivals"])]
    tables = await page.locator("#clock .tables").inner_html()

    query = "?" + page.url.partition("?")[2]
    colleague = await stats(played, windows, query)
    assert await colleague.locator("#clock .tables").inner_html() == tables
    assert await colleague.locator("#service").input_value() == "insurance"
    assert "key" not in colleague.url

    await page.go_back()
    await expect(page.locator("#clock .office")).to_have_text("小さな役所")
    await expect(page.locator("#service")).to_have_value("")


async def test_a_period_that_cannot_be_is_not_asked_for(played: Site, windows: Open):
    page = await stats(played, windows)
    before = page.url
    await page.locator("#from").fill("2025-12-09")
    await page.locator("#to").fill("2025-12-01")
    await page.locator("#form button.main").click()
    await expect(page.locator("#told")).to_have_text("開始日が終了日より後になっています。")
    assert page.url == before


async def test_the_periods_often_looked_at_are_a_press_away(played: Site, windows: Open):
    page = await stats(played, windows)
    await page.get_by_role("button", name="直近の開庁日").click()
    await expect(page).to_have_url(re.compile(f"from={YESTERDAY}&to={YESTERDAY}"))
    await expect(page.locator("#clock .scope")).to_contain_text("来庁 17 件")
    await page.get_by_role("button", name="先月").click()
    await expect(page).to_have_url(re.compile("from=2025-11-01&to=2025-11-30"))
    await expect(page.get_by_role("button", name="先月")).to_have_attribute("aria-pressed", "true")


async def test_two_periods_lie_over_each_other(played: Site, windows: Open, pictures: Path):
    page = await stats(played, windows, "?from=2025-12-08&to=2025-12-12")
    section = page.locator("#compare")
    await expect(section.locator(".lead")).to_contain_text("14 人から 17 人になりました（+21.4%）")
    sums = {row[0]: row[1:] for row in await cells(page, "compare-sums")}
    assert sums["1 日あたりの来庁者"] == ["14", "17", "+3", "+21.4%"]
    for look in ("main", "other"):
        drawn = section.locator(f"[data-chart=compare-arrivals] .line.{look} path")
        assert await drawn.get_attribute("d")
    await page.locator("#vs-from").fill("2025-11-24")
    await page.locator("#vs-to").fill("2025-11-28")
    await section.get_by_role("button", name="比べる", exact=True).click()
    await expect(page).to_have_url(re.compile("vs_from=2025-11-24&vs_to=2025-11-28"))
    await expect(section.locator(".lead")).to_contain_text("10 人から 17 人になりました")
    await section.get_by_role("button", name="1 年前の同じ週").click()
    await expect(section.locator(".lead")).to_contain_text("比べる期間に記録がありません")
    await section.screenshot(path=pictures / "stats-compare.png")


async def test_today_is_renewed_while_somebody_looks(played: Site, windows: Open):
    page = await windows(played.address("stats"))
    await page.clock.install()
    await page.reload()
    await settled(page)
    shown = page.locator("#today .tiles > div")
    await expect(shown.nth(0)).to_contain_text("1")
    await expect(page.locator("#today .lead")).to_contain_text("これまでに 1 人が来庁しました")
    await expect(page.locator("#today .lead")).to_contain_text("いま 1 人が待っています")
    button = page.locator("#today [data-do=table]")
    await button.focus()
    for _ in range(2):
        await issue(played.ledger, "moving")
    await clock(played.ledger, TODAY, 40)
    await serve(played.ledger, "2", Move.FINISH)
    await page.clock.fast_forward(A_LOOK_MS + 1_000)
    await expect(page.locator("#today .lead")).to_contain_text("これまでに 3 人が来庁しました")
    await expect(page.locator("#today .lead")).to_contain_text("いま 2 人が待っています")
    await expect(page.locator("#today h2")).to_contain_text("09:40 現在")
    await expect(page.locator("#today .lead")).to_contain_text("28.0 分")
    await expect(button).to_be_focused()


async def test_a_chart_has_a_name_and_its_table_is_shown_by_a_button(played: Site, windows: Open):
    page = await stats(played, windows)
    charts = page.get_by_role("img")
    named: list[str] = await charts.evaluate_all(
        "all => all.map(each => each.querySelector('title').textContent)"
    )
    assert all(named)
    drawn = {section: await page.locator(f"#{section} [role=img]").count() for section in SECTIONS}
    # There is nothing to compare with, and nothing was learned.
    assert drawn == dict.fromkeys(SECTIONS, 2) | dict.fromkeys(WITHOUT, 0)
    for section in set(SECTIONS) - {"estimates", "terms"}:
        place = page.locator(f"#{section}")
        assert await place.locator("table").count() >= 1, section
        await expect(place.locator("table").first).to_be_hidden()
        await place.locator("[data-do=table]").click()
        await expect(place.locator("table").first).to_be_visible()
        await expect(place.locator("[data-do=table]")).to_have_attribute("aria-expanded", "true")


@pytest.mark.parametrize(("language", "theme"), [("ja", "light"), ("en", "contrast")])
async def test_the_page_can_be_used_by_everyone(
    played: Site, windows: Open, language: str, theme: str, pictures: Path
):
    page = await stats(played, windows, f"{BY_ADDRESS}&lang={language}")
    if theme == "contrast":
        await page.locator("#theme").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", theme)
    assert await violations(page) == []
    for button in await page.locator("[data-do=table]").all():
        await button.click()
    assert await violations(page) == []
    assert await page.locator("html").get_attribute("lang") == language
    await page.screenshot(path=pictures / f"stats-{language}-{theme}.png", full_page=True)


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
async def test_the_page_fits_a_phone(played: Site, windows: Open, language: str, pictures: Path):
    query = f"{BY_ADDRESS}&lang={language}"
    page = await stats(played, windows, query, width=390, height=844)
    for button in await page.locator("[data-do=table]").all():
        await button.click()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await page.screenshot(path=pictures / f"stats-phone-{language}.png", full_page=True)


async def test_the_keyboard_is_enough(played: Site, windows: Open):
    page = await stats(played, windows)
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await expect(page.locator(".skip")).to_be_in_viewport()
    reached = await tab_to(page, page.get_by_role("button", name="直近の開庁日"))
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(f"from={YESTERDAY}"))
    await expect(reached).to_be_focused()
    await settled(page)
    table = await tab_to(page, page.locator("#clock [data-do=table]"))
    await page.keyboard.press("Space")
    await expect(page.locator("#clock table")).to_be_visible()
    await expect(table).to_be_focused()
    await tab_to(page, page.locator("#clock .scroll"))


async def tab_to(page: Page, wanted: Locator) -> Locator:
    for _ in range(120):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("each => each === document.activeElement"):
            return wanted
    raise AssertionError(f"the keyboard does not reach {wanted}")


async def test_on_paper_every_section_has_a_page_of_its_own(
    played: Site, windows: Open, pictures: Path
):
    for language in ("ja", "en"):
        page = await stats(played, windows, f"{BY_ADDRESS}&lang={language}")
        await page.locator("#theme").click()  # paper is white all the same
        printed = await page.pdf(path=pictures / f"stats-{language}.pdf", prefer_css_page_size=True)
        assert len(re.findall(rb"/Type /Page\b", printed)) == len(SECTIONS)
        await page.emulate_media(media="print")
        tops = [(await box(page.locator(f"#{each}")))["y"] for each in SECTIONS]
        assert all(one < other for one, other in pairwise(tops))
        for section in sorted({*SECTIONS} - {"estimates", "terms"}):
            for part in ("table", ".office", ".scope", "h2"):
                await expect(page.locator(f"#{section} {part}").first).to_be_visible()
            await expect(page.locator(f"#{section} [data-do=table]")).to_be_hidden()
        await expect(page.locator("#form")).to_be_hidden()
        color = "document.documentElement.computedStyleMap().get('background-color').toString()"
        assert await page.evaluate(color) == "rgb(255, 255, 255)"


async def box(place: Locator) -> Any:
    found = await place.bounding_box()
    assert found is not None
    return found


async def test_a_key_of_another_role_asks_for_one_of_an_analyst(played: Site, windows: Open):
    good, played.keys["stats"] = played.keys["stats"], played.keys["desk"]
    page = await windows(played.address("stats"), allowed=("403", "401"))
    gate = page.get_by_role("dialog")
    await expect(gate.locator(".refused")).to_be_visible()
    assert await violations(page) == []
    assert "key" not in page.url
    await gate.locator("#gate-key").fill(good)
    await gate.locator("details .main").click()
    await settled(page)
    await expect(page.locator("#yesterday .lead")).to_contain_text("17 人が来庁しました")


async def test_that_the_service_is_away_is_said_and_the_figures_stay(played: Site, windows: Open):
    page = await stats(played, windows, "", allowed=("ERR_",))
    away = page.locator("#away")
    await expect(away).to_be_hidden()
    played.live.process.kill()
    played.live.process.wait()
    await page.get_by_role("button", name="先月").click()
    await expect(away).to_have_text(re.compile("09:12 に受け取った値です"))
    await expect(page.locator("#yesterday .lead")).to_contain_text("17 人が来庁しました")
    assert await violations(page) == []
    again = played.live.process.again()
    try:
        wait_for_port(played.live._replace(process=again))
        await expect(away).to_be_hidden()
        await expect(page.locator("#clock .scope")).to_contain_text("2025/11/30")
    finally:
        again.kill()
        again.wait()


async def test_an_office_that_is_not_there_is_said_to_be_unknown(played: Site, windows: Open):
    address = played.address("stats").replace(f"/{OFFICE}", "/elsewhere")
    page = await windows(address, allowed=("404",))
    await expect(page.locator("#away")).to_contain_text("この庁舎は見つかりません")


async def test_an_office_without_visitors_says_so(site: Site, windows: Open, pictures: Path):
    site.keys["stats"] = (await Access(site.ledger.redis).new(Role.ANALYST, OFFICE))[0]
    page = await stats(site, windows, "")
    await expect(page.locator("#yesterday")).to_contain_text("来庁者の記録がまだありません")
    await expect(page.locator("#clock")).to_contain_text("この期間に来庁者の記録はありません")
    assert await violations(page) == []
    await page.screenshot(path=pictures / "stats-empty.png", full_page=True)


async def test_the_latest_day_is_found_however_long_ago_it_was(played: Site, windows: Open):
    await clock(played.ledger, 500, 0)
    page = await stats(played, windows, "")
    # The one visitor who came on 9 December stands on the last day that has figures.
    await expect(page.locator("#yesterday h2")).to_have_text("直近の開庁日 2025年12月9日(火)")
    await expect(page.locator("#yesterday .lead")).to_contain_text("1 人が来庁しました")


async def test_figures_are_taken_away_as_files_and_the_key_stays_out_of_every_address(
    played: Site, windows: Open
):
    asked: list[tuple[str, str | None]] = []
    page = await windows(played.address("stats"), allowed=("400",))
    page.on("request", lambda each: asked.append((each.url, each.headers.get("authorization"))))
    await settled(page)
    async with page.expect_download() as coming:
        await page.locator("#services [data-value=json]").click()
    file = await coming.value
    assert file.suggested_filename == "small_totals_2025-11-11_2025-12-08.json"
    saved = json.loads(await asyncio.to_thread(Path(await file.path()).read_text))
    asked_for = {"from": "2025-11-11", "to": YESTERDAY, "bin": "day", "by": "time", "within": "15"}
    assert saved == Told(played)(**asked_for)
    await expect(page.locator("#told")).to_contain_text(file.suggested_filename)
    key = played.keys["stats"]
    assert all(key not in url for url, _ in asked)
    assert {held for url, held in asked if "/stats/arrivals" in url} == {f"Bearer {key}"}
    assert any("format=json" in url for url, _ in asked)


async def test_files_that_leave_the_house_tell_of_no_few_people(played: Site, windows: Open):
    page = await stats(played, windows)
    await page.locator("#publish").click()
    await expect(page.locator("#publish")).to_have_attribute("aria-pressed", "true")
    async with page.expect_download() as coming:
        await page.locator("#days [data-value=json]").click()
    file = await coming.value
    assert file.suggested_filename.endswith("_withheld-below-5.json")
    saved = json.loads(await asyncio.to_thread(Path(await file.path()).read_text))
    assert saved["withheld"]["below"] == 5
    told = [row["arrivals"] for row in saved["rows"]]
    assert not {1, 2, 3, 4} & set(told)
    assert None in told and any((each or 0) >= 5 for each in told)
    await page.locator("#publish").click()
    async with page.expect_download() as coming:
        await page.locator("#days [data-value=json]").click()
    assert "withheld" not in (await coming.value).suggested_filename


async def test_a_kind_of_file_that_the_service_does_not_write_is_said_kindly(
    played: Site, windows: Open
):
    page = await stats(played, windows, allowed=("400",))

    async def refuse(route: Any) -> None:
        problem = {"code": "invalid", "status": 400, "detail": "format is none of json"}
        await route.fulfill(status=400, json=problem)

    await page.route(re.compile("format=parquet"), refuse)
    await page.locator("#days [data-value=parquet]").click()
    told = page.locator("#told")
    await expect(told).to_contain_text("Parquet はこのサービスでは書き出せません")


async def test_how_good_estimates_are_is_told(
    played: Site, windows: Open, office: Office, pictures: Path
):
    section = (await stats(played, windows)).locator("#estimates")
    await expect(section).to_contain_text("まだ学習していません")
    for day in (*range(TODAY + 1, TODAY + 4), TODAY + 6, TODAY + 7):  # no weekend
        await play(played.ledger, day, 17)
    report = await learn_waits(played.ledger, office)
    assert report is not None
    assert report.every["n"]
    page = await stats(played, windows)
    section = page.locator("#estimates")
    lead = section.locator(".lead")
    await expect(lead).to_contain_text(f"平均 {minutes(report.every['mae_s'])} 分でした")
    await expect(lead).to_contain_text(f"{minutes(report.every['mae_last_wait_s'])} 分、待って")
    await expect(lead).to_contain_text("どの業務も見込みを出さず")
    rows = {name: told for name, *told in await cells(page, "estimates-table")}
    assert rows["庁舎全体"][0] == f"{report.every['n']:.0f}"
    assert rows["国民健康保険"][1] == minutes(report.services["insurance"]["mae_s"])
    await section.screenshot(path=pictures / "stats-estimates.png")
    for format in ("csv", "xlsx", "parquet", "json"):
        async with page.expect_download() as coming:
            await section.locator(f"[data-value={format}]").click()
        file = await coming.value
        assert file.suggested_filename == f"small_estimates.{format}"
        kept = await asyncio.to_thread(Path(await file.path()).read_bytes)
        assert kept[:3] == {"csv": b"\xef\xbb\xbf", "json": b'{"o'}.get(format, kept[:3])
        assert len(kept) > 200


async def test_every_figure_is_defined_on_the_page(played: Site, windows: Open, pictures: Path):
    page = await stats(played, windows, f"{BY_ADDRESS}&lang=en")
    terms = page.locator("#terms dt code")
    names = [each.name for each in definitions("en")]
    assert await terms.all_text_contents() == names
    await expect(page.locator("#terms")).to_contain_text("Nine of ten took no longer")
    await page.locator("[data-language=ja]").click()
    await expect(page.locator("#terms")).to_contain_text("10 人中 9 人はこれ以下")
    await page.locator("#terms").screenshot(path=pictures / "stats-terms.png")
