"""One command, one script, one round trip.

A script that is asked with an old office definition, or outside the business day it was told, answers
"again" and says what it lacks; here the lack is filled and the script asked once more. The first
command of a process takes three trips, the first of a business day one more, every other one.

Every write carries an intent, so that a reply that was lost on the way can be asked for again: the
client may re-send as it likes, the script runs once.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import msgspec
from msgspec import Struct
from redis.exceptions import InvalidResponse, NoScriptError, OutOfMemoryError, ResponseError

from queue_service import keys, scripts
from queue_service.board import OpenHours
from queue_service.connection import AWAY, Client
from queue_service.engine_trouble import is_denied
from queue_service.freed_time import Use
from queue_service.hall import DeskRecord
from queue_service.hours import (
    BusinessDay,
    Spans,
    business_day,
    business_day_of,
    issuing_spans,
    reception_spans,
)
from queue_service.office_files import office_from_json
from queue_service.offices import Office, Service, UnknownDesk, UnknownService
from queue_service.refusals import BY_CODE, Refusal, Unavailable, UnknownOffice
from queue_service.tickets import Stage, Ticket

DEADLINE_S = 3.0  # whatever the engine does, a ticket machine has its answer within 3.5 s
REMEMBERED_MS = 72 * 3_600_000  # answers: 48 h are promised, the rest allows for a clock that jumps
RESENT_MS = 60_000  # answers to commands that brought no key: only our own re-sending asks again
ROUNDS = 8  # definition, day and day's end may each be asked for, and rivals may change them again

Command = dict[str, Any]


class Intent(Struct, frozen=True):
    """What makes two requests the same one: who asks for what, and what exactly was asked."""

    slot: str  # credential, method, path and idempotency key, hashed
    fingerprint: str  # the body, hashed
    keep_ms: int = REMEMBERED_MS
    seed: str = ""  # known to whoever has this intent, and to nobody else: the engine is not told
    by: str | None = None  # who answers for it; goes into the audit log. None: nobody has to

    @classmethod
    def of(
        cls,
        credential: str,
        method: str,
        path: str,
        key: str,
        body: bytes,
        by: str | None = None,
    ) -> Self:
        """The intent behind a request that brought an idempotency key."""
        named = "\0".join((credential, method, path, key)).encode()
        seed = hashlib.sha256(b"seed\0" + named).hexdigest()
        return cls(_digest(named), _digest(body), seed=seed, by=by)

    @classmethod
    def once(cls, by: str | None = None) -> Self:
        """An intent of its own, for a command that brought none: only our re-sending repeats it."""
        return cls(secrets.token_hex(16), "-", RESENT_MS, secrets.token_hex(32), by)


class Shown(Struct, frozen=True, kw_only=True):
    """A ticket as it is now, and how many people of its service will be called before it."""

    ticket: Ticket
    ahead: int | None
    replayed: bool = False


class _Error(Struct, frozen=True):
    code: str
    shown: Shown | None = None
    service: str | None = None
    desk: str | None = None
    number: str | None = None


class Reply(Struct, frozen=True, kw_only=True):
    """Everything a script may answer; each verb reads its part."""

    again: str | None = None
    now: int | None = None
    date: str | None = None
    error: _Error | None = None
    replayed: bool = False
    ticket: Ticket | None = None
    ahead: int | None = None
    released: Shown | None = None
    called: Shown | None = None
    tickets: tuple[Shown, ...] = ()
    desk: DeskRecord | None = None
    version: int = 0
    expired: int = 0
    entry: int | None = None  # the first that was appended
    count: int = 0  # how many were
    use: Use | None = None

    def shown(self) -> Shown:
        """The one ticket of this reply."""
        assert self.ticket is not None, "the script answered with a ticket"
        return Shown(ticket=self.ticket, ahead=self.ahead, replayed=self.replayed)


class Scene(Struct):
    """What this process knows of an office; a script that knows better says so."""

    office: Office
    version: int
    day: BusinessDay | None = None
    # Of that day; slow to work out.
    spans: dict[str, Spans] = {}  # service → when its tickets are given
    receiving: dict[str, Spans] = {}  # service → when its visitors are received

    @property
    def queues(self) -> list[tuple[str, str]]:
        """Every line of the office: each service at each stage that calls the visitor."""
        return queues(self.office)

    def issuing(self, service: Service) -> Spans:
        """When tickets of a service are given on the present business day."""
        if self.day is None:
            return ()  # the script will ask for the day before it looks
        if service.id not in self.spans:
            self.spans[service.id] = issuing_spans(self.office, service, self.day.date)
        return self.spans[service.id]

    def open_hours(self) -> dict[str, OpenHours]:
        """Every service's hours on the present business day."""
        if self.day is None:
            return {}
        for service in self.office.services:
            if service.id not in self.receiving:
                spans = reception_spans(self.office, service, self.day.date)
                self.receiving[service.id] = spans
        return {
            service.id: OpenHours(self.issuing(service), self.receiving[service.id])
            for service in self.office.services
        }


def queues(office: Office) -> list[tuple[str, str]]:
    """Every line of an office: each service at each stage that calls the visitor."""
    stages = [stage for stage in Stage if stage.calls_visitor]
    return [(service.id, stage) for service in office.services for stage in stages]


_decoder = msgspec.json.Decoder(Reply)


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:40]


@asynccontextmanager
async def answered() -> AsyncIterator[None]:
    """Bound a conversation with the engine: an answer within `DEADLINE_S`, or `Unavailable`."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            yield
    except AWAY as failure:
        raise Unavailable from failure
    except OutOfMemoryError as failure:
        raise Unavailable("The engine's memory is full; see `madoguchi doctor`.") from failure
    except InvalidResponse as failure:
        raise Unavailable("Whatever answers there is no engine.") from failure
    except ResponseError as failure:
        if is_denied(failure):
            needed = "`madoguchi engine users` lists the rights that it needs"
            raise Unavailable(
                f"The engine's user may not do this: {failure}; {needed}."
            ) from failure
        if not str(failure).startswith(("MISCONF", "LOADING", "CLUSTERDOWN", "NOREPLICAS")):
            raise
        raise Unavailable(f"The engine cannot write: {failure}") from failure


class RoundTrips:
    """Runs scripts for the ledger, and knows what the scripts have to be told."""

    def __init__(self, redis: Client, *, ends_days: bool = True) -> None:
        """`ends_days`: whether this process may end a business day, as the first touch of the next does."""
        self.redis = redis
        self._ends_days = ends_days
        self._scenes: dict[str, Scene] = {}
        self._shas = {
            name: hashlib.sha1(scripts.assemble(name).encode()).hexdigest()  # noqa: S324 - the engine's name for a script
            for name in scripts.names()
        }

    async def write(
        self,
        verb: str,
        office: str,
        command: Callable[[Scene], Command],
        intent: Intent | None,
    ) -> Reply:
        """Run a verb once, however often it has to be sent.

        Raises:
            Refusal: the script refused, for one of the reasons its header names.
        """
        intent = intent or Intent.once()
        told = {"intent": intent.fingerprint, "keep": intent.keep_ms, "actor": intent.by}
        raw = await self._ask(verb, office, lambda scene: command(scene) | told, intent.slot)
        return accepted(_decoder.decode(raw))

    async def read(self, verb: str, office: str, command: Command) -> str:
        """Run a question; the reply is returned as it is."""
        return await self._ask(verb, office, lambda _: command, "-")

    async def scene(self, office: str) -> Scene:
        """The office as this process knows it, read from the engine at the first time."""
        return self._scenes.get(office) or await self.reload(office)

    def seen(self, office: str) -> Scene:
        """The office as this process knows it, without asking the engine.

        Raises:
            UnknownOffice: this process has never worked with it.
        """
        if office not in self._scenes:
            raise UnknownOffice(office=office)
        return self._scenes[office]

    async def reload(self, office: str) -> Scene:
        """Read the definition in force."""
        async with answered():
            version = await self.redis.hget(keys.of(office, "head"), "version")
            definition = version and await self.redis.hget(keys.of(office, "definitions"), version)
        if not definition:
            self._scenes.pop(office, None)
            raise UnknownOffice(office=office)
        scene = Scene(office_from_json(definition.encode()), int(version))
        self._scenes[office] = scene
        return scene

    async def run(self, verb: str, names: list[str], command: Command) -> str:
        """Send one command to one script and return its reply."""
        # Lua takes null for a value; what is absent is left out.
        given = {name: value for name, value in command.items() if value is not None}
        told = (len(names), *names, msgspec.json.encode(given))
        by_sha, by_text = self.redis.evalsha, self.redis.eval
        if scripts.only_reads(verb):  # the engine asks for no right to write, then
            by_sha, by_text = self.redis.evalsha_ro, self.redis.eval_ro
        reply: str
        async with answered():
            try:
                reply = await by_sha(self._shas[verb], *told)
            except NoScriptError:
                # Text and all, so that an engine which is started again meanwhile runs it as well.
                reply = await by_text(scripts.assemble(verb), *told)
            return reply

    async def _ask(
        self, verb: str, office: str, command: Callable[[Scene], Command], slot: str
    ) -> str:
        async with answered():
            for _ in range(ROUNDS):
                scene = await self.scene(office)
                told = {"version": scene.version, "day": scene.day}
                try:
                    asked = command(scene)
                except (UnknownService, UnknownDesk):
                    if (await self.reload(office)).version == scene.version:
                        raise
                    continue  # a newer definition may know it
                names = keys.hall(office, slot, scene.queues)
                raw = await self.run(verb, names, asked | told)
                if not raw.startswith('{"again"'):
                    return raw
                await self._fill(office, scene, _decoder.decode(raw))
        raise Unavailable(f"The office {office} changed faster than it could be read.")

    async def _fill(self, office: str, scene: Scene, lack: Reply) -> None:
        match lack.again:
            case "office":
                await self.reload(office)
            case "day":
                assert lack.now is not None, "a script that lacks the day says the time"
                scene.day = business_day(scene.office, lack.now)
                scene.spans, scene.receiving = {}, {}
            case _ if self._ends_days:
                await self.close_day(office, scene, lack.date)
            case _:
                raise Unavailable(
                    f"The new business day of {office} has not been begun by anybody yet."
                )

    async def close_day(self, office: str, scene: Scene, date: str | None) -> None:
        """End the business day `date` in the ledger and begin the present one.

        Several processes may do so at once: the first closes the day, the others find it closed.
        """
        command = {
            "version": scene.version,
            "day": scene.day,
            "closes": date,
            "closing": business_day_of(scene.office, date).end if date else None,
        }
        await self.run("close_day", keys.hall(office, "-", scene.queues), command)


def accepted(reply: Reply) -> Reply:
    """The reply, unless the script refused."""
    error = reply.error
    if error is None:
        return reply
    named = {"service": error.service, "desk": error.desk, "number": error.number}
    refusal = BY_CODE.get(error.code, Refusal)(**{k: v for k, v in named.items() if v is not None})
    if error.shown:
        refusal.ticket, refusal.ahead = error.shown.ticket, error.shown.ahead
    refusal.replayed = reply.replayed
    raise refusal
