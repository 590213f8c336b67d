"""Reading and writing entries, also those of a later version."""

import gzip
import hashlib
from contextlib import suppress
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_service import events
from queue_service.archive import LINE_BYTES, Archive
from queue_service.archive_manifest import ArchiveError, FileDamaged, Manifest, Segment
from queue_service.entries import read
from queue_service.events import AnyEvent, Entry, NotAnEvent
from queue_service.hall import Contradiction, Hall
from queue_service.refusals import MissingEntries
from queue_service.tickets import Leg, Stage
from tests.bombs import memory

DAY = date(2026, 11, 23)


def test_an_event_is_read_as_it_was_written():
    event = events.Issued(
        at=1_763_886_000_000,
        ticket=17,
        number="A012",
        date="2026-11-23",
        service="moving",
        stages=(Stage.RECEPTION, Stage.CHECK),
        then=(Leg("insurance", (Stage.RECEPTION,)),),
        priority="normal",
        language="ja",
        channel="kiosk",
        issuer="k1",
        place=1_763_886_000_000,
    )
    assert events.decode(events.encode(event)) == event


def test_every_event_has_a_name_of_its_own():
    names = [kind.__struct_config__.tag for kind in events.AnyEvent.__args__]
    assert len(names) == len(set(names))


def test_an_event_of_a_later_version_is_passed_over_and_named():
    later = events.decode(b'{"type":"Teleported","at":5,"to":"moon"}')
    assert later == events.Unknown(at=5, name="Teleported")


def test_a_field_of_a_later_version_is_ignored():
    raw = b'{"type":"DayOpened","at":5,"date":"2026-11-23","weather":"fine"}'
    assert events.decode(raw) == events.DayOpened(at=5, date="2026-11-23")


@pytest.mark.parametrize(
    "raw",
    [
        *(
            b"",
            b"{}",
            b"[]",
            b"null",
            b"\xff",
            b"\0",
            b'{"type":"DayOpened","at":5,"date":"2026-11-23"} {}',
        ),
        *(
            b'{"type":"Called","at":5}',
            b'{"type":"DayOpened","at":"x"}',
            b'{"at":5}',
            b'{"type":5,"at":5}',
        ),
        *(
            b'{"type":"DayOpened","at":5,"date":"\\ud800"}',
            b'{"type":"DayOpened","at":5,"date":"\xff"}',
        ),
        *(b'{"type":"\xff","at":5}', b'{"type":"Later","at":NaN}', b'{"type":"Later","at":1e400}'),
        *(b'{"type":"Later","at":5,"more":' + b"[" * 100_000, b"[" * 100_000),
    ],
)
def test_a_broken_event_is_an_error_and_never_a_guess(raw: bytes):
    with pytest.raises(NotAnEvent):
        events.decode(raw)


def test_no_event_has_room_for_free_text():
    """Each string field is a code, an id or a date; there is none for notes, names or messages."""
    text = {"note", "name", "message", "comment", "text", "phone", "mail"}
    for kind in events.AnyEvent.__args__:
        if kind is not events.Unknown:
            assert not text & set(kind.__struct_fields__), kind


# Anything at all

kinds = st.sampled_from([each for each in AnyEvent.__args__ if each is not events.Unknown])
real = kinds.flatmap(st.from_type)
fields = st.sampled_from(
    ["ticket", "desk", "number", "place", "date", "stages", "next", "undoes", "at"]
)
values = (
    st.none()
    | st.integers(-(2**70), 2**70)
    | st.text(max_size=3)
    | st.lists(st.integers(), max_size=2)
)


@given(st.binary(max_size=60))
@settings(max_examples=300)
def test_any_bytes_are_an_event_or_the_one_error(raw: bytes):
    with suppress(NotAnEvent):
        events.decode(raw)


@given(event=real, cut=st.integers(0, 200), put=st.binary(max_size=3), skip=st.integers(0, 3))
@settings(max_examples=300, deadline=None)
def test_an_event_with_any_bytes_in_it_is_an_event_or_the_one_error(
    event: AnyEvent, cut: int, put: bytes, skip: int
):
    raw = events.encode(event)
    assert events.decode(raw) == event
    with suppress(NotAnEvent):
        events.decode(raw[:cut] + put + raw[cut + skip :])


@given(event=real, field=fields, value=values)
@settings(max_examples=300, deadline=None)
def test_an_event_with_anything_in_a_field_is_an_event_or_an_error_that_names_the_entry(
    event: AnyEvent, field: str, value: object
):
    changed = msgspec.to_builtins(event) | {field: value}
    try:
        read("small", 17, msgspec.json.encode(changed))
    except MissingEntries as error:
        named = str(error)
        assert "Entry 17 of small is no event" in named


@given(st.lists(real, max_size=12))
@settings(max_examples=300, deadline=None)
def test_events_in_any_order_add_up_or_the_first_that_contradicts_is_named(
    happened: list[AnyEvent],
):
    hall = Hall()
    for id, event in enumerate(happened, 1):
        try:
            hall.apply(Entry(id, event))
        except Contradiction as error:
            said = str(error)
            assert said.startswith(f"entry {id} ({type(event).__name__}) contradicts")
            return


@given(lines=st.lists(st.binary(max_size=40).filter(lambda raw: b"\n" not in raw), max_size=5))
@settings(max_examples=200, deadline=None)
def test_lines_of_the_archive_are_entries_or_its_one_error(
    lines: list[bytes], tmp_path_factory: pytest.TempPathFactory
):
    """Written past `seal`, which takes only what has an instant, with a hash that is right."""
    folder = tmp_path_factory.mktemp("archive")
    archive = sealed_as(folder, [b'{"at":5,' + raw for raw in lines])
    with suppress(ArchiveError):
        list(archive.read())


def sealed_as(folder: Path, raws: list[bytes]) -> Archive:
    """An archive of one day whose lines are these."""
    packed = gzip.compress(
        b"".join(b'{"entry_id":%d,%b\n' % (id, raw[1:]) for id, raw in enumerate(raws, 1))
    )
    count = max(1, len(raws))
    archive = Archive(folder, "small", "d")
    file = archive.file(DAY)
    file.parent.mkdir(parents=True)
    file.write_bytes(packed)
    segment = Segment(
        date=DAY,
        first=1,
        last=count,
        rows=count,
        sha256=hashlib.sha256(packed).hexdigest(),
        bytes=len(packed),
        first_at=5,
        last_at=5,
        sealed_at=5,
        figures_until=count,
    )
    manifest = Manifest(office="small", dataset="d", segments=(segment,))
    (archive.folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    return archive


def test_a_line_of_the_archive_without_an_end_is_not_read_into_memory(tmp_path: Path):
    archive = sealed_as(tmp_path, [b'{"at":5,"x":"' + b"x" * 300_000_000])
    with memory() as peak:
        with pytest.raises(FileDamaged, match="entry 1 is not where it should be"):
            list(archive.read())
        assert peak() < 8 * LINE_BYTES
