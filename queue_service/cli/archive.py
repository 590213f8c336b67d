"""`madoguchi archive`: what is sealed, sealing it now, and what retention would delete."""

import argparse
from collections.abc import Sequence

from queue_service.archive_manifest import Segment
from queue_service.cli.command import (
    CommandFailed,
    Commands,
    Parser,
    add_format,
    add_office,
    answer,
)
from queue_service.cli.engines import with_ledger
from queue_service.ledger import Ledger
from queue_service.sealing import delete_old, old, seal
from queue_service.settings import LONGEST_RETENTION, SHORTEST_RETENTION, Settings


def add(commands: Commands) -> None:
    """`archive list|seal|delete`."""
    group = commands.group(
        "archive",
        "look after sealed days: the files in which past entries are kept",
        """
        A business day is sealed a day after its end: its entries move from the engine into one
        gzip-compressed NDJSON file, which pandas, DuckDB and zcat open. Nothing else changes:
        export, verify, backup and figures read both as one.

        example:
          madoguchi archive list --office cityhall
        """,
    )
    for name, promise, run, teaches in (
        ("list", "say what is sealed, and read every file through", _list, LIST_TEACHES),
        ("seal", "seal now what the worker would seal within a minute", _seal, SEAL_TEACHES),
        ("delete", "say what lies beyond the retention, and delete it", _delete, DELETE_TEACHES),
    ):
        parser = group.add(name, promise, run, teaches)
        add_office(parser, "which office")
        add_format(parser)
        if name == "delete":
            _add_which(parser)


LIST_TEACHES = """
    Every file is unpacked and compared with its hash. Ends with 1 when one is not what was sealed.

    example:
      madoguchi archive list --office cityhall
    """
SEAL_TEACHES = """
    example:
      madoguchi archive seal --office cityhall
    """
DELETE_TEACHES = """
    Without --yes nothing is deleted. Statistics of deleted days stay; their entries are gone from
    the archive for good, and from every later backup. With MADOGUCHI_RETENTION_DAYS the worker does
    this every day by itself.

    example:
      madoguchi archive delete --office cityhall --older-than 1095
    """


def _add_which(parser: Parser) -> None:
    parser.add_argument(
        "--older-than",
        type=_days,
        metavar="DAYS",
        help="what is deleted (default: MADOGUCHI_RETENTION_DAYS)",
    )
    parser.add_argument("--yes", action="store_true", help="delete it")


def _days(text: str) -> int:
    if text.isdecimal() and SHORTEST_RETENTION <= int(text) <= LONGEST_RETENTION:
        return int(text)
    raise argparse.ArgumentTypeError(
        f"{text!r}: write a number of days from {SHORTEST_RETENTION} to {LONGEST_RETENTION}"
    )


def _list(args: argparse.Namespace, settings: Settings) -> int:
    async def read(ledger: Ledger) -> tuple[list[Segment], int, str | None]:
        await ledger.office(args.office)
        archive = await ledger.entries_of(args.office).archive()
        assert archive is not None, "a command knows its data dir"
        segments = archive.segments()
        deleted = sum(not each.kept for each in segments)
        return [each for each in segments if each.kept], deleted, archive.check()

    kept, deleted, difference = with_ledger(settings, read)
    gone = f" {deleted} days were deleted before them." if deleted else ""
    text = f"{args.office}: {_told(kept)} sealed.{gone}"
    told = {"office": args.office, **_counted(kept), "deleted_days": deleted}
    answer(
        args, {**told, "difference": difference}, f"{text}\n{difference}" if difference else text
    )
    return 1 if difference else 0


def _seal(args: argparse.Namespace, settings: Settings) -> int:
    async def now(ledger: Ledger) -> list[Segment]:
        return await seal(ledger, await ledger.office(args.office))

    sealed = with_ledger(settings, now)
    text = f"{args.office}: {_told(sealed)} sealed now."
    answer(args, {"office": args.office, **_counted(sealed)}, text)
    return 0


def _delete(args: argparse.Namespace, settings: Settings) -> int:
    days = args.older_than or settings.retention_days
    if days is None:
        raise CommandFailed(
            "Everything is kept: no retention is set. Say which days with `--older-than DAYS`, or "
            "set MADOGUCHI_RETENTION_DAYS."
        )

    async def find(ledger: Ledger) -> list[Segment]:
        await ledger.office(args.office)
        return await (delete_old if args.yes else old)(ledger, args.office, days)

    found = with_ledger(settings, find)
    if args.yes:
        text = f"{args.office}: {_told(found)} deleted."
    else:
        text = f"{args.office}: {_told(found)} older than {days} days."
        text += " Nothing was deleted; `--yes` deletes them." if found else ""
    answer(args, {"office": args.office, **_counted(found), "deleted": args.yes}, text)
    return 0


def _told(segments: Sequence[Segment]) -> str:
    if not segments:
        return "no day"
    counted = _counted(segments)
    return (
        f"{len(segments)} days ({counted['first']} to {counted['last']}, {counted['entries']} "
        f"entries, {counted['bytes']} bytes)"
    )


def _counted(segments: Sequence[Segment]) -> dict[str, object]:
    return {
        "days": len(segments),
        "first": f"{segments[0].date}" if segments else None,
        "last": f"{segments[-1].date}" if segments else None,
        "entries": sum(each.rows for each in segments),
        "bytes": sum(each.bytes for each in segments),
    }
