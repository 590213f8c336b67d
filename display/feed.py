"""One office's boards, as the ledger grows.

A feed sleeps until the ledger has an entry it has not seen, reads one snapshot and wakes whoever
watches. It keeps the newest board and no other: a screen that was slow or away needs no backlog.
It knows no screen.
"""

import asyncio
import random

import msgspec
import structlog

from queue_service import keys
from queue_service.board import Snapshot, compose
from queue_service.connection import AWAY, Client, connect_blocking
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.refusals import Unavailable

HEARTBEAT_S = (
    2.0  # a board goes out this often though nothing happened; screens expect one in 4.5 s
)
COALESCE_S = 0.05  # ten calls within this time are one board: nobody reads faster
BACKOFF_S = 0.2  # first pause after the engine was lost; doubles
BACKOFF_CAP_S = 2.0  # screens that come back meanwhile are turned away until the feed has it again

log = structlog.get_logger("display.feed")


class Feed:
    """The newest board of one office, and a wake-up for each new one.

    While the engine is away there is no new board, and whoever asks for one is told so; screens that
    are watching hear nothing, which is how they know.
    """

    def __init__(self, ledger: Ledger, url: str, office: str) -> None:
        self._ledger = ledger
        self._url = url
        self._name = office
        self._away = False
        self._turn = 0  # counts boards, so that a watcher knows whether it has the newest
        self._next = asyncio.Event()  # set when the turn after this one has come
        self._snapshot: Snapshot | None = None
        self._office: Office | None = None
        self._frames: dict[str | None, str] = {}  # encoded once per zone and turn

    async def run(self) -> None:
        """Follow the ledger for ever; an engine that is away is waited for."""
        pause = BACKOFF_S
        while True:
            client = connect_blocking(self._url)
            try:
                while True:
                    seen = await self._refresh()
                    pause = BACKOFF_S
                    await self._wait_beyond(client, seen)
                    await asyncio.sleep(COALESCE_S)
            except (Unavailable, *AWAY) as failure:
                self._away = True
                reason = str(failure.__cause__ or failure)
                log.warning(
                    "engine_away", office=self._name, reason=reason, retry_s=round(pause, 1)
                )
            finally:
                await client.aclose()
            # Full jitter: a hundred displays do not come back in the same instant.
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - no secret
            pause = min(pause * 2, BACKOFF_CAP_S)

    async def _refresh(self) -> int:
        snapshot = await self._ledger.snapshot(self._name)
        office = await self._ledger.known_office(self._name)
        self._snapshot, self._office, self._frames = snapshot, office, {}
        self._away = False
        self._turn += 1
        come, self._next = self._next, asyncio.Event()
        come.set()
        return snapshot.as_of

    async def _wait_beyond(self, client: Client, seen: int) -> None:
        """Return when the ledger has an entry after `seen`, or at the next heartbeat."""
        ledger = {keys.of(self._name, "ledger"): f"{seen}-0"}
        # The engine's own time limit ends the wait; the outer one is for an engine that went mute.
        async with asyncio.timeout(2 * HEARTBEAT_S):
            await client.xread(ledger, count=1, block=int(HEARTBEAT_S * 1000))

    def expect(self) -> None:
        """Return when boards come, or may come any moment.

        Raises:
            Unavailable: the engine is away; there is nothing to be shown.
        """
        if self._away:
            raise Unavailable

    async def beyond(self, turn: int) -> int:
        """Wait for a newer board than that of a turn; returns its turn. Turns begin with 1.

        A watcher that is slow misses turns and gets the newest; nothing is kept for it.
        """
        while self._turn == turn:
            await self._next.wait()
        return self._turn

    def frame(self, zone: str | None) -> str:
        """The newest board, encoded; with a zone, what concerns that zone."""
        assert self._office is not None and self._snapshot is not None, "a turn has a snapshot"
        if zone not in self._frames:
            board = compose(self._office, self._snapshot, zone)
            self._frames[zone] = msgspec.json.encode(board).decode()
        return self._frames[zone]
