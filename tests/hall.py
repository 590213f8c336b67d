"""The small office of the tests, and short ways to do what people do in it."""

from queue_service.ledger import Ledger, Wish
from queue_service.round_trip import Intent, Shown

OFFICE = "small"
OFFICE_YAML = """
id: small
name: {ja: 小さな役所, en: Small office}
timezone: Asia/Tokyo
services:
  - {id: certificates, prefix: A, numbers: 1-30, stages: [reception, handover]}
  - {id: moving, prefix: B, stages: [reception, check, review, handover]}
  - {id: insurance, prefix: C}
desks:
  - {id: "1", zone: 1F, services: [certificates]}
  - {id: "2", zone: 1F, services: [certificates, moving, insurance]}
  - {id: "3", zone: 2F, services: [certificates, moving], stages: [handover]}
"""


def wish(service: str = "insurance", **more: object) -> Wish:
    """A walk-in's wish at the kiosk."""
    usual = {"priority": "normal", "language": "ja", "channel": "kiosk", "issuer": "kiosk-1"}
    return Wish(service=service, **(usual | more))  # type: ignore[arg-type]


def intent(key: str, body: bytes = b"") -> Intent:
    """The intent of a request with an idempotency key."""
    return Intent.of("credential", "POST", "/path", key, body)


async def issue(ledger: Ledger, service: str = "insurance", **more: object) -> Shown:
    """Give one visitor a number."""
    return await ledger.issue(OFFICE, wish(service, **more))
