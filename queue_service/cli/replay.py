"""`madoguchi replay`: play a ticket log through the HTTP API."""

import argparse
import asyncio
import hashlib
import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from zoneinfo import ZoneInfo

import httpx
from msgspec import Struct

from queue_service.cli.command import (
    CommandFailed,
    Commands,
    add_format,
    answer,
    progress,
    say,
    table,
)
from queue_service.cli.replay_arguments import TEACHES, add_log, add_pace
from queue_service.cli.throw_away import throw_away
from queue_service.ledger import Ledger
from queue_service.log_columns import OFFICE, Columns, TicketLogError
from queue_service.replay import Played, SetClock, play
from queue_service.replay_client import Api, ReplayError
from queue_service.replay_office import PlanError, as_id
from queue_service.replay_plan import Plan, plan_in, plan_new
from queue_service.settings import Settings
from queue_service.ticket_log import BadRow, Row, open_log

SHOWN = 20  # bad rows that are named; the others are counted
COUNTS = ("issued", "called", "finished", "no_show", "cancelled", "refused")


class Reading(Struct):
    """The log as it was read."""

    rows: dict[str, list[Row]]  # by office
    bad: list[BadRow]


def add(commands: Commands) -> None:
    """`replay`."""
    parser = commands.add(
        "replay",
        "play a ticket log through the HTTP API, as kiosks and staff would",
        _replay,
        TEACHES,
    )
    add_log(parser)
    add_pace(parser)
    add_format(parser)


# The log


def _read(args: argparse.Namespace, zone: ZoneInfo | None) -> Reading:
    """Every row that is to be played, by office.

    Raises:
        TicketLogError: the log as a whole cannot be used, or none of its rows.
    """
    mapping = [*args.map, *([f"{OFFICE}={args.office_column}"] if args.office_column else [])]
    reading = Reading({}, [])
    with open_log(args.file, Columns.parse(mapping), zone, dict(args.where)) as log:
        for row in log:
            if isinstance(row, BadRow):
                reading.bad.append(row)
            elif (args.first or "") <= row.day <= (args.last or "9999"):
                office = args.office or as_id(row.office or "")
                reading.rows.setdefault(office, []).append(row)
    if not reading.rows:
        reasons = f": {reading.bad[0].reason}" if reading.bad else ""
        raise TicketLogError(
            f"{args.file}: no row to play; {len(reading.bad)} could not be used{reasons}"
        )
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


def _replay(args: argparse.Namespace, settings: Settings) -> int:
    if args.first and args.last and args.first > args.last:
        say(f"--from {args.first} is after --to {args.last}: exchange them.")
        return 2
    key = args.key or os.environ.get("MADOGUCHI_KEY") or ""
    if args.url and not key:
        say("Give a key of staff or an admin: --key KEY, or MADOGUCHI_KEY.")
        return 2
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))  # both leave nothing behind
    try:
        if args.url:
            asyncio.run(_play(args, args.url, key, None))
        else:
            with throw_away(args.data_dir, args.port) as service:
                say(f"Playing on {service.url}")
                asyncio.run(_play(args, service.url, service.key, service.engine_url))
    except (TicketLogError, PlanError, ReplayError) as failure:
        raise CommandFailed(str(failure)) from failure
    return 0


async def _play(args: argparse.Namespace, url: str, key: str, engine_url: str | None) -> None:
    """Read, plan, play and tell. With the engine at hand, its clock is ours."""
    async with AsyncExitStack() as stack:
        transport = await stack.enter_async_context(httpx.AsyncHTTPTransport())
        api = Api(transport, url, key)
        set_clock = None
        if engine_url:
            ledger = await stack.enter_async_context(Ledger.open(engine_url))
            set_clock = partial(_set_clock, ledger)
        known = await api.office(args.office) if args.office else None
        reading = _read(args, args.timezone or (known.tz if known else None))
        plans = [
            await _plan(args, api, id, rows, set_clock) for id, rows in sorted(reading.rows.items())
        ]
        started = time.monotonic()
        total = sum(len(plan.steps) for plan in plans)
        with progress(f"replay {args.file.name}", total) as advance:
            played = await play(
                api, plans, _fingerprint(args), args.speed, set_clock, partial(advance, 1)
            )
        _tell(args, reading, plans, played, time.monotonic() - started)


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
    args: argparse.Namespace,
    reading: Reading,
    plans: Sequence[Plan],
    played: dict[str, Played],
    seconds: float,
) -> None:
    for bad in reading.bad[:SHOWN]:
        say(f"{args.file}:{bad.line}: {bad.reason}")
    if len(reading.bad) > SHOWN:
        say(f"… and {len(reading.bad) - SHOWN} more rows that could not be used.")
    repeated = sum(each.repeated for each in played.values())
    if repeated:
        say(f"{repeated} steps had been played here before; --run NAME plays them again.")
    hours: Counter[str] = sum((each.issued_per_hour for each in played.values()), Counter())
    total = {name: sum(getattr(each, name) for each in played.values()) for name in COUNTS}
    value = {
        "file": str(args.file),
        "rows": sum(map(len, reading.rows.values())),
        "bad_rows": len(reading.bad),
        **total,
        "repeated": repeated,
        "skipped": sum((each.skipped for each in played.values()), Counter()),
        "issued_per_hour": dict(sorted(hours.items())),
        "duration_s": round(seconds, 3),
        "offices": played,
    }
    names = [name.replace("_", " ") for name in COUNTS]
    lines = [[id, *(str(getattr(each, name)) for name in COUNTS)] for id, each in played.items()]
    if len(played) > 1:
        lines.append(["all", *(str(total[name]) for name in COUNTS)])
    answer(args, value, table(["office", *names], lines) + f"\nplayed in {seconds:.1f} s")
