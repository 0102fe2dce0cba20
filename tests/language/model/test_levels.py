"""A key at the wrong level of indentation: the finding says where it belongs."""

from __future__ import annotations

import pytest

from tests.language.model.support import BASE, load_text

MOVED = [
    # (what stands in the file, how it was moved, line, what the finding says)
    ("    from: opening - 7d", "  from: opening - 7d", 15, "Indent it by 4 spaces"),
    ("  groups: {source: groups", "groups: {source: groups", 8, "Indent `groups` by 2 spaces, beneath `audiences`"),
    ("  clerk: {source: stores", "clerk: {source: stores", 10, "Indent `clerk` by 2 spaces, beneath `roles`"),
    ("roles:\n  clerk:", "  roles:\n    clerk:", 9, "Indent `roles` by 0 spaces"),
    ("        due: 1 workday", "      due: 1 workday", 28, "Indent it by 8 spaces"),
]


def test_the_base_has_its_lines() -> None:
    for right, _, line, _ in MOVED:
        assert BASE.split("\n")[line - 1].startswith(right.split("\n")[0])


@pytest.mark.parametrize(("right", "moved", "line", "help"), MOVED, ids=[m[1].strip() for m in MOVED])
def test_a_moved_key_is_told_where_it_belongs(right: str, moved: str, line: int, help: str) -> None:
    found = load_text(BASE.replace(right, moved)).diagnostics
    told = [d.help.en for d in found if d.place and d.place.line == line and d.help]
    assert help in told


def test_a_key_of_a_mapping_in_braces() -> None:
    text = BASE + "      - {id: x, on: day 1, at: 12:00, to: groups, send: {text: 好}, format: markdown}\n"
    (found,) = load_text(text).diagnostics
    assert found.help
    assert found.help.en == "Move `format` into the braces of `send`"


def test_a_name_of_the_authors_own_is_not_moved() -> None:
    text = BASE + "      - {id: roles, on: day 1, at: 12:00, to: groups, send: teaser, colour: red}\n"
    (found,) = load_text(text).diagnostics
    assert found.help
    assert found.help.en.startswith("Allowed here")
