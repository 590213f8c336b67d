"""What a forked server runs; importing this imports everything it needs."""

import os
from pathlib import Path

from display import site
from display.server import board_socket, feeding
from queue_service.api import serve as serving
from queue_service.api.app import create_app
from queue_service.logs import configure
from queue_service.settings import Settings
from tests.live import ADMIN


def serve(url: str, port: str, folder: str, public_url: str, log: str, jobs_url: str) -> None:
    """Serve the data set of an engine, boards and pages too, until told to stop."""
    with Path(log).open("ab") as out:
        os.dup2(out.fileno(), 2)
    configure("json")
    settings = Settings(
        data_dir=Path(folder),
        redis_url=url,
        jobs_redis_url=jobs_url or None,
        admin_key=ADMIN,
        public_url=public_url or None,
    )
    app = create_app(settings, [board_socket, *site.handlers], [feeding])
    serving.serve(app, "127.0.0.1", int(port))
