"""What a dry run doubts about texts: those that fail, that are too long for their channel, or that name a wrong day."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from sopengine.channels.base import Channel
from sopengine.diagnostics import Place, Text
from sopengine.language.checks.wording.dates import HELP, slips
from sopengine.language.checks.wording.policy import breaches
from sopengine.language.checks.wording.prose import Prose
from sopengine.language.copy_rules import ANYTHING, CopyRules
from sopengine.language.model import Send, Step
from sopengine.messages.model import Rendered
from sopengine.planning.model import PlannedDelivery
from sopengine.review.carrying import NO_IMAGES, SHORTEN
from sopengine.review.parting import advice
from sopengine.review.tables import TableUse
from sopengine.review.telling import Teller
from sopengine.timing.zones import zone as zone_named

FAILURES = {"empty": "SOP-T404", "object": "SOP-T406", "syntax": "SOP-T401", "forbidden": "SOP-T402"}
_OF_TEXTS = frozenset([*FAILURES.values(), "SOP-T403", "SOP-D601"])
_DATED = ("phases", "weekly")
OTHERWISE = Text(
    "给模板写上另一种说法：{% else %}…，或 | default('…')，或给步骤加上 if",
    "give the template another thing to say, by an `else` or `default('…')`, or the step an `if`",
)


class TextDoubts:
    """Each method says which codes concern the item at hand, or tells what no item shows."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        tables: TableUse,
        teller: Teller,
        days: Collection[date],
        rules: CopyRules = ANYTHING,
    ) -> None:
        """`days` are those that the playbook writes out, by which the check has judged it."""
        self._channels, self._tables, self._teller, self._days = channels, tables, teller, days
        self._rules = rules
        self._read: set[tuple[str, str]] = set()
        self._judged: set[str] = set()

    def about_text(self, delivery: PlannedDelivery, rendered: Rendered, size: int) -> Iterator[str]:
        step, target = delivery.occurrence.step, delivery.target_id
        cell = delivery.lookup.rows[0] if delivery.lookup and delivery.template else None
        where = Text(f"{cell.text.name.zh}：", f"{cell.text.name.en}: ") if cell else Text("", "")
        row = cell.number if cell else 0
        if code := self._tables.ask(delivery):
            yield code
        elif not rendered.ok:
            yield from self._teller.say(
                step,
                FAILURES.get(rendered.kind, "SOP-T403"),
                Text(
                    f"{where.zh}给 {target} 的文字出不来：{rendered.error}",
                    f"{where.en}no text for {target}: {rendered.error}",
                ),
                self._template_place(delivery, rendered.line),
                row=row,
            )
        channel = self._channels.get(delivery.channel)
        if delivery.message.image and channel and not channel.images:
            yield from self._teller.say(
                step,
                "SOP-D613",
                Text(
                    f"渠道 {delivery.channel} 带不了图片 {delivery.message.image}",
                    f"channel {delivery.channel} cannot carry the image {delivery.message.image}",
                ),
                help=NO_IMAGES,
            )
        limit = self._limit(delivery)
        if limit and size > limit:
            yield from self._teller.say(
                step,
                "SOP-D601",
                Text(
                    f"{where.zh}给 {target} 的文字有 {size} 字节，渠道 {delivery.channel} 最多 {limit} 字节",
                    f"{where.en}the text for {target} has {size} bytes, channel {delivery.channel} takes {limit}",
                ),
                self._template_place(delivery, 0),
                advice(rendered.text, limit) or SHORTEN,
                row=row,
            )

    def has_failed(self, step: Step) -> bool:
        """Whether some text of the step was found to be missing or too long already."""
        return self._teller.has_said(step, _OF_TEXTS)

    def about_longest(self, delivery: PlannedDelivery, size: int) -> None:
        """`size`: the bytes of its text if every column had its longest value."""
        limit = self._limit(delivery)
        if limit and size > limit:
            message = Text(
                f"名单里最长的值凑在一起，步骤 {delivery.step.id} 的文字有 {size} 字节，"
                f"渠道 {delivery.channel} 最多 {limit} 字节",
                f"with the longest values of the list at once the text of {delivery.step.id} has {size} bytes, "
                f"channel {delivery.channel} takes {limit}",
            )
            tuple(
                self._teller.say(
                    delivery.occurrence.step, "SOP-D606", message, self._template_place(delivery, 0), SHORTEN
                )
            )

    def about_other_values(self, delivery: PlannedDelivery, rendered: Rendered, when: Text) -> None:
        message = Text(
            f"{when.zh}时，步骤 {delivery.step.id} 出不来文字：{rendered.error}",
            f"no text for step {delivery.step.id} {when.en}: {rendered.error}",
        )
        place = self._template_place(delivery, rendered.line)
        tuple(self._teller.say(delivery.occurrence.step, "SOP-T408", message, place, OTHERWISE))

    def _limit(self, delivery: PlannedDelivery) -> int:
        channel = self._channels.get(delivery.channel)
        return channel.limits.max_bytes.get(delivery.message.format, 0) if channel else 0

    def about_days(self, delivery: PlannedDelivery, rendered: Rendered) -> Iterator[str]:
        """A day or weekday that the text names and its slot contradicts; once for each slot and template. What is wrong
        as it is written, and was so for the check, is not told again."""
        occurrence = delivery.occurrence
        key = occurrence.key, delivery.template
        if not rendered.ok or occurrence.section not in _DATED or occurrence.untimed or key in self._read:
            return
        self._read.add(key)
        today = delivery.due_at.astimezone(zone_named(occurrence.zone)).date()
        found = list(slips(rendered.text, [occurrence.date], today))
        if not found:
            return
        literal = Prose(delivery.template, ()).literal
        known = {slip.message for slip in slips(literal, self._days)}
        row = delivery.lookup.rows[0].number if delivery.lookup else 0
        for slip in found:
            if slip.message not in known:
                place = self._template_place(delivery, 0)
                yield from self._teller.say(occurrence.step, "SOP-W523", slip.message, place, HELP, row=row)

    def about_policy(self, delivery: PlannedDelivery, rendered: Rendered) -> Iterator[str]:
        """What the workspace's rules for copy say to the text as it is read; of texts of one template the first is
        read closely, in the others only what is plainly there is seen."""
        if not rendered.ok or self._rules == ANYTHING or not isinstance(delivery.step.action, Send):
            return
        closely = delivery.template not in self._judged
        self._judged.add(delivery.template)
        literal = Prose(delivery.template, ()).literal
        row = delivery.lookup.rows[0].number if delivery.lookup else 0
        for found in breaches(rendered.text, self._rules, closely=closely):
            word = rendered.text[found.start : found.end]
            line = literal.count("\n", 0, at) + 1 if (at := literal.find(word)) >= 0 else 0
            place = self._template_place(delivery, line)
            yield from self._teller.say(delivery.occurrence.step, found.code, found.message, place, found.help, row=row)

    def _template_place(self, delivery: PlannedDelivery, line: int) -> Place:
        message = delivery.message
        if delivery.during:  # the words of another playbook
            return self._teller.document.place(delivery.step.path)
        if delivery.lookup and delivery.template:
            return delivery.lookup.rows[0].text.inside(line or 1, 1, 1)
        if not delivery.template:
            return self._teller.document.place(message.path)
        index = message.variants.index(delivery.template)
        path = message.paths[index] if index < len(message.paths) else message.path
        return (
            self._teller.document.inside(path, line) if line and not message.file else self._teller.document.place(path)
        )
