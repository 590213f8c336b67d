"""How much one key or one address may ask for: counted together by all processes, told politely."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from queue_service import keys
from queue_service.access import Access, Role
from queue_service.api.guard import BY_ADDRESS, LIMITS, WRONG_KEY
from queue_service.keyed_hash import KeyedHash
from queue_service.ledger import Ledger
from queue_service.limits import NAME_CHARS, Limit, Limits, network
from tests.hall import OFFICE, issue
from tests.live import SMALL, Live, free_port, live, wait_until

SLOW = Limit("slow", per_s=0.001, burst=100)  # nothing comes back while a test lasts
STRICT = Limit("strict", per_s=0.001, burst=5)


@pytest.fixture
def service(ledger: Ledger, engine_url: str, tmp_path: Path) -> Iterator[Live]:
    with live(engine_url, tmp_path) as running:
        yield running


@pytest.fixture
async def others(engine_url: str, ledger: Ledger) -> AsyncIterator[list[Limits]]:
    """Four processes, each with a connection of its own."""
    clients = [Redis.from_url(engine_url, decode_responses=True) for _ in range(4)]
    yield [Limits(client, KeyedHash("a secret")) for client in clients]
    for client in clients:
        await client.aclose()


async def granted(limits: Limits, limit: Limit, times: int, who: str = "k1") -> int:
    waits = [await limits.wait_s(who, limit) for _ in range(times)]
    return waits.count(0.0)


@pytest.mark.parametrize("limit", [SLOW, STRICT])
async def test_four_processes_together_grant_no_more_than_one_would(
    others: list[Limits], limit: Limit
):
    """What a process took and did not spend is lost to the others: that is all they may differ by."""
    found = await asyncio.gather(*(granted(each, limit, limit.burst) for each in others))
    kept = (len(others) - 1) * (limit.handful - 1)
    assert limit.burst - kept <= sum(found) <= limit.burst


async def test_all_who_ask_at_once_get_what_there_is(others: list[Limits]):
    """They share the handfuls that are taken: none is lost, and nobody takes one too many."""
    waits = await asyncio.gather(*(others[0].wait_s("k1", SLOW) for _ in range(3 * SLOW.burst)))
    assert waits.count(0.0) == SLOW.burst


async def test_one_who_floods_does_not_make_another_wait(others: list[Limits]):
    limits = others[0]
    await granted(limits, STRICT, 100, "k1")
    assert await granted(limits, STRICT, STRICT.burst, "k2") == STRICT.burst


async def test_a_bucket_fills_again(others: list[Limits]):
    limits, quick = others[0], Limit("quick", per_s=50, burst=2)
    assert await granted(limits, quick, 3) == 2
    wait_s = await limits.wait_s("k1", quick)
    assert 0 < wait_s <= 1 / quick.per_s
    await asyncio.sleep(wait_s)
    assert await limits.wait_s("k1", quick) == 0


async def test_a_flood_does_not_reach_the_engine(others: list[Limits], ledger: Ledger):
    limits = others[0]
    await granted(limits, STRICT, STRICT.burst)
    await granted(limits, STRICT, 1)  # hears that it has to wait
    before = (await ledger.redis.info("stats"))["total_commands_processed"]
    assert await granted(limits, STRICT, 1000) == 0
    after = (await ledger.redis.info("stats"))["total_commands_processed"]
    assert after - before < 5


async def test_buckets_go_when_they_are_full_and_name_no_address(
    others: list[Limits], ledger: Ledger
):
    await others[0].wait_s(network("192.0.2.7"), Limit("gone", per_s=1000, burst=1))
    (key,) = [each async for each in ledger.redis.scan_iter("madoguchi:limit:*")]
    assert "192.0.2" not in key
    assert 0 < await ledger.redis.pttl(key) < 5000


def test_addresses_of_one_network_count_as_one():
    assert network("2001:db8:0:1::5") == network("2001:db8:0:1:ffff::9")
    assert network("2001:db8:0:2::5") != network("2001:db8:0:1::5")
    assert network("::ffff:192.0.2.7") == network("192.0.2.7") != network("192.0.2.8")
    assert network("") == "nobody"


# Over HTTP


HOUR_MS = 3_600_000


async def exhaust(ledger: Ledger, who: str, limit: Limit) -> None:
    """Leave nothing in a bucket for an hour, as somebody who never stops asking would."""
    name = (await Access(ledger.redis).hashes()).hex("limit", who)[:NAME_CHARS]
    seconds, _ = await ledger.redis.time()
    await ledger.redis.set(
        keys.limit(f"{limit.name}:{name}"), int(seconds) * 1000 + limit.burst * HOUR_MS, px=HOUR_MS
    )


def issued(service: Live, key: str) -> int:
    with service.client(key) as machine:
        return machine.post(f"{SMALL}/tickets", json={"service": "insurance"}).status_code


HERE = network("127.0.0.1")
GUESS = "mg_" + "x" * 40


async def test_whoever_guesses_keys_is_told_to_wait_and_others_are_served(
    ledger: Ledger, service: Live
):
    kiosk, _ = await Access(ledger.redis).new(Role.KIOSK, OFFICE)
    with service.client(GUESS) as guesser:
        assert guesser.get(f"{SMALL}/tickets").status_code == 401
        await exhaust(ledger, HERE, WRONG_KEY)
        seen = Counter(guesser.get(f"{SMALL}/tickets").status_code for _ in range(WRONG_KEY.burst))
        late = guesser.get(f"{SMALL}/tickets")
    assert issued(service, kiosk) == 201
    assert seen[429] > WRONG_KEY.burst - WRONG_KEY.handful  # what this process held is spent first
    assert late.json()["code"] == "too_many"
    assert int(late.headers["retry-after"]) == late.json()["retry_after_s"] >= 1


async def test_a_key_that_floods_is_told_to_wait_and_another_of_its_kind_is_served(
    ledger: Ledger, service: Live
):
    access = Access(ledger.redis)
    (mad, credential), (sane, _) = [await access.new(Role.KIOSK, OFFICE) for _ in range(2)]
    await exhaust(ledger, credential.id, LIMITS[Role.KIOSK])
    assert issued(service, mad) == 429
    assert issued(service, sane) == 201


async def test_the_public_is_counted_by_address_and_shells_are_not(ledger: Ledger, service: Live):
    ticket = ledger.ticket_id(OFFICE, (await issue(ledger)).ticket.seq)
    await exhaust(ledger, HERE, BY_ADDRESS)
    async with httpx.AsyncClient(base_url=service.url, timeout=15) as phone:
        assert (await phone.get(f"{SMALL}/tickets/{ticket}")).status_code == 429
        assert (await phone.get(f"/kiosk/{OFFICE}")).status_code == 200


async def test_a_forwarded_address_is_believed_from_nobody_unasked(ledger: Ledger, service: Live):
    """Else whoever sends another address each time would never have to wait."""
    await exhaust(ledger, HERE, WRONG_KEY)
    with service.client(GUESS) as guesser:
        for n in range(10):
            named = {"X-Forwarded-For": f"192.0.2.{n}", "Forwarded": f"for=192.0.2.{n}"}
            assert guesser.get(f"{SMALL}/tickets", headers=named).status_code == 429


async def test_a_forwarded_address_is_believed_from_a_proxy_of_ours(
    ledger: Ledger, engine_url: str, tmp_path: Path
):
    await exhaust(ledger, network("192.0.2.1"), WRONG_KEY)
    with behind_a_proxy(engine_url, tmp_path) as address:

        def guess(visitor: str) -> int:
            headers = {"Authorization": f"Bearer {GUESS}", "X-Forwarded-For": visitor}
            return httpx.get(f"{address}{SMALL}/tickets", headers=headers, timeout=15).status_code

        assert guess("192.0.2.1") == 429
        assert guess("192.0.2.2") == 401


@contextmanager
def behind_a_proxy(engine_url: str, folder: Path) -> Iterator[str]:
    """The API as a command, told that whoever asks from this machine is a proxy."""
    port = free_port()
    env = {"REDIS_URL": engine_url, "DATA_DIR": str(folder), "PROXIES": "127.0.0.1"}
    command = [sys.executable, "-m", "queue_service.cli", "api", "--port", str(port)]
    ours = {f"MADOGUCHI_{name}": value for name, value in env.items()}
    with subprocess.Popen(command, env=os.environ | ours) as child:
        address = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            with suppress(httpx.TransportError):
                return httpx.get(f"{address}/health/live").is_success
            return False

        wait_until(answers)
        yield address
        child.terminate()
