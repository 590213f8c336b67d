"""`python -m worker`: the worker without the checks that `madoguchi worker` makes before it."""

import sys

from queue_service.settings import from_environment
from worker.work import work

if __name__ == "__main__":
    sys.exit(work(from_environment()))
