"""`rollout`, as written → Rollout; what cannot be read is a finding and left out."""

from __future__ import annotations

import re
from decimal import Decimal

from sopengine.diagnostics import Text
from sopengine.language.build.declarations import build_condition
from sopengine.language.build.part import Part
from sopengine.language.model import Rollout, Share
from sopengine.timing.parse import parse_duration
from sopengine.timing.words import Duration

GAP = Duration(seconds=3600)
"""Between waves, where nothing is said."""
_PERCENT = re.compile(r"\s*([0-9]{1,3}(?:\.[0-9]+)?)\s*[%％]\s*")


def build_rollout(part: Part) -> Rollout | None:
    """None where there is none, or where its waves cannot be read."""
    if not isinstance(part.data, dict):
        return None
    written = part.get("waves").each()
    shares = [_share(one, last=one is written[-1]) for one in written]
    gap = part.get("gap").parsed(parse_duration) if "gap" in part else GAP
    if not shares or gap is None or any(share is None for share in shares):
        return None
    if gap.length.total_seconds() <= 0:
        part.get("gap").wrong("SOP-S207", Text("两批之间要隔一段时间", "Some time has to lie between waves"), _LIKE)
        return None
    return Rollout(tuple(filter(None, shares)), gap, build_condition(part.get("stop_if")))


def _share(part: Part, *, last: bool) -> Share | None:
    """Everybody has a wave: the last one takes all that are left, and no other does."""
    rest = isinstance(part.data, str) and part.data.strip() in ("rest", "其余")
    if last and not rest:
        part.wrong(
            "SOP-S207",
            Text("最后一批要写 rest，不然有的目标永远收不到", "The last wave is `rest`, or some would never get it"),
            _LIKE,
        )
        return None
    if rest:
        if not last:
            part.wrong("SOP-S207", Text("rest 只能是最后一批", "`rest` can only be the last wave"), _LIKE)
        return Share() if last else None
    if part.number() > 0:
        return Share(number=part.number())
    match = _PERCENT.fullmatch(part.text())
    if match and 0 < Decimal(match[1]) <= 100:
        return Share(percent=Decimal(match[1]))
    part.wrong(
        "SOP-S207",
        Text("一批是几个目标，或名单的百分之几", "A wave is a number of targets, or per cent of the list"),
        _LIKE,
    )
    return None


_LIKE = Text("例如 rollout: {waves: [2, 10%, rest], gap: 2h}", "Such as `rollout: {waves: [2, 10%, rest], gap: 2h}`")
