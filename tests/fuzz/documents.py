"""A seed and a number in, the bytes of one document out: random, nearly right, or everything YAML allows at once."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from sopengine.language.schema import linked_schema
from sopengine.resources import resource
from tests.language.model.support import BASE

CASES = Path(__file__).parents[1] / "cases"
_SUITE = Path(__file__).with_name("yaml-test-suite-fail.json")
_SIGNS = [
    *"\n\t \"'{}[]:,-#&*!|>%@`?\\：，“”－｛｝＃\u3000\xa0\x00\x1b\u2028\ufeff\r",
    *("\n- ", ": ", " #x", "{{ x }}", "<<: *w", "&a ", "*a", "---\n", "...\n", "\n  ", "|\n", ">-\n", "|2\n"),
    *("%YAML 1.2\n", "!!str ", "!!binary ", "!x ", "\r\n", "😀", '"\\ud800"', "key: ", "{a: [", "]}"),
    *("a", "值", "~", "12", "? "),
]
_SCALARS = [
    *("x", "12", "-3", "1.5", "true", "no", "on", "~", "", "null", "0755", "1e9", ".inf", "9" * 40, "!!int 3"),
    *("10:00", "9:30", "25:00", "2026-06-18", "2026-02-30", "opening - 7d", "day 1", "tue", "周二", "每天", "1h"),
    *("2 workdays", "'{{ input.x }}'", '"{{ target.name }}"', "{{ x }}", "target.tier == 'a'", "metric.x.today > 3"),
    *("'a''b'", '"\\n\\x1b"', '"\\ud800"', "&a x", "*a", "<<", "x: y", "- x", "| \n", "@所有人", "#话题# 来了"),
    *("一：二，三", "“好”", "｛a｝", "`"),
]
_LANGUAGE = [*_SCALARS, "n0", "n1", "groups", "day 2..8", "n0 + 2h", "order.paid", "event.x", "Asia/Shanghai"]
_KEYS = ["a", "on", "k1", "标题", "<<", "?x", '"q"', "12"]
_REPEATED = [
    *("[", "{a: ", "- ", "? ", "a: [x, y]\n", "a" * 70, "&a [*a], ", "｛", ", ｛a", "“", "'", '"', "{{", "\\", " #x"),
    *("a: |\n", "：", "\t", "x: y: ", "- - ", "!!a ", "a\n", "［", "x．", "a: “\n", "k: {v: ［\n"),
]


def document(seed: int, number: int) -> tuple[str, bytes]:
    """What kind it is, and its bytes; the same for the same seed and number."""
    suite = _suite()
    if number < len(suite):
        return "yaml-test-suite", suite[number].encode("utf-8", "surrogatepass")
    dice = Random(f"{seed}:{number}")
    kind, make = dice.choices(_KINDS, [weight for weight, _, _ in _WEIGHTED])[0]
    made = make(dice)
    return kind, made if isinstance(made, bytes) else made.encode("utf-8", "surrogatepass")


@cache
def _suite() -> list[str]:
    cases: dict[str, str] = json.loads(_SUITE.read_text("utf-8"))["cases"]
    return list(cases.values())


@cache
def _books() -> list[str]:
    files = [*resource("playbooks").glob("*.yaml"), *CASES.glob("*/*.yaml")]
    short = [text for file in sorted(files) if len(text := file.read_text("utf-8")) < 4_000]
    return [BASE, *short, *(file.read_text("utf-8") for file in files[:1])]


def _bytes(dice: Random) -> bytes:
    length = int(dice.expovariate(1 / 120)) if dice.random() < 0.98 else dice.randrange(20_000)
    if dice.random() < 0.5:
        return dice.randbytes(length)
    likely = b"\n\n  ::-#'\"{}[],&*!|>%@`\\\tabcxyz019\xe4\xb8\xad\xef\xbc\x9a\xff\x00\xd6\xd0"
    return bytes(dice.choices(likely, k=length))


def _signs(dice: Random) -> str:
    return "".join(dice.choices(_SIGNS, k=dice.randrange(1, 60)))


def _mutated(dice: Random) -> bytes | str:
    text = dice.choice(_books())
    for _ in range(dice.randint(1, 5)):
        at = dice.randrange(len(text) + 1)
        match dice.randrange(6):
            case 0:
                text = text[:at] + dice.choice(_SIGNS) + text[at + dice.randrange(4) :]
            case 1:
                rows = text.split("\n")
                row = rows.pop(dice.randrange(len(rows)))
                to = dice.randrange(len(rows) + 1)
                rows[to:to] = dice.choice([[], [row], [row, row], ["  " + row], [row[2:]]])
                text = "\n".join(rows)
            case 2:
                text = text[:at] + text[at + dice.randrange(80) :]
            case 3:
                rows = text.split("\n")
                number = dice.randrange(len(rows))
                key, colon, _ = rows[number].partition(": ")
                rows[number] = f"{key}{colon}{dice.choice(_SCALARS)}"
                text = "\n".join(rows)
            case 4:
                other = dice.choice(_books())
                begin = dice.randrange(len(other))
                text = text[:at] + other[begin : begin + dice.randrange(200)] + text[at:]
            case 5:
                encoded = bytearray(text.encode("utf-8", "surrogatepass"))
                encoded[dice.randrange(len(encoded))] = dice.randrange(256)
                return bytes(encoded)
    if dice.random() < 0.05:
        return text.replace("\n", "\r\n").encode(dice.choice(["utf-8-sig", "utf-16", "gb18030", "big5"]), "replace")
    return text


def _yaml(dice: Random) -> str:
    """Flow and block, quotes, anchors, tags, comments, block texts, several documents: right YAML for the most part."""
    heads = ["", "---\n", "%YAML 1.2\n---\n"]
    return "".join(dice.choice(heads) + _block(dice, 0, 0) for _ in range(dice.choice([1, 1, 1, 2])))


def _block(dice: Random, indent: int, depth: int) -> str:
    lead, lines = " " * indent, []
    listed = dice.random() < 0.35
    for _ in range(dice.randint(1, 4)):
        head = "- " if listed else f"{dice.choice(_KEYS)}: "
        props = dice.choice(["", "", "", "", "&a ", "!!str ", "!x "])
        kind = dice.random()
        if kind < 0.3 and depth < 4:
            lines.append(f"{lead}{head}{props}\n{_block(dice, indent + dice.choice([1, 2, 2, 2, 3]), depth + 1)}")
        elif kind < 0.4:
            mark = dice.choice(["|", ">", "|-", ">+", "|2"])
            lines.append(f"{lead}{head}{mark}\n{lead}  一行 {{{{ x }}}}\n{lead}  #二\n")
        elif kind < 0.6:
            lines.append(f"{lead}{head}{props}{_flow(dice, depth)}{dice.choice(['', ' # 注', ' #注'])}\n")
        else:
            lines.append(f"{lead}{head}{props}{dice.choice(_SCALARS)}\n")
    return "".join(lines)


def _flow(dice: Random, depth: int) -> str:
    def item() -> str:
        return dice.choice(_SCALARS) if depth > 3 or dice.random() < 0.7 else _flow(dice, depth + 1)

    inner, comma = [item() for _ in range(dice.randrange(4))], dice.choice([", ", ", ", ",", "， "])
    if dice.random() < 0.5:
        return f"[{comma.join(inner)}]"
    return "{" + comma.join(f"k{n}{dice.choice([': ', ':', '：'])}{one}" for n, one in enumerate(inner)) + "}"


def _language(dice: Random) -> str:
    """The language's own keys, by its schema, with values that fit or do not."""
    keys = linked_schema("playbook")["properties"]
    chosen = {"playbook", "timezone", *dice.sample(sorted(keys), dice.randint(1, 6))}
    return "".join(f"{key}: {_of(dice, keys[key], 0)}\n" for key in chosen)


def _of(dice: Random, schema: dict[str, Any], depth: int) -> str:
    """A value in flow style."""
    if dice.random() < 0.08 or depth > 7:
        return _quoted(dice.choice(_SCALARS))
    types = schema.get("type", "string")
    kind = dice.choice(types) if isinstance(types, list) else types
    if "enum" in schema and dice.random() < 0.9:
        return str(dice.choice(schema["enum"])).lower()
    if kind == "array":
        return "[" + ", ".join(_of(dice, schema.get("items", {}), depth + 1) for _ in range(dice.randint(0, 3))) + "]"
    if kind == "object":
        known = schema.get("properties", {})
        names = [*schema.get("required", ()), *dice.sample(sorted(known), min(len(known), dice.randrange(3)))]
        for choice in schema.get("oneOf", ()):
            names += choice["required"] if dice.random() < 0.4 else []
        inner = {name: _of(dice, known.get(name, {}), depth + 1) for name in names}
        if isinstance(own := schema.get("additionalProperties"), dict):
            inner |= {f"n{n}": _of(dice, own, depth + 1) for n in range(dice.randrange(3))}
        return "{" + ", ".join(f"{key}: {value}" for key, value in inner.items()) + "}"
    if kind == "boolean":
        return dice.choice(["true", "false"])
    if kind in ("integer", "number"):
        return dice.choice(["0", "1", "12", "-1", "2.5"])
    return _quoted(dice.choice(_LANGUAGE))


def _quoted(text: str) -> str:
    if text.isascii() and text.replace(" ", "").isalnum():
        return text
    return "'" + text.strip("'\"").replace("'", "''") + "'"


def _large(dice: Random) -> str:
    head = dice.choice(["", "a: ", "a: [", "a:\n  - "])
    return (head + dice.choice(_REPEATED) * 10 ** dice.randint(3, 5))[: 1 << 20]


_WEIGHTED = [
    (180, "random bytes", _bytes),
    (180, "signs of YAML", _signs),
    (219, "YAML grammar", _yaml),
    (179, "language grammar", _language),
    (240, "mutated playbook", _mutated),
    (2, "large", _large),
]
_KINDS = [(kind, make) for _, kind, make in _WEIGHTED]
