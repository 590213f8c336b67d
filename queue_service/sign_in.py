"""Signing in: a name, a password and for administrators a second factor begin a session of a shift.

Litestar's own sessions are not used: they go on with whichever id a browser brings, so that somebody may
have chosen it (session fixation), and lie in the engine under the id itself, so that whoever reads the
engine can take them over. A session here is a key that ends (`access`): always a new one, kept as its
hash, and gone within seconds when its person is.

Who guesses is slowed down; nobody else is. A try is counted against the name *as seen from one network*,
against the network, and, generously, against the name. A device on which a person has signed in before
carries a mark of that and is counted alone: whatever is tried elsewhere under that name, the desk at
which somebody works lets him in.
"""

import hashlib
import hmac
import secrets

import msgspec
from msgspec import Struct

from queue_service.access import SESSION_PREFIX, Access, Session, token
from queue_service.limits import Limit, Limits, network, seconds
from queue_service.passwords import Passwords
from queue_service.people import STEP_S, People, Person, decoded, encoded, meant_name, totp
from queue_service.refusals import (
    CodeNeeded,
    NewPasswordNeeded,
    TooManySignIns,
    WeakPassword,
    WrongSignIn,
)
from queue_service.rights import Credential
from queue_service.round_trip import Intent, answered

SHIFT_MS = 12 * 3_600_000

# Of the PINs of six digits one network can try one in 350 a day, all networks together one in 170: each
# try may bring two, see `_proved`.
KNOWN_DEVICE = Limit("sign-in here", per_s=1 / 10, burst=10)
NAME_FROM_THERE = Limit("sign-in with this name", per_s=1 / 60, burst=10)
FROM_THERE = Limit("sign-in from there", per_s=1 / 2, burst=60)  # thirty people at half past eight
NAME = Limit("sign-in with this name anywhere", per_s=1 / 30, burst=100)


class Attempt(Struct, frozen=True, kw_only=True):
    """What somebody who wants to sign in has sent."""

    name: str
    password: str
    code: str | None = None  # the second factor
    new_password: str | None = None
    address: str = ""  # for counting; it is not kept
    device: str | None = None  # the mark of a device on which that name signed in before


class Signed(Struct, frozen=True, kw_only=True):
    """A session that has begun."""

    token: str
    session: Session
    device: str  # a mark for this device
    replayed: bool = False


class SignIn:
    """The sign-in of one data set."""

    def __init__(self, access: Access, limits: Limits, passwords: Passwords) -> None:
        self._access = access
        self._limits = limits
        self._people = People(access, passwords)

    async def sign_in(self, attempt: Attempt, intent: Intent | None = None) -> Signed:
        """Begin a session; a new password that comes along is kept, and all other sessions end.

        Raises:
            TooManySignIns, WrongSignIn, CodeNeeded, NewPasswordNeeded, WeakPassword
        """
        name = meant_name(attempt.name)
        was = await self._people.stored(name)
        person = decoded(was) if was else None
        await self._ask_for_patience(name, person, attempt)
        proved = await self._proved(person, attempt)
        if was is None or person is None or not proved:
            await self._note(person)
            raise WrongSignIn
        step = await self._second_factor(person, attempt.code)
        wished = await self._as_wished(person, attempt)
        return await self._begin(was, wished, step, _of_name(intent or Intent.once(), name))

    async def sign_out(self, credential: Credential, session_token: str) -> None:
        """End a session; other processes notice within `access.FRESH_S`."""
        self._access.forget(session_token)
        await self._access.run(
            "sign_out",
            Intent("-", "-", by=credential.by),
            session_id=credential.id,
            name=credential.person,
            office=credential.office,
        )

    async def _ask_for_patience(self, name: str, person: Person | None, attempt: Attempt) -> None:
        there = network(attempt.address)
        if person and attempt.device and await self._knows(person, attempt.device):
            counted = [(f"{name} {attempt.device}", KNOWN_DEVICE)]
        else:
            counted = [(f"{name} {there}", NAME_FROM_THERE), (there, FROM_THERE), (name, NAME)]
        for who, limit in counted:
            if wait_s := await self._limits.wait_s(who, limit):
                raise TooManySignIns(retry_after_s=seconds(wait_s))

    async def _proved(self, person: Person | None, attempt: Attempt) -> bool:
        """Whether the password is right; or the new one, when an answer was lost after it was kept."""
        if await self._people.matches(person, attempt.password):
            return True
        again = attempt.new_password
        return again is not None and await self._people.matches(person, again)

    async def _note(self, person: Person | None) -> None:
        """Note that somebody was refused; under a name that there is not, nothing after as long."""
        name, office = (person.name, person.office) if person else (None, None)
        intent = Intent("-", "-", by=name)
        await self._access.run("note_refused", intent, name=name, office=office)

    async def _second_factor(self, person: Person, code: str | None) -> int | None:
        """The step of the code that was given; None: this person has no second factor."""
        factor = totp(await self._access.hashes(), person)
        if factor is None:
            return None
        if not code:
            raise CodeNeeded
        async with answered():
            now, _ = await self._access.redis.time()
        given = _bytes("".join(code.split()))
        current: int = now // STEP_S
        for step in (current, current - 1, current + 1):
            if hmac.compare_digest(_bytes(factor.generate_otp(step)), given):
                return step
        await self._note(person)
        raise WrongSignIn

    async def _as_wished(self, person: Person, attempt: Attempt) -> Person:
        """The person, with the new password that came along."""
        wanted = attempt.new_password
        if wanted is None and person.temporary:
            raise NewPasswordNeeded
        if wanted is None:
            return person
        if await self._people.matches(person, wanted):
            if person.temporary:
                reason = "it is the one you were given: choose another"
                raise WeakPassword(reason, field="new_password")
            return person  # an answer was lost, see `_proved`
        return await self._people.with_own_password(person, wanted)

    async def _begin(self, was: str, person: Person, step: int | None, intent: Intent) -> Signed:
        hashes, salt = await self._access.hashes(), secrets.token_hex(16)
        drafted = await self._access.drafted(person.role, person.office, "")
        session = Session(
            id=drafted.id,
            role=person.role,
            office=person.office,
            label="",
            created_at=drafted.created_at,
            person=person.name,
            until=drafted.created_at + SHIFT_MS,
            stamp=person.stamp,
        )
        record = msgspec.json.encode(session).decode()
        made = token(hashes, SESSION_PREFIX, session.id, salt, intent)
        reply = await self._access.run(
            "sign_in",
            intent,
            session_id=session.id,
            session=f"{hashes.hex('access key', record, made)} {record}",
            life=SHIFT_MS,
            name=person.name,
            office=person.office,
            was=was,
            record=encoded(person),
            step=step,
            reply={"salt": salt, "session": session},
        )
        assert reply.session is not None, "the script answered with the session"
        return Signed(
            token=token(hashes, SESSION_PREFIX, reply.session.id, reply.salt, intent),
            session=reply.session,
            device=await self._mark(person, secrets.token_hex(16)),
            replayed=reply.replayed,
        )

    # The marks of devices

    async def _mark(self, person: Person, device: str) -> str:
        """A mark that only this data set can make, good for as long as there is this person."""
        hashes = await self._access.hashes()
        return f"{device}.{hashes.hex('device', person.name, f'{person.created_at}', device)}"

    async def _knows(self, person: Person, mark: str) -> bool:
        device, _, _ = mark.partition(".")
        expected = await self._mark(person, device)
        return hmac.compare_digest(_bytes(expected), _bytes(mark))

    async def device_slot(self, typed: str) -> str:
        """The name of the cookie that holds the mark of a device for one person."""
        hashes = await self._access.hashes()
        return hashes.hex("device of", meant_name(typed))[:12]


def _bytes(text: str) -> bytes:
    """A text as bytes, whatever somebody has sent."""
    return text.encode("utf-8", "surrogatepass")


def _of_name(intent: Intent, name: str) -> Intent:
    """The intent, told apart by the name instead of by the body.

    The engine remembers by what an intent is told apart. A fast hash of a body in which a short password
    stands would give that password away; and the one who asks again has to prove himself again anyway.
    """
    slot = hashlib.sha256(_bytes(f"{intent.slot}\0{name}")).hexdigest()[:40]
    return msgspec.structs.replace(intent, slot=slot, fingerprint="-", by=name)
