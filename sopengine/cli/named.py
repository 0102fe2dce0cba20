"""What a person names on the command line, a number, the beginning of a key or a step → the one thing that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec import Struct

from sopengine.cli import options
from sopengine.diagnostics import Text
from sopengine.errors import UsageError
from sopengine.language.suggest import closest

if TYPE_CHECKING:
    from sopengine.engine.campaigns import ReadSources
    from sopengine.store.rows import Need
    from sopengine.store.store import Store

SHORTEST_KEY = 6
"""Characters of a key that may stand for it."""


class Named(Struct, frozen=True):
    """A step of a campaign; with `occurrence`, a key, one slot of it; with `delivery` that one."""

    campaign: str
    step: str
    occurrence: str = ""
    delivery: Need | None = None


def reason_option(lang: str) -> click.Option:
    return options.option(
        lang, "--reason", default="", metavar="TEXT", text=Text("原因，写进记录", "Why; goes into the log")
    )


def the_reason(reason: str) -> str:
    """Refused where there is none: whoever reads the log later has to understand the decision."""
    if not reason.strip():
        raise UsageError(Text("要写明原因", "a reason is needed"), Text("加上 --reason 为什么", "add --reason WHY"))
    return reason.strip()


def one_delivery(store: Store, name: str) -> Need:
    found = store.deliveries_named(name) if name.isdecimal() or len(name) >= SHORTEST_KEY else []
    if len(found) == 1:
        return found[0]
    if found:
        raise _ambiguous(name)
    raise UsageError(
        Text(f"没有编号为 {name} 的送达", f"there is no delivery {name}"),
        Text("编号见 sopengine resolve", "sopengine resolve lists them"),
    )


def what_is(store: Store, sources: ReadSources, name: str, campaign: str | None) -> Named:
    """A number is a delivery. Else it is a step, `STEP` or `CAMPAIGN/STEP`, of the campaigns that run, or of the only
    ones there are; else the beginning of the key of an occurrence or a delivery."""
    if name.isdecimal():
        return _of_delivery(one_delivery(store, name))
    steps = _steps(store, sources, name, campaign)
    if len(steps) == 1:
        return steps[0]
    if steps:
        listed, step = ", ".join(one.campaign for one in steps), steps[0].step
        raise UsageError(
            Text(
                f"几个活动都有步骤 {step}：{listed}",
                f"several campaigns have a step {step}: {listed}",
            ),
            Text("用 --campaign 指明", "name it with --campaign"),
        )
    if len(name) >= SHORTEST_KEY:
        occurrences, deliveries = store.occurrences_named(name), store.deliveries_named(name)
        if len(occurrences) + len(deliveries) > 1:
            raise _ambiguous(name)
        if occurrences:
            return Named(occurrences[0].campaign, occurrences[0].step, occurrences[0].key)
        if deliveries:
            return _of_delivery(deliveries[0])
    guess = closest(name.rpartition("/")[2], _all_steps(store, sources, campaign))
    raise UsageError(
        Text(f"没有步骤、时点或送达 {name}", f"there is no step, slot or delivery {name}"),
        Text(f"是不是步骤 {guess}？", f"did you mean the step {guess}?") if guess else None,
    )


def _steps(store: Store, sources: ReadSources, name: str, campaign: str | None) -> list[Named]:
    found = _with_step(store, sources, name, campaign)
    before, slash, step = name.rpartition("/")
    return found or (_with_step(store, sources, step, before) if slash and campaign is None else [])


def _with_step(store: Store, sources: ReadSources, step: str, campaign: str | None) -> list[Named]:
    from sopengine.engine.campaigns import Campaigns

    rows = [row for row in store.campaigns() if campaign in (None, row.id)]
    under_way = [row for row in rows if row.state in ("running", "paused")]
    campaigns = Campaigns(store, sources)
    for some in (under_way, rows):
        if found := [Named(row.id, step) for row in some if step in campaigns.running(row).steps]:
            return found
    return []


def _all_steps(store: Store, sources: ReadSources, campaign: str | None) -> list[str]:
    from sopengine.cli.workplace import named_campaigns
    from sopengine.engine.campaigns import Campaigns

    campaigns = Campaigns(store, sources)
    return [step for row in named_campaigns(store, campaign) for step in campaigns.running(row).steps]


def _of_delivery(need: Need) -> Named:
    return Named(need.campaign, need.step, "", need)


def _ambiguous(name: str) -> UsageError:
    return UsageError(
        Text(f"以 {name} 开头的不止一个", f"more than one begins with {name}"),
        Text("多写几位", "give more of its key"),
    )
