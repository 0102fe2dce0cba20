"""What a reviewer says of one message of a dry run: a decision, a comment, a name."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

from msgspec import Struct

from sopengine.diagnostics import Text

COLUMNS = ("campaign_hash", "step", "slot", "decision", "comment", "author", "arm")
"""Of the CSV that a page makes; the first three say what a row of any sheet is about."""
ABOUT = COLUMNS[:3]
SAID = "text_digest"
"""Of a workbook: by which a text that a reviewer wrote over is known."""
TEXT, DECISION = Text("文字", "Text"), Text("结论", "Decision")
COMMENT, AUTHOR = Text("意见", "Comment"), Text("审阅人", "Reviewer")
"""Titles of a workbook's columns, by which they are found again in whatever order."""

Decision = Literal["approve", "change", "reject", ""]
DECISIONS: dict[Decision, Text] = {
    "approve": Text("通过", "Approve"),
    "change": Text("需改", "Change"),
    "reject": Text("驳回", "Reject"),
}
"""In a sheet stands either word; the CSV of a page has the Chinese one."""


class Comment(Struct, frozen=True):
    """`slot`: the planned time before any shift, empty where an event triggers the step. `hash`: of the campaign that
    it was said of. `arm`: which one of a step that chooses, such as "2" or "2.1"."""

    hash: str
    step: str
    slot: str
    decision: Decision
    comment: str
    author: str
    arm: str = ""

    @property
    def asks(self) -> bool:
        """Whether something is to be changed."""
        return self.decision in ("change", "reject")


def digest(text: str) -> str:
    """Equal for texts that differ in line ends and blanks at the end only: spreadsheets change those."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return sha256("\n".join(line.rstrip() for line in lines).strip().encode()).hexdigest()[:16]
