"""`madoguchi backup` and `restore`: everything into one file, and back."""

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from queue_service.backup import Manifest, back_up
from queue_service.backup_file import Backup
from queue_service.cli.command import CommandFailed, Commands, add_format, answer, progress
from queue_service.cli.engines import plain, with_ledger
from queue_service.connection import connect
from queue_service.embedded import Embedded, running_url
from queue_service.engine_check import check_engine
from queue_service.ledger import Ledger
from queue_service.restore import restore
from queue_service.settings import Settings

BACKUP_TEACHES = """
    Entries, definitions, hashes of access keys, and the secret behind them and the ids of tickets:
    keep the file where only you can read it. It appears whole or not at all.

    example:
      madoguchi backup /mnt/elsewhere/madoguchi-$(date +%F).zip
    """
RESTORE_TEACHES = """
    Nothing is replaced: the data dir or engine must not hold an office yet, and no service may run
    on it. Every hash is checked before anything is written. A restore that was interrupted leaves a
    data set that does not start; do it again. Restart parts on other machines after it. Access keys
    are those of the backup: look at `madoguchi keys list` whether one of them was revoked since.

    example:
      madoguchi restore madoguchi-2026-11-23.zip --data-dir /srv/madoguchi
    """


def add(commands: Commands) -> None:
    """`backup`, `restore`."""
    backup = "write everything into one file, while people are served"
    restored = "put a backup into an empty data set, and verify it"
    for parser in (
        commands.add("backup", backup, _backup, BACKUP_TEACHES),
        commands.add("restore", restored, _restore, RESTORE_TEACHES),
    ):
        parser.add_argument("file", type=Path, metavar="FILE")
        add_format(parser)


def _backup(args: argparse.Namespace, settings: Settings) -> int:
    async def write(ledger: Ledger) -> Manifest:
        total = sum([await ledger.entries_of(each).last() for each in await ledger.offices()])
        with progress("backup", total) as advance:
            return await back_up(ledger, args.file.absolute(), advance)

    _tell(args, with_ledger(settings, write), f"{args.file} holds")
    return 0


def _restore(args: argparse.Namespace, settings: Settings) -> int:
    backup = Backup(args.file)
    total = sum(backup.manifest.entries.values())

    async def write(url: str) -> None:
        client = connect(url)
        try:
            with progress("restore", total) as advance:
                await restore(client, backup, settings.data_dir, advance)
        finally:
            await client.aclose()

    with _engine_for_itself(settings) as url:
        asyncio.run(write(url))
    _tell(args, backup.manifest, "Restored and verified:")
    return 0


@contextmanager
def _engine_for_itself(settings: Settings) -> Iterator[str]:
    """The engine to restore into. What data set it holds is not asked: perhaps it vanished."""
    if settings.redis_url:
        with plain(settings.redis_url) as client:
            check_engine(client, settings.durability)
        yield settings.redis_url
        return
    if running_url(settings.data_dir):
        raise CommandFailed(
            f"A service runs on {settings.data_dir}. Stop it first, or give another directory with "
            "`--data-dir`: a restore needs the data set for itself."
        )
    with Embedded(settings.data_dir, durability=settings.durability, any_dataset=True) as embedded:
        yield embedded.url


def _tell(args: argparse.Namespace, manifest: Manifest, word: str) -> None:
    offices = ", ".join(f"{id} ({count} entries)" for id, count in manifest.entries.items())
    told = {
        "file": str(args.file),
        "created_at": manifest.created_at,
        "dataset": manifest.dataset,
        "entries": manifest.entries,
    }
    answer(args, told, f"{word} {offices or 'no office'}, as of {manifest.created_at}.")
