"""Claim → render → intent → send → record: the two-commit send. No byte leaves before its intent is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from sopengine import failpoints
from sopengine.channels.base import Channel, Image, Outcome, Outgoing, Receipt
from sopengine.clock import Clock
from sopengine.engine.approvals import Approvals
from sopengine.engine.campaigns import Campaigns
from sopengine.engine.cases import case_of
from sopengine.engine.during import DuringOthers
from sopengine.engine.exits import Exits
from sopengine.engine.facts import StoredFacts
from sopengine.engine.guarding import Guarding
from sopengine.engine.lease import LEASE, LONGEST, Lease
from sopengine.engine.outcome import REST, judge, last_moment
from sopengine.engine.outgoing import as_said, hand_over, outgoing
from sopengine.engine.rows import to_occurrence
from sopengine.errors import SopError
from sopengine.messages.renderer import Renderer
from sopengine.planning.deliveries import again
from sopengine.planning.model import PlannedDelivery
from sopengine.planning.rendering import render
from sopengine.store.delivery_rows import Claimed, Intent, Result
from sopengine.store.errors import StoreError
from sopengine.store.rows import State
from sopengine.store.store import Store

log = logging.getLogger(__name__)

IN_FLIGHT = 100
"""Deliveries whose intent is committed together: after a kill at most these are `unknown`."""
THREADS = 16
LOOK = 5.0
"""Seconds after which the loop looks at its lease, also while no answer comes."""
TURN = timedelta(seconds=10)
"""So long one pass delivers before whatever else is due gets its turn: what a dead worker held, above all."""
RETRY = timedelta(minutes=1)
"""After which a table of the workspace that could not be read is tried again."""


def asked_again_for(channel: Channel) -> timedelta | None:
    """How long after the first attempt a claim may be made to ask with the same key: a request begins while its claim
    is held, and has to find its key still known."""
    return None if channel.deduplicates is None else channel.deduplicates - LONGEST


class Ready(NamedTuple):
    """A claimed delivery with its text; its intent has not been committed yet."""

    claimed: Claimed
    planned: PlannedDelivery
    outgoing: Outgoing


class Delivery:
    def __init__(
        self,
        store: Store,
        campaigns: Campaigns,
        facts: StoredFacts,
        exits: Exits,
        guarding: Guarding,
        approvals: Approvals,
        during: DuringOthers,
        renderer: Renderer,
        channels: Mapping[str, Channel],
        clock: Clock,
        owner: str,
    ) -> None:
        self._store, self._campaigns, self._facts, self._exits = store, campaigns, facts, exits
        self._guarding, self._approvals, self._during, self._renderer = guarding, approvals, during, renderer
        self._channels, self._clock, self._owner = channels, clock, owner
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="send")
        self._unwritten: list[tuple[Ready, Receipt]] = []

    def close(self) -> None:
        """Waits for what is being sent, and writes it down where the ledger lets it."""
        self._pool.shutdown(wait=True)
        try:
            self.write_down()
        except StoreError as error:
            log.error(
                "%s answers could not be written: unknown when their lease is over (%s)", len(self._unwritten), error
            )

    def write_down(self) -> None:
        """Record the answers that have come, those too that the ledger could not take when they came. Their fence tells
        whether anybody has decided meanwhile; what was called unknown is known by a late answer."""
        answered = self._unwritten
        if answered:
            self._store.record([self._judged(r, receipt) for r, receipt in answered], self._clock.now())
            self._rest(answered)
            self._unwritten = []

    def drain(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Deliver until nothing is ready, this turn is over, or a stop is asked for; returns how many were claimed."""
        total, over = 0, self._clock.now() + TURN
        while (now := self._clock.now()) < over and not stopping():
            failpoints.reached("before_claim")
            claimed = self._store.claim(now, self._owner, LEASE, IN_FLIGHT, self._guarding.at(now))
            failpoints.reached("after_claim")
            if not claimed:
                break
            total += len(claimed)
            self._group(claimed, Lease(self._store, self._clock, claimed, now))
        return total

    def _group(self, claimed: Sequence[Claimed], lease: Lease) -> None:
        ready, broken = self._prepare(claimed)
        if broken:
            self._store.record(broken, self._clock.now())
        intents = [Intent(r.claimed.id, r.claimed.fence, r.outgoing.text) for r in ready]
        if intents:
            now = self._clock.now()
            lease.renewed(self._store.intend(intents, now, lease.next(now)), now)
        self._unwritten += self._sent([r for r in ready if lease.holds(r.claimed.id)], lease)
        self.write_down()

    def _sent(self, ready: Sequence[Ready], lease: Lease) -> list[tuple[Ready, Receipt]]:
        local = [r for r in ready if self._channels[r.claimed.channel].local]
        distant = [r for r in ready if not self._channels[r.claimed.channel].local]
        waiting = {self._pool.submit(self._send, r, lease) for r in distant}
        answered = []
        for one in local:
            lease.keep()
            answered.append(self._send(one, lease))
        while waiting:
            done, waiting = wait(waiting, LOOK, FIRST_COMPLETED)
            answered += [future.result() for future in done]
            lease.keep()
        return answered

    def _prepare(self, claimed: Sequence[Claimed]) -> tuple[list[Ready], list[Result]]:
        """Render each delivery; one that cannot be rendered or has no channel fails here, before any intent."""
        ready, broken, by_id = [], [], self._campaigns.by_id
        for claim, planned in self._planned(claimed):
            if claim.channel not in self._channels:
                broken.append(_failed(claim, f"the workspace has no channel {claim.channel}"))
            elif planned is None:
                broken.append(_failed(claim, "the target or its text is no longer in the stored data"))
            elif isinstance(planned, SopError):
                broken.append(_later(claim, planned, self._clock.now()))
            elif (ended := self._ended(claim, planned)) is not None:
                broken.append(ended)
            elif not claim.notice and (lacking := self._approvals.lacking(by_id(claim.campaign), planned.step)):
                broken.append(_back(claim, f"waits for {lacking}", self._clock.now()))
            else:
                ready.append((claim, planned if not claim.says else as_said(claim, planned)))
        ready, guarded = self._guarded(ready)
        broken += guarded
        done = []
        for (claim, planned), (_, rendered) in zip(ready, render(self._renderer, (p for _, p in ready)), strict=True):
            if not (rendered.ok or claim.says):
                reason = rendered.error if rendered.kind == "no-row" else f"template: {rendered.error}"
                broken.append(_failed(claim, reason))
                continue
            image = self._image(planned.during.partition("/")[0] or claim.campaign, planned.message.image)
            listed = bool(self._campaigns.by_id(claim.campaign).frozen.home(planned.target_id))
            message = outgoing(claim, planned, claim.says or rendered.text, image, listed=listed)
            if problem := self._problem(claim, planned, message):
                broken.append(_failed(claim, problem))
            else:
                done.append(Ready(claim, planned, message))
        return sorted(done, key=lambda r: (r.claimed.due_at, r.claimed.id)), broken

    def _guarded(
        self, ready: list[tuple[Claimed, PlannedDelivery]]
    ) -> tuple[list[tuple[Claimed, PlannedDelivery]], list[Result]]:
        """Those that may go, and what becomes of the others; nothing goes while it is not known who opted out."""
        now = self._clock.now()
        try:
            held = self._guarding.before_send(ready, now)
        except StoreError:
            raise
        except SopError as error:
            return [], [_later(claim, error, now) for claim, _ in ready]
        return [(claim, planned) for claim, planned in ready if claim.id not in held], list(held.values())

    def _ended(self, claim: Claimed, planned: PlannedDelivery) -> Result | None:
        """What becomes of a delivery whose flow has ended, or of which nobody can tell yet."""
        try:
            reason = self._exits.before_send(self._campaigns.by_id(claim.campaign), planned, self._clock.now())
        except StoreError:
            raise
        except SopError as error:
            return _later(claim, error, self._clock.now())
        return Result(claim.id, claim.fence, State.WITHDRAWN, f"exited: {reason}") if reason else None

    def _planned(self, claimed: Sequence[Claimed]) -> Iterable[tuple[Claimed, PlannedDelivery | SopError | None]]:
        """Each with what it sends; an error where a table it speaks of cannot be read now."""
        rows = self._store.occurrences({c.occurrence for c in claimed})
        for occurrence_id, group in groupby(sorted(claimed, key=lambda c: c.occurrence), lambda c: c.occurrence):
            row = rows[occurrence_id]
            running = self._campaigns.by_id(row.campaign)
            occurrence = to_occurrence(row, running.steps[row.step])
            claims = list(group)
            if row.step in running.former:  # tried again after an upgrade has removed it
                yield from ((claim, None) for claim in claims)
                continue
            known = [case_of(claim, running.frozen, occurrence.step) for claim in claims]
            cases = [(*rows, claim.arm) for claim, rows in zip(claims, known, strict=True) if rows is not None]
            try:
                planned = iter(list(again(running.campaign, running.frozen, occurrence, cases, self._facts)))
            except StoreError:
                raise
            except SopError as error:
                yield from ((claim, error) for claim in claims)
                continue
            for claim, found in zip(claims, known, strict=True):
                yield claim, None if found is None else self._during.again(claim.during, running, next(planned))

    def _image(self, campaign: str, name: str) -> Image | None:
        data = self._campaigns.by_id(campaign).files.get(name) if name else None
        return None if data is None else Image(name, data)

    def _problem(self, claim: Claimed, planned: PlannedDelivery, outgoing: Outgoing) -> str:
        if planned.message.image and outgoing.image is None:
            return f"the stored campaign has no file {planned.message.image}"
        try:
            return self._channels[claim.channel].problem(outgoing)
        except Exception as error:  # noqa: BLE001 - a mistake in one channel must not hold up the others for ever
            return _broke(claim, error)

    def _send(self, ready: Ready, lease: Lease) -> tuple[Ready, Receipt]:
        """Never raises: what breaks inside a channel leaves its own delivery unknown and all others recorded."""
        claimed = ready.claimed
        if not lease.lets_begin(claimed.id):
            return ready, Receipt(Outcome.NOT_NOW, "not begun: the lease was nearly over")
        failpoints.reached("before_send")
        try:
            return ready, self._channels[claimed.channel].send(ready.outgoing)
        except Exception as error:  # noqa: BLE001 - it may have been sent before the code broke
            return ready, Receipt(Outcome.UNKNOWN, _broke(claimed, error))

    def _judged(self, ready: Ready, receipt: Receipt) -> Result:
        return judge(
            ready.claimed,
            receipt,
            self._clock.now(),
            on_unknown=ready.planned.step.on_unknown,
            deduplicates=asked_again_for(self._channels[ready.claimed.channel]),
            hand_over=lambda: hand_over(ready.claimed, ready.planned, ready.outgoing),
        )

    def _rest(self, answered: Iterable[tuple[Ready, Receipt]]) -> None:
        """Addresses that their platform limits rest for as long as it asks."""
        now = self._clock.now()
        for ready, receipt in answered:
            if receipt.outcome is Outcome.RATE_LIMITED:
                self._store.park(ready.claimed.bucket, now + (receipt.retry_after or REST), now, receipt.reason)


def _broke(claimed: Claimed, error: Exception) -> str:
    """Our own mistake: told in the program's log, with its trace where that is asked for, and in the delivery's reason.
    The error's own words stay out of the reason: they may hold an address."""
    trace = log.isEnabledFor(logging.DEBUG)
    log.error("channel %s broke on delivery %s: %s", claimed.channel, claimed.key, type(error).__name__, exc_info=trace)
    return f"the channel's own code broke: {type(error).__name__}"


def _later(claimed: Claimed, error: SopError, now: datetime) -> Result:
    """Nothing is sent while what it says cannot be read; it is tried again inside its window."""
    return _back(claimed, str(error), now)


def _back(claimed: Claimed, reason: str, now: datetime) -> Result:
    until = last_moment(claimed)
    return Result(
        claimed.id,
        claimed.fence,
        State.PLANNED,
        reason,
        run_after=min(now + RETRY, until),
        expires_at=until,
    )


def _failed(claimed: Claimed, reason: str) -> Result:
    return Result(claimed.id, claimed.fence, State.FAILED, reason)
