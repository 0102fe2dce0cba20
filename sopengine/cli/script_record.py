"""A walk that has ended → the event of its ending, which journeys may follow, and a line in the log."""

from __future__ import annotations

from datetime import datetime

from sopengine.engine.wake import wake
from sopengine.language.named import Value
from sopengine.language.script import TASK
from sopengine.planning.script_walk import Walk
from sopengine.store.rows import EventRow
from sopengine.store.store import Store


def record(store: Store, walk: Walk, subject: str, task: int | None, now: datetime) -> None:
    data: dict[str, Value] = walk.data()
    if task is not None:
        data[TASK] = task
    store.add_event(EventRow(walk.event, subject, data, now), _told(walk))
    wake(store.path)


def _told(walk: Walk) -> str:
    """The way and what was replied on it: `greet → invite (已扫码)`."""
    replies = ", ".join(reply.text for reply in walk.replies)
    return " → ".join(passed.node.name for passed in walk.passed) + (f" ({replies})" if replies else "")
