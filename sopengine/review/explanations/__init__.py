"""A code → what it means, why it matters, and a wrong and a right example, from the tables beside this file.

Every example is run by tests/project/test_explanations.py: the wrong one has the finding, the right one has none.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from sopengine.diagnostics import Text

_FOLDER = Path(__file__).resolve().parent


class Explanation(Struct, frozen=True):
    """`wrong` and `right` are parts of a playbook; by `kind` a whole file (`file`), a sopengine.toml (`workspace`), a
    campaign file or rehearsal (`campaign`) or a command (`command`). `setting` is what the test needs beside them."""

    means: Text
    matters: Text
    wrong: str
    right: str
    kind: str = "playbook"
    setting: Mapping[str, Any] | None = None


FAMILIES: Mapping[str, Text] = {
    "Y1": Text("读文件：编码和 YAML", "Reading: encoding and YAML"),
    "S2": Text("形状：键、值、写法", "Shape: keys, values, spelling"),
    "R3": Text("引用：名字要有所指", "References: names that mean something"),
    "T4": Text("模板和条件", "Templates and conditions"),
    "W5": Text("日程和规矩", "Schedule and policy"),
    "D6": Text("送达：渠道、地址、长度", "Delivery: channels, addresses, length"),
    "C7": Text("工作区 sopengine.toml", "The workspace, sopengine.toml"),
}
"""The families of codes, by the letter and the digit they begin with."""


def explanation(code: str) -> Explanation:
    """KeyError for a code that does not exist."""
    entry = _table(code.removeprefix("SOP-")[:2])[code]
    return Explanation(
        means=Text(**entry["means"]),
        matters=Text(**entry["matters"]),
        wrong=entry["wrong"],
        right=entry["right"],
        kind=entry.get("kind", "playbook"),
        setting=entry.get("setting"),
    )


@cache
def _table(family: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{family}.toml").read_text(encoding="utf-8"))
