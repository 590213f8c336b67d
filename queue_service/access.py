"""Keys: which device or person may do what, at which office.

A key is 256 random bits, shown once and kept only as its SHA-256: whoever reads the engine cannot use
what he finds. A slow hash would protect only keys that people choose; these are not chosen.
"""

import hashlib
import hmac
import secrets
from enum import StrEnum
from time import monotonic

import msgspec
from msgspec import Struct

from queue_service import keys
from queue_service.connection import Client
from queue_service.refusals import Refusal
from queue_service.round_trip import answered

KEY_PREFIX = "mg_"  # lets a scanner for leaked secrets find it
KEY_BYTES = 32
FRESH_S = 2.0  # for how long a process believes what it knows of a key: a revoked one stops working
KNOWN = 10_000  # keys a process remembers; beyond it, it forgets them all and asks again


class Role(StrEnum):
    """What a key is for."""

    KIOSK = "kiosk"  # issues; reads and cancels what it issued
    DISPLAY = "display"  # reads boards
    STAFF = "staff"  # works the desks and tickets of its office
    ANALYST = "analyst"  # reads events and figures
    ADMIN = "admin"  # everything


class Credential(Struct, frozen=True, kw_only=True):
    """A key as it is stored: everything but the key."""

    id: str
    role: Role
    office: str | None  # None: every office
    label: str
    created_at: int


class UnknownKey(Refusal):
    """There is no key with this id; `madoguchi keys list` shows them."""

    code = "unknown_key"


BOOTSTRAP = Credential(
    id="bootstrap", role=Role.ADMIN, office=None, label="ADMIN_KEY", created_at=0
)

_credential = msgspec.json.Decoder(Credential)


class Access:
    """The keys of one data set."""

    def __init__(self, redis: Client, admin_key: str | None = None) -> None:
        self._redis = redis
        self._bootstrap = _hash(admin_key) if admin_key else None
        self._known: dict[str, tuple[float, Credential | None]] = {}

    async def new(
        self, role: Role, office: str | None = None, label: str = ""
    ) -> tuple[str, Credential]:
        """Make a key. It is returned here and never again."""
        key = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
        async with answered():
            seconds, micros = await self._redis.time()
            credential = Credential(
                id=secrets.token_hex(6),
                role=role,
                office=office,
                label=label,
                created_at=seconds * 1000 + micros // 1000,
            )
            await self._redis.hset(keys.KEYS, _hash(key), msgspec.json.encode(credential).decode())
        return key, credential

    async def list(self) -> list[Credential]:
        """Every key, oldest first."""
        async with answered():
            stored = await self._redis.hvals(keys.KEYS)
        return sorted(map(_credential.decode, stored), key=lambda each: (each.created_at, each.id))

    async def revoke(self, id: str) -> Credential:
        """Take a key back; every process notices within `FRESH_S`.

        Raises:
            UnknownKey
        """
        async with answered():
            for digest, stored in (await self._redis.hgetall(keys.KEYS)).items():
                credential = _credential.decode(stored)
                if credential.id == id:
                    await self._redis.hdel(keys.KEYS, digest)
                    self._known.pop(digest, None)
                    return credential
        raise UnknownKey(id=id)

    async def find(self, key: str) -> Credential | None:
        """Who holds this key, or None."""
        digest = _hash(key)
        if self._bootstrap and hmac.compare_digest(digest, self._bootstrap):
            return BOOTSTRAP
        seen = self._known.get(digest)
        if seen and monotonic() - seen[0] < FRESH_S:
            return seen[1]
        async with answered():
            stored = await self._redis.hget(keys.KEYS, digest)
        credential = _credential.decode(stored) if stored else None
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[digest] = monotonic(), credential
        return credential


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
