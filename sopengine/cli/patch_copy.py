"""`sopengine patch-copy`: other words for what a running campaign has not sent yet; nothing else may differ."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.named import reason_option
from sopengine.cli.output import language, note, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_OK, Refused

if TYPE_CHECKING:
    from sopengine.engine.campaigns import Running
    from sopengine.language.model import Playbook


def command(lang: str) -> click.Command:
    about = Text(
        "只换还没发出的文字：别的有改动就拒绝，换之前给出对比。",
        "Change the words of what is unsent; refused where anything else differs. Shows the difference first.",
    )
    params = [
        options.argument("campaign"),
        options.argument("playbook", required=False, metavar="[PLAYBOOK]"),
        reason_option(lang),
        options.flag(lang, "--yes", text=Text("不再询问", "Do not ask")),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("patch-copy", callback=patch_copy, params=params, help=about.get(lang))


def patch_copy(
    campaign: str,
    playbook: str | None,
    reason: str,
    yes: bool,
    now: str | None,
    as_json: bool,
    workspace: Path | None,
) -> int:
    from sopengine.cli import again, changes
    from sopengine.cli.new_playbook import read_new
    from sopengine.cli.workplace import actor, moment_of, open_ledger, workspace_at
    from sopengine.engine.upgrading import wanted
    from sopengine.engine.wake import wake
    from sopengine.timing.zones import zone as zone_named

    place = workspace_at(workspace)
    with open_ledger(place, create=False) as store:
        changing = changes.changing(place, store, campaign)
        running, current = changing.now()
        new = read_new(playbook, place, running, current, {}, now)
        refuse_other_changes(running, new.playbook)
        lines = difference(running.campaign.playbook, new.playbook)
        for line in lines:
            note(line)
        if lines:
            to_be = wanted("patch-copy", running, current, new.bundle, new.playbook, reason.strip())
            moment = moment_of(now, zone_named(running.row.zone))
            changes.refuse_own_words(store, changing.preview(to_be, moment), actor())
            again.confirm(Text("换掉还没发出的文字吗？", "Change what is unsent?"), yes=yes, as_json=as_json)
            changing.apply(to_be, moment, actor())
            wake(store.path)
    if as_json:
        say_json({"schema_version": 1, "campaign": campaign, "changed": bool(lines), "difference": lines})
    elif lines:
        say(Text(f"{campaign} 还没发出的文字已换", f"{campaign}: what is unsent has its new words").get(language()))
    else:
        say(Text(f"{campaign} 的文字没有变化", f"{campaign}: no words differ").get(language()))
    return EXIT_OK


def refuse_other_changes(running: Running, new: Playbook) -> None:
    from sopengine.engine.upgrading import parts
    from sopengine.planning.versions import definition

    old = running.campaign.playbook
    before, after = ({step.id: definition(step, words=False) for step in one.steps()} for one in (old, new))
    edited = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    others = [*parts(old, new), *(["steps"] if list(before) != list(after) and not edited else [])]
    if not (edited or others or old.id != new.id):
        return
    zh = "、".join([*(f"步骤 {name}" for name in edited), *others])
    en = ", ".join([*(f"step {name}" for name in edited), *others])
    raise Refused(
        Text(f"不只改了文字：{zh}", f"more than words differs: {en}"),
        help=Text("用 sopengine upgrade 换剧本", "use sopengine upgrade for that"),
    )


def difference(old: Playbook, new: Playbook) -> list[str]:
    """Line by line, each text under its message or step."""
    before, after = words(old), words(new)
    lines: list[str] = []
    for name in {**before, **after}:
        was, now = before.get(name, "").splitlines(), after.get(name, "").splitlines()
        lines += unified_diff(was, now, name, name, n=1, lineterm="")
    return lines


def words(playbook: Playbook) -> dict[str, str]:
    """Every text that the steps say, by the name of its message, else by its step; several of one under numbers."""
    from sopengine.language.model import Send, Task

    found: dict[str, str] = {}
    for step in playbook.steps():
        for number, arm in step.all_arms():
            here = f"{step.id}[{number}]" if number else step.id
            if isinstance(arm.action, Task):
                found[here] = arm.action.title
            elif isinstance(arm.action, Send):
                message = arm.action.message
                texts = [text for text, _ in message.texts()]
                for index, text in enumerate(texts, 1):
                    found[f"{message.name or here}#{index}" if len(texts) > 1 else message.name or here] = text
    return found
