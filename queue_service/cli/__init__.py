"""The command `madoguchi`: one small module a command or group of commands.

Here commands are only put together. A command that did what it was asked ends with 0, one that
could not with 1 and a remedy on standard error, one that was asked wrongly with 2. Nobody is shown
a traceback for what may be expected to go wrong.
"""

import argparse
import sys
from collections.abc import Sequence

from queue_service.archive_manifest import ArchiveError
from queue_service.backup import BackupError
from queue_service.cli import (
    access_keys,
    archive,
    backup,
    demo,
    doctor,
    engine_users,
    export,
    importing,
    office,
    parts,
    people,
    replay,
    report,
    up,
    verify,
    watch,
)
from queue_service.cli.command import CommandFailed, Commands, settings_of
from queue_service.engine_check import EngineError
from queue_service.office_rules import OfficeError
from queue_service.parquet import NoParquet
from queue_service.refusals import Refusal
from queue_service.settings import BadSetting
from queue_service.version import VERSION

EXPECTED = (CommandFailed, EngineError, BackupError, ArchiveError, OfficeError, NoParquet)

# In the order of `--help`. A module has `add(commands)`, which says what it can do.
MODULES = (
    up,
    demo,
    parts,
    office,
    access_keys,
    people,
    importing,
    report,
    replay,
    export,
    watch,
    verify,
    archive,
    backup,
    engine_users,
    doctor,
)

DESCRIPTION = "A counter queue for city halls: ticket machines, desks, boards, figures. 窓口"
EPILOG = """\
first steps:
  madoguchi demo                              look at a living hall
  madoguchi office sample > cityhall.yaml     an office to start from
  madoguchi up --office cityhall.yaml         everything on this machine
  madoguchi keys enrol --role kiosk --office cityhall
  madoguchi people add sato --role staff --office cityhall
  madoguchi doctor                            when something is wrong

Settings are environment variables: MADOGUCHI_DATA_DIR, _HOST, _PORT, _REDIS_URL, _JOBS_REDIS_URL,
_ADMIN_KEY, _PEPPER (goes into the hashes of keys), _PUBLIC_URL, _PROXIES (whose X-Forwarded-For is
believed), _LOG_FORMAT (text, json), _DURABILITY (always, everysec), _RETENTION_DAYS."""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = argparse.ArgumentParser(
        prog="madoguchi",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"madoguchi {VERSION}")
    commands = Commands(whole, "command")
    for module in MODULES:
        module.add(commands)
    return whole


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    args = parser().parse_args(argv)
    try:
        code: int = args.run(args, settings_of(args))
        sys.stdout.flush()
    except BadSetting as problem:
        print(problem, file=sys.stderr)
        return 2
    except EXPECTED as failure:
        print(failure, file=sys.stderr)
        return 1
    except Refusal as refusal:
        named = ", ".join(f"{name}: {value}" for name, value in refusal.more.items())
        print(f"{refusal} ({named})" if named else refusal, file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, such as `head`, has had enough
        sys.stdout = None  # or Python would try to write the rest
        return 1
    except OSError as error:
        # An error of our own has its message; one of the system has a file and a reason.
        named = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        print(named, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # what a shell says of Ctrl-C
    return code
