"""Lines that drip or never speak, and a script that floods: a ticket machine still gets its ticket."""

import asyncio
import resource
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from time import monotonic

import httpx
import pytest

from queue_service.access import Access, Role
from queue_service.api.connections import BODY_S, HEAD_BYTES, HEAD_S, SHARE
from queue_service.ledger import Ledger
from tests.hall import OFFICE
from tests.live import SMALL, Live, live

pytestmark = [pytest.mark.slow, pytest.mark.faults]
DRIPPING = 500
DRIP_S = 2.0
LATE_S = 15.0  # a busy machine sees a deadline this much later
TICKETS = 25
ANSWER_S = 3.5
HEAD = b"POST /api/v1/offices/small/tickets HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """Room for a few thousand connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def service(ledger: Ledger, engine_url: str, tmp_path: Path) -> Iterator[Live]:
    with live(engine_url, tmp_path) as running:
        yield running


async def drip(port: int, first: bytes, each: bytes) -> tuple[bytes, float]:
    """Send a little every other second; returns what was answered, and when the line was cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    begin = monotonic()
    writer.write(first)
    try:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(DRIP_S):
                    return await reader.read(1000), monotonic() - begin
            writer.write(each)
    except OSError:
        return b"", monotonic() - begin
    finally:
        writer.close()


async def buys(service: Live, key: str, tickets: int) -> list[float]:
    """A ticket machine; returns how long each ticket took."""
    took = []
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=service.url, headers=headers, timeout=30) as machine:
        for _ in range(tickets):
            begin = monotonic()
            answer = await machine.post(f"{SMALL}/tickets", json={"service": "insurance"})
            assert answer.status_code == 201, answer.text
            took.append(monotonic() - begin)
            await asyncio.sleep(0.2)
    return took


async def test_five_hundred_that_drip_are_cut_off_and_the_machine_gets_its_tickets(
    ledger: Ledger, service: Live
):
    key, _ = await Access(ledger.redis).new(Role.KIOSK, OFFICE)
    dripping = [drip(service.port, HEAD, b"X-A: b\r\n") for _ in range(DRIPPING)]
    slow = asyncio.gather(*dripping)
    took = await buys(service, key, TICKETS)
    ended = await slow
    assert max(took) < ANSWER_S
    assert {answer.partition(b"\r\n")[0] for answer, _ in ended} == {
        b"HTTP/1.1 408 Request Timeout"
    }
    assert all(HEAD_S - 0.5 < after < HEAD_S + DRIP_S + LATE_S for _, after in ended)


async def test_a_body_that_drips_is_cut_off_and_nothing_was_issued(ledger: Ledger, service: Live):
    key, _ = await Access(ledger.redis).new(Role.KIOSK, OFFICE)
    head = HEAD + f"Authorization: Bearer {key}\r\nContent-Length: 1000\r\n\r\n".encode()
    answer, after = await drip(service.port, head, b" ")
    assert b"201" not in answer
    assert BODY_S - 0.5 < after < BODY_S + DRIP_S + LATE_S
    assert await ledger.tickets(OFFICE) == []


async def test_a_connection_that_never_speaks_is_cut_off(service: Live):
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    async with asyncio.timeout(HEAD_S + LATE_S):
        assert b"408" in await reader.read(100)
    writer.close()


async def test_a_connection_between_two_requests_has_its_time_again(service: Live):
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    for _ in range(3):
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r")[0]))
        await asyncio.sleep(
            HEAD_S / 3
        )  # less than the line may be idle, together longer than a head
    writer.close()


async def test_a_head_that_grows_too_long_is_refused(service: Live):
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(HEAD)
    with suppress(OSError):
        for _ in range(4 * HEAD_BYTES // 1000):
            writer.write(b"X-A: " + b"b" * 1000 + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)
    with suppress(OSError):
        assert (await reader.read(100)).startswith(b"HTTP/1.1 431")
    writer.close()
    async with httpx.AsyncClient(base_url=service.url) as other:
        assert (await other.get("/health/live")).status_code == 200


async def test_one_address_holds_no_more_than_its_share(service: Live):
    held = []
    try:
        for _ in range(SHARE + 50):
            line = socket.create_connection(("127.0.0.1", service.port))
            line.setblocking(False)
            held.append(line)
        neighbour = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
        async with httpx.AsyncClient(base_url=service.url, transport=neighbour) as other:
            assert (await other.get("/health/live", timeout=10)).status_code == 200
        assert sum(was_cut(line) for line in held) == 50
    finally:
        for line in held:
            line.close()


def was_cut(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


async def test_a_script_that_floods_the_machines_route_does_not_keep_the_machine_waiting(
    ledger: Ledger, service: Live
):
    """It has a key of a ticket machine, too, and thirty-two connections."""
    access = Access(ledger.redis)
    keys = [(await access.new(Role.KIOSK, OFFICE))[0] for _ in range(2)]
    seen: Counter[int] = Counter()
    headers = {"Authorization": f"Bearer {keys[0]}"}

    async def flood(client: httpx.AsyncClient) -> None:
        while True:
            answer = await client.post(f"{SMALL}/tickets", json={"service": "insurance"})
            seen[answer.status_code] += 1

    limits = httpx.Limits(max_connections=32)
    async with httpx.AsyncClient(
        base_url=service.url, headers=headers, limits=limits, timeout=30
    ) as script:
        flooding = [asyncio.create_task(flood(script)) for _ in range(32)]
        took = await buys(service, keys[1], TICKETS)
        for task in flooding:
            task.cancel()
        await asyncio.gather(*flooding, return_exceptions=True)
    assert seen[201] + seen[429] > TICKETS
    assert max(took) < ANSWER_S
    with closing(httpx.Client(base_url=service.url)) as other:
        assert other.get("/health/ready").status_code == 200
