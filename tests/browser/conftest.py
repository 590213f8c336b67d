"""A real browser before a real service.

`site` is the API with its pages as a process of its own, on the clean data set of the test; `pages`
opens windows in the Chromium of the machine. Where there is none the tests are skipped, loudly. What
a test photographs with `picture` is kept in the folder that MADOGUCHI_PICTURES names.
"""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from queue_service.access import Access, Role
from queue_service.ledger import Ledger
from queue_service.offices import Office
from tests.live import Live, live

CHROMIUM = next(
    (
        found
        for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
PATIENCE_MS = 15_000  # a page is there within a second; a busy machine is waited for
expect.set_options(timeout=PATIENCE_MS)
ROLES = {"kiosk": Role.KIOSK, "board": Role.DISPLAY, "desk": Role.STAFF, "floor": Role.STAFF}


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the whole run."""
    if CHROMIUM is None:
        pytest.skip("NO BROWSER: install Chromium; nothing of the pages was tested")
    async with async_playwright() as playwright:
        # A lobby's screen is started so, too: it may play sound without being touched.
        args = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield launched
        await launched.close()


class Site(NamedTuple):
    """A running service with its pages, and a key for each kind of device."""

    live: Live
    ledger: Ledger
    office: Office
    keys: dict[str, str]

    def address(self, path: str) -> str:
        """The address of a page with the key of its kind: `kiosk`, `board?zone=1F`, `desk/2`."""
        kind, _, rest = path.partition("/")
        kind, _, query = kind.partition("?")
        rest, _, query = (rest or "").partition("?") if rest else ("", "", query)
        place = f"/{kind}/{self.office.id}" + (f"/{rest}" if rest else "")
        key = f"#key={self.keys[kind]}" if kind in self.keys else ""
        return f"{self.live.url}{place}{'?' + query if query else ''}{key}"


@pytest.fixture
def public_url() -> str | None:
    """What phones are told; a test that needs it says so with `parametrize`."""
    return None


@pytest.fixture
async def site(
    ledger: Ledger, engine_url: str, office: Office, tmp_path: Path, public_url: str | None
) -> AsyncIterator[Site]:
    """The service as a process, with its pages."""
    access = Access(ledger.redis)
    keys = {kind: (await access.new(role, office.id))[0] for kind, role in ROLES.items()}
    with live(engine_url, tmp_path, public_url) as running:
        yield Site(running, ledger, office, keys)


Open = Callable[..., Awaitable[Page]]


@pytest.fixture
async def windows(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Open]:
    """Opens a window of its own on an address. A page that logs an error fails the test.

    `allowed`: words of errors that the test itself causes, such as a service that is away.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    async def opened(
        address: str,
        width: int = 1280,
        height: int = 800,
        allowed: tuple[str, ...] = (),
        **more: Any,
    ) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height}, locale="ja-JP", **more
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()

        def complain(text: str) -> None:
            if not any(word in text for word in allowed):
                complaints.append(text)

        page.on("pageerror", lambda error: complain(str(error)))
        page.on("console", lambda said: complain(said.text) if said.type == "error" else None)
        await page.goto(address)
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of pages are kept."""
    named = os.environ.get("MADOGUCHI_PICTURES")
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def violations(page: Page, *without: str) -> list[str]:
    """What axe finds wrong, one line each; `without` names rules that do not apply."""
    options = {"rules": {rule: {"enabled": False} for rule in without}} if without else None
    found = await Axe().run(page, options=options)
    return [
        f"{each['id']}: {each['help']} — {node['html'][:160]}"
        for each in found.response["violations"]
        for node in each["nodes"]
    ]
