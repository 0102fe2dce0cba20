"""A script and what a clerk answers, one reply at a time → where the talk stands: what was said, what is asked next.

A walk never changes: each reply gives a new one, so going back is keeping the old. Any reply is taken or refused with
the reason; a script without errors is walked to an ending or stands at a question.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias
from unicodedata import category, normalize

from msgspec import Struct
from msgspec.structs import replace

from sopengine.diagnostics import Path, Text
from sopengine.language.expressions.conditions import evaluate
from sopengine.language.expressions.knowledge import asks_for_unknown
from sopengine.language.inputs import typed_value
from sopengine.language.named import FieldType, Value
from sopengine.language.script import ANSWERS, PATH, Answer, Choice, Node, Question, Script, ToEnd, ToNode, Way
from sopengine.language.suggest import closest

_LONGEST = 1000
"""Characters of one value."""


class Passed(Struct, frozen=True):
    """A node that has been reached, and the values known when it was said."""

    node: Node
    asked: Mapping[str, Value]


class Reply(Struct, frozen=True):
    """What the clerk gave at a node ("" before the first): the value of `question`, or the answer of the customer."""

    node: str
    text: str
    question: str = ""


class Ended(Struct, frozen=True):
    ending: str


class Undecided(Struct, frozen=True):
    """No condition of this node can be answered with these values; never taken for `else` (language.md, choose)."""

    node: str
    path: Path


Stop: TypeAlias = Question | tuple[Answer, ...] | Ended | Undecided
"""Where a walk stands: it asks for a value, for one of these answers, or is over."""


class NotTaken(Exception):
    """A reply that is not possible here."""

    def __init__(self, message: Text, help: Text | None = None) -> None:
        super().__init__(message.en)
        self.message = message
        self.help = help


class Walk(Struct, frozen=True):
    script: Script
    inputs: Mapping[str, Value]
    zone: str  # in which a moment that the clerk types is read
    stop: Stop
    asked: Mapping[str, Value]
    passed: tuple[Passed, ...] = ()
    replies: tuple[Reply, ...] = ()
    questions: tuple[Question, ...] = ()  # to be asked before it goes on, the one of `stop` first

    @property
    def node(self) -> str:
        return self.passed[-1].node.name if self.passed else ""

    @property
    def event(self) -> str:
        """The event that its ending raises; "" before it has ended."""
        return self.script.event(self.stop.ending) if isinstance(self.stop, Ended) else ""

    def data(self) -> dict[str, Value]:
        """What the event of the ending carries, with the types of `Script.events`."""
        answers = [reply.text for reply in self.replies if not reply.question]
        return {**self.asked, PATH: [passed.node.name for passed in self.passed], ANSWERS: list(answers)}


def begin(script: Script, inputs: Mapping[str, Value], zone: str) -> Walk:
    """At the first question, perhaps the first node's. `inputs` need not hold what the script never reads."""
    return _settled(Walk(script, inputs, zone, Ended(""), asked={}, questions=script.ask))


def reply(walk: Walk, text: str) -> Walk:
    """The walk after this reply; NotTaken where it is none."""
    match walk.stop:
        case Question() as question:
            value = _value(question, text, walk.zone)
            given = Reply(walk.node, text.strip(), question.name)
            asked = {**walk.asked, question.name: value}
            return _settled(replace(walk, asked=asked, questions=walk.questions[1:], replies=(*walk.replies, given)))
        case tuple() as answers:
            answer = _answer(answers, text)
            return _settled(replace(walk, replies=(*walk.replies, Reply(walk.node, answer.text))), answer.way)
        case Ended(ending):
            message = Text(f"已经以 {ending} 结束，不能再答", f"it has ended with {ending}: nothing more is asked")
            raise NotTaken(message)
        case Undecided(node):
            raise NotTaken(Text(f"节点 {node} 判断不了往哪里走", f"node {node} cannot tell where to go"))


def numbered(stop: Stop) -> tuple[str, ...]:
    """What may be given by its number, in that order."""
    if isinstance(stop, tuple):
        return tuple(answer.text for answer in stop)
    return stop.choices if isinstance(stop, Question) else ()


# --- from node to node


def _settled(walk: Walk, way: Way | None = None) -> Walk:
    """Taken on, first by `way`, to where something has to be asked, or to its end."""
    while way is not None or not walk.questions:
        match way or _onward(walk):
            case ToNode(name):
                node = walk.script.nodes[name]
                walk = replace(walk, passed=(*walk.passed, Passed(node, walk.asked)), questions=node.ask)
                way = None
            case ToEnd(ending):
                return replace(walk, stop=Ended(ending))
            case stop:
                return replace(walk, stop=stop)
    return replace(walk, stop=walk.questions[0])


def _onward(walk: Walk) -> Way | tuple[Answer, ...] | Undecided:
    if not walk.passed:
        return ToNode(walk.script.start, (*walk.script.path, "start"))
    node = walk.passed[-1].node
    if not isinstance(node.onward, Choice):
        return node.onward
    way = _decided(node.onward, {"input": walk.inputs, "ask": walk.asked})
    return Undecided(node.name, (*node.path, "choose")) if way is None else way


def _decided(choice: Choice, context: Mapping[str, Mapping[str, Value]]) -> Way | None:
    """The first true branch; after one that cannot be answered only those that ask for the unknown are tried."""
    unanswered = False
    for branch in choice.branches:
        text = branch.condition.text
        if unanswered and not asks_for_unknown(text):
            continue
        answer = evaluate(text, context)
        if answer:
            return branch.way
        unanswered = unanswered or answer is None
    return None if unanswered else choice.otherwise


# --- what the clerk typed


def _value(question: Question, text: str, zone: str) -> Value:
    """By its type; a choice also by its number. Full-width signs count as the ASCII ones, except in a text."""
    written = text.strip()
    if not written:
        raise NotTaken(Text(f"{question.title} 不能空着", f"{question.title} cannot be left empty"))
    if len(written) > _LONGEST or any(category(sign) in ("Cc", "Cs") for sign in written):
        raise NotTaken(
            Text(
                f"{question.title} 太长，或含有不能保存的字符",
                f"{question.title} is too long or holds signs that cannot be kept",
            )
        )
    if question.type is not FieldType.TEXT:
        written = normalize("NFKC", written)
    if question.type is FieldType.CHOICE:
        written = _picked(question.choices, written) or written
    value, problem = typed_value(question.type, written, zone, question.choices)
    if problem is not None:
        raise NotTaken(Text(f"{question.title} {problem.zh}", f"{question.title} {problem.en}"))
    return list(value) if isinstance(value, tuple) else value


def _answer(answers: tuple[Answer, ...], text: str) -> Answer:
    texts = [answer.text for answer in answers]
    picked = _picked(texts, text)
    if picked is None:
        guess = closest(text, texts)
        listed = [f"{number} {answer}" for number, answer in enumerate(texts, 1)]
        raise NotTaken(
            Text(
                f"没有 `{text.strip()}` 这个回答" + (f"，是不是 `{guess}`？" if guess else ""),
                f"`{text.strip()}` is not one of the answers" + (f"; did you mean `{guess}`?" if guess else ""),
            ),
            Text(f"可以答：{'、'.join(listed)}", f"One of: {', '.join(listed)}"),
        )
    return answers[texts.index(picked)]


def _picked(texts: tuple[str, ...] | list[str], typed: str) -> str | None:
    """The one that is written so, else the one with this number."""
    plain = normalize("NFKC", typed).strip().casefold()
    for text in texts:
        if normalize("NFKC", text).strip().casefold() == plain:
            return text
    number = int(plain) if plain.isdecimal() and len(plain) < 9 else 0
    return texts[number - 1] if 1 <= number <= len(texts) else None
