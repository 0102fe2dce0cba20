"""The two sides of a `diff` → one comparison: planned from the same moment, under the same keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from sopengine.channels.base import Channel
from sopengine.cli.campaign import read_campaign
from sopengine.diagnostics import Severity, Text
from sopengine.engine.bundle import Bundle
from sopengine.engine.upgrading import parts
from sopengine.errors import Refused
from sopengine.language.document import Document
from sopengine.language.model import Playbook
from sopengine.messages.renderer import Renderer
from sopengine.planning.facts import NOTHING, Facts
from sopengine.planning.model import Campaign
from sopengine.planning.versions import edited_keys, identities, known_as, predecessors
from sopengine.review.comparison.compare import Written, compare
from sopengine.review.comparison.model import Comparison, Version
from sopengine.review.comparison.pairing import IsOver, never_over
from sopengine.review.items import items
from sopengine.review.model import Item
from sopengine.review.preview import Preview
from sopengine.review.words import value
from sopengine.timing.zones import zone
from sopengine.workspace import Workspace, open_channels


class Side(Struct, frozen=True):
    """One of the two: the name people know it by, and all that its plan is made from."""

    name: str
    campaign: Campaign
    document: Document
    bundle: Bundle
    channels: Mapping[str, Channel]
    facts: Facts = NOTHING


def from_file(
    path: str, name: str, place: Workspace, given: Mapping[str, str], data: Mapping[str, Path], now: str
) -> Side:
    """Refused where it has errors: a step that cannot be read would be told of as removed."""
    read = read_campaign(path, place, given, data, now)
    wrong = any(d.severity is Severity.ERROR for d in read.shown)
    if wrong or read.campaign is None or read.bundle is None:
        raise Refused(Text(f"{name} 有错误，没法对比", f"{name} has errors and cannot be compared"), read.shown)
    return Side(name, read.campaign, read.document, read.bundle, open_channels(place))


def alike(before: Side, after: Side) -> tuple[Side, Side]:
    """Two playbooks of files as two versions of one campaign: steps and slots are known by the keys that an upgrade
    would leave them."""
    known = identities(before.campaign.playbook, after.campaign.playbook, {}, ())
    playbook = known_as(after.campaign.playbook, known)
    return before, replace(after, campaign=replace(after.campaign, id=before.campaign.id, playbook=playbook))


def compared(
    before: Side,
    after: Side,
    as_of: datetime,
    is_over: IsOver = never_over,
) -> Comparison:
    """`is_over`: what a running campaign has done already (comparison/compare.py)."""
    playbook = after.campaign.playbook
    with Renderer(try_again=False) as renderer:
        old, new = (planned(side, as_of, renderer) for side in (before, after))
    return Comparison(
        title=playbook.title or playbook.id,
        before=Version(before.name, before.bundle.pack()[0]),
        after=Version(after.name, after.bundle.pack()[0]),
        as_of=as_of.astimezone(zone(playbook.timezone)),
        timezone=playbook.timezone,
        steps=compare(old, new, list(written(before.campaign.playbook, playbook)), is_over),
        others=list(others(before, after)),
    )


def planned(side: Side, as_of: datetime, renderer: Renderer) -> list[Item]:
    """One item for each target."""
    preview = Preview(side.campaign, side.document, side.channels, as_of, each=True, facts=side.facts)
    return list(items(preview, renderer))


def written(before: Playbook, after: Playbook) -> Iterator[Written]:
    was = predecessors(before, after)
    for step in after.steps():
        old = was.get(step.id)
        settings = edited_keys(old, step) if old is not None else ()
        renamed = old.id if old is not None and old.id != step.id else ""
        yield Written(step.id, renamed, old is not None, True, settings)
    kept = {step.id for step in was.values()}
    yield from (Written(step.id, "", True, False) for step in before.steps() if step.id not in kept)


def others(before: Side, after: Side) -> Iterator[Text]:
    """What differs besides steps: inputs with both values, lists, files, other parts of the playbook by name."""
    yield from filled_in(before, after)
    old, new = before.bundle.sources, after.bundle.sources
    for name in {**old, **new}:
        some, many = ([dict(row) for row in given.get(name, ())] for given in (old, new))
        if some != many:
            a, b = len(some), len(many)
            yield Text(f"名单 {name}：{a} → {b} 行，内容有改", f"list {name}: {a} → {b} rows, edited")
    if names := parts(before.campaign.playbook, after.campaign.playbook):
        yield Text(f"还改了：{'、'.join(names)}", f"edited besides: {', '.join(names)}")


def filled_in(before: Side, after: Side) -> Iterator[Text]:
    """What texts are filled in with and made of: inputs with both values, files by name."""
    old, new = before.campaign.inputs, after.campaign.inputs
    for name in {**old, **new}:
        if old.get(name) != new.get(name):
            was, now = (value(given[name], "en") if name in given else "—" for given in (old, new))
            yield Text(f"输入 {name}：{was} → {now}", f"input {name}: {was} → {now}")
    files, more = before.bundle.files, after.bundle.files
    if edited := [name for name in {**files, **more} if files.get(name) != more.get(name)]:
        yield Text(f"文件有改：{'、'.join(edited)}", f"files edited: {', '.join(edited)}")
