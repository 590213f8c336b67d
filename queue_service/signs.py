"""The signs of an office: what anyone may read on its walls, and nothing that only staff know.

Pages take every name from here. What a service is called on screens that the whole lobby sees may be
less than what the ticket machine says: a sensitive service has a neutral label.
"""

from msgspec import Struct

from queue_service.offices import Office, Procedure, Service, Texts
from queue_service.tickets import Stage

NEUTRAL = {
    "ja": "ご相談",
    "ja-easy": "そうだん",
    "en": "Consultation",
}  # says nothing of what about


class ServiceSign(Struct, frozen=True, kw_only=True):
    """What is said of a service."""

    id: str
    name: Texts
    label: Texts  # on screens that everyone sees
    section: str | None
    prefix: str
    stages: tuple[Stage, ...]
    bring: Texts
    ask_procedure: bool
    procedures: tuple[Procedure, ...]


class DeskSign(Struct, frozen=True, kw_only=True):
    """What is said of a desk."""

    id: str
    name: Texts
    zone: str | None
    services: tuple[str, ...]
    stages: tuple[Stage, ...]


class Signs(Struct, frozen=True, kw_only=True):
    """Everything that is written on the walls of an office."""

    office: str
    name: Texts
    timezone: str
    version: int  # of the office definition
    languages: tuple[str, ...]  # the first is the office's own
    zones: list[str]  # in the order of the desks; empty: the office is one room
    priorities: list[str]
    slides: tuple[Texts, ...]
    phones: bool = False  # whether visitors' phones reach us, so that a code can lead them here
    services: list[ServiceSign]
    desks: list[DeskSign]


def label(service: Service) -> Texts:
    """The name of a service for screens that everyone sees."""
    return NEUTRAL if service.sensitive else service.name


def zones(office: Office) -> list[str]:
    """The zones of an office in the order of its desks.

    >>> zones(office_with_desks_on("1F", "2F", "1F"))  # doctest: +SKIP
    ['1F', '2F']
    """
    return list(dict.fromkeys(desk.zone for desk in office.desks if desk.zone is not None))


def signs_of(office: Office, version: int) -> Signs:
    """The signs of one version of an office definition."""
    return Signs(
        office=office.id,
        name=office.name,
        timezone=office.timezone,
        version=version,
        languages=office.languages,
        zones=zones(office),
        priorities=list(office.priorities),
        slides=office.slides,
        services=[
            ServiceSign(
                id=service.id,
                name=service.name,
                label=label(service),
                section=service.section,
                prefix=service.prefix,
                stages=service.stages,
                bring=service.bring,
                ask_procedure=service.ask_procedure,
                procedures=service.procedures,
            )
            for service in office.services
        ],
        desks=[
            DeskSign(
                id=desk.id,
                name=desk.name,
                zone=desk.zone,
                services=desk.services,
                stages=desk.stages,
            )
            for desk in office.desks
        ],
    )
