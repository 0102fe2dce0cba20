"""`sopengine status --health`: one line and an exit code for monitors, cron lines and containers.

0: well. 5: it works, and something needs a person. 3: nothing is carried out any more, or the database cannot be read.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sopengine.diagnostics import Text
from sopengine.errors import EXIT_FAILED, EXIT_NEEDS_A_PERSON, EXIT_OK

if TYPE_CHECKING:
    from sopengine.store.vitals import Vitals

AHEAD = timedelta(minutes=1)
"""A last pass further ahead than this means that a clock was set."""


def health(found: Vitals, now: datetime, silent: timedelta) -> tuple[int, Text]:
    needs = Text(
        "，".join(f"{word.zh} {found.needs[state]}" for state, word in _NEEDS.items() if found.needs[state]),
        ", ".join(f"{word.en} {found.needs[state]}" for state, word in _NEEDS.items() if found.needs[state]),
    )
    if (stopped := _stopped(found, now, silent)) is not None:
        return EXIT_FAILED, stopped
    seen = _since(found.seen_at, now)
    running = found.campaigns.get("running", 0)
    facts = Text(
        f"进行中 {running} 个活动；到点未发 {found.due} 条；{seen.zh}",
        f"{running} campaigns running; {found.due} due; {seen.en}",
    )
    if needs.zh:
        return EXIT_NEEDS_A_PERSON, Text(f"等人处理：{needs.zh}；{facts.zh}", f"needs a person: {needs.en}; {facts.en}")
    return EXIT_OK, Text(f"正常：{facts.zh}", f"well: {facts.en}")


_NEEDS = {"unknown": Text("不确定", "unknown"), "failed": Text("失败", "failed")}


def _stopped(found: Vitals, now: datetime, silent: timedelta) -> Text | None:
    """Only where something is to be carried out: a workspace without a running campaign may rest."""
    if not found.campaigns.get("running"):
        return None
    if found.seen_at is None:
        return Text("停了：活动启动以后一遍也没有执行过", "stopped: campaigns run, and there was never a pass")
    if found.seen_at - now > AHEAD:
        at = found.seen_at.isoformat(timespec="seconds")
        return Text(f"停了：上一遍在将来（{at}），时钟被改过", f"stopped: the last pass was at {at}, which is to come")
    if now - found.seen_at > silent:
        since = _since(found.seen_at, now)
        return Text(f"停了：{since.zh}，sopengine 没有在执行", f"stopped: {since.en}, no sopengine is at work")
    return None


def _since(seen: datetime | None, now: datetime) -> Text:
    if seen is None:
        return Text("还没有执行过", "no pass yet")
    seconds = max(0, round((now - seen).total_seconds()))
    return Text(f"上一遍在 {seconds} 秒前", f"last pass {seconds} s ago")


def document(code: int, line: Text, found: Vitals, now: datetime, lang: str) -> dict[str, Any]:
    def shown(moment: datetime | None) -> str | None:
        return None if moment is None else moment.isoformat()

    return {
        "schema_version": 1,
        "as_of": now.isoformat(),
        "health": {EXIT_OK: "well", EXIT_NEEDS_A_PERSON: "needs a person", EXIT_FAILED: "stopped"}[code],
        "message": line.get(lang),
        "last_pass": shown(found.seen_at),
        "next_due": shown(found.next_due),
        "due": found.due,
        "oldest_due": shown(found.oldest_due),
        "needs_a_person": dict(found.needs),
        "parked": found.parked,
        "paused": found.pauses,
    }
