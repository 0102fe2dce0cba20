"""`sopengine rehearse FILE…`: operators test their playbooks on a simulated clock, reaching nobody."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from sopengine.cli import options
from sopengine.cli.output import language, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_FINDINGS, EXIT_OK, Refused, UsageError

if TYPE_CHECKING:
    from sopengine.channels.base import Channel
    from sopengine.diagnostics import Findings
    from sopengine.engine.expectations import Held
    from sopengine.engine.rehearsing import Cast
    from sopengine.language.model import Playbook
    from sopengine.language.rehearsal import Expected, Part, Rehearsal
    from sopengine.store.store import Store
    from sopengine.workspace import Workspace


class Rehearsed(Struct, frozen=True):
    rehearsal: Rehearsal
    held: Sequence[Held]
    zone: str

    @property
    def met(self) -> bool:
        return all(one.met for one in self.held)


def command(lang: str) -> click.Command:
    params: list[click.Parameter] = [
        options.argument("files", many=True, metavar="FILE"),
        options.option(
            lang,
            "--keep",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            text=Text(
                "留下彩排的账本，用 SOPENGINE_DATABASE 指着它再问 why、log（只能走一场）",
                "Keep the ledger, to ask why and log of it through SOPENGINE_DATABASE (of one rehearsal)",
            ),
        ),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    about = Text(
        "彩排：活动在模拟的时钟上走一遍，谁也收不到，再对照写好的预期。例如 sopengine rehearse rehearsals",
        "Rehearse campaigns on a simulated clock, reaching nobody, and hold them against what is expected. "
        "E.g. sopengine rehearse rehearsals",
    )
    return click.Command("rehearse", callback=rehearse, params=params, help=about.get(lang))


def rehearse(files: tuple[str, ...], keep: Path | None, as_json: bool, workspace: Path | None) -> int:
    done: list[Rehearsed] = []
    played = list(_each(files))
    _refuse_to_keep(keep, played)
    for file in played:
        done.append(_rehearsed(file, workspace, keep))
        if not as_json:
            say("\n".join(_lines(done[-1], language())))
    if as_json:
        say_json({"schema_version": 1, "rehearsals": [_document(one) for one in done]})
    elif len(done) > 1:
        met = sum(one.met for one in done)
        say(Text(f"{len(done)} 场彩排，{met} 场如预期", f"{len(done)} rehearsals, {met} as expected").get(language()))
    return EXIT_OK if all(one.met for one in done) else EXIT_FINDINGS


def _refuse_to_keep(keep: Path | None, played: Sequence[Path]) -> None:
    if keep is None:
        return
    if len(played) > 1:
        raise UsageError(Text("--keep 只能留下一场彩排的账本", "--keep keeps the ledger of one rehearsal"))
    if keep.exists():
        raise UsageError(
            Text(f"{keep} 已经在了，不会覆盖", f"{keep} exists and is not overwritten"),
            Text("换一个文件名", "choose another name"),
        )


def _each(files: Sequence[str]) -> Iterator[Path]:
    for name in files:
        path = Path(name)
        if path.is_dir():
            found = sorted(path.glob("*.yaml"))
            if not found:
                raise UsageError(Text(f"{name} 里没有彩排", f"there is no rehearsal in {name}"))
            yield from found
        else:
            yield path


def read(file: Path) -> Rehearsal:
    """Refused where it cannot be read, or is something else."""
    from sopengine.cli.files import read_playbook
    from sopengine.diagnostics import Findings
    from sopengine.language.opening import open_document
    from sopengine.language.rehearsal import read_rehearsal

    opened = open_document(read_playbook(file), file.as_posix())
    findings = Findings()
    findings.extend(opened.diagnostics)
    if opened.document is not None and opened.kind == "rehearsal":
        made = read_rehearsal(opened.document, findings)
        if made is not None:
            return made
    elif opened.document is not None:
        raise UsageError(
            Text(f"{file} 不是彩排：没有 rehearsal 这个键", f"{file} is no rehearsal: it has no key `rehearsal`")
        )
    raise Refused(Text("彩排有错误", "the rehearsal has errors"), tuple(findings))


def campaigns_of(rehearsal: Rehearsal, findings: Findings) -> dict[str, Playbook]:
    """The playbooks it plays, by the ids of their campaigns, its own first; SOP-R308 for a file that is not there."""
    from sopengine.cli.asked import asked_for
    from sopengine.language.load import load_opened

    found: dict[str, Playbook] = {}
    for number, part in enumerate((rehearsal.main, *rehearsal.beside)):
        path = ("playbook",) if number == 0 else ("beside", number - 1, "playbook")
        if not Path(part.playbook).is_file():
            message = Text(f"找不到文件 {part.playbook}", f"There is no file {part.playbook}")
            findings.add("SOP-R308", message, rehearsal.document.place(path), path=path)
            continue
        asked = asked_for(part.playbook)
        loaded = load_opened(asked.opened, lambda _: None) if asked.opened is not None else None
        if loaded is not None and loaded.playbook is not None:
            found[asked.campaign.id if asked.campaign else loaded.playbook.id] = loaded.playbook
    return found


def _rehearsed(file: Path, given: Path | None, keep: Path | None) -> Rehearsed:
    from sopengine.cli.rehearsed_changes import changer
    from sopengine.cli.workplace import sources_of, workspace_of
    from sopengine.clock import ManualClock
    from sopengine.engine.expectations import held
    from sopengine.engine.rehearsing import Faults, Stage, rehearsed
    from sopengine.engine.tick import Engine
    from sopengine.store.store import open_store
    from sopengine.timing.zones import zone

    rehearsal = read(file)
    place = workspace_of(file, given)
    cast = [_cast(part, place) for part in (rehearsal.main, *rehearsal.beside)]
    zone_name = cast[0].campaign.playbook.timezone
    begin = min(one.at for one in cast)
    clock = ManualClock(begin)
    faults = Faults(clock)
    channels = rehearsed(_channels(place, cast), faults)
    with tempfile.TemporaryDirectory(prefix="sopengine-") as folder:
        store = open_store(f"sqlite:///{keep or Path(folder) / 'rehearsal.db'}")
        with (
            store,
            Engine(
                store,
                channels,
                clock,
                sources_of(place),
                owner="rehearsal",
                guards=place.guards,
                do_not_contact=place.do_not_contact,
            ) as engine,
        ):
            until = rehearsal.until.replace(tzinfo=zone(zone_name))
            stage = Stage(store, engine, clock, faults, zone_name, changer(place, store))
            stage.play(cast, rehearsal.happens, until)
            why = partial(_why, store, place, until)
            found = list(held(store, rehearsal.expects, cast[0].campaign.id, zone_name, why))
    return Rehearsed(rehearsal, found, zone_name)


def _why(store: Store, place: Workspace, now: datetime, one: Expected, campaign: str) -> Text:
    from sopengine.cli.why import answer

    day = one.at.date() if one.at and one.asks_only_why else None
    return answer(store, place, one.step, campaign, one.target, day, now).said


def _cast(part: Part, place: Workspace) -> Cast:
    from sopengine.cli.campaign import read_campaign
    from sopengine.engine.rehearsing import Cast
    from sopengine.language.values import as_text

    inputs = {
        name: as_text(value) if not isinstance(value, list) else ", ".join(value) for name, value in part.inputs.items()
    }
    lists = {name: Path(file) for name, file in part.audiences.items()}
    found = read_campaign(part.playbook, place, inputs, lists, part.start.isoformat())
    if found.playbook is None or found.campaign is None or found.bundle is None or found.has_errors:
        raise Refused(Text(f"{part.playbook} 有错误", f"{part.playbook} has errors"), found.shown)
    return Cast(found.campaign, found.bundle, found.campaign.start)


def _channels(place: Workspace, cast: Sequence[Cast]) -> dict[str, Channel]:
    """Those of the workspace, and for what a playbook names beyond them one that prints."""
    from sopengine.channels.base import ChannelSettings
    from sopengine.channels.kinds import open_channel
    from sopengine.channels.secrets import Secrets
    from sopengine.engine.start import addresses
    from sopengine.workspace import open_channels

    channels = dict(open_channels(place))
    named = {name for one in cast for name in addresses(one.campaign) if name}
    for name in sorted(named - channels.keys()):
        channels[name] = open_channel(ChannelSettings(name, "console"), Secrets(place.root))
    return channels


def _lines(done: Rehearsed, lang: str) -> list[str]:
    lines = [f"{done.rehearsal.document.file}  {done.rehearsal.title}"]
    for one in done.held:
        place = done.rehearsal.document.place(one.expected.path)
        lines.append(f"  {'√' if one.met else '×'} {place.line}: {_expected(one.expected)}")
        if one.said is not None and not one.met:
            lines.append(f"      why: {one.said.get(lang)}")
        if not one.met and not one.expected.asks_only_why:
            shown = [row.said(done.zone) for row in one.found[:5]]
            nothing = Text("什么也没有", "nothing").get(lang)
            lines.append("      " + Text("实际：", "there was: ").get(lang) + (("; ".join(shown)) or nothing))
            if len(one.found) > len(shown):
                more = len(one.found) - len(shown)
                lines.append("      " + Text(f"另有 {more} 条", f"and {more} more").get(lang))
    return lines


def _expected(one: Any) -> str:
    parts = [
        one.step,
        one.target,
        one.state,
        f"{one.at:%Y-%m-%d %H:%M}" if one.at else "",
        one.text,
        one.reason,
        one.why,
    ]
    times = f"× {one.times}" if one.times is not None else ""
    return "  ".join(part for part in (*parts, times) if part)


def _document(done: Rehearsed) -> Mapping[str, Any]:
    def place(one: Held) -> dict[str, Any]:
        found = done.rehearsal.document.place(one.expected.path)
        return {"file": found.file, "line": found.line, "col": found.col}

    return {
        "rehearsal": done.rehearsal.id,
        "met": done.met,
        "expectations": [
            {
                "step": one.expected.step,
                "met": one.met,
                **place(one),
                "why": one.said.get(language()) if one.said else None,
                "found": [
                    {"target": row.target, "state": row.state, "at": row.at.isoformat(), "reason": row.reason or None}
                    for row in one.found
                ],
            }
            for one in done.held
        ],
    }
