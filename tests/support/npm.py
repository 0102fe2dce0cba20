"""Packages of Node.js beside the tests that need them, exactly as their lock file names them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path


def installed(folder: Path) -> bool:
    """Whether what the lock file names is there, and runs."""
    lock = json.loads((folder / "package-lock.json").read_text("utf-8"))["packages"]
    wanted = {name: lock[f"node_modules/{name}"]["version"] for name in lock[""]["devDependencies"]}
    files = {name: folder / "node_modules" / name / "package.json" for name in wanted}
    return shutil.which("node") is not None and all(
        file.is_file() and json.loads(file.read_text("utf-8"))["version"] == wanted[name]
        for name, file in files.items()
    )


def provide(folder: Path, without: str) -> int:
    """0 when they are there, or when they may be missing: not in CI. `without` tells what is left out."""
    if installed(folder) or _install(folder):
        return 0
    print(f"Node.js or its packages cannot be had: {without}", file=sys.stderr)
    return 1 if os.environ.get("CI") else 0


def _install(folder: Path) -> bool:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return False
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
    return subprocess.run(command, stdin=subprocess.DEVNULL).returncode == 0 and installed(folder)
