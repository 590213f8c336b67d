"""Playing a ticket log: what `madoguchi replay` does with what it was told.

A module of its own, because only this command needs an HTTP client, which takes a moment to load.
"""

import argparse
import asyncio
import hashlib
import os
import signal
import time
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from msgspec import Struct, to_builtins

from queue_service.cli.command import (
    CommandFailed,
    answer,
    progress,
    say,
    table,
)
from queue_service.cli.throw_away import throw_away
from queue_service.ledger import Ledger
from queue_service.log_columns import OFFICE, Columns, TicketLogError
from queue_service.replay import Played, SetClock, play
from queue_service.replay_client import Api, ReplayError
from queue_service.replay_office import PlanError, ids
from queue_service.replay_plan import Plan, plan_in, plan_new
from queue_service.settings import Settings
from queue_service.ticket_log import BadRow, Row, open_log

SHOWN = 20  # bad rows that are named on the terminal; the others are counted
LISTED = 1000  # bad rows in the JSON
COUNTS = ("issued", "called", "finished", "no_show", "cancelled", "refused")


class Reading(Struct):
    """The log as it was read."""

    rows: dict[str, list[Row]]  # by office
    bad: list[BadRow]


# The log


def _read(args: argparse.Namespace, zone: ZoneInfo | None) -> Reading:
    """Every row that is to be played, by office.

    Raises:
        TicketLogError: the log as a whole cannot be used, or none of its rows.
    """
    by_column = [f"{OFFICE}={args.office_column}"] if args.office_column else []
    columns = Columns.parse([*args.map, *by_column])
    reading = Reading({}, [])
    named: dict[str, list[Row]] = {}  # by the log's name of the office
    with open_log(args.file, columns, zone, dict(args.where)) as log:
        for row in log:
            if isinstance(row, BadRow):
                reading.bad.append(row)
            elif by_column and row.office is None:
                reading.bad.append(BadRow(row.line, f"{args.office_column} is empty", ()))
            elif (args.first or "") <= row.day <= (args.last or "9999"):
                named.setdefault(row.office or args.office, []).append(row)
    if not named:
        reason = f"; line {reading.bad[0].line} {reading.bad[0].reason}" if reading.bad else ""
        raise TicketLogError(
            f"{args.file}: no row to play ({len(reading.bad)} cannot be used{reason})"
        )
    ids_of = ids(named) if by_column else {args.office: args.office}
    reading.rows = {ids_of[name]: named[name] for name in sorted(named)}
    return reading


def _fingerprint(args: argparse.Namespace) -> str:
    """What makes two replays the same one: the log and how it is read, and the name of the run."""
    with args.file.open("rb") as file:
        log = hashlib.file_digest(file, "sha256")
    log.update(repr((sorted(args.map), str(args.timezone), args.run_name)).encode())
    return f"replay-{log.hexdigest()[:24]}"


def _timezone(args: argparse.Namespace, rows: Sequence[Row]) -> str:
    """The time zone of an office that is made from the log."""
    if args.timezone:
        return str(args.timezone)
    hours, minutes = divmod(rows[0].utc_offset, 60)
    if minutes:
        raise CommandFailed("Say with --timezone in which time zone the office lies.")
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


# Playing


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Play the log; returns the exit code."""
    if args.first and args.last and args.first > args.last:
        say(f"--from {args.first} is after --to {args.last}: exchange them.")
        return 2
    key = args.key or os.environ.get("MADOGUCHI_KEY") or ""
    if args.url and not key:
        say("Give a key of staff or an admin: --key KEY, or MADOGUCHI_KEY.")
        return 2
    try:
        if args.url:
            asyncio.run(_play(args, None, args.url, key))
        else:
            _play_alone(args, settings.data_dir if args.data_dir else None)
    except (TicketLogError, PlanError, ReplayError) as failure:
        raise CommandFailed(str(failure)) from failure
    return 0


def _play_alone(args: argparse.Namespace, keep: Path | None) -> None:
    """Play in a service of our own. SIGTERM leaves as little behind as Ctrl-C."""
    reading = _read(args, args.timezone)
    for rows in reading.rows.values():
        _timezone(args, rows)  # so that what is missing is said at once
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with throw_away(keep, args.port) as service:
            say(f"Playing on {service.url} (key: {service.key})")
            asyncio.run(_play(args, reading, service.url, service.key, service.engine_url))
    finally:
        signal.signal(signal.SIGTERM, before)


async def _play(
    args: argparse.Namespace,
    reading: Reading | None,
    url: str,
    key: str,
    engine_url: str | None = None,
) -> None:
    """Plan, play and tell; an office that is there may tell how to read the log.

    With the engine at hand, its clock is ours.
    """
    async with AsyncExitStack() as stack:
        transport = await stack.enter_async_context(httpx.AsyncHTTPTransport())
        api = Api(transport, url, key)
        set_clock = None
        if engine_url:
            ledger = await stack.enter_async_context(Ledger.open(engine_url))
            set_clock = partial(_set_clock, ledger)
        if reading is None:
            known = await api.office(args.office) if args.office else None
            reading = _read(args, args.timezone or (known.tz if known else None))
        plans = [await _plan(args, api, id, rows, set_clock) for id, rows in reading.rows.items()]
        started = time.monotonic()
        steps = sum(len(plan.steps) for plan in plans)
        with progress(f"replay {args.file.name}", steps) as advance:
            played = await play(
                api, plans, _fingerprint(args), args.speed, set_clock, partial(advance, 1)
            )
        _tell(args, reading, played, time.monotonic() - started)


async def _set_clock(ledger: Ledger, office: str, at: int) -> None:
    await ledger.simulate(office, at, 0)


async def _plan(
    args: argparse.Namespace, api: Api, id: str, rows: Sequence[Row], set_clock: SetClock | None
) -> Plan:
    """Plan one office; one that is not there is defined."""
    if office := await api.office(id):
        return plan_in(office, rows)
    plan = plan_new(id, _timezone(args, rows), rows)
    if set_clock:
        await set_clock(id, plan.steps[0].at)  # before the office has its first entry
    await api.define(plan.office)
    return plan


# Telling


def _tell(
    args: argparse.Namespace, reading: Reading, played: dict[str, Played], seconds: float
) -> None:
    for bad in reading.bad[:SHOWN]:
        say(f"{args.file}:{bad.line}: {bad.reason}")
    if len(reading.bad) > SHOWN:
        say(f"… and {len(reading.bad) - SHOWN} more rows that cannot be used.")
    total = _total(played.values())
    if total.repeated:
        say(f"{total.repeated} steps had been played here before; --run NAME plays them again.")
    if total.skipped:
        reasons = ", ".join(f"{count} {code}" for code, count in sorted(total.skipped.items()))
        say(f"Steps that the service did not allow, left out: {reasons}.")
    value = {
        "file": str(args.file),
        "rows": sum(map(len, reading.rows.values())),
        "bad_rows": len(reading.bad),
        "bad": [{"line": bad.line, "reason": bad.reason} for bad in reading.bad[:LISTED]],
        "duration_s": round(seconds, 3),
        **to_builtins(total),
        "offices": played,
    }
    lines = [*played.items(), *([("all", total)] if len(played) > 1 else [])]
    columns = ["office", *(name.replace("_", " ") for name in COUNTS)]
    cells = [[id, *(str(getattr(each, name)) for name in COUNTS)] for id, each in lines]
    answer(args, value, table(columns, cells) + f"\nplayed in {seconds:.1f} s")


def _total(played: Iterable[Played]) -> Played:
    """What came of all offices together."""
    total = Played()
    for each in played:
        for name in (*COUNTS, "repeated"):
            setattr(total, name, getattr(total, name) + getattr(each, name))
        total.skipped += each.skipped
        total.issued_per_hour += each.issued_per_hour
    return total
