"""What a ticket is, and every move it may make.

Rule 1. Legality stands here and nowhere else: `MOVES` says from which states a move may start and to
which it may lead. The Redis scripts are handed the allowed states; they hold no copy of the table.

Rule 2. This module knows no clock, no queue and no engine. Instants are integers, milliseconds since
the epoch in UTC; they come from whoever asks.

A ticket is one visit under one number. A visit goes through one *leg* for each service asked for, and
a leg through its *stages*; the number is called at each stage for which the visitor is needed.
"""

from enum import StrEnum

from msgspec import Struct

BOOKING_GRACE_MS = 15 * 60_000  # how late a booked visitor may check in before the booking expires
UNDO_WINDOW_MS = 60_000  # how long the latest move of a desk can be taken back


class Stage(StrEnum):
    """A part of a procedure whose time is measured by itself."""

    RECEPTION = "reception"  # 受付
    CHECK = "check"  # 確認
    REVIEW = "review"  # 審査
    HANDOVER = "handover"  # 交付

    @property
    def calls_visitor(self) -> bool:
        """Whether the visitor comes to a desk for this stage; check and review need no visitor."""
        return self in (Stage.RECEPTION, Stage.HANDOVER)


class State(StrEnum):
    """Where a ticket is between two moves."""

    BOOKED = "booked"  # has an appointment and has not arrived
    WAITING = "waiting"  # in line for the first stage of a leg
    CALLED = "called"  # on the board; the visitor is on the way to the desk
    SERVING = "serving"  # at the desk
    PROCESSING = "processing"  # being worked on without the visitor
    READY = "ready"  # in line again, for a later stage
    PARKED = "parked"  # set aside: keeps its place, is not called
    FINISHED = "finished"
    NO_SHOW = "no_show"  # called and did not come
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # the day ended, or a booking was not claimed


IN_LINE = frozenset({State.WAITING, State.READY})
AT_DESK = frozenset({State.CALLED, State.SERVING})
ENDED = frozenset({State.FINISHED, State.NO_SHOW, State.CANCELLED, State.EXPIRED})
LIVE = frozenset(State) - ENDED


class Leg(Struct, frozen=True, array_like=True):
    """A service still to come on the same ticket, with the stages it had when the ticket was issued."""

    service: str
    stages: tuple[Stage, ...]


class Item(Struct, frozen=True, array_like=True):
    """What was asked for: a procedure and how many copies or cases of it."""

    procedure: str
    quantity: int


class Ticket(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A ticket as the ledger's entries add up to it at one moment.

    The order of the fields is the order in which scripts write them, so that a ticket rebuilt from
    the ledger has the same bytes as the live one. Only `None`, `0` and `()` are defaults, because a
    script leaves out what is empty.
    """

    seq: int  # the entry that issued it: what the ledger calls this ticket
    number: str  # what people see, "A012"
    date: str  # business date of issue, "2026-11-23"
    state: State
    service: str  # of the current leg
    stages: tuple[Stage, ...]  # of the current leg
    stage: Stage
    place: int | None = None  # effective arrival (ms): the one number that orders the line
    then: tuple[Leg, ...] = ()
    priority: str
    needs: tuple[str, ...] = ()
    language: str
    channel: str
    issuer: str  # id of the key that issued it
    items: tuple[Item, ...] = ()
    booked_for: int | None = None
    issued_at: int
    arrived_at: int | None = None  # issue of a walk-in, check-in of a booking
    desk: str | None = None  # holds it, or held it last when the visit is over
    calls: int = 0
    call_entry: int | None = None  # the entry of the latest call
    called_at: int | None = None  # the latest call
    started_at: int | None = None  # of the present stage
    finished_at: int | None = None
    entry: int  # the latest entry about it

    @property
    def next_stage(self) -> Stage | None:
        """The stage after the present one in this leg, or None on the last."""
        after = self.stages[self.stages.index(self.stage) + 1 :]
        return after[0] if after else None


class Move(StrEnum):
    """Something that can be done to a ticket; the words of the HTTP routes."""

    CHECK_IN = "check-in"
    CALL = "call"
    RECALL = "recall"
    START = "start"
    FINISH_STAGE = "finish-stage"
    FINISH = "finish"
    NO_SHOW = "no-show"
    PARK = "park"
    RESUME = "resume"
    RETURN = "return"
    TRANSFER = "transfer"
    SET_ITEMS = "set-items"
    SET_PRIORITY = "set-priority"
    SET_NEEDS = "set-needs"
    CANCEL = "cancel"
    REPRINT = "reprint"
    EXPIRE = "expire"  # made by the service itself at the end of the day


class Rule(Struct, frozen=True):
    """From which states a move may start, and to which it may lead; no targets: the state stays."""

    sources: frozenset[State]
    targets: frozenset[State] = frozenset()


def _rule(sources: "set[State] | frozenset[State]", *targets: State) -> Rule:
    return Rule(frozenset(sources), frozenset(targets))


_B, _W, _C, _S = State.BOOKED, State.WAITING, State.CALLED, State.SERVING
_P, _R, _K = State.PROCESSING, State.READY, State.PARKED

MOVES: dict[Move, Rule] = {
    Move.CHECK_IN: _rule({_B}, _W),
    Move.CALL: _rule({_W, _R, _K}, _C),
    Move.RECALL: _rule({_C}),
    Move.START: _rule({_C}, _S),
    # Only where a stage remains. To `ready` when the next stage calls the visitor.
    Move.FINISH_STAGE: _rule({_C, _S, _P}, _P, _R),
    # To `waiting` when another service was asked for with the same number. From `processing` too:
    # a procedure may end with a review, its result sent by post.
    Move.FINISH: _rule({_C, _S, _P}, State.FINISHED, _W),
    Move.NO_SHOW: _rule({_C}, State.NO_SHOW),
    Move.PARK: _rule({_W, _R, _C, _S}, _K),
    # Back in line: `waiting` at the first stage of a leg, `ready` at a later one.
    Move.RESUME: _rule({_K}, _W, _R),
    Move.RETURN: _rule({_C, _S, State.NO_SHOW}, _W, _R),
    Move.TRANSFER: _rule({_W, _R, _C, _S, _K}, _W),
    Move.SET_ITEMS: _rule(LIVE),
    Move.SET_PRIORITY: _rule(LIVE),
    Move.SET_NEEDS: _rule(LIVE),
    Move.CANCEL: _rule({_B, _W, _R, _K, _P, _C}, State.CANCELLED),
    Move.REPRINT: _rule(LIVE),
    Move.EXPIRE: _rule({_B, _W, _R, _K, _P}, State.EXPIRED),
}


def allowed(ticket: Ticket) -> list[Move]:
    """The moves that people may make with this ticket now, in the order of the table."""
    return [
        move
        for move, rule in MOVES.items()
        if ticket.state in rule.sources
        and move is not Move.EXPIRE
        and not (move is Move.FINISH_STAGE and ticket.next_stage is None)
    ]
