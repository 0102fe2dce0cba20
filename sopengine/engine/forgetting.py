"""A person out of the stored copies of campaigns, so that nothing more is planned for them, then out of the ledger."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from sopengine.engine.bundle import Bundle, unpack
from sopengine.store.forgetting import Forgotten, Person
from sopengine.store.store import Store


def forget(store: Store, member: str, now: datetime, actor: str, reason: str) -> Forgotten:
    """Told twice it does nothing more than to say so in the log."""
    bundles: dict[str, tuple[str, bytes]] = {}
    names: set[str] = set()
    common: set[str] = set()
    for hash_, content in store.bundles().items():
        bundle = unpack(content)
        rows = [row for rows in bundle.sources.values() for row in rows]
        theirs = [row for row in rows if row.get("id") == member]
        common |= {value for row in rows if row.get("id") != member for value in row.values()}
        if theirs:
            names |= {value for row in theirs for key, value in row.items() if key != "id" and len(value.strip()) > 1}
            bundles[hash_] = _without(bundle, member).pack()
    return store.forget(Person(member, bundles, names, common), now, actor, reason)


def _without(bundle: Bundle, member: str) -> Bundle:
    rows = {name: [row for row in rows if row.get("id") != member] for name, rows in bundle.sources.items()}
    return replace(bundle, sources=rows)
