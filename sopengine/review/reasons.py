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
    (r"nobody in the audiences", "不在任何名单里", "it is about nobody in the audiences"),
    (r"(\S+) has ended for (\S+)", "{0} 对 {1} 已经结束", "{0} has ended for {1}"),
    (r"(\S+) is still open for (\S+)", "{1} 还在 {0} 里", "{1} is still in {0}"),
    (r"(\S+) was left too lately by (\S+)", "{1} 离开 {0} 还不够久", "{1} left {0} too lately"),
    (r"outside the campaign's time", "不在活动的时间里", "it was outside the campaign's time"),
    (r"nobody is named", "没有写告诉谁", "nobody is named"),
    (r"begins after (.*)", "等 {0} 结束再开始", "it begins after {0}"),
    (r"those before it have ended", "前面的都结束了", "those before it have ended"),
    (r"starts nothing", "没有从它开始的", "nothing begins with it"),
    (r"started from (.*)", "由 {0} 启动", "started from {0}"),
    (r"past already when it was added", "加进来时已经过去", "it was past already when it was added"),
    (r"a turn of a list that was read anew", "名单重读以后的一轮", "a turn of a list that was read anew"),
    (r"it may have been sent before the database was restored", "数据库恢复之前可能已经发过",
     "it may have been sent before the database was restored"),
    (r"no answer was kept; asked again with its key", "没有留下答复，用原来的编号再问",
     "no answer was kept, so it was asked again with its key"),
    (r"no answer was kept; sent again \(on_unknown: resend\)", "没有留下答复，按 on_unknown: resend 再发",
     "no answer was kept, so it was sent again (on_unknown: resend)"),
    (r"(.*): (\S+) after the wave before; no time left", "{0}：要在前一批 {1} 之后，过了有效期",
     "{0}: {1} after the wave before, and no time is left then"),
    (r"(.*): (\S+) after the wave before", "{0}：要在前一批 {1} 之后", "{0}: {1} after the wave before"),
    (r"(.*): stopped, (\d+) of (\d+) before it did not arrive", "{0}：停了，之前 {2} 条里有 {1} 条没有送到",
     "{0}: stopped, {1} of {2} before it did not arrive"),
    (r"(\S+) has no row of (.*)", "{0} 里没有 {1} 的行", "{0} has no row of {1}"),
    (r"(\S+) has more than one row of (.*) \(rows (.*)\)", "{0} 里 {1} 的行不止一行（第 {2} 行）",
     "{0} has more than one row of {1} (rows {2})"),
    (r"takes too long or too much memory", "算得太久或太占内存", "it takes too long or too much memory"),
    (r"not tried: other texts of this template took too long or too much memory",
     "没有试：同一模板的别的文字算得太久或太占内存",
     "not tried: other texts of its template took too long or too much memory"),
    (r"wait timeout", "等到时限也没有来", "nothing came until its time was up"),
    (r"wait (\S+)", "等来了 {0}", "{0} came"),
    (r"tag (\S+(?:, \S+)*)", "标签 {0}", "tag {0}"),
    (r"not begun: the lease was nearly over", "没有开始：时间不够了", "not begun, for its time was nearly over"),
    (r"the workspace has no channel (\S+)", "工作区里没有渠道 {0}", "the workspace has no channel {0}"),
    (r"the channel's own code broke: (.*)", "渠道自己的程序出错（{0}）", "the channel's own code broke ({0})"),
    (r"printed", "已显示", "printed"),
    (r"rehearsed", "彩排的安排", "as rehearsed"),
    (r"standard output failed: (.*)", "显示不出来（{0}）", "standard output failed ({0})"),
    (r"it is not in the file", "文件里没有它", "it is not in the file"),
    (r"its line is in the file", "文件里有它", "its line is in the file"),
    (r"writing failed: the disk is full", "写不进去：磁盘满了", "writing failed: the disk is full"),
    (r"writing failed: (.*)", "写不进去（{0}）", "writing failed ({0})"),
    (r"reading failed: (.*)", "读不出来（{0}）", "reading failed ({0})"),
    (r"the path is not a plain file", "那个路径不是普通文件", "the path is not a plain file"),
    (r"a person posts it and confirms", "由人发出并确认", "a person posts it and confirms"),
    (r"written to the file; a person confirms", "已写进文件，由人确认", "written to the file; a person confirms"),
    (r"HTTP 429: too many messages", "HTTP 429：发得太多", "HTTP 429: too many messages"),
    (r"HTTP (\d+): it may or may not have been taken", "HTTP {0}：可能收下了，也可能没有",
     "HTTP {0}: it may or may not have been taken"),
    (r"HTTP (\d+) without the platform's code: it may or may not have been taken",
     "HTTP {0}，没有平台的代码：可能收下了，也可能没有",
     "HTTP {0} without the platform's code: it may or may not have been taken"),
    (r"HTTP (\d+) with an answer that is no JSON object", "HTTP {0}，回答不是 JSON",
     "HTTP {0} with an answer that is no JSON object"),
    (r"HTTP (\d+): redirects are not followed", "HTTP {0}：不跟着转到别处", "HTTP {0}: redirects are not followed"),
    (r"HTTP (\d+): refused", "HTTP {0}：被拒绝", "HTTP {0}: refused"),
    (r"errcode (\S+): refused", "平台拒绝（{0}）", "the platform refused it ({0})"),
    (r"neither the address nor the channel names a secret", "地址和渠道都没有写密钥的名字",
     "neither the address nor the channel names a secret"),
    (r"the secret holds a whole URL; keep only what follows key=", "密钥里是整个网址，只留 key 后面的",
     "the secret holds a whole URL; keep only what follows key="),
    (r"sent: (.*)", "查实已送到（{0}）", "it did arrive ({0})"),
    (r"not-sent: (.*)", "查实没有送到（{0}）", "it did not arrive ({0})"),
    (r"resend: (.*)", "再发一次（{0}）", "to be sent again ({0})"),
    (r"unknown: (.*)", "条件判断不了（{0}）", "its condition cannot be told ({0})"),
    (r"unknown", "条件判断不了", "its condition cannot be told"),
    (r"arm ([\d.]+): (.*)", "走第 {0} 支，因为 {1}", "arm {0} was chosen because {1}"),
    (r"arm ([\d.]+)", "走第 {0} 支", "arm {0} was chosen"),
    (r"due", "期限到了", "its time was up"),
    (r"none skip", "这一支什么也不做", "this arm does nothing"),
    (r"about (\S+)", "关于 {0}", "about {0}"),
    (r"about (\S+): (.*)", "关于 {0}（{1}）", "about {0}: {1}"),
    (r"(\d+) deliveries, (\d+) tasks", "{0} 条消息，{1} 个任务", "{0} deliveries, {1} tasks"),
    (r"ends (\S+) of (\S+) for ([^:]+): ([^,]+), (.*)", "结束 {2} 在 {1} 的 {0}（{3}）；{4}",
     "ends {0} of {1} for {2}: {3}, {4}"),
    (r"ends (\S+) of (\S+) for ([^:]+): ([^,]+)", "结束 {2} 在 {1} 的 {0}（{3}）", "ends {0} of {1} for {2}: {3}"),
    (r"written", "已写下", "written"),
    (r"dependency", "它等的步骤没有做成", "the step it comes after did not end well"),
    (r"past at start", "启动时已经过去", "it was past when the campaign was started"),
    (r"exited: (.*)", "已退出（{0}）", "its scope has ended ({0})"),
    (r"left out: (.*)", "人工去掉（{0}）", "a person left it out ({0})"),
    (r"stopped: (\S+) takes its place", "活动被停止（{0} 顶替了它）", "its campaign was stopped ({0} takes its place)"),
    (r"(\S+) takes its place", "{0} 顶替了它", "{0} takes its place"),
    (r"stopped: (.*)", "活动被停止（{0}）", "its campaign was stopped ({0})"),
    (r"during: (.*)", "由 {0} 代替", "{0} takes its place"),
    (r"opted-out", "对方不愿再收到", "the receiver has opted out"),
    (r"rate, until (\S+)", "地址限频，等到 {0}", "its address's rate, until {0}"),
    (r"gap (\S+) after (.*), until (\S+)", "与上一条（{1}）隔开 {0}，等到 {2}",
     "the gap of {0} after {1}, until {2}"),
    (r"gap (\S+) after (.*); no time left", "与上一条（{1}）隔开 {0}，过了有效期",
     "the gap of {0} after {1}, and no time is left after it"),
    (r"cap (.*?): used by (.*), kept for (.*), until (\S+)", "上限 {0} 只剩留给 {2} 的名额（其余用在 {1}），等到 {3}",
     "what is left of the cap {0} is kept for {2} (used by {1}), until {3}"),
    (r"cap (.*?): used by (.*), kept for (.*); no time left",
     "上限 {0} 只剩留给 {2} 的名额（其余用在 {1}），等不到下一个名额",
     "what is left of the cap {0} is kept for {2} (used by {1}) and no slot comes in time"),
    (r"cap (.*?): used by (.*), kept for (.*)", "上限 {0} 只剩留给 {2} 的名额（其余用在 {1}）",
     "what is left of the cap {0} is kept for {2} (used by {1})"),
    (r"cap (.*?): kept for (.*), until (\S+)", "上限 {0} 的名额留给 {1}，等到 {2}",
     "the cap {0} is kept for {1}, until {2}"),
    (r"cap (.*?): kept for (.*); no time left", "上限 {0} 的名额留给 {1}，等不到下一个名额",
     "the cap {0} is kept for {1} and no slot comes in time"),
    (r"cap (.*?): kept for (.*)", "上限 {0} 的名额留给 {1}", "the cap {0} is kept for {1}"),
    (r"cap (.*?): used by (.*), until (\S+)", "已到上限 {0}（名额用在 {1}），等到 {2}",
     "the cap {0} is reached (used by {1}), until {2}"),
    (r"cap (.*?): used by (.*); no time left", "已到上限 {0}（名额用在 {1}），等不到下一个名额",
     "the cap {0} is reached (used by {1}) and no slot comes in time"),
    (r"cap (.*?): used by (.*)", "已到上限 {0}（名额用在 {1}）", "the cap {0} is reached (used by {1})"),
    (r"quiet\b(.*), until (\S+)", "安静时段{0}，等到 {1}", "quiet hours{0}, until {1}"),
    (r"quiet\b(.*); no time left", "安静时段{0}，过了有效期", "quiet hours{0}, and no time is left after them"),
    (r"quiet\b(.*)", "安静时段{0}", "quiet hours{0}"),
    (r"(?:slip|upgrade)(?:: (.*))?; not addressed any more", "剧本改了发送范围，不再发给它 {0}",
     "its step goes to others now {0}"),
    (r"rollout (\S+): (.*) after the wave before, until (\S+)", "第 {0} 批，上一批之后 {1}，等到 {2}",
     "wave {0} comes {1} after the wave before, until {2}"),
    (r"rollout (\S+): stopped, (\d+) of (\d+) before it did not arrive", "第 {0} 批停发：前面 {2} 条有 {1} 条没有送到",
     "wave {0} was stopped: {1} of the {2} before it did not arrive"),
    (r"rollout (\S+).*; no time left", "轮到第 {0} 批时已经没有用处",
     "the turn of wave {0} came too late to be of use"),
    (r"late (.*?), (\d+) newer slots of this step are due", "迟了 {0}，同一步骤已有更新的 {1} 轮",
     "it was late by {0} and {1} newer slots of its step were due"),
    (r"late (.*?), a newer slot of this step is due", "迟了 {0}，同一步骤已有更新的一轮",
     "it was late by {0} and a newer slot of its step was due"),
    (r"late (.*?) \(late_ok (.*?)\), held: (?P<why>.*)", "迟了 {0}（允许 {1}），因为按住过：{2}",
     "it was late by {0} (late_ok {1}), held: {2}"),
    (r"held: (?P<why>.*)", "{0}", "{0}"),
    (r"approval of the campaign did not come", "整个活动的文字没有等到批准",
     "the campaign's words were never approved"),
    (r"approval of (.*) did not come", "{0} 的文字没有等到批准", "the words of {0} were never approved"),
    (r"waits for approval of the campaign", "等整个活动的文字得到批准",
     "it waits until the campaign's words are approved"),
    (r"waits for approval of (.*)", "等 {0} 的文字得到批准", "it waits until the words of {0} are approved"),
    (r"not approved by (.*?): (.*)", "{0} 驳回了它的文字（{1}）", "{0} rejected its words ({1})"),
    (r"the words were edited", "文字改过，批准作废", "its words were edited, which voids the approval"),
    (r"waits for (\S+)", "等事件 {0}", "it waits for event {0}"),
    (r"(\S+) did not come", "事件 {0} 没有来", "event {0} did not come"),
    (r"reminder: a later reminder is due", "更晚的一次提醒已到时间", "a later reminder was due"),
    (r"reminder: (?P<why>.*)", "提醒{0}", "the reminder was {0}"),
    (r"to (\S+): nobody answers for it", "告诉 {0}，但没有人担任", "to {0}, for which nobody answers"),
    (r"to (\S+): (.*?), in the task list", "告诉 {0} 的{1}，在任务清单里", "to {1} of {0}, in the task list"),
    (r"to (\S+): (.*?) via (\S+)", "告诉 {0} 的{1}，经 {2}", "to {1} of {0} via {2}"),
    (r"(.*?), in the task list", "{0}，在任务清单里", "{0}, in the task list"),
    (r"(\S+) via (\S+)", "{0}，经 {1}", "{0} via {1}"),
    (r"(.*?) → (.*?), as the list has it now", "{0} → {1}，名单现在这样写", "{0} → {1}, as the list has it now"),
    (r"(.*?) → (.*?): (.*)", "{0} → {1}（{2}）", "{0} → {1} ({2})"),
    (r"its task is done", "任务已做完", "its task is done"),
    (r"its task was declined", "任务被谢绝", "its task was declined"),
    (r"declined by (.*?): (.*)", "{0} 谢绝（{1}）", "declined by {0} ({1})"),
    (r"unassigned", "没有人负责", "nobody is in charge of it"),
    (r"title cannot be rendered", "标题填不出来", "its title cannot be filled in"),
    (r"no channel", "没有渠道", "it has no channel"),
    (r"template: (?P<why>.*)", "文字填不出来（{0}）", "its text cannot be filled in ({0})"),
    (r"until (\S+)", "到事件 {0} 为止", "it was to end with event {0}"),
    (r"(\S+) is at (\S+): (\S+)", "{2} 定下 {0} 是 {1}", "{2} set {0} to {1}"),
    (r"slip: (.*)", "改期：{0}", "the date moved: {0}"),
    (r"upgrade: (.*)", "换了新版剧本：{0}", "the playbook was upgraded: {0}"),
    (r"upgrade", "换了新版剧本", "the playbook was upgraded"),
    (r"patch-copy: (.*)", "换了文字：{0}", "its words were changed: {0}"),
    (r"patch-copy", "换了文字", "its words were changed"),
    (r"(\S+) went on to (\S+)", "{0} 转到了 {1}", "{0} went on to {1}"),
    (r"the lease ran out before anything was sent", "发送者中断，什么也没发出",
     "its sender stopped before anything was sent"),
    (r"(?P<why>.*?); no time left to try again", "{0}，来不及再试", "{0}; there was no time left to try again"),
    (r"looked up: (.*); no time left to send it", "向渠道查证：{0}；来不及再发",
     "the channel was asked: {0}; there was no time left to send it"),
    (r"looked up", "向渠道查证过", "the channel was asked"),
    (r"late (.*?) \(late_ok (.*?)\)", "迟了 {0}（允许 {1}）", "it was late by {0} (late_ok {1})"),
    (r"late (.*?) \(useful until (\S+)\)(.*)", "迟了 {0}，有效期到 {1}{2}",
     "it was late by {0}, of use until {1}{2}"),
    (r"late (.*)", "迟了 {0}", "late by {0}"),
    (r"no answer was kept; it may have been sent", "没有留下答复，可能已经送到",
     "no answer was kept, so it may have been sent"),
    (r"not confirmed in time", "没有人在有效期内确认", "nobody confirmed it in time"),
    (r"confirmed by task (\d+)", "由任务 {0} 确认", "confirmed by task {0}"),
    (r"retry: (.*)", "再试（{0}）", "retry ({0})"),
    (r"run-missed: (.*)", "错过后补做（{0}）", "run after it was missed ({0})"),
    (r"run-missed", "错过后补做", "run after it was missed"),
    (r"looked up: (.*)", "向渠道查证：{0}", "the channel was asked: {0}"),
    (r"(?P<why>.*); no time left", "{0}，过了有效期", "{0}, and no time is left then"),
    (r"the target or its text is no longer in the stored data", "对象或文字已不在存下的数据里",
     "the target or its text is no longer in the stored data"),
)  # fmt: skip
_COMPILED = [(re.compile(pattern, re.DOTALL), zh, en) for pattern, zh, en in _PATTERNS]
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[+-]\d\d:\d\d|Z)")


def clause(reason: str, zone: ZoneInfo) -> Text:
    """What is not among the engine's own words, such as a platform's answer, stays as it is; moments are local."""
    for pattern, zh, en in _COMPILED:
        if match := pattern.fullmatch(reason):
            inner = match.groupdict().get("why")
            parts = [Text(one, one) for one in (_local(part or "", zone) for part in match.groups())]
            if inner is not None:
                parts[pattern.groupindex["why"] - 1] = clause(inner, zone)
            if pattern.pattern.startswith("cap "):
                parts[0] = _cap(match[1])
            return Text(zh.format(*(one.zh for one in parts)).strip(), en.format(*(one.en for one in parts)).strip())
    return Text(_local(reason, zone), _local(reason, zone))


_PER = {"target": "每个对象", "member": "每个会员", "sender": "每个渠道", "address": "每个地址"}
_WINDOW = {"calendar-day": "每天", "calendar-week": "每周", "calendar-month": "每月"}


def _cap(text: str) -> Text:
    """`3 per target and calendar-day`, as a sentence has it."""
    match = re.fullmatch(r"(\d+) per (\w+) and (.*)", text)
    if match is None:
        return Text(text, text)
    most, per, window = match.groups()
    span = _WINDOW.get(window, f"任意 {window.removeprefix('rolling ')} 内")
    return Text(f"{_PER.get(per, per)}{span}最多 {most} 条", text)


def _local(text: str, zone: ZoneInfo) -> str:
    def written(match: re.Match[str]) -> str:
        return f"{datetime.fromisoformat(match[0]).astimezone(zone):%m-%d %H:%M}"

    return _MOMENT.sub(written, text)
