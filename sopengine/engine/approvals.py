"""Nothing that has to be approved is sent before: asked for at once, held until decided, asked anew after an edit."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from sopengine.engine.addresses import Addresses
from sopengine.engine.approved import Approved, last_approved
from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.rows import to_occurrence
from sopengine.engine.wording import is_chinese
from sopengine.language.model import Step, Task
from sopengine.language.named import Row
from sopengine.planning.approvals import Approval, approval_of, approvals_of
from sopengine.planning.deliveries import address_of, channel_for
from sopengine.planning.identity import notice_key
from sopengine.planning.limits import moved
from sopengine.planning.targets import Targets
from sopengine.store.approving import SECTION, ApprovalRow
from sopengine.store.delivery_rows import NewDelivery
from sopengine.store.rows import NewTask, OccurrenceRow, OccurrenceState, TaskState
from sopengine.store.store import Store
from sopengine.store.values import plain
from sopengine.timing.zones import local_date
from sopengine.timing.zones import zone as zone_named

NOTICE = timedelta(hours=24)
LONGEST = 300
"""Characters of the words that stand in the task; the dry run shows them whole."""


class Approvals:
    """Needed approvals are worked out once for each bundle; decisions are read anew in each `due`."""

    def __init__(self, store: Store, campaigns: Campaigns, addresses: Addresses) -> None:
        self._store, self._campaigns, self._addresses = store, campaigns, addresses
        self._needed: dict[tuple[str, str], dict[Approval, Step]] = {}
        self._of_step: dict[tuple[str, str, str], Approval | None] = {}
        self._decided: dict[str, dict[str, ApprovalRow]] = {}

    def due(self, now: datetime) -> int:
        """Ask for what is needed, let go what has been decided; returns how many slots went on."""
        self._decided.clear()
        count = 0
        for row in self._store.campaigns(("running",)):
            running = self._campaigns.running(row)
            needed = self._all(running)
            if not needed:
                continue
            keys = {approval.key(row.id) for approval in needed}
            known = self._known(row.id)
            self._store.void_approvals(row.id, keys, now)
            for approval, step in needed.items():
                if approval.key(row.id) not in known:
                    self._ask(running, approval, step, now)
            self._decided.clear()
            count += sum(self._let_go(running, approval, now) for approval in needed)
        return count

    def lacking(self, running: Running, step: Step) -> str:
        """What the step waits for, `approval of NAME`; "" where nothing holds it."""
        approval = self._approval(running, step)
        if approval is None:
            return ""
        decision = self._decision(running, approval)
        return "" if decision is not None and decision.state is TaskState.DONE else _event(approval)

    def since(self, running: Running, step: Step) -> datetime | None:
        """When the step's words were approved; None where nobody has to."""
        approval = self._approval(running, step)
        decision = None if approval is None else self._decision(running, approval)
        return None if decision is None else decision.at

    def keeps(self, row: OccurrenceRow, now: datetime) -> bool:
        """Whether a due slot may not be carried out: it waits, or it is over without being sent."""
        running = self._campaigns.by_id(row.campaign)
        step = running.steps[row.step]
        lacking = self.lacking(running, step)
        if not lacking:
            return False
        approval = self._approval(running, step)
        assert approval is not None
        if why := self._rejected(running, approval):
            self._store.add_fan_out(row.id, [], [], now, state="skipped", reason=why)
        elif now >= row.useful_until:
            self._store.add_fan_out(row.id, [], [], now, state="missed", reason=f"{lacking} did not come")
        else:
            self._store.hold_for_approval(row.id, lacking, now)
        return True

    def _let_go(self, running: Running, approval: Approval, now: datetime) -> int:
        """Slots that waited for this decision: approved ones go now, inside their time of use."""
        why = self._rejected(running, approval)
        decision = self._decision(running, approval)
        if not why and (decision is None or decision.state is not TaskState.DONE):
            return 0
        waiting = self._store.waiting_for(running.row.id, _event(approval))
        for row in waiting:
            if why:
                self._store.add_fan_out(row.id, [], [], now, state="skipped", reason=why)
                continue
            occurrence = to_occurrence(row, running.steps[row.step])
            calendar = running.frozen.calendars.of(occurrence)
            if now <= row.due_at or (calendar is not None and calendar.by_turns):
                self._store.schedule_after(row.id, row.due_at, row.expires_at, row.useful_until)
                continue
            late = moved(running.campaign, occurrence, now)
            self._store.schedule_after(row.id, now, min(late.expires_at, row.useful_until), row.useful_until)
        return len(waiting)

    def _rejected(self, running: Running, approval: Approval) -> str:
        decision = self._decision(running, approval)
        if decision is None or decision.state is not TaskState.DECLINED:
            return ""
        return f"not approved by {decision.by}: {decision.reason}"

    def _decision(self, running: Running, approval: Approval) -> ApprovalRow | None:
        return self._known(running.row.id).get(approval.key(running.row.id))

    def _known(self, campaign: str) -> dict[str, ApprovalRow]:
        if campaign not in self._decided:
            self._decided[campaign] = {row.key: row for row in self._store.approvals(campaign)}
        return self._decided[campaign]

    def _all(self, running: Running) -> dict[Approval, Step]:
        key = (running.row.id, running.row.bundle)
        if key not in self._needed:
            self._needed[key] = approvals_of(running.campaign, running.files)
        return self._needed[key]

    def _approval(self, running: Running, step: Step) -> Approval | None:
        if not self._all(running):
            return None
        key = (running.row.id, running.row.bundle, step.id)
        if key not in self._of_step:
            self._of_step[key] = approval_of(running.campaign, running.steps[step.id], running.files)
        return self._of_step[key]

    def _ask(self, running: Running, approval: Approval, step: Step, now: datetime) -> None:
        zone = running.campaign.playbook.timezone
        targets = self._campaigns.live_or_frozen(running)
        post = next(iter(targets.rows(approval.role)), None)
        person = targets.person(approval.role, post) if post is not None else ""
        slots = self._store.course(running.row.id, [step.id] if approval.step else None)
        due = min((row.useful_until for row, state in slots if state is OccurrenceState.PLANNED), default=None)
        end = running.row.ends_at or now + timedelta(days=365)
        before = last_approved(self._store, self._campaigns, running, approval)
        key, title = approval.key(running.row.id), _title(approval, before)
        row = OccurrenceRow(
            key=key, campaign=running.row.id, section=SECTION, phase="", step=step.id, day="", ordinal=0, zone=zone,
            date=local_date(now, zone_named(zone)).isoformat(), number=0, phase_day=0,
            planned_at=now, due_at=now, expires_at=end, useful_until=end,
        )  # fmt: skip
        task = NewTask(
            key, 0, approval.role, person, title, due, reason="" if person else "unassigned",
            approves=approval.content, author=running.row.started_by,
        )  # fmt: skip
        notices = []
        if post is not None and (channel := _channel(targets, step, approval.role, post)):
            until = max(due or now, now + NOTICE)
            bucket = f"{channel}/{address_of(post)}"
            notices.append(
                NewDelivery(
                    notice_key(key),
                    0,
                    approval.role,
                    channel,
                    bucket,
                    now,
                    until,
                    until,
                    row=plain(post),
                    about=plain(post),
                    notice=True,
                    task=key,
                    person=person,
                    says=title,
                )
            )
        self._addresses.ensure(notices, now)
        self._store.ask_approval(row, task, notices, now)


def _event(approval: Approval) -> str:
    return f"approval of {approval.subject}"


def _title(approval: Approval, before: Approved | None) -> str:
    """In the language of the words that it repeats; only those that are new since somebody approved the others."""
    known = before.approval.texts if before else ()
    words = " / ".join(text.strip() for text in approval.texts if text not in known)
    words = words if len(words) <= LONGEST else words[:LONGEST] + "…"
    if is_chinese(words or " ".join(approval.texts)):
        again = f"（{before.by} 批过，之后改了）" if before else ""
        return f"请批准{approval.step or '整个活动'}{again}" + (f"：{words}" if words else "")
    again = f", edited since {before.by} approved it" if before else ""
    return f"Approve {approval.subject}{again}" + (f": {words}" if words else "")


def _channel(targets: Targets, step: Step, role: str, post: Row) -> str:
    """As a task to this role would be told of."""
    return channel_for(targets, replace(step, to=role, via="", action=Task("")), post)
