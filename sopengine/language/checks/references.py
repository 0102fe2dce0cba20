"""A document and the playbook built from it → findings about messages, receivers, steps, events that do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sopengine.diagnostics import Edit, Findings, Fix, Path, Place, Severity, Text
from sopengine.language.checks.carried import carried_entries
from sopengine.language.checks.declared import FLOWS, SUBJECTS, Declared, flow_of
from sopengine.language.document import Document
from sopengine.language.model import Playbook, Send, Step
from sopengine.language.script import is_ending
from sopengine.language.suggest import closest, is_slip

_MOST = 100
"""Unknown names told of one file: listing more helps nobody."""
_MOST_LISTED = 14
_NEXT = ("next", "exit")


class Kind(NamedTuple):
    """What a name should have been: the code of the finding, and its word in both languages."""

    code: str
    zh: str
    en: str
    declared_in: frozenset[str]  # top-level parts


MESSAGE = Kind("SOP-R301", "消息", "message", frozenset(["messages"]))
RECEIVER = Kind("SOP-R302", "人群或角色", "audience or role", frozenset(["audiences", "roles"]))
STEP = Kind("SOP-R304", "步骤", "step", FLOWS)
EVENT = Kind("SOP-R312", "事件", "event", frozenset(["events"]))
ENDING = Kind("SOP-R312", "话术结局", "ending of a script", frozenset(["scripts"]))


@dataclass(slots=True)
class References:
    """Reports unknown names; `meant` gathers what they were meant to be, so that these do not count as unused."""

    document: Document
    declared: Declared
    findings: Findings
    meant: set[str] = field(default_factory=set)
    told: int = 0

    def unknown(
        self, kind: Kind, name: str, path: Path, known: Iterable[str], help: Text | None = None, part: bool = False
    ) -> None:
        """`part`: the name is only a part of the text at `path`."""
        if kind.declared_in & self.declared.uncertain:
            return  # it may stand in what could not be read
        self.told += 1
        if self.told > _MOST:
            return
        guess = closest(name, known)
        place = self.place_of(name, path) if part else self.document.place(path)
        fix = None
        if guess is not None:
            self.meant.add(guess)
            fix = Fix((Edit(place, guess),), safe=is_slip(name, guess))
        self.findings.add(
            kind.code,
            Text(
                f"没有{kind.zh} `{name}`" + (f"，是不是 `{guess}`？" if guess else ""),
                f"There is no {kind.en} `{name}`" + (f"; did you mean `{guess}`?" if guess else ""),
            ),
            place,
            help=None if guess else help,
            path=path,
            fix=fix,
        )

    def unknown_event(self, name: str, path: Path, part: bool = False) -> None:
        """An event that nothing declares; the name of a script's ending stands for no other event."""
        endings = sorted(filter(is_ending, self.declared.events))
        if not is_ending(name):
            self.unknown(EVENT, name, path, self.declared.events, _DECLARE, part)
            return
        script = ("scripts", name.split(".")[1])
        if any(found.path[:2] == script and found.severity is Severity.ERROR for found in self.findings):
            return  # its endings are not known while something in it is wrong
        listed = endings[:_MOST_LISTED]
        help = Text(f"这些结局有：{'、'.join(listed)}", f"These exist: {', '.join(listed)}") if listed else _NO_SCRIPTS
        self.unknown(ENDING, name, path, endings, help, part)

    def place_of(self, name: str, path: Path) -> Place:
        """Where `name` stands inside the text at `path`."""
        text = value_at(self.document, path)
        at = text.find(name) if isinstance(text, str) else -1
        return self.document.inside(path, 1, at + 1, len(name)) if at >= 0 else self.document.place(path)


def value_at(document: Document, path: Path) -> object:
    """The value at `path`, or None where there is none."""
    value: object = document.data
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def check_references(playbook: Playbook, steps: Sequence[Step], references: References) -> None:
    """Adds SOP-R301, R302, R304, R312 and R313."""
    declared = references.declared
    for step in steps:
        _check_step(step, declared, references)
    for path, to in _flow_receivers(playbook):
        _check_receiver(to, path, declared, references)
    for audience in playbook.audiences.values():
        if audience.of and audience.of not in playbook.audiences:
            references.unknown(RECEIVER, audience.of, (*audience.path, "of"), playbook.audiences)
    for path, name in _events(playbook):
        if not declared.is_event(name):
            references.unknown_event(name, path)
    _check_carried(declared, references)
    _check_circles(steps, playbook, references)


_NO_SCRIPTS = Text("话术写在 scripts 里", "Scripts are declared under `scripts`")
_DECLARE = Text("自己的事件要先在 events 里声明", "Events of your own are declared under `events`")
_INLINE = Text(
    "要直接写文字，就写 send: {text: …}；要用消息，先在 messages 里写好它",
    "To write the text here, use `send: {text: …}`; else define the message under `messages`",
)


def _check_step(step: Step, declared: Declared, references: References) -> None:
    match step.action:
        case Send(message) if message.name and message.name not in declared.messages:
            references.unknown(MESSAGE, message.name, (*step.path, "send"), declared.messages, _INLINE)
    if isinstance(value_at(references.document, (*step.path, "to")), str):
        _check_receiver(step.to, (*step.path, "to"), declared, references)
    after = step.when.after
    if after is None or not after.subject:
        return
    path: Path = (*step.path, "after")
    if not after.of_step:
        if not declared.is_event(after.subject):
            references.unknown_event(after.subject, path, part=True)
    elif after.subject not in declared.steps:
        help = None
        if after.subject in declared.inputs:
            help = Text(
                f"{after.subject} 是输入；定在那天前后用 on: {after.subject} + 1d",
                f"{after.subject} is an input; for days around it use `on: {after.subject} + 1d`",
            )
        references.unknown(STEP, after.subject, path, () if help else declared.steps, help, part=True)
    elif declared.steps[after.subject] != flow_of(step.path):
        references.findings.add(
            "SOP-R304",
            Text(
                f"步骤 {after.subject} 在另一个流程里，这里等不到它",
                f"Step {after.subject} is in another flow and cannot be waited for here",
            ),
            references.place_of(after.subject, path),
            help=Text("只能等同一个流程里的步骤", "A step waits for steps of its own flow only"),
            path=path,
        )


def _flow_receivers(playbook: Playbook) -> Iterator[tuple[Path, str]]:
    if playbook.weekly and playbook.weekly.to:
        yield (*playbook.weekly.path, "to"), playbook.weekly.to
    for journey in (*([playbook.welcome] if playbook.welcome else []), *playbook.journeys):
        if journey.to:
            yield (*journey.path, "to"), journey.to


def _check_receiver(name: str, path: Path, declared: Declared, references: References) -> None:
    if name in declared.receivers:
        return
    triggered = flow_of(path) != "calendar" or path[:1] in (("watch",), ("exit_when",))
    if name not in SUBJECTS:
        known = declared.receivers | frozenset(SUBJECTS if triggered else ())
        help = Text("在 audiences 或 roles 里声明它", "Declare it under `audiences` or `roles`")
        references.unknown(RECEIVER, name, path, known, help)
    elif not triggered:
        references.findings.add(
            "SOP-R302",
            Text(
                f"`{name}` 只在由事件触发的流程里有，这里没有触发它的人或群",
                f"`{name}` exists only in flows that an event starts",
            ),
            references.document.place(path),
            help=Text("写人群或角色的名字", "Write the name of an audience or role"),
            path=path,
        )


def _events(playbook: Playbook) -> Iterator[tuple[Path, str]]:
    for journey in (*([playbook.welcome] if playbook.welcome else []), *playbook.journeys):
        if journey.on_event:
            yield (*journey.path, "on_event"), journey.on_event
    for declared in playbook.inputs.values():
        if declared.confirm:
            yield (*declared.path, "confirm"), declared.confirm


def _check_carried(declared: Declared, references: References) -> None:
    for key, text, path in carried_entries(references.document.data):
        if key == "send" and text not in declared.messages:
            references.unknown(MESSAGE, text, path, declared.messages, _INLINE)
        elif key in ("to", "about"):
            _check_receiver(text, path, declared, references)
        elif key in ("event", "wait", "count") and not declared.is_event(text):
            references.unknown_event(text, path)
        elif key in ("go", "then", "timeout") and "steps" in path and text not in (*_NEXT, *declared.steps):
            references.unknown(STEP, text, path, (*_NEXT, *declared.steps))


def _check_circles(steps: Sequence[Step], playbook: Playbook, references: References) -> None:
    """Steps that wait for each other, and audiences taken from each other: each circle is reported once."""
    waits = {s.id: s.when.after.subject for s in steps if s.when.after and s.when.after.of_step}
    by_id = {step.id: step for step in steps}
    for circle in _circles(waits):
        path: Path = (*by_id[circle[0]].path, "after")
        _report_circle("步骤互相等待", "Steps wait for each other", circle, path, references)
    taken = {audience.name: audience.of for audience in playbook.audiences.values() if audience.of}
    for circle in _circles(taken):
        path = ("audiences", circle[0], "of")
        _report_circle("人群互相取自对方", "Audiences are taken from each other", circle, path, references)


def _circles(edges: dict[str, str]) -> Iterator[list[str]]:
    """Each node leads to one other at most."""
    done: set[str] = set()
    for start in edges:
        trail: list[str] = []
        node = start
        while node in edges and node not in done:
            done.add(node)
            trail.append(node)
            node = edges[node]
        if node in trail:
            yield trail[trail.index(node) :]


def _report_circle(zh: str, en: str, circle: list[str], path: Path, references: References) -> None:
    shown = " → ".join([*circle, circle[0]])
    references.findings.add(
        "SOP-R313",
        Text(f"{zh}，谁也不会开始：{shown}", f"{en} and none ever begins: {shown}"),
        references.document.place(path),
        path=path,
    )
