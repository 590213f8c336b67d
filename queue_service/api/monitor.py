"""What a monitor is told of the workers: asked of the engines, because workers are other processes.

It is asked anew each time, and what cannot be found out is left out: a figure that is missing is
noticed, a zero or the figure of an hour ago is believed.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from litestar.datastructures import State
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from queue_service import keys
from queue_service.connection import Client
from queue_service.ledger import Ledger
from queue_service.rights import Credential
from queue_service.roll_ups import latest, outstanding
from queue_service.round_trip import answered
from queue_service.sealing import days_due

PATIENCE_S = 2.0  # for all engines together; the request has three
OFFICES = {
    "rollup_days_behind": "Days with entries newer than their figures.",
    "rollup_entries_behind": "Entries that no roll-up has looked at yet.",
    "rollup_latest_timestamp_seconds": "When a day was rolled up last.",
    "sealing_days_behind": "Days in the engine that are final and could be in the archive.",
}
JOBS = "Jobs of the worker that failed within the hour."

log = structlog.get_logger("monitor")


class Told(Collector):
    """The figures, as far as they could be found out."""

    def __init__(self, who: Credential | None) -> None:
        """`who` asks: an administrator of one office is told of that one; None: all is told."""
        self._who = who
        self._offices = {
            name: GaugeMetricFamily(f"madoguchi_{name}", meaning, labels=["office"])
            for name, meaning in OFFICES.items()
        }
        self._failed = GaugeMetricFamily("madoguchi_jobs_failed", JOBS)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every figure; one without a value has its name and no more."""
        yield from self._offices.values()
        yield self._failed

    async def ask(self, state: State) -> None:
        """Ask the engine of the ledger and that of the jobs, which may be another one."""
        offices, jobs = self._ask_of_offices(state.ledger), self._ask_of_jobs(state.jobs)
        with _left_out("the worker"):
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(offices, jobs)

    async def _ask_of_offices(self, ledger: Ledger | None) -> None:
        if ledger is None:
            return  # the engine has not been reached yet
        with _left_out("offices"):
            for office in await ledger.offices():
                if self._who is not None and not self._who.covers(office):
                    continue
                with _left_out(office):
                    await self._ask_of_office(ledger, office)

    async def _ask_of_office(self, ledger: Ledger, id: str) -> None:
        office = await ledger.known_office(id)
        behind = await outstanding(ledger, office)
        found = {
            "rollup_days_behind": len(behind.dates),
            "rollup_entries_behind": behind.until - behind.cursor,
            "rollup_latest_timestamp_seconds": await latest(ledger, id),
            "sealing_days_behind": await days_due(ledger, office),
        }
        for name, value in found.items():
            if value is not None:
                self._offices[name].add_metric([id], value)

    async def _ask_of_jobs(self, jobs: Client) -> None:
        with _left_out("jobs"):
            async with answered():
                failed = await jobs.zcount(keys.FAILED_JOBS, time.time(), "+inf")
            self._failed.add_metric([], failed)


async def worker_figures(state: State, who: Credential | None) -> bytes:
    """The figures as text for Prometheus, as far as they are for whoever asks."""
    told, registry = Told(who), CollectorRegistry(auto_describe=False)
    await told.ask(state)
    registry.register(told)
    return generate_latest(registry)


@contextmanager
def _left_out(what: str) -> Iterator[None]:
    """Leave out what cannot be found out: an engine that is away, an office that is damaged."""
    try:
        yield
    except Exception as failure:  # noqa: BLE001 - whatever it is, the other figures are told
        log.warning("not_measured", what=what, reason=str(failure) or type(failure).__name__)
