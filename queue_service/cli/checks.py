"""What `doctor` looks at: one function a question, each answer with what to do about it.

A check reads; the one thing a check may write is the note which data set this data dir has. It
knows what can be wrong with a service, not how to run one.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct

from queue_service import keys
from queue_service.connection import Client
from queue_service.engine_check import UnsafeEngine, check_dataset, check_engine
from queue_service.engine_trouble import DEFAULT
from queue_service.keyed_hash import mark
from queue_service.settings import Settings

Level = Literal["ok", "warn", "fail"]

AHEAD_MS = 5_000  # a ledger this far ahead of its clock has seen the clock jump
APART_S = 2.0  # between two machines that ask a time server it is milliseconds
FREE_BYTES = 1 << 30  # room for an engine to rewrite its file in peace,
FREE_SHARE = 0.2  # or on a small disk this much of it
FULL_BYTES = 100 << 20  # with less, the engine may stop today
BEAT_S = 60.0  # a worker's heart beats every fifteen seconds


class Finding(Struct, frozen=True):
    """What one check found; `remedy` is empty when all is well."""

    check: str
    level: Level
    found: str
    remedy: str = ""


Check = Callable[[Client, Settings], Iterator[Finding]]


def persistence(client: Client, settings: Settings) -> Iterator[Finding]:
    """Would the engine forget, evict or come up empty? Do its writes succeed?"""
    try:
        doubts = check_engine(client, settings.durability)
    except UnsafeEngine as problems:
        yield Finding("persistence", "fail", str(problems), "Change what it names.")
        return
    for doubt in doubts:
        yield Finding("persistence", "warn", doubt, "Ask whoever runs the engine.")
    told = client.info("persistence")
    for name in ("aof_last_write_status", "aof_last_bgrewrite_status"):
        if told.get(name, "ok") != "ok":
            remedy = "Look at the engine's log and its disk: it keeps what it has and cannot write."
            yield Finding("persistence", "fail", f"{name} is {told[name]}", remedy)
            return
    yield Finding("persistence", "ok", f"append-only file, fsync {settings.durability}")


def user(client: Client, settings: Settings) -> Iterator[Finding]:
    """May whoever has the engine's address do everything there?"""
    if not settings.redis_url:
        yield Finding("user", "ok", "the engine listens on a socket that only its owner may open")
        return
    name = client.acl_whoami()
    if name == DEFAULT and "+@all" in client.acl_getuser(DEFAULT)["categories"]:
        remedy = (
            "Every part may read and delete all there is. `madoguchi engine users` makes a user for each "
            "part, with the rights it needs."
        )
        yield Finding("user", "warn", f"works as the engine's user {name}, who may do all", remedy)
    else:
        yield Finding("user", "ok", f"works as the engine's user {name}")


def data(client: Client, settings: Settings) -> Iterator[Finding]:
    """Is it the data set that belongs to this data dir?"""
    if client.get(keys.DATASET) is None and not (settings.data_dir / "dataset").exists():
        yield Finding("data", "ok", "nothing yet: the first start makes a data set")
        return
    dataset = check_dataset(client, settings.data_dir)
    yield Finding("data", "ok", f"data set {dataset}; offices: {_named(_offices(client))}")


def clock(client: Client, settings: Settings) -> Iterator[Finding]:
    """Does the engine's clock agree with ours, and does no ledger lie in its future?"""
    seconds, micros = client.time()
    now = seconds * 1000 + micros // 1000
    apart = now / 1000 - time.time()
    if abs(apart) > APART_S:
        word = "ahead of" if apart > 0 else "behind"
        found = f"the engine's clock is {abs(apart):.0f} s {word} this machine's"
        remedy = (
            "Let both ask a time server (chrony, systemd-timesyncd). Tickets go by the engine's."
        )
        yield Finding("clock", "warn", found, remedy)
    else:
        yield Finding("clock", "ok", f"engine and machine agree within {APART_S:.0f} s")
    for office in _offices(client):
        ahead = int(client.hget(keys.of(office, "head"), "at") or 0) - now
        if ahead > AHEAD_MS and not client.exists(keys.of(office, "clock")):
            found = f"the ledger of {office} is {ahead / 1000:.0f} s ahead: the clock has jumped"
            remedy = "Order and numbers stay right; waits are short until the clock has caught up."
            yield Finding("clock", "warn", found, remedy)


def disk(client: Client, settings: Settings) -> Iterator[Finding]:
    """Is there room for the ledger to grow and be rewritten?"""
    if settings.redis_url:
        yield Finding("disk", "ok", "the engine is not ours: see to the disk where it runs")
        return
    usage = shutil.disk_usage(settings.data_dir)
    found = f"{usage.free / (1 << 30):.1f} GiB free ({usage.free / usage.total:.0%})"
    if usage.free >= min(FREE_BYTES, FREE_SHARE * usage.total):
        yield Finding("disk", "ok", found)
        return
    remedy = "Free some space: a full disk stops the service, though nothing is lost."
    yield Finding("disk", "fail" if usage.free < FULL_BYTES else "warn", found, remedy)


class _Definition(Struct):
    timezone: str


def time_zones(client: Client, settings: Settings) -> Iterator[Finding]:
    """Does this machine know the time zone of every office?"""
    known = set()
    for office in _offices(client):
        version = client.hget(keys.of(office, "head"), "version")
        raw = client.hget(keys.of(office, "definitions"), version)
        zone = msgspec.json.decode(raw, type=_Definition).timezone
        try:
            ZoneInfo(zone)
            known.add(zone)
        except (ZoneInfoNotFoundError, OSError):
            remedy = "Install the data: `apt install tzdata`, or `pip install tzdata`."
            yield Finding("time_zones", "fail", f"{zone}, of {office}, is unknown here", remedy)
    yield Finding("time_zones", "ok", _named(sorted(known)))


def people(client: Client, settings: Settings) -> Iterator[Finding]:
    """Are the passwords of people safe from whoever reads the engine?"""
    signing = client.hlen(keys.PEOPLE)
    if signing and client.get(keys.PEPPER) == mark(None):
        remedy = (
            "Whoever reads the engine's data can try PINs. Set MADOGUCHI_PEPPER while there are neither "
            "keys nor people, and make them anew; see SECURITY.md."
        )
        yield Finding("people", "warn", f"{signing} sign in, without a pepper", remedy)
    else:
        yield Finding("people", "ok", f"{signing or 'nobody'} may sign in")


def worker(client: Client, settings: Settings) -> Iterator[Finding]:
    """Does a worker live?"""
    from rq.worker_registration import get_keys  # here, because only this check needs rq

    beats = [client.hget(key, "last_heartbeat") for key in get_keys(connection=client)]
    alive = [beat for beat in beats if beat and _age_s(beat) < BEAT_S]
    if alive:
        yield Finding("worker", "ok", f"{len(alive)} alive")
    else:
        remedy = "Start `madoguchi up`, or `madoguchi worker` beside the API."
        yield Finding("worker", "fail", "no worker is alive", remedy)


def _age_s(beat: str) -> float:
    return time.time() - datetime.fromisoformat(beat).timestamp()


def _offices(client: Client) -> list[str]:
    return sorted(client.smembers(keys.OFFICES))


def _named(names: list[str]) -> str:
    return ", ".join(names) or "none yet"
