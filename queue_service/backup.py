"""Backups of a whole data set: entries and configuration, nothing that can be computed.

A backup holds the entries of every office, definitions and texts, access keys and people (hashed), the
audit log, the secret behind those hashes and the ids of tickets, and the identity of the data set.
Every other key is what the entries add up to, so a backup made on one engine restores on any other (see
`restore`), and proves itself.

It is a zip: `manifest.json` (format, data set, time, last entry of each office, SHA-256 of every
other member), `configuration.json`, `audit.ndjson`, `ledgers/OFFICE.ndjson` with one entry a line,
sealed or not, and `imports/OFFICE/ID.ndjson.gz` with the rows of what was imported. Whoever can read it
can compute the ids of tickets: it is written readable by its owner only.

Answers to idempotency keys, sessions, enrolment codes and waiting jobs are not in it: a command sent
again after a restore is a new command. Nor is the pepper (MADOGUCHI_PEPPER): keys that were made with
one work after a restore where the same one is set.
"""

import hashlib
import shutil
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Self

import msgspec
from msgspec import Struct

from queue_service import audit, events, keys
from queue_service.connection import Client
from queue_service.events import Entry
from queue_service.hall import Hall
from queue_service.questions import Questions
from queue_service.refusals import MissingEntries
from queue_service.round_trip import answered
from queue_service.whole_file import whole_file

FORMAT = 1
PIECE = 1000  # entries read or written at once: a few hundred kilobytes
UNFINISHED = "restoring:"  # before the data set's id, until everything of a restore is there
MANIFEST, CONFIGURATION, AUDIT = "manifest.json", "configuration.json", "audit.ndjson"

Progress = Callable[[int], None]

# What reading a damaged zip, or adding up entries that make no sense, may raise.
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError),
    *(msgspec.MsgspecError, LookupError, AssertionError, ValueError),
)


class BackupError(Exception):
    """The backup or restore was not done; the docstring of each kind is its message."""

    def __init__(self, **facts: object) -> None:
        super().__init__(" ".join((self.__doc__ or "").split()).format(**facts))


class BackupDamaged(BackupError):
    """{file} cannot be restored: {reason}. Nothing was changed; use another copy."""


class Gap(BackupError):
    """{office} cannot be backed up whole: {reason} Run `madoguchi verify --office {office}`, and keep
    your earlier backups.
    """


class Unfinished(BackupError):
    """A restore into this data set did not end. Do it again (`madoguchi restore FILE`)."""


class Configuration(Struct):
    """What an office has beside its entries."""

    definitions: dict[str, str]
    texts: dict[str, str]
    clock: str | None = None  # only of a data set that lives in simulated time
    start: dict[str, str] = {}  # what retention deleted before the first entry
    elsewhere: dict[str, dict[str, str]] = {}  # what was imported: key → field → value


class Settings(Struct):
    """What the data set has beside its offices."""

    secret: str | None
    keys: dict[str, str]
    offices: dict[str, Configuration]
    pepper: str | None = None  # which one the keys were made with
    people: dict[str, str] = {}


class Manifest(Struct, kw_only=True):
    """What a backup claims to hold."""

    format: int = FORMAT
    dataset: str
    created_at: str
    entries: dict[str, int] = {}  # office → its last entry
    sha256: dict[str, str] = {}  # member → its hash


class Line(Struct):
    """One entry as it lies in the file; its event keeps its bytes."""

    id: int
    event: msgspec.Raw


_line = msgspec.json.Decoder(Line)


ELSEWHERE = ("imports", "counts", "channels")


def _ledger(office: str) -> str:
    return f"ledgers/{office}.ndjson"


def _import(office: str, id: str) -> str:
    return f"imports/{office}/{id}.ndjson.gz"


# Backup


async def back_up(ledger: Questions, file: Path, progress: Progress = lambda _: None) -> Manifest:
    """Write a backup of everything, sealed days and imports included, while people are served.

    Each office is as of one entry; what comes later is in the next backup. The file appears whole
    or not at all, and replaces an earlier one of that name.
    """
    redis = ledger.redis
    async with answered():
        await redis.setnx(keys.DATASET, uuid.uuid4().hex)
        dataset = await redis.get(keys.DATASET)
        if dataset.startswith(UNFINISHED):
            raise Unfinished
        offices = sorted(await redis.smembers(keys.OFFICES))
        now, _ = await redis.time()
        secret, pepper = await redis.get(keys.SECRET), await redis.get(keys.PEPPER)
        people = await redis.hgetall(keys.PEOPLE)
        settings = Settings(secret, await redis.hgetall(keys.KEYS), {}, pepper, people)
    created_at = datetime.fromtimestamp(now, UTC).isoformat()
    manifest = Manifest(dataset=dataset, created_at=created_at)
    with _appearing(file) as archive:
        for office in offices:
            until, settings.offices[office] = await _configuration(redis, office)
            manifest.entries[office] = until
            with _Member(archive, manifest, _ledger(office)) as member:
                await _write_entries(ledger, office, until, member, progress)
            for id in settings.offices[office].elsewhere["imports"]:
                _copy_import(ledger.archives, archive, manifest, office, id)
        with _Member(archive, manifest, AUDIT) as member:
            async for line in audit.copied(redis, offices):
                member.write(line)
        with _Member(archive, manifest, CONFIGURATION) as member:
            member.write(msgspec.json.encode(settings))
        archive.writestr(MANIFEST, msgspec.json.encode(manifest))
    return manifest


async def _configuration(redis: Client, office: str) -> tuple[int, Configuration]:
    """The last entry of an office and its configuration as of that entry, read in one step."""
    async with answered(), redis.pipeline(transaction=True) as pipe:
        pipe.hget(keys.of(office, "head"), "seq")
        pipe.hgetall(keys.of(office, "definitions"))
        pipe.hgetall(keys.of(office, "texts"))
        pipe.get(keys.of(office, "clock"))
        pipe.hgetall(keys.of(office, "start"))
        for name in (*ELSEWHERE, "figures"):
            pipe.hgetall(keys.of(office, name))
        seq, definitions, texts, clock, start, *elsewhere, figures = await pipe.execute()
    deleted = Hall.decoded(start["hall"]).date if start else None
    # The others are what the entries add up to.
    alone = {date: day for date, day in figures.items() if "/" in date or date <= (deleted or "")}
    found = dict(zip(ELSEWHERE, elsewhere, strict=True)) | {"figures": alone}
    return int(seq or 0), Configuration(definitions, texts, clock, start, found)


async def _write_entries(
    ledger: Questions, office: str, until: int, member: "_Member", progress: Progress
) -> None:
    entries = ledger.entries_of(office)
    try:
        async for piece in entries.raw(await entries.deleted(), until):
            for id, event in piece:
                member.write(b'{"id":%d,"event":%b}\n' % (id, event))
            progress(len(piece))
    except MissingEntries as gap:
        raise Gap(office=office, reason=gap) from gap


def _copy_import(
    archives: Path | None, archive: zipfile.ZipFile, manifest: Manifest, office: str, id: str
) -> None:
    """The rows of an import, where this machine has them."""
    file = (archives or Path()) / office / "imports" / f"{id}.ndjson.gz"
    if archives and file.exists():
        with file.open("rb") as rows, _Member(archive, manifest, _import(office, id)) as member:
            shutil.copyfileobj(rows, member)


class _Member:
    """One member of the zip; its hash goes into the manifest when it is closed."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest, name: str) -> None:
        self._stream = archive.open(name, "w", force_zip64=True)
        self._manifest = manifest
        self._name = name
        self._hash = hashlib.sha256()

    def write(self, raw: bytes) -> None:
        self._hash.update(raw)
        self._stream.write(raw)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._manifest.sha256[self._name] = self._hash.hexdigest()


@contextmanager
def _appearing(file: Path) -> Iterator[zipfile.ZipFile]:
    """A zip that gets its name when it is whole and on disk."""
    with whole_file(file) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        yield archive


# Reading


class Backup:
    """A backup file that was read through and found whole."""

    def __init__(self, file: Path) -> None:
        """Check every hash and every entry.

        Raises:
            BackupDamaged
        """
        self.file = file
        self.halls: dict[str, Hall] = {}
        try:
            with zipfile.ZipFile(file) as archive:
                self.manifest = self._read_manifest(archive)
                for name, expected in self.manifest.sha256.items():
                    if _sha256(archive, name) != expected:
                        raise self._damaged(f"{name} is not what was written")
                self.settings = msgspec.json.decode(archive.read(CONFIGURATION), type=Settings)
                for office, until in self.manifest.entries.items():
                    self.halls[office] = self._add_up(archive, office, until)
        except _UNREADABLE as error:
            raise self._damaged(f"it is no whole backup ({error})") from error
        except OSError as error:
            raise self._damaged(error.strerror or str(error)) from error

    def _damaged(self, reason: str) -> BackupDamaged:
        return BackupDamaged(file=self.file, reason=reason)

    def _read_manifest(self, archive: zipfile.ZipFile) -> Manifest:
        raw = archive.read(MANIFEST)
        made_as = msgspec.json.decode(raw, type=dict[str, Any]).get("format")
        if made_as != FORMAT:
            raise self._damaged(f"it has format {made_as}, this version reads format {FORMAT}")
        manifest = msgspec.json.decode(raw, type=Manifest)
        if not {CONFIGURATION, *map(_ledger, manifest.entries)} <= manifest.sha256.keys():
            raise self._damaged("its members are not those it should have")
        return manifest

    def _add_up(self, archive: zipfile.ZipFile, office: str, until: int) -> Hall:
        start = self.settings.offices[office].start
        hall = Hall.decoded(start["hall"]) if start else Hall()
        for line in _lines(archive, office):
            if line.id != hall.seq + 1:
                raise self._damaged(f"entry {hall.seq + 1} of {office} is missing")
            hall.apply(Entry(line.id, events.decode(bytes(line.event))))
        if hall.seq != until:
            raise self._damaged(f"the entries of {office} end at {hall.seq}, not {until}")
        return hall

    def imports(self, office: str) -> Iterator[tuple[str, IO[bytes]]]:
        """The imports of an office whose rows are in the backup: id, and the file."""
        with zipfile.ZipFile(self.file) as archive:
            for id in self.settings.offices[office].elsewhere.get("imports", {}):
                if _import(office, id) in self.manifest.sha256:
                    with archive.open(_import(office, id)) as rows:
                        yield id, rows

    def audit(self) -> Iterator[bytes]:
        """The notes of the audit log, one a line."""
        if AUDIT in self.manifest.sha256:  # older backups have none
            with zipfile.ZipFile(self.file) as archive, archive.open(AUDIT) as stream:
                yield from stream

    def pieces(self, office: str) -> Iterator[list[Line]]:
        """The entries of an office, some at a time."""
        with zipfile.ZipFile(self.file) as archive:
            piece: list[Line] = []
            for line in _lines(archive, office):
                piece.append(line)
                if len(piece) == PIECE:
                    yield piece
                    piece = []
            if piece:
                yield piece


def _sha256(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


def _lines(archive: zipfile.ZipFile, office: str) -> Iterator[Line]:
    with archive.open(_ledger(office)) as stream:
        for raw in stream:
            yield _line.decode(raw)
