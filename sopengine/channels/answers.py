"""What one HTTP exchange gives back: an answer, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sopengine.channels.base import Outcome

BODY_CAP = 65536  # bytes read of an answer


class Answer(NamedTuple):
    """What came back. Header names are lower case; `cut` says why the body is not whole, "" if it is."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: str = ""


class NoAnswer(NamedTuple):
    """Nothing came back. `outcome`: REFUSED (may not go there), NOT_NOW (no byte of the request left) or UNKNOWN."""

    outcome: Outcome
    reason: str
