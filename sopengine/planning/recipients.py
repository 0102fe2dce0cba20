"""Who a message reaches, named alike in every campaign."""

from __future__ import annotations

from sopengine.language.columns import source_of
from sopengine.language.named import Row
from sopengine.planning.targets import MEMBER, SUBJECT, Targets


def recipient_of(targets: Targets, to: str, row: Row) -> str:
    """SOURCE/ID: who gets a message, the same in every campaign. Somebody known from events alone has no source."""
    playbook, one = targets.campaign.playbook, str(row["id"])
    name = targets.home(one) if to in (SUBJECT, MEMBER) else to
    if name in playbook.audiences:
        return f"{source_of(playbook, playbook.audiences[name])}/{one}"
    role = playbook.roles.get(name)
    return f"{role.source}/{one}" if role and role.source else f"{name}/{one}"
