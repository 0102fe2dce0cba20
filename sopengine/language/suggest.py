"""A misspelt word and the words it could be → the one the author most likely meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

SPOKEN = {
    # keys
    "标题": "title", "名称": "title", "时区": "timezone", "日历": "calendar", "输入": "inputs", "人群": "audiences",
    "受众": "audiences", "角色": "roles", "事件": "events", "指标": "metrics", "消息": "messages", "阶段": "phases",
    "每周": "weekly", "欢迎": "welcome", "欢迎语": "welcome", "旅程": "journeys", "话术": "scripts",
    "目标": "goals", "步骤": "steps", "编号": "id", "日期": "date", "哪天": "on", "时间": "at", "时刻": "at",
    "之后": "after", "除了": "except", "对象": "to", "给谁": "to", "发送": "send", "任务": "task", "期限": "due",
    "截止": "due", "如果": "if", "条件": "if", "渠道": "via", "提醒": "remind", "升级": "escalate", "表单": "form",
    "来源": "source", "样例": "sample", "列": "columns", "文字": "text", "文件": "file", "图片": "image",
    "格式": "format", "类型": "type", "默认": "default", "默认值": "default", "选项": "choices", "开始": "from",
    "结束": "until", "负责人": "person", "退出": "exit", "等待": "wait", "标签": "tag",
    # values
    "跳过": "skip", "推迟": "defer", "顺延": "hold", "丢弃": "drop", "提前": "earlier", "重发": "resend",
    "继续": "continue", "马上": "now", "立即": "now", "最近": "latest", "不补": "none", "所有人": "all",
    "全部": "all", "整数": "integer", "数字": "number", "金额": "money", "时长": "duration", "列表": "list",
    "是否": "bool", "文本": "text", "选择": "choice", "中国": "CN", "中国大陆": "CN",
    "下一个工作日": "next-workday", "上一个工作日": "previous-workday", "冻结": "frozen", "实时": "live",
}  # fmt: skip
"""What the keys and choices are called in Chinese, for suggestions only: the language itself is English."""


_ONE_SLIP = 0.1
"""What one slip of the finger counts for, so that of two words as near `R370` is `R307` and not `R301`."""


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` is a slip of, or None when nothing is near enough to be worth proposing."""
    known = list(candidates)
    spoken = SPOKEN.get(word.strip())
    if spoken in known:
        return spoken
    sought = _plain(word)
    short = [candidate for candidate in known if len(candidate) == len(sought) == 2]
    if swapped := next((c for c in short if c == sought[::-1]), None):
        return swapped
    best, best_score = None, 0.0
    for candidate in known:
        plain = _plain(candidate)
        if plain == sought:
            return candidate
        if abs(len(plain) - len(sought)) > 3 or not set(plain) & set(sought):
            continue
        matcher = SequenceMatcher(None, plain, sought)
        if matcher.quick_ratio() + _ONE_SLIP <= best_score:
            continue
        score = matcher.ratio() + (_ONE_SLIP if _one_edit(plain, sought) else 0)
        if score > best_score:
            best, best_score = candidate, score
    least = 0.66 if min(len(sought), len(_plain(best or ""))) <= 3 else 0.7
    if best_score >= least:
        return best
    near = [c for c in short if c[0] == sought[0] or c[1] == sought[1]]
    return near[0] if len(near) == 1 else None


def is_slip(word: str, meant: str) -> bool:
    """Whether `word` is `meant` with one small slip, so that replacing it cannot change what the author meant."""
    a, b = _plain(word), _plain(meant)
    if a == b:
        return True
    if min(len(a), len(b)) < 3:
        return False
    return _one_edit(a, b)


def _plain(word: str) -> str:
    return word.strip().lower().replace("_", "-").replace(" ", "-")


def _one_edit(a: str, b: str) -> bool:
    """One letter added, lost, changed, or two neighbours swapped."""
    if abs(len(a) - len(b)) > 1:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    rest_a, rest_b = a[start:], b[start:]
    swapped = rest_a[1::-1] + rest_a[2:] if len(rest_a) >= 2 else ""
    return rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:] or swapped == rest_b
