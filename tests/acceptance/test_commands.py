"""The commands on a real data set: what they print, what they leave behind, how they end."""

import asyncio
import contextlib
import csv
import gzip
import io
import json
import os
import pty
import random
import re
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from queue_service import keys
from queue_service.access import Access
from queue_service.cli import main
from queue_service.cli.command import CommandFailed
from queue_service.cli.rejected_rows import rejected_beside
from queue_service.elsewhere import copies, counts
from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.log_columns import Columns
from queue_service.office_files import read_office
from queue_service.ticket_log import BadRow, LogRow, open_log
from queue_service.tickets import Move
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, OFFICE_YAML, issue

TODAY = "2025-11-24"
ENTRIES = 8  # definition, day, three numbers, desk, call, end
DAYS = ["--from", TODAY, "--to", TODAY]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data dir after three visits of one morning; nothing runs on it. Tests only read it."""
    data_dir = tmp_path_factory.mktemp("morning") / "data"

    async def live(url: str) -> None:
        async with Ledger.open(url) as ledger:
            await ledger.simulate(OFFICE, TEN_O_CLOCK, 0)
            await ledger.apply_office(read_office(OFFICE_YAML, "office.yaml"))
            for _ in range(3):
                await issue(ledger)
            shown = (await ledger.call_next(OFFICE, "2")).shown()
            await ledger.advance(OFFICE, shown.ticket.seq, Move.FINISH)

    with Embedded(data_dir) as embedded:
        asyncio.run(live(embedded.url))
    return data_dir


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests."""
    for name in ("REDIS_URL", "JOBS_REDIS_URL", "ADMIN_KEY", "PEPPER", "DATA_DIR"):
        monkeypatch.delenv(f"MADOGUCHI_{name}", raising=False)


class Told:
    """What a command answered."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Command:
    """`madoguchi` on one data dir."""

    def __init__(self, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data_dir, self._capsys = data_dir, capsys

    def __call__(self, *words: str) -> Told:
        self._capsys.readouterr()
        code = main([*words, "--data-dir", str(self.data_dir)])
        return Told(code, *self._capsys.readouterr())


@pytest.fixture
def command(morning: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command on the data dir of the morning."""
    return Command(morning, capsys)


@pytest.fixture
def fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command on a data dir that does not exist yet."""
    return Command(tmp_path / "fresh" / "data", capsys)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The small office as a file."""
    file = tmp_path / "office.yaml"
    file.write_text(OFFICE_YAML)
    return file


# ---- offices


def test_a_definition_is_applied_once_and_shown_as_it_can_be_applied(
    fresh: Command, file: Path, tmp_path: Path
) -> None:
    first = fresh("office", "apply", str(file), "--format", "json")
    assert (first.code, first.json) == (0, {"office": "small", "version": 1, "changed": True})
    assert "nothing changed" in fresh("office", "apply", str(file)).out

    shown = tmp_path / "shown.yaml"
    shown.write_text(fresh("office", "show", "small").out)
    assert "nothing changed" in fresh("office", "apply", str(shown)).out
    assert fresh("office", "show", "small", "--format", "json").json["timezone"] == "Asia/Tokyo"


def test_a_definition_that_strands_a_ticket_is_refused(command: Command, file: Path) -> None:
    file.write_text(OFFICE_YAML.replace("id: insurance", "id: taxes").replace("insurance", "taxes"))
    told = command("office", "apply", str(file))
    assert told.code == 1
    assert "service: insurance" in told.err
    assert "C002" in told.err


def test_an_office_that_is_not_there_is_named(command: Command) -> None:
    for words in (["office", "show", "atlantis"], ["verify", "--office", "atlantis"]):
        told = command(*words)
        assert (told.code, told.out) == (1, "")
        assert "atlantis" in told.err


# ---- keys


def test_a_key_is_shown_once_listed_without_it_and_revoked(fresh: Command, file: Path) -> None:
    fresh("office", "apply", str(file))
    made = fresh(
        *("keys", "new", "--role", "staff", "--office", "small"),
        *("--label", "desk 3", "--format", "json"),
    ).json
    assert list(made) == ["id", "key", "role", "office", "label"]
    assert (made["role"], made["office"], made["label"]) == ("staff", "small", "desk 3")

    listed = fresh("keys", "list", "--format", "json")
    assert [each["id"] for each in listed.json["keys"]] == [made["id"]]
    assert made["key"] not in listed.out
    assert made["key"] not in fresh("keys", "list").out
    kept = [path for path in fresh.data_dir.rglob("*") if path.is_file()]
    assert not [path for path in kept if made["key"].encode() in path.read_bytes()]

    assert fresh("keys", "revoke", made["id"]).code == 0
    again = fresh("keys", "revoke", made["id"])
    assert again.code == 1
    assert made["id"] in again.err


def test_only_the_key_is_on_standard_output(fresh: Command) -> None:
    told = fresh("keys", "new", "--role", "admin")
    assert told.out.startswith("mg_")
    assert len(told.out.split()) == 1
    assert "shown this once" in told.err


@pytest.mark.parametrize("label", ["two\nlines", "x" * 81, "\x1b[31m"])
def test_a_label_is_one_line_for_a_terminal(fresh: Command, label: str) -> None:
    for words in (("new", "--role", "admin"), ("enrol", "--role", "kiosk", "--office", "small")):
        with pytest.raises(SystemExit):
            fresh("keys", *words, "--label", label)


def test_a_key_for_an_office_that_is_not_there_is_refused(fresh: Command) -> None:
    told = fresh("keys", "new", "--role", "staff", "--office", "atlantis")
    assert (told.code, told.out) == (1, "")
    assert "atlantis" in told.err


def test_a_code_is_made_for_a_device_and_kept_hashed(fresh: Command, file: Path) -> None:
    fresh("office", "apply", str(file))
    words = ["keys", "enrol", "--role", "display", "--office", "small", "--label", "lobby"]
    made = fresh(*words, "--format", "json").json
    assert list(made) == ["code", "role", "office", "label", "expires_at"]
    assert (made["role"], made["office"], made["label"]) == ("display", "small", "lobby")
    told = fresh(*words)
    assert len(told.out.split()) == 1
    assert "/board/small" in told.err and "ten minutes" in told.err
    kept = [path.read_bytes() for path in fresh.data_dir.rglob("*") if path.is_file()]
    for code in (made["code"], told.out.strip()):
        assert not [raw for raw in kept if code.encode() in raw]
        assert not [raw for raw in kept if code.replace("-", "").encode() in raw]

    elsewhere = fresh("keys", "enrol", "--role", "kiosk", "--office", "atlantis")
    assert (elsewhere.code, elsewhere.out) == (1, "")
    assert "atlantis" in elsewhere.err


def test_people_are_added_listed_reset_and_removed_and_it_is_noted_who_did_it(
    fresh: Command, tmp_path: Path
) -> None:
    office = tmp_path / "office.yaml"
    office.write_text(OFFICE_YAML, "utf-8")
    assert fresh("office", "apply", str(office)).code == 0
    added = fresh("people", "add", "Sato", "--role", "staff", "--office", "small")
    assert added.code == 0
    assert re.fullmatch("[A-Z0-9]{14}\n", added.out), "the password alone"
    assert "sato" in added.err and "otpauth" not in added.err
    twice = fresh("people", "add", "sato", "--role", "staff", "--office", "small")
    assert twice.code == 1 and "already" in twice.err
    mayor = fresh("people", "add", "mayor", "--role", "admin", "--format", "json").json
    assert mayor["second_factor"].startswith("otpauth://totp/madoguchi:mayor?secret=")
    looked = fresh("doctor", "--only", "people")
    assert (looked.code, "without a pepper" in looked.out) == (0, True)
    listed = fresh("people", "list", "--format", "json")
    assert [each["name"] for each in listed.json["people"]] == ["mayor", "sato"]
    assert mayor["password"] not in listed.out
    again = fresh("people", "reset", "SATO")
    assert again.code == 0 and again.out != added.out
    assert fresh("people", "remove", "sato").out == "Removed: sato\n"
    gone = fresh("people", "remove", "sato")
    assert gone.code == 1 and "madoguchi people list" in gone.err
    odd = fresh("people", "add", "a b", "--role", "staff")
    assert odd.code == 1 and "letters" in odd.err
    assert fresh("people", "add", "x", "--role", "staff", "--office", "atlantis").code == 1

    notes = fresh("audit", "--format", "json").json["audit"]
    assert [(each["did"], each["on"]) for each in reversed(notes)] == [
        ("OfficeChanged", None),
        ("add_person", "sato"),
        ("add_person", "mayor"),
        ("reset_person", "sato"),
        ("forget_person", "sato"),
    ]
    assert {each["by"] for each in notes} == {"command line"}
    assert "reset_person" in fresh("audit", "--office", "small", "--limit", "2").out
    for wrong in (("--limit", "0"), ("--before", "yesterday")):
        with pytest.raises(SystemExit):
            fresh("audit", *wrong)


def test_the_list_says_when_a_key_was_last_used(fresh: Command, file: Path) -> None:
    fresh("office", "apply", str(file))
    key = fresh("keys", "new", "--role", "kiosk").out.strip()
    (listed,) = fresh("keys", "list", "--format", "json").json["keys"]
    assert listed["last_used_at"] is None
    assert "never" in fresh("keys", "list").out

    async def use(url: str) -> None:
        async with Ledger.open(url) as ledger:
            access = Access(ledger.redis)
            assert await access.find(key) is not None
            await access.close()

    with Embedded(fresh.data_dir) as embedded:
        asyncio.run(use(embedded.url))
    (listed,) = fresh("keys", "list", "--format", "json").json["keys"]
    assert listed["last_used_at"] >= listed["created_at"]
    assert listed["last_used_at"] in fresh("keys", "list").out


def test_keys_take_the_pepper_they_were_made_with(
    fresh: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADOGUCHI_PEPPER", "a-pepper-of-the-tests")
    assert fresh("keys", "new", "--role", "admin").code == 0
    monkeypatch.delenv("MADOGUCHI_PEPPER")
    for words in (
        ["keys", "new", "--role", "admin"],
        ["api", "--port", "0"],
        ["up", "--port", "0"],
    ):
        line = [sys.executable, "-m", "queue_service.cli", *words]
        told = subprocess.run(
            [*line, "--data-dir", str(fresh.data_dir)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (told.returncode, told.stdout) == (1, ""), words
        assert "MADOGUCHI_PEPPER" in told.stderr
        assert "Traceback" not in told.stderr


# ---- proof and figures


def test_verify_says_what_was_proven(command: Command) -> None:
    told = command("verify", "--office", OFFICE, "--format", "json")
    assert told.code == 0
    assert told.json == {"office": OFFICE, "entries": ENTRIES, "agrees": True, "difference": None}


def test_verify_names_the_first_difference(fresh: Command, file: Path) -> None:
    fresh("office", "apply", str(file))
    with Embedded(fresh.data_dir) as embedded, redis.Redis.from_url(embedded.url) as client:
        client.hset(keys.of(OFFICE, "counters"), "last:moving", 17)
        told = fresh("verify", "--office", OFFICE)  # it uses the engine that runs
    assert told.code == 1
    assert "counters" in told.out
    assert "17" in told.out


def test_an_exported_log_can_be_read_as_a_log(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "visits.csv"
    told = command("export", "tickets", "--office", OFFICE, *DAYS, "-o", str(file))
    assert (told.code, told.out) == (0, "")
    assert "3 rows" in told.err
    assert file.read_bytes().startswith(b"number,service,")
    assert file.read_bytes().endswith(b"\r\n")
    with open_log(file, Columns()) as log:
        rows = list(log)
    assert [type(row) for row in rows] == [LogRow] * 3
    first = rows[0]
    assert isinstance(first, LogRow)
    assert (first.number, first.outcome, first.desk) == ("C001", "finished", "2")
    assert first.issued_at == TEN_O_CLOCK
    packed = tmp_path / "visits.csv.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    with open_log(packed, Columns()) as log:
        assert len(list(log)) == 3


def test_entries_go_to_standard_output(command: Command) -> None:
    told = command("export", "events", "--office", OFFICE, *DAYS, "--format", "ndjson")
    entries = [json.loads(line) for line in told.out.splitlines()]
    types = ["Issued"] * 3 + ["Called", "Finished"]
    assert [each["type"] for each in entries if "ticket" in each] == types
    assert {each["business_date"] for each in entries} == {TODAY}
    table = command("export", "events", "--office", OFFICE, *DAYS)
    read = list(csv.DictReader(io.StringIO(table.out)))
    assert [row["type"] for row in read] == [each["type"] for each in entries]


def test_a_reader_that_leaves_early_is_no_failure_to_report(command: Command) -> None:
    words = ["export", "events", "--office", OFFICE, *DAYS, "--data-dir", str(command.data_dir)]
    with subprocess.Popen(
        [sys.executable, "-m", "queue_service.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""
        child.wait(20)


# ---- backup


def test_a_backup_is_restored_elsewhere_and_proves_itself(
    command: Command, fresh: Command, tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    made = command("backup", str(file), "--format", "json")
    assert (made.code, made.json["entries"]) == (0, {OFFICE: ENTRIES})

    restored = fresh("restore", str(file))
    assert restored.code == 0, restored.err
    assert f"small ({ENTRIES} entries)" in restored.out
    assert fresh("verify", "--office", OFFICE).code == 0
    rows = [each("export", "tickets", "--office", OFFICE, *DAYS).out for each in (command, fresh)]
    assert rows[0] == rows[1]

    again = fresh("restore", str(file))
    assert again.code == 1
    assert "--data-dir" in again.err
    assert fresh("verify", "--office", OFFICE).code == 0


def test_a_damaged_backup_starts_nothing(fresh: Command, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    file.write_bytes(b"PK not a zip")
    told = fresh("restore", str(file))
    assert told.code == 1
    assert "use another copy" in told.err
    assert not fresh.data_dir.exists()


def test_a_restore_wants_the_data_set_for_itself(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    command("backup", str(file))
    with Embedded(tmp_path / "busy"):
        told = Command(tmp_path / "busy", command._capsys)("restore", str(file))
    assert told.code == 1
    assert "Stop it first" in told.err


# ---- doctor


def levels(told: Told) -> dict[str, str]:
    return {each["check"]: each["level"] for each in told.json["checks"]}


def test_doctor_finds_a_data_set_in_order(command: Command) -> None:
    told = command("doctor", "--format", "json")
    assert told.json["data_dir"] == str(command.data_dir)
    found = levels(told)
    assert found.pop("worker") == "warn", "nothing runs"
    assert found.pop("disk") in ("ok", "warn"), "as this machine has it"
    assert found == dict.fromkeys(
        ("engine", "user", "persistence", "data", "clock", "time_zones", "people"), "ok"
    )
    assert told.code == 0


def test_doctor_fails_on_an_engine_that_forgets(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Embedded(command.data_dir) as embedded, redis.Redis.from_url(embedded.url) as client:
        monkeypatch.setenv("MADOGUCHI_REDIS_URL", embedded.url)
        client.config_set("appendfsync", "no")
        told = command("doctor", "--format", "json")
        client.config_set("appendfsync", "always")
    assert told.code == 1
    assert levels(told)["persistence"] == "fail"
    assert levels(told)["worker"] == "fail", "a service without a worker"


def test_doctor_says_that_the_data_set_vanished(fresh: Command, file: Path, tmp_path: Path) -> None:
    fresh("office", "apply", str(file))
    (fresh.data_dir / "dataset").write_text("0123\n")
    told = fresh("doctor")
    assert told.code == 1
    assert "Restore a backup" in told.out


def test_doctor_warns_of_a_ledger_ahead_of_its_clock(fresh: Command, file: Path) -> None:
    fresh("office", "apply", str(file))
    with Embedded(fresh.data_dir) as embedded, redis.Redis.from_url(embedded.url) as client:
        client.hincrby(keys.of(OFFICE, "head"), "at", 7_200_000)
        told = fresh("doctor", "--only", "clock", "--format", "json")
    assert [each["level"] for each in told.json["checks"]] == ["ok", "warn"]
    assert "ahead" in told.json["checks"][1]["found"]


def test_doctor_names_an_engine_that_does_not_answer(
    fresh: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADOGUCHI_REDIS_URL", "redis://:secret@127.0.0.1:1/0")
    told = fresh("doctor")
    assert told.code == 1
    assert "redis://…@127.0.0.1:1/0" in told.out
    assert "secret" not in told.out + told.err


def test_doctor_before_the_first_start_makes_nothing(fresh: Command) -> None:
    told = fresh("doctor")
    assert told.code == 0
    assert "would be started" in told.out
    assert not os.path.exists(fresh.data_dir)


# ---- import


def test_a_log_is_taken_in_once_and_its_bad_rows_are_written_beside_it(
    fresh: Command, file: Path, tmp_path: Path
) -> None:
    fresh("office", "apply", str(file))
    log = tmp_path / "old.csv"
    log.write_text(
        "number,service,issued_at,called_at\n"
        "A1,certificates,2024-04-01 09:00,2024-04-01 09:10\n"
        "A2,certificates,1 April,\n"
        "A3,passports,2024-04-02 09:00,\n"
    )
    words = ("import", "tickets", str(log), "--office", OFFICE)
    tried = fresh(*words, "--dry-run")
    assert "Nothing was taken in" in tried.err
    told = fresh(*words)
    assert told.code == 0
    assert "2 tickets, 2024-04-01 to 2024-04-02" in told.out
    assert "passports     1        not of the office" in told.out
    beside = (tmp_path / "old.csv.rejected.csv").read_text("utf-8-sig")
    (bad,) = csv.DictReader(io.StringIO(beside))
    assert (bad["line"], "is not a time" in bad["reason"]) == ("3", True)
    cells = [bad[name] for name in ("number", "service", "issued_at", "called_at")]
    assert cells == ["A2", "certificates", "1 April", ""]
    again = fresh(*words, "--format", "json")
    assert "nothing was changed" in again.err
    assert again.json["rows"] == 2
    assert (tmp_path / "old.csv.rejected.csv").read_text("utf-8-sig") == beside
    assert fresh("verify", "--office", OFFICE).code == 0


def test_rejected_rows_are_mended_and_taken_in_from_their_own_file(
    fresh: Command, file: Path, tmp_path: Path
) -> None:
    fresh("office", "apply", str(file))
    log, beside = tmp_path / "old.csv", tmp_path / "old.csv.rejected.csv"
    log.write_text("day;time;who\n2024-04-01;09:00;a\n1 April;09:10;b\n2024-04-01;09:20;c;d\n")
    words = ("--office", OFFICE, "--map", "issued_at=day+time", "--format", "json")
    assert fresh("import", "tickets", str(log), *words).json["rejected"] == 2
    text = beside.read_text("utf-8-sig")
    assert text.splitlines()[0] == "line,reason,day,time,who"
    beside.write_text(text.replace("1 April", "2024-04-01").replace(",c,d", ",c"))
    mended = fresh("import", "tickets", str(beside), *words).json
    assert (mended["rows"], mended["rejected"]) == (2, 0)
    assert mended["unused_columns"] == ["line", "reason", "who"]


def test_what_was_understood_is_said_with_the_first_reasons(
    fresh: Command, file: Path, tmp_path: Path
) -> None:
    fresh("office", "apply", str(file))
    log = tmp_path / "old.csv"
    days = "".join(
        f"A,2024-04-{day:02} 09:00,2024-04-{day:02} 08:59:59,x\n" for day in range(1, 31)
    )
    log.write_text(
        "service,issued_at,called_at,weather\n"
        f"{days}A,2012-05-01 09:00,,x\nA,soon,,x\nA,later,,x\nA,2024-05-01 09:00,2024-04-01 09:00,x\n"
    )
    words = ("import", "tickets", str(log), "--office", OFFICE)
    tried, done = fresh(*words, "--dry-run"), fresh(*words)
    assert tried.out == done.out
    for said in (
        "30 tickets, 2024-04-01 to 2024-04-30, 30 days",
        "read        service, issued_at, called_at",
        "not read    weather",
        "time zone   Asia/Tokyo",
        "a row       line 2, issued_at 2024-04-01T09:00:00.000+09:00",
        "outcomes    open 30",
        "not told    refused, served, finished, no_show, cancelled:",
        "corrected   30 times written less than a minute before",
        "odd dates   1 row of 2012-05-01, rejected: the date lies far from",
    ):
        assert said in done.out
    reasons = [line.split()[0] for line in done.err.splitlines() if line.startswith("     ")]
    assert reasons[::2] == ["2", "1", "1"]
    assert "the first is line 33: issued_at 'soon' is not a time" in done.err
    assert "--keep-odd-dates" in done.err
    kept = fresh(*words, "--keep-odd-dates", "--format", "json")
    assert (kept.json["rows"], kept.json["rejected"], len(kept.json["replaces"])) == (31, 3, 1)
    assert fresh("verify", "--office", OFFICE).code == 0


def test_a_file_of_rejected_rows_stays_until_the_log_was_read_to_its_end(
    fresh: Command, file: Path, tmp_path: Path
) -> None:
    fresh("office", "apply", str(file))
    log, beside = tmp_path / "old.csv.gz", tmp_path / "old.csv.gz.rejected.csv"
    beside.write_text("of an earlier reading")
    words = ("import", "tickets", str(log), "--office", OFFICE)
    chance = random.Random(1)
    whole = "issued_at,x\n" + "".join(f"soon,{chance.random()}\n" for _ in range(10_000))
    log.write_bytes(gzip.compress(whole.encode())[:-2000])
    told = fresh(*words)
    assert (told.code, "damaged" in told.err) == (1, True)
    assert beside.read_text() == "of an earlier reading"
    log.write_bytes(gzip.compress(b"issued_at\n2024-04-01 09:00\n"))
    assert fresh(*words).code == 0
    assert not beside.exists()  # nothing was rejected this time
    assert {each.name for each in tmp_path.glob("*old*")} == {"old.csv.gz"}


@pytest.mark.parametrize("kind", ["tickets", "counts"])
def test_bytes_that_are_no_text_are_reported_like_any_other_fault(
    fresh: Command, file: Path, tmp_path: Path, kind: str
) -> None:
    fresh("office", "apply", str(file))
    log = tmp_path / "log.csv"
    log.write_bytes(
        "issued_at,date,start,count,service\n2024-04-01 09:00,2024-04-01,09:00,1,窓口\n".encode()
        + "2024-04-01 09:00,2024-04-01,10:00,1,窓口\n".encode("shift_jis")
    )
    told = fresh("import", kind, str(log), "--office", OFFICE, "--format", "json")
    assert (told.code, told.json["rows"], told.json["rejected"]) == (0, 1, 1)
    assert "is not UTF-8" in (tmp_path / "log.csv.rejected.csv").read_text("utf-8-sig")


def test_a_table_is_read_anew_in_another_way_and_counts_once(
    fresh: Command, file: Path, tmp_path: Path
) -> None:
    fresh("office", "apply", str(file))
    table = tmp_path / "counts.csv"
    table.write_text("date,start,count,weather\n2019-04-01,08:00,4,rain\n2019-04-01,09:00,5,rain\n")
    words = ("import", "counts", str(table), "--office", OFFICE, "--format", "json")
    first, second = fresh(*words).json, fresh(*words, "--interval", "30").json
    assert (first["unused_columns"], first["sample"]["start"]) == (["weather"], "08:00")
    assert (second["replaces"], second["rows"]) == ([first["id"]], 2)
    assert fresh(*words).json["replaces"] == [second["id"]]  # and back again

    async def kept(url: str) -> int:
        async with Ledger.open(url) as ledger:
            visitors = await counts(ledger.redis, OFFICE, "2019-04-01", "2019-04-01")
            return sum(each.count for table in visitors for each in table.counts)

    with Embedded(fresh.data_dir) as embedded:
        assert asyncio.run(kept(embedded.url)) == 9


def test_a_terminal_shows_how_much_of_the_file_was_read(
    fresh: Command, file: Path, tmp_path: Path
) -> None:
    """In bytes of the file as it lies there, packed; then over the days that are kept."""
    fresh("office", "apply", str(file))
    log = tmp_path / "old.csv.gz"
    chance = random.Random(1)
    rows = "".join(
        f"2024-{n % 12 + 1:02}-01 {chance.randrange(10, 17)}:{chance.randrange(60):02}\n"
        for n in range(20_000)
    )
    log.write_bytes(gzip.compress(f"issued_at\n{rows}".encode()))
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    words = ("import", "tickets", str(log), "--office", OFFICE, "--data-dir", str(fresh.data_dir))
    command = [sys.executable, "-m", "queue_service.cli", *words]
    with subprocess.Popen(command, stderr=theirs, stdout=subprocess.DEVNULL) as importing:
        os.close(theirs)
        shown = seen_on(ours)
    assert importing.returncode == 0
    size = f"{log.stat().st_size / 1000:.1f}k"
    assert re.search(rf"read old\.csv\.gz: +[1-9]\d?%.*/{re.escape(size)} .*B/s", shown)
    assert re.search(r"figures: +\d+%.*/12 ", shown)


def seen_on(terminal: int) -> str:
    """Everything that was shown on a terminal, until nobody writes to it any more."""
    shown = b""
    with contextlib.suppress(OSError):  # the last one has closed it
        while piece := os.read(terminal, 4096):
            shown += piece
    os.close(terminal)
    return shown.decode()


@pytest.fixture
def nobody() -> Iterator[None]:
    """Somebody who may write nowhere, as a superuser may everywhere."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield
    os.seteuid(before)


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(
    tmp_path: Path, nobody: None
) -> None:
    """At the first row that has to be reported, before anything is taken in."""
    if os.geteuid() != 65534:
        tmp_path.chmod(0o500)
    with (
        pytest.raises(CommandFailed, match=r"log\.csv\.rejected\.csv cannot be written.*copy"),
        rejected_beside(tmp_path / "log.csv", ("issued_at",)) as reject,
    ):
        reject(BadRow(2, "is no time", ("soon",)))


def test_a_report_on_a_log_leaves_odd_dates_out_unless_they_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.csv"
    days = "".join(f"2024-04-{day:02} 09:00\n" for day in range(1, 31))
    log.write_text(f"issued_at\n{days}2012-05-01 09:00\n")
    words = ["report", "reception-hours", "--tickets", str(log), "--proposed", "09:00-16:30"]
    words += ["--format", "json"]
    assert main(words) == 0
    told = capsys.readouterr()
    assert (json.loads(told.out)["visitors"], json.loads(told.out)["refused"]) == (30, None)
    assert "line 32: issued_at '2012-05-01' lies far from all other rows" in told.err
    assert main([*words, "--keep-odd-dates"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["visitors"], found["quality"]["known_for"]) == (31, 0)
    assert found["quality"]["implied_starts"] is None
    assert main([*words[:-1], "html", "--lang", "en"]) == 0
    assert "the quality of single visits is not known" in capsys.readouterr().out


def test_counts_and_copies_of_elsewhere_are_taken_in_once(
    fresh: Command, file: Path, tmp_path: Path
) -> None:
    fresh("office", "apply", str(file))
    counted, copied = tmp_path / "counts.csv", tmp_path / "konbini.csv"
    counted.write_text("date,8時,9時,合計\n2019-04-01,4,13,17\n2019-04-02,,16,16\n")
    copied.write_text("month,procedure,channel,copies\n2025-08,juminhyo,convenience_store,1200\n")
    for kind, table, rows in (("counts", counted, 3), ("channels", copied, 1)):
        words = ("import", kind, str(table), "--office", OFFICE, "--format", "json")
        assert fresh(*words).json["rows"] == rows
        assert "nothing was changed" in fresh(*words).err

    async def kept(url: str) -> tuple[int, int]:
        async with Ledger.open(url) as ledger:
            visitors = await counts(ledger.redis, OFFICE, "2019-04-01", "2019-04-01")
            issued = await copies(ledger.redis, OFFICE, "2025-08", "2025-08")
            ((interval, rows),) = ((each.interval, each.counts) for each in visitors)
            assert interval == 60
            return sum(each.count for each in rows), sum(each.copies for each in issued)

    with Embedded(fresh.data_dir) as embedded:
        assert asyncio.run(kept(embedded.url)) == (17, 1200)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("tickets", "absent.csv", "--office", OFFICE), "No such file"),
        (("counts", "LOG", "--office", OFFICE), "no column 'date'"),
        (("channels", "LOG", "--office", OFFICE), "no column 'month'"),
        (("tickets", "LOG", "--office", "elsewhere"), "elsewhere"),
        (("tickets", "LOG", "--office", OFFICE), "no column issued_at"),
    ],
)
def test_what_cannot_be_taken_in_is_refused_with_the_reason(
    fresh: Command, file: Path, tmp_path: Path, words: tuple[str, ...], reason: str
) -> None:
    fresh("office", "apply", str(file))
    log = tmp_path / "log.csv"
    log.write_text("when,what\n2024-04-01 09:00,certificates\n")
    told = fresh("import", *(str(log) if word == "LOG" else word for word in words))
    assert told.code == 1
    assert reason in told.err
