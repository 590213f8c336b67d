"""The least that answers HTTP with the same scripts: an ASGI function and one Redis client.

No keys, no checks, no problems, no schema. What the product costs beyond this is what it adds.
"""

import json
import os
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from queue_service import scripts
from queue_service.connection import connect

ANSWER = 11  # where hall.lua has the key of the answer
COMMANDS: dict[str, tuple[list[str], dict[str, Any]]] = json.loads(os.environ["BENCH_COMMANDS"])

Message = MutableMapping[str, Any]
client = connect(os.environ["BENCH_URL"])
verbs = {name: client.register_script(scripts.assemble(name)) for name in COMMANDS}


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """`POST /issue` and `POST /release_and_call_next`; the body says what differs each time."""
    if scope["type"] != "http":
        return
    body = (await receive())["body"]
    verb = scope["path"][1:]
    names, command = COMMANDS[verb]
    keys = list(names)
    keys[ANSWER] += secrets.token_hex(16)  # each request is an intent of its own
    reply = await verbs[verb](keys, [json.dumps(command | (json.loads(body) if body else {}))])
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(reply))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": reply.encode()})
