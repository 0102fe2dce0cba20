"""What an author meant to fill in and did not: XX, TODO, 某某, 【店名】, {name}; and keys that no playbook may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sopengine.diagnostics import Findings, Place, Text
from sopengine.language.checks.wording.prose import Prose
from sopengine.language.document import Document

_NOUN = "品牌名?|店铺?名|门店名|群名|姓名|昵称|名字|称呼|顾客|客户|产品名?|商品名?|活动名|券名"
_VALUE = "链接|二维码|地址|电话|日期|时间|价格|金额|数量|几月几日"
_PLACEHOLDERS = (
    re.compile(r"(?<![A-Za-z0-9])[Xx×]{2,}(?![A-Za-z0-9])"),
    re.compile(r"(?<![A-Za-z])(?:TODO|TBD|FIXME)(?![A-Za-z])"),
    re.compile(r"某某+|某月某日|某年某月"),
    re.compile(
        rf"[【\[［](?:(?:请?(?:填写?|替换|改成|输入)|此处|这里|你的|您的)[^】\]］\n]{{0,12}}|{_NOUN}|待[填补][^】\]］\n]{{0,4}})[】\]］]"
    ),
    re.compile(rf"(?<=[^\s【】])[【\[［](?:{_VALUE})[】\]］]"),
    re.compile(r"(?:此处|这里)(?:填写?|插入|替换)|待(?:填写?|补充?)(?![\u4e00-\u9fff])"),
    re.compile(rf"(?<![{{%#])\$?\{{(?:[A-Za-z_][\w.]{{0,30}}|{_NOUN}|{_VALUE})\}}(?!\}})"),
    re.compile(r"%[A-Z_]{3,20}%"),
)
_KEYS = (
    re.compile(r"webhook/send\?key=[0-9a-fA-F-]{8,}"),
    re.compile(r"(?<![\w-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])"),
    re.compile(r"access_token=[0-9a-f]{16,}"),
    re.compile(r"open-apis/bot/v2/hook/[0-9a-fA-F-]{8,}"),
    re.compile(r"(?<![A-Za-z0-9])SEC[0-9a-f]{32,}"),
)


class Stretch(NamedTuple):
    start: int
    end: int


def placeholders(literal: str) -> Iterator[Stretch]:
    """Where something is left to fill in, in written order; of two that overlap the first."""
    found = sorted(m.span() for pattern in _PLACEHOLDERS for m in pattern.finditer(literal))
    done = 0
    for start, end in found:
        if start >= done:
            yield Stretch(start, end)
            done = end


def keys(text: str) -> Iterator[Stretch]:
    """Where the credential of a robot stands."""
    for pattern in _KEYS:
        yield from (Stretch(*m.span()) for m in pattern.finditer(text))


def check_leftovers(document: Document, texts: Iterable[Prose], findings: Findings) -> None:
    """Adds SOP-W525: once for each text, at its first placeholder."""
    for text in texts:
        first = next(placeholders(text.literal), None)
        if first is None:
            continue
        word = text.text[first.start : first.end]
        findings.add(
            "SOP-W525",
            Text(f"“{word}”像是还没填的地方", f"`{word}` looks like something still to be filled in"),
            text.place(document, first.start, first.end),
            help=Text(
                "写上真正的内容；每场活动不同的写成 {{ input.名字 }}，每个目标不同的写成 {{ target.列名 }}",
                "Write what is meant; what differs by campaign as {{ input.NAME }}, by target as {{ target.COLUMN }}",
            ),
            path=text.path,
        )


def check_keys(document: Document, files: Iterable[tuple[str, str]], findings: Findings) -> None:
    """Adds SOP-D621 for the playbook and for each message file (its name and its text)."""
    for file, text in ((document.file, document.text), *files):
        for start, end in keys(text):
            line = text.count("\n", 0, start) + 1
            col = start - (text.rfind("\n", 0, start) + 1) + 1
            findings.add(
                "SOP-D621",
                Text("这里写了机器人的密钥", "The key of a robot stands here"),
                Place(file, line, col, line, col + end - start),
                help=_KEEP,
            )


_KEEP = Text(
    "密钥放在环境变量 SOPENGINE_SECRET_名字 或 secrets/名字 里，数据表的 secret 列只写名字；写出来过的密钥请换掉",
    "Keep it in the environment as SOPENGINE_SECRET_NAME or in secrets/NAME; the column `secret` holds NAME alone; "
    "a key that was written down should be replaced",
)
