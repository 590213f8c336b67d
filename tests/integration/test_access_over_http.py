"""Keys and codes as administrators and devices meet them: over HTTP, in every process at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from queue_service.access import Access
from queue_service.api.app import create_app
from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.rights import Role
from queue_service.settings import Settings
from tests.hall import OFFICE, OFFICE_YAML
from tests.live import Live, live, wait_until

ADMIN = "an-administrator-of-the-tests"
SECONDS = 8.0  # what "within seconds" means on a busy machine
PATIENCE_S = 15.0  # a board comes within milliseconds


class House(NamedTuple):
    """The API, and an administrator of everything, of one office, and of another."""

    client: AsyncTestClient[Litestar]
    ledger: Ledger
    keys: dict[str, str]

    async def ask(
        self, who: str, method: str, path: str, body: object = None, **headers: str
    ) -> httpx.Response:
        named = {"Authorization": f"Bearer {self.keys[who]}"} if who != "nobody" else {}
        sent = {} if body is None else {"json": body}
        return await self.client.request(method, f"/api/v1/{path}", headers=named | headers, **sent)


@pytest.fixture(scope="module")
def app(engine: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    folder = tmp_path_factory.mktemp("data")
    return create_app(Settings(data_dir=folder, redis_url=engine.url, admin_key=ADMIN))


@pytest.fixture
async def house(ledger: Ledger, app: Litestar) -> AsyncIterator[House]:
    other = OFFICE_YAML.replace("id: small", "id: elsewhere")
    await ledger.apply_office(read_office(other, "elsewhere.yaml"))
    access = Access(ledger.redis)
    held = {
        "admin": ADMIN,
        "own": (await access.new(Role.ADMIN, OFFICE))[0],
        "other": (await access.new(Role.ADMIN, "elsewhere"))[0],
    }
    async with AsyncTestClient(app) as client:
        yield House(client, ledger, held)


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    assert found["code"] == code
    return found


# Keys


async def test_a_key_is_shown_once_listed_without_it_and_revoked(house: House) -> None:
    body = {"role": "staff", "office": OFFICE, "label": "desk 3"}
    made = await house.ask("admin", "POST", "keys", body)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    key = made.json()
    assert list(key) == ["id", "key", "role", "office", "label"]
    house.keys["desk 3"] = key.pop("key")
    assert (await house.ask("desk 3", "GET", f"offices/{OFFICE}/tickets")).status_code == 200

    listed = await house.ask("admin", "GET", "keys")
    assert house.keys["desk 3"] not in listed.text
    (found,) = (each for each in listed.json()["keys"] if each["id"] == key["id"])
    assert found | key == found
    assert datetime.fromisoformat(found["created_at"]).tzinfo is not None

    revoked = await house.ask("admin", "POST", f"keys/{key['id']}/revoke")
    assert (revoked.status_code, revoked.json()["id"]) == (200, key["id"])
    problem(await house.ask("admin", "DELETE", f"keys/{key['id']}"), 404, "unknown_key")
    assert key["id"] not in (await house.ask("admin", "GET", "keys")).text


async def test_asking_twice_for_a_key_makes_one_key(house: House) -> None:
    body, press = {"role": "kiosk", "office": OFFICE}, {"Idempotency-Key": "a-press"}
    first = await house.ask("admin", "POST", "keys", body, **press)
    again = await house.ask("admin", "POST", "keys", body, **press)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    other = await house.ask("admin", "POST", "keys", body | {"role": "admin"}, **press)
    problem(other, 422, "key_reused")
    id = first.json()["id"]
    for replayed in (None, "true"):
        gone = await house.ask("admin", "POST", f"keys/{id}/revoke", **press)
        assert (gone.status_code, gone.headers.get("idempotency-replayed")) == (200, replayed)
    problem(await house.ask("admin", "POST", f"keys/{id}/revoke"), 404, "unknown_key")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "mayor"}, "role"),
        ({"office": OFFICE}, "role"),
        ({"role": "kiosk", "office": "no office"}, "office"),
        ({"role": "kiosk", "label": "x" * 81}, "label"),
        ({"role": "kiosk", "label": "a\nb"}, "label"),
        ({"role": "kiosk", "colour": "red"}, "colour"),
    ],
)
async def test_a_wrong_wish_names_its_field_and_makes_no_key(
    house: House, body: dict[str, Any], field: str
) -> None:
    before = (await house.ask("admin", "GET", "keys")).json()["keys"]
    assert problem(await house.ask("admin", "POST", "keys", body), 400, "invalid")["field"] == field
    assert len((await house.ask("admin", "GET", "keys")).json()["keys"]) == len(before)


async def test_no_key_is_made_for_an_office_that_is_not_there(house: House) -> None:
    for path in ("keys", "enrolments"):
        body = {"role": "kiosk", "office": "atlantis"}
        problem(await house.ask("admin", "POST", path, body), 404, "unknown_office")


async def test_an_administrator_of_one_office_rules_over_its_keys_and_no_others(
    house: House,
) -> None:
    for path in ("keys", "enrolments"):
        theirs = {"role": "kiosk", "office": "elsewhere"}
        problem(await house.ask("own", "POST", path, theirs), 403, "forbidden")
    for everywhere in ({"role": "kiosk"}, {"role": "admin", "office": None}):
        problem(await house.ask("own", "POST", "keys", everywhere), 403, "forbidden")

    made = await house.ask("own", "POST", "keys", {"role": "admin", "office": OFFICE})
    assert made.status_code == 201, "as much as it may itself"
    mine = made.json()["id"]
    listed = (await house.ask("own", "GET", "keys")).json()["keys"]
    assert {each["office"] for each in listed} == {OFFICE}
    everything = (await house.ask("admin", "GET", "keys")).json()["keys"]
    assert {each["office"] for each in everything} == {OFFICE, "elsewhere"}

    for method, path in (("POST", f"keys/{mine}/revoke"), ("DELETE", f"keys/{mine}")):
        problem(await house.ask("other", method, path), 403, "forbidden")
    assert (await house.ask("own", "DELETE", f"keys/{mine}")).status_code == 204
    for_all = (await house.ask("admin", "POST", "keys", {"role": "display"})).json()["id"]
    problem(await house.ask("own", "DELETE", f"keys/{for_all}"), 403, "forbidden")


# Codes


async def test_a_code_puts_a_device_into_service(house: House) -> None:
    body = {"role": "display", "office": OFFICE, "label": "lobby"}
    offered = await house.ask("own", "POST", "enrolments", body)
    assert offered.status_code == 201
    code = offered.json()
    assert {name: code[name] for name in body} == body
    left = datetime.fromisoformat(code["expires_at"]).timestamp()
    seconds, _ = await house.ledger.redis.time()
    assert 595 <= left - seconds <= 600
    enrolled = await house.ask("nobody", "POST", "enrol", {"code": code["code"].lower()})
    assert enrolled.status_code == 201
    assert list(enrolled.json()) == ["id", "key", "role", "office", "label"]
    house.keys["lobby"] = enrolled.json()["key"]
    assert (await house.ask("lobby", "GET", f"offices/{OFFICE}/board")).status_code == 200


async def test_a_code_makes_no_administrator(house: House) -> None:
    refused = await house.ask("admin", "POST", "enrolments", {"role": "admin", "office": OFFICE})
    assert problem(refused, 400, "invalid")["field"] == "role"


async def test_a_wrong_a_used_and_an_old_code_get_the_same_answer(house: House) -> None:
    body = {"role": "kiosk", "office": OFFICE}
    codes = [
        (await house.ask("admin", "POST", "enrolments", body)).json()["code"] for _ in range(2)
    ]
    await house.ask("nobody", "POST", "enrol", {"code": codes[0]})
    redis = house.ledger.redis
    async for kept in redis.scan_iter(match="madoguchi:{access}:code:*"):
        await redis.pexpire(kept, 0)
    answers = [
        await house.ask("nobody", "POST", "enrol", {"code": each})
        for each in (*codes, "ACDE-FHJ3", "x", "コード")
    ]
    assert problem(answers[0], 404, "unknown_code")
    assert len({answer.content for answer in answers}) == 1


async def test_whoever_guesses_codes_is_told_when_to_come_back(house: House) -> None:
    for _ in range(10):
        last = await house.ask("nobody", "POST", "enrol", {"code": "wrong"})
        problem(last, 404, "unknown_code")
    refused = await house.ask("nobody", "POST", "enrol", {"code": "wrong"})
    problem(refused, 429, "too_many_codes")
    assert 1 <= int(refused.headers["retry-after"]) <= 6


# Several processes


@pytest.fixture
async def processes(
    ledger: Ledger, engine_url: str, tmp_path: Path
) -> AsyncIterator[tuple[Live, Live]]:
    """Two API processes on one engine, each with a data dir of its own."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with live(engine_url, tmp_path / "a") as one, live(engine_url, tmp_path / "b") as other:
        yield one, other


class Screen:
    """A board that is watched, until one is sent away."""

    def __init__(self, running: Live, key: str) -> None:
        self._address = f"ws://127.0.0.1:{running.port}/ws/offices/{OFFICE}/board"
        self._offered = [Subprotocol("madoguchi"), Subprotocol(f"madoguchi.{key}")]
        self.watching = asyncio.Event()

    async def watch(self) -> int:
        """Returns the code with which one is sent away."""
        async with connect(self._address, subprotocols=self._offered) as socket:
            try:
                while True:
                    assert json.loads(await socket.recv())["office"] == OFFICE
                    self.watching.set()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0


async def test_a_revoked_key_stops_working_within_seconds_in_every_process_and_at_open_boards(
    processes: tuple[Live, Live],
) -> None:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {ADMIN}"}) as admin:
        keys = f"{processes[0].url}/api/v1/keys"
        key = (await admin.post(keys, json={"role": "display", "office": OFFICE})).json()
        named = {"Authorization": f"Bearer {key['key']}"}
        screens = [Screen(each, key["key"]) for each in processes]
        watching = [asyncio.create_task(each.watch()) for each in screens]
        async with asyncio.timeout(PATIENCE_S):
            for each in screens:
                await each.watching.wait()
        for each in processes:
            answer = await admin.get(f"{each.url}/api/v1/offices/{OFFICE}/board", headers=named)
            assert answer.status_code == 200

        assert (await admin.delete(f"{keys}/{key['id']}")).status_code == 204
        async with asyncio.timeout(SECONDS):
            assert await asyncio.gather(*watching) == [4401, 4401]
        for each in processes:
            answer = await admin.get(f"{each.url}/api/v1/offices/{OFFICE}/board", headers=named)
            problem(answer, 401, "no_key")


def test_a_key_made_by_one_process_is_good_at_the_other_and_its_use_is_shown(
    processes: tuple[Live, Live],
) -> None:
    one, other = processes
    with one.client() as admin:
        body = {"role": "kiosk", "office": OFFICE}
        code = admin.post("/api/v1/enrolments", json=body).json()["code"]
        enrolled = httpx.post(f"{other.url}/api/v1/enrol", json={"code": code}).json()

        def last_used() -> str | None:
            found = admin.get("/api/v1/keys").json()["keys"]
            return next(each for each in found if each["id"] == enrolled["id"])["last_used_at"]

        assert last_used() is None
        with one.client(enrolled["key"]) as kiosk:
            assert kiosk.get(f"/api/v1/offices/{OFFICE}").status_code == 200
        wait_until(lambda: last_used() is not None)
