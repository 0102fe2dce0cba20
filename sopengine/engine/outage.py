"""While the database does not let us work: how long until the next try, and what the log is told."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sopengine.store.errors import StoreTrouble

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(seconds=15)


class Outage:
    """One at a time; told when it begins, when its cause changes, and when it is over."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._since, self._wait, self._told = None, FIRST_WAIT, ""

    def next_try(self, error: StoreTrouble, now: datetime) -> datetime:
        self._since = self._since or now
        if (said := str(error)) != self._told:
            log.warning("%s; nothing is sent until it works again, which is tried at least every 15 s", said)
            self._told = said
        moment, self._wait = now + self._wait, min(2 * self._wait, LONGEST_WAIT)
        return moment

    def over(self, now: datetime) -> None:
        if self._since is not None:
            log.warning("the database works again after %.0f s", (now - self._since).total_seconds())
            self._begin_anew()
