"""Directed graphs as plain mappings (node → the nodes it leads to): what can be reached, what goes round in circles."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping

Edges = Mapping[str, Collection[str]]
"""Every node is a key, those that lead nowhere too."""


def reachable(starts: Iterable[str], edges: Edges) -> set[str]:
    """The starts, and all that they lead to."""
    return set(_origins(starts, edges))


def backwards(edges: Edges) -> dict[str, list[str]]:
    turned: dict[str, list[str]] = {node: [] for node in edges}
    for node, others in edges.items():
        for other in others:
            turned[other].append(node)
    return turned


def shortest(start: str, end: str, edges: Edges) -> list[str]:
    """A shortest way, both ends included; only the end where there is none."""
    origins = _origins([start], edges)
    trail = [end]
    while origin := origins.get(trail[-1]):
        trail.append(origin)
    return trail[::-1]


def groups(edges: Edges) -> list[list[str]]:
    """Nodes that lead round to each other, together; the others alone. A group stands after those it leads to."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_nodes: dict[str, None] = {}
    found: list[list[str]] = []
    for root in edges:
        if root in number:
            continue
        trail = [(root, _enter(root, edges, number, lowest, open_nodes))]
        while trail:
            node, others = trail[-1]
            other = next(others, None)
            if other is None:
                trail.pop()
                if trail:
                    lowest[trail[-1][0]] = min(lowest[trail[-1][0]], lowest[node])
                if lowest[node] == number[node]:
                    found.append(_group_of(node, open_nodes))
            elif other not in number:
                trail.append((other, _enter(other, edges, number, lowest, open_nodes)))
            elif other in open_nodes:
                lowest[node] = min(lowest[node], number[other])
    return found


def circles(edges: Edges) -> Iterator[list[str]]:
    """One circle of each group that has one: from its first node (as the keys are ordered) back to it."""
    order = {node: place for place, node in enumerate(edges)}
    for group in sorted((sorted(group, key=order.__getitem__) for group in groups(edges)), key=lambda g: order[g[0]]):
        first, inside = group[0], set(group)
        own = {node: [other for other in edges[node] if other in inside] for node in group}
        if own[first]:
            back = min((shortest(other, first, own) for other in own[first]), key=len)
            yield [first, *back]


def _origins(starts: Iterable[str], edges: Edges) -> dict[str, str]:
    """Each node that is reached, and from which; "" for the starts."""
    origins = dict.fromkeys(starts, "")
    waiting = deque(origins)
    while waiting:
        node = waiting.popleft()
        for other in edges[node]:
            if other not in origins:
                origins[other] = node
                waiting.append(other)
    return origins


def _enter(
    node: str, edges: Edges, number: dict[str, int], lowest: dict[str, int], open_nodes: dict[str, None]
) -> Iterator[str]:
    number[node] = lowest[node] = len(number)
    open_nodes[node] = None
    return iter(edges[node])


def _group_of(node: str, open_nodes: dict[str, None]) -> list[str]:
    group: list[str] = []
    while not group or group[-1] != node:
        group.append(open_nodes.popitem()[0])
    return group
