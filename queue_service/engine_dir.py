"""What the embedded engine keeps in its data dir: the lock, the socket, and who wrote the data.

Knows how a data dir is kept to one engine at a time, where that engine listens, and which engine
its files belong to. Refuses to know how an engine is started, and what is stored in it.
"""

import fcntl
import hashlib
import json
import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from queue_service.engine_check import Engine, EngineError, release, write_durably

LOCK_SECONDS = 2.0  # an engine whose parent was killed ends within this; a restart waits for it
POLL_SECONDS = 0.01  # small beside the moment an engine takes to end
SOCKET_PATH_BYTES = 103  # the kernel's limit for a Unix socket: 107 on Linux, 103 on macOS


class DataDirInUse(EngineError):
    """The data dir {data_dir} is in use ({holder}). Stop that one first, or give another
    directory with `--data-dir`. Two engines on one data dir would destroy it.
    """


class OtherEngine(EngineError):
    """The data in {data_dir} was written by {recorded}, and {engine} cannot be trusted to read
    it. Install {recorded} or a newer release of the same engine, or give another data dir.
    """


class NotPrivate(EngineError):
    """Others can enter {folder}, where the engine would listen. Remove it, or give another data dir
    with `--data-dir`: one with a short path needs no such folder.
    """


def take_lock(data_dir: Path) -> int:
    """Lock the data dir and return the open lock file; closing it gives the data dir back.

    The lock lives as long as any process has this open file, so a child that inherits it keeps the
    data dir locked. Of two at once one gets it; the other waits LOCK_SECONDS, as the engine of a
    killed parent may be about to end, and raises DataDirInUse.
    """
    lock = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_SECONDS
    while not _lock(lock, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            holder = os.pread(lock, 200, 0).decode(errors="replace") or "by another process"
            os.close(lock)
            raise DataDirInUse(data_dir=data_dir, holder=holder)
        time.sleep(POLL_SECONDS)
    os.ftruncate(lock, 0)
    return lock


def note_holder(lock: int, engine_pid: int) -> None:
    """Tell whoever finds the data dir locked by whom: a hint for a person, not the truth."""
    os.pwrite(lock, f"by process {os.getpid()}, engine process {engine_pid}".encode(), 0)


def is_locked(data_dir: Path) -> bool:
    """Whether an engine, or somebody who is starting one, holds this data dir at the moment."""
    try:
        lock = os.open(data_dir / "lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _lock(lock, fcntl.LOCK_SH)
    finally:
        os.close(lock)


def _lock(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def refuse_other_engine(data_dir: Path, engine: Engine) -> None:
    """Raise OtherEngine if this engine is not known to read the files that are in the data dir."""
    file = data_dir / "engine.json"
    if not file.exists():
        return
    recorded = json.loads(file.read_text())
    name, version = recorded["name"], recorded["version"]
    if engine.name != name or release(engine.version) < release(version):
        raise OtherEngine(data_dir=data_dir, recorded=f"{name} {version}", engine=engine)


def record_engine(data_dir: Path, engine: Engine) -> None:
    """Note which engine has written in the data dir, once it has proved that it can read it."""
    record = json.dumps({"name": engine.name, "version": engine.version})
    write_durably(data_dir / "engine.json", record + "\n")


def place_socket(data_dir: Path) -> Path:
    """Make way for the socket of this run; what an earlier run left is removed.

    Whoever calls it holds the lock.

    Raises:
        NotPrivate: others can enter the folder in which the socket would lie.
    """
    socket = socket_of(data_dir)
    if socket != _usual_socket(data_dir):
        socket.parent.mkdir(mode=0o700, exist_ok=True)
        found = socket.parent.lstat()
        mine = found.st_uid == os.geteuid() and stat.S_ISDIR(found.st_mode)
        if not mine or found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise NotPrivate(folder=socket.parent)
    socket.unlink(missing_ok=True)
    return socket


def socket_of(data_dir: Path) -> Path:
    """Where the engine of this data dir listens, if it does: always at the same place.

    In the data dir or, where that is too deep for a socket, in a folder that is named after it.
    """
    usual = _usual_socket(data_dir)
    if len(os.fsencode(usual)) <= SOCKET_PATH_BYTES:
        return usual
    name = hashlib.sha256(os.fsencode(usual)).hexdigest()[:16]
    return Path("/tmp", f"madoguchi-{name}", "engine.sock")  # noqa: S108 - checked to be ours


def remove_socket(data_dir: Path) -> None:
    """Remove the socket and the folder made for it. Harmless when there is none."""
    socket = socket_of(data_dir)
    socket.unlink(missing_ok=True)
    if socket != _usual_socket(data_dir):
        with suppress(OSError):  # somebody cleaned up before us
            socket.parent.rmdir()


def _usual_socket(data_dir: Path) -> Path:
    return data_dir.absolute() / "engine.sock"
