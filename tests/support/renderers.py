"""One rendering process for many engines: its start costs more than most tests."""

from __future__ import annotations

from sopengine.messages.renderer import Renderer


class KeptRenderer(Renderer):
    """Closed with its process, not with each engine that uses it."""

    def close(self) -> None:
        self._given_up.clear()
        if self._waiting:
            super().close()


KEPT = KeptRenderer()
