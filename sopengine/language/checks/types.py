"""Comparisons and prints of a text → findings where types do not fit, or a text is none of the choices there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sopengine.diagnostics import Edit, Fix, Place, Text
from sopengine.language.checks.kinds import EXAMPLES, Kind, Kinds, Where
from sopengine.language.expressions.comparing import UNWRITTEN, Comparison, Side, comparisons, printed
from sopengine.language.expressions.filters import Unprintable, text_of
from sopengine.language.expressions.three_valued import COMPARISONS
from sopengine.language.named import FieldType
from sopengine.language.suggest import closest, is_slip
from sopengine.timing.parse.weekdays import SHORT, WEEKDAYS

_CALLED = {
    FieldType.TEXT: Text("文字", "a text"),
    FieldType.CHOICE: Text("文字", "a text"),
    FieldType.IMAGE: Text("图片", "an image"),
    FieldType.NUMBER: Text("数字", "a number"),
    FieldType.INTEGER: Text("数字", "a number"),
    FieldType.MONEY: Text("数字", "a number"),
    FieldType.DATE: Text("日期", "a date"),
    FieldType.DATETIME: Text("日期加钟点", "a date with a time"),
    FieldType.TIME: Text("钟点", "a clock time"),
    FieldType.DURATION: Text("时长", "a duration"),
    FieldType.LIST: Text("列表", "a list"),
    FieldType.BOOL: Text("是或否", "yes or no"),
}
_NUMBERS = (FieldType.NUMBER, FieldType.INTEGER, FieldType.MONEY)
_TEXTS = (FieldType.TEXT, FieldType.CHOICE)

Report = Callable[[str, Text, Side, str, Text | None, Callable[[Place], Fix] | None], None]
"""Code, message, the side it is about, the stretch it has there, help, and the fix at its place."""


def check_types(text: str, kinds: Kinds, where: Where, report: Report, *, condition: bool) -> None:
    """Reports SOP-T407, S203 and T406."""
    for compared in comparisons(text, condition=condition):
        left, right = kinds.of(compared.left, where), kinds.of(compared.right, where)
        if left is None or right is None:
            continue
        if _answer(compared, left, right) is None:
            _report_unlike(compared, left, right, report)
            continue
        for side, other, its_kind in ((compared.left, compared.right, left), (compared.right, compared.left, right)):
            if its_kind.choices and compared.operator in ("eq", "ne", "in", "notin"):
                _check_choices(side, other, its_kind, report)
    for side in () if condition else printed(text):
        kind = kinds.of(side, where)
        if kind is not None and not _prints(kind.type):
            _report_printed(side, kind, report)


def _answer(compared: Comparison, left: Kind, right: Kind) -> bool | None:
    """What a comparison of such values says; None = it never has an answer."""
    return COMPARISONS[compared.operator](_example(compared.left, left), _example(compared.right, right))


def _example(side: Side, kind: Kind) -> Any:
    return EXAMPLES[kind.type] if side.value is UNWRITTEN else side.value


def _report_unlike(compared: Comparison, left: Kind, right: Kind, report: Report) -> None:
    names = [
        Text(f"{shown} 是{_CALLED[kind.type].zh}", f"{shown} is {_CALLED[kind.type].en}")
        for shown, kind in ((_shown(compared.left), left), (_shown(compared.right), right))
    ]
    message = Text(
        f"这两边比不出结果：{names[0].zh}，{names[1].zh}", f"These do not compare: {names[0].en}, {names[1].en}"
    )
    side, other, kind = compared.right, compared.left, left
    if compared.right.value is UNWRITTEN and compared.left.value is not UNWRITTEN:
        side, other, kind = compared.left, compared.right, right
    report("SOP-T407", message, side, _shown(side), *_way_out(side, other, kind))


def _way_out(side: Side, other: Side, kind: Kind) -> tuple[Text | None, Callable[[Place], Fix] | None]:
    """`side` is what is written, `other` has that kind."""
    value = side.value
    if kind.undeclared:
        column = other.parts[-1]
        wanted = "integer" if isinstance(value, int) else "number"
        return Text(
            f"在人群里声明这一列的类型：columns: {{{column}: {wanted}}}",
            f"Declare the column's type with the audience: columns: {{{column}: {wanted}}}",
        ), None
    if kind.type in _NUMBERS and isinstance(value, str) and value.strip().replace(".", "", 1).isdigit():
        return _write(value.strip())
    if kind.type in _TEXTS and not isinstance(value, str | bool | list) and value is not UNWRITTEN:
        return _write(f"'{value}'")
    if kind.type in (FieldType.DATE, FieldType.DATETIME) and isinstance(value, str):
        return Text("和日期比，用一个 date 类型的输入", "Compare with an input of type date"), None
    if kind.type is FieldType.LIST and isinstance(value, str):
        return Text(f"写成 {_shown(other)}.has('{value}')", f"Write {_shown(other)}.has('{value}')"), None
    return None, None


def _write(correct: str) -> tuple[Text, Callable[[Place], Fix]]:
    return Text(f"写成 {correct}", f"Write {correct}"), lambda place: Fix((Edit(place, correct),), safe=True)


def _check_choices(side: Side, other: Side, kind: Kind, report: Report) -> None:
    """A text that `side` never has."""
    for text in _texts(other):
        if text in kind.choices:
            continue
        guess = _meant(text, kind.choices)
        listed = Text("可以写：" + "、".join(kind.choices), "One of: " + ", ".join(kind.choices))
        message = Text(
            f"{_shown(side)} 不会是 `{text}`" + (f"，是不是 `{guess}`？" if guess else ""),
            f"{_shown(side)} is never `{text}`" + (f"; did you mean `{guess}`?" if guess else ""),
        )
        fix = None
        if guess and isinstance(other.value, str):
            safe = is_slip(text, guess) or text.lower() in WEEKDAYS

            def fix(place: Place, new: str = guess, safe: bool = safe) -> Fix:
                return Fix((Edit(place, f"'{new}'"),), safe=safe)

        report("SOP-S203", message, other, _shown(other), listed, fix)


def _texts(side: Side) -> Iterator[str]:
    if isinstance(side.value, str):
        yield side.value
    elif isinstance(side.value, list):
        yield from (item for item in side.value if isinstance(item, str))


def _meant(text: str, choices: tuple[str, ...]) -> str | None:
    """周二 and Tuesday are `tue`."""
    if choices == SHORT and text.lower() in WEEKDAYS:
        return SHORT[WEEKDAYS[text.lower()]]
    return closest(text, choices)


def _prints(kind: FieldType) -> bool:
    if kind is FieldType.DURATION:
        return True  # it reaches a template as its text
    try:
        text_of(EXAMPLES[kind])
    except Unprintable:
        return False
    return True


def _report_printed(side: Side, kind: Kind, report: Report) -> None:
    name = _shown(side)
    if kind.type is FieldType.LIST:
        help = Text(f"写成 {{{{ {name} | join('、') }}}}", f"Write {{{{ {name} | join(', ') }}}}")
    else:
        help = Text(f"写成 {{% if {name} %}}…{{% endif %}}", f"Write {{% if {name} %}}…{{% endif %}}")
    called = _CALLED[kind.type]
    message = Text(f"{name} 是{called.zh}，不能直接打印", f"{name} is {called.en} and cannot be printed")
    report("SOP-T406", message, side, name, help, None)


def _shown(side: Side) -> str:
    if side.ask is not None:
        return ".".join((side.ask.text, *side.parts))
    if side.parts:
        return ".".join(side.parts)
    if isinstance(side.value, str):
        return f"'{side.value}'"
    if side.value is UNWRITTEN:
        return "…"
    return str(side.value).lower() if isinstance(side.value, bool) else str(side.value)
