"""Random days at a small office, crashes included: scripts and rules must agree entry for entry.

Each step sends one command to a real engine and asks the model what must happen (`side_by_side`).
`--rounds` is the number of days. A failure prints its seed and the shortest day that shows it.
"""

import asyncio
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from queue_service.connection import connect
from queue_service.embedded import Embedded
from queue_service.events import DeskStatus
from queue_service.freed_time import Use
from queue_service.tickets import Item, Move, allowed
from tests.hall import wish
from tests.model_hall import DAY, HOUR
from tests.side_by_side import OFFICES, SideBySide

DAYS = 60  # about half a minute
STEPS = 40  # of one day
BATCH = 10  # days from one seed; beyond them hypothesis varies what it has more than it invents
MINUTE = 60_000  # ms

ANY = st.integers(0, 11)  # one of those there are, counted round
SOME = st.lists(ANY, max_size=2)
KEYS = st.none() | st.integers(0, 20)  # idempotency keys, often used again
CRASH = st.sampled_from([*[None] * 30, 0, 300, 1_000])  # µs after the command was sent
MOVES = [move for move in Move if move not in (Move.CALL, Move.EXPIRE)]
ASIDE = (
    Move.SET_ITEMS,
    Move.SET_PRIORITY,
    Move.SET_NEEDS,
    Move.REPRINT,
    Move.CANCEL,
)  # legal almost always
RELEASES = [None, None, Move.FINISH_STAGE, Move.FINISH, Move.NO_SHOW, Move.PARK]
PAUSES = [0, 0, 0, 0, 60_000, 60_001]  # ms before an undo, which has a minute
TO_THE_END = 0  # a step to the first instant of the next business day
CLOCK_STEPS = [  # ms; the last ones are those of a broken clock
    *(1, 1_000, 59_000, 5 * MINUTE, 15 * MINUTE, 40 * MINUTE, 7 * HOUR, DAY, 3 * DAY),
    *(TO_THE_END, -1, -30 * MINUTE, -26 * HOUR),
]

# One rule draws from this table, since a machine with many rules spends most days on a few of them.
ACTIONS: list[tuple[int, str, dict[str, Any]]] = [  # weight, name, what it is given
    (3, "walk_in", {"which": ANY}),
    (
        2,
        "issue",
        {
            "which": ANY,
            "then": SOME,
            "priority": st.sampled_from(["normal", "priority", "no such class"]),
            "booked": st.sampled_from([None, 10 * MINUTE, 50 * MINUTE, -20 * MINUTE, 30 * HOUR]),
            "key": KEYS,
            "crash": CRASH,
        },
    ),
    (4, "call_next", {"which": ANY, "services": st.just([]) | SOME, "key": KEYS, "crash": CRASH}),
    (1, "call", {"which": ANY, "pick": ANY, "by_number": st.booleans(), "key": KEYS}),
    (10, "make_a_legal_move", {"pick": ANY, "choice": ANY, "which": ANY, "key": KEYS}),
    (2, "move", {"pick": ANY, "move": st.sampled_from(MOVES), "which": ANY, "key": KEYS}),
    (
        6,
        "release",
        {"which": ANY, "pick": ANY, "move": st.sampled_from(RELEASES), "key": KEYS, "crash": CRASH},
    ),
    (2, "undo", {"which": ANY, "pick": ANY, "after": st.sampled_from(PAUSES), "key": KEYS}),
    (
        1,
        "set_desk",
        {"which": ANY, "status": st.sampled_from(DeskStatus), "services": SOME, "key": KEYS},
    ),
    (
        1,
        "set_service",
        {
            "which": ANY,
            "status": st.sampled_from(["open", "open", "suspended"]),
            "message": st.sampled_from([None, {"ja": "停電のため"}]),
            "key": KEYS,
        },
    ),
    (
        1,
        "use_freed_time",
        {
            "days": st.lists(st.sampled_from([0, 0, 0, -1, 1]), min_size=1, max_size=4),
            "once": st.booleans(),
        }
        | {"which": ANY, "key": KEYS, "crash": CRASH},
    ),
    (1, "strike_freed_time", {"pick": ANY, "key": KEYS, "crash": CRASH}),
    (2, "apply_office", {"which": ANY, "key": KEYS}),
    (1, "tend", {}),
    (2, "ask_again", {"pick": ANY}),
    (3, "step_the_clock", {"step": st.sampled_from(CLOCK_STEPS)}),
    (1, "crash", {}),
]
ACTION = st.sampled_from(
    [(name, st.fixed_dictionaries(given)) for weight, name, given in ACTIONS for _ in range(weight)]
).flatmap(lambda chosen: st.tuples(st.just(chosen[0]), chosen[1]))


class SmallOffice(RuleBasedStateMachine):
    """One office from an empty ledger on; each action is something people or machines do to it."""

    def __init__(self, both: SideBySide) -> None:
        super().__init__()
        self.both = both

    @initialize(visitors=st.lists(ANY, min_size=2, max_size=6))
    def open_in_the_morning(self, visitors):
        for which in visitors:
            self.walk_in(which)

    @rule(action=ACTION)
    def act(self, action):
        name, given = action
        getattr(self, name)(**given)

    # The ticket machine

    def walk_in(self, which):
        then = (self.both.a_service(which + 1),) * (which % 2)
        self.both.press("issue", wish=wish(self.both.a_service(which), then=then))

    def issue(self, which, then, priority, booked, key, crash):
        wished = wish(
            self.both.a_service(which),
            then=tuple(map(self.both.a_service, then)),
            priority=priority,
            booked_for=None if booked is None else self.both.model.now + booked,
            items=(Item("juminhyo", 2),) * (which % 2),
        )
        self.both.press("issue", key, crash, wish=wished)

    # The desk

    def call_next(self, which, services, key, crash):
        desk, chosen = self.both.a_desk(which), tuple(map(self.both.a_service, services))
        self.both.press("call_next", key, crash, desk=desk, services=chosen)

    def call(self, which, pick, by_number, key):
        desk, seq = self.both.a_desk(which), self.both.a_ticket(pick)
        ticket = self.both.model.hall.tickets.get(seq)
        if by_number:
            self.both.press("call", key, desk=desk, number=ticket.number if ticket else "Z999")
        else:
            self.both.press("call", key, desk=desk, ticket=seq)

    def make_a_legal_move(self, pick, choice, which, key):
        ticket = self.both.model.hall.tickets.get(self.both.a_ticket(pick))
        legal = [move for move in allowed(ticket) if move in MOVES] if ticket else []
        onward = [move for move in legal if move not in ASIDE]
        if legal:
            self.move(pick, (legal + 2 * onward)[choice % len(legal + 2 * onward)], which, key)

    def move(self, pick, move, which, key):
        said = {
            Move.TRANSFER: {"transfer_to": self.both.a_service(which)},
            Move.SET_ITEMS: {"items": (Item("koseki", which),) * (which % 3)},
            Move.SET_PRIORITY: {"priority": ("normal", "priority", "handover")[which % 3]},
            Move.SET_NEEDS: {"needs": ("wheelchair",) * (which % 2)},
            Move.CANCEL: {"by": "visitor" if which % 2 else "staff"},
        }
        ticket = self.both.a_ticket(pick)
        self.both.press("advance", key, ticket=ticket, move=move, **said.get(move, {}))

    def release(self, which, pick, move, key, crash):
        busy = sorted(id for id, desk in self.both.model.hall.desks.items() if desk.ticket)
        desk = busy[which % len(busy)] if busy and pick < 10 else self.both.a_desk(which)
        ticket = self.both.model.desk(desk).ticket or self.both.a_ticket(pick)
        self.both.press("release_and_call_next", key, crash, desk=desk, ticket=ticket, move=move)

    def undo(self, which, pick, after, key):
        if after:
            self.step_the_clock(after)
        moved = [desk.last.ticket for desk in self.both.model.hall.desks.values() if desk.last]
        ticket = moved[which % len(moved)] if moved and pick < 9 else self.both.a_ticket(pick)
        self.both.press("undo", key, ticket=ticket)

    def set_desk(self, which, status, services, key):
        desk, chosen = self.both.a_desk(which), tuple(map(self.both.a_service, services))
        self.both.press("set_desk", key, desk=desk, status=status, services=chosen)

    # The office, the clock, and the machine room

    def set_service(self, which, status, message, key):
        service = self.both.a_service(which)
        self.both.press("set_service", key, service=service, status=status, message=message)

    def use_freed_time(self, days, once, which, key, crash):
        today = date.fromisoformat(self.both.model.today)
        uses = tuple(
            Use(f"{today + timedelta(n)}", ("-", 'a "b"/c', "市民課")[which % 3], "other", 5)
            for n in days
        )
        self.both.press("use_freed_time", key, crash, uses=uses, once=once)

    def strike_freed_time(self, pick, key, crash):
        uses = [*self.both.model.hall.uses, 1_000_000]
        self.both.press("strike_freed_time", key, crash, entry=uses[pick % len(uses)])

    def apply_office(self, which, key):
        self.both.press("apply_office", key, office=OFFICES[which % len(OFFICES)])

    def tend(self):
        self.both.press("tend")

    def ask_again(self, pick):
        self.both.press_again(pick)

    def step_the_clock(self, step):
        model = self.both.model
        end = model.end_of(model.day_of(model.now))
        self.both.set_clock(end if step == TO_THE_END else model.clock + step)

    def crash(self):
        self.both.crash(idle=True)

    # What holds after every step

    @invariant()
    def the_keys_are_what_the_ledger_adds_up_to(self):
        self.both.compare_keys()

    @invariant()
    def the_laws_hold(self):
        self.both.check_laws()

    def teardown(self):
        self.both.rebuild()


@pytest.mark.slow
def test_scripts_do_what_the_rules_say_whatever_people_do(
    tmp_path: Path, rounds: Callable[[int], int]
):
    first = random.SystemRandom().randrange(2**32)
    chosen = settings(
        max_examples=BATCH,
        phases=(Phase.generate, Phase.shrink),  # explaining takes longer than finding
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    new_loop = asyncio.new_event_loop
    with Embedded(tmp_path / "data") as embedded, asyncio.Runner(loop_factory=new_loop) as runner:
        redis = connect(embedded.url)

        def new_office() -> SmallOffice:
            return SmallOffice(SideBySide(runner, embedded, redis))

        try:
            for number in range(first, first + rounds(DAYS) // BATCH):
                print(f"seed {number}")
                run_state_machine_as_test(seed(number)(new_office), settings=chosen)
        finally:
            runner.run(redis.aclose())
