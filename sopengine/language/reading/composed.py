"""What composing gives out: data, spots and findings, or the limit that the document passes."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import Struct, field

from sopengine.diagnostics import Findings, Path, Place, Text
from sopengine.language.reading.spots import RawSpot, Spots

DEPTH = 50
NODES = 25_000
"""Values of one file, counted as expanded. A playbook of 2,000 dense lines has about 14,000."""


class TooLarge(Exception):
    """The document passes a limit."""

    def __init__(self, message: Text, place: Place) -> None:
        super().__init__(message.en)
        self.message = message
        self.place = place


class Shared(NamedTuple):
    """What an anchor names: the data, the path and spots it was built with, and how many values it has."""

    data: Any
    path: Path
    spots: dict[Path, RawSpot]
    nodes: int


class Composed(Struct):
    """`suspicious`: YAML took something that an author rarely means, so the raw text deserves a look."""

    spots: Spots
    data: Any = None
    findings: Findings = field(default_factory=Findings)
    suspicious: bool = False
    empty: bool = True
