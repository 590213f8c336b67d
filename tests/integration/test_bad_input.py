"""What the API is sent by mistake or in malice, and what happens while its engine is away."""

import random
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
import redis

from queue_service import keys
from queue_service.embedded import Embedded
from queue_service.office_files import office_to_json
from queue_service.offices import Office
from tests.live import ADMIN, SMALL, Live, live, wait_until

REQUESTS = 1000
ANSWER_S = 3.5  # whatever the engine does
DRAIN_S = 10.0
JSON = {"Content-Type": "application/json"}
TICKET = b'{"service": "insurance"}'


@pytest.fixture(scope="module")
def served(engine: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with redis.Redis.from_url(engine.url) as client:
        client.flushall()
    with live(engine.url, tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture
def client(served: Live, engine: Embedded, office: Office) -> Iterator[httpx.Client]:
    with served.client() as asking, redis.Redis.from_url(engine.url) as stored:
        asking.put(SMALL, content=office_to_json(office), headers=JSON).raise_for_status()
        asking.post(f"{SMALL}/tickets", content=TICKET, headers=JSON).raise_for_status()
        before = stored.hget(keys.of("small", "head"), "seq")
        assert before is not None
        yield asking
        assert stored.hget(keys.of("small", "head"), "seq") == before, "a failure left an entry"
        assert served.process.poll() is None


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """What a refusal says, after its form was looked at."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail", "code"} <= found.keys()
    assert found["status"] == status
    return found


BAD_BODIES: list[tuple[str, bytes, str | None]] = [
    ("tickets", b'{"service": 5}', "service"),
    ("tickets", b'{"service": null}', "service"),
    ("tickets", b"{}", "service"),
    ("tickets", b'{"service": "insurance", "colour": "red"}', "colour"),
    ("tickets", b'{"service": "nowhere"}', "service"),
    ("tickets", b'{"service": "insurance\\n"}', "service"),
    ("tickets", b'{"service": "insurance\\u0000"}', "service"),
    ("tickets", b'{"service": "insurance", "needs": ["\\ud800"]}', None),
    ("tickets", b'{"service": "insurance", "needs": ["a b"]}', "needs[0]"),
    ("tickets", b'{"service": "insurance", "needs": ["wheelchair\\n"]}', "needs[0]"),
    ("tickets", b'{"service": "insurance", "language": "Japanese!"}', "language"),
    ("tickets", b'{"service": "insurance", "then": ["nowhere"]}', "then[0]"),
    ("tickets", b'{"service": "insurance", "priority": "royal"}', "priority"),
    ("tickets", b'{"service": "insurance", "items": [{"procedure": "x"}]}', "items[0].procedure"),
    (
        "tickets",
        b'{"service": "insurance", "items": [{"procedure": "x", "quantity": 0}]}',
        "items[0].quantity",
    ),
    ("tickets", b'{"service": "insurance", "booked_for": "tomorrow"}', "booked_for"),
    ("tickets", b'{"service": "insurance", "booked_for": "2026-01-01T10:00:00"}', "booked_for"),
    ("tickets", b"", "body"),
    ("tickets", b"1", None),
    ("tickets", b"null", None),
    ("tickets", b"[]", None),
    ("tickets", b"{", "body"),
    ("tickets", b'{"service": "insurance"}}', "body"),
    ("tickets", b'{"service": "\xff\xfe"}', "body"),
    ("tickets", b"\x00", "body"),
    ("tickets", b"[" * 100_000, "body"),
    ("tickets", b'{"service":' * 20_000, "body"),
    ("desks/1/call-next", b'{"services": "insurance"}', "services"),
    ("desks/1/call-next", b'{"services": ["nowhere"]}', "services[0]"),
    ("desks/1/call", b"{}", "number"),
    ("desks/1/call", b'{"number": "A001", "ticket": "x"}', "number"),
    ("desks/1/call", b'{"number": "A1; DROP"}', "number"),
    ("desks/1/release-and-call-next", b'{"ticket": ""}', "ticket"),
    ("desks/1/release-and-call-next", b'{"ticket": "1-x", "move": "fly"}', "move"),
    ("hints", b'{"service": "insurance", "procedure": "x", "answer": "no_card"}', "procedure"),
]


@pytest.mark.parametrize(("path", "body", "field"), BAD_BODIES)
def test_a_wrong_body_is_400_and_names_its_field(
    client: httpx.Client, path: str, body: bytes, field: str | None
) -> None:
    found = problem(client.post(f"{SMALL}/{path}", content=body, headers=JSON), 400)
    assert found["code"] == "invalid"
    assert field is None or found["field"] == field


def test_a_wrong_status_or_notice_is_400_and_names_its_field(client: httpx.Client) -> None:
    for path, body, field in (
        ("desks/1/status", {"status": "asleep"}, "status"),
        ("desks/1/status", {}, "status"),
        ("services/insurance/status", {"status": "suspended", "message": {"ja": ""}}, "message"),
        ("notice", {"text": {"日本語": "x"}}, "text"),
        ("notice", {"text": {"ja": "x" * 501}}, "text"),
        ("notice", {}, "text"),
    ):
        found = problem(client.put(f"{SMALL}/{path}", json=body), 400)
        assert found["field"].startswith(field)


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "/api/v1/offices/nowhere/tickets", "unknown_office"),
        ("GET", "/api/v1/offices/nowhere", "unknown_office"),
        ("GET", "/api/v1/offices/nowhere/board", "unknown_office"),
        ("GET", "/api/v1/offices/%00/congestion", "unknown_office"),
        ("GET", "/api/v1/offices/%ED%A0%80/board", "unknown_office"),
        ("GET", "/api/v1/offices/%FF/board", "unknown_office"),
        ("GET", "/api/v1/offices/{small}/board", "unknown_office"),
        ("GET", f"{SMALL}/tickets/1-wrong", "unknown_ticket"),
        ("GET", f"{SMALL}/tickets/%00", "unknown_ticket"),
        ("GET", f"{SMALL}/tickets/%F0%9F%8E%AB", "unknown_ticket"),
        ("GET", f"{SMALL}/tickets/99999999999999999999999-abc", "unknown_ticket"),
        ("POST", f"{SMALL}/tickets/{'9' * 5000}/finish", "unknown_ticket"),
        ("POST", f"{SMALL}/desks/99/call-next", "unknown_desk"),
        ("POST", f"{SMALL}/desks/%00/call-next", "unknown_desk"),
        ("GET", "/nothing/here", "not_found"),
    ],
)
def test_what_does_not_exist_is_404(
    client: httpx.Client, method: str, path: str, code: str
) -> None:
    body = TICKET if path.endswith("nowhere/tickets") else None
    assert problem(client.request(method, path, content=body), 404)["code"] == code


def test_an_unknown_service_in_the_path_is_404(client: httpx.Client) -> None:
    found = client.put(f"{SMALL}/services/nowhere/status", json={"status": "open"})
    assert problem(found, 404)["code"] == "unknown_service"


def test_a_body_of_a_mebibyte_is_413(client: httpx.Client) -> None:
    huge = b'{"service": "' + b"x" * (1 << 20) + b'"}'
    assert problem(client.post(f"{SMALL}/tickets", content=huge, headers=JSON), 413)
    pieces = iter([huge[:1000], huge[1000:]])  # sent in chunks, its size is not announced
    assert problem(client.post(f"{SMALL}/tickets", content=pieces, headers=JSON), 413)


def test_a_wrong_method_is_405_and_told_the_right_ones(client: httpx.Client) -> None:
    refused = client.delete(f"{SMALL}/board")
    assert problem(refused, 405)["code"] == "wrong_method"
    assert "GET" in refused.headers["allow"]


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "caf\xe9"])
def test_a_bad_idempotency_key_is_400(client: httpx.Client, key: str) -> None:
    headers = JSON | {"Idempotency-Key": key.encode("latin-1")}
    found = problem(client.post(f"{SMALL}/tickets", content=TICKET, headers=headers), 400)
    assert found["field"].lower().replace("_", "-") == "idempotency-key"


@pytest.mark.parametrize(
    "path",
    [
        *("events?after=-1", "events?after=x", "events?after=%00", "events?limit=0"),
        *("events?limit=99999999999999999999", "tickets?state=asleep"),
    ],
)
def test_a_bad_query_value_is_400(client: httpx.Client, path: str) -> None:
    assert problem(client.get(f"{SMALL}/{path}"), 400)["code"] == "invalid"


def test_a_query_beyond_reason_finds_nothing_and_breaks_nothing(client: httpx.Client) -> None:
    for path in ("board?zone=%00", "board?zone=%ED%A0%80", "tickets?desk=%FF&service=%00"):
        assert client.get(f"{SMALL}/{path}").status_code == 200


def test_another_content_type_never_breaks_the_service(client: httpx.Client) -> None:
    for kind in ("text/plain", "multipart/form-data", "application/x-msgpack", "nonsense", ""):
        headers = {"Content-Type": kind}
        bad = client.post(f"{SMALL}/tickets", content=b"\xff{", headers=headers)
        assert problem(bad, 400)["code"] == "invalid"


def wild(chance: random.Random) -> bytes:
    """A request that is broken somewhere, or everywhere."""
    method = chance.choice([b"GET", b"POST", b"PUT", b"DELETE", b"BREW", b"", b"\xff", b"PATCH"])
    place = chance.choice(
        [
            b"tickets",
            b"desks/1/call",
            b"desks/%00/call",
            b"tickets/1-x/finish",
            b"..%2f..",
            b"hints",
        ]
    )
    path = (
        SMALL.encode() + b"/" + place + chance.choice([b"", b"?", b"?a=%", b"?\xff", b" x", b"#"])
    )
    body = chance.choice([b"", b"{", b"[]", b'{"number": "Z999"}', chance.randbytes(50)])
    length = chance.choice([len(body), len(body), len(body) + 5, -1, 10**20])
    version = chance.choice([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/9", b"", b"\x00"])
    headers = [
        b"Host: x",
        b"Connection: close",
        b"Authorization: Bearer " + ADMIN.encode(),
        b"Content-Length: " + str(length).encode(),
        chance.choice([b"Content-Type: application/json", b"Content-Type: \x80", b"X"]),
        chance.choice([b"Idempotency-Key: " + chance.randbytes(4), b"Transfer-Encoding: odd"]),
    ]
    chance.shuffle(headers)
    return b"%s %s %s\r\n%s\r\n\r\n%s" % (method, path, version, b"\r\n".join(headers), body)


def statuses(port: int, raw: bytes) -> list[int]:
    """The statuses of all answers to what was sent."""
    with closing(socket.create_connection(("127.0.0.1", port), 5)) as sending:
        received = b""
        try:
            sending.sendall(raw)
            sending.shutdown(socket.SHUT_WR)
            while piece := sending.recv(65536):
                received += piece
        except ConnectionError:
            pass  # it hung up on us, as it may
    return [int(code) for code in re.findall(rb"^HTTP/1\.1 (\d{3})", received, re.MULTILINE)]


def test_a_thousand_malformed_requests_break_nothing(client: httpx.Client, served: Live) -> None:
    chance = random.Random(11)
    seen = set()
    for _ in range(REQUESTS):
        raw = wild(chance)
        for status in statuses(served.port, raw):
            assert 400 <= status < 500, raw
            seen.add(status)
    assert {400, 404, 405} <= seen, "too wild: none of them came past the parser"
    assert client.get("/health/ready").status_code == 200


def test_the_log_holds_no_key_and_no_ticket_id(client: httpx.Client, served: Live) -> None:
    line = client.get(f"{SMALL}/tickets").json()["tickets"]
    with served.client("mg_" + "unknown" * 6) as stranger:
        problem(stranger.get(f"{SMALL}/tickets"), 401)
    problem(client.post(f"{SMALL}/tickets/{line[0]['id']}/finish"), 409)
    assert client.get(f"{SMALL}/tickets/{line[0]['id']}").status_code == 200
    log = served.log.read_text()
    assert '"event": "request"' in log
    assert "bug" not in log
    secrets = [ADMIN, "mg_", "Bearer", "uthorization", *(ticket["id"] for ticket in line)]
    assert not [secret for secret in secrets if secret in log]


# The engine away, or mute


def test_an_api_whose_engine_is_away_starts_says_so_and_goes_on_when_it_comes(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "engine"
    with Embedded(folder) as engine:
        url = engine.url
    with live(url, tmp_path) as running, running.client() as asking:
        assert asking.get("/health/live", headers={"Authorization": ""}).status_code == 200
        for path in ("/health/ready", SMALL, f"{SMALL}/congestion"):
            begin = monotonic()
            refused = asking.get(path)
            assert monotonic() - begin < ANSWER_S
            assert problem(refused, 503)["code"] == "unavailable"
            assert int(refused.headers["retry-after"]) > 0
        with Embedded(folder) as engine:
            assert engine.url == url
            wait_until(lambda: asking.get("/health/ready").status_code == 200)
            problem(asking.get(SMALL), 404)
        refused = asking.get(SMALL, headers={"Authorization": "Bearer mg_unknown"})
        assert problem(refused, 503)["code"] == "unavailable"
        assert running.process.poll() is None
        assert running.stop() < DRAIN_S


def relay(source: socket.socket, target: socket.socket, quiet: threading.Event) -> None:
    """Pass on what comes, until told to be quiet."""
    try:
        while piece := source.recv(65536):
            if not quiet.is_set():
                target.sendall(piece)
    except OSError:
        pass


@contextmanager
def way_that_can_go_mute(path: str, quiet: threading.Event) -> Iterator[int]:
    """A way to an engine that loses everything from a moment on, and says nothing about it."""
    ends: list[socket.socket] = []

    def accept() -> None:
        try:
            while True:
                near, _ = listening.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(path)
                ends.extend((near, far))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=relay, args=(*pair, quiet), daemon=True).start()
        except OSError:
            return

    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        for end in (listening, *ends):
            with closing(end), suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def socket_of(engine_url: str) -> str:
    return engine_url.removeprefix("unix://").partition("?")[0]


def test_a_mute_engine_is_answered_for_in_time_from_the_start_and_later(
    engine_url: str, office: Office, tmp_path: Path
) -> None:
    quiet = threading.Event()
    quiet.set()

    def refused_in_time(client: httpx.Client) -> None:
        begin = monotonic()
        problem(client.post(f"{SMALL}/tickets", content=TICKET, headers=JSON), 503)
        assert monotonic() - begin < ANSWER_S

    with (
        way_that_can_go_mute(socket_of(engine_url), quiet) as port,
        live(f"redis://127.0.0.1:{port}", tmp_path) as running,
        running.client() as asking,
        running.client("mg_somebody") as stranger,
    ):
        refused_in_time(asking)
        refused_in_time(stranger)
        quiet.clear()
        wait_until(lambda: asking.get("/health/ready").status_code == 200)
        asking.put(SMALL, content=office_to_json(office), headers=JSON).raise_for_status()
        quiet.set()
        refused_in_time(asking)
        refused_in_time(stranger)
        assert running.stop() < DRAIN_S
        log = running.log.read_text()
        assert '"status": 503' in log and '"status": 500' not in log


def test_sigterm_finishes_the_request_in_flight_and_leaves_idle_connections(
    engine_url: str, office: Office, tmp_path: Path
) -> None:
    with live(engine_url, tmp_path) as running, running.client() as idle:
        idle.put(SMALL, content=office_to_json(office), headers=JSON).raise_for_status()
        head = (
            f"POST {SMALL}/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(TICKET)}\r\n\r\n"
        )
        with closing(socket.create_connection(("127.0.0.1", running.port), 15)) as flying:
            flying.sendall(head.encode() + TICKET[:5])
            idle.get("/health/live")  # what was sent before has arrived by now
            stopping = threading.Thread(target=lambda: took.append(running.stop()))
            took: list[float] = []
            stopping.start()
            wait_until(lambda: not accepts(running.port))
            flying.sendall(TICKET[5:])
            assert flying.recv(65536).startswith(b"HTTP/1.1 201")
            stopping.join(15)
        assert took and took[0] < DRAIN_S
        assert running.process.returncode in (0, -15, 143)


def accepts(port: int) -> bool:
    try:
        with closing(socket.create_connection(("127.0.0.1", port), 1)):
            return True
    except OSError:
        return False
