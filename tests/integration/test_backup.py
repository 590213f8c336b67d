"""Backup while people are served, restore into nothing, and everything that may go wrong between."""

import asyncio
import shutil
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import redis

from queue_service import keys
from queue_service.access import Access
from queue_service.backup import BackupDamaged, Gap, Manifest, Unfinished, back_up
from queue_service.backup_file import Backup
from queue_service.connection import Client, connect
from queue_service.embedded import Embedded
from queue_service.engine_check import DataSetVanished
from queue_service.ledger import Ledger
from queue_service.offices import Office
from queue_service.passwords import Passwords
from queue_service.people import People
from queue_service.questions import Questions
from queue_service.rebuild import verify
from queue_service.refusals import OtherPepper
from queue_service.restore import NotEmpty, restore
from queue_service.rights import Role
from queue_service.round_trip import Intent
from queue_service.tickets import Move
from tests.hall import OFFICE, issue


async def a_morning(ledger: Ledger) -> None:
    """A little of everything."""
    access = Access(ledger.redis)
    await access.make(Role.STAFF, OFFICE, "", Intent.once(by="sato"))
    await People(access, Passwords()).add("sato", Role.ADMIN, OFFICE, Intent.once(by="mayor"))
    await ledger.set_notice(OFFICE, {"ja": "お知らせ"}, Intent.once(by="sato"))
    await ledger.set_service(OFFICE, "moving", "suspended")
    for _ in range(4):
        await issue(ledger, "certificates")
    ticket = (await ledger.call_next(OFFICE, "1")).shown().ticket.seq
    await ledger.advance(OFFICE, ticket, Move.FINISH_STAGE)
    await ledger.call_next(OFFICE, "1")


@pytest.fixture
async def file(ledger: Ledger, tmp_path: Path) -> Path:
    """A backup of a morning."""
    await a_morning(ledger)
    file = tmp_path / "morning.zip"
    await back_up(ledger, file)
    return file


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Client]:
    """Another engine, as `restore` finds it: fresh, on its own data dir `other`."""
    with Embedded(tmp_path / "other", any_dataset=True) as embedded:
        client = connect(embedded.url)
        yield client
        await client.aclose()


async def contents(client: Client, pattern: str) -> dict[str, Any]:
    """Every key of a pattern with its value."""
    found = {}
    for key in sorted([key async for key in client.scan_iter(match=pattern)]):
        match await client.type(key):
            case "hash":
                found[key] = await client.hgetall(key)
            case "list":
                found[key] = await client.lrange(key, 0, -1)
            case "zset":
                found[key] = await client.zrange(key, 0, -1, withscores=True)
            case "stream":
                found[key] = await client.xrange(key)
            case "set":
                found[key] = await client.smembers(key)
            case _:
                found[key] = await client.get(key)
    return found


# ---- there and back


async def test_a_restored_data_set_equals_the_one_that_was_backed_up(
    ledger: Ledger, file: Path, empty: Client, tmp_path: Path
) -> None:
    await restore(empty, Backup(file), tmp_path / "other")
    expected = await contents(ledger.redis, "*")
    assert (
        keys.PEOPLE in expected and keys.AUDIT in expected and keys.of(OFFICE, "audit") in expected
    )
    for answer in [key for key in expected if ":answer:" in key]:
        del expected[answer]
    assert await contents(empty, "*") == expected
    assert await verify(Questions(empty), OFFICE) is None


async def test_a_restored_office_goes_on_with_the_next_number(
    ledger: Ledger, file: Path, tmp_path: Path
) -> None:
    """Also: the next start accepts what was restored, and ids of tickets still open them."""
    data_dir = tmp_path / "other"
    with Embedded(data_dir, any_dataset=True) as embedded:
        client = connect(embedded.url)
        await restore(client, Backup(file), data_dir)
        await client.aclose()
    with Embedded(data_dir) as embedded:
        async with Ledger.open(embedded.url) as restored:
            assert (await issue(restored, "certificates")).ticket.number == "A005"
            assert await verify(restored, OFFICE) is None
            assert restored.ticket_id(OFFICE, 3) == ledger.ticket_id(OFFICE, 3)


async def test_a_backup_is_made_while_people_are_served(
    ledger: Ledger, empty: Client, tmp_path: Path
) -> None:
    await ledger.simulate(OFFICE, 1_763_946_000_000, 1)
    busy = True

    async def serve(desk: str) -> None:
        while busy:
            await issue(ledger)
            shown = await ledger.call_next(OFFICE, desk, ("insurance",))
            if shown.ticket:
                await ledger.advance(OFFICE, shown.ticket.seq, Move.FINISH)

    desks = [asyncio.create_task(serve("2"))]
    last = 0
    for turn in range(5):
        manifest = await back_up(ledger, tmp_path / f"{turn}.zip")
        assert manifest.entries[OFFICE] > last, "people are served meanwhile"
        last = manifest.entries[OFFICE]
    busy = False
    await asyncio.gather(*desks)

    backup = Backup(tmp_path / "4.zip")
    await restore(empty, backup, tmp_path / "other")
    assert await verify(Questions(empty), OFFICE) is None
    entries = await empty.xrange(keys.of(OFFICE, "ledger"))
    assert entries == await ledger.redis.xrange(keys.of(OFFICE, "ledger"), count=last)


async def test_configuration_is_as_of_the_last_entry(
    ledger: Ledger, office: Office, tmp_path: Path
) -> None:
    """A definition that comes into force during the backup is in the next one."""
    file = tmp_path / "one.zip"
    await back_up(ledger, file)
    backup = Backup(file)
    assert set(backup.settings.offices[OFFICE].definitions) == {str(backup.halls[OFFICE].version)}


async def test_a_backup_is_readable_by_its_owner_only(file: Path) -> None:
    assert file.stat().st_mode & 0o077 == 0


async def test_a_failed_backup_leaves_the_earlier_one(ledger: Ledger, file: Path) -> None:
    before = file.read_bytes()
    await ledger.redis.xdel(keys.of(OFFICE, "ledger"), "3-0")
    with pytest.raises(Gap, match="Entry 3 of small is neither"):
        await back_up(ledger, file)
    assert file.read_bytes() == before
    assert list(file.parent.glob(".*")) == [], "no half file lies about"


# ---- what is refused


async def nothing_was_written(client: Client) -> bool:
    return not [key async for key in client.scan_iter(match="{*")]


async def test_a_damaged_file_changes_nothing(file: Path, tmp_path: Path) -> None:
    raw = bytearray(file.read_bytes())
    for place in range(40, len(raw), max(1, len(raw) // 60)):
        damaged = bytearray(raw)
        damaged[place] ^= 0xFF
        copy = tmp_path / "damaged.zip"
        copy.write_bytes(damaged)
        try:
            backup = Backup(copy)
        except BackupDamaged:
            continue
        assert backup.manifest == Backup(file).manifest, "a byte that no reader needs"
        assert backup.halls[OFFICE].__dict__ == Backup(file).halls[OFFICE].__dict__


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
async def test_a_cut_file_is_refused(file: Path, share: float) -> None:
    raw = file.read_bytes()
    file.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(BackupDamaged, match="use another copy"):
        Backup(file)


def rewritten(file: Path, name: str, change: Any) -> None:
    """The zip with one member changed, as a person with a zip tool would."""
    with zipfile.ZipFile(file) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    members[name] = change(members[name])
    with zipfile.ZipFile(file, "w") as archive:
        for each, raw in members.items():
            archive.writestr(each, raw)


async def test_a_changed_entry_is_refused(file: Path) -> None:
    rewritten(file, "ledgers/small.ndjson", lambda raw: raw.replace(b"A001", b"A009"))
    with pytest.raises(BackupDamaged, match=r"ledgers/small.ndjson is not what was written"):
        Backup(file)


async def test_a_backup_of_a_later_format_is_refused(file: Path) -> None:
    rewritten(file, "manifest.json", lambda raw: raw.replace(b'"format":1', b'"format":2'))
    with pytest.raises(BackupDamaged, match="reads format 1"):
        Backup(file)


async def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackupDamaged, match=r"absent.zip cannot be restored: No such file"):
        Backup(tmp_path / "absent.zip")


async def test_a_restore_replaces_nothing(ledger: Ledger, file: Path, tmp_path: Path) -> None:
    before = await contents(ledger.redis, "*")
    with pytest.raises(NotEmpty, match=r"the offices small.*--data-dir"):
        await restore(ledger.redis, Backup(file), tmp_path / "other")
    assert await contents(ledger.redis, "*") == before
    assert not (tmp_path / "other" / "dataset").exists()


async def test_the_access_keys_after_a_restore_are_those_of_the_backup_and_work(
    ledger: Ledger, empty: Client, tmp_path: Path
) -> None:
    pepper = "a-pepper-of-the-tests"
    key, credential = await Access(ledger.redis, pepper=pepper).new(Role.STAFF, OFFICE)
    file = tmp_path / "backup.zip"
    await back_up(ledger, file)
    with zipfile.ZipFile(file) as backup:
        raw = b"".join(map(backup.read, backup.namelist()))
    assert key.encode() not in raw and pepper.encode() not in raw

    await empty.set(keys.SECRET, "another")
    earlier, _ = await Access(empty).new(Role.ADMIN)
    await restore(empty, Backup(file), tmp_path / "other")
    access = Access(empty, pepper=pepper)
    assert await access.find(key) == credential
    assert await access.find(earlier) is None
    await access.close()
    with pytest.raises(OtherPepper):
        await Access(empty).find(key)


# ---- half-way


class Interrupted(Exception):
    """The power went."""


async def interrupted_restore(client: Client, file: Path, data_dir: Path) -> Manifest:
    backup = Backup(file)

    def power_cut(_: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        await restore(client, backup, data_dir, power_cut)
    return backup.manifest


async def test_half_a_restore_does_not_start(file: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "other"
    with Embedded(data_dir, any_dataset=True) as embedded:
        client = connect(embedded.url)
        await interrupted_restore(client, file, data_dir)
        await client.aclose()
    with pytest.raises(DataSetVanished, match="madoguchi restore FILE"):
        Embedded(data_dir).start()


async def test_half_a_restore_is_not_backed_up(file: Path, empty: Client, tmp_path: Path) -> None:
    await interrupted_restore(empty, file, tmp_path / "other")
    with pytest.raises(Unfinished):
        await back_up(Questions(empty), tmp_path / "half.zip")


async def test_a_restore_can_be_done_again(
    ledger: Ledger, file: Path, empty: Client, tmp_path: Path
) -> None:
    await interrupted_restore(empty, file, tmp_path / "other")
    assert not await nothing_was_written(empty)
    await issue(ledger)
    later = tmp_path / "later.zip"
    await back_up(ledger, later)
    await restore(empty, Backup(later), tmp_path / "other")
    assert await verify(Questions(empty), OFFICE) is None
    assert await empty.hget(keys.of(OFFICE, "head"), "seq") == await ledger.redis.hget(
        keys.of(OFFICE, "head"), "seq"
    )


async def test_a_data_set_that_vanished_is_restored_in_its_place(
    file: Path, tmp_path: Path
) -> None:
    data_dir = tmp_path / "lost"
    with Embedded(data_dir):
        pass
    shutil.rmtree(data_dir / "engine")
    with pytest.raises(DataSetVanished):
        Embedded(data_dir).start()
    with Embedded(data_dir, any_dataset=True) as embedded:
        client = connect(embedded.url)
        await restore(client, Backup(file), data_dir)
        await client.aclose()
    with Embedded(data_dir) as embedded, redis.Redis.from_url(embedded.url) as plain:
        assert plain.exists(keys.of(OFFICE, "ledger"))
