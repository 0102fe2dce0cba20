"""The events that need no declaration, and the fields each carries."""

from __future__ import annotations

from collections.abc import Mapping

from sopengine.language.model import FieldType

BUILT_IN: Mapping[str, Mapping[str, FieldType]] = {
    "member.joined": {"member": FieldType.TEXT, "name": FieldType.TEXT, "members": FieldType.LIST},
    "member.left": {"member": FieldType.TEXT, "name": FieldType.TEXT, "members": FieldType.LIST},
    "order.paid": {"order_id": FieldType.TEXT, "amount": FieldType.MONEY},
    "coupon.issued": {"coupon_id": FieldType.TEXT, "expires": FieldType.DATE},
    "coupon.used": {"coupon_id": FieldType.TEXT, "amount": FieldType.MONEY},
    "coupon.expired": {"coupon_id": FieldType.TEXT},
    "live.started": {},
    "live.ended": {},
}
