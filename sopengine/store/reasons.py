"""Spans of time as the completion log spells them."""

from __future__ import annotations

from datetime import datetime, timedelta

LEFT_OUT = "left out"
"""Begins the reasons of what a person has left out; flows go on past it, `required` or not."""


def spell(span: timedelta) -> str:
    """`2d 3h`, `47m`, `20s`: the two largest parts, cut off."""
    seconds = int(span.total_seconds())
    parts = ((seconds // 86_400, "d"), (seconds // 3_600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    said = [f"{number}{unit}" for number, unit in parts if number]
    return " ".join(said[:2]) or "0s"


def late(now: datetime, due: datetime) -> str:
    return f"late {spell(now - due)}"
