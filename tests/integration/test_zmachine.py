"""Random days at a small office, crashes included: scripts and oracle must agree entry for entry.

Each step sends one command to a real engine, through one of two ledgers that know nothing of each
other, and asks the model (`tests/model.py`) what must happen. Answer, ledger and keys are compared
after every step. `--rounds` is the number of days. A failure prints the shortest day that shows it.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from queue_service import refusals
from queue_service.connection import connect
from queue_service.embedded import Embedded
from queue_service.events import DeskStatus, Entry, Expired
from queue_service.hall import DeskRecord
from queue_service.ledger import Ledger, Released
from queue_service.office_files import read_office
from queue_service.rebuild import differences, live_keys, render, verify
from queue_service.round_trip import Reply, Shown
from queue_service.tickets import LIVE, Item, Move, allowed
from tests.conftest import TEN_O_CLOCK
from tests.faults.engines import kill
from tests.hall import intent, wish
from tests.model import Model, Outcome
from tests.model_hall import DAY, HOUR, Refused

MINUTE = 60_000  # ms
STEPS = 40  # of one day
DAYS = 60  # about half a minute

USUAL = """
id: small
timezone: Asia/Tokyo
services:
  - {id: certificates, prefix: A, numbers: 1-4, stages: [reception, handover]}
  - id: moving
    prefix: B
    numbers: 8-12
    daily_limit: 9
    stages: [reception, check, review, handover]
  - {id: insurance, prefix: C, numbers: 1-99, hours: {mon-sun: "09:00-16:00"}}
desks:
  - {id: "1", services: [certificates]}
  - {id: "2", services: [certificates, moving, insurance]}
  - {id: "3", services: [certificates, moving], stages: [handover]}
"""
OTHER_RULES = (
    USUAL.replace("Asia/Tokyo", 'Asia/Tokyo\nday_starts_at: "00:00"')
    .replace("numbers: 1-4", "numbers: 2-6")
    .replace("check, review, ", "")
    + "priorities: {priority: 5, handover: 0}"
)
SMALLER = """
id: small
timezone: Asia/Tokyo
services:
  - {id: certificates, prefix: A, numbers: 1-4}
  - {id: moving, prefix: B, numbers: 8-12, stages: [reception, check, review, handover]}
desks:
  - {id: "1", services: [certificates, moving]}
  - {id: "3", services: [certificates, moving]}
"""
OFFICES = [read_office(text, "office.yaml") for text in (USUAL, OTHER_RULES, SMALLER)]
OFFICE = OFFICES[0].id

ANY = st.integers(0, 11)  # one of those there are, counted round
KEYS = st.none() | st.integers(0, 20)  # idempotency keys, often used again
CRASHES = st.sampled_from([*[None] * 20, 0, 300, 1_000])  # µs after a command was sent
MOVES = [move for move in Move if move not in (Move.CALL, Move.EXPIRE)]
RELEASES = [None, Move.FINISH_STAGE, Move.FINISH, Move.NO_SHOW, Move.PARK]
PRIORITIES = st.sampled_from(["normal", "priority", "handover"])
TO_THE_END = 0  # a step to the first instant of the next business day
CLOCK_STEPS = [  # ms; the last ones are those of a broken clock
    *(1, 1_000, 60_000, 60_001, 5 * MINUTE, 15 * MINUTE, 40 * MINUTE, 7 * HOUR, DAY, 3 * DAY),
    *(TO_THE_END, -1, -30 * MINUTE, -26 * HOUR),
]


class SmallOffice(RuleBasedStateMachine):
    """One office from an empty ledger on; each rule is something people or machines do to it."""

    def __init__(self, runner: asyncio.Runner, embedded: Embedded, redis: Any) -> None:
        super().__init__()
        self.runner, self.embedded, self.redis = runner, embedded, redis
        self.ledgers = [Ledger(redis, "secret") for _ in range(2)]
        self.model = Model(OFFICES[0], TEN_O_CLOCK)
        self.sent: list[tuple[str, int | None, dict[str, Any]]] = []
        runner.run(self.found())

    async def found(self) -> None:
        """Put the office into service on an engine that has never heard of it."""
        if names := [name async for name in self.redis.scan_iter(match=f"{{{OFFICE}}}:*")]:
            await self.redis.delete(*names)
        await self.ledgers[0].simulate(OFFICE, TEN_O_CLOCK, 0)
        await self.ledgers[0].apply_office(OFFICES[0])

    # Sending a command, and what must come of it

    def press(
        self, verb: str, key: int | None = None, crash: int | None = None, **said: Any
    ) -> None:
        """Send a command and compare; with `crash` the engine is killed so many µs later."""
        self.sent.append((verb, key, said))
        slot, body = None if key is None else f"key {key}", f"{verb} {said}"
        asked_before = self.model.answers.get(slot or "", ("",))[0] == body
        answer, replayed, written = self.runner.run(self.send(verb, slot, body, crash, said))
        self.model.chosen_order = [e.event.ticket for e in written if isinstance(e.event, Expired)]
        self.model.chosen_reason = answer.code if isinstance(answer, Refused) else ""
        first = len(self.model.entries)
        expected = self.model.once(slot, body, partial(getattr(self.model, verb), **said))
        assert answer == expected
        assert written == self.model.entries[first:]
        assert replayed == asked_before or crash is not None

    async def send(
        self, verb: str, slot: str | None, body: str, crash: int | None, said: dict[str, Any]
    ) -> tuple[Outcome, bool, list[Entry]]:
        ledger = self.ledgers[len(self.sent) % 2]
        if verb != "apply_office":
            said = {"office": OFFICE, **said}
        if verb != "tend":
            said = {"intent": slot and intent(slot, body.encode()), **said}
        asked = asyncio.ensure_future(plain(getattr(ledger, verb)(**said)))
        if crash is not None:
            await asyncio.sleep(crash / 1e6)
            self.crash()
        answer, replayed = await asked
        return answer, replayed, await ledger.entries(OFFICE, after=len(self.model.entries))

    def a_service(self, pick: int) -> str:
        services = self.model.office.services
        return services[pick % len(services)].id

    def a_desk(self, pick: int) -> str:
        desks = self.model.office.desks
        return desks[pick % len(desks)].id

    def a_ticket(self, pick: int) -> int:
        """Those still in the house first, then the others; the last pick is one that never was."""
        tickets = sorted(self.model.tickets, key=lambda t: (t.state not in LIVE, t.seq))
        return tickets[pick % len(tickets)].seq if pick < 11 and tickets else 1_000_000

    def has_tickets(self) -> bool:
        return bool(self.model.tickets)

    # The ticket machine

    @initialize(visitors=st.lists(ANY, min_size=2, max_size=6))
    def open_in_the_morning(self, visitors):
        for which in visitors:
            self.walk_in(which)

    @rule(which=ANY)
    def walk_in(self, which):
        self.press("issue", wish=wish(self.a_service(which)))

    @rule(
        which=ANY,
        then=st.lists(ANY, max_size=2),
        priority=st.sampled_from(["normal", "priority", "no such class"]),
        booked=st.sampled_from([None, None, 10 * MINUTE, 50 * MINUTE, -20 * MINUTE, 30 * HOUR]),
        key=KEYS,
        crash=CRASHES,
    )
    def issue(self, which, then, priority, booked, key, crash):
        wished = wish(
            self.a_service(which),
            then=tuple(map(self.a_service, then)),
            priority=priority,
            booked_for=None if booked is None else self.model.now + booked,
            items=(Item("juminhyo", 2),) * (which % 2),
        )
        self.press("issue", key, crash, wish=wished)

    # The desk

    @rule(which=ANY, services=st.lists(ANY, max_size=2), key=KEYS, crash=CRASHES)
    def call_next(self, which, services, key, crash):
        chosen = tuple(map(self.a_service, services))
        self.press("call_next", key, crash, desk=self.a_desk(which), services=chosen)

    @precondition(has_tickets)
    @rule(which=ANY, pick=ANY, by_number=st.booleans(), key=KEYS)
    def call(self, which, pick, by_number, key):
        desk, seq = self.a_desk(which), self.a_ticket(pick)
        ticket = self.model.hall.tickets.get(seq)
        if by_number:
            self.press("call", key, desk=desk, number=ticket.number if ticket else "Z999")
        else:
            self.press("call", key, desk=desk, ticket=seq)

    @precondition(has_tickets)
    @rule(pick=ANY, choice=ANY, which=ANY, priority=PRIORITIES, key=KEYS, crash=CRASHES)
    def make_a_legal_move(self, pick, choice, which, priority, key, crash):
        ticket = self.model.hall.tickets.get(self.a_ticket(pick))
        if ticket and (moves := [move for move in allowed(ticket) if move in MOVES]):
            self.advance(pick, moves[choice % len(moves)], which, priority, key, crash)

    @precondition(has_tickets)
    @rule(pick=ANY, move=st.sampled_from(MOVES), which=ANY, priority=PRIORITIES, key=KEYS)
    def try_any_move(self, pick, move, which, priority, key):
        self.advance(pick, move, which, priority, key, None)

    def advance(self, pick, move, which, priority, key, crash):
        said = {
            Move.TRANSFER: {"transfer_to": self.a_service(which)},
            Move.SET_ITEMS: {"items": (Item("koseki", which),) * (which % 3)},
            Move.SET_PRIORITY: {"priority": priority},
            Move.CANCEL: {"by": "visitor" if which % 2 else "staff"},
        }
        more = said.get(move, {})
        self.press("advance", key, crash, ticket=self.a_ticket(pick), move=move, **more)

    @precondition(has_tickets)
    @rule(which=ANY, pick=ANY, move=st.sampled_from(RELEASES), key=KEYS, crash=CRASHES)
    def release_and_call_next(self, which, pick, move, key, crash):
        desk = self.a_desk(which)
        held = self.model.desk(desk).ticket if pick < 10 else None
        ticket = held or self.a_ticket(pick)
        self.press("release_and_call_next", key, crash, desk=desk, ticket=ticket, move=move)

    @precondition(has_tickets)
    @rule(which=ANY, pick=ANY, key=KEYS)
    def undo(self, which, pick, key):
        last = self.model.desk(self.a_desk(which)).last
        ticket = last.ticket if last and pick < 10 else self.a_ticket(pick)
        self.press("undo", key, ticket=ticket)

    @rule(
        which=ANY, status=st.sampled_from(DeskStatus), services=st.lists(ANY, max_size=2), key=KEYS
    )
    def set_desk(self, which, status, services, key):
        chosen = tuple(map(self.a_service, services))
        self.press("set_desk", key, desk=self.a_desk(which), status=status, services=chosen)

    # The office

    @rule(
        which=ANY,
        what=st.sampled_from(["open", "open", "suspended", "tend", "definition"]),
        message=st.sampled_from([None, {"ja": "停電のため"}]),
        key=KEYS,
    )
    def manage(self, which, what, message, key):
        if what == "tend":
            self.press("tend")
        elif what == "definition":
            self.press("apply_office", key, office=OFFICES[which % len(OFFICES)])
        else:
            service = self.a_service(which)
            self.press("set_service", key, service=service, status=what, message=message)

    @rule(pick=ANY)
    def ask_again(self, pick):
        """A client that heard nothing sends an earlier command once more."""
        verb, key, said = self.sent[-1 - pick % len(self.sent)]
        if self.model.knows(**said):
            self.press(verb, key, **said)

    # The clock, and the machine room

    @rule(step=st.sampled_from(CLOCK_STEPS))
    def step_the_clock(self, step):
        if step == TO_THE_END:
            self.model.clock = self.model.end_of(self.model.day_of(self.model.now))
        else:
            self.model.clock += step
        self.runner.run(self.ledgers[0].simulate(OFFICE, self.model.clock, 0))

    @rule()
    def crash(self):
        kill(self.embedded)
        self.embedded.start()

    # What holds after every step

    @invariant()
    def the_keys_are_what_the_ledger_adds_up_to(self):
        _, found = self.runner.run(live_keys(self.redis, OFFICE))
        assert list(differences(render(self.model.hall), found)) == []

    @invariant()
    def nobody_is_in_two_places_and_no_number_is_given_twice(self):
        live = [ticket for ticket in self.model.tickets if ticket.state in LIVE]
        numbers = [ticket.number for ticket in live]
        queued = [seq for line in self.model.hall.queues.values() for seq in line]
        held = [d.ticket for d in self.model.hall.desks.values() if d.ticket is not None]
        assert len(numbers) == len(set(numbers))
        assert len(queued + held) == len({*queued, *held})

    @invariant()
    def time_never_goes_back(self):
        times = [entry.event.at for entry in self.model.entries]
        assert times == sorted(times)

    def teardown(self):
        assert self.runner.run(verify(self.redis, OFFICE)) is None


async def plain(asked: Awaitable[Any]) -> tuple[Outcome, bool]:
    """What a verb of the ledger answered, as the model says it, and whether it is a repetition."""
    try:
        answer = await asked
    except refusals.Refusal as refusal:
        return Refused(refusal.code, refusal.ticket, refusal.ahead), refusal.replayed
    match answer:
        case Shown(ticket=ticket, ahead=ahead):
            return (ticket, ahead), answer.replayed
        case Released(released=gone, called=called):
            next_one = called and (called.ticket, called.ahead)
            return ((gone.ticket, gone.ahead), next_one), answer.replayed
        case (DeskRecord(), bool()):
            return answer
        case Reply(version=0):
            return answer.ticket and (answer.ticket, answer.ahead), answer.replayed
        case Reply():
            return answer.version, answer.replayed
    return answer, False


@pytest.mark.slow
def test_scripts_do_what_the_rules_say_whatever_people_do(
    tmp_path: Path, rounds: Callable[[int], int]
):
    number = random.SystemRandom().randrange(2**32)
    print(f"seed {number}")
    with (
        Embedded(tmp_path / "data") as embedded,
        asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner,
    ):
        redis = connect(embedded.url)
        try:
            factory = seed(number)(partial(SmallOffice, runner, embedded, redis))
            run_state_machine_as_test(
                factory,
                settings=settings(
                    max_examples=rounds(DAYS),
                    stateful_step_count=STEPS, phases=[__import__("hypothesis").Phase.generate],
                    deadline=None,
                    database=None,
                    print_blob=True,
                    report_multiple_bugs=False,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(redis.aclose())
