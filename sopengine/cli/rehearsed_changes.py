"""What the script of a rehearsal changes about a running campaign, done as `slip`, `upgrade` and `patch-copy` do it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from sopengine.cli import changes
from sopengine.cli.new_playbook import read_new
from sopengine.cli.patch_copy import refuse_other_changes
from sopengine.cli.slip import slipped
from sopengine.cli.upgrade import refuse_conflicts
from sopengine.engine.rehearsed_hands import ACTOR
from sopengine.engine.upgrading import wanted

if TYPE_CHECKING:
    from sopengine.language.rehearsal import Happening
    from sopengine.store.store import Store
    from sopengine.workspace import Workspace


def changer(place: Workspace, store: Store) -> Callable[[Happening, str, datetime], None]:
    def change(one: Happening, campaign: str, now: datetime) -> None:
        changing = changes.changing(place, store, campaign)
        running, current = changing.now()
        reason = one.text("reason")
        if one.kind == "slip":
            changing.apply(slipped(running, current, one.what, one.text("to"), reason), now, ACTOR)
            return
        new = read_new(one.what, place, running, current, {}, now.isoformat())
        if one.kind == "patch_copy":
            refuse_other_changes(running, new.playbook)
            to_be = wanted("patch-copy", running, current, new.bundle, new.playbook, reason)
        else:
            refuse_conflicts(running, new.playbook, store.used(campaign))
            to_be = wanted("upgrade", running, current, new.bundle, new.playbook, reason)
        changing.apply(to_be, now, ACTOR)

    return change
