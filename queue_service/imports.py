"""Imports: ticket logs of any other system, taken in as history beside the ledger.

An import is known by its file and how it was read: the same one again changes nothing. Its rows lie
in one file under the data dir, its figures beside those of the ledger; nobody sees them before all are
there. However long the log is, it is never in memory as a whole.
"""

import gzip
import hashlib
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, Self

import msgspec
from msgspec import Struct

from queue_service import keys
from queue_service.connection import Client
from queue_service.figures import encode
from queue_service.hours import BusinessDay, business_day, reception_spans
from queue_service.ledger import Ledger
from queue_service.log_visits import figures_of_row
from queue_service.offices import Office
from queue_service.round_trip import answered
from queue_service.tally import tally
from queue_service.ticket_log import BadRow, Row
from queue_service.whole_file import whole_file

SPOOLED = 50_000  # rows held in memory before they are put down by days
DAYS_AT_ONCE = 200  # figures written in one step
NO_SERVICE = "-"  # of a log that names none
FIRST_MS = 631_152_000_000  # 1990: a date before it was written by a clock without a battery
AHEAD_MS = 24 * 3_600_000  # of the engine's clock


class Import(Struct, frozen=True, kw_only=True):
    """What was taken in."""

    id: str
    kind: Literal["tickets", "counts", "channels"] = "tickets"
    file: str  # its name, without the folder
    sha256: str
    read_as: str  # the mapping and the time zone
    rows: int
    rejected: int
    outside_hours: int  # of the rows: arrivals outside the reception hours
    first: str  # business dates
    last: str
    days: int
    services: dict[str, int]  # rows by service
    new_services: tuple[str, ...]  # those the office does not know


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
        """
        with file.open("rb") as stream:
            return cls(file.name, hashlib.file_digest(stream, "sha256").hexdigest(), read_as)

    @property
    def id(self) -> str:
        """The id of its import."""
        return hashlib.sha256(f"{self.sha256} {self.read_as}".encode()).hexdigest()[:16]


async def imports(redis: Client, office: str) -> dict[str, Import]:
    """Every import of an office, by its id."""
    async with answered():
        found = await redis.hgetall(keys.of(office, "imports"))
    return {id: msgspec.json.decode(raw, type=Import) for id, raw in found.items()}


class Intake:
    """Takes rows in, day by day, without holding all of them."""

    def __init__(self, office: Office, folder: Path, now: int) -> None:
        """`folder`: where rows may be put down meanwhile; `now`: ms."""
        self._office, self._folder, self._now = office, folder, now
        self._held: dict[str, list[Row]] = defaultdict(list)
        self._count = 0
        self._day: BusinessDay | None = None
        self._names = _names(office)
        self._spans: dict[str, tuple[tuple[int, int], ...]] = {}
        self.services: Counter[str] = Counter()
        self.dates: set[str] = set()
        self.outside = 0

    def add(self, row: Row) -> BadRow | None:
        """Take a row in, or give it back with the reason."""
        if not FIRST_MS <= row.issued_at <= self._now + AHEAD_MS:
            reason = f"issued_at lies in {row.day[:4]}: the clock of the machine was wrong"
            return BadRow(row.line, reason, ())
        date = self._date(row.issued_at)
        self.services[self.service(row)] += 1
        self.dates.add(date)
        if not any(start <= row.issued_at < end for start, end in self._spans[date]):
            self.outside += 1
        self._held[date].append(row)
        self._count += 1
        if self._count >= SPOOLED:
            self._put_down()
        return None

    def service(self, row: Row) -> str:
        """The service of a row: the office's, by id or by any of its names, else the log's own."""
        text = row.service or NO_SERVICE
        return self._names.get(text.casefold(), text)

    def summary(self, source: Source, rejected: int) -> Import:
        """What was taken in."""
        known = {each.id for each in self._office.services}
        dates = sorted(self.dates) or [""]
        return Import(
            id=source.id,
            file=source.file,
            sha256=source.sha256,
            read_as=source.read_as,
            rows=self.services.total(),
            rejected=rejected,
            outside_hours=self.outside,
            first=dates[0],
            last=dates[-1],
            days=len(self.dates),
            services=dict(self.services.most_common()),
            new_services=tuple(sorted(set(self.services) - known)),
        )

    def rows(self) -> Iterator[tuple[str, list[Row]]]:
        """Every day with its rows, in the order of days."""
        self._put_down()
        for date in sorted(self.dates):
            raw = (self._folder / date).read_bytes().splitlines()
            yield date, [_row.decode(line) for line in raw]

    def _date(self, at: int) -> str:
        if self._day is None or not self._day.start <= at < self._day.end:
            self._day = business_day(self._office, at)
            date = self._day.date
            self._spans.setdefault(date, reception_spans(self._office, None, date))
        return self._day.date

    def _put_down(self) -> None:
        for date, rows in self._held.items():
            with (self._folder / date).open("ab") as file:
                file.writelines(msgspec.json.encode(row) + b"\n" for row in rows)
        self._held.clear()
        self._count = 0


_row = msgspec.json.Decoder(Row)


def _names(office: Office) -> dict[str, str]:
    named = {name.casefold(): each.id for each in office.services for name in each.name.values()}
    return named | {each.id.casefold(): each.id for each in office.services}


async def take_in(
    ledger: Ledger,
    office: Office,
    source: Source,
    read: Iterable[Row | BadRow],
    folder: Path,
    *,
    rejected: Callable[[BadRow], None],
    advance: Callable[[int], None] = lambda _: None,
    dry: bool = False,
) -> tuple[Import, bool]:
    """Take a log in; returns what it was, and whether it is new.

    `dry`: only read it, and say what would be. Nothing is kept before the whole log was read. Killed
    at any instant, the same import again completes it. `folder`: where imports are kept; it exists.

    Raises:
        OSError: the disk is full, or not ours.
    """
    if known := (await imports(ledger.redis, office.id)).get(source.id):
        return known, False
    with tempfile.TemporaryDirectory(prefix=".import-", dir=folder) as spool:
        intake, bad = Intake(office, Path(spool), await _now(ledger)), 0
        for row in read:
            advance(1)
            wrong = row if isinstance(row, BadRow) else intake.add(row)
            if wrong is not None:
                bad += 1
                rejected(wrong)
        what = intake.summary(source, bad)
        if what.rows and not dry:
            await _keep(ledger, office, intake, what, folder)
    return what, True


async def _now(ledger: Ledger) -> int:
    async with answered():
        seconds, micros = await ledger.redis.time()
    return int(seconds) * 1000 + int(micros) // 1000


async def _keep(ledger: Ledger, office: Office, intake: Intake, what: Import, folder: Path) -> None:
    key = keys.of(office.id, "figures")
    found: dict[str, str] = {}
    with (
        whole_file(folder / f"{what.id}.ndjson.gz") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as file,
    ):
        for date, rows in intake.rows():
            file.writelines(msgspec.json.encode(row) + b"\n" for row in rows)
            visits = [figures_of_row(row, intake.service(row)) for row in rows]
            day = tally(date, visits, source=what.id)
            found[f"{date}/{what.id}"] = encode(day)
            if len(found) == DAYS_AT_ONCE:
                async with answered():
                    await ledger.redis.hset(key, mapping=found)
                found.clear()
    async with answered():
        if found:
            await ledger.redis.hset(key, mapping=found)
    note = {"import": what.id, "kind": what.kind, "rows": what.rows, "first": what.first}
    await ledger.imported(office.id, {**note, "last": what.last, "sha256": what.sha256})
    async with answered():  # from here on the figures are seen
        raw_what = msgspec.json.encode(what).decode()
        await ledger.redis.hset(keys.of(office.id, "imports"), what.id, raw_what)
