"""The page of a comparison as people meet it: on a phone and a desk, light and dark, printed, with hostile texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from sopengine.review.columns import harmless
from sopengine.review.html.comparison import page
from tests.browser.window import Scheme, chromium, window
from tests.review.differences import differences, hostile
from tests.review.hostile import TEXTS


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "differences.html"
    file.write_text(page(differences(), lang="zh"), "utf-8")
    return file


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(browser: Browser, plan: Path, width: int, scheme: Scheme) -> None:
    with window(browser, plan, width, scheme) as seen:
        assert seen.obstacles(width) == []
        first = seen.page.locator(".step-change").first
        first.locator("summary").first.press("Enter")
        assert first.get_attribute("open") is None


def test_what_is_hostile_never_runs_and_reads_to_the_letter(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "hostile.html"
    file.write_text(page(hostile(), lang="zh"), "utf-8")
    with window(browser, file, width=390) as seen:
        assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
        assert not seen.page.title().startswith("ran")
        assert (seen.complaints, seen.asked) == ([], [])
        body = seen.page.evaluate("document.body.textContent")
        assert all(harmless(text) in body for text in TEXTS)
        found = seen.page.evaluate(
            """() => ({scripts: document.scripts.length, styles: document.styleSheets.length,
                links: document.links.length, shown: getComputedStyle(document.body).display})"""
        )
    assert found == {"scripts": 0, "styles": 1, "links": 0, "shown": "block"}


def test_on_paper_every_difference_is_read(browser: Browser, plan: Path) -> None:
    with window(browser, plan) as seen:
        seen.page.emulate_media(media="print")
        assert seen.page.locator(".edited").count() == 4
        assert all(one.is_visible() for one in seen.page.locator(".edited").all())
        assert seen.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
