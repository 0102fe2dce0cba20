"""The preview in a real browser: what is saved shows by itself; a broken file says where; nobody is kept out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.window import chromium, window
from tests.cli.test_preview import ASKED, PLAYBOOK
from tests.support.previewing import previewed

GOOD = PLAYBOOK.replace("      - {id: later, use: later.yaml, with: {groups: groups}}\n", "")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def test_a_save_shows_by_itself(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(GOOD, encoding="utf-8")
    (tmp_path / "groups.csv").write_text("id,name\ng1,东湖店\n", encoding="utf-8")
    (tmp_path / "sopengine.toml").write_text('[sources.groups]\npath = "groups.csv"\n', encoding="utf-8")
    with previewed(tmp_path, *ASKED) as preview, window(browser, preview.address, width=390) as seen:
        assert seen.page.get_by_text("大家好，东湖店。").count()
        file.write_text(GOOD.replace("大家好", "<b>早上好</b>"), encoding="utf-8")
        seen.page.locator(".bubble", has_text="<b>早上好</b>，东湖店。").wait_for()
        file.write_text("playbook: [small", encoding="utf-8")
        seen.page.locator(".live.bad pre", has_text="^^^").wait_for()
        assert seen.page.locator(".bubble", has_text="<b>早上好</b>，东湖店。").count()
        assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
        assert seen.barriers() == []
        file.write_text(GOOD.replace("大家好", "晚上好"), encoding="utf-8")
        seen.page.locator(".bubble", has_text="晚上好，东湖店。").wait_for()
        assert not seen.page.locator(".live.bad").count()
        assert seen.complaints == []
        assert {address.removeprefix(preview.address) for address in seen.asked} == {"", "changes"}
        preview.interrupt()
        seen.page.get_by_text("预览已停止").wait_for()
