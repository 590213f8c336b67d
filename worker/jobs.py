"""The jobs of this house, and the worker that runs them.

A job is a name and plain arguments, as JSON: who can write into the job queue can ask for the
functions listed here and no other. Where the ledger is, the worker tells a job; it is not in the
queue.
"""

from collections.abc import Callable
from functools import partial

from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from queue_service.ledger import OpenLedger
from worker.archive import seal
from worker.rollup import roll_up
from worker.tend import tend
from worker.waits import learn

QUEUE = "madoguchi"
TEND = "tend"
ROLL_UP = "rollup"
SEAL = "seal"
LEARN = "learn"

TIMEOUT_S = 60  # a job takes milliseconds; the engine's deadline ends it after a few seconds
FAILED_S = 3600  # how long a failure can be looked at; the next tick does the work anyway
WORKER_TTL_S = (
    30  # a dead worker is noticed within a minute and a half; rq's own 420 are for long jobs
)
MAINTENANCE_S = 15
MONITORING_S = 5

_functions: dict[str, Callable[..., object]] = {}


class UnknownJob(Exception):
    """Somebody put a job into the queue that this house does not have."""


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


class HouseWorker(SimpleWorker):
    """Runs jobs in its own process: they are too small to fork for, and a fork would outlive us."""

    def procline(self, message: str) -> None:
        """Keep the command line as it is: people look for the data dir in it."""

    @property
    def was_asked_to_stop(self) -> bool:
        """Whether work ended because somebody wanted it to."""
        return self._shutdown_requested_date is not None


def job_queue(redis: Redis) -> Queue:
    """The queue of this house."""
    return Queue(QUEUE, connection=redis, serializer=JSONSerializer, job_class=HouseJob)


def make_worker(redis: Redis, open: OpenLedger, retention_days: int | None = None) -> HouseWorker:
    """A worker for the jobs of this house, working on the ledger that is opened."""
    _functions[TEND] = partial(tend, open)
    _functions[ROLL_UP] = partial(roll_up, open)
    _functions[LEARN] = partial(learn, open)
    _functions[SEAL] = partial(seal, open, retention_days)
    return HouseWorker(
        [job_queue(redis)],
        connection=redis,
        serializer=JSONSerializer,
        job_class=HouseJob,
        worker_ttl=WORKER_TTL_S,
        maintenance_interval=MAINTENANCE_S,
        job_monitoring_interval=MONITORING_S,
    )


def ask(queue: Queue, job: str, *about: str) -> None:
    """Put a job into the queue, unless it waits there already.

    The id is the same each time, without rq's `unique`: that one would block it for a year after a
    failure. Two who ask at once put it in twice, which is harmless.
    """
    id = "-".join((job, *about))
    if id not in queue.get_job_ids():
        queue.enqueue_call(
            job, about, job_id=id, timeout=TIMEOUT_S, result_ttl=0, failure_ttl=FAILED_S
        )
