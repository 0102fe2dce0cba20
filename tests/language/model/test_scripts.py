"""What the builder makes of a script, and what is found in its nodes, its roads and its answers."""

from __future__ import annotations

import pytest

from sopengine.language.named import Condition, FieldType
from sopengine.language.script import Answer, Branch, Choice, Question, Script, ToEnd, ToNode
from tests.language.model.support import CASES, load_case, load_text

HEAD = """\
playbook: talk
timezone: Asia/Shanghai
inputs:
  threshold: {type: money, default: 30}
scripts:
  till:
    ask: {amount: {type: money}}
    start: one
    nodes:
"""


def found(nodes: str, head: str = HEAD) -> list[str]:
    """Code and Chinese message of each finding about a script with these nodes."""
    diagnostics = load_text(head + nodes).diagnostics
    return [f"{d.code} {d.message.zh}" for d in diagnostics if d.code != "SOP-R307"]


def codes(nodes: str) -> list[str]:
    return [line.split()[0] for line in found(nodes)]


def checkout() -> Script:
    playbook = load_case(CASES / "ok" / "whole-language.yaml").playbook
    assert playbook is not None
    return playbook.scripts["checkout"]


def test_a_script_is_typed_and_knows_its_places() -> None:
    script = checkout()
    at = ("scripts", "checkout")
    assert (script.title, script.start, list(script.nodes)) == (
        "收银台",
        "greet",
        ["greet", "spent", "upsell", "invite", "respect"],
    )
    assert script.ask == (Question("amount", FieldType.MONEY, (*at, "ask", "amount"), "实付金额"),)
    assert script.nodes["greet"].onward == ToNode("spent", (*at, "nodes", "greet", "go"))
    arm = (*at, "nodes", "spent", "choose", 0)
    choice = script.nodes["spent"].onward
    assert isinstance(choice, Choice)
    assert choice.branches[0] == Branch(
        Condition("ask.amount >= input.threshold", (*arm, "if")), ToNode("invite", (*arm, "go"))
    )
    assert choice.otherwise == ToNode("upsell", (*at, "nodes", "spent", "else", "go"))
    assert script.nodes["upsell"].ask[0].choices == ("酸", "甜")


def test_answers_of_always_stand_behind_the_nodes_own() -> None:
    script = checkout()
    left = Answer(
        "顾客离开",
        ToEnd("left", ("scripts", "checkout", "always", "顾客离开", "end")),
        ("scripts", "checkout", "always", "顾客离开"),
    )
    onward = script.nodes["invite"].onward
    assert isinstance(onward, tuple)
    assert [answer.text for answer in onward] == ["已扫码", "下次", "顾客离开"]
    assert onward[-1] == left
    assert script.nodes["respect"].onward == ToEnd("declined", ("scripts", "checkout", "nodes", "respect", "end"))
    assert script.endings() == ("joined", "declined", "left")
    assert script.event("joined") == "script.checkout.joined"


def test_an_ending_is_an_event_with_what_was_asked_for() -> None:
    playbook = load_case(CASES / "ok" / "whole-language.yaml").playbook
    assert playbook is not None
    fields = playbook.events["script.checkout.declined"]
    assert {name: field.type.value for name, field in fields.items()} == {
        "amount": "money",
        "taste": "choice",
        "path": "list",
        "answers": "list",
        "task": "integer",
    }


@pytest.mark.parametrize("questions", ["path: {type: text}", "amount: {type: text}"])
def test_what_is_asked_for_has_a_name_and_a_type_of_its_own(questions: str) -> None:
    assert codes(f"      one: {{say: 几位？, ask: {{{questions}}}, end: yes}}\n") == ["SOP-S205"]


def test_a_node_may_answer_for_itself_what_always_answers() -> None:
    text = HEAD.replace("    start: one", "    always: {走了: {end: left}}\n    start: one")
    loaded = load_text(text + "      one: {say: 您好, answers: {走了: two}}\n      two: {say: 慢走, end: left}\n")
    assert loaded.playbook is not None
    onward = loaded.playbook.scripts["till"].nodes["one"].onward
    assert isinstance(onward, tuple)
    assert [type(answer.way) for answer in onward] == [ToNode]


def test_a_sound_script_has_no_findings() -> None:
    assert found("      one: {say: 您好, answers: {好: two, 不: {end: no}}}\n      two: {say: 谢谢, end: yes}\n") == []


@pytest.mark.parametrize(
    ("nodes", "findings"),
    [
        ("one: {say: 您好, go: tow}\n      two: {say: 谢谢, end: yes}", ["SOP-R332 没有节点 `tow`，是不是 `two`？"]),
        ("one: {say: 您好, answers: {好: yes, 不: {end: yes}}}", ["SOP-R332 没有节点 `yes`"]),
        ("one: {say: 您好}", ["SOP-S231 话术 till 的节点 one 没有写接下来怎么走"]),
        ("one: {say: 您好, else: {end: yes}}", ["SOP-S231 话术 till 的节点 one 没有写接下来怎么走"]),
        ("one: {say: 您好, end: yes, go: one}", ["SOP-S207 话术 till 的节点 one 里 `end` 和 `go` 只能写一个"]),
        ("one: {say: 您好, answers: {'': {end: yes}}}", ["SOP-S234 回答 `` 不能这样写：店员没法键入它"]),
        ("one: {say: 您好, answers: {好: ''}}", ["SOP-R332 没有节点 ``"]),
    ],
)
def test_a_node_leads_somewhere(nodes: str, findings: list[str]) -> None:
    assert found(f"      {nodes}\n") == findings


def test_one_slip_is_one_finding() -> None:
    """`two` is only reached by the misspelt way, and its ending is followed: neither is reported as well."""
    text = HEAD.replace("scripts:", FOLLOWED + "scripts:")
    nodes = "      one: {say: 您好, anwsers: {好: two, 不: {end: no}}}\n      two: {say: 谢谢, end: yes}\n"
    assert found(nodes, text) == ["SOP-S204 话术 till 的节点 one 里没有 `anwsers` 这个键，是不是 `answers`？"]
    lost = "      one: {say: 您好, answers: {好: {ends: yes}}}\n"
    assert [line.split()[0] for line in found(lost, text)] == ["SOP-S204"]


FOLLOWED = """\
roles: {clerk: {person: 林岚}}
journeys:
  joined: {on_event: script.till.yes, steps: [{id: thank, task: 道谢, to: clerk, due: 1d}]}
"""


def test_an_ending_that_is_followed_exists() -> None:
    nodes = "      one: {say: 您好, answers: {好: {end: yse}, 不: {end: no}}}\n"
    text = HEAD.replace("scripts:", FOLLOWED + "scripts:")
    assert found(nodes, text) == ["SOP-R312 没有话术结局 `script.till.yes`，是不是 `script.till.yse`？"]
    assert found(nodes.replace("yse", "yes"), text) == []


def test_a_task_names_a_script_that_exists() -> None:
    steps = "roles: {clerk: {person: 林岚}}\nweekly:\n  to: clerk\n  steps:\n"
    steps += "    - {id: a, on: mon, at: 09:00, task: 值班, script: tiil}\n"
    steps += (
        "    - id: b\n      on: mon\n      at: 09:00\n      choose: [{if: slot.number > 1, task: 值班, script: x}]\n"
    )
    steps += "      else: {task: 值班, script: till}\n"
    text = HEAD.replace("scripts:", steps + "scripts:")
    assert found("      one: {say: 您好, end: yes}\n", text) == [
        "SOP-R331 没有话术 `tiil`，是不是 `till`？",
        "SOP-R331 没有话术 `x`",
    ]


# --- roads


@pytest.mark.parametrize(
    ("nodes", "findings"),
    [
        ("one: {end: yes}\n      two: {end: no}", ["SOP-S233 节点 two 走不到；结局 no 不会出现"]),
        ("one: {end: yes}\n      two: {end: yes}", ["SOP-S233 节点 two 走不到"]),
        ("one: {end: yes}\n      a: {go: b}\n      b: {go: one}", ["SOP-S233 节点 a 走不到，后面的 b 也走不到"]),
        (
            "one: {end: yes}\n      a: {answers: {好: b}}\n      b: {answers: {好: a}}",
            ["SOP-S233 节点 a 走不到，后面的 b 也走不到"],
        ),
        (
            "one: {answers: {好: two, 不: {end: no}}}\n      two: {answers: {好: to}}\n      to: {answers: {好: two}}",
            ["SOP-S232 走到 two 就出不去了，怎么答都到不了结局：two → to → two"],
        ),
        (
            "one: {ask: {seats: {type: integer}}, go: one}",
            ["SOP-S232 走到 one 就出不去了，怎么答都到不了结局：one → one"],
        ),
        (
            "one: {choose: [{if: ask.amount > 5, end: yes}], else: two}\n      two: {say: 嗯, go: one}",
            ["SOP-S232 这一圈里什么都不问，会一直转下去：one → two → one"],
        ),
        ("one: {ask: {amount: {type: money}}, choose: [{if: ask.amount > 5, end: yes}], else: one}", []),
        ("one: {say: 好吗？, answers: {好: {end: yes}, 再说一遍: one}}", []),
    ],
)
def test_every_node_is_reached_and_leads_to_an_ending(nodes: str, findings: list[str]) -> None:
    assert found(f"      {nodes}\n") == findings


def test_always_needs_a_node_with_answers() -> None:
    text = HEAD.replace("    start: one", "    always: {走了: {end: left}}\n    start: one")
    assert found("      one: {say: 您好, end: yes}\n", text) == ["SOP-S233 没有哪个节点有回答，always 用不上"]
    trapped = "      one: {say: 您好, answers: {好: one}}\n"
    assert found(trapped, text) == []


# --- values


TWO_WAYS = """\
      one: {say: 几位？, answers: {两位: two, 不说: three}}
      two: {say: 好, ask: {seats: {type: integer}}, go: three}
      three: {say: "LINE", end: yes}
"""


@pytest.mark.parametrize(
    ("line", "findings"),
    [
        ("{{ ask.amount }} 元", []),
        ("{{ ask.seats }} 位", ["SOP-R333 说到这里可能还没有问过 `ask.seats`：走 one → three 就没有问"]),
        ("{% if ask.seats is known %}{{ ask.seats }} 位{% else %}几位都行{% endif %}", []),
        ("{{ ask.seats | default('几') }} 位", []),
        ("{{ ask.setas }} 位", ["SOP-R305 没有 `ask.setas`，是不是 `ask.seats`？"]),
        ("{{ member.name }}", ["SOP-R305 `member` 用不了：话术里只有 input 和 ask"]),
    ],
)
def test_a_line_uses_what_has_been_asked(line: str, findings: list[str]) -> None:
    assert found(TWO_WAYS.replace("LINE", line)) == findings


def test_what_a_node_asks_is_known_after_it_has_spoken() -> None:
    node = "      one: {say: SAY, ask: {seats: {type: integer}}, "
    node += "choose: [{if: ask.seats > 4, end: big}], else: {end: no}}\n"
    assert found(node.replace("SAY", "几位？")) == []
    assert found(node.replace("SAY", '"{{ ask.seats }} 位？"')) == [
        "SOP-R333 说到这里可能还没有问过 `ask.seats`：这个节点说完才问它"
    ]


@pytest.mark.parametrize(
    ("arms", "count"),
    [
        ("[{if: ask.seats > 4, go: four}, {if: ask.seats is unknown, go: four}]", 1),
        ("[{if: ask.seats is unknown, end: no}, {if: ask.seats > 4, go: four}]", 0),
        ("[{if: ask.seats is known and ask.seats > 4, go: four}]", 0),
        ("[{if: ask.seats > 4, go: four}, {if: ask.seats is unknown, end: no}]", 0),
        ("[{if: ask.seats is known, go: four}]", 0),
        ("[{if: ask.seats is known or ask.amount > 3, go: four}]", 1),
        ("[{if: not (ask.seats is unknown or ask.amount > 3), go: four}]", 0),
    ],
)
def test_conditions_make_sure_of_what_they_ask_for(arms: str, count: int) -> None:
    nodes = TWO_WAYS.replace('{say: "LINE", end: yes}', f"{{choose: {arms}, else: {{end: no}}}}")
    nodes += '      four: {say: "{{ ask.seats }} 位", end: yes}\n'
    assert codes(nodes) == ["SOP-R333"] * count


def test_ask_is_for_scripts_alone() -> None:
    steps = "roles: {clerk: {person: 林岚}}\nweekly:\n  to: clerk\n  steps:\n"
    steps += "    - {id: a, on: mon, at: 09:00, task: 值班, if: ask.amount > 3}\n"
    text = HEAD.replace("scripts:", steps + "scripts:")
    assert found("      one: {say: 您好, end: yes}\n", text) == [
        "SOP-R305 `ask` 用不了：ask 是话术里问到的值，只在话术里有"
    ]


def test_choices_are_compared_with_choices() -> None:
    nodes = "      one: {ask: {taste: {type: choice, choices: [酸, 甜]}}, choose: [{if: IF, end: a}], else: {end: b}}\n"
    assert found(nodes.replace("IF", "ask.taste == '酸'")) == []
    loaded = load_text(HEAD + nodes.replace("IF", "ask.taste != '甜的'"))
    (wrong,) = [d for d in loaded.diagnostics if d.code == "SOP-S203"]
    assert wrong.fix is not None
    (edit,) = wrong.fix.edits
    assert [d.code for d in load_text(HEAD + nodes.replace("IF", "ask.taste > 3")).diagnostics][-1] == "SOP-T407"
    line = loaded.texts["base.yaml"].split("\n")[edit.place.line - 1]
    assert (line[edit.place.col - 1 : edit.place.end_col - 1], edit.text) == ("'甜的'", "'甜'")


@pytest.mark.parametrize(
    "answers",
    [
        "{两位: {end: a}, 1: {end: b}}",
        "{B: {end: a}}",
        "{' ': {end: a}}",
        "{q: {end: a}}",
        "{OK: {end: a}, 'ｏｋ ': {end: b}}",
    ],
)
def test_answers_can_be_told_from_numbers_and_commands(answers: str) -> None:
    assert codes(f"      one: {{say: 几位？, answers: {answers}}}\n") == ["SOP-S234"]


def test_a_number_that_stands_at_its_own_place_is_clear() -> None:
    assert codes("      one: {say: 几位？, answers: {1: {end: a}, 2: {end: b}, 8: {end: c}}}\n") == []
