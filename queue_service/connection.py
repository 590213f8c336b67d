"""How we reach Redis: pool, time limits and retries, each chosen on purpose.

The client's own defaults would re-send a write ten times, wait for almost a minute on a server that
accepts and never answers, and fail two of three commands when 300 come at once.
"""

from typing import Any

from redis import exceptions
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

# redis-py cannot tell its types that replies are `str` here, so every reply would be "bytes or str or
# None". What a reply holds is known from the script or command that gave it.
Client = Any

# The client need not tell the engine which library it is: an older engine could not be told to allow it.
UNNAMED: dict[str, Any] = {"driver_info": None}

# What the client raises when the engine is gone, mute, or a replica that takes no writes.
AWAY = (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.ReadOnlyError, TimeoutError)

CONNECTIONS = 32  # a pool that waits for a free connection; more only queue up in the engine
QUEUED_S = 3.0  # how long a command may wait for a connection; the deadline is shorter or equal
CONNECT_S = 0.5  # a server on the same network answers in milliseconds or not at all
ANSWER_S = 1.0  # the slowest script takes a few milliseconds; a full disk sync tens
RETRIES = 5  # safe, because every write carries its intent and is answered once
BACKOFF_S = 0.05  # first pause; doubles up to BACKOFF_CAP_S, so a restart of 1 s is bridged
BACKOFF_CAP_S = 0.4


def connect(url: str) -> Client:
    """A client for short commands. Whoever uses it bounds the whole with a deadline of his own.

    Strings are read as they are: the client decodes UTF-8. Blocking reads need `connect_blocking`.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=QUEUED_S,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=ANSWER_S,
        retry=Retry(ExponentialBackoff(cap=BACKOFF_CAP_S, base=BACKOFF_S), RETRIES),
        decode_responses=True,
        health_check_interval=0,
        **UNNAMED,
    )
    return Redis.from_pool(pool)


def connect_blocking(url: str) -> Client:
    """A client for `XREAD BLOCK`: one connection, no time limit on the answer, no silent retry."""
    return Redis.from_url(
        url,
        max_connections=1,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=None,
        retry=Retry(ExponentialBackoff(), 0),
        decode_responses=True,
        **UNNAMED,
    )
