"""`sopengine resume`: says what will go out and what is too late, then lets it go on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from sopengine.cli import options
from sopengine.cli.output import language, one_line, say, say_json
from sopengine.cli.pause import scope_of, scope_options
from sopengine.cli.status import word
from sopengine.diagnostics import Text
from sopengine.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from sopengine.engine.behind import Going
    from sopengine.store.store import Scope, Store
    from sopengine.workspace import Workspace

_WITH: dict[Scope, tuple[Scope, ...]] = {"campaign": ("sends",)}
"""What goes on together with it: whoever resumes a campaign also means what one of its steps held back."""


def command(lang: str) -> click.Command:
    about = Text(
        "继续：先列出哪些会马上执行、哪些已经太晚，再恢复。",
        "Resume: first tells what runs at once and what is too late.",
    )
    preview = options.flag(lang, "--preview", text=Text("只列出，不恢复", "Only tell, do not resume"))
    address = options.option(
        lang,
        "--address",
        metavar="CHANNEL/NAME",
        text=Text("放开一个暂歇的地址，名字见 status", "Release an address that rests, named as in status"),
    )
    params = [*scope_options(lang), address, preview, options.json_flag(lang)]
    return click.Command("resume", callback=resume, params=params, help=about.get(lang))


def resume(
    campaign: str | None,
    channel: str | None,
    everything: bool,
    reason: str,
    now: str | None,
    workspace: Path | None,
    address: str | None,
    preview: bool,
    as_json: bool,
) -> None:
    from sopengine.cli.workplace import actor, moment_of, named_campaigns, open_ledger, workspace_at, zone_of
    from sopengine.engine.wake import wake

    place = workspace_at(workspace)
    if address:
        if campaign or channel or everything or preview:
            raise UsageError(Text("--address 只能单独用", "--address stands alone"))
        with open_ledger(place, create=False) as store:
            _release(store, address, moment_of(now, zone_of(store)), reason)
            wake(store.path)
        return
    scope, name = scope_of(campaign, channel, everything)
    with open_ledger(place, create=False) as store:
        if scope == "campaign":
            named_campaigns(store, name)
        held: list[Scope] = [of for of in (scope, *_WITH.get(scope, ())) if (of, name) in _pauses(store)]
        if not held:
            still = [pause.name or "--all" for pause in store.paused()]
            if as_json:
                say_json({"schema_version": 1, "resumed": False, "slots": [], "still_paused": still})
                return
            say(Text(f"{name or '全部'} 没有暂停，不用恢复", f"{name or 'everything'} is not paused").get(language()))
            _tell_still_paused(still)
            return
        zone = zone_of(store)
        moment = moment_of(now, zone)
        goings = _behind(store, place, scope, name, moment)
        if not as_json:
            _tell_behind(goings, zone)
        if not preview:
            for of in held:
                store.resume(of, name, moment, actor(), reason)
            wake(store.path)
        still = [pause.name or "--all" for pause in store.paused()] if not preview else []
    if as_json:
        say_json(
            {
                "schema_version": 1,
                "resumed": not preview,
                "slots": [_document(one, zone) for one in goings],
                "still_paused": still,
            }
        )
    elif not preview:
        say(Text(f"已恢复 {name or '全部'}", f"resumed {name or 'everything'}").get(language()))
        _tell_still_paused(still)


def _behind(store: Store, place: Workspace, scope: Scope, name: str, now: datetime) -> list[Going]:
    from sopengine.cli.workplace import sources_of
    from sopengine.engine.behind import behind
    from sopengine.engine.campaigns import Campaigns
    from sopengine.engine.facts import StoredFacts

    campaigns = Campaigns(store, sources_of(place))
    facts = StoredFacts(store, campaigns)
    facts.begin_pass(now)
    return behind(store, campaigns, facts, scope, name, now)


def _release(store: Store, address: str, now: datetime, reason: str) -> None:
    from sopengine.cli.workplace import actor

    if not store.release(address, now, actor(), reason):
        resting = ", ".join(one.name for one in store.parked(now))
        raise UsageError(
            Text(f"地址 {address} 没有暂歇", f"address {address} does not rest"),
            Text(f"暂歇的有：{resting}", f"those that rest: {resting}") if resting else None,
        )
    say(Text(f"已放开 {address}", f"released {address}").get(language()))


def _pauses(store: Store) -> set[tuple[str, str]]:
    return {(pause.scope, pause.name) for pause in store.paused()}


def _tell_behind(goings: list[Going], zone: ZoneInfo) -> None:
    """Each slot, then the sums."""
    from sopengine.engine.behind import total

    for one in goings:
        slot = f"{one.slot.astimezone(zone):%m-%d %H:%M}"
        skipped = "".join(f"  {word('skipped')} {number} ({reason})" for reason, number in one.skipped.items())
        missed = f"  {word('missed')} {one.missed}" if one.missed else ""
        runs = Text(f"执行 {one.runs}", f"runs {one.runs}").get(language())
        say(one_line(f"  {slot}  {one.campaign}/{one.step}  {runs}{skipped}{missed}"))
    sums = total(goings)
    text = Text(
        f"会马上执行 {sums.runs} 项；会跳过 {sums.skipped} 项；已经太晚、将记为错过 {sums.missed} 项",
        f"{sums.runs} will run at once; {sums.skipped} will be skipped; "
        f"{sums.missed} are too late and will be recorded as missed",
    )
    say(text.get(language()))


def _document(one: Going, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "campaign": one.campaign,
        "step": one.step,
        "slot": one.slot.astimezone(zone).isoformat(),
        "runs": one.runs,
        "skipped": dict(one.skipped),
        "missed": one.missed,
    }


def _tell_still_paused(names: list[str]) -> None:
    if names:
        listed = ", ".join(names)
        say(Text(f"仍然暂停：{listed}", f"still paused: {listed}").get(language()))
