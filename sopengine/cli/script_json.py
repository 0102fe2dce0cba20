"""Scripts, and a walk through one, as JSON documents (keys as in docs/operators-guide.md)."""

from __future__ import annotations

from typing import Any

from sopengine.cli.script_talk import Talk
from sopengine.language.model import Playbook
from sopengine.language.script import Question, Script
from sopengine.planning.script_walk import Ended, Stop, Undecided
from sopengine.review.as_json import plain


def listing(playbook: Playbook) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "playbook": playbook.id,
        "scripts": [_script(each) for each in playbook.scripts.values()],
    }


def document(playbook: Playbook, talk: Talk, subject: str, task: int | None, *, recorded: bool) -> dict[str, Any]:
    """`waiting` says what has to be answered next, `ending` is null until there is one."""
    walk = talk.walk
    ended = isinstance(walk.stop, Ended)
    return {
        "schema_version": 1,
        "playbook": playbook.id,
        "script": walk.script.name,
        "title": walk.script.title,
        "subject": subject or None,
        "task": task,
        "nodes": [{"node": n.node, "say": n.say, "note": n.note, "point": n.point} for n in talk.lines],
        "replies": [{"node": r.node or None, "question": r.question or None, "text": r.text} for r in walk.replies],
        "asked": {name: plain(value) for name, value in walk.asked.items()},
        "waiting": None if ended else _waiting(walk.stop),
        "ending": walk.stop.ending if isinstance(walk.stop, Ended) else None,
        "event": walk.event or None,
        "recorded": recorded,
    }


def _script(script: Script) -> dict[str, Any]:
    return {
        "name": script.name,
        "title": script.title,
        "asks": [_question(question) for question in script.questions()],
        "endings": [{"ending": ending, "event": script.event(ending)} for ending in script.endings()],
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "name": question.name,
        "title": question.title,
        "type": question.type.value,
        "choices": list(question.choices),
    }


def _waiting(stop: Stop) -> dict[str, Any]:
    return {
        "question": _question(stop) if isinstance(stop, Question) else None,
        "answers": [answer.text for answer in stop] if isinstance(stop, tuple) else [],
        "undecided": stop.node if isinstance(stop, Undecided) else None,
    }
