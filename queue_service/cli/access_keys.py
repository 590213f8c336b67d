"""`madoguchi keys`: make, list and revoke access keys; let devices enrol with a code."""

import argparse
import re

from queue_service import enrolment
from queue_service.access import LABEL, Made
from queue_service.cli import links
from queue_service.cli.command import (
    Commands,
    add_format,
    add_office,
    answer,
    say,
    table,
    written,
)
from queue_service.cli.engines import access_of, by_hand, check_office, with_ledger
from queue_service.enrolment import Enrolment, Offered
from queue_service.ledger import Ledger
from queue_service.rights import Role
from queue_service.settings import Settings


def add(commands: Commands) -> None:
    """`keys new|enrol|list|revoke`."""
    group = commands.group(
        "keys",
        "make, list and revoke access keys",
        """
        Every device and every person has a key of its own, so that one can be revoked alone.

        example:
          madoguchi keys enrol --role kiosk --office cityhall --label "entrance 1F"
        """,
    )
    _add_new(group)
    _add_enrol(group)
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
    new.add_argument("--label", type=_label, default="", metavar="TEXT", help="where it is used")
    add_format(new)


def _add_enrol(group: Commands) -> None:
    enrol = group.add(
        "enrol",
        "make a code that puts one device into service",
        _enrol,
        """
        Eight characters, good once and for ten minutes. Open the page of the device, such as
        /kiosk/cityhall: it asks for the code and gets a key of its own, which nobody has to type or
        to see. Only the code is on standard output.

        example:
          madoguchi keys enrol --role display --office cityhall --label "lobby, left"
        """,
    )
    enrol.add_argument("--role", required=True, choices=[str(role) for role in enrolment.ROLES])
    add_office(enrol, "the office that the device belongs to")
    enrol.add_argument("--label", type=_label, default="", metavar="TEXT", help="where it is used")
    add_format(enrol)


def _add_list(group: Commands) -> None:
    listed = group.add(
        "list",
        "list the keys, without showing them",
        _list,
        """
        The keys themselves are not stored, only their hashes. `used` is true to about a minute.

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


def _label(text: str) -> str:
    if re.fullmatch(LABEL, text):
        return text
    raise argparse.ArgumentTypeError("write at most 80 characters, on one line")


def _new(args: argparse.Namespace, settings: Settings) -> int:
    async def make(ledger: Ledger) -> Made:
        if args.office is not None:
            await check_office(ledger, args.office)
        return await access_of(ledger, settings).make(
            Role(args.role), args.office, args.label, by_hand()
        )

    made = with_ledger(settings, make, create=True)
    held = made.credential
    told = {
        "id": held.id,
        "key": made.key,
        "role": held.role,
        "office": held.office,
        "label": held.label,
    }
    answer(args, told, made.key)
    if args.format == "text":
        say(
            f"This {held.role} key ({held.id}) is good for {held.office or 'every office'}. "
            "It is shown this once and stored hashed."
        )
    return 0


def _enrol(args: argparse.Namespace, settings: Settings) -> int:
    async def offer(ledger: Ledger) -> Offered:
        await check_office(ledger, args.office)
        codes = Enrolment(access_of(ledger, settings))
        return await codes.offer(Role(args.role), args.office, args.label, by_hand())

    offered = with_ledger(settings, offer)
    told = {
        "code": offered.code,
        "role": offered.offer.role,
        "office": offered.offer.office,
        "label": offered.offer.label,
        "expires_at": written(offered.until),
    }
    answer(args, told, offered.code)
    if args.format == "text":
        pages = " or ".join(links.pages(offered.offer.role, args.office))
        say(
            f"Open {pages} on the device and enter this code within ten minutes. It is good once, "
            f"for a {offered.offer.role} key of {args.office}."
        )
    return 0


def _list(args: argparse.Namespace, settings: Settings) -> int:
    async def look(ledger: Ledger) -> list[dict[str, str | None]]:
        access = access_of(ledger, settings)
        used = await access.used()
        return [
            {
                "id": each.id,
                "role": each.role,
                "office": each.office,
                "label": each.label,
                "created_at": written(each.created_at),
                "last_used_at": written(used[each.id]) if each.id in used else None,
            }
            for each in await access.list()
        ]

    found = with_ledger(settings, look)
    columns = {"office": "all", "created_at": "", "last_used_at": "never", "label": ""}
    rows = [
        [
            each["id"] or "",
            each["role"] or "",
            *(each[name] or absent for name, absent in columns.items()),
        ]
        for each in found
    ]
    header = ("id", "role", "office", "created", "used", "label")
    answer(args, {"keys": found}, table(header, rows))
    return 0


def _revoke(args: argparse.Namespace, settings: Settings) -> int:
    gone = with_ledger(
        settings, lambda ledger: access_of(ledger, settings).revoke(args.id, by_hand())
    ).credential
    print(f"Revoked: {gone.role} key {gone.id} {gone.label}".rstrip())
    return 0
