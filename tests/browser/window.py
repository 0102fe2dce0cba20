"""A window of a real browser on one page of ours, with whatever it complains about and asks for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.npm import installed

FOLDER = Path(__file__).parent
_AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
Scheme = Literal["light", "dark"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Skips where there is none, except in CI."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None or not installed(FOLDER):
        said = "Chromium, Node.js or axe-core is missing; run: apt install chromium, python -m tests.browser"
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


class Window:
    """`complaints` are errors of the console and of scripts, `asked` all addresses beyond the page's own."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.complaints, self.asked = page, list[str](), list[str]()
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(address)
        self.asked.remove(address)

    def barriers(self) -> list[str]:
        """What axe finds serious or critical: the rule and the first place."""
        self.page.evaluate(_AXE.read_text("utf-8"))  # past the page's policy, as an extension would
        found: dict[str, Any] = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['nodes'][0]['html']} {one['nodes'][0]['failureSummary']}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]

    def obstacles(self, width: int) -> list[str]:
        """All that keeps anybody out: what does not fit the width, axe's barriers, complaints, and calls elsewhere."""
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        sideways = [f"{wide} pixels wide, not {width}"] if wide != width else []
        return [*sideways, *self.barriers(), *self.complaints, *self.asked]


@contextmanager
def window(
    browser: Browser, page: Path | str, width: int = 1440, scheme: Scheme = "light", **more: Any
) -> Iterator[Window]:
    """`page` is a file or an address."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **more)
    yield Window(context.new_page(), page if isinstance(page, str) else page.as_uri())
    context.close()
