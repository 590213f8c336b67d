"""Reports for analysts: the questions of a reform, asked of the days of an office."""

from litestar import Router
from litestar.di import Provide

from queue_service.api.reports import hours, priority
from queue_service.api.reports.asking import ground

router = Router(
    "/offices/{office:str}",
    route_handlers=[hours.reception_hours, priority.reform_priority],
    dependencies={"ground": Provide(ground)},
    tags=["reports"],
)
