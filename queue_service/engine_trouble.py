"""What is wrong with the engine, and what to do about it, for whoever reads the log or the terminal.

Knows what the client raises and what an address may say. Never tells a password: an address is shown
without it, and no failure of the client holds one.
"""

import ssl
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from redis import exceptions

SECRETS = {"password", "ssl_password", "username"}  # as options of an address
OTHER_NAME = 62, 64  # OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and …_IP_ADDRESS_MISMATCH
OTHER_TIME = 9, 10  # …_CERT_NOT_YET_VALID and …_CERT_HAS_EXPIRED
DEFAULT = "default"  # the engine's name for whoever gives no name
MUTE = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.InvalidResponse,
    TimeoutError,
)
# How the engine tells of a script whose user may not: Valkey and newer Redis, Redis 7.0.
DENIED_IN_SCRIPT = ("ACL failure in script", "The user executing the script can't")


def without_password(url: str) -> str:
    """An address as it may be shown.

    >>> without_password("redis://api:secret@10.0.0.5:6379/0")
    'redis://…@10.0.0.5:6379/0'
    """
    address, mark, options = url.partition("?")
    scheme, _, rest = address.partition("://")
    netloc, slash, path = rest.partition("/")
    _, at, place = netloc.rpartition("@")
    shown = f"{scheme}://…@{place}{slash}{path}" if at else address
    named = (option.partition("=") for option in options.split("&"))
    hidden = (f"{name}{is_}{'…' if name in SECRETS else value}" for name, is_, value in named)
    return f"{shown}{mark}{'&'.join(hidden)}"


def user_of(url: str) -> str:
    """As whom an address has the engine asked."""
    parts = urlsplit(url)
    return unquote(parts.username or "") or dict(parse_qsl(parts.query)).get("username") or DEFAULT


def is_denied(failure: BaseException) -> bool:
    """Whether the engine is there and does not let this user do what was asked."""
    return isinstance(failure, exceptions.NoPermissionError) or (
        isinstance(failure, exceptions.ResponseError) and str(failure).startswith(DENIED_IN_SCRIPT)
    )


def why(refusal: BaseException, url: str) -> str:
    """Why the engine at an address could not be worked with, when that was refused for some cause."""
    cause = refusal.__cause__
    if isinstance(cause, MUTE) or (cause is not None and is_denied(cause)):
        return explained(cause, url)
    return str(refusal)


def explained(failure: BaseException, url: str) -> str:
    """What went wrong with the engine at an address, in a sentence, and a remedy in another."""
    if is_denied(failure):
        return (
            f"The engine does not let its user {user_of(url)!r} do this ({failure}). Let it have the "
            "rights that `madoguchi engine users` lists; `ACL LOG` in the engine tells which one it lacks."
        )
    place = without_password(url)
    # The client tells of it as of a connection that failed, with the reason behind it.
    if any(isinstance(cause, exceptions.AuthenticationError) for cause in _causes(failure)):
        return (
            f"The engine at {place} does not let the user {user_of(url)!r} in ({_first(failure)}). "
            "Write its name and password into the address (redis://NAME:PASSWORD@host:6379/0), or name "
            "the file that `madoguchi engine users` wrote in MADOGUCHI_REDIS_URL_FILE."
        )
    return f"The engine at {place} does not answer ({_first(failure)}). {_remedy(failure, url)}"


def _first(failure: BaseException) -> str:
    return str(failure).partition("\n")[0].rstrip(". ") or type(failure).__name__


def _remedy(failure: BaseException, url: str) -> str:
    causes, secure = list(_causes(failure)), url.startswith("rediss://")

    def any_is(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _of_certificate(cause)
    if any_is(ssl.SSLError):
        return (
            "They do not agree about TLS: see that the files of ssl_ca_certs, ssl_certfile and ssl_keyfile "
            "are right, and that the engine speaks TLS there (redis:// is for one that does not)."
        )
    if secure and any_is(FileNotFoundError, PermissionError):
        return (
            "See that the files which ssl_ca_certs, ssl_certfile and ssl_keyfile name can be read."
        )
    if any_is(ConnectionRefusedError) or url.startswith("unix:"):
        return "See that it runs and that MADOGUCHI_REDIS_URL is right."
    if secure:
        return (
            "See that it runs and speaks TLS there (redis:// is for one that does not). If it wants to "
            "see a certificate of ours, name it with ssl_certfile and ssl_keyfile."
        )
    return "See that it runs and that MADOGUCHI_REDIS_URL is right; if it speaks TLS there, write rediss://."


def _of_certificate(doubt: ssl.SSLCertVerificationError) -> str:
    if doubt.verify_code in OTHER_NAME:
        return (
            "Its certificate was made for another name: use that name in the address, or say "
            "ssl_check_hostname=false there."
        )
    if doubt.verify_code in OTHER_TIME:
        return (
            "Its certificate is not good today: see to its dates, and to the clock of this machine."
        )
    return (
        "Its certificate is not signed by anybody who is trusted here: name the file with the "
        "certificate of the authority that signed it (rediss://…?ssl_ca_certs=/path/to/ca.pem)."
    )


def _causes(failure: BaseException | None) -> Iterator[BaseException]:
    while failure is not None:
        yield failure
        failure = failure.__cause__ or failure.__context__
