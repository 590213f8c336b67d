"""What is said aloud when a number is called: the sentence, written the way it is read.

A voice spells out `A012`; it reads エーの十二番. So letters become words, figures become numerals, and
a desk's name is written as it is said. The sentences themselves are in the catalogues, `spoken`. This
module knows no screen and no loudspeaker.
"""

import re
import unicodedata
from functools import cache
from itertools import groupby
from typing import Literal

import msgspec
from msgspec import Struct

from queue_service import words
from queue_service.offices import Desk, Office, Texts
from queue_service.tickets import Stage

KANJI = "〇一二三四五六七八九"
PLACES = ((1000, "千"), (100, "百"), (10, "十"))
MYRIAD = 10_000

_FIGURES = re.compile(r"\d+")
_CAPITALS = re.compile(r"(?<![A-Za-z])[A-Z]{1,2}(?![A-Za-z])")
_BETWEEN_FIGURES = re.compile(r"(?<=\d)-(?=\d)")
_ASIDE = re.compile(r"\s*[(\[【〔](.+?)[)\]】〕]\s*")
_PAUSE = re.compile(r"\s+[-–—]\s+|\s*[/|・]\s*")
_SPACE = re.compile(r"(?<![!-~])\s+|\s+(?![!-~])")  # beside a letter that is not Latin
_FLOOR = re.compile(r"(?=B|.*F)(B?)(\d+)F?")  # 2F, B1F, B1: a zone is an id


class Spoken(Struct, frozen=True):
    """One announcement, ready for a voice: whole, and shortened for when many wait to be said."""

    language: str
    text: str
    short: str


class _Manner(Struct, frozen=True, forbid_unknown_fields=True):
    """How a language speaks: the section `spoken` of its catalogue."""

    letters: str  # what A to Z are called, in that order
    figures: Literal["kanji", "digits"]
    number: str
    desk: str  # of a desk that has a figure for its name
    aside: str  # a desk whose name has something in brackets
    pause: str
    floor: str
    basement: str
    on_floor: str
    call: str
    handover: str
    short: str


def spoken(office: Office, number: str, desk: str, stage: Stage, language: str) -> Spoken:
    """What is said to the holder of a number, in the language of the ticket.

    A language without a catalogue gets the office's own. The floor is said where the office has more
    than one zone; what stands in brackets in a desk's name is left out of the short form. A desk that
    the office no longer has is called by its id.
    """
    known = words.languages()
    chosen = language if language in known else (*office.languages, words.OWN)[0]
    manner = _manner(chosen)
    sentence = manner.handover if stage is Stage.HANDOVER else manner.call
    called = _number(manner, number)
    at = next((each for each in office.desks if each.id == desk), Desk(id=desk, services=()))
    where = _on_floor(manner, office, at, _place(manner, at, chosen, whole=True))
    return Spoken(
        language=chosen,
        text=sentence.format(number=called, desk=where),
        short=manner.short.format(number=called, desk=_place(manner, at, chosen, whole=False)),
    )


def kanji(figure: int) -> str:
    """A figure from 1 to 99,999,999 as it is written out in Japanese.

    >>> kanji(412), kanji(3006)
    ('四百十二', '三千六')
    """
    if figure >= MYRIAD:
        high, low = divmod(figure, MYRIAD)
        return f"{kanji(high)}万{kanji(low) if low else ''}"
    text = ""
    for worth, name in PLACES:
        digit, figure = divmod(figure, worth)
        if digit:
            text += name if digit == 1 else KANJI[digit] + name
    return text + KANJI[figure] if figure or not text else text


@cache
def _manner(language: str) -> _Manner:
    return msgspec.convert(words.catalogue(language)["spoken"], _Manner)


def _number(manner: _Manner, number: str) -> str:
    parts = {
        digits: "".join(part) for digits, part in groupby(number, lambda letter: letter.isdigit())
    }
    return manner.number.format(
        letters=_letters(manner, parts[False]), figure=_figure(manner, parts[True])
    )


def _letters(manner: _Manner, letters: str) -> str:
    names = manner.letters.split()
    between = "" if manner.figures == "kanji" else " "
    return between.join(names[ord(letter) - ord("A")] for letter in letters)


def _figure(manner: _Manner, digits: str) -> str:
    return kanji(int(digits)) if manner.figures == "kanji" else str(int(digits))


def _place(manner: _Manner, desk: Desk, language: str, *, whole: bool) -> str:
    """A desk as it is said: its name in this language, or else its id."""
    name = unicodedata.normalize("NFKC", _name(desk.name, language))
    sign = _ASIDE.sub(" ", name).strip()
    place = _said(manner, sign) if sign else _unnamed(manner, desk.id)
    for aside in _ASIDE.findall(name) if whole else ():
        place = manner.aside.format(aside=_said(manner, aside), desk=place)
    return place


def _unnamed(manner: _Manner, desk: str) -> str:
    return manner.desk.format(desk=_figure(manner, desk)) if desk.isdecimal() else desk


def _name(texts: Texts, language: str) -> str:
    """The name in a language, or in the one it is a plainer form of; empty where there is none."""
    return words.pick(texts, language) or ""


def _said(manner: _Manner, written: str) -> str:
    """A sign's wording with its letters and figures as words, and pauses where it has gaps."""
    said = _PAUSE.sub(manner.pause, written)
    if manner.figures == "digits":
        return said
    said = _BETWEEN_FIGURES.sub("の", said)
    said = _SPACE.sub(manner.pause, said)
    said = _CAPITALS.sub(lambda found: _letters(manner, found[0]), said)
    return _FIGURES.sub(lambda found: _figure(manner, found[0]), said)


def _on_floor(manner: _Manner, office: Office, desk: Desk, place: str) -> str:
    zones = {each.zone for each in office.desks if each.zone}
    if desk.zone is None or len(zones) < 2:
        return place
    storey = _FLOOR.fullmatch(desk.zone)
    if storey is None:
        floor = _said(manner, desk.zone)
    else:
        pattern = manner.basement if storey[1] else manner.floor
        floor = pattern.format(floor=_figure(manner, storey[2]))
    return manner.on_floor.format(floor=floor, desk=place)
