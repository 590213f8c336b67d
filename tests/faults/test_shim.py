"""Clock steps and power cuts on the engine that is bundled, and whether the shim sees them."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import redis

from queue_service.embedded import Embedded
from tests.faults.engines import connected, kill, until
from tests.faults.shim import Shim

HOUR = 3_600_000  # ms


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    return Shim(tmp_path / "shim")


def test_a_clock_step_is_seen_by_commands_and_scripts(data_dir: Path, shim: Shim) -> None:
    def error(seconds_and_micros: Any, offset: int) -> float:
        seconds, micros = map(int, seconds_and_micros)
        return abs(seconds + micros / 1e6 - time.time() - offset / 1000)

    with Embedded(data_dir, env=shim.env) as embedded, connected(embedded.url) as client:
        for offset in (0, 2 * HOUR, -2 * HOUR, -1, 1_234):
            shim.set_clock_offset(offset)
            assert error(client.time(), offset) < 0.2
            assert error(client.eval("return redis.call('TIME')", 0), offset) < 0.2


def press(url: str, acknowledged: list[int]) -> None:
    """Count up until the engine is gone, noting what was acknowledged."""
    with suppress(redis.RedisError), connected(url) as client:
        while True:
            acknowledged.append(client.incr("n"))


def cut_the_power(
    embedded: Embedded, shim: Shim, seconds: float, *, rewrite: bool
) -> tuple[int, int]:
    """Count up on four clients and cut the power. Returns what was acknowledged and what is left.

    With `rewrite` the engine is just rewriting its files, so that the cut meets several of them.
    """
    with embedded, connected(embedded.url) as client:
        acknowledged: list[int] = []
        clients = [
            threading.Thread(target=press, args=[embedded.url, acknowledged]) for _ in range(4)
        ]
        for thread in clients:
            thread.start()
        until(lambda: len(acknowledged) > 50)
        if rewrite:
            client.bgrewriteaof()
        time.sleep(seconds)  # not for a condition: how much is written before the cut
        count = len(acknowledged)
        until(lambda: len(acknowledged) > count)
        kill(embedded)
        for thread in clients:
            thread.join()
    shim.cut_to_last_sync(embedded.data_dir)
    with embedded, connected(embedded.url) as client:
        return max(acknowledged), int(client.get("n") or 0)


def test_a_power_cut_takes_nothing_that_was_acknowledged(data_dir: Path, shim: Shim) -> None:
    embedded = Embedded(data_dir, env=shim.env)
    for turn in range(6):
        seconds = turn % 3 * 0.05  # before, while and after the new files take over
        acknowledged, left = cut_the_power(embedded, shim, seconds, rewrite=True)
        assert left >= acknowledged


def test_a_power_cut_under_everysec_takes_what_came_after_the_last_sync(
    data_dir: Path, shim: Shim
) -> None:
    """The test of the test above: where syncs are missing, the shim shows it."""
    embedded = Embedded(data_dir, durability="everysec", env=shim.env)
    for _ in range(4):  # a sync may by chance end just before the cut, but not each time
        acknowledged, left = cut_the_power(embedded, shim, seconds=1.4, rewrite=False)
        assert left > 0, "there was time for a sync"
        if left < acknowledged:
            return
    pytest.fail("four power cuts took nothing: the shim does not see what is not on disk")


def test_the_shim_knows_what_each_sync_covered(data_dir: Path, shim: Shim) -> None:
    program = """
        import os, sys
        from pathlib import Path
        os.chdir(sys.argv[1])

        def write(name, synced, loose):
            with open(name, "wb", buffering=0) as file:
                file.write(bytes(synced))
                if synced:
                    os.fsync(file.fileno())
                file.write(bytes(loose))

        write("synced", 100, 0)
        write("partly", 100, 50)
        write("never", 0, 70)
        write("renamed-from", 100, 20)
        os.rename("renamed-from", "renamed")
        write("cut", 100, 0)
        os.truncate("cut", 30)
        with open("cut", "ab") as file:
            file.write(bytes(60))
        write("gone", 100, 0)
        os.unlink("gone")
        write("heir", 0, 80)  # most file systems give it the inode of the one that is gone
    """
    files = data_dir / "engine"
    files.mkdir(parents=True)
    environment = {**os.environ, **shim.env}
    command = [sys.executable, "-c", dedent(program), str(files)]
    subprocess.run(command, check=True, env=environment)
    assert shim.cut_to_last_sync(data_dir) == 50 + 70 + 20 + 60 + 80
    lengths = {file.name: file.stat().st_size for file in files.iterdir()}
    assert lengths == {
        "synced": 100,
        "partly": 100,
        "never": 0,
        "renamed": 100,
        "cut": 30,
        "heir": 0,
    }
    assert shim.cut_to_last_sync(data_dir) == 0
