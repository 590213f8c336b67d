"""The pure parts of the pages, run by node where there is one."""

import shutil
import subprocess
from pathlib import Path

import pytest

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
