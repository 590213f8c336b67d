"""`madoguchi up`: everything on one machine."""

import argparse
import asyncio
import http.client
import os
import shlex
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from queue_service.cli import links
from queue_service.cli.command import CommandFailed, Commands, add_address
from queue_service.cli.engines import access_of, guard
from queue_service.cli.office import apply, read_file
from queue_service.cli.stopping import Asked, noted
from queue_service.cli.supervisor import POLL_S, Part, Supervisor
from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.rights import Role
from queue_service.settings import Settings, default_data_dir

FIRST_START = "made by the first start"
STDOUT = 1
READY_S = 60.0  # the API is ready after a second or two; a slow machine takes ten times that
ASK_S = 1.0  # how long one question whether it is ready may take
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - whom to ask then


def add(commands: Commands) -> None:
    """`up`."""
    parser = commands.add(
        "up",
        "run everything on this machine: engine, API, worker",
        _up,
        """
        Without MADOGUCHI_REDIS_URL it brings its own engine and keeps everything in the data dir;
        a second start on the same data dir goes on where the first stopped. A part that dies is
        started again. Ctrl-C or SIGTERM finishes what was asked and stops everything within 10 s.

        The first start prints a link for each page with a key in it, once; without
        MADOGUCHI_ADMIN_KEY an admin key too. Open a link on the device that it is for: its browser
        keeps the key. Under systemd, whose journal would keep what is printed, no key is made:
        `madoguchi keys new` and `madoguchi keys enrol` make them.

        example:
          madoguchi office sample > cityhall.yaml
          madoguchi up --office cityhall.yaml --port 8000
        """,
    )
    add_address(parser)
    parser.add_argument(
        "--office",
        dest="offices",
        action="append",
        default=[],
        type=Path,
        metavar="FILE.yaml",
        help="an office definition to bring into force; may be given several times",
    )


def _up(args: argparse.Namespace, settings: Settings) -> int:
    offices = [read_file(file) for file in args.offices]
    settings = replace(settings, port=_free_port(settings.host, settings.port))
    # Until the engine has started a signal simply ends us, and the engine with us.
    with _engine(settings) as (embedded, url), noted() as asked:
        guard(settings, url)
        start = asyncio.run(_prepare(settings, url, offices))
        _tell(*start.lines(settings))
        supervisor = Supervisor(embedded, url, _parts(settings))
        try:
            supervisor.start()
            _begin_log(settings)
            _wait_until_ready(settings, supervisor, asked)
            if not asked.to_stop:
                _tell(*start.links(settings))
            while not asked.to_stop:
                supervisor.look()
                time.sleep(POLL_S)
        finally:
            supervisor.stop()
    _tell("Stopped.")
    return 0


@contextmanager
def _engine(settings: Settings) -> Iterator[tuple[Embedded | None, str]]:
    """The engine we were given, or one of our own."""
    if settings.redis_url:
        yield None, settings.redis_url
        return
    with Embedded(settings.data_dir, durability=settings.durability) as embedded:
        yield embedded, embedded.url


def _parts(settings: Settings) -> list[Part]:
    where = ("--data-dir", str(settings.data_dir))
    address = ("--host", settings.host, "--port", str(settings.port))
    return [Part("api", ("api", *where, *address)), Part("worker", ("worker", *where))]


def _begin_log(settings: Settings) -> None:
    """Write what happens to the parts as they write themselves."""
    from queue_service.logs import configure

    configure(settings.log_format)


# Before the parts start


class Start(Struct):
    """What the person at the terminal has to know."""

    offices: list[Office]
    admin_key: str | None = None  # made just now; shown once and kept nowhere
    device_keys: dict[str, links.Keys] = {}  # by office; as above
    withheld: bool = False  # there would have been keys to show, and no place to show them

    def lines(self, settings: Settings) -> list[str]:
        """What is known before the service is ready."""
        told = [f"Data      {settings.data_dir}"]
        if self.admin_key:
            told.append(f"Admin key {self.admin_key}   (shown this once: keep it)")
        return told

    def links(self, settings: Settings) -> list[str]:
        """What can be done now."""
        site = _site(settings)
        told = [
            f"Ready     {site}",
            f"API       {site}/schema",
            f"Health    {site}/health/ready",
            f"Pages     {site}/",
        ]
        own = settings.data_dir != default_data_dir(os.environ).absolute()
        where = f" --data-dir {shlex.quote(str(settings.data_dir))}" if own else ""
        for office in self.offices:
            keys = self.device_keys.get(office.id, {})
            once = "   (keys shown this once; a browser keeps its own)" if keys else ""
            told += [f"Office    {office.id}{once}", *links.lines(site, office, keys)]
        if not self.offices:
            told += [
                "No office yet. To begin with a sample:",
                "  madoguchi office sample > cityhall.yaml",
                f"  madoguchi office apply cityhall.yaml{where}",
            ]
        if self.withheld:
            told.append("No key was made: this output is kept in a log, where a key has no place.")
        elif (self.admin_key or self.device_keys) and _is_file(STDOUT):
            told.append("These keys stand in a file now: delete it when the devices have theirs.")
        told.append(f"A device   madoguchi keys enrol --role kiosk|display|… --office ID{where}")
        told.append(f"A key      madoguchi keys new --role {'|'.join(Role)} --office ID{where}")
        told.append(f"A person   madoguchi people add NAME --role staff --office ID{where}")
        return told


async def _prepare(settings: Settings, url: str, offices: list[Office]) -> Start:
    """Bring the definitions into force, and see that somebody can get in."""
    async with Ledger.open(url) as ledger:
        for office in offices:
            await apply(ledger, office)
        access = access_of(ledger, settings)
        await access.hashes()
        before = await access.list()
        start = Start([await ledger.office(id) for id in await ledger.offices()])
        lacks_admin = not settings.admin_key and all(each.role is not Role.ADMIN for each in before)
        if _is_journal(STDOUT):
            start.withheld = lacks_admin or not before
            return start
        if lacks_admin:
            start.admin_key, _ = await access.new(Role.ADMIN, label=FIRST_START)
        if not before:
            start.device_keys = {
                office.id: await links.new_keys(access, office.id, FIRST_START)
                for office in start.offices
            }
        return start


def _free_port(host: str, port: int) -> int:
    """The port, if it can be had; 0 becomes a free one.

    Raises:
        CommandFailed
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandFailed(
                f"Port {port} on {host} cannot be used ({error.strerror}). Stop the program that "
                f"uses it, or choose another one, such as `--port {port % 65535 + 1}`."
            ) from None
        free: int = probe.getsockname()[1]
        return free


# When they have started


def _wait_until_ready(settings: Settings, supervisor: Supervisor, asked: Asked) -> None:
    deadline = time.monotonic() + READY_S
    while not asked.to_stop and not _is_ready(settings):
        if time.monotonic() > deadline:
            raise CommandFailed(
                f"The API was not ready after {READY_S:.0f} s: {_site(settings)}/health/ready says "
                "why, and so do the messages above."
            )
        supervisor.look()
        time.sleep(POLL_S)


def _is_ready(settings: Settings) -> bool:
    host = EVERYWHERE.get(settings.host, settings.host)
    connection = http.client.HTTPConnection(host, settings.port, timeout=ASK_S)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


def _site(settings: Settings) -> str:
    host = EVERYWHERE.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _is_journal(output: int) -> bool:
    """Whether an output is the one of which systemd says that its journal keeps it."""
    found = os.fstat(output)
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def _is_file(output: int) -> bool:
    return stat.S_ISREG(os.fstat(output).st_mode)


def _tell(*lines: str) -> None:
    """To the terminal and never through a log: a key may be among it."""
    print(*lines, sep="\n", flush=True)
