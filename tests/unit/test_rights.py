"""The rule behind every door, asked about everyone."""

import itertools

import pytest

from queue_service import rights
from queue_service.keyed_hash import KeyedHash, mark
from queue_service.rights import PUBLIC, Credential, Role, Verdict, judge

DOORS = [rights.ADMIN, rights.STAFF, rights.KIOSK, rights.BOARD, rights.ANALYST, rights.ANYONE]
OFFICES = [None, "here", "elsewhere"]


def somebody(role: Role, office: str | None) -> Credential:
    return Credential(id="k", role=role, office=office, label="", created_at=0)


def test_a_public_door_lets_everyone_in() -> None:
    assert judge(None, PUBLIC, "here") is Verdict.LET_IN
    assert judge(somebody(Role.KIOSK, "elsewhere"), PUBLIC, "here") is Verdict.LET_IN


@pytest.mark.parametrize("door", DOORS)
def test_any_other_door_lets_in_its_roles_at_their_office_and_nobody_else(
    door: frozenset[Role],
) -> None:
    assert judge(None, door) is Verdict.UNKNOWN
    assert judge(None, door, "here") is Verdict.UNKNOWN
    for role, own, asked in itertools.product(Role, OFFICES, OFFICES):
        found = judge(somebody(role, own), door, asked)
        if role not in door:
            assert found is Verdict.WRONG_ROLE
        elif own is None or asked is None or own == asked:
            assert found is Verdict.LET_IN
        else:
            assert found is Verdict.ELSEWHERE


def test_only_whoever_is_bound_to_no_office_covers_them_all() -> None:
    assert somebody(Role.ADMIN, None).covers(None)
    assert somebody(Role.ADMIN, None).covers("here")
    assert somebody(Role.ADMIN, "here").covers("here")
    assert not somebody(Role.ADMIN, "here").covers("elsewhere")
    assert not somebody(Role.ADMIN, "here").covers(None)


def test_hashes_differ_by_secret_pepper_purpose_and_every_part() -> None:
    hashes = [
        KeyedHash("secret").hex("key", "a", "b"),
        KeyedHash("other").hex("key", "a", "b"),
        KeyedHash("secret", "pepper").hex("key", "a", "b"),
        KeyedHash("secret").hex("code", "a", "b"),
        KeyedHash("secret").hex("key", "ab", ""),
        KeyedHash("secret").hex("key", "", "ab"),
    ]
    assert len(set(hashes)) == len(hashes)
    assert KeyedHash("secret").hex("key", "a", "b") == hashes[0]


def test_the_mark_tells_peppers_apart_and_nothing_else() -> None:
    assert mark("a long pepper") == mark("a long pepper") != mark("another pepper")
    assert mark(None) == mark("") == "none"
    assert "pepper" not in mark("a long pepper")
