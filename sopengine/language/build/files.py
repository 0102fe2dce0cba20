"""The files a playbook's messages name → their texts, tables and images, each read once through the given reader."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct, field

from sopengine.diagnostics import Findings, Path, Place, Text
from sopengine.language.build.part import Part
from sopengine.language.reading.encoding import UNREADABLE, Guess, decode_utf8, report_not_utf8
from sopengine.language.reading.sheet import Sheet, is_workbook, read_sheet

OpenFile: TypeAlias = Callable[[str], bytes | None]
"""Bytes of a file by its path relative to the playbook, or None where there is none."""

_MOST_BYTES = 64 * 1024
_MOST_IMAGE = 2 << 20
"""What chat platforms take of one image (WeCom: 2 MB, docs of 2025-08-07)."""
_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")


class MessageFiles(Struct):
    """`texts` holds what was read, by the name findings use: the path from where the playbook's own name starts.

    `folder` is where this file lies as seen from the playbook's own folder: not "" for a module that lies elsewhere.
    """

    playbook: str
    open_file: OpenFile
    findings: Findings
    folder: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    _sheets: dict[str, Sheet | None] = field(default_factory=dict)

    def shown(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.playbook.replace("\\", "/")), path))

    def kept(self, path: str) -> str:
        """The name under which a campaign keeps the file: its path from the playbook's own folder."""
        plain = plain_path(path)
        return posixpath.normpath(posixpath.join(self.folder, plain)) if self.folder else plain

    def text(self, named: Part) -> str | None:
        """The text of the file that `named` names; what is wrong with it is a finding, and None."""
        path = plain_path(named.text())
        shown = self.shown(path)
        if shown in self.texts:
            return self.texts[shown]
        data = self._bytes(named)
        if data is None:
            return None
        if len(data) > _MOST_BYTES:
            named.wrong(
                "SOP-Y109",
                Text(f"消息文件 {path} 超过 64 KiB", f"The message file {path} is larger than 64 KiB"),
            )
            return None
        text = decode_utf8(data)
        if isinstance(text, Guess):
            report_not_utf8(text, shown, self.findings)
            return None
        if found := UNREADABLE.search(text):
            line = text.count("\n", 0, found.start()) + 1
            col = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
            sign = f"U+{ord(found[0]):04X}"
            self.findings.add(
                "SOP-Y110",
                Text(f"文件里有控制字符 {sign}", f"The file has the control character {sign}"),
                Place(shown, line, col, line, col + 1),
                path=named.path,
            )
            return None
        self.texts[shown] = text
        return text

    def sheet(self, named: Part) -> Sheet | None:
        """The table that `named` names, read once however many messages use it."""
        path = plain_path(named.text())
        shown = self.shown(path)
        if shown not in self._sheets:
            if not (is_workbook(shown) or shown.lower().endswith(".csv")):
                named.wrong(
                    "SOP-S213",
                    Text(f"{path} 不是 .csv 或 .xlsx", f"{path} is neither .csv nor .xlsx"),
                    Text(
                        "在表格软件里另存为 .xlsx 或“CSV UTF-8”", "Save it as .xlsx or “CSV UTF-8” in your spreadsheet"
                    ),
                )
                return None
            data = self._bytes(named)
            self._sheets[shown] = None if data is None else read_sheet(data, shown, self.findings)
            if sheet := self._sheets[shown]:
                self.texts[shown] = sheet.text
        return self._sheets[shown]

    def image(self, path: str, place: Place, of: Path) -> bool:
        """Whether the image is there, is one, and is small enough; what is wrong is a finding at `place`."""
        path = plain_path(path)
        wrong = self._wrong_image(path)
        if wrong is not None:
            code, message, help = wrong
            self.findings.add(code, message, place, help=help, path=of)
        return wrong is None

    def _wrong_image(self, path: str) -> tuple[str, Text, Text | None] | None:
        data = self.open_file(path)
        if data is None:
            return "SOP-R308", _no_file(path), _FROM_HERE
        if len(data) > _MOST_IMAGE:
            message = Text(f"图片 {path} 超过 2 MiB", f"The image {path} is larger than 2 MiB")
            return "SOP-Y109", message, Text("压缩或缩小后再用", "Compress it or make it smaller")
        if not data.startswith(_IMAGES):
            message = Text(f"{path} 不是 PNG、JPEG 或 GIF 图片", f"{path} is no PNG, JPEG or GIF image")
            return "SOP-S215", message, Text("另存为 PNG 或 JPEG", "Save it as PNG or JPEG")
        return None

    def _bytes(self, named: Part) -> bytes | None:
        path = plain_path(named.text())
        data = self.open_file(path)
        if data is None:
            named.wrong("SOP-R308", _no_file(path), _FROM_HERE)
        return data


def plain_path(path: str) -> str:
    return path.strip().replace("\\", "/")


_FROM_HERE = Text("路径从这份 playbook 所在的目录算起", "The path counts from the folder of this playbook")


def _no_file(path: str) -> Text:
    return Text(f"找不到文件 {path}", f"There is no file {path}")
