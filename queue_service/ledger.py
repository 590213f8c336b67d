"""The ledger: the only door to an office's keys. One method a verb, one method a question.

A verb is one script and one round trip; what happens twice, at once or half-way is said in the
script's header and in scripts/README.md. The engine's clock is the only clock: nothing here asks this
machine for the time.
"""

import json
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Literal, Self

import msgspec
from msgspec import Struct

from queue_service import keys
from queue_service.board import Text
from queue_service.connection import Client, connect
from queue_service.events import DeskStatus
from queue_service.freed_time import Use, written
from queue_service.hall import DeskRecord
from queue_service.hours import instant, local_time
from queue_service.office_files import office_to_json
from queue_service.offices import Office, Service
from queue_service.questions import Questions
from queue_service.refusals import ClockLive
from queue_service.round_trip import (
    Command,
    Intent,
    Reply,
    Scene,
    Shown,
    accepted,
    answered,
    queues,
)
from queue_service.ticket_ids import TicketIds
from queue_service.tickets import MOVES, Item, Leg, Move

MINUTE_MS = 60_000


class Wish(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a visitor asks for at the ticket machine."""

    service: str
    then: tuple[str, ...] = ()
    priority: str
    needs: tuple[str, ...] = ()
    language: str
    channel: str
    issuer: str
    items: tuple[Item, ...] = ()
    booked_for: int | None = None


class Released(Struct, frozen=True, kw_only=True):
    """What `release_and_call_next` did: the ticket let go, and the one called, if anyone waited."""

    released: Shown
    called: Shown | None
    replayed: bool = False


_reply = msgspec.json.Decoder(Reply)


OpenLedger = Callable[[], "AbstractAsyncContextManager[Ledger]"]


class Ledger(Questions):
    """One data set: the verbs, and by `Questions` the questions."""

    def __init__(
        self,
        redis: Client,
        secret: str,
        archives: Path | None = None,
        *,
        ends_days: bool = True,
    ) -> None:
        super().__init__(redis, archives, ends_days=ends_days)
        self._ids = TicketIds(secret.encode())

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, archives: Path | None = None, *, ends_days: bool = True
    ) -> AsyncIterator[Self]:
        """Connect, and disconnect at the end. A new data set is given its secret.

        `archives`: the folder in which sealed days lie. `ends_days`: see `RoundTrips`.
        """
        redis = connect(url)
        try:
            async with answered():
                await redis.setnx(keys.SECRET, secrets.token_hex(32))
                secret = await redis.get(keys.SECRET)
            yield cls(redis, secret, archives, ends_days=ends_days)
        finally:
            await redis.aclose()

    # Verbs of the ticket machine

    async def issue(self, office: str, wish: Wish, intent: Intent | None = None) -> Shown:
        """Give a visitor a number.

        Two machines at once never give the same number; asking again with the same intent repeats
        the first answer.

        Raises:
            Closed, Suspended, Full: no number was given; the refused visitor is counted.
            Past: a booking for a time that is over.
        """

        def command(scene: Scene) -> Command:
            service = scene.office.service(wish.service)
            legs = [Leg(id, scene.office.service(id).stages) for id in wish.then]
            return {
                **msgspec.to_builtins(wish),
                "stages": service.stages,
                "then": legs or None,
                "head_start": _head_starts(scene.office).get(wish.priority, 0),
                "numbers": _numbers(service),
                "limit": service.daily_limit,
                "spans": scene.issuing(service),
            }

        return (await self._trips.write("issue", office, command, intent)).shown()

    async def hint(
        self, office: str, service: str, procedure: str, answer: str, intent: Intent | None = None
    ) -> Reply:
        """Write down what a visitor answered to "this can be had without a visit"."""
        command = {"service": service, "procedure": procedure, "answer": answer}
        return await self._trips.write("hint", office, lambda _: command, intent)

    async def helped(
        self, office: str, service: str | None, channel: str, intent: Intent | None = None
    ) -> Reply:
        """Count a visitor who was helped at the entrance and needed no number."""
        command = {"service": service, "channel": channel}
        return await self._trips.write("helped", office, lambda _: command, intent)

    async def imported(
        self, office: str, note: Mapping[str, Any], intent: Intent | None = None
    ) -> Reply:
        """Note that history from elsewhere was taken in; `note`: the fields of `Imported`."""
        return await self._trips.write("imported", office, lambda _: dict(note), intent)

    # Verbs of the desk

    async def call_next(
        self, office: str, desk: str, services: tuple[str, ...] = (), intent: Intent | None = None
    ) -> Reply:
        """Call the best waiting ticket to a desk; the reply has no ticket when nobody waits.

        Two desks asking at once never get the same ticket. A desk that is not open opens.

        Raises:
            DeskBusy: the desk still holds a ticket.
        """

        def command(scene: Scene) -> Command:
            return {"services": services or None, **_desk(scene.office, desk)}

        return await self._trips.write("call_next", office, command, intent)

    async def call(
        self,
        office: str,
        desk: str,
        *,
        number: str | None = None,
        ticket: int | None = None,
        intent: Intent | None = None,
    ) -> Shown:
        """Call one chosen ticket to a desk, whatever its place in line.

        Raises:
            UnknownTicket, DeskBusy, IllegalMove
        """
        command = {
            "desk": desk,
            "number": number,
            "ticket": ticket,
            "allowed": _allowed(Move.CALL),
        }
        return (await self._trips.write("call", office, lambda _: command, intent)).shown()

    async def advance(
        self,
        office: str,
        ticket: int,
        move: Move,
        intent: Intent | None = None,
        *,
        transfer_to: str | None = None,
        items: tuple[Item, ...] = (),
        priority: str | None = None,
        needs: tuple[str, ...] = (),
        by: Literal["staff", "visitor"] = "staff",
    ) -> Shown:
        """Make one move with one ticket.

        `transfer` needs `transfer_to`, `set-priority` a priority class; `set-items` without items
        and `set-needs` without needs clear them; `by` says who cancels.

        Raises:
            UnknownTicket, IllegalMove
        """

        def command(scene: Scene) -> Command:
            return {
                "ticket": ticket,
                "move": move,
                "allowed": _allowed(move),
                "head_starts": _head_starts(scene.office),
                "service": transfer_to,
                "stages": scene.office.service(transfer_to).stages if transfer_to else None,
                "items": items or None,
                "priority": priority,
                "needs": needs or None,
                "by": by,
            }

        return (await self._trips.write("advance", office, command, intent)).shown()

    async def release_and_call_next(
        self,
        office: str,
        desk: str,
        ticket: int,
        move: Move | None = None,
        services: tuple[str, ...] = (),
        intent: Intent | None = None,
    ) -> Released:
        """End what a desk is doing and call the next ticket, in one step.

        Pressed twice, the second press is refused as stale: it never ends the visit of the person
        just called. Without a move the stage is finished, or the visit when no stage remains.

        Raises:
            UnknownTicket, Stale, IllegalMove
        """

        def command(scene: Scene) -> Command:
            return {
                "ticket": ticket,
                "move": move,
                "allowed": _allowed(*MOVES),
                "head_starts": _head_starts(scene.office),
                "services": services or None,
                **_desk(scene.office, desk),
            }

        reply = await self._trips.write("release_and_call_next", office, command, intent)
        assert reply.released is not None, "the script answered with what was released"
        return Released(released=reply.released, called=reply.called, replayed=reply.replayed)

    async def undo(self, office: str, ticket: int, intent: Intent | None = None) -> Shown:
        """Take back the latest move of a desk with this ticket, within a minute.

        Raises:
            UnknownTicket, NothingToUndo
        """

        def command(scene: Scene) -> Command:
            return {"ticket": ticket, "desks": {desk.id: True for desk in scene.office.desks}}

        return (await self._trips.write("undo", office, command, intent)).shown()

    async def set_desk(
        self,
        office: str,
        desk: str,
        status: DeskStatus,
        services: tuple[str, ...] = (),
        intent: Intent | None = None,
    ) -> tuple[DeskRecord, bool]:
        """Open, pause or close a desk; returns it, and whether the answer is a repetition.

        Raises:
            DeskBusy: a desk that holds a ticket can be neither paused nor closed.
        """
        command = {"desk": desk, "status": status, "services": services or None}
        reply = await self._trips.write("set_desk", office, lambda _: command, intent)
        assert reply.desk is not None, "the script answered with the desk"
        return reply.desk, reply.replayed

    # Verbs of the office

    async def set_service(
        self,
        office: str,
        service: str,
        status: Literal["open", "suspended"],
        message: Text | None = None,
        intent: Intent | None = None,
    ) -> Reply:
        """Suspend a service, with a message for those who come, or open it again."""
        command = {"service": service, "status": status, "message": _text(message)}
        return await self._trips.write("set_service", office, lambda _: command, intent)

    async def set_notice(
        self, office: str, text: Text | None, intent: Intent | None = None
    ) -> Reply:
        """Put up the office's notice, change it, or take it down."""
        command = {"text": _text(text)}
        return await self._trips.write("set_notice", office, lambda _: command, intent)

    async def use_freed_time(
        self, office: str, uses: Sequence[Use], intent: Intent | None = None, *, once: bool = False
    ) -> Reply:
        """Write down what freed time was used for; the reply has the first entry, and how many.

        `once`: pass over a use for each equal one that stands already, struck or not.

        Raises:
            NotYet: one lies ahead; none was written down.
        """

        def command(scene: Scene) -> Command:
            return {"uses": [written(use) for use in uses], "once": once, "dates": _dates(scene)}

        return await self._trips.write("use_freed_time", office, command, intent)

    async def strike_freed_time(
        self, office: str, entry: int, intent: Intent | None = None
    ) -> Reply:
        """Let a use no longer count; the reply has the entry that says so, and the use.

        Raises:
            UnknownEntry, AlreadyStruck
        """
        command = {"entry": f"{entry}"}
        return await self._trips.write("strike_freed_time", office, lambda _: command, intent)

    async def apply_office(self, office: Office, intent: Intent | None = None) -> Reply:
        """Bring a definition into force; one that equals the present one changes nothing.

        Raises:
            ServiceInUse, DeskInUse: a live ticket still needs what the definition leaves out.
        """
        intent = intent or Intent.once()
        names = keys.hall(office.id, intent.slot, queues(office))
        command = {
            "definition": office_to_json(office).decode(),
            "services": {service.id: True for service in office.services},
            "desks": {desk.id: True for desk in office.desks},
            "intent": intent.fingerprint,
            "keep": intent.keep_ms,
            "actor": intent.by,
        }
        reply = accepted(_reply.decode(await self._trips.run("apply_office", names, command)))
        async with answered():
            await self.redis.sadd(keys.OFFICES, office.id)
        await self._trips.reload(office.id)
        return reply

    async def tend(self, office: str) -> int:
        """Do what no visitor's touch has done: end the day, let bookings lapse. Returns how many."""
        return _reply.decode(await self._trips.read("expire_bookings", office, {})).expired

    # The ids of tickets

    def ticket_id(self, office: str, ticket: int) -> str:
        """The id under which the outside knows a ticket."""
        return self._ids.id(office, ticket)

    def ticket_of(self, office: str, id: str) -> int:
        """The ticket behind an id.

        Raises:
            UnknownTicket: this office never gave that id.
        """
        return self._ids.ticket(office, id)

    # The clock

    async def simulate(self, office: str, start: int, speed: float) -> None:
        """Let this office's clock stand at `start` (ms) and run at `speed`; 0 stands still.

        It has to be set before the office has its first entry; then it may be set again.

        Raises:
            ClockLive: the office has lived under the real clock.
        """
        async with answered():
            key = keys.of(office, "clock")
            lived = await self.redis.exists(keys.of(office, "ledger"))
            if lived and not await self.redis.exists(key):
                raise ClockLive(office=office)
            seconds, micros = await self.redis.time()
            clock = {"start": start, "speed": speed, "from": seconds * 1000 + micros // 1000}
            await self.redis.set(key, json.dumps(clock))


def _text(text: Text | None) -> str | None:
    return msgspec.json.encode(text).decode() if text else None


def _allowed(*moves: Move) -> dict[str, frozenset[str]]:
    return {move: MOVES[move].sources for move in moves}


def _dates(scene: Scene) -> dict[str, Any] | None:
    """The local dates on which a business day begins and ends, and the instant between them."""
    if scene.day is None:
        return None  # the script will ask for the day before it looks
    office, day = scene.office, scene.day
    first, last = (local_time(office, at).date() for at in (day.start, day.end - 1))
    return {"first": first, "last": last, "turns": instant(office.tz, last, 0)}


def _head_starts(office: Office) -> dict[str, int]:
    return {name: int(minutes * MINUTE_MS) for name, minutes in office.priorities.items()}


def _numbers(service: Service) -> dict[str, Any]:
    return {
        "prefix": service.prefix,
        "first": service.lowest,
        "last": service.highest,
        "width": service.width,
    }


def _desk(office: Office, id: str) -> dict[str, Any]:
    desk = office.desk(id)
    return {"desk": id, "desk_services": desk.services, "desk_stages": desk.stages or None}
