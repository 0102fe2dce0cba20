"""Words, numbers, times and keys that YAML readers disagree about: each means what its author wrote, or is a finding on
its line."""

from __future__ import annotations

import pytest

from sopengine.diagnostics import Severity
from sopengine.language.load import load
from tests.language.model.support import BASE, load_text

LINE = 20
"""Of `at: 10:00` in the base."""


def errors(text: str) -> list[tuple[int, str]]:
    found = load_text(text).diagnostics
    return [(d.place.line if d.place else 0, d.code) for d in found if d.severity is Severity.ERROR]


def planned(written: str) -> str | None:
    """The time that a step's `at` came to."""
    playbook = load_text(BASE.replace("at: 10:00", f"at: {written}")).playbook
    return None if playbook is None else str(playbook.phases[0].steps[0].when.at[0].clock)  # type: ignore[union-attr]


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_every_time_of_the_day_in_every_spelling(quote: str) -> None:
    """9:00, 09:00, 00:00, 12:30, 23:59: PyYAML makes 540 of the first and text of the second."""
    for minute in range(0, 24 * 60, 7):
        hours, minutes = divmod(minute, 60)
        for spelling in {f"{hours}:{minutes:02}", f"{hours:02}:{minutes:02}"}:
            assert planned(f"{quote}{spelling}{quote}") == f"{hours:02}:{minutes:02}:00", spelling


@pytest.mark.parametrize(
    "written",
    [
        *("540", "0", "1439", "9.30", "9", "4:3", "9:5", "24:30", "25:00", "12:60", "-1:00", "1e3", "0x21", "0o11"),
        *("9：00", "９:00", "09:00:61", "true", "no", "~", "null", "noon", "九点", "9h", "9:00pm", "!!int 9", "1_000"),
        *(
            "!!timestamp 09:00",
            "!!timestamp foo",
            "!!bool maybe",
            "2026-02-30",
            "9" * 5_000,
            ".inf",
            ".nan",
            "[]",
            "{}",
        ),
    ],
)
def test_what_is_no_time_is_told_on_its_line(written: str) -> None:
    found = errors(BASE.replace("at: 10:00", f"at: {written}"))
    assert found
    assert {line for line, _ in found} == {LINE}


@pytest.mark.parametrize("written", ["2026-02-30", "2026-13-01", "2026-00-10", "2026-6-31", "0000-01-01", "26-06-18"])
def test_a_date_that_is_none_is_told_on_its_line(written: str) -> None:
    assert {line for line, _ in errors(BASE.replace("on: day 2", f"on: {written}"))} == {24}


CORE = ["on", "off", "yes", "no", "NO", "Yes", "y", "n", "0755", "010", "1_000", "1.10", "0x1F", "0o17", "1e3", "12:30"]
CORE += ["9:30", "1.0", "+1", "-0", "2026-06-18", "True", "TRUE", "FALSE", "null", "Null", "~", "=", "<<x", ".5", "1."]


@pytest.mark.parametrize("word", CORE)
def test_what_a_text_field_takes_is_the_source_text_or_quotes_are_asked_for(word: str) -> None:
    loaded = load_text(BASE.replace("title: 样例", f"title: {word}"))
    found = [(d.place.line, d.code, d.help.en if d.help else "") for d in loaded.diagnostics if d.place]
    if found and word not in ("null", "Null", "~"):
        assert found == [(2, "SOP-S202", f'If it is meant as text, quote it: "{word}"')]
    elif not found:
        assert loaded.playbook is not None
        assert loaded.playbook.title == word
    quoted = load_text(BASE.replace("title: 样例", f'title: "{word}"'))
    assert quoted.playbook is not None
    assert quoted.playbook.title == word


@pytest.mark.parametrize("word", [word for word in CORE if word.isascii() and word[0].isalnum()])
def test_a_code_in_data_keeps_its_zeros_and_letters(word: str) -> None:
    loaded = load_text(BASE.replace("tier: member}", f"tier: member, code: {word}}}"))
    assert loaded.playbook is not None
    if word.lower() not in ("true", "false", "null"):
        assert loaded.playbook.audiences["groups"].sample["code"] in (word, int(word) if word.isdigit() else word)
        assert str(loaded.playbook.audiences["groups"].sample["code"]) == word


BOOLEAN = "inputs:\n  vip: {type: bool, default: WORD}\n  opening:"


@pytest.mark.parametrize("word", ["on", "off", "y", "n", "1", "0", "t", "maybe", "1.0", "~x", "!!bool maybe"])
def test_a_boolean_field_guesses_nothing(word: str) -> None:
    text = BASE.replace("inputs:\n  opening:", BOOLEAN.replace("WORD", word))
    assert {line for line, _ in errors(text)} == {5}


YES, NO = ["true", "True", "TRUE", "'true'", "yes", "Yes", "是"], ["false", "FALSE", '"false"', "no", "NO", "否"]


@pytest.mark.parametrize(("word", "value"), [*((word, True) for word in YES), *((word, False) for word in NO)])
def test_a_boolean_field_takes_what_cannot_be_misread(word: str, value: bool) -> None:
    loaded = load_text(BASE.replace("inputs:\n  opening:", BOOLEAN.replace("WORD", word)))
    assert loaded.playbook is not None
    assert loaded.playbook.inputs["vip"].default is value


def test_on_is_a_key() -> None:
    """To YAML 1.1 it is `true`; nearly every step has it."""
    loaded = load_text(BASE)
    assert loaded.document is not None
    assert "on" in loaded.document.data["phases"]["warmup"]["steps"][0]


KEYS = {
    "plain": "title: 一\ntitle: 二\n",
    "quoted": 'title: 一\n"title": 二\n',
    "single": "'title': 一\n\"title\": 二\n",
    "escaped": 'title: 一\n"t\\x69tle": 二\n',
    "explicit": "title: 一\n? title\n: 二\n",
    "tagged": "title: 一\n!!str title: 二\n",
    "in braces": "x: {a: 1, a: 2}\n",
    "in braces, quoted": "x: {a: 1, 'a': 2}\n",
    "Chinese": "预热: 一\n预热: 二\n",
    "Chinese, quoted": "预热: 一\n'预热': 二\n",
    "Chinese, escaped": '预热: 一\n"\\u9884\\u70ed": 二\n',
    "number": "12: 一\n'12': 二\n",
    "word": 'on: 一\n"on": 二\n',
    "deep": "a:\n  b:\n    c: 1\n    d: 2\n    c: 3\n",
    "in a list": "- {a: 1, a: 2}\n",
}


@pytest.mark.parametrize("text", KEYS.values(), ids=KEYS.keys())
def test_a_key_twice_is_told_at_the_second(text: str) -> None:
    found = [d for d in load(text.encode(), "a.yaml", {}.get).diagnostics if d.code == "SOP-Y103"]
    assert len(found) == 1
    rows = text.rstrip("\n").split("\n")
    assert found[0].place is not None
    assert found[0].place.line == (len(rows) if text != KEYS["explicit"] else 2)
    if len(rows) == 1:
        assert found[0].place.col > rows[0].index("a") + 1
