"""Which language a page rendered here is written in."""

from queue_service import words


def preferred(asked: str | None, accepts: str) -> str:
    """The language that the address asks for, else the browser's first that we have, else our own.

    >>> preferred(None, "fr, en-GB;q=0.8, ja;q=0.5")
    'en'
    """
    known = words.languages()
    if asked in known:
        return asked
    for wish in accepts.split(","):
        language = wish.partition(";")[0].strip()
        for each in (language, language.partition("-")[0]):
            if each in known:
                return each
    return words.OWN
