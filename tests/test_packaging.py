"""What is shipped: the wheel, the containers, and the commands that the README promises."""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from queue_service.cli import main, parser
from queue_service.version import VERSION

ROOT = Path(__file__).parents[1]
HOUSE = ("queue_service", "worker", "display")
LEFT_OUT = re.compile(r"__pycache__|/\.")
COMPOSE = [str(Path(sys.executable).with_name("docker-compose")), "-f", "docker-compose.yml"]
PARTS = ("api", "worker", "display")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The wheel as pip builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return ZipFile(built)


def test_the_wheel_holds_every_file_of_the_house_and_nothing_else(wheel: ZipFile) -> None:
    paths = (path for folder in HOUSE for path in (ROOT / folder).rglob("*") if path.is_file())
    files = {str(path.relative_to(ROOT)) for path in paths}
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert shipped == {name for name in files if not LEFT_OUT.search(name)}


def test_scripts_and_samples_are_in_the_wheel(wheel: ZipFile) -> None:
    assert {
        "queue_service/scripts/issue.lua",
        "queue_service/scripts/README.md",
        "queue_service/samples/tryout.yaml",
    } <= set(wheel.namelist())


def test_the_command_is_called_madoguchi(wheel: ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "madoguchi = queue_service.cli:main" in wheel.read(name).decode()


def test_the_readme_and_the_checks_use_the_same_commands() -> None:
    test = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"
    checks = (ROOT / ".ci" / "run").read_text("utf-8")
    for readme in ("README.md", "README.ja.md"):
        assert test in (ROOT / readme).read_text("utf-8")
    assert [step for step in test.split(" && ") if f"\n{step}" not in checks] == []


def test_the_changelog_knows_this_version() -> None:
    assert f"\n## [{VERSION}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def _compose(**env: str) -> subprocess.CompletedProcess[str]:
    command = [*COMPOSE, "config", "--format", "json"]
    own = {name: value for name, value in os.environ.items() if "MADOGUCHI" not in name}
    return subprocess.run(
        command, check=False, cwd=ROOT, env=own | env, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services as Compose understands them."""
    read = _compose(MADOGUCHI_ADMIN_KEY="a-key-of-24-characters-..")
    assert read.returncode == 0, read.stderr
    services: dict[str, Any] = json.loads(read.stdout)["services"]
    return services


def test_compose_asks_for_an_admin_key() -> None:
    refused = _compose()
    assert refused.returncode != 0
    assert "MADOGUCHI_ADMIN_KEY" in refused.stderr


def test_the_engine_in_compose_forgets_nothing_and_is_not_published(
    services: dict[str, Any],
) -> None:
    engine = services["redis"]
    words = engine["command"]
    flags = dict(zip(words[1::2], words[2::2], strict=True))
    assert flags == {
        "--appendonly": "yes",
        "--appendfsync": "always",
        "--maxmemory-policy": "noeviction",
        "--save": "",
        "--aclfile": "/etc/madoguchi/users/engine/users.acl",
    }
    (data, users) = engine["volumes"]
    assert (data["type"], data["target"]) == ("volume", "/data")
    assert (users["target"], users["read_only"]) == ("/etc/madoguchi/users/engine", True)
    assert engine["depends_on"]["users"]["condition"] == "service_completed_successfully"
    assert "ports" not in engine


def test_each_part_in_compose_sees_its_own_user_of_the_engine_and_no_other(
    services: dict[str, Any], tmp_path: Path
) -> None:
    """The files are those that the command of the service `users` writes."""
    users = services["users"]
    command = [word.replace("/etc/madoguchi/users", str(tmp_path)) for word in users["command"]]
    assert main(command) == 0
    assert users["network_mode"] == "none"
    (asks,) = re.findall(r"--user (\S+)", " ".join(services["redis"]["healthcheck"]["test"]))
    assert f"user {asks} " in (tmp_path / "engine" / "users.acl").read_text()
    seen = {volume["target"] for volume in users["volumes"]}
    for part in PARTS:
        service = services[part]
        assert "MADOGUCHI_REDIS_URL" not in service["environment"]
        named = service["environment"]["MADOGUCHI_REDIS_URL_FILE"]
        url = Path(named.replace("/etc/madoguchi/users", str(tmp_path))).read_text()
        assert url.startswith(f"redis://madoguchi-{part}:")
        assert f"user madoguchi-{part} " in (tmp_path / "engine" / "users.acl").read_text()
        mounted = [v for v in service["volumes"] if v["target"] in seen]
        assert [(v["target"], v["read_only"]) for v in mounted] == [(str(Path(named).parent), True)]


@pytest.mark.parametrize("part", PARTS)
def test_each_part_waits_for_a_healthy_engine_and_can_do_no_harm(
    services: dict[str, Any], part: str
) -> None:
    service = services[part]
    assert service["command"][0] == part
    assert service["depends_on"]["redis"]["condition"] == "service_healthy"
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("part", PARTS)
def test_the_command_line_understands_what_compose_tells_a_part(
    services: dict[str, Any], part: str
) -> None:
    assert parser().parse_args(services[part]["command"]).run


def test_only_api_and_display_are_reachable_and_only_from_this_machine(
    services: dict[str, Any],
) -> None:
    ports = {
        name: [(port["host_ip"], port["target"]) for port in service["ports"]]
        for name, service in services.items()
        if "ports" in service
    }
    assert ports == {"api": [("127.0.0.1", 8000)], "display": [("127.0.0.1", 8001)]}


PAPERS = ("README.md", "README.ja.md", "SECURITY.md", "RUNBOOK.md")
COMMAND = re.compile(
    r"(?:(?<=`)|(?<=^)|(?<=/bin/)|(?<=\())madoguchi ((?:[^`\n#)|;]|\|(?! ))+)", re.MULTILINE
)


def below(words: list[str]) -> argparse.ArgumentParser:
    """The parser of the command that some words name."""
    found = parser()
    for word in words:
        choices = [
            action.choices
            for action in found._actions
            if action.choices and not action.option_strings
        ]
        if not choices or not isinstance(choices[0], dict):
            break
        assert word in choices[0], f"there is no command {' '.join(words)}"
        found = choices[0][word]
    return found


@pytest.mark.parametrize("paper", PAPERS)
def test_every_command_and_option_that_is_written_down_exists(paper: str) -> None:
    named = COMMAND.findall((ROOT / paper).read_text("utf-8"))
    assert named
    for text in named:
        words = [word for word in text.split() if not word.startswith(("[", "…"))]
        if not words or words[0].startswith("-"):
            continue
        known = below(words)._option_string_actions
        for option in (word.partition("=")[0] for word in words if word.startswith("--")):
            assert option in known, f"{paper}: madoguchi {text}"
