"""Guards: what protects receivers from too much, and at the wrong hour (semantics.md S4)."""

from __future__ import annotations

from datetime import time
from typing import Literal

from msgspec import Struct

from sopengine.diagnostics import Path
from sopengine.timing.periods import Period
from sopengine.timing.words import Duration

Scope = Literal["target", "member", "sender", "address"]


class Quiet(Struct, frozen=True):
    """Local clock times, half-open, across midnight where `until` is not after `begin`."""

    begin: time
    until: time
    then: str = "hold"  # hold | drop | earlier
    path: Path = ()

    @property
    def text(self) -> str:
        return f"{self.begin:%H:%M}-{self.until:%H:%M}"


class Cap(Struct, frozen=True):
    per: Scope
    most: int
    period: Period
    path: Path = ()

    @property
    def text(self) -> str:
        return f"{self.most} per {self.per} and {self.period.text}"


class Guards(Struct, frozen=True):
    """All that hold for a step. Those of the workspace, the playbook and its flow add up: nothing inside loosens what
    stands outside."""

    quiet: tuple[Quiet, ...] = ()
    caps: tuple[Cap, ...] = ()
    gap: Duration | None = None

    def __bool__(self) -> bool:
        return bool(self.quiet or self.caps or self.gap)

    def __add__(self, inner: Guards) -> Guards:
        gaps = [gap for gap in (self.gap, inner.gap) if gap is not None]
        return Guards(
            self.quiet + inner.quiet, self.caps + inner.caps, max(gaps, key=lambda gap: gap.length, default=None)
        )


FREE = Guards()
