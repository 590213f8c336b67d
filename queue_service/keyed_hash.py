"""What stands in the engine in place of a key: a hash that only this data set can compute.

Its own key is the data set's secret, and the pepper where one is set. The secret lies in the engine, so
that every process and every restored backup agrees without being told. The pepper lies apart from it
(MADOGUCHI_PEPPER, the same for every part): whoever can read or even write the engine, but does not
know the pepper, can neither test a guess nor make a key, nor give one that he holds another role.

A slow hash would protect only what people choose. A key is 256 random bits, and a code for a device
lives for minutes.
"""

import hashlib
import hmac

MARK = b"madoguchi: which pepper"


class KeyedHash:
    """The hashes of one data set.

    >>> hashes = KeyedHash("secret")
    >>> hashes.hex("key", "mg_1") == KeyedHash("secret", "pepper").hex("key", "mg_1")
    False
    """

    def __init__(self, secret: str, pepper: str | None = None) -> None:
        self._key = hmac.digest((pepper or "").encode(), secret.encode(), hashlib.sha256)

    def digest(self, purpose: str, *parts: str) -> bytes:
        """256 bits. Each purpose has hashes of its own; no part but the last may hold a NUL."""
        raw = "\0".join((purpose, *parts)).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, raw, hashlib.sha256)

    def hex(self, purpose: str, *parts: str) -> str:
        """The same, written."""
        return self.digest(purpose, *parts).hex()


def mark(pepper: str | None) -> str:
    """By what a pepper is recognised: says which one it is, and nothing about it."""
    return hmac.digest(pepper.encode(), MARK, hashlib.sha256).hex()[:16] if pepper else "none"
