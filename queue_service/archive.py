"""The archive: sealed business days of an office, as files that open without us.

It knows files and entries, and no engine. Who seals which day, and when, is decided elsewhere.

Below the archive's folder each office has one of its own:

    ashikaga/manifest.json                        what is sealed, and how it proves itself
    ashikaga/ledger/2026/2026-11-23.ndjson.gz     one sealed day, a segment of the ledger
    ashikaga/lock                                 held by whoever seals or deletes

A segment is the run of entries from the one that opened its day to the one before the next day
opened, one a line as the ledger holds it, with its id in front: `{"entry_id":17,"type":"Called",…}`.
It is gzip-compressed NDJSON: `zcat` shows it, `pandas.read_json(FILE, lines=True)` and DuckDB's
`SELECT * FROM read_json('ledger/*/*.ndjson.gz', union_by_name=true)` read it as a table.

Segments follow each other without a gap. A file counts when the manifest lists it;
both are there whole or not at all, so that whoever seals may be killed at any instant, and what
was not finished is done by sealing again. What is deleted stays listed: it is known to be missing.
All files are readable by their owner only.
"""

import datetime
import fcntl
import gzip
import hashlib
import io
import os
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import dropwhile, takewhile
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from queue_service import events
from queue_service.archive_manifest import (
    FORMAT,
    ArchiveError,
    EntriesDeleted,
    FileDamaged,
    FileMissing,
    FileUnreadable,
    LaterFormat,
    Manifest,
    NoFolderName,
    NotListed,
    NotNext,
    NotTheEntries,
    NotWritten,
    OtherArchive,
    Segment,
    follows,
)
from queue_service.events import Entry, NotAnEvent
from queue_service.office_rules import is_id
from queue_service.whole_file import whole_file

LEVEL = 6  # of compression: 9 takes three times as long and saves a thirtieth
MANIFEST, LOCK, SUFFIX = "manifest.json", "lock", ".ndjson.gz"

LINE_BYTES = 1 << 20  # an entry has some hundred
_NO_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error)  # what unpacking a damaged file may raise

RawEntry = tuple[int, bytes]  # an entry's id and its event as the ledger holds it


class _Format(Struct):
    format: int


class _Dated(Struct):
    at: int


_dated = msgspec.json.Decoder(_Dated)


class Archive:
    """The archive of one office of one data set. Reading changes nothing and never waits.

    Sealing and deleting wait for whoever else does; each may be done twice, at once, or again after
    a crash, and the outcome is the same. Every failure is an ArchiveError.
    """

    def __init__(self, folder: Path, office: str, dataset: str) -> None:
        """`folder` is that of all offices; it is made when the first day is sealed."""
        if not is_id(office):  # no other names a folder
            raise NoFolderName(office=office)
        self.office = office
        self.dataset = dataset
        self.folder = folder / office

    # What there is

    def segments(self) -> tuple[Segment, ...]:
        """Everything that was ever sealed, in order, what was deleted included."""
        return self._manifest().segments

    def last(self) -> int:
        """The last entry that is sealed; 0 when none is."""
        segments = self.segments()
        return segments[-1].last if segments else 0

    def file(self, date: datetime.date) -> Path:
        """Where that day lies, or would."""
        day = date.isoformat()
        return self.folder / "ledger" / day[:4] / f"{day}{SUFFIX}"

    def check(self) -> str | None:
        """Read everything through; returns the first difference, with file and remedy, or None."""
        try:
            for segment in self.segments():
                if segment.kept:
                    with suppress(EntriesDeleted):  # just now
                        self._read_through(segment)
        except ArchiveError as difference:
            return str(difference)
        return None

    def _manifest(self) -> Manifest:
        file = self.folder / MANIFEST
        try:
            raw = file.read_bytes()
            made_as = msgspec.json.decode(raw, type=_Format).format
            if made_as != FORMAT:
                raise LaterFormat(file=file, format=made_as, known=FORMAT)
            manifest = msgspec.json.decode(raw, type=Manifest)
        except FileNotFoundError:
            # One file may wait for its manifest, after a crash. Two cannot.
            if len(list(self.folder.glob(f"ledger/*/*{SUFFIX}"))) > 1:
                raise FileMissing(file=file) from None
            return Manifest(office=self.office, dataset=self.dataset)
        except _NO_JSON as error:
            raise FileDamaged(file=file, reason=error) from error
        except OSError as error:
            raise FileUnreadable(file=file, reason=error.strerror or error) from error
        if flaw := manifest.flaw():
            raise FileDamaged(file=file, reason=flaw)
        if (manifest.office, manifest.dataset) != (self.office, self.dataset):
            found = f"{manifest.office} in data set {manifest.dataset}"
            wanted = f"{self.office} in data set {self.dataset}"
            raise OtherArchive(folder=self.folder, found=found, wanted=wanted)
        return manifest

    # Reading

    def entries(self, after: int = 0, until: int | None = None) -> Iterator[RawEntry]:
        """The sealed entries with ids greater than `after`, in order, none beyond `until`.

        A stream: a line is in memory at a time. Of a file that is not what was sealed no entry is
        given, and none at all where one of those asked for was deleted.

        Raises:
            ArchiveError
        """
        wanted = [
            each
            for each in self.segments()
            if each.last > after and (until is None or each.first <= until)
        ]
        self._refuse_deleted(wanted)
        for segment in wanted:
            for id, raw in self._lines(segment):
                if until is not None and id > until:
                    return
                if id > after:
                    yield id, raw

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Entry]:
        """The same, read; an event of a later version is `Unknown`."""
        for id, raw in self.entries(after, until):
            try:
                yield Entry(id, events.decode(raw))
            except NotAnEvent as error:
                reason = f"entry {id} is no event ({error})"
                raise FileDamaged(file=self.folder, reason=reason) from error

    def _refuse_deleted(self, wanted: Iterable[Segment]) -> None:
        """Name the first run of what is missing on purpose."""
        gone = list(takewhile(lambda s: not s.kept, dropwhile(lambda s: s.kept, wanted)))
        if gone:
            raise EntriesDeleted(
                office=self.office,
                first=gone[0].first,
                last=gone[-1].last,
                since=gone[0].date,
                until=gone[-1].date,
                following=gone[-1].last + 1,
            )

    def _lines(self, segment: Segment) -> Iterator[RawEntry]:
        """The entries of a file that is whole."""
        file, id = self.file(segment.date), segment.first
        try:
            with file.open("rb") as packed, gzip.GzipFile(fileobj=packed) as stream:
                self._refuse_damaged(segment, packed)
                for line in iter(lambda: stream.readline(LINE_BYTES), b""):
                    head, _, event = line.partition(b",")
                    is_whole = event.endswith(b"\n")
                    if head != b'{"entry_id":%d' % id or id > segment.last or not is_whole:
                        raise FileDamaged(file=file, reason=f"entry {id} is not where it should be")
                    yield id, b"{" + event[:-1]
                    id += 1
        except FileNotFoundError:
            self._refuse_deleted(each for each in self.segments() if each.first == segment.first)
            raise FileMissing(file=file) from None
        except _BROKEN as error:
            raise FileDamaged(file=file, reason=error) from error
        except OSError as error:
            raise FileUnreadable(file=file, reason=error.strerror or error) from error
        if id != segment.last + 1:
            raise FileDamaged(file=file, reason=f"it ends before entry {id}")

    def _refuse_damaged(self, segment: Segment, packed: io.BufferedReader) -> None:
        size = os.fstat(packed.fileno()).st_size
        if size != segment.bytes:
            reason = f"it has {size} bytes, and {segment.bytes} were sealed"
            raise FileDamaged(file=self.file(segment.date), reason=reason)
        if hashlib.file_digest(packed, "sha256").hexdigest() != segment.sha256:
            raise FileDamaged(file=self.file(segment.date), reason="it has another SHA-256")
        packed.seek(0)

    def _read_through(self, segment: Segment) -> None:
        deque(self._lines(segment), maxlen=0)

    # Sealing

    def seal(
        self,
        date: datetime.date,
        first: int,
        last: int,
        entries: Iterable[RawEntry],
        *,
        figures_until: int,
        sealed_at: int,
    ) -> Segment:
        """Put the entries `first` to `last` into the archive; when it returns they are on disk.

        A day that is sealed already is returned as it is listed: its entries are not asked for, as
        the ledger may have let them go, unless its file is damaged; then it is written again. The
        compressed day is held in memory: some hundred kilobytes of a big office.

        Raises:
            ArchiveError: nothing was sealed.
        """
        with self._alone() as manifest:
            for listed in manifest.segments:
                if (listed.date, listed.first, listed.last) == (date, first, last):
                    self._mend(listed, entries)
                    return listed
            before = manifest.segments[-1] if manifest.segments else None
            if not follows(before, date, first, last):
                end = before.last if before else 0
                raise NotNext(date=date, first=first, last=last, folder=self.folder, end=end)
            packed, instants = self._packed(date, first, last, entries)
            segment = Segment(
                date=date,
                first=first,
                last=last,
                rows=len(instants),
                sha256=hashlib.sha256(packed).hexdigest(),
                bytes=len(packed),
                first_at=instants[0],
                last_at=instants[-1],
                sealed_at=sealed_at,
                figures_until=figures_until,
            )
            _write(self.file(date), packed)
            self._list(manifest, (*manifest.segments, segment))
            return segment

    def _mend(self, segment: Segment, entries: Iterable[RawEntry]) -> None:
        """Write a file again that is damaged or missing, if the same bytes come of it."""
        if not segment.kept:
            return
        try:
            self._read_through(segment)
        except ArchiveError:
            packed, _ = self._packed(segment.date, segment.first, segment.last, entries)
            if hashlib.sha256(packed).hexdigest() != segment.sha256:
                raise
            _write(self.file(segment.date), packed)

    def _packed(
        self, date: datetime.date, first: int, last: int, entries: Iterable[RawEntry]
    ) -> tuple[bytes, list[int]]:
        """The file of these entries, always the same bytes, and the instant of each entry."""

        def refusal(reason: str) -> NotTheEntries:
            facts = {"first": first, "last": last, "reason": reason}
            return NotTheEntries(office=self.office, date=date, **facts)

        file, instants = io.BytesIO(), list[int]()
        with gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as stream:
            for expected, (id, raw) in enumerate(entries, first):
                if id != expected or id > last:
                    raise refusal(f"entry {id} is one too many, or not in its place")
                try:
                    instants.append(_dated.decode(raw.decode()).at)
                except _NO_JSON as error:
                    raise refusal(f"entry {id} is no event ({error})") from error
                if not raw.startswith(b"{") or b"\n" in raw:
                    raise refusal(f"the event of entry {id} is not on one line")
                stream.write(b'{"entry_id":%d,%b\n' % (id, raw[1:]))
        if len(instants) != last - first + 1:
            raise refusal(f"entry {first + len(instants)} is missing")
        return file.getvalue(), instants

    # Retention

    def old(self, before: datetime.date) -> list[Segment]:
        """What `delete` would take from the archive to keep nothing older than a date."""
        return [each for each in self.segments() if each.kept and each.date < before]

    def delete(self, segments: Iterable[Segment], *, deleted_at: int) -> None:
        """Delete the files of these segments; their lines in the manifest stay and say so.

        Raises:
            ArchiveError: one of them was never sealed, and nothing was deleted; or a file could
                not be removed, which the next who seals or deletes tries again.
        """
        going = {each.first: each.last for each in segments}
        with self._alone() as manifest:
            known = {each.first: each.last for each in manifest.segments}
            if unknown := [f"{one}-{end}" for one, end in going.items() if known.get(one) != end]:
                raise NotListed(folder=self.folder, unknown=", ".join(unknown))
            marked = tuple(
                replace(each, deleted_at=deleted_at) if each.first in going and each.kept else each
                for each in manifest.segments
            )
            self._list(manifest, marked)  # first: no instant at which one is missing unannounced
            self._sweep(marked)

    # Writing

    @contextmanager
    def _alone(self) -> Iterator[Manifest]:
        """The manifest, while nobody else changes it. What somebody left when killed is gone."""
        with _told(self.folder):
            _make(self.folder)
            lock = (self.folder / LOCK).open("ab")
        with lock:
            with _told(lock.name):
                fcntl.flock(lock, fcntl.LOCK_EX)
            manifest = self._manifest()
            self._sweep(manifest.segments)
            with _told(self.folder):
                _sync(self.folder)  # a manifest may have its name, and its writer been killed
            yield manifest

    def _list(self, manifest: Manifest, segments: tuple[Segment, ...]) -> None:
        raw = msgspec.json.encode(replace(manifest, segments=segments))
        _write(self.folder / MANIFEST, msgspec.json.format(raw) + b"\n")

    def _sweep(self, segments: Iterable[Segment]) -> None:
        """Remove temporary files, and what was deleted and is still there."""
        with _told(self.folder):
            for pattern in (f".{MANIFEST}.*", f"ledger/*/.*{SUFFIX}.*"):
                for left in self.folder.glob(pattern):
                    left.unlink()
            for segment in segments:
                if not segment.kept:
                    self.file(segment.date).unlink(missing_ok=True)


@contextmanager
def _told(file: Path | str) -> Iterator[None]:
    """Put what the disk refuses into words."""
    try:
        yield
    except OSError as error:
        raise NotWritten(file=file, reason=error.strerror or error) from error


def _write(file: Path, raw: bytes) -> None:
    with _told(file):
        _make(file.parent)
        with whole_file(file) as stream:
            stream.write(raw)


def _make(folder: Path) -> None:
    """Make a folder so that it outlasts a power cut, and those above it that are not there."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
