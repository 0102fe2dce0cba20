"""The bytes of a file in; its text with plain line ends out, or a finding that names the likely encoding."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from sopengine.diagnostics import Findings, Place, Text

UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""C0 and C1 controls, lone surrogates, a byte order mark inside a text: they break databases, terminals and YAML.
U+2028 and U+2029 are line ends to YAML 1.1 and some editors only, so line numbers would depend on the reader."""


class Guess(NamedTuple):
    """What bytes that are not UTF-8 look like, and where UTF-8 breaks. `encoding` is iconv's name, or empty."""

    encoding: str
    line: int
    col: int


def decode_utf8(data: bytes) -> str | Guess:
    """The text of strict UTF-8 bytes, without byte order mark, line ends as `\\n`; else a guess."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        utf32 = data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"))
        return Guess("UTF-32" if utf32 else "UTF-16", 1, 1)
    if unmarked := _unmarked_utf16(data):
        return Guess(unmarked, 1, 1)
    body = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        lines = plain_line_ends(body[: error.start].decode()).split("\n")
        return Guess(_looks_like(body), len(lines), len(lines[-1]) + 1)
    return plain_line_ends(text)


def plain_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _unmarked_utf16(data: bytes) -> str:
    """UTF-16 without a mark shows as NUL in every second byte of its ASCII part."""
    head = data[:512]
    if head.count(0) * 4 < len(head) or len(head) < 4:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd >= 4 * max(even, 1):
        return "UTF-16LE"
    return "UTF-16BE" if even >= 4 * max(odd, 1) else ""


def _looks_like(data: bytes) -> str:
    utf8 = data.decode("utf-8", "replace")
    broken = utf8.count("\ufffd")
    if sum(c > "\u07ff" for c in utf8) - broken >= 3 * broken:
        return ""  # UTF-8 with a few damaged characters
    high = re.findall(rb"[\x81-\xfe][\x40-\xfe]", data)
    # The second byte of a common GB character is at least A1; of Big5's, two in five are below 7F.
    low = sum(pair[1] < 0xA1 for pair in high)
    order = ("Big5", "GB18030") if low * 5 > len(high) else ("GB18030", "Big5")
    for name in order:
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return ""


def report_not_utf8(guess: Guess, file: str, findings: Findings) -> None:
    """Adds SOP-Y101 with the command that converts the file."""
    place = Place(file, guess.line, guess.col, guess.line, guess.col + 1)
    if guess.encoding:
        source, target = shlex.quote(file), shlex.quote(file + ".utf8")
        command = f"iconv -f {guess.encoding} -t UTF-8 {source} > {target}"
        findings.add(
            "SOP-Y101",
            Text(
                f"文件不是 UTF-8，看起来像 {guess.encoding}（第 {guess.line} 行）",
                f"The file is not UTF-8; it looks like {guess.encoding} (line {guess.line})",
            ),
            place,
            help=Text(
                f"在编辑器里另存为 UTF-8，或者转换：{command}",
                f"Save it as UTF-8 in your editor, or convert it: {command}",
            ),
        )
        return
    findings.add(
        "SOP-Y101",
        Text(
            f"第 {guess.line} 行第 {guess.col} 个字符处的字节不是 UTF-8",
            f"The bytes at line {guess.line}, column {guess.col} are not UTF-8",
        ),
        place,
        help=Text("在编辑器里重写这几个字，存为 UTF-8", "Retype these characters in your editor and save as UTF-8"),
    )
