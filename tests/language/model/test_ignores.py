"""`# sopengine: ignore CODE reason`: sets aside the warnings it names on its line, and nothing else."""

from __future__ import annotations

import pytest

from sopengine.diagnostics import CODES, Diagnostic, Stage
from sopengine.language.ignores import Ignores, Judged
from sopengine.review.mending import mended, safe_edits
from tests.language.model.support import BASE, load_text

UNUSED = BASE.replace("messages:\n", "messages:\n  spare: 备用\n")
"""One warning: SOP-R307 at line 12."""


def judged(text: str, done: tuple[Stage, ...] = ("check",)) -> Judged:
    loaded = load_text(text)
    return Ignores(loaded.document).judge(loaded.diagnostics, done)


def codes(found: tuple[Diagnostic, ...]) -> list[tuple[str, int]]:
    return sorted((d.code.removeprefix("SOP-"), d.place.line) for d in found if d.place)


def with_spare(line: str) -> str:
    return UNUSED.replace("  spare: 备用\n", line + "\n")


def test_the_base_has_this_warning() -> None:
    assert codes(judged(UNUSED).kept) == [("R307", 12)]


@pytest.mark.parametrize(
    "line",
    [
        "  spare: 备用  # sopengine: ignore SOP-R307 下个月才用",
        "  # sopengine: ignore SOP-R307 下个月才用\n  spare: 备用",
        "  # sopengine: ignore SOP-R307 下个月才用\n\n  # 还有一句\n  spare: 备用",
        "  spare: 备用  # sopengine：ignore r307，下个月才用",
        "  spare: 备用  # sopengine: 忽略 SOP-R307 下个月才用",
        "  spare: |  # sopengine: ignore SOP-R307 (下个月才用)\n    备用",
        "  spare: 备用  # sopengine: ignore SOP-R307 下个月才用\r",
    ],
)
def test_a_comment_on_the_line_or_above_it_sets_the_warning_aside(line: str) -> None:
    found = judged(with_spare(line))
    assert found.kept == ()
    assert [(i.diagnostic.code, i.reason) for i in found.ignored] == [("SOP-R307", "下个月才用")]


def test_a_warning_inside_a_long_text_is_set_aside_where_the_text_begins() -> None:
    loaded = load_text(with_spare("  spare: |  # sopengine: ignore SOP-R307 备着\n    第一行\n    第二行"))
    assert loaded.document is not None
    inside = loaded.document.inside(("messages", "spare"), 2)
    assert inside.line == 14
    (found,) = loaded.diagnostics
    there = Diagnostic("SOP-R307", found.message, inside, path=("messages", "spare"))
    assert Ignores(loaded.document).of(there) is not None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # the wrong line, the wrong code: nothing is set aside, and the comment is told of
        ("  spare: 备用\n  # sopengine: ignore SOP-R307 晚了一行", [("R307", 12), ("S223", 13)]),
        ("  spare: 备用  # sopengine: ignore SOP-S241 不对", [("R307", 12), ("S223", 12)]),
        # without a reason it works, and is told of
        ("  spare: 备用  # sopengine: ignore SOP-R307", [("S222", 12)]),
        ("  spare: 备用  # sopengine: ignore SOP-R307 —", [("S222", 12)]),
        # no code, an unknown code, an error's code, an unknown word
        ("  spare: 备用  # sopengine: ignore 都行", [("R307", 12), ("S221", 12)]),
        ("  spare: 备用  # sopengine: ignore SOP-R3007 备着", [("R307", 12), ("S221", 12)]),
        ("  spare: 备用  # sopengine: ignore SOP-R301 备着", [("R307", 12), ("S221", 12)]),
        ("  spare: 备用  # sopengine: ignroe SOP-R307 备着", [("R307", 12), ("S221", 12)]),
        ("  spare: 备用  # sopengine:", [("R307", 12), ("S221", 12)]),
        # not ours, or no comment at all
        ("  spare: 备用  # sopengine ignore SOP-R307", [("R307", 12)]),
        ("  spare: '# sopengine: ignore SOP-R307 备着'", [("R307", 12)]),
        ("  spare: |\n    # sopengine: ignore SOP-R307 备着", [("R307", 12)]),
    ],
)
def test_anything_else_does_not(line: str, expected: list[tuple[str, int]]) -> None:
    assert codes(judged(with_spare(line)).kept) == expected


def test_several_codes_share_a_reason_and_each_must_be_needed() -> None:
    found = judged(with_spare("  spare: 备用  # sopengine: ignore SOP-R307, SOP-S241 备着"))
    assert [d.message.en for d in found.kept] == ["Line 12 has no SOP-S241 to ignore"]
    assert len(found.ignored) == 1


def test_an_error_stays_whatever_a_comment_says() -> None:
    text = BASE.replace("to: clerk", "to: clerc # sopengine: ignore SOP-R302 试试")
    assert codes(judged(text).kept) == [("R302", 26), ("S221", 26)]


def test_a_comment_on_what_another_stage_finds_is_not_unused() -> None:
    text = BASE.replace("at: 09:00", "at: 09:00  # sopengine: ignore SOP-W503 只在年底有")
    assert judged(text).kept == ()
    assert codes(judged(text, ("check", "dry-run")).kept) == [("S223", 25)]


def test_the_guess_names_the_code_that_was_meant() -> None:
    (_, wrong) = judged(with_spare("  spare: 备用  # sopengine: ignore SOP-R370 备着")).kept
    assert "SOP-R307" in wrong.message.en


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("        at: 09:00  # sopengine: ignore SOP-R307 没了\n", "        at: 09:00\n"),
        ("        # sopengine: ignore SOP-R307 没了\n        at: 09:00\n", "        at: 09:00\n"),
    ],
)
def test_an_unused_comment_can_be_taken_away(before: str, after: str) -> None:
    text = BASE.replace("        at: 09:00\n", before)
    assert mended(text, safe_edits(judged(text).kept, "base.yaml")) == BASE.replace("        at: 09:00\n", after)


def test_a_misspelt_instruction_is_mended() -> None:
    text = with_spare("  spare: 备用  # sopengine: ignroe SOP-R307 备着")
    after = mended(text, safe_edits(judged(text).kept, "base.yaml"))
    assert judged(after).kept == ()


def test_what_comments_are_told_of_cannot_be_set_aside_by_comments() -> None:
    own = [code for code in CODES if code in ("SOP-S221", "SOP-S222", "SOP-S223")]
    for code in own:
        text = BASE.replace("at: 09:00", f"at: 09:00  # sopengine: ignore {code} 别说了")
        assert codes(judged(text).kept) in ([("S223", 25)], [("S221", 25)])
