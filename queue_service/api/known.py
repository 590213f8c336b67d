"""What a request names has to be known to the office."""

from collections.abc import Callable

from queue_service.api.problems import Problem, invalid
from queue_service.api.schemas import ItemBody
from queue_service.freed_time import names, sections
from queue_service.ledger import Ledger
from queue_service.offices import Office, UnknownDesk, UnknownService
from queue_service.words import OWN

Check = Callable[[Office], object]


async def checked(ledger: Ledger, office: str, check: Check = lambda _: None) -> Office:
    """The office, when the request has passed the check against it.

    What the definition that this process knows lacks, one that another process has just brought
    into force may have; so a request is refused only by the definition in force.
    """
    known = await ledger.known_office(office)
    try:
        check(known)
    except (Problem, UnknownDesk, UnknownService):
        known = await ledger.office(office)
        check(known)
    return known


def service(office: Office, field: str, service: str) -> None:
    """Raises: Problem, naming the field."""
    try:
        office.service(service)
    except UnknownService as unknown:
        raise invalid(field, str(unknown)) from None


def priority(office: Office, priority: str) -> None:
    """Raises: Problem, naming the field."""
    if priority not in office.priorities:
        raise invalid("priority", f"the classes are {', '.join(office.priorities)}")


def procedures(office: Office, items: tuple[ItemBody, ...]) -> None:
    """Raises: Problem, naming the field."""
    known = {each.id for service in office.services for each in service.procedures}
    for i, item in enumerate(items):
        if item.procedure not in known:
            names = ", ".join(sorted(known)) or "none"
            raise invalid(f"items[{i}].procedure", f"{item.procedure!r} is not among {names}")


def freed_time(office: Office, section: str, category: str) -> None:
    """Raises: Problem, naming the field."""
    if section not in (known := sections(office)):
        raise invalid("section", f"{section!r} is not among {', '.join(known)}")
    if category not in (usual := names(office, OWN)):
        raise invalid("category", f"{category!r} is not among {', '.join(usual)}")


def desk(desk: str, services: tuple[str, ...] = ()) -> Check:
    """A check of a desk and of services named beside it."""

    def check(office: Office) -> None:
        office.desk(desk)
        for i, each in enumerate(services):
            service(office, f"services[{i}]", each)

    return check
