"""`overlap`, as written → Overlap."""

from __future__ import annotations

import re
from unicodedata import normalize

from sopengine.diagnostics import Text
from sopengine.language.build.part import Part
from sopengine.language.model import Overlap

_FORM = re.compile(r"\s*(?:(queue|parallel)\s*\(\s*([1-9][0-9]{0,3})\s*\)|(restart))\s*")


def build_overlap(part: Part) -> Overlap | None:
    """None where nothing is said, or where it cannot be read."""
    if not isinstance(part.data, str):
        return None
    read = _FORM.fullmatch(normalize("NFKC", part.data))
    if read is None:
        part.wrong(
            "SOP-S207",
            Text(f"overlap 不能写 `{part.data}`", f"`overlap` cannot be `{part.data}`"),
            Text(
                "写 queue(3)（最多排 3 个）、parallel(3)（最多同时 3 个）或 restart（顶替原来的）",
                "Write `queue(3)` (at most 3 wait), `parallel(3)` (at most 3 run) or `restart` (takes its place)",
            ),
        )
        return None
    match read.groups():
        case ("queue", most, _):
            return Overlap("queue", int(most))
        case ("parallel", most, _):
            return Overlap("parallel", int(most))
    return Overlap("restart")
