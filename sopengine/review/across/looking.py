"""The posts of a dry run and the campaigns beside it → what only shows when all are looked at together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sopengine.messages.renderer import Renderer
from sopengine.planning.during import NONE, Ruling, Rulings
from sopengine.planning.forecast import Entry
from sopengine.planning.guards import guards_by_step
from sopengine.planning.model import PlannedDelivery
from sopengine.planning.rendering import render
from sopengine.review.across.collisions import SOON, Slot, collisions
from sopengine.review.across.counting import addresses, loads, quotas
from sopengine.review.across.model import Across, Standing
from sopengine.review.across.posts import Post, posts_of
from sopengine.review.during import Others
from sopengine.review.guarding import entries_of
from sopengine.review.model import Item
from sopengine.review.preview import Preview


def look_across(preview: Preview, items: Iterable[Item], renderer: Renderer) -> Across:
    """`preview.posts` are those that `items` were made of."""
    mine = preview.posts or []
    if not mine:
        return Across([one for one in preview.beside if one.standing == "running" or one.errors])
    posts: list[Post] = []
    standings: dict[str, Standing] = {}
    first: dict[Slot, PlannedDelivery] = {}  # of each slot of the others, to see what it says
    for standing, post, delivery in _theirs(preview, max(post.at for post in mine) + SOON):
        posts.append(post)
        standings.setdefault(post.campaign, standing)
        if not post.is_task:
            first.setdefault((post.campaign, post.slot), delivery)
    texts: dict[Slot, str] = {(preview.campaign.id, item.slot): item.text for item in items if item.kind == "send"}
    texts |= {
        slot: text.text for slot, (_, text) in zip(first, render(renderer, first.values()), strict=True) if text.ok
    }
    caps = {step: guards.caps for step, guards in guards_by_step(preview.campaign).items() if guards.caps}
    return Across(
        [one for one in preview.beside if one.standing == "running" or one.errors or one.campaign in standings],
        collisions(mine, posts, texts, standings),
        quotas(mine, posts, caps, preview.used_before),
        addresses(mine, posts, preview.channels),
        loads(mine, posts),
    )


def _theirs(preview: Preview, until: datetime) -> Iterator[tuple[Standing, Post, PlannedDelivery]]:
    """What others will say and do; of that what this campaign takes out of their hands (`during`) is left out."""
    phases = [phase for phase in preview.campaign.playbook.phases if phase.during]
    mine = Rulings(Ruling(preview.targets, phase) for phase in phases) if phases else NONE
    groups: tuple[tuple[Standing, Others], ...] = (("running", preview.running), ("planned", preview.planned))
    for standing, others in groups:
        entries = entries_of(others, preview.facts, preview.as_of, until)
        for post, delivery in posts_of((_ruled(one, preview.rulings, mine) for one in entries), preview.guarded.theirs):
            yield standing, post, delivery


def _ruled(entry: Entry, others: Rulings, mine: Rulings) -> Entry:
    delivery = others.applied(entry.campaign, entry.targets, entry.delivery)
    return entry._replace(delivery=mine.applied(entry.campaign, entry.targets, delivery))
