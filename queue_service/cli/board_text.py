"""A board as lines of text, for a terminal.

Pure: board and signs in, lines out. It knows how wide Japanese is, and no terminal, no connection.
"""

import unicodedata
from collections.abc import Mapping, Sequence

from queue_service import words
from queue_service.board import Board, Call, DeskLine, QueueLine
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


def cut_to(columns: int, text: str) -> str:
    """As much of a text as has room.

    >>> cut_to(5, "窓口 A12")
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
    """
    view = _View(signs, language)
    at = f"{board.at:%H:%M:%S}"
    return [
        f"{view.office(board.office)}  {at}",
        *([f"! {view.say('board.away', time=at)}"] if is_cut else []),
        *([f"* {view.text(board.notice, '')}"] if board.notice else []),
        view.say("board.calling"),
        *_calls(board.calls, view),
        view.say("board.ready"),
        f"{INDENT}{' '.join(board.ready) or view.say('board.ready_none')}",
        view.say("board.services"),
        *_columned([_queue(queue, view) for queue in board.queues]),
        view.say("desk.status"),
        *_columned([_desk(desk, view) for desk in board.desks]),
    ]


class _View:
    """What things are called."""

    def __init__(self, signs: Signs | None, language: str | None) -> None:
        own = signs.languages[0] if signs and signs.languages else words.OWN
        self._language = language or own
        self._name = signs.name if signs else {}
        self._desks = {sign.id: sign.name for sign in signs.desks} if signs else {}
        self._services = {sign.id: sign.label for sign in signs.services} if signs else {}

    def say(self, path: str, **values: object) -> str:
        return words.say(self._language, path, **values)

    def text(self, texts: Mapping[str, str], otherwise: str) -> str:
        languages = (self._language, self._language.removesuffix("-easy"), *texts)
        text = next((texts[each] for each in languages if texts.get(each)), otherwise)
        # A line break, or what a terminal takes for a command, would spoil the picture.
        return "".join(each if each.isprintable() else " " for each in text)

    def office(self, id: str) -> str:
        return self.text(self._name, id)

    def desk(self, id: str) -> str:
        named: Texts = self._desks.get(id, {})
        return self.text(named, self.say("board.desk", desk=id))

    def service(self, id: str) -> str:
        return self.text(self._services.get(id, {}), id)


def _calls(calls: Sequence[Call], view: _View) -> list[str]:
    standing = [
        (
            call.number,
            view.desk(call.desk),
            f"{call.called_at:%H:%M}",
            view.say("board.again") if call.recall else "",
        )
        for call in calls
        if call.current
    ]
    earlier = [call.number for call in calls if not call.current][:EARLIER]
    return [
        *(_columned(standing) or [f"{INDENT}{view.say('board.nobody')}"]),
        *([view.say("board.recent"), f"{INDENT}{' '.join(earlier)}"] if earlier else []),
    ]


def _queue(queue: QueueLine, view: _View) -> tuple[str, ...]:
    state = queue.lamp if queue.status == "open" else queue.status
    return (
        view.service(queue.service),
        f"{queue.waiting:>4} {view.say('board.people')}",
        view.say(f"lamp.{state}"),
        view.text(queue.message or {}, ""),
    )


def _desk(desk: DeskLine, view: _View) -> tuple[str, ...]:
    return view.desk(desk.desk), desk.number or view.say(f"desk.statuses.{desk.status}")


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
