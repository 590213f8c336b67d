"""Backups of a whole data set: entries and configuration, nothing that can be computed.

A backup holds the entries of every office, definitions and texts, access keys and people (hashed), the
audit log, the secret behind those hashes and the ids of tickets, and the identity of the data set.
Every other key is what the entries add up to, so a backup made on one engine restores on any other (see
`backup_file`, which reads it, and `restore`), and proves itself.

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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from queue_service import audit, keys
from queue_service.connection import Client
from queue_service.entries import read
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


ELSEWHERE = ("imports", "counts", "channels")
FIGURES = "figures"  # of what was imported or deleted; the others are what the entries add up to


def ledger_of(office: str) -> str:
    """The member that holds the entries of an office."""
    return f"ledgers/{office}.ndjson"


def import_of(office: str, id: str) -> str:
    """The member that holds the rows of an import."""
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
            with _Member(archive, manifest, ledger_of(office)) as member:
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
        for name in (*ELSEWHERE, FIGURES):
            pipe.hgetall(keys.of(office, name))
        seq, definitions, texts, clock, start, *elsewhere, figures = await pipe.execute()
    deleted = Hall.decoded(start["hall"]).date if start else None
    alone = {date: day for date, day in figures.items() if "/" in date or date <= (deleted or "")}
    found = dict(zip(ELSEWHERE, elsewhere, strict=True)) | {FIGURES: alone}
    return int(seq or 0), Configuration(definitions, texts, clock, start, found)


async def _write_entries(
    ledger: Questions, office: str, until: int, member: "_Member", progress: Progress
) -> None:
    entries = ledger.entries_of(office)
    try:
        async for piece in entries.raw(await entries.deleted(), until):
            for id, event in piece:
                read(office, id, event)  # what cannot be restored is no backup
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
        with file.open("rb") as rows, _Member(archive, manifest, import_of(office, id)) as member:
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
