"""The look across campaigns as JSON, whole; times are RFC 3339 with their offset."""

from __future__ import annotations

from typing import Any

from sopengine.review.across.model import Across


def across(seen: Across) -> dict[str, Any]:
    return {
        "beside": [{**one._asdict(), "file": one.file or None} for one in seen.beside],
        "collisions": [
            {**one._asdict(), "at": one.at.isoformat(), "their_at": one.their_at.isoformat()} for one in seen.collisions
        ],
        "caps": [{**row._asdict(), "begin": row.begin.isoformat(), "left": row.left} for row in seen.caps],
        "addresses": [
            {
                "channel": one.channel,
                "address": one.address,
                "at": one.at.isoformat(),
                "planned": one.planned,
                "others": one.others,
                "rate": one.rate,
                "per_seconds": one.per,
                "late_seconds": one.late.total_seconds(),
            }
            for one in seen.addresses
        ],
        "loads": [
            {
                "date": one.day.isoformat(),
                "person": one.person,
                "role": one.role,
                "planned": one.planned,
                "others": one.others,
                "tasks": one.tasks,
            }
            for one in seen.loads
        ],
    }
