"""Rebuilding an office's keys from its ledger: the proof of law 1, and the way back from a backup.

`render` says what Redis must hold when the ledger adds up to a `Hall`. `verify` compares that with
what it does hold and names the first difference; `queue_service.restore` writes what is rendered here.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from queue_service import keys
from queue_service.connection import Client
from queue_service.entries import Entries
from queue_service.figures import decode
from queue_service.freed_time import rendered
from queue_service.hall import NONSENSE, Contradiction, Hall, encode_ticket
from queue_service.offices import Office
from queue_service.questions import Questions
from queue_service.refusals import MissingEntries
from queue_service.roll_ups import computed
from queue_service.round_trip import answered

Value = dict[str, str] | list[str]
DERIVED = ("head", "tickets", "desks", "suspended", "numbers", "counters", "freed", "calls")


def render(hall: Hall) -> dict[str, Value]:
    """Every derived key of an office, by its name without the office, as Redis holds it."""
    head = {"seq": hall.seq, "at": hall.at, "version": hall.version, "date": hall.date}
    found: dict[str, Value] = {
        "head": {name: str(value) for name, value in head.items() if value},
        "tickets": {str(seq): encode_ticket(ticket) for seq, ticket in hall.tickets.items()},
        "desks": {id: _json(desk) for id, desk in hall.desks.items()},
        "suspended": dict.fromkeys(hall.suspended, "1"),
        "numbers": {number: str(seq) for number, seq in hall.numbers.items()},
        "counters": {name: str(count) for name, count in hall.counters.items()},
        "freed": rendered(hall.uses, hall.struck),
        "calls": [_json(call) for call in hall.calls],
    }
    for name, line in hall.queues.items():
        found[f"queue:{name}"] = {f"{seq:012d}": str(place) for seq, place in line.items()}
    return {name: value for name, value in found.items() if value}


def _json(record: Any) -> str:
    return msgspec.json.encode(record).decode()


def differences(expected: dict[str, Value], found: dict[str, Value]) -> Iterator[str]:
    """Each place where two renderings differ, in words; nothing when they are equal."""
    for name in sorted(expected.keys() | found.keys()):
        want, have = expected.get(name), found.get(name)
        if want == have:
            continue
        if isinstance(want, dict) and isinstance(have, dict):
            for field in sorted(want.keys() | have.keys()):
                if want.get(field) != have.get(field):
                    yield f"{name} {field}: ledger {want.get(field)}, engine {have.get(field)}"
        else:
            yield f"{name}: ledger {want}, engine {have}"


async def live_keys(redis: Client, office: str) -> tuple[int, dict[str, Value]]:
    """Every derived key as the engine holds it, read in one step, and the entry it is as of."""
    prefix = keys.of(office, "")
    queues = sorted([key async for key in redis.scan_iter(match=f"{prefix}queue:*", count=1000)])
    async with redis.pipeline(transaction=True) as pipe:
        for name in DERIVED[:-1]:
            pipe.hgetall(prefix + name)
        pipe.lrange(prefix + "calls", 0, -1)
        for key in queues:
            pipe.zrange(key, 0, -1, withscores=True)
        replies = await pipe.execute()
    found: dict[str, Value] = dict(zip(DERIVED, replies, strict=False))
    for key, members in zip(queues, replies[len(DERIVED) :], strict=True):
        found[key.removeprefix(prefix)] = {member: str(int(score)) for member, score in members}
    head = found["head"]
    assert isinstance(head, dict)
    return int(head.get("seq", 0)), {name: value for name, value in found.items() if value}


async def fold(
    entries: Entries, until: int, progress: Callable[[int], None] = lambda _: None
) -> Hall:
    """The hall that the entries up to and with `until` add up to.

    Raises:
        MissingEntries, Contradiction
    """
    hall = await entries.start()
    async for piece in entries.pieces(hall.seq, until):
        hall.apply_all(piece)
        progress(len(piece))
    if hall.seq < until:
        raise MissingEntries(f"The ledger ends at entry {hall.seq}; the head says {until}.")
    return hall


async def verify(
    ledger: Questions, office: str, progress: Callable[[int], None] = lambda _: None
) -> str | None:
    """Rebuild everything of an office and compare. Returns the first difference, or None; an entry that
    is none is a difference, too.

    Safe while people are served: the keys are read in one step and compared as of that entry.
    """
    async with answered():
        until, found = await live_keys(ledger.redis, office)
    try:
        hall = await fold(ledger.entries_of(office), until, progress)
    except (MissingEntries, Contradiction) as gap:
        return str(gap)
    if difference := next(differences(render(hall), found), None):
        return difference
    return await _wrong_figures(ledger, await ledger.office(office))


async def _wrong_figures(ledger: Questions, office: Office) -> str | None:
    """The first date whose figures are not what its entries add up to."""
    async with answered():
        kept = await ledger.redis.hgetall(keys.of(office.id, "figures"))
    deleted = (await ledger.entries_of(office.id).start()).date or ""
    for date in sorted(kept):
        if "/" in date or date <= deleted:
            continue  # imported, or its entries are gone
        day = decode(kept[date])
        try:
            agree = await computed(ledger, office, date, day.until) == day
        except (MissingEntries, *NONSENSE) as error:
            return f"figures {date}: their entries make no sense ({error})"
        if not agree:
            return f"figures {date}: they are not what its entries up to {day.until} add up to"
    return None
