"""Texts and items in pairs: what is marked as edited, which slot is which, and that no text steers the terminal."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from sopengine.review.columns import width
from sopengine.review.comparison.compare import MOST_EDITS, Written, compare
from sopengine.review.comparison.edits import MOST_WORDS, edits, near, stretch, touched
from sopengine.review.comparison.model import Comparison, StepChange, Version
from sopengine.review.comparison.terminal import draw
from sopengine.review.model import Item
from tests.review.festival import at, item
from tests.review.hostile import TEXTS


def marked(before: str, after: str) -> list[str]:
    """Lines with `[…]` around what is touched."""
    return [
        {"both": " ", "old": "-", "new": "+"}[line.side]
        + "".join(f"[{part.text}]" if part.touched else part.text for part in line.parts)
        for line in edits(before, after)
    ]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("满 30 元可用", "满 40 元可用", ["-满 [30] 元可用", "+满 [40] 元可用"]),
        ("6月18日 10:00 见", "6月18日 12:00 见", ["-6月18日 [10:00] 见", "+6月18日 [12:00] 见"]),
        ("a\nb\nc", "a\nc", [" a", "-[b]", " c"]),
        ("a\nc", "a\nb\nc", [" a", "+[b]", " c"]),
        ("same", "same", [" same"]),
        ("", "new", ["-", "+[new]"]),
        ("甲乙", "丙乙丁", ["-[甲乙]", "+[丙乙丁]"]),  # one sign in common is chance
    ],
)
def test_what_is_edited_is_marked(before: str, after: str, lines: list[str]) -> None:
    assert marked(before, after) == lines


def test_the_lines_of_both_texts_are_whole() -> None:
    before, after = "一\n二 a\n\n三\n四", "一\n二 b\n新\n三\n"
    for side, text in (("old", before), ("new", after)):
        assert "\n".join(line.text for line in edits(before, after) if line.side in ("both", side)) == text


def test_a_rewritten_book_is_not_searched_word_by_word() -> None:
    before, after = "甲" * (MOST_WORDS + 1), "乙" * (MOST_WORDS + 1)
    assert marked(before, after) == [f"-[{before}]", f"+[{after}]"]


def test_only_what_is_near_an_edit_is_shown() -> None:
    before = "\n".join("abcdefgh")
    shown = [line.text if line else None for line in near(edits(before, before.replace("d", "D")))]
    assert shown == [None, "c", "d", "D", "e", None]


def test_edits_alike_are_alike_whoever_is_named() -> None:
    assert touched("东湖店，来", "东湖店，快来") == touched("西湖店，来", "西湖店，快来")
    assert touched("东湖店，来", "东湖店，快来") != touched("东湖店，来", "东湖店，慢来")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("东湖店，30 元", "东湖店，40 元", ("30", "40")),
        ("共 130 元", "共 140 元", ("130", "140")),
        ("a 10:00-11:00 b", "a 10:00-12:00 b", ("10:00-11:00", "10:00-12:00")),
        ("aa", "aaa", ("aa", "aaa")),
        ("好好", "好好好", ("", "好")),
        ("same", "same", ("", "")),
        ("", "新", ("", "新")),
        ("甲，来乙", "甲，快来乙吧", ("来乙", "快来乙吧")),
    ],
)
def test_the_stretch_that_differs_ends_with_words(before: str, after: str, found: tuple[str, str]) -> None:
    assert stretch(before, after) == found


def test_what_differs_in_two_places_is_alike_all_the_same() -> None:
    names = ["东湖", "西湖", "北湖"]
    before = [one("a", 1, f"来，{name}店！", target=name) for name in names]
    after = [one("a", 1, f"快来，{name}店吧！", target=name) for name in names]
    (change,) = of(before, after).changes
    assert (change.targets, change.texts) == (tuple(names), 3)


def one(step: str, day: int, text: str = "好", **other: object) -> Item:
    made = item(step, at(day, "10:00"), text, **{"target": "east", "slot": f"{step}-{day}", **other})
    return replace(made, key=f"{made.slot}-{made.target}")


def of(before: list[Item], after: list[Item], over: tuple[str, ...] = ()) -> StepChange:
    written = [Written("a", "", bool(before), bool(after))]
    (found,) = compare(before, after, written, lambda item: item.key in over or item.slot in over)
    return found


def days(found: StepChange) -> list[tuple[str, int, int]]:
    return [
        (change.what, slot.before.at.day if slot.before else 0, slot.after.at.day if slot.after else 0)  # type: ignore[union-attr]
        for change in found.changes
        for slot in change.slots
    ]


def test_what_has_no_partner_by_key_is_paired_in_order_of_time() -> None:
    before, after = [one("a", 1), one("a", 8), one("a", 15)], [one("a", 2), one("a", 8), one("a", 16)]
    assert days(of(before, after)) == [("moved", 1, 2), ("moved", 15, 16)]
    assert days(of(before, after[:2])) == [("moved", 1, 2), ("removed", 15, 0)]


def test_what_went_out_stays_and_nothing_comes_in_its_place() -> None:
    before, after = [one("a", 1), one("a", 8)], [one("a", 2), one("a", 9)]
    assert days(of(before, after, ("a-1-east",))) == [("moved", 8, 2), ("added", 0, 9)]
    edited = [one("a", 1, "别的"), one("a", 8)]
    assert of(before, edited, ("a-1-east",)).what == "same"
    assert of(before, edited, ("a-1",)).what == "same"


def test_what_lies_behind_for_some_is_compared_for_the_others() -> None:
    before = [one("a", 1), one("a", 1, target="west")]
    after = [replace(item, text="别的") for item in before]
    (change,) = of(before, after, ("a-1-east",)).changes
    assert change.targets == ("west",)
    assert [change.targets for change in of([one("a", 2)], [*after, one("a", 2)], ("a-1-east",)).changes] == [("west",)]


def test_more_edits_than_can_be_read_are_one_with_their_number() -> None:
    names = [f"t{n}" for n in range(MOST_EDITS + 1)]
    before = [one("a", 1, f"{name}", target=name) for name in names]
    after = [one("a", 1, f"{name} {name * 2}", target=name) for name in names]
    (change,) = of(before, after).changes
    assert (change.targets, change.texts, len(change.slots)) == (tuple(names), MOST_EDITS + 1, 1)
    assert len(of(before[:2], after[:2]).changes) == 2


def test_arms_of_one_slot_are_apart() -> None:
    before = [one("a", 1, "甲", arm="1"), one("a", 1, "乙", arm="2", target="west")]
    after = [one("a", 1, "甲", arm="1"), one("a", 1, "丙", arm="2", target="west")]
    (change,) = of(before, after).changes
    assert (change.shown.before and change.shown.before.text, change.targets) == ("乙", ("west",))


def test_turns_of_one_slot_that_move_are_told_one_by_one() -> None:
    before = [one("a", 1), replace(one("a", 1, target="west"), at=at(1, "11:00"))]
    after = [replace(one, at=one.at and one.at + timedelta(days=1)) for one in before]
    (change,) = of(before, after).changes
    assert [slot.after.at for slot in change.slots if slot.after] == [at(2, "10:00"), at(2, "11:00")]


def shown(steps: list[StepChange], **how: object) -> str:
    version = Version("<b>\x1b[2J.yaml", "0" * 64)
    found = Comparison("\x1b]0;x\x07", version, version, at(1, "09:00"), "Asia/Shanghai", steps)
    return draw(found, lang="zh", **how)  # type: ignore[arg-type]


def test_texts_of_others_cannot_steer_the_terminal() -> None:
    before = [one("a", n + 1, text, target=text) for n, text in enumerate(TEXTS)]
    after = [one("a", n + 1, text + "改", target=text, audience=text) for n, text in enumerate(TEXTS)]
    page = shown([of(before, after), replace(of(before, after), step=TEXTS[-3], was=TEXTS[-2])], all=True)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", page)
    assert max(width(line) for line in page.split("\n")) <= 100


def test_colours_only_add_escapes() -> None:
    found = [of([one("a", 1, "满 30 元\n来" * 30)], [one("a", 1, "满 40 元\n来" * 30)])]
    painted = shown(found, colour=True)
    assert "\x1b[31;1m30\x1b[0m" in painted
    assert re.sub("\x1b\\[[0-9;]*m", "", painted) == shown(found)
