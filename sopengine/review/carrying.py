"""A playbook and the channels of its workspace → what they would refuse to carry, as far as it is known without a plan
and without rendering: texts too long for them, images, and what is meant for one member."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from sopengine.channels.base import Channel, Outgoing
from sopengine.diagnostics import Diagnostic, Path, Place, Text
from sopengine.language.columns import source_of
from sopengine.language.document import Document
from sopengine.language.expressions.literal import least
from sopengine.language.model import Playbook, Send, Step, Task
from sopengine.language.named import Audience, Message, Role, Row
from sopengine.messages.budget import utf8_bytes
from sopengine.planning.targets import MEMBER, SUBJECT

MEMBERS = "members"
"""The usual name of a source whose rows are members."""
_WAYS = frozenset(["address", "secret", "channel"])
SHORTEN = Text("把这条消息缩短，或分成两个步骤", "shorten the message, or make two steps of it")
NO_IMAGES = Text(
    "去掉 image，或换一个能带图的渠道（例如 manual）",
    "leave the image out, or use a channel that carries images, such as `manual`",
)
TO_ONE = Text(
    "这一步写 via: manual，由人来发；或者给成员名单加上 address 列，走能发给个人的渠道",
    "write `via: manual` on the step, so that a person sends it, or give the list of members a column `address`",
)


def writes_to_groups_only(channel: Channel) -> bool:
    """Whether it refuses what is meant for one person of whom nobody says how to reach them."""
    return not channel.problem(Outgoing("", "-")) and bool(channel.problem(Outgoing("", "-", private=True)))


def not_to_one(step: str, channel: str) -> Text:
    return Text(
        f"步骤 {step} 发给成员本人，而渠道 {channel} 只能发到群里",
        f"step {step} is for one member, and channel {channel} writes to groups only",
    )


class Carrying(Struct, frozen=True):
    """`rows` are those of the sources, as far as they can be read."""

    playbook: Playbook
    document: Document
    channels: Mapping[str, Channel]
    default_channel: str
    tasks_via: str
    rows: Mapping[str, Sequence[Row]]
    _ways: dict[str, frozenset[str]] = field(default_factory=dict)  # what each source's rows say of their channel
    _sizes: dict[tuple[str, tuple[str, ...]], int] = field(default_factory=dict)

    def refusals(self) -> Iterator[Diagnostic]:
        """SOP-D601, D613 and D614, each once for a step or a text."""
        told: set[tuple[str, Place]] = set()
        for step in (arm for whole in self.playbook.steps() for _, arm in whole.all_arms()):
            for found in self._of(step):
                if found.place is not None and (found.code, found.place) not in told:
                    told.add((found.code, found.place))
                    yield found

    def to_one(self) -> Iterator[Diagnostic]:
        """SOP-D614 alone: what is meant for one member, through a channel that writes to groups only."""
        for step in (arm for whole in self.playbook.steps() for _, arm in whole.all_arms()):
            if step.to == MEMBER and isinstance(step.action, Send):
                yield from self._to_one(step)

    def _of(self, step: Step) -> Iterator[Diagnostic]:
        channels = [(name, self.channels[name]) for name in self._surely(step) if name in self.channels]
        match step.action:
            case Send(message):
                for name, channel in channels:
                    yield from self._message(step, message, name, channel)
                if step.to == MEMBER:
                    yield from self._to_one(step)
            case Task(title):
                for name, channel in channels:
                    limit = channel.limits.max_bytes.get("text", 0)
                    yield from self._too_long(step, title, (*step.path, "task"), name, limit)

    def _surely(self, step: Step) -> list[str]:
        """The channels by which some of what the step says goes out."""
        if step.via:
            return [step.via]
        default = self.tasks_via if isinstance(step.action, Task) else self.default_channel
        receiver = self._receiver(step.to)
        if receiver is not None:
            own = self._own_ways(receiver)
            if len(own) > 1 and isinstance(receiver, Audience) and (receiver.where or receiver.of):
                return []
            return sorted({name or receiver.via or default for name in own} - {""})
        if step.to in (SUBJECT, MEMBER):
            ways = {audience.via or default for audience in self.playbook.audiences.values()}
            by_row = any("channel" in row for a in self.playbook.audiences.values() for row in self._rows_of(a)[:1])
            return sorted(ways - {""}) if len(ways) == 1 and not by_row else []
        return [default] if default else []

    def _receiver(self, to: str) -> Audience | Role | None:
        return self.playbook.audiences.get(to) or self.playbook.roles.get(to)

    def _own_ways(self, receiver: Audience | Role) -> frozenset[str]:
        """The channels that rows name; "" where one names none."""
        source = self._source(receiver)
        if source not in self._ways:
            rows = self._rows_of(receiver)
            self._ways[source] = frozenset(str(row.get("channel") or "") for row in rows) or frozenset([""])
        return self._ways[source]

    def _source(self, receiver: Audience | Role) -> str:
        return source_of(self.playbook, receiver) if isinstance(receiver, Audience) else receiver.source

    def _rows_of(self, receiver: Audience | Role) -> Sequence[Row]:
        return self.rows.get(self._source(receiver), ())

    def _message(self, step: Step, message: Message, name: str, channel: Channel) -> Iterator[Diagnostic]:
        limits = channel.limits.max_bytes
        for text, path in zip(message.variants, message.paths, strict=True):
            yield from self._too_long(step, text, path, name, limits.get(message.format, 0))
        for row in message.table.rows if message.table else ():
            limit = limits.get(row.format or message.format, 0)
            if limit and (size := least(row.text.text).bytes) > limit:
                yield _too_long(step, size, name, limit, row.text.place)
        if message.has_image and not channel.images:
            told = Text(f"渠道 {name} 带不了图片", f"channel {name} cannot carry images")
            yield Diagnostic("SOP-D613", told, self.document.place(step.path), help=NO_IMAGES, path=step.path)

    def _too_long(self, step: Step, text: str, path: Path, name: str, limit: int) -> Iterator[Diagnostic]:
        if not limit:
            return
        found = least(text)
        size = found.bytes + self._longest(step, found.columns)
        if size > limit:
            yield _too_long(step, size, name, limit, self.document.place(path))

    def _longest(self, step: Step, columns: Iterable[str]) -> int:
        """Of what the rows print, where every one of them gets the text."""
        audience = self.playbook.audiences.get(step.to)
        if audience is None or audience.where or audience.of or step.if_:
            return 0
        names = tuple(columns)
        key = audience.source, names
        if names and key not in self._sizes:
            sizes = (sum(utf8_bytes(str(row.get(name) or "")) for name in names) for row in self._rows_of(audience))
            self._sizes[key] = max(sizes, default=0)
        return self._sizes.get(key, 0)

    def _to_one(self, step: Step) -> Iterator[Diagnostic]:
        lists = [a for a in self.playbook.audiences.values() if source_of(self.playbook, a) == MEMBERS]
        if lists and not step.via:
            ways = {a.via or self.default_channel for a in lists}
        else:
            ways = {step.via or self.default_channel}
        if len(ways) != 1 or (name := ways.pop()) not in self.channels:
            return
        rows = [row for audience in lists for row in self._rows_of(audience)[:1]]
        if lists and (not rows or any(_WAYS & row.keys() for row in rows)):
            return  # the list says how each of them is reached, or may say it
        if not lists and len({source_of(self.playbook, a) for a in self.playbook.audiences.values()}) > 1:
            return  # one of them may be a list of members
        if writes_to_groups_only(self.channels[name]):
            place = self.document.place(step.path)
            yield Diagnostic("SOP-D614", not_to_one(step.id, name), place, help=TO_ONE, path=step.path)


def _too_long(step: Step, size: int, channel: str, limit: int, place: Place) -> Diagnostic:
    return Diagnostic(
        "SOP-D601",
        Text(
            f"步骤 {step.id} 的文字至少有 {size} 字节，渠道 {channel} 最多 {limit} 字节",
            f"the text of step {step.id} has at least {size} bytes, channel {channel} takes {limit}",
        ),
        place,
        help=SHORTEN,
    )
