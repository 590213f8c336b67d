"""Reports for analysts: the questions of a reform, asked of the days of an office."""

from litestar import Router
from litestar.di import Provide

from queue_service.api.deadline import FOR_YEARS
from queue_service.api.reports import avoidable, before_after, freed_time, hours
from queue_service.api.reports.asking import ground

router = Router(
    "/offices/{office:str}",
    route_handlers=[
        *(hours.reception_hours, avoidable.avoidable),
        *(before_after.before_after, freed_time.freed_time),
    ],
    dependencies={"ground": Provide(ground)},
    opt=FOR_YEARS,
    tags=["reports"],
)
