"""Playing a log through the API, on a real engine: what the ledger says afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from queue_service.access import Access, Role
from queue_service.api.app import create_app
from queue_service.ledger import Ledger
from queue_service.log_columns import Columns
from queue_service.rebuild import verify
from queue_service.replay import Played, play
from queue_service.replay_client import Api, ReplayError
from queue_service.replay_plan import Plan, plan_in, plan_new
from queue_service.settings import Settings
from queue_service.ticket_log import BadRow, Row, TicketLog
from tests.hall import OFFICE, issue

ADMIN_KEY = "an-admin-key-for-the-tests"
WARSAW = ZoneInfo("Europe/Warsaw")
HEADER = "service,issued_at,called_at,started_at,finished_at,outcome,desk,priority\n"
LOG = HEADER + (
    "moving,2019-12-30 09:58:00,2019-12-30 10:00:00,,,,,\n"
    "certificates,2019-12-30 09:59:30,2019-12-30 10:00:00,2019-12-30 10:00:20,"
    "2019-12-30 10:04:00,finished,,\n"
    "moving,2019-12-30 10:00:00,2019-12-30 10:00:30,,,no_show,,priority\n"
    "moving,2019-12-30 10:00:00,2019-12-30 10:05:00,,,,,\n"
    "moving,2019-12-30 10:00:00,,,,,,\n"
    "certificates,2019-12-30 10:01:00,,,2019-12-30 10:02:00,cancelled,,\n"
)


def rows(text: str = LOG) -> list[Row]:
    found = list(TicketLog(text.splitlines(keepends=True), Columns(), WARSAW))
    assert not any(isinstance(row, BadRow) for row in found)
    return [row for row in found if isinstance(row, Row)]


@pytest.fixture
async def app(engine_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncBaseTransport]:
    """The API in this process, reached without a network."""
    app = create_app(Settings(redis_url=engine_url, data_dir=tmp_path, admin_key=ADMIN_KEY))
    ready, over = asyncio.Event(), asyncio.Event()

    async def live() -> None:  # begins and ends in one task, as the application demands
        async with app.lifespan():
            ready.set()
            await over.wait()

    life = asyncio.create_task(live())
    await ready.wait()
    yield httpx.ASGITransport(app)  # type: ignore[arg-type]
    over.set()
    await life


@pytest.fixture
async def admin(app: httpx.AsyncBaseTransport) -> Api:
    return Api(app, "http://hall", ADMIN_KEY)


@pytest.fixture
async def empty(engine_url: str) -> AsyncIterator[Ledger]:
    """A ledger without offices."""
    async with Ledger.open(engine_url) as opened:
        yield opened


async def entries(api: Api, office: str) -> list[dict[str, Any]]:
    reply = await api.ask("GET", f"/offices/{office}/events?limit=10000")
    found: list[dict[str, Any]] = reply.body["events"]
    return found


async def heard(api: Api, office: str) -> list[str]:
    """What became of tickets, in the ledger's order: its clock, what, and which number."""
    return [
        f"{entry['at'][11:19]} {entry['type']} {entry['number']}"
        for entry in await entries(api, office)
        if "number" in entry
    ]


async def play_new(
    api: Api, ledger: Ledger, log: str = LOG, office: str = "hall", **more: Any
) -> Played:
    """Play a log in an office made for it, under the log's clock."""

    async def set_clock(office: str, at: int) -> None:
        await ledger.simulate(office, at, 0)

    plan = plan_new(office, "Europe/Warsaw", rows(log))
    await set_clock(office, plan.steps[0].at)
    await api.define(plan.office)
    return (await play(api, [plan], "log", set_clock=set_clock, **more))[office]


async def test_the_ledger_tells_the_log_at_the_log_s_own_times(admin: Api, empty: Ledger) -> None:
    played = await play_new(admin, empty)
    assert await heard(admin, "hall") == [
        *("09:58:00 Issued B001", "09:59:30 Issued A001"),
        *("10:00:00 Issued B002", "10:00:00 Issued B003", "10:00:00 Issued B004"),
        *("10:00:00 Called B001", "10:00:00 Called A001", "10:00:20 ServeStarted A001"),
        *("10:00:30 Finished B001", "10:00:30 Called B002"),
        *("10:01:00 Issued A002", "10:02:00 Cancelled A002", "10:04:00 Finished A001"),
        *("10:05:00 NoShow B002", "10:05:00 Called B003", "10:05:00 Finished B003"),
    ]
    assert msgspec.to_builtins(played) == {
        "issued": 6,
        "called": 4,
        "finished": 3,
        "no_show": 1,
        "cancelled": 1,
        "refused": 0,
        "repeated": 0,
        "skipped": {},
        "issued_per_hour": {"2019-12-30T09:00+01:00": 2, "2019-12-30T10:00+01:00": 4},
    }
    tickets = await admin.ask("GET", "/offices/hall/tickets?state=waiting")
    assert [ticket["number"] for ticket in tickets.body["tickets"]] == ["B004"]
    assert await verify(empty, "hall") is None


async def test_offices_are_played_side_by_side_and_each_like_alone(
    admin: Api, empty: Ledger
) -> None:
    async def set_clock(office: str, at: int) -> None:
        await empty.simulate(office, at, 0)

    plans = [plan_new(office, "Europe/Warsaw", rows()) for office in ("east", "hall", "west")]
    for plan in plans:
        await set_clock(plan.office.id, plan.steps[0].at)
        await admin.define(plan.office)
    played = await play(admin, plans, "log", set_clock=set_clock)
    assert played["east"] == played["hall"] == played["west"]
    assert await entries(admin, "east") == await entries(admin, "west")


async def test_playing_a_log_twice_changes_nothing(admin: Api, empty: Ledger) -> None:
    first = await play_new(admin, empty)
    before = await entries(admin, "hall")
    second = await play_new(admin, empty)
    assert await entries(admin, "hall") == before
    assert second.repeated == first.issued + first.called + 1 + first.finished + 2
    assert (second.issued, second.called, second.issued_per_hour) == (6, 4, first.issued_per_hour)


class Unreliable(httpx.AsyncBaseTransport):
    """A network that loses every second answer, and now and then a request."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._count += 1
        if self._count % 5 == 0:
            raise httpx.ConnectError("lost on the way there")
        answer = await self._inner.handle_async_request(request)
        if self._count % 2 == 0:
            raise httpx.ReadTimeout("lost on the way back")
        return httpx.Response(503) if self._count % 7 == 0 else answer


async def test_answers_that_are_lost_double_nothing(
    app: httpx.AsyncBaseTransport, admin: Api, empty: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queue_service.replay_client.PAUSE_S", 0.0)
    played = await play_new(Api(Unreliable(app), "http://hall/api/v1/", ADMIN_KEY), empty)
    assert (played.issued, played.called) == (6, 4)
    told = await heard(admin, "hall")
    assert len(told) == len(set(told)) == 16


async def test_a_service_that_stays_away_ends_the_replay_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Away(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("All connection attempts failed")

    monkeypatch.setattr("queue_service.replay_client.PATIENCE_S", 0.2)
    plan = plan_new("hall", "Europe/Warsaw", rows())
    with pytest.raises(ReplayError, match=r"attempts failed.*play the same log again"):
        await play(Api(Away(), "http://hall", "key"), [plan, plan], "log")


async def test_the_next_day_starts_with_free_desks_and_new_numbers(
    admin: Api, empty: Ledger
) -> None:
    played = await play_new(
        admin,
        empty,
        HEADER + "a,2019-12-30 23:58,2019-12-31 00:03,,,,,\n"
        "a,2019-12-31 00:01,,,,,,\n"
        "a,2019-12-31 03:50,2019-12-31 04:10,,,,,\n"  # the day has ended when it is called
        "a,2019-12-31 09:00,2019-12-31 09:05,,,,,\n",
    )
    assert await heard(admin, "hall") == [
        *("23:58:00 Issued A001", "00:01:00 Issued A002", "00:03:00 Called A001"),
        *("03:50:00 Issued A003", "03:50:00 Finished A001"),
        *("04:00:00 Expired A002", "04:00:00 Expired A003"),
        *("09:00:00 Issued A001", "09:05:00 Called A001", "09:05:00 Finished A001"),
    ]
    assert (played.issued, played.finished) == (4, 2)
    assert dict(played.skipped) == {"unknown_ticket": 1}


# A service that runs


async def staff(ledger: Ledger, app: httpx.AsyncBaseTransport) -> Api:
    key, _ = await Access(ledger.redis).new(Role.STAFF, OFFICE)
    return Api(app, "http://hall", key)


async def plan_here(api: Api, text: str) -> Plan:
    office = await api.office(OFFICE)
    assert office is not None
    return plan_in(office, rows(text))


async def test_staff_play_a_log_in_an_office_that_is_there(
    ledger: Ledger, app: httpx.AsyncBaseTransport, admin: Api
) -> None:
    api = await staff(ledger, app)
    plan = await plan_here(api, LOG)
    played = (await play(api, [plan], "log"))[OFFICE]
    assert (played.issued, played.called, played.no_show, played.cancelled) == (6, 4, 1, 1)
    assert played.issued_per_hour == {
        "2025-11-24T10:00+09:00": 6
    }  # the office's time, not the log's
    assert {told[9:] for told in await heard(admin, OFFICE)} >= {"Called A001", "Called B001"}


async def test_a_desk_that_held_a_ticket_before_lets_it_go(
    ledger: Ledger, app: httpx.AsyncBaseTransport, admin: Api
) -> None:
    held = await issue(ledger, "insurance")
    await ledger.call(OFFICE, "2", ticket=held.ticket.seq)
    api = await staff(ledger, app)
    plan = await plan_here(api, HEADER + "insurance,2019-12-30 09:58,2019-12-30 10:00,,,,,\n")
    played = (await play(api, [plan], "log"))[OFFICE]
    assert (played.called, played.skipped) == (1, {})
    assert [told[9:] for told in await heard(admin, OFFICE)][-3:] == [
        *("Finished C001", "Called C002", "Finished C002")
    ]


async def test_who_is_given_no_number_is_counted_and_not_called(
    ledger: Ledger, app: httpx.AsyncBaseTransport
) -> None:
    await ledger.set_service(OFFICE, "moving", "suspended")
    api = await staff(ledger, app)
    played = (await play(api, [await plan_here(api, LOG)], "log"))[OFFICE]
    assert (played.refused, played.issued, played.called) == (4, 2, 1)


async def test_a_ticket_that_someone_else_took_is_left_alone_and_counted(
    ledger: Ledger, app: httpx.AsyncBaseTransport
) -> None:
    api = await staff(ledger, app)
    text = HEADER + "insurance,2019-12-30 09:58,2019-12-30 09:59,,2019-12-30 10:00,,,\n"
    plan = await plan_here(api, text)

    async def someone_else(office: str, at: int) -> None:
        for shown in await ledger.tickets(office) if at == plan.steps[1].at else ():
            await ledger.call(office, "2", ticket=shown.ticket.seq)

    played = (await play(api, [plan], "log", set_clock=someone_else))[OFFICE]
    assert (played.issued, played.called, played.finished) == (1, 0, 0)
    assert dict(played.skipped) == {"illegal_move": 1}


async def test_the_same_log_read_another_way_needs_a_name_of_its_own(
    ledger: Ledger, app: httpx.AsyncBaseTransport
) -> None:
    api = await staff(ledger, app)
    await play(api, [await plan_here(api, LOG)], "log")
    with pytest.raises(ReplayError, match="--run NAME"):
        await play(api, [await plan_here(api, LOG.replace("moving", "insurance"))], "log")


async def test_a_key_that_may_not_is_told_so(ledger: Ledger, app: httpx.AsyncBaseTransport) -> None:
    key, _ = await Access(ledger.redis).new(Role.KIOSK, OFFICE)
    kiosk = Api(app, "http://hall", key)
    plan = await plan_here(kiosk, HEADER + "insurance,2019-12-30 09:58,2019-12-30 10:00,,,,,\n")
    with pytest.raises(ReplayError, match="call in small: 403 forbidden"):
        await play(kiosk, [plan], "log")
    with pytest.raises(ReplayError, match="401 no_key"):
        await Api(app, "http://hall", "nobody").office(OFFICE)
    anyone, _ = await Access(ledger.redis).new(Role.STAFF)
    with pytest.raises(ReplayError, match="use an admin's key"):
        await Api(app, "http://hall", anyone).define(plan_new("new", "UTC", rows()).office)


async def test_speed_is_seconds_of_the_log_in_a_second(admin: Api, empty: Ledger) -> None:
    log = HEADER + "a,2019-12-30 10:00,2019-12-30 10:01,,,,,\n"
    begin = time.monotonic()
    await play_new(admin, empty, log, speed=120)
    assert 0.5 <= time.monotonic() - begin < 5
