"""The ledger's door: every method is one transaction; rows go in and out as plain values (rows.py)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

from sqlalchemy import Connection, Engine

from sopengine import failpoints
from sopengine.store import (
    again,
    alerts,
    approving,
    campaigns,
    changing,
    claims,
    collections,
    doubts,
    entries,
    epoch,
    events,
    fan_out,
    finality,
    flows,
    forgetting,
    hands,
    history,
    lateness,
    leaving_out,
    log,
    members,
    moving,
    needs,
    outcomes,
    pauses,
    people,
    plan,
    portrait,
    purging,
    queue,
    rates,
    reminding,
    restoring,
    results,
    standing,
    stopping,
    stories,
    tags,
    truths,
    waits,
    waking,
    withdrawal,
)
from sopengine.store import (
    answers as answering,
)
from sopengine.store import tasks as work
from sopengine.store import (
    vitals as health,
)
from sopengine.store.change_rows import Entry, NewVersion, Replanned, Used, VersionRow
from sopengine.store.database import Database, Listening, database_at
from sopengine.store.delivery_rows import Claimed, DeliveryRow, Intent, NewDelivery, Result, UnsentDelivery
from sopengine.store.entries import Standing
from sopengine.store.errors import PlansChanged, read_only, translated
from sopengine.store.flow_rows import (
    Answer,
    Collected,
    EndScope,
    Enrol,
    Followed,
    NewEffect,
    NewWait,
    StepResult,
    TagChange,
    Truth,
    WaitRow,
)
from sopengine.store.journal import ENGINE
from sopengine.store.reached import Reached, beside
from sopengine.store.reminding import Fired
from sopengine.store.retention import Retention
from sopengine.store.rows import (
    Behind,
    Bucket,
    CampaignRow,
    Completion,
    Counts,
    DueTimer,
    EventRow,
    Finality,
    HeldFlow,
    Member,
    Need,
    NewTask,
    NextTurn,
    OccurrenceRow,
    OccurrenceState,
    OpenTask,
    Parked,
    Pause,
    QueuedRow,
    Reading,
    Reaped,
    Resolved,
    Stopping,
    TaskRow,
    TaskState,
    Transition,
)
from sopengine.store.uses import Judge, Use, Uses

Scope = Literal["all", "campaign", "channel", "sends"]


def open_store(url: str, *, read_only: bool = False, create: bool = True) -> Store:
    """`sqlite:///FILE` or `postgresql://USER@HOST/NAME`. Made and migrated where needed; a StoreError tells in one
    line why it cannot be used."""
    database = database_at(url)
    return Store(database, database.open(read_only=read_only, create=create), read_only)


class Store:
    """May be shared by threads: writes wait for each other, reads see the last commit."""

    def __init__(self, database: Database, engine: Engine, readonly: bool) -> None:
        self._database = database
        self._engine, self._readonly = engine, readonly
        self._writing = threading.Lock()
        self._plans: int | None = None
        self._delivers = False
        self._reached = Reached(beside(database.path) if database.path else None)

    @property
    def path(self) -> Path | None:
        """The file, where the database is one."""
        return self._database.path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _write(self, *, planned: bool = False, own: bool = False) -> Iterator[Connection]:
        """`own`: see Database.begin_write. `planned`: what is written was worked out from the campaigns as they were
        when `hold_to_plans` was called."""
        if self._readonly:
            raise read_only(self._database.name, "opened for reading")
        with self._writing, translated(self._database.name), self._engine.connect() as conn:
            self._database.begin_write(conn, tell=not self._delivers, own=own)
            if planned and self._plans is not None and changing.revision(conn) != self._plans:
                raise PlansChanged
            yield conn
            failpoints.reached("before_commit")
            conn.commit()
            failpoints.reached("after_commit")

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with translated(self._database.name), self._engine.connect() as conn:
            self._database.begin_read(conn)
            yield conn
            conn.commit()  # taking it back would cost the driver all statements that it has prepared

    @contextmanager
    def delivering(self) -> Iterator[None]:
        """The right to deliver from this database; AnotherInstance (exit 75) where another process has it. What a
        delivering process writes wakes no other: each of its passes would, and theirs it."""
        with self._database.delivering():
            self._delivers = True
            try:
                yield
            finally:
                self._delivers = False

    def listen(self, on_news: Callable[[], None]) -> Listening | None:
        """See Database.listen."""
        return self._database.listen(on_news)

    def integrity(self) -> None:
        """Raises StoreCorrupt with the first finding of the database's own quick check."""
        with self._read() as conn:
            self._database.integrity(conn)

    # one person

    def portrait(self, member: str) -> dict[str, list[dict[str, Any]]]:
        with self._read() as conn:
            return portrait.portrait(conn, member)

    def bundles(self) -> dict[str, bytes]:
        """Stored copies of campaigns, by hash."""
        with self._read() as conn:
            return campaigns.bundles(conn)

    def forget(self, person: forgetting.Person, now: datetime, actor: str, reason: str) -> forgetting.Forgotten:
        with self._write() as conn:
            return forgetting.forget(conn, person, now, actor, reason)

    def to_purge(self, keep: Retention, now: datetime) -> purging.Purged:
        with self._read() as conn:
            return purging.to_purge(conn, keep, now)

    def purge(self, keep: Retention, now: datetime, walk: purging.Walk) -> purging.Purged:
        """The walk's next batch; nothing where it is done."""
        with self._write() as conn:
            return purging.purge(conn, keep, now, walk)

    def last_purge(self) -> datetime | None:
        with self._read() as conn:
            return purging.last_purge(conn)

    def set_last_purge(self, now: datetime) -> None:
        with self._write() as conn:
            purging.set_last_purge(conn, now)

    def compact(self) -> None:
        """Written anew without what was deleted: neither free pages nor the log of writes hold it any more."""
        with self._writing, translated(self._database.name), self._engine.connect() as conn:
            self._database.compact(conn)

    # copies of the database

    def copied_at(self) -> datetime | None:
        """When it was made, of a copy from which nobody has delivered yet."""
        with self._read() as conn:
            return epoch.copied_at(conn)

    def newest_line(self) -> int:
        """The number of the newest line of the log."""
        with self._read() as conn:
            return epoch.newest_line(conn)

    def restored_at(self) -> datetime | None:
        """Until when whatever was due is in doubt, if it was ever restored."""
        with self._read() as conn:
            return epoch.restored_at(conn)

    def server(self) -> tuple[str, timedelta] | None:
        """Its version, and by how much its clock is before this host's; None where the database is a file."""
        if self.path is not None:
            return None
        with self._read() as conn:
            return str(conn.exec_driver_sql("SHOW server_version").scalar_one()), self._database.ahead(conn)

    def notice_old_copy(self, now: datetime) -> restoring.Restored | None:
        """Before anything is delivered: None where the database is what this machine last knew of it."""
        known = self._reached.line()  # before the database is: another process may note more in between
        with self._read() as conn:
            if epoch.copied_at(conn) is None and epoch.newest_line(conn) >= known:
                return None
        return self.restore(now)

    def restore(self, now: datetime, actor: str = ENGINE) -> restoring.Restored:
        """What was due by now may have been sent: it is unknown."""
        with self._write() as conn:
            restored = restoring.begin(conn, now, actor)
            line = epoch.newest_line(conn)
        self._reached.note(line)
        return restored

    # campaigns

    def add_bundle(self, digest: str, content: bytes) -> None:
        with self._write() as conn:
            campaigns.add_bundle(conn, digest, content)

    def bundle(self, digest: str) -> bytes:
        with self._read() as conn:
            return campaigns.bundle(conn, digest)

    def add_campaign(self, row: CampaignRow, now: datetime, actor: str, in_place_of: Sequence[str] = ()) -> None:
        """Its bundle is stored before it. NameTaken where another start was faster. The others are stopped."""
        with self._write() as conn:
            queue.take_place(conn, row, in_place_of, now, actor)

    def queued(self) -> list[QueuedRow]:
        with self._read() as conn:
            return queue.queued(conn)

    def add_queued(self, row: QueuedRow, after: Collection[str], actor: str) -> None:
        """Its bundle is stored before it."""
        with self._write() as conn:
            queue.add_queued(conn, row, after, actor)

    def begin_queued(self, row: CampaignRow, now: datetime) -> bool:
        """False where it is not its turn."""
        with self._write() as conn:
            return queue.begin(conn, row, now)

    def unqueue(self, campaign: str, now: datetime, actor: str, reason: str) -> bool:
        with self._write() as conn:
            return queue.unqueue(conn, campaign, now, actor, reason)

    def campaigns(self, states: tuple[str, ...] | None = None) -> list[CampaignRow]:
        with self._read() as conn:
            return campaigns.campaigns(conn, states)

    def campaign(self, campaign: str) -> CampaignRow | None:
        with self._read() as conn:
            return campaigns.campaign(conn, campaign)

    def set_campaign_state(self, campaign: str, state: str, now: datetime, actor: str, reason: str = "") -> None:
        """To stopped or finished; see `pause` and `resume` for the rest."""
        with self._write() as conn:
            campaigns.set_state(conn, campaign, state, now, actor, reason)

    def set_planned_until(self, campaign: str, instant: datetime) -> None:
        with self._write(planned=True) as conn:
            campaigns.set_planned_until(conn, campaign, instant)

    def withdraw(self, campaign: str, now: datetime, actor: str, reason: str) -> int:
        with self._write() as conn:
            return withdrawal.withdraw(conn, campaign, now, actor, reason)

    def pause(self, scope: Scope, name: str, now: datetime, actor: str, reason: str = "") -> bool:
        """False where it was paused already, or is no running campaign. `name` is "" for all."""
        with self._write() as conn:
            return pauses.pause(conn, scope, name, now, actor, reason)

    def resume(self, scope: Scope, name: str, now: datetime, actor: str, reason: str = "") -> bool:
        with self._write() as conn:
            return pauses.resume(conn, scope, name, now, actor, reason)

    def uses_since(self, by: str, value: str, moment: datetime) -> list[Use]:
        """What has gone, or is about to, oldest first. `by` is recipient, channel or bucket."""
        with self._read() as conn:
            return Uses(conn).since(by, value, moment)

    def paused(self) -> list[Pause]:
        with self._read() as conn:
            return pauses.paused(conn)

    def held_behind(self, scope: Scope, name: str, now: datetime) -> list[Behind]:
        with self._read() as conn:
            return standing.held_behind(conn, scope, name, now)

    def due_behind(self, campaign: str | None, now: datetime) -> list[OccurrenceRow]:
        with self._read() as conn:
            return plan.due_behind(conn, campaign, now)

    def stopping(self, campaign: str) -> Stopping:
        with self._read() as conn:
            return stopping.stopping(conn, campaign)

    def stop(self, campaign: str, now: datetime, actor: str, reason: str) -> Stopping:
        """What is unsent is withdrawn, tasks are closed, the campaign is stopped: one commit."""
        with self._write() as conn:
            return stopping.stop(conn, campaign, now, actor, reason)

    def finish_campaigns(self, now: datetime) -> list[str]:
        with self._write() as conn:
            return standing.finish_campaigns(conn, now)

    # plan

    def add_occurrences(self, rows: Iterable[OccurrenceRow], now: datetime) -> int:
        """Number of new rows; `rows` is streamed, one commit for all."""
        with self._write(planned=True) as conn:
            return plan.add_occurrences(conn, rows, now)

    def occurrences(self, ids: Collection[int]) -> Mapping[int, OccurrenceRow]:
        with self._read() as conn:
            return plan.occurrences(conn, ids)

    def occurrences_named(self, name: str) -> list[OccurrenceRow]:
        """Those whose key begins so; more than one where that is not enough to tell."""
        with self._read() as conn:
            return plan.occurrences_named(conn, name)

    def due_occurrences(self, now: datetime, limit: int = 100) -> list[OccurrenceRow]:
        """Of running campaigns, waiting for nothing else; by due time, then as planned."""
        with self._read() as conn:
            return plan.due_occurrences(conn, now, limit)

    def waiting_occurrences(self) -> list[tuple[OccurrenceRow, Finality]]:
        with self._read() as conn:
            return finality.waiting_occurrences(conn)

    def schedule_after(self, occurrence: int, due_at: datetime, expires_at: datetime, useful_until: datetime) -> None:
        with self._write(planned=True) as conn:
            plan.schedule_after(conn, occurrence, due_at, expires_at, useful_until)

    def add_fan_out(
        self,
        occurrence: int,
        deliveries: Iterable[NewDelivery],
        tasks: Iterable[NewTask],
        now: datetime,
        *,
        effects: Iterable[NewEffect] = (),
        done: bool = True,
        state: Literal["fanned_out", "skipped", "missed"] = "fanned_out",
        reason: str = "",
        next_turn: NextTurn | None = None,
    ) -> int:
        """Number of new rows. With `done=False` the occurrence stays planned, and more may follow: at `next_turn`."""
        with self._write(planned=True) as conn:
            return fan_out.add_fan_out(
                conn,
                occurrence,
                deliveries,
                tasks,
                now,
                effects=effects,
                done=done,
                state=state,
                reason=reason,
                next_turn=next_turn,
            )

    # plans that events change

    def anchors(self, campaign: str) -> Mapping[str, datetime]:
        """Confirmed ones, by name."""
        with self._read() as conn:
            return moving.anchors(conn, campaign)

    def course(
        self, campaign: str, steps: Collection[str] | None = None
    ) -> list[tuple[OccurrenceRow, OccurrenceState]]:
        with self._read() as conn:
            return moving.course(conn, campaign, steps)

    def unsent(self, occurrences: Collection[int]) -> list[UnsentDelivery]:
        with self._read() as conn:
            return moving.unsent(conn, occurrences)

    def past_after_changes(self, campaign: str, occurrences: Collection[int]) -> list[UnsentDelivery]:
        """Deliveries of these occurrences that a change of the campaign has withdrawn as past."""
        with self._read() as conn:
            return changing.past_after_changes(conn, campaign, occurrences)

    def reached(self, occurrence: int) -> set[str]:
        """The targets for whom something of this occurrence is stored."""
        with self._read() as conn:
            return fan_out.reached(conn, occurrence)

    def follow(self, followed: Followed, now: datetime) -> None:
        with self._write(planned=True) as conn:
            moving.follow(conn, followed, now)

    def waiting_for(self, campaign: str, event: str) -> list[OccurrenceRow]:
        with self._read() as conn:
            return moving.waiting_for(conn, campaign, event)

    def waited_in_vain(self, now: datetime) -> list[OccurrenceRow]:
        """Of running campaigns: occurrences that are of no use any more before their event came."""
        with self._read() as conn:
            return moving.waited_in_vain(conn, now)

    # changes while running

    @contextmanager
    def holding_to_plans(self) -> Iterator[None]:
        """Inside, whoever writes what a plan says fails with PlansChanged once a campaign has become another version
        of itself since the beginning; nothing is stored then, and a new pass knows the new plan."""
        with self._read() as conn:
            self._plans = changing.revision(conn)
        try:
            yield
        finally:
            self._plans = None

    @contextmanager
    def changing(self) -> Iterator[Callable[[NewVersion, Replanned, datetime, str], None]]:
        """Nobody else writes inside. Called with a version, the plan it has, the moment and who asks for it, what is
        yielded carries it out in the one commit at the end."""
        with self._write() as conn:

            def apply(version: NewVersion, plan: Replanned, now: datetime, actor: str) -> None:
                changing.apply(conn, version, plan, now, actor)

            yield apply

    def versions(self, campaign: str) -> list[VersionRow]:
        with self._read() as conn:
            return changing.versions(conn, campaign)

    def whole_course(self, campaign: str) -> list[tuple[OccurrenceRow, OccurrenceState]]:
        with self._read() as conn:
            return changing.whole_course(conn, campaign)

    def withdrawn_by_changes(self, campaign: str) -> set[int]:
        with self._read() as conn:
            return changing.withdrawn_by_changes(conn, campaign)

    def entries(self, campaign: str) -> list[Entry]:
        with self._read() as conn:
            return changing.entries(conn, campaign)

    def used(self, campaign: str) -> list[Used]:
        with self._read() as conn:
            return changing.used(conn, campaign)

    def sent_by_step(self, campaign: str) -> Mapping[str, int]:
        with self._read() as conn:
            return changing.sent_by_step(conn, campaign)

    # delivering

    def set_buckets(self, buckets: Iterable[Bucket], now: datetime) -> None:
        with self._write() as conn:
            rates.set_buckets(conn, buckets, now)

    def reap(
        self,
        now: datetime,
        deduplicating: Mapping[str, timedelta] | None = None,
        on_unknown: lateness.OnUnknown = lambda *_: "hold",
    ) -> Reaped:
        """`deduplicating`: how long each channel honours our key, for those that do."""
        with self._write() as conn:
            return lateness.reap(conn, now, self._database.ahead(conn), deduplicating or {}, on_unknown)

    def expire(self, now: datetime) -> int:
        with self._write() as conn:
            return lateness.expire(conn, now)

    def claim(
        self, now: datetime, owner: str, lease: timedelta, limit: int = 100, judge: Judge | None = None
    ) -> list[Claimed]:
        with self._write(planned=True) as conn:
            return claims.claim(conn, now, owner, now + self._database.ahead(conn) + lease, limit, judge)

    def hold_for_rate(self, now: datetime) -> int:
        with self._write() as conn:
            return rates.hold_for_rate(conn, now)

    def park(self, bucket: str, until: datetime, now: datetime, reason: str) -> None:
        with self._write() as conn:
            rates.park(conn, bucket, until, now, reason)

    def intend(self, intents: Sequence[Intent], now: datetime, lease: timedelta | None = None) -> set[int]:
        """Ids that may be sent. If this raises, send nothing. `lease` begins anew, where one is given."""
        with self._write(own=True) as conn:
            mine = outcomes.intend(conn, intents, now, now + self._database.ahead(conn), lease)
            line = epoch.newest_line(conn)
        self._reached.note(line)
        return mine

    def renew(self, held: Sequence[tuple[int, int]], now: datetime, lease: timedelta) -> set[int]:
        """Of these (id, fence) what is still held, and from now on for that long."""
        with self._write(own=True) as conn:
            return outcomes.renew(conn, held, now + self._database.ahead(conn) + lease)

    def record(self, results: Sequence[Result], now: datetime) -> set[int]:
        """Ids that went on; those left out had been decided by somebody else."""
        with self._write(own=True) as conn:
            return outcomes.record(conn, results, now)

    # what a person decides

    def needs(self, campaign: str | None = None) -> list[Need]:
        with self._read() as conn:
            return needs.needs(conn, campaign)

    def held_flows(self, campaign: str | None = None) -> list[HeldFlow]:
        with self._read() as conn:
            return needs.held_flows(conn, campaign)

    def deliveries_named(self, name: str) -> list[Need]:
        """With this number, or whose key begins so; more than one where that is not enough to tell."""
        with self._read() as conn:
            return needs.deliveries_named(conn, name)

    def resolve(self, delivery: int, verdict: hands.Verdict, now: datetime, actor: str, reason: str) -> Resolved:
        with self._write() as conn:
            return hands.resolve(conn, delivery, verdict, now, actor, reason)

    def may_go_again(self, ended: again.Ended, which: again.Which, now: datetime) -> list[again.Again]:
        """What failed or was missed, each with the reason for which it cannot be set going, if there is one."""
        with self._read() as conn:
            return again.candidates(conn, ended, which, now)

    def set_going_again(
        self, ended: again.Ended, chosen: Sequence[again.Again], now: datetime, actor: str, reason: str
    ) -> int:
        """How many of these are under way now."""
        with self._write() as conn:
            return again.set_going_again(conn, ended, chosen, now, actor, reason)

    def leave_out(self, what: leaving_out.LeftOut, now: datetime, actor: str, reason: str) -> leaving_out.Counted:
        with self._write() as conn:
            return leaving_out.leave_out(conn, what, now, actor, reason)

    def left_out(self, campaign: str, step: str, occurrence: str) -> dict[str, str]:
        """What a person left out of this slot: reason by target, "" stands for all."""
        with self._read() as conn:
            return leaving_out.left_out(conn, campaign, step, occurrence)

    def all_left_out(self, campaign: str) -> set[tuple[str, str, str]]:
        """Step, key of the slot and target of all that a person left out; "" stands for all of them."""
        with self._read() as conn:
            return leaving_out.all_left_out(conn, campaign)

    def in_doubt(self, channels: Collection[str], since: datetime) -> list[doubts.Doubt]:
        with self._read() as conn:
            return doubts.in_doubt(conn, channels, since)

    def looked_up(self, looks: Sequence[doubts.Look], now: datetime) -> int:
        """How many the answers of their channels have settled."""
        with self._write() as conn:
            return doubts.looked_up(conn, looks, now)

    def parked(self, now: datetime) -> list[Parked]:
        """Addresses that rest, as their platform asked."""
        with self._read() as conn:
            return rates.parked(conn, now)

    def release(self, bucket: str, now: datetime, actor: str, reason: str) -> bool:
        """False where the address does not rest."""
        with self._write() as conn:
            return rates.release(conn, bucket, now, actor, reason)

    # people

    def tasks(
        self,
        states: Sequence[TaskState] | None = None,
        person: str | None = None,
        campaign: str | None = None,
    ) -> list[TaskRow]:
        with self._read() as conn:
            return work.tasks(conn, states, person, campaign)

    def task(self, number: int) -> TaskRow | None:
        with self._read() as conn:
            return work.task(conn, number)

    def complete_task(
        self, task: int, now: datetime, actor: str, fields: Mapping[str, Any] | None = None
    ) -> Completion:
        with self._write() as conn:
            return work.complete(conn, task, now, actor, fields or {})

    def acknowledge_task(self, task: int, now: datetime, actor: str) -> Completion:
        with self._write() as conn:
            return people.acknowledge(conn, task, now, actor)

    def decline_task(self, task: int, now: datetime, actor: str, reason: str) -> Completion:
        with self._write() as conn:
            return people.decline(conn, task, now, actor, reason)

    def hand_over_tasks(
        self, tasks: Collection[int] | None, person: str | None, to: str, now: datetime, actor: str, reason: str = ""
    ) -> list[TaskRow]:
        """The tasks that went to `to`, as they were before."""
        with self._write() as conn:
            return people.hand_over(conn, tasks, person, to, now, actor, reason)

    def open_work(self, occurrences: Collection[int]) -> list[OpenTask]:
        with self._read() as conn:
            return work.open_work(conn, occurrences)

    def approvals(self, campaign: str) -> list[approving.ApprovalRow]:
        with self._read() as conn:
            return approving.approvals(conn, campaign)

    def ask_approval(self, row: OccurrenceRow, task: NewTask, notices: Sequence[NewDelivery], now: datetime) -> None:
        """The task's and the notices' occurrence is the one that is stored with them."""
        with self._write() as conn:
            approving.ask(conn, row, task, notices, now)

    def void_approvals(self, campaign: str, current: Collection[str], now: datetime) -> None:
        """`current` are the keys of what is still to be approved, or has been."""
        with self._write() as conn:
            approving.void(conn, campaign, current, now)

    def hold_for_approval(self, occurrence: int, subject: str, now: datetime) -> None:
        with self._write() as conn:
            approving.hold(conn, occurrence, subject, now)

    def due_timers(self, now: datetime) -> list[DueTimer]:
        """Of running campaigns, the earliest first."""
        with self._read() as conn:
            return reminding.due_timers(conn, now)

    def fire(self, fired: Fired, now: datetime) -> bool:
        with self._write() as conn:
            return reminding.fire(conn, fired, now)

    def fall_due(self, now: datetime) -> int:
        with self._write() as conn:
            return work.fall_due(conn, now)

    # events

    def add_event(self, event: EventRow, told: str = "") -> EventRow | None:
        with self._write() as conn:
            return events.add_event(conn, event, told)

    def add_events(self, rows: Iterable[EventRow]) -> list[EventRow | None]:
        """One commit for all; None for each that had been reported before."""
        with self._write() as conn:
            return [events.add_event(conn, row) for row in rows]

    def new_events(self, limit: int = 100) -> list[EventRow]:
        with self._read() as conn:
            return events.new_events(conn, limit)

    def answer(self, event: EventRow, answers: Sequence[Answer], now: datetime) -> int:
        """One commit: the event is marked as seen, also where nobody makes anything of it. Number of new entries."""
        with self._write(planned=True) as conn:
            return answering.answer(conn, event, answers, now)

    # flows

    def newest_entry(self, campaign: str, journey: str, subject: str, key: str) -> Standing | None:
        with self._read() as conn:
            return entries.newest(conn, campaign, journey, subject, key)

    def ready_at(self, rows: Sequence[OccurrenceRow]) -> dict[int, datetime]:
        with self._read() as conn:
            return entries.ready_at(conn, rows)

    def begin_wait(self, wait: NewWait) -> bool:
        with self._write(planned=True) as conn:
            return waits.begin(conn, wait)

    def waits_of(self, campaign: str, subject: str) -> list[WaitRow]:
        with self._read() as conn:
            return waits.of_subject(conn, campaign, subject)

    def waits_over(self, now: datetime) -> list[WaitRow]:
        with self._read() as conn:
            return waits.over(conn, now)

    def end_wait(self, wait: WaitRow, effect: NewEffect, now: datetime) -> bool:
        with self._write(planned=True) as conn:
            return waits.end(conn, wait, effect, now)

    def collections_due(self, now: datetime) -> list[Collected]:
        with self._read() as conn:
            return collections.due(conn, now)

    def enter_collected(self, collected: Collected, entry: Enrol | None, now: datetime) -> bool:
        """Closes the collection; with `entry` its flow begins in the same commit."""
        with self._write(planned=True) as conn:
            return collections.close(conn, collected.id) and entry is not None and answering.enrol(conn, entry, now)

    def end_scope(self, end: EndScope, now: datetime) -> None:
        with self._write() as conn:
            flows.end_scope(conn, end, now)

    def ended(self, campaign: str) -> dict[tuple[str, str], str]:
        with self._read() as conn:
            return flows.ended(conn, campaign)

    def truths(self, campaign: str, name: str) -> dict[str, Truth]:
        with self._read() as conn:
            return truths.truths(conn, campaign, name)

    def last_asked(self, campaign: str, name: str) -> datetime | None:
        with self._read() as conn:
            return truths.last_asked(conn, campaign, name)

    def set_truths(
        self,
        changed: Sequence[Truth],
        now: datetime,
        *,
        occurrences: Sequence[OccurrenceRow] = (),
        raised: Sequence[EventRow] = (),
    ) -> None:
        """One commit: what a condition says now, and what its becoming true sets going."""
        with self._write(planned=True) as conn:
            condition = (changed[0].campaign, changed[0].name) if occurrences or raised else None
            if condition and epoch.may_have_acted(conn, *condition):
                epoch.only_noted(conn, *condition, len(occurrences) + len(raised), now)
                occurrences, raised = (), ()
            for truth in changed:
                truths.set_truth(conn, truth)
            plan.add_occurrences(conn, occurrences, now)
            for event in raised:
                events.add_event(conn, event)

    def step_results(self, campaign: str, steps: Collection[str], entry: str) -> list[StepResult]:
        with self._read() as conn:
            return results.step_results(conn, campaign, steps, entry)

    # what is known (times are half-open, `begin` None is the beginning; `subjects` None is everybody)

    def event_counts(
        self, event: str, subjects: Collection[str] | None, begin: datetime | None, until: datetime
    ) -> Mapping[str, int]:
        """By subject; those without any are left out. An event about a group belongs to the member it names as well."""
        with self._read() as conn:
            return history.event_counts(conn, event, subjects, begin, until)

    def event_moments(
        self, event: str, subjects: Collection[str], begin: datetime | None, until: datetime
    ) -> Mapping[str, Sequence[datetime]]:
        with self._read() as conn:
            return history.event_moments(conn, event, subjects, begin, until)

    def last_events(
        self, event: str, subjects: Collection[str] | None, begin: datetime | None, until: datetime
    ) -> Mapping[str, tuple[datetime, Mapping[str, Any]]]:
        """The newest by subject: when, and its data."""
        with self._read() as conn:
            return history.last_events(conn, event, subjects, begin, until)

    def event_values(self, event: str, field: str, begin: datetime | None, until: datetime) -> Sequence[history.Value]:
        """A field of every event that carries it: subject, moment, value; oldest first."""
        with self._read() as conn:
            return history.event_values(conn, event, field, begin, until)

    def form_values(
        self, campaign: str, step: str, field: str, begin: datetime | None, until: datetime
    ) -> Sequence[history.Value]:
        """A field of the step's done tasks: target, moment, value; oldest first."""
        with self._read() as conn:
            return history.form_values(conn, campaign, step, field, begin, until)

    def metric_values(self, metric: str, begin: datetime | None, until: datetime) -> Sequence[history.Value]:
        with self._read() as conn:
            return history.metric_values(conn, metric, begin, until)

    def add_readings(self, readings: Sequence[Reading], actor: str) -> list[bool]:
        """Values of metrics; which of them are new."""
        with self._write() as conn:
            return history.add_readings(conn, readings, actor)

    def set_tags(self, changes: Sequence[TagChange], at: datetime, actor: str, campaign: str = "") -> int:
        """Set and remove tags of subjects as of `at`; the number of real changes. Repeating is harmless."""
        with self._write() as conn:
            return tags.set_tags(conn, changes, at, actor, campaign)

    def tags_of(self, subjects: Collection[str], at: datetime) -> Mapping[str, Mapping[str, Any]]:
        """By subject and name: True, a value, or None for a tag that was removed."""
        with self._read() as conn:
            return tags.tags_of(conn, subjects, at)

    def members_of(self, groups: Collection[str]) -> Mapping[str, Sequence[Member]]:
        """Who is in each group, as events tell."""
        with self._read() as conn:
            return members.members_of(conn, groups)

    def members(self, ids: Collection[str]) -> Mapping[str, Member]:
        """Those of these ids that events know as members, with their groups."""
        with self._read() as conn:
            return members.members(conn, ids)

    # reading

    def log(
        self,
        campaign: str | None = None,
        since: datetime | None = None,
        step: str | None = None,
        target: str | None = None,
        states: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> Iterator[Transition]:
        with self._read() as conn:
            yield from log.log(conn, campaign, since, step, target, states, limit)

    def deliveries(self, campaign: str, step: str | None = None) -> Iterator[DeliveryRow]:
        with self._read() as conn:
            yield from log.deliveries(conn, campaign, step)

    def slots_of(self, campaign: str, step: str) -> list[tuple[OccurrenceRow, OccurrenceState]]:
        """In the order of their planned times."""
        with self._read() as conn:
            return stories.slots_of(conn, campaign, step)

    def story(self, key: str, target: str | None) -> stories.Story | None:
        """Everything that is known of one slot, for one target or all."""
        with self._read() as conn:
            return stories.story(conn, key, target)

    def occurrence_of(self, delivery: int) -> OccurrenceRow | None:
        with self._read() as conn:
            return stories.occurrence_of(conn, delivery)

    def has_things(self, occurrence: int, target: str) -> bool:
        with self._read() as conn:
            return stories.has_things(conn, occurrence, target)

    def ignored(self, event: str, subject: str) -> stories.Told | None:
        """The newest event of this name about this subject that started nothing, and why."""
        with self._read() as conn:
            return stories.ignored(conn, event, subject)

    def last_word(self, campaign: str) -> stories.Told | None:
        """The newest line about the campaign's own state."""
        with self._read() as conn:
            return stories.last_word(conn, campaign)

    def counts(self, campaign: str) -> Counts:
        with self._read() as conn:
            return log.counts(conn, campaign)

    def revision(self) -> int:
        with self._read() as conn:
            return log.revision(conn)

    # how it is

    def vitals(self, now: datetime) -> health.Vitals:
        with self._read() as conn:
            return health.vitals(conn, now)

    def seen_at(self) -> datetime | None:
        """The last sign of life of a process that delivers."""
        with self._read() as conn:
            return health.seen_at(conn)

    def ends(self, after: int, edges: Sequence[float]) -> health.Ends:
        with self._read() as conn:
            return health.ends(conn, after, edges)

    def addresses(self) -> dict[str, list[str]]:
        """By channel, the references of all addresses that anything was planned for."""
        with self._read() as conn:
            return rates.addresses(conn)

    def last_alert(self) -> alerts.Digest | None:
        with self._read() as conn:
            return alerts.last(conn)

    def troubles(self, kinds: Sequence[str]) -> tuple[int, list[alerts.Trouble]]:
        """Since the last digest that arrived; and the line of the log up to which this looks."""
        with self._read() as conn:
            upto = epoch.newest_line(conn)
            return upto, alerts.troubles(conn, alerts.told_upto(conn), upto, kinds)

    def begin_alerts(self, now: datetime) -> None:
        with self._write() as conn:
            alerts.begin_listening(conn, now)

    def begin_alert(self, number: int, upto: int, now: datetime, text: str) -> bool:
        with self._write() as conn:
            return alerts.begin(conn, number, upto, now, text)

    def end_alert(self, number: int, outcome: str, reason: str) -> None:
        with self._write() as conn:
            alerts.end(conn, number, outcome, reason)

    def note_silence(self, begin: datetime, end: datetime) -> None:
        """Nobody passed between the two: a line of the log, one for each such time."""
        with self._write() as conn:
            alerts.note_silence(conn, begin, end)

    def next_wake(self, now: datetime) -> datetime | None:
        with self._read() as conn:
            return waking.next_wake(conn, now, self._database.ahead(conn))

    def last_tick(self) -> datetime | None:
        with self._read() as conn:
            return waking.last_tick(conn)

    def set_last_tick(self, now: datetime) -> None:
        with self._write() as conn:
            waking.set_last_tick(conn, now)
