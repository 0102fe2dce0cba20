"""One seed of the mutation run, and the judge itself: what it calls missed, misplaced, valid."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.mutation.__main__ import CASES, EACH, OPERATORS, SHARE, run, shown
from tests.mutation.book import Book
from tests.mutation.judge import Judged, Verdict, judge
from tests.mutation.mutant import Mutant, spoil

SEED = 1


@pytest.fixture(scope="module")
def results() -> list[Judged]:
    return [judged for _, judged in run([SEED], EACH)]


def test_every_operator_has_its_cases_across_many_playbooks(results: list[Judged]) -> None:
    assert Counter(one.mutant.operator for one in results) == dict.fromkeys(OPERATORS, EACH)
    assert len({one.mutant.book.file for one in results}) >= 20


def test_every_mutant_gets_a_finding_on_the_right_line_or_is_valid_for_a_reason(results: list[Judged]) -> None:
    wrong = [shown(SEED, one) for one in results if one.verdict in (Verdict.MISSED, Verdict.WRONG_LINE)]
    assert wrong == []
    assert all(one.reason for one in results if one.verdict is Verdict.VALID)


def test_where_something_can_be_suggested_it_mostly_is(results: list[Judged]) -> None:
    asked = [one for one in results if one.suggested is not None]
    assert len(asked) >= EACH
    assert sum(bool(one.suggested) for one in asked) >= SHARE * len(asked)


def _mutant(line: int, row: str, *, right: int = 0, meant: str = "", legal: str = "") -> Mutant:
    book = Book.of(CASES / "whole-language.yaml")
    rows = [*book.rows]
    rows[line - 1] = row
    made = spoil(book, "by hand", rows, line, meant=meant, legal=legal)
    return replace(made, right=frozenset({right or line}))


def test_the_judge_tells_what_nobody_found_from_what_may_stay_and_from_what_is_the_same() -> None:
    row = next(n for n, text in enumerate(Book.of(CASES / "whole-language.yaml").rows, 1) if text.startswith("title: "))
    assert judge(_mutant(row, "title: 别的")).verdict is Verdict.MISSED
    valid = judge(_mutant(row, "title: 别的", legal="a title may be any text"))
    assert (valid.verdict, valid.reason) == (Verdict.VALID, "a title may be any text")
    same = Book.of(CASES / "whole-language.yaml").rows[row - 1] + "  # noted"
    assert judge(_mutant(row, same)).reason == "it reads the same as before"


def test_the_judge_wants_the_line_and_what_was_meant() -> None:
    row = next(n for n, text in enumerate(Book.of(CASES / "whole-language.yaml").rows, 1) if text.startswith("title: "))
    assert judge(_mutant(row, "titel: 别的", right=row + 50)).verdict is Verdict.WRONG_LINE
    assert judge(_mutant(row, "titel: 别的", meant="title")).suggested is True
    assert judge(_mutant(row, "zzqx: 别的", meant="title")).suggested is False
