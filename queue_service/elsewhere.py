"""What was counted elsewhere, kept beside the ledger: visitors by interval, copies by channel.

The tables are small, so they lie in the engine as they were read: one field for each day or month of
each import. Reports read them; the figures of tickets are not touched by them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from queue_service import keys
from queue_service.connection import Client
from queue_service.counts import Copies, Count, Counted
from queue_service.imports import Import, Source, imports
from queue_service.insights.week import clock
from queue_service.ledger import Ledger
from queue_service.log_reasons import Reasons
from queue_service.offices import Office
from queue_service.round_trip import answered
from queue_service.ticket_log import BadRow

Kind = Literal["counts", "channels"]
Found = Mapping[str, Sequence[Count | Copies]]  # by date or month


async def keep(
    ledger: Ledger,
    office: Office,
    source: Source,
    kind: Kind,
    read: Iterable[Count | Copies | BadRow],
    *,
    rejected: Callable[[BadRow], None],
    columns: Mapping[str, str] | None = None,
    unused: Sequence[str] = (),
    dry: bool = False,
) -> tuple[Import, bool]:
    """Take a table in; returns what it was, and whether it is new. `dry`: only read it.

    `columns`, `unused`: how it is read. All of it is seen at once, or nothing.
    """
    known = await imports(ledger.redis, office.id)
    if source.id in known:
        return known[source.id], False
    found, reasons = _gathered(read, rejected)
    what = replace(
        _summary(office, source, kind, found),
        rejected=reasons.rows,
        reasons=reasons.told,
        columns=dict(columns or {}),
        unused_columns=tuple(unused),
        replaces=source.replaced(known, kind),
    )
    if what.rows and not dry:
        await _keep(ledger, office, what, found)
    return what, True


def _gathered(
    read: Iterable[Count | Copies | BadRow], rejected: Callable[[BadRow], None]
) -> tuple[Found, Reasons]:
    found: dict[str, list[Count | Copies]] = defaultdict(list)
    reasons = Reasons()
    for row in read:
        if isinstance(row, BadRow):
            reasons.add(row)
            rejected(row)
        else:
            found[row.date if isinstance(row, Count) else row.month].append(row)
    return found, reasons


async def _keep(ledger: Ledger, office: Office, what: Import, found: Found) -> None:
    note = {"import": what.id, "kind": what.kind, "rows": what.rows, "sha256": what.sha256}
    await ledger.imported(office.id, {**note, "first": what.first, "last": what.last})
    key, listed = keys.of(office.id, what.kind), keys.of(office.id, "imports")
    fields = {
        f"{when}/{what.id}": msgspec.json.encode(rows).decode() for when, rows in found.items()
    }
    async with answered():
        every = await ledger.redis.hkeys(key) if what.replaces else []
        earlier = [name for name in every if name.partition("/")[2] in what.replaces]
        async with ledger.redis.pipeline(transaction=True) as pipe:
            pipe.hset(key, mapping=fields)
            pipe.hset(listed, what.id, msgspec.json.encode(what).decode())
            if earlier:
                pipe.hdel(key, *earlier)
            if what.replaces:
                pipe.hdel(listed, *what.replaces)
            await pipe.execute()


def _summary(office: Office, source: Source, kind: Kind, found: Found) -> Import:
    times = sorted(found) or [""]
    services: dict[str, int] = defaultdict(int)
    for rows in found.values():
        for row in rows:
            services[(row.service or "*") if isinstance(row, Count) else row.procedure] += 1
    known = {each.id for each in office.services} | {
        procedure.id for each in office.services for procedure in each.procedures
    }
    first = next((rows[0] for rows in found.values()), None)
    return Import(
        id=source.id,
        kind=kind,
        file=source.file,
        sha256=source.sha256,
        read_as=source.read_as,
        rows=sum(len(rows) for rows in found.values()),
        rejected=0,
        first=times[0],
        last=times[-1],
        days=len(found),
        services=dict(services),
        new_services=tuple(sorted(set(services) - known - {"*"})),
        sample=_sample(first),
    )


def _sample(row: Count | Copies | None) -> dict[str, Any] | None:
    if row is None:
        return None
    told: dict[str, Any] = msgspec.to_builtins(row)
    return told | {"start": clock(row.start)} if isinstance(row, Count) else told


async def counts(redis: Client, office: str, first: str, last: str) -> list[Counted]:
    """The visitors counted elsewhere on the dates from `first` to `last`, both included.

    One table each import, in the order of their ids. What another import replaces meanwhile is read
    again, so that a date is never without its counts, nor has them twice.
    """
    found: dict[str, list[Count]] = defaultdict(list)
    for name, raw in (await _read(redis, office, "counts", first, last)).items():
        found[name.partition("/")[2]] += _counts(raw)
    listed = await imports(redis, office) if found else {}
    if found.keys() - listed.keys():
        return await counts(redis, office, first, last)
    return [Counted(int(listed[id].read_as.split()[-1]), found[id]) for id in sorted(found)]


async def copies(redis: Client, office: str, first: str, last: str) -> list[Copies]:
    """The copies issued through other channels in the months from `first` to `last` ("2026-11")."""
    found = await _read(redis, office, "channels", first, last)
    return [row for raw in found.values() for row in _copies(raw)]


_counts = msgspec.json.Decoder(list[Count]).decode
_copies = msgspec.json.Decoder(list[Copies]).decode


async def _read(redis: Client, office: str, kind: Kind, first: str, last: str) -> Mapping[str, str]:
    key = keys.of(office, kind)
    async with answered():
        fields = await redis.hkeys(key)
        wanted = sorted(each for each in fields if first <= each.partition("/")[0] <= last)
        found: list[str | None] = await redis.hmget(key, wanted) if wanted else []
    if None in found:  # replaced by another import between the two
        return await _read(redis, office, kind, first, last)
    return dict(zip(wanted, found, strict=True))
