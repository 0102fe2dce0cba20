"""Collisions with other campaigns → findings at the steps of this one: one for each step, campaign and kind."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sopengine.diagnostics import Diagnostic, Text
from sopengine.language.document import Document
from sopengine.language.model import Playbook
from sopengine.review.across.model import STANDINGS, Across, Collision

CODES = {"close": "SOP-W534", "alike": "SOP-W535"}
_HELP = {
    "close": Text(
        "把时间错开；要让这场活动替换对方的话，写 during",
        "Move one of them; where this campaign is to speak instead, write `during`",
    ),
    "alike": Text("换个说法，或让其中一场不发", "Say it in other words, or leave it out of one of the two"),
}


def collision_findings(across: Across, playbook: Playbook, document: Document) -> Iterator[Diagnostic]:
    steps = {step.id: step for step in playbook.steps()}

    def about(one: Collision) -> tuple[str, str, str]:
        return one.kind, one.step, one.campaign

    for (kind, step, _), group in groupby(sorted(across.collisions, key=about), key=about):
        pairs = sorted(group, key=lambda one: (abs(one.their_at - one.at), one.at, one.their_step))
        if found := steps.get(step):
            help, path = _HELP[kind], found.path
            yield Diagnostic(CODES[kind], _message(pairs), document.place(path), help=help, path=path)


def _message(pairs: list[Collision]) -> Text:
    one, more = pairs[0], len(pairs) - 1
    at, theirs = (f"{moment:%m-%d %H:%M}" for moment in (one.at, one.their_at))
    whose = STANDINGS[one.standing]
    often = Text(f"，共 {one.times} 次", f", {one.times} times") if one.times > 1 else Text("", "")
    rest = Text(f"；还有它的 {more} 个步骤", f"; and with {more} more of its steps") if more else Text("", "")
    both = Text(
        f"（{at}）和{whose.zh}的 {one.campaign} 的步骤 {one.their_step}（{theirs}）",
        f" ({at}) and step {one.their_step} of {one.campaign}, {whose.en} ({theirs}),",
    )
    if one.kind == "close":
        return Text(
            f"步骤 {one.step}{both.zh}几分钟之内发给同样的 {one.targets} 个对象{often.zh}{rest.zh}",
            f"step {one.step}{both.en} reach the same {one.targets} targets within minutes{often.en}{rest.en}",
        )
    return Text(
        f"步骤 {one.step}{both.zh}对同样的 {one.targets} 个对象说差不多的话{often.zh}{rest.zh}",
        f"step {one.step}{both.en} say much the same to the same {one.targets} targets{often.en}{rest.en}",
    )
