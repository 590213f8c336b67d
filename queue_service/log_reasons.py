"""Why rows of a log could not be used, put together: the same reason of many rows is one reason.

Pure. Reasons quote what stood in the row; without that, they are the same words for the same fault.
"""

import re

from msgspec import Struct

from queue_service.ticket_log import BadRow

MOST = 50  # different reasons; there are fewer, unless a file is no log at all
OTHERS = "for other reasons"

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


class Reason(Struct, frozen=True, kw_only=True):
    """A reason, and of how many rows."""

    reason: str  # without what stood in the row
    rows: int
    line: int  # the first row of which it was said …
    example: str  # … and what was said of that


class Reasons:
    """Puts bad rows together by their reason."""

    def __init__(self) -> None:
        self._first: dict[str, BadRow] = {}
        self._rows: dict[str, int] = {}

    def add(self, row: BadRow) -> None:
        """One more row."""
        reason = _QUOTED.sub("…", row.reason)
        if reason not in self._first and len(self._first) >= MOST:
            reason = OTHERS
        self._first.setdefault(reason, row)
        self._rows[reason] = self._rows.get(reason, 0) + 1

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return sum(self._rows.values())

    @property
    def told(self) -> tuple[Reason, ...]:
        """The reasons, that of the most rows first."""
        found = (
            Reason(
                reason=reason,
                rows=rows,
                line=self._first[reason].line,
                example=self._first[reason].reason,
            )
            for reason, rows in self._rows.items()
        )
        return tuple(sorted(found, key=lambda each: (-each.rows, each.line)))
