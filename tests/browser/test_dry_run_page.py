"""The page of a dry run as people meet it: on a phone and a desk, light and dark, by keyboard, without script."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from sopengine.review.across.model import Across, Beside, Busy, CapForecast, Collision, Load
from sopengine.review.columns import harmless
from sopengine.review.comments.received import read
from sopengine.review.comments.tables import tables_of
from sopengine.review.guarding import Quota
from sopengine.review.html.page import page
from sopengine.review.model import View, count
from tests.browser.window import Scheme, chromium, window
from tests.review.festival import GOALS, ITEMS, at, festival, item
from tests.review.hostile import TEXTS, hostile

MARKDOWN = '# 群规\n**先看** <font color="warning">这三条</font>，[地图](https://a.example/)\n> 少说 `A8`'

ACROSS = Across(
    beside=[Beside("tea-week", "tea-week", "running"), Beside("", "", "planned", "campaigns/a.yaml", errors=2)],
    collisions=[Collision("close", "seckill", at(18, "10:00"), "tea-week", "running", "r", at(18, "10:05"), 12, 3)]
    * 20,
    caps=[CapForecast("2 per target and calendar-day", "groups/g1", "2026-06", at(18, "00:00"), 0, 1, 1, 2)],
    addresses=[Busy("robot", "robot/东湖店会员一群", at(18, "10:00"), 12, 12, 20, 60, timedelta(seconds=60))],
    loads=[Load(date(2026, 6, 18), TEXTS[0], "clerk", 5, 1)],
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The festival with one of everything that a page can show."""
    more = item("group-rules", at(18, "11:00"), MARKDOWN, format="markdown", mention=("all",), image="a.png", texts=12)
    tag = item("tag", at(18, "12:00"), "tag: vip", kind="act", phase="peak")
    items = sorted([*ITEMS[:-1], more, tag], key=lambda one: str(one.at))
    quotas = [Quota("cap 2 per target", 3, 1)]
    run = festival(items=[*items, ITEMS[-1]], totals=count(items), quotas=quotas, goals=GOALS)
    file = tmp_path_factory.mktemp("page") / "plan.html"
    file.write_text(page(run, View(), lang="zh"), "utf-8")
    return file


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(browser: Browser, plan: Path, width: int, scheme: Scheme) -> None:
    with window(browser, plan, width, scheme) as seen:
        assert seen.obstacles(width) == []


def test_what_is_hostile_never_runs_and_reads_to_the_letter(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "hostile.html"
    file.write_text(page(hostile(), View(), lang="zh"), "utf-8")
    with window(browser, file, width=390) as seen:
        assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
        titled = seen.page.title()
        seen.page.evaluate(
            """for (const one of document.querySelectorAll('a[href^="#"], summary, label, input'))
                for (const kind of ['click', 'focus', 'mouseover']) one.dispatchEvent(new MouseEvent(kind))"""
        )
        assert seen.page.title() == titled
        assert not titled.startswith("ran")
        assert (seen.complaints, seen.asked) == ([], [])
        body = seen.page.evaluate("document.body.textContent")
        assert all(harmless(text) in body for text in TEXTS)
        found = seen.page.evaluate(
            """() => ({scripts: document.scripts.length, styles: document.styleSheets.length,
                handlers: [...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames())
                    .filter((name) => name.startsWith('on')).length,
                shown: getComputedStyle(document.body).display,
                away: [...document.links].filter((link) => link.protocol !== 'file:').map((link) => link.href)})"""
        )
    assert found == {"scripts": 1, "styles": 1, "handlers": 0, "shown": "block", "away": ["https://a.example/x.png"]}


def test_a_review_by_keyboard_alone(browser: Browser, plan: Path, tmp_path: Path) -> None:
    part = tmp_path / "part.html"
    part.write_text(page(festival(), View(show="seckill"), lang="zh"), "utf-8")
    with window(browser, plan) as seen:
        press = seen.page.keyboard.press
        press("j")
        press("2")
        press("c")
        seen.page.keyboard.type("=太早了，\n改到六点")
        press("Escape")
        press("w")  # the next finding is that of seckill
        press("3")
        for _ in range(60):
            press("Tab")
            if seen.page.evaluate("document.activeElement.id") == "author":
                break
        seen.page.keyboard.type("林岚")
        press("Tab")  # copy
        press("Tab")
        with seen.page.expect_download() as waited:
            press("Enter")
        waited.value.save_as(tmp_path / "comments.csv")
        for _ in range(5):  # a draft outlives the tab; a busy browser may be a moment late with what it keeps
            seen.page.reload()
            if seen.page.input_value("#author"):
                break
        assert seen.page.input_value("#author") == "林岚"
        assert seen.page.locator("#progress").text_content() == "已审 2/14"
        seen.page.goto(part.as_uri())  # and finds its message in a page of a part, where it stands elsewhere
        assert seen.page.locator("#progress").text_content() == "已审 1/2"
        assert seen.page.locator(".entry").first.locator(":checked").get_attribute("value") == "驳回"
        assert seen.complaints == []
    text = (tmp_path / "comments.csv").read_bytes().decode("utf-8-sig")
    hash = festival().hash
    assert list(csv.reader(text.splitlines(keepends=True))) == [
        ["campaign_hash", "step", "slot", "decision", "comment", "author", "arm"],
        [hash, "teaser", "2026-06-04T20:00:00+08:00", "需改", "'=太早了，\n改到六点", "林岚", ""],
        [hash, "seckill", "2026-06-18T10:00:00+08:00", "驳回", "", "林岚", ""],
    ]
    back = read(tables_of((tmp_path / "comments.csv").read_bytes()), "zh")
    assert [(one.step, one.decision, one.comment) for _, one in back.received] == [
        ("teaser", "change", "=太早了，\n改到六点"),
        ("seckill", "reject", ""),
    ]


def test_only_what_is_asked_for_is_shown(browser: Browser, plan: Path) -> None:
    with window(browser, plan) as seen:
        seen.page.fill("#search", "群规")
        assert seen.page.locator(".entry:visible .step").all_text_contents() == ["group-rules"]
        seen.page.locator(".findings a").first.click()
        assert seen.page.locator(".entry:target .step").text_content() == "seckill"
        assert seen.page.locator(".entry:visible").count() == 15
        seen.page.select_option("#phase", "welcome")
        assert seen.page.locator(".entry:visible .step").all_text_contents() == ["hello"]


def test_it_is_read_filled_in_and_printed_without_script(browser: Browser, plan: Path) -> None:
    with window(browser, plan, java_script_enabled=False) as seen:
        assert seen.page.locator(".entry:visible").count() == 15
        assert not seen.page.locator(".with-script:visible").count()
        seen.page.locator(".entry").first.locator("summary").press("Enter")
        assert seen.page.locator(".entry").first.get_attribute("open") is None
        seen.page.locator(".entry").nth(1).locator("input").first.check()
        seen.page.emulate_media(media="print")
        assert not seen.page.locator(".toolbar").is_visible()
        assert seen.page.locator(".on-paper").is_visible()
        assert seen.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
        assert seen.complaints == []
