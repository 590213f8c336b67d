"""The pure parts of the pages, run by node where there is one; and what both sides must agree on."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from display.feed import HEARTBEAT_S
from queue_service.cli.following import SILENT_S
from queue_service.enrolment import ALPHABET

NODE = shutil.which("node")
ROOT = Path(__file__).parents[2]
TESTS = sorted((ROOT / "tests" / "pages").glob("*.test.js"))


@pytest.mark.skipif(NODE is None, reason="NO NODE: the pages' own tests were not run")
@pytest.mark.parametrize("test", TESTS, ids=lambda path: path.stem)
def test_the_pages_do_as_their_tests_say(test: Path) -> None:
    assert NODE is not None
    command = [NODE, "--test", str(test)]
    ran = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_whoever_follows_a_board_waits_for_two_heartbeats_and_knows_within_five_seconds() -> None:
    page = (ROOT / "display" / "pages" / "house" / "boards.js").read_text()
    (silent_ms,) = re.findall(r"SILENT_MS = ([0-9_]+);", page)
    assert 2 * HEARTBEAT_S < int(silent_ms) / 1000 == SILENT_S < 5


def test_the_letters_to_touch_are_those_of_which_codes_are_made() -> None:
    page = (ROOT / "display" / "pages" / "house" / "keypad.js").read_text()
    assert re.findall(r'LETTERS = "(\w+)";', page) == [ALPHABET]
