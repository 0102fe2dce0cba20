"""`python -m tests.browser`: installs what judges pages beside this file, as the lock file names it.

Where it or Chromium cannot be had these tests are skipped; in CI that is a failure.
"""

from __future__ import annotations

from tests.browser.window import FOLDER
from tests.support.npm import provide

if __name__ == "__main__":
    raise SystemExit(provide(FOLDER, "the tests of pages in a browser are left out"))
