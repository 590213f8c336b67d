"""The id under which the outside knows a ticket: a capability.

Whoever has it may look at the ticket and give it up. It is not stored anywhere: it is computed from
the data set's secret, so it cannot leak from the ledger, an export or a log, and a guess has one
chance in 2^160. It dies with the business day, because the ticket is gone then.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from queue_service.refusals import UnknownTicket

MAC_BYTES = 20  # 160 bits
LONGEST = 12  # digits: more entries than an office makes in ten thousand years


class TicketIds:
    """Makes and reads the ids of one data set.

    >>> ids = TicketIds(b"secret")
    >>> ids.ticket("ashikaga", ids.id("ashikaga", 17))
    17
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def id(self, office: str, ticket: int) -> str:
        """The id of a ticket; the same one each time."""
        mac = hmac.new(self._secret, f"{office}:{ticket}".encode(), hashlib.sha256).digest()
        return f"{ticket}-{urlsafe_b64encode(mac[:MAC_BYTES]).decode().rstrip('=')}"

    def ticket(self, office: str, id: str) -> int:
        """The ticket behind an id.

        Raises:
            UnknownTicket: this office never gave that id.
        """
        figure = id.partition("-")[0]
        # Compared in constant time, and before anything is looked up: a guess learns nothing.
        if figure.isascii() and figure.isdigit() and len(figure) <= LONGEST:
            given = self.id(office, int(figure)).encode()
            if hmac.compare_digest(given, id.encode("utf-8", "surrogatepass")):
                return int(figure)
        raise UnknownTicket
