"""A stored delivery → the rows it was made of."""

from __future__ import annotations

from sopengine.language.model import Step
from sopengine.language.named import Row
from sopengine.planning.targets import Targets
from sopengine.store.delivery_rows import Claimed, UnsentDelivery
from sopengine.store.values import typed


def case_of(delivery: Claimed | UnsentDelivery, frozen: Targets, step: Step) -> tuple[Row, Row] | None:
    """Whom it is about, and who gets it; None where the frozen data has no such row."""
    if delivery.row is not None:
        receiver = typed(delivery.row)
        return (receiver if delivery.about is None else typed(delivery.about)), receiver
    row = frozen.row(step.arm(delivery.arm).to, delivery.target)
    return None if row is None else (row, row)
