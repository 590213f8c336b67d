"""The users of an engine of one's own: what each part may do there, and nothing beside it.

A part is a list of grants: some commands, on some keys. Each becomes a selector of the engine's ACL, so
that a command is good for the keys of its own grant alone: whoever may `HSET` a figure and read a
ledger may not for that reason write the ledger. `madoguchi engine users` writes them down.

Where a right is broader than one would wish, and why:

- The engine wants the right to write every key that a script declares, for it cannot know what the
  script will do, and runs the script's commands under the rights of whoever asked. So `worker`, which
  ends days by a script, may append to every ledger and write the keys of every hall.
- A command that may append to a stream may also trim it (`XADD … MAXLEN`). No part may delete, replace
  or rename a ledger; `api` and `worker` could still empty one. `ops` may delete all keys of an office, as
  a restore clears away what an unfinished one left, and may list the names of all keys (`SCAN`).
- Everybody reads the secret behind the ids of tickets: a ledger is opened with it. Nobody but `ops` can
  change it or the name of the data set; where there is none yet, each part may make one.
- `display` looks up the access key, session or person that it is told of, hashes of passwords included,
  and can list none of them. It writes down when a key was used, for any key.
- Rights hold for all offices of an engine; one that shall not see another needs an engine of its own.
- `api`, `worker` and `ops` read the engine's settings (`CONFIG GET`), to refuse one that forgets.
- `worker` and `ops` may write all keys of rq. What is in its queue is the name of a job of this house,
  never code (worker/jobs.py).

The embedded engine has no users: it listens on a Unix socket that only the user of its data dir may
open (mode 0700, in a folder that nobody else may enter), and on no port. Whoever is that user may read
its files as well, so that a password beside them would keep nobody out.
"""

import hashlib
from collections.abc import Iterable, Mapping

from msgspec import Struct

from queue_service import keys

PREFIX = "madoguchi-"  # of the users' names: an engine may have others
# For health checks and monitors: it learns whether the engine answers, without a password.
HEALTH = f"user {PREFIX}health reset on nopass resetchannels -@all +ping"

_DAY = (
    "tickets",
    "numbers",
    "counters",
    "calls",
    "desks",
)  # what a new business day begins without
_LATER = ("figures", "rolled", "waits", "start")  # what a worker makes of the ledger
_ELSEWHERE = ("imports", "counts", "channels")  # what is taken in by hand
_EVERY_OFFICE = keys.of("*", "*")
_EVERY_ACCESS = f"{keys.ACCESS}*"
_ANSWERS, _NO_ANSWER = keys.answer("*", "*"), keys.answer("*", "-")
_SECRET = (keys.SECRET, keys.DATASET)
_RQ = "rq:*"


class Grant(Struct, frozen=True):
    """Some commands on some keys. `may` is how the engine calls it: %R reads, %W writes, %RW both."""

    commands: str
    keys: tuple[str, ...]
    may: str = "%RW"

    def __str__(self) -> str:
        commands = " ".join(f"+{command}" for command in self.commands.split())
        return f"({commands} {' '.join(f'{self.may}~{key}' for key in self.keys)})"


class Part(Struct, frozen=True):
    """What one user of the engine may do."""

    does: str
    keyless: str  # commands that name no key
    grants: tuple[Grant, ...]
    channels: tuple[str, ...] = ()

    def rules(self) -> str:
        """Its rights in the words of `ACL SETUSER`."""
        commands = " ".join(f"+{command}" for command in self.keyless.split())
        channels = " ".join(f"&{channel}" for channel in self.channels)
        grants = " ".join(map(str, self.grants))
        return " ".join(f"resetchannels -@all {commands} {channels} {grants}".split())

    def __or__(self, other: "Part") -> "Part":
        """Whoever may do both."""
        keyless = " ".join(dict.fromkeys([*self.keyless.split(), *other.keyless.split()]))
        grants = tuple(dict.fromkeys((*self.grants, *other.grants)))
        return Part(
            f"{self.does}, {other.does}", keyless, grants, (*self.channels, *other.channels)
        )


def _of_offices(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(keys.of("*", name) for name in names)


_HALL = (*_of_offices(keys.HALL), keys.queue("*", "*", "*"))

_TOLD = tuple(key for key in _HALL if key != keys.of("*", "audit"))  # of whom nobody is named
_ON_A_BOARD = (
    *_of_offices(["head", "clock", "definitions", "texts", "suspended", "waits"]),
    *_of_offices(["tickets", "desks", "calls", "counters"]),
    keys.queue("*", "*", "*"),
)

# What every part asks that writes: is the engine there, what time is it, does it forget?
_ASKING = "ping time info config|get multi exec unwatch"
_READING = (
    "get exists hget hmget hgetall hkeys hvals hexists lrange smembers watch "
    "zrange zcard zcount zrangebyscore zrank xrange xrevrange xread eval_ro evalsha_ro"
)
# A new data set gets its name and its secret; SETNX can change neither.
_BEGINNING = Grant("setnx", _SECRET, "%W")

API = Part(
    "the API, and the boards it sends",
    f"{_ASKING} script|load",
    (
        Grant(_READING, (_EVERY_OFFICE, "madoguchi:*"), "%R"),
        _BEGINNING,
        # The verbs, and all that their scripts write but whole keys.
        Grant(
            "eval evalsha hset hdel hincrby xadd lpush lrem ltrim zadd zrem",
            (*_HALL, _ANSWERS, _EVERY_ACCESS, keys.limit("*")),
        ),
        Grant("set", (_ANSWERS, keys.limit("*"), keys.PEPPER, keys.access_answer("*"))),
        Grant("set del", (keys.enrolment("*"), keys.wrong("*"), keys.session("*"))),
        Grant("del", _of_offices(_DAY)),
        Grant("sadd", (keys.OFFICES,), "%W"),
        Grant("zcount", (keys.FAILED_JOBS,), "%R"),
    ),
)

WORKER = Part(
    "ends days, rolls them up, seals them",
    f"{_ASKING} client|setname client|info subscribe unsubscribe",
    (
        Grant("smembers get", (keys.OFFICES, *_SECRET), "%R"),
        Grant(
            "get exists hget hmget hgetall hkeys hvals watch zrank zrange xrange",
            (*_TOLD, *_of_offices([*_LATER, *_ELSEWHERE])),
            "%R",
        ),
        _BEGINNING,
        # Ending a day and letting bookings lapse, and what these scripts write.
        Grant("eval evalsha hset hdel xadd zrem", (*_HALL, _NO_ANSWER)),
        Grant("del", _of_offices(_DAY)),
        Grant("hset", _of_offices(_LATER), "%W"),
        Grant("xtrim", _of_offices(["ledger"])),  # what the archive has
        Grant(
            "exists type expire persist ttl del set get watch "
            "hset hsetnx hget hmget hgetall hexists hdel hincrby hincrbyfloat hlen "
            "sadd srem smembers scard sismember lpush rpush lpop lrem llen lrange lpos lmove blmove "
            "zadd zrem zcard zrange zrangebyscore zremrangebyscore zscore zcount xadd xrevrange xtrim",
            (_RQ,),
        ),
    ),
    ("rq:pubsub:*",),
)

DISPLAY = Part(
    "sends boards, and writes nothing but when a key was used",
    "time multi exec unwatch",
    (
        # The question behind a board: its script declares all keys of the hall, and reads these.
        Grant("eval_ro evalsha_ro", (*_HALL, _NO_ANSWER), "%R"),
        Grant("get hget hmget hgetall hkeys lrange zrange zcard", _ON_A_BOARD, "%R"),
        Grant("xread", _of_offices(["ledger"]), "%R"),
        Grant("smembers", (keys.OFFICES,), "%R"),
        _BEGINNING,
        # Whose key or session is it? One at a time: none of these commands lists anything.
        Grant("get", (*_SECRET, keys.PEPPER, keys.session("*")), "%R"),
        Grant("hget exists hexists watch", (keys.KEYS, keys.PEOPLE), "%R"),
        Grant("hset", (keys.USED,), "%W"),
    ),
)

UP = API | WORKER

# Backup and restore, doctor, verify, imports, keys, people, and everything the parts do.
OPS = UP | Part(
    "the commands of whoever runs it: doctor, backup, restore, verify, import, keys, …",
    "scan acl|whoami",
    (
        Grant("hlen", (keys.PEOPLE,), "%R"),
        Grant("hset hdel", _of_offices([*_ELSEWHERE, *_LATER])),
        Grant("set", (*_SECRET, *_of_offices(["clock"]))),
        Grant("rpush", _of_offices(["calls"])),
        Grant("unlink", (_EVERY_OFFICE, keys.AUDIT)),
        Grant("del", (keys.KEYS, keys.USED, keys.PEOPLE, keys.STEPS, keys.PEPPER)),
        Grant("set", (keys.PEPPER,)),
    ),
)

PARTS: Mapping[str, Part] = {
    "api": API,
    "worker": WORKER,
    "display": DISPLAY,
    "ops": OPS,
    "up": UP,
}


def user(part: str) -> str:
    """The name of a part's user.

    >>> user("api")
    'madoguchi-api'
    """
    return PREFIX + part


def acl_file(passwords: Mapping[str, str], database: int = 0) -> str:
    """The users as a file for the engine's `aclfile`. Passwords by part; only their hashes stand in it."""
    return "".join(
        f"{line}\n" for line in [*lines(passwords, database), HEALTH, "user default off"]
    )


def lines(passwords: Mapping[str, str], database: int = 0) -> list[str]:
    """A line for each part; what follows `user` in it is what follows `ACL SETUSER`.

    A database with another number than 0 has to be selected; the engine cannot allow one alone.
    """
    more = " +select" if database else ""
    return [
        f"user {user(part)} reset on #{hashlib.sha256(password.encode()).hexdigest()} "
        f"{PARTS[part].rules()}{more}"
        for part, password in passwords.items()
    ]
