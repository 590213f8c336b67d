"""Putting a backup into an empty data set, and proving it.

Twice: the second is refused, as the data set is no longer empty. Half-way: from the first write to
the last, the engine's data set is named `restoring:…` while the data dir expects the backup's;
every start refuses such a pair (`DataSetVanished`), and another restore clears away what the first
one left and begins anew. At once: nobody else may use the data set; the command line sees to it on
one machine.
"""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from queue_service import keys
from queue_service.archive import MANIFEST
from queue_service.audit import put_back
from queue_service.backup import PIECE, UNFINISHED, BackupError, Progress
from queue_service.backup_file import Backup
from queue_service.connection import Client
from queue_service.engine_check import write_durably
from queue_service.questions import Questions
from queue_service.rebuild import Value, render, verify
from queue_service.round_trip import answered
from queue_service.whole_file import whole_file


class NotEmpty(BackupError):
    """The data set already holds {found}, and a restore replaces nothing. Give a new data dir
    (`--data-dir DIR`) or an empty engine. Nothing was changed.
    """


class NotProven(BackupError):
    """{file} does not add up in {office}: {difference}. The data set stays shut; restore another
    copy.
    """


async def restore(
    redis: Client, backup: Backup, data_dir: Path, progress: Progress = lambda _: None
) -> None:
    """Write a backup into an empty data set and verify every office.

    Access keys and people are those of the backup, as of then: a key that was made here before is gone,
    and one that was revoked since the backup works again. Whoever had signed in signs in anew.

    Raises:
        NotEmpty: there are offices; nothing was changed.
        NotProven: what was written is not what the backup says.
    """
    await _make_room(redis)
    archives = data_dir / "archive"
    for office in backup.manifest.entries:
        if (archives / office / MANIFEST).exists():
            raise NotEmpty(found=f"sealed days of {office} in {archives / office}")
    # The file first: from now on no start accepts an engine that is not the backup's data set.
    write_durably(data_dir / "dataset", backup.manifest.dataset + "\n")
    async with answered():
        await redis.set(keys.DATASET, UNFINISHED + backup.manifest.dataset)
    for office in backup.manifest.entries:
        await _write_office(redis, backup, office, progress)
        _write_imports(backup, office, archives / office / "imports")
        difference = await verify(Questions(redis), office)
        if difference:
            raise NotProven(file=backup.file, office=office, difference=difference)
    async with answered():
        await redis.unlink(keys.AUDIT)
    await put_back(redis, backup.audit())
    await _open(redis, backup)


async def _make_room(redis: Client) -> None:
    """Clear away what an unfinished restore left; refuse anything else."""
    async with answered():
        dataset = await redis.get(keys.DATASET) or ""
        offices = await redis.smembers(keys.OFFICES)
    left = [key async for key in _of_offices(redis)]
    if dataset.startswith(UNFINISHED):
        for start in range(0, len(left), PIECE):
            async with answered():
                await redis.unlink(*left[start : start + PIECE])
    elif offices or left:
        found = (
            f"the offices {', '.join(sorted(offices))}" if offices else f"keys such as {left[0]}"
        )
        raise NotEmpty(found=found)


async def _of_offices(redis: Client) -> AsyncIterator[str]:
    async for key in redis.scan_iter(match=keys.of("*", "*"), count=PIECE):
        yield key


async def _write_office(redis: Client, backup: Backup, office: str, progress: Progress) -> None:
    """Write an office's entries with their own ids, its configuration, and what they add up to."""
    ledger = keys.of(office, "ledger")
    for piece in backup.pieces(office):
        async with answered(), redis.pipeline(transaction=False) as pipe:
            for line in piece:
                pipe.xadd(ledger, {"event": bytes(line.event).decode()}, id=f"{line.id}-0")
            await pipe.execute()
        progress(len(piece))
    configuration = backup.settings.offices[office]
    values: dict[str, Value] = {
        **render(backup.halls[office]),
        "definitions": configuration.definitions,
        "texts": configuration.texts,
        "start": configuration.start,
        **configuration.elsewhere,
    }
    async with answered(), redis.pipeline(transaction=True) as pipe:
        for name, value in values.items():
            _write(pipe, keys.of(office, name), value)
        if configuration.clock:
            pipe.set(keys.of(office, "clock"), configuration.clock)
        await pipe.execute()


def _write_imports(backup: Backup, office: str, folder: Path) -> None:
    for id, rows in backup.imports(office):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with whole_file(folder / f"{id}.ndjson.gz") as file:
            shutil.copyfileobj(rows, file)


def _write(pipe: Client, key: str, value: Value) -> None:
    if isinstance(value, list):
        pipe.rpush(key, *value)
    elif ":queue:" in key:
        pipe.zadd(key, {member: int(place) for member, place in value.items()})
    elif value:
        pipe.hset(key, mapping=value)


async def _open(redis: Client, backup: Backup) -> None:
    """Make the data set the backup's, in one step: before it every start refuses it."""
    settings = backup.settings
    async with answered(), redis.pipeline(transaction=True) as pipe:
        if settings.secret:
            pipe.set(keys.SECRET, settings.secret)
        # Keys that are there were hashed with a secret that is now replaced.
        pipe.delete(keys.KEYS, keys.USED, keys.PEOPLE, keys.STEPS, keys.PEPPER)
        if settings.keys:
            pipe.hset(keys.KEYS, mapping=settings.keys)
        if settings.people:
            pipe.hset(keys.PEOPLE, mapping=settings.people)
        if settings.pepper:
            pipe.set(keys.PEPPER, settings.pepper)
        if settings.offices:
            pipe.sadd(keys.OFFICES, *settings.offices)
        pipe.set(keys.DATASET, backup.manifest.dataset)
        await pipe.execute()
