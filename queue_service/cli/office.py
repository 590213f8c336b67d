"""`madoguchi office`: check a definition, bring it into force, show it, begin one."""

import argparse
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import yaml

from queue_service import keys
from queue_service.cli.command import CommandFailed, Commands, add_format, answer
from queue_service.cli.engines import by_hand, with_ledger
from queue_service.ledger import Ledger
from queue_service.office_files import MAX_BYTES, office_to_json, read_office
from queue_service.offices import Office, Part
from queue_service.round_trip import answered
from queue_service.settings import Settings

LINE = 100  # characters: longer lists are broken


def add(commands: Commands) -> None:
    """`office check|apply|show|sample`."""
    group = commands.group(
        "office",
        "check, apply and show office definitions",
        """
        An office is one hall: its services, desks, hours and rules, in one YAML file.

        example:
          madoguchi office sample > cityhall.yaml
          madoguchi office check cityhall.yaml && madoguchi office apply cityhall.yaml
        """,
    )
    _add_checking(group)
    _add_showing(group)


def _add_checking(group: Commands) -> None:
    _add_file(
        group,
        "check",
        "say whether a definition can be used, and every reason why not",
        _check,
        """
        Needs no engine. Each problem has file, line and remedy.

        example:
          madoguchi office check cityhall.yaml
        """,
    )
    _add_file(
        group,
        "apply",
        "bring a definition into force",
        _apply,
        """
        Twice changes nothing. A service or desk that a waiting visitor still needs is not taken
        away: the command says whose number is in the way.

        example:
          madoguchi office apply cityhall.yaml
        """,
    )


def _add_showing(group: Commands) -> None:
    show = group.add(
        "show",
        "print the definition in force",
        _show,
        """
        What is printed can be changed and applied again.

        example:
          madoguchi office show cityhall > cityhall.yaml
        """,
    )
    show.add_argument("office", metavar="ID")
    show.add_argument("--format", choices=("yaml", "json"), default="yaml")
    sample = group.add(
        "sample",
        "print a definition to begin with",
        _sample,
        """
        cityhall is a whole city hall with reception hours; tryout is small and never closes.

        example:
          madoguchi office sample tryout > tryout.yaml && madoguchi up --office tryout.yaml
        """,
    )
    sample.add_argument("name", nargs="?", choices=("cityhall", "tryout"), default="cityhall")


def _add_file(group: Commands, name: str, promise: str, run: Any, teaches: str) -> None:
    parser = group.add(name, promise, run, teaches)
    parser.add_argument("file", type=Path, metavar="FILE.yaml")
    add_format(parser)


def read_file(file: Path) -> Office:
    """The definition in a file.

    Raises:
        OfficeError: with the line of every problem.
        CommandFailed: the file cannot be read.
    """
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)  # more is refused however much there is
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.") from None
    return read_office(raw, str(file))


async def apply(ledger: Ledger, office: Office) -> tuple[int, bool]:
    """Bring a definition into force; returns its version, and whether anything changed."""
    async with answered():
        before = int(await ledger.redis.hget(keys.of(office.id, "head"), "version") or 0)
    version = (await ledger.apply_office(office, by_hand())).version
    return version, version != before


def _check(args: argparse.Namespace, settings: Settings) -> int:
    office = read_file(args.file)
    services, desks = len(office.services), len(office.desks)
    told = {"office": office.id, "services": services, "desks": desks}
    answer(args, told, f"{args.file}: {office.id} can be used: {services} services, {desks} desks.")
    return 0


def _apply(args: argparse.Namespace, settings: Settings) -> int:
    office = read_file(args.file)
    version, changed = with_ledger(settings, lambda ledger: apply(ledger, office), create=True)
    told = {"office": office.id, "version": version, "changed": changed}
    word = "is now in force" if changed else "was in force already; nothing changed"
    answer(args, told, f"{office.id}: version {version} {word}.")
    return 0


def _show(args: argparse.Namespace, settings: Settings) -> int:
    office = with_ledger(settings, lambda ledger: ledger.office(args.office))
    answer(args, msgspec.Raw(office_to_json(office)), to_yaml(office).rstrip())
    return 0


def to_yaml(office: Office) -> str:
    """A definition as a file that can be read again; what is as usual is left out."""
    return yaml.safe_dump(_plain(office), allow_unicode=True, sort_keys=False, width=LINE)


def _plain(value: Any) -> Any:
    """Mappings, lists and texts."""
    if isinstance(value, Part):
        fields = {each.encode_name: each for each in msgspec.structs.fields(value)}
        return {
            name: _plain(getattr(value, each.name))
            for name, each in fields.items()
            if getattr(value, each.name) != _usual(each)
        }
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return msgspec.to_builtins(value)


def _usual(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _sample(args: argparse.Namespace, settings: Settings) -> int:
    print((files("queue_service") / "samples" / f"{args.name}.yaml").read_text("utf-8"), end="")
    return 0
