"""Every test starts from the same surroundings, whatever the developer's own shell has set."""

from __future__ import annotations

import os

import pytest

from sopengine.channels import masking


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith(("SOPENGINE_", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"))]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(masking, "_hidden", ())  # a process reads the secrets of one workspace
