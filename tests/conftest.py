"""A real engine for the whole run, a clean data set and a small office for each test."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from queue_service.embedded import Embedded
from queue_service.ledger import Ledger
from queue_service.office_files import read_office
from queue_service.offices import Office
from tests.hall import OFFICE_YAML

MEASURED = "measured"


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long to look for rare faults: `pytest tests/faults --rounds 1000`."""
    parser.addoption(
        "--rounds", type=int, help="how often each fault is tried; each test has its own default"
    )


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """How often to try a fault: what `--rounds` says, else the default given."""
    asked: int | None = request.config.getoption("--rounds")
    return lambda usual: usual if asked is None else asked


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Tell a figure that a test has measured; all of them are listed at the end of the run."""
    return lambda said: record_property(MEASURED, said)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List what was measured."""
    reports = [each for some in terminalreporter.stats.values() for each in some]
    said = [
        f"{each.nodeid.rpartition('::')[2]}: {value}"
        for each in reports
        for name, value in getattr(each, "user_properties", ())
        if name == MEASURED and each.when == "call"
    ]
    if said:
        terminalreporter.section("measured")
        terminalreporter.write_line("\n".join(said))


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """The bundled engine as `madoguchi up` starts it: on disk, AOF always, a Unix socket."""
    with Embedded(tmp_path_factory.mktemp("engine")) as embedded:
        yield embedded


@pytest.fixture
def engine_url(engine: Embedded) -> str:
    """An engine without any key."""
    with redis.Redis.from_url(engine.url) as client:
        client.flushall()
    return engine.url


@pytest.fixture
def office() -> Office:
    """A small office that is always open."""
    return read_office(OFFICE_YAML, "office.yaml")


@pytest.fixture
async def ledger(engine_url: str, office: Office) -> AsyncIterator[Ledger]:
    """A ledger with the small office in it, under a simulated clock that stands still at 10:00."""
    async with Ledger.open(engine_url) as opened:
        await opened.simulate(office.id, TEN_O_CLOCK, 0)
        await opened.apply_office(office)
        yield opened


TEN_O_CLOCK = 1_763_946_000_000  # 2025-11-24T10:00:00+09:00, a Monday


@pytest.fixture
def data() -> Path:
    """The folder of real logs beside the project; without it the test is skipped, loudly."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"REAL LOGS ABSENT: {folder} does not exist, nothing was replayed")
    return folder
