"""Two items of one slot → what differs besides their time and their text, in words for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from sopengine.diagnostics import Text
from sopengine.review.comparison.model import Field
from sopengine.review.model import Item
from sopengine.review.notes import waves
from sopengine.review.timers import spoken
from sopengine.review.words import AUDIENCES, MODES, STATES, dated

NOTHING = Text("（无）", "(none)")


def fields(before: Item, after: Item) -> Iterator[Field]:
    for key, name, read in _FIELDS:
        old, new = read(before), read(after)
        if old != new and not (key in _MOMENTS and _goes_along(before, after, _MOMENTS[key])):
            yield Field(key, name, old, new)


def plain(text: str) -> Text:
    return Text(text, text) if text else NOTHING


def _moment(at: datetime | None) -> Text:
    return Text(dated(at, "zh"), dated(at, "en")) if at else NOTHING


def _state(item: Item) -> Text:
    """What is past due is so by its time, which is told apart."""
    if item.state == "past-due":
        return STATES["planned"]
    state, reason = STATES[item.state], item.reason
    return Text(f"{state.zh}（{reason.zh}）", f"{state.en} ({reason.en})") if reason else state


def _timers(item: Item) -> Text:
    return Text(spoken(item.timers, "zh"), spoken(item.timers, "en")) if item.timers else NOTHING


def _waves(item: Item) -> Text:
    return Text(waves(item.waves, "zh"), waves(item.waves, "en")) if item.waves else NOTHING


def _goes_along(before: Item, after: Item, read: Callable[[Item], list[datetime]]) -> bool:
    """Whether these moments move with the item: that is no change of their own."""
    if before.at is None or after.at is None or before.at == after.at:
        return False
    since = [[moment - item.at for moment in read(item)] for item in (before, after) if item.at]
    return since[0] == since[1]


_MOMENTS: Mapping[str, Callable[[Item], list[datetime]]] = {
    "due": lambda item: [item.due] if item.due else [],
    "timers": lambda item: [timer.at for timer in item.timers],
    "waves": lambda item: [wave.at for wave in item.waves],
}
TIMES = frozenset({"after", *_MOMENTS})
"""Fields that say when: what differs in nothing else is moved."""
_FIELDS: tuple[tuple[str, Text, Callable[[Item], Text]], ...] = (
    ("audience", Text("发给", "to"), lambda item: AUDIENCES.get(item.audience, plain(item.audience))),
    ("mode", Text("方式", "how"), lambda item: MODES[item.mode]),
    ("channel", Text("渠道", "via"), lambda item: plain(item.channel)),
    ("after", Text("什么时候", "when"), lambda item: item.after or NOTHING),
    ("due", Text("期限", "due"), lambda item: _moment(item.due)),
    ("timers", Text("催办", "reminders"), _timers),
    ("waves", Text("分批", "waves"), _waves),
    ("person", Text("负责人", "by"), lambda item: plain(item.person)),
    ("script", Text("话术", "script"), lambda item: plain(item.script)),
    ("approve", Text("谁批准", "approved by"), lambda item: plain(item.approve)),
    ("format", Text("格式", "format"), lambda item: plain(item.format)),
    ("mention", Text("@", "@"), lambda item: plain(", ".join(item.mention))),
    ("image", Text("图片", "picture"), lambda item: plain(item.image)),
    ("state", Text("状态", "state"), _state),
)
