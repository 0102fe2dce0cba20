"""The posts of a dry run and the campaigns beside it → what only shows when all are looked at together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sopengine.messages.renderer import Renderer
from sopengine.planning.during import NONE, Ruling, Rulings
from sopengine.planning.forecast import Entry
from sopengine.planning.guards import guards_by_step
from sopengine.planning.model import PlannedDelivery
from sopengine.planning.rendering import render
from sopengine.review.across.collisions import Slot, collisions
from sopengine.review.across.counting import addresses, loads, quotas
from sopengine.review.across.model import Across, Standing
from sopengine.review.across.posts import Post, posts_of
from sopengine.review.guarding import AFTER, entries_of
from sopengine.review.model import Item
from sopengine.review.preview import Preview


def look_across(preview: Preview, items: Iterable[Item], renderer: Renderer) -> Across:
    """`preview.posts` are those that `items` were made of."""
    mine = preview.posts or []
    if not mine:
        return Across([one for one in preview.beside if one.standing == "running" or one.errors])
    until = max(post.at for post in mine) + AFTER
    theirs, standings = _theirs(preview, until)
    texts: dict[Slot, str] = {(preview.campaign.id, item.slot): item.text for item in items if item.kind == "send"}
    texts |= _texts(theirs, renderer)
    posts = [post for post, _ in theirs]
    caps = {step: guards.caps for step, guards in guards_by_step(preview.campaign).items() if guards.caps}
    return Across(
        [one for one in preview.beside if one.standing == "running" or one.errors or one.campaign in standings],
        collisions(mine, posts, texts, standings),
        quotas(mine, posts, caps, preview.used_before),
        addresses(mine, posts, preview.channels),
        loads(mine, posts),
    )


def _theirs(preview: Preview, until: datetime) -> tuple[list[tuple[Post, PlannedDelivery]], dict[str, Standing]]:
    """What others will say and do; of that what this campaign takes out of their hands (`during`) is left out."""
    phases = [phase for phase in preview.campaign.playbook.phases if phase.during]
    mine = Rulings(Ruling(preview.targets, phase) for phase in phases) if phases else NONE
    found: list[tuple[Post, PlannedDelivery]] = []
    standings: dict[str, Standing] = {}
    groups: list[tuple[Standing, Sequence[Entry]]] = [
        ("running", preview.guarded.beside),
        ("planned", list(entries_of(preview.planned, preview.facts, preview.as_of, until))),
    ]
    for standing, entries in groups:
        ruled = (_ruled(entry, preview.rulings, mine) for entry in entries)
        for post, delivery in posts_of(ruled, preview.guarded.theirs):
            standings.setdefault(post.campaign, standing)
            found.append((post, delivery))
    return found, standings


def _ruled(entry: Entry, others: Rulings, mine: Rulings) -> Entry:
    delivery = others.applied(entry.campaign, entry.targets, entry.delivery)
    return entry._replace(delivery=mine.applied(entry.campaign, entry.targets, delivery))


def _texts(theirs: Iterable[tuple[Post, PlannedDelivery]], renderer: Renderer) -> dict[Slot, str]:
    """What the first target of each slot reads."""
    first: dict[Slot, PlannedDelivery] = {}
    for post, delivery in theirs:
        if not post.is_task:
            first.setdefault((post.campaign, post.slot), delivery)
    rendered = render(renderer, first.values())
    return {slot: text.text for slot, (_, text) in zip(first, rendered, strict=True) if text.ok}
