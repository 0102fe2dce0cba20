"""What is planned and still to come, by scope and value: the room that caps keep for what matters more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sopengine.language.guards import Scope
from sopengine.planning.allowance import Coming, ComingUntil


class Ahead:
    """Messages that will surely be due. Those of the least priority are not added:
    nothing makes room for them."""

    def __init__(self) -> None:
        self._by: dict[tuple[Scope, str], dict[str, tuple[int, Coming]]] = defaultdict(dict)

    def add(self, counts: Mapping[Scope, str], priority: int, coming: Coming) -> None:
        for counted in counts.items():
            self._by[counted][coming.key] = priority, coming

    def put_off(self, key: str, counts: Mapping[Scope, str], moment: datetime) -> None:
        for counted in counts.items():
            if key in (found := self._by.get(counted, {})):
                priority, coming = found[key]
                found[key] = priority, coming._replace(at=moment)

    def over(self, key: str, counts: Mapping[Scope, str]) -> None:
        """It has gone, or never will."""
        for counted in counts.items():
            self._by.get(counted, {}).pop(key, None)

    def of(self, priority: int) -> ComingUntil:
        """As a message of this priority sees it."""

        def coming(scope: Scope, value: str, until: datetime) -> Sequence[Coming]:
            found = self._by.get((scope, value), {}).values()
            return sorted((one for its, one in found if its > priority and one.at < until), key=soonest)

        return coming


def soonest(coming: Coming) -> tuple[datetime, str]:
    return coming.at, coming.text
