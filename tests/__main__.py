"""`python -m tests`: lint, format, types, import contracts and tests in, the first failure out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
LINT_IMPORTS = str(Path(PYTHON).parent / "lint-imports")  # has no `python -m` form

STAGES = {
    "ruff check": [PYTHON, "-m", "ruff", "check", "."],
    "ruff format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "mypy": [PYTHON, "-m", "mypy"],
    "import contracts": [LINT_IMPORTS],
    "language servers": [PYTHON, "-m", "tests.editor"],
    "accessibility rules": [PYTHON, "-m", "tests.browser"],
    "pytest": [PYTHON, "-m", "pytest", "-n", "auto", "--dist", "worksteal"],
}
KEEP_BYTECODE = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""The tests start hundreds of processes: without compiled files each would compile the whole package anew."""


def main(arguments: list[str]) -> int:
    """Run the stages in order with their output streamed; the first failing stage's exit code, else 0.

    Arguments go to pytest."""
    for name, command in STAGES.items():
        print(f"── {name}", flush=True)
        extra = arguments if name == "pytest" else []
        done = subprocess.run([*command, *extra], cwd=ROOT, env=KEEP_BYTECODE, stdin=subprocess.DEVNULL)
        if done.returncode:
            print(f"── {name} failed", file=sys.stderr)
            return done.returncode
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
