"""A name that means nothing → its finding, with what was most likely meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct, field

from sopengine.diagnostics import Edit, Findings, Fix, Path, Place, Severity, Text
from sopengine.language.checks.declared import FLOWS, Declared
from sopengine.language.document import Document, value_at
from sopengine.language.script import is_ending
from sopengine.language.suggest import closest, is_slip

_MOST = 100
"""Unknown names told of one file: listing more helps nobody."""
_MOST_LISTED = 14
_NO_SCRIPTS = Text("话术写在 scripts 里", "Scripts are declared under `scripts`")
_DECLARE = Text("自己的事件要先在 events 里声明", "Events of your own are declared under `events`")


class Kind(NamedTuple):
    """What a name should have been: the code of the finding, and its word in both languages."""

    code: str
    zh: str
    en: str
    declared_in: frozenset[str]  # top-level parts


MESSAGE = Kind("SOP-R301", "消息", "message", frozenset(["messages"]))
ROLE = Kind("SOP-R302", "角色", "role", frozenset(["roles"]))
RECEIVER = Kind("SOP-R302", "人群或角色", "audience or role", frozenset(["audiences", "roles"]))
STEP = Kind("SOP-R304", "步骤", "step", FLOWS)
EVENT = Kind("SOP-R312", "事件", "event", frozenset(["events"]))
EVENT_FIELD = Kind("SOP-R342", "事件字段", "field of the event", frozenset(["events"]))
COLUMN = Kind("SOP-R314", "列", "column", frozenset(["audiences", "roles"]))
ENDING = Kind("SOP-R312", "话术结局", "ending of a script", frozenset(["scripts"]))


class References(Struct):
    """Reports unknown names; `meant` gathers what they were meant to be, so that these do not count as unused."""

    document: Document
    declared: Declared
    findings: Findings
    meant: set[str] = field(default_factory=set)
    told: int = 0

    def unknown(
        self,
        kind: Kind,
        name: str,
        path: Path,
        known: Iterable[str],
        help: Text | None = None,
        part: bool = False,
        of_key: bool = False,
    ) -> None:
        """`part`: the name is only a part of the text at `path`; `of_key`: that of its key."""
        if kind.declared_in & self.declared.uncertain:
            return  # it may stand in what could not be read
        if not name.isascii() and any(one.path == path and one.code == "SOP-S205" for one in self.findings):
            return  # it can be nobody's name, which has been told
        self.told += 1
        if self.told > _MOST:
            return
        guess = closest(name, known)
        place = self.place_of(name, path, of_key) if part else self.document.place(path, of_key=of_key)
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

    def place_of(self, name: str, path: Path, of_key: bool = False) -> Place:
        """Where `name` stands inside the text at `path`, or inside its key."""
        if of_key:
            key = self.document.place(path, of_key=True)
            col = key.col + max(str(path[-1]).find(name), 0)
            return Place(key.file, key.line, col, key.line, col + len(name))
        text = value_at(self.document, path)
        at = text.find(name) if isinstance(text, str) else -1
        return self.document.inside(path, 1, at + 1, len(name)) if at >= 0 else self.document.place(path)
