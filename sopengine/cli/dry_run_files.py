"""The views of a dry run that are files: each written, and in a line where it is and what it comes to."""

from __future__ import annotations

from pathlib import Path

from sopengine.cli.output import language
from sopengine.cli.result_file import begins_with, write_result
from sopengine.diagnostics import Text
from sopengine.errors import UsageError
from sopengine.review.facts import totals
from sopengine.review.model import DryRun, View


def write_page(path: Path, run: DryRun, view: View) -> Text:
    from sopengine.review.html.page import BEGINNING, page

    data = page(run, view, lang=language()).encode()
    write_result(path, data, begins_with(BEGINNING.encode()))
    return _told(path, data, run, Text("用浏览器打开。", "Open it in a browser."))


def write_workbook(path: Path, run: DryRun, view: View) -> Text:
    """Never over what a reviewer wrote."""
    from sopengine.review.xlsx.book import workbook

    data = workbook(run, [item for item in run.items if view.takes(item)], language())
    write_result(path, data, lambda there: _unreviewed(there, path))
    advice = Text(
        "请审阅的人在“结论”“意见”两列里填写。", "Reviewers choose under “Decision” and write under “Comment”."
    )
    return _told(path, data, run, advice)


def _unreviewed(there: bytes, path: Path) -> bool:
    """Whether it is a workbook of ours in which nobody has written."""
    from sopengine.review.comments.received import read
    from sopengine.review.comments.tables import Unreadable, tables_of

    try:
        found = read(tables_of(there), language())
    except Unreadable:
        return False
    if number := len(found.received) + len(found.unread):
        raise UsageError(
            Text(
                f"{path} 里已经有 {number} 条审阅意见，没有覆盖",
                f"{path} holds {number} comments of reviewers; it was left as it is",
            ),
            Text(
                "换一个文件名；那些意见用 sopengine comments import 读回",
                "give another name; `sopengine comments import` reads the comments back",
            ),
        )
    return True


def _told(path: Path, data: bytes, run: DryRun, advice: Text) -> Text:
    size = f"{-(-len(data) // 1024):,} KB"
    (items, parts), (english, in_english) = totals(run, "zh"), totals(run, "en")
    return Text(
        f"写好了 {path}（{size}）：{items}，{'、'.join(parts)}。{advice.zh}",
        f"Wrote {path} ({size}): {english}, {', '.join(in_english)}. {advice.en}",
    )
