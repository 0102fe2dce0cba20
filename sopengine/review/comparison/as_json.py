"""A comparison in, its JSON document out (schemas/diff.schema.json)."""

from __future__ import annotations

from typing import Any

from sopengine.review.comparison.model import Change, Comparison, StepChange, Times
from sopengine.review.model import Item

SCHEMA_VERSION = 1


def document(found: Comparison, lang: str) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "differs": found.differs,
        "as_of": found.as_of.isoformat(),
        "timezone": found.timezone,
        "old": {"name": found.before.name, "hash": found.before.hash},
        "new": {"name": found.after.name, "hash": found.after.hash},
        "steps": [as_step(step, lang) for step in found.steps],
        "others": [said.get(lang) for said in found.others],
        "summary": {what: found.count(what) for what in ("added", "removed", "changed", "moved", "same")}
        | {"sent": found.sent},
    }


def as_step(step: StepChange, lang: str) -> dict[str, Any]:
    return {
        "step": step.step,
        "was": step.was or None,
        "what": step.what,
        "status": step.standing.status if step.standing else None,
        "sent": step.standing.sent if step.standing else 0,
        "waiting": step.standing.waiting if step.standing else 0,
        "settings": list(step.settings),
        "changes": [_change(change, lang) for change in step.changes],
    }


def _change(change: Change, lang: str) -> dict[str, Any]:
    before, after = change.shown
    item = change.shown.item
    return {
        "what": change.what,
        "slots": [{"old": _when(slot.before), "new": _when(slot.after)} for slot in _different(change)],
        "audience": item.audience,
        "targets": list(change.targets),
        "target": item.target or None,
        "mode": item.mode,
        "old_text": before.text if before else None,
        "new_text": after.text if after else None,
        "texts": change.texts,
        "fields": [
            {"field": field.key, "old": field.before.get(lang), "new": field.after.get(lang)} for field in change.fields
        ],
    }


def _different(change: Change) -> list[Times]:
    """Slots at one time stand once."""
    return list({(_when(slot.before), _when(slot.after)): slot for slot in change.slots}.values())


def _when(item: Item | None) -> str | None:
    if item is None:
        return None
    return item.at.isoformat() if item.at else item.after.en if item.after else ""
