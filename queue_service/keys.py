"""Every key in Redis: pattern, type, life, writer, and a worked example.

All keys of an office share the hash tag `{office}`, so that they lie in one slot of a cluster and one
script may touch them. The keys below `madoguchi:` are configuration of the whole installation.

| key | type | holds | life |
|---|---|---|---|
| `{ashikaga}:ledger` | stream | `17-0` → `event` `{"type":"Called","at":…}` | until sealed |
| `{ashikaga}:head` | hash | `seq` 17 · `at` 1763886000000 · `date` 2026-11-23 · `version` 1 | for ever |
| `{ashikaga}:tickets` | hash | `12` → the ticket issued by entry 12 | business day |
| `{ashikaga}:desks` | hash | `3` → `{"status":"open","ticket":12,…}` | business day |
| `{ashikaga}:suspended` | hash | `moving` → 1 | until opened |
| `{ashikaga}:numbers` | hash | `A012` → 12, numbers that are not free | business day |
| `{ashikaga}:counters` | hash | `last:moving` → 12 · `issued:moving` → 12 | business day |
| `{ashikaga}:calls` | list | the latest calls, newest first | business day |
| `{ashikaga}:queue:moving:reception` | zset | `000000000012` scored by place (ms) | while waiting |
| `{ashikaga}:freed` | hash | `17` → a use of freed time · `struck:17` → 19, which struck it | for ever |
| `{ashikaga}:figures` | hash | `2026-11-23` → the figures of that business day | for ever |
| `{ashikaga}:rolled` | hash | `2026-11-23` → the entry up to which they were read; `at` → when | for ever |
| `{ashikaga}:imports` | hash | `3f9a…` → what was imported, as JSON | for ever |
| `{ashikaga}:counts` | hash | `2019-04-01/3f9a…` → visitors counted elsewhere, as JSON | for ever |
| `{ashikaga}:channels` | hash | `2026-11/3f9a…` → copies through other channels, as JSON | for ever |
| `{ashikaga}:waits` | hash | `learned_on` 2026-11-23 · `model` · `report`, both as JSON | a day |
| `{ashikaga}:start` | hash | `seq` 9000, the last entry deleted · `hall` what they add up to | for ever |
| `{ashikaga}:texts` | hash | `notice`, `service:moving` → JSON of texts by language | configuration |
| `{ashikaga}:definitions` | hash | `1` → the office definition as JSON | configuration |
| `{ashikaga}:clock` | string | `{"start":…,"from":…,"speed":60}`, simulated time | throw-away data only |
| `{ashikaga}:audit` | stream | `1763886000000-0` → `by` sato · `entry` 17 | a year |
| `{ashikaga}:answer:9f3c…` | string | what a command was answered | 72 hours |
| `madoguchi:offices` | set | ids of all offices | configuration |
| `madoguchi:{access}:keys` | hash | id of an access key → its hash, role and office | configuration |
| `madoguchi:{access}:used` | hash | id of an access key → when it was last used, about, ms | as its key |
| `madoguchi:{access}:people` | hash | name → who signs in with it, as JSON | configuration |
| `madoguchi:{access}:steps` | hash | name → the last second factor that was used | as its person |
| `madoguchi:{access}:session:3fa9…` | string | id of a session → its hash, and whose it is | a shift |
| `madoguchi:{access}:audit` | stream | `1763886000000-0` → `by` sato · `did` … · `on` … | a year |
| `madoguchi:{access}:pepper` | string | which pepper the hashes were made with | configuration |
| `madoguchi:{access}:answer:9f3c…` | string | what a command about keys was answered | 72 hours |
| `madoguchi:{access}:code:5ad1…` | string | hash of an enrolment code → what it is for | ten minutes |
| `madoguchi:{access}:wrong:77be…` | string | how many wrong codes came, from there or in all | minutes |
| `madoguchi:secret` | string | the secret behind the ids of tickets | configuration |
| `madoguchi:dataset` | string | the identity of this data set | configuration |
| `madoguchi:limit:kiosk:3fa9…` | string | when a bucket of requests is full again, ms | until then |

Keys about access share the hash tag `{access}`, for the same reason as those of an office.
Every key of an office that is not configuration, an answer, a clock or the audit log is what its ledger
adds up to.
"""

from collections.abc import Iterable

OFFICES = "madoguchi:offices"
ACCESS = "madoguchi:{access}:"
KEYS = f"{ACCESS}keys"
USED = f"{ACCESS}used"
PEOPLE = f"{ACCESS}people"
STEPS = f"{ACCESS}steps"
AUDIT = f"{ACCESS}audit"
PEPPER = f"{ACCESS}pepper"
SECRET = "madoguchi:secret"  # noqa: S105 - the name of a key, not a secret
DATASET = "madoguchi:dataset"
FAILED_JOBS = "rq:failed:madoguchi"  # rq's own key: jobs by when they will be forgotten

HALL = (
    *("ledger", "head", "tickets", "desks", "suspended", "numbers"),
    *("counters", "calls", "freed", "texts", "definitions", "clock", "audit"),
)


def of(office: str, name: str) -> str:
    """One key of an office.

    >>> of("ashikaga", "ledger")
    '{ashikaga}:ledger'
    """
    return f"{{{office}}}:{name}"


def answer(office: str, slot: str) -> str:
    """Where the answer to one command is remembered."""
    return of(office, f"answer:{slot}")


def access(slot: str, code: str, there: str, session_id: str) -> list[str]:
    """All keys a script about access is given, in the order in which access.lua names them.

    `slot`, `code`, `there`: hashes of an intent, a code and an address; `-` where there is none, as
    where there is no session.
    """
    found = [KEYS, USED, PEPPER, access_answer(slot), enrolment(code), wrong("all"), wrong(there)]
    return [*found, PEOPLE, STEPS, session(session_id), AUDIT]


def access_answer(slot: str) -> str:
    """Where the answer to one command about access is remembered."""
    return f"{ACCESS}answer:{slot}"


def wrong(there: str) -> str:
    """How many wrong codes came from there."""
    return f"{ACCESS}wrong:{there}"


def enrolment(code: str) -> str:
    """What a device will be that is enrolled with the code of this hash."""
    return f"{ACCESS}code:{code}"


def session(id: str) -> str:
    """Whose session has this id."""
    return f"{ACCESS}session:{id}"


def limit(name: str) -> str:
    """The bucket of one limit and of one key or address."""
    return f"madoguchi:limit:{name}"


def queue(office: str, service: str, stage: str) -> str:
    """The line of one service at one stage.

    >>> queue("ashikaga", "moving", "handover")
    '{ashikaga}:queue:moving:handover'
    """
    return of(office, f"queue:{service}:{stage}")


def hall(office: str, slot: str, queues: Iterable[tuple[str, str]]) -> list[str]:
    """All keys a script is given, in the order in which hall.lua names them."""
    fixed = [of(office, name) for name in HALL]
    return [*fixed, answer(office, slot), *(queue(office, *names) for names in queues)]
