"""People: who may sign in, and with what. A name, a role and an office; nothing else is known of anybody.

Whoever adds a person is shown a password, once, which that person changes when he first signs in. An
administrator has a second factor besides (TOTP, RFC 6238). Its secret is computed from the data set's, so
that nothing is kept from which a code could be made without the pepper.
"""

import re
import secrets
import unicodedata
from base64 import b32encode
from typing import Any

import msgspec
import pyotp
from msgspec import Struct

from queue_service import keys
from queue_service.access import Access
from queue_service.enrolment import letters
from queue_service.keyed_hash import KeyedHash
from queue_service.passwords import Passwords, complaint, meant
from queue_service.refusals import (
    PersonChanged,
    PersonExists,
    UnknownPerson,
    WeakPassword,
    WrongName,
)
from queue_service.rights import Role
from queue_service.round_trip import Intent, answered

ROLES = (Role.STAFF, Role.ANALYST, Role.ADMIN)  # machines do not sign in
# Latin letters, kana, kanji, hangul: none that cannot be seen, and none that is taken for another.
LETTERS = (
    r"0-9A-Za-z._@\-\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff"
    r"\u3005\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3"
)
NAME = re.compile(f"[{LETTERS}]{{1,80}}")  # as it was meant, which may be longer than it was typed
FIRST_PASSWORD = 14  # characters out of `enrolment.ALPHABET`: 62 bits
STEP_S = 30  # a second factor is good for so long, and for one step before and after
ISSUER = "madoguchi"


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who may sign in."""

    name: str
    role: Role
    office: str | None  # None: every office
    password: str  # its hash
    temporary: bool  # the password was made by somebody else, and has to be changed
    salt: str | None  # from which the second factor is computed; None: there is none
    stamp: str  # sessions of another one have ended
    created_at: int  # ms


class Invited(Struct, frozen=True, kw_only=True):
    """A person with a new password, which is shown this once."""

    person: Person
    password: str
    second_factor: str | None  # the address that an authenticator app reads; shown this once
    replayed: bool = False


_person = msgspec.json.Decoder(Person)


class People:
    """The people of one data set."""

    def __init__(self, access: Access, passwords: Passwords) -> None:
        self._access = access
        self._passwords = passwords

    async def add(
        self,
        typed: str,
        role: Role,
        office: str | None,
        intent: Intent | None = None,
        *,
        second_factor: bool = False,
    ) -> Invited:
        """Let somebody sign in, with a password that is changed at the first time.

        Raises:
            WrongName, PersonExists
        """
        name = checked_name(typed)
        drafted = await self._access.drafted(role, office, "")
        salt = secrets.token_hex(16) if second_factor or role is Role.ADMIN else None
        person = Person(
            name=name,
            role=role,
            office=office,
            password="",
            temporary=True,
            salt=salt,
            stamp=secrets.token_hex(8),
            created_at=drafted.created_at,
        )
        return await self._invite("add_person", None, person, intent)

    async def reset(self, typed: str, intent: Intent | None = None) -> Invited:
        """Give somebody a new password, and a new second factor to whoever has one. Sessions end.

        Raises:
            UnknownPerson, PersonChanged
        """
        was = await self.raw(typed)
        person = decoded(was)
        salt = secrets.token_hex(16) if person.salt else None
        try:
            return await self._invite("reset_person", was, renewed(person, salt=salt), intent)
        except PersonExists:  # as somebody else than the one just read
            raise PersonChanged(name=person.name) from None

    async def remove(self, typed: str, intent: Intent | None = None) -> bool:
        """Let somebody sign in no more. Sessions end. Returns whether this was asked before.

        Raises:
            UnknownPerson
        """
        name, intent = meant_name(typed), intent or Intent.once()
        person = await self.find(name)
        office = person.office if person else None
        try:
            reply = await self._access.run("forget_person", intent, name=name, office=office)
        except UnknownPerson:
            raise UnknownPerson(name=name) from None
        return reply.replayed

    async def list(self) -> list[Person]:
        """Everybody who may sign in, by name."""
        async with answered():
            stored = await self._access.redis.hvals(keys.PEOPLE)
        return sorted(map(decoded, stored), key=lambda person: person.name)

    async def find(self, typed: str) -> Person | None:
        """Whoever signs in with this name."""
        stored = await self.stored(typed)
        return decoded(stored) if stored else None

    async def stored(self, typed: str) -> str | None:
        """What is stored of a person, if there is one."""
        async with answered():
            stored: str | None = await self._access.redis.hget(keys.PEOPLE, meant_name(typed))
        return stored

    async def raw(self, typed: str) -> str:
        """What is stored of a person.

        Raises:
            UnknownPerson
        """
        stored = await self.stored(typed)
        if stored is None:
            raise UnknownPerson(name=meant_name(typed))
        return stored

    # Passwords

    async def with_password(self, person: Person, password: str, *, temporary: bool) -> Person:
        """The person with another password; the sessions that there are end."""
        hashes = await self._access.hashes()
        hash = await self._passwords.hash(proof(hashes, person, password))
        return renewed(person, password=hash, temporary=temporary)

    async def with_own_password(self, person: Person, password: str) -> Person:
        """The person with a password of his own choice.

        Raises:
            WeakPassword
        """
        if wrong := complaint(meant(password), person.name, person.role):
            raise WeakPassword(wrong, field="new_password")
        return await self.with_password(person, password, temporary=False)

    async def matches(self, person: Person | None, password: str) -> bool:
        """Whether this is the person's password; of nobody, that takes as long."""
        hashes = await self._access.hashes()
        given = proof(hashes, person, password)
        return await self._passwords.matches(given, person.password if person else None)

    async def _invite(
        self, did: str, was: str | None, drafted: Person, intent: Intent | None
    ) -> Invited:
        """Keep a person with a password computed from the intent, which only the asker knows."""
        hashes, intent = await self._access.hashes(), intent or Intent.once()
        salt = secrets.token_hex(16)
        person = await self.with_password(
            drafted, _first_password(hashes, salt, intent), temporary=True
        )
        said: dict[str, Any] = {"was": was, "record": encoded(person), "did": did}
        reply = await self._access.run(
            "keep_person",
            intent,
            name=person.name,
            office=person.office,
            reply={"salt": salt},
            **said,
        )
        kept = decoded(await self.raw(person.name))
        return Invited(
            person=kept,
            password=_first_password(hashes, reply.salt, intent),
            second_factor=second_factor(hashes, kept),
            replayed=reply.replayed,
        )


def meant_name(typed: str) -> str:
    """A name as it was meant, whatever the keyboard's width and capitals.

    >>> meant_name(" Ｓａｔｏ ")
    'sato'
    """
    return unicodedata.normalize("NFKC", typed).strip().casefold()


def checked_name(typed: str) -> str:
    """A name that somebody may sign in with.

    Raises:
        WrongName
    """
    name = meant_name(typed)
    if not NAME.fullmatch(name):
        raise WrongName(field="name")
    return name


def proof(hashes: KeyedHash, person: Person | None, password: str) -> str:
    """What is hashed slowly: the keyed hash of a password and of whose it is."""
    who = (person.name, person.role, person.office or "") if person else ("", "", "")
    return hashes.hex("password", *who, meant(password))


def totp(hashes: KeyedHash, person: Person) -> pyotp.TOTP | None:
    """The second factor of a person, if there is one."""
    if person.salt is None:
        return None
    secret = hashes.digest("second factor", person.name, person.salt)
    return pyotp.TOTP(
        b32encode(secret[:20]).decode(), name=person.name, issuer=ISSUER, interval=STEP_S
    )


def second_factor(hashes: KeyedHash, person: Person) -> str | None:
    """The address from which an authenticator app takes a second factor."""
    factor = totp(hashes, person)
    return factor.provisioning_uri() if factor else None


def renewed(person: Person, **changes: Any) -> Person:
    """The person otherwise than so far; the sessions that there are end."""
    return msgspec.structs.replace(person, **changes, stamp=secrets.token_hex(8))


def decoded(stored: str) -> Person:
    """A person as stored."""
    return _person.decode(stored)


def encoded(person: Person) -> str:
    """A person as it is stored."""
    return msgspec.json.encode(person).decode()


def _first_password(hashes: KeyedHash, salt: str, intent: Intent) -> str:
    return letters(hashes.digest("a first password", salt, intent.seed), FIRST_PASSWORD)
