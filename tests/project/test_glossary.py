"""The glossary's words for states are the states of the ledger, and the words on the screen."""

from __future__ import annotations

import re
from pathlib import Path

from sopengine.cli.status import STATES
from sopengine.store.rows import State, TaskState

GLOSSARY = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text("utf-8")


def words(heading: str) -> dict[str, str]:
    """English word -> Chinese word of the table under a heading."""
    section = GLOSSARY.split(f"## {heading}", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (\w+) \| (\S+) \|", section, flags=re.M)
    return {english: chinese for english, chinese in rows if english != "state"}


def test_states_of_deliveries_and_tasks() -> None:
    for heading, states in (("States of a delivery", State), ("States of a task", TaskState)):
        listed = words(heading)
        assert sorted(listed) == sorted(state.name.lower() for state in states)
        assert {name: STATES[name].zh for name in listed} == listed
