"""`madoguchi doctor`: what is wrong, and what to do about it."""

import argparse
from collections.abc import Iterator

from msgspec import to_builtins

from queue_service.cli import checks
from queue_service.cli.checks import Check, Finding
from queue_service.cli.command import CommandFailed, Commands, add_format, answer
from queue_service.cli.engines import engine, plain
from queue_service.connection import Client
from queue_service.embedded import running_url
from queue_service.engine_check import EngineError, find_engine
from queue_service.engine_trouble import without_password
from queue_service.settings import Settings

CHECKS: dict[str, Check] = {
    "user": checks.user,
    "persistence": checks.persistence,
    "data": checks.data,
    "clock": checks.clock,
    "disk": checks.disk,
    "time_zones": checks.time_zones,
    "people": checks.people,
    "worker": checks.worker,
}
MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


def add(commands: Commands) -> None:
    """`doctor`."""
    parser = commands.add(
        "doctor",
        "look for what is wrong and say what to do",
        _doctor,
        """
        Engine, its user, persistence, data set, clock, disk, time zone data, people, workers. Changes
        nothing. Ends with 1 when something fails; a warning alone ends with 0. Where no engine runs,
        it starts one to look.

        example:
          madoguchi doctor
          madoguchi doctor --only worker      for a health check
        """,
    )
    parser.add_argument(
        "--only", action="append", choices=("engine", *CHECKS), help="one check; may be repeated"
    )
    add_format(parser)


def _doctor(args: argparse.Namespace, settings: Settings) -> int:
    wanted = args.only or ["engine", *CHECKS]
    # Without an engine nothing else can be looked at, so that failure is told in any case.
    found = [
        each for each in _findings(settings, wanted) if each.check in wanted or each.level == "fail"
    ]
    failed = any(each.level == "fail" for each in found)
    told = {
        "data_dir": str(settings.data_dir),
        "ok": not failed,
        "checks": [to_builtins(each) for each in found],
    }
    lines = [f"Data dir: {settings.data_dir}"]
    for each in found:
        lines.append(f"{MARKS[each.level]}  {each.check:<12} {each.found}")
        if each.remedy:
            lines.append(f"{'':19}→ {each.remedy}")
    answer(args, told, "\n".join(lines))
    return 1 if failed else 0


def _findings(settings: Settings, wanted: list[str]) -> Iterator[Finding]:
    runs = bool(settings.redis_url or running_url(settings.data_dir))
    try:
        with engine(settings) as url, plain(url) as client:
            word = "" if runs else ", started for this look"
            yield Finding("engine", "ok", f"{_name(client)} at {without_password(url)}{word}")
            for name in CHECKS:
                if name in wanted:
                    yield from _one(name, settings, client, runs)
    except CommandFailed as failure:
        yield _no_engine(settings, failure)
    except EngineError as failure:
        yield Finding("engine", "fail", str(failure))


def _name(client: Client) -> str:
    server = client.info("server")
    if "valkey_version" in server:
        return f"Valkey {server['valkey_version']}"
    return f"Redis {server['redis_version']}"


def _one(name: str, settings: Settings, client: Client, runs: bool) -> Iterator[Finding]:
    if name == "worker" and not runs:
        yield Finding("worker", "warn", "nothing runs here at the moment", "Start `madoguchi up`.")
    elif name == "worker" and settings.jobs_redis_url:
        with plain(settings.jobs_redis_url) as jobs:
            yield from checks.worker(jobs, settings)
    else:
        yield from CHECKS[name](client, settings)


def _no_engine(settings: Settings, failure: CommandFailed) -> Finding:
    """Nothing was ever started on this data dir, or the engine we were given does not answer."""
    if settings.redis_url or settings.jobs_redis_url:
        return Finding("engine", "fail", str(failure))
    return Finding("engine", "warn", f"{find_engine()} would be started. {failure}")
