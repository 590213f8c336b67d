"""The typeface of the screens: BIZ UDPGothic, a universal-design face that can be told apart from afar.

Its licence is free, its files are large, so they come with the machine and not with us: Debian and
Ubuntu have the package fonts-morisawa-bizud-gothic, Windows has the face already. Where this machine
has it, every screen gets it from here; where it has not, a screen takes its own best one.
"""

from functools import cache
from pathlib import Path

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import File, Response

FAMILY = "BIZ UDPGothic"
WEIGHTS = {"BIZUDPGothic-Regular.ttf": 400, "BIZUDPGothic-Bold.ttf": 700}
PLACES = (
    *("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts"),
    *("/Library/Fonts", "~/Library/Fonts"),
)
A_MONTH_S = 30 * 24 * 3600
OPEN = {"roles": frozenset[str]()}


@cache
def faces() -> dict[str, Path]:
    """The files of the typeface that this machine has, by name."""
    folders = (Path(place).expanduser() for place in PLACES)
    files = (file for folder in folders if folder.is_dir() for file in folder.rglob("BIZUDP*.ttf"))
    return {file.name: file for file in files if file.name in WEIGHTS}


@get("/assets/typeface.css", opt=OPEN, include_in_schema=False, media_type="text/css")
async def style_sheet() -> Response[str]:
    """Names each file of the typeface that is here; a screen that has the face loads none."""
    rules = [
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {WEIGHTS[name]}; '
        f'font-display: swap; src: local("{FAMILY}{" Bold" if WEIGHTS[name] > 400 else ""}"), '
        f'url("/assets/typeface/{name}") format("truetype"); }}\n'
        for name in sorted(faces())
    ]
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return Response("".join(rules), media_type="text/css", headers=headers)


@get("/assets/typeface/{name:str}", opt=OPEN, include_in_schema=False)
async def file(name: FromPath[str]) -> File:
    """One file of the typeface."""
    if name not in faces():
        raise NotFoundException(f"This machine has no {name}.")
    return File(
        faces()[name],
        media_type="font/ttf",
        content_disposition_type="inline",
        headers={"Cache-Control": f"public, max-age={A_MONTH_S}"},
    )
