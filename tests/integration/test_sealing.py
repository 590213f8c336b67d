"""Sealing: days move from the engine to the archive, and whoever reads does not notice."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from redis import Redis

from queue_service import keys
from queue_service.archive_manifest import AheadOfEngine
from queue_service.backup import back_up
from queue_service.backup_file import Backup
from queue_service.cli import main
from queue_service.connection import connect
from queue_service.embedded import Embedded
from queue_service.events import Entry
from queue_service.export import header, line, rows
from queue_service.figures import encode
from queue_service.intervals import Question
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.rebuild import verify
from queue_service.refusals import MissingEntries
from queue_service.restore import NotEmpty, restore
from queue_service.roll_ups import computed, days, outstanding, roll_up
from queue_service.sealing import days_due, delete_old, is_due, old, seal
from queue_service.statistics import gather
from queue_service.tickets import Move
from tests.conftest import TEN_O_CLOCK
from tests.hall import OFFICE, issue
from tests.integration.test_worker import worked_off
from tests.live import SMALL, live
from worker.schedule import tick

DAY_MS = 86_400_000
FIRST, LAST = "2025-11-24", "2025-11-28"
DAYS = 5


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    return tmp_path / "data" / "archive"


@pytest.fixture
async def week(
    ledger: Ledger, office: Office, engine_url: str, archives: Path
) -> AsyncIterator[Ledger]:
    """Five days of a small hall, everything rolled up, nothing sealed; it is ten on the last day."""
    async with Ledger.open(engine_url, archives) as opened:
        await opened.redis.set(keys.DATASET, "of-the-tests")
        for day in range(DAYS):
            await opened.simulate(OFFICE, TEN_O_CLOCK + day * DAY_MS, 0)
            await a_morning(opened, day)
        await rolled_up(opened, office)
        yield opened


async def a_morning(ledger: Ledger, day: int) -> None:
    """Some are served, one is absent, one still waits and one is at a desk when the day ends."""
    for _ in range(3 + day):
        await issue(ledger)
    ticket = (await ledger.call_next(OFFICE, "2")).shown().ticket
    if ticket.date != f"2025-11-{24 + day}":
        pytest.fail("a ticket of yesterday was called")
    await ledger.simulate(OFFICE, TEN_O_CLOCK + day * DAY_MS + 300_000, 0)
    await ledger.advance(OFFICE, ticket.seq, Move.FINISH)
    absent = (await ledger.call_next(OFFICE, "2")).shown().ticket.seq
    await ledger.advance(OFFICE, absent, Move.NO_SHOW)


async def rolled_up(ledger: Ledger, office: Office) -> None:
    for day in (await outstanding(ledger, office)).dates:
        await roll_up(ledger, office, day)


async def everything(ledger: Ledger) -> list[Entry]:
    return [entry async for entry in ledger.all_entries(OFFICE)]


async def in_engine(ledger: Ledger) -> list[int]:
    found = await ledger.redis.xrange(keys.of(OFFICE, "ledger"))
    return [int(id.partition("-")[0]) for id, _ in found]


async def test_only_days_whose_figures_can_change_no_more_are_sealed(
    week: Ledger, office: Office, archives: Path
):
    assert await is_due(week, office)
    assert await days_due(week, office) == 3
    sealed = await seal(week, office)
    assert [f"{each.date}" for each in sealed] == ["2025-11-24", "2025-11-25", "2025-11-26"]
    assert not await is_due(week, office)
    assert await seal(week, office) == []
    kept = await in_engine(week)
    assert kept[0] == sealed[-1].last + 1
    files = sorted(each.name for each in archives.rglob("*.ndjson.gz"))
    assert files == [f"2025-11-2{n}.ndjson.gz" for n in (4, 5, 6)]


async def test_a_day_that_is_not_rolled_up_stays(ledger: Ledger, week: Ledger, office: Office):
    await week.redis.hdel(keys.of(OFFICE, "rolled"), "2025-11-25", "")
    sealed = await seal(week, office)
    assert [f"{each.date}" for each in sealed] == [FIRST]
    await rolled_up(week, office)
    assert len(await seal(week, office)) == 2


async def test_whoever_reads_does_not_notice(week: Ledger, office: Office):
    async def told() -> tuple[object, ...]:
        visits = [row async for row in rows(week, office, "tickets", FIRST, LAST)]
        entries = [row async for row in rows(week, office, "events", "2025-11-25", "2025-11-26")]
        asked = Question(first=date.fromisoformat(FIRST), last=date.fromisoformat(LAST))
        counted = (await gather(week, office, asked)).counted()
        return await everything(week), visits, entries, counted

    before = await told()
    assert await seal(week, office)
    assert await told() == before
    assert await week.entries(OFFICE, 3, 40) == before[0][3:43]  # type: ignore[index]
    assert await verify(week, OFFICE) is None
    assert await computed(week, office, FIRST) == (await days(week, office, FIRST, FIRST))[0]


async def test_analysts_read_sealed_entries_over_http(
    week: Ledger, office: Office, engine_url: str, tmp_path: Path, archives: Path
):
    before = await everything(week)
    await seal(week, office)
    with live(engine_url, tmp_path / "data") as service, service.client() as analyst:
        found = analyst.get(f"{SMALL}/events", params={"after": 2, "limit": 30}).json()
        assert [each["entry_id"] for each in found["events"]] == list(range(3, 33))
        assert found["next"] == 32
        lines = analyst.get(f"{SMALL}/events", headers={"Accept": "application/x-ndjson"}).text
        assert len(lines.splitlines()) == len(before)


async def test_without_the_archive_it_is_said_what_is_missing(
    week: Ledger, ledger: Ledger, office: Office
):
    await seal(week, office)
    with pytest.raises(MissingEntries, match="Entry 1 of small is neither in the engine nor in no"):
        await everything(ledger)  # it was not told where the archive is
    assert len(await days(ledger, office, FIRST, LAST)) == DAYS  # figures need no old entries


async def test_a_damaged_file_is_named_and_figures_stay(
    week: Ledger, office: Office, archives: Path
):
    await seal(week, office)
    (file,) = archives.rglob("2025-11-25.ndjson.gz")
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(MissingEntries, match=r"2025-11-25\.ndjson\.gz is not what was written"):
        await everything(week)
    assert "2025-11-25.ndjson.gz" in (await verify(week, OFFICE) or "")
    assert len(await days(week, office, FIRST, LAST)) == DAYS


async def test_wrong_figures_are_found(week: Ledger, office: Office):
    await seal(week, office)
    key = keys.of(OFFICE, "figures")
    other = (await days(week, office, "2025-11-25", "2025-11-25"))[0]
    await week.redis.hset(key, FIRST, encode(other))
    difference = await verify(week, OFFICE)
    assert difference is not None
    assert difference.startswith(f"figures {FIRST}: ")


async def test_a_sealed_day_is_a_table_for_others(week: Ledger, office: Office, archives: Path):
    before = await everything(week)
    first, *_ = await seal(week, office)
    (file,) = archives.rglob("2025-11-24.ndjson.gz")
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert [line["entry_id"] for line in lines] == list(range(1, first.last + 1))
    assert [line["at"] for line in lines] == [entry.event.at for entry in before[: first.last]]


async def test_the_worker_seals_by_itself_and_keeps_to_the_retention(
    week: Ledger, office: Office, engine_url: str, archives: Path
):
    with Redis.from_url(engine_url) as redis:
        opened = partial(Ledger.open, engine_url, archives)
        await asyncio.to_thread(tick, redis, opened)
        await worked_off(redis, opened)
        assert (await in_engine(week))[0] > 1
        await week.simulate(OFFICE, TEN_O_CLOCK + 20 * DAY_MS, 0)
        await week.tend(OFFICE)
        for _ in range(2):  # figures first, then sealing
            await asyncio.to_thread(tick, redis, opened)
            await worked_off(redis, opened, 10)
    assert [f"{each.date}" for each in await old(week, OFFICE, 7)] == []
    archive = await week.entries_of(OFFICE).archive()
    assert archive is not None
    assert [each.kept for each in archive.segments()] == [False] * DAYS
    assert await verify(week, OFFICE) is None


async def test_what_is_deleted_is_gone_and_the_rest_is_still_proven(
    week: Ledger, office: Office, engine_url: str, tmp_path: Path
):
    await seal(week, office)
    figures = await days(week, office, FIRST, LAST)
    assert await old(week, OFFICE, 3) == await delete_old(week, OFFICE, 3)
    assert await old(week, OFFICE, 3) == await delete_old(week, OFFICE, 3) == []
    with pytest.raises(MissingEntries, match=r"\(2025-11-24 to 2025-11-24\) were deleted"):
        await everything(week)
    assert await days(week, office, FIRST, LAST) == figures
    assert await verify(week, OFFICE) is None
    later = [row["ticket"] async for row in rows(week, office, "tickets", "2025-11-25", LAST)]
    assert len(later) == 4 + 5 + 6 + 7
    with live(engine_url, tmp_path / "data") as service, service.client() as analyst:
        answer = analyst.get(f"{SMALL}/events")
        assert (answer.status_code, answer.json()["code"]) == (410, "entries_missing")


@pytest.mark.parametrize("retention", [None, 3], ids=["all", "without-the-oldest"])
async def test_a_backup_has_what_is_sealed(
    week: Ledger, office: Office, tmp_path: Path, retention: int | None
):
    before = await everything(week)
    await seal(week, office)
    if retention:
        (gone,) = await delete_old(week, OFFICE, retention)
        before = before[gone.last :]
    figures = await days(week, office, FIRST, LAST)
    await back_up(week, tmp_path / "all.zip")
    other = tmp_path / "other"
    with Embedded(other, any_dataset=True) as embedded:
        client = connect(embedded.url)
        await restore(client, Backup(tmp_path / "all.zip"), other)
        await client.aclose()
        async with Ledger.open(embedded.url, other / "archive") as restored:
            start = (await restored.entries_of(OFFICE).start()).seq
            assert [each async for each in restored.all_entries(OFFICE, start)] == before
            assert await verify(restored, OFFICE) is None
            await rolled_up(restored, office)
            told = await days(restored, office, FIRST, LAST)
            assert [day.visits for day in told] == [day.visits for day in figures]
            assert await seal(restored, office)
            assert [each async for each in restored.all_entries(OFFICE, start)] == before
            assert await verify(restored, OFFICE) is None


async def test_a_restore_does_not_meet_an_older_archive(
    week: Ledger, office: Office, tmp_path: Path, archives: Path
):
    await back_up(week, tmp_path / "all.zip")
    await seal(week, office)
    with Embedded(tmp_path / "other", any_dataset=True) as embedded:
        client = connect(embedded.url)
        with pytest.raises(NotEmpty, match="sealed days of small in"):
            await restore(client, Backup(tmp_path / "all.zip"), archives.parent)
        await client.aclose()


async def test_an_archive_that_is_ahead_of_its_engine_seals_nothing(
    week: Ledger, office: Office, archives: Path
):
    await seal(week, office)
    await week.redis.hset(keys.of(OFFICE, "head"), "seq", "3")
    entries = await in_engine(week)
    with pytest.raises(AheadOfEngine):
        await seal(week, office)
    assert await in_engine(week) == entries


# The command


def test_the_command_says_what_is_sealed_and_what_it_would_delete(
    office: Office,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    def madoguchi(*args: str) -> tuple[int, str]:
        code = main([*args, "--data-dir", str(tmp_path)])
        said = capsys.readouterr()
        return code, said.out + said.err

    async def apply(url: str) -> None:
        async with Ledger.open(url) as ledger:
            await ledger.apply_office(office)

    with Embedded(tmp_path) as embedded:
        asyncio.run(apply(embedded.url))
    assert madoguchi("archive", "list", "--office", "small") == (0, "small: no day sealed.\n")
    assert madoguchi("archive", "seal", "--office", "small") == (0, "small: no day sealed now.\n")
    code, said = madoguchi("archive", "delete", "--office", "small")
    assert (code, "MADOGUCHI_RETENTION_DAYS" in said) == (1, True)
    monkeypatch.setenv("MADOGUCHI_RETENTION_DAYS", "400")
    code, said = madoguchi("archive", "delete", "--office", "small")
    assert (code, said) == (0, "small: no day older than 400 days.\n")
    monkeypatch.setenv("MADOGUCHI_RETENTION_DAYS", "1")
    code, said = madoguchi("archive", "list", "--office", "small")
    assert (code, "from 7 to" in said) == (2, True)


async def test_an_export_of_sealed_days_is_what_it_was(week: Ledger, office: Office):
    async def table() -> str:
        read = rows(week, office, "tickets", FIRST, "2025-11-25")
        return header("tickets", "csv") + "".join(
            [line("tickets", "csv", row) async for row in read]
        )

    before = await table()
    await seal(week, office)
    assert await table() == before
    assert before.count("\n") == 1 + 3 + 4
