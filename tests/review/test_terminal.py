from __future__ import annotations

import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from sopengine.diagnostics import Text
from sopengine.planning.model import Span
from sopengine.review.columns import width
from sopengine.review.model import DayMark, View, count
from sopengine.review.terminal import draw
from tests.review.festival import ITEMS, at, festival, item, marks
from tests.review.golden_file import matches


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_golden(lang: str) -> None:
    assert matches(f"festival-{lang}.txt", draw(festival(), View(), lang=lang))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_golden_panes(lang: str) -> None:
    assert matches(f"festival-all-{lang}.txt", draw(festival(), View(all=True), lang=lang))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("columns", [80, 100, 140])
def test_nothing_is_wider_than_the_page(lang: str, columns: int) -> None:
    run = festival(next_command="")
    assert max(width(line) for line in draw(run, View(all=True), lang=lang, columns=columns).split("\n")) <= columns


def test_glyphs_stay_inside_gbk() -> None:
    assert draw(festival(), View(all=True), lang="zh").encode("gbk")


def test_colours_only_add_escapes() -> None:
    plain = draw(festival(), View(all=True), lang="zh")
    painted = draw(festival(), View(all=True), lang="zh", colour=True)
    assert painted != plain
    assert re.sub("\x1b\\[[0-9;]*m", "", painted) == plain


@pytest.mark.parametrize(
    ("view", "steps"),
    [
        (View(show="rules"), {"rules"}),
        (View(phase="peak"), {"seckill", "reminder"}),
        (View(day=date(2026, 6, 15)), {"good-morning", "invite"}),
        (View(phase="peak", day=date(2026, 6, 20)), {"reminder"}),
        (View(day=date(2026, 6, 16)), set()),
    ],
)
def test_a_part_shows_that_part_with_its_texts(view: View, steps: set[str]) -> None:
    shown = draw(festival(), view, lang="en")
    assert set(re.findall(r"^┌ ([\w-]+)", shown, re.MULTILINE)) == steps
    assert ("Nothing is planned here." in shown) is (not steps)


def test_equal_texts_share_one_pane() -> None:
    shown = draw(festival(), View(show="good-morning"), lang="zh")
    assert shown.count("┌") == 1
    assert "6月8日 周一 09:00、6月15日 周一 09:00" in shown


def test_a_message_in_parts_shows_each_part() -> None:
    long = item("long", at(18, "10:00"), "前半后半", parts=("前半", "后半"))
    shown = draw(festival(items=[long], totals=count([long])), View(all=True), lang="zh")
    assert "│ 前半\n│ — 第 2 条 —\n│ 后半" in shown


def test_what_goes_with_a_text_and_how_many_texts_there_are() -> None:
    one = item("a", at(18, "10:00"), "好", mention=("all", "lin"), image="a.png", targets=200, texts=3)
    shown = draw(festival(items=[one], totals=count([one])), View(all=True), lang="zh")
    assert "│ 好\n│ @所有人\n│ @lin\n│ 图片 a.png\n" in shown
    assert "200 个对象共 3 种文字" in shown


def test_a_moved_time_and_a_foreign_zone_are_named() -> None:
    away = at(18, "10:00").astimezone(ZoneInfo("America/New_York"))
    moved = item("away", away, "好", planned_at=away - timedelta(days=1))
    shown = draw(festival(items=[moved], totals=count([moved])), View(), lang="en")
    assert "local time of America/New_York" in shown
    assert "written for Tue 16 Jun 22:00, moved here" in shown


def test_estimated_holidays_are_marked() -> None:
    day = date(2027, 1, 1)
    run = festival(
        first_day=day,
        last_day=day,
        phases=[],
        items=[item("new-year", at(18, "10:00").replace(year=2027, month=1, day=1), "新年好")],
        days={day: DayMark(holiday=Text("元旦", "New Year"), estimated=True)},
        estimated=[day, date(2027, 1, 2), date(2027, 2, 7)],
    )
    shown = draw(run, View(), lang="zh")
    assert "▲ 放假安排尚未公布、按估算的：2027-01-01…2027-01-02、2027-02-07" in shown
    assert "休?" in shown
    assert "元旦 · 放假安排为估算" in shown


@pytest.mark.parametrize("days", [1, 20, 35, 60, 90, 400, 1500])
def test_the_strip_fits_a_campaign_of_any_length(days: int) -> None:
    first = date(2026, 6, 4)
    last = first + timedelta(days=days - 1)
    begin = at(4, "00:00")
    whole = Span("only", "唯一阶段", begin, begin + timedelta(days=days), first, last)
    busy = item("post", at(4, "20:00"), "好", phase="only")
    run = festival(phases=[whole], first_day=first, last_day=last, items=[busy], days=marks(first, last))
    for lang in ("zh", "en"):
        strip = next(line for line in draw(run, View(), lang=lang).split("\n") if line.startswith("  唯一阶段"))
        assert width(strip) <= 100
        assert strip.count("●") == 1


def test_a_campaign_without_dates_has_no_strip() -> None:
    run = festival(
        first_day=None, last_day=None, phases=[], items=[ITEMS[-1]], totals=count([ITEMS[-1]]), diagnostics=()
    )
    shown = draw(run, View(), lang="zh")
    assert "没有固定日期的安排" in shown
    assert "●" not in shown
    assert "member.joined 后 10 秒" in shown


def test_texts_of_others_cannot_steer_the_terminal() -> None:
    evil = "a\x1b[2Jb\rc"
    bad = item("evil", at(18, "10:00"), evil, target=evil, audience=evil)
    run = replace(festival(title=evil, inputs={"brand": evil}, next_command=evil), items=[bad])
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", draw(run, View(all=True), lang="zh"))


def test_totals_count_targets() -> None:
    totals = count(ITEMS)
    assert (totals.items, totals.sends, totals.tasks, totals.past_due, totals.unrendered) == (13, 85, 9, 1, 1)
