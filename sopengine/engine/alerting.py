"""Telling people of trouble: at most one digest in ten minutes, to the channel that `[alerts]` names.

A digest is no delivery: it has no campaign, keeps no guard, and its own failure is no trouble to tell of. What it tells
is read from the log, and counts as told when the channel took it; so a crash, a refusal or an answer that never came
loses nothing, and may tell it twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from sopengine.channels.base import Channel, Outcome, Outgoing, Receipt
from sopengine.diagnostics import Text
from sopengine.errors import SopError
from sopengine.store.alerts import Trouble
from sopengine.store.store import Store

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=10)
LINES, WIDTH = 8, 190
"""Told one by one, cut to so many bytes; the others are counted. In all less than any channel's limit."""

TITLES = {
    "missed": Text("错过", "missed"),
    "failed": Text("失败", "failed"),
    "unknown": Text("不确定", "unknown"),
    "paused": Text("已暂停", "paused"),
    "silent": Text("停过，没有执行", "nothing was carried out"),
}


class Whom(Struct, frozen=True):
    """`kinds`: what is told. `addresses` reads whom to write to; [""] is the channel's own address."""

    channel: Channel
    kinds: Sequence[str]
    addresses: Callable[[], Sequence[str]]
    silent: timedelta
    lang: str
    name: str  # of the workspace


class Alerting:
    """`next_moment`: when what is new may be told, known after `tell`."""

    def __init__(self, store: Store, whom: Whom) -> None:
        self._store, self._whom = store, whom
        self.next_moment: datetime | None = None

    def begin_pass(self, now: datetime) -> None:
        """A time without passes is written down by the first pass after it."""
        if self._store.last_alert() is None:
            self._store.begin_alerts(now)
        seen = self._store.seen_at()
        if seen is not None and now - seen > self._whom.silent and self._store.campaigns(("running",)):
            self._store.note_silence(seen, now)

    def tell(self, now: datetime) -> bool:
        """Whether a digest went out. A clock that was set back delays the next one by no more than its interval."""
        self.next_moment = None
        upto, troubles = self._store.troubles(self._whom.kinds)
        if not troubles:
            return False
        last = self._store.last_alert()
        again = last.at + EVERY if last and last.outcome != "begun" else now
        if now < again <= now + EVERY:
            self.next_moment = again
            return False
        return self._send((last.number if last else 0) + 1, upto, now, digest(troubles, self._whom))

    def _send(self, number: int, upto: int, now: datetime, text: str) -> bool:
        if not self._store.begin_alert(number, upto, now, text):
            return False
        receipts = [self._one(number, address, text) for address in self._addresses()]
        failed = [receipt for receipt in receipts if receipt.outcome is not Outcome.SENT]
        if failed or not receipts:
            reason = failed[0].reason if failed else "nobody is named"
            log.warning("an alert could not be told, it will be tried again: %s", reason)
            self._store.end_alert(number, "failed", reason)
            return False  # by one of the next passes; a simulated clock ends without it
        self._store.end_alert(number, "sent", receipts[0].reason)
        return True

    def _addresses(self) -> Sequence[str]:
        try:
            return self._whom.addresses()
        except SopError as error:
            log.warning("whom to alert cannot be read: %s", error)
            return ()

    def _one(self, number: int, address: str, text: str) -> Receipt:
        key = f"alert/{number}/{address}" if address else f"alert/{number}"
        try:
            return self._whom.channel.send(Outgoing(key, text, address))
        except Exception as error:  # noqa: BLE001 - a mistake in a channel must not end the pass of all others
            return Receipt(Outcome.UNKNOWN, f"the channel's own code broke: {type(error).__name__}")


def digest(troubles: Sequence[Trouble], whom: Whom) -> str:
    """Short enough for every channel; names of campaigns and steps come from playbooks that were checked."""
    said = Text(f"【{whom.name}】要看一下：", f"[{whom.name}] needs a look:").get(whom.lang)
    lines = [said, *(_line(one).get(whom.lang) for one in troubles[:LINES])]
    if more := troubles[LINES:]:
        lines.append(Text(f"另有 {len(more)} 类", f"and {len(more)} more kinds").get(whom.lang))
    lines.append(
        Text("处理：sopengine resolve、sopengine status", "see sopengine resolve, sopengine status").get(whom.lang)
    )
    return "\n".join(line.encode()[:WIDTH].decode(errors="ignore") for line in lines)


def _line(one: Trouble) -> Text:
    title = TITLES[one.kind]
    if one.kind in ("paused", "silent"):
        return Text(f"· {title.zh}：{one.step}", f"- {title.en}: {one.step}")
    where = f"{one.campaign}/{one.step}"
    return Text(f"· {title.zh} {one.count} 条：{where}", f"- {title.en}, {one.count}: {where}")
