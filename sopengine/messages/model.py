"""What one rendered message is, and what a rendering asks for and gives back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field


class RenderJob(Struct, frozen=True):
    """One template and the plain data of many deliveries; `shared` is merged beneath each item of `contexts`."""

    source: str
    contexts: tuple[Mapping[str, Any], ...]
    shared: Mapping[str, Any] = field(default_factory=dict)


class Rendered(Struct, frozen=True):
    """The text, or why there is none. `line` is the template's own line (1-based) where it failed, 0 if unknown."""

    text: str = ""
    error: str = ""  # a short reason in English, e.g. "undefined: target.nmae"; empty on success
    kind: str = ""  # "" | undefined | syntax | forbidden | limit | failed | object | empty | skipped | no-row
    line: int = 0

    @property
    def ok(self) -> bool:
        return not self.kind
