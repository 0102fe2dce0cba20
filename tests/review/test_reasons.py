"""Every reason that the engine records is said in Chinese and in English; no word of ours stays English in Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import sopengine
from sopengine.review.reasons import clause

UTC = ZoneInfo("UTC")
PACKAGE = Path(sopengine.__file__).parent
RECORDED = {
    "Change": 3, "Told": 1, "Result": 3, "Ignore": 0, "Receipt": 1, "Wait": 2, "Never": 1, "Drop": 1,
    "_failed": 1, "_back": 1, "withdraw_tasks": 3, "cancel_timers": 3, "late": -1,
}  # fmt: skip
"""Calls that record a reason, and where it stands in them."""
NO_REASONS = {"9; no time left", "9, asked again: 9", "9 9 after 9", "9 9: used by 9", "errcode 9: 9"}
"""What is put together from parts that are among WORKED_OUT, and a platform's own words."""
WORKED_OUT = (
    "condition: 9 = 9", "condition, asked again: 9 = 9", "unknown: 9", "arm 1: 9 = 9", "due", "dependency",
    "past at start", "exited: 9", "left out: 9", "stopped: 9", "during: 9/9", "opted-out",
    "rate, until 2026-06-01T09:00:00+08:00", "gap 15m after 9/9, until 2026-06-01T09:00:00+08:00",
    "gap 15m after 9/9; no time left", "cap 3 per target and calendar-day: used by 9/9",
    "cap 3 per target and calendar-day: used by 9/9, kept for 9/9", "cap 1 per target and calendar-day: kept for 9/9",
    "cap 3 per target and calendar-day: used by 9/9, kept for 9/9; no time left",
    "cap 1 per target and calendar-day: kept for 9/9; no time left",
    "cap 3 per target and rolling 1d: used by 9/9; no time left", "quiet 22:00-08:00; no time left",
    "late 1h (late_ok 30m)", "late 1h (late_ok 30m), held: waits for 9", "late 1h, a newer slot of this step is due",
    "late 1h (useful until 2026-06-01T09:00:00+08:00)", "held: 9 did not come", "approval of 9 did not come",
    "approval of the campaign did not come", "waits for approval of 9", "not approved by 9: 9",
    "reminder: a later reminder is due", "reminder: late 1h", "to 9: nobody answers for it", "to 9: 9 via 9",
    "to 9: 9, in the task list", "9 → 9, as the list has it now", "9 → 9: 9", "declined by 9: 9", "slip: 9 9 → 9",
    "upgrade: 9", "patch-copy: 9", "9 went on to 9", "sent: 9", "not-sent: 9", "resend: 9", "retry: 9", "run-missed: 9",
    "looked up: HTTP 200", "9 has no row of 9 = 9", "9 has more than one row of 9 = 9 (rows 2, 3)",
    "9: 2h after the wave before", "9: 2h after the wave before; no time left",
    "9: stopped, 2 of 9 before it did not arrive", "no answer was kept; asked again with its key",
    "no answer was kept; sent again (on_unknown: resend)", "past already when it was added",
    "takes too long or too much memory", "template: takes too long or too much memory", "wait timeout", "wait 9",
    "tag 9", "9 is at 2026-06-01T09:00:00+08:00: 9", "a turn of a list that was read anew", "starts nothing",
    "started from 9", "nobody in the audiences", "it may have been sent before the database was restored",
)  # fmt: skip
"""Reasons that are put together in more than one place, as they are stored; 9 stands for names and values."""
OF_THE_LANGUAGE = {"on_unknown", "resend", "key", "late_ok", "rolling"}


def literals(node: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "9" for part in parts)
        case ast.Name(id=name) if name in constants:
            yield constants[name]
        case ast.IfExp(body=one, orelse=other):
            yield from literals(one, constants)
            yield from literals(other, constants)


def spots(node: ast.AST) -> Iterator[ast.expr]:
    """Where a reason stands: in an argument, or in what is assigned to one."""
    match node:
        case ast.Call(func=func, args=args, keywords=words):
            yield from (word.value for word in words if word.arg in ("reason", "skip"))
            name = func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")
            if 0 <= (place := RECORDED.get(name, -1)) < len(args):
                yield args[place]
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            yield from (value for name, value in zip(names, values, strict=True) if getattr(name, "id", "") == "reason")
        case ast.Assign(targets=[ast.Name(id="reason")], value=value):
            yield value


def recorded() -> dict[str, str]:
    """Reasons as they stand in the program's own text: where."""
    found: dict[str, str] = {}
    for part in ("engine", "store", "planning", "channels"):
        for path in sorted((PACKAGE / part).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            constants = {
                target.id: node.value.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                for target in node.targets
                if isinstance(target, ast.Name) and isinstance(node.value.value, str)
            }
            for node in ast.walk(tree):
                for spot in spots(node):
                    for text in literals(spot, constants):
                        if re.search("[a-z]{3,}", text):
                            found[text] = f"{path.relative_to(PACKAGE)}:{spot.lineno}"
    return found


def english(text: str) -> list[str]:
    return [word for word in re.findall(r"[a-z_]{3,}", clause(text, UTC).zh) if word not in OF_THE_LANGUAGE]


def test_the_reasons_in_the_program_are_found() -> None:
    found = recorded()
    assert len(found) > 30
    assert {"its task is done", "unassigned", "no channel", "HTTP 429: too many messages"} <= set(found), found


def test_every_reason_of_the_program_has_a_chinese_clause() -> None:
    lacking = [f"{where}: {text}" for text, where in recorded().items() if text not in NO_REASONS and english(text)]
    assert not lacking, "\n".join(lacking)


@pytest.mark.parametrize("text", WORKED_OUT)
def test_no_english_stays_in_the_chinese_of_what_is_worked_out(text: str) -> None:
    assert english(text) == []
    assert not re.search(r"[\u4e00-\u9fff]", clause(text, UTC).en)


def test_what_a_platform_says_stays_as_it_is() -> None:
    assert clause("errcode 93000: invalid webhook url", UTC).zh == "errcode 93000: invalid webhook url"
