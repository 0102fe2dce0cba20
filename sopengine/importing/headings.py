"""What the heading of a column says is in it."""

from __future__ import annotations

import re
from typing import Literal

from sopengine.importing.plain import plain

Role = Literal["day", "weekday", "time", "text", "task", "audience", "person", "stage", "other"]

_WORDS: dict[Role, str] = {
    "day": "日期 日子 天数 第几天 活动日 发送日期 推送日期 发布日期 date day",
    "weekday": "星期 周几 星期几 周 周次 礼拜 weekday",
    "time": "时间 时间段 时间点 时段 时刻 钟点 发送时间 推送时间 发布时间 执行时间 time slot when",
    "text": "内容 文案 话术 正文 文字 消息 推送内容 发送内容 发布内容 群内容 text content copy message words script",
    "task": "任务 工作 事项 待办 工作内容 工作事项 任务内容 动作 task todo action",
    "audience": "群 社群 群名 群名称 对象 人群 发送对象 推送对象 发送群 目标 目标人群 客群 "
    "audience group groups target to",
    "person": "负责人 发送人 执行人 责任人 人员 谁 跟进人 owner person who by sender",
    "stage": "阶段 环节 活动阶段 phase stage",
    "other": "形式 类型 图片 配图 备注 说明 主题 目的 序号 编号 状态 完成情况 渠道 链接 栏目 素材 要求 "
    "image picture images note notes remark type form no id # status channel link topic",
}
_ROLES: dict[str, Role] = {word: role for role, words in _WORDS.items() for word in words.split()}
_ENDINGS = tuple(
    word
    for word in sorted(_ROLES, key=len, reverse=True)
    if len(word) > 1 and not word.isascii() and _ROLES[word] != "other"
)
_LONGEST = 14


def is_plain(heading: str) -> bool:
    """Whether it says nothing besides (`文案`), or also for whom (`朋友圈文案`)."""
    return _bare(heading) in _ROLES


def role_of(heading: str) -> Role | None:
    """None for a text that is no known heading."""
    words = _bare(heading)
    if not words or len(words) > _LONGEST:
        return None
    if words in _ROLES:
        return _ROLES[words]
    return next((_ROLES[ending] for ending in _ENDINGS if words.endswith(ending)), None)


def _bare(heading: str) -> str:
    return re.sub(r"[(\[【（].*?[)\]】）]", "", plain(heading)).strip(" :*").replace(" ", "")
