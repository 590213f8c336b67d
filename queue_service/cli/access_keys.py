"""`madoguchi keys`: make, list and revoke access keys."""

import argparse
from datetime import UTC, datetime

from queue_service.access import Access, Credential, Role
from queue_service.cli.command import (
    CommandFailed,
    Commands,
    add_format,
    add_office,
    answer,
    say,
    table,
)
from queue_service.cli.engines import with_ledger
from queue_service.ledger import Ledger
from queue_service.settings import Settings


def add(commands: Commands) -> None:
    """`keys new|list|revoke`."""
    group = commands.group(
        "keys",
        "make, list and revoke access keys",
        """
        Every device and every person has a key of its own, so that one can be revoked alone.

        example:
          madoguchi keys new --role kiosk --office cityhall --label "entrance 1F"
        """,
    )
    _add_new(group)
    _add_list(group)
    _add_revoke(group)


def _add_new(group: Commands) -> None:
    new = group.add(
        "new",
        "make a key and show it, once",
        _new,
        """
        roles:
          kiosk    issues tickets; reads and cancels what it issued
          display  reads boards
          staff    works desks and tickets
          analyst  reads events and figures
          admin    everything
        Without --office the key is good for every office. Only the key is on standard output.

        example:
          KEY=$(madoguchi keys new --role staff --office cityhall --label "desk 3")
        """,
    )
    new.add_argument("--role", required=True, choices=[str(role) for role in Role])
    add_office(new, "the one office it is good for (default: all)", required=False)
    new.add_argument("--label", default="", metavar="TEXT", help="where it is used")
    add_format(new)


def _add_list(group: Commands) -> None:
    listed = group.add(
        "list",
        "list the keys, without showing them",
        _list,
        """
        The keys themselves are not stored, only their hashes.

        example:
          madoguchi keys list
        """,
    )
    add_format(listed)


def _add_revoke(group: Commands) -> None:
    revoke = group.add(
        "revoke",
        "take a key back",
        _revoke,
        """
        It stops working within seconds, everywhere.

        example:
          madoguchi keys revoke 3fa9c1d2e4b5
        """,
    )
    revoke.add_argument("id", metavar="ID", help="as `keys list` shows it")


def _new(args: argparse.Namespace, settings: Settings) -> int:
    async def make(ledger: Ledger) -> tuple[str, Credential]:
        offices = await ledger.offices()
        if args.office is not None and args.office not in offices:
            known = ", ".join(offices) or "none yet"
            raise CommandFailed(
                f"There is no office {args.office} (there is: {known}). "
                "`madoguchi office apply FILE.yaml` makes one."
            )
        return await Access(ledger.redis).new(Role(args.role), args.office, args.label)

    key, credential = with_ledger(settings, make, create=True)
    told = {
        "id": credential.id,
        "key": key,
        "role": credential.role,
        "office": credential.office,
        "label": credential.label,
    }
    answer(args, told, key)
    if args.format == "text":
        say(
            f"This {credential.role} key ({credential.id}) is good for "
            f"{credential.office or 'every office'}. It is shown this once and stored hashed."
        )
    return 0


def _list(args: argparse.Namespace, settings: Settings) -> int:
    found = with_ledger(settings, lambda ledger: Access(ledger.redis).list())
    rows = [
        (each.id, each.role, each.office or "all", _written(each.created_at), each.label)
        for each in found
    ]
    told = [
        {
            "id": each.id,
            "role": each.role,
            "office": each.office,
            "label": each.label,
            "created_at": _written(each.created_at),
        }
        for each in found
    ]
    answer(args, {"keys": told}, table(("id", "role", "office", "created", "label"), rows))
    return 0


def _written(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")


def _revoke(args: argparse.Namespace, settings: Settings) -> int:
    gone = with_ledger(settings, lambda ledger: Access(ledger.redis).revoke(args.id))
    print(f"Revoked: {gone.role} key {gone.id} {gone.label}".rstrip())
    return 0
