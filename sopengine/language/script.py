"""A script as frozen values: what a clerk says at each node, and where each answer leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from sopengine.diagnostics import Path
from sopengine.language.named import Condition, Field, Fields, FieldType

ENDINGS = "script."
"""An ending X of a script NAME raises the event `script.NAME.X`."""

BACK, QUIT = "b", "q"
"""What a clerk types to go back and to leave; no answer may look like them."""

PATH, ANSWERS, TASK = "path", "answers", "task"
"""What the event of an ending carries beside the values asked for: nodes passed, answers given, the task it was for."""


def is_ending(event: str) -> bool:
    """Whether an event has the name of a script's ending."""
    return event.startswith(ENDINGS)


class Question(Struct, frozen=True):
    """A value the clerk finds out and types in; `ask.NAME` from then on."""

    name: str
    type: FieldType
    path: Path
    title: str = ""
    choices: tuple[str, ...] = ()


class ToNode(Struct, frozen=True):
    node: str
    path: Path


class ToEnd(Struct, frozen=True):
    ending: str
    path: Path


Way: TypeAlias = ToNode | ToEnd


class Answer(Struct, frozen=True):
    """What the customer may answer; `path` is that of its entry."""

    text: str
    way: Way
    path: Path


class Branch(Struct, frozen=True):
    condition: Condition
    way: Way


class Choice(Struct, frozen=True):
    """The first branch that is true leads on, else `otherwise`."""

    branches: tuple[Branch, ...]
    otherwise: Way


Onward: TypeAlias = tuple[Answer, ...] | Choice | Way
"""How it goes on after a node: as the customer answers, as conditions decide, or always the same way."""


class Node(Struct, frozen=True):
    """`say`, `note` and `point` are templates. What `ask` asks for is known once the node has been said."""

    name: str
    path: Path
    onward: Onward
    say: str = ""  # to the customer
    note: str = ""  # to the clerk
    point: str = ""  # what the line is good for
    ask: tuple[Question, ...] = ()

    def lines(self) -> list[tuple[str, str]]:
        """Key and template of each line that is written."""
        written = (("say", self.say), ("note", self.note), ("point", self.point))
        return [(key, text) for key, text in written if text]

    def ways(self) -> tuple[Way, ...]:
        match self.onward:
            case tuple() as answers:
                return tuple(answer.way for answer in answers)
            case Choice(branches, otherwise):
                return (*(branch.way for branch in branches), otherwise)
            case way:
                return (way,)

    def branches(self) -> tuple[Branch, ...]:
        return self.onward.branches if isinstance(self.onward, Choice) else ()

    @property
    def stops(self) -> bool:
        """Whether it waits for the clerk; else the script goes on by itself."""
        return bool(self.ask) or isinstance(self.onward, tuple)


class Script(Struct, frozen=True):
    """`ask` is asked before the first node. Nodes with answers already hold those of `always`, after their own."""

    name: str
    path: Path
    start: str
    nodes: Mapping[str, Node]
    title: str = ""
    ask: tuple[Question, ...] = ()
    always: tuple[Answer, ...] = ()

    def ways(self) -> list[Way]:
        """Every way that is written, each once; those of `always` last."""
        always = [answer.way for answer in self.always]
        own = [way for node in self.nodes.values() for way in node.ways() if way not in always]
        return list(dict.fromkeys([*own, *always]))

    def endings(self) -> tuple[str, ...]:
        """Each once, in that order."""
        return tuple(dict.fromkeys(way.ending for way in self.ways() if isinstance(way, ToEnd)))

    def questions(self) -> tuple[Question, ...]:
        return (*self.ask, *(question for node in self.nodes.values() for question in node.ask))

    def event(self, ending: str) -> str:
        return f"{ENDINGS}{self.name}.{ending}"

    def asked(self) -> dict[str, Field]:
        """What it asks for, by name; a question that is asked twice has the choices of both."""
        fields: dict[str, Field] = {}
        for question in self.questions():
            before = fields[question.name].choices if question.name in fields else ()
            fields[question.name] = Field(question.name, question.type, choices=before + question.choices)
        return fields

    def events(self) -> dict[str, Fields]:
        """The events its endings raise, with what they carry; a value that was not asked for on the way is missing."""
        own = {PATH: FieldType.LIST, ANSWERS: FieldType.LIST, TASK: FieldType.INTEGER}
        fields = self.asked() | {name: Field(name, kind) for name, kind in own.items()}
        return dict.fromkeys(map(self.event, self.endings()), fields)
