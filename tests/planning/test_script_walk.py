"""Walking a script: the lines with their sums, what is taken and refused, and that every walk ends or stays legal."""

from __future__ import annotations

import random
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sopengine.diagnostics import Severity
from sopengine.language.load import load
from sopengine.language.named import FieldType
from sopengine.language.script import Question, Script, ToNode
from sopengine.messages.renderer import Renderer
from sopengine.planning.script_lines import LineFails, lines
from sopengine.planning.script_walk import Ended, NotTaken, Undecided, Walk, begin, numbered, reply
from tests.support.script_walks import ZONE, refused, replies_at, walks_to_endings

INPUTS = {"threshold": Decimal(30), "saving": Decimal(5)}
BOOK = """\
playbook: shop
timezone: Asia/Shanghai
inputs:
  threshold: {type: money, default: 30}
  saving: {type: money, default: 5}
scripts:
"""
CHECKOUT = """\
  checkout:
    ask: {amount: {type: money, title: 实付金额}}
    start: spent
    always: {顾客离开: {end: left}}
    nodes:
      spent:
        choose: [{if: ask.amount >= input.threshold, go: invite}]
        else: {go: upsell}
      upsell:
        say: 再添 {{ input.threshold - ask.amount }} 元就能减 {{ input.saving }} 元。
        point: 差 {{ input.threshold - ask.amount }} 元
        answers: {加一件: added, 不用了: respect}
      added: {say: 多少钱？, ask: {amount: {type: money, title: 实付金额}}, go: spent}
      invite: {say: 扫这里。, answers: {已扫码: {end: joined}, 下次: {end: declined}}}
      respect: {say: 没关系。, end: declined}
"""
ORDER = """\
  order:
    start: hello
    nodes:
      hello:
        say: 几位？
        note: 看一眼人数
        ask: {seats: {type: integer, title: 位数}, taste: {type: choice, title: 口味, choices: [酸, 甜, "3"]}}
        choose:
          - {if: ask.seats > 8, end: too-many}
          - {if: ask.taste == '甜' and ask.seats <= 2, go: sweet}
          - {if: ask.taste == '酸', go: sour}
        else: again
      sweet: {say: 甜的在这边。, ask: {until: {type: time}}, answers: {好: {end: seated}, 再看看: again}}
      sour: {say: 酸的在那边。, end: seated}
      again: {say: 再问一次。, go: hello}
"""


def scripts(text: str) -> dict[str, Script]:
    loaded = load((BOOK + text).encode(), "shop.yaml", {}.get)
    assert [d.message.zh for d in loaded.diagnostics if d.severity is Severity.ERROR] == []
    assert loaded.playbook is not None
    return dict(loaded.playbook.scripts)


SCRIPTS = scripts(CHECKOUT + ORDER)


def walked(*replies: str, name: str = "checkout") -> Walk:
    walk = begin(SCRIPTS[name], INPUTS, ZONE)
    for text in replies:
        walk = reply(walk, text)
    return walk


def last_lines(walk: Walk) -> tuple[str, str]:
    with Renderer() as renderer:
        last = lines(renderer, walk)[-1]
    return last.say, last.point


@pytest.mark.parametrize(
    ("amount", "gap"), [("23", "7"), ("22.9", "7.1"), ("22.90", "7.1"), ("29.99", "0.01"), ("0", "30")]
)
def test_the_gap_is_calculated_in_decimals(amount: str, gap: str) -> None:
    assert last_lines(walked(amount)) == (f"再添 {gap} 元就能减 5 元。", f"差 {gap} 元")


def test_enough_is_enough() -> None:
    assert walked("30").node == walked("88").node == "invite"
    assert walked("29.99").node == "upsell"


def test_the_walk_keeps_its_way_and_what_was_replied() -> None:
    walk = walked("23", "加一件", "35.50", "已扫码")
    assert walk.stop == Ended("joined")
    assert walk.event == "script.checkout.joined"
    assert walk.data() == {
        "amount": Decimal("35.50"),
        "path": ["spent", "upsell", "added", "spent", "invite"],
        "answers": ["加一件", "已扫码"],
    }
    assert [(r.node, r.question, r.text) for r in walk.replies] == [
        ("", "amount", "23"),
        ("upsell", "", "加一件"),
        ("added", "amount", "35.50"),
        ("invite", "", "已扫码"),
    ]


def test_an_answer_of_always_ends_it_anywhere() -> None:
    assert walked("23", "顾客离开").event == walked("88", "3").event == "script.checkout.left"


@pytest.mark.parametrize("typed", ["加一件", " 加一件 ", "1", "１"])
def test_an_answer_is_its_text_or_its_number(typed: str) -> None:
    assert walked("23", typed).node == "added"


def test_a_choice_is_its_text_before_it_is_a_number() -> None:
    assert walked("2", "1", name="order").asked["taste"] == "酸"
    assert walked("2", "甜", name="order").asked["taste"] == "甜"
    assert walked("2", "3", name="order").passed[0].asked == {}
    assert reply(reply(walked(name="order"), "9"), "3").asked == {"seats": 9, "taste": "3"}
    assert numbered(walked("2", name="order").stop) == ("酸", "甜", "3")


@pytest.mark.parametrize(
    ("replies", "typed", "why"),
    [
        ((), "二十三", "实付金额 写的是 `二十三`，应该是金额，例如 29.90"),
        ((), "22.905", "实付金额 写的是 `22.905`，金额最多两位小数"),
        ((), "  ", "实付金额 不能空着"),
        ((), "2\x1b[2J3", "实付金额 太长，或含有不能保存的字符"),
        ((), "\ud800", "实付金额 太长，或含有不能保存的字符"),
        (("23",), "加一", "没有 `加一` 这个回答，是不是 `加一件`？"),
        (("23",), "4", "没有 `4` 这个回答"),
        (("23",), "0", "没有 `0` 这个回答"),
        (("23", "顾客离开"), "1", "已经以 left 结束，不能再答"),
    ],
)
def test_what_is_not_taken_says_why(replies: tuple[str, ...], typed: str, why: str) -> None:
    with pytest.raises(NotTaken) as refusal:
        reply(walked(*replies), typed)
    assert refusal.value.message.zh == why


def test_values_that_answer_no_condition_are_never_else() -> None:
    text = "  odd: {ask: {n: {type: integer}}, start: a, nodes: {a: "
    text += "{choose: [{if: 12 / ask.n > 3, end: x}], else: {end: y}}}}"
    (odd,) = scripts(text).values()
    first = begin(odd, {}, ZONE)
    assert [reply(first, n).event for n in ("2", "6")] == ["script.odd.x", "script.odd.y"]
    nowhere = reply(first, "0")
    assert isinstance(nowhere.stop, Undecided)
    assert refused(nowhere, "1")


def test_after_an_unanswered_condition_only_the_unknown_is_tried() -> None:
    text = """\
  maybe:
    ask: {n: {type: integer}}
    start: a
    nodes:
      a:
        choose:
          - {if: 12 / ask.n > 3, end: x}
          - {if: ask.n < 1, end: y}
          - {if: ask.n is unknown or ask.n == 0, end: z}
        else: {end: w}
"""
    (maybe,) = scripts(text).values()
    ends = [reply(begin(maybe, {}, ZONE), n).event.rpartition(".")[2] for n in ("2", "0", "-3", "5")]
    assert ends == ["x", "z", "y", "w"]


def test_a_line_without_a_text_is_named() -> None:
    text = '  odd: {ask: {n: {type: integer}}, start: a, nodes: {a: {say: "{{ 12 / ask.n }}", end: y}}}'
    (odd,) = scripts(text).values()
    with Renderer() as renderer, pytest.raises(LineFails, match="division by zero") as failure:
        lines(renderer, reply(begin(odd, {}, ZONE), "0"))
    assert failure.value.path == ("scripts", "odd", "nodes", "a", "say")


def test_a_long_way_without_a_question_is_walked() -> None:
    steps = "".join(f"      n{i}: {{say: 好, go: n{i + 1}}}\n" for i in range(1200))
    text = f"  long:\n    start: n0\n    nodes:\n{steps}      n1200: {{say: 到了, end: there}}\n"
    walk = begin(scripts(text)["long"], {}, ZONE)
    assert (walk.event, len(walk.passed)) == ("script.long.there", 1201)


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_ending_is_reached_by_replies_that_the_script_itself_names(name: str) -> None:
    script = SCRIPTS[name]
    found = walks_to_endings(begin(script, INPUTS, ZONE))
    assert set(found) == set(script.endings())
    for ending, replies in found.items():
        assert walked(*replies, name=name).event == script.event(ending)


class Talking(RuleBasedStateMachine):
    """Anything a clerk may type, and going back; after each the walk has ended, or stands where it can go on."""

    @initialize(name=st.sampled_from(list(SCRIPTS)))
    def begin(self, name: str) -> None:
        self.walks = [begin(SCRIPTS[name], INPUTS, ZONE)]

    @rule(number=st.integers(0, 50))
    def legal(self, number: int) -> None:
        choices = replies_at(self.walks[-1])
        if choices:
            self.walks.append(reply(self.walks[-1], choices[number % len(choices)]))

    @rule(text=st.text(max_size=6))
    def anything(self, text: str) -> None:
        before = self.walks[-1]
        if not refused(before, text):
            self.walks.append(reply(before, text))

    @rule()
    def back(self) -> None:
        if len(self.walks) > 1:
            self.walks.pop()

    @invariant()
    def ends_or_stays_legal(self) -> None:
        walk = self.walks[-1]
        assert not isinstance(walk.stop, Undecided)
        assert isinstance(walk.stop, Ended) or replies_at(walk)
        nodes = [passed.node for passed in walk.passed]
        for one, next_one in pairwise(nodes):
            assert next_one.name in [way.node for way in one.ways() if isinstance(way, ToNode)]
        if isinstance(walk.stop, Ended):
            fields = walk.script.events()[walk.event]
            assert walk.data().keys() <= fields.keys()
            assert refused(walk, "1")
        elif isinstance(walk.stop, Question) and walk.stop.type is FieldType.MONEY:
            assert refused(walk, "一")


Talking.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestTalking = Talking.TestCase

ONWARD = st.sampled_from(
    [
        "answers: {{好: {a}, 不: {b}}}",
        "answers: {{好: {a}, 不: {{end: x}}}}",
        "go: {a}",
        "end: y",
        "ask: {{n: {{type: integer}}}}, go: {a}",
        "ask: {{n: {{type: integer}}}}, choose: [{{if: ask.n > 3, go: {a}}}], else: {b}",
        "choose: [{{if: ask.n > 3, go: {a}}}, {{if: ask.n is unknown, end: z}}], else: {{end: y}}",
        "choose: [{{if: input.threshold > 20, go: {a}}}], else: {{end: y}}",
    ]
)
TREES = st.lists(st.tuples(ONWARD, st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=6)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES, st.integers(0, 1000))
def test_a_script_without_errors_never_leaves_a_clerk_stranded(tree: list[tuple[str, int, int]], seed: int) -> None:
    size = len(tree)
    written = [onward.format(a=f"n{a % size}", b=f"n{b % size}") for onward, a, b in tree]
    nodes = "".join(f"      n{i}: {{{line}}}\n" for i, line in enumerate(written))
    text = f"  any:\n    start: n0\n    nodes:\n{nodes}"
    loaded = load((BOOK + text).encode(), "shop.yaml", {}.get)
    assume(not any(d.severity is Severity.ERROR for d in loaded.diagnostics))
    assert loaded.playbook is not None
    dice = random.Random(seed)
    walk = begin(loaded.playbook.scripts["any"], INPUTS, ZONE)
    for _ in range(40):
        if isinstance(walk.stop, Ended):
            break
        assert not isinstance(walk.stop, Undecided)
        walk = reply(walk, dice.choice(replies_at(walk)))
