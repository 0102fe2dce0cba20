"""What the dry run says guards will do is what the engine then does, for schedules and guards of any kind."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from sopengine.cli.main import run
from tests.support.house import GROUPS, House

DAYS = ("mon", "tue", "wed")
BOOK = """
playbook: p
timezone: Asia/Shanghai
audiences: {groups: {source: groups}}
runs: {from: 2026-03-02, until: 2026-03-07}
%s
weekly:
  to: groups
  steps:
"""

ROLLOUTS = (
    "rollout: {waves: [1, rest], gap: 2h}, ",
    "rollout: {waves: [1, 50%, rest], gap: 40m, stop_if: failed > 0.4}, ",
)

quiet = st.sampled_from(["", "quiet: {from: 21:00, until: 09:00, then: %s}"]).flatmap(
    lambda text: st.sampled_from(["hold", "drop", "earlier"]).map(lambda then: text % then if text else "")
)
windows = st.sampled_from(["calendar-day", "calendar-week", "rolling 1d", "rolling 5h"])
caps = st.lists(
    st.builds(
        "{{per: {}, max: {}, window: {}}}".format, st.sampled_from(["target", "address"]), st.integers(1, 4), windows
    ),
    max_size=2,
).map(lambda items: f"cap: [{', '.join(items)}]" if items else "")
gaps = st.sampled_from(["", "gap: 20m", "gap: 3h"])
guards = st.tuples(quiet, caps, gaps).map(
    lambda parts: f"guards: {{{', '.join(filter(None, parts))}}}" if any(parts) else ""
)
steps = st.lists(
    st.tuples(
        st.sampled_from(DAYS),
        st.sampled_from(["08:30", "09:00", "09:10", "12:00", "20:50", "21:30", "23:00"]),
        st.sampled_from(["", "on_cap: skip, ", "useful_until: 2d, ", "late_ok: 5m, "]),
        st.sampled_from(["", "priority: 3, ", "priority: 5, ", "if: target.id == 'east', ", *ROLLOUTS]),
    ),
    min_size=1,
    max_size=7,
    unique_by=lambda step: step[:2],  # of two that are due together the order is the rank's, then the plan's
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # one example takes a second: shrinking would take minutes
)
@given(guards=guards, steps=steps)
@example(  # what a cap puts off comes into quiet hours: they are asked before the cap is, again
    guards="guards: {quiet: {from: 21:00, until: 09:00, then: earlier}, "
    "cap: [{per: address, max: 2, window: calendar-day}], gap: 20m}",
    steps=[
        ("wed", "23:00", "useful_until: 2d, ", ""),
        ("wed", "20:50", "useful_until: 2d, ", ""),
        ("tue", "20:50", "", ROLLOUTS[0]),
    ],
)
def test_the_engine_does_what_the_dry_run_says(guards: str, steps: list[tuple[str, str, str, str]]) -> None:
    lines = [
        f"    - {{id: s{n}, on: {day}, at: {at}, {one}{two}send: {{text: text {n}}}}}\n"
        for n, (day, at, one, two) in enumerate(steps)
    ]
    with TemporaryDirectory() as folder:
        house = House(Path(folder, "shop"), BOOK % guards + "".join(lines), groups=GROUPS + "north,North\n")
        said = foretold(house)
        house.start("2026-03-01T12:00")
        house.run(until="2026-03-08T00:00")
        done = {(t.step, t.target): t.at.astimezone(house.zone).isoformat() for t in house.log() if t.after == "sent"}
        house.store.close()
    assert done == said


def foretold(house: House) -> dict[tuple[str, str], str]:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        run(["dry-run", str(house.root / "book.yaml"), "--now", "2026-03-01T12:00", "--each", "--json"])
    items = json.loads(out.getvalue())["items"]
    return {(item["id"], item["target"]): item["at"] for item in items if item["state"] == "planned"}
