"""A part that `up` started ends when `up` is gone, however that came about.

`up` holds the other end of our standard input and never writes to it. When `up` ends, even by
`kill -9`, the kernel closes it.
"""

import os
import signal
import threading
import time

GRACE_S = 6.0  # for what was asked already; then the process ends whatever it does


def hold() -> None:
    """End this process, gently first, when its standard input ends."""
    threading.Thread(target=_wait, name="lifeline", daemon=True).start()


def _wait() -> None:
    while os.read(0, 1024):  # not sys.stdin: its lock would be held while Python shuts down
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(1)
