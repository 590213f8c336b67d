"""Every kind of report, by the name under which its words stand."""

from collections.abc import Mapping

from queue_service.reports import avoidable, before_after, freed_time, hours, priority
from queue_service.reports.telling import Telling

KINDS: Mapping[str, Telling] = {
    each.NAME: each.TELLING for each in (avoidable, before_after, freed_time, hours, priority)
}
