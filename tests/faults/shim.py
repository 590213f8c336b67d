"""Power cuts and clock steps for an engine under test.

Killing a process loses nothing the kernel has taken, so it says little about durability. A power
cut is played by killing the engine and cutting its files back to what had been synced.
"""

import atexit
import mmap
import os
import shutil
import struct
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

import pytest

SLOT = struct.Struct("=QQ")  # identity of the file, bytes synced; as in shim.c
SLOTS = 4096
CLOCK_SECONDS = 0.005  # Valkey counts processor ticks and asks for the time each millisecond


class Shim:
    """Watches the syncs of the engines started with its `env`, and sets their clock.

    Use one for all the engines that have a data dir in turn, from the first start on: a file whose
    sync it has not seen counts as lost. Files live in `directory`, which must outlive the engines.
    Skips the test, loudly, on a machine that cannot build it, and fails it there under CI.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._syncs = directory / "syncs"
        self._syncs.write_bytes(bytes(SLOTS * SLOT.size))
        self._clock = directory / "clock"
        self._clock.write_bytes(bytes(8))
        self.env = {
            "LD_PRELOAD": str(_library()),
            "SHIM_SYNCS": str(self._syncs),
            "SHIM_CLOCK": str(self._clock),
        }

    def set_clock_offset(self, milliseconds: int) -> None:
        """Step the engine's time of day to this far from the true one; seen when this returns."""
        with self._clock.open("r+b") as file, mmap.mmap(file.fileno(), 8) as memory:
            memory[:] = struct.pack("=q", milliseconds)  # one store: never seen half done
        time.sleep(CLOCK_SECONDS)

    def cut_to_last_sync(self, data_dir: Path) -> int:
        """Take from a killed engine's files what a power cut could have; returns bytes taken.

        A file never synced becomes empty. Cutting twice takes nothing more.
        """
        synced = self._synced_lengths()
        taken = 0
        for file in sorted((data_dir / "engine").rglob("*")):
            if file.is_file():
                status = file.stat()
                kept = min(status.st_size, synced.get(_identity(status), 0))
                taken += status.st_size - kept
                os.truncate(file, kept)
        return taken

    def _synced_lengths(self) -> dict[int, int]:
        return {file: length for file, length in SLOT.iter_unpack(self._syncs.read_bytes()) if file}


def _identity(status: os.stat_result) -> int:
    return ((status.st_dev << 40) ^ status.st_ino) % 2**64


@cache
def _library() -> Path:
    """The compiled shim, built once a run and removed when the run ends."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not os.path.exists("/proc/self"):
        excuse = "NO C COMPILER OR NOT LINUX: power cuts and clock steps are NOT tested here"
        if os.environ.get("CI"):
            pytest.fail(excuse)
        pytest.skip(excuse)
    directory = tempfile.mkdtemp(prefix="madoguchi-shim-")
    atexit.register(shutil.rmtree, directory)
    library = Path(directory) / "shim.so"
    source = Path(__file__).with_name("shim.c")
    flags = ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler, *flags, source, "-o", library, "-ldl"], check=True)
    return library
