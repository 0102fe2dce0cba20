"""What keys, dashes, quotes and references look like in the raw text of one line."""

from __future__ import annotations

import re

LEAD = re.compile(r"[ \t\u00a0\u3000]*")
KEY = re.compile(
    r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'|(?:[^\s"'#&*!|>%@`\[\]{},?:-]|[-?:](?=[^\s]))(?:[^\n:#]|:(?=\S)|(?<=\S)\#)*?)"""
    r"[ \t]*:(?=[ \t\n]|$)"
)
GLUED_KEY = re.compile(
    r"([A-Za-z_][\w.-]*|[^\W\d][\w-]{0,15})(：[ \t\u3000\u00a0]*|:[\u3000\u00a0][ \t\u3000\u00a0]*|:(?=[^\s/]))"
)
DASH = re.compile(r"-(?:[ \t]+|(?=\n|$))")
WIDE_DASH = re.compile(r"[－—–−][ \t\u3000]*(?=[A-Za-z_][\w-]*[:：])")
GLUED_DASH = re.compile(r"-(?=[A-Za-z_][\w-]*:[ \t\n])")
HEADER = re.compile(r"[|>][-+0-9]*[ \t]*(?:#[^\n]*)?(?=\n|$)")
ANCHOR = re.compile(r"&([\w-]+)(?:[ \t]+|(?=\n|$))", re.ASCII)
ALIAS = re.compile(r"\*([\w-]+)[ \t]*(?:#[^\n]*)?(?=\n|$)", re.ASCII)
TAG = re.compile(r"!(?:[\w!<][^\s]*)?(?:[ \t]+|(?=\n|$))", re.ASCII)
COMMENT = re.compile(r"(?<=[ \t])#")
BRACKET = re.compile(r"(?:\[|\{(?![{%#]))")
QUOTED = {'"': re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL), "'": re.compile(r"'(?:[^']|'')*'")}
ENTRY = re.compile(r"\n([ \t]*)(?:- +)*[\w-]+:(?=[ \t\n]|$)")

SUSPECT = re.compile(
    r"(?<=\S)[ \t]+\#[^\s#]|[\"']\#\S"  # text before a comment without a space
    r"|^[ \t]*(?:-[ \t]+)*(?:[\w.-]+：|[a-z_]+:[^\s/]|[\w-]+:[\u3000\u00a0])"  # a colon that is none to YAML
    r"|^[ \t]*(?:[－—–−\u3000\u00a0]|-[a-z_]+:[ \t\n])"  # a dash or indentation that is none
    r"|[,{\[][ ]*[a-z_]+(?:：|:[^\s/])|，[ ]*[a-z_]+[：:]|\w，[a-z0-9]"  # the same in brackets
    r"|(?<=[-:,\[{] )[｛［][^\n]{0,500}?[}\]]|[｝］]"
    r"|(?<=[-:,\[{] )[“”‘’＂][^\n\"']{0,500}[\"']"  # half a pair of quotes is full-width
    r"|(?<=[-:,\[{] )[^\s\"'|>&*!#{\[][^\n\"]{0,500}[^\s\d\"]\"[ \t]*(?:$|[,}\]])",  # or missing
    re.MULTILINE,
)
"""Finds all that a silent trap looks like, and more; a file without any, which parses, need not be walked."""
