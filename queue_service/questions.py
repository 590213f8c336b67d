"""What can be asked of a ledger. A question writes nothing, and is answered as of one entry.

The exception is the first touch of a new business day, which ends the old one: no question is
answered with yesterday's numbers. Who may not write waits until somebody else has touched the day.
"""

import math
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic

import msgspec
from msgspec.structs import replace

from queue_service import keys
from queue_service.board import Board, QueueLine, Snapshot, compose, estimate, queue_lines
from queue_service.connection import Client
from queue_service.entries import Entries
from queue_service.estimates import Estimate, Model
from queue_service.events import Entry
from queue_service.freed_time import NotedUse, noted
from queue_service.offices import Office
from queue_service.round_trip import Reply, RoundTrips, Shown, accepted, answered

MODEL_S = 60.0  # how long a process goes on with what it read of the waits

_model = msgspec.json.Decoder(Model)
_reply = msgspec.json.Decoder(Reply)
_snapshot = msgspec.json.Decoder(Snapshot)


class Questions:
    """The reading half of `Ledger`."""

    def __init__(
        self, redis: Client, archives: Path | None = None, *, ends_days: bool = True
    ) -> None:
        """`archives`: where sealed days lie; None: this process reads what is in the engine.

        `ends_days`: see `RoundTrips`.
        """
        self.redis = redis
        self.archives = archives
        self._waits: dict[str, tuple[float, Model | None]] = {}  # office → when it was read
        self._trips = RoundTrips(redis, ends_days=ends_days)

    async def offices(self) -> list[str]:
        """The ids of all offices, in alphabetical order."""
        async with answered():
            return sorted(await self.redis.smembers(keys.OFFICES))

    async def office(self, office: str) -> Office:
        """The definition in force.

        Raises:
            UnknownOffice
        """
        return (await self._trips.reload(office)).office

    async def known_office(self, office: str) -> Office:
        """The definition as this process last saw it: enough to check a request against."""
        return (await self._trips.scene(office)).office

    async def known_version(self, office: str) -> int:
        """The version of the definition that `known_office` gives."""
        return (await self._trips.scene(office)).version

    def seen_office(self, office: str) -> Office:
        """The same, without asking: for an office that this process has just worked with."""
        return self._trips.seen(office).office

    async def ticket(self, office: str, ticket: int) -> Shown:
        """One ticket as it is now.

        Raises:
            UnknownTicket: it never was, or its day is over.
        """
        raw = await self._trips.read("look", office, {"ticket": ticket})
        return accepted(_reply.decode(raw)).shown()

    async def tickets(self, office: str) -> list[Shown]:
        """Today's tickets: those in line first, in calling order, then the others by issue."""
        reply = _reply.decode(await self._trips.read("list", office, {}))

        def order(shown: Shown) -> tuple[bool, int, int]:
            in_line = shown.ahead is not None
            return not in_line, (shown.ticket.place or 0) if in_line else 0, shown.ticket.seq

        return sorted(reply.tickets, key=order)

    async def snapshot(self, office: str) -> Snapshot:
        """What a board shows, read in one step."""
        read = _snapshot.decode(await self._trips.read("snapshot", office, {}))
        waits = await self._model(office)
        return replace(read, hours=self._trips.seen(office).open_hours(), waits=waits)

    async def _model(self, office: str) -> Model | None:
        """What past days say of the waits; learned once a day, so it need not be fresh."""
        read_at, model = self._waits.get(office, (-math.inf, None))
        if monotonic() - read_at > MODEL_S:
            async with answered():
                raw = await self.redis.hget(keys.of(office, "waits"), "model")
            model = _model.decode(raw) if raw else None
            self._waits[office] = monotonic(), model
        return model

    async def estimate(self, office: str, shown: Shown) -> Estimate | None:
        """How long a visitor may still wait for the first call; None where nothing can be said."""
        ticket, model = shown.ticket, await self._model(office)
        learned = model.services.get(ticket.service) if model else None
        # Waits are learned up to the first call: one who was called before waits for something else.
        if shown.ahead is None or ticket.calls or not learned or not learned.shown:
            return None
        if ticket.stage is not ticket.stages[0]:
            return None
        return estimate(
            await self.known_office(office),
            await self.snapshot(office),
            ticket.service,
            shown.ahead,
        )

    async def board(self, office: str, zone: str | None = None) -> Board:
        """The board as of the latest entry."""
        snapshot = await self.snapshot(office)
        return compose(await self.known_office(office), snapshot, zone)

    async def congestion(self, office: str) -> list[QueueLine]:
        """How many people wait for each service."""
        snapshot = await self.snapshot(office)
        return queue_lines(await self.known_office(office), snapshot)

    async def freed_time(self, office: str) -> list[NotedUse]:
        """What freed time was used for, by date and entry, what was struck included."""
        async with answered():
            return noted(await self.redis.hgetall(keys.of(office, "freed")))

    def entries_of(self, office: str) -> Entries:
        """All entries of an office, the sealed ones included."""
        return Entries(self.redis, office, self.archives)

    async def entries(self, office: str, after: int = 0, limit: int = 1000) -> list[Entry]:
        """Up to `limit` entries with ids greater than `after`, in order."""
        return await self.entries_of(office).some(after, limit)

    def all_entries(self, office: str, after: int = 0) -> AsyncIterator[Entry]:
        """Every entry after one, read in pieces; entries appended meanwhile are included."""
        return self.entries_of(office).all(after)
