"""The bytes of sopengine.toml → its text and plain data; syntax mistakes become findings in plain words."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from sopengine.diagnostics import Findings, Place, Text
from sopengine.language.reading.encoding import Guess, decode_utf8, report_not_utf8

MAX_BYTES = 262_144  # tomllib's time grows with the square of some inputs
_AT = re.compile(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)
_FULL_WIDTH = {"＝": "=", "“": '"', "”": '"', "＂": '"', "‘": "'", "’": "'", "【": "[", "】": "]", "［": "[", "］": "]"}
_REASONS = (  # beginnings of tomllib's messages (Python 3.11 to 3.14), what they mean to an author
    ("Invalid value", Text("等号后面的值不对；文字要放在半角引号里", "the value is wrong; text stands in quotes")),
    ("Cannot overwrite a value", Text("这个设置写了两次", "this setting is written twice")),
    ("Duplicate inline table key", Text("这个设置写了两次", "this setting is written twice")),
    ("Cannot declare", Text("这一节写了两次", "this section is written twice")),
    ("Cannot mutate", Text("这一节前面已经写完了", "this section was closed before")),
    ("Expected '='", Text("名字后面缺少 =", "the = after the name is missing")),
    ("Expected ']'", Text("方括号没有闭合", "the bracket is not closed")),
    ("Unclosed array", Text("方括号没有闭合", "the bracket is not closed")),
    ("Unclosed inline table", Text("花括号没有闭合", "the brace is not closed")),
    ("Unterminated string", Text("引号没有闭合", "the quotes are not closed")),
    ('Expected "', Text("引号没有闭合", "the quotes are not closed")),
    ("Expected newline", Text("这一行后面多出了内容", "there is more on the line than one setting")),
    ("Illegal character", Text("引号没有闭合，或者有控制字符", "quotes that are not closed, or a control character")),
    ("Found invalid character", Text("有控制字符", "a control character")),
    (
        "Invalid initial character",
        Text("这里要写设置的名字，只用字母、数字、_ 和 -", "a setting's name is expected here"),
    ),
    ("Invalid statement", Text("这里要写设置的名字，只用字母、数字、_ 和 -", "a setting's name is expected here")),
    ("Invalid date or datetime", Text("没有这样的日期", "there is no such date")),
    ("Unescaped '\\'", Text("反斜线要写两次：\\\\", "a backslash is written twice: \\\\")),
)
_AT_END = Text("文件在一个值的中间就结束了", "the file ends inside a value")
_OTHER = Text("写法不对", "it is not written as TOML")


def parse(data: bytes, file: str, findings: Findings) -> tuple[str, dict[str, Any]]:
    """The text (line ends as \\n) and the data; both are empty after a finding, the text where it cannot be read."""
    start = Place(file, 1, 1, 1, 1)
    if len(data) > MAX_BYTES:
        findings.add("SOP-C701", Text("文件超过 256 KiB", "the file is longer than 256 KiB"), start)
        return "", {}
    text = decode_utf8(data)
    if isinstance(text, Guess):
        report_not_utf8(text, file, findings)
        return "", {}
    try:
        return text, tomllib.loads(text)
    except RecursionError:
        findings.add("SOP-C701", Text("括号套得太深", "brackets are nested too deeply"), start)
    except tomllib.TOMLDecodeError as error:
        _report(str(error), text, file, findings)
    except ValueError:  # a whole number longer than Python converts
        findings.add("SOP-C701", Text("有一个数字太长", "a number is too long"), start)
    return text, {}


def _report(message: str, text: str, file: str, findings: Findings) -> None:
    found = _AT.match(message)
    lines = text.rstrip("\n").split("\n")
    if found and found[2]:
        line, col = min(int(found[2]), len(text.split("\n"))), int(found[3])
    else:
        line, col = len(lines), len(lines[-1]) + 1
    reason = next((words for start, words in _REASONS if message.startswith(start)), _OTHER)
    if found and not found[2] and reason is _REASONS[0][1]:
        reason = _AT_END
    findings.add(
        "SOP-C701",
        Text(f"这里读不懂：{reason.zh}", f"this cannot be read: {reason.en}"),
        Place(file, line, col, line, col + 1),
        help=_full_width(lines[line - 1] if line <= len(lines) else ""),
    )


def _full_width(line: str) -> Text | None:
    wrong = next((sign for sign in line if sign in _FULL_WIDTH), None)
    if wrong is None:
        return None
    right = _FULL_WIDTH[wrong]
    return Text(f"这一行有全角的 {wrong}，要用半角的 {right}", f"the line has a full-width {wrong}, write {right}")
