"""Every route is sent what no client of ours sends, by every role and by nobody: no 500, nobody waits."""

import asyncio
import itertools
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from random import Random
from time import monotonic
from typing import NamedTuple

import httpx
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from queue_service.access import Access
from queue_service.connection import connect as engine_client
from queue_service.embedded import Embedded
from queue_service.rights import Role
from tests import malformed
from tests.access_table import Row, rows, whole_app
from tests.asking import PATIENCE_S, Asking, check
from tests.bombs import rss_mb
from tests.frames import CLOSE, frame, handshake
from tests.hall import OFFICE
from tests.integration.test_openapi import OFFICE as DEFINITION
from tests.live import ADMIN, SMALL, Live, live

ROWS = rows(whole_app())
HTTP = [row for row in ROWS if row.method != "WS"]
EACH = 12  # keys of each role: together they may ask as often as the test does
LINES = 8  # that send at once
REQUESTS, GARBAGE, FRAMES = 7_000, 2_000, 1_000
WARM = 0.4  # of them; by then everything that is kept has been filled
FLAT_MB = 20.0
ANSWER_S = 3.5
BOARD = f"/ws/offices/{OFFICE}/board"


class Hall(NamedTuple):
    """A running service, and the keys of everybody."""

    running: Live
    keys: dict[str, list[str]]

    @property
    def askers(self) -> list[str | None]:
        """Everyone who may stand before it: with a key of each role, with one that is none, without."""
        every: list[str | None] = [key for keys in self.keys.values() for key in keys]
        return [*every, *([None] * EACH), "mg_" + "0" * 55]


@pytest.fixture(scope="module")
def hall(engine: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with redis.Redis.from_url(engine.url) as client:
        client.flushall()

    async def made() -> dict[str, list[str]]:
        client = engine_client(engine.url)
        access = Access(client)
        try:
            return {
                role: [(await access.new(role, OFFICE))[0] for _ in range(EACH)] for role in Role
            }
        finally:
            await client.aclose()

    with live(engine.url, tmp_path_factory.mktemp("live")) as running:
        with running.client() as client:
            client.put(SMALL, json=DEFINITION).raise_for_status()
        found = Hall(running, asyncio.run(made()))
        pid = running.process.pid
        yield found
        assert running.process.poll() is None and running.process.pid == pid
        log = running.log.read_text("utf-8", "replace")
        trouble = [
            log[at - 300 : at + 6000] for at in (log.find("Traceback"), log.find('"bug"')) if at > 0
        ]
        assert not trouble, trouble[0]
        assert not [key for keys in found.keys.values() for key in keys if key in log]


# Bodies, drawn so that what fails is made small


jsonlike = st.recursive(
    st.sampled_from([*malformed.WORDS, *malformed.HOSTILE]),
    lambda some: (
        st.lists(some, max_size=3).map(lambda each: f"[{','.join(each)}]")
        | st.dictionaries(st.sampled_from(malformed.NAMES), some, max_size=4).map(
            lambda each: "{" + ",".join(f'"{name}":{text}' for name, text in each.items()) + "}"
        )
    ),
    max_leaves=8,
).map(lambda text: text.encode("utf-8", "surrogatepass"))
bodies = st.one_of(
    jsonlike,
    st.binary(max_size=40),
    st.tuples(jsonlike, st.integers(0, 200), st.binary(max_size=3)).map(
        lambda cut: cut[0][: cut[1]] + cut[2] + cut[0][cut[1] :]
    ),
)
taking = st.sampled_from([row for row in HTTP if row.method in ("POST", "PUT")])
PARTS = {"office": OFFICE, "ticket": "1-x", "service": "moving", "desk": "1", "move": "recall"}
PARTS |= dict.fromkeys(
    ("entry", "id", "entry_id", "name", "report", "file_path", "path", "person"), "1"
)
WHO = [*Role, "nobody"]


@pytest.mark.parametrize("role", WHO)
def test_whatever_bytes_a_body_has_no_role_is_answered_with_a_mistake_of_ours(
    hall: Hall, role: str
):
    key = hall.keys[role][0] if role != "nobody" else ""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    address = f"127.0.2.{WHO.index(role) + 1}" if sys.platform == "linux" else None
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(
        base_url=hall.running.url, headers=headers, transport=transport, timeout=15
    ) as client:

        @given(row=taking, body=bodies)
        @settings(
            max_examples=250, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        def look(row: Row, body: bytes) -> None:
            answer = client.request(row.method, row.path.format(**PARTS), content=body)
            assert answer.status_code < 500, answer.text
            if answer.status_code >= 400:
                found = answer.json()
                assert found["status"] == answer.status_code and found["detail"]

        look()


# Headers


INJECTED = ("%0d%0aX-Injected:%20yes", "%0aX-Injected:%20yes", "%0d%0a%0d%0a<html>")
INJECTED += ("%00", "%E7%AA%93", "%FF")
NAMES = frozenset(
    b"allow cache-control content-disposition content-length content-type date etag last-modified "
    b"retry-after vary www-authenticate content-security-policy permissions-policy referrer-policy "
    b"x-content-type-options connection transfer-encoding accept-ranges content-encoding".split()
)


def injecting(row: Row, part: str | None, odd: str) -> malformed.Wrong:
    """A request with a line of its own in one part of the path, behind it, and in its headers."""
    path = row.path.format(**(PARTS | ({part: odd} if part else {})))
    query = f"?from=2026-11-01&to=2026-11-30&format=csv&lang={odd}&by={odd}&zone={odd}&{odd}={odd}"
    body = f'{{"service": "{odd}"}}' if row.method != "GET" else ""
    lines = (
        f"{row.method} {path}{query} HTTP/1.1",
        *(f"{name}: {odd}" for name in ("Host", "Idempotency-Key", "Accept-Language", "Origin")),
        f"Authorization: Bearer {ADMIN}",
        f"Content-Length: {len(body)}",
    )
    return malformed.Wrong("\r\n".join((*lines, "", body)).encode(), row.method)


@pytest.mark.skipif(sys.platform != "linux", reason="asks from many addresses")
async def test_nothing_of_a_request_gets_into_a_header_of_its_answer(hall: Hall):
    asked: Counter[int] = Counter()
    for n, row in enumerate(HTTP):
        parts = [part for part in PARTS if f"{{{part}}}" in row.path]
        with closing(Asking(hall.running.port, f"127.0.3.{n + 1}")) as line:
            for odd, part in itertools.product(INJECTED, [*parts, None]):
                sent = injecting(row, part, odd)
                answer = await line.ask(sent)
                check(sent, answer)
                assert {name for name, _ in answer.headers} <= NAMES, (sent.raw, answer.headers)
                asked[answer.status] += 1
    assert asked[404] and asked[400] and asked.total() > 500


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_the_name_of_a_file_is_made_of_ids_and_dates_alone(hall: Hall, kind: str):
    days = f"from=2026-11-01&to=2026-11-30&format={kind}"
    async with httpx.AsyncClient(base_url=hall.running.url) as client:
        headers = {"Authorization": f"Bearer {hall.keys[Role.ANALYST][0]}"}
        answer = await client.get(f"{SMALL}/stats/arrivals?{days}", headers=headers)
        wrong = await client.get(
            f"{SMALL}%22%0d%0a/stats/arrivals?{days}", headers={"Authorization": f"Bearer {ADMIN}"}
        )
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="arrivals-small-2026-11-01-2026-11-30.{kind}"'
    )
    assert wrong.status_code == 404 and "content-disposition" not in wrong.headers


# Ten thousand


async def send_requests(hall: Hall, chance: Random, count: int, seen: Counter[int], n: int) -> None:
    """Well framed requests over one line after the other, each from another address."""
    for start in range(0, count, 150):
        with closing(
            Asking(hall.running.port, f"127.0.{10 + n}.{1 + chance.randrange(250)}")
        ) as line:
            for _ in range(min(150, count - start)):
                sent = malformed.wrong(chance, HTTP, hall.askers)
                answer = await line.ask(sent)
                check(sent, answer)
                seen[answer.status] += 1


async def send_raw(hall: Hall, raw: bytes, n: int, chance: Random, then: bytes = b"") -> bytes:
    """Send bytes and hang up; returns what came back. `then`: sent when there is an answer."""
    own = (f"127.0.{20 + n}.{1 + chance.randrange(250)}", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", hall.running.port, local_addr=own)
    try:
        writer.write(raw)
        async with asyncio.timeout(PATIENCE_S):
            answer = await reader.readuntil(b"\r\n\r\n") if then else b""
            writer.write(then)
            writer.write_eof()
            return answer + await reader.read(-1)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def send_garbage(hall: Hall, chance: Random, count: int, seen: Counter[int], n: int) -> None:
    """Requests that are none."""
    for _ in range(count):
        raw = malformed.garbage(chance, ROWS, hall.askers)
        answer = await send_raw(hall, raw, n, chance)
        status = int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0
        assert status < 500, (raw, answer)
        seen[status] += 1


def close_code(raw: bytes) -> int:
    """Why the other side closed; 0 where it did not say."""
    while len(raw) >= 2:
        size, head = raw[1], 2
        if size == 126:
            size, head = int.from_bytes(raw[2:4], "big"), 4
        if raw[0] & 0x0F == CLOSE:
            return int.from_bytes(raw[2:4], "big")
        raw = raw[head + size :]
    return 0


async def send_frames(hall: Hall, chance: Random, count: int, seen: Counter[int], n: int) -> None:
    """Screens that say what no screen says, with a good key and without."""
    for _ in range(count):
        key = chance.choice([*hall.keys[Role.DISPLAY], None])
        pieces = [
            chance.choice(
                [
                    frame(chance.randbytes(chance.randrange(200)), chance.randrange(16)),
                    frame(malformed.body(chance)[:5000], fin=chance.random() < 0.7),
                    frame(b"x", length=chance.randbytes(chance.randrange(1, 9))),
                    frame(b"", 9) * chance.randrange(300),
                    chance.randbytes(60),
                ]
            )
            for _ in range(chance.randrange(1, 5))
        ]
        then = b"".join(pieces) + frame(b"\x03\xe8", CLOSE)
        answer = await send_raw(hall, handshake(BOARD, key), n, chance, then)
        seen[close_code(answer.partition(b"\r\n\r\n")[2])] += 1


async def another(hall: Hall, took: list[float]) -> None:
    """Somebody who behaves: takes a number, looks at the line, is answered; for as long as it lasts."""
    headers = {"Authorization": f"Bearer {hall.keys[Role.STAFF][-1]}"}
    async with httpx.AsyncClient(base_url=hall.running.url, headers=headers, timeout=30) as client:
        while True:
            begin = monotonic()
            given = await client.post(f"{SMALL}/tickets", json={"service": "moving"})
            assert given.status_code == 201 or given.json()["code"] == "full", given.text
            assert (await client.get(f"{SMALL}/tickets")).status_code == 200
            took.append(monotonic() - begin)
            await asyncio.sleep(0.1)


async def watching(hall: Hall, boards: list[float]) -> None:
    """A screen that goes on getting its boards."""
    address = f"ws://127.0.0.1:{hall.running.port}{BOARD}"
    offered = [Subprotocol("madoguchi"), Subprotocol(f"madoguchi.{hall.keys[Role.DISPLAY][-1]}")]
    async with connect(address, subprotocols=offered) as screen:
        async for board in screen:
            assert json.loads(board)["office"] == OFFICE
            boards.append(monotonic())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and asks from many addresses")
async def test_ten_thousand_malformed_requests_and_frames_break_nothing_and_others_are_served(
    hall: Hall, measured: Callable[[str], None]
):
    took, boards = list[float](), list[float]()
    seen: dict[str, Counter[int]] = {
        "requests": Counter(),
        "garbage": Counter(),
        "frames": Counter(),
    }
    sending = {"requests": send_requests, "garbage": send_garbage, "frames": send_frames}
    counts = {"requests": REQUESTS, "garbage": GARBAGE, "frames": FRAMES}

    async def send(share: float, seed: int) -> None:
        async with asyncio.TaskGroup() as group:
            for kind, (n, how) in zip(sending, enumerate(sending.values()), strict=True):
                each = int(counts[kind] * share / LINES)
                for line in range(LINES):
                    chance = Random(seed * 1000 + n * 100 + line)
                    group.create_task(how(hall, chance, each, seen[kind], line))

    others = [asyncio.create_task(another(hall, took)), asyncio.create_task(watching(hall, boards))]
    await send(WARM, 1)
    before = rss_mb(hall.running.process.pid)
    await send(1 - WARM, 2)
    after = rss_mb(hall.running.process.pid)
    assert not any(each.done() for each in others), [
        each.exception() for each in others if each.done()
    ]
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    assert sum(each.total() for each in seen.values()) > 0.99 * (REQUESTS + GARBAGE + FRAMES)
    assert {200, 400, 401, 403, 404, 405} <= seen["requests"].keys()
    assert seen["garbage"][400] > GARBAGE / 10 and seen["frames"][1002] > FRAMES / 4
    assert after - before < FLAT_MB, (before, after)
    assert len(took) > 20 and max(took) < ANSWER_S
    assert len(boards) > 5
    measured(
        f"{sum(each.total() for each in seen.values())} sent, {before:.0f} to {after:.0f} MB; meanwhile "
        f"{len(took)} others were answered, the slowest within {max(took) * 1000:.0f} ms"
    )
