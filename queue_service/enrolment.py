"""Enrolment: a short code puts a device into service, so that nobody has to type a key.

A code lives for ten minutes and is good for one key. It is short enough to be read across a room, so it
would be worth guessing: see enrol.lua for what a guess costs. Like a key it is kept as a hash alone.
"""

import secrets
import unicodedata

import msgspec
from msgspec import Struct

from queue_service import keys
from queue_service.access import Access, Made
from queue_service.keyed_hash import KeyedHash
from queue_service.limits import network
from queue_service.rights import Role
from queue_service.round_trip import Intent, answered

# No two of these are taken for one another, on a screen, on paper or by hand: of each such pair
# (0 O Q, 1 I L, 2 Z, 5 S, 6 G, 8 B, U V) none is left, or the one that has no other twin.
ALPHABET = "ACDEFHJKMNPRTUWXY34679"
LENGTH = 8  # 22^8 is 55 thousand million
LIFE_MS = 10 * 60_000
ROLES = (Role.KIOSK, Role.DISPLAY, Role.STAFF, Role.ANALYST)  # who is put into service with a code

# Wrong codes: so many at once, and one more each so many ms. Those of one address are few, those of all
# many: in the ten minutes of a code 2,600 guesses, one chance in twenty million. Whatever is known of an
# address is forgotten within a minute.
THERE = {"burst": 10, "every": 6_000}
ALL = {"burst": 200, "every": 250}


class Offer(Struct, frozen=True, kw_only=True):
    """What a device will be when it is enrolled."""

    role: Role
    office: str
    label: str
    salt: str  # so that no two offers are the same


class Offered(Struct, frozen=True, kw_only=True):
    """A code, shown to whoever enrols a device."""

    code: str
    offer: Offer
    until: int
    replayed: bool = False


_offer = msgspec.json.Decoder(Offer)

NOTHING = Offer(role=Role.DISPLAY, office="", label="", salt="")  # behind a wrong code; never kept


class Enrolment:
    """The codes of one data set."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def offer(
        self, role: Role, office: str, label: str, intent: Intent | None = None
    ) -> Offered:
        """Make a code for one device, once for each intent."""
        hashes, intent = await self._access.hashes(), intent or Intent.once()
        offer = Offer(role=role, office=office, label=label, salt=secrets.token_hex(16))
        async with answered():
            now, _ = await self._access.redis.time()
        reply = await self._access.run(
            "offer_code",
            intent,
            code=_hash(hashes, _code(hashes, offer.salt, intent)),
            role=role,
            office=office,
            offer=msgspec.json.encode(offer).decode(),
            life=LIFE_MS,
            reply={"salt": offer.salt, "until": now * 1000 + LIFE_MS},
        )
        code = _code(hashes, reply.salt, intent)
        return Offered(code=written(code), offer=offer, until=reply.until, replayed=reply.replayed)

    async def enrol(self, typed: str, address: str, intent: Intent | None = None) -> Made:
        """Exchange a code for the key of a device; asked again with its intent, the same key comes.

        `address`: where the device is, for counting wrong codes. It is not kept.

        Raises:
            UnknownCode, TooManyCodes
        """
        hashes = await self._access.hashes()
        code = _hash(hashes, read(typed))
        async with answered():
            found = await self._access.redis.get(keys.enrolment(code))
        offer = _offer.decode(found) if found else NOTHING
        return await self._access.hand_over(
            "enrol",
            await self._access.drafted(offer.role, offer.office, offer.label),
            intent,
            code=code,
            address=hashes.hex("address", network(address))[:24],
            offer=found,
            there=THERE,
            all=ALL,
        )


def read(typed: str) -> str:
    """A code as it was meant: in capitals, whatever the keyboard's width, without gaps.

    >>> read("ａｃｄｅ fhj3")
    'ACDEFHJ3'
    """
    text = unicodedata.normalize("NFKC", typed).upper()
    return "".join(each for each in text if each.isalnum())


def written(code: str) -> str:
    """A code as it is shown.

    >>> written("ACDEFHJ3")
    'ACDE-FHJ3'
    """
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def _code(hashes: KeyedHash, salt: str, intent: Intent) -> str:
    return letters(hashes.digest("a new code", salt, intent.seed), LENGTH)


def letters(digest: bytes, length: int) -> str:
    """Characters that can be read out and typed, drawn from a digest."""
    rest, letters = int.from_bytes(digest), ""
    for _ in range(length):
        rest, place = divmod(rest, len(ALPHABET))
        letters += ALPHABET[place]
    return letters


def _hash(hashes: KeyedHash, code: str) -> str:
    return hashes.hex("code", code)
