"""What has to be approved before it is sent: a step's words, or those of the whole campaign, each under its hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from sopengine.language.model import Playbook, Send, Step
from sopengine.planning.identity import approval_key
from sopengine.planning.model import Campaign


class Approval(NamedTuple):
    """`step` is "" where the whole campaign is approved at once. `content` is the hash of the words: an edit gives
    another one, and with it another approval."""

    step: str
    role: str
    content: str
    texts: tuple[str, ...]

    def key(self, campaign: str) -> str:
        return approval_key(campaign, self.step, self.role, self.content)

    @property
    def subject(self) -> str:
        return self.step or "the campaign"


def approval_of(campaign: Campaign, step: Step, files: Mapping[str, bytes]) -> Approval | None:
    """None for a step that sends nothing, and for one that may go without. One that names a role of its own is
    approved by itself; the others with the whole campaign."""
    sends = [arm for _, arm in step.all_arms() if isinstance(arm.action, Send)]
    own = next((arm.approve for arm in sends if arm.approve), "")
    if own:
        return _approval(campaign, step.id, own, sends, files)
    if not sends or all(arm.approve == "" for arm in sends) or not campaign.playbook.approve:
        return None
    together = [arm for top in campaign.playbook.steps() for _, arm in top.all_arms()]
    words = [arm for arm in together if isinstance(arm.action, Send) and arm.approve is None]
    return _approval(campaign, "", campaign.playbook.approve, words, files)


def approver_of(playbook: Playbook, step: Step) -> str:
    """The role that approves what this step, or this arm of one, sends; "" for nobody."""
    if not isinstance(step.action, Send):
        return ""
    return playbook.approve if step.approve is None else step.approve


def approvals_of(campaign: Campaign, files: Mapping[str, bytes]) -> dict[Approval, Step]:
    """Each once, with the first step that needs it."""
    found: dict[Approval, Step] = {}
    for step in campaign.playbook.steps():
        if (approval := approval_of(campaign, step, files)) is not None:
            found.setdefault(approval, step)
    return found


def approved_with(playbook: Playbook, approval: Approval) -> list[str]:
    """The steps whose words it is about."""
    if approval.step:
        return [approval.step]
    sends = ((top.id, arm) for top in playbook.steps() for _, arm in top.all_arms() if isinstance(arm.action, Send))
    return list(dict.fromkeys(id_ for id_, arm in sends if arm.approve is None))


def _approval(campaign: Campaign, step: str, role: str, sends: list[Step], files: Mapping[str, bytes]) -> Approval:
    """The words as they are written, and what they are filled in with: inputs, pictures, whom they mention."""
    said = []
    for arm in sends:
        assert isinstance(arm.action, Send)
        message = arm.action.message
        texts = [text for text, _ in message.texts()]
        rows = message.table.rows if message.table else ()
        pictures = [name for name in (message.image, *(row.image for row in rows)) if name]
        digests = [sha256(files.get(name, b"")).hexdigest() for name in pictures]
        said.append([arm.id, arm.to, message.format, list(message.mention), texts, pictures, digests])
    inputs = {name: str(value) for name, value in campaign.inputs.items()}
    content = json.dumps([said, inputs], ensure_ascii=False, sort_keys=True)
    words = dict.fromkeys(text for one in said for text in one[4])
    return Approval(step, role, sha256(content.encode()).hexdigest(), tuple(words))
