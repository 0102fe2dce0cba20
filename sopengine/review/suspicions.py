"""What a dry run doubts: texts that fail or are too long, times that are past or moved, channels that are not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta

from sopengine.channels.base import Channel
from sopengine.diagnostics import Findings, Text
from sopengine.language.checks.wording.dates import known_days
from sopengine.language.copy_rules import ANYTHING, CopyRules
from sopengine.language.document import Document
from sopengine.language.model import Step, Task
from sopengine.planning.data import COLUMN_ZONE
from sopengine.planning.limits import anchors_for
from sopengine.planning.model import Campaign, Occurrence
from sopengine.planning.spans import phase_span
from sopengine.planning.targets import Targets
from sopengine.planning.timers import Timer
from sopengine.review.carrying import Carrying
from sopengine.review.guarding import CODES, HELP, Guarded
from sopengine.review.rates import Leaving, latest
from sopengine.review.tables import TableUse
from sopengine.review.telling import Teller
from sopengine.review.text_doubts import TextDoubts
from sopengine.review.timers import about_timers
from sopengine.timing.zones import zone as zone_named

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
        rules: CopyRules = ANYTHING,
    ) -> None:
        self._campaign, self._document, self._channels = campaign, document, channels
        self._as_of, self._findings = as_of, findings
        self._tables, self._teller = TableUse(document), Teller(document, findings)
        playbook = campaign.playbook
        days = known_days(playbook, playbook.steps())
        self.texts = TextDoubts(channels, self._tables, self._teller, days, rules)
        self._phases = {phase.name: phase for phase in campaign.playbook.phases}

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
            tuple(
                self._teller.say(step, "SOP-W503", Text(f"步骤 {step.id} 一次也不会执行", f"step {step.id} never runs"))
            )

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
        tuple(self._teller.say(step, "SOP-W512", message))
        return True

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
            yield from self._teller.say(step, "SOP-W501", _past(occurrence), help=PAST_HELP)
        if occurrence.section == "phases" and (why := self._outside_phase(occurrence)) is not None:
            yield from self._teller.say(step, "SOP-W502", why)
        if occurrence.note == "gap":
            local = f"{occurrence.due_at.astimezone(zone_named(occurrence.zone)):%Y-%m-%d %H:%M}"
            yield from self._teller.say(
                step,
                "SOP-W505",
                Text(f"当地拨快时钟，改在 {local} 执行", f"the clock is put forward there; it runs at {local}"),
            )

        if occurrence.note == "short month":
            yield from self._teller.say(
                step,
                "SOP-W511",
                Text(
                    f"步骤 {step.id}：这个农历月只有 29 天，三十落在 {occurrence.date}（二十九）",
                    f"step {step.id}: that lunar month has 29 days, so its day 30 is {occurrence.date}, the 29th",
                ),
            )

    def about_timers(self, step: Step, timers: Sequence[Timer]) -> Iterator[str]:
        """`step` as its arm makes it."""
        return about_timers(self._teller, step, timers) if timers else iter(())

    def about_guards(self, step: Step, guarded: Guarded) -> Iterator[str]:
        for (step_id, guard), tally in guarded.tallies.items():
            if step_id == step.id:
                yield from self._teller.say(step, CODES[guard], tally.text(step.id), help=HELP[guard])

    def about_channels(self, step: Step, leaving: Leaving) -> Iterator[str]:
        """`step` as its arm makes it."""
        for (name, bucket), due in leaving.items():
            channel = self._channels.get(name)
            if channel is None:
                if isinstance(step.action, Task) and not name:
                    continue  # a task needs no channel: people see it in the task list
                code, message = ("SOP-D604", _unknown_channel(name)) if name else ("SOP-D602", NO_CHANNEL)
                yield from self._teller.say(step, code, message, help=CHANNEL_HELP)
            elif (delay := latest(channel.limits, due)) > NOTABLE_DELAY:
                minutes, count = round(delay.total_seconds() / 60), due.total()
                together = Text("分散着", "spread out") if len(due) > 1 else Text("一次", "at once")
                yield from self._teller.say(
                    step,
                    "SOP-D605",
                    Text(
                        f"{bucket} {together.zh}要发 {count} 条，受频率限制，最后一条约晚 {minutes} 分钟",
                        f"{count} messages to {bucket} {together.en}: the last leaves about {minutes} min late by its "
                        "rate",
                    ),
                )

    def _outside_phase(self, occurrence: Occurrence) -> Text | None:
        phase, zone = self._phases[occurrence.phase], zone_named(occurrence.zone)
        span = phase_span(phase, anchors_for(self._campaign, occurrence), zone)
        step, at = occurrence.step.id, occurrence.planned_at
        if occurrence.date < span.first or (span.last is not None and occurrence.date > span.last):
            return Text(
                f"步骤 {step} 落在 {occurrence.date}，不在阶段 {phase.name} 之内",
                f"step {step} falls on {occurrence.date}, outside phase {phase.name}",
            )
        within_a_day = span.end is not None and span.end.astimezone(zone).time() != time()
        if at < span.begin or (within_a_day and span.end is not None and at >= span.end):
            local, begin = f"{at.astimezone(zone):%m-%d %H:%M}", f"{span.begin.astimezone(zone):%m-%d %H:%M}"
            end = f"{span.end.astimezone(zone):%m-%d %H:%M}" if span.end else ""
            return Text(
                f"步骤 {step} 落在 {local}，不在阶段 {phase.name}（{begin} 到 {end}）之内",
                f"step {step} falls on {local}, outside phase {phase.name} ({begin} to {end})",
            )
        return None


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
