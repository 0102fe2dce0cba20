"""What a person fills in when a task is done in; typed values out, or the first thing that its form does not take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sopengine.diagnostics import Text
from sopengine.language.inputs import typed_value
from sopengine.language.named import Fields
from sopengine.language.suggest import closest
from sopengine.language.values import EXPECTED


class FormMistake(Exception):
    """What is wrong with a filled-in form, and what helps."""

    def __init__(self, message: Text, help: Text | None = None) -> None:
        super().__init__(message.en)
        self.message, self.help = message, help


def filled_in(form: Fields, given: Mapping[str, str], zone: str) -> dict[str, Any]:
    """Raises FormMistake."""
    values: dict[str, Any] = {}
    for name, raw in given.items():
        if name not in form:
            raise _no_such_field(form, name)
        if not raw.strip():
            continue
        value, problem = typed_value(form[name].type, raw, zone, form[name].choices)
        if problem is not None:
            listed = form[name].choices
            help = Text(f"可以写：{'、'.join(listed)}", f"One of: {', '.join(listed)}") if listed else None
            raise FormMistake(Text(f"{name} {problem.zh}", f"{name} {problem.en}"), help)
        values[name] = value
    if missing := [name for name, field in form.items() if field.required and name not in values]:
        zh = "、".join(asked(form, name).zh for name in missing)
        en = ", ".join(asked(form, name).en for name in missing)
        words = " ".join(f"--field {name}=…" for name in missing)
        raise FormMistake(Text(f"还要填：{zh}", f"still to be filled in: {en}"), Text(f"加上 {words}", f"Add {words}"))
    return values


def _no_such_field(form: Fields, name: str) -> FormMistake:
    if not form:
        return FormMistake(Text("这个任务没有要填的字段", "this task has no fields to fill in"))
    guess = closest(name, form)
    zh, en = "、".join(asked(form, one).zh for one in form), ", ".join(asked(form, one).en for one in form)
    help = (
        Text(f"是不是 {guess}？", f"did you mean {guess}?") if guess else Text(f"要填的是：{zh}", f"its fields: {en}")
    )
    return FormMistake(Text(f"没有字段 {name[:40]}", f"there is no field {name[:40]}"), help)


def asked(form: Fields, name: str) -> Text:
    """A field as people read it: its name, title, and what it takes."""
    field = form[name]
    wanted = EXPECTED[field.type]
    takes = Text("/".join(field.choices), "/".join(field.choices)) if field.choices else wanted
    parts_zh, parts_en = [part for part in (field.title, takes.zh) if part], [p for p in (field.title, takes.en) if p]
    return Text(f"{name}（{'，'.join(parts_zh)}）", f"{name} ({', '.join(parts_en)})")
