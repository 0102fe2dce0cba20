"""A script as a map of its nodes: which can be reached, which lead to an ending, what is answered on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from sopengine.language.checks.graph import backwards, circles, groups, reachable, shortest
from sopengine.language.expressions.knowledge import asks_for_unknown, known_if
from sopengine.language.script import Choice, Node, Script, ToEnd, ToNode, Way


class Road(NamedTuple):
    """A way from a node to another, and the questions that certainly have an answer once it is taken."""

    to: str
    answered: frozenset[str]


class ScriptMap:
    """Of a script whose start and targets all exist."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.roads = {node.name: _roads(node) for node in script.nodes.values()}
        self._edges = {name: [road.to for road in roads] for name, roads in self.roads.items()}
        self.reached = reachable([script.start], self._edges)

    def unreached(self) -> dict[str, list[str]]:
        """Nodes that nothing leads to, each with the further ones behind it; of those in a circle the first."""
        left = [name for name in self.script.nodes if name not in self.reached]
        edges = {name: [other for other in self._edges[name] if other not in self.reached] for name in left}
        group_of = {name: number for number, group in enumerate(groups(edges)) for name in group}
        led_to = {group_of[o] for name, others in edges.items() for o in others if group_of[o] != group_of[name]}
        firsts: dict[int, str] = {}
        for name in left:
            if group_of[name] not in led_to:
                firsts.setdefault(group_of[name], name)
        behind = {name: reachable([name], edges) - {name} for name in firsts.values()}
        return {name: [other for other in left if other in others] for name, others in behind.items()}

    def trapped(self) -> list[list[str]]:
        """Circles of reached nodes from which no ending can be reached."""
        ends = [n.name for n in self.script.nodes.values() if any(isinstance(way, ToEnd) for way in n.ways())]
        leads_out = reachable(ends, backwards(self._edges))
        return self._circles(name for name in self._edges if name not in leads_out)

    def spinning(self) -> list[list[str]]:
        """Circles of reached nodes in which nothing is asked: nothing could change from round to round."""
        return self._circles(node.name for node in self.script.nodes.values() if not node.stops)

    def _circles(self, nodes: Iterator[str]) -> list[list[str]]:
        among = {name: self._edges[name] for name in nodes if name in self.reached}
        return list(circles({name: [o for o in others if o in among] for name, others in among.items()}))

    @cached_property
    def answered(self) -> dict[str, frozenset[str]]:
        """For each reached node the questions answered on every way to it."""
        known = {self.script.start: frozenset(question.name for question in self.script.ask)}
        waiting = deque(known)
        while waiting:
            here = waiting.popleft()
            for road in self.roads[here]:
                found = known[here] | road.answered
                met = known[road.to] & found if road.to in known else found
                if known.get(road.to) != met:
                    known[road.to] = met
                    waiting.append(road.to)
        return known

    def way_without(self, question: str, to: str) -> list[str]:
        """The shortest way from the start to this node on which the question is not answered."""
        edges = {name: [r.to for r in roads if question not in r.answered] for name, roads in self.roads.items()}
        return shortest(self.script.start, to, edges)


def _roads(node: Node) -> list[Road]:
    return [Road(way.node, answered) for way, answered in ways_known(node) if isinstance(way, ToNode)]


def ways_known(node: Node) -> Iterator[tuple[Way, frozenset[str]]]:
    """Each way out of a node, and what is certainly answered once it is taken, beyond what was before the node."""
    own = frozenset(question.name for question in node.ask)
    if not isinstance(node.onward, Choice):
        yield from ((way, own) for way in node.ways())
        return
    refused: frozenset[str] = frozenset()  # answered, if no condition so far is true and all can be answered
    for branch in node.onward.branches:
        text = branch.condition.text
        before = frozenset() if asks_for_unknown(text) else refused
        yield branch.way, own | before | asked_names(known_if(text, True))
        refused |= asked_names(known_if(text, False))
    yield node.onward.otherwise, own | refused


def asked_names(names: frozenset[tuple[str, ...]]) -> frozenset[str]:
    return frozenset(parts[1] for parts in names if parts[0] == "ask" and len(parts) > 1)
