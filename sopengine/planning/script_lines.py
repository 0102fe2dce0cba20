"""The nodes a walk has passed → their lines as the clerk reads them, by the rendering that all messages go through."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from sopengine.diagnostics import Path
from sopengine.messages.model import Rendered, RenderJob
from sopengine.messages.renderer import Renderer
from sopengine.planning.script_walk import Walk


class Lines(Struct, frozen=True):
    """What one node says; "" where nothing is written."""

    node: str
    say: str = ""
    note: str = ""
    point: str = ""


class LineFails(Exception):
    """A line that cannot be rendered with these values: its path in the playbook, and why."""

    def __init__(self, path: Path, rendered: Rendered) -> None:
        super().__init__(rendered.error)
        self.path = path
        self.rendered = rendered


def lines(renderer: Renderer, walk: Walk, since: int = 0) -> Sequence[Lines]:
    """One for each node passed, from that number on. Raises LineFails, and SopError as the renderer does."""
    written = [(passed, key, text) for passed in walk.passed[since:] for key, text in passed.node.lines()]
    jobs = [RenderJob(text, ({"ask": passed.asked},), {"input": walk.inputs}) for passed, _, text in written]
    texts: dict[int, dict[str, str]] = {}
    for (passed, key, _), (rendered,) in zip(written, renderer.render_many(jobs), strict=True):
        if not rendered.ok:
            raise LineFails((*passed.node.path, key), rendered)
        texts.setdefault(id(passed), {})[key] = rendered.text.strip()
    return [Lines(passed.node.name, **texts.get(id(passed), {})) for passed in walk.passed[since:]]
