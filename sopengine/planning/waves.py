"""`rollout`: which wave a target of a list belongs to. Known from the list alone, so that all can be told beforehand:
the first of the list are the first to get it, whatever conditions say later. One judgement for the dry run and for the
engine says when a wave may go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from sopengine.language.expressions.conditions import evaluate
from sopengine.language.model import Rollout, Send, Step
from sopengine.language.named import Row
from sopengine.planning.allowance import Never, Wait
from sopengine.timing.parse import duration_text

ROLLOUT = "rollout"
_HUNDRED = Decimal(100)
_LOOK_AGAIN = timedelta(minutes=1)


def rolls_out(step: Step) -> Rollout | None:
    """Only what is sent goes in waves; an arm that does something else does it at its slot."""
    return step.rollout if isinstance(step.action, Send) else None


def waves_of(rollout: Rollout, rows: Iterable[Row]) -> Mapping[str, int]:
    """Target → its wave, from 0 on."""
    ids = [str(row["id"]) for row in rows]
    ends = _ends(rollout, len(ids))
    return {target: next(n for n, end in enumerate(ends) if place < end) for place, target in enumerate(ids)}


def _ends(rollout: Rollout, total: int) -> Sequence[int]:
    """How many of the list have had their turn after each wave; a part of a target is a whole one."""
    ends, reached = [], 0
    for share in rollout.shares:
        part = share.percent * total / _HUNDRED
        reached += share.number + int(part.to_integral_value(ROUND_CEILING)) if not share.is_rest else total
        ends.append(min(reached, total))
    return ends


def delay(rollout: Rollout, wave: int) -> timedelta:
    """How long after the slot this wave has its turn."""
    return rollout.gap.length * wave


def whole(rollout: Rollout) -> timedelta:
    return delay(rollout, len(rollout.shares) - 1)


def wave_name(rollout: Rollout, wave: int) -> str:
    """As the log says it: `rollout 2/3`."""
    return f"{ROLLOUT} {wave + 1}/{len(rollout.shares)}"


class Earlier(NamedTuple):
    """The waves before one, those of their deliveries that nobody left out: when the last of them had its turn, whether
    any is still under way, how many there are, and how many did not surely arrive (failed, unknown or missed)."""

    last: datetime | None = None
    under_way: bool = False
    number: int = 0
    lost: int = 0


def may_go(rollout: Rollout, wave: int, now: datetime, useful_until: datetime, earlier: Earlier) -> Wait | Never | None:
    """None: it may. A wave comes `gap` after the one before had its turn, and only when it is known how that ended."""
    if earlier.last is None:
        return None
    name, next_turn = wave_name(rollout, wave), earlier.last + rollout.gap.length
    why = _distance(rollout, wave)
    if earlier.under_way:
        next_turn = max(next_turn, now + max(_LOOK_AGAIN, rollout.gap.length / 10))
    if next_turn > now:
        if next_turn >= useful_until:
            return Never(True, f"{why}; no time left")
        return Wait(next_turn, ROLLOUT, why)
    if rollout.stop_if is not None:
        failed = Decimal(earlier.lost) / earlier.number
        if evaluate(rollout.stop_if.text, {"failed": failed}):
            return Never(False, f"{name}: stopped, {earlier.lost} of {earlier.number} before it did not arrive")
    return None


def _distance(rollout: Rollout, wave: int) -> str:
    return f"{wave_name(rollout, wave)}: {duration_text(rollout.gap)} after the wave before"


def turn_of(step: Step, wave: int) -> str:
    """Why a delivery that is handed out waits for its turn; "" where it is in the first wave, or there are none."""
    rollout = rolls_out(step)
    return _distance(rollout, wave) if rollout is not None and wave else ""


def out_of_time(step: Step, wave: int, due: datetime, useful_until: datetime) -> str:
    """Why a wave never has its turn; "" where it has."""
    rollout = rolls_out(step)
    if rollout is None or due < useful_until:
        return ""
    return f"{wave_name(rollout, wave)}; no time left"
