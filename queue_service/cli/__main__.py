"""`python -m queue_service.cli`: the same as `madoguchi`."""

import sys

from queue_service.cli import main

sys.exit(main())
