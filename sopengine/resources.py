"""Files that travel with the package: schemas, sample playbooks, deployment units."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """Path of `schemas`, `playbooks`, `campaigns`, `deploy`: in an installed wheel, or beside the package."""
    inside = _PACKAGE / "data" / name
    return inside if inside.exists() else _PACKAGE.parent / name
