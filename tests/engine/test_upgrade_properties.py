"""Random edits of days and clock times at random moments: nothing sent twice, what stays planned is sent once."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from sopengine.cli.new_playbook import read_new
from sopengine.clock import ManualClock
from sopengine.engine.change import Changing
from sopengine.engine.upgrading import wanted
from tests.support.house import SHANGHAI, House

HEAD = """
playbook: book
title: Book
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
messages: {a: "{{ slot.time | time('HH:mm') }}"}
phases:
  all:
    title: All
    from: 2026-06-10
    until: 2026-06-14
    steps:
      - {id: fixed, on: 2026-06-13, at: 23:30, to: groups, send: a}
"""
CLOCKS = ["09:00", "11:30", "14:00", "17:00", "20:30"]
DAYS = ("2026-06-10", "2026-06-11", "2026-06-12", "2026-06-13")
END = datetime(2026, 6, 13, 23, tzinfo=SHANGHAI)
BEGIN = datetime(2026, 6, 9, 12, tzinfo=SHANGHAI)

clocks = st.lists(st.sampled_from(CLOCKS), min_size=1, max_size=4, unique=True)
days = st.one_of(st.just("daily"), st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True).map(sorted))
written = st.tuples(days, clocks)
edits = st.lists(st.tuples(st.integers(1, 40), st.one_of(written, written, written, st.none())), min_size=1, max_size=4)


def book(what: tuple[str | list[str], list[str]] | None) -> str:
    if what is None:
        return HEAD
    on, at = what
    day = on if isinstance(on, str) else f"[{', '.join(on)}]" if len(on) > 1 else on[0]
    return HEAD + f"      - {{id: x, on: {day}, at: [{', '.join(at)}], to: groups, send: a}}\n"


def upgrade(house: House, text: str) -> None:
    (house.root / "book.yaml").write_text(text, "utf-8")
    changing = Changing(house.store, "book", lambda names: {})
    running, current = changing.now()
    new = read_new(str(house.root / "book.yaml"), house.workspace, running, current, {}, None)
    changing.apply(wanted("upgrade", running, current, new.bundle, new.playbook, ""), house.clock.now(), "test")


def slots(what: tuple[str | list[str], list[str]] | None) -> set[datetime]:
    if what is None:
        return set()
    on, at = what
    listed = DAYS if isinstance(on, str) else on
    return {datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SHANGHAI) for day in listed for clock in at}


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(first=written, edits=edits)
@example(("daily", ["09:00", "14:00"]), [(24, ("daily", ["14:00"]))])  # removed in front
@example(("daily", ["09:00", "14:00"]), [(24, ("daily", ["09:00", "11:30", "14:00"]))])  # inserted between
@example((["2026-06-11"], ["09:00"]), [(48, (["2026-06-11", "2026-06-13"], ["09:00"]))])  # one day becomes two
@example(("daily", ["09:00"]), [(24, None), (1, ("daily", ["09:00"]))])  # removed, and back again
def test_nothing_is_doubled_and_nothing_is_lost(
    first: tuple[str | list[str], list[str]], edits: list[tuple[int, tuple[str | list[str], list[str]] | None]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), book(first), groups="id,name\neast,East\n", clock=ManualClock(BEGIN))
        house.start("2026-06-09T12:00")
        moment = BEGIN
        kept = slots(first)  # in every version from the beginning to its own time
        for hours, following in edits:
            moment += timedelta(hours=hours, minutes=1)
            if moment > END:
                break
            house.run(until=moment.replace(tzinfo=None).isoformat())
            house.clock.move_to(moment)
            upgrade(house, book(following))
            kept = {slot for slot in kept if slot < moment or slot in slots(following)}
        house.run()
        found = [row for row in house.log() if row.step == "x" and row.after == "sent"]
        assert len({row.key for row in found}) == len(found)
        at = [row.at.astimezone(SHANGHAI) for row in found]
        assert len(set(at)) == len(at)
        assert kept <= set(at)
        fixed = [row for row in house.log() if row.step == "fixed" and row.after == "sent"]
        assert len(fixed) == 1
        house.store.close()
