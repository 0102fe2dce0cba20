"""A seed and a number in, one template or condition out: the language's words in any order, payloads with slips."""

from __future__ import annotations

from random import Random

from tests.language.templates.payloads import BURNS, ESCAPES

_NAMES = ["target.name", "target.tags", "target.size", "input.saving", "event.members", "metric.gmv.today"]
_NAMES += ["x", "a.b", "loop.index"]
_CODE = [
    *("1", "0", "2.5", "'a'", '"b"', "none", "true", "[1, 2]", "('a', 1)", "range(3)", "target", "９"),
    *(" + ", " - ", " * ", " / ", " // ", " % ", " ~ ", " == ", " != ", " < ", " >= ", " in ", " and ", " or "),
    *(" not ", " if ", " else ", " is known", " is unknown", " is even", "(", ")", "[", "]", "{", "}", ".", ","),
    *("=", " | ", " | join", " | length", " | int", " | date('M月D日')", " | money", " | list", " | sort", " | sum"),
    *(" | first", " | round(2)", " | replace('a', 'b')", " | truncate(3)", " | default('x')", " | map", " | upper"),
    *("._x", ".has('vip')", "count('order.paid')", ".today", ".within('7d')", "**", "$", "\\", "😀", "\x00", "\n"),
    *("｜", "，", "“", "’", "（", "\u3000"),
]
_MARKS = ["{{ ", " }}", "{%- if ", "{% if ", "{% for x in ", " %}", "{% endif %}", "{% endfor %}", "{% else %}"]
_MARKS += ["{% set x = ", "{#", "#}", "{{", "}}", "{% raw %}", "{% endraw %}", "｛{", "}｝", "{ "]
_TEXT = ["你好", "\n", " ", "#夏日#", "满 30 减 5", "a", "。", "\t", "@所有人", "%", "}"]
_SHORT = [text for text in (*ESCAPES, *BURNS) if len(text) < 300]


def template(seed: int, number: int) -> str:
    dice = Random(f"{seed}:t{number}")
    match dice.randrange(4):
        case 0:
            return "".join(dice.choices([*_MARKS, *_NAMES, *_CODE, *_TEXT], k=dice.randrange(1, 25)))
        case 1:
            return _slip(dice, dice.choice(_SHORT))
        case _:
            made = "".join(_piece(dice) for _ in range(dice.randint(1, 4)))
            return _slip(dice, made) if dice.random() < 0.3 else made


def _piece(dice: Random) -> str:
    code = "".join(dice.choices([*_NAMES, *_NAMES, *_CODE], k=dice.randint(1, 6)))
    forms = [
        f"{{{{ {code} }}}}",
        f"{{% if {code} %}}是{{% endif %}}",
        f"{{% for x in {code} %}}{{{{ x }}}}{{% endfor %}}",
    ]
    return dice.choice([*forms, dice.choice(_TEXT)])


def condition(seed: int, number: int) -> str:
    dice = Random(f"{seed}:c{number}")
    if dice.random() < 0.1:
        return _slip(dice, dice.choice(_SHORT).strip("{}% "))
    made = "".join(dice.choices([*_NAMES, *_NAMES, *_CODE], k=dice.randint(1, 12)))
    return _slip(dice, made) if dice.random() < 0.3 else made


def _slip(dice: Random, text: str) -> str:
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(text) + 1)
        text = text[:at] + dice.choice(["", *_CODE, *_MARKS, *_TEXT]) + text[at + dice.randrange(3) :]
    return text
