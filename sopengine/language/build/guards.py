"""Guards, as written → Guards; what cannot be read is a finding and left out."""

from __future__ import annotations

from sopengine.diagnostics import Text
from sopengine.language.build.part import Part
from sopengine.language.guards import Cap, Guards, Quiet
from sopengine.timing.parse import parse_clock, parse_duration
from sopengine.timing.periods import parse_period


def build_guards(part: Part) -> Guards:
    return Guards(_quiet(part.get("quiet")), _caps(part.get("cap")), part.get("gap").parsed(parse_duration))


def _quiet(part: Part) -> tuple[Quiet, ...]:
    begin, until = (part.get(edge).parsed(parse_clock) for edge in ("from", "until"))
    if begin is None or until is None:
        return ()
    if begin == until:
        part.get("until").wrong(
            "SOP-S210",
            Text("免打扰时段从几点到同一点，等于全天", "Quiet hours that end when they begin are the whole day"),
            Text(
                "写晚上的开始和早上的结束，例如 22:00 到 08:00",
                "Write when the evening ends and the day begins, e.g. 22:00 to 08:00",
            ),
        )
        return ()
    return (Quiet(begin, until, part.get("then").text("hold"), part.path),)


def _caps(part: Part) -> tuple[Cap, ...]:
    caps = []
    for one in part.each():
        per, most, period = one.get("per").text(), one.get("max").number(), one.get("window").parsed(parse_period)
        if per and most and period is not None:
            caps.append(Cap(per, most, period, one.path))  # type: ignore[arg-type] # the schema knows the scopes
    return tuple(caps)
