"""Derived identity (semantics.md S1): the same plan always has the same keys, so every pass may be repeated."""

from __future__ import annotations

from hashlib import blake2b

KEY_BYTES = 16


def _digest(*parts: str) -> str:
    """Length-prefixed, so that no two different lists of parts are the same bytes."""
    data = b"".join([b"%d:%s" % (len(raw), raw) for raw in map(str.encode, parts)])
    return blake2b(data, digest_size=KEY_BYTES).hexdigest()


def occurrence_key(campaign: str, step: str, day: str, ordinal: int, zone: str) -> str:
    """Neither the clock time nor the playbook's version takes part: editing them never makes a second occurrence."""
    return _digest("occurrence", campaign, step, day, str(ordinal), zone)


def journey_key(campaign: str, journey: str, subject: str, entry: str, step: str, day: str, ordinal: int) -> str:
    return _digest("journey", campaign, journey, subject, entry, step, day, str(ordinal))


def delivery_key(occurrence: str, target: str) -> str:
    return _digest("delivery", occurrence, target)


def notice_key(task: str) -> str:
    """The message that tells a person of a task: an ordinary delivery beside the task's own row."""
    return _digest("notice", task)


def timer_key(task: str, kind: str, number: int, holder: str) -> str:
    """What a timer of a task says to one of those it tells."""
    return _digest("timer", task, kind, str(number), holder)


def approval_key(campaign: str, step: str, role: str, content: str) -> str:
    """Of these words only: edited ones have another."""
    return _digest("approval", campaign, step, role, content)


def hand_over_key(delivery: str) -> str:
    """The task of a person who is to post a delivery's text."""
    return _digest("hand-over", delivery)


def effect_key(delivery: str) -> str:
    """What a step does for a target besides sending and asking."""
    return _digest("effect", delivery)


def watch_key(campaign: str, watch: str, edge: int, step: str) -> str:
    """`edge`: how often the watched condition has become true."""
    return _digest("watch", campaign, watch, str(edge), step)
