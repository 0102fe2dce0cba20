"""The file that a command was given → the playbook it is about and, if it was a campaign file, what that says."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct, field

from sopengine.cli.files import playbooks_beneath, read_playbook
from sopengine.diagnostics import Diagnostic, Edit, Findings, Fix, Text
from sopengine.errors import UsageError
from sopengine.language.campaign_file import CampaignFile, read_campaign_file
from sopengine.language.kinds import WORDS
from sopengine.language.opening import Opened, open_document
from sopengine.language.suggest import closest
from sopengine.workspace import find_workspace


class Asked(Struct, frozen=True):
    """`file` and `content` are the playbook's; None: the campaign file names none that can be read. `lists` are the
    campaign file's own, by source, as far as they exist."""

    file: str
    content: bytes | None
    opened: Opened | None
    campaign: CampaignFile | None = None
    lists: Mapping[str, Path] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()


def the_one(path: Path) -> str:
    """The file that `dry-run` and `start` are about: the one given, or the only campaign (without any: the only
    playbook) of the folder given."""
    if not path.is_dir():
        return str(path)
    opened = [(file, open_document(read_playbook(file), file.as_posix()).kind) for file in playbooks_beneath(path)]
    campaigns = [file for file, kind in opened if kind == "campaign"]
    found = campaigns or [file for file, kind in opened if kind == "playbook"]
    if len(found) == 1:
        return str(found[0])
    if not found:
        raise UsageError(Text(f"文件夹 {path} 里没有活动文件或剧本", f"there is no campaign or playbook in {path}"))
    listed = "\n".join(f"  {file}" for file in found)
    raise UsageError(
        Text(f"文件夹 {path} 里不止一个，要指明哪一个：\n{listed}", f"there are several in {path}; name one:\n{listed}")
    )


def asked_for(path: str, opened: Opened | None = None) -> Asked:
    """UsageError where there is no such file, or where it is a module. `opened` spares a second reading."""
    content = read_playbook(Path(path))
    file = Path(path).as_posix()
    opened = opened or open_document(content, file)
    if opened.kind == "module":
        raise UsageError(
            Text(f"{path} 是模块，不能单独使用", f"{path} is a module and does nothing by itself"),
            Text("在 playbook 的步骤里用 use 引用它", "bring it into a playbook with a step that has `use`"),
        )
    if opened.kind != "campaign" or opened.document is None:
        return Asked(file, content, opened)
    findings = Findings(list(opened.diagnostics))
    campaign = read_campaign_file(opened.document, findings)
    lists = dict(_lists(campaign, findings))
    return _with_playbook(campaign, lists, findings)


def _with_playbook(campaign: CampaignFile, lists: Mapping[str, Path], findings: Findings) -> Asked:
    content, opened = None, None
    if campaign.playbook and not Path(campaign.playbook).is_file():
        _no_playbook(campaign, findings)
    elif campaign.playbook:
        content = read_playbook(Path(campaign.playbook))
        opened = open_document(content, campaign.playbook)
        if opened.kind != "playbook":
            _not_a_playbook(campaign, opened, findings)
            content, opened = None, None
    return Asked(campaign.playbook, content, opened, campaign, lists, tuple(findings))


def _lists(campaign: CampaignFile, findings: Findings) -> Iterator[tuple[str, Path]]:
    for source, file in campaign.audiences.items():
        if Path(file).is_file():
            yield source, Path(file)
            continue
        path = ("audiences", source)
        findings.add(
            "SOP-R308",
            Text(f"找不到文件 {file}", f"There is no file {file}"),
            campaign.document.place(path),
            help=_COUNTS,
            path=path,
        )


_COUNTS = Text("路径从这个活动文件所在的目录算起", "The path counts from the folder of this campaign file")


def _no_playbook(campaign: CampaignFile, findings: Findings) -> None:
    place = campaign.document.place(("playbook",))
    guess = _nearest_playbook(campaign)
    findings.add(
        "SOP-R308",
        Text(
            f"找不到 playbook 文件 {campaign.playbook}" + (f"，是不是 {guess}？" if guess else ""),
            f"There is no playbook file {campaign.playbook}" + (f"; did you mean {guess}?" if guess else ""),
        ),
        place,
        help=_COUNTS,
        path=("playbook",),
        fix=Fix((Edit(place, guess),)) if guess else None,
    )


def _nearest_playbook(campaign: CampaignFile) -> str | None:
    """The playbook of the workspace whose file name comes nearest to the one that is missing, as the campaign file
    would write it."""
    folder = Path(campaign.document.file).parent
    root = find_workspace(folder.resolve()) or folder.resolve()
    by_name = {file.stem: file for file in playbooks_beneath(root)}
    by_name.pop(Path(campaign.document.file).stem, None)
    guess = closest(Path(campaign.playbook).stem, by_name)
    return Path(os.path.relpath(by_name[guess], folder.resolve())).as_posix() if guess else None


def _not_a_playbook(campaign: CampaignFile, opened: Opened, findings: Findings) -> None:
    kind = WORDS[opened.kind]
    findings.add(
        "SOP-S207",
        Text(f"{campaign.playbook} 是{kind.zh}，不是 playbook", f"{campaign.playbook} is a {kind.en}, not a playbook"),
        campaign.document.place(("playbook",)),
        path=("playbook",),
    )
