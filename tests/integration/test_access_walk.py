"""The table of ACCESS.md is true: a running service is asked for every cell of it, with real keys."""

import itertools
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from litestar import get
from litestar.testing import AsyncTestClient
from msgspec import structs
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from queue_service import keys
from queue_service.access import Access
from queue_service.api.app import create_app
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.passwords import Passwords
from queue_service.people import ROLES, People, decoded, encoded
from queue_service.rights import Role
from queue_service.round_trip import Intent
from queue_service.settings import Settings
from queue_service.sign_in import SignIn
from tests.access_table import NO, OWN, Row, page, rows, whole_app
from tests.guarded import guarded
from tests.hall import OFFICE, OFFICE_YAML
from tests.live import Live, live

WHERE = {"own": OFFICE, "other": "elsewhere", "every": None}
UNKNOWN = "mg_" + "0" * 55
# What stands for the parts of a path that are not looked at before the key is.
PARTS = {"office": OFFICE, "ticket": "1-unknown", "service": "insurance", "desk": "1"}
PARTS |= {"move": "recall", "entry_id": "1", "entry": "1", "report": "reception-hours", "path": "x"}
PARTS |= {"name": "ja.json", "file_path": "house/base.css", "person": "nobody"}
# Whose office stands in the body; the others are refused for their body after they were let in.
BODIES = {
    "/api/v1/keys": {"role": "kiosk", "office": OFFICE},
    "/api/v1/enrolments": {"role": "kiosk", "office": OFFICE},
    "/api/v1/people": {"name": "sato", "role": "staff", "office": OFFICE},
}
SESSION = "/api/v1/session"
# Signing out comes last: whoever has done it is let in nowhere any more.
ROWS = sorted(rows(whole_app()), key=lambda row: (row.path, row.method) == (SESSION, "DELETE"))
# So that nobody on this machine passes for an administrator; see guard.
ELSEWHERE = {"X-Forwarded-For": "192.0.2.1"}


class Asker(NamedTuple):
    """Somebody at the door; `where` is None for whoever shows no good key. A person has a session."""

    key: str | None
    role: Role | None = None
    where: str | None = None
    session: str | None = None

    def __str__(self) -> str:
        who = "person" if self.session else "key"
        return f"{who}, {self.role} of {self.where} office" if self.role else f"key {self.key}"

    def headers(self, site: str) -> dict[str, str]:
        """What shows who this is: a key, or the cookie of a page of that site."""
        if self.session:
            return {"Cookie": f"madoguchi_session={self.session}", "Origin": site}
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def expected(self, row: Row) -> int | None:
        """The refusal that the table promises, or None: let in."""
        if self.key == UNKNOWN:
            return None if row.method == "WS" and row.is_public else 401
        if self.role is None:
            return 401 if row.no_key in (NO, "from this machine") else None
        cell = row.cells[self.role]
        if cell == NO or (cell == OWN and self.where == "other"):
            return 403
        return None


class Hall(NamedTuple):
    """A running service, everyone who may stand before it, and keys and people that may go."""

    running: Live
    askers: list[Asker]
    new_key: Callable[[], str]
    new_person: Callable[[], str]


@pytest.fixture
async def hall(ledger: Ledger, engine_url: str, tmp_path: Path) -> Hall:
    access = Access(ledger.redis)
    askers = [Asker(None), Asker(UNKNOWN)]
    for role, (where, office) in itertools.product(Role, WHERE.items()):
        askers.append(Asker((await access.new(role, office))[0], role, where))
    # One for each time that somebody is let in where keys are revoked.
    ids = iter([(await access.new(Role.KIOSK, OFFICE))[1].id for _ in range(150)])
    # So are these. They share one password: a slow hash for each would take its time.
    one = (await People(access, Passwords()).add("person", Role.STAFF, OFFICE)).person
    names = [f"person-{n}" for n in range(60)]
    alike = {name: encoded(structs.replace(one, name=name)) for name in names}
    await ledger.redis.hset(keys.PEOPLE, mapping=alike)
    for role, (where, office) in itertools.product(ROLES, WHERE.items()):
        askers.append(Asker(None, role, where, await session(access, role, office)))
    # As the engine's user of its part, which must be let do whatever any route does.
    with guarded(engine_url) as engine, live(engine.of("api"), tmp_path) as running:
        yield Hall(running, askers, lambda: next(ids), iter(names).__next__)
        assert engine.refused() == []


async def session(access: Access, role: Role, office: str | None) -> str:
    """The session of somebody who has signed in."""
    people = People(access, Passwords())
    name = f"{role}.{office}"
    await people.add(name, role, office)
    was = await people.raw(name)
    signing = SignIn(access, None, Passwords())  # type: ignore[arg-type]
    return (await signing._begin(was, decoded(was), None, Intent.once())).token


def clients(running: Live) -> Iterator[httpx.Client]:
    """Each from an address of its own, so that nobody is asked to be patient."""
    for n in itertools.count(1):
        address = f"127.0.{1 + n // 250}.{1 + n % 250}" if sys.platform == "linux" else None
        transport = httpx.HTTPTransport(local_address=address, verify=False)
        yield httpx.Client(transport=transport, base_url=running.url, timeout=15)


def over_http(hall: Hall, client: httpx.Client, row: Row, who: Asker) -> int | None:
    """The refusal that somebody gets, or None."""
    named = ELSEWHERE | who.headers(hall.running.url)
    gone = {"id": hall.new_key} if "{id}" in row.path else {}
    gone |= {"person": hall.new_person} if "{person}" in row.path else {}
    path = row.path.format(**PARTS | {name: make() for name, make in gone.items()})
    more = {"json": BODIES.get(path, {})} if row.method in ("POST", "PUT") and not gone else {}
    path += f"?office={OFFICE}" if path.endswith("/audit") else ""
    status = client.request(row.method, path, headers=named, **more).status_code
    assert status < 500, (row, who)
    return status if status in (401, 403) else None


def over_websocket(hall: Hall, row: Row, who: Asker) -> int | None:
    """The same for a board; its close codes are named after those of HTTP."""
    address = f"ws://127.0.0.1:{hall.running.port}{row.path.format(**PARTS)}"
    offered = [Subprotocol("madoguchi"), Subprotocol(f"madoguchi.{who.key}")] if who.key else None
    site = hall.running.url if who.session else None
    more = {name: text for name, text in who.headers("").items() if name == "Cookie"}
    with connect(address, subprotocols=offered, additional_headers=more, origin=site) as screen:
        if offered is None and not who.session:
            screen.send(json.dumps({"key": ""}))
        try:
            assert json.loads(screen.recv(15))["office"] == OFFICE
        except ConnectionClosed as closed:
            return closed.rcvd.code - 4000 if closed.rcvd else None
    return None


def test_every_cell_of_the_table_is_what_a_running_service_does(hall: Hall) -> None:
    asked = 0
    for row, client in zip(ROWS, clients(hall.running), strict=False):
        with client:
            for who in hall.askers:
                if row.method == "WS":
                    found = over_websocket(hall, row, who)
                else:
                    found = over_http(hall, client, row, who)
                assert found == who.expected(row), f"{row.method} {row.path}: {who}"
                asked += 1
    assert asked == len(ROWS) * (2 + (len(Role) + len(ROLES)) * len(WHERE))


def test_the_table_is_drawn_from_the_rules() -> None:
    found, wanted = page()
    assert found == wanted, "run `python -m tests.access_table`"


def test_every_role_and_every_kind_of_cell_is_in_the_table() -> None:
    kinds = {(role, cell) for row in ROWS for role, cell in row.cells.items()}
    assert {role for role, cell in kinds if cell == OWN} == set(Role)
    assert {role for role, cell in kinds if cell == NO} == set(Role) - {Role.ADMIN}
    assert {row.method for row in ROWS} == {"GET", "POST", "PUT", "DELETE", "WS"}


def test_a_route_without_a_rule_does_not_start(tmp_path: Path) -> None:
    @get("/free")
    async def free() -> None:
        """Nobody said who may."""

    with pytest.raises(AssertionError, match="/free names no roles"):
        create_app(Settings(data_dir=tmp_path, redis_url="unix://nowhere"), [free])


async def test_from_this_machine_the_figures_take_no_key(
    ledger: Ledger, engine_url: str, tmp_path: Path
) -> None:
    with live(engine_url, tmp_path) as running:
        async with httpx.AsyncClient(base_url=running.url) as nobody:
            assert (await nobody.get("/metrics")).status_code == 200
            assert (await nobody.get("/metrics", headers=ELSEWHERE)).status_code == 401
    app = create_app(Settings(data_dir=tmp_path, redis_url=engine_url))
    async with AsyncTestClient(app) as far:
        assert (await far.get("/metrics")).status_code == 401


async def test_an_administrator_of_one_office_sees_how_that_office_is_doing_and_no_other(
    ledger: Ledger, engine_url: str, tmp_path: Path
) -> None:
    other = OFFICE_YAML.replace("id: small", "id: elsewhere")
    await ledger.apply_office(read_office(other, "elsewhere.yaml"))
    access = Access(ledger.redis)
    app = create_app(Settings(data_dir=tmp_path, redis_url=engine_url))
    async with AsyncTestClient(app) as far:
        for office, named in ((OFFICE, {OFFICE}), (None, {OFFICE, "elsewhere"})):
            key, _ = await access.new(Role.ADMIN, office)
            told = await far.get("/metrics", headers={"Authorization": f"Bearer {key}"})
            assert told.status_code == 200
            behind = re.findall(r'madoguchi_rollup_days_behind\{office="(\w+)"\}', told.text)
            assert set(behind) == named
