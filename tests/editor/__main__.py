"""`python -m tests.editor`: installs the editors' language servers beside this file, as the lock file names them.

Where Node.js or the packages cannot be had these tests are skipped; in CI that is a failure.
"""

from __future__ import annotations

from tests.editor.server import FOLDER
from tests.support.npm import provide

if __name__ == "__main__":
    raise SystemExit(provide(FOLDER, "the editor's tests are left out"))
