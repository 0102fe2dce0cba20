"""A right playbook in; its entries with their places, their meaning to the schema, and the words that refer to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

from sopengine.diagnostics import Diagnostic, Path, Place
from sopengine.language.document import Document, Spot
from sopengine.language.load import Loaded, load
from sopengine.language.schema import linked_schema

WORD = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)


@dataclass(frozen=True)
class Entry:
    """A key with its value. `flow`: it stands in braces; `dashed`: a list's dash stands before it on its line."""

    path: Path
    spot: Spot
    flow: bool
    dashed: bool

    @property
    def key(self) -> str:
        return str(self.path[-1])

    @property
    def place(self) -> Place:
        assert self.spot.key is not None
        return self.spot.key

    @property
    def lines(self) -> range:
        """Of the file, from 1."""
        return range(self.place.line, self.spot.value.end_line + 1)


@dataclass(frozen=True)
class Book:
    file: FilePath
    text: str
    loaded: Loaded

    @classmethod
    def of(cls, file: FilePath) -> Book:
        text = file.read_text(encoding="utf-8")
        return cls(file, text, _load(file, text))

    def __repr__(self) -> str:
        return self.file.name

    def load(self, text: str) -> Loaded:
        return _load(self.file, text)

    @property
    def document(self) -> Document:
        assert self.loaded.document is not None
        return self.loaded.document

    @cached_property
    def known(self) -> Counter[tuple[str, str]]:
        """What is found in the book before anything is spoilt: warnings, if anything."""
        return Counter((d.code, d.message.en) for d in self.loaded.diagnostics)

    def new(self, loaded: Loaded) -> list[Diagnostic]:
        """The findings that the book itself does not have."""
        left = self.known.copy()
        found = []
        for diagnostic in loaded.diagnostics:
            about = (diagnostic.code, diagnostic.message.en)
            if left[about]:
                left[about] -= 1
            else:
                found.append(diagnostic)
        return found

    @cached_property
    def rows(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def entries(self) -> list[Entry]:
        found = []
        for path, spot in self.document.spots.items():
            if spot.key is None:
                continue
            parent = self.document.place(path[:-1])
            before = self.rows[spot.key.line - 1][: spot.key.col - 1]
            flow = self.rows[parent.line - 1][parent.col - 1] == "{"
            found.append(Entry(path, spot, flow, not flow and before.rstrip().endswith("-")))
        return found

    def value(self, path: Path) -> Any:
        data: Any = self.document.data
        for key in path:
            data = data[key]
        return data

    def schema(self, path: Path) -> dict[str, Any] | None:
        """What the schema says of the value at `path`; None where it says nothing."""
        return schema_at(path)

    def own_name(self, path: Path) -> bool:
        """Whether the key at `path` is a word of the author's, and none of the language."""
        parent = self.schema(path[:-1])
        return parent is None or path[-1] not in parent.get("properties", {})

    def mentions(self, word: str) -> set[int]:
        """Lines, from 1, that hold `word` as a word; `a_b` stands for `a-b` in conditions."""
        sought = {word, word.replace("-", "_")}
        return {n for n, row in enumerate(self.rows, 1) if sought & set(WORD.findall(row))} | {
            n for n, row in enumerate(self.rows, 1) if not WORD.fullmatch(word) and word in row
        }

    def unread(self, path: Path) -> str:
        """Why the author's own name at `path` may be any other; empty where something may refer to it."""
        name = str(path[-1])
        if len(path) == 2 and path[0] in ("phases", "journeys", "watch"):
            return f"`{name}` is a label that nothing refers to"
        if len(path) == 4 and path[2] in ("sample", "columns"):
            readers = self._readers(str(path[1]), name)
            words = (f"target.{name}", f"member.{name}")
            if not any(word in text for word in words for text in readers):
                return f"no text or condition about this audience reads `target.{name}` or `member.{name}`"
            above = self.document.data[path[0]][path[1]].get("of")
            if above in self.document.data["audiences"] and name in self.value((path[0], above)).get(path[2], {}):
                return f"{path[1]} is a part of {above}, whose {path[2]} has `{name}`"
        if path[-2] == "form" and not self._asked(str(self.value(path[:-2]).get("id", "")), name):
            return "a field of a form that no metric sums and no text or condition asks for"
        if len(path) == 3 and path[0] == "events" and not re.search(rf"\.{re.escape(name)}\b", self.text):
            return f"no text or condition reads `{name}` of the event"
        if path[-2] == "tag" and not re.search(rf"tags\W+(?:has\W+)?{re.escape(name)}\b", self.text):
            return "a tag of the author's own that no text or condition asks for"
        return (
            f"`{name}` is the author's own name, and nothing else mentions it" if len(self.mentions(name)) == 1 else ""
        )

    def _asked(self, step: str, field: str) -> bool:
        names = {f"{step}.{field}", f"{step.replace('-', '_')}.{field}"}
        return any(name in self.text for name in names)

    def _readers(self, audience: str, column: str) -> list[str]:
        """Texts and conditions in which `target` is a row of the audience (or role) or of one taken from it; also those
        about the subject of an event, who may be in any audience, unless another audience has the column."""
        data = self.document.data
        receivers = {**data.get("audiences", {}), **data.get("roles", {})}
        family = {audience}
        while more := {n for n, a in receivers.items() if a.get("of") in family} - family:
            family |= more
        others = [a for name, a in receivers.items() if name not in family]
        elsewhere = any(column in {**a.get("sample", {}), **a.get("columns", {})} for a in others)
        about = family if elsewhere else family | {"target", "member"}
        found = [str(receivers[name].get("where", "")) for name in family]
        for path, value in ((p, self.value(p)) for p in self.document.spots):
            if isinstance(value, dict) and {"send", "task", "choose"} & value.keys():
                if str(value.get("to", "target")) in about:
                    sent = data.get("messages", {}).get(str(value.get("send")), "")
                    found += [str(value), str(sent)]
            elif path[-1:] == ("to",) and value in family:
                found.append(str(self.value(path[:-1])))
        return found

    def declared_in(self, path: Path) -> set[str]:
        """The names that texts at and beneath `path` mention and that are declared somewhere, ends of scripts too."""
        within = (self.value(p) for p in self.document.spots if p[: len(path)] == path)
        words = {word for text in within if isinstance(text, str) for word in WORD.findall(text)}
        return words & {str(p[-1]) for p in self.document.spots if p and self.own_name(p)} | {
            str(self.value(p)) for p in self.document.spots if p[: len(path)] == path and p[-1] == "end"
        }

    def names_in(self, path: Path) -> set[str]:
        """Every key and id at and beneath `path`."""
        return {str(path[-1]), *_names(self.value(path))}


def schema_at(path: Path) -> dict[str, Any] | None:
    node: Any = linked_schema("playbook")
    for key in path:
        if isinstance(key, int):
            node = node.get("items")
        else:
            node = node.get("properties", {}).get(key, node.get("additionalProperties"))
        if not isinstance(node, dict):
            return None
    return node  # type: ignore[no-any-return]


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key == "id" and isinstance(inner, str):
                yield inner
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)


def _load(file: FilePath, text: str) -> Loaded:
    def open_file(name: str) -> bytes | None:
        wanted = file.parent / name
        return wanted.read_bytes() if wanted.is_file() else None

    return load(text.encode(), file.name, open_file)
