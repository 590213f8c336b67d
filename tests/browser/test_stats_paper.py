"""The analyst's page on paper, and beside what happened: one page a section, and nothing cut off."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.async_api import Error, Page, Route, expect

from queue_service.access import Access, Role
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.offices import Note, Office
from queue_service.tickets import Move
from tests.browser.conftest import Open, Site, violations
from tests.browser.test_stats import (
    OFFICE_YAML,
    RANGE,
    SECTIONS,
    cells,
    clock,
    serve,
    settled,
    stats,
    tiles,
)
from tests.hall import OFFICE, issue

pytestmark = pytest.mark.browser

LONG_DAYS = OFFICE_YAML.replace("09:00-11:00", "08:00-19:30")
MONDAYS = (0, 7, 14)  # days after 24 November 2025
FROM, TO = RANGE["from"], RANGE["to"]
LONG_YEAR = "?from=2025-01-01&to=2025-11-30&bin=day"
# Where a letter lies outside its picture, or two texts lie on each other; half a pixel is none.
WRONG = """
() => [...document.querySelectorAll("svg.chart")].flatMap((chart) => {
  const frame = chart.getBoundingClientRect();
  const found = [...chart.querySelectorAll("text")].map((text) => ({
    text: text.textContent, box: text.getBoundingClientRect() }));
  const name = chart.dataset.chart;
  const out = found.filter(({ box }) => box.left < frame.left - 0.5 || box.right > frame.right + 0.5
    || box.top < frame.top - 0.5 || box.bottom > frame.bottom + 0.5);
  const over = found.flatMap((one, n) => found.slice(n + 1).filter(({ box }) =>
    Math.min(one.box.right, box.right) - Math.max(one.box.left, box.left) > 0.5
    && Math.min(one.box.bottom, box.bottom) - Math.max(one.box.top, box.top) > 2)
    .map(({ text }) => `${one.text} × ${text}`));
  return [...out.map(({ text }) => `${text} is cut off`), ...over].map((each) => `${name}: ${each}`);
})
"""


@pytest.fixture
def office() -> Office:
    """An office with long days, so that they have many quarters of an hour."""
    return read_office(LONG_DAYS, "office.yaml")


async def play(ledger: Ledger, day: int) -> None:
    """From morning to evening somebody comes every three quarters of an hour, and is served or not."""
    for n in range(14):
        kind = ("certificates", "moving", "insurance")[n % 3]
        await clock(ledger, day, 45 * n - 50)
        await issue(ledger, kind)
        if n % 4 == 3:
            continue  # this one waits
        desk = "1" if kind == "certificates" else "2"
        await clock(ledger, day, 45 * n - 38)
        await serve(ledger, desk, Move.FINISH_STAGE if kind == "certificates" else Move.FINISH)
        if kind == "certificates":
            await clock(ledger, day, 45 * n - 30)
            await serve(ledger, desk, Move.FINISH)


@pytest.fixture
async def played(site: Site) -> AsyncIterator[Site]:
    """Three Mondays, and one visitor of today."""
    for day in MONDAYS:
        await play(site.ledger, day)
    await clock(site.ledger, 15, 12)
    await issue(site.ledger, "moving")
    site.keys["stats"] = (await Access(site.ledger.redis).new(Role.ANALYST, OFFICE))[0]
    return site


async def noted(site: Site, office: Office, *notes: tuple[str, str]) -> None:
    """Let these things have happened."""
    said = tuple(Note(date=date.fromisoformat(day), text={"ja": text}) for day, text in notes)
    await site.ledger.apply_office(replace(office, notes=said))


async def answers(page: Page, change: Callable[[dict[str, Any]], None]) -> None:
    """Let the service answer something else."""

    async def altered(route: Route) -> None:
        with suppress(Error):  # the window was closed meanwhile
            answer = await route.fetch()
            told = await answer.json()
            change(told)
            await route.fulfill(response=answer, json=told)

    await page.route(re.compile("/api/.*/stats/(arrivals|stages|queue)"), altered)


def grown(told: dict[str, Any]) -> None:
    """A large office: thousands come, and some wait for hours."""
    for row in told["rows"]:
        for name in ("arrivals", "served", "called", "visits", "queue_max", "queue_mean"):
            if row.get(name):
                row[name] = row[name] * 1_111
        for name, value in row.items():
            if name.endswith("_s") and value is not None:
                row[name] = value * 37


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
async def test_no_letter_is_cut_off_and_no_two_lie_on_each_other(
    played: Site, office: Office, windows: Open, language: str, pictures: Path
):
    await noted(
        played, office, (FROM, "手数料の引き下げ"), ("2025-11-27", "窓口"), (TO, "受付時間")
    )
    for width in (1280, 390):
        page = await windows("about:blank", width=width)
        await answers(page, grown)
        await page.goto(played.address(f"stats?from={FROM}&to={TO}&lang={language}"))
        await settled(page)
        assert await page.evaluate(WRONG) == []
        await page.emulate_media(media="print")
        await expect(page.locator("#days .chart").first).to_have_attribute("font-size", "15.5")
        await page.set_viewport_size({"width": 711, "height": 1039})
        assert await page.evaluate(WRONG) == []
        name = f"stats-paper-{language}-{width}.png"
        await page.screenshot(path=pictures / name, full_page=True)


async def printed(page: Page, path: Path | None = None) -> int:
    """On how many pages of paper it is printed."""
    file = await page.pdf(path=path, prefer_css_page_size=True)
    return len(re.findall(rb"/Type /Page\b", file))


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
@pytest.mark.parametrize(
    "query", [LONG_YEAR, f"?from={FROM}&to={TO}&bin=15", "?from=2025-01-01&to=2025-11-30&bin=15"]
)
async def test_a_section_is_one_page_however_many_steps_it_has(
    played: Site, windows: Open, language: str, query: str, pictures: Path
):
    page = await stats(played, windows, f"{query}&lang={language}")
    await page.wait_for_load_state("networkidle")  # what paper needs beside is asked for last
    name = re.sub("[^a-z0-9]+", "-", f"stats{query}-{language}")
    assert await printed(page, pictures / f"{name}.pdf") == len(SECTIONS)
    assert await page.locator("#days .chart").first.get_attribute("font-size") == "13"


def crowded(told: dict[str, Any]) -> None:
    """Forty services and desks."""
    of_services = [row for row in told["rows"] if row["service"] != "*"]
    told["rows"] += [
        row | {"service": f"service {n}"} for n in range(13) for row in of_services
    ] + [row | {"desk": f"desk {n}"} for n in range(40) for row in told["rows"] if "desk" in row]


@pytest.mark.parametrize("language", ["ja", "ja-easy", "en"])
async def test_of_a_large_office_what_fits_a_page_is_printed_and_that_is_said(
    played: Site, office: Office, windows: Open, language: str, pictures: Path
):
    happened = [(f"2025-11-{day}", "手数料の引き下げ") for day in (11, 12, 13, 27, 28)]
    await noted(played, office, *happened)
    page = await windows("about:blank")
    await answers(page, crowded)
    # As many dates as have a row of their own.
    await page.goto(played.address(f"stats?from=2025-11-10&to={TO}&lang={language}"))
    await settled(page)
    assert await page.locator("#services-table tbody tr").count() == 14 * 3
    await page.emulate_media(media="print")
    await expect(page.locator("#services-table tbody tr")).to_have_count(21)
    assert await page.locator("#days-table tbody tr").count() == 21
    assert await page.locator("[data-chart=services-arrivals] .bar").count() == 10
    if language == "ja":
        for section in ("services", "desks", "visits", "stages"):
            note = page.locator(f"#{section} .note")
            await expect(note).to_contain_text("すべては、画面とファイルにあります")
    assert await page.evaluate(WRONG) == []
    await page.emulate_media(media="null")
    assert await printed(page, pictures / f"stats-crowded-{language}.pdf") == len(SECTIONS)


async def test_wider_steps_on_paper_are_said_and_the_screen_has_the_fine_ones(
    played: Site, windows: Open
):
    page = await stats(played, windows, f"{LONG_YEAR}&lang=ja")
    await page.wait_for_load_state("networkidle")
    fine = await cells(page, "days-table")
    assert (
        len(fine) == 238
    )  # every weekday of eleven months: three with figures, the others without
    await page.emulate_media(media="print")
    months = page.locator("#days-table tbody tr")
    await expect(months).to_have_count(1)  # November is the only one with figures
    note = page.locator("#days .note")
    await expect(note).to_contain_text("ここでは「月」ごとにまとめています")
    assert await page.locator("[data-chart=days-arrivals] .hint").count() == 238
    await page.emulate_media(media="screen")
    await expect(months).to_have_count(238)
    await expect(note).not_to_contain_text("まとめています")

    page = await stats(played, windows, f"?from={FROM}&to={TO}&bin=15")
    await page.wait_for_load_state("networkidle")
    quarters = await cells(page, "clock-table")
    assert len(quarters) > 24
    await page.emulate_media(media="print")
    for section in ("clock", "week", "line", "compare"):
        note = page.locator(f"#{section} .note")
        await expect(note).to_contain_text("「60 分」ごとにまとめています")
        assert await page.locator(f"#{section} tbody").last.locator("tr").count() < 24
    hours = await cells(page, "clock-table")
    arrivals = [sum(int(row[1]) for row in rows) for rows in (quarters, hours)]
    assert arrivals == [len(MONDAYS) * 14] * 2


# What happened


async def test_what_happened_stands_on_the_series_of_dates_and_in_its_table(
    played: Site, office: Office, windows: Open, pictures: Path
):
    await noted(
        played, office, ("2025-12-01", "コンビニ交付の手数料を 10 円に"), ("2025-12-06", "改修")
    )
    page = await stats(played, windows, f"?from={FROM}&to={TO}")
    days = page.locator("#days")
    told = [
        "2025年12月1日(月) コンビニ交付の手数料を 10 円に",
        "2025年12月6日(土) 改修",
    ]
    assert await days.locator(".notes li").all_text_contents() == told
    for chart in ("days-arrivals", "days-waits"):
        drawn = page.locator(f"[data-chart={chart}] .noted")
        assert await drawn.locator("line").count() == 2
        assert await drawn.locator(".sign").all_text_contents() == ["1", "2"]
        assert await drawn.locator("title").all_text_contents() == told
        # Each line begins where the first day from its date on does.
        hints = page.locator(f"[data-chart={chart}] .hint")
        lefts = {
            (await hints.nth(n).text_content() or "")[:12]: await hints.nth(n).get_attribute("x")
            for n in range(await hints.count())
        }
        at = [await drawn.locator("line").nth(n).get_attribute("x1") for n in range(2)]
        assert at == [lefts["2025年12月1日(月"], lefts["2025年12月8日(月"]]
    rows = {row[0]: row[-1] for row in await cells(page, "days-table")}
    assert rows["2025年12月1日(月)"] == "コンビニ交付の手数料を 10 円に"
    assert rows["2025年12月8日(月)"] == told[1]
    assert rows["2025年11月24日(月)"] == ""
    assert await violations(page) == []
    await days.screenshot(path=pictures / "stats-notes.png")
    page = await stats(played, windows, "?from=2025-11-24&to=2025-11-30")
    await expect(page.locator("#days .notes")).to_have_count(0)
    await expect(page.locator("#days thead th")).to_have_count(7)


async def test_notes_too_near_to_be_told_apart_stand_under_one_sign(
    played: Site, office: Office, windows: Open
):
    await noted(played, office, ("2025-06-03", "一"), ("2025-06-04", "二"), ("2025-09-01", "三"))
    page = await stats(played, windows, LONG_YEAR)
    drawn = page.locator("[data-chart=days-arrivals] .noted")
    # New reception hours, on the first of January, are a note by themselves.
    assert await drawn.locator(".sign").all_text_contents() == ["1", "2–3", "4"]
    first = page.locator("#days .notes li").first
    await expect(first).to_contain_text("受付時間 月-金 08:00-19:30")


# What an imported log cannot know


async def test_what_is_not_known_is_a_dash_and_no_nought(played: Site, windows: Open):
    def unknown(told: dict[str, Any]) -> None:
        told["quality"] = dict.fromkeys(told["quality"]) | {"known_for": 0}
        for row in told["rows"]:
            row |= dict.fromkeys(("refused", "cancelled", "expired"))

    page = await windows("about:blank")
    await answers(page, unknown)
    await page.goto(played.address(f"stats?from={FROM}&to={TO}"))
    await settled(page)
    shown = await tiles(page, "yesterday")
    assert shown["受付できなかった人"] == "–"
    assert (await tiles(page, "today"))["受付できなかった人"] == "–"
    lead = page.locator("#yesterday .lead")
    await expect(lead).to_contain_text("受付できなかった方の数は、取り込んだ記録からはわかりません")
    await expect(lead).to_contain_text("対応を受けずに帰った方は – 人です")
    await expect(lead).to_contain_text("取り込んだ記録なので、対応の開始の推定")
    for table, column in (("days-table", 4), ("services-table", 5)):
        told = {row[column] for row in await cells(page, table)}
        assert told == {"–値なし"}, table
    sums = {row[0]: row[1:] for row in await cells(page, "compare-sums")}
    assert sums["受付できなかった人（1 日あたり）"] == ["–値なし"] * 4


async def test_of_how_many_visits_the_quality_is_known_is_said(played: Site, windows: Open):
    def partly(told: dict[str, Any]) -> None:
        told["quality"] = {"known_for": 4, "implied_starts": 1, "forgotten_finishes": 2}
        told["quality"]["with_items"] = 3

    page = await windows("about:blank")
    await answers(page, partly)
    await page.goto(played.address(f"stats?from={FROM}&to={TO}"))
    lead = page.locator("#yesterday .lead")
    await expect(lead).to_contain_text(
        "記録の質（このシステムで記録した 4 件について）：対応の開始が推定のもの 25%、"
        "終了の押し忘れ 2 件、品目の記録があるもの 75%。"
    )


async def test_the_missing_days_of_the_other_period_are_named(played: Site, windows: Open):
    query = "?from=2025-12-08&to=2025-12-08&vs_from=2025-12-01&vs_to=2025-12-03"
    page = await stats(played, windows, query)
    lead = page.locator("#compare .lead")
    missing = (
        "比べる期間には、記録のない日 2 日（2025年12月2日(火)、2025年12月3日(水)）があります。"
    )
    await expect(lead).to_contain_text(missing)
    await expect(page.locator("#compare .scope")).to_contain_text("欠けた日なし")
    page = await stats(played, windows, query.replace("2025-12-03", "2025-12-01"))
    await expect(page.locator("#compare .lead")).not_to_contain_text("記録のない日")


async def test_the_figures_of_every_picture_can_be_taken_away(played: Site, windows: Open):
    page = await stats(played, windows)
    for section in {*SECTIONS} - {"estimates", "terms"}:
        formats = page.locator(f"#{section} .files").first.locator("[data-do=download]")
        kinds = await formats.evaluate_all("all => all.map(each => each.dataset.value)")
        assert kinds == ["csv", "xlsx", "parquet", "json"], section
    for section, question in (("line", "queue"), ("stages", "stages")):
        async with page.expect_download() as coming:
            await page.locator(f"#{section} [data-value=csv]").click()
        file = await coming.value
        assert file.suggested_filename.startswith(f"small_{question}_")
        head = await asyncio.to_thread(Path(await file.path()).read_text, "utf-8-sig")
        assert head.startswith("start,end,service,")
        assert {"line": "queue_mean", "stages": "stage_wait_mean_s"}[section] in head
