"""Passwords: what people prove themselves with, kept as slow hashes.

A desk's password may be a number of six digits, so a hash alone would not protect it from whoever reads
the engine. What is hashed slowly (Argon2id, RFC 9106) is therefore its keyed hash, which only this data
set can compute, and where a pepper is set only this installation; see `keyed_hash`. The keyed hash covers
the role and the office as well: whoever can write the engine makes nobody an administrator by it.
"""

import asyncio
import itertools
import unicodedata
from functools import cache

import argon2

from queue_service.rights import Role

SHORTEST = 6
SHORTEST_OF_ADMIN = 12
LONGEST = 128
DISTINCT = 3  # characters that differ
AT_ONCE = 2  # hashes a process computes at a time: each takes 64 MiB and a tenth of a second

_hasher = argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)


@cache
def _nobody() -> str:
    """What is compared with where there is no such person: that takes as long."""
    return _hasher.hash("nobody")


def meant(typed: str) -> str:
    """A password as it was meant, whatever the keyboard's width (NIST SP 800-63B, 3.1.1.2).

    >>> meant("１２３４")
    '1234'
    """
    return unicodedata.normalize("NFKC", typed)


def complaint(password: str, name: str, role: Role) -> str | None:
    """What is wrong with a new password, or None.

    >>> complaint("123456", "sato", Role.STAFF)
    'it is a row of neighbours, such as 123456: choose another'
    """
    shortest = SHORTEST_OF_ADMIN if role is Role.ADMIN else SHORTEST
    if len(password) < shortest:
        return f"it has {len(password)} characters: use at least {shortest}"
    if len(password) > LONGEST:
        return f"it has {len(password)} characters: use at most {LONGEST}"
    if len(set(password)) < DISTINCT:
        return f"it repeats the same characters: use at least {DISTINCT} different ones"
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(password)}
    if len(steps) == 1:
        return "it is a row of neighbours, such as 123456: choose another"
    if name in password.casefold():
        return "it holds the name: choose another"
    return None


class Passwords:
    """The hashing of one process, a few at a time."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)
        _nobody()  # before anybody asks, or the first name that there is not would take twice as long

    async def hash(self, proof: str) -> str:
        """The slow hash of a keyed hash."""
        async with self._room:
            return await asyncio.to_thread(_hasher.hash, proof)

    async def matches(self, proof: str, kept: str | None) -> bool:
        """Whether a keyed hash is the one that is kept; None: of nobody, after as long a while."""
        async with self._room:
            return await asyncio.to_thread(_matches, proof, kept)


def _matches(proof: str, kept: str | None) -> bool:
    try:
        _hasher.verify(kept or _nobody(), proof)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return kept is not None
