"""What `member.` can be followed by: a column of an audience, what every member has, what roles match by."""

from __future__ import annotations

import pytest

from tests.language.model.support import load_text

BOOK = """\
playbook: members
timezone: Asia/Shanghai
audiences:
  people: {source: people, sample: {name: 林女士, grade: A}, columns: {birthday: date}}
  groups: {source: groups, sample: {name: 东湖店群, store: s1}}
roles:
  clerk: {source: stores, person: manager, match: store}
phases:
  one:
    from: 2026-06-01
    until: 2026-06-05
    steps:
      - {id: a, on: day 1, at: 10:00, to: people, send: {text: '你好 {{ member.name }}'}}
journeys:
  paid:
    on_event: order.paid
    exit_when:
      - {if: member.grade == 'B', as: other}
    steps:
      - {id: thanks, after: 1d, at: 10:00, send: {text: '谢谢 {{ member.name }}'}, if: member.tags.has('vip')}
      - {id: call, after: 2d, at: 10:00, to: clerk, task: '打给{{ member.id }}', due: 1d, if: member.store == 's1'}
  best:
    when: member.grade == 'A'
    steps:
      - {id: cheer, after: 10m, send: {text: 好}}
"""


def told(text: str) -> list[str]:
    found = load_text(text).diagnostics
    return [f"{d.place.line if d.place else 0} {d.code} {d.message.en}" for d in found]


def test_columns_of_all_audiences_and_what_every_member_has_are_known() -> None:
    assert told(BOOK) == []


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("'你好 {{ member.name", "'你好 {{ member.nmae", 13),
        ("{if: member.grade", "{if: member.grdae", 18),
        ("'谢谢 {{ member.name", "'谢谢 {{ member.nme", 20),
        ("member.tags", "member.tgas", 20),
        ("member.id", "member.ide", 21),
        ("member.store", "member.stroe", 21),
        ("when: member.grade", "when: member.gradee", 23),
    ],
)
def test_one_that_nobody_declares_is_found_and_what_was_meant_is_named(right: str, wrong: str, line: int) -> None:
    word, meant = wrong.rpartition("member.")[2].split()[0], right.rpartition("member.")[2].split()[0]
    assert told(BOOK.replace(right, wrong)) == [
        f"{line} SOP-R305 There is no `member.{word}`; did you mean `member.{meant}`?"
    ]


def test_without_a_near_name_the_known_ones_are_listed() -> None:
    [found] = [d for d in load_text(BOOK.replace("member.id", "member.zzqx")).diagnostics if d.code == "SOP-R305"]
    assert found.help is not None
    assert found.help.en == (
        "Known columns: member.birthday, member.grade, member.id, member.name, member.store, member.tags; "
        "others go into the audience's sample or columns first"
    )


def test_without_audiences_a_member_has_what_events_tell() -> None:
    text = """\
playbook: x
timezone: Asia/Shanghai
journeys:
  paid:
    on_event: order.paid
    steps:
      - {id: a, after: 1d, at: 10:00, send: {text: '{{ member.name }} {{ member.grade }}'}}
"""
    assert told(text) == ["7 SOP-R305 There is no `member.grade`"]


def test_an_audience_whose_columns_nobody_has_told_leaves_them_open() -> None:
    open_one = BOOK.replace("sample: {name: 林女士, grade: A}, columns: {birthday: date}", "where: 1 == 1")
    assert [line for line in told(open_one.replace("member.id", "member.zzqx")) if "R305" in line] == []


@pytest.mark.parametrize("name", ["member", "target"])
@pytest.mark.parametrize("part", ["people", "groups", "clerk"])
def test_nobody_can_be_called_as_the_subject_of_a_flow_is(part: str, name: str) -> None:
    """Such a name once brought the check down: it asked for the columns of all audiences, itself among them."""
    text = BOOK.replace(f"  {part}: {{", f"  {name}: {{").replace(f"to: {part}", f"to: {name}")
    found = [line for line in told(text) if "S205" in line]
    assert [line.split(" ", 1)[1] for line in found] == [f"SOP-S205 `{name}` cannot be a name"]
