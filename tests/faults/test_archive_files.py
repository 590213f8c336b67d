"""Whoever seals is killed, loses its power or fills the disk: what the archive lists is whole."""

import gzip
import hashlib
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from queue_service import archive as archive_module
from queue_service import events, whole_file
from queue_service.archive import Archive, RawEntry
from queue_service.archive_manifest import NotWritten
from tests.faults.shim import Shim
from tests.live import PATIENCE_S, wait_until

pytestmark = pytest.mark.faults
FORKS = multiprocessing.get_context("forkserver")  # tests.live says what it imports only once
ROOT = Path(__file__).parents[2]
EACH = 20  # entries a day
KEPT = 5  # days: older ones are deleted now and then
USUAL_KILLS = 100
KILLS_A_FOLDER = 25  # the more has been sealed, the longer each check takes
USUAL_CUTS = 5
START = date(2026, 4, 1)
NIGHT = 1_795_000_000_000
ROOM = 64 * 1024  # bytes of the small disk


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: a kill loses nothing that the kernel has taken."""
    shm = Path("/dev/shm")  # noqa: S108 - the folder below it has a name of its own
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else tmp_path) as folder:
        yield Path(folder)


def archive_in(folder: Path) -> Archive:
    return Archive(folder, "small", "set-1")


def day(n: int) -> list[RawEntry]:
    """The entries of the nth day, always the same."""
    first, on = n * EACH + 1, (START + timedelta(days=n)).isoformat()
    helped = [events.Helped(at=first + k, channel="kiosk", date=on) for k in range(1, EACH)]
    told = [events.DayOpened(at=first, date=on), *helped]
    return [(first + k, events.encode(event)) for k, event in enumerate(told)]


def seal(archive: Archive, n: int) -> None:
    first, last = n * EACH + 1, (n + 1) * EACH
    on = START + timedelta(days=n)
    archive.seal(on, first, last, day(n), figures_until=last, sealed_at=NIGHT)


def seal_next(archive: Archive) -> int:
    """Seal one day more, and delete old ones now and then; returns how many are listed."""
    n = archive.last() // EACH
    seal(archive, n)
    if n % KEPT == 0:
        archive.delete(archive.old(START + timedelta(days=n - KEPT)), deleted_at=NIGHT)
    return n + 1


def seal_for_ever(folder: str, begun: Callable[[object], object]) -> None:
    """What is killed."""
    begun(True)
    while True:
        seal_next(archive_in(Path(folder)))


def faults(folder: Path) -> list[str]:
    """What is wrong with an archive at rest, found without its own reader."""
    small = folder / "small"
    found = [f"{file} is not whole" for file in small.glob("ledger/*/[0-9]*") if not whole(file)]
    try:
        manifest = json.loads((small / "manifest.json").read_bytes())
    except FileNotFoundError:
        return found
    except ValueError:
        return [*found, "the manifest is broken"]
    following = 1
    for line in manifest["segments"]:
        file = small / "ledger" / line["date"][:4] / f"{line['date']}.ndjson.gz"
        if (line["first"], line["rows"]) != (following, EACH):
            found.append(f"{line} does not follow on {following - 1}")
        following = line["last"] + 1
        if "deleted_at" not in line and not (file.exists() and sha256(file) == line["sha256"]):
            found.append(f"{file} is not what is listed")
    return found


def whole(file: Path) -> bool:
    """Whether a file holds the entries of its day."""
    n = (date.fromisoformat(file.name[:10]) - START).days
    try:
        rows = [json.loads(row) for row in gzip.decompress(file.read_bytes()).splitlines()]
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return False
    return rows == [{"entry_id": id, **json.loads(raw)} for id, raw in day(n)]


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def remains(folder: Path) -> list[str]:
    """Files that are neither listed nor a lock: what an interrupted sealing leaves."""
    archive = archive_in(folder)
    listed = {archive.file(each.date) for each in archive.segments() if each.kept}
    named = {archive.folder / "manifest.json", archive.folder / "lock", *listed}
    return sorted(str(each) for each in folder.rglob("*") if each.is_file() and each not in named)


def judge(folder: Path) -> None:
    """Nothing that is listed is broken, and sealing goes on and clears away what was left."""
    assert faults(folder) == []
    archive = archive_in(folder)
    assert archive.check() is None
    days = seal_next(archive)
    assert archive.last() == days * EACH
    assert faults(folder) == []
    assert archive.check() is None
    assert remains(folder) == []


# Killed


def leave_wrecks(folder: str, days: int) -> None:
    """Fork who seals one day more, and kill each at another line of the code; then, at none."""
    sound = Path(folder) / "sound"
    sound.mkdir()
    for _ in range(days):
        seal_next(archive_in(sound))
    for n in count(1):
        wreck = shutil.copytree(sound, Path(folder) / f"wreck-{n:03d}")
        child = os.fork()
        if child == 0:
            sys.settrace(killing_at(n))
            seal_next(archive_in(wreck))
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            return


def killing_at(n: int) -> Callable[[Any, str, Any], Any]:
    """Kills this process before the nth line that it runs; a loop counts twice, however long."""
    files = {archive_module.__file__, whole_file.__file__}
    seen = Counter[tuple[str, int]]()

    def trace(frame: Any, event: str, _: Any) -> Any:
        file = frame.f_code.co_filename
        if file not in files:
            return None
        if event == "line":
            seen[file, frame.f_lineno] += 1
            if seen[file, frame.f_lineno] <= 2 and sum(min(2, k) for k in seen.values()) == n:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


@pytest.mark.parametrize("days", [0, 1, 2 * KEPT])
def test_whoever_seals_may_be_killed_at_any_line(
    memory: Path, days: int, measured: Callable[[str], None]
):
    """The first day of all, the next, and one with which others are deleted."""
    child = FORKS.Process(target=leave_wrecks, args=(str(memory), days))
    child.start()
    child.join()
    assert child.exitcode == 0
    *wrecks, _ = sorted(memory.glob("wreck-*"))  # the last was not killed
    interrupted = unfinished = 0
    for wreck in wrecks:
        interrupted += bool(remains(wreck))
        unfinished += archive_in(wreck).last() == days * EACH
        judge(wreck)
    measured(f"{len(wrecks)} kills, {unfinished} before it was sealed, {interrupted} left files")
    assert 0 < interrupted < unfinished < len(wrecks)


@contextmanager
def sealers(folder: Path, number: int) -> Iterator[list[Any]]:
    """So many processes at work on one archive; none is left when the block ends."""
    hear, tell = FORKS.Pipe(duplex=False)
    children = [
        FORKS.Process(target=seal_for_ever, args=(str(folder), tell.send)) for _ in range(number)
    ]
    for child in children:
        child.start()
    try:
        assert all(hear.poll(PATIENCE_S) and hear.recv() for _ in children), "waited in vain"
        yield children
    finally:
        for child in children:
            child.kill()
            child.join()
        hear.close()
        tell.close()


def test_two_who_seal_are_killed_again_and_again_and_nothing_listed_is_broken(
    memory: Path, rounds: Callable[[int], int], measured: Callable[[str], None]
):
    seed = random.randrange(1 << 32)
    moments, kills, interrupted, days = random.Random(seed), rounds(USUAL_KILLS), 0, 0
    print(f"seed {seed}")
    for n in range(kills):
        folder = memory / f"from-{n // KILLS_A_FOLDER}"
        with sealers(folder, 2) as (first, second):
            time.sleep(moments.uniform(0, 0.03))
            first.kill()
            time.sleep(moments.uniform(0, 0.01))
            second.kill()
        interrupted += bool(remains(folder))
        judge(folder)
    for folder in memory.iterdir():
        archive = archive_in(folder)
        days += archive.last() // EACH
        kept = next(each.first for each in archive.segments() if each.kept)
        ledger = [entry for n in range(archive.last() // EACH) for entry in day(n)]
        assert list(archive.entries(kept - 1)) == ledger[kept - 1 :]
    measured(f"{kills} kills of two, {interrupted} left files behind, {days} days sealed")


def seal_all(folder: str, days: int) -> None:
    for n in range(days):
        seal(archive_in(Path(folder)), n)


def test_processes_that_seal_the_same_days_at_once_list_each_day_once(memory: Path):
    days = 40
    children = [FORKS.Process(target=seal_all, args=(str(memory), days)) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * 4
    assert archive_in(memory).last() == days * EACH
    assert faults(memory) == []
    assert remains(memory) == []


# The power goes


def cut_the_power(folder: Path, cuts: int, *, synced: bool = True) -> Iterator[list[str]]:
    """Seal and cut the power, again and again; gives what is broken after each cut."""
    shim = Shim(folder / "shim")
    place, begun = folder / "engine", folder / "begun"  # where the shim looks for files
    manifest = place / "small" / "manifest.json"
    forget = "" if synced else "import os; os.fsync = lambda descriptor: None; "
    work = (
        f"{forget}from pathlib import Path; from tests.faults.test_archive_files import seal_for_ever; "
        f"seal_for_ever({str(place)!r}, lambda _: Path({str(begun)!r}).touch())"
    )
    for _ in range(cuts):
        begun.unlink(missing_ok=True)
        child = subprocess.Popen(
            [sys.executable, "-c", work], cwd=ROOT, env={**os.environ, **shim.env}
        )
        try:
            wait_until(lambda: begun.exists() and manifest.exists())
            time.sleep(random.uniform(0, 0.1))
        finally:
            child.kill()
            child.wait()
        shim.cut_to_last_sync(folder)
        yield faults(place)


def test_what_is_listed_is_on_disk_when_the_power_goes(
    tmp_path: Path, rounds: Callable[[int], int]
):
    for found in cut_the_power(tmp_path, rounds(USUAL_CUTS)):
        assert found == []
    assert archive_in(tmp_path / "engine").check() is None
    assert archive_in(tmp_path / "engine").last() > 0


def test_the_same_breaks_the_archive_when_nothing_is_synced(tmp_path: Path):
    """The test of the test: were nothing broken here either, it would prove nothing."""
    assert next(cut_the_power(tmp_path, 1, synced=False)) != []


# The disk is full


@contextmanager
def room(limit: int) -> Iterator[None]:
    """No file may grow beyond a limit: a write comes back short, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_wherever_the_room_ends_nothing_half_written_is_left(tmp_path: Path):
    archive, days = archive_in(tmp_path), 3
    for n in range(days):
        seal(archive, n)
    refused = 0
    for limit in count(0, 25):
        try:
            with room(limit):
                seal(archive, days)
            break
        except NotWritten as refusal:
            said = str(refusal)
        refused += 1
        assert str(archive.folder) in said and "File too large. Nothing was lost" in said
        assert archive.last() == days * EACH
        assert faults(tmp_path) == []
        assert remains(tmp_path) in ([], [str(archive.file(START + timedelta(days=days)))])
    assert refused > 10
    judge(tmp_path)


def fill(folder: str) -> None:
    """Seal on a small disk of its own until it is full, then make room; exit code 0: all is well."""
    disk = Path(folder)
    ballast, archive = disk / "ballast", archive_in(disk / "archive")
    ballast.write_bytes(bytes(ROOM // 4))
    for n in count():
        before = archive.segments()
        try:
            seal(archive, n)
        except NotWritten as refusal:
            said = str(refusal)
            break
    assert "No space left on device. Nothing was lost" in said, said
    assert n > 2
    assert archive.segments() == before
    assert faults(disk / "archive") == []
    assert not list(disk.rglob(".*"))
    ballast.unlink()
    judge(disk / "archive")
    assert len(archive.segments()) == n + 1
    print(f"the disk was full on day {n}")


def test_a_full_disk_stops_the_sealing_and_loses_nothing(tmp_path: Path):
    small = f"mount -t tmpfs -o size={ROOM},mode=700 small"
    apart = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    try:
        subprocess.run([*apart, f"{small} {tmp_path}"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as reason:
        pytest.skip(f"NO SMALL DISK CAN BE MOUNTED: a really full disk is NOT tested ({reason})")
    work = f"from tests.faults.test_archive_files import fill; fill({str(tmp_path)!r})"
    done = subprocess.run(
        [*apart, f'{small} {tmp_path} && exec "$0" -c "$1"', sys.executable, work],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "the disk was full on day" in done.stdout
