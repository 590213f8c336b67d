"""An engine on which each part has a user of its own, and which notes whatever it refuses them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from queue_service.engine_users import PARTS, lines, user
from tests.faults.engines import connected

PASSWORDS = {part: f"the-password-of-{part}" for part in PARTS}


class Guarded(NamedTuple):
    """The engine behind an address of its administrator."""

    url: str

    def of(self, part: str) -> str:
        """Its address for one part."""
        return self.url.replace("://", f"://{user(part)}:{PASSWORDS[part]}@", 1)

    def refused(self) -> list[str]:
        """Who wanted what and was not let, as the engine has noted it."""
        with connected(self.url) as administrator:
            noted = administrator.acl_log(100)
        return [f"{each['username']}: {each['context']} {each['object']}" for each in noted]


@contextmanager
def guarded(url: str) -> Iterator[Guarded]:
    """Make the users of all parts; at the end they are gone."""
    with connected(url) as administrator:
        for line in lines(PASSWORDS):
            administrator.execute_command("ACL", "SETUSER", *line.split()[1:])
        administrator.acl_log_reset()
        try:
            yield Guarded(url)
        finally:
            administrator.acl_deluser(*map(user, PARTS))
