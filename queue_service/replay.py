"""The player: carries out the steps of a plan over HTTP, as kiosks and staff would.

It knows the order and the pace of the steps. It refuses to know where the service runs and what a
log looks like. In an office one step follows the other, so that the same log gives the same ledger;
offices are played side by side.

Every request carries an idempotency key made of the log and the row: whoever plays the same log
into the same service again changes nothing, and goes on where he was interrupted.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import quote

from msgspec import Struct, field

from queue_service.replay_client import Api, ReplayError, Reply
from queue_service.replay_office import as_id
from queue_service.replay_plan import Plan, Step, Verb

TURNED_AWAY = frozenset({"closed", "suspended", "full"})
NOT_NOW = frozenset({404, 409})  # someone else did something with the ticket, or its day is over

SetClock = Callable[[str, int], Awaitable[None]]


class Played(Struct):
    """What came of the steps in one office."""

    issued: int = 0
    called: int = 0
    finished: int = 0
    no_show: int = 0
    cancelled: int = 0
    refused: int = 0  # visitors who were given no number
    repeated: int = 0  # steps that an earlier replay of the same log had made
    skipped: Counter[str] = field(default_factory=Counter)  # steps not possible then, by reason
    issued_per_hour: Counter[str] = field(default_factory=Counter)  # by the service's own times


class Pace:
    """When a step is due: `speed` seconds of the log in a second; None: at once."""

    def __init__(self, first: int, speed: float | None) -> None:
        """`first`: the instant of the log that is now."""
        self._first = first
        self._speed = speed
        self._start = asyncio.get_running_loop().time()

    async def until(self, at: int) -> None:
        """Wait until an instant of the log is due. One that is past is due."""
        if self._speed:
            due = self._start + (at - self._first) / 1000 / self._speed
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))


async def play(
    api: Api,
    plans: Sequence[Plan],
    log: str,
    speed: float | None = None,
    set_clock: SetClock | None = None,
    tick: Callable[[], object] = lambda: None,
) -> dict[str, Played]:
    """Play every plan to its end; returns what came of it, by office.

    `log` names the log in the idempotency keys. `set_clock` sets the simulated clock of an office
    whose time is ours; without it, times are the service's own. `tick` is called after each step.

    Raises:
        ReplayError: the service does not answer, or the key may not do a step.
    """
    pace = Pace(min((plan.steps[0].at for plan in plans if plan.steps), default=0), speed)
    players = [_Player(api, plan.office.id, log) for plan in plans]
    failure: ReplayError | None = None
    try:
        async with asyncio.TaskGroup() as group:
            for player, plan in zip(players, plans, strict=True):
                group.create_task(player.play(plan.steps, pace, set_clock, tick))
    except* ReplayError as failures:
        failure = _first(failures)
    if failure:
        raise failure
    return {player.office: player.played for player in players}


def _first(failures: BaseExceptionGroup[ReplayError]) -> ReplayError:
    first: BaseException = failures
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    assert isinstance(first, ReplayError), "only these were caught"
    return first


class _Player:
    """Everyone who works in one office, and its visitors at the kiosk."""

    def __init__(self, api: Api, office: str, log: str) -> None:
        self._api = api
        self.office = office
        self._log = log
        self._tickets: dict[int, str] = {}  # line of the log → id of a ticket that is still to move
        self.played = Played()

    async def play(
        self,
        steps: Iterable[Step],
        pace: Pace,
        set_clock: SetClock | None,
        tick: Callable[[], object],
    ) -> None:
        """Make the steps; those of one instant have one time."""
        for at, together in groupby(steps, key=lambda step: step.at):
            await pace.until(at)
            if set_clock:
                await set_clock(self.office, at)
            for step in together:
                await self._make(step)
                tick()

    async def _make(self, step: Step) -> None:
        if step.verb is Verb.ISSUE:
            await self._issue(step)
            return
        ticket = self._tickets.get(step.row.line)
        if ticket is None:
            return  # no number was given, or the ticket was lost to someone else
        if step.verb is Verb.CALL:
            reply = await self._call(step, ticket)
        else:
            reply = await self._post(f"tickets/{quote(ticket)}/{step.verb}", step)
        if self._counts(step, reply):
            self._note(step)
        else:
            del self._tickets[step.row.line]

    async def _issue(self, step: Step) -> None:
        row = step.row
        wish = {"service": step.service}
        if row.channel:
            wish["channel"] = as_id(row.channel)
        if row.priority:
            wish["priority"] = as_id(row.priority)
        reply = await self._post("tickets", step, wish)
        if reply.code in TURNED_AWAY:
            self.played.refused += 1
        elif self._counts(step, reply):
            self._tickets[row.line] = reply.body["id"]
            self.played.issued += 1
            self.played.issued_per_hour[_hour(reply.body["issued_at"])] += 1

    async def _call(self, step: Step, ticket: str) -> Reply:
        path = f"desks/{quote(step.desk or '')}/call"
        reply = await self._post(path, step, {"ticket": ticket})
        former = reply.body.get("ticket")
        if reply.code == "desk_busy" and isinstance(former, dict):
            # Held since before the replay. Staff end that visit before they call.
            await self._post(f"tickets/{quote(former['id'])}/{Verb.FINISH}", step)
            reply = await self._post(path, step, {"ticket": ticket})
        return reply

    async def _post(self, path: str, step: Step, body: dict[str, Any] | None = None) -> Reply:
        key = f"{self._log}-{step.row.line}-{step.verb}"
        return await self._api.ask("POST", f"/offices/{quote(self.office)}/{path}", body, key)

    def _counts(self, step: Step, reply: Reply) -> bool:
        """Whether the step was made; one that was not possible is counted by its reason."""
        if reply.done:
            self.played.repeated += reply.repeated
        elif reply.status in NOT_NOW:
            self.played.skipped[reply.code or str(reply.status)] += 1
        elif reply.code == "key_reused":
            raise ReplayError(
                "this log was played here before in another way: name this replay with --run NAME"
            )
        else:
            raise ReplayError(f"line {step.row.line}, {step.verb} in {self.office}: {reply}")
        return reply.done

    def _note(self, step: Step) -> None:
        match step.verb:
            case Verb.CALL:
                self.played.called += 1
                return
            case Verb.START:
                return
            case Verb.FINISH:
                self.played.finished += 1
            case Verb.NO_SHOW:
                self.played.no_show += 1
            case Verb.CANCEL:
                self.played.cancelled += 1
        del self._tickets[step.row.line]


def _hour(issued_at: str) -> str:
    """The hour of an RFC 3339 time, with its offset: one that clocks show twice is two hours."""
    day, _, time = issued_at.partition("T")
    offset = time[-6:] if time[-6:-5] in ("+", "-") else "+00:00"
    return f"{day}T{time[:2]}:00{offset}"
