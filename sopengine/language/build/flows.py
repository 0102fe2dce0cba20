"""Phases, weekly, welcome, journeys and `runs`, as written → their values."""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from sopengine.diagnostics import Text
from sopengine.language.build.declarations import build_condition
from sopengine.language.build.guards import build_guards
from sopengine.language.build.part import Part
from sopengine.language.build.steps import Flow, build_deeds, build_steps
from sopengine.language.model import Bound, During, ExitRule, Journey, Phase, Step, Watch, Weekly
from sopengine.timing.parse import parse_anchor, parse_duration
from sopengine.timing.relative import distance
from sopengine.timing.words import Duration

_SKIP = "skip"
_CHECK = Duration(seconds=15 * 60)
"""How often a watch looks unless it says."""


class Flows(Struct):
    """`loose` are the steps of phases that were left out because their days cannot be read: still to be checked."""

    phases: list[Phase] = field(default_factory=list)
    weekly: Weekly | None = None
    welcome: Journey | None = None
    journeys: list[Journey] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    loose: list[Step] = field(default_factory=list)


def build_flows(root: Part, flow: Flow) -> Flows:
    """Built in written order, so that of two steps with one id the first stands."""
    flows = Flows()
    for key, part in root.entries():
        if key == "phases":
            for name, phase in part.entries():
                _add_phase(flows, name, phase, flow)
        elif key == "weekly":
            flows.weekly = _weekly(part, flow)
        elif key == "welcome":
            flows.welcome = _journey("welcome", part, flow, on_event="member.joined", to="target")
        elif key == "journeys":
            flows.journeys = [_journey(name, one, flow, on_event="", to="member") for name, one in part.entries()]
        elif key == "watch":
            flows.watches = [watch for name, one in part.entries() if (watch := _watch(name, one, flow)) is not None]
    return flows


def build_exits(part: Part) -> tuple[ExitRule, ...]:
    """The `exit_when` of a playbook or flow."""
    rules = (
        ExitRule(item.path, item.get("as").text(), build_condition(item.get("if")), item.get("event").text())
        for item in part.get("exit_when").each()
    )
    return tuple(rule for rule in rules if rule.condition or rule.event)


def _add_phase(flows: Flows, name: str, part: Part, flow: Flow) -> None:
    steps = build_steps(part.get("steps"), flow)
    begin, end = _bound(part.get("from")), _bound(part.get("until"))
    if begin is None or end is None:
        flows.loose += steps
        return
    _check_order(part, begin, end)
    title = part.get("title").text(name)
    flows.phases.append(
        Phase(
            name,
            part.path,
            title,
            begin,
            end,
            steps,
            build_exits(part),
            _during(part),
            build_guards(part.get("guards")),
        )
    )


def _during(part: Part) -> tuple[During, ...]:
    rules = []
    for key, said in part.get("during").entries():
        playbook, _, name = key.partition("/")
        if playbook and name and said.text():
            rules.append(During(said.path, playbook, name, "" if said.text() == _SKIP else said.text()))
    return tuple(rules)


def _bound(part: Part) -> Bound | None:
    value = part.parsed(parse_anchor)
    return None if value is None else Bound(part.text().strip(), value)


def build_runs(part: Part) -> tuple[Bound, Bound] | None:
    begin, end = _bound(part.get("from")), _bound(part.get("until"))
    if begin is None or end is None:
        return None
    _check_order(part, begin, end)
    return begin, end


def _check_order(part: Part, begin: Bound, end: Bound) -> None:
    """Two dates, or two days from one anchor, can be compared before anything is planned."""
    days = distance(begin.value, end.value)
    if days is not None and days <= 0:
        part.get("until").wrong(
            "SOP-W507",
            Text(f"`until` 不晚于 `from`（{begin.text}）", f"`until` is not after `from` ({begin.text})"),
            Text("until 是结束的次日，本身不算在内", "`until` is the day after the last one"),
        )


def _weekly(part: Part, flow: Flow) -> Weekly:
    to = part.get("to").text()
    steps = build_steps(part.get("steps"), replace(flow, to=to, lacks_to=part.lacks("to"), phased=False))
    return Weekly(part.path, steps, to, build_exits(part), build_guards(part.get("guards")))


def _journey(name: str, part: Part, flow: Flow, *, on_event: str, to: str) -> Journey:
    """`on_event` and `to` hold where the journey does not say."""
    to = part.get("to").text(to)
    when = build_condition(part.get("when"))
    return Journey(
        name=name,
        path=part.path,
        on_event=part.get("on_event").text("" if when else on_event),
        steps=build_steps(part.get("steps"), replace(flow, to=to, triggered=True)),
        to=to,
        when=when,
        key=part.get("key").text(),
        again=part.get("again").parsed(parse_duration),
        collect=part.get("collect").parsed(parse_duration),
        exits=build_exits(part),
        guards=build_guards(part.get("guards")),
    )


def _watch(name: str, part: Part, flow: Flow) -> Watch | None:
    when = build_condition(part.get("when"))
    check = part.get("check").parsed(parse_duration) or _CHECK
    steps = build_deeds(part.get("do"), flow, name)
    return None if when is None else Watch(name, part.path, when, check, steps)
