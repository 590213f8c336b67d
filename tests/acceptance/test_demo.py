"""`madoguchi demo` as a newcomer starts it."""

import datetime
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.live import wait_until

A_DAY = datetime.timedelta(days=1)
STOP_S = 10.0
API = "/api/v1/offices/cityhall"

# As a shell starts what it sends to the background; SIGTERM has to end it all the same.
BACKGROUND = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh"]


class Demo(NamedTuple):
    """A running demonstration."""

    process: subprocess.Popen[bytes]
    said: str
    folder: Path

    @property
    def site(self) -> str:
        return re.findall(r"^Ready +(http://\S+?)/$", self.said, re.MULTILINE)[0]

    def link(self, page: str) -> str:
        return re.findall(rf"{self.site}/{page}/\S+", self.said)[0]

    def client(self, page: str) -> httpx.Client:
        key = self.link(page).partition("#key=")[2]
        return httpx.Client(
            base_url=self.site + API, headers={"Authorization": f"Bearer {key}"}, trust_env=False
        )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    output = folder / "output"
    command = [sys.executable, "-m", "queue_service.cli", "demo", "--port", "0", "--speed", "60"]
    with output.open("wb") as out:
        process = subprocess.Popen(
            BACKGROUND + command, stdout=out, stderr=out, env=os.environ | {"TMPDIR": str(folder)}
        )
    deadline = time.monotonic() + 90
    while "Ctrl-C ends" not in output.read_text() and time.monotonic() < deadline:
        assert process.poll() is None, output.read_text()
        time.sleep(0.1)
    yield Demo(process, output.read_text(), folder)
    process.kill()
    process.wait()


def counted(staff: httpx.Client, state: str) -> int:
    time.sleep(0.1)  # one member of staff may ask only so often
    return len(staff.get(f"/tickets?state={state}").json()["tickets"])


def test_the_hall_is_alive_when_the_links_are_printed(demo: Demo) -> None:
    with demo.client("desk") as staff, demo.client("board") as screen:
        board: dict[str, Any] = screen.get("/board").json()
        assert board["at"].partition("T")[2] >= "10:00"
        assert len(board["calls"]) == 20
        assert sum(desk["status"] == "open" for desk in board["desks"]) > 8
        finished, before = counted(staff, "finished"), board["as_of"]
        assert finished > 20
        wait_until(lambda: counted(staff, "finished") > finished + 3)
        wait_until(lambda: screen.get("/board").json()["as_of"] > before + 30)


def test_every_link_leads_to_a_page(demo: Demo) -> None:
    for page in ("kiosk", "board", "desk", "floor", "stats", "status", "t"):
        assert httpx.get(demo.link(page), trust_env=False).status_code == 200, page
    ticket = demo.link("t").rpartition("/")[2]
    seen = httpx.get(f"{demo.site}{API}/tickets/{ticket}", trust_env=False).json()
    assert seen["state"] in ("waiting", "processing", "called", "serving", "ready")


def test_the_days_before_are_told(demo: Demo) -> None:
    with demo.client("stats") as analyst:
        today = datetime.date.fromisoformat(
            httpx.get(f"{demo.site}{API}/congestion", trust_env=False).json()["at"][:10]
        )
        period = {"from": f"{today - 35 * A_DAY}", "to": f"{today - A_DAY}"}
        told = analyst.get("/stats/arrivals", params=period | {"bin": "day", "service": "*"}).json()
        assert told["missing_days"] == []
        assert told["n"] > 200 * len(told["rows"]) > 200 * 15
        clock = analyst.get("/stats/arrivals", params=period | {"bin": "60", "by": "time"}).json()
        hours = {row["time"]: row["arrivals"] for row in clock["rows"] if row["service"] == "*"}
        assert hours["10:00"] > 1.3 * hours["12:00"]  # lunch
        wait_until(lambda: analyst.get("/stats/estimates").json()["days"] > 20)


def test_a_desk_that_a_person_uses_is_left_to_that_person(demo: Demo) -> None:
    with demo.client("desk") as staff:

        def press() -> bool:
            held = staff.get("/tickets?desk=4&state=serving&state=called").json()["tickets"]
            if not held:  # nobody waited at the last press; now the desk is the person's
                reply = staff.post("/desks/4/call-next")
                called = reply.json() if reply.status_code == 200 else None
            else:
                body = {"ticket": held[0]["id"], "move": "park"}
                reply = staff.post("/desks/4/release-and-call-next", json=body)
                called = reply.json().get("called") if reply.is_success else None
            mine.extend([called] if called else [])
            return bool(mine)

        mine: list[dict[str, Any]] = []
        wait_until(press)
        until = time.monotonic() + 6  # six minutes of the hall: a clerk would long be done
        while time.monotonic() < until:
            now = staff.get(f"/tickets/{mine[0]['id']}").json()
            assert (now["state"], now["desk"]) == ("called", "4")
            time.sleep(0.1)
            time.sleep(0.5)


def test_a_worker_is_at_work_beside_it(demo: Demo) -> None:
    (data_dir,) = demo.folder.glob("madoguchi-*")
    line = [sys.executable, "-m", "queue_service.cli", "doctor", "--only", "worker"]
    env = {k: v for k, v in os.environ.items() if not k.startswith("MADOGUCHI_")}
    told = subprocess.run(
        [*line, "--data-dir", str(data_dir)], env=env, capture_output=True, text=True, check=False
    )
    assert "1 alive" in told.stdout, told.stdout + told.stderr


def test_nothing_is_left_when_it_ends(demo: Demo) -> None:
    begin = time.monotonic()
    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(STOP_S) == 0
    assert time.monotonic() - begin < STOP_S
    assert list(demo.folder.glob("madoguchi-*")) == []
    left = subprocess.run(["pgrep", "-f", str(demo.folder)], capture_output=True, check=False)
    assert left.stdout == b""
