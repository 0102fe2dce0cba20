"""An error of the YAML parser in; the line to look at and a sentence an author understands out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import yaml

from sopengine.diagnostics import Text


class Complaint(NamedTuple):
    """Line and column count from 0, in the text that was parsed."""

    code: str
    line: int
    col: int
    message: Text
    help: Text
    misplaced: bool  # the line, or the one before, may stand at a wrong column or lack its colon
    leftover: bool  # what stands before `col` is a whole entry


class _Known(NamedTuple):
    phrase: str  # of libyaml; the pure parser says the same or nearly
    at_context: bool
    code: str
    message: Text
    help: Text


_INDENT = Text(
    "同一层的键要对齐，下一层多缩进两个空格",
    "Align the keys of one level; indent the next level by two more spaces",
)
_QUOTE = Text("如果这是文字，给整段加引号", "If this is text, put quotes round all of it")

_KNOWN = (
    _Known(
        "could not find expected ':'",
        True,
        "SOP-Y102",
        Text("这一行缺少“: ”，不知道它是键还是文字", "This line lacks ': '; it is neither a key nor part of a text"),
        Text("写成 键: 值，冒号后面有一个空格", "Write key: value, with a space after the colon"),
    ),
    _Known(
        "found unexpected",  # end of stream, document indicator
        True,
        "SOP-Y102",
        Text("这个引号没有结束", "This quote is never closed"),
        Text("在文字末尾补上同样的引号", "Close it with the same quote at the end of the text"),
    ),
    _Known(
        "invalid Unicode character escape",
        False,
        "SOP-Y110",
        Text("引号里的转义写出了半个字符（代理项）", "An escape writes half a character (a surrogate)"),
        Text("直接写这个字符，例如 😀", "Write the character itself, for example 😀"),
    ),
    _Known(
        "unknown escape character",
        False,
        "SOP-Y102",
        Text("双引号里的 \\ 后面不能是这个字符", "This character cannot follow \\ inside double quotes"),
        Text("写成 \\\\，或者改用单引号", "Write \\\\, or use single quotes"),
    ),
    _Known(
        "decimal number",  # hexadecimal; libyaml spells it hexdecimal
        False,
        "SOP-Y102",
        Text("双引号里的 \\x、\\u 后面要写十六进制数字", "\\x and \\u inside double quotes take hexadecimal digits"),
        Text("写成 \\\\，或者改用单引号", "Write \\\\, or use single quotes"),
    ),
    _Known(
        "mapping values are not allowed",
        False,
        "SOP-Y102",
        Text(
            "这里不能再出现“: ”：缩进不对，或者文字里的冒号要加引号",
            "': ' cannot stand here: wrong indentation, or a text that needs quotes",
        ),
        _INDENT,
    ),
    _Known(
        "sequence entries are not allowed",
        False,
        "SOP-Y102",
        Text("“- ”不能和键写在同一行，也不能缩进到这里", "'- ' cannot stand on the key's line or at this indentation"),
        Text("换一行写“- ”，再缩进两个空格", "Start '- ' on the next line, indented by two spaces"),
    ),
    _Known(
        "expected ',' or",
        True,
        "SOP-Y102",
        Text("这个括号没有正确结束，或者中间缺逗号", "This bracket is not closed, or a comma is missing inside"),
        Text(
            "检查括号是否成对；文字里有括号或逗号时加引号",
            "Match the brackets; quote texts that contain brackets or commas",
        ),
    ),
    _Known(
        "undefined tag handle",
        True,
        "SOP-Y114",
        Text("以 ! 开头的内容被当作标签", "What starts with ! is taken for a tag"),
        _QUOTE,
    ),
    _Known(
        "cannot start any token",
        False,
        "SOP-Y106",
        Text("值不能以这个符号开头", "A value cannot start with this sign"),
        _QUOTE,
    ),
    _Known(
        "expected alphabetic or numeric",
        True,
        "SOP-Y106",
        Text("值不能以 * 或 & 开头", "A value cannot start with * or &"),
        _QUOTE,
    ),
    _Known(
        "expected whitespace or line break",
        True,
        "SOP-Y106",
        Text("值不能以 ! 开头", "A value cannot start with !"),
        _QUOTE,
    ),
    _Known(
        "expected comment or line break",
        False,
        "SOP-Y102",
        Text("| 或 > 后面不能接文字", "No text can follow | or > on the same line"),
        Text("文字从下一行开始，多缩进两个空格", "Start the text on the next line, indented by two more spaces"),
    ),
    _Known(
        "tab character",
        False,
        "SOP-Y107",
        Text("这一行用制表符缩进", "This line is indented with a tab"),
        Text("把制表符换成空格", "Replace the tab by spaces"),
    ),
    _Known(
        "expected node content",
        False,
        "SOP-Y102",
        Text("这里多了一个括号或逗号", "A stray bracket or comma"),
        _QUOTE,
    ),
    _Known(
        "expected '-' indicator",
        False,
        "SOP-Y102",
        Text(
            "列表里的这一行没有以“- ”开头，或者没有对齐",
            "This line of a list does not start with '- ', or is not aligned",
        ),
        _INDENT,
    ),
    _Known(
        "<document start>",
        False,
        "SOP-Y102",
        Text(
            "从这一行起和前面的内容接不上，多半是缩进不对",
            "From here on nothing fits what stands before: wrong indentation",
        ),
        _INDENT,
    ),
    _Known(
        "expected key",
        False,
        "SOP-Y102",
        Text(
            "这里应该是一个键：缩进不对齐，或者值后面多了内容",
            "A key should stand here: wrong indentation, or something left over after a value",
        ),
        _INDENT,
    ),
)
_MISPLACED = ("not allowed", "expected ':'", "expected key", "expected '-'", "<document start>")
_LEFTOVER = Text("值后面多了内容", "Something is left over after the value")
_ITEM = Text("这里不能是列表项（“- ”）", "A list item ('- ') cannot stand here")
_OTHER = _Known(
    "",
    False,
    "SOP-Y102",
    Text("这里读不懂", "This cannot be read"),
    Text("检查缩进、引号和括号是否成对", "Check the indentation, and that quotes and brackets match"),
)


def complaint(error: yaml.YAMLError, lines: Sequence[str]) -> Complaint:
    """What `error` means to the author of `lines`. Its place is always inside the text."""
    problem = str(getattr(error, "problem", "") or "")
    known = next((k for k in _KNOWN if k.phrase in problem), _OTHER)
    context_mark, problem_mark = getattr(error, "context_mark", None), getattr(error, "problem_mark", None)
    mark = (context_mark if known.at_context else problem_mark) or problem_mark or context_mark
    line, col = (mark.line, mark.column) if mark else (len(lines) - 1, 0)
    line = min(line, len(lines) - 1)
    while line > 0 and not lines[line].strip():
        line, col = line - 1, 0
    text = lines[line]
    if col == 0 or not text[col:].strip():
        col = len(text) - len(text.lstrip())
    message, help, leftover = known.message, known.help, known.phrase == "expected key" and bool(text[:col].strip())
    if leftover:
        message, help = _LEFTOVER, Text("删掉它；如果整段是文字，加引号", "Delete it; if all of it is text, quote it")
    elif known.help is _INDENT and text[col:].startswith("- "):
        message, help = (
            _ITEM,
            Text("列表要写在键的下一行、比键多缩进两个空格", "Put the list below its key, indented by two more spaces"),
        )
    return Complaint(known.code, line, col, message, help, any(phrase in problem for phrase in _MISPLACED), leftover)
