from __future__ import annotations

import subprocess
import sys

import wcwidth
from hypothesis import given
from hypothesis import strategies as st

from sopengine.review.columns import cut, harmless, one_line, pad, width, wrap

SIGNS = "ab 12,.，。：！（）「」、天地玄黄ぁアーＡ～×·—‘’“”…→√─│┌└■▲●○é한👍🏽👨‍👩‍👧❤️"


def test_width_agrees_with_wcwidth_on_every_character_decided_without_it() -> None:
    for code in [*range(0x20, 0x7F), *range(0xA0, 0x3400), *range(0x4E00, 0xA000), *range(0xFF00, 0xFFF0)]:
        sign = chr(code)
        assert width(sign) == max(0, wcwidth.wcwidth(sign)), hex(code)


@given(st.text(SIGNS))
def test_width_agrees_with_wcwidth_on_texts(text: str) -> None:
    assert width(text) == wcwidth.wcswidth(text)


@given(st.text("ab 天地，…×"), st.integers(1, 20))
def test_pad_gives_exactly_the_columns_asked_for(text: str, columns: int) -> None:
    assert width(pad(text, columns)) == columns


@given(st.text("ab天地，…×"), st.integers(1, 20))
def test_cut_never_exceeds_and_keeps_what_fits(text: str, columns: int) -> None:
    shown = cut(text, columns)
    assert width(shown) <= columns
    assert shown == text or (width(text) > columns and shown.endswith("…") and text.startswith(shown[:-1]))


@given(st.text("ab 天地，\n"), st.integers(2, 20))
def test_wrap_loses_nothing_but_spaces_at_breaks(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert all(width(line.rstrip()) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_wrap_breaks_before_a_word_and_anywhere_in_chinese() -> None:
    assert wrap("post the rules today", 10) == ["post the", "rules", "today"]
    assert wrap("今天晚上八点开始", 6) == ["今天晚", "上八点", "开始"]
    assert wrap("a\n\nb", 10) == ["a", "", "b"]


def test_a_text_cannot_steer_the_terminal() -> None:
    assert harmless("红\x1b[31m\u202e反\x9b") == "红\\x1b[31m\\u202e反\\x9b"
    assert harmless("两行\n和\t表") == "两行\n和\t表"
    assert one_line(" 一\n\n二  三\x07") == "一 二 三\\x07"


def test_chinese_needs_no_wcwidth_at_start_up() -> None:
    code = "import sys; from sopengine.review.columns import width; width('步骤 × 12，→ 好'); "
    code += "assert 'wcwidth' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
