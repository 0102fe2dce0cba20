from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.robot_server import RobotServer


@pytest.fixture
def server() -> Iterator[RobotServer]:
    with RobotServer() as running:
        yield running
