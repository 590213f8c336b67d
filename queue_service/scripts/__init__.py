"""The scripts: one Lua file a verb, put together with the hall they stand in.

A script names the fragments it needs (`-- include: hall line`), and a fragment may name others; each
is put where it is named, behind constants written from `tickets.py`, so that no rule is typed twice.
The SHA of the whole is the script's version: an old and a new process side by side each call their
own.

README.md beside this file is the internals page.
"""

import re
from functools import cache
from importlib.resources import files

from queue_service import tickets
from queue_service.tickets import Stage, Ticket

AUDIT_KEPT_S = 365 * 86_400
CALLS_KEPT = 20  # calls a board can show; those still called are shown beyond it

DESK_FIELDS = ("status", "services", "ticket", "last")  # hall.py: DeskRecord
CALL_FIELDS = (  # board.py: CallRecord
    *("entry_id", "ticket", "number", "desk", "service", "stage", "called_at", "recall"),
)
FRAGMENTS = frozenset({"hall", "moves", "line", "answers", "audit", "access"})
BESIDE = frozenset({"take"})  # no verb of an office

READS = "#!lua flags=no-writes"  # how a script begins that writes nothing
_INCLUDE = re.compile(r"^-- include: (.+)\n", re.MULTILINE)
_COMMENT = re.compile(r"--\[\[.*?\]\]\n?", re.DOTALL)


def _words(names: "tuple[str, ...]") -> str:
    return "{" + ",".join(f"'{name}'" for name in names) + "}"


def _word_set(names: "frozenset[tickets.State] | list[Stage]") -> str:
    return "{" + ",".join(f"{name}=true" for name in sorted(names)) + "}"


def constants() -> str:
    """The Lua constants that come from Python."""
    lines = {
        "FIELDS": _words(Ticket.__struct_fields__),
        "DESK_FIELDS": _words(DESK_FIELDS),
        "CALL_FIELDS": _words(CALL_FIELDS),
        "IN_LINE": _word_set(tickets.IN_LINE),
        "AT_DESK": _word_set(tickets.AT_DESK),
        "ENDED": _word_set(tickets.ENDED),
        "CALLS_VISITOR": _word_set([stage for stage in Stage if stage.calls_visitor]),
        "BOOKING_GRACE_MS": str(tickets.BOOKING_GRACE_MS),
        "UNDO_WINDOW_MS": str(tickets.UNDO_WINDOW_MS),
        "CALLS_KEPT": str(CALLS_KEPT),
        "AUDIT_KEPT_S": str(AUDIT_KEPT_S),
    }
    return "".join(f"local {name} = {value}\n" for name, value in lines.items())


def source(name: str) -> str:
    """The text of one Lua file as it lies in this folder."""
    return (files(__name__) / f"{name}.lua").read_text("utf-8")


def names() -> list[str]:
    """Every verb that has a script, in alphabetical order."""
    stems = (
        path.name.removesuffix(".lua")
        for path in files(__name__).iterdir()
        if path.name.endswith(".lua")
    )
    return sorted(stem for stem in stems if stem not in FRAGMENTS | BESIDE)


@cache
def only_reads(name: str) -> bool:
    """Whether a script writes nothing, and may be run by somebody who may write nothing."""
    return source(name).startswith(READS)


@cache
def assemble(name: str) -> str:
    """The whole script that Redis runs: its `#!lua` line, constants, fragments, body."""
    shebang, _, body = source(name).partition("\n")
    return shebang + "\n" + _COMMENT.sub("", constants() + _whole(body))


def _whole(text: str) -> str:
    """A text with the fragments that it names."""
    return _INCLUDE.sub(
        lambda named: "".join(_whole(source(word)) for word in named[1].split()), text
    )
