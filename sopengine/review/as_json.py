"""A dry run in, its JSON out: one document (schemas/dry-run.schema.json), or one item a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sopengine.diagnostics import Severity
from sopengine.language.named import Value
from sopengine.review.across.as_json import across
from sopengine.review.goals import GoalPlan
from sopengine.review.model import DryRun, Item
from sopengine.review.reporter import as_object
from sopengine.review.words import duration
from sopengine.timing.words import Duration

SCHEMA_VERSION = 1
_encode = json.JSONEncoder(ensure_ascii=False).encode


def document(run: DryRun, items: Sequence[Item], lang: str) -> dict[str, Any]:
    """The whole dry run; `items` are those to be listed, the summary counts all."""
    return {
        "schema_version": SCHEMA_VERSION,
        "as_of": run.as_of.isoformat(),
        "timezone": run.timezone,
        "calendar": {
            "name": run.calendar_name,
            "official_until": run.official_until,
            "estimated": [day.isoformat() for day in sorted(run.estimated)],
        },
        "campaign": {
            "id": run.campaign,
            "playbook": run.playbook,
            "title": run.title,
            "hash": run.hash,
            "inputs": {name: plain(value) for name, value in run.inputs.items()},
        },
        "phases": [
            {
                "name": phase.name,
                "title": phase.title,
                "from": phase.begin.isoformat(),
                "until": phase.end.isoformat() if phase.end else None,
            }
            for phase in run.phases
        ],
        "audiences": [{"name": a.name, "size": a.size, "from_sample": a.from_sample} for a in run.audiences],
        "goals": [_goal(goal) for goal in run.goals],
        "items": [as_item(item, lang) for item in items],
        "across": across(run.across),
        "quota": [{"rule": q.rule, "moved": q.moved, "left_out": q.left_out} for q in run.quotas],
        "diagnostics": [as_object(d, lang) for d in run.diagnostics],
        "summary": _summary(run),
    }


def _goal(goal: GoalPlan) -> dict[str, Any]:
    """Decimals as text, so that no digit is lost."""
    return {
        "name": goal.name,
        "metric": goal.metric,
        "per": goal.per or None,
        "each": goal.each or None,
        "target": f"{goal.target:f}",
        "whole": None if goal.whole is None else f"{goal.whole:f}",
        "formula": goal.formula or None,
        "days": [{"date": day.isoformat(), "target": f"{share:f}"} for day, share in goal.days],
    }


def as_item(item: Item, lang: str) -> dict[str, Any]:
    """One item: `at` is RFC 3339 with its offset, after shifts; an event-triggered item has `after` instead."""
    when: dict[str, Any]
    if item.at is not None:
        planned = item.planned_at or item.at
        when = {"at": item.at.isoformat(), "planned_at": planned.isoformat()}
        if item.last_at and item.last_at != item.at:
            when["last_at"] = item.last_at.isoformat()
    else:
        when = {"after": item.after.en if item.after else ""}
    return {
        "id": item.id,
        "section": item.section,
        "phase": item.phase or None,
        "key": item.key,
        **when,
        "audience": item.audience,
        "targets": item.targets,
        "channel": item.channel or None,
        "mode": item.mode,
        "target": item.target,
        "text": item.text,
        "texts": item.texts,
        "format": item.format,
        "mention": list(item.mention),
        "image": item.image or None,
        "chars": item.chars,
        "bytes": item.bytes,
        "parts": list(item.parts),
        "state": item.state,
        "reason": item.reason.get(lang) if item.reason else None,
        "due": item.due.isoformat() if item.due else None,
        "script": item.script or None,
        "approve": item.approve or None,
        "waves": [{"at": wave.at.isoformat(), "targets": wave.targets} for wave in item.waves],
        "reminders": [timer.at.isoformat() for timer in item.timers if timer.kind == "remind"],
        "escalations": [
            {"at": timer.at.isoformat(), "to": timer.to, "how": timer.how}
            for timer in item.timers
            if timer.kind == "escalate"
        ],
        "source": {"file": item.place.file, "line": item.place.line, "col": item.place.col},
        "diagnostics": list(item.codes),
    }


def lines(items: Iterable[Item], lang: str) -> Iterator[str]:
    """One item a line, made as it is asked for: a plan of any size passes through."""
    return (_encode(as_item(item, lang)) for item in items)


def plain(value: Value) -> Any:
    """An input's value as JSON; decimals as text, so that no digit is lost."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, Duration):
        return duration(value)
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {str(name): plain(part) for name, part in value.items()}
    return value


def _summary(run: DryRun) -> dict[str, Any]:
    totals = run.totals
    errors = sum(d.severity is Severity.ERROR for d in run.diagnostics)
    return {
        "items": totals.items,
        "sends": totals.sends,
        "tasks": totals.tasks,
        "past_due": totals.past_due,
        "skipped": totals.skipped,
        "unrendered": totals.unrendered,
        "depends": totals.depends,
        "held": totals.held,
        "errors": errors,
        "warnings": sum(d.severity is Severity.WARNING for d in run.diagnostics),
        "ignored": run.ignored,
        "first_day": run.first_day.isoformat() if run.first_day else None,
        "last_day": run.last_day.isoformat() if run.last_day else None,
    }
