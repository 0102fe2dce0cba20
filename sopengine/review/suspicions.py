"""What a dry run doubts: texts that fail or are too long, times that are past or moved, channels that are not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sopengine.channels.base import Channel, Limits
from sopengine.diagnostics import Diagnostic, Findings, Place, Text
from sopengine.language.document import Document
from sopengine.language.ignores import Ignores
from sopengine.language.model import Step, Task
from sopengine.messages.model import Rendered
from sopengine.planning.data import COLUMN_ZONE
from sopengine.planning.limits import anchors_for
from sopengine.planning.model import Campaign, Occurrence, PlannedDelivery
from sopengine.planning.spans import phase_span
from sopengine.planning.targets import Targets
from sopengine.review.carrying import NO_IMAGES, SHORTEN, Carrying
from sopengine.review.tables import TableUse
from sopengine.timing.zones import zone as zone_named

FAILURES = {"empty": "SOP-T404", "object": "SOP-T406", "syntax": "SOP-T401", "forbidden": "SOP-T402"}
_OF_TEXTS = frozenset([*FAILURES.values(), "SOP-T403", "SOP-D601"])
MOST_NAMED = 5
NOTABLE_DELAY = timedelta(seconds=60)


class Suspicions:
    """Each method adds to the findings, once per step and code, and says which codes concern the item at hand."""

    def __init__(
        self,
        campaign: Campaign,
        document: Document,
        channels: Mapping[str, Channel],
        as_of: datetime,
        findings: Findings,
    ) -> None:
        self._campaign, self._document, self._channels = campaign, document, channels
        self._as_of, self._findings = as_of, findings
        self._said: set[tuple[str, str, int]] = set()
        self._ignores = Ignores(document)
        self._tables = TableUse(document)

    def about_steps(self, all_occurrences: Sequence[Occurrence] | None, targets: Targets) -> None:
        """`all_occurrences` None: a part of the campaign is shown, so nothing is said of steps that are not in it."""
        playbook = self._campaign.playbook
        for name, audience in playbook.audiences.items():
            if audience.source and targets.is_sample(name):
                self._findings.add(
                    "SOP-D603",
                    Text(
                        f"人群 {name} 没有数据，以下只用样例演示",
                        f"audience {name} has no data; what follows uses its sample",
                    ),
                    self._document.place(audience.path, of_key=True),
                    help=Text(
                        f"用 --audience {audience.source}=文件.csv 给出名单",
                        f"give a list with --audience {audience.source}=FILE.csv",
                    ),
                )
        campaign = self._campaign
        carrying = Carrying(
            playbook,
            self._document,
            self._channels,
            campaign.default_channel,
            campaign.tasks_via,
            campaign.sources,
        )
        self._findings.extend(carrying.to_one())
        if all_occurrences is None:
            return
        planned = {o.step.id for o in all_occurrences}
        flows = [*(p.steps for p in playbook.phases), *([playbook.weekly.steps] if playbook.weekly else [])]
        without = {step.id for steps in flows for step in steps if self._about_columns(step, targets)}
        for step in (s for steps in flows for s in steps if s.id not in planned | without):
            tuple(self._say(step, "SOP-W503", Text(f"步骤 {step.id} 一次也不会执行", f"step {step.id} never runs")))

    def _about_columns(self, step: Step, targets: Targets) -> bool:
        """Whether some targets lack a column that the step's times are counted from."""
        lacking = {
            str(row["id"]): name
            for calendar in targets.calendars.of_step(step.id)
            for row in (calendar.rows() if calendar.needed else ())
            if isinstance(name := calendar.values(row), str)
        }
        if not lacking:
            return False
        names = ", ".join(f"{COLUMN_ZONE}{name}" for name in dict.fromkeys(lacking.values()))
        few = list(lacking)[:MOST_NAMED]
        more = Text(" 等", " …") if len(lacking) > len(few) else Text("", "")
        message = Text(
            f"步骤 {step.id}：{len(lacking)} 个目标没有 {names}，什么也收不到（{'、'.join(few)}{more.zh}）",
            f"step {step.id}: {len(lacking)} targets have no {names} and get nothing ({', '.join(few)}{more.en})",
        )
        tuple(self._say(step, "SOP-W512", message))
        return True

    def about_text(self, delivery: PlannedDelivery, rendered: Rendered, size: int) -> Iterator[str]:
        step, target = delivery.occurrence.step, delivery.target_id
        cell = delivery.lookup.rows[0] if delivery.lookup and delivery.template else None
        where = Text(f"{cell.text.name.zh}：", f"{cell.text.name.en}: ") if cell else Text("", "")
        row = cell.number if cell else 0
        if code := self._tables.ask(delivery):
            yield code
        elif not rendered.ok:
            yield from self._say(
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
            yield from self._say(
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
            yield from self._say(
                step,
                "SOP-D601",
                Text(
                    f"{where.zh}给 {target} 的文字有 {size} 字节，渠道 {delivery.channel} 最多 {limit} 字节",
                    f"{where.en}the text for {target} has {size} bytes, channel {delivery.channel} takes {limit}",
                ),
                self._template_place(delivery, 0),
                SHORTEN,
                row=row,
            )

    def has_failed(self, step: Step) -> bool:
        """Whether some text of the step was found to be missing or too long already."""
        return any(id == step.id and code in _OF_TEXTS for id, code, _ in self._said)

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
            tuple(self._say(delivery.occurrence.step, "SOP-D606", message, self._template_place(delivery, 0), SHORTEN))

    def about_other_values(self, delivery: PlannedDelivery, rendered: Rendered, when: Text) -> None:
        message = Text(
            f"{when.zh}时，步骤 {delivery.step.id} 出不来文字：{rendered.error}",
            f"no text for step {delivery.step.id} {when.en}: {rendered.error}",
        )
        place = self._template_place(delivery, rendered.line)
        tuple(self._say(delivery.occurrence.step, "SOP-T408", message, place, OTHERWISE))

    def _limit(self, delivery: PlannedDelivery) -> int:
        channel = self._channels.get(delivery.channel)
        return channel.limits.max_bytes.get(delivery.message.format, 0) if channel else 0

    def about_tables(self, targets: Targets, *, whole: bool) -> None:
        """At the end: rows that slots did not find; with `whole`, rows that no slot asked for."""
        playbook = self._campaign.playbook
        ends = targets.calendars.span(playbook.timezone).end is not None
        self._tables.report(playbook, self._findings, whole=whole and ends)

    def about_occurrence(self, occurrence: Occurrence) -> Iterator[str]:
        step = occurrence.step
        if occurrence.untimed:
            return
        if occurrence.due_at < self._as_of and occurrence.subject is None:
            yield from self._say(step, "SOP-W501", _past(occurrence), help=PAST_HELP)
        if occurrence.section == "phases" and not self._inside_phase(occurrence):
            yield from self._say(
                step,
                "SOP-W502",
                Text(
                    f"步骤 {step.id} 落在 {occurrence.date}，不在阶段 {occurrence.phase} 之内",
                    f"step {step.id} falls on {occurrence.date}, outside phase {occurrence.phase}",
                ),
            )
        if occurrence.note == "gap":
            local = f"{occurrence.due_at.astimezone(zone_named(occurrence.zone)):%Y-%m-%d %H:%M}"
            yield from self._say(
                step,
                "SOP-W505",
                Text(f"当地拨快时钟，改在 {local} 执行", f"the clock is put forward there; it runs at {local}"),
            )

        if occurrence.note == "short month":
            yield from self._say(
                step,
                "SOP-W511",
                Text(
                    f"步骤 {step.id}：这个农历月只有 29 天，三十落在 {occurrence.date}（二十九）",
                    f"step {step.id}: that lunar month has 29 days, so its day 30 is {occurrence.date}, the 29th",
                ),
            )

    def about_channels(self, step: Step, addresses: Counter[tuple[str, str]]) -> Iterator[str]:
        """`step` as its arm makes it; `addresses` counts what goes to each channel and address."""
        for (name, bucket), count in addresses.items():
            channel = self._channels.get(name)
            if channel is None:
                if isinstance(step.action, Task) and not name:
                    continue  # a task needs no channel: people see it in the task list
                code, message = ("SOP-D604", _unknown_channel(name)) if name else ("SOP-D602", NO_CHANNEL)
                yield from self._say(step, code, message, help=CHANNEL_HELP)
            elif (delay := _delay(channel.limits, count)) > NOTABLE_DELAY:
                minutes = round(delay.total_seconds() / 60)
                yield from self._say(
                    step,
                    "SOP-D605",
                    Text(
                        f"{bucket} 一次要发 {count} 条，受频率限制，最后一条约晚 {minutes} 分钟",
                        f"{count} messages to {bucket} at once: the last leaves about {minutes} min late by its rate",
                    ),
                )

    def _inside_phase(self, occurrence: Occurrence) -> bool:
        phase = next(p for p in self._campaign.playbook.phases if p.name == occurrence.phase)
        span = phase_span(phase, anchors_for(self._campaign, occurrence), zone_named(occurrence.zone))
        return span.first <= occurrence.date and (span.last is None or occurrence.date <= span.last)

    def _template_place(self, delivery: PlannedDelivery, line: int) -> Place:
        message = delivery.message
        if delivery.during:  # the words of another playbook
            return self._document.place(delivery.step.path)
        if delivery.lookup and delivery.template:
            return delivery.lookup.rows[0].text.inside(line or 1, 1, 1)
        if not delivery.template:
            return self._document.place(message.path)
        index = message.variants.index(delivery.template)
        path = message.paths[index] if index < len(message.paths) else message.path
        return self._document.inside(path, line) if line and not message.file else self._document.place(path)

    def _say(
        self,
        step: Step,
        code: str,
        message: Text,
        place: Place | None = None,
        help: Text | None = None,
        *,
        row: int = 0,
    ) -> Iterator[str]:
        """The code again, unless a comment sets the finding aside. `row`: of the table the text comes from; each row is
        told of by itself."""
        found = Diagnostic(code, message, place or self._document.place(step.path), help=help, path=step.path)
        if (step.id, code, row) not in self._said:
            self._said.add((step.id, code, row))
            self._findings.extend([found])
        if self._ignores.of(found) is None:
            yield code


OTHERWISE = Text(
    "给模板写上另一种说法：{% else %}…，或 | default('…')，或给步骤加上 if",
    "give the template another thing to say, by an `else` or `default('…')`, or the step an `if`",
)
PAST_HELP = Text(
    "启动时用 --skip-past 跳过它们，或在步骤上写 if_past: skip | now",
    "start with --skip-past to leave them out, or write if_past: skip | now on the step",
)
NO_CHANNEL = Text("没有可用的渠道", "there is no channel for it")
CHANNEL_HELP = Text(
    "在 sopengine.toml 里设 default_channel，或在步骤、人群上写 via",
    "set default_channel in sopengine.toml, or write via on the step or audience",
)


def _past(occurrence: Occurrence) -> Text:
    local = f"{occurrence.due_at.astimezone(zone_named(occurrence.zone)):%Y-%m-%d %H:%M}"
    return Text(
        f"步骤 {occurrence.step.id} 的时间 {local} 已经过去", f"step {occurrence.step.id} at {local} is already past"
    )


def _unknown_channel(name: str) -> Text:
    return Text(f"工作区里没有渠道 {name}", f"the workspace has no channel {name}")


def _delay(limits: Limits, count: int) -> timedelta:
    """How late the last of `count` messages to one address leaves, by its token bucket."""
    rate, burst = limits.bucket
    return timedelta(seconds=(count - burst) / rate) if rate and count > burst else timedelta(0)
