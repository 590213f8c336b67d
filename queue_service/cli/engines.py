"""The engine a command works on: the one that runs, or the embedded one for as long as needed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from queue_service.access import Access
from queue_service.cli.command import CommandFailed, say
from queue_service.connection import UNNAMED
from queue_service.embedded import Embedded, running_url
from queue_service.engine_check import check_dataset, check_engine
from queue_service.engine_trouble import explained, why
from queue_service.ledger import Ledger
from queue_service.refusals import Unavailable
from queue_service.round_trip import Intent
from queue_service.settings import Settings

ANSWER_S = 5.0  # a full disk sync takes tens of milliseconds; silence for so long is a fault

_T = TypeVar("_T")


@contextmanager
def engine(settings: Settings, *, create: bool = False) -> Iterator[str]:
    """The address of the engine with the data set.

    `MADOGUCHI_REDIS_URL`, else the one that runs on the data dir, else the embedded one, started
    here and stopped at the end. With `create`, a data dir that is empty becomes a data set.

    Raises:
        CommandFailed: the data dir holds no data set.
        EngineError: the embedded engine cannot be started.
    """
    url = settings.redis_url or running_url(settings.data_dir)
    if url:
        yield url
        return
    if not create and not (settings.data_dir / "engine").exists():
        raise CommandFailed(
            f"There is no data set in {settings.data_dir}. Give another directory with "
            "`--data-dir`, or make one: `madoguchi up`."
        )
    with Embedded(settings.data_dir, durability=settings.durability) as embedded:
        yield embedded.url


def guard(settings: Settings, url: str, *, writes: bool = True) -> None:
    """Refuse an engine that would lose tickets, or one with another data set than expected.

    Every part asks so before it serves. Says what could not be found out. A part that `writes` no ticket
    has none to lose: its user need not be able to look at the engine's settings.

    Raises:
        CommandFailed: the engine cannot be reached.
        UnsafeEngine, DataSetVanished
    """
    with plain(url) as client:
        for doubt in check_engine(client, settings.durability) if writes else []:
            say(doubt)
        check_dataset(client, settings.data_dir)


@contextmanager
def plain(url: str) -> Iterator["redis.Redis"]:
    """A client that waits for its answer and asks once; for checks, not for visitors.

    Raises:
        CommandFailed: the engine cannot be reached, or does not let us.
    """
    client = redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=ANSWER_S,
        socket_timeout=ANSWER_S,
        retry=Retry(NoBackoff(), 0),
        **UNNAMED,
    )
    try:
        with client:
            yield client
    except redis.RedisError as failure:
        raise CommandFailed(explained(failure, url)) from failure


def access_of(ledger: Ledger, settings: Settings) -> Access:
    """The keys of the data set that a ledger belongs to."""
    return Access(ledger.redis, settings.admin_key, settings.pepper)


def by_hand() -> Intent:
    """The intent of whoever sits at the command line; so it stands in the audit log."""
    return Intent.once(by="command line")


async def check_office(ledger: Ledger, office: str) -> None:
    """Refuse an office that there is not.

    Raises:
        CommandFailed
    """
    offices = await ledger.offices()
    if office not in offices:
        known = ", ".join(offices) or "none yet"
        raise CommandFailed(
            f"There is no office {office} (there is: {known}). "
            "`madoguchi office apply FILE.yaml` makes one."
        )


def check_pepper(settings: Settings) -> None:
    """Refuse to look at keys that were hashed otherwise: nobody would be let in.

    Raises:
        OtherPepper
    """
    with_ledger(settings, lambda ledger: access_of(ledger, settings).hashes())


def with_ledger(
    settings: Settings, use: Callable[[Ledger], Awaitable[_T]], *, create: bool = False
) -> _T:
    """What `use` makes of the ledger."""

    # Not as the result of a task: asyncio.run has it written out as text when it ends, to no purpose
    # (it asks `signal` about a handler that holds the task). Of a year of days that took 400 MB.
    found: list[_T] = []

    async def opened(url: str) -> None:
        async with Ledger.open(url, settings.archives) as ledger:
            found.append(await use(ledger))

    with engine(settings, create=create) as url, _explaining(url):
        asyncio.run(opened(url))
    return found[0]


@contextmanager
def _explaining(url: str) -> Iterator[None]:
    """Tell why the engine could not be worked with.

    Raises:
        CommandFailed
    """
    try:
        yield
    except Unavailable as away:
        raise CommandFailed(why(away, url)) from away
