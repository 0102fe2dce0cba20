"""A written message (a text, a list of texts, a mapping, a file beside the playbook) → Message."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from sopengine.language.build.content import build_table
from sopengine.language.build.files import MessageFiles
from sopengine.language.build.part import Part
from sopengine.language.named import Message


def build_message(name: str, part: Part, files: MessageFiles) -> Message:
    """`name` is empty for a message written inside a step."""
    if not isinstance(part.data, dict):
        return _with_texts(Message(name, part.path), part.each())
    file = part.get("file")
    message = Message(
        name=name,
        path=part.path,
        file=file.text(),
        format="markdown" if part.get("format").text() == "markdown" else "text",
        image=_image(part.get("image"), files),
        mention=tuple(item.text() for item in part.get("mention").each() if item.text()),
        table=build_table(part, files) if "table" in part else None,
    )
    if file.text():
        text = files.text(file)
        return message if text is None else _variants(message, [(text, file)])
    return _with_texts(message, part.get("text").each())


def _image(part: Part, files: MessageFiles) -> str:
    """The name it is kept by; "" where there is none that can be sent."""
    path = part.text()
    fine = path and files.image(path, part.desk.document.place(part.path), part.path)
    return files.kept(path) if fine else ""


def _with_texts(message: Message, parts: Iterable[Part]) -> Message:
    return _variants(message, [(part.text(), part) for part in parts if isinstance(part.data, str)])


def _variants(message: Message, texts: list[tuple[str, Part]]) -> Message:
    return replace(message, variants=tuple(text for text, _ in texts), paths=tuple(part.path for _, part in texts))
