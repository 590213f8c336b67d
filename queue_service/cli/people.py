"""`madoguchi people`: who may sign in; `madoguchi audit`: who did what."""

import argparse
import re
import sys

import segno

from queue_service import audit
from queue_service.cli.command import (
    Commands,
    Parser,
    add_format,
    add_office,
    answer,
    say,
    table,
    written,
)
from queue_service.cli.engines import access_of, by_hand, check_office, with_ledger
from queue_service.ledger import Ledger
from queue_service.passwords import SHORTEST, SHORTEST_OF_ADMIN, Passwords
from queue_service.people import ROLES, Invited, People
from queue_service.rights import Role
from queue_service.settings import Settings

MOST_NOTES = 10_000


def add(commands: Commands) -> None:
    """`people add|list|reset|remove`, and `audit`."""
    group = commands.group(
        "people",
        "say who may sign in",
        """
        At a desk, people sign in with a name and a password of their own, for a shift of twelve hours;
        machines and screens have keys (`madoguchi keys`). A name need not be a name: a number of staff
        will do.

        example:
          madoguchi people add sato --role staff --office cityhall
        """,
    )
    _add_add(group)
    _add_list(group)
    _add_reset(group)
    _add_remove(group)
    _add_audit(commands)


def _add_add(group: Commands) -> None:
    new = group.add(
        "add",
        "let somebody sign in",
        _add,
        f"""
        Shows a first password, once. Whoever signs in with it has to choose another: {SHORTEST} characters
        or more (digits will do), {SHORTEST_OF_ADMIN} for an administrator.

        roles:
          staff    works desks and tickets
          analyst  reads events and figures
          admin    everything, with a second factor (TOTP): the picture is for an authenticator app

        example:
          madoguchi people add sato --role staff --office cityhall
        """,
    )
    _add_name(new)
    new.add_argument("--role", required=True, choices=[str(role) for role in ROLES])
    add_office(new, "the one office that it is for (default: all)", required=False)
    new.add_argument(
        "--second-factor", action="store_true", help="ask for a second factor (TOTP) as well"
    )
    add_format(new)


def _add_list(group: Commands) -> None:
    listed = group.add(
        "list",
        "list who may sign in",
        _list,
        """
        `new` is who has not changed the first password yet.

        example:
          madoguchi people list
        """,
    )
    add_format(listed)


def _add_reset(group: Commands) -> None:
    reset = group.add(
        "reset",
        "give somebody a new password",
        _reset,
        """
        For who has forgotten it, or has lost the device with the second factor: that is made anew, too.
        Whoever is signed in with that name is signed out within seconds.

        example:
          madoguchi people reset sato
        """,
    )
    _add_name(reset)
    add_format(reset)


def _add_remove(group: Commands) -> None:
    remove = group.add(
        "remove",
        "let somebody sign in no more",
        _remove,
        """
        Whoever is signed in with that name is signed out within seconds, everywhere.

        example:
          madoguchi people remove sato
        """,
    )
    _add_name(remove)


def _add_audit(commands: Commands) -> None:
    noted = commands.add(
        "audit",
        "show who did what",
        _audit,
        """
        The latest first. What happened at the counters stands in the ledger, which names nobody; here is
        who it was: the name of whoever had signed in, or `key` and the id of a key. Kept for a year.

        example:
          madoguchi audit --office cityhall --limit 20
        """,
    )
    add_office(noted, "of this office only (default: everything)", required=False)
    noted.add_argument("--limit", type=_count, default=50, metavar="N", help="(default: 50)")
    noted.add_argument(
        "--before", type=_note_id, metavar="ID", help="only what is older than this note"
    )
    add_format(noted)


def _add_name(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="what is typed to sign in")


def _count(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= MOST_NOTES:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r}: write a number from 1 to {MOST_NOTES}")


def _note_id(text: str) -> str:
    if re.fullmatch("[0-9]{1,15}-[0-9]{1,9}", text):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is no note: `--format json` shows their ids")


def _people(ledger: Ledger, settings: Settings) -> People:
    return People(access_of(ledger, settings), Passwords())


def _add(args: argparse.Namespace, settings: Settings) -> int:
    async def make(ledger: Ledger) -> Invited:
        if args.office is not None:
            await check_office(ledger, args.office)
        people, role = _people(ledger, settings), Role(args.role)
        return await people.add(
            args.name, role, args.office, by_hand(), second_factor=args.second_factor
        )

    _show(args, with_ledger(settings, make, create=True))
    return 0


def _reset(args: argparse.Namespace, settings: Settings) -> int:
    async def make(ledger: Ledger) -> Invited:
        return await _people(ledger, settings).reset(args.name, by_hand())

    _show(args, with_ledger(settings, make))
    return 0


def _show(args: argparse.Namespace, invited: Invited) -> None:
    person = invited.person
    told = {
        "name": person.name,
        "role": person.role,
        "office": person.office,
        "password": invited.password,
        "second_factor": invited.second_factor,
    }
    answer(args, told, invited.password)
    if args.format != "text":
        return
    say(
        f"{person.name} signs in with this password once, and chooses another then. It is shown this "
        f"once. Role {person.role}, {person.office or 'every office'}."
    )
    if invited.second_factor is None:
        return
    say("The second factor, for an authenticator app, is shown this once as well:")
    if sys.stderr.isatty():
        segno.make(invited.second_factor, micro=False).terminal(sys.stderr, border=2, compact=True)
    say(invited.second_factor)


def _list(args: argparse.Namespace, settings: Settings) -> int:
    found = with_ledger(settings, lambda ledger: _people(ledger, settings).list())
    told = [
        {
            "name": each.name,
            "role": each.role,
            "office": each.office,
            "second_factor": each.salt is not None,
            "signed_in": not each.temporary,
            "created_at": written(each.created_at),
        }
        for each in found
    ]
    rows = [
        [
            each.name,
            each.role,
            each.office or "all",
            "yes" if each.salt else "no",
            written(each.created_at),
            "new" if each.temporary else "",
        ]
        for each in found
    ]
    header = ("name", "role", "office", "second factor", "added", "")
    answer(args, {"people": told}, table(header, rows))
    return 0


def _remove(args: argparse.Namespace, settings: Settings) -> int:
    with_ledger(settings, lambda ledger: _people(ledger, settings).remove(args.name, by_hand()))
    print(f"Removed: {args.name}")
    return 0


def _audit(args: argparse.Namespace, settings: Settings) -> int:
    async def look(ledger: Ledger) -> list[audit.Note]:
        if args.office is not None:
            await check_office(ledger, args.office)
        return await audit.latest(ledger, args.office, before=args.before, limit=args.limit)

    found = with_ledger(settings, look)
    told = [
        {
            "id": each.id,
            "at": written(each.at),
            "by": each.by,
            "did": each.did,
            "office": each.office,
            "on": each.on,
            "desk": each.desk,
            "entry_id": each.entry,
        }
        for each in found
    ]
    rows = [
        [
            written(each.at),
            each.by,
            each.did or f"entry {each.entry}, deleted since",
            each.office or "",
            each.on or "",
            each.desk or "",
        ]
        for each in found
    ]
    header = ("at", "by", "did", "office", "on", "desk")
    answer(args, {"audit": told}, table(header, rows))
    return 0
