"""The rules of the engine's users as text, and the addresses that go with them."""

import re
import stat
from pathlib import Path

import pytest

from queue_service import keys, scripts
from queue_service.cli import main
from queue_service.engine_users import API, DISPLAY, PARTS, WORKER, Part, acl_file, lines
from queue_service.settings import Settings

CALLED = re.compile(r"redis\.call\('(\w+)'")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDIS_URL", "REDIS_URL_FILE"):
        monkeypatch.delenv(f"MADOGUCHI_{name}", raising=False)


def allowed(part: Part) -> set[str]:
    return set(part.keyless.split()).union(*(grant.commands.split() for grant in part.grants))


def called(verb: str) -> set[str]:
    return {command.lower() for command in CALLED.findall(scripts.assemble(verb))}


@pytest.mark.parametrize("verb", [*scripts.names(), "take"])
def test_the_api_may_do_what_a_script_does(verb: str) -> None:
    found = called(verb)
    assert found
    assert found <= allowed(API)


def test_nobody_may_use_a_whole_category_or_a_command_of_the_administrator() -> None:
    for part in PARTS.values():
        assert "@" not in part.rules().replace("-@all", "")
        for danger in ("keys", "flushall", "shutdown", "config", "acl", "debug", "sort", "migrate"):
            assert danger not in allowed(part)


def test_what_a_display_may_write_is_counted_on_one_hand() -> None:
    written = [
        (grant.commands, grant.keys)
        for grant in DISPLAY.grants
        if "W" in grant.may.partition("~")[0]
    ]
    assert written == [("setnx", (keys.SECRET, keys.DATASET)), ("hset", (keys.USED,))]


def test_a_worker_knows_no_key_of_access() -> None:
    assert keys.ACCESS not in WORKER.rules()


def test_no_password_stands_in_the_file() -> None:
    text = acl_file(dict.fromkeys(PARTS, "a-password-of-the-tests"))
    assert "a-password" not in text
    assert text.splitlines()[-1] == "user default off"
    assert len(text.splitlines()) == len(PARTS) + 2


def test_only_another_database_has_to_be_selected() -> None:
    assert "+select" not in lines({"api": "x"})[0]
    assert lines({"api": "x"}, database=1)[0].endswith(" +select")


# ---- the command


def written(folder: Path, *words: str) -> dict[str, str]:
    assert main(["engine", "users", "--output", str(folder), *words]) == 0
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_each_part_gets_a_file_that_only_its_owner_may_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "deep" / "users"
    files = written(folder, "--address", "rediss://10.0.0.5:6380/1?ssl_ca_certs=/etc/ca.pem")
    assert set(files) == {"engine/users.acl", *(f"{part}/url" for part in PARTS)}
    passwords = set()
    for part in PARTS:
        file = folder / part / "url"
        found = re.fullmatch(
            rf"rediss://madoguchi-{part}:([0-9a-f]{{64}})@10\.0\.0\.5:6380/1\?ssl_ca_certs=/etc/ca\.pem\n",
            file.read_text(),
        )
        assert found
        passwords.add(found[1])
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        env = {"HOME": "/", "MADOGUCHI_REDIS_URL_FILE": str(file)}
        assert Settings.from_env(env).redis_url == file.read_text().strip()
    assert len(passwords) == len(PARTS)
    assert "+select" in files["engine/users.acl"]
    said = "".join(capsys.readouterr())
    assert not [each for each in passwords if each in said + files["engine/users.acl"]]


def test_asked_again_the_passwords_stay_and_on_request_they_change(tmp_path: Path) -> None:
    first = written(tmp_path / "users")
    assert written(tmp_path / "users") == first
    moved = written(tmp_path / "users", "--address", "redis://elsewhere:6379/0")
    assert moved["engine/users.acl"] == first["engine/users.acl"]
    assert moved["api/url"] == first["api/url"].replace("127.0.0.1", "elsewhere")
    anew = written(tmp_path / "users", "--new-passwords")
    assert not {anew[name] for name in anew} & {first[name] for name in first}


def test_a_file_that_holds_no_password_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "users")
    (tmp_path / "users" / "api" / "url").write_text("redis://10.0.0.5:6379/0\n")
    assert main(["engine", "users", "--output", str(tmp_path / "users")]) == 1
    assert "--new-passwords" in capsys.readouterr().err


def test_without_a_folder_everything_is_shown_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The address is that of the settings, and whoever stands in it gives way."""
    monkeypatch.setenv("MADOGUCHI_REDIS_URL", "redis://old:of-before@10.0.0.5:6379/0")
    assert main(["engine", "users"]) == 0
    out, err = capsys.readouterr()
    assert "user default off" in out
    assert re.search(
        r"display +MADOGUCHI_REDIS_URL=redis://madoguchi-display:\w{64}@10\.0\.0\.5", out
    )
    assert "of-before" not in out + err


def test_only_those_that_are_named_get_a_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = written(tmp_path / "users", "api", "ops")
    assert set(files) == {"engine/users.acl", "api/url", "ops/url"}
    assert "madoguchi-worker" not in files["engine/users.acl"]
    assert main(["engine", "users", "kiosk", "--output", str(tmp_path / "users")]) == 1
    assert "There is no part kiosk. There are: api, worker" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["10.0.0.5:6379", "", "redis://h:x/0", "redis://h?ssl_ca=/x"])
def test_an_address_that_cannot_be_used_is_refused(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["engine", "users", "--address", address])
    assert refused.value.code == 2
    assert "--address" in capsys.readouterr().err
