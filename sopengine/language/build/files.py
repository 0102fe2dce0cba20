"""The files a playbook's messages name → their texts, each read once through the reader that was passed in."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from sopengine.diagnostics import Place, Text
from sopengine.language.build.part import Part
from sopengine.language.reading.encoding import UNREADABLE, Guess, decode_utf8, report_not_utf8

OpenFile: TypeAlias = Callable[[str], bytes | None]
"""Bytes of a file by its path relative to the playbook, or None where there is none."""

_MOST_BYTES = 64 * 1024


@dataclass(slots=True)
class MessageFiles:
    """`texts` holds what was read, by the name findings use: the path from where the playbook's own name starts."""

    playbook: str
    open_file: OpenFile
    texts: dict[str, str] = field(default_factory=dict)

    def shown(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.playbook.replace("\\", "/")), path))

    def text(self, named: Part) -> str | None:
        """The text of the file that `named` names; what is wrong with it is a finding, and None."""
        path = named.text().replace("\\", "/")
        shown = self.shown(path)
        if shown in self.texts:
            return self.texts[shown]
        data = self.open_file(path)
        if data is None:
            named.wrong(
                "SOP-R308",
                Text(f"找不到文件 {path}", f"There is no file {path}"),
                Text("路径从这份 playbook 所在的目录算起", "The path counts from the folder of this playbook"),
            )
            return None
        if len(data) > _MOST_BYTES:
            named.wrong(
                "SOP-Y109",
                Text(f"消息文件 {path} 超过 64 KiB", f"The message file {path} is larger than 64 KiB"),
            )
            return None
        text = decode_utf8(data)
        if isinstance(text, Guess):
            report_not_utf8(text, shown, named.desk.findings)
            return None
        if found := UNREADABLE.search(text):
            line = text.count("\n", 0, found.start()) + 1
            col = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
            sign = f"U+{ord(found[0]):04X}"
            named.desk.findings.add(
                "SOP-Y110",
                Text(f"文件里有控制字符 {sign}", f"The file has the control character {sign}"),
                Place(shown, line, col, line, col + 1),
                path=named.path,
            )
            return None
        self.texts[shown] = text
        return text
