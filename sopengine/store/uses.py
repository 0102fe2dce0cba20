"""What has gone, or is about to go, to a receiver, by a sender or to an address: what caps and gaps count.

A delivery counts from its claim on, so that a slot is taken in the commit that claims it, and no longer once it has
surely not been sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, bindparam, literal_column, select

from sopengine.store.columns import Micros
from sopengine.store.delivery_rows import Claimed
from sopengine.store.dialect import in_states
from sopengine.store.rows import State
from sopengine.store.tables import BUCKET, DELIVERY, OCCURRENCE
from sopengine.store.waves import WavesBefore, waves_before

_COUNTS = (
    State.CLAIMED,
    State.SENDING,
    State.SENT,
    State.UNKNOWN,
    State.AWAITING_CONFIRM,
    State.CONFIRMED,
)
_BY: Mapping[str, Column[Any]] = {
    "recipient": DELIVERY.c.recipient,
    "channel": DELIVERY.c.channel,
    "bucket": BUCKET.c.name,
}


class Use(NamedTuple):
    at: datetime
    campaign: str
    step: str

    @property
    def text(self) -> str:
        return f"{self.campaign}/{self.step}"


class Waiting(NamedTuple):
    """A message that is stored and has still to go, at `run_after` as far as is known."""

    id: int
    key: str  # with the arm
    run_after: datetime
    campaign: str
    step: str

    @property
    def text(self) -> str:
        return f"{self.campaign}/{self.step}"


class Hold(NamedTuple):
    """A claim that has to wait: `hold` is the guard's word, `reason` names its rule and what used it up. `told`: it is
    in the log already."""

    until: datetime
    hold: str
    reason: str
    told: bool = False


class Drop(NamedTuple):
    state: State  # SKIPPED or MISSED
    reason: str


Verdict = Hold | Drop | None
"""None: it may go."""


class Uses:
    """Over the ledger as this transaction sees it, with what is being claimed in it."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._taken: list[tuple[Claimed, datetime]] = []  # most steps have no guard, and then nobody asks for these
        self._mine: dict[tuple[str, str], list[Use]] = defaultdict(list)
        self._gone: set[int] = set()
        self._known: dict[tuple[str, str, datetime], list[Use]] = {}
        self._waves: dict[tuple[int, int], WavesBefore] = {}
        self._refused: dict[int, Hold | Drop] = {}
        self._waiting: dict[tuple[str, str, int], list[Waiting]] = {}

    def since(self, by: str, value: str, moment: datetime) -> list[Use]:
        """The uses from `moment` on, oldest first. `by` is recipient, channel or bucket."""
        self._sort_in()
        key = (by, value, moment)
        if key not in self._known:
            found = self._conn.execute(_since(by), {"value": value, "moment": moment})
            self._known[key] = [Use(*row) for row in found]
        return sorted([*self._known[key], *(use for use in self._mine[by, value] if use.at >= moment)])

    def waiting(self, by: str, value: str, priority: int) -> list[Waiting]:
        """What has not gone yet and has a larger priority, as this transaction has decided of it so far."""
        key = (by, value, priority)
        if key not in self._waiting:
            found = self._conn.execute(_ahead(by, priority >= 0), {"value": value, "priority": priority})
            self._waiting[key] = [Waiting(*row) for row in found]
        self._sort_in()
        return [
            now for one in self._waiting[key] if one.id not in self._gone and (now := self._decided(one)) is not None
        ]

    def _decided(self, one: Waiting) -> Waiting | None:
        match self._refused.get(one.id):
            case Drop():
                return None
            case Hold(until):
                return one._replace(run_after=until)
        return one

    def waves_before(self, occurrence: int, wave: int) -> WavesBefore:
        if (occurrence, wave) not in self._waves:
            self._waves[occurrence, wave] = waves_before(self._conn, occurrence, wave)
        return self._waves[occurrence, wave]

    def take(self, claimed: Claimed, now: datetime) -> None:
        """This delivery goes."""
        self._taken.append((claimed, now))

    def refuse(self, claimed: Claimed, verdict: Hold | Drop) -> None:
        """This one does not go, or not now."""
        self._refused[claimed.id] = verdict

    def _sort_in(self) -> None:
        for claimed, now in self._taken:
            self._gone.add(claimed.id)
            use = Use(now, claimed.campaign, claimed.step)
            for by in _BY:
                self._mine[by, getattr(claimed, by)].append(use)
        self._taken.clear()


Judge = Callable[[Claimed, Uses], Verdict]

_statements: dict[str, Any] = {}


def _since(by: str) -> Any:
    if by not in _statements:
        _statements[by] = (
            select(DELIVERY.c.claimed_at, DELIVERY.c.campaign, OCCURRENCE.c.step)
            .join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence)
            .join(BUCKET, BUCKET.c.id == DELIVERY.c.bucket)
            .where(
                _BY[by] == bindparam("value"),
                DELIVERY.c.claimed_at >= bindparam("moment", type_=Micros),
                DELIVERY.c.notice.is_(False),
                in_states(DELIVERY.c.state, *_COUNTS),
            )
            .order_by(DELIVERY.c.claimed_at, DELIVERY.c.id)
        )
    return _statements[by]


@cache
def _ahead(by: str, indexed: bool) -> Any:
    """`indexed`: the condition of its index follows from the priority that is asked for."""
    key = DELIVERY.c.key + literal_column("'/'") + DELIVERY.c.arm
    query = (
        select(DELIVERY.c.id, key, DELIVERY.c.run_after, DELIVERY.c.campaign, OCCURRENCE.c.step)
        .join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence)
        .join(BUCKET, BUCKET.c.id == DELIVERY.c.bucket)
        .where(
            _BY[by] == bindparam("value"),
            DELIVERY.c.priority > bindparam("priority"),
            DELIVERY.c.notice.is_(False),
            in_states(DELIVERY.c.state, State.PLANNED),
        )
        .order_by(DELIVERY.c.run_after, DELIVERY.c.id)
    )
    return query.where(DELIVERY.c.priority != literal_column("0")) if indexed else query
