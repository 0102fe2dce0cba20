from __future__ import annotations

from tests.language.model.support import BASE, lines, load_text

TWICE = BASE.replace("messages:\n", "messages:\n  second: |\n    {{ target.name }}，\n    六月见。\n")


def test_a_copied_text_is_told_at_the_later_place() -> None:
    book = TWICE.replace("        send: teaser\n        if:", "        send: second\n        if:")
    assert [line.split()[:2] for line in lines(load_text(book))] == [["base.yaml:15:11", "SOP-W526"]]


def test_one_message_sent_by_two_steps_is_meant() -> None:
    assert [line for line in lines(load_text(BASE)) if "W526" in line] == []
