"""`madoguchi replay` as it is typed: real processes, what they say, and what they leave behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from queue_service.cli import main
from queue_service.cli.throw_away import ThrowAway, throw_away
from tests.faults.engines import until

LOG = (
    "branch,service,issued_at,called_at\n"
    "East hall,moving,2019-12-30 10:00:00,2019-12-30 10:01\n"
    "East hall,moving,2019-12-30 10:00:00,2019-12-30 09:01\n"
    "West hall,taxes,2019-12-31 11:00:00,\n"
    "East hall,taxes,2020-01-02 10:00:00,2020-01-02 10:00:30\n"
    ",taxes,2020-01-02 10:00:00,\n"
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "log.csv"
    file.write_text(LOG)
    return file


def command(tmp_path: Path, *words: object, key: str = "") -> "subprocess.Popen[str]":
    """Start a replay whose temporary files lie below `tmp_path`."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("MADOGUCHI_")}
    (tmp_path / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "queue_service.cli", "replay", *map(str, words)],
        env={**env, "TMPDIR": str(tmp_path / "tmp"), "MADOGUCHI_KEY": key},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(tmp_path: Path, *words: object, key: str = "") -> tuple[int, str, str]:
    done = command(tmp_path, *words, key=key)
    out, said = done.communicate(timeout=60)
    assert "Traceback" not in said
    return done.returncode, out, said


def left(tmp_path: Path) -> list[str]:
    """Temporary files, and processes that work on them."""
    found = [str(path) for path in (tmp_path / "tmp").iterdir()]
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = line.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        found += [text] if str(tmp_path / "tmp") in text else []
    return found


def test_a_replay_answers_names_bad_rows_and_leaves_nothing_behind(
    tmp_path: Path, log: Path
) -> None:
    words = ("--timezone", "Asia/Tokyo", "--speed", "max", "--format", "json")
    code, out, said = run(tmp_path, log, "--office-column", "branch", *words)
    answer = json.loads(out)
    assert code == 0
    assert {office: played["issued"] for office, played in answer["offices"].items()} == {
        "East-hall": 2,
        "West-hall": 1,
    }
    assert (answer["rows"], answer["issued"], answer["called"], answer["finished"]) == (3, 3, 2, 2)
    assert answer["issued_per_hour"] == {
        "2019-12-30T10:00+09:00": 1,
        "2019-12-31T11:00+09:00": 1,
        "2020-01-02T10:00+09:00": 1,
    }
    assert [bad["line"] for bad in answer["bad"]] == [3, 6]
    assert f"{log}:3: called_at '2019-12-30 09:01' lies before issued_at" in said
    assert f"{log}:6: branch is empty" in said
    assert left(tmp_path) == []


def test_a_replay_that_is_ended_early_leaves_nothing_behind(tmp_path: Path, log: Path) -> None:
    playing = command(tmp_path, log, "--office", "hall", "--timezone", "UTC", "--speed", 1)
    assert playing.stderr
    assert playing.stderr.readline().startswith("Playing on http://127.0.0.1:")
    assert left(tmp_path)
    playing.send_signal(signal.SIGTERM)
    _, said = playing.communicate(timeout=20)
    assert playing.returncode == 130
    assert "Traceback" not in said
    until(lambda: left(tmp_path) == [])


def test_a_replay_that_is_killed_leaves_no_process_behind(tmp_path: Path, log: Path) -> None:
    playing = command(tmp_path, log, "--office", "hall", "--timezone", "UTC", "--speed", 1)
    assert playing.stderr
    playing.stderr.readline()
    playing.kill()
    playing.communicate()
    until(lambda: [each for each in left(tmp_path) if " " in each] == [], 20)


@pytest.fixture(scope="module")
def service() -> Iterator[ThrowAway]:
    """A service that runs."""
    with throw_away() as service:
        yield service


def test_a_service_that_runs_is_played_once_unless_it_is_asked_again(
    tmp_path: Path, log: Path, service: ThrowAway
) -> None:
    words = (log, "--office", "hall", "--timezone", "UTC", "--speed", "max", "--url", service.url)
    first, again, new = (
        run(tmp_path, *words, *more, key=service.key) for more in ((), (), ("--run", "again"))
    )
    assert first[:2] == (0, first[1])
    assert again[0] == new[0] == 0
    assert first[1].splitlines()[1] == again[1].splitlines()[1] == new[1].splitlines()[1]
    assert "had been played here before" not in first[2] + new[2]
    assert "8 steps had been played here before; --run NAME" in again[2]


def test_a_log_without_time_zone_is_read_in_that_of_the_office(
    tmp_path: Path, log: Path, service: ThrowAway
) -> None:
    words = (log, "--office", "there", "--speed", "max", "--url", service.url, "--key", service.key)
    code, _, said = run(tmp_path, *words)
    assert (code, "--timezone" in said) == (1, True)
    assert run(tmp_path, *words, "--timezone", "Asia/Tokyo")[0] == 0
    assert run(tmp_path, *words, "--run", "again")[0] == 0


def test_rows_are_chosen_by_date_and_column(tmp_path: Path, log: Path, service: ThrowAway) -> None:
    chosen = ("--from", "2019-12-31", "--to", "2020-01-02", "--where", "branch=East hall")
    words = (log, "--office", "all", "--timezone", "UTC", "--speed", 0, "--url", service.url)
    code, out, _ = run(tmp_path, *words, *chosen, key=service.key)
    assert code == 0
    assert out.splitlines()[1].split() == ["all", "1", "1", "1", "0", "0", "0"]


def test_an_office_lies_where_the_offsets_of_its_log_say(
    tmp_path: Path, service: ThrowAway
) -> None:
    file = tmp_path / "log.csv"
    file.write_text("issued_at\n2019-12-30T03:00:00+09:00\n")
    words = ("--office", "east", "--speed", "max", "--url", service.url)
    assert run(tmp_path, file, *words, key=service.key)[0] == 0
    office = httpx.get(
        f"{service.url}/api/v1/offices/east",
        headers={"Authorization": f"Bearer {service.key}"},
        trust_env=False,
    )
    assert office.json()["timezone"] == "Etc/GMT-9"
    file.write_text("issued_at\n2019-12-30T03:00:00+05:30\n")
    assert main(["replay", str(file), "--office", "hall"]) == 1  # before anything is started


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((), 1, "no row to play (5 cannot be used; line 2 issued_at '2019-12-30 10:00:00'"),
        (("--timezone", "UTC", "--from", "2021-01-01"), 1, "no row to play (1 cannot be used"),
        (("--map", "when=time"), 1, "a ticket log has no when"),
        (("--map", "issued_at=time"), 1, "no column 'time' among branch, service"),
        (("--where", "hall=East"), 1, "no column 'hall'"),
        (("--from", "2020-01-01", "--to", "2019-12-31"), 2, "exchange them"),
        (("--url", "http://127.0.0.1:9"), 2, "MADOGUCHI_KEY"),
        (("--timezone", "UTC", "--data-dir", "{tmp}"), 1, "is not empty"),
    ],
)
def test_what_cannot_be_played_is_refused_with_a_remedy(
    tmp_path: Path,
    log: Path,
    words: tuple[str, ...],
    code: int,
    message: str,
    *,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MADOGUCHI_KEY", raising=False)
    given = [word.replace("{tmp}", str(tmp_path)) for word in words]
    assert main(["replay", str(log), "--office", "hall", *given]) == code
    out, said = capsys.readouterr()
    assert out == ""
    assert message in said


@pytest.mark.parametrize(
    "words",
    [
        ("--speed", "-1"),
        ("--speed", "nan"),
        ("--timezone", "Mars/Base"),
        ("--where", "East"),
        ("--from", "yesterday"),
        ("--office-column", "branch"),
    ],
)
def test_a_word_that_is_no_answer_is_explained(
    log: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["replay", str(log), "--office", "hall", *words])
    assert caught.value.code == 2
    assert words[0] in capsys.readouterr().err
