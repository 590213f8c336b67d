"""Limits: how much one key or one address may ask for, counted together by all processes.

A bucket holds `burst` and is filled with `per_s` a second (the generic cell rate algorithm, ITU-T I.371).
It lies in the engine, where one script takes from it. So that not every request waits for that, a
process takes a handful at once and spends it alone; what it has not spent soon is given up. Whoever has
to wait is told so from memory: a flood does not reach the engine.
"""

import asyncio
import math
from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic

import msgspec
from cachetools import TTLCache
from msgspec import Struct

from queue_service import keys, scripts
from queue_service.connection import Client
from queue_service.keyed_hash import KeyedHash
from queue_service.refusals import Unavailable
from queue_service.round_trip import answered

HANDFUL = 20  # parts of a burst that a process takes at once
SPENT_WITHIN_S = 2.0  # what was taken and not spent by then is given up
REMEMBERED = 20_000  # keys and addresses that a process knows of
NAME_CHARS = 24
NETWORK = 64  # bits of an IPv6 address that name its network: one visitor may have all the others


class Limit(Struct, frozen=True):
    """So many a second, and so many at once."""

    name: str
    per_s: float
    burst: int

    @property
    def handful(self) -> int:
        """How many a process takes at once; strict limits are counted one by one."""
        return max(1, self.burst // HANDFUL)


class _Handful(Struct):
    left: int


class _Answer(Struct):
    granted: int
    wait: float


_answer = msgspec.json.Decoder(_Answer)


class Limits:
    """The buckets of one data set."""

    def __init__(self, redis: Client, hashes: KeyedHash) -> None:
        """`hashes`: under which a bucket is named; nobody else can turn its name into an address."""
        self._hashes = hashes
        self._take = redis.register_script(scripts.source("take"))
        self._taken: TTLCache[str, _Handful] = TTLCache(REMEMBERED, SPENT_WITHIN_S)
        self._taking: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, float] = {}

    async def wait_s(self, who: str, limit: Limit) -> float:
        """How long this one has to wait; 0: the request is counted, and may be answered.

        While the engine is away nobody has to wait: it is said soon enough that it is away.
        """
        name = f"{limit.name}:{self._hashes.hex('limit', who)[:NAME_CHARS]}"
        while True:
            until = self._waiting.get(name, 0.0)
            if until > monotonic():
                return until - monotonic()
            handful = self._taken.get(name)
            if handful is not None and handful.left:
                handful.left -= 1
                return 0.0
            # Whoever asks while somebody else is taking a handful shares it: it would be lost.
            if name not in self._taking:
                self._taking[name] = asyncio.create_task(self._fill(name, limit))
            try:
                await asyncio.shield(self._taking[name])
            except Unavailable:
                return 0.0

    async def _fill(self, name: str, limit: Limit) -> None:
        """Take a handful, or remember that there is none."""
        try:
            answer = await self._ask(name, limit)
            if answer.granted:
                self._taken[name] = _Handful(answer.granted)
            else:
                self._remember(name, answer.wait / 1000)
        finally:  # before anybody who waits for it looks again
            del self._taking[name]

    async def _ask(self, name: str, limit: Limit) -> _Answer:
        command = {"burst": limit.burst, "each": 1000 / limit.per_s, "wanted": limit.handful}
        async with answered():
            raw = await self._take([keys.limit(name)], [msgspec.json.encode(command)])
        return _answer.decode(raw)

    def _remember(self, name: str, wait_s: float) -> None:
        if len(self._waiting) >= REMEMBERED:
            now = monotonic()
            self._waiting = {name: until for name, until in self._waiting.items() if until > now}
        self._waiting[name] = monotonic() + wait_s


def network(address: str) -> str:
    """Whom an address counts for.

    >>> network("2001:db8::1")
    '2001:db8::'
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return address or "nobody"  # a Unix socket
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip_network(f"{ip}/{NETWORK}", strict=False).network_address
    return str(ip)


def seconds(wait_s: float) -> int:
    """A wait in whole seconds, as `Retry-After` says it."""
    return max(1, math.ceil(wait_s))
