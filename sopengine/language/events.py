"""The events that need no declaration, the fields each carries, and those of a playbook's own."""

from __future__ import annotations

from collections.abc import Mapping

from sopengine.language.named import Field, Fields, FieldType

_TEXT, _MONEY = FieldType.TEXT, FieldType.MONEY


def _fields(**types: FieldType) -> Fields:
    return {name: Field(name, kind) for name, kind in types.items()}


_MEMBER = _fields(member=_TEXT, name=_TEXT)

BUILT_IN: Mapping[str, Fields] = {
    "member.joined": _MEMBER,
    "member.left": _MEMBER,
    "order.paid": _fields(order_id=_TEXT, amount=_MONEY),
    "coupon.issued": _fields(coupon_id=_TEXT, expires=FieldType.DATE),
    "coupon.used": _fields(coupon_id=_TEXT, amount=_MONEY),
    "coupon.expired": _fields(coupon_id=_TEXT),
    "live.started": {},
    "live.ended": {},
}
OF_GROUPS = ("member.joined", "member.left")
"""Their subject is a group and `event.members` lists who; the subject of the others is a member."""


def fields_of(name: str, declared: Mapping[str, Fields]) -> Fields | None:
    """What an event carries; a playbook may add fields to a built-in one. None for an event that nobody declares."""
    if name not in BUILT_IN and name not in declared:
        return None
    return {**BUILT_IN.get(name, {}), **declared.get(name, {})}
