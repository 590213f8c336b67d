"""A private Redis or Valkey server for one-machine use and for the tests.

Knows how to find, start, watch and stop one engine on one data dir, and how to keep a second one
away from it. Refuses to know what is stored in the engine, and who uses it.

What is in the data dir: `lock` (held by flock while the engine lives), `engine.json` (which engine
wrote the data), `dataset` (which data set it must be), `engine.sock`, `engine.log`, and
`engine/`, the engine's own files. Only `engine/`, `engine.json` and `dataset` matter at rest.
"""

import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from queue_service.engine_check import (
    Durability,
    Engine,
    EngineError,
    check_dataset,
    check_engine,
    find_engine,
)
from queue_service.engine_dir import (
    is_locked,
    note_holder,
    place_socket,
    record_engine,
    refuse_other_engine,
    remove_socket,
    socket_of,
    take_lock,
)

START_SECONDS = 60.0  # a year of a big office loads in a few; ten times that is a fault
STOP_SECONDS = 10.0  # a healthy engine stops in milliseconds; one that hangs so long is killed
POLL_SECONDS = 0.01  # small beside the 50 ms that an engine needs to start
LOG_LINES = 12  # how much of the engine's log a failed start shows
LOG_BYTES = 4_000_000  # a log that has grown beyond this is put aside at the next start
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork


class EngineFailed(EngineError):
    """The engine {engine} did not start on {data_dir}: {reason}. {remedy}

    The end of its log ({log}):

    {lines}
    """


class Embedded:
    """An engine on its own data dir, alive from `start` to `stop` and never longer than we are.

    `durability` is what an acknowledgement means: "always" on disk, "everysec" on disk within a
    second (a clock set back stops these syncs until it has caught up). `engine` is `find_engine()`
    unless given; `env` is added to the engine's environment. `any_dataset` is for a restore alone: it
    puts a data set where the expected one may have vanished.

    Ends with this process, however that ends: on Linux the kernel sends the engine SIGTERM when the
    thread that spawned it ends, so `start` insists on the main thread. Other systems have no
    such signal: there an engine outlives a killed parent, keeps the lock, and must be stopped by
    hand. Ctrl-C at a terminal reaches the whole process group, so SIGINT is blocked in the engine:
    it is still there while the API finishes its last requests, and goes when `stop` says so.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        durability: Durability = "always",
        engine: Engine | None = None,
        env: Mapping[str, str] | None = None,
        any_dataset: bool = False,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.durability: Durability = durability
        self._any_dataset = any_dataset
        self._given_engine = engine
        self._env = dict(env or {})
        self._lock: int | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for redis.from_url, redis.asyncio.from_url and rq."""
        return _url(socket_of(self.data_dir))

    @property
    def pid(self) -> int | None:
        """The engine's process id, or None when it is not running."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def start(self) -> Self:
        """Start the engine and return when it answers with its own data set loaded and checked.

        Does nothing when it runs already; starts it again when it has died. Of two starts at once
        on one data dir one gets it and the other raises DataDirInUse. After an error nothing runs
        and the data dir is free. Raises NoEngine, DataDirInUse, OtherEngine, EngineFailed,
        UnsafeEngine or DataSetVanished. Needs the main thread.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start the engine from the main thread: it ends with its thread")
        if self.pid is not None:
            return self
        self._unlock()  # one that died leaves its socket: whoever works with it looks for it there
        engine = self._given_engine or find_engine()
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._lock = take_lock(self.data_dir)
            refuse_other_engine(self.data_dir, engine)
            self._spawn(engine)
            self._check()
            record_engine(self.data_dir, engine)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End the engine: asked first, killed after `seconds`. Harmless when it does not run."""
        if self._child is not None:
            self._child.terminate()
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
            self._child = None
            remove_socket(self.data_dir)
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _spawn(self, engine: Engine) -> None:
        assert self._lock is not None
        socket = place_socket(self.data_dir)
        log = _turned_page(self.data_dir / "engine.log")
        with log.open("ab") as output:
            log_start = output.tell()
            self._child = subprocess.Popen(
                [engine.path, *_settings(self.data_dir, socket, log)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self._env},
                pass_fds=[self._lock],  # an engine that outlives us keeps the data dir locked
                preexec_fn=_tie_to(os.getpid()),  # noqa: PLW1509 - calls only what is safe there
            )
        note_holder(self._lock, self._child.pid)
        reason = _wait_until_ready(self._child, socket)
        if reason:
            raise _failure(engine, self.data_dir, log, log_start, reason)

    def _check(self) -> None:
        with _client(socket_of(self.data_dir)) as client:
            # The engine starts with "always" whatever is wanted: the data set's id must be on
            # disk in the engine before it is in the file.
            check_engine(client)
            if not self._any_dataset:
                check_dataset(client, self.data_dir)
            client.config_set("appendfsync", self.durability)


def running_url(data_dir: Path) -> str | None:
    """The URL of the engine that is serving this data dir, or None when there is none.

    It may stop the moment after. An engine that is still loading counts as none.
    """
    if not is_locked(data_dir):
        return None
    socket = socket_of(data_dir)
    try:
        with _client(socket) as client:
            client.ping()
    except redis.RedisError:
        return None
    return _url(socket)


def _settings(data_dir: Path, socket: Path, log: Path) -> list[str]:
    directory = data_dir / "engine"
    directory.mkdir(mode=0o700, exist_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "logfile": str(log),
        "loglevel": "notice",
        "daemonize": "no",
        "set-proc-title": "no",  # keeps the data dir readable in the process list
        "appendonly": "yes",
        "appendfsync": "always",
        "aof-load-truncated": "yes",  # a tail cut by a power loss was never acknowledged
        "maxmemory-policy": "noeviction",
        "save": "",
        "shutdown-on-sigterm": "now force",  # nothing may talk it out of stopping
    }
    return [word for name, value in settings.items() for word in (f"--{name}", value)]


def _turned_page(log: Path) -> Path:
    """Keep one earlier log when this one has grown large."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log


def _tie_to(parent: int) -> Callable[[], None]:
    """What the child does before it becomes the engine; see Embedded for the reasons."""

    def before_exec() -> None:
        # A mask survives exec, and unlike an ignored signal the engine does not set it anew.
        signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGINT})
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # it died before the kernel knew our wish
                os._exit(1)

    return before_exec


def _wait_until_ready(child: subprocess.Popen[bytes], socket: Path) -> str | None:
    """Wait until the engine has loaded its data. Returns why it did not, or None."""
    deadline = time.monotonic() + START_SECONDS
    with _client(socket) as client:
        while time.monotonic() < deadline:
            if child.poll() is not None:
                return f"it ended with code {child.returncode}"
            with suppress(redis.ConnectionError, redis.TimeoutError):  # absent, loading, or busy
                client.ping()
                return None
            time.sleep(POLL_SECONDS)
    return f"it did not answer within {START_SECONDS:.0f} s"


def _failure(engine: Engine, data_dir: Path, log: Path, start: int, reason: str) -> EngineFailed:
    lines = log.read_bytes()[start:].decode(errors="replace").splitlines()[-LOG_LINES:]
    said = "\n".join(lines)
    if "No space left" in said:
        remedy = "The disk is full: free some space and start again, nothing is lost."
    elif re.search(r"(?i) # .*(AOF|RDB|append only file)", said):
        remedy = (
            "Its files are damaged: restore a backup (`madoguchi restore FILE`). Without one, copy "
            f"{data_dir / 'engine'} to a safe place, then let `bash -c 'exec -a "
            f"{engine.name}-check-aof {engine.path} FILE'` say where the damage is in the "
            ".incr.aof file that the log names. Its --fix cuts off everything after that place."
        )
    else:
        remedy = "Put right what the log names and start again."
    return EngineFailed(
        engine=engine, data_dir=data_dir, reason=reason, remedy=remedy, log=log, lines=said
    )


def _url(socket: Path) -> str:
    return f"unix://{quote(str(socket))}?db=0"


def _client(socket: Path) -> redis.Redis:
    """A client that neither hangs nor asks twice: a second SETNX would misread the first."""
    return redis.Redis(
        unix_socket_path=str(socket),
        socket_timeout=5,  # seconds; a full disk sync takes tens of milliseconds
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
