"""Reports for analysts: the questions of a reform, asked of the days of an office."""

from litestar import Router
from litestar.di import Provide

from queue_service.api.reports import before_after, hours
from queue_service.api.reports.asking import ground

router = Router(
    "/offices/{office:str}",
    route_handlers=[hours.reception_hours, before_after.before_after],
    dependencies={"ground": Provide(ground)},
    tags=["reports"],
)
