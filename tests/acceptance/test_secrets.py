"""A whole service is run, and then everything it has written is searched for what must not be there.

Keys and codes are shown to whoever asked for them, ids of tickets to whoever took a number. No file of
the data dir holds any of them, nor does a log; the engine's own files, and the ledger in them, are
searched too.
"""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pyotp
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.acceptance.test_up import data_dir, office_file, processes  # noqa: F401 - fixtures
from tests.faults.engines import until
from tests.hall import OFFICE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

SMALL = f"/api/v1/offices/{OFFICE}"
PEPPER = "a-pepper-of-the-tests"


class Service(NamedTuple):
    """A running `up` whose log goes one way and whose words to the terminal another."""

    process: subprocess.Popen[bytes]
    told: Path
    log: Path

    @property
    def site(self) -> str:
        found = re.search(r"^Ready +(http://\S+)$", self.told.read_text(), re.MULTILINE)
        assert found, self.told.read_text() + self.log.read_text()
        return found[1]

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(15) == 0, self.log.read_text()


def up(data_dir: Path, *words: str, **more: str) -> Service:  # noqa: F811
    """Start it and wait until it is ready."""
    told, log = data_dir.with_name("told"), data_dir.with_name("log")
    env = {name: text for name, text in os.environ.items() if not name.startswith("MADOGUCHI_")}
    command = [sys.executable, "-m", "queue_service.cli", "up", "--data-dir", str(data_dir)]
    with told.open("wb") as out, log.open("wb") as err:
        of_out = os.fstat(out.fileno())
        if "JOURNAL_STREAM" in more:
            more["JOURNAL_STREAM"] = f"{of_out.st_dev}:{of_out.st_ino}"
        process = subprocess.Popen(
            [*command, "--port", "0", *words],
            env=env | more,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    service = Service(process, told, log)
    until(lambda: "\nReady" in told.read_text() or process.poll() is not None, 30)
    assert process.poll() is None, log.read_text()
    return service


class Told:
    """What was shown to somebody and has no place anywhere else."""

    def __init__(self) -> None:
        self.secrets: list[str] = []

    def keep(self, secret: str) -> str:
        self.secrets.append(secret)
        return secret


def ticket_life(client: httpx.Client, told: Told) -> None:
    """What happens to tickets in a day, well done and badly."""

    def post(path: str, body: object = None, status: int = 200) -> dict:
        answer = client.post(f"{SMALL}/{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else {}

    ids = [
        told.keep(post("tickets", {"service": service}, 201)["id"])
        for service in ("insurance", "insurance", "certificates", "moving")
    ]
    post("desks/2/call-next")
    post("desks/2/call-next", status=409)
    post(f"tickets/{ids[0]}/recall")
    post("desks/2/release-and-call-next", {"ticket": ids[0]})
    post("desks/2/release-and-call-next", {"ticket": ids[0]}, 409)
    post(f"tickets/{ids[1]}/finish")
    post(f"tickets/{ids[1]}/undo")
    post("desks/1/call", {"ticket": ids[2]})
    post(f"tickets/{ids[2]}/no-show")
    post(f"tickets/{ids[3]}/reprint")
    post(f"tickets/{ids[3]}/transfer", {"service": "insurance"})
    assert client.get(f"{SMALL}/tickets/{ids[3]}/qr").status_code == 200
    assert client.get(f"/t/{OFFICE}/{ids[3]}").status_code == 200
    assert client.get(f"{SMALL}/tickets").status_code == 200
    with httpx.Client(base_url=client.base_url) as visitor:
        assert visitor.get(f"{SMALL}/tickets/{ids[3]}").status_code == 200
        assert visitor.post(f"{SMALL}/tickets/{ids[3]}/cancel").status_code == 200
        for wrong in ("/nothing", "/", "/finish/x"):
            assert visitor.post(f"{SMALL}/tickets/{ids[3]}{wrong}").status_code >= 400
        assert visitor.get(f"/nowhere/{ids[3]}").status_code == 404


def keys_and_codes(client: httpx.Client, told: Told) -> str:
    """What happens to keys in a day; returns that of a screen."""
    body = {"role": "display", "office": OFFICE}
    made = client.post("/api/v1/keys", json=body, headers={"Idempotency-Key": "press"}).json()
    told.keep(made["key"])
    code = told.keep(client.post("/api/v1/enrolments", json=body).json()["code"])
    told.keep(code.replace("-", ""))
    with httpx.Client(base_url=client.base_url) as device:
        enrolled = device.post("/api/v1/enrol", json={"code": code})
        assert device.post("/api/v1/enrol", json={"code": code}).status_code == 404
        stranger = {"Authorization": f"Bearer {told.keep('mg_' + 'f' * 55)}"}
        assert device.get(SMALL, headers=stranger).status_code == 401
        # A key where no key belongs is a mistake that people make.
        assert device.get(f"{SMALL}/board", params={"key": made["key"]}).status_code == 401
        assert device.get(f"/keys/{made['key']}").status_code == 404
        assert client.delete(f"/api/v1/keys/{made['key']}").status_code == 404
    assert client.delete(f"/api/v1/keys/{made['id']}").status_code == 204
    return told.keep(enrolled.json()["key"])


def people(client: httpx.Client, told: Told) -> None:
    """Somebody signs in, badly and well, works, and signs out."""
    body = {"name": "sato", "role": "admin", "office": OFFICE}
    invited = client.post("/api/v1/people", json=body).json()
    factor = pyotp.parse_uri(invited["second_factor"])
    told.keep(factor.secret)
    proof = {"name": "sato", "password": told.keep(invited["password"])}
    page = {"Origin": str(client.base_url).rstrip("/")}
    with httpx.Client(base_url=client.base_url, headers=page) as desk:
        wrong = {"name": "sato", "password": told.keep("a password of somewhere else")}
        assert desk.post("/api/v1/session", json=wrong).status_code == 401
        assert desk.post("/api/v1/session", json=proof).status_code == 401, "a code is needed"
        proof |= {"code": factor.now(), "new_password": told.keep("correct horse battery")}
        press = {"Idempotency-Key": told.keep("a-press-that-nobody-guesses")}
        assert desk.post("/api/v1/session", json=proof, headers=press).status_code == 201
        for cookie in desk.cookies.jar:
            told.keep(str(cookie.value))
        assert len(desk.cookies) == 2, "a session, and the mark of the device"
        assert desk.post(f"{SMALL}/desks/3/call-next").status_code in (200, 204)
        assert desk.get("/api/v1/audit", params={"office": OFFICE}).status_code == 200
        assert desk.delete("/api/v1/session").status_code == 204


def boards(site: str, key: str, told: Told) -> None:
    """A screen that watches, and one that may not."""
    address = site.replace("http", "ws", 1) + f"/ws/offices/{OFFICE}/board"
    for offered in (key, told.keep("mg_" + "e" * 55)):
        protocols = [Subprotocol("madoguchi"), Subprotocol(f"madoguchi.{offered}")]
        with connect(address, subprotocols=protocols) as screen:
            if offered == key:
                assert json.loads(screen.recv(15))["office"] == OFFICE
    with connect(address) as screen:
        screen.send(json.dumps({"key": key}))
        assert json.loads(screen.recv(15))["office"] == OFFICE


def found_in(files: Iterator[tuple[str, bytes]], secrets: list[str]) -> list[tuple[str, str]]:
    return [(name, each) for name, raw in files for each in secrets if each.encode() in raw]


def written(data_dir: Path, *more: Path) -> Iterator[tuple[str, bytes]]:  # noqa: F811
    """Every file, and what is packed in it."""
    for file in [*data_dir.rglob("*"), *more]:
        if file.is_file():
            yield file.name, file.read_bytes()
            if zipfile.is_zipfile(file):
                with zipfile.ZipFile(file) as packed:
                    yield from ((name, packed.read(name)) for name in packed.namelist())


def test_logs_and_files_of_a_full_run_hold_no_key_no_code_and_no_ticket_id(
    data_dir: Path,  # noqa: F811
    office_file: Path,  # noqa: F811
) -> None:
    service = up(
        data_dir,
        *("--office", str(office_file)),
        MADOGUCHI_PEPPER=PEPPER,
        MADOGUCHI_PUBLIC_URL="https://queue.example.jp",
    )
    told = Told()
    told.keep(PEPPER)
    shown = [told.keep(key) for key in re.findall(r"mg_[\w-]{55}", service.told.read_text())]
    assert len(set(shown)) == 5, "an admin's, and one for each kind of page"
    assert "stand in a file" in service.told.read_text(), "standard output is one here"
    headers = {"Authorization": f"Bearer {shown[0]}"}
    with httpx.Client(base_url=service.site, headers=headers, timeout=15) as client:
        ticket_life(client, told)
        people(client, told)
        boards(service.site, keys_and_codes(client, told), told)
        assert client.get(f"{SMALL}/events").status_code == 200
    backup = data_dir.with_name("backup.zip")
    run = [sys.executable, "-m", "queue_service.cli", "backup", str(backup)]
    subprocess.run([*run, "--data-dir", str(data_dir)], check=True, capture_output=True)
    service.stop()

    log = service.log.read_text()
    assert "/api/v1/offices/{office}/tickets/{ticket}" in log, "the log was written"
    assert "Traceback" not in log
    ledger = b"".join(raw for name, raw in written(data_dir) if ".aof" in name)
    assert b"Issued" in ledger and b'"label"' in ledger, "the engine's own files are searched"
    assert len(told.secrets) >= 15
    assert found_in(written(data_dir, service.log, backup), told.secrets) == []
    assert not re.search(rb"mg_[\w-]{20}", b"".join(raw for _, raw in written(data_dir, backup)))
    assert not re.search(rb"ms_[\w-]{20}", b"".join(raw for _, raw in written(data_dir, backup)))
    assert found_in(written(data_dir, service.told), shown) != [], "the search finds what is there"


def test_under_systemd_no_key_is_made_that_the_journal_would_keep(
    data_dir: Path,  # noqa: F811
    office_file: Path,  # noqa: F811
) -> None:
    service = up(data_dir, "--office", str(office_file), JOURNAL_STREAM="of standard output")
    told = service.told.read_text()
    service.stop()
    assert "mg_" not in told and "key=" not in told
    assert f"/kiosk/{OFFICE}" in told, "the links are there, without keys"
    assert "No key was made" in told and "madoguchi keys new" in told
    again = up(data_dir)
    assert len(re.findall(r"mg_[\w-]{55}", again.told.read_text())) == 6, "at a terminal they are"
    again.stop()
