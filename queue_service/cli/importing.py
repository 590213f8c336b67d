"""`madoguchi import`: history from elsewhere."""

import argparse
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import to_builtins

from queue_service.cli.command import (
    BYTES,
    CommandFailed,
    Commands,
    Parser,
    a_zone,
    add_format,
    add_keep_odd,
    add_office,
    answer,
    progress,
    say,
    table,
)
from queue_service.cli.engines import with_ledger
from queue_service.cli.import_text import import_text, rejected_text
from queue_service.cli.rejected_rows import beside_of, rejected_beside
from queue_service.counts import (
    COPIES,
    Copies,
    Count,
    Table,
    columns_of_counts,
    read_copies,
    read_counts,
)
from queue_service.elsewhere import Kind, keep
from queue_service.freed_time_table import TakenUses, take_in_uses
from queue_service.imports import Import, Source, take_in
from queue_service.ledger import Ledger
from queue_service.log_columns import Columns, TicketLogError
from queue_service.settings import Settings
from queue_service.ticket_log import BadRow, lines_of, open_log

Work = Callable[[Ledger], Awaitable[tuple[Import, bool]]]

TICKETS = """
    Takes in the ticket log of any other system, as history beside what this one sees: statistics
    and reports then reach back to it. The columns of a log are number, service, issued_at,
    called_at, started_at, finished_at, outcome (finished, no_show, cancelled, expired, or empty),
    desk, channel and priority; only issued_at is required. --map renames a column, or joins two.

    A row that cannot be used is written to FILE.rejected.csv with its line, the reason and its cells,
    to be mended and taken in from there; all others go in, also those outside the reception hours.
    Dates that only a wrong clock can have written are rejected: a few that lie more than half a
    year from all others, or from the rows before and after. The same file again changes nothing;
    read in another way, it takes the place of what it was. --dry-run only says what was understood.

    example:
      madoguchi import tickets tickets.csv.gz --office cityhall --timezone Europe/Warsaw \\
          --map issued_at=day+issued --map called_at=day+called --map service=queue --dry-run
    """

COUNTS = """
    A table with the columns date, start, count and, where there are some, service; or one row a
    day with a column `date` and one column an interval, named after its start: 08:30, 8時台. A cell
    that is empty is not a zero: nobody counted then. Columns of other names are passed over.

    example:
      madoguchi import counts survey.csv --office cityhall --interval 60
    """

CHANNELS = """
    Columns: month, procedure, channel, copies. What convenience stores, online and post carried,
    beside which reports set what the counters carried.

    example:
      madoguchi import channels konbini.csv --office cityhall
    """

FREED_TIME = """
    Columns: date, section, category, minutes; the section may be left out where the office has none. A
    category is written as its id or by its name. Every row becomes an entry of the ledger, which can be
    struck like any other. A row for which an equal one stands already is passed over: the same table
    again changes nothing, and of one that has grown only the new rows go in.

    example:
      madoguchi import freed-time freed.csv --office cityhall --dry-run
    """

GROUP = """
    example:
      madoguchi import tickets tickets.csv --office cityhall --dry-run
    """


def add(commands: Commands) -> None:
    """`import tickets|counts|channels|freed-time`."""
    group = commands.group("import", "take in history from elsewhere", GROUP)
    tickets = group.add("tickets", "a log with one row a ticket", _tickets, TICKETS)
    counts = group.add("counts", "visitors that were counted by interval", _counts, COUNTS)
    channels = group.add("channels", "copies issued through other channels", _channels, CHANNELS)
    freed = group.add("freed-time", "what freed time was used for", _freed_time, FREED_TIME)
    for parser in (tickets, counts, channels, freed):
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV, or CSV packed with gzip")
        add_office(parser, "the office whose history it is")
        parser.add_argument(
            "--dry-run", action="store_true", help="only read, and say what would be taken in"
        )
        add_format(parser)
    _add_reading(tickets)
    counts.add_argument(
        "--interval",
        type=int,
        choices=(15, 30, 60),
        default=60,
        help="minutes that each count stands for (default: 60)",
    )


def _add_reading(parser: Parser) -> None:
    parser.add_argument(
        "--map",
        metavar="NAME=COLUMN",
        action="append",
        default=[],
        help="which column holds what; COLUMN+COLUMN joins two; NAME= leaves it out",
    )
    parser.add_argument(
        "--timezone",
        type=a_zone,
        metavar="TZ",
        help="of times without offset (default: the office's)",
    )
    add_keep_odd(parser)


def _tickets(args: argparse.Namespace, settings: Settings) -> int:
    folder = settings.archives / args.office / "imports"

    async def work(ledger: Ledger) -> tuple[Import, bool]:
        office = await ledger.office(args.office)  # before its id names a folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        zone: ZoneInfo = args.timezone or office.tz
        read_as = f"{sorted(args.map)} {zone.key}{' with odd dates' if args.keep_odd else ''}"
        source = Source.of(args.file, read_as)
        with (
            _reading(args.file) as advance,
            open_log(args.file, Columns.parse(args.map), zone, advance=advance) as log,
            rejected_beside(args.file, log.header) as reject,
        ):
            how = {"rejected": reject, "keep_odd": args.keep_odd, "dry": args.dry_run}
            return await take_in(ledger, office, source, log, folder, bar=progress, **how)

    return _taken(args, settings, work)


def _counts(args: argparse.Namespace, settings: Settings) -> int:
    def read(table: Table) -> Iterator[Count | BadRow]:
        return read_counts(table, args.interval)

    how = _table(args, "counts", f"counts {args.interval}", read, columns_of_counts)
    return _taken(args, settings, how)


def _channels(args: argparse.Namespace, settings: Settings) -> int:
    def columns(_: Table) -> dict[str, str]:
        return {name: name for name in COPIES}

    return _taken(args, settings, _table(args, "channels", "channels", read_copies, columns))


def _freed_time(args: argparse.Namespace, settings: Settings) -> int:
    async def work(ledger: Ledger) -> TakenUses:
        office = await ledger.office(args.office)
        with closing(lines_of(args.file)) as lines:
            header = Table(lines).header
        with closing(lines_of(args.file)) as lines, rejected_beside(args.file, header) as reject:
            return await take_in_uses(ledger, office, lines, rejected=reject, dry=args.dry_run)

    with _readable(args.file):
        what = with_ledger(settings, work)
    beside = beside_of(args.file)
    if what.rejected:
        say(f"{what.rejected} rows could not be used: see {beside.name}.")
    else:
        beside.unlink(missing_ok=True)  # of an earlier reading
    rows = [(name, f"{minutes}") for name, minutes in what.sections.items()]
    told = [
        f"{what.rows} uses, {what.first} to {what.last}, {what.minutes} minutes",
        f"{what.known} of them stand already; {what.new} are new",
        *("", table(("section", "minutes"), rows)),
    ]
    answer(args, to_builtins(what), "\n".join(told))
    if args.dry_run:
        say("Nothing was taken in: without --dry-run it will be.")
    return 0 if what.rows else 1


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """Put into words why a file cannot be taken in."""
    try:
        yield
    except TicketLogError as failure:
        raise CommandFailed(str(failure)) from failure
    except OSError as failure:
        named = failure.filename or file
        raise CommandFailed(f"{named}: {failure.strerror or failure}") from failure


def _table(
    args: argparse.Namespace,
    kind: Kind,
    read_as: str,
    read: Callable[[Table], Iterator[Count | Copies | BadRow]],
    columns_of: Callable[[Table], dict[str, str]],
) -> Work:
    async def work(ledger: Ledger) -> tuple[Import, bool]:
        office = await ledger.office(args.office)
        source = Source.of(args.file, read_as)
        with (
            _reading(args.file) as advance,
            closing(lines_of(args.file, advance)) as lines,
        ):
            table = Table(lines)
            rows, columns = read(table), columns_of(table)
            used = {each for several in columns.values() for each in several.split("+")}
            unused = [each for each in table.header if each not in used]
            with rejected_beside(args.file, table.header) as reject:
                how = {"columns": columns, "unused": unused, "dry": args.dry_run}
                return await keep(ledger, office, source, kind, rows, rejected=reject, **how)

    return work


def _taken(args: argparse.Namespace, settings: Settings, work: Work) -> int:
    """Take it in, and say what it was; returns the exit code."""
    with _readable(args.file):
        what, new = with_ledger(settings, work)
    beside = beside_of(args.file)
    if not new:
        say(f"{what.file} was taken in before, as import {what.id}; nothing was changed.")
    elif what.rejected:
        say(*rejected_text(what, beside.name))
    else:
        beside.unlink(missing_ok=True)  # of an earlier reading
    answer(args, to_builtins(what), import_text(what))
    if args.dry_run and new:
        say("Nothing was taken in: without --dry-run it will be.")
    return 0 if what.rows else 1


@contextmanager
def _reading(file: Path) -> Iterator[Callable[[int], None]]:
    """A bar that goes as far as the file is read."""
    with progress(f"read {file.name}", file.stat().st_size, BYTES) as advance:
        yield advance
