"""What store tests are made of: a ledger with one campaign, and short ways to plan, claim and send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sopengine.store.delivery_rows import Claimed, DeliveryRow, Intent, NewDelivery, Result
from sopengine.store.rows import CampaignRow, NewTask, OccurrenceRow, State, Transition
from sopengine.store.store import Store, open_store

NINE = datetime(2026, 6, 1, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LEASE = 2 * MINUTE


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def campaign(id_: str = "summer", **other: Any) -> CampaignRow:
    usual: dict[str, Any] = {
        "playbook": "festival",
        "title": "六月会员节",
        "bundle": "b1",
        "zone": "Asia/Shanghai",
        "state": "running",
        "started_at": NINE - DAY,
        "started_by": "lin",
        "planned_until": None,
        "ends_at": None,
    }
    return CampaignRow(id=id_, **{**usual, **other})


def occurrence(key: str, **other: Any) -> OccurrenceRow:
    due = other.get("due_at", NINE)
    usual: dict[str, Any] = {
        "campaign": "summer",
        "section": "phases",
        "phase": "warm-up",
        "step": "hello",
        "day": "",
        "ordinal": 0,
        "zone": "Asia/Shanghai",
        "date": "2026-06-01",
        "number": 1,
        "phase_day": 1,
        "planned_at": due,
        "due_at": due,
        "expires_at": due + 30 * MINUTE,
        "useful_until": due + DAY,
    }
    return OccurrenceRow(key=key, **{**usual, **other})


def delivery(occurrence_: OccurrenceRow, target: str, **other: Any) -> NewDelivery:
    usual: dict[str, Any] = {
        "key": f"{occurrence_.key}/{target}",
        "occurrence": occurrence_.id,
        "target": target,
        "channel": "robot",
        "bucket": f"robot/{target}",
        "due_at": occurrence_.due_at,
        "expires_at": occurrence_.expires_at,
        "useful_until": occurrence_.useful_until,
    }
    return NewDelivery(**{**usual, **other})


def task(occurrence_: OccurrenceRow | int, key: str = "t1", **other: Any) -> NewTask:
    usual: dict[str, Any] = {"target": "g1", "person": "wang", "title": "贴海报", "due_at": NINE + HOUR}
    id_ = occurrence_ if isinstance(occurrence_, int) else occurrence_.id
    return NewTask(key=key, occurrence=id_, **{**usual, **other})


class Ledger:
    def __init__(self, path: Path, address: str = "") -> None:
        """`address`: of the database, where it is not the SQLite file at `path`."""
        self.path = path
        self.store: Store = open_store(address or url(path))
        self.store.add_bundle("b1", b"playbook: festival")
        self.store.add_campaign(campaign(), NINE - DAY, "lin")

    def planned(self, key: str, **other: Any) -> OccurrenceRow:
        """A stored occurrence, with its id."""
        self.store.add_occurrences([occurrence(key, **other)], NINE - DAY)
        ids = range(1, self.store.revision() + 1)
        return next(row for row in self.store.occurrences(ids).values() if row.key == key)

    def fan_out(self, key: str, *targets: str, now: datetime = NINE, **other: Any) -> OccurrenceRow:
        """A stored occurrence with one planned delivery for each target; `other` goes to the deliveries."""
        due = other.get("due_at", NINE)
        row = self.planned(key, due_at=due)
        self.store.add_fan_out(row.id, [delivery(row, target, **other) for target in targets], [], now)
        return row

    def claim(self, now: datetime = NINE, owner: str = "a", limit: int = 100) -> list[Claimed]:
        return self.store.claim(now, owner, LEASE, limit)

    def sending(self, now: datetime = NINE) -> list[Claimed]:
        """Claimed, and the intent committed."""
        claimed = self.claim(now)
        ids = self.store.intend([Intent(c.id, c.fence, f"text for {c.target}") for c in claimed], now)
        assert ids == {c.id for c in claimed}
        return claimed

    def finish(self, claimed: list[Claimed], state: State, now: datetime = NINE, **other: Any) -> set[int]:
        return self.store.record([Result(c.id, c.fence, state, **other) for c in claimed], now)

    def rows(self) -> dict[str, DeliveryRow]:
        return {row.key: row for row in self.store.deliveries("summer")}

    def row(self, key: str) -> DeliveryRow:
        return self.rows()[key]

    def lines(self, **which: Any) -> list[Transition]:
        return list(self.store.log(**which))
