"""`sopengine upgrade`: a running campaign goes on by a new version of its playbook; what was sent stays sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.named import reason_option
from sopengine.cli.output import colour, columns, language, note, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_CHANGES, EXIT_OK, Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sopengine.cli.new_playbook import NewPlaybook
    from sopengine.engine.campaigns import Running
    from sopengine.engine.change import Change, Wanted
    from sopengine.engine.upgrading import StepChange
    from sopengine.language.model import Playbook
    from sopengine.store.change_rows import Used
    from sopengine.workspace import Workspace


def command(lang: str) -> click.Command:
    about = Text(
        "让运行中的活动用新版剧本：--plan 只列出会怎样，--apply 问过再换。发过的不动。",
        "Go on with a new version of the playbook: --plan tells what would happen, --apply asks and does it.",
    )
    params = [
        options.argument("campaign"),
        options.argument("playbook", required=False, metavar="[PLAYBOOK]"),
        options.flag(lang, "--plan", "plan", text=Text("只列出，不改", "Only tell")),
        options.flag(lang, "--apply", "apply_", text=Text("换成新版", "Do it")),
        options.flag(
            lang, "--detailed-exitcode", text=Text("有变化时退出码为 4", "With --plan: exit with 4 where it changes")
        ),
        options.set_option(lang),
        reason_option(lang),
        options.flag(lang, "--yes", text=Text("不再询问", "Do not ask")),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("upgrade", callback=upgrade, params=params, help=about.get(lang))


def upgrade(
    campaign: str,
    playbook: str | None,
    plan: bool,
    apply_: bool,
    detailed_exitcode: bool,
    settings: tuple[str, ...],
    reason: str,
    yes: bool,
    now: str | None,
    as_json: bool,
    workspace: Path | None,
) -> int:
    from sopengine.cli import again, changes
    from sopengine.cli.diff_running import against_running
    from sopengine.cli.new_playbook import read_new
    from sopengine.cli.workplace import actor, moment_of, open_ledger, workspace_at
    from sopengine.engine.upgrading import parts, steps, wanted
    from sopengine.engine.wake import wake
    from sopengine.review.comparison.terminal import draw
    from sopengine.timing.zones import zone as zone_named

    if plan == apply_:
        raise UsageError(Text("要写 --plan 或 --apply", "say --plan or --apply"))
    place = workspace_at(workspace)
    with open_ledger(place, create=False, read_only=plan) as store:
        changing = changes.changing(place, store, campaign)
        running, current = changing.now()
        zone, used = zone_named(running.row.zone), store.used(campaign)
        new = read_new(playbook, place, running, current, options.pairs(settings, "--set"), now)
        refuse_conflicts(running, new.playbook, used)
        to_be = wanted("upgrade", running, current, new.bundle, new.playbook, reason.strip())
        moment = moment_of(now, zone)
        change = changing.preview(to_be, moment)
        _refuse_what_cannot_go_out(place, new, change)
        found, others = steps(change, used), parts(running.campaign.playbook, new.playbook)
        anything = _is_other(found, others, change, to_be)
        if not as_json:
            if plan or not yes:  # nobody reads it who has said yes beforehand
                compared = against_running(place, store, current, new, to_be.bundle, change, found, moment)
                note(draw(compared, lang=language(), columns=columns(), colour=colour(error=True)))
                for text in changes.told_of_rows(change):
                    note(text.get(language()))
            else:
                changes.show(change, zone)
        if apply_ and anything:
            changes.refuse_own_words(store, change, actor())
            again.confirm(Text("换成新版吗？", "Go on with the new version?"), yes=yes, as_json=as_json)
            change = changing.apply(to_be, moment, actor())
            wake(store.path)
        done = apply_ and anything
    if as_json:
        rows = [one._asdict() for one in found]
        told = {"changes": anything, "applied": done, "steps": rows, "other_parts": others}
        say_json({"schema_version": 1, **told, **changes.document(change, zone)})
    else:
        say(_said(campaign, anything, done).get(language()))
    return EXIT_CHANGES if detailed_exitcode and plan and anything else EXIT_OK


def refuse_conflicts(running: Running, new: Playbook, used: Sequence[Used]) -> None:
    from sopengine.engine.upgrading import conflicts

    if against := list(conflicts(running, new, used)):
        raise Refused(_listed(against))


def _listed(against: list[Text]) -> Text:
    zh, en = ("\n".join(f"  {text.get(lang)}" for text in against) for lang in ("zh", "en"))
    return Text(f"这样的改动不能用在运行中的活动上：\n{zh}", f"a running campaign cannot be changed so:\n{en}")


def _refuse_what_cannot_go_out(place: Workspace, new: NewPlaybook, change: Change) -> None:
    from sopengine.cli.start import COUNTED, refuse_what_cannot_go_out
    from sopengine.workspace import open_channels

    campaign = change.after.campaign
    end = change.outcome.ends_at or campaign.start + COUNTED
    refuse_what_cannot_go_out(place, campaign, new.document, open_channels(place), end)


def _is_other(found: Sequence[StepChange], others: list[str], change: Change, to_be: Wanted) -> bool:
    """Whether anything that is carried out is another: comments and the order of keys are not."""
    from sopengine.engine.upgrading import inputs_differ

    edited = any(one.status != "same" or one.was for one in found)
    return edited or bool(others) or inputs_differ(change, to_be)


def _said(campaign: str, anything: bool, done: bool) -> Text:
    if not anything:
        return Text(f"{campaign} 没有变化", f"{campaign}: nothing changes")
    if done:
        return Text(f"{campaign} 已换成新版剧本", f"{campaign} goes on by the new version")
    return Text(f"{campaign} 会变；用 --apply 执行", f"{campaign} would change; --apply does it")
