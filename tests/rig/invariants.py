"""What must hold between the promise, the ledger and the judge's file; each breach is one line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tests.rig.judge import Received
from tests.rig.ledger import Row, Turn

Slot = tuple[str, str, str]
FINAL = ("sent", "confirmed", "failed", "unknown", "missed", "skipped", "withdrawn")
RESENDS = "again"
"""The step of the rig's playbook whose author chose `on_unknown: resend`."""


def breaches(
    promised: Mapping[Slot, str], rows: Sequence[Row], turns: Sequence[Turn], received: Sequence[Received]
) -> list[str]:
    """All of them, when everything is over."""
    acted: dict[Slot, int] = Counter(r.slot for r in received if r.acted)
    by_slot: dict[Slot, list[Row]] = defaultdict(list)
    for row in rows:
        by_slot[row.step, row.target, row.slot].append(row)
    return [
        *_listed(promised, by_slot, turns),
        *_doubled(acted, received),
        *_received_is_in_sent_or_unknown(acted, by_slot),
        *_sent_is_in_received(acted, by_slot),
        *_final(rows),
    ]


def _listed(promised: Mapping[Slot, str], by_slot: Mapping[Slot, list[Row]], turns: Sequence[Turn]) -> Iterator[str]:
    """Nothing is lost: each promised delivery has its row, or its whole slot is listed as skipped or missed."""
    times = Counter((turn.step, turn.slot) for turn in turns)
    whole = {(turn.step, turn.slot) for turn in turns if turn.state in ("skipped", "missed", "withdrawn")}
    for (step, slot), number in times.items():
        if number > 1:
            yield f"planned {number} times: {step} {slot}"
    for slot in promised:
        count = len(by_slot.get(slot, ()))
        if count > 1:
            yield f"{count} rows for one delivery: {_name(slot)}"
        if count == 0 and (slot[0], slot[2]) not in whole:
            yield f"lost, no row and not listed as missed: {_name(slot)}"
    for slot in by_slot.keys() - promised.keys():
        yield f"a row that nobody planned: {_name(slot)}"


def _doubled(acted: Mapping[Slot, int], received: Sequence[Received]) -> Iterator[str]:
    """Nothing is received twice; once more where its step says `on_unknown: resend`. What a channel dropped because it
    knew the key was not acted on."""
    for slot, number in acted.items():
        if number > (2 if slot[0] == RESENDS else 1):
            times = ", ".join(f"{r.at:%H:%M:%S} {r.answer}" for r in received if r.slot == slot)
            yield f"received {number} times: {_name(slot)} ({times})"


def _received_is_in_sent_or_unknown(acted: Mapping[Slot, int], by_slot: Mapping[Slot, list[Row]]) -> Iterator[str]:
    for slot, number in acted.items():
        states = [row.state for row in by_slot.get(slot, ())]
        if number and not any(state in ("sent", "confirmed", "unknown") for state in states):
            yield f"received, but the ledger says {', '.join(states) or 'nothing'}: {_name(slot)}"


def _sent_is_in_received(acted: Mapping[Slot, int], by_slot: Mapping[Slot, list[Row]]) -> Iterator[str]:
    for slot, rows in by_slot.items():
        if any(row.state in ("sent", "confirmed") for row in rows) and not acted.get(slot):
            yield f"the ledger says sent, but nothing was received: {_name(slot)}"


def _final(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row.state not in FINAL:
            yield f"still {row.state} when all is over: {_name((row.step, row.target, row.slot))}"


def _name(slot: Slot) -> str:
    return " ".join(slot)
