"""Faults that engines of this kind are known to have, planted one by one: the rig has to find each.

Each is planted by patching in a process of its own, in which a scene is then played; without the plant the same scene
has to hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tests.rig import scenes
from tests.rig.kill import MEMORY


def commit_after_send() -> None:
    """The intent is committed together with the outcome, when the request has long left."""
    from sopengine.store.store import Store

    intend, record, waiting = Store.intend, Store.record, {}

    def later(self: Store, intents: Sequence[Any], now: datetime) -> set[int]:
        waiting.update({intent.id: intent for intent in intents})
        return {intent.id for intent in intents}

    def with_intent(self: Store, results: Sequence[Any], now: datetime) -> set[int]:
        intend(self, [waiting.pop(result.id) for result in results if result.id in waiting], now)
        return record(self, results, now)

    Store.intend, Store.record = later, with_intent  # type: ignore[method-assign]


def no_unique_index() -> None:
    """Occurrences and deliveries without UNIQUE keys, and inserted without asking."""
    import sqlalchemy

    from sopengine.store import plan
    from sopengine.store.tables import DELIVERY, OCCURRENCE

    for table in (OCCURRENCE, DELIVERY):
        table.constraints -= {part for part in table.constraints if isinstance(part, sqlalchemy.UniqueConstraint)}
    plan._INSERT = sqlalchemy.insert(OCCURRENCE)  # type: ignore[assignment]


def fence_not_checked() -> None:
    """A writer is believed by the state of its row alone, whoever holds the row by now."""
    from sopengine.store import outcomes

    outcomes._holds = lambda row, fence, states: row.state in states


def utc_date_in_key() -> None:
    """The key of a slot is made from its UTC date instead of the local one."""
    from msgspec.structs import replace

    from sopengine.planning import calendars
    from sopengine.planning.identity import occurrence_key

    [owner] = [kind for kind in vars(calendars).values() if isinstance(kind, type) and "_occurrence" in vars(kind)]
    right = owner._occurrence

    def wrong(self: Any, *arguments: Any, **options: Any) -> Any:
        found = right(self, *arguments, **options)
        day = _utc_day(found.day, found.planned_at)
        return replace(found, key=occurrence_key(found.campaign, found.step.id, day, found.ordinal, found.zone))

    owner._occurrence = wrong


def _utc_day(day: str, planned_at: datetime) -> str:
    try:
        date.fromisoformat(day)
    except ValueError:
        return day
    return planned_at.astimezone(UTC).date().isoformat()


def retry_on_time_out() -> None:
    """A request without an answer is taken for one that did not arrive."""
    from msgspec.structs import replace

    from sopengine.channels.base import Outcome
    from sopengine.engine import deliver

    right = deliver.judge

    def wrong(claimed: Any, receipt: Any, *arguments: Any, **options: Any) -> Any:
        if receipt.outcome is Outcome.UNKNOWN:
            receipt = replace(receipt, outcome=Outcome.NOT_NOW)
        return right(claimed, receipt, *arguments, **options)

    deliver.judge = wrong


class Plant(NamedTuple):
    fault: Callable[[], None]
    scene: Callable[[Path], list[str]]


PLANTS = (
    Plant(commit_after_send, scenes.kills),
    Plant(no_unique_index, scenes.planning_cut_off),
    Plant(fence_not_checked, scenes.stale_holder),
    Plant(fence_not_checked, scenes.stale_holder_on_a_server),
    Plant(utc_date_in_key, scenes.clock_changes),
    Plant(retry_on_time_out, scenes.no_answer),
)


class Found(NamedTuple):
    """`control`: what the scene showed without the fault; `breaches`: with it."""

    fault: str
    control: list[str]
    breaches: list[str]


def played(number: int, *, planted: bool) -> list[str]:
    """The breaches of a plant's scene, in a process of its own that keeps the fault."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_play, number, planted).result()


def _play(number: int, planted: bool) -> list[str]:
    if planted:
        PLANTS[number].fault()
    with TemporaryDirectory(prefix="rig-", dir=MEMORY) as folder:
        return PLANTS[number].scene(Path(folder))


def run() -> Iterator[Found]:
    for number, plant in enumerate(PLANTS):
        control, breaches = (played(number, planted=planted) for planted in (False, True))
        yield Found(plant.fault.__name__.replace("_", " "), control, breaches)
