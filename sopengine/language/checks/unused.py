"""What a playbook declares and nothing uses → warnings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sopengine.diagnostics import Diagnostic, Findings, Text
from sopengine.language.document import Document

_WORD = re.compile(r"[A-Za-z_][\w-]*")
_MOST = 100
"""Warnings of one file: listing more helps nobody."""
_KINDS = {
    "messages": Text("消息", "Message"),
    "audiences": Text("人群", "Audience"),
    "roles": Text("角色", "Role"),
    "inputs": Text("输入", "Input"),
    "events": Text("事件", "Event"),
    "metrics": Text("指标", "Metric"),
}
_IN_TEXTS = ("inputs", "events", "metrics")
"""What is named inside texts and conditions; the rest is referred to by a whole value."""
_FLOWS = frozenset(["steps", "phases", "weekly", "welcome", "journeys"])
_HOLDERS = {"messages": _FLOWS | {"send"}, "audiences": _FLOWS | {"to", "of", "about"}, "roles": _FLOWS | {"to"}}


def check_unused(document: Document, file_texts: Iterable[str], meant: Collection[str], findings: Findings) -> None:
    """Adds SOP-R307. Generous: a name that stands anywhere as a word counts as used, and so does one in `meant`,
    which a misspelt reference was probably meant to be; a declaration that is wrong is not told of twice."""
    file_texts = list(file_texts)
    formulas = {word for text in _formulas(document.data) for word in _WORD.findall(text)}
    names, words = _used(document.data, file_texts)
    told = 0
    wrong = {found.path[:2] for found in findings}
    meant = {*meant, *_proposed(findings)}
    lost = {key for found in findings if found.code == "SOP-S202" for key in found.path[-1:]}
    nameless = any(found.code == "SOP-R302" and found.path[-1:] == ("use",) for found in findings)
    triggered = "welcome" in document.data or "journeys" in document.data
    for key, kind in _KINDS.items():
        declared = document.data.get(key)
        if lost and (key in _IN_TEXTS or lost & _HOLDERS[key]):
            continue  # a value of the wrong type may have been meant to name it
        if nameless and key in ("audiences", "roles"):
            continue  # a module lacks one, and this may be the one
        for name in declared if isinstance(declared, dict) else ():
            if key in ("events", "metrics"):
                used = _is_named(key, name, names, file_texts) or (key == "metrics" and name in formulas)
            else:
                used = name in (words if key == "inputs" else names)
            if used or name in meant or (key, name) in wrong or (key == "audiences" and triggered):
                continue  # the subject of an event is looked up in every audience
            told += 1
            if told > _MOST:
                return
            findings.add(
                "SOP-R307",
                Text(f"{kind.zh} {name} 没有用到", f"{kind.en} {name} is never used"),
                document.place((key, name), of_key=True),
                help=Text("用上它，或者删掉", "Use it or remove it"),
                path=(key, name),
            )


def _proposed(findings: Iterable[Diagnostic]) -> Iterator[str]:
    """What wrong references were most likely meant to be."""
    for found in findings:
        if found.code.startswith("SOP-R3") and found.fix is not None:
            yield from (edit.text for edit in found.fix.edits)


def _formulas(data: dict[str, Any]) -> Iterator[str]:
    """Of goals: shown to people, and a metric that stands in one is there to be looked at."""
    goals = data.get("goals")
    for goal in goals.values() if isinstance(goals, dict) else ():
        if isinstance(goal, dict) and isinstance(goal.get("formula"), str):
            yield goal["formula"]


def _is_named(key: str, name: str, texts: Iterable[str], file_texts: Iterable[str]) -> bool:
    """An event stands anywhere; a metric is a goal's, or stands after `metric.` or first in a quoted text."""
    word = re.escape(name)
    if key == "events":
        found = re.compile(rf"(?<![\w.-]){word}(?![\w-])")
    else:
        found = re.compile(rf"^{word}$|metric\.{word}(?![\w-])|['\"]{word}(?=['\".])")
    return any(name in text and found.search(text) for source in (texts, file_texts) for text in source)


def _used(data: dict[str, Any], file_texts: Iterable[str]) -> tuple[set[str], set[str]]:
    """Whole texts, for names of things that are referred to by a whole value; and words, for inputs."""
    texts = set(_texts(data))
    words = {word for text in texts for word in _WORD.findall(text)}
    words |= {word for text in file_texts for word in _WORD.findall(text)}
    return texts, words


def _texts(value: Any) -> Iterator[str]:
    """Every text that is a value, and every key that may be an anchor (a goal's weights)."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "weights" and isinstance(item, dict):
                yield from item
            yield from _texts(item)
