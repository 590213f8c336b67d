"""Backups that somebody made to harm: refused whole, and no file but the data dir's is ever touched."""

import hashlib
import io
import stat
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queue_service import keys
from queue_service.backup import BackupDamaged
from queue_service.backup_file import LINE_BYTES, Backup
from queue_service.connection import Client
from queue_service.restore import restore
from tests.bombs import MEGABYTE, memory, zip_of
from tests.hall import OFFICE
from tests.integration.test_backup import empty, file  # noqa: F401 - fixtures

Members = dict[str, bytes]
MANIFEST, CONFIGURATION, LEDGER = "manifest.json", "configuration.json", "ledgers/small.ndjson"
AUDIT = "audit.ndjson"
IMPORT = "0123456789abcdef"


def forged(file: Path, change: Callable[[Members, dict[str, Any], dict[str, Any]], None]) -> Path:  # noqa: F811
    """A backup whose every hash is right, changed by somebody who knows how it is made.

    `change` is given the members, and manifest and configuration as they are read.
    """
    with zipfile.ZipFile(file) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    manifest, told = (msgspec.json.decode(members[each]) for each in (MANIFEST, CONFIGURATION))
    change(members, manifest, told)
    if members[CONFIGURATION] is not None:
        members[CONFIGURATION] = msgspec.json.encode(told)
    manifest["sha256"] |= {
        name: hashlib.sha256(raw).hexdigest() for name, raw in members.items() if name != MANIFEST
    }
    members[MANIFEST] = msgspec.json.encode(manifest)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            archive.writestr(name, raw)
    return file


def renamed(office: str) -> Callable[[Members, dict[str, Any], dict[str, Any]], None]:
    """The same office under another id, everywhere."""

    def change(members: Members, manifest: dict[str, Any], told: dict[str, Any]) -> None:
        members[f"ledgers/{office}.ndjson"] = members.pop(LEDGER)
        manifest["sha256"].pop(LEDGER)
        manifest["entries"] = {office: manifest["entries"][OFFICE]}
        told["offices"] = {office: told["offices"][OFFICE]}
        told["offices"][office]["elsewhere"]["imports"] = {IMPORT: "{}"}
        members[f"imports/{office}/{IMPORT}.ndjson.gz"] = b"rows"

    return change


def with_import(id: str) -> Callable[[Members, dict[str, Any], dict[str, Any]], None]:
    def change(members: Members, manifest: dict[str, Any], told: dict[str, Any]) -> None:
        told["offices"][OFFICE]["elsewhere"]["imports"] = {id: "{}"}
        members[f"imports/{OFFICE}/{id}.ndjson.gz"] = b"rows"

    return change


@pytest.mark.parametrize(
    "name",
    ["../../../evil", "/evil", "..", ".", "", "a/b", "a\\b", "a\nb", "{a}", "a:b", "x" * 41],
)
async def test_no_name_in_a_backup_leads_out_of_its_folder(file: Path, name: str):  # noqa: F811
    raw = file.read_bytes()
    for change, kind in ((renamed(name), "an office"), (with_import(name), "an import")):
        file.write_bytes(raw)
        with pytest.raises(BackupDamaged, match=f"is no id of {kind}. Nothing was changed"):
            Backup(forged(file, change))


async def test_an_import_that_is_one_is_put_into_its_folder(
    file: Path,  # noqa: F811
    empty: Client,  # noqa: F811
    tmp_path: Path,
):
    """What is refused above is refused for its name alone."""
    await restore(empty, Backup(forged(file, with_import(IMPORT))), tmp_path / "other")
    kept = tmp_path / "other" / "archive" / OFFICE / "imports" / f"{IMPORT}.ndjson.gz"
    assert kept.read_bytes() == b"rows"


def _key(_: Members, __: dict[str, Any], told: dict[str, Any]) -> None:
    told["offices"][OFFICE]["elsewhere"]["keys}:evil"] = {"a": "b"}


def _office_more(_: Members, __: dict[str, Any], told: dict[str, Any]) -> None:
    told["offices"]["another"] = told["offices"][OFFICE]


def _no_definition(_: Members, __: dict[str, Any], told: dict[str, Any]) -> None:
    told["offices"][OFFICE]["definitions"] = {}


def _bad_definition(_: Members, __: dict[str, Any], told: dict[str, Any]) -> None:
    told["offices"][OFFICE]["definitions"] = dict.fromkeys(
        told["offices"][OFFICE]["definitions"], "{"
    )


def _other_definition(_: Members, __: dict[str, Any], told: dict[str, Any]) -> None:
    kept = told["offices"][OFFICE]["definitions"]
    told["offices"][OFFICE]["definitions"] = {
        version: raw.replace('"id":"small"', '"id":"other"') for version, raw in kept.items()
    }


def _no_sense(members: Members, _: dict[str, Any], __: dict[str, Any]) -> None:
    members[LEDGER] = members[LEDGER].replace(b'"ticket":', b'"ticket":9')


def _no_event(members: Members, _: dict[str, Any], __: dict[str, Any]) -> None:
    members[LEDGER] = members[LEDGER].replace(b'"at":', b'"at":"x","x":')


def _too_deep(members: Members, _: dict[str, Any], __: dict[str, Any]) -> None:
    members[LEDGER] += b'{"id":99,"event":' + b"[" * 100_000


def _note_elsewhere(members: Members, _: dict[str, Any], __: dict[str, Any]) -> None:
    members[AUDIT] = members[AUDIT].replace(b"{small}:audit", b"{small}:ledger")


def _note_out_of_order(members: Members, _: dict[str, Any], __: dict[str, Any]) -> None:
    members[AUDIT] += members[AUDIT]


def _note_beyond(members: Members, _: dict[str, Any], __: dict[str, Any]) -> None:
    note = {"key": keys.AUDIT, "id": f"{1 << 64}-0", "fields": {"by": "x"}}
    members[AUDIT] += msgspec.json.encode(note)


def _no_note(members: Members, _: dict[str, Any], __: dict[str, Any]) -> None:
    members[AUDIT] += b'{"key":"madoguchi:{access}:audit","id":"x","fields":{}}'


def _no_person(_: Members, __: dict[str, Any], told: dict[str, Any]) -> None:
    told["people"] = dict.fromkeys(told["people"], "{}")


def _another_person(_: Members, __: dict[str, Any], told: dict[str, Any]) -> None:
    told["people"] = {f"{name} too": raw for name, raw in told["people"].items()}


def _no_held_key(_: Members, __: dict[str, Any], told: dict[str, Any]) -> None:
    told["keys"] = dict.fromkeys(told["keys"], "hash")


@pytest.mark.parametrize(
    "change",
    [
        _key,
        *(_note_elsewhere, _note_out_of_order, _note_beyond, _no_note),
        *(_no_person, _another_person, _no_held_key),
        _office_more,
        _no_definition,
        _bad_definition,
        _other_definition,
        _no_sense,
        _no_event,
        _too_deep,
    ],
)
async def test_what_no_backup_of_ours_holds_is_refused_though_every_hash_is_right(
    file: Path,  # noqa: F811
    change: Callable[[Members, dict[str, Any], dict[str, Any]], None],
):
    Backup(forged(file, lambda *_: None))
    with pytest.raises(BackupDamaged, match="Nothing was changed; use another copy"):
        Backup(forged(file, change))


# What unpacks to more than it is


@pytest.mark.parametrize("name", [MANIFEST, CONFIGURATION, LEDGER])
async def test_a_member_that_unpacks_to_four_gigabytes_is_refused_in_flat_memory(
    file: Path,  # noqa: F811
    name: str,
):
    """It announces four gigabytes of blanks; packing them would take half a minute."""
    piece = io.BytesIO(zip_of("x", b" ", 100 * MEGABYTE))
    with zipfile.ZipFile(piece) as one:
        info = one.getinfo("x")
        data = piece.getvalue()[30 + len("x") :][: info.compress_size]
    with zipfile.ZipFile(file) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
        hashes = msgspec.json.decode(members[MANIFEST])
    hashes["sha256"][name] = "0" * 64
    members |= {MANIFEST: msgspec.json.encode(hashes), name: data}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for each, raw in members.items():
            archive.writestr(each, raw)
    raw = bytearray(file.read_bytes())
    at = raw.rindex(b"PK\x01\x02", 0, raw.rindex(name.encode()))  # in the directory at the end
    struct.pack_into("<H", raw, at + 10, zipfile.ZIP_DEFLATED)
    struct.pack_into("<L", raw, at + 24, 2**32 - 2)  # as much as such a directory can announce
    file.write_bytes(raw)
    with memory() as peak:
        with pytest.raises(BackupDamaged, match=f"{name} unpacks to more than 200 times its size"):
            Backup(file)
        assert peak() < 4 * MEGABYTE + 2 * len(raw)


async def test_an_entry_without_an_end_is_refused_in_flat_memory(file: Path):  # noqa: F811
    def change(members: Members, _: dict[str, Any], __: dict[str, Any]) -> None:
        noise = hashlib.shake_128(b"x").hexdigest(50 * MEGABYTE).encode()
        members[LEDGER] += b'{"id":99,"event":{"type":"Later","at":5,"x":"' + noise

    forged(file, change)
    with memory() as peak:
        with pytest.raises(BackupDamaged, match="no whole backup"):
            Backup(file)
        assert peak() < 16 * LINE_BYTES


# Zips of other kinds


async def test_whatever_else_a_zip_may_hold_is_not_looked_at(
    file: Path,  # noqa: F811
    empty: Client,  # noqa: F811
    tmp_path: Path,
):
    """Links, devices, names that lead out: no member is unpacked to where its name says."""
    with zipfile.ZipFile(file, "a") as archive:
        for name, kind in (
            ("../../evil", stat.S_IFREG),
            ("/tmp/evil-of-the-tests", stat.S_IFREG),  # noqa: S108
            (f"imports/{OFFICE}", stat.S_IFLNK),
            ("ledgers/zero", stat.S_IFCHR),
            ("archive", stat.S_IFIFO),
        ):
            member = zipfile.ZipInfo(name)
            member.external_attr = (kind | 0o777) << 16
            archive.writestr(member, b"/etc/passwd")
    before = set(tmp_path.iterdir())
    await restore(empty, Backup(file), tmp_path / "other")
    assert set(tmp_path.iterdir()) == before
    assert not Path("/tmp/evil-of-the-tests").exists()  # noqa: S108
    assert [each for each in (tmp_path / "other").rglob("*") if "evil" in each.name] == []
    assert await empty.hlen(keys.KEYS) == 1


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
async def test_a_zip_that_is_packed_otherwise_is_refused(file: Path, how: int):  # noqa: F811
    with zipfile.ZipFile(file) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, raw in members.items():
            archive.writestr(name, raw)
    with pytest.raises(BackupDamaged, match="is not packed as we do"):
        Backup(file)


async def test_a_zip_with_a_password_is_refused(file: Path):  # noqa: F811
    raw = bytearray(file.read_bytes())
    at = 0
    while (at := raw.find(b"PK\x01\x02", at + 1)) > 0:
        raw[at + 8] |= 1
    file.write_bytes(raw)
    with pytest.raises(BackupDamaged, match="encrypted"):
        Backup(file)


@pytest.mark.parametrize("place", ["/dev/zero", "/dev/null", "."])
def test_what_is_no_file_is_refused(place: str):
    with pytest.raises(BackupDamaged):
        Backup(Path(place))


# Anything at all


async def test_a_backup_with_anything_in_it_is_one_or_is_refused(file: Path):  # noqa: F811
    """Bytes of a member are changed, and its hash with them."""
    genuine = file.read_bytes()

    @given(
        name=st.sampled_from([CONFIGURATION, LEDGER, MANIFEST]),
        cut=st.floats(0, 1),
        skip=st.integers(0, 12),
        put=st.binary(max_size=4)
        | st.sampled_from([b'"', b"}", b"null", b"-1", b"[]", b"{}", b'"../x":']),
    )
    @settings(
        max_examples=250, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    def look(name: str, cut: float, skip: int, put: bytes) -> None:
        file.write_bytes(genuine)
        with zipfile.ZipFile(file) as archive:
            members = {each: archive.read(each) for each in archive.namelist()}
        raw = members[name]
        at = int(cut * len(raw))
        members[name] = raw[:at] + put + raw[at + skip :]
        if name != MANIFEST:
            manifest = msgspec.json.decode(members[MANIFEST])
            manifest["sha256"][name] = hashlib.sha256(members[name]).hexdigest()
            members[MANIFEST] = msgspec.json.encode(manifest)
        with zipfile.ZipFile(file, "w") as archive:
            for each, content in members.items():
                archive.writestr(each, content)
        with suppress(BackupDamaged):
            Backup(file)

    look()


async def test_a_file_with_any_bytes_changed_is_a_backup_or_is_refused(file: Path):  # noqa: F811
    genuine = file.read_bytes()

    @given(at=st.integers(0, len(genuine) - 1), put=st.binary(min_size=1, max_size=6))
    @settings(
        max_examples=250, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    def look(at: int, put: bytes) -> None:
        file.write_bytes(genuine[:at] + put + genuine[at + len(put) :])
        with suppress(BackupDamaged):
            Backup(file)

    look()
