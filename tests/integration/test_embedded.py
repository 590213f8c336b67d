"""The embedded engine: real processes, started twice, killed, orphaned and damaged."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from textwrap import dedent

import pytest
import redis

from queue_service.embedded import Embedded, EngineFailed, running_url
from queue_service.engine_check import (
    Engine,
)
from queue_service.engine_dir import DataDirInUse, NotPrivate, socket_of
from tests.faults.engines import connected, is_alive, kill, until


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def incr_file(data_dir: Path) -> Path:
    return next((data_dir / "engine" / "appendonlydir").glob("*.incr.aof"))


# ---- start, stop, again


def test_data_is_there_after_a_restart(data_dir: Path) -> None:
    with Embedded(data_dir) as embedded, connected(embedded.url) as client:
        client.set("a", "1")
    with Embedded(data_dir) as embedded, connected(embedded.url) as client:
        assert client.get("a") == "1"


def test_stopping_ends_the_engine_and_twice_is_harmless(data_dir: Path) -> None:
    embedded = Embedded(data_dir).start()
    pid = embedded.pid
    assert pid is not None
    assert embedded.start().pid == pid, "a second start of the same changes nothing"
    embedded.stop()
    embedded.stop()
    assert embedded.pid is None
    assert not is_alive(pid)
    assert not (data_dir / "engine.sock").exists()


def test_an_engine_that_hangs_is_killed(data_dir: Path) -> None:
    embedded = Embedded(data_dir).start()
    assert embedded.pid is not None
    os.kill(embedded.pid, signal.SIGSTOP)
    embedded.stop(seconds=0.2)
    assert embedded.pid is None


def test_strangers_are_kept_out(data_dir: Path) -> None:
    with Embedded(data_dir) as embedded, connected(embedded.url) as client:
        assert client.config_get("port") == {"port": "0"}
        assert data_dir.stat().st_mode & 0o777 == 0o700
        assert (data_dir / "engine.sock").stat().st_mode & 0o777 == 0o700


def test_the_process_list_shows_the_data_dir(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)  # so that it is not just the socket that shows it
    with Embedded(deep) as embedded:
        assert str(deep) in Path(f"/proc/{embedded.pid}/cmdline").read_text()
        assert os.getpgid(embedded.pid or 0) == os.getpgid(0)


def test_a_data_dir_too_deep_for_a_socket_works(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120) / "with space?"
    with Embedded(deep) as embedded, connected(embedded.url) as client:
        assert client.ping()
        assert running_url(deep) == embedded.url
        socket = socket_of(deep)
        assert len(os.fsencode(socket)) < 60
        assert socket.parent.stat().st_mode & 0o777 == 0o700
    assert not socket.parent.exists()


def test_the_engine_of_a_deep_data_dir_listens_always_at_the_same_place(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    with Embedded(deep) as embedded:
        url = embedded.url
        kill(embedded)
        embedded.start()
        assert embedded.url == url
        with connected(url) as client:
            assert client.ping()
    with Embedded(deep) as embedded:
        assert embedded.url == url


def test_an_engine_does_not_listen_where_others_can_enter(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    folder = socket_of(deep).parent
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    with pytest.raises(NotPrivate, match=str(folder)):
        Embedded(deep).start()
    folder.chmod(0o700)
    with Embedded(deep) as embedded, connected(embedded.url) as client:
        assert client.ping()


async def test_the_url_serves_asyncio_clients_too(data_dir: Path) -> None:
    with Embedded(data_dir) as embedded:
        async with redis.asyncio.from_url(embedded.url) as client:
            assert await client.ping()


def test_the_wanted_durability_is_set(data_dir: Path) -> None:
    for wanted in ("everysec", "always"):
        embedded = Embedded(data_dir, durability=wanted)
        with embedded, connected(embedded.url) as client:
            assert client.config_get("appendfsync") == {"appendfsync": wanted}


def test_an_engine_that_cannot_start_says_so_and_leaves_the_data_dir_free(data_dir: Path) -> None:
    with pytest.raises(EngineFailed, match="ended with code 1"):
        Embedded(data_dir, engine=Engine(Path("/bin/false"), "valkey", "9.9.9")).start()
    with Embedded(data_dir):
        pass


# ---- two at once, and the parent's end


def test_a_second_start_on_the_same_data_dir_is_refused(data_dir: Path) -> None:
    with Embedded(data_dir) as embedded, connected(embedded.url) as client:
        with pytest.raises(DataDirInUse, match="--data-dir") as refused:
            Embedded(data_dir).start()
        assert str(data_dir) in str(refused.value)
        assert f"engine process {embedded.pid}" in str(refused.value)
        assert client.ping(), "the first one must not notice"


def test_others_find_the_running_engine(data_dir: Path) -> None:
    assert running_url(data_dir) is None
    with Embedded(data_dir) as embedded:
        assert running_url(data_dir) == embedded.url
        assert embedded.pid is not None
        os.kill(embedded.pid, signal.SIGKILL)
        until(lambda: running_url(data_dir) is None)
    assert running_url(data_dir) is None


def test_an_engine_that_outlives_its_parent_keeps_the_data_dir(data_dir: Path) -> None:
    embedded = Embedded(data_dir).start()
    assert embedded.pid is not None
    assert embedded._lock is not None
    os.close(embedded._lock)  # what the end of the parent would do
    embedded._lock = None
    try:
        with pytest.raises(DataDirInUse):
            Embedded(data_dir).start()
    finally:
        embedded.stop()
    with Embedded(data_dir):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="no parent-death signal: see Embedded")
def test_the_engine_ends_when_its_parent_is_killed_and_a_restart_at_once_works(
    data_dir: Path,
) -> None:
    program = """
        import sys, time
        from pathlib import Path
        import redis
        from queue_service.embedded import Embedded
        embedded = Embedded(Path(sys.argv[1])).start()
        redis.Redis.from_url(embedded.url).set("a", "1")
        print(embedded.pid, flush=True)
        time.sleep(60)
    """
    command = [sys.executable, "-c", dedent(program), str(data_dir)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
    with Embedded(data_dir) as embedded, connected(embedded.url) as client:
        assert client.get("a") == "1"
        assert not is_alive(pid)


def test_ctrl_c_at_the_terminal_leaves_the_engine_alive(data_dir: Path) -> None:
    with Embedded(data_dir) as embedded, connected(embedded.url) as client:
        assert embedded.pid is not None
        os.kill(embedded.pid, signal.SIGINT)
        for _ in range(20):  # more than two turns of the engine's own timer
            assert client.ping()
            time.sleep(0.01)


def test_starting_from_a_thread_is_refused(data_dir: Path) -> None:
    errors: list[BaseException] = []

    def start() -> None:
        try:
            Embedded(data_dir).start()
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


# ---- killed, cut, damaged


def test_nothing_is_lost_when_the_engine_is_killed(data_dir: Path) -> None:
    embedded = Embedded(data_dir).start()
    with connected(embedded.url) as client:
        acknowledged = [client.incr("n") for _ in range(300)][-1]
    kill(embedded)
    with embedded, connected(embedded.url) as client:
        assert int(client.get("n")) == acknowledged


def test_a_torn_tail_is_cut_off(data_dir: Path) -> None:
    with Embedded(data_dir) as embedded, connected(embedded.url) as client:
        client.set("a", "1")
    with incr_file(data_dir).open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$10\r\nhal")
    with Embedded(data_dir) as embedded, connected(embedded.url) as client:
        assert client.get("a") == "1"
        assert client.get("b") is None


def test_a_damaged_middle_is_named_with_its_remedy(data_dir: Path) -> None:
    with Embedded(data_dir) as embedded, connected(embedded.url) as client:
        for i in range(50):
            client.set(f"key{i}", "value")
    file = incr_file(data_dir)
    content = file.read_bytes()
    place = content.index(b"*3\r\n", len(content) // 2)
    file.write_bytes(content[:place] + b"??" + content[place + 2 :])
    with pytest.raises(EngineFailed) as failed:
        Embedded(data_dir).start()
    message = str(failed.value)
    assert "Bad file format" in message
    assert file.name in message
    assert "madoguchi restore" in message
    assert "-check-aof" in message
    assert running_url(data_dir) is None
    file.write_bytes(content)
    with Embedded(data_dir) as embedded, connected(embedded.url) as client:
        assert client.get("key49") == "value", "a failed start has changed nothing"
