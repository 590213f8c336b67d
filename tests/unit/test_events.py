"""Reading and writing entries, also those of a later version."""

import msgspec
import pytest

from queue_service import events
from queue_service.tickets import Leg, Stage


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
    "raw", [b"", b"{}", b"[]", b'{"type":"Called","at":5}', b'{"type":"DayOpened","at":"x"}']
)
def test_a_broken_event_is_an_error_and_never_a_guess(raw: bytes):
    with pytest.raises(msgspec.DecodeError):
        events.decode(raw)


def test_no_event_has_room_for_free_text():
    """Each string field is a code, an id or a date; there is none for notes, names or messages."""
    text = {"note", "name", "message", "comment", "text", "phone", "mail"}
    for kind in events.AnyEvent.__args__:
        if kind is not events.Unknown:
            assert not text & set(kind.__struct_fields__), kind
