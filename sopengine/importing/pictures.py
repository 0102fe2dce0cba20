"""The pictures that lie on the sheets of a workbook, each with the cell under its upper left corner."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterator
from xml.etree import ElementTree
from zipfile import ZipFile

from sopengine.importing.model import Attached

_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_EMBED = (f"{_REL}embed", f"{_REL}link")


def pictures_of(data: bytes) -> dict[str, list[Attached]]:
    """By the name of the sheet; `text` is the file's name in the workbook."""
    found: dict[str, list[Attached]] = {}
    with ZipFile(io.BytesIO(data)) as parts:
        names = set(parts.namelist())
        targets = _relations(parts, names, "xl/workbook.xml")
        for sheet in _all(parts, "xl/workbook.xml", "sheet"):
            part = targets.get(sheet.get(f"{_REL}id", ""), "")
            for drawing in _relations(parts, names, part).values():
                if "/drawings/" in drawing and drawing.endswith(".xml") and drawing in names:
                    title = sheet.get("name", "")
                    found.setdefault(title, []).extend(_on(parts, names, drawing, title))
    return found


def _on(parts: ZipFile, names: set[str], drawing: str, sheet: str) -> Iterator[Attached]:
    media = _relations(parts, names, drawing)
    for anchor in ElementTree.fromstring(parts.read(drawing)):
        corner = next((item for item in anchor if _name(item) == "from"), None)
        place = {_name(item): int(item.text or 0) for item in corner} if corner is not None else {}
        if words := "".join(item.text or "" for item in anchor.iter() if _name(item) == "t").strip():
            yield Attached(sheet, place.get("row", 0) + 1, place.get("col", 0) + 1, words)  # a text box
        for blip in (item for item in anchor.iter() if _name(item) == "blip"):
            file = media.get(next((blip.get(key, "") for key in _EMBED if blip.get(key)), ""), "")
            data = parts.read(file) if file in names else b""
            yield Attached(
                sheet, place.get("row", 0) + 1, place.get("col", 0) + 1, posixpath.basename(file) or "?", data
            )


def _relations(parts: ZipFile, names: set[str], part: str) -> dict[str, str]:
    """Id → the part it names."""
    folder, name = posixpath.split(part)
    file = f"{folder}/_rels/{name}.rels"
    if file not in names:
        return {}
    found = {}
    for item in _all(parts, file, "Relationship"):
        target = item.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        found[item.get("Id", "")] = path
    return found


def _all(parts: ZipFile, part: str, name: str) -> list[ElementTree.Element]:
    tree = ElementTree.fromstring(parts.read(part))
    return [item for item in tree.iter() if _name(item) == name]


def _name(item: ElementTree.Element) -> str:
    return item.tag.rpartition("}")[2]
