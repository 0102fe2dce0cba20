"""`python -m tests.editor`: installs the editors' language servers beside this file, as the lock file names them.

Where Node.js or the packages cannot be had these tests are skipped; in CI that is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.editor.server import FOLDER, installed


def main() -> int:
    """0 when they are there, or when they may be missing."""
    if installed() or _install():
        return 0
    print("Node.js or its packages cannot be had: the editor's tests are left out", file=sys.stderr)
    return 1 if os.environ.get("CI") else 0


def _install() -> bool:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return False
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(FOLDER)]
    return subprocess.run(command, stdin=subprocess.DEVNULL).returncode == 0 and installed()


if __name__ == "__main__":
    raise SystemExit(main())
