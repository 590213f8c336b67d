"""The settings, read from the environment once and handed on.

Pure: it knows names and rules, and opens nothing except the files that `…_FILE` names.
"""

import os
import re
import sys
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

PREFIX = "MADOGUCHI_"
SHORTEST_RETENTION = 7  # days: a slip of the finger must not delete last week
LONGEST_RETENTION = 36_500

ENGINE_OPTIONS = {  # of an address, as redis-py takes them
    *("db", "username", "password", "protocol"),
    *("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_password"),
    *("ssl_check_hostname", "ssl_cert_reqs"),
}

_Word = TypeVar("_Word", bound=str)


class BadSetting(ValueError):
    """A setting cannot be used."""


class Settings(Struct, frozen=True, kw_only=True):
    """What an installation is told from outside; every field is `MADOGUCHI_` and its name."""

    redis_url: str | None = None  # None: the embedded engine in the data dir
    jobs_redis_url: str | None = None  # rq's engine; None: the same as redis_url
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str | None = None  # None: no QR codes on tickets
    proxies: str | None = (
        None  # addresses and networks whose X-Forwarded-For is believed, with commas
    )
    admin_key: str | None = None  # the first administrator's key; not stored
    pepper: str | None = None  # goes into the hashes of keys; not stored. See keyed_hash
    log_format: Literal["json", "text"] = "text"
    durability: Literal["always", "everysec"] = "always"
    retention_days: int | None = None  # sealed entries older than this are deleted; None: never

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read every setting.

        Raises:
            BadSetting: names the variable, what is wrong with it and what would be right.
        """
        given = {name: _value(env, name) for name in cls.__struct_fields__}
        return cls(
            redis_url=_url(given, "redis_url"),
            jobs_redis_url=_url(given, "jobs_redis_url"),
            data_dir=Path(given["data_dir"] or default_data_dir(env)),
            host=given["host"] or "127.0.0.1",
            port=_port(given["port"] or "8000"),
            public_url=_public_url(given["public_url"]),
            proxies=_proxies(given["proxies"]),
            admin_key=_secret(given, "admin_key"),
            pepper=_secret(given, "pepper"),
            log_format=_one_of("log_format", given["log_format"] or "text", "json", "text"),
            durability=_one_of("durability", given["durability"] or "always", "always", "everysec"),
            retention_days=_retention(given["retention_days"]),
        )

    @property
    def archives(self) -> Path:
        """Where sealed days and imported logs of all offices lie."""
        return self.data_dir / "archive"

    def __repr__(self) -> str:
        """Every field but the secrets, so that settings may be logged."""
        hidden = {"redis_url", "jobs_redis_url", "admin_key", "pepper"}
        shown = (
            f"{name}={'…' if name in hidden and value else repr(value)}"
            for name in self.__struct_fields__
            for value in [getattr(self, name)]
        )
        return f"Settings({', '.join(shown)})"


def default_data_dir(env: Mapping[str, str]) -> Path:
    """Where a user's data is kept unless told otherwise."""
    home = Path(env.get("HOME") or Path.home())
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "madoguchi"
    return Path(env.get("XDG_DATA_HOME") or home / ".local" / "share") / "madoguchi"


def _value(env: Mapping[str, str], name: str) -> str | None:
    """A variable, or the content of the file that `…_FILE` names; empty counts as absent."""
    variable = PREFIX + name.upper()
    file = env.get(f"{variable}_FILE")
    if not file:
        return env.get(variable) or None
    try:
        return Path(file).read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{variable}_FILE: {file} cannot be read: {error}") from None


def _url(given: Mapping[str, str | None], name: str) -> str | None:
    """The address of an engine. A password may be in it, so no word of it is repeated but options."""
    url, variable = given[name], PREFIX + name.upper()
    if url is None:
        return None
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise BadSetting(f"{variable} is no address of an engine: write redis://host:6379/0")
    try:
        parts = urlsplit(url)
        readable = parts.port is None or parts.port > 0
    except ValueError:
        readable = False
    if not readable or parts.fragment or (parts.netloc and "@" in parts.path + parts.query):
        raise BadSetting(
            f"{variable} cannot be read. In a password write %2F for /, %3A for :, %40 for @, %23 for #, "
            "%3F for ? and %25 for %."
        )
    for option, value in parse_qsl(parts.query, keep_blank_values=True):
        if option not in ENGINE_OPTIONS:
            known = ", ".join(sorted(ENGINE_OPTIONS))
            raise BadSetting(f"{variable} has an option {option!r}. There are: {known}.")
        if option == "ssl_cert_reqs" and value != "required":
            raise BadSetting(
                f"{variable}: with ssl_cert_reqs={value} whoever answers would be believed. Name the "
                "certificate of the engine's authority: ssl_ca_certs=/path/to/ca.pem."
            )
    return url


def _public_url(url: str | None) -> str | None:
    if url is not None and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
        raise BadSetting(
            f"{PREFIX}PUBLIC_URL is {url!r}: write the address that phones can reach, "
            "like https://queue.example.jp"
        )
    return url and url.rstrip("/")


def _proxies(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return ",".join(str(ip_network(each.strip())) for each in text.split(","))
    except ValueError as error:
        raise BadSetting(
            f"{PREFIX}PROXIES is {text!r}: write the addresses of the proxies in front of us, like "
            f"127.0.0.1,10.1.0.0/24 ({error})"
        ) from None


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= 65535:
        return int(text)
    raise BadSetting(f"{PREFIX}PORT is {text!r}: write a number from 0 to 65535")


def _retention(text: str | None) -> int | None:
    if text is None:
        return None
    if text.isdecimal() and SHORTEST_RETENTION <= int(text) <= LONGEST_RETENTION:
        return int(text)
    raise BadSetting(
        f"{PREFIX}RETENTION_DAYS is {text!r}: write a number of days from {SHORTEST_RETENTION} to "
        f"{LONGEST_RETENTION}, or nothing to keep everything"
    )


def _secret(given: Mapping[str, str | None], name: str) -> str | None:
    secret = given[name]
    if secret is not None and len(secret) < 16:
        raise BadSetting(
            f"{PREFIX}{name.upper()} is shorter than 16 characters: choose a long random one"
        )
    return secret


def _one_of(name: str, text: str, *words: _Word) -> _Word:
    for word in words:
        if word == text:
            return word
    raise BadSetting(f"{PREFIX}{name.upper()} is {text!r}: write {' or '.join(words)}")


def from_environment() -> Settings:
    """The settings of this process."""
    return Settings.from_env(os.environ)
