"""The demonstration: simulated visitors and staff, who act through the HTTP API as people would.

What happens next stands in one heap of events in simulated time. It knows who does what when; where
the service runs and how its clock is set it is told. A desk at which a person presses a button is left
to that person: the simulated clerk finds somebody else's work there and goes for a walk.
"""

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from typing import Any

from queue_service.demo_day import Day, Visitor
from queue_service.hours import MINUTE_MS
from queue_service.offices import Office
from queue_service.replay_client import Api, Reply
from queue_service.tickets import Stage

RECALL_MS = 45_000  # after so long a number is called once more, and then given up
COMES_BACK_MS = 6 * MINUTE_MS
LEFT_ALONE_S = 600.0  # real seconds that a desk belongs to the person who used it
BEHIND_S = 5.0  # real seconds that a machine may fall behind before the clock is slowed down

SetClock = Callable[[int, float], Awaitable[None]]
Action = Callable[[], Awaitable[None]]


class Pace:
    """The simulated clock as we reckon it: the service's own runs beside it."""

    def __init__(self, set_clock: SetClock, speed: float) -> None:
        self._set_clock = set_clock
        self.speed = speed
        self._start, self._since, self._running = 0, 0.0, 0.0

    async def begin(self, at: int, speed: float) -> None:
        """Let it be `at`, and go on at a speed; 0 stands still."""
        self._start, self._since, self._running = at, time.monotonic(), speed
        await self._set_clock(at, speed)

    def now(self) -> float:
        """Simulated ms since the epoch."""
        return self._start + (time.monotonic() - self._since) * 1000 * self._running

    async def until(self, at: int) -> None:
        """Wait until an instant has come; slow down when the machine cannot keep up."""
        behind = (self.now() - at) / 1000 / self.speed
        if behind > BEHIND_S:
            self.speed /= 2
            await self.begin(at, self.speed)
        elif behind < 0:
            await asyncio.sleep(-behind)


class Hall:
    """One day in an office."""

    def __init__(self, api: Api, office: Office, day: Day) -> None:
        self._api = api
        self._office = office
        self._day = day
        self._path = f"/offices/{office.id}"
        self._ahead: list[tuple[int, int, Action]] = []
        self._order = count()
        self._idle: set[str] = set()
        self._resting: set[str] = set()  # who goes to lunch when the present visitor has left
        self._away: dict[str, float] = {}  # desk → when a person last used it
        self.at = 0
        self.happened = 0
        for visitor in day.visitors():
            self._plan(visitor.at, partial(self._arrive, visitor))
        self._open_desks()

    # The heap

    def _plan(self, at: int, action: Action) -> None:
        heapq.heappush(self._ahead, (at, next(self._order), action))

    def _after(self, ms: float, action: Action) -> None:
        self._plan(self.at + round(ms), action)

    @property
    def upcoming(self) -> int | None:
        """When something happens next; None: the day is over."""
        return self._ahead[0][0] if self._ahead else None

    async def happen(self) -> None:
        """Let the next thing happen."""
        self.at, _, action = heapq.heappop(self._ahead)
        self.happened += 1
        await action()

    # Visitors

    async def _arrive(self, visitor: Visitor) -> None:
        if visitor.helped:
            await self._ask("POST", "/helped", {"service": visitor.service})
            return
        if visitor.hint and visitor.procedure:
            hint = {"service": visitor.service, "procedure": visitor.procedure}
            await self._ask("POST", "/hints", hint | {"answer": visitor.hint})
            if visitor.hint == "elsewhere":
                return
        items = [{"procedure": visitor.procedure}] if visitor.procedure else []
        wish: dict[str, Any] = {"service": visitor.service, "language": visitor.language}
        wish |= {"items": items, "needs": list(visitor.needs)}
        if visitor.priority:
            wish |= {"priority": "priority", "channel": "floor"}
        if (await self._ask("POST", "/tickets", wish)).done:
            await self._someone_waits()

    async def _someone_waits(self) -> None:
        for desk in sorted(self._idle):
            if not self._is_taken(desk):
                await self._call_next(desk)

    # Desks

    def _open_desks(self) -> None:
        people = self._day.people
        opening = self._day.at(8 * 60 + 50)
        hour, minute = map(int, people.breaks_from.split(":"))
        for i, desk in enumerate(self._office.desks):
            self._plan(opening, partial(self._call_next, desk.id))
            begins = self._day.at(hour * 60 + minute + (i % 2) * people.break_minutes)
            self._plan(begins, partial(self._rest, desk.id))

    async def _rest(self, desk: str) -> None:
        self._resting.add(desk)
        if desk in self._idle:
            await self._go_to_lunch(desk)

    async def _go_to_lunch(self, desk: str) -> None:
        self._resting.discard(desk)
        self._idle.discard(desk)
        if (await self._ask("PUT", f"/desks/{desk}/status", {"status": "break"})).done:
            self._after(self._day.people.break_minutes * MINUTE_MS, partial(self._call_next, desk))

    def _is_taken(self, desk: str) -> bool:
        """Whether a person works at this desk."""
        return time.monotonic() - self._away.get(desk, -LEFT_ALONE_S) < LEFT_ALONE_S

    def _leave(self, desk: str) -> None:
        """Somebody else did something here: it is theirs for a while."""
        self._away[desk] = time.monotonic()
        self._idle.add(desk)

    async def _call_next(self, desk: str) -> None:
        self._idle.discard(desk)
        reply = await self._ask("POST", f"/desks/{desk}/call-next", {})
        self._go_on(desk, reply, reply.body)

    def _go_on(self, desk: str, reply: Reply, called: dict[str, Any] | None) -> None:
        """A desk has asked for the next visitor: somebody comes, nobody waits, or a person is there."""
        if not reply.done:
            self._leave(desk)
        elif called:
            self._after(self._day.walk_ms(), partial(self._begin, desk, called))
        else:
            self._idle.add(desk)

    async def _begin(self, desk: str, ticket: dict[str, Any]) -> None:
        if self._day.happens(self._day.people.no_show):
            await self._move(ticket, "recall")
            self._after(RECALL_MS, partial(self._give_up, desk, ticket))
            return
        if not (await self._move(ticket, "start")).done:
            self._leave(desk)
            return
        minutes = self._day.minutes(ticket["service"], Stage(ticket["stage"]))
        self._after(minutes * MINUTE_MS, partial(self._finish, desk, ticket))

    async def _give_up(self, desk: str, ticket: dict[str, Any]) -> None:
        await self._release(desk, ticket, "no-show")
        if self._day.happens(self._day.people.comes_back):
            self._after(COMES_BACK_MS, partial(self._again, ticket, "return"))

    async def _finish(self, desk: str, ticket: dict[str, Any]) -> None:
        if self._day.happens(self._day.people.parked):
            await self._release(desk, ticket, "park")
            self._after(COMES_BACK_MS, partial(self._again, ticket, "resume"))
        else:
            await self._release(desk, ticket, None)

    async def _release(self, desk: str, ticket: dict[str, Any], move: str | None) -> None:
        if desk in self._resting:
            last = ticket["stage"] == ticket["stages"][-1]
            reply = await self._move(ticket, move or ("finish" if last else "finish-stage"))
            released, called = reply.body, None
            if reply.done:
                await self._go_to_lunch(desk)
        else:
            body = {"ticket": ticket["id"]} | ({"move": move} if move else {})
            reply = await self._ask("POST", f"/desks/{desk}/release-and-call-next", body)
            released, called = reply.body.get("released", {}), reply.body.get("called")
            self._go_on(desk, reply, called)
        if reply.done:
            await self._sent_on(released)

    async def _sent_on(self, ticket: dict[str, Any]) -> None:
        """A stage is done: the next is worked on without the visitor, or the visitor waits for it."""
        if ticket["state"] == "processing":
            minutes = self._day.minutes(ticket["service"], Stage(ticket["stage"]))
            self._after(minutes * MINUTE_MS, partial(self._work_on, ticket))
        elif ticket["state"] in ("ready", "waiting"):
            await self._someone_waits()

    async def _work_on(self, ticket: dict[str, Any]) -> None:
        reply = await self._move(ticket, "finish-stage")
        if reply.done:
            await self._sent_on(reply.body)

    async def _again(self, ticket: dict[str, Any], move: str) -> None:
        if (await self._move(ticket, move)).done:
            await self._someone_waits()

    # Asking

    async def _move(self, ticket: dict[str, Any], move: str) -> Reply:
        return await self._ask("POST", f"/tickets/{ticket['id']}/{move}")

    async def _ask(self, method: str, path: str, body: object = None) -> Reply:
        return await self._api.ask(method, self._path + path, body)
