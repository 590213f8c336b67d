"""Watching over the parts of one machine: what dies is started again, or everything stops loudly.

It knows processes, and nothing of what they do. Everything happens in the main thread, which the
engine needs, and one round of looking takes no time.
"""

import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence

import structlog

from queue_service.cli.command import CommandFailed
from queue_service.embedded import Embedded

DEATHS = 5  # within WINDOW_S a part may die so often; once more and everything stops
WINDOW_S = 60.0
PAUSES_S = (0.0, 0.5, 1.0, 2.0, 4.0)  # before a part is started again: by its recent deaths
DRAIN_S = 7.0  # for parts to finish what was asked; with the engine's, 10 s stay the limit
ENGINE_STOP_S = 2.0
POLL_S = 0.1

log = structlog.get_logger("up")


class Deaths:
    """The recent deaths of one part."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._times: deque[float] = deque(maxlen=DEATHS)

    def another(self, how: str) -> float:
        """Note a death; returns after how many seconds to start again.

        Raises:
            CommandFailed: it died too often.
        """
        now = time.monotonic()
        if len(self._times) == DEATHS and now - self._times[0] < WINDOW_S:
            raise CommandFailed(
                f"The {self._name} died {DEATHS + 1} times within {WINDOW_S:.0f} s, the last time "
                f"with {how}. Everything was stopped. Its messages above say why; "
                "`madoguchi doctor` looks for the usual causes."
            )
        self._times.append(now)
        recent = sum(now - each < WINDOW_S for each in self._times)
        pause = PAUSES_S[recent - 1]
        log.error("part_died", part=self._name, how=how, restart_in_s=pause)
        return pause


class Part:
    """One process, alive from `start` to `stop`."""

    def __init__(self, name: str, words: Sequence[str]) -> None:
        """`words`: the command line after `madoguchi`."""
        self._words = [sys.executable, "-m", "queue_service.cli", *words, "--lifeline"]
        self._deaths = Deaths(name)
        self._child: subprocess.Popen[bytes] | None = None
        self._due = 0.0

    def start(self, env: Mapping[str, str]) -> None:
        """Start it; the pipe to its standard input is its lifeline."""
        self._child = subprocess.Popen(self._words, env=env, stdin=subprocess.PIPE)

    def look(self, env: Mapping[str, str]) -> None:
        """Start it again when it has died.

        Raises:
            CommandFailed: it died too often.
        """
        if self._child is None:
            if time.monotonic() >= self._due:
                self.start(env)
        elif (code := self._child.poll()) is not None:
            self._let_go()
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            self._due = time.monotonic() + self._deaths.another(how)

    def ask_to_stop(self) -> None:
        """Tell it to finish."""
        if self._child is not None:
            self._child.terminate()

    def wait(self, until: float) -> None:
        """Wait until it has ended; at that time (monotonic) it is killed."""
        if self._child is None:
            return
        try:
            self._child.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._let_go()

    def _let_go(self) -> None:
        assert self._child is not None and self._child.stdin is not None
        self._child.stdin.close()
        self._child = None


class Supervisor:
    """The engine, if it is ours, and the parts that stand on it."""

    def __init__(self, embedded: Embedded | None, url: str, parts: Sequence[Part]) -> None:
        self._embedded = embedded
        self._engine_deaths = Deaths("engine")
        self._engine_due: float | None = None  # when to start it again; None: it lives
        self._url = url
        self._parts = parts

    @property
    def _env(self) -> dict[str, str]:
        return {**os.environ, "MADOGUCHI_REDIS_URL": self._url}

    def start(self) -> None:
        """Start every part."""
        for part in self._parts:
            part.start(self._env)

    def look(self) -> None:
        """Start again what has died, the engine first. To be called every `POLL_S`.

        Raises:
            CommandFailed: something died too often.
            EngineError: the engine cannot be started again.
        """
        if self._embedded and self._embedded.pid is None:
            self._look_at(self._embedded)
        for part in self._parts:
            part.look(self._env)

    def _look_at(self, embedded: Embedded) -> None:
        if self._engine_due is None:
            self._engine_due = time.monotonic() + self._engine_deaths.another("its process gone")
        if time.monotonic() < self._engine_due:
            return
        self._engine_due = None
        embedded.start()
        if embedded.url != self._url:  # deep data dirs have their socket in a place of its own
            self._url = embedded.url
            self._stop_parts()
            self.start()

    def stop(self) -> None:
        """Stop the parts, then the engine, within ten seconds. Harmless when nothing runs."""
        self._stop_parts()
        if self._embedded:
            self._embedded.stop(ENGINE_STOP_S)

    def _stop_parts(self) -> None:
        until = time.monotonic() + DRAIN_S
        for part in self._parts:
            part.ask_to_stop()
        for part in self._parts:
            part.wait(until)
