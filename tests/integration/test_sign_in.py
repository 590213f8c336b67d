"""People who sign in: over HTTP as a browser does it, and against whoever wants to be somebody else."""

import asyncio
import re
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pyotp
import pytest
from litestar import Litestar
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from queue_service import access as access_module
from queue_service import keys, sign_in
from queue_service.access import FRESH_S, Access
from queue_service.api.app import create_app
from queue_service.embedded import Embedded
from queue_service.keyed_hash import KeyedHash
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.passwords import Passwords, complaint
from queue_service.people import Invited, People
from queue_service.refusals import PersonChanged
from queue_service.rights import Role
from queue_service.settings import Settings
from tests.hall import OFFICE, OFFICE_YAML
from tests.integration.test_access import contents
from tests.integration.test_access_over_http import ADMIN, SECONDS, problem
from tests.live import live

OURS = {"Origin": "http://testserver.local"}
PIN, OTHER_PIN = "482915", "730164"
LONG = "correct horse battery"
TICKETS = f"offices/{OFFICE}/tickets"


class House(NamedTuple):
    """The API, the people of it, and an administrator's key."""

    app: Litestar
    ledger: Ledger
    people: People

    def browser(self, site: str = "http://testserver.local") -> httpx.AsyncClient:
        """A browser of its own, with cookies of its own."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=site)

    async def add(self, name: str, role: Role = Role.STAFF, office: str | None = OFFICE) -> Any:
        """Somebody whose first password was not changed yet."""
        return await self.people.add(name, role, office)

    async def known(self, name: str, password: str = PIN, **more: Any) -> Any:
        """Somebody who has signed in before, with a password of his own."""
        invited = await self.add(name, **more)
        person = await self.people.with_own_password(invited.person, password)
        await self.ledger.redis.hset(keys.PEOPLE, name, sign_in.encoded(person))
        return invited


@pytest.fixture(scope="module")
def app(engine: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    folder = tmp_path_factory.mktemp("data")
    return create_app(Settings(data_dir=folder, redis_url=engine.url, admin_key=ADMIN))


@pytest.fixture
async def house(ledger: Ledger, app: Litestar) -> AsyncIterator[House]:
    other = OFFICE_YAML.replace("id: small", "id: elsewhere")
    await ledger.apply_office(read_office(other, "elsewhere.yaml"))
    open, done = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        async with app.lifespan():  # begun and ended by one task, as it has to be
            open.set()
            await done.wait()

    running = asyncio.create_task(run())
    await asyncio.wait({running, asyncio.create_task(open.wait())}, return_when="FIRST_COMPLETED")
    yield House(app, ledger, People(Access(ledger.redis), Passwords()))
    done.set()
    await running


async def enter(
    browser: httpx.AsyncClient, name: str, password: str, **more: Any
) -> httpx.Response:
    body = {"name": name, "password": password} | {
        field: value for field, value in more.items() if field in ("code", "new_password")
    }
    return await browser.post("/api/v1/session", json=body, headers=more.get("headers", OURS))


def session_of(answer: httpx.Response) -> str:
    """The token in the cookie that an answer sets."""
    found = SimpleCookie()
    for each in answer.headers.get_list("set-cookie"):
        found.load(each)
    return found["madoguchi_session"].value


# Signing in


async def test_somebody_signs_in_works_and_signs_out(house: House) -> None:
    await house.known("sato")
    async with house.browser() as desk:
        assert (await desk.get(f"/api/v1/{TICKETS}")).status_code == 401
        entered = await enter(desk, "Ｓａｔｏ", "４８２９１５")  # as a Japanese keyboard writes it
        assert entered.status_code == 201, entered.text
        said = entered.json()
        assert (said["person"], said["role"], said["office"]) == ("sato", "staff", OFFICE)
        assert (await desk.get(f"/api/v1/{TICKETS}")).status_code == 200
        assert (await desk.get("/api/v1/session")).json() == said

        token = session_of(entered)
        gone = await desk.delete("/api/v1/session", headers=OURS)
        assert gone.status_code == 204
        assert "Max-Age=0" in gone.headers["set-cookie"]
        assert "madoguchi_session" not in desk.cookies
        desk.cookies.set("madoguchi_session", token)
        problem(await desk.get(f"/api/v1/{TICKETS}"), 401, "no_key")


async def test_the_cookie_has_the_attributes_it_should(house: House) -> None:
    await house.known("sato")
    async with house.browser() as desk:
        session, device = (await enter(desk, "sato", PIN)).headers.get_list("set-cookie")
        for cookie, path, lasts in ((session, "/", 12 * 3600), (device, "/api/v1/session", None)):
            assert "HttpOnly" in cookie and "SameSite=strict" in cookie
            assert f"Path={path};" in f"{cookie};"
            assert lasts is None or f"Max-Age={lasts}" in cookie
            assert "Secure" not in cookie, "a hall without TLS could not sign in"
        assert re.match("madoguchi_session=ms_[0-9a-f]{12}[A-Za-z0-9_-]{43};", session)
    async with house.browser("https://testserver.local") as over_tls:
        ours = {"Origin": "https://testserver.local"}
        cookies = (await enter(over_tls, "sato", PIN, headers=ours)).headers.get_list("set-cookie")
        assert cookies[0].startswith("__Host-madoguchi_session=")
        assert all("Secure" in each for each in cookies)
        assert (await over_tls.get(f"/api/v1/{TICKETS}")).status_code == 200


async def test_a_first_password_has_to_be_changed(house: House) -> None:
    invited = await house.add("sato")
    async with house.browser() as desk:
        problem(await enter(desk, "sato", invited.password), 403, "new_password_needed")
        for weak, why in (
            ("1234", "at least 6"),
            ("123456", "neighbours"),
            ("111222", "different"),
            ("ISATO99", "name"),
            (invited.password, "given"),
            ("9" * 199 + "1", "at most"),
        ):
            refused = await enter(desk, "sato", invited.password, new_password=weak)
            found = problem(refused, 400, "weak_password")
            assert found["field"] == "new_password" and why in found["detail"], found
        assert (await enter(desk, "sato", invited.password, new_password=PIN)).status_code == 201
        # The answer was lost, and the browser asks again.
        assert (await enter(desk, "sato", invited.password, new_password=PIN)).status_code == 201
        problem(await enter(desk, "sato", invited.password), 401, "wrong_sign_in")
        assert (await enter(desk, "sato", PIN)).status_code == 201


async def test_an_administrator_has_a_second_factor_that_is_good_once(house: House) -> None:
    invited = await house.known("mayor", LONG, role=Role.ADMIN)
    factor = pyotp.parse_uri(invited.second_factor)
    async with house.browser() as office:
        problem(await enter(office, "mayor", LONG), 401, "code_needed")
        problem(await enter(office, "mayor", LONG, code="000000x"), 401, "wrong_sign_in")
        problem(await enter(office, "mayor", "wrong", code=factor.now()), 401, "wrong_sign_in")
        code = factor.now()
        entered = await enter(office, "mayor", LONG, code=f"{code[:3]} {code[3:]}")
        assert entered.status_code == 201, entered.text
        assert (await office.get("/api/v1/people")).status_code == 200
    async with house.browser() as thief:
        problem(await enter(thief, "mayor", LONG, code=code), 401, "wrong_sign_in")
    assert complaint("8d!kq2pz", "mayor", Role.ADMIN), "too short for an administrator"


async def test_asking_twice_begins_one_session(house: House) -> None:
    await house.known("sato")
    press = OURS | {"Idempotency-Key": "a-press"}
    async with house.browser() as desk:
        first = await enter(desk, "sato", PIN, headers=press)
        again = await enter(desk, "sato", PIN, headers=press)
        assert session_of(first) == session_of(again)
        assert again.headers["idempotency-replayed"] == "true"
    await house.known("suzuki", OTHER_PIN)
    async with house.browser() as other:
        theirs = await enter(other, "suzuki", OTHER_PIN, headers=press)
        assert theirs.json()["person"] == "suzuki", "a key says nothing without the password"
        problem(await enter(other, "sato", OTHER_PIN, headers=press), 401, "wrong_sign_in")


# Whoever wants to be somebody else


async def test_a_session_that_somebody_has_chosen_is_never_gone_on_with(house: House) -> None:
    """Session fixation."""
    await house.known("sato")
    chosen = "ms_" + "0" * 55
    async with house.browser() as attacker, house.browser() as desk:
        await house.known("suzuki", OTHER_PIN)
        own = session_of(await enter(attacker, "suzuki", OTHER_PIN))
        for planted in (chosen, own):
            desk.cookies.clear()
            desk.cookies.set("madoguchi_session", planted)
            entered = await enter(desk, "sato", PIN)
            assert entered.status_code == 201
            assert session_of(entered) not in (chosen, own)
        assert (await attacker.get("/api/v1/session")).json()["person"] == "suzuki"
        attacker.cookies.clear()
        attacker.cookies.set("madoguchi_session", chosen)
        problem(await attacker.get("/api/v1/session"), 401, "no_key")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.local.evil.example"},
        {"Origin": "http://[half"},
        {"Origin": "http://testserver.local", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_no_other_site_can_use_the_cookie(house: House, said: dict[str, str]) -> None:
    """Cross-site request forgery."""
    await house.known("sato")
    async with house.browser() as desk:
        await enter(desk, "sato", PIN)
        body = {"service": "insurance"}
        problem(await desk.post(f"/api/v1/{TICKETS}", json=body, headers=said), 403, "cross_site")
        for allowed in (OURS, {"Sec-Fetch-Site": "same-origin"}):
            given = await desk.post(f"/api/v1/{TICKETS}", json=body, headers=allowed)
            assert given.status_code == 201, given.text
        assert len((await desk.get(f"/api/v1/{TICKETS}")).json()["tickets"]) == 2
        if said.get("Origin") or said.get("Sec-Fetch-Site"):
            problem(await enter(desk, "sato", PIN, headers=said), 403, "cross_site")


async def test_a_key_and_a_session_do_not_stand_in_for_each_other(house: House) -> None:
    await house.known("sato")
    key, _ = await Access(house.ledger.redis).new(Role.STAFF, OFFICE)
    async with house.browser() as desk:
        token = session_of(await enter(desk, "sato", PIN))
        desk.cookies.clear()
        shown = {"Authorization": f"Bearer {token}"}
        problem(await desk.get(f"/api/v1/{TICKETS}", headers=shown), 401, "no_key")
        desk.cookies.set("madoguchi_session", key)
        problem(await desk.get(f"/api/v1/{TICKETS}"), 401, "no_key")
        # A program that brings both is the key's holder, and needs no page.
        desk.cookies.set("madoguchi_session", token)
        shown = {"Authorization": f"Bearer {key}"}
        assert (await desk.get("/api/v1/session", headers=shown)).json()["person"] is None
        given = await desk.post(f"/api/v1/{TICKETS}", json={"service": "insurance"}, headers=shown)
        assert given.status_code == 201


async def test_a_name_that_is_known_and_one_that_is_not_are_answered_alike(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.known("sato")
    compared: list[bool] = []
    original = Passwords.matches

    async def matches(self: Passwords, proof: str, kept: str | None) -> bool:
        compared.append(kept is None)
        return await original(self, proof, kept)

    monkeypatch.setattr(Passwords, "matches", matches)
    async with house.browser() as desk:
        answers = [await enter(desk, name, "wrong-one") for name in ("sato", "nobody")]
    bodies = [problem(answer, 401, "wrong_sign_in") for answer in answers]
    assert bodies[0] == bodies[1]
    assert compared == [False, True], "for both names one slow hash was computed"


async def test_guessing_locks_the_guesser_out_and_nobody_else(
    house: House, engine: Embedded, tmp_path: Path
) -> None:
    await house.known("sato")
    with live(engine.url, tmp_path) as running:
        ours = {"Origin": running.url}

        def browser(address: str) -> httpx.Client:
            transport = httpx.HTTPTransport(local_address=address)
            return httpx.Client(transport=transport, base_url=running.url, headers=ours, timeout=15)

        def enters(client: httpx.Client, password: str) -> httpx.Response:
            body = {"name": "sato", "password": password}
            return client.post("/api/v1/session", json=body)

        with (
            browser("127.0.0.1") as desk,
            browser("127.0.0.2") as guesser,
            browser("127.0.0.3") as new,
        ):
            assert enters(desk, PIN).status_code == 201
            answers = [enters(guesser, f"wrong-{n}") for n in range(14)]
            assert [each.status_code for each in answers[:10]] == [401] * 10
            assert {each.status_code for each in answers[11:]} == {429}
            assert answers[-1].json()["code"] == "too_many_sign_ins"
            assert int(answers[-1].headers["retry-after"]) > 0
            assert enters(guesser, PIN).status_code == 429, "not even with the right one"
            # The same name from elsewhere, and at the desk where it is known although its own network
            # is under attack, too.
            assert enters(new, PIN).status_code == 201
            with browser("127.0.0.1") as beside:
                assert enters(beside, "wrong").status_code == 401
                while enters(beside, "wrong").status_code == 401:
                    pass
                assert enters(beside, PIN).status_code == 429
            assert enters(desk, PIN).status_code == 201


async def test_a_mark_of_a_device_is_good_for_one_name_and_cannot_be_made(house: House) -> None:
    await house.known("sato")
    await house.known("suzuki", OTHER_PIN)
    signing = sign_in.SignIn(
        Access(house.ledger.redis),
        None,
        Passwords(),  # type: ignore[arg-type]
    )
    sato, suzuki = [await house.people.find(name) for name in ("sato", "suzuki")]
    assert sato and suzuki
    mark = await signing._mark(sato, "0" * 32)
    assert await signing._knows(sato, mark)
    for wrong in ("", ".", mark[:-1], f"1{mark[1:]}", "\udcff.x"):
        assert not await signing._knows(sato, wrong)
    assert not await signing._knows(suzuki, mark)


# The end of a session


async def closed_with(board: ClientConnection) -> int | None:
    """The code with which a board is closed in the end."""
    try:
        while True:
            await board.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


@pytest.mark.parametrize("how", ["reset", "remove", "password", "shift"])
async def test_sessions_end_in_every_process_open_boards_included(
    house: House, engine: Embedded, tmp_path: Path, how: str
) -> None:
    await house.known("sato")
    with live(engine.url, tmp_path) as running:
        async with httpx.AsyncClient(base_url=running.url, headers={"Origin": running.url}) as desk:
            body = {"name": "sato", "password": PIN}
            entered = await desk.post("/api/v1/session", json=body)
            token = session_of(entered)
            address = f"ws://127.0.0.1:{running.port}/ws/offices/{OFFICE}/board"
            cookie = {"Cookie": f"madoguchi_session={token}"}
            evil = {"origin": "http://evil.example"}
            with pytest.raises(InvalidStatus):
                await connect(address, additional_headers=cookie, **evil)
            offered = [Subprotocol("madoguchi")]
            async with connect(
                address, subprotocols=offered, additional_headers=cookie, origin=running.url
            ) as board:
                await asyncio.wait_for(board.recv(), 15)
                if how == "reset":
                    await house.people.reset("sato")
                elif how == "remove":
                    await house.people.remove("sato")
                elif how == "password":
                    async with house.browser() as elsewhere:
                        changed = await enter(elsewhere, "sato", PIN, new_password=OTHER_PIN)
                        assert changed.status_code == 201
                else:
                    lasts = await house.ledger.redis.pttl(keys.session(token[3:15]))
                    assert 0 < lasts <= sign_in.SHIFT_MS
                    await house.ledger.redis.pexpire(keys.session(token[3:15]), 1)
                async with asyncio.timeout(SECONDS):
                    code = await closed_with(board)
            assert code == 4401
            assert (await desk.get(f"/api/v1/{TICKETS}")).status_code == 401


async def test_somebody_who_is_removed_and_added_again_begins_anew(house: House) -> None:
    await house.known("sato")
    async with house.browser() as desk:
        await enter(desk, "sato", PIN)
        await house.people.remove("sato")
        await house.known("sato")
        await asyncio.sleep(FRESH_S)
        assert (await desk.get("/api/v1/session")).status_code == 401


# What is kept


async def test_nothing_that_is_kept_lets_anybody_sign_in(house: House) -> None:
    pepper = "a-pepper-of-the-tests"
    people = People(Access(house.ledger.redis, pepper=pepper), Passwords())
    invited = await people.add("mayor", Role.ADMIN, None)
    secret = pyotp.parse_uri(invited.second_factor).secret
    kept = await contents(house.ledger.redis)
    assert "mayor" in kept, "the search sees what is kept"
    assert invited.password not in kept and secret not in kept
    # Nor can whoever writes the engine promote somebody, or move him.
    for change in ({"role": Role.STAFF}, {"office": OFFICE}, {"name": "other"}):
        promoted = sign_in.msgspec.structs.replace(invited.person, **change)
        assert not await people.matches(promoted, invited.password)
    assert await people.matches(invited.person, invited.password)
    other = People(Access(house.ledger.redis, pepper="another-pepper-of-tests"), Passwords())
    with pytest.raises(access_module.OtherPepper):
        await other.matches(invited.person, invited.password)


async def test_neither_session_nor_password_is_in_the_engine(house: House) -> None:
    await house.known("sato")
    press = OURS | {"Idempotency-Key": "a-press"}
    async with house.browser() as desk:
        entered = await enter(desk, "sato", PIN, headers=press)
    kept = await contents(house.ledger.redis)
    token = session_of(entered)
    assert token[:15] in f"ms_{kept}" or token[3:15] in kept, "the id alone is public"
    assert token[15:] not in kept and PIN not in kept and "a-press" not in kept
    # The remembered answer is not told apart by a fast hash of the body, in which the password stands.
    from queue_service.round_trip import _digest

    for body in (b'{"name":"sato","password":"482915"}', b'{"name": "sato", "password": "482915"}'):
        assert _digest(body) not in kept


def test_a_keyed_hash_says_of_whom_a_password_is() -> None:
    hashes = KeyedHash("secret")
    assert hashes.hex("password", "sato", "staff", "", PIN) != hashes.hex(
        "password", "sato", "admin", "", PIN
    )


# Administering


async def test_an_administrator_of_one_office_rules_over_its_people_and_no_others(
    house: House,
) -> None:
    access = Access(house.ledger.redis)
    own, _ = await access.new(Role.ADMIN, OFFICE)
    await house.add("theirs", office="elsewhere")
    await house.add("chief", role=Role.ADMIN, office=None)
    async with house.browser() as client:

        async def ask(method: str, path: str, key: str = own, **more: Any) -> httpx.Response:
            named = {"Authorization": f"Bearer {key}"}
            return await client.request(method, f"/api/v1/{path}", headers=named, **more)

        made = await ask("POST", "people", json={"name": "Abe", "role": "staff", "office": OFFICE})
        assert made.status_code == 201, made.text
        assert made.json()["name"] == "abe" and made.json()["second_factor"] is None
        body = {"name": "abe", "role": "staff", "office": OFFICE}
        problem(await ask("POST", "people", json=body), 409, "person_exists")
        for office in ("elsewhere", None):
            wish = {"name": "ito", "role": "admin", "office": office}
            problem(await ask("POST", "people", json=wish), 403, "forbidden")
        for who in ("theirs", "chief"):
            problem(await ask("POST", f"people/{who}/reset"), 403, "forbidden")
            problem(await ask("DELETE", f"people/{who}"), 403, "forbidden")
        listed = (await ask("GET", "people")).json()["people"]
        assert [each["name"] for each in listed] == ["abe"]
        everybody = (await ask("GET", "people", key=ADMIN)).json()["people"]
        assert [each["name"] for each in everybody] == ["abe", "chief", "theirs"]
        again = await ask("POST", "people/ABE/reset")
        assert again.json()["password"] != made.json()["password"]
        for replayed in (None, "true"):
            named = {"Authorization": f"Bearer {own}", "Idempotency-Key": "a-press"}
            gone = await client.delete("/api/v1/people/abe", headers=named)
            assert gone.status_code == 204, gone.text
            assert gone.headers.get("idempotency-replayed") == replayed
        problem(await ask("DELETE", "people/abe"), 404, "unknown_person")
        problem(await ask("POST", "people/abe/reset"), 404, "unknown_person")


@pytest.mark.parametrize("name", ["a b", "", "x" * 41, "a/b", "<b>", "a\nb", " ", "'"])
async def test_a_wrong_name_is_refused(house: House, name: str) -> None:
    async with house.browser() as client:
        named = {"Authorization": f"Bearer {ADMIN}"}
        body = {"name": name, "role": "staff", "office": OFFICE}
        answer = await client.post("/api/v1/people", json=body, headers=named)
        assert answer.status_code == 400 and answer.json()["field"] == "name", answer.text


# The audit log


async def test_the_audit_log_says_who_did_what_and_the_ledger_does_not(house: House) -> None:
    await house.known("sato")
    access = Access(house.ledger.redis)
    kiosk, _ = await access.new(Role.KIOSK, OFFICE)
    async with house.browser() as desk:
        by_kiosk = {"Authorization": f"Bearer {kiosk}"}
        wish = {"service": "insurance"}
        given = await desk.post(f"/api/v1/{TICKETS}", json=wish, headers=by_kiosk)
        number = given.json()["number"]
        await enter(desk, "sato", "wrong-one")
        await enter(desk, "sato", PIN)
        press = OURS | {"Idempotency-Key": "a-press"}
        for _ in range(2):  # asked twice, done once
            called = await desk.post(
                f"/api/v1/offices/{OFFICE}/desks/2/call-next", json={}, headers=press
            )
            assert called.status_code == 200, called.text
        await desk.delete("/api/v1/session", headers=OURS)
        named = {"Authorization": f"Bearer {ADMIN}"}
        made = await desk.post("/api/v1/keys", json={"role": "kiosk"}, headers=named)

        async def notes(query: str = "") -> list[dict[str, Any]]:
            answer = await desk.get(f"/api/v1/audit{query}", headers=named)
            assert answer.status_code == 200, answer.text
            return list(reversed(answer.json()["audit"]))

        found = [(each["by"], each["did"], each["on"], each["desk"]) for each in await notes()]
        opened = ("sato", "DeskChanged", None, "2")
        assert [each for each in found if each != opened] == [
            ("sato", "sign_in_refused", "sato", None),
            ("sato", "sign_in", "sato", None),
            ("sato", "Called", number, "2"),
            ("sato", "sign_out", "sato", None),
            ("key bootstrap", "make_key", made.json()["id"], None),
        ]
        own = await notes(f"?office={OFFICE}")
        assert [each["did"] for each in own if each["did"] != "DeskChanged"][-2:] == [
            "Called",
            "sign_out",
        ]
        assert await notes("?office=elsewhere") == []
        latest = await desk.get("/api/v1/audit?limit=2", headers=named)
        older = await desk.get(f"/api/v1/audit?before={latest.json()['before']}", headers=named)
        whole = [each["id"] for each in latest.json()["audit"] + older.json()["audit"]]
        assert whole == [each["id"] for each in reversed(await notes())]
        assert older.json()["before"] is None
        events = await desk.get(f"/api/v1/offices/{OFFICE}/events", headers=named)
        assert "Called" in events.text and "sato" not in events.text


async def test_a_note_is_dropped_after_a_year(house: House) -> None:
    await house.known("sato")
    old = "1000000000000-0"  # 2001
    for key in (keys.of(OFFICE, "audit"), keys.AUDIT):
        for turn in range(200):  # the engine drops whole blocks of a hundred
            await house.ledger.redis.xadd(
                key, {"by": "x", "entry": "1"}, id=f"1000000000000-{turn}"
            )
    async with house.browser() as desk:
        await enter(desk, "sato", PIN)
        await desk.post(f"/api/v1/{TICKETS}", json={"service": "insurance"}, headers=OURS)
    for key in (keys.of(OFFICE, "audit"), keys.AUDIT):
        assert not await house.ledger.redis.xrange(key, old, old)


async def test_of_two_who_reset_a_person_at_once_one_is_told_to_look_again(house: House) -> None:
    await house.known("sato")
    resets = [house.people.reset("sato") for _ in range(4)]
    done = await asyncio.gather(*resets, return_exceptions=True)
    given = [each for each in done if isinstance(each, Invited)]
    assert given
    assert all(isinstance(each, PersonChanged) for each in done if each not in given)
    person = await house.people.find("sato")
    matching = [each for each in given if await house.people.matches(person, each.password)]
    assert len(matching) == 1, "one password is good"
