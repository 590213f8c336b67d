"""WebSocket frames that break the rules, byte by byte: whoever sends them is let go with the right code,
and every other screen goes on.
"""

import asyncio
import json
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from queue_service.access import Access
from queue_service.connection import connect as engine_client
from queue_service.embedded import Embedded
from queue_service.office_files import office_to_json, read_office
from queue_service.rights import Role
from tests.bombs import rss_mb
from tests.frames import BINARY, CLOSE, PING, PONG, TEXT, Line, frame, handshake
from tests.hall import OFFICE, OFFICE_YAML
from tests.live import SMALL, Live, live

BOARD = f"/ws/offices/{OFFICE}/board"
PROTOCOL, NO_UTF8, TOO_LARGE = 1002, 1007, 1009
NO_KEY = 4401
LARGEST = 4096
FRAMES = 600
FLOOD_BYTES = 12_000_000


class Hall(NamedTuple):
    """A running service and a key for its boards."""

    running: Live
    key: str

    def line(self, *, key: bool = True, then: bytes = b"", **more: str) -> Line:
        return Line.open(self.running.port, BOARD, self.key if key else None, then, **more)


@pytest.fixture(scope="module")
def hall(engine: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with redis.Redis.from_url(engine.url) as client:
        client.flushall()

    async def key() -> str:
        client = engine_client(engine.url)
        try:
            return (await Access(client).new(Role.DISPLAY, OFFICE))[0]
        finally:
            await client.aclose()

    with live(engine.url, tmp_path_factory.mktemp("live")) as running:
        with running.client() as client:
            body = office_to_json(read_office(OFFICE_YAML, "office.yaml"))
            client.put(SMALL, content=body).raise_for_status()
        hall = Hall(running, asyncio.run(key()))
        pid = running.process.pid
        with neighbour_in(hall) as screen:
            yield hall
            assert len(list(boards_of(screen))) > 0, "the neighbour was served all the while"
            assert json.loads(screen.recv(15))["office"] == OFFICE, "and is"
        assert running.process.poll() is None and running.process.pid == pid
        log = running.log.read_text()
        trouble = [
            log[at - 500 : at + 3000] for at in (log.find("Traceback"), log.find('"bug"')) if at > 0
        ]
        assert not trouble, trouble[0]


def neighbour_in(hall: Hall) -> ClientConnection:
    """A screen that must not notice anything; it keeps every board, so that none is held back."""
    address = f"ws://127.0.0.1:{hall.running.port}{BOARD}"
    offered = [Subprotocol("madoguchi"), Subprotocol(f"madoguchi.{hall.key}")]
    return connect(address, subprotocols=offered, max_queue=None)


def boards_of(screen: ClientConnection) -> Iterator[dict[str, object]]:
    """The boards that have come to a screen."""
    with suppress(TimeoutError):
        while True:
            yield json.loads(screen.recv(0.1))


BREACHES: dict[str, tuple[bytes, int]] = {
    **{f"opcode {n}": (frame(b"x", n), PROTOCOL) for n in (3, 7, 11, 15)},
    **{f"reserved bit {n}": (frame(b"x", rsv=n), PROTOCOL) for n in (1, 2, 4)},
    "not masked": (frame(b'{"key": "x"}', masked=False), PROTOCOL),
    "not masked and empty": (frame(b"", masked=False), PROTOCOL),
    "a ping in pieces": (frame(b"x", PING, fin=False), PROTOCOL),
    "a close in pieces": (frame(b"", CLOSE, fin=False), PROTOCOL),
    "a long ping": (frame(b"x" * 126, PING), PROTOCOL),
    "a long pong": (frame(b"x" * 4000, PONG), PROTOCOL),
    "a piece of nothing": (frame(b"x", 0), PROTOCOL),
    "a text amid another": (frame(b"x", fin=False) + frame(b"y"), PROTOCOL),
    "bytes amid a text": (frame(b"x", fin=False) + frame(b"y", BINARY), PROTOCOL),
    "no UTF-8": (frame(b"\xff\xfe"), NO_UTF8),
    "half a character": (frame("窓".encode()[:2]), NO_UTF8),
    "a surrogate": (frame(b"\xed\xa0\x80"), NO_UTF8),
    "half a character in two pieces": (frame(b"\xe7", fin=False) + frame(b"\xaa", 0), NO_UTF8),
    "too large": (frame(b"x" * (LARGEST + 1)), TOO_LARGE),
    "a megabyte": (frame(b"x" * 1_000_000), TOO_LARGE),
    "two exabytes announced": (frame(b"x", length=b"\x7f" + struct.pack(">Q", 2**61)), TOO_LARGE),
    "a length below zero": (frame(b"x", length=b"\x7f" + struct.pack(">Q", 2**63)), TOO_LARGE),
    "a length of 16 bits that lies": (frame(b"x", length=b"\x7e\xff\xff"), TOO_LARGE),
    "too large in pieces": (
        frame(b"x" * 3000, fin=False) + frame(b"x" * 3000, 0, fin=False),
        TOO_LARGE,
    ),
    "pieces of nothing without an end": (
        frame(b"", fin=False) + frame(b"", 0, fin=False) * 500,
        TOO_LARGE,
    ),
    "squeezed, though nobody agreed": (
        frame(zlib.compressobj(wbits=-15).compress(b"\0" * 1000) + b"\0", rsv=4),
        PROTOCOL,
    ),
    "a close of one byte": (frame(b"\x03", CLOSE), PROTOCOL),
    **{
        f"a close with code {code}": (frame(struct.pack(">H", code), CLOSE), PROTOCOL)
        for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535)
    },
    "a close whose reason is no UTF-8": (frame(b"\x03\xe8\xff", CLOSE), NO_UTF8),
    "an end of a request": (b"GET / HTTP/1.1\r\n\r\n", PROTOCOL),
    "zeros": (bytes(500), PROTOCOL),
    "ones": (b"\xff" * 500, PROTOCOL),
}


@pytest.mark.parametrize("shown", ["with its key", "before its key"])
@pytest.mark.parametrize("breach", BREACHES)
def test_who_breaks_the_rules_is_let_go_with_the_right_code(hall: Hall, breach: str, shown: str):
    sent, code = BREACHES[breach]
    with hall.line(key=shown == "with its key") as line:
        assert line.status == 101
        line.send(sent)
        end = line.end()
    assert end.code == code
    assert end.messages <= 1


FINE = [
    frame(b"", PING),
    frame(b"x" * 125, PING),
    frame(b"x" * 10, PING, length=b"\x7e\x00\x0a"),
    frame(b"nobody asked", PONG),
    frame(b""),
    frame(b"hello"),
    frame(b"x" * LARGEST),
    frame(b"\0\xff", BINARY),
    frame(b"short", length=b"\x7e\x00\x05"),
    frame(b"short", length=b"\x7f\x00\x00\x00\x00\x00\x00\x00\x05"),
    frame(b"a", fin=False) + frame(b"", PING) + frame(b"b", 0),
    frame("窓".encode()[:1], fin=False) + frame("窓".encode()[1:], 0),
    frame(b"", PING) * 2000,
    frame(b"", PONG) * 2000,
    frame(b"", fin=False) + frame(b"", 0, fin=False) * 50 + frame(b"", 0),
]


def test_a_screen_may_say_what_it_likes_within_the_rules_and_goes_on_listening(hall: Hall):
    with ExitStack() as stack:
        lines = [stack.enter_context(hall.line()) for _ in FINE]
        for line, sent in zip(lines, FINE, strict=True):
            line.send(sent + frame(b"", PING))
        for line in lines:
            boards = 0
            while boards < 2:  # one at once, the other two seconds later
                came = line.message()
                assert came is not None and came[0] in (TEXT, PING, PONG), came
                boards += came[0] == TEXT
            line.send(frame(struct.pack(">H", 1000), CLOSE))
            assert line.end().code == 1000


@pytest.mark.parametrize(
    "first",
    [
        *(
            b"",
            b"null",
            b"5",
            b"[]",
            b'"key"',
            b"{}",
            b'{"key": null}',
            b'{"key": 5}',
            b'{"key": []}',
        ),
        *(
            b'{"key": ""}',
            b'{"key": "x", "more": 1}',
            b'{"Key": "x"}',
            b'{"key": "x"',
            b"{'key': 'x'}",
        ),
        *(b"[" * LARGEST, b'{"key":' * 500, b'{"key": "' + b"x" * 4000 + b'"}', b"\x00", b"NaN"),
        *(
            b'{"key": "\\ud800"}',
            b'{"key": "\\u0000"}',
            b'{"key": "mg_\\ud83d\\ude00"}',
            b"\xef\xbb\xbf{}",
        ),
        *(b'{"key": "a", "key": "b"}', b'{"key": 1e999}', "{'key': 窓}".encode()),
    ],
)
def test_a_first_message_that_is_no_key_is_answered_with_4401(hall: Hall, first: bytes):
    for opcode in (TEXT, BINARY):
        with hall.line(key=False) as line:
            line.send(frame(first, opcode))
            assert line.end() == (NO_KEY, 0)


def test_a_good_key_as_bytes_is_none_and_in_pieces_is_one(hall: Hall):
    said = json.dumps({"key": hall.key}).encode()
    with hall.line(key=False) as line:
        line.send(frame(said, BINARY))
        assert line.end() == (NO_KEY, 0)
    with hall.line(key=False) as line:
        line.send(frame(said[:9], fin=False) + frame(said[9:], 0))
        came = line.message()
        assert came is not None and json.loads(came[1])["office"] == OFFICE


@pytest.mark.parametrize(
    "too_early", [frame(b"x"), frame(b"x", 7), b"\xff" * 9000, b"GET / HTTP/1.1\r\n\r\n"]
)
def test_what_comes_before_the_line_is_a_websocket_is_not_listened_to(hall: Hall, too_early: bytes):
    with hall.line(then=too_early) as line:
        assert line.status == 101
        came = line.message()
        assert came is not None and json.loads(came[1])["office"] == OFFICE


def test_nothing_is_squeezed_even_if_a_screen_offers_it(hall: Hall):
    with hall.line(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits") as line:
        assert line.status == 101
        assert b"extensions" not in line.head.lower()
        bomb = zlib.compressobj(wbits=-15)
        line.send(
            frame(bomb.compress(b"\0" * 3_000_000) + bomb.flush(zlib.Z_SYNC_FLUSH)[:-4], rsv=4)
        )
        assert line.end().code == PROTOCOL


@pytest.mark.parametrize(
    "more",
    [
        {"Sec_WebSocket_Version": "12"},
        {"Sec_WebSocket_Version": "x"},
        {"Sec_WebSocket_Key": "short"},
        {"Sec_WebSocket_Key": ""},
        {"Sec_WebSocket_Key": "\xff" * 24},
        {"Origin": "https://evil.example"},
        {"Origin": "\xff"},
        {"Origin": "null"},
        {"Origin": "http://[x"},
        {"Sec_WebSocket_Protocol": "\xff, ,,"},
        {"Sec_WebSocket_Protocol": "a b"},
        {"Connection": "keep-alive"},
        {"Upgrade": "h2c"},
    ],
)
def test_a_handshake_that_is_none_is_refused_by_its_own(hall: Hall, more: dict[str, str]):
    with hall.line(**more) as line:
        assert 400 <= line.status < 500, line.head


def test_half_a_handshake_or_half_a_frame_costs_nobody_else(hall: Hall):
    whole = handshake(BOARD, hall.key)
    for cut in range(1, len(whole), 40):
        line = Line(hall.running.port)
        line.send(whole[:cut])
        line.hang_up()
    for half in (
        frame(b"x" * 100)[:5],
        frame(b"x", length=b"\x7e\x0f\xff"),
        b"\x81",
        b"\x81\xfe\x0f",
    ):
        line = hall.line()
        line.send(half)
        line.hang_up()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_nobody_reads_or_ends_does_not_pile_up(hall: Hall):
    """Answers to pings, and pieces of a message without a byte in them."""
    floods = (frame(b"x" * 125, PING) * 500, frame(b"", 0, fin=False) * 10_000)
    for flood in floods:
        with hall.line(then=b"") as line:
            line.message()
            line.send(frame(b"", fin=False))
            before = rss_mb(hall.running.process.pid)
            for _ in range(FLOOD_BYTES // len(flood)):
                line.send(flood)
            assert rss_mb(hall.running.process.pid) - before < FLOOD_BYTES / 2**20 / 3


pieces = st.one_of(
    st.binary(max_size=40),
    st.builds(
        frame,
        st.binary(max_size=200) | st.sampled_from([b"", b'{"key": "x"}', b"\xff", b"x" * 5000]),
        st.integers(0, 15),
        fin=st.booleans(),
        rsv=st.sampled_from([0, 0, 0, 1, 2, 4, 7]),
        masked=st.sampled_from([True, True, True, False]),
        length=st.none() | st.none() | st.binary(min_size=1, max_size=9),
    ),
)


def test_whatever_is_sent_the_line_ends_and_others_go_on(hall: Hall):
    @given(sent=st.lists(pieces, min_size=1, max_size=6).map(b"".join), key=st.booleans())
    @settings(
        max_examples=FRAMES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    def look(sent: bytes, key: bool) -> None:
        with hall.line(key=key) as line:
            assert line.status == 101
            # A close behind it: it is heard, or swallowed by a frame that was announced as longer.
            line.send(sent + frame(struct.pack(">H", 1000), CLOSE) + b"\0" * 5000)
            code = line.end().code
        # A line that is cut while somebody still sends loses what was said last: then there is none.
        usual = (None, 1000, 1005, PROTOCOL, NO_UTF8, TOO_LARGE, NO_KEY)
        assert code in usual or code in range(3000, 5000), sent

    look()
    with hall.running.client() as client:
        assert client.get("/health/ready").status_code == 200


def test_the_log_names_no_key(hall: Hall):
    assert hall.key not in hall.running.log.read_text()
    assert Path(hall.running.log).stat().st_size < 5_000_000
