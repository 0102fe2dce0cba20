"""One slip of an author gives one finding, at its own line and column, with the right suggestion."""

from __future__ import annotations

import pytest

from tests.language.model.support import BASE, lines, load_text

SLIPS = [
    ("send: teaser\n      - id: stock", "sned: teaser\n      - id: stock", "22:9 SOP-S204 unknown-key", "send"),
    ("to: clerk", "too: clerk", "26:9 SOP-S204 unknown-key", "to"),
    ("        on: day 2", "        no: day 2", "24:9 SOP-S204 unknown-key", "on"),
    ("        at: 09:00", "        ta: 09:00", "25:9 SOP-S204 unknown-key", "at"),
    ("        at: 09:00", "        st: 09:00", "25:9 SOP-S204 unknown-key", "at"),
    ("- id: stock", "- jd: stock", "23:9 SOP-S204 unknown-key", "id"),
    ("  teaser:", "  teazer:", "12:3 SOP-R301 unknown-message", "teaser"),
    ("  opening: {", "  opning: {", "5:3 SOP-R303 unknown-anchor", "opening"),
    ("        on: day 2", "        onn: day 2", "24:9 SOP-S204 unknown-key", "on"),
    ("        at: 09:00", "        att: 09:00", "25:9 SOP-S204 unknown-key", "at"),
    ("task: 备货", "任务: 备货", "27:9 SOP-S204 unknown-key", "task"),
    ("timezone:", "timezon:", "3:1 SOP-S204 unknown-key", "timezone"),
    ("messages:", "mesages:", "11:1 SOP-S204 unknown-key", "messages"),
    ("- id: stock", "- ID: stock", "23:9 SOP-S204 unknown-key", "id"),
    ("    until:", "    untill:", "16:5 SOP-S204 unknown-key", "until"),
    ("source: groups", "sourse: groups", "8:12 SOP-S204 unknown-key", "source"),
    ("person: manager", "persn: manager", "10:27 SOP-S204 unknown-key", "person"),
    ("{type: date,", "{typ: date,", "5:13 SOP-S204 unknown-key", "type"),
    ("type: date,", "type: dat,", "5:19 SOP-S203 not-one-of", "date"),
    ("send: teaser\n      - id: stock", "send: teasr\n      - id: stock", "22:15 SOP-R301 unknown-message", "teaser"),
    ("to: clerk", "to: clerc", "26:13 SOP-R302 unknown-audience", "clerk"),
    ("from: opening", "from: openin", "15:11 SOP-R303 unknown-anchor", "opening"),
    ("live - 30m", "life - 30m", "30:13 SOP-R303 unknown-anchor", "live"),
    ("target.tier ==", "target.teir ==", "33:20 SOP-R305 unknown-name", "tier"),
    ("{{ target.name }}", "{{ target.nane }}", "12:22 SOP-R305 unknown-name", "name"),
    ("on: day 2", "on: tusday", "24:13 SOP-S203 not-one-of", "tuesday"),
    ("at: 09:00", "at: 09：00", "25:15 SOP-S211 bad-time", "09:00"),
    ("due: 1 workday", "due: 3 hours", "28:16 SOP-S210 bad-unit", "3h"),
    ("Asia/Shanghai", "Asia/Shanghia", "3:11 SOP-S209 bad-zone", "Asia/Shanghai"),
]


def test_the_base_has_no_findings() -> None:
    assert lines(load_text(BASE)) == []


@pytest.mark.parametrize(("right", "wrong", "expected", "meant"), SLIPS, ids=[s[1].split("\n")[0] for s in SLIPS])
def test_one_slip_one_finding_with_the_right_suggestion(right: str, wrong: str, expected: str, meant: str) -> None:
    assert BASE.count(right) == 1, right
    loaded = load_text(BASE.replace(right, wrong))
    assert [line.removeprefix("base.yaml:") for line in lines(loaded)] == [expected]
    assert [edit.text for d in loaded.diagnostics if d.fix for edit in d.fix.edits] == [meant]


@pytest.mark.parametrize(("right", "wrong"), [s[:2] for s in SLIPS], ids=[s[1].split("\n")[0] for s in SLIPS])
def test_the_fix_puts_the_meant_word_where_the_wrong_one_stands(right: str, wrong: str) -> None:
    text = BASE.replace(right, wrong)
    (found,) = load_text(text).diagnostics
    assert found.fix is not None
    (edit,) = found.fix.edits
    rows = text.split("\n")
    row = rows[edit.place.line - 1]
    rows[edit.place.line - 1] = row[: edit.place.col - 1] + edit.text + row[edit.place.end_col - 1 :]
    assert lines(load_text("\n".join(rows))) == []


WRONG_TYPES = [
    ("        to: clerk", "        to: [clerk]", "26:9 SOP-S202 wrong-type"),
    ("  groups: {source: groups, sample: {name: 东湖店群, tier: member}}", "  groups: 12", "8:11 SOP-S202 wrong-type"),
    ("tier: member}", "tier: [member]}", "8:49 SOP-S202 wrong-type"),
    ("{type: date, default: 2026-06-18}", "{type: date, default: {a: 1}}", "5:25 SOP-S202 wrong-type"),
    ("{type: date, default", "{type: 12, default", "5:19 SOP-S203 not-one-of"),
    ('  teaser: "{{ target.name }}，六月见。"', "  teaser: 12", "12:11 SOP-S202 wrong-type"),
]


@pytest.mark.parametrize(("right", "wrong", "expected"), WRONG_TYPES, ids=[s[1] for s in WRONG_TYPES])
def test_a_value_of_the_wrong_type_is_one_finding(right: str, wrong: str, expected: str) -> None:
    assert BASE.count(right) == 1, right
    assert lines(load_text(BASE.replace(right, wrong))) == [f"base.yaml:{expected}"]


def test_a_receiver_of_the_wrong_type_is_not_missed_by_the_steps() -> None:
    text = BASE + "weekly:\n  to: 12\n  steps:\n    - {id: a, on: mon, at: 09:00, send: teaser}\n"
    assert lines(load_text(text)) == ["base.yaml:35:7 SOP-S202 wrong-type"]
    assert lines(load_text(text.replace("to: 12", "too: groups"))) == ["base.yaml:35:3 SOP-S204 unknown-key"]


UNREADABLE = [
    ("        on: day 1", "        on day 1"),
    ("    until: opening", "    until opening"),
    ("messages:\n", "messages\n"),
]


@pytest.mark.parametrize(("right", "wrong"), UNREADABLE)
def test_what_an_unreadable_line_held_is_not_reported_as_missing(right: str, wrong: str) -> None:
    assert [line.split()[1] for line in lines(load_text(BASE.replace(right, wrong)))] == ["SOP-Y102"]


def test_a_part_of_the_wrong_type_is_not_missed_by_what_refers_to_it() -> None:
    text = BASE.replace("  teaser: ", "  teaser ")
    assert [line.split()[1] for line in lines(load_text(text))] == ["SOP-S202"]


@pytest.mark.parametrize("tagged", ["!!int 12", "!!int\n  12", '!!int "12"', "!!bool true"])
def test_what_a_tag_makes_of_a_text_no_quotes_undo(tagged: str) -> None:
    [found] = load_text(BASE.replace("title: 样例", f"title: {tagged}")).diagnostics
    assert (found.code, found.fix) == ("SOP-S202", None)
    assert found.help is not None
    assert found.help.en.startswith("If it is meant as text, delete !!")


def test_without_a_tag_quotes_do() -> None:
    [found] = load_text(BASE.replace("title: 样例", "title: 12")).diagnostics
    assert found.fix is not None
    assert [edit.text for edit in found.fix.edits] == ['"12"']
