"""Imports: ticket logs of any other system, taken in as history beside the ledger.

An import is known by its file and how it was read: the same one again changes nothing, and the same file
read in another way takes the place of what it was before, so that no visitor counts twice. Its rows lie
in one file under the data dir, its figures beside those of the ledger; nobody sees them before all are
there. However long the log is, it is never in memory as a whole.
"""

import gzip
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Literal, Self

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from queue_service import keys
from queue_service.connection import Client
from queue_service.figures import encode
from queue_service.hours import local_time
from queue_service.intake import Intake, OddDates
from queue_service.ledger import Ledger
from queue_service.log_columns import TicketLogError
from queue_service.log_dates import Pause
from queue_service.log_reasons import Reason, Reasons
from queue_service.log_visits import UNTOLD, unknown_counts
from queue_service.offices import Office
from queue_service.round_trip import answered
from queue_service.ticket_log import BadRow, Row, TicketLog
from queue_service.whole_file import whole_file

DAYS_AT_ONCE = 200  # figures written in one step
AHEAD_MS = 24 * 3_600_000  # of the engine's clock

Kind = Literal["tickets", "counts", "channels"]
Bar = Callable[[str, int, str], AbstractContextManager[Callable[[int], None]]]


class Import(Struct, frozen=True, kw_only=True):
    """What was taken in, and how it was understood."""

    id: str
    kind: Kind = "tickets"
    file: str  # its name, without the folder
    sha256: str
    read_as: str  # the mapping and the time zone
    rows: int
    rejected: int
    outside_hours: int = 0  # of the rows: arrivals outside the reception hours
    closed_days: int = 0  # of the days: those on which the office is closed
    first: str  # business dates
    last: str
    days: int
    services: dict[str, int]  # rows by service
    new_services: tuple[str, ...]  # those the office does not know
    timezone: str | None = None  # of times without offset
    columns: dict[str, str] = {}  # what is read from which column
    unused_columns: tuple[str, ...] = ()
    sample: dict[str, Any] | None = None  # the first row, as it was understood
    outcomes: dict[str, int] = {}  # rows by how the visit ended
    unknown: tuple[str, ...] = ()  # counts that the log cannot tell
    corrections: dict[str, int] = {}  # times that are not read as they stand, by the reason
    odd_dates: tuple[OddDates, ...] = ()  # those that cannot be true …
    odd_dates_kept: bool = False  # … and whether they were taken in all the same
    pauses: tuple[Pause, ...] = ()  # where the log is silent for long
    reasons: tuple[Reason, ...] = ()  # why rows were rejected
    replaces: tuple[str, ...] = ()  # imports of the same file, read in another way


class Source(Struct, frozen=True):
    """A file, and how it is read. Together they make the import what it is."""

    file: str
    sha256: str
    read_as: str

    @classmethod
    def of(cls, file: Path, read_as: str) -> Self:
        """Look at a file.

        Raises:
            OSError: it cannot be read.
            TicketLogError: it is a folder, a device or a pipe: it cannot be read twice.
        """
        if file.exists() and not file.is_file():
            raise TicketLogError(f"{file} is no file: save the table as one")
        with file.open("rb") as stream:
            return cls(file.name, hashlib.file_digest(stream, "sha256").hexdigest(), read_as)

    @property
    def id(self) -> str:
        """The id of its import."""
        return hashlib.sha256(f"{self.sha256} {self.read_as}".encode()).hexdigest()[:16]

    def replaced(self, known: Mapping[str, Import], kind: Kind) -> tuple[str, ...]:
        """The imports whose place this one takes."""
        return tuple(
            each.id for each in known.values() if (each.sha256, each.kind) == (self.sha256, kind)
        )


async def imports(redis: Client, office: str) -> dict[str, Import]:
    """Every import of an office, by its id."""
    async with answered():
        found = await redis.hgetall(keys.of(office, "imports"))
    return {id: msgspec.json.decode(raw, type=Import) for id, raw in found.items()}


@contextmanager
def no_bar(label: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Nobody looks."""
    yield lambda _: None


async def take_in(
    ledger: Ledger,
    office: Office,
    source: Source,
    read: TicketLog | Iterable[Row | BadRow],
    folder: Path,
    *,
    rejected: Callable[[BadRow], None],
    keep_odd: bool = False,
    bar: Bar = no_bar,
    dry: bool = False,
) -> tuple[Import, bool]:
    """Take a log in; returns what it was, and whether it is new.

    `dry`: only read it, and say what would be. Nothing is kept before the whole log was read. Killed
    at any instant, the same import again completes it. `folder`: where imports are kept; it exists.
    `keep_odd`: also take in rows whose date cannot be true.

    Raises:
        OSError: the disk is full, or not ours.
    """
    known = await imports(ledger.redis, office.id)
    if source.id in known:
        return known[source.id], False
    unknown = unknown_counts(read.columns) if isinstance(read, TicketLog) else UNTOLD
    last = local_time(office, await _now(ledger) + AHEAD_MS).date().isoformat()
    with tempfile.TemporaryDirectory(prefix=".import-", dir=folder) as spool:
        intake, reasons = Intake(office, Path(spool), last, unknown), Reasons()
        for wrong in intake.take(read, keep_odd=keep_odd):
            reasons.add(wrong)
            rejected(wrong)
        what = _summary(office, source, intake, reasons, read)
        what = replace(
            what,
            odd_dates_kept=keep_odd and bool(what.odd_dates),
            replaces=source.replaced(known, "tickets"),
        )
        if what.rows and not dry:
            await _keep(ledger, office, intake, what, folder, bar)
    return what, True


def _summary(
    office: Office,
    source: Source,
    intake: Intake,
    reasons: Reasons,
    read: TicketLog | Iterable[Row | BadRow],
) -> Import:
    dates, services = sorted(intake.dates) or [""], +intake.services
    log = read if isinstance(read, TicketLog) else None
    return Import(
        id=source.id,
        file=source.file,
        sha256=source.sha256,
        read_as=source.read_as,
        rows=services.total(),
        rejected=reasons.rows,
        outside_hours=intake.outside,
        closed_days=intake.closed_days,
        first=dates[0],
        last=dates[-1],
        days=len(intake.dates),
        services=dict(services.most_common()),
        new_services=tuple(sorted(set(services) - {each.id for each in office.services})),
        timezone=log.zone.key if log and log.zone else None,
        columns=log.columns if log else {},
        unused_columns=log.unused if log else (),
        sample=intake.sample,
        outcomes=dict((+intake.outcomes).most_common()),
        unknown=intake.unknown,
        corrections=dict((+intake.corrections).most_common()),
        odd_dates=tuple(intake.odd_dates),
        pauses=tuple(intake.pauses),
        reasons=reasons.told,
    )


async def _now(ledger: Ledger) -> int:
    async with answered():
        seconds, micros = await ledger.redis.time()
    return int(seconds) * 1000 + int(micros) // 1000


async def _keep(
    ledger: Ledger, office: Office, intake: Intake, what: Import, folder: Path, bar: Bar
) -> None:
    key = keys.of(office.id, "figures")
    found: dict[str, str] = {}
    with (
        whole_file(folder / f"{what.id}.ndjson.gz") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as file,
        bar("figures", what.days, " days") as advance,
    ):
        for rows, day in intake.days(what.id):
            file.writelines(msgspec.json.encode(row) + b"\n" for row in rows)
            found[f"{day.date}/{what.id}"] = encode(day)
            advance(1)
            if len(found) == DAYS_AT_ONCE:
                async with answered():
                    await ledger.redis.hset(key, mapping=found)
                found.clear()
    async with answered():
        if found:
            await ledger.redis.hset(key, mapping=found)
    note = {"import": what.id, "kind": what.kind, "rows": what.rows, "first": what.first}
    await ledger.imported(office.id, {**note, "last": what.last, "sha256": what.sha256})
    await _list(ledger.redis, office.id, what)
    for id in what.replaces:
        await _forget(ledger.redis, office.id, id)
        (folder / f"{id}.ndjson.gz").unlink(missing_ok=True)


async def _list(redis: Client, office: str, what: Import) -> None:
    """From here on its figures are seen, and no longer those whose place it takes."""
    key = keys.of(office, "imports")
    async with answered(), redis.pipeline(transaction=True) as pipe:
        pipe.hset(key, what.id, msgspec.json.encode(what).decode())
        if what.replaces:
            pipe.hdel(key, *what.replaces)
        await pipe.execute()


async def _forget(redis: Client, office: str, id: str) -> None:
    """What nobody sees any more takes no room."""
    key = keys.of(office, "figures")
    async with answered():
        if names := [name for name in await redis.hkeys(key) if name.endswith(f"/{id}")]:
            await redis.hdel(key, *names)
