"""Being asked to stop: signals are noted, and looked at when it suits.

Nothing is raised: an exception out of a signal would be lost when it strikes in a `__del__`.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Asked:
    """What signals have asked of us."""

    to_stop = False


@contextmanager
def noted() -> Iterator[Asked]:
    """Note SIGINT and SIGTERM instead of being ended by them; the second asks nothing new."""
    asked = Asked()

    def note(*_: object) -> None:
        asked.to_stop = True

    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, note) for number in signals]
    try:
        yield asked
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
