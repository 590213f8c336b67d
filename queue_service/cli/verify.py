"""`madoguchi verify`: rebuild everything from the ledger and compare."""

import argparse

from queue_service.cli.command import Commands, add_format, add_office, answer, progress
from queue_service.cli.engines import with_ledger
from queue_service.ledger import Ledger
from queue_service.rebuild import verify
from queue_service.settings import Settings


def add(commands: Commands) -> None:
    """`verify`."""
    parser = commands.add(
        "verify",
        "rebuild every key from the ledger and name the first difference",
        _verify,
        """
        Safe while people are served. Ends with 0 when all agrees, with 1 otherwise.

        example:
          madoguchi verify --office cityhall
        """,
    )
    add_office(parser, "which office")
    add_format(parser)


def _verify(args: argparse.Namespace, settings: Settings) -> int:
    async def proven(ledger: Ledger) -> tuple[int, str | None]:
        await ledger.office(args.office)  # one that does not exist would agree with nothing
        entries = await ledger.entries_of(args.office).last()
        with progress(f"verify {args.office}", entries) as advance:
            return entries, await verify(ledger, args.office, advance)

    entries, difference = with_ledger(settings, proven)
    told = {"office": args.office, "entries": entries, "agrees": difference is None}
    if difference is None:
        text = f"{args.office}: {entries} entries; every key is what they add up to."
    else:
        text = (
            f"{args.office}: the engine differs from the ledger: {difference}\n"
            "Keep a copy of the data dir, then restore the latest backup: `madoguchi restore FILE`."
        )
    answer(args, {**told, "difference": difference}, text)
    return 0 if difference is None else 1
