"""A script as written → its Script; what cannot be read is left out, the shape check has reported it."""

from __future__ import annotations

from sopengine.language.build.declarations import build_condition, field_type
from sopengine.language.build.part import Part
from sopengine.language.named import FieldType
from sopengine.language.script import Answer, Branch, Choice, Node, Onward, Question, Script, ToEnd, ToNode, Way


def build_script(name: str, part: Part) -> Script:
    always = _answers(part.get("always"))
    return Script(
        name=name,
        path=part.path,
        start=part.get("start").text(),
        nodes={key: _node(key, node, always) for key, node in part.get("nodes").entries()},
        title=part.get("title").text() or name,
        ask=_questions(part.get("ask")),
        always=always,
    )


def _node(name: str, part: Part, always: tuple[Answer, ...]) -> Node:
    return Node(
        name=name,
        path=part.path,
        onward=_onward(part, always),
        say=part.get("say").text(),
        note=part.get("note").text(),
        point=part.get("point").text(),
        ask=_questions(part.get("ask")),
    )


def _onward(part: Part, always: tuple[Answer, ...]) -> Onward:
    """No answers at all where a node that has errors says nothing better."""
    if "choose" in part:
        otherwise = _way(part.get("else"))
        return Choice(_branches(part.get("choose")), otherwise) if otherwise else ()
    if "answers" in part:
        own = _answers(part.get("answers"))
        taken = {answer.text for answer in own}
        return (*own, *(answer for answer in always if answer.text not in taken))
    return _way(part) or ()


def _branches(part: Part) -> tuple[Branch, ...]:
    read = [(build_condition(arm.get("if")), _way(arm)) for arm in part.each()]
    return tuple(Branch(condition, way) for condition, way in read if condition and way)


def _answers(part: Part) -> tuple[Answer, ...]:
    read = [(text, _way(way), way.path) for text, way in part.entries()]
    return tuple(Answer(text, way, path) for text, way, path in read if way)


def _way(part: Part) -> Way | None:
    """A node's name, or a mapping with `go` or `end`."""
    go, end = part.get("go"), part.get("end")
    if isinstance(end.data, str):
        return ToEnd(end.data, end.path)
    node = part if isinstance(part.data, str) else go
    return ToNode(node.data, node.path) if isinstance(node.data, str) else None


def _questions(part: Part) -> tuple[Question, ...]:
    """One whose type cannot be read is a text, so that what asks for it is not wrong as well."""
    return tuple(
        Question(
            name=name,
            type=field_type(question) or FieldType.TEXT,
            path=question.path,
            title=question.get("title").text() or name,
            choices=tuple(item.text() for item in question.get("choices").each() if item.text()),
        )
        for name, question in part.entries()
    )
