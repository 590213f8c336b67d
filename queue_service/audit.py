"""The audit log: who did what. For those who have to answer for it; no other part reads it.

The ledger says what happened and at which desk, and is read by analysts; it names nobody. Who it was is
noted beside it by the same script in the same step (scripts/audit.lua), under the number of the ledger's
entry. What is done about keys and people has no entry, so it is noted whole. A note is dropped after a
year.
"""

from collections.abc import AsyncIterator, Iterable
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct

from queue_service import keys
from queue_service.connection import Client
from queue_service.events import Entry
from queue_service.questions import Questions
from queue_service.refusals import MissingEntries
from queue_service.round_trip import answered

PIECE = 500  # notes read at once
APART = 100  # entries that are read in one go though nobody asked for those between


class Note(Struct, frozen=True, kw_only=True):
    """Who did something once."""

    id: str  # orders all notes of a data set by time
    by: str  # the name of whoever signed in, or `key` and its id
    did: (
        str | None
    )  # the event, or what was done about a key or person; None: the entry was deleted
    office: str | None
    on: str | None  # the number of the ticket, the key or the person
    desk: str | None = None
    entry: int | None = None

    @property
    def at(self) -> int:
        """When, in ms."""
        return order(self.id)[0]


async def latest(
    ledger: Questions, office: str | None, *, before: str | None = None, limit: int = 100
) -> list[Note]:
    """The latest notes, newest first; of one office, or of all and of what belongs to none.

    `before`: only those older than the note with this id. More than `limit` come where several have the
    id of the last one.
    """
    if before and order(before) == (0, 0):
        return []
    until = f"({before}" if before else "+"
    offices = [office] if office else await ledger.offices()
    found = [note for each in offices for note in await _of_ledger(ledger, each, until, limit)]
    found += await _of_access(ledger, office, until, limit)
    found.sort(key=lambda note: order(note.id), reverse=True)
    if len(found) <= limit:
        return found
    last = order(found[limit - 1].id)
    return [note for note in found if order(note.id) >= last]


async def _of_ledger(ledger: Questions, office: str, until: str, limit: int) -> list[Note]:
    """Notes on entries of an office, told by the entries."""
    async with answered():
        raw = await ledger.redis.xrevrange(keys.of(office, "audit"), until, count=limit)
    noted = [(id, fields["by"], int(fields["entry"])) for id, fields in raw]
    told = await _told(ledger, office, {entry for *_, entry in noted})
    notes = []
    for id, by, entry in noted:
        event = told.get(entry)
        note = Note(
            id=id,
            by=by,
            did=event and type(event).__name__,
            office=office,
            on=getattr(event, "number", None),
            desk=getattr(event, "desk", None),
            entry=entry,
        )
        notes.append(note)
    return notes


async def _told(ledger: Questions, office: str, wanted: set[int]) -> dict[int, Any]:
    """The events of entries, as far as they are still there."""
    entries, found = ledger.entries_of(office), list[Entry]()
    for first, last in _runs(sorted(wanted)):
        try:
            found += await entries.some(first - 1, last - first + 1)
        except MissingEntries:
            continue  # beyond the retention
    return {entry.id: entry.event for entry in found}


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each run of numbers that lie close together.

    >>> _runs([1, 2, 900, 905])
    [(1, 2), (900, 905)]
    """
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number - runs[-1][1] <= APART:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs


async def _of_access(ledger: Questions, office: str | None, until: str, limit: int) -> list[Note]:
    """Notes on keys and people, of one office or of all."""
    found: list[Note] = []
    while True:
        async with answered():
            raw = await ledger.redis.xrevrange(keys.AUDIT, until, count=PIECE)
        found += [
            Note(
                id=id,
                by=fields["by"],
                did=fields["did"],
                office=fields["office"] or None,
                on=fields["on"],
            )
            for id, fields in raw
            if office in (None, fields["office"])
        ]
        if len(raw) < PIECE or len(found) >= limit:
            return found[:limit]
        until = f"({raw[-1][0]}"


# Copies, for backups


class Line(Struct, frozen=True):
    """One note as it lies in a backup."""

    key: str
    id: str
    fields: dict[str, str]


async def copied(redis: Client, offices: Iterable[str]) -> AsyncIterator[bytes]:
    """Every note, one a line."""
    for key in (*(keys.of(office, "audit") for office in offices), keys.AUDIT):
        after = "-"
        while True:
            async with answered():
                raw = await redis.xrange(key, after, count=PIECE)
            for id, fields in raw:
                yield msgspec.json.encode(Line(key, id, fields)) + b"\n"
            if len(raw) < PIECE:
                break
            after = f"({raw[-1][0]}"


async def put_back(redis: Client, lines: Iterable[Line]) -> None:
    """Write copied notes into a data set that has none."""
    left = iter(lines)
    while piece := list(islice(left, PIECE)):
        async with answered(), redis.pipeline(transaction=False) as pipe:
            for line in piece:
                pipe.xadd(line.key, line.fields, id=line.id)
            await pipe.execute()


def order(id: str) -> tuple[int, int]:
    """By what the id of a note orders it: ms, and its turn within."""
    at, _, turn = id.partition("-")
    return int(at), int(turn or 0)
