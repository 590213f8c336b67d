"""The entries of an office as one run: sealed days from its archive, the latest from the engine.

Whoever reads need not know where an entry lies, nor that it is being sealed at this moment. It knows
nothing of what entries mean.
"""

import asyncio
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path

from queue_service import events, keys
from queue_service.archive import Archive, RawEntry
from queue_service.archive_manifest import ArchiveError
from queue_service.connection import Client
from queue_service.events import Entry, NotAnEvent
from queue_service.hall import Hall
from queue_service.refusals import MissingEntries
from queue_service.round_trip import answered

PIECE = 2000  # entries read at once: a few hundred kilobytes


def read(office: str, id: int, raw: bytes) -> Entry:
    """An entry as the ledger holds it.

    Raises:
        MissingEntries: it is no event.
    """
    try:
        return Entry(id, events.decode(raw))
    except NotAnEvent as error:
        raise no_event(office, id, error) from error


def no_event(office: str, id: int, error: ValueError) -> MissingEntries:
    """An entry that cannot be read, named."""
    return MissingEntries(
        f"Entry {id} of {office} is no event ({error}): something else than madoguchi wrote it. Restore "
        "a backup."
    )


class Entries:
    """All entries of an office, in order and without a gap, each once.

    Every way of reading raises MissingEntries at the first entry that is neither in the engine nor
    in the archive, that is no event, or whose file is damaged or was deleted.
    """

    def __init__(self, redis: Client, office: str, archives: Path | None = None) -> None:
        """`archives`: the folder of all offices; None: nothing was ever sealed, or it is elsewhere."""
        self._redis = redis
        self._office = office
        self._archives = archives

    async def start(self) -> Hall:
        """What the entries add up to that were deleted long ago; an empty hall if none was."""
        async with answered():
            raw = await self._redis.hget(keys.of(self._office, "start"), "hall")
        return Hall.decoded(raw) if raw else Hall()

    async def deleted(self) -> int:
        """The last entry that was deleted; 0 when there are all from the first one on."""
        async with answered():
            return int(await self._redis.hget(keys.of(self._office, "start"), "seq") or 0)

    async def archive(self) -> Archive | None:
        """Where its sealed days lie; None: this process was not told, or the data set has no name."""
        if self._archives is None:
            return None
        async with answered():
            dataset = await self._redis.get(keys.DATASET)
        return Archive(self._archives, self._office, dataset) if dataset else None

    async def last(self) -> int:
        """The id of the latest entry; 0 when there is none."""
        async with answered():
            return int(await self._redis.hget(keys.of(self._office, "head"), "seq") or 0)

    async def all(self, after: int = 0, until: int | None = None) -> AsyncIterator[Entry]:
        """Every entry after one, none beyond `until`; without it, those appended meanwhile too."""
        async for piece in self.pieces(after, until):
            for entry in piece:
                yield entry

    async def some(self, after: int, limit: int) -> list[Entry]:
        """Up to `limit` entries after one: fewer only at the end."""
        found: list[Entry] = []
        async for piece in self.pieces(after, after + limit):
            found += piece
        return found

    async def pieces(self, after: int = 0, until: int | None = None) -> AsyncIterator[list[Entry]]:
        """The same as `all`, some at a time."""
        async for piece in self.raw(after, until):
            yield [read(self._office, id, event) for id, event in piece]

    async def raw(self, after: int = 0, until: int | None = None) -> AsyncIterator[list[RawEntry]]:
        """The same, every event with the bytes it has in the ledger."""
        while until is None or after < until:
            found = await self._in_engine(after, until)
            is_end = not found and after >= await self.last()
            if not found and not is_end:  # something was appended, or sealed, meanwhile
                found = await self._in_engine(after, until)
            # The engine may let go of a day between two pieces: then the archive has it.
            sealed = found[0][0] - 1 if found else until
            if sealed is not None and sealed > after and not is_end:
                async for piece in self._in_archive(after, sealed):
                    if piece[0][0] != after + 1:
                        break
                    yield piece
                    after = piece[-1][0]
                if after < sealed:
                    raise self._missing(after + 1)
            for id, _ in found:
                after += 1
                if id != after:
                    raise self._missing(after)
            if not found:
                return
            yield found

    async def before(self, at: int) -> int:
        """An entry such that all there is from the instant `at` on comes after it.

        It is the last one before that instant, or, where that was sealed, the last of an earlier
        day. Found by halving: `at` never decreases in a ledger.
        """
        kept = await self._in_engine(0, None, count=1)
        if not kept or read(self._office, *kept[0]).event.at >= at:
            archive = await self.archive()
            days = archive.segments() if archive else ()
            earlier = [day.last for day in days if day.last_at < at]
            return max([await self.deleted(), *earlier[-1:]])
        low, high = kept[0][0], await self.last()
        while low < high:
            middle = (low + high) // 2
            found = await self._in_engine(middle, middle + 1)
            if found and read(self._office, *found[0]).event.at < at:
                low = middle + 1
            else:
                high = middle
        return low

    async def _in_engine(self, after: int, until: int | None, count: int = PIECE) -> list[RawEntry]:
        last = "+" if until is None else f"{until}-0"
        try:
            async with answered():
                found = await self._redis.xrange(
                    keys.of(self._office, "ledger"), f"{after + 1}-0", last, count=count
                )
        except UnicodeDecodeError as error:
            if count == 1:
                raise no_event(self._office, after + 1, error) from error
            return await self._in_engine(after, until, count // 2)  # up to the one that it is
        return [
            (int(id.partition("-")[0]), fields.get("event", "").encode()) for id, fields in found
        ]

    async def _in_archive(self, after: int, until: int) -> AsyncIterator[list[RawEntry]]:
        archive = await self.archive()
        if archive is None:
            raise self._missing(after + 1)
        lines = archive.entries(after, until)
        try:
            while piece := await asyncio.to_thread(lambda: list(islice(lines, PIECE))):
                yield piece
        except ArchiveError as error:
            raise MissingEntries(str(error)) from error

    def _missing(self, entry: int) -> MissingEntries:
        where = self._archives or "no archive, as this process was given none"
        return MissingEntries(
            f"Entry {entry} of {self._office} is neither in the engine nor in {where}. Give the data "
            "dir of the service (`--data-dir`), or restore a backup."
        )
