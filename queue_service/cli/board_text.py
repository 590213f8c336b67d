"""A board as lines of text, for a terminal.

Pure: board and signs in, lines out. It knows how wide Japanese is, and no terminal, no connection.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime

from queue_service import words
from queue_service.board import Board, Call, QueueLine
from queue_service.offices import Texts
from queue_service.signs import Signs

EARLIER = 8  # calls that are over; the lobby's board shows about as many
INDENT = "  "


def width(text: str) -> int:
    """How many columns a text takes: a Japanese character takes two, an accent none.

    >>> width("A12 窓口")
    8
    """
    return sum(_columns(character) for character in text)


def cut(text: str, columns: int) -> str:
    """As much of a text as has room.

    >>> cut("窓口 A12", 5)
    '窓口 '
    """
    room = columns
    for place, character in enumerate(text):
        room -= _columns(character)
        if room < 0:
            return text[:place]
    return text


def lines(
    board: Board, signs: Signs | None, language: str | None = None, *, is_cut: bool = False
) -> list[str]:
    """The whole board. Without signs, services and desks are called by their ids.

    `language`: of words and names; None: the office's own. `is_cut`: the board is old, and says so.
    is as it was then.
    """
    view = _View(signs, language)
    says = [
        f"{view.office(board.office)}  {board.at:%H:%M:%S}",
        *([f"! {view.say('away', time=f'{away:%H:%M:%S}')}"] if away else []),
        *([f"* {view.text(board.notice, '')}"] if board.notice else []),
        f"{view.say('calling')}",
        *_calls(board.calls, view),
        f"{view.say('ready')}",
        f"{INDENT}{' '.join(board.ready) or view.say('ready_none')}",
        f"{view.say('services')}",
        *_columned([_queue(queue, view) for queue in board.queues]),
    ]
    return says


class _View:
    """What things are called."""

    def __init__(self, signs: Signs | None, language: str | None) -> None:
        own = signs.languages[0] if signs and signs.languages else words.OWN
        self._language = language or own
        self._name = signs.name if signs else {}
        self._desks = {sign.id: sign.name for sign in signs.desks} if signs else {}
        self._services = {sign.id: sign.label for sign in signs.services} if signs else {}

    def say(self, word: str, **values: object) -> str:
        return words.say(self._language, f"board.{word}", **values)

    def lamp(self, word: str) -> str:
        return words.say(self._language, f"lamp.{word}")

    def text(self, texts: Mapping[str, str], otherwise: str) -> str:
        languages = (self._language, self._language.removesuffix("-easy"), *texts)
        return next((texts[each] for each in languages if texts.get(each)), otherwise)

    def office(self, id: str) -> str:
        return self.text(self._name, id)

    def desk(self, id: str) -> str:
        named: Texts = self._desks.get(id, {})
        return self.text(named, self.say("desk", desk=id))

    def service(self, id: str) -> str:
        return self.text(self._services.get(id, {}), id)


def _calls(calls: Sequence[Call], view: _View) -> list[str]:
    standing = [
        (
            call.number,
            view.desk(call.desk),
            f"{call.called_at:%H:%M}",
            view.say("again") if call.recall else "",
        )
        for call in calls
        if call.current
    ]
    earlier = [call.number for call in calls if not call.current][:EARLIER]
    return [
        *(_columned(standing) or [f"{INDENT}{view.say('nobody')}"]),
        *([f"{view.say('recent')}", f"{INDENT}{' '.join(earlier)}"] if earlier else []),
    ]


def _queue(queue: QueueLine, view: _View) -> tuple[str, ...]:
    state = queue.lamp if queue.status == "open" else queue.status
    return (
        view.service(queue.service),
        f"{queue.waiting:>4} {view.say('people')}",
        view.lamp(state),
        view.text(queue.message or {}, ""),
    )


def _columned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows with their columns under each other."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        (
            INDENT
            + INDENT.join(
                cell + " " * (columns - width(cell))
                for cell, columns in zip(row, widths, strict=True)
            )
        ).rstrip()
        for row in rows
    ]


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
