"""How full caps, addresses and people's days become, over all campaigns together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sopengine.channels.base import Channel
from sopengine.language.guards import Cap, Scope
from sopengine.planning.forecast import UsedBefore
from sopengine.review.across.model import Busy, CapForecast, Load
from sopengine.review.across.posts import Post
from sopengine.review.rates import latest


def quotas(
    mine: Sequence[Post], theirs: Sequence[Post], caps: Mapping[str, Sequence[Cap]], used_before: UsedBefore
) -> list[CapForecast]:
    """One for each cap, target and month in which this campaign sends. `caps` are those of its steps; what others send
    counts for the same receiver whatever caps they have themselves."""
    moments = {True: _moments(mine), False: _moments(theirs)}
    fullest: dict[tuple[str, str, str], CapForecast] = {}
    seen: set[tuple[Cap, str, datetime]] = set()
    for post in sorted((one for one in mine if not one.is_task), key=lambda one: one.at):
        for cap in caps.get(post.step, ()):
            value = post.counts.get(cap.per)
            zone = post.at.tzinfo
            assert isinstance(zone, ZoneInfo)  # see post_of
            if value is None:
                continue
            begin = cap.period.begin(post.at, zone)
            if (cap, value, begin) in seen:
                continue
            seen.add((cap, value, begin))
            end = post.at if cap.period.rolling else cap.period.end(post.at, zone)
            planned, others = (
                _within(moments[own].get((cap.per, value), ()), begin, end, bool(cap.period.rolling))
                for own in (True, False)
            )
            used = sum(use.at < end for use in used_before(cap.per, value, begin))
            local = begin.astimezone(zone)
            row = CapForecast(cap.text, value, f"{post.at:%Y-%m}", local, used, planned, others, cap.most)
            key = (cap.text, value, row.month)
            if key not in fullest or row.left < fullest[key].left:
                fullest[key] = row
    return sorted(fullest.values(), key=lambda row: (row.left, row.month, row.rule, row.target))


def _moments(posts: Sequence[Post]) -> Mapping[tuple[Scope, str], Sequence[datetime]]:
    found: dict[tuple[Scope, str], list[datetime]] = defaultdict(list)
    for post in posts:
        if not post.is_task:
            for key in post.counts.items():
                found[key].append(post.at)
    return {key: sorted(all_of_it) for key, all_of_it in found.items()}


def _within(moments: Sequence[datetime], begin: datetime, end: datetime, closed: bool) -> int:
    return (bisect_right if closed else bisect_left)(moments, end) - bisect_left(moments, begin)


def addresses(mine: Sequence[Post], theirs: Sequence[Post], channels: Mapping[str, Channel]) -> list[Busy]:
    """Those that this campaign speaks to through a channel with a rate, the most crowded first."""
    times: dict[tuple[str, str], list[tuple[datetime, bool]]] = defaultdict(list)
    for own, posts in ((True, mine), (False, theirs)):
        for post in posts:
            times[post.channel, post.address].append((post.at, own))
    found = []
    for (name, address), all_of_it in times.items():
        limits = channels[name].limits if name in channels else None
        if limits is None or not limits.rate or not any(own for _, own in all_of_it):
            continue
        begin, in_all = _busiest(sorted(at for at, _ in all_of_it), timedelta(seconds=limits.per))
        until = begin + timedelta(seconds=limits.per)
        planned = sum(own and begin <= at < until for at, own in all_of_it)
        late = latest(limits, Counter(at for at, _ in all_of_it))
        found.append(Busy(name, address, begin, planned, in_all - planned, limits.rate, limits.per, late))
    return sorted(found, key=lambda one: (-(one.planned + one.others) / one.rate, one.at, one.channel, one.address))


def _busiest(moments: Sequence[datetime], length: timedelta) -> tuple[datetime, int]:
    """The stretch that begins with a message and holds most, the first of several; and how many those are."""
    best, most, end = moments[0], 0, 0
    for number, begin in enumerate(moments):
        while end < len(moments) and moments[end] < begin + length:
            end += 1
        if end - number > most:
            best, most = begin, end - number
    return best, most


def loads(mine: Sequence[Post], theirs: Sequence[Post]) -> list[Load]:
    """For each person and day on which this campaign gives work, the most first."""
    counts: dict[tuple[date, str], Counter[bool]] = defaultdict(Counter)
    roles: dict[tuple[date, str], str] = {}
    for own, posts in ((True, mine), (False, theirs)):
        for post in posts:
            if post.is_task:
                key = post.day, post.person or post.recipient
                counts[key][own] += 1
                roles.setdefault(key, post.role)
    found = [
        Load(day, person, roles[day, person], count[True], count[False])
        for (day, person), count in counts.items()
        if count[True]
    ]
    return sorted(found, key=lambda one: (-one.tasks, one.day, one.person))
