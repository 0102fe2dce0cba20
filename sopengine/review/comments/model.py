"""What a reviewer says of one message of a dry run: a decision, a comment, a name."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sopengine.diagnostics import Text

COLUMNS = ("campaign_hash", "step", "slot", "decision", "comment", "author")
"""Of the CSV that a page makes; the first three say what a row of any sheet is about."""
ABOUT = COLUMNS[:3]

Decision = Literal["approve", "change", "reject", ""]
DECISIONS: dict[Decision, Text] = {
    "approve": Text("通过", "Approve"),
    "change": Text("需改", "Change"),
    "reject": Text("驳回", "Reject"),
}
"""In a sheet stands either word; the CSV of a page has the Chinese one."""


class Comment(Struct, frozen=True):
    """`slot`: the planned time before any shift, empty where an event triggers the step. `hash`: of the campaign that
    it was said of."""

    hash: str
    step: str
    slot: str
    decision: Decision
    comment: str
    author: str
