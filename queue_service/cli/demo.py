"""`madoguchi demo`: a living city hall on this machine, for whoever wants to see one."""

import argparse
import asyncio
import datetime
import signal
from importlib.resources import files

from queue_service.cli.command import CommandFailed, Commands
from queue_service.settings import Settings

SPEED = 60.0
SPEEDS = (1.0, 600.0)
HISTORY, MOST_HISTORY = 42, 800  # days


def add(commands: Commands) -> None:
    """`demo`."""
    parser = commands.add(
        "demo",
        "show a living city hall: simulated visitors and staff, at 60 times real speed",
        _demo,
        """
        A sample city hall in a throw-away data dir. Its clock runs at --speed; visitors take numbers,
        staff call and serve them, and the links that are printed show every screen of it. Use any
        screen yourself: a desk at which you press a button is left to you for ten minutes.

        The days before are there, too, as a ticket machine would have written them down, so that the
        statistics have something to tell: weekdays, lunch, the rush at the end of March, holidays.

        It begins at ten in the morning of a working day, goes on to the next morning after closing,
        and leaves nothing behind when it is stopped with Ctrl-C.

        example:
          madoguchi demo
          madoguchi demo --speed 10 --port 8080
        """,
    )
    parser.add_argument(
        "--speed",
        type=_speed,
        default=SPEED,
        metavar="N",
        help=f"simulated seconds in a second, {SPEEDS[0]:g} to {SPEEDS[1]:g} (default: {SPEED:g})",
    )
    parser.add_argument(
        "--port", type=int, default=8000, help="port to listen on; 0 for any free one"
    )
    parser.add_argument(
        "--history",
        type=_days,
        default=HISTORY,
        metavar="DAYS",
        help=f"how many days there are before, 0 to {MOST_HISTORY} (default: {HISTORY})",
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="the same number shows the same days"
    )


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_HISTORY:
        raise argparse.ArgumentTypeError(f"{text!r}: write a number from 0 to {MOST_HISTORY}")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not SPEEDS[0] <= speed <= SPEEDS[1]:
        raise argparse.ArgumentTypeError(f"{text!r}: write a number from 1 to 600")
    return speed


def _demo(args: argparse.Namespace, settings: Settings) -> int:
    # These need an HTTP client, which takes a moment to load.
    from queue_service.cli.showing import Show, show
    from queue_service.cli.throw_away import throw_away
    from queue_service.office_files import read_office
    from queue_service.replay_client import ReplayError

    sample = (files("queue_service") / "samples" / "cityhall.yaml").read_text("utf-8")
    office = read_office(sample, "cityhall.yaml")
    # SIGTERM leaves as little behind as Ctrl-C.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with throw_away(port=args.port, worker=True) as service:
            today = datetime.datetime.now(office.tz).date()
            wanted = Show(
                office=office, today=today, speed=args.speed, seed=args.seed, history=args.history
            )
            asyncio.run(show(service, wanted))
    except KeyboardInterrupt:
        print("Stopped; nothing was kept.", flush=True)
    except ReplayError as failure:
        raise CommandFailed(str(failure)) from failure
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0
