"""Sealing: final business days move from the engine to the archive; old ones leave the archive.

A day is sealed when nothing can change its figures any more and they are kept. Its entries are
written, read back from the disk, and only then is the engine let go of them: at every instant each
entry is in one of the two, and `Entries` reads them as one. Twice, late, at once or after a crash it
comes to the same.
"""

import asyncio
from collections import deque
from datetime import date, timedelta

from msgspec import Struct

from queue_service import keys
from queue_service.archive import Archive, RawEntry
from queue_service.archive_manifest import AheadOfEngine, Segment
from queue_service.entries import read
from queue_service.events import DayOpened
from queue_service.hours import business_day, business_day_of
from queue_service.offices import Office
from queue_service.questions import Questions
from queue_service.rebuild import fold
from queue_service.roll_ups import FINAL_MS, note_cursor, outstanding, rolled_until
from queue_service.round_trip import answered


class _Run(Struct, frozen=True):
    """The entries from the one that opened a day to the one before the next day opened."""

    date: str
    entries: list[RawEntry]


async def is_due(ledger: Questions, office: Office) -> bool:
    """Whether there may be something to seal."""
    return await days_due(ledger, office) > 0


async def days_due(ledger: Questions, office: Office) -> int:
    """How many days may be sealed, by a look at the oldest entry in the engine and the latest.

    Days of the calendar: those on which nobody came are among them.
    """
    async with answered(), ledger.redis.pipeline(transaction=False) as pipe:
        pipe.xrange(keys.of(office.id, "ledger"), count=1)
        pipe.hget(keys.of(office.id, "head"), "at")
        oldest, latest = await pipe.execute()
    if not oldest:
        return 0
    begun = read(office.id, int(oldest[0][0][:-2]), oldest[0][1].get("event", "").encode()).event.at
    first, not_final = (
        date.fromisoformat(business_day(office, at).date)
        for at in (begun, int(latest or 0) - FINAL_MS)
    )
    return max(0, (not_final - first).days)


async def seal(ledger: Questions, office: Office) -> list[Segment]:
    """Put every final business day into the archive; returns the days that are new there.

    Raises:
        ArchiveError: the disk is full, or the archive damaged. What is not sealed stays in the engine.
        MissingEntries
    """
    entries = ledger.entries_of(office.id)
    archive, start = await entries.archive(), await entries.deleted()
    if archive is None:
        return []
    if archive.last() > await entries.last():
        raise AheadOfEngine(folder=archive.folder, last=archive.last())
    behind = await outstanding(ledger, office)
    await note_cursor(ledger.redis, office.id, behind.cursor)
    sealed: list[Segment] = []
    while True:
        last = max(start, archive.last())
        await _let_go(ledger, office.id, last)
        day = await _oldest(ledger, office.id, last)
        if day is None or not await _is_final(ledger, office, day, behind.cursor):
            return sealed
        sealed.append(await _seal(ledger, office.id, archive, day))


async def _oldest(ledger: Questions, office: str, after: int) -> _Run | None:
    """The oldest day that is in the engine as a whole; what came before the first is part of it."""
    run = _Run("", [])
    async for piece in ledger.entries_of(office).raw(after):
        for id, raw in piece:
            event = read(office, id, raw).event
            if isinstance(event, DayOpened):
                if run.date:
                    return run
                run = _Run(event.date, run.entries)
            run.entries.append((id, raw))
    return None


async def _is_final(ledger: Questions, office: Office, day: _Run, cursor: int) -> bool:
    """Whether the figures of a day are kept and can change no more."""
    async with answered():
        latest = int(await ledger.redis.hget(keys.of(office.id, "head"), "at") or 0)
    over = business_day_of(office, day.date).end + FINAL_MS
    return latest >= over and day.entries[-1][0] <= cursor


async def _seal(ledger: Questions, office: str, archive: Archive, day: _Run) -> Segment:
    async with answered():
        rolled = rolled_until(await ledger.redis.hget(keys.of(office, "rolled"), day.date))
        seconds, micros = await ledger.redis.time()
    first, last = day.entries[0][0], day.entries[-1][0]

    def write() -> Segment:
        segment = archive.seal(
            date.fromisoformat(day.date),
            first,
            last,
            day.entries,
            figures_until=rolled,
            sealed_at=int(seconds) * 1000 + int(micros) // 1000,
        )
        deque(archive.entries(first - 1, last), maxlen=0)  # read back, before the engine forgets
        return segment

    return await asyncio.to_thread(write)


async def _let_go(ledger: Questions, office: str, last: int) -> None:
    """Take from the engine what the archive has. Approximately would leave some of it there."""
    async with answered():
        key = keys.of(office, "ledger")
        await ledger.redis.xtrim(key, minid=f"{last + 1}-0", approximate=False)


# Retention


async def old(ledger: Questions, office: str, days: int) -> list[Segment]:
    """The sealed days that lie more than so many days before the present business day."""
    archive = await ledger.entries_of(office).archive()
    async with answered():
        today = await ledger.redis.hget(keys.of(office, "head"), "date")
    if archive is None or today is None:
        return []
    return archive.old(date.fromisoformat(today) - timedelta(days=days))


async def delete_old(ledger: Questions, office: str, days: int) -> list[Segment]:
    """Delete them; what they add up to is kept, so that the rest can still be proven.

    Their figures stay. Interrupted, it is completed by doing it again.
    """
    going = await old(ledger, office, days)
    if not going:
        return []
    entries = ledger.entries_of(office)
    hall = await fold(entries, going[-1].last)
    async with answered():
        start = {"seq": str(hall.seq), "hall": hall.encoded().decode()}
        await ledger.redis.hset(keys.of(office, "start"), mapping=start)
        seconds, _ = await ledger.redis.time()
    archive = await entries.archive()
    assert archive is not None, "there was something to delete"
    await asyncio.to_thread(archive.delete, going, deleted_at=int(seconds) * 1000)
    return going
