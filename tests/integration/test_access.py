"""Keys and codes on a real engine: what is kept of them, what a lost answer costs, what a guess costs."""

import asyncio
import hmac
from typing import Any

import pytest

from queue_service import access as module
from queue_service import enrolment, keys
from queue_service.access import FRESH_S, KEY, NOTED_S, Access, Made
from queue_service.connection import Client
from queue_service.enrolment import ALPHABET, Enrolment, read
from queue_service.ledger import Ledger
from queue_service.refusals import (
    KeyReused,
    OtherPepper,
    Refusal,
    TooManyCodes,
    UnknownCode,
    UnknownKey,
)
from queue_service.rights import Role
from queue_service.round_trip import Intent
from tests.hall import OFFICE

PEPPER = "a-pepper-of-the-tests"
HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time by which a process believes what it knows; a list of one, to be set."""
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


@pytest.fixture
async def access(ledger: Ledger):
    opened = Access(ledger.redis)
    yield opened
    await opened.close()


def asked(key: str, body: bytes = b"{}", who: str = "admin") -> Intent:
    return Intent.of(who, "POST", "/api/v1/keys", key, body)


async def contents(redis: Client) -> str:
    """Everything that the engine holds."""
    found: list[Any] = []
    async for key in redis.scan_iter():
        kind = await redis.type(key)
        read_all = {"hash": redis.hgetall, "string": redis.get, "set": redis.smembers}
        found += [key, await read_all[kind](key) if kind in read_all else ""]
    return str(found)


# What is kept


async def test_nothing_that_is_kept_opens_a_door(ledger: Ledger):
    access = Access(ledger.redis, "an-admin-key-of-the-tests", PEPPER)
    first, _ = await access.new(Role.STAFF, OFFICE, "desk 3")
    again = (await access.make(Role.KIOSK, OFFICE, "", asked("an-idempotency-key"))).key
    offered = await Enrolment(access).offer(Role.KIOSK, OFFICE, "", asked("another-one"))
    open_code = (await Enrolment(access).offer(Role.KIOSK, OFFICE, "")).code
    enrolled = (await Enrolment(access).enrol(offered.code, HERE, asked("a-third-one"))).key
    kept = await contents(ledger.redis)
    assert "desk 3" in kept, "the search sees what is kept"
    for secret in (first, again, enrolled, PEPPER, "an-admin-key-of-the-tests", HERE):
        assert secret not in kept
    for secret in (first, again, enrolled):
        assert KEY.fullmatch(secret)
        assert secret[15:] not in kept, "the id alone is public"
    for code in (offered.code, open_code):
        assert code not in kept and read(code) not in kept
    for said in ("an-idempotency-key", "another-one", "a-third-one"):
        assert said not in kept, "with it the key could be computed again"


async def test_neither_role_nor_office_can_be_changed_beside_the_hash(
    ledger: Ledger, clock: list[float]
):
    access = Access(ledger.redis, pepper=PEPPER)
    key, credential = await access.new(Role.KIOSK, OFFICE)
    stored = await ledger.redis.hget(keys.KEYS, credential.id)
    for old, new in (('"kiosk"', '"admin"'), (f'"{OFFICE}"', "null")):
        assert old in stored
        clock[0] += FRESH_S
        await ledger.redis.hset(keys.KEYS, credential.id, stored.replace(old, new))
        assert await access.find(key) is None
    clock[0] += FRESH_S
    await ledger.redis.hset(keys.KEYS, credential.id, stored)
    assert await access.find(key) == credential
    await access.close()


async def test_whoever_has_another_pepper_is_told_so_instead_of_nobody_being_let_in(
    ledger: Ledger,
):
    access = Access(ledger.redis, pepper=PEPPER)
    key, credential = await access.new(Role.KIOSK, OFFICE)
    for other in (None, "another-pepper-of-the-tests"):
        for use in (Access(ledger.redis, pepper=other).find(key), Access(ledger.redis).new("x")):
            with pytest.raises(OtherPepper, match="MADOGUCHI_PEPPER"):
                await use
    await access.revoke(credential.id)
    fresh = Access(ledger.redis, pepper="another-pepper-of-the-tests")
    key, credential = await fresh.new(Role.KIOSK, OFFICE)
    assert await fresh.find(key) == credential
    await fresh.close()


# What a look at a key tells


async def test_a_guess_is_compared_in_constant_time_whether_the_id_is_known_or_not(
    access: Access, monkeypatch: pytest.MonkeyPatch
):
    """Time itself is not measured: what a comparison byte by byte would tell is less than this
    machine's noise, so such a test could not fail. That each look does the same work can be seen.
    """
    key, credential = await access.new(Role.STAFF, OFFICE)
    compared: list[tuple[Any, Any]] = []

    def compare(one: Any, other: Any) -> bool:
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    class Watched:
        compare_digest = staticmethod(compare)

    monkeypatch.setattr(module, "hmac", Watched)
    guesses = [
        f"{key[:-1]}{'A' if key[-1] != 'A' else 'B'}",  # all but the last character
        f"mg_{credential.id}{'x' * 43}",  # the id alone
        f"mg_{'0' * 12}{key[15:]}",  # an id that is not known
        "no key at all",
    ]
    for guess in guesses:
        assert await access.find(guess) is None
    assert len(compared) == len(guesses)
    assert {(len(one), len(other)) for one, other in compared} == {(64, 64)}
    assert not [guess for guess in guesses for pair in compared if guess in pair]


async def test_the_engine_is_asked_the_same_of_every_key_and_never_told_its_secret(
    access: Access, ledger: Ledger
):
    key, credential = await access.new(Role.STAFF, OFFICE)
    await access.find(key)
    await access.close()
    guesses = [f"mg_{credential.id}{'x' * 43}", f"mg_{'0' * 12}{key[15:]}"]
    said: list[str] = []
    async with ledger.redis.monitor() as monitor:
        for guess in guesses:
            assert await access.find(guess) is None
        await ledger.redis.echo("the end")
        async for each in monitor.listen():
            if "the end" in each["command"]:
                break
            if not each["command"].startswith(("HELLO", "CLIENT")):  # a new connection's
                said.append(each["command"])
    assert said == [f"HGET {keys.KEYS} {credential.id}", f"HGET {keys.KEYS} {'0' * 12}"]


# Last use


async def test_use_is_written_down_now_and_then_and_nobody_waits_for_it(
    ledger: Ledger, access: Access, clock: list[float], monkeypatch: pytest.MonkeyPatch
):
    key, credential = await access.new(Role.STAFF, OFFICE)
    assert await access.used() == {}
    go_on = asyncio.Event()
    write, written = access._write_use, 0

    async def slowly(id: str) -> None:
        nonlocal written
        await go_on.wait()
        await write(id)
        written += 1

    monkeypatch.setattr(access, "_write_use", slowly)
    for _ in range(20):
        assert await access.find(key) == credential
        clock[0] += FRESH_S
    go_on.set()
    await access.close()
    assert written == 1
    (at,) = (await access.used()).values()
    seconds, _ = await ledger.redis.time()
    assert abs(at / 1000 - seconds) < 60
    clock[0] += NOTED_S
    await access.find(key)
    await access.close()
    assert written == 2


async def test_a_key_that_is_revoked_while_it_is_used_leaves_nothing_behind(access: Access):
    key, credential = await access.new(Role.STAFF, OFFICE)
    await access.find(key)
    await access.close()
    assert list(await access.used()) == [credential.id]
    await access.revoke(credential.id)
    await access._write_use(credential.id)
    assert await access.used() == {}


# Twice


async def test_a_key_whose_answer_was_lost_is_given_again_and_stays_one(access: Access):
    first = await access.make(Role.KIOSK, OFFICE, "a", asked("press"))
    again = await access.make(Role.KIOSK, OFFICE, "a", asked("press"))
    assert (again.key, again.credential) == (first.key, first.credential)
    assert (first.replayed, again.replayed) == (False, True)
    assert await access.list() == [first.credential]
    for other in (asked("another press"), asked("press", who="somebody else")):
        assert (await access.make(Role.KIOSK, OFFICE, "a", other)).key != first.key
    with pytest.raises(KeyReused):
        await access.make(Role.ADMIN, None, "a", asked("press", b'{"role":"admin"}'))


async def test_a_revoked_key_does_not_come_back_when_it_is_asked_for_again(access: Access):
    made = await access.make(Role.KIOSK, OFFICE, "", asked("press"))
    await access.revoke(made.credential.id)
    again = await access.make(Role.KIOSK, OFFICE, "", asked("press"))
    assert again.key == made.key, "the first answer"
    assert await access.find(again.key) is None


async def test_a_revocation_asked_twice_is_answered_twice_and_else_the_key_is_unknown(
    access: Access,
):
    _, credential = await access.new(Role.KIOSK, OFFICE)
    first = await access.revoke(credential.id, asked("press"))
    again = await access.revoke(credential.id, asked("press"))
    assert first.credential == again.credential == credential
    assert again.replayed
    with pytest.raises(UnknownKey):
        await access.revoke(credential.id, asked("another press"))


# Codes


async def enrolled(access: Access, code: str, there: str = HERE, press: str = "") -> Made | Refusal:
    """What a device gets for a code."""
    try:
        intent = asked(press, code.encode(), "public") if press else None
        return await Enrolment(access).enrol(code, there, intent)
    except Refusal as refusal:
        return refusal


async def test_of_many_devices_with_one_code_exactly_one_gets_a_key(
    ledger: Ledger, access: Access, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(enrolment, "THERE", {"burst": 100, "every": 1000})
    code = (await Enrolment(access).offer(Role.DISPLAY, OFFICE, "lobby")).code
    processes = [Access(ledger.redis) for _ in range(8)]
    answers = await asyncio.gather(
        *(enrolled(each, code, press=f"press {n}") for n, each in enumerate(processes * 3))
    )
    (made,) = (each for each in answers if isinstance(each, Made))
    assert [type(each) for each in answers].count(UnknownCode) == len(answers) - 1
    assert await access.list() == [made.credential]
    held = await access.find(made.key)
    assert held is not None
    assert (held.role, held.office, held.label) == (Role.DISPLAY, OFFICE, "lobby")


async def test_a_device_whose_answer_was_lost_gets_its_key_again_and_no_other_device_does(
    access: Access,
):
    code = (await Enrolment(access).offer(Role.KIOSK, OFFICE, "")).code
    first = await enrolled(access, code, press="mine")
    again = await enrolled(access, code, press="mine")
    assert isinstance(first, Made) and isinstance(again, Made)
    assert (again.key, again.replayed) == (first.key, True)
    assert isinstance(await enrolled(access, code, press="theirs"), UnknownCode)


async def test_a_code_may_be_typed_as_people_type(access: Access):
    code = (await Enrolment(access).offer(Role.KIOSK, OFFICE, "")).code
    assert len(read(code)) == 8 and set(read(code)) <= set(ALPHABET)
    wide = "".join(chr(ord(each) + 0xFEE0) for each in code.lower())
    assert isinstance(await enrolled(access, f" {wide[:5]} {wide[5:]}"), Made)


async def test_no_two_characters_of_codes_are_taken_for_one_another(access: Access):
    for twins in ("0OQ", "1IL", "2Z", "5S", "6G", "8B", "UV"):
        assert len(set(twins) & set(ALPHABET)) <= 1
    drawn = [(await Enrolment(access).offer(Role.KIOSK, OFFICE, "")).code for _ in range(60)]
    assert len(set(drawn)) == 60
    assert set("".join(map(read, drawn))) == set(ALPHABET), "every one of them comes"


async def test_a_code_is_over_after_its_ten_minutes(ledger: Ledger, access: Access):
    code = (await Enrolment(access).offer(Role.KIOSK, OFFICE, "")).code
    (kept,) = [key async for key in ledger.redis.scan_iter(match=keys.enrolment("*"))]
    assert 595_000 < await ledger.redis.pttl(kept) <= 600_000
    await ledger.redis.pexpire(kept, 0)
    assert isinstance(await enrolled(access, code), UnknownCode)


# Guessing


async def test_guesses_from_one_address_shut_its_own_door_and_no_other(access: Access):
    code = (await Enrolment(access).offer(Role.KIOSK, OFFICE, "")).code
    burst = enrolment.THERE["burst"]
    answers = [await enrolled(access, f"WRNG{n:04}", HERE) for n in range(burst + 5)]
    assert [type(each) for each in answers] == [UnknownCode] * burst + [TooManyCodes] * 5
    last = answers[-1]
    assert isinstance(last, TooManyCodes)
    assert 1 <= last.more["retry_after_s"] <= 6
    # Right or wrong, nothing is looked at: else the guessing would go on.
    assert isinstance(await enrolled(access, code, HERE), TooManyCodes)
    assert isinstance(await enrolled(access, code, THERE), Made), "and no code was lost"


async def test_an_ipv6_network_counts_as_one_address(access: Access):
    for n in range(enrolment.THERE["burst"]):
        await enrolled(access, "wrong", f"2001:db8:0:1::{n + 1:x}")
    assert isinstance(await enrolled(access, "wrong", "2001:db8:0:1:ffff::1"), TooManyCodes)
    assert isinstance(await enrolled(access, "wrong", "2001:db8:0:2::1"), UnknownCode)


async def test_a_door_that_was_flooded_opens_again_by_itself_for_the_same_code(
    access: Access, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(enrolment, "ALL", {"burst": 5, "every": 300})
    code = (await Enrolment(access).offer(Role.KIOSK, OFFICE, "")).code
    for n in range(8):
        last = await enrolled(access, "wrong", f"192.0.2.{n}")
    assert isinstance(last, TooManyCodes), "all of them together"
    refused = await enrolled(access, code, "198.51.100.1")
    assert isinstance(refused, TooManyCodes)
    await asyncio.sleep(refused.more["retry_after_s"])  # as it was told
    assert isinstance(await enrolled(access, code, "198.51.100.1"), Made)


async def test_a_clock_that_jumped_back_shuts_no_door_for_long(ledger: Ledger, access: Access):
    await enrolled(access, "wrong")
    seconds, _ = await ledger.redis.time()
    two_hours_ahead = (seconds + 7200) * 1000
    async for bucket in ledger.redis.scan_iter(match=f"{keys.ACCESS}wrong:*"):
        await ledger.redis.set(bucket, two_hours_ahead)
    refused = await enrolled(access, "wrong")
    assert isinstance(refused, TooManyCodes)
    assert refused.more["retry_after_s"] <= enrolment.THERE["every"] / 1000


async def test_a_right_code_costs_no_patience(access: Access):
    for _ in range(enrolment.THERE["burst"] + 3):
        code = (await Enrolment(access).offer(Role.KIOSK, OFFICE, "")).code
        assert isinstance(await enrolled(access, code), Made)
