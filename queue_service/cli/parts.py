"""`madoguchi api`, `worker` and `display`: one part alone, for more than one machine."""

import argparse

from msgspec.structs import replace

from queue_service.cli import lifeline
from queue_service.cli.command import Commands, Parser, add_address
from queue_service.cli.engines import engine, guard
from queue_service.settings import Settings


def add(commands: Commands) -> None:
    """`api`, `worker`, `display`."""
    api = commands.add(
        "api",
        "serve the HTTP API alone",
        _api,
        """
        Any number of them may serve one engine. SIGTERM finishes what was asked and ends.

        example:
          MADOGUCHI_REDIS_URL=redis://10.0.0.5:6379/0 madoguchi api --host 0.0.0.0
        """,
    )
    add_address(api)
    worker = commands.add(
        "worker",
        "end business days and let bookings lapse, alone",
        _worker,
        """
        Any number of them may work side by side.

        example:
          MADOGUCHI_REDIS_URL=redis://10.0.0.5:6379/0 madoguchi worker
        """,
    )
    display = commands.add(
        "display",
        "send boards to screens over WebSocket, alone",
        _display,
        """
        Any number of them may follow one engine. `madoguchi api` does it on its own port already;
        this is for many screens, behind a proxy.

        example:
          MADOGUCHI_REDIS_URL=redis://10.0.0.5:6379/0 madoguchi display --port 8001
        """,
    )
    add_address(display)
    for parser in (api, worker, display):
        add_lifeline(parser)


def add_lifeline(parser: Parser) -> None:
    """How `up` starts a part: it ends when its standard input does."""
    parser.add_argument("--lifeline", action="store_true", help=argparse.SUPPRESS)


def _begin(args: argparse.Namespace, settings: Settings) -> None:
    from queue_service.logs import configure

    configure(settings.log_format)
    if args.lifeline:
        lifeline.hold()


def _api(args: argparse.Namespace, settings: Settings) -> int:
    # Here, because only this command needs them, and they take half a second.
    from display.server import board_socket, feeding
    from queue_service.api.app import create_app
    from queue_service.api.serve import serve

    _begin(args, settings)
    with engine(settings, create=True) as url:
        guard(settings, url)
        app = create_app(replace(settings, redis_url=url), [board_socket], [feeding])
        serve(app, settings.host, settings.port)
    return 0


def _display(args: argparse.Namespace, settings: Settings) -> int:
    from display.server import create_app
    from queue_service.api.serve import serve

    _begin(args, settings)
    with engine(settings, create=True) as url:
        guard(settings, url)
        serve(create_app(replace(settings, redis_url=url)), settings.host, settings.port)
    return 0


def _worker(args: argparse.Namespace, settings: Settings) -> int:
    from worker.work import work  # here, because only this command needs rq

    _begin(args, settings)
    with engine(settings, create=True) as url:
        guard(settings, url)
        return work(replace(settings, redis_url=url))
