"""The items of a preview → one DryRun value, with everything its views need to know about the days and people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from sopengine.diagnostics import Diagnostic, Text, in_order
from sopengine.messages.renderer import Renderer
from sopengine.review.across.findings import collision_findings
from sopengine.review.across.looking import look_across
from sopengine.review.goals import goal_plans
from sopengine.review.items import items
from sopengine.review.model import AudienceSize, DayMark, DryRun, Item, count
from sopengine.review.preview import Preview
from sopengine.review.scripts import script_findings
from sopengine.review.together import same_texts
from sopengine.timing.workcalendar import WorkCalendar
from sopengine.timing.zones import zone as zone_named


def dry_run(
    preview: Preview,
    renderer: Renderer,
    *,
    hash: str,
    given: Sequence[Diagnostic] = (),
    texts: Mapping[str, str] | None = None,
    next_command: str = "",
) -> DryRun:
    """`given` are the findings made before: of the check, of inputs and data; `texts` what they point into, by file."""
    preview.posts = []
    found = list(items(preview, renderer))
    across = look_across(preview, found, renderer)
    preview.findings.extend(collision_findings(across, preview.campaign.playbook, preview.document))
    preview.findings.extend(same_texts(found, preview.campaign.playbook, preview.document))
    preview.findings.extend(script_findings(preview.campaign, preview.document, renderer, given))
    run = summary(preview, found, hash=hash, given=given, texts=texts or {}, next_command=next_command)
    return replace(run, across=across)


def summary(
    preview: Preview,
    found: Sequence[Item],
    *,
    hash: str,
    given: Sequence[Diagnostic],
    texts: Mapping[str, str],
    next_command: str,
) -> DryRun:
    campaign, playbook = preview.campaign, preview.campaign.playbook
    zone = zone_named(playbook.timezone)
    calendars = preview.targets.calendars
    spans = (calendars.phase(phase, playbook.timezone) for phase in playbook.phases)
    phases = [span for span in spans if span is not None]
    dated = [item.at.date() for item in found if item.at is not None]
    span = calendars.span(playbook.timezone)
    first = min([*dated, *([span.first] if phases and preview.whole else [])], default=None)
    last = max([*dated, *([span.last] if phases and preview.whole and span.last else [])], default=None)
    estimated = sorted({day for day in dated if campaign.calendar.estimated(day)})
    _warn_of_estimates(preview, estimated)
    goals = goal_plans(campaign, span, preview.document, preview.findings)
    judged = preview.judge(given)
    return DryRun(
        as_of=preview.as_of.astimezone(zone),
        timezone=playbook.timezone,
        campaign=campaign.id,
        playbook=playbook.id,
        title=playbook.title,
        hash=hash,
        inputs=campaign.inputs,
        first_day=first,
        last_day=last,
        phases=phases,
        audiences=_sizes(preview),
        items=found,
        totals=count(found),
        diagnostics=in_order(judged.kept),
        ignored=len(judged.ignored),
        sources={preview.document.file: preview.document.text, **texts},
        days=_marks(campaign.calendar, first, last),
        calendar_name=playbook.calendar,
        official_until=campaign.calendar.official_until,
        estimated=estimated,
        next_command=next_command,
        goals=goals,
        quotas=preview.guarded.quotas(),
    )


def _sizes(preview: Preview) -> list[AudienceSize]:
    playbook, targets = preview.campaign.playbook, preview.targets
    names = [*playbook.audiences, *playbook.roles]
    return [AudienceSize(name, len(targets.rows(name)), targets.is_sample(name)) for name in names]


def _marks(calendar: WorkCalendar, first: date | None, last: date | None) -> dict[date, DayMark]:
    if first is None or last is None:
        return {}
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return {
        day: DayMark(
            weekend=day.weekday() >= 5,
            holiday=calendar.holiday_name(day) if calendar.is_holiday(day) else None,
            makeup=calendar.is_makeup(day),
            estimated=calendar.estimated(day),
        )
        for day in days
    }


def _warn_of_estimates(preview: Preview, estimated: Sequence[date]) -> None:
    for year in sorted({day.year for day in estimated}):
        preview.findings.add(
            "SOP-W504",
            Text(
                f"{year} 年的放假调休安排尚未公布，所用日子是估计",
                f"the holidays of {year} are estimated, not yet official",
            ),
            preview.document.place(("calendar",)),
            help=Text(
                "公布后更新软件，或在 sopengine.toml 的 [calendar] 里写明",
                "update when they are published, or list the days under [calendar] in sopengine.toml",
            ),
            path=("calendar",),
        )
