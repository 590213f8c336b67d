"""`madoguchi engine users`: users for an engine of one's own, one for each part."""

import argparse
import secrets
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from queue_service.cli.command import CommandFailed, Commands, say
from queue_service.engine_users import PARTS, acl_file, user
from queue_service.settings import Settings
from queue_service.whole_file import whole_file

ACL_FILE = Path("engine") / "users.acl"
NOWHERE = "redis://127.0.0.1:6379/0"
PASSWORD_BYTES = 32
HASHES_MODE = (
    0o644  # the engine is another user of the machine; from a hash no password can be told
)


def add(commands: Commands) -> None:
    """`engine users`."""
    group = commands.group(
        "engine",
        "make users for a Redis or Valkey of your own",
        """
        `madoguchi up` without MADOGUCHI_REDIS_URL needs none: its engine listens on a socket that
        only its owner may open.

        example:
          madoguchi engine users --address redis://10.0.0.5:6379/0 --output /etc/madoguchi/users
        """,
    )
    _add_users(group)


def _add_users(group: Commands) -> None:
    users = group.add(
        "users",
        "make a user for each part, with a password and the rights it needs",
        _users,
        """
        users:
          api      tickets, desks, boards, keys, people; reads figures
          worker   ends days, computes and seals them; no keys, no people
          display  reads boards; writes only when a key was used last
          ops      these commands: doctor, backup, restore, verify, import, keys, …
          up       api and worker, for `madoguchi up`
        and `health`, who has no password and may PING, for health checks.
        `default`, as whom everybody works who gives no name, is turned off: whoever looks after the
        engine needs a user of his own, such as `ACL SETUSER root on >PASSWORD ~* &* +@all`.

        Into a folder it writes engine/users.acl, for the engine's `aclfile` setting, and a file with
        an address for each part (api/url, worker/url, …) that only you may read. Asked again it writes
        the rights of this version, and keeps the passwords. Without a folder everything is shown once.

        With TLS give the address so: rediss://HOST:6380/0?ssl_ca_certs=/etc/madoguchi/ca.pem, where
        the engine wants to see a certificate &ssl_certfile=…&ssl_keyfile=…. If the jobs have an engine
        of their own (MADOGUCHI_JOBS_REDIS_URL), give the same users to both.

        example:
          madoguchi engine users --address redis://10.0.0.5:6379/0 --output /etc/madoguchi/users
          valkey-server … --aclfile /etc/madoguchi/users/engine/users.acl
          MADOGUCHI_REDIS_URL_FILE=/etc/madoguchi/users/api/url madoguchi api
          MADOGUCHI_REDIS_URL_FILE=/etc/madoguchi/users/ops/url madoguchi doctor
        """,
    )
    users.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"whom to make a user for, of {', '.join(PARTS)} (default: all)",
    )
    users.add_argument(
        "--address",
        metavar="URL",
        type=_address,
        help="where the engine is, without a user (default: MADOGUCHI_REDIS_URL, else this machine)",
    )
    users.add_argument("--output", type=Path, metavar="DIR", help="the folder to write files into")
    users.add_argument(
        "--new-passwords",
        action="store_true",
        help="make passwords anew, also where there are some",
    )


def _address(text: str) -> str:
    try:
        settings = Settings.from_env({"MADOGUCHI_REDIS_URL": text, "HOME": "/"})
    except ValueError as problem:
        raise argparse.ArgumentTypeError(
            str(problem).replace("MADOGUCHI_REDIS_URL", "it")
        ) from None
    if not settings.redis_url:
        raise argparse.ArgumentTypeError("write it like redis://10.0.0.5:6379/0")
    return settings.redis_url


def _users(args: argparse.Namespace, settings: Settings) -> int:
    address = urlsplit(args.address or settings.redis_url or NOWHERE)
    folder: Path | None = args.output
    parts = args.parts or list(PARTS)
    if unknown := set(parts) - PARTS.keys():
        raise CommandFailed(
            f"There is no part {', '.join(sorted(unknown))}. There are: {', '.join(PARTS)}."
        )
    kept = {} if args.new_passwords or folder is None else _kept(folder, parts)
    passwords = {part: kept.get(part) or secrets.token_hex(PASSWORD_BYTES) for part in parts}
    urls = {part: _url(address, part, password) for part, password in passwords.items()}
    if folder is None:
        print(acl_file(passwords, _database(address)))
        print(*(f"{part:<8} MADOGUCHI_REDIS_URL={url}" for part, url in urls.items()), sep="\n")
        say(
            "The lines with `user` go into the engine's `aclfile`, or after `ACL SETUSER`; each part gets "
            "its own address. The passwords in them are shown this once."
        )
        return 0
    acl = acl_file(passwords, _database(address))
    _write(folder / ACL_FILE, acl, mode=HASHES_MODE)
    for part, url in urls.items():
        _write(folder / part / "url", f"{url}\n")
    print(f"{'engine':<8} aclfile {folder / ACL_FILE}")
    print(
        *(f"{part:<8} MADOGUCHI_REDIS_URL_FILE={folder / part / 'url'}" for part in parts), sep="\n"
    )
    if kept:
        say("The passwords are those of before. An engine that runs wants `ACL LOAD`.")
    return 0


def _url(address: SplitResult, part: str, password: str) -> str:
    """An address with a user and a password in it; both are free of what an address could misread."""
    place = address.netloc.rpartition("@")[2]
    return address._replace(netloc=f"{user(part)}:{password}@{place}").geturl()


def _database(address: SplitResult) -> int:
    """Which of the engine's databases an address names, as the client reads it."""
    option = dict(parse_qsl(address.query)).get("db", "")
    named = option or (address.path.strip("/") if address.scheme != "unix" else "")
    return int(named) if named.isdecimal() else 0


def _kept(folder: Path, parts: Iterable[str]) -> dict[str, str]:
    """The passwords that stand in the files of a folder."""
    found = {}
    for part in parts:
        file = folder / part / "url"
        if file.exists():
            password = urlsplit(file.read_text("utf-8").strip()).password
            if not password:
                raise CommandFailed(
                    f"{file} holds no address with a password. Remove it, or say --new-passwords."
                )
            found[part] = unquote(password)
    return found


def _write(file: Path, text: str, mode: int | None = None) -> None:
    """Write a file, whole, that only its owner may read unless a mode says otherwise."""
    open_to_all = mode is not None
    file.parent.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    file.parent.mkdir(mode=0o755 if open_to_all else 0o700, exist_ok=True)
    with whole_file(file) as stream:
        stream.write(text.encode())
    if mode is not None:
        file.chmod(mode)
