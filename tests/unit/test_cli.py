"""The command line as such: what it teaches, what it refuses, what needs no engine."""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from queue_service.cli import main, parser
from queue_service.cli.office import to_yaml
from queue_service.engine_trouble import without_password
from queue_service.office_files import read_office
from tests.hall import OFFICE_YAML


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of whoever runs the tests."""
    for name in ("REDIS_URL", "JOBS_REDIS_URL", "ADMIN_KEY", "HOST", "PORT"):
        monkeypatch.delenv(f"MADOGUCHI_{name}", raising=False)
    monkeypatch.setenv("MADOGUCHI_DATA_DIR", str(tmp_path / "data"))


def commands(of: argparse.ArgumentParser, *words: str) -> Iterator[tuple[str, ...]]:
    """Every command there is, as words."""
    below = [action for action in of._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield words
    for action in below:
        for name, each in action.choices.items():
            yield from commands(each, *words, name)


EVERY = list(commands(parser()))


def test_every_command_of_the_contract_is_there() -> None:
    named = {" ".join(words) for words in EVERY}
    assert named >= {
        *("up", "api", "worker", "verify", "export", "backup", "restore", "doctor"),
        *("office check", "office apply", "office show"),
        *("keys new", "keys list", "keys revoke", "keys enrol"),
    }


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_teaches_with_an_example(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert "example:" in told
    assert f"madoguchi {words[0]}" in told.partition("example:")[2]
    assert "--data-dir" in told
    assert max(map(len, told.partition("example:")[2].splitlines())) <= 100


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fly"],
        ["keys", "new", "--role", "mayor"],
        ["keys", "enrol", "--role", "admin", "--office", "x"],
        ["keys", "enrol", "--role", "kiosk"],
        ["export", "tickets", "--office", "x", "--from", "yesterday", "--to", "2025-01-01"],
        ["export", "tickets", "--office", "x", "--from", "2025-01-01"],
        ["export", "tickets", "--office", "x", "--format", "parquet"],
        ["up", "--port", "many"],
        ["up", "--port", "65536"],
        ["verify"],
    ],
    ids=" ".join,
)
def test_what_is_asked_wrongly_ends_with_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert capsys.readouterr().out == ""


def test_a_bad_setting_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MADOGUCHI_PORT", "many")
    assert main(["office", "sample"]) == 2
    assert "MADOGUCHI_PORT" in capsys.readouterr().err


def test_days_in_the_wrong_order_are_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    days = ["--from", "2025-01-02", "--to", "2025-01-01"]
    assert main(["export", "events", "--office", "x", *days]) == 2
    assert "exchange them" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["verify", "--office", "x"],
        ["keys", "list"],
        ["office", "show", "x"],
        ["backup", "b.zip"],
    ],
    ids=" ".join,
)
def test_reading_makes_no_data_set(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    told = capsys.readouterr()
    assert "no data set" in told.err
    assert told.out == ""
    assert not (tmp_path / "data").exists()


# ---- offices, without an engine


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The small office as a file."""
    file = tmp_path / "office.yaml"
    file.write_text(OFFICE_YAML)
    return file


def test_a_good_definition_is_said_to_be_good(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["office", "check", str(file)]) == 0
    assert "small can be used" in capsys.readouterr().out


def test_json_is_all_there_is_on_standard_output(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["office", "check", str(file), "--format", "json"]) == 0
    told: Any = json.loads(capsys.readouterr().out)
    assert told == {"office": "small", "services": 3, "desks": 3}


def test_every_problem_has_file_line_and_remedy(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(OFFICE_YAML.replace("prefix: B", "prefix: b").replace("Asia/Tokyo", "Tokyo"))
    assert main(["office", "check", str(file)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    lines = told.err.strip().splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"{file}:") for line in lines)


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), (b"\xff", "UTF-8")])
def test_a_file_that_cannot_be_read_is_named(
    file: Path, content: bytes | None, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    assert main(["office", "check", str(file)]) == 1
    told = capsys.readouterr().err
    assert str(file) in told
    assert reason in told


@pytest.mark.parametrize("name", ["cityhall", "tryout"])
def test_a_sample_can_be_used_and_shown_and_used_again(
    name: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["office", "sample", name]) == 0
    office = read_office(capsys.readouterr().out, "sample")
    shown = to_yaml(office)
    assert msgspec.json.encode(read_office(shown, "shown")) == msgspec.json.encode(office)
    assert "null" not in shown
    assert "channels: {}" not in shown, "what is as usual is left out"
    assert "day_starts_at" not in shown
    assert "bring: {}" not in shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:secret@10.0.0.5:6379/0", "redis://…@10.0.0.5:6379/0"),
        ("rediss://me:secret@host/1", "rediss://…@host/1"),
        (
            "redis://host/?username=me&password=secret&db=1",
            "redis://host/?username=…&password=…&db=1",
        ),
        ("rediss://a:secret@h?ssl_ca_certs=/etc/ca.pem", "rediss://…@h?ssl_ca_certs=/etc/ca.pem"),
        ("unix:///srv/engine.sock?db=0", "unix:///srv/engine.sock?db=0"),
    ],
)
def test_a_password_is_not_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


READ_LARGE = """
import sys
from pathlib import Path
from queue_service.cli.engines import with_ledger
from queue_service.settings import Settings

class Large:
    def __repr__(self):
        sys.exit("somebody wanted to see all of it")

async def read(ledger):
    return Large()

with_ledger(Settings(data_dir=Path(), redis_url=sys.argv[1]), read)
"""


def test_what_a_command_found_in_the_ledger_is_not_written_out_on_the_way(engine_url: str) -> None:
    """Of a year of days that would be hundreds of megabytes of text."""
    ran = subprocess.run(
        [sys.executable, "-c", READ_LARGE, engine_url], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
