"""The HTTP API as a replay uses it: ask until there is an answer.

It knows addresses, refusals and patience. It refuses to know what is asked for, and why.
"""

import asyncio
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Struct

from queue_service.offices import Office

API = "/api/v1"
ANSWER_S = 10.0  # the service answers within 3.5 s, or says that it cannot
PATIENCE_S = 60.0  # a service that restarts is back long before
PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0  # between tries; doubles
AWAY = frozenset({429, 502, 503, 504})  # it cannot answer now, and may soon

_TIMEOUT = httpx.Timeout(ANSWER_S).as_dict()


class ReplayError(Exception):
    """The log could not be played to the end."""


class Reply(Struct, frozen=True):
    """What the service answered."""

    status: int
    body: dict[str, Any]
    repeated: bool  # it had been asked the same before

    @property
    def done(self) -> bool:
        """Whether the service did what it was asked."""
        return self.status < 300

    @property
    def code(self) -> str:
        """The stable name of a refusal."""
        return str(self.body.get("code", ""))

    def __str__(self) -> str:
        detail = self.body.get("detail") or self.body.get("title") or ""
        return " ".join(str(part) for part in (self.status, self.code, detail) if part)


class Api:
    """A service and the key with which it is asked.

    It speaks through a transport without a client: a replay needs neither cookies nor redirects nor
    proxies, and without them a request takes half the time.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, url: str, key: str) -> None:
        """`url`: where the service is, with or without the path of its API."""
        self._transport = transport
        self._url = url.rstrip("/").removesuffix(API)
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }

    async def ask(
        self, method: str, path: str, body: object = None, key: str | None = None
    ) -> Reply:
        """Ask until there is an answer; with an idempotency key a thing is never done twice.

        Raises:
            ReplayError: there was none for a minute.
        """
        request = httpx.Request(
            method,
            self._url + API + path,
            headers={**self._headers, "Idempotency-Key": key} if key else self._headers,
            content=None if body is None else msgspec.json.encode(body),
            extensions={"timeout": _TIMEOUT},
        )
        reasons = ["nothing was heard of it"]
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._patiently(request, reasons)
        except TimeoutError:
            raise ReplayError(
                f"{self._url} has not answered for {PATIENCE_S:.0f} s "
                f"({reasons[-1]}); what was played stays: play the same log again to go on"
            ) from None

    async def office(self, id: str) -> Office | None:
        """The definition of an office, or None where there is none.

        Raises:
            ReplayError: the service does not say.
        """
        reply = await self.ask("GET", f"/offices/{quote(id)}")
        if reply.status == 404:
            return None
        if not reply.done:
            raise ReplayError(f"the office {id} cannot be read: {reply}")
        fields = {each.encode_name for each in msgspec.structs.fields(Office)}
        stated = {name: value for name, value in reply.body.items() if name in fields}
        return msgspec.convert(stated, Office)

    async def define(self, office: Office) -> None:
        """Define an office.

        Raises:
            ReplayError: the service does not take it.
        """
        reply = await self.ask("PUT", f"/offices/{quote(office.id)}", office)
        if reply.status == 403:
            raise ReplayError(
                f"the office {office.id} is not defined, and this key may not define it: "
                "use an admin's key, or `madoguchi office apply`"
            )
        if not reply.done:
            raise ReplayError(f"the office {office.id} cannot be defined: {reply}")

    async def _patiently(self, request: httpx.Request, reasons: list[str]) -> Reply:
        pause = PAUSE_S
        while True:
            try:
                answer = await self._transport.handle_async_request(request)
                await answer.aread()
                if answer.status_code not in AWAY:
                    return _read(answer)
                reasons.append(str(_read(answer)))
            except httpx.TransportError as error:
                reasons.append(f"{type(error).__name__} {error}".strip())
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)


def _read(answer: httpx.Response) -> Reply:
    try:
        body = msgspec.json.decode(answer.content) if answer.content else {}
    except msgspec.DecodeError:  # a page of something that stands in front of the service
        body = {"detail": answer.text[:200]}
    repeated = answer.headers.get("Idempotency-Replayed") == "true"
    return Reply(answer.status_code, body if isinstance(body, dict) else {}, repeated)
