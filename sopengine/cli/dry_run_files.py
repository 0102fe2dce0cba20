"""The views of a dry run that are files: each written, and in a line where it is and what it comes to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sopengine.cli.choice import one_of
from sopengine.cli.output import language
from sopengine.cli.result_file import before, begins_with, write_result
from sopengine.diagnostics import Severity, Text
from sopengine.errors import Refused, UsageError
from sopengine.review.facts import totals
from sopengine.review.model import DryRun, View

if TYPE_CHECKING:
    from sopengine.cli.dry_run import Request
    from sopengine.review.preview import Preview


def agree(request: Request) -> None:
    """Flags that go together; UsageError for those that do not."""
    for flag in ("--html", "--xlsx", "--ics"):
        if getattr(request, flag.removeprefix("--")) and (request.each or request.jsonl):
            raise UsageError(
                Text(f"{flag} 不能和 --each、--jsonl 一起用", f"{flag} does not go together with --each or --jsonl"),
                Text("文件里每条安排写一次，注明几个对象", "the file shows each item once, and for how many"),
            )
    if request.ics and (request.show or request.phase or request.day):
        raise UsageError(
            Text("--ics 不能和 --show、--phase、--day 一起用", "--ics does not go with --show, --phase or --day"),
            Text(
                "日历里是整个活动；用 --from、--until 限定日期，用 --for 限定人",
                "a calendar holds the whole campaign; --from and --until bound its days, --for whose it is",
            ),
        )
    if request.whose and not request.ics:
        raise UsageError(Text("--for 要和 --ics 一起用", "--for goes with --ics"))


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


def write_calendar(path: Path, run: DryRun, preview: Preview, whose: str) -> Text:
    """Not of a plan with errors: what they keep from being planned would be cancelled in people's calendars."""
    from sopengine.review.ics.calendar import NotOurs, calendar

    if wrong := tuple(d for d in run.diagnostics if d.severity is Severity.ERROR):
        raise Refused(
            Text(f"有错误，没有写 {path}", f"there are errors, {path} was not written"),
            wrong,
            Text("先改好；已有的日历保持原样", "mend them first; a calendar that is there stays as it was"),
        )
    items = [item for item in run.items if whose in ("", item.audience, item.person)]
    people = {item.person for item in run.items} - {""}
    if not items:
        one_of("--for", whose, [*preview.campaign.playbook.audiences, *preview.campaign.playbook.roles, *people])
    since, until = preview.begin or run.as_of, preview.horizon
    try:
        made = calendar(run, items, language(), whose=whose, since=since, until=until, before=before(path))
    except NotOurs:
        raise UsageError(
            Text(
                f"{path} 已经存在，不是这个活动、这些人的日历",
                f"{path} is there already, and no calendar of this campaign for the same people",
            ),
            Text("换一个文件名", "give another name"),
        ) from None
    write_result(path, made.data, lambda _: True)
    untimed = sum(item.at is None for item in items)
    left = Text(f"；等事件的 {untimed} 步没有时间，不在里面", f"; {untimed} steps wait for events and are not in it")
    left = left if untimed else Text("", "")
    return Text(
        f"写好了 {path}：{made.entries} 个日程（新增 {made.new}，改动 {made.changed}，取消 {made.cancelled}）"
        f"{left.zh}。用日历打开，或发给别人导入。",
        f"Wrote {path}: {made.entries} entries ({made.new} new, {made.changed} changed, {made.cancelled} cancelled)"
        f"{left.en}. Open it with a calendar, or send it to be imported.",
    )


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
