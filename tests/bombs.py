"""Files that are made to harm whoever reads them, and what it costs to read them."""

import gzip
import io
import os
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

MEGABYTE = 1 << 20


def blown_up(unit: bytes, unpacked: int, head: bytes = b"") -> bytes:
    """A small gzip file that unpacks to about so many bytes, of a unit again and again.

    A gzip file may have many members one after the other: ten gigabytes cost as much as ten megabytes.
    """
    piece = unit * (10 * MEGABYTE // len(unit))
    return gzip.compress(head) + gzip.compress(piece, 9) * (unpacked // len(piece))


def zip_of(name: str, unit: bytes, unpacked: int) -> bytes:
    """A small zip whose one member unpacks to so many bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed, packed.open(name, "w") as out:
        piece = unit * (MEGABYTE // len(unit))
        for _ in range(unpacked // len(piece)):
            out.write(piece)
    return file.getvalue()


@contextmanager
def memory() -> Iterator[Callable[[], int]]:
    """Tell how much memory Python took at most since the block began."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def rss_mb(pid: int) -> float:
    """How much memory a process holds now; only Linux tells."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


class Cost(NamedTuple):
    """How a command ended, and what it took."""

    code: int
    err: str
    peak_mb: float
    cpu_s: float


# Linux counts what a process was before it became another program, too: started by a large run of tests it
# would seem to have been as large. So it is started by something small.
MEASURES = """
import os, subprocess, sys
to, *words = sys.argv[1:]
_, status, used = os.wait4(subprocess.Popen(words).pid, 0)
told = os.waitstatus_to_exitcode(status), used.ru_maxrss, used.ru_utime + used.ru_stime
open(to, "w").write(" ".join(map(str, told)))
os._exit(0)
"""


def command(*words: str, folder: Path) -> Cost:
    """Run `madoguchi` as a process of its own."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("MADOGUCHI_")}
    said, told = folder / "said", folder / "told"
    run = [sys.executable, "-c", MEASURES, str(told), sys.executable, "-m", "queue_service.cli"]
    with said.open("wb") as err:
        subprocess.run([*run, *words], env=env, stdout=subprocess.DEVNULL, stderr=err, check=True)
    code, peak, cpu_s = told.read_text().split()
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(
        int(code), said.read_text("utf-8", "replace"), int(peak) * unit / MEGABYTE, float(cpu_s)
    )


def files_below(folder: Path) -> Iterator[tuple[str, int]]:
    """Every file with its size."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield str(file.relative_to(folder)), file.stat().st_size
