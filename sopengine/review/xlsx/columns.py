"""The columns of a workbook's sheets, by whose titles a reviewer's file is understood again."""

from __future__ import annotations

from collections.abc import Sequence

from sopengine.diagnostics import Text
from sopengine.review.comments.model import ABOUT, AUTHOR, COMMENT, DECISION, SAID, TEXT

Columns = Sequence[tuple[Text, int]]
"""Titles and widths in characters."""
KEYS = (*ABOUT, "arm", SAID)
"""Hidden columns: what a row is about, and what its text was."""

TIME, STEP, AUDIENCE = (Text("时间", "Time"), 17), (Text("步骤", "Step"), 18), (Text("给谁", "Audience"), 18)
SCHEDULE: Columns = (
    TIME,
    (Text("星期", "Day"), 6),
    AUDIENCE,
    STEP,
    (Text("方式", "Mode"), 8),
    (Text("状态", "State"), 9),
    (TEXT, 54),
)
REVIEW: Columns = ((DECISION, 9), (COMMENT, 36), (AUTHOR, 10))
REST: Columns = (
    (Text("说明", "Remarks"), 36),
    (Text("阶段", "Part"), 14),
    (Text("渠道", "Channel"), 12),
)
TEXTS: Columns = (
    STEP,
    AUDIENCE,
    (Text("次数", "Times"), 7),
    (Text("第一次", "First"), 17),
    (TEXT, 70),
    (Text("说明", "Remarks"), 40),
)
WARNINGS: Columns = (
    (Text("级别", "Kind"), 9),
    (Text("问题", "Finding"), 70),
    (Text("建议", "Help"), 50),
    (Text("代码", "Code"), 12),
    (Text("位置", "Place"), 34),
)
CHANGES: Columns = (
    STEP,
    (Text("写的是", "As written"), 24),
    (Text("实际", "As it will be"), 24),
    (Text("怎样", "What happens"), 14),
    (Text("原因", "Reason"), 60),
)
OVERVIEW: Columns = ((Text("项目", "About"), 14), (Text("内容", "What"), 90))
