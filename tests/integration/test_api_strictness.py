"""Where the API is strict though the framework under it is not."""

import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from queue_service import access, keys
from queue_service.access import FRESH_S, Access
from queue_service.api.app import create_app
from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.refusals import UnknownKey
from queue_service.rights import Role
from queue_service.settings import Settings
from tests.hall import OFFICE_YAML

ADMIN = "an-administrator-of-the-tests"
SMALL = "/api/v1/offices/small"
JSON = {"Content-Type": "application/json"}
WITH_A_PROCEDURE = OFFICE_YAML.replace("prefix: C}", "prefix: C, procedures: [{id: copy}]}")


class Hall(NamedTuple):
    """The API, its ledger, and a key of each role here and elsewhere."""

    client: AsyncTestClient[Litestar]
    ledger: Ledger
    keys: dict[str, str]

    async def post(self, who: str, path: str, body: bytes = b"", **headers: str) -> httpx.Response:
        named = {"Authorization": f"Bearer {self.keys[who]}"} if who != "nobody" else {}
        return await self.client.post(
            f"{SMALL}/{path}", content=body, headers=JSON | named | headers
        )

    async def ticket(self) -> str:
        given = await self.post("kiosk", "tickets", b'{"service": "insurance"}')
        assert given.status_code == 201, given.text
        return str(given.json()["id"])

    async def types(self) -> list[str]:
        return [type(each.event).__name__ for each in await self.ledger.entries("small")]


@pytest.fixture(scope="module")
def app(engine: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    folder = tmp_path_factory.mktemp("data")
    return create_app(Settings(data_dir=folder, redis_url=engine.url, admin_key=ADMIN))


@pytest.fixture
async def hall(ledger: Ledger, app: Litestar) -> AsyncIterator[Hall]:
    await ledger.apply_office(read_office(WITH_A_PROCEDURE, "office.yaml"))
    await ledger.snapshot("small")  # the first touch opens the day
    keyring, held = Access(ledger.redis), {"admin": ADMIN}
    for role in Role:
        held.setdefault(role, (await keyring.new(role, "small"))[0])
        held[f"elsewhere {role}"], _ = await keyring.new(role, "elsewhere")
    async with AsyncTestClient(app) as client:
        yield Hall(client, ledger, held)


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["code"] == code
    return found


# Bodies


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ('"items": [{"procedure": "copy", "quantity": "2"}]', "items[0].quantity"),
        ('"items": [{"procedure": "copy", "quantity": true}]', "items[0].quantity"),
        ('"items": [{"procedure": "copy", "quantity": 2.5}]', "items[0].quantity"),
        ('"language": "ja", "items": 5', "items"),
        ('"items": [{"procedure": "copy", "colour": 1}]', "items[0].colour"),
        ('"items": [{}]', "items[0].procedure"),
        ('"items": [{"procedure": "copy", "quantity": 1e300}]', "items[0].quantity"),
        ('"booked_for": 1763946600', "booked_for"),
        ('"booked_for": "1763946600"', "booked_for"),
        ('"then": "moving"', "then"),
        ('"language": 1', "language"),
    ],
)
async def test_a_value_of_nearly_the_right_type_is_400_and_changes_nothing(
    hall: Hall, part: str, field: str
) -> None:
    before = await hall.types()
    refused = await hall.post("admin", "tickets", f'{{"service": "insurance", {part}}}'.encode())
    assert problem(refused, 400, "invalid")["field"] == field
    assert await hall.types() == before


async def test_two_and_two_point_nothing_are_one_number_to_json(hall: Hall) -> None:
    body = b'{"service": "insurance", "items": [{"procedure": "copy", "quantity": 2.0}]}'
    given = await hall.post("kiosk", "tickets", body)
    assert given.json()["items"] == [{"procedure": "copy", "quantity": 2}]


MOVES_WITHOUT_WORDS = ["check-in", "reprint", "cancel", "undo", "park", "start", "finish"]


@pytest.mark.parametrize("move", MOVES_WITHOUT_WORDS)
@pytest.mark.parametrize(
    ("body", "field"),
    [(b'{"colour": 1}', "colour"), (b"{", "body"), (b"[1]", "body"), (b'"\xff"', "body")],
)
async def test_a_move_that_takes_no_words_refuses_any(
    hall: Hall, move: str, body: bytes, field: str
) -> None:
    ticket, before = await hall.ticket(), await hall.types()
    refused = await hall.post("admin", f"tickets/{ticket}/{move}", body)
    assert problem(refused, 400, "invalid")["field"] == field
    assert await hall.types() == before


@pytest.mark.parametrize("body", [b"", b"{}", b" {} ", b"null"])
async def test_a_move_that_takes_no_words_takes_no_body_or_an_empty_one(
    hall: Hall, body: bytes
) -> None:
    ticket = await hall.ticket()
    assert (await hall.post("staff", f"tickets/{ticket}/park", body)).status_code == 200
    resumed = await hall.client.post(
        f"{SMALL}/tickets/{ticket}/resume",
        headers={"Authorization": f"Bearer {hall.keys['staff']}"},
    )
    assert resumed.status_code == 200


async def test_a_record_that_cannot_be_read_is_our_mistake_and_not_the_askers(hall: Hall) -> None:
    ticket = await hall.ticket()
    await hall.ledger.redis.hset(keys.of("small", "definitions"), 99, "{")
    await hall.ledger.redis.hset(keys.of("small", "head"), "version", 99)
    refused = await hall.client.get(f"{SMALL}/tickets/{ticket}")
    found = problem(refused, 500, "internal")
    assert found["id"] and "Traceback" not in refused.text


async def test_events_name_what_was_asked_for_as_tickets_do(hall: Hall) -> None:
    items = b'[{"procedure": "copy", "quantity": 2}]'
    await hall.post(
        "kiosk", "tickets", b'{"service": "moving", "then": ["insurance"], "items": %s}' % items
    )
    key = {"Authorization": f"Bearer {hall.keys['analyst']}"}
    for form in ("application/json", "application/x-ndjson"):
        found = await hall.client.get(f"{SMALL}/events", headers=key | {"Accept": form})
        lines = found.json()["events"] if form.endswith("/json") else found.text.splitlines()
        issued = lines[-1] if isinstance(lines[-1], dict) else json.loads(lines[-1])
        assert issued["then"] == [{"service": "insurance", "stages": ["reception"]}]
        assert issued["items"] == [{"procedure": "copy", "quantity": 2}]


# Keys


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("nobody", 200),
        ("kiosk", 200),
        ("staff", 200),
        ("admin", 200),
        ("display", 403),
        ("analyst", 403),
        *((f"elsewhere {role}", 403) for role in Role),
    ],
)
async def test_a_visit_is_given_up_by_its_holder_its_kiosk_or_staff_of_its_office(
    hall: Hall, who: str, status: int
) -> None:
    ticket = await hall.ticket()
    answer = await hall.post(who, f"tickets/{ticket}/cancel")
    assert answer.status_code == status, answer.text
    entry = (await hall.ledger.entries("small"))[-1]
    if status == 403:
        assert problem(answer, 403, "forbidden")
        assert type(entry.event).__name__ == "Issued"
    else:
        by = "staff" if who in ("staff", "admin") else "visitor"
        assert getattr(entry.event, "by", None) == by


async def test_what_may_be_done_with_a_ticket_is_shown_to_staff_of_its_office_only(
    hall: Hall,
) -> None:
    ticket = await hall.ticket()
    for who, shown in (
        ("staff", True),
        ("admin", True),
        ("kiosk", False),
        ("elsewhere staff", False),
    ):
        key = {"Authorization": f"Bearer {hall.keys[who]}"}
        seen = await hall.client.get(f"{SMALL}/tickets/{ticket}", headers=key)
        assert (seen.json()["allowed"] is not None) is shown, who


async def test_a_revoked_key_stops_working_within_seconds(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(access, "monotonic", lambda: now)
    held = Access(hall.ledger.redis)
    key, credential = await held.new(Role.STAFF, "small", "desk 1")
    assert await held.find(key) == credential
    assert (await Access(hall.ledger.redis).revoke(credential.id)).credential == credential
    now = FRESH_S - 0.01
    assert await held.find(key) == credential
    now = FRESH_S
    assert await held.find(key) is None
    await held.close()


async def test_a_key_is_stored_as_its_hash_only_and_listed_without_it(hall: Hall) -> None:
    keyring = Access(hall.ledger.redis)
    key, credential = await keyring.new(Role.DISPLAY, None, "lobby")
    stored = await hall.ledger.redis.hgetall(keys.KEYS)
    assert key not in str(stored)
    assert credential in await keyring.list()
    assert (credential.office, credential.label) == (None, "lobby")
    with pytest.raises(UnknownKey):
        await keyring.revoke("no-such-id")


# Headers


async def test_refusals_carry_the_same_careful_headers_as_successes(hall: Hall) -> None:
    key = {"Authorization": f"Bearer {hall.keys['staff']}"}
    for path, status in ((SMALL, 200), ("/nowhere", 404), (f"{SMALL}/events", 403)):
        answer = await hall.client.get(path, headers=key)
        assert answer.status_code == status
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
