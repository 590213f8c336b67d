"""What a browser tells: which page asks, and the session in its cookies.

A cookie comes along with whatever a browser asks, whichever site made it ask. So a command that a cookie
vouches for must come from a page of ours, and be said by the browser to come from there: a request that
says nothing is refused (OWASP, Cross-Site Request Forgery Prevention: verifying origin).
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

HERE = frozenset({"same-origin", "none"})  # none: somebody typed the address
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # change nothing
_SESSION = "madoguchi_session"


def session_cookie(*, secure: bool) -> str:
    """The name of the cookie with the session. One that came over TLS can be set by no other host."""
    return f"__Host-{_SESSION}" if secure else _SESSION


def session_in(cookies: Mapping[str, str], *, secure: bool) -> str:
    """The token of the session, or nothing."""
    return cookies.get(session_cookie(secure=secure), "")


def asks_from_here(headers: Mapping[str, str], public_url: str | None) -> bool | None:
    """Whether one of our pages asks; None: nothing says so, as where no browser asks.

    Behind a proxy that changes the name of the host, ours is the one in `public_url`.

    >>> asks_from_here({"origin": "https://evil.example", "host": "queue.example.jp"}, None)
    False
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in HERE:
        return False
    if origin is None:
        return True if site is not None else None
    ours = {headers.get("host"), urlsplit(public_url or "").netloc}
    return _netloc(origin) in ours - {None, ""}


def is_secure(scheme: str, host: str | None, public_url: str | None) -> bool:
    """Whether the browser asked over TLS, as far as anybody says so."""
    public = urlsplit(public_url or "")
    return scheme in ("https", "wss") or (public.scheme == "https" and public.netloc == host)


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
