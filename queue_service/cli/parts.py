"""`madoguchi api`, `worker` and `display`: one part alone, for more than one machine."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from queue_service.cli import lifeline
from queue_service.cli.command import Commands, Parser, add_address
from queue_service.cli.engines import check_pepper, engine, guard
from queue_service.cli.stopping import noted
from queue_service.settings import Settings


def add(commands: Commands) -> None:
    """`api`, `worker`, `display`."""
    for add_part in (_add_api, _add_worker, _add_display):
        add_lifeline(add_part(commands))


def _add_api(commands: Commands) -> Parser:
    parser = commands.add(
        "api",
        "serve the HTTP API alone",
        _api,
        """
        Any number of them may serve one engine. SIGTERM finishes what was asked and ends.
        `madoguchi engine users` makes users of the engine, one for each part.

        example:
          MADOGUCHI_REDIS_URL=redis://10.0.0.5:6379/0 madoguchi api --host 0.0.0.0
          MADOGUCHI_REDIS_URL_FILE=/etc/madoguchi/users/api/url madoguchi api
        """,
    )
    add_address(parser)
    return parser


def _add_worker(commands: Commands) -> Parser:
    return commands.add(
        "worker",
        "end business days and let bookings lapse, alone",
        _worker,
        """
        It also computes the figures of days, puts final days into the archive and learns how long
        people wait. Any number of them may work side by side.

        Its jobs are rq's. `rq info` shows those that wait and those that failed within the hour; so
        does /metrics of the API. It wants the address of the engine of the jobs:
        MADOGUCHI_JOBS_REDIS_URL or MADOGUCHI_REDIS_URL, or that of an engine in the data dir, which
        `madoguchi doctor` prints.

        example:
          MADOGUCHI_REDIS_URL=redis://10.0.0.5:6379/0 madoguchi worker
          rq info -u unix:///var/lib/madoguchi/engine.sock
        """,
    )


def _add_display(commands: Commands) -> Parser:
    parser = commands.add(
        "display",
        "send boards to screens over WebSocket, alone",
        _display,
        """
        Any number of them may follow one engine. `madoguchi api` does it on its own port already;
        this is for many screens, behind a proxy. It writes nothing: a new business day is on its
        boards when the worker or the API has begun it, half a minute later at the most.

        example:
          MADOGUCHI_REDIS_URL=redis://10.0.0.5:6379/0 madoguchi display --port 8001
        """,
    )
    add_address(parser)
    return parser


def add_lifeline(parser: Parser) -> None:
    """How `up` starts a part: it ends when its standard input does."""
    parser.add_argument("--lifeline", action="store_true", help=argparse.SUPPRESS)


@contextmanager
def _ready(
    args: argparse.Namespace, settings: Settings, *, writes: bool = True
) -> Iterator[Settings]:
    """What a part needs before it serves: its log, its lifeline, an engine that may be trusted."""
    from queue_service.logs import configure

    configure(settings.log_format)
    if args.lifeline:
        lifeline.hold()
    # A server ends by sending itself the signal that ended it; an engine is still to be stopped.
    with engine(settings, create=True) as url, noted():
        guard(settings, url, writes=writes)
        yield replace(settings, redis_url=url)


# What only one part needs is imported there: it takes a second.


def _api(args: argparse.Namespace, settings: Settings) -> int:
    from display import site
    from display.server import board_socket, feeding
    from queue_service.api.app import create_app
    from queue_service.api.serve import serve

    with _ready(args, settings) as ready:
        check_pepper(ready)
        app = create_app(ready, [board_socket, *site.handlers], [feeding])
        serve(app, ready.host, ready.port, ready.proxies)
    return 0


def _display(args: argparse.Namespace, settings: Settings) -> int:
    from display.server import create_app
    from queue_service.api.serve import serve

    with _ready(args, settings, writes=False) as ready:
        check_pepper(ready)
        serve(create_app(ready), ready.host, ready.port, ready.proxies)
    return 0


def _worker(args: argparse.Namespace, settings: Settings) -> int:
    from worker.work import work

    with _ready(args, settings) as ready:
        return work(ready)
