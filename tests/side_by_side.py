"""One engine and one model, given the same commands: they must agree on everything.

Compared are the answer, whether it is a repetition, every entry written, and every live key. Commands
go through two ledgers in turn that know nothing of each other, like two processes: each may hold an
old definition and yesterday's date.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from typing import Any

from redis.exceptions import ResponseError

from queue_service import refusals
from queue_service.embedded import Embedded
from queue_service.events import Entry, Expired
from queue_service.hall import DeskRecord
from queue_service.ledger import Ledger, Released
from queue_service.office_files import read_office
from queue_service.rebuild import differences, live_keys, render, verify
from queue_service.round_trip import Reply, Shown
from queue_service.tickets import LIVE
from tests.conftest import TEN_O_CLOCK
from tests.faults.engines import kill
from tests.hall import intent
from tests.model import Model, Outcome
from tests.model_hall import Refused

USUAL = """
id: small
timezone: Asia/Tokyo
services:
  - {id: certificates, prefix: A, numbers: 1-7, stages: [reception, handover]}
  - id: moving
    prefix: B
    numbers: 8-16
    daily_limit: 12
    stages: [reception, check, review, handover]
  - {id: insurance, prefix: C, numbers: 1-99, hours: {mon-sun: "09:00-16:00"}}
desks:
  - {id: "1", services: [certificates]}
  - {id: "2", services: [certificates, moving, insurance]}
  - {id: "3", services: [certificates, moving], stages: [handover]}
"""
OTHER_RULES = (
    USUAL.replace("Asia/Tokyo", 'Asia/Tokyo\nday_starts_at: "00:00"')
    .replace("numbers: 1-7", "numbers: 2-9")
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


class SideBySide:
    """A new office at ten o'clock, on the engine and in the model."""

    def __init__(self, runner: asyncio.Runner, embedded: Embedded, redis: Any) -> None:
        self.runner, self.embedded, self.redis = runner, embedded, redis
        self.ledgers = [Ledger(redis, "secret") for _ in range(2)]
        self.model = Model(OFFICES[0], TEN_O_CLOCK)
        self.sent: list[tuple[str, int | None, dict[str, Any]]] = []
        runner.run(self._found())

    async def _found(self) -> None:
        if names := [name async for name in self.redis.scan_iter(match=f"{{{OFFICE}}}:*")]:
            await self.redis.delete(*names)
        with suppress(ResponseError):  # it is rewriting its file already
            await self.redis.bgrewriteaof()  # or each crash would take longer than the one before
        await self.ledgers[0].simulate(OFFICE, TEN_O_CLOCK, 0)
        await self.ledgers[0].apply_office(OFFICES[0])

    # Commands

    def press(
        self, verb: str, key: int | None = None, crash: int | None = None, **said: Any
    ) -> None:
        """Send a command and compare; with `crash` the engine is killed so many µs later."""
        self.sent.append((verb, key, said))
        slot, body = None if key is None else f"key {key}", f"{verb} {said}"
        asked_before = self.model.answers.get(slot or "", ("",))[0] == body
        answer, replayed, written = self.runner.run(self._send(verb, slot, body, crash, said))
        self.model.chosen_order = [e.event.ticket for e in written if isinstance(e.event, Expired)]
        self.model.chosen_reason = answer.code if isinstance(answer, Refused) else ""
        first = len(self.model.entries)
        expected = self.model.once(slot, body, partial(getattr(self.model, verb), **said))
        wanted = self.model.entries[first:]
        assert answer == expected, f"{verb}: the engine answers {answer}, the rules say {expected}"
        assert written == wanted, f"{verb}: the ledger has {written}, the rules say {wanted}"
        assert replayed == asked_before or crash is not None, f"{verb}: replayed is {replayed}"

    async def _send(
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

    def press_again(self, pick: int) -> None:
        """Send one of the latest commands once more, as a client does that heard nothing."""
        verb, key, said = self.sent[-1 - pick % len(self.sent)]
        if self.model.knows(**said):
            self.press(verb, key, **said)

    # Faults

    def set_clock(self, clock: int) -> None:
        """Step the clock, forward or back."""
        self.model.clock = clock
        self.runner.run(self.ledgers[0].simulate(OFFICE, clock, 0))

    def crash(self, idle: bool = False) -> None:
        """Kill the engine and start it again; an `idle` client does not notice, which saves time."""
        kill(self.embedded)
        if idle:
            self.runner.run(self.redis.connection_pool.disconnect())
        self.embedded.start()

    # What there is to choose from

    def a_service(self, pick: int) -> str:
        """One of the services, counted round."""
        services = self.model.office.services
        return services[pick % len(services)].id

    def a_desk(self, pick: int) -> str:
        """One of the desks, counted round."""
        desks = self.model.office.desks
        return desks[pick % len(desks)].id

    def a_ticket(self, pick: int) -> int:
        """Those still in the house first, then the others; pick 11 is one that never was."""
        tickets = sorted(self.model.tickets, key=lambda t: (t.state not in LIVE, t.seq))
        return tickets[pick % len(tickets)].seq if pick < 11 and tickets else 1_000_000

    # What holds at every moment

    def compare_keys(self) -> None:
        """The live keys are what the entries add up to."""
        _, found = self.runner.run(live_keys(self.redis, OFFICE))
        differing = list(differences(render(self.model.hall), found))
        assert not differing, "\n".join(differing)

    def check_laws(self) -> None:
        """Nobody is in two places, no number is given twice, and time never goes back."""
        hall = self.model.hall
        numbers = [ticket.number for ticket in self.model.tickets if ticket.state in LIVE]
        queued = [seq for line in hall.queues.values() for seq in line]
        held = [desk.ticket for desk in hall.desks.values() if desk.ticket is not None]
        times = [entry.event.at for entry in self.model.entries]
        assert len(numbers) == len(set(numbers))
        assert len(queued + held) == len({*queued, *held})
        assert times == sorted(times)

    def rebuild(self) -> None:
        """The ledger alone, read from its beginning, gives the live keys."""
        difference = self.runner.run(verify(self.ledgers[0], OFFICE))
        assert difference is None, difference


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
