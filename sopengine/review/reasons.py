"""The reasons of the completion log, which are short and English, → clauses in both languages."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from sopengine.diagnostics import Text

_PATTERNS: tuple[tuple[str, str, str], ...] = (
    (r"condition: (.*)", "条件不成立（{0}）", "its condition is false ({0})"),
    (r"condition, asked again: (.*)", "再问时条件不成立（{0}）", "its condition was false when asked again ({0})"),
    (r"condition", "条件不成立", "its condition is false"),
    (r"unknown: (.*)", "条件判断不了（{0}）", "its condition cannot be told ({0})"),
    (r"unknown", "条件判断不了", "its condition cannot be told"),
    (r"arm ([\d.]+): (.*)", "走第 {0} 支，因为 {1}", "arm {0} was chosen because {1}"),
    (r"arm ([\d.]+)", "走第 {0} 支", "arm {0} was chosen"),
    (r"due", "期限到了", "its time was up"),
    (r"none skip", "这一支什么也不做", "this arm does nothing"),
    (r"written", "已写下", "written"),
    (r"dependency", "它等的步骤没有做成", "the step it comes after did not end well"),
    (r"past at start", "启动时已经过去", "it was past when the campaign was started"),
    (r"exited: (.*)", "已退出（{0}）", "its scope has ended ({0})"),
    (r"left out: (.*)", "人工去掉（{0}）", "a person left it out ({0})"),
    (r"stopped: (.*)", "活动被停止（{0}）", "its campaign was stopped ({0})"),
    (r"during: (.*)", "由 {0} 代替", "{0} takes its place"),
    (r"opted-out", "对方不愿再收到", "the receiver has opted out"),
    (r"rate, until (\S+)", "地址限频，等到 {0}", "its address's rate, until {0}"),
    (r"gap(.*), until (\S+)", "与上一条隔开{0}，等到 {1}", "the gap to the message before{0}, until {1}"),
    (r"cap (.*?): used by (.*), until (\S+)", "已到上限 {0}（名额用在 {1}），等到 {2}",
     "the cap {0} is reached (used by {1}), until {2}"),
    (r"cap (.*?): used by (.*); no time left", "已到上限 {0}（名额用在 {1}），等不到下一个名额",
     "the cap {0} is reached (used by {1}) and no slot comes in time"),
    (r"cap (.*?): used by (.*)", "已到上限 {0}（名额用在 {1}）", "the cap {0} is reached (used by {1})"),
    (r"quiet\b(.*), until (\S+)", "安静时段{0}，等到 {1}", "quiet hours{0}, until {1}"),
    (r"quiet\b(.*); no time left", "安静时段{0}，过了有效期", "quiet hours{0}, and no time is left after them"),
    (r"quiet\b(.*)", "安静时段{0}", "quiet hours{0}"),
    (r"late (.*?), a newer slot of this step is due", "迟了 {0}，同一步骤已有更新的一轮",
     "it was late by {0} and a newer slot of its step was due"),
    (r"late (.*?) \(late_ok (.*?)\), held: (.*)", "迟了 {0}（允许 {1}），因为按住过：{2}",
     "it was late by {0} (late_ok {1}), held: {2}"),
    (r"late (.*?) \(late_ok (.*?)\)", "迟了 {0}（允许 {1}）", "it was late by {0} (late_ok {1})"),
    (r"late (.*?) \(useful until (\S+)\)(.*)", "迟了 {0}，有效期到 {1}{2}",
     "it was late by {0}, of use until {1}{2}"),
    (r"late (.*)", "迟了 {0}", "late by {0}"),
    (r"no answer was kept; it may have been sent", "没有留下答复，可能已经送到",
     "no answer was kept, so it may have been sent"),
    (r"not confirmed in time", "没有人在有效期内确认", "nobody confirmed it in time"),
    (r"confirmed by task (\d+)", "由任务 {0} 确认", "confirmed by task {0}"),
    (r"(sent|not-sent|resend): (.*)", "{0}（{1}）", "{0} ({1})"),
    (r"retry: (.*)", "再试（{0}）", "retry ({0})"),
    (r"run-missed: (.*)", "错过后补做（{0}）", "run after it was missed ({0})"),
    (r"run-missed", "错过后补做", "run after it was missed"),
    (r"looked up: (.*)", "向渠道查证：{0}", "the channel was asked: {0}"),
    (r"the target or its text is no longer in the stored data", "对象或文字已不在存下的数据里",
     "the target or its text is no longer in the stored data"),
)  # fmt: skip
_COMPILED = [(re.compile(pattern, re.DOTALL), zh, en) for pattern, zh, en in _PATTERNS]
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[+-]\d\d:\d\d|Z)")


def clause(reason: str, zone: ZoneInfo) -> Text:
    """What is not among the engine's own words, such as a platform's answer, stays as it is; moments are local."""
    for pattern, zh, en in _COMPILED:
        if match := pattern.fullmatch(reason):
            parts = [_local(part or "", zone) for part in match.groups()]
            return Text(zh.format(*parts).strip(), en.format(*parts).strip())
    return Text(_local(reason, zone), _local(reason, zone))


def _local(text: str, zone: ZoneInfo) -> str:
    def written(match: re.Match[str]) -> str:
        return f"{datetime.fromisoformat(match[0]).astimezone(zone):%m-%d %H:%M}"

    return _MOMENT.sub(written, text)
