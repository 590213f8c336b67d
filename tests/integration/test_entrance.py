"""What the entrance knows without a number: signs, hours, hints, people helped, codes for phones."""

from xml.etree import ElementTree

import pytest
from litestar.testing import AsyncTestClient
from msgspec.structs import replace

from queue_service import words
from queue_service.api.app import create_app
from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.office_files import office_from_json, office_to_json, read_office
from queue_service.offices import Office
from queue_service.settings import Settings
from queue_service.signs import NEUTRAL
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, issue
from tests.integration.test_api import ADMIN, SMALL, Service, app, problem, service

__all__ = ["app", "service"]  # fixtures
MINUTE = 60_000

SHOP = """
id: small
timezone: Asia/Tokyo
reception_hours: [{hours: {mon-fri: "09:00-12:00,13:00-17:00"}}]
languages: [en, ja]
slides: [{ja: 本日は混み合います}]
services:
  - {id: early, prefix: A, hours: {mon-fri: "08:00-09:30"}}
  - {id: usual, prefix: B, daily_limit: 1}
  - {id: later, prefix: C, hours: {mon-fri: "13:00-14:00"}}
  - {id: never, prefix: D, hours: {sat: "09:00-12:00"}}
  - {id: quiet, prefix: E, name: {ja: 生活の相談}, sensitive: true}
desks:
  - {id: "1", zone: 1F, services: [early, usual, later, never, quiet]}
  - {id: "2", zone: 2F, services: [usual]}
"""


async def lines(service: Service) -> dict[str, dict]:
    found = (await service.ask("none", "GET", "congestion")).json()
    return {line["service"]: line for line in found["queues"]}


async def test_each_service_says_whether_it_gives_tickets_and_when(service: Service):
    await service.ledger.apply_office(read_office(SHOP, "office.yaml"))
    found = await lines(service)
    assert {id: line["status"] for id, line in found.items()} == {
        "early": "closed",
        "usual": "open",
        "later": "closed",
        "never": "closed",
        "quiet": "open",
    }
    assert found["usual"]["hours"] == "09:00-12:00,13:00-17:00"
    assert found["never"]["hours"] == ""
    assert found["later"]["opens_at"] == "2025-11-24T13:00:00+09:00"
    assert (found["early"]["opens_at"], found["usual"]["opens_at"]) == (None, None)
    await service.ticket(service="usual")
    assert (await lines(service))["usual"]["status"] == "full"
    await service.ledger.set_service(OFFICE, "quiet", "suspended", {"ja": "会議中"})
    quiet = (await lines(service))["quiet"]
    assert (quiet["status"], quiet["message"]) == ("suspended", {"ja": "会議中"})
    refused = await service.ask("kiosk", "POST", "tickets", {"service": "usual"})
    problem(refused, 409, "full")


async def test_what_the_board_says_of_hours_is_what_the_ticket_machine_meets(service: Service):
    """The status follows the clock through the day, with the same answer as an attempt to issue."""
    await service.ledger.apply_office(read_office(SHOP.replace(", daily_limit: 1", ""), "o.yaml"))
    for minutes in (-121, -120, -60, -31, -30, 0, 119, 120, 179, 180, 239, 240, 420, 600):
        await service.ledger.simulate(OFFICE, TEN_O_CLOCK + minutes * MINUTE, 0)
        for id, line in (await lines(service)).items():
            tried = await service.ask("kiosk", "POST", "tickets", {"service": id})
            assert (tried.status_code == 201) == (line["status"] == "open"), (minutes, id)


async def test_an_office_that_is_always_open_has_no_hours(service: Service):
    assert (await lines(service))["insurance"]["hours"] is None


async def test_the_signs_tell_names_and_nothing_of_a_sensitive_service(service: Service):
    await service.ledger.apply_office(read_office(SHOP, "office.yaml"))
    version = (await service.ask("display", "GET", "board")).json()["version"]
    signs = (await service.ask("none", "GET", f"signs?version={version}")).json()
    assert (signs["languages"], signs["zones"]) == (["en", "ja"], ["1F", "2F"])
    assert signs["slides"] == [{"ja": "本日は混み合います"}]
    quiet = signs["services"][4]
    assert (quiet["name"], quiet["label"]) == ({"ja": "生活の相談"}, NEUTRAL)
    assert set(NEUTRAL) == set(words.languages())


async def test_a_definition_that_another_process_brought_counts_at_once(
    service: Service, engine: Embedded, office: Office
):
    """This process has worked with the old definition; the new one is refused nothing."""
    await service.ticket()
    newer = office_from_json(
        office_to_json(office).replace(b'"id":"3"', b'"id":"9"').replace(b"moving", b"removal")
    )
    async with Ledger.open(engine.url) as other:
        await other.apply_office(newer)
    desk = await service.ask("staff", "PUT", "desks/9/status", {"status": "open"})
    assert desk.status_code == 200, desk.text
    async with Ledger.open(engine.url) as other:
        await other.apply_office(office)
    assert (await service.ticket(service="moving"))["number"] == "B001"
    async with Ledger.open(engine.url) as other:
        await other.apply_office(replace(office, name={"en": "Third"}))
    board = (await service.ask("display", "GET", "board")).json()
    signs = await service.ask("none", "GET", f"signs?version={board['version']}")
    assert signs.json()["name"] == {"en": "Third"}


async def test_a_visitor_without_a_number_is_counted_once_a_press(service: Service):
    for key in ("press-1", "press-1", "press-2"):
        answer = await service.ask("staff", "POST", "helped", {"service": "moving"}, key=key)
        assert answer.status_code == 204
    await service.ask("staff", "POST", "helped", {}, key="press-3")
    counted = [each.get("service") for each in await service.entries() if each["type"] == "Helped"]
    assert counted == ["moving", "moving", None]
    wrong = await service.ask("staff", "POST", "helped", {"service": "nothing"})
    assert problem(wrong, 400, "invalid")["field"] == "service"


async def test_needs_are_noted_and_cleared(service: Service):
    id = (await service.ticket(needs=["wheelchair"]))["id"]
    noted = await service.ask("staff", "POST", f"tickets/{id}/set-needs", {"needs": ["hearing"]})
    assert noted.json()["needs"] == ["hearing"]
    cleared = await service.ask("staff", "POST", f"tickets/{id}/set-needs", {"needs": []})
    assert cleared.json()["needs"] == []


async def test_tickets_of_several_states_are_asked_for_at_once(service: Service):
    for _ in range(3):
        await issue(service.ledger)
    await service.ledger.call_next(OFFICE, "2")
    found = (await service.ask("staff", "GET", "tickets?state=waiting&state=called")).json()
    assert [each["number"] for each in found["tickets"]] == ["C002", "C003", "C001"]
    only = (await service.ask("staff", "GET", "tickets?state=called")).json()
    assert [each["number"] for each in only["tickets"]] == ["C001"]


async def test_a_call_that_stands_says_its_sentence_and_an_old_one_none(service: Service):
    await service.ticket(language="en")
    called = (await service.ask("staff", "POST", "desks/2/call-next")).json()
    call = (await service.ask("display", "GET", "board")).json()["calls"][0]
    assert call["spoken"]["language"] == "en"
    assert "12" not in call["spoken"]["text"] and "C" in call["spoken"]["text"]
    await service.ask("staff", "POST", f"tickets/{called['id']}/start")
    assert (await service.ask("display", "GET", "board")).json()["calls"][0]["spoken"] is None


@pytest.mark.parametrize("public_url", [None, "https://city.example/queue/"])
async def test_a_ticket_has_a_code_for_phones_where_they_can_reach_us(
    service: Service, engine: Embedded, tmp_path, public_url: str | None
):
    id = (await service.ticket())["id"]
    settings = Settings(
        data_dir=tmp_path, redis_url=engine.url, admin_key=ADMIN, public_url=public_url
    )
    async with AsyncTestClient(create_app(settings)) as client:
        answer = await client.get(f"{SMALL}/tickets/{id}/qr")
        if public_url is None:
            problem(answer, 404, "no_public_url")
            return
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert ElementTree.fromstring(answer.text).tag.endswith("svg")  # noqa: S314 - our own
        problem(await client.get(f"{SMALL}/tickets/1-forged/qr"), 404, "unknown_ticket")
