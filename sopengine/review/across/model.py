"""The values of a look across campaigns: collisions, quota, addresses, and who has how much to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from msgspec import Struct

from sopengine.diagnostics import Text

Standing = Literal["running", "planned"]
STANDINGS: dict[Standing, Text] = {
    "running": Text("正在进行", "running"),
    "planned": Text("还没开始", "planned"),
}


class Beside(NamedTuple):
    """Another campaign. `file` is the campaign file of one that is only planned; `errors` how many of its own keep it
    from being planned, so that nothing is known of it."""

    campaign: str
    playbook: str
    standing: Standing
    file: str = ""
    errors: int = 0


class Collision(NamedTuple):
    """A step of this campaign's that comes `close` to a step of another one's at the same targets, or says much the
    same (`alike`). The times are those of the first pair, aware, in the zones of their campaigns; `times` counts the
    pairs, `targets` those whom any of them reaches."""

    kind: Literal["close", "alike"]
    step: str
    at: datetime
    campaign: str
    standing: Standing
    their_step: str
    their_at: datetime
    targets: int
    times: int


class CapForecast(NamedTuple):
    """One cap for one target (sender, address) in one month: of its windows there that in which least is left. `used`
    has gone already, `planned` will go by this campaign, `others` by others."""

    rule: str
    target: str
    month: str  # 2026-06, of the window's begin
    begin: datetime
    used: int
    planned: int
    others: int
    limit: int

    @property
    def left(self) -> int:
        return self.limit - self.used - self.planned - self.others


class Busy(NamedTuple):
    """The `per` seconds in which an address gets most, begun by a message `at`; at most `rate` leave in them. `late`:
    the longest that any message to the address waits for its turn."""

    channel: str
    address: str
    at: datetime
    planned: int
    others: int
    rate: int
    per: int
    late: timedelta


class Load(NamedTuple):
    """What one person is given to do on one day; without a name it is whoever answers for the row of a role."""

    day: date
    person: str
    role: str
    planned: int
    others: int

    @property
    def tasks(self) -> int:
        return self.planned + self.others


class Across(Struct, frozen=True):
    """`caps` have the least left first, `addresses` the most crowded, `loads` the most to do."""

    beside: Sequence[Beside] = ()
    collisions: Sequence[Collision] = ()
    caps: Sequence[CapForecast] = ()
    addresses: Sequence[Busy] = ()
    loads: Sequence[Load] = ()


NOTHING_ACROSS = Across()
