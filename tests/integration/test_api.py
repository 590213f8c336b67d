"""The API as its users meet it: over a real engine, one request at a time."""

import re
import secrets
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from queue_service.access import Access, Role
from queue_service.api.app import create_app
from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.office_files import office_to_json, read_office
from queue_service.passwords import Passwords
from queue_service.people import People
from queue_service.settings import Settings
from tests.hall import OFFICE_YAML

ADMIN = "an-administrator-of-the-tests"
SMALL = "/api/v1/offices/small"
MINUTE_MS = 60_000
DEFINITION: dict[str, Any] = msgspec.json.decode(
    office_to_json(read_office(OFFICE_YAML, "office.yaml"))
)


class Service(NamedTuple):
    """The API with a key for everybody."""

    client: AsyncTestClient[Litestar]
    ledger: Ledger
    keys: dict[str, str]

    async def ask(
        self, who: str, method: str, path: str, body: object = None, key: str | None = None
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        if who != "none":
            headers["Authorization"] = f"Bearer {self.keys[who]}"
        sent = {} if body is None else {"json": body}
        if "{theirs}" in path:
            path = path.replace("{theirs}", await self.a_key())
        if "{person}" in path:
            path = path.replace("{person}", await self.a_person())
        return await self.client.request(
            method, path if path.startswith("/") else f"{SMALL}/{path}", headers=headers, **sent
        )

    async def a_key(self) -> str:
        """The id of a key of this office."""
        _, credential = await Access(self.ledger.redis).new(Role.KIOSK, "small")
        return credential.id

    async def a_person(self) -> str:
        """The name of somebody of this office."""
        name = secrets.token_hex(6)
        people = People(Access(self.ledger.redis), Passwords())
        return (await people.add(name, Role.STAFF, "small")).person.name

    async def ticket(self, who: str = "kiosk", **wish: Any) -> dict[str, Any]:
        given = await self.ask(who, "POST", "tickets", {"service": "insurance"} | wish)
        assert given.status_code == 201, given.text
        return given.json()  # type: ignore[no-any-return]

    async def entries(self) -> list[dict[str, Any]]:
        found = await self.ask("analyst", "GET", "events?limit=10000")
        return found.json()["events"]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def app(engine: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """Put together once; each test opens and closes it."""
    folder = tmp_path_factory.mktemp("data")
    return create_app(Settings(data_dir=folder, redis_url=engine.url, admin_key=ADMIN))


@pytest.fixture
async def service(ledger: Ledger, app: Litestar) -> AsyncIterator[Service]:
    access = Access(ledger.redis)
    keys = {"admin": ADMIN, "unknown": "mg_nobody-holds-this-key"}
    for role in (Role.KIOSK, Role.DISPLAY, Role.STAFF, Role.ANALYST):
        keys[role], _ = await access.new(role, "small")
    keys["other kiosk"], _ = await access.new(Role.KIOSK, "small")
    for role in Role:
        keys[f"elsewhere {role}"], _ = await access.new(role, "elsewhere")
    async with AsyncTestClient(app) as client:
        yield Service(client, ledger, keys)


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """What a refusal says, after its form was looked at."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail", "code"} <= found.keys()
    assert (found["status"], found["code"]) == (status, code)
    assert found["type"] == f"urn:madoguchi:problem:{code}"
    return found


# Who may do what: k kiosk, d display, s staff, a analyst; an administrator may everything

TICKET = "tickets/1-unknown"
PUBLIC = "public"
FREED = {"used_on": "2025-11-24", "section": "-", "category": "training", "minutes": 30}
ROUTES: list[tuple[str, str, str, object]] = [
    ("", "PUT", SMALL, DEFINITION),
    ("kdsa", "GET", SMALL, None),
    ("kdsa", "GET", "/api/v1/offices", None),
    ("ks", "POST", "tickets", {"service": "insurance"}),
    ("s", "GET", "tickets", None),
    (PUBLIC, "GET", TICKET, None),
    ("ks, holder", "POST", f"{TICKET}/cancel", None),
    ("ks", "POST", f"{TICKET}/check-in", None),
    ("ks", "POST", f"{TICKET}/reprint", None),
    ("s", "POST", f"{TICKET}/transfer", {"service": "insurance"}),
    ("s", "POST", f"{TICKET}/set-items", {"items": []}),
    ("s", "POST", f"{TICKET}/set-priority", {"priority": "normal"}),
    ("s", "POST", f"{TICKET}/set-needs", {"needs": []}),
    ("s", "POST", f"{TICKET}/undo", None),
    *(
        ("s", "POST", f"{TICKET}/{move}", None)
        for move in [
            "recall",
            "start",
            "finish-stage",
            "finish",
            "no-show",
            "park",
            "resume",
            "return",
        ]
    ),
    ("s", "POST", "desks/1/call-next", None),
    ("s", "POST", "desks/1/call", {"number": "A999"}),
    ("s", "POST", "desks/1/release-and-call-next", {"ticket": "1-unknown"}),
    ("s", "PUT", "desks/1/status", {"status": "open"}),
    ("s", "PUT", "services/insurance/status", {"status": "open"}),
    ("s", "PUT", "notice", {"text": None}),
    ("ks", "POST", "hints", {"service": "insurance", "procedure": "x", "answer": "no_card"}),
    ("s", "POST", "helped", {"service": "insurance"}),
    ("sa", "GET", "freed-time", None),
    ("sa", "POST", "freed-time", FREED),
    ("sa", "POST", "freed-time/1/strike", None),
    (PUBLIC, "GET", f"{TICKET}/qr", None),
    (PUBLIC, "GET", "signs", None),
    ("ds", "GET", "board", None),
    ("ds", "GET", "voice", None),
    ("ds", "GET", "calls/1/voice", None),
    (PUBLIC, "GET", "congestion", None),
    ("a", "GET", "events", None),
    ("a", "GET", "stats/arrivals", None),
    ("a", "GET", "stats/stages", None),
    ("a", "GET", "stats/queue", None),
    ("a", "GET", "stats/estimates", None),
    ("a", "GET", "stats/definitions", None),
    ("a", "GET", "reports/reception-hours", None),
    ("a", "GET", "reports/avoidable", None),
    ("a", "GET", "reports/freed-time", None),
    ("a", "GET", "reports/before-after", None),
    ("a", "GET", "reports/reform-priority", None),
    ("", "POST", "/api/v1/keys", {"role": "kiosk", "office": "small"}),
    ("", "GET", "/api/v1/keys", None),
    ("", "POST", "/api/v1/keys/{theirs}/revoke", None),
    ("", "GET", "/api/v1/people", None),
    ("", "POST", "/api/v1/people", {"name": "sato", "role": "staff", "office": "small"}),
    ("", "POST", "/api/v1/people/{person}/reset", None),
    ("", "DELETE", "/api/v1/people/{person}", None),
    ("", "GET", "/api/v1/audit?office=small", None),
    (PUBLIC, "POST", "/api/v1/session", {"name": "sato"}),
    ("kdsa", "GET", "/api/v1/session", None),
    ("kdsa", "DELETE", "/api/v1/session", None),
    ("", "DELETE", "/api/v1/keys/{theirs}", None),
    ("", "POST", "/api/v1/enrolments", {"role": "kiosk", "office": "small"}),
    (PUBLIC, "POST", "/api/v1/enrol", {"code": "no-such-code"}),
    (PUBLIC, "GET", "/health/live", None),
    (PUBLIC, "GET", "/health/ready", None),
    (PUBLIC, "GET", "/schema", None),
    (PUBLIC, "GET", "/schema/openapi.json", None),
]
OWN_ONLY = ("/api/v1/offices", "/api/v1/keys", "/api/v1/people")  # of these one sees one's own
LETTER = {"kiosk": "k", "display": "d", "staff": "s", "analyst": "a"}


@pytest.mark.parametrize(("may", "method", "path", "body"), ROUTES)
async def test_each_role_may_do_what_the_table_says_and_nothing_else(
    service: Service, may: str, method: str, path: str, body: object
) -> None:
    problem(await service.ask("unknown", method, path, body), 401, "no_key")
    if may == PUBLIC:
        for who in ("none", "admin", *LETTER, "elsewhere staff"):
            answer = await service.ask(who, method, path, body)
            assert answer.status_code in (200, 400, 404), (who, answer.text)
        return
    refused = await service.ask("none", method, path, body)
    roles, _, holder = may.partition(", ")
    if holder:
        problem(refused, 404, "unknown_ticket")
    else:
        problem(refused, 401, "no_key")
        assert refused.headers["www-authenticate"] == "Bearer"
    for who, letter in LETTER.items():
        answer = await service.ask(who, method, path, body)
        if letter in roles:
            assert answer.status_code not in (401, 403), (who, answer.text)
        else:
            problem(answer, 403, "forbidden")
    assert (await service.ask("admin", method, path, body)).status_code not in (401, 403)
    if path != "/api/v1/session" and (path not in OWN_ONLY or method != "GET"):
        for role in Role:
            problem(await service.ask(f"elsewhere {role}", method, path, body), 403, "forbidden")


def test_the_table_names_every_route(app: Litestar) -> None:
    named = {
        (method, (path if path.startswith("/") else f"{SMALL}/{path}").partition("?")[0])
        for _, method, path, _ in ROUTES
    }
    described = app.openapi_schema.to_schema()["paths"]
    for path, item in described.items():
        shape = re.compile(re.sub(r"\{[a-z_]+\}", "[^/]+", path))
        for method in item:
            assert any(m == method.upper() and shape.fullmatch(p) for m, p in named), path


async def test_a_key_sees_only_its_own_office(service: Service) -> None:
    assert (await service.ask("kiosk", "GET", "/api/v1/offices")).json() == {"offices": ["small"]}
    assert (await service.ask("elsewhere kiosk", "GET", "/api/v1/offices")).json()["offices"] == []


# Whose ticket it is


@pytest.mark.parametrize("move", ["cancel", "check-in", "reprint"])
async def test_a_kiosk_acts_only_on_a_ticket_it_issued(service: Service, move: str) -> None:
    wish = {"booked_for": "2025-11-24T10:10:00+09:00"} if move == "check-in" else {}
    ticket = await service.ticket("kiosk", **wish)
    path = f"tickets/{ticket['id']}/{move}"
    problem(await service.ask("other kiosk", "POST", path), 403, "forbidden")
    assert (await service.ask("kiosk", "POST", path)).status_code == 200


async def test_its_holder_sees_and_cancels_a_ticket_with_the_id_alone(service: Service) -> None:
    ticket = await service.ticket()
    seen = (await service.ask("none", "GET", f"tickets/{ticket['id']}")).json()
    assert (seen["number"], seen["people_ahead"], seen["allowed"]) == ("C001", 0, None)
    gone = await service.ask("none", "POST", f"tickets/{ticket['id']}/cancel")
    assert (gone.status_code, gone.json()["state"]) == (200, "cancelled")
    other = ticket["id"][:-1] + ("a" if ticket["id"][-1] != "a" else "b")
    problem(await service.ask("none", "GET", f"tickets/{other}"), 404, "unknown_ticket")


async def test_only_staff_give_priority(service: Service) -> None:
    wish = {"service": "insurance", "priority": "priority"}
    refused = await service.ask("kiosk", "POST", "tickets", wish)
    assert problem(refused, 403, "forbidden")["field"] == "priority"
    assert (await service.ticket("staff", priority="priority"))["priority"] == "priority"


# The same request twice


async def test_the_same_key_gives_the_first_answer_and_another_body_is_refused(
    service: Service,
) -> None:
    wish = {"service": "insurance"}
    first = await service.ask("kiosk", "POST", "tickets", wish, key="press-1")
    again = await service.ask("kiosk", "POST", "tickets", wish, key="press-1")
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.json()) == (201, first.json())
    other = {"service": "certificates"}
    problem(await service.ask("kiosk", "POST", "tickets", other, key="press-1"), 422, "key_reused")
    stranger = await service.ask("other kiosk", "POST", "tickets", wish, key="press-1")
    assert stranger.json()["number"] == "C002"


@pytest.mark.parametrize(
    ("method", "path", "body", "other"),
    [
        ("PUT", SMALL, DEFINITION, DEFINITION | {"name": {"en": "Other"}}),
        ("PUT", "notice", {"text": {"en": "Hello"}}, {"text": None}),
        ("PUT", "desks/1/status", {"status": "open"}, {"status": "closed"}),
        ("PUT", "services/moving/status", {"status": "suspended"}, {"status": "open"}),
        ("POST", "desks/2/call-next", {}, {"services": ["insurance"]}),
        ("POST", "desks/2/call", {"number": "C001"}, {"number": "C002"}),
        ("POST", "tickets/ID/cancel", None, {"x": 1}),
        ("POST", "tickets/ID/reprint", None, {"x": 1}),
        ("POST", "tickets/ID/transfer", {"service": "moving"}, {"service": "certificates"}),
        ("POST", "tickets/ID/set-priority", {"priority": "priority"}, {"priority": "normal"}),
        ("POST", "tickets/ID/set-items", {"items": []}, {"items": [], "x": 1}),
        ("POST", "tickets/ID/set-needs", {"needs": ["sight"]}, {"needs": []}),
    ],
)
async def test_every_write_honours_its_idempotency_key(
    service: Service, method: str, path: str, body: object, other: object
) -> None:
    path = path.replace("ID", (await service.ticket())["id"])
    first = await service.ask("admin", method, path, body, key="once")
    assert first.status_code == 200, first.text
    before = await service.entries()
    again = await service.ask("admin", method, path, body, key="once")
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (200, first.content)
    refused = await service.ask("admin", method, path, other, key="once")
    assert refused.json()["code"] in ("key_reused", "invalid")
    assert await service.entries() == before


# Refusals


async def test_nobody_waits_is_204_and_a_busy_desk_says_with_whom(service: Service) -> None:
    nobody = await service.ask("staff", "POST", "desks/2/call-next")
    assert (nobody.status_code, nobody.content) == (204, b"")
    first, second = await service.ticket(), await service.ticket()
    called = await service.ask("staff", "POST", "desks/2/call-next")
    assert (called.json()["id"], called.json()["desk"]) == (first["id"], "2")
    refused = await service.ask("staff", "POST", "desks/2/call-next", {})
    assert problem(refused, 409, "desk_busy")["ticket"]["id"] == first["id"]
    release = {"ticket": first["id"]}
    done = await service.ask("staff", "POST", "desks/2/release-and-call-next", release)
    assert done.json()["released"]["state"] == "finished"
    assert done.json()["called"]["id"] == second["id"]
    double = await service.ask("staff", "POST", "desks/2/release-and-call-next", release)
    assert problem(double, 409, "stale")["ticket"]["id"] == second["id"]


async def test_an_illegal_move_is_told_the_state_and_the_legal_moves(service: Service) -> None:
    ticket = await service.ticket()
    found = problem(
        await service.ask("staff", "POST", f"tickets/{ticket['id']}/finish"), 409, "illegal_move"
    )
    assert found["state"] == "waiting"
    assert "cancel" in found["allowed"] and "finish" not in found["allowed"]
    problem(
        await service.ask("staff", "POST", f"tickets/{ticket['id']}/undo"), 409, "nothing_to_undo"
    )


async def test_who_is_turned_away_is_told_why_and_counted(service: Service) -> None:
    def definition(**changes: Any) -> dict[str, Any]:
        services = [each | changes.get(each["id"], {}) for each in DEFINITION["services"]]
        return DEFINITION | {"services": services}

    closed = {"insurance": {"hours": {"mon": "13:00-14:00"}}}
    full = {"certificates": {"daily_limit": 1}}
    put = await service.ask("admin", "PUT", SMALL, definition(**closed, **full))
    assert put.status_code == 200, put.text
    await service.ask("staff", "PUT", "services/moving/status", {"status": "suspended"})
    await service.ticket(service="certificates")
    for wanted, code in (
        ("insurance", "closed"),
        ("moving", "suspended"),
        ("certificates", "full"),
    ):
        refused = await service.ask("kiosk", "POST", "tickets", {"service": wanted})
        problem(refused, 409, code)
    refusals = [each for each in await service.entries() if each["type"] == "Refused"]
    assert [each["service"] for each in refusals] == ["insurance", "moving", "certificates"]


async def test_a_booked_visitor_checks_in_and_a_past_time_cannot_be_booked(
    service: Service,
) -> None:
    booked = await service.ticket(booked_for="2025-11-24T10:10:00+09:00")
    assert (booked["state"], booked["people_ahead"]) == ("booked", None)
    assert booked["booked_for"] == "2025-11-24T10:10:00+09:00"
    arrived = await service.ask("kiosk", "POST", f"tickets/{booked['id']}/check-in")
    assert (arrived.json()["state"], arrived.json()["people_ahead"]) == ("waiting", 0)
    past = {"service": "insurance", "booked_for": "2025-11-24T09:00:00+09:00"}
    problem(await service.ask("kiosk", "POST", "tickets", past), 409, "past")


# What is shown


async def test_the_line_is_listed_in_calling_order(service: Service) -> None:
    first, second = await service.ticket(), await service.ticket("staff", priority="priority")
    line = (await service.ask("staff", "GET", "tickets?state=waiting&service=insurance")).json()
    assert [each["id"] for each in line["tickets"]] == [second["id"], first["id"]]
    assert (await service.ask("staff", "GET", "tickets?desk=1")).json() == {"tickets": []}


async def test_the_board_and_the_congestion_show_who_waits(service: Service) -> None:
    await service.ticket()
    called = (await service.ask("staff", "POST", "desks/2/call-next")).json()
    await service.ticket()
    board = (await service.ask("display", "GET", "board?zone=1F")).json()
    assert board["calls"][0]["number"] == called["number"]
    assert [desk["desk"] for desk in board["desks"]] == ["1", "2"]
    congestion = await service.ask("none", "GET", "congestion")
    waiting = {each["service"]: each["waiting"] for each in congestion.json()["queues"]}
    assert waiting["insurance"] == 1
    assert "max-age" in congestion.headers["cache-control"]
    assert (await service.ask("staff", "GET", "tickets")).headers["cache-control"] == "no-store"


async def test_the_events_can_be_read_in_pieces_or_as_a_stream(service: Service) -> None:
    ids = [(await service.ticket())["id"] for _ in range(3)]
    whole = await service.entries()
    pieces, after = [], 0
    while piece := (
        found := (await service.ask("analyst", "GET", f"events?after={after}&limit=2")).json()
    )["events"]:
        pieces += piece
        after = found["next"]
    assert pieces == whole
    assert found["next"] == after == whole[-1]["entry_id"]
    headers = {
        "Authorization": f"Bearer {service.keys['analyst']}",
        "Accept": "application/x-ndjson",
    }
    stream = await service.client.get(f"{SMALL}/events", headers=headers)
    assert stream.headers["content-type"].startswith("application/x-ndjson")
    assert [msgspec.json.decode(line) for line in stream.text.splitlines()] == whole
    assert not [id for id in ids if id.partition("-")[2] in stream.text]


# Definitions


async def test_a_definition_is_put_and_shown_with_every_default(service: Service) -> None:
    shown = await service.ask("display", "GET", SMALL)
    assert shown.json() == DEFINITION
    entries = len(await service.entries())
    assert (await service.ask("admin", "PUT", SMALL, DEFINITION)).status_code == 200
    assert len(await service.entries()) == entries


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "other"}, "id"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"timezone": 9}, "timezone"),
        ({"colour": "red"}, "colour"),
        ({"services": []}, "services"),
        ({"services": [{"id": "a", "prefix": "A1"}]}, "services[0].prefix"),
        ({"services": [{"id": "a"}]}, "services[0].prefix"),
        ({"services": [{"id": "a", "prefix": "A", "x": 1}]}, "services[0].x"),
        ({"desks": [{"id": "1", "services": ["nowhere"]}]}, "desks[0].services"),
        ({"reception_hours": [{"hours": {"mon": "soon"}}]}, "reception_hours[0].hours"),
    ],
)
async def test_a_wrong_definition_names_the_field(
    service: Service, change: dict[str, Any], field: str
) -> None:
    refused = await service.ask("admin", "PUT", SMALL, DEFINITION | change)
    found = problem(refused, 400, "invalid")
    named = [found["field"], *(each["field"] for each in found.get("errors", ()))]
    assert any(each.startswith(field) for each in named), found


async def test_what_a_live_ticket_needs_cannot_be_taken_away(service: Service) -> None:
    await service.ticket()
    without = [each for each in DEFINITION["services"] if each["id"] != "insurance"]
    desks = [
        desk | {"services": [name for name in desk["services"] if name != "insurance"]}
        for desk in DEFINITION["desks"]
    ]
    smaller = DEFINITION | {"services": without, "desks": desks}
    refused = await service.ask("admin", "PUT", SMALL, smaller)
    assert problem(refused, 409, "service_in_use")["service"] == "insurance"
    await service.ask("staff", "POST", "desks/2/call-next")
    fewer = DEFINITION | {"desks": [desk for desk in DEFINITION["desks"] if desk["id"] != "2"]}
    refused = await service.ask("admin", "PUT", SMALL, fewer)
    assert problem(refused, 409, "desk_in_use")["desk"] == "2"


# Beside the API


async def test_the_description_is_readable_without_a_network(service: Service) -> None:
    page = await service.client.get("/schema")
    assert page.status_code == 200
    named: list[str] = re.findall(r"""(?:src|href)=["']?([^"'\s>]+)""", page.text)
    assert named
    assert not [place for place in named if place.startswith(("http:", "https:", "//"))]
    assert not re.search("https?://", page.text)
    for place in named:
        if place.startswith("/"):
            assert (await service.client.get(place)).status_code == 200, place


async def test_options_name_every_method_of_a_path(service: Service) -> None:
    options = await service.ask("none", "OPTIONS", SMALL)
    assert options.headers["allow"] == "GET, OPTIONS, PUT"
    options = await service.ask("none", "OPTIONS", "tickets")
    assert options.headers["allow"] == "GET, OPTIONS, POST"


async def test_the_figures_are_for_administrators(service: Service) -> None:
    problem(await service.ask("none", "GET", "/metrics"), 401, "no_key")
    problem(await service.ask("staff", "GET", "/metrics"), 403, "forbidden")
    assert "madoguchi_" in (await service.ask("admin", "GET", "/metrics")).text


async def test_a_revoked_key_is_unknown_to_a_process_that_never_saw_it(service: Service) -> None:
    access = Access(service.ledger.redis)
    service.keys["gone"], credential = await access.new(Role.STAFF, "small")
    await access.revoke(credential.id)
    problem(await service.ask("gone", "GET", "tickets"), 401, "no_key")
