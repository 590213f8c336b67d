"""The jobs of this house, and the worker that runs them.

A job is a name and plain arguments, as JSON: who can write into the job queue can ask for the
functions listed here and no other. Where the ledger is, the worker tells a job; it is not in the
queue.

While the engine is away there is nothing to be done, and the next tick asks again. Whatever else goes
wrong is a failed job: `rq info` and `/metrics` show it. It keeps no other job waiting.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any

import structlog
from msgspec import Struct
from redis import Redis
from rq import Queue, Retry, SimpleWorker, worker_registration
from rq.exceptions import InvalidJobOperation
from rq.executions import Execution, ExecutionRegistry
from rq.job import Job
from rq.serializers import JSONSerializer

from queue_service.archive_manifest import ArchiveError
from queue_service.connection import AWAY
from queue_service.ledger import OpenLedger
from queue_service.refusals import Refusal, Unavailable
from worker.archive import seal
from worker.rollup import roll_up
from worker.survey import survey
from worker.tend import tend
from worker.waits import learn

QUEUE = "madoguchi"
TEND = "tend"
ROLL_UP = "rollup"
SEAL = "seal"
LEARN = "learn"
SURVEY = "survey"

FAILED_S = 3600  # how long a failure can be looked at; the next tick does the work anyway

log = structlog.get_logger("worker.jobs")

_functions: dict[str, Callable[..., object]] = {}


class Times(Struct, frozen=True, kw_only=True):
    """How long a worker waits for what, in seconds.

    A worker that was killed stays on rq's lists for at most `beat` or, in the middle of a job, `job`,
    and `grace`; then another one takes it off at its next cleaning, which an idle one may begin a beat
    late: two minutes at the most. Nobody waits for that: what it left undone, the first tick of the
    next worker asks for.
    """

    tick: float = 30.0  # a booking lapses at most this late, a day without visitors ends this late
    away: float = 2.0  # an engine that is away is asked again so often
    job: int = 60  # it takes milliseconds; the engine's deadline ends it after a few seconds
    beat: int = 30  # rq's own 420 are for long jobs
    grace: int = 30  # for a machine that is busy, or an engine that starts again
    cleaning: int = 15


USUAL = Times()


class UnknownJob(Exception):
    """Somebody put a job into the queue that this house does not have."""


class _Executions(ExecutionRegistry):
    def get_executions(self, start: int = 0, end: int = -1) -> list[Execution]:
        """Those that are still known.

        Of one that was killed rq forgets the particulars a minute before its place in this list; in
        that minute it would fail whoever has done the same job again.
        """
        found = []
        for id in self.get_execution_ids(start, end):
            with suppress(ValueError):
                found.append(Execution.fetch(id, self.job_id, self.connection))
        return found


class HouseJob(Job):
    """A job of this house: its name stands for a function, and is never imported."""

    @property
    def func(self) -> Callable[..., object]:
        """The function behind the name.

        Raises:
            UnknownJob
        """
        try:
            return _functions[str(self.func_name)]
        except KeyError:
            raise UnknownJob(self.func_name) from None

    @property
    def execution_registry(self) -> ExecutionRegistry:
        """What is known of its executions."""
        return _Executions(self.id, connection=self.connection)

    def delete(
        self,
        pipeline: Any = None,
        remove_from_queue: bool = True,
        delete_dependents: bool = False,
    ) -> None:
        """Forget it. Another worker that did the same at the same time may have been faster."""
        try:
            super().delete(pipeline, remove_from_queue, delete_dependents)
        except InvalidJobOperation:
            # rq has no status to look at; a last sign of life it has left behind.
            (self.connection if pipeline is None else pipeline).delete(self.key)


class HouseWorker(SimpleWorker):
    """Runs jobs in its own process: they are too small to fork for, and a fork would outlive us."""

    max_connection_wait_time = 5.0  # an engine that is back is found soon
    times = USUAL

    def procline(self, message: str) -> None:
        """Keep the command line as it is: people look for the data dir in it."""

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Say that we live, for so many seconds; and who we are, if that was forgotten meanwhile."""
        # A job that ends meanwhile leaves a record of its own, without a name.
        if pipeline is None and not self.connection.hexists(self.key, "queues"):
            with self.connection.pipeline() as again:
                again.hset(self.key, mapping=self.serialize())
                worker_registration.register(self, again)
                again.execute()
        super().heartbeat(timeout or self.worker_ttl + self.times.grace, pipeline)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """How long we may be silent while we do a job."""
        return int(job.timeout or self.times.job) + self.times.grace

    def handle_exception(
        self,
        job: Job,
        *exc_info: type[BaseException] | BaseException | TracebackType | None,
    ) -> None:
        """Tell a failure in one line, and from where it comes if nobody expected it."""
        _, error, _ = exc_info
        expected = isinstance(error, (Refusal, ArchiveError))
        log.error(
            "job_failed", job=job.id, reason=str(error), exc_info=None if expected else exc_info
        )

    @property
    def was_asked_to_stop(self) -> bool:
        """Whether work ended because somebody wanted it to."""
        return self._shutdown_requested_date is not None


def job_queue(redis: Redis, times: Times = USUAL) -> Queue:
    """The queue of this house."""
    return Queue(
        QUEUE,
        connection=redis,
        default_timeout=times.job,
        serializer=JSONSerializer,
        job_class=HouseJob,
    )


def make_worker(
    redis: Redis, open: OpenLedger, retention_days: int | None = None, times: Times = USUAL
) -> HouseWorker:
    """A worker for the jobs of this house, working on the ledger that is opened."""
    work = {
        TEND: partial(tend, open),
        ROLL_UP: partial(roll_up, open),
        LEARN: partial(learn, open),
        SEAL: partial(seal, open, retention_days),
        SURVEY: partial(survey, open),
    }
    _functions.update({name: partial(_unless_away, function) for name, function in work.items()})
    worker = HouseWorker(
        [job_queue(redis, times)],
        connection=redis,
        serializer=JSONSerializer,
        job_class=HouseJob,
        worker_ttl=times.beat,
        maintenance_interval=times.cleaning,
    )
    worker.times = times
    return worker


def _unless_away(function: Callable[..., int], *about: str) -> int:
    """Do a job, unless the engine is away. An engine that is there and cannot write is a failure."""
    try:
        return function(*about)
    except Unavailable as away:
        if not isinstance(away.__cause__, AWAY):
            raise
        log.warning("engine_away", about=about)
        return 0


def ask(queue: Queue, job: str, *about: str) -> None:
    """Put a job into the queue, unless it waits there already.

    The id is the same each time, without rq's `unique`: that one would block it for a year after a
    failure. Two who ask at once put it in twice, which is harmless. It is tried twice, so that one
    whose worker was killed is done again and counts as failed only if it fails.
    """
    id = "-".join((job, *about))
    if id not in queue.get_job_ids():
        queue.enqueue_call(
            job, about, job_id=id, result_ttl=0, failure_ttl=FAILED_S, retry=Retry(max=1)
        )
