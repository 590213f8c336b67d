"""An office with everything that a ticket machine may meet, and the machine before it."""

import asyncio
from collections import Counter
from typing import TypeVar

import pytest
from playwright.async_api import Locator, Page, expect

from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.offices import Office
from tests.browser.conftest import Open, Site
from tests.hall import OFFICE
from tests.live import PATIENCE_S

Kind = TypeVar("Kind")

ENTRANCE_YAML = """
id: small
name: {ja: 小さな役所, en: Small office, ja-easy: ちいさな やくしょ}
timezone: Asia/Tokyo
services:
  - id: certificates
    name: {ja: 証明書, en: Certificates, ja-easy: しょうめいしょ}
    prefix: A
    stages: [reception, handover]
    ask_procedure: true
    bring: {ja: 本人確認書類, en: An identity document}
    procedures:
      - id: juminhyo
        name: {ja: 住民票の写し, en: Certificate of residence}
        channels: {counter: {fee: 300}, convenience_store: {fee: 200}}
      - {id: koseki, name: {ja: 戸籍証明書, en: Family register}, channels: {counter: {fee: 450}}}
  - id: tax
    name: {ja: 税の証明, en: Tax certificate}
    prefix: B
    procedures:
      - {id: kazei, name: {ja: 課税証明書}, channels: {counter: {fee: 300}, post: {fee: 300}}}
  - {id: insurance, name: {ja: 国民健康保険, en: Health insurance}, prefix: C}
  - id: welfare
    name: {ja: 福祉の相談, en: Welfare advice}
    prefix: D
    hours: {mon-fri: "13:00-16:30"}
    sensitive: true
  - {id: passport, name: {ja: 旅券, en: Passports}, prefix: E, daily_limit: 1}
  - {id: advice, name: {ja: わからない・相談, en: Not sure}, prefix: G}
desks:
  - {id: "1", services: [certificates, tax, insurance, welfare, passport, advice]}
"""

UPRIGHT = (1080, 1920)
COUNT_PRINTS = """() => {
    let printed = 0;
    window.print = () => document.documentElement.setAttribute("data-printed", printed += 1);
}"""
EXPECTED = ("404", "409")  # no QR code without a public address; a service that gives no numbers


@pytest.fixture
def office() -> Office:
    """An office with everything that a ticket machine may meet."""
    return read_office(ENTRANCE_YAML, "entrance.yaml")


async def machine(site: Site, windows: Open, query: str = "", *allowed: str) -> Page:
    """The ticket machine at its first screen, counting what it prints."""
    address = site.address(f"kiosk?{query}" if query else "kiosk")
    page = await windows(address, *UPRIGHT, allowed=(*EXPECTED, *allowed))
    await page.evaluate(COUNT_PRINTS)
    await expect(page.locator("[data-screen=services]")).to_be_visible()
    return page


async def entries(ledger: Ledger) -> Counter[str]:
    """How many entries of each kind the ledger has."""
    return Counter(type(each.event).__name__ for each in await ledger.entries(OFFICE))


async def only(ledger: Ledger, kind: type[Kind]) -> Kind:
    """The one event of a kind, which a page may still be about to send."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            events = [each.event for each in await ledger.entries(OFFICE)]
            found = [each for each in events if isinstance(each, kind)]
            if found:
                break
            await asyncio.sleep(0.05)
    (event,) = found
    return event


def service(page: Page, name: str) -> Locator:
    return page.locator(f"[data-service={name}]")


def number(page: Page) -> Locator:
    return page.locator("h1 .number")


async def printed(page: Page, times: int) -> None:
    await expect(page.locator("html")).to_have_attribute("data-printed", str(times))
