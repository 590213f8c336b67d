"""Who may import whom: read from the source, so that no module has to be imported for it.

The order of the layers is in pyproject.toml, under `tool.importlinter`.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ("queue_service", "worker", "display")

PURE = {
    *("tickets", "events", "hall", "board", "visits", "refusals", "announcements", "keys"),
    *("offices", "office_rules", "office_files", "hours", "scripts", "settings", "ticket_ids"),
    *("ticket_log", "log_columns", "log_times", "replay_plan", "replay_office", "demo_day"),
    *("demo_calendar", "demo_history", "definitions", "rights", "keyed_hash", "browsers"),
    *("log_records", "log_dates", "log_reasons", "intake", "engine_users"),
    *(
        "figures",
        "tally",
        "bins",
        "measures",
        "intervals",
        "stages",
        "queue_length",
        "notes",
        "sheets",
        "insights",
        "reports.ground",
        "reports.report",
        "reports.telling",
        "reports.kinds",
        "reports.avoidable",
        "reports.hours",
        "reports.priority",
        "reports.pareto",
        "reports.before_after",
        "reports.before_after_told",
        "reports.timeline",
        "reports.freed_time",
        "reports.page",
        "reports.picture",
        "reports.writing",
        "log_visits",
        "counts",
        "freed_time",
        "archive_manifest",
        "estimates",
        "forecasting",
        "withholding",
    ),
}
IMPURE = {
    *("asyncio", "socket", "subprocess", "threading"),
    *("redis", "rq", "litestar", "uvicorn", "websockets", "httpx"),
}

# Whoever is named here is imported by these and by nobody else. `queue_service.cli` and the factory
# in `queue_service.api.app` put the parts of the house together; nothing else may.
DOORS = {
    "redis": {
        *("queue_service.connection", "queue_service.round_trip"),
        *("queue_service.embedded", "queue_service.engine_check", "queue_service.engine_trouble"),
        *("queue_service.cli", "worker"),
    },
    "rq": {"worker", "queue_service.cli"},
    "litestar": {"queue_service.api", "display"},
    "websockets": {"queue_service.cli"},
    "httpx": {"queue_service.replay_client", "queue_service.cli"},
    "worker": {"queue_service.cli"},
    "display": {"queue_service.cli", "queue_service.api.app"},
    "queue_service.api": {"queue_service.cli"},
    "queue_service.cli": set[str](),
}


def _imports(path: Path) -> set[str]:
    """Every name a file imports, at its top or late: `from a import b` counts as `a.b`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


IMPORTS = {
    _module(path): _imports(path) for folder in HOUSE for path in (ROOT / folder).rglob("*.py")
}


def _within(name: str, places: Iterable[str]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def _reach(module: str) -> set[str]:
    """Every name a module imports, itself or through modules of the house."""
    found: set[str] = set()
    ahead = {module}
    while ahead:
        fresh = IMPORTS[ahead.pop()] - found
        found |= fresh
        ahead |= {there for there in IMPORTS for name in fresh if _within(name, [there])}
    return found


@pytest.mark.parametrize(
    "module", sorted(m for m in IMPORTS if _within(m, {f"queue_service.{name}" for name in PURE}))
)
def test_the_pure_core_knows_neither_engine_nor_network(module: str) -> None:
    assert sorted(name for name in _reach(module) if _within(name, IMPURE)) == []


@pytest.mark.parametrize("door", DOORS)
def test_only_the_named_modules_go_through_a_door(door: str) -> None:
    users = {module for module, names in IMPORTS.items() for n in names if _within(n, [door])}
    assert sorted(user for user in users if not _within(user, {door, *DOORS[door]})) == []


def test_the_map_of_the_house_imports_nothing() -> None:
    assert IMPORTS["queue_service"] == set()
