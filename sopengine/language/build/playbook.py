"""A document → the Playbook, and every step that could be read."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec import Struct

from sopengine.language.build.declarations import build_audience, build_fields, build_input, build_role
from sopengine.language.build.figures import build_goals, build_metrics
from sopengine.language.build.files import MessageFiles
from sopengine.language.build.flows import build_exits, build_flows, build_runs
from sopengine.language.build.guards import build_guards
from sopengine.language.build.messages import build_message
from sopengine.language.build.overlap import build_overlap
from sopengine.language.build.part import Desk, Part
from sopengine.language.build.scripts import build_script
from sopengine.language.build.steps import Flow
from sopengine.language.events import BUILT_IN
from sopengine.language.model import Playbook, Step
from sopengine.timing.zones import zone as zone_named

_DEFAULT_ZONE = "Asia/Shanghai"


class Built(Struct, frozen=True):
    """`steps` are all that could be read, also those of phases that were left out: they are checked all the same."""

    playbook: Playbook
    steps: tuple[Step, ...]


def build_playbook(desk: Desk, files: MessageFiles) -> Built:
    """Where the document has errors the playbook serves for further checks only."""
    root = Part(desk.document.data, (), desk)
    zone_name, zone = _zone(root.get("timezone"))
    messages = {name: build_message(name, part, files) for name, part in root.get("messages").entries()}
    events = frozenset(BUILT_IN) | {name for name, _ in root.get("events").entries()}
    flows = build_flows(root, Flow(messages, files, to="", events=events))
    inputs = {name: build_input(name, part, zone) for name, part in root.get("inputs").entries()}
    declared = {name: build_fields(part) for name, part in root.get("events").entries()}
    scripts = {name: build_script(name, part) for name, part in root.get("scripts").entries()}
    playbook = Playbook(
        id=root.get("playbook").text(),
        title=root.get("title").text() or root.get("playbook").text(),
        timezone=zone_name,
        calendar=root.get("calendar").text(),
        inputs={name: value for name, value in inputs.items() if value is not None},
        audiences={name: build_audience(name, part, zone) for name, part in root.get("audiences").entries()},
        roles={name: build_role(name, part) for name, part in root.get("roles").entries()},
        events=declared | {name: fields for script in scripts.values() for name, fields in script.events().items()},
        metrics=build_metrics(root.get("metrics")),
        goals=build_goals(root.get("goals")),
        messages=messages,
        phases=tuple(flows.phases),
        weekly=flows.weekly,
        welcome=flows.welcome,
        journeys=tuple(flows.journeys),
        approve=root.get("approve").text(),
        overlap=build_overlap(root.get("overlap")),
        runs=build_runs(root.get("runs")) if "runs" in root else None,
        exits=build_exits(root),
        watches=tuple(flows.watches),
        scripts=scripts,
        guards=build_guards(root.get("guards")),
    )
    return Built(playbook, (*playbook.steps(), *flows.loose))


def _zone(part: Part) -> tuple[str, ZoneInfo]:
    """The playbook's zone; one that does not exist is a finding, and another stands in for the rest of the check."""
    zone = part.parsed(zone_named)
    return (part.text(), zone) if zone is not None else (_DEFAULT_ZONE, zone_named(_DEFAULT_ZONE))
