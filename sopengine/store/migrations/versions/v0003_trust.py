"""Version 3: guards, people and changes while running."""

from __future__ import annotations

from collections.abc import Callable

revision = "3"
down_revision = "2"

CHANGES: tuple[Callable[[], None], ...] = ()


def upgrade() -> None:
    for change in CHANGES:
        change()
