"""Access: who asks. A device shows its key; whoever has signed in, the token of a session.

A key is 256 random bits behind an id that everyone may know, shown once and kept as its keyed hash
(`keyed_hash`): whoever reads the engine cannot use what he finds. The hash covers the role and the
office as well, so that neither can be changed beside it. The token of a session is the same thing, for
a shift and only while its person signs in as when it began (see `sign_in`).

How long a look at a key takes says nothing about it. The engine is asked for the id alone, hashes are
compared in constant time, and a guess is hashed with a secret before it is compared.
"""

import asyncio
import hashlib
import hmac
import math
import re
import secrets
from base64 import urlsafe_b64encode
from time import monotonic
from typing import Any

import msgspec
from msgspec import Struct

from queue_service import keys
from queue_service.connection import Client
from queue_service.keyed_hash import KeyedHash, mark
from queue_service.refusals import OtherPepper, Refusal, TooManyCodes, Unavailable, UnknownKey
from queue_service.rights import Credential, Role
from queue_service.round_trip import Intent, Reply, RoundTrips, accepted, answered

# The id, and 256 bits behind it. The prefix lets a scanner for leaked secrets find one.
KEY_PREFIX, SESSION_PREFIX = "mg_", "ms_"
KEY = re.compile("(mg_|ms_)([0-9a-f]{12})[A-Za-z0-9_-]{43}")
LABEL = r"[^\x00-\x1f\x7f]{0,80}"  # where a key is used
FRESH_S = 2.0  # for how long a process believes what it knows of a key: a revoked one stops working
NOTED_S = 60.0  # how often a process writes down that a key is in use
KNOWN = 10_000  # keys a process remembers; beyond it, it forgets them all and asks again
NOBODY = f"{'0' * 64} {{}}"  # stands in for what is stored of an unknown key

BOOTSTRAP = Credential(
    id="bootstrap", role=Role.ADMIN, office=None, label="ADMIN_KEY", created_at=0
)


class Made(Struct, frozen=True, kw_only=True):
    """A key that was made, or was made when this was asked before."""

    key: str
    credential: Credential
    replayed: bool = False


class Session(Credential, frozen=True, kw_only=True):
    """Somebody who has signed in."""

    until: int  # ms
    stamp: str  # of the person; a person with another one ends it


class _Stamped(Struct):
    stamp: str


class Revoked(Struct, frozen=True, kw_only=True):
    """A key that was taken back, or was taken back when this was asked before."""

    credential: Credential
    replayed: bool = False


class AccessReply(Reply, frozen=True, kw_only=True):
    """What the scripts about access answer."""

    credential: Credential | None = None
    salt: str = ""
    until: int = 0
    wait: int = 0
    session: Session | None = None


_session = msgspec.json.Decoder(Session)
_stamped = msgspec.json.Decoder(_Stamped)
_credential = msgspec.json.Decoder(Credential)
_reply = msgspec.json.Decoder(AccessReply)


class Access:
    """The keys of one data set."""

    def __init__(
        self, redis: Client, admin_key: str | None = None, pepper: str | None = None
    ) -> None:
        self.redis = redis
        self._pepper = pepper
        self._hashes: KeyedHash | None = None
        self._trips = RoundTrips(redis)
        self._bootstrap = _digest(admin_key) if admin_key else None
        self._known: dict[str, tuple[float, Credential | None]] = {}
        self._noted: dict[str, float] = {}  # id → when its use was last written down
        self._noting: set[asyncio.Task[None]] = set()

    async def hashes(self) -> KeyedHash:
        """How this data set hashes.

        Raises:
            OtherPepper: its keys were made with another one.
            Unavailable
        """
        if self._hashes is None:
            async with answered():
                secret = await self.redis.get(keys.SECRET)
                made_with = await self.redis.get(keys.PEPPER)
                any_key = await self.redis.exists(keys.KEYS, keys.PEOPLE)
            if secret is None:
                raise Unavailable("The engine holds no data set.")
            if any_key and made_with not in (None, mark(self._pepper)):
                raise OtherPepper
            self._hashes = KeyedHash(secret, self._pepper)
        return self._hashes

    # Making and taking back

    async def new(
        self, role: Role, office: str | None = None, label: str = ""
    ) -> tuple[str, Credential]:
        """Make a key. It is returned here and never again."""
        made = await self.make(role, office, label)
        return made.key, made.credential

    async def make(
        self, role: Role, office: str | None, label: str, intent: Intent | None = None
    ) -> Made:
        """Make a key, once for each intent; asked again with its intent, the same key is returned.

        Nothing is kept for that from which the key could be read: it is computed anew from the intent,
        which only the one who asks knows.
        """
        return await self.hand_over("make_key", await self.drafted(role, office, label), intent)

    async def drafted(self, role: Role, office: str | None, label: str) -> Credential:
        """A credential with an id and a time of its own, which nobody holds yet."""
        async with answered():
            seconds, micros = await self.redis.time()
        return Credential(
            id=secrets.token_hex(6),
            role=role,
            office=office,
            label=label,
            created_at=seconds * 1000 + micros // 1000,
        )

    async def hand_over(
        self, verb: str, drafted: Credential, intent: Intent | None, **named: Any
    ) -> Made:
        """Run the script that hands over a key for what was drafted.

        `named`: see `run`.
        """
        hashes, intent = await self.hashes(), intent or Intent.once()
        salt = secrets.token_hex(16)
        record = msgspec.json.encode(drafted).decode()
        key = token(hashes, KEY_PREFIX, drafted.id, salt, intent)
        reply = await self.run(
            verb,
            intent,
            id=drafted.id,
            record=f"{hashes.hex('access key', record, key)} {record}",
            office=drafted.office,
            reply={"salt": salt, "credential": drafted},
            **named,
        )
        assert reply.credential is not None, "the script answered with the credential"
        key = token(hashes, KEY_PREFIX, reply.credential.id, reply.salt, intent)
        return Made(key=key, credential=reply.credential, replayed=reply.replayed)

    async def revoke(self, id: str, intent: Intent | None = None) -> Revoked:
        """Take a key back; every process notices within `FRESH_S`.

        Raises:
            UnknownKey
        """
        credential = await self.credential(id)
        intent, said = intent or Intent.once(), {"credential": credential}
        try:
            office = credential.office if credential else None
            reply = await self.run("revoke_key", intent, id=id, office=office, reply=said)
        except UnknownKey:
            raise UnknownKey(id=id) from None
        assert reply.credential is not None, "the script answered with the credential"
        return Revoked(credential=reply.credential, replayed=reply.replayed)

    async def run(
        self,
        verb: str,
        intent: Intent,
        *,
        code: str = "-",
        address: str = "-",
        session_id: str = "-",
        **said: Any,
    ) -> AccessReply:
        """Run one script about access, once, however often it has to be sent.

        `code`, `address`, `session_id`: name keys of the engine; `reply`: what is answered, unless the
        script refuses.

        Raises:
            Refusal: for one of the reasons that the script's header names.
        """
        reply = {"reply": msgspec.json.encode(said.pop("reply", {})).decode()}
        told = {"intent": intent.fingerprint, "keep": intent.keep_ms, "actor": intent.by}
        told["pepper"] = mark(self._pepper)
        names = keys.access(intent.slot, code, address, session_id)
        answer = _reply.decode(await self._trips.run(verb, names, said | reply | told))
        if answer.wait:
            raise TooManyCodes(retry_after_s=math.ceil(answer.wait / 1000))
        accepted(answer)
        return answer

    # Looking

    async def list(self) -> list[Credential]:
        """Everyone who holds a key, oldest first."""
        async with answered():
            stored = await self.redis.hvals(keys.KEYS)
        return sorted(map(held, stored), key=lambda each: (each.created_at, each.id))

    async def used(self) -> dict[str, int]:
        """When each key was last used: id → ms, to the minute or so. Absent: never."""
        async with answered():
            return {id: int(at) for id, at in (await self.redis.hgetall(keys.USED)).items()}

    async def credential(self, id: str) -> Credential | None:
        """Who holds the key with this id."""
        async with answered():
            stored = await self.redis.hget(keys.KEYS, id)
        return held(stored) if stored else None

    async def find(self, key: str) -> Credential | None:
        """Who holds this key, or None."""
        digest = _digest(key)
        if self._bootstrap and hmac.compare_digest(digest, self._bootstrap):
            return BOOTSTRAP
        seen = self._known.get(digest)
        if seen and monotonic() - seen[0] < FRESH_S:
            return seen[1]
        credential = await self._look_up(key)
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[digest] = monotonic(), credential
        if credential is not None and credential.person is None:
            self._note_use(credential.id)
        return credential

    async def _look_up(self, key: str) -> Credential | None:
        formed = KEY.fullmatch(key)
        prefix, id = formed.group(1, 2) if formed else (KEY_PREFIX, "")
        hashes, of_session = await self.hashes(), prefix == SESSION_PREFIX
        async with answered():
            stored = await (
                self.redis.get(keys.session(id)) if of_session else self.redis.hget(keys.KEYS, id)
            )
        # What is not stored is compared as well: an unknown id takes as long as a wrong key.
        expected, _, record = (stored or NOBODY).partition(" ")
        if not hmac.compare_digest(hashes.hex("access key", record, key), expected):
            return None
        return await self._lasting(record) if of_session else _credential.decode(record)

    async def _lasting(self, record: str) -> Session | None:
        """A session, if its person still signs in as when it began."""
        session = _session.decode(record)
        async with answered():
            person = await self.redis.hget(keys.PEOPLE, session.person or "")
        return session if person and _stamped.decode(person).stamp == session.stamp else None

    def forget(self, key: str) -> None:
        """Believe no more in what this process knows of a key or token."""
        self._known.pop(_digest(key), None)

    # Last use

    def _note_use(self, id: str) -> None:
        """Write down that a key is in use, now and then, while nobody waits for it."""
        now = monotonic()
        if now - self._noted.get(id, -NOTED_S) < NOTED_S:
            return
        self._noted[id] = now
        noting = asyncio.create_task(self._write_use(id), name="note use of a key")
        self._noting.add(noting)
        noting.add_done_callback(self._noting.discard)

    async def _write_use(self, id: str) -> None:
        """One that was taken back meanwhile stays gone."""

        async def write(pipe: Client) -> None:
            held = await pipe.hexists(keys.KEYS, id)
            seconds, micros = await pipe.time()
            pipe.multi()
            if held:
                pipe.hset(keys.USED, id, seconds * 1000 + micros // 1000)

        try:
            async with answered():
                await self.redis.transaction(write, keys.KEYS)
        except Refusal:
            self._noted.pop(id, None)  # the next use will be

    async def close(self) -> None:
        """Wait for what is being written down."""
        await asyncio.gather(*self._noting, return_exceptions=True)


def held(stored: str) -> Credential:
    """Who holds a key, of what is stored of it."""
    return _credential.decode(stored.partition(" ")[2])


def token(hashes: KeyedHash, prefix: str, id: str, salt: str, intent: Intent) -> str:
    """The key or token that was made for an intent."""
    secret = hashes.digest("a new key", salt, intent.seed)
    return f"{prefix}{id}{urlsafe_b64encode(secret).decode().rstrip('=')}"


def _digest(key: str) -> str:
    """Under which a process remembers a key: its memory does not hold it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
