"""The keys of one mapping against those it may and must have → one finding for each slip, not two."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from sopengine.diagnostics import Edit, Findings, Fix, Path, Place, Text
from sopengine.language.conformance import conforms
from sopengine.language.document import Document
from sopengine.language.levels import container_meant, level_meant, schema_at
from sopengine.language.owner import owner
from sopengine.language.schema import Kind
from sopengine.language.suggest import closest, is_slip

_MOST_UNKNOWN = 30
_MOST_LISTED = 14


class KeyMistakes(Struct):
    """Everything the schema said about the keys of the mapping at `path`, gathered before anything is reported."""

    path: Path
    written: dict[str, Any]
    partial: bool  # some of it could not be read, so that nothing counts as missing
    kind: Kind
    required: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    groups: list[list[str]] = field(default_factory=list)  # exactly one of each
    needs: list[tuple[str, str]] = field(default_factory=list)  # the first key asks for the second

    def add(self, error: Any) -> None:
        """Take in one error of jsonschema's: required, additionalProperties, oneOf or dependencies."""
        rule = error.validator_value
        if error.validator == "required":
            self.required = [*dict.fromkeys([*self.required, *rule])]
        elif error.validator == "additionalProperties":
            self.known = list(error.schema["properties"])
        elif error.validator == "oneOf":
            self.groups.append([choice["required"][0] for choice in rule])
        else:
            self.needs = [(key, other) for key, others in rule.items() for other in others]

    def report(self, document: Document, findings: Findings) -> set[str]:
        """Adds the findings; returns the keys that unknown ones were meant to be."""
        if self.path and (level := container_meant(document, self.path, self.written, self.kind)):
            self._misplaced(document, findings, level)
            return set()
        meant = self._unknown(document, findings)
        for group in self.groups:
            present = [key for key in self.written if key in group]
            if len(present) > 1:
                self._too_many(document, findings, present)
        if not self.partial:
            self._report_missing(document, findings, meant)
        return meant

    def _report_missing(self, document: Document, findings: Findings, meant: set[str]) -> None:
        here = meant | self.written.keys()
        lacking = [group for group in self.groups if not here & set(group)]
        for group in lacking:
            self._none(document, findings, group)
        for key in self.required:
            if key not in here:
                self._missing(document, findings, key)
        for key, other in self.needs:
            if key in self.written and other not in here and not lacking:
                self._needs(document, findings, key, other)

    def _misplaced(self, document: Document, findings: Findings, level: Text) -> None:
        key, who = self.path[-1], owner(document.data, self.path[:-1])
        findings.add(
            "SOP-S204",
            Text(f"`{key}` 不是{who.zh}里的名字，缩进不对", f"`{key}` is no name of {who.en}: wrong indentation"),
            document.place(self.path, of_key=True),
            help=level,
            path=self.path,
        )

    def _unknown(self, document: Document, findings: Findings) -> set[str]:
        """Reports keys the schema does not know; returns those that they were meant to be."""
        meant: set[str] = set()
        if not self.known:
            return meant
        free = [key for key in self.known if key not in self.written]
        unknown = [key for key in self.written if key not in self.known]
        lacking = [key for key in self.required if key in free]
        lacking += [key for group in self.groups if not set(group) & self.written.keys() for key in group]
        for key in unknown[:_MOST_UNKNOWN]:
            guess = closest(key, set(lacking) - meant) or closest(key, [k for k in free if k not in meant])
            level = None
            if not guess or not self._surely(key, guess):
                level = level_meant(document, (*self.path, key), self.written, self.kind)
            if level:
                guess = None
            place = document.place((*self.path, key), of_key=True)
            who = owner(document.data, self.path)
            fix = None
            if guess:
                meant.add(guess)
                fix = Fix((Edit(place, guess),), safe=is_slip(key, guess, free))
            findings.add(
                "SOP-S204",
                Text(
                    f"{who.zh}里没有 `{key}` 这个键" + (f"，是不是 `{guess}`？" if guess else ""),
                    f"There is no key `{key}` in {who.en}" + (f"; did you mean `{guess}`?" if guess else ""),
                ),
                place,
                help=None if guess else level or self._list(free),
                path=(*self.path, key),
                fix=fix,
            )
        return meant

    def _surely(self, key: str, guess: str) -> bool:
        """Whether `key` is `guess` with one slip, and its value could stand there."""
        return is_slip(key, guess) and conforms(self.written[key], schema_at((*self.path, guess), self.kind))

    def _list(self, free: list[str]) -> Text | None:
        if not free:
            return None
        more = "…" if len(free) > _MOST_LISTED else ""
        shown = free[:_MOST_LISTED]
        return Text(f"这里可以写：{'、'.join(shown)}{more}", f"Allowed here: {', '.join(shown)}{more}")

    def _none(self, document: Document, findings: Findings, group: list[str]) -> None:
        who = owner(document.data, self.path)
        if "send" in group:
            findings.add(
                "SOP-S206",
                Text(f"{who.zh}没有写要做什么", f"{who.en} does not say what to do"),
                self._start(document),
                help=Text(
                    "加上 send: 消息名，或 task: 要人做的事", "Add `send: MESSAGE`, or `task: what a person should do`"
                ),
                path=self.path,
            )
            return
        if "answers" in group:
            findings.add(
                "SOP-S231",
                Text(f"{who.zh}没有写接下来怎么走", f"{who.en} does not say how it goes on"),
                self._start(document),
                help=Text(
                    "加上 answers（顾客的回答）、choose（按条件走）、go（接着的节点）或 end（结局）",
                    "Add `answers` (of the customer), `choose` (by conditions), `go` (the next node) or `end`",
                ),
                path=self.path,
            )
            return
        listed = [f"`{key}`" for key in group]
        findings.add(
            "SOP-S201",
            Text(f"{who.zh}里要写 {'、'.join(listed)} 中的一个", f"{who.en} needs one of {', '.join(listed)}"),
            self._start(document),
            path=self.path,
        )

    def _too_many(self, document: Document, findings: Findings, present: list[str]) -> None:
        who = owner(document.data, self.path)
        listed = [f"`{key}`" for key in present]
        actions = "send" in present or "task" in present
        findings.add(
            "SOP-S206" if actions else "SOP-S207",
            Text(
                f"{who.zh}里 {' 和 '.join(listed)} 只能写一个", f"{who.en} may have only one of {' and '.join(listed)}"
            ),
            document.place((*self.path, present[1]), of_key=True),
            help=Text("拆成两个步骤", "Split it into two steps") if actions else None,
            path=(*self.path, present[1]),
        )

    def _missing(self, document: Document, findings: Findings, key: str) -> None:
        who = owner(document.data, self.path)
        findings.add(
            "SOP-S201",
            Text(f"{who.zh}里缺少 `{key}`", f"{who.en} lacks `{key}`"),
            self._start(document),
            path=self.path,
        )

    def _needs(self, document: Document, findings: Findings, key: str, other: str) -> None:
        findings.add(
            "SOP-S201",
            Text(f"写了 `{key}`，还要写 `{other}`", f"`{key}` needs `{other}` beside it"),
            document.place((*self.path, key), of_key=True),
            path=(*self.path, key),
        )

    def _start(self, document: Document) -> Place:
        """Where an author looks for this mapping: its key, its `id`, else its first sign."""
        spot = document.spots.get(self.path)
        if spot is not None and spot.key is not None:
            return spot.key
        if "id" in self.written:
            return document.place((*self.path, "id"))
        place = document.place(self.path)
        return Place(place.file, place.line, place.col, place.line, place.col + 1)
