"""The archive's files: sealed, found whole, read as the ledger was, deleted, and never half there."""

import errno
import gzip
import hashlib
import json
import os
import shutil
import stat
import threading
import tracemalloc
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from queue_service import events as ev
from queue_service import office_rules
from queue_service.archive import Archive, RawEntry
from queue_service.archive_manifest import (
    ArchiveError,
    EntriesDeleted,
    FileDamaged,
    FileMissing,
    FileUnreadable,
    LaterFormat,
    NoFolderName,
    NotListed,
    NotNext,
    NotTheEntries,
    NotWritten,
    OtherArchive,
    Segment,
)
from queue_service.events import Entry
from queue_service.offices import Office

MONDAY = date(2026, 11, 23)
NIGHT = 1_795_000_000_000  # ms: when sealing takes place
EACH = 5  # entries a day


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return archive_in(tmp_path)


@pytest.fixture
def sealed(archive: Archive) -> Archive:
    """Three days of five entries: 1 to 5, 6 to 10, 11 to 15."""
    for n in range(3):
        seal(archive, n)
    return archive


def archive_in(data_dir: Path) -> Archive:
    return Archive(data_dir / "archive", "small", "set-1")


def business_date(n: int) -> date:
    return MONDAY + timedelta(days=n)


def day(n: int) -> list[RawEntry]:
    """The entries of the nth day: it opens, and visitors are helped at the entrance."""
    first, on = n * EACH + 1, business_date(n).isoformat()
    told = [
        ev.DayOpened(at=1000 * first, date=on),
        *(ev.Helped(at=1000 * first + k, channel="kiosk", date=on) for k in range(1, EACH)),
    ]
    return [(first + k, ev.encode(event)) for k, event in enumerate(told)]


def ledger(days: int) -> list[RawEntry]:
    return [entry for n in range(days) for entry in day(n)]


def seal(archive: Archive, n: int, entries: Any = None, at: int = NIGHT) -> Segment:
    first, last = n * EACH + 1, (n + 1) * EACH
    given = day(n) if entries is None else entries
    return archive.seal(business_date(n), first, last, given, figures_until=last, sealed_at=at)


def file_of(archive: Archive, n: int) -> Path:
    return archive.file(business_date(n))


def manifest(archive: Archive) -> Any:
    return json.loads((archive.folder / "manifest.json").read_bytes())


def everything(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with what is in it, the lock's apart."""
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in sorted(folder.rglob("*"))
        if each.is_file() and each.name != "lock"
    }


def never() -> Iterator[RawEntry]:
    raise AssertionError("entries were asked for")
    yield


# A sealed day


def test_a_sealed_day_reads_back_as_the_ledger_held_it(sealed: Archive):
    assert list(sealed.entries()) == ledger(3)
    assert list(sealed.read()) == [Entry(id, ev.decode(raw)) for id, raw in ledger(3)]
    assert sealed.last() == 15


def test_a_sealed_day_opens_without_us_one_entry_a_line(sealed: Archive):
    file = sealed.folder / "ledger" / "2026" / "2026-11-23.ndjson.gz"
    with gzip.open(file, "rt", encoding="utf-8") as text:
        lines = text.read().splitlines()
    assert lines[0] == '{"entry_id":1,"type":"DayOpened","at":1000,"date":"2026-11-23"}'
    rows = [json.loads(line) for line in lines]
    assert rows == [{"entry_id": id, **json.loads(raw)} for id, raw in day(0)]
    assert [next(iter(row)) for row in rows] == ["entry_id"] * EACH


def test_an_event_of_a_later_version_survives_unchanged(archive: Archive):
    odd = '{"at": 7, "type":"Flown" ,"to":"月\\u3042","entry_id":99,"legs":[ ],"n":1e400}'.encode()
    entries = [(1, b'{"type":"DayOpened","at":5,"date":"2026-11-23","weather":"fine"}'), (2, odd)]
    archive.seal(MONDAY, 1, 2, entries, figures_until=2, sealed_at=NIGHT)
    assert list(archive.entries()) == entries
    assert list(archive.read()) == [
        Entry(1, ev.DayOpened(at=5, date="2026-11-23")),
        Entry(2, ev.Unknown(at=7, name="Flown")),
    ]


def test_the_same_entries_give_the_same_bytes_whenever_they_are_sealed(tmp_path: Path):
    first, second = archive_in(tmp_path / "a"), archive_in(tmp_path / "b")
    one, other = seal(first, 0, at=NIGHT), seal(second, 0, iter(day(0)), at=NIGHT + 10**9)
    assert file_of(first, 0).read_bytes() == file_of(second, 0).read_bytes()
    assert replace(other, sealed_at=NIGHT) == one
    assert file_of(first, 0).read_bytes()[3:8] == bytes(5)  # no name, no time


def test_the_manifest_says_what_is_sealed_and_how_it_proves_itself(archive: Archive):
    archive.seal(MONDAY, 1, 5, day(0), figures_until=4, sealed_at=NIGHT)
    seal(archive, 1)
    packed = file_of(archive, 0).read_bytes()
    found = manifest(archive)
    assert [each["date"] for each in found["segments"]] == ["2026-11-23", "2026-11-24"]
    assert found | {"segments": found["segments"][0]} == {
        "format": 1,
        "office": "small",
        "dataset": "set-1",
        "segments": {
            "date": "2026-11-23",
            "first": 1,
            "last": 5,
            "rows": 5,
            "sha256": hashlib.sha256(packed).hexdigest(),
            "bytes": len(packed),
            "first_at": 1000,
            "last_at": 1004,
            "sealed_at": NIGHT,
            "figures_until": 4,
        },
    }
    assert [msgspec.to_builtins(each) for each in archive.segments()] == found["segments"]


def test_the_files_are_readable_by_their_owner_only(sealed: Archive):
    for path in (sealed.folder / "manifest.json", file_of(sealed, 0)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(sealed.folder.stat().st_mode) == 0o700


def test_where_nothing_was_sealed_the_archive_is_empty_and_reading_makes_no_folder(
    archive: Archive,
):
    assert archive.segments() == ()
    assert archive.last() == 0
    assert list(archive.entries()) == []
    assert archive.check() is None
    assert archive.old(date.max) == []
    assert not archive.folder.parent.exists()


# What is refused


@pytest.mark.parametrize(
    ("on", "first", "last"),
    [
        (1, 7, 10),
        (1, 5, 10),
        (1, 6, 5),
        (0, 6, 10),
        (-1, 6, 10),
        (0, 1, 4),
        (0, 2, 5),
        (1, 1, 5),
    ],
)
def test_only_what_follows_on_the_last_segment_is_sealed(
    archive: Archive, on: int, first: int, last: int
):
    seal(archive, 0)
    before = everything(archive.folder)
    with pytest.raises(NotNext, match=rf"entries {first} to {last} .* ends with entry 5\."):
        archive.seal(business_date(on), first, last, never(), figures_until=last, sealed_at=NIGHT)
    assert everything(archive.folder) == before


def test_the_archive_of_a_restored_data_set_begins_where_its_entries_do(archive: Archive):
    seal(archive, 1)
    assert [(each.first, each.last) for each in archive.segments()] == [(6, 10)]
    assert [id for id, _ in archive.entries(5)] == [6, 7, 8, 9, 10]


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([], "entry 1 is missing"),
        (day(0)[:4], "entry 5 is missing"),
        (day(0)[:2] + day(0)[3:], "entry 4 is one too many, or not in its place"),
        (day(0)[1:], "entry 2 is one too many, or not in its place"),
        (day(0) + day(1)[:1], "entry 6 is one too many, or not in its place"),
        ([*day(0)[:4], (5, b'{"type":"Helped"}')], "entry 5 is no event"),
        ([*day(0)[:4], (5, b'{"type":"Helped","at":"now"}')], "entry 5 is no event"),
        ([*day(0)[:4], (5, b'{"at":5')], "entry 5 is no event"),
        ([*day(0)[:4], (5, b'{"at":5,"type":"\xff"}')], "entry 5 is no event"),
        ([*day(0)[:4], (5, b"[5]")], "entry 5 is no event"),
        ([*day(0)[:4], (5, b'{"at":5,\n"type":"Helped"}')], "entry 5 is not on one line"),
        ([*day(0)[:4], (5, b' {"at":5}')], "entry 5 is not on one line"),
    ],
)
def test_entries_that_are_not_those_announced_are_not_sealed(
    archive: Archive, entries: list[RawEntry], reason: str
):
    with pytest.raises(NotTheEntries, match=f"entries 1 to 5 of small: .*{reason}.*--office small"):
        seal(archive, 0, entries)
    assert everything(archive.folder) == {}
    assert seal(archive, 0).rows == EACH


def test_an_error_of_whoever_gives_the_entries_is_not_blamed_on_the_disk(archive: Archive):
    def breaks_off() -> Iterator[RawEntry]:
        yield from day(0)[:3]
        raise ConnectionResetError(errno.ECONNRESET, "the engine is gone")

    with pytest.raises(ConnectionResetError):
        seal(archive, 0, breaks_off())
    assert everything(archive.folder) == {}
    assert seal(archive, 0).rows == EACH  # and nobody holds the lock


IDS = ["a", "A-1_b", "9", "x" * 40, "con"]
NO_IDS = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "/etc",
    "a b",
    "-a",
    "_a",
    "a\n",
    "a\0",
    "x" * 41,
    "市",
    "é",
]


@pytest.mark.parametrize("id", range(len(IDS)))
def test_what_can_be_the_id_of_an_office_names_a_folder(tmp_path: Path, office: Office, id: int):
    assert office_rules.check(replace(office, id=IDS[id])) == []
    assert Archive(tmp_path, IDS[id], "set-1").folder == tmp_path / IDS[id]


@pytest.mark.parametrize("id", range(len(NO_IDS)))
def test_nothing_else_names_a_folder(tmp_path: Path, office: Office, id: int):
    assert office_rules.check(replace(office, id=NO_IDS[id])) != []
    with pytest.raises(NoFolderName, match="1 to 40 letters"):
        Archive(tmp_path, NO_IDS[id], "set-1")


@pytest.mark.parametrize(("office", "dataset"), [("small", "set-2"), ("SMALL", "set-1")])
def test_the_archive_of_another_data_set_or_office_is_refused(
    sealed: Archive, office: str, dataset: str
):
    other = Archive(sealed.folder.parent, office, dataset)
    if other.folder != sealed.folder:  # where upper and lower case are one, it is there already
        shutil.copytree(sealed.folder, other.folder)
    before = everything(other.folder)
    segments = sealed.segments()
    said = rf"{other.folder} is the archive of office small in data set set-1, .*--data-dir"
    for attempt in (
        other.segments,
        other.last,
        lambda: list(other.entries()),
        lambda: seal(other, 3, never()),
        lambda: other.delete(segments, deleted_at=NIGHT),
    ):
        with pytest.raises(OtherArchive, match=said):
            attempt()
    assert "(`--data-dir`)" in (other.check() or "")
    assert everything(other.folder) == before


# Again, at once, and after a crash


def test_sealing_again_changes_nothing_and_asks_for_no_entries(sealed: Archive):
    before, first = everything(sealed.folder), sealed.segments()[0]
    assert seal(sealed, 0, never(), at=NIGHT + 1) == first
    assert everything(sealed.folder) == before


def test_a_file_without_a_line_in_the_manifest_is_written_again(archive: Archive, tmp_path: Path):
    seal(archive, 0)
    file_of(archive, 1).write_bytes(b"half a day")
    assert list(archive.entries()) == day(0)
    assert archive.check() is None
    segment = seal(archive, 1)
    assert list(archive.entries()) == ledger(2)
    other = archive_in(tmp_path / "other")
    seal(other, 0)
    assert seal(other, 1) == segment
    assert everything(other.folder) == everything(archive.folder)


def test_the_first_file_may_wait_for_its_manifest(sealed: Archive):
    (sealed.folder / "manifest.json").unlink()
    for n in (1, 2):
        file_of(sealed, n).unlink()
    assert sealed.segments() == ()
    seal(sealed, 0)
    assert list(sealed.entries()) == day(0)


def test_files_that_have_lost_their_manifest_are_no_empty_archive(sealed: Archive):
    (sealed.folder / "manifest.json").unlink()
    for attempt in (sealed.segments, lambda: next(sealed.entries()), lambda: seal(sealed, 0)):
        with pytest.raises(FileMissing, match=r"manifest\.json is missing .*backup"):
            attempt()
    assert "manifest.json is missing" in (sealed.check() or "")


@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_a_listed_file_that_is_not_whole_is_mended_by_sealing_it_again(sealed: Archive, harm: str):
    before, file = everything(sealed.folder), file_of(sealed, 1)
    if harm == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-1])
    others = [(id, raw.replace(b"kiosk", b"phone")) for id, raw in day(1)]
    with pytest.raises(ArchiveError, match=str(file)):
        seal(sealed, 1, others)
    assert sealed.check() is not None
    seal(sealed, 1, at=NIGHT + 1)
    assert everything(sealed.folder) == before


def test_many_who_seal_at_once_lose_none_of_each_others_days(tmp_path: Path):
    days, faults = 12, list[BaseException]()

    def work() -> None:
        try:
            for n in range(days):
                seal(archive_in(tmp_path), n)
        except BaseException as fault:  # noqa: BLE001 - it is shown by the test
            faults.append(fault)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert faults == []
    alone = archive_in(tmp_path / "alone")
    for n in range(days):
        seal(alone, n)
    assert everything(tmp_path / "archive") == everything(tmp_path / "alone" / "archive")


def test_what_a_killed_process_left_is_cleared_away(sealed: Archive):
    before = everything(sealed.folder)
    (sealed.folder / ".manifest.json.k2x_81ab").write_bytes(b"{")
    (file_of(sealed, 0).parent / ".2026-11-26.ndjson.gz.abcdefgh").write_bytes(b"\x1f")
    assert sealed.check() is None
    seal(sealed, 2)
    assert everything(sealed.folder) == before


def test_every_folder_is_on_disk_before_its_file_counts(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    synced: list[tuple[int, bool]] = []  # inode, and whether the manifest was there
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        there = (archive.folder / "manifest.json").exists()
        synced.append((os.fstat(descriptor).st_ino, there))

    monkeypatch.setattr(os, "fsync", fsync)
    seal(archive, 0)
    file = file_of(archive, 0)
    wanted = [file, *file.parents][: file.parents.index(tmp_path) + 2]
    assert len(wanted) == 6
    assert [path for path in wanted if (path.stat().st_ino, False) not in synced] == []
    assert synced[-1] == (archive.folder.stat().st_ino, True)
    synced.clear()
    seal(archive, 0, never())  # whoever listed it may have been killed before the last sync
    assert (archive.folder.stat().st_ino, True) in synced


# Reading


@pytest.mark.parametrize("after", range(17))
def test_entries_are_read_from_and_to_anywhere_across_days(sealed: Archive, after: int):
    def expected(until: int) -> list[RawEntry]:
        return [(id, raw) for id, raw in ledger(3) if after < id <= until]

    for until in range(17):
        assert list(sealed.entries(after, until)) == expected(until)
    assert list(sealed.entries(after)) == expected(15)
    assert [entry.id for entry in sealed.read(after, 12)] == [id for id, _ in expected(12)]


def test_only_the_days_asked_for_are_opened(sealed: Archive):
    file_of(sealed, 0).unlink()
    file_of(sealed, 2).write_bytes(b"")
    assert list(sealed.entries(5, 10)) == day(1)


def test_reading_takes_little_memory_however_long_the_day(archive: Archive):
    many = 20_000
    event = ev.encode(ev.Helped(at=5, channel="kiosk", date="2026-11-23"))
    entries = ((id, event[:-1] + b',"odd":"%064x"}' % id) for id in range(1, many + 1))
    archive.seal(MONDAY, 1, many, entries, figures_until=many, sealed_at=NIGHT)
    tracemalloc.start()
    try:
        assert sum(1 for _ in archive.entries()) == many
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000 < many * len(event)


def change(file: Path, how: str) -> None:
    """Damage a file, or take it away."""
    raw = file.read_bytes()
    if how == "missing":
        file.unlink()
    elif how == "a folder":
        file.unlink()
        file.mkdir()
    elif how == "rewritten":
        file.write_bytes(gzip.compress(gzip.decompress(raw).replace(b"kiosk", b"phone"), mtime=0))
    else:
        file.write_bytes({"empty": b"", "cut": raw[:-9], "longer": raw + b"\0"}[how])


HARMS = {
    "missing": (FileMissing, "is missing .*from a backup"),
    "a folder": (FileUnreadable, "cannot be read: Is a directory"),
    "empty": (FileDamaged, "it has 0 bytes, and [0-9]+ were sealed.*from a backup"),
    "cut": (FileDamaged, "it has [0-9]+ bytes, and [0-9]+ were sealed"),
    "longer": (FileDamaged, "it has [0-9]+ bytes, and [0-9]+ were sealed"),
    "rewritten": (FileDamaged, "it has"),
}


@pytest.mark.parametrize("how", HARMS)
def test_a_file_that_is_not_what_was_sealed_is_named_with_the_remedy(sealed: Archive, how: str):
    kind, said = HARMS[how]
    file = file_of(sealed, 1)
    change(file, how)
    found = sealed.entries()
    assert [next(found) for _ in range(5)] == day(0)
    with pytest.raises(kind, match=f"{file} .*{said}"):
        next(found)
    with pytest.raises(kind, match=str(file)):
        next(sealed.read(7))
    with pytest.raises(kind) as caught:
        list(sealed.entries(5, 6))
    assert sealed.check() == str(caught.value)


def test_not_a_bit_of_a_file_changes_unseen(sealed: Archive):
    file = file_of(sealed, 1)
    raw = file.read_bytes()
    for place in range(len(raw)):
        file.write_bytes(raw[:place] + bytes([raw[place] ^ 1 << place % 8]) + raw[place + 1 :])
        with pytest.raises(FileDamaged, match=f"{file} .*another SHA-256"):
            next(sealed.entries(5))
    file.write_bytes(raw)
    assert sealed.check() is None


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (day(1)[:-1], "it ends before entry 10"),
        ([*day(1), (11, b'{"at":5}')], "entry 11 is not where it should be"),
        ([*day(1)[:2], *day(1)[3:]], "entry 8 is not where it should be"),
        (day(0), "entry 6 is not where it should be"),
        (None, "Not a gzipped file"),
    ],
)
def test_rows_are_counted_though_the_hash_is_right(
    sealed: Archive, lines: list[RawEntry] | None, said: str
):
    text = b"".join(b'{"entry_id":%d,%b\n' % (id, raw[1:]) for id, raw in lines or [])
    packed = b"no gzip" if lines is None else gzip.compress(text)
    file_of(sealed, 1).write_bytes(packed)
    told = manifest(sealed)
    told["segments"][1] |= {
        "sha256": hashlib.sha256(packed).hexdigest(),
        "bytes": len(packed),
    }
    (sealed.folder / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(FileDamaged, match=f"{file_of(sealed, 1)} .*{said}"):
        list(sealed.entries(5))
    assert said in (sealed.check() or "")


# The manifest


def test_a_manifest_that_breaks_off_is_named(sealed: Archive):
    file = sealed.folder / "manifest.json"
    raw = file.read_bytes().rstrip()
    for length in range(len(raw)):
        file.write_bytes(raw[:length])
        with pytest.raises(FileDamaged, match=f"{file} .*from a backup"):
            sealed.segments()
    with pytest.raises(FileDamaged):
        seal(sealed, 3)


def test_a_manifest_with_any_byte_changed_is_an_archive_error_or_a_manifest(archive: Archive):
    seal(archive, 0)
    file = archive.folder / "manifest.json"
    raw = file.read_bytes()
    for place in range(len(raw)):
        for byte in (0x39, 0xFF, raw[place] ^ 1):
            file.write_bytes(raw[:place] + bytes([byte]) + raw[place + 1 :])
            said = archive.check()
            assert said is None or str(archive.folder) in said


@pytest.mark.parametrize(
    "lie",
    [
        {"first": 7},
        {"last": 11},
        {"rows": 4},
        {"date": "2026-11-23"},
        {"date": "../../../etc"},
        {"date": "2026-13-01"},
        {"sha256": None},
        {"bytes": "many"},
    ],
)
def test_a_manifest_that_cannot_be_true_is_named(sealed: Archive, lie: dict[str, Any]):
    told = manifest(sealed)
    told["segments"][1] |= lie
    file = sealed.folder / "manifest.json"
    file.write_text(json.dumps(told))
    with pytest.raises(FileDamaged, match=str(file)):
        list(sealed.entries(10))


def test_a_manifest_of_a_later_format_asks_for_a_later_version(sealed: Archive):
    file = sealed.folder / "manifest.json"
    file.write_text(json.dumps({"format": 2, "segments": {"elsewhere": True}}))
    with pytest.raises(LaterFormat, match=f"{file} has format 2, .*reads format 1"):
        sealed.segments()


def test_a_manifest_that_cannot_be_read_is_named(sealed: Archive):
    change(sealed.folder / "manifest.json", "a folder")
    with pytest.raises(FileUnreadable, match=r"manifest\.json cannot be read: Is a directory"):
        sealed.segments()


# Retention


def test_what_would_be_deleted_can_be_asked_and_changes_nothing(sealed: Archive):
    before = everything(sealed.folder)
    first, second, third = sealed.segments()
    assert sealed.old(business_date(0)) == []
    assert sealed.old(business_date(2)) == [first, second]
    assert sealed.old(date.max) == [first, second, third]
    assert everything(sealed.folder) == before


def test_a_deleted_day_stays_listed_and_its_file_is_gone(sealed: Archive):
    first, *others = sealed.segments()
    sealed.delete(sealed.old(business_date(1)), deleted_at=NIGHT + 7)
    assert sealed.segments() == (replace(first, deleted_at=NIGHT + 7), *others)
    assert manifest(sealed)["segments"][0]["sha256"] == first.sha256
    assert not file_of(sealed, 0).exists()
    assert file_of(sealed, 1).exists()
    assert sealed.old(business_date(1)) == []
    assert sealed.last() == 15


def test_reading_over_deleted_days_says_so_once_and_gives_nothing(sealed: Archive):
    sealed.delete(sealed.segments()[:2], deleted_at=NIGHT)
    said = (
        r"The entries 1 to 10 of small \(2026-11-23 to 2026-11-24\) were deleted from the archive\. "
        "Read from entry 11 on, or .* from a backup"
    )
    for after in (0, 3):
        with pytest.raises(EntriesDeleted, match=said):
            next(sealed.entries(after))
    with pytest.raises(EntriesDeleted, match="entries 6 to 10 of"):
        next(sealed.entries(5, 7))
    assert list(sealed.entries(10)) == day(2)
    assert [entry.id for entry in sealed.read(14)] == [15]
    assert sealed.check() is None


def test_a_day_deleted_amid_others_is_named_alone(sealed: Archive):
    sealed.delete(sealed.segments()[1:2], deleted_at=NIGHT)
    assert list(sealed.entries(0, 5)) == day(0)
    with pytest.raises(EntriesDeleted, match=r"entries 6 to 10 .*from entry 11 on"):
        next(sealed.entries())


def test_deleting_twice_keeps_the_first_time_and_finishes_what_was_begun(sealed: Archive):
    first = sealed.segments()[0]
    kept = file_of(sealed, 0).read_bytes()
    sealed.delete([first], deleted_at=NIGHT)
    file_of(sealed, 0).write_bytes(kept[:9])  # as a power cut may bring it back
    assert sealed.check() is None
    assert list(sealed.entries(5)) == ledger(3)[5:]
    with pytest.raises(EntriesDeleted):
        next(sealed.entries())
    sealed.delete([first], deleted_at=NIGHT + 1)
    assert not file_of(sealed, 0).exists()
    assert sealed.segments()[0].deleted_at == NIGHT


def test_sealing_the_next_day_removes_what_was_deleted_and_is_still_there(sealed: Archive):
    kept = file_of(sealed, 0).read_bytes()
    sealed.delete(sealed.segments()[:1], deleted_at=NIGHT)
    file_of(sealed, 0).write_bytes(kept)
    seal(sealed, 3)
    assert not file_of(sealed, 0).exists()


def test_a_deleted_day_does_not_come_back_by_sealing_it_again(sealed: Archive):
    sealed.delete(sealed.segments()[:1], deleted_at=NIGHT)
    assert seal(sealed, 0, never()).deleted_at == NIGHT
    assert not file_of(sealed, 0).exists()


def test_the_archive_goes_on_when_all_of_it_was_deleted(sealed: Archive):
    sealed.delete(sealed.segments(), deleted_at=NIGHT)
    (sealed.folder / "ledger" / "2026").rmdir()
    seal(sealed, 3)
    assert list(sealed.entries(15)) == day(3)


def test_what_was_never_sealed_is_not_deleted(sealed: Archive):
    before = everything(sealed.folder)
    first, second, _ = sealed.segments()
    with pytest.raises(NotListed, match="no segments 6-11, 16-20"):
        sealed.delete(
            [first, replace(second, last=11), replace(first, first=16, last=20)], deleted_at=NIGHT
        )
    assert everything(sealed.folder) == before


def test_a_day_deleted_while_it_is_read_is_known_to_be_missing(sealed: Archive):
    found = sealed.entries()
    assert [next(found) for _ in range(3)] == day(0)[:3]
    sealed.delete(sealed.segments()[:2], deleted_at=NIGHT)
    assert [next(found) for _ in range(2)] == day(0)[3:]  # its file was open
    with pytest.raises(EntriesDeleted, match="entries 6 to 10 of"):
        next(found)


def test_a_day_deleted_while_all_are_checked_is_no_difference(
    sealed: Archive, monkeypatch: pytest.MonkeyPatch
):
    before = [sealed.segments()]
    sealed.delete(before[0][1:2], deleted_at=NIGHT)
    monkeypatch.setattr(
        sealed, "segments", lambda: before.pop() if before else Archive.segments(sealed)
    )
    assert sealed.check() is None
    assert before == []


# The disk refuses


def test_a_disk_that_refuses_is_named_and_nothing_is_left_half_done(
    sealed: Archive, monkeypatch: pytest.MonkeyPatch
):
    """Each sync of a sealing fails in turn, as on a disk that is full."""
    before, real = everything(sealed.folder), os.fsync
    left = [0]

    def fsync(descriptor: int) -> None:
        if left[0] == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left[0] -= 1
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    for syncs in range(100):
        left[0] = syncs
        try:
            seal(sealed, 3)
            break
        except NotWritten as refusal:
            said = str(refusal)
        assert str(sealed.folder) in said and "No space left on device. Nothing was lost" in said
        assert not list(sealed.folder.rglob(".*"))
        assert sealed.check() is None
        assert list(sealed.entries()) in (ledger(3), ledger(4))
        assert everything(sealed.folder).items() >= before.items() or sealed.last() == 20
    assert syncs > 4
    monkeypatch.undo()
    assert list(sealed.entries()) == ledger(4)


def test_a_folder_that_cannot_be_made_is_named(archive: Archive, tmp_path: Path):
    (tmp_path / "archive").write_text("in the way")
    with pytest.raises(NotWritten, match=f"{archive.folder} cannot be written: .*do it again"):
        seal(archive, 0)
    assert (tmp_path / "archive").read_text() == "in the way"


def test_a_file_that_cannot_be_removed_is_named_and_tried_again(sealed: Archive):
    change(file_of(sealed, 0), "a folder")
    with pytest.raises(NotWritten):
        sealed.delete(sealed.segments()[:1], deleted_at=NIGHT)
    assert not sealed.segments()[0].kept
    file_of(sealed, 0).rmdir()
    seal(sealed, 3)
    assert sealed.check() is None
