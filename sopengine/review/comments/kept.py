"""The comments that were brought back to a playbook or campaign file, in a file beside it: one a line, as JSON.

They belong to the file's authors, who read it, edit it and keep it under version control with the text it is about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from sopengine.diagnostics import Text
from sopengine.errors import SopError
from sopengine.review.comments.model import COLUMNS, DECISIONS, Comment

ENDING = ".comments.jsonl"
MOST_BYTES = 32 << 20


def beside(playbook: Path) -> Path:
    """`playbooks/october.yaml` → `playbooks/october.comments.jsonl`."""
    return playbook.with_suffix(ENDING)


def kept_for(playbook: Path) -> list[Comment]:
    """In the order in which they came. SopError names the line that cannot be read."""
    path = beside(playbook)
    try:
        data = path.read_bytes()[: MOST_BYTES + 1] if path.is_file() else b""
    except OSError as error:
        raise SopError(Text(f"读不了 {path}：{error.strerror}", f"cannot read {path}: {error.strerror}")) from error
    return [_comment(line, path, number) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]


def added(kept: Sequence[Comment], more: Iterable[Comment]) -> list[Comment]:
    """Those of `more` that are not kept yet; reading a file twice adds nothing."""
    there = set(kept)
    return [comment for comment in dict.fromkeys(more) if comment not in there]


def lines(comments: Iterable[Comment]) -> str:
    return "".join(f"{json.dumps(as_object(comment), ensure_ascii=False)}\n" for comment in comments)


def as_object(comment: Comment) -> dict[str, str]:
    values = (comment.hash, comment.step, comment.slot, comment.decision, comment.comment, comment.author, comment.arm)
    return dict(zip(COLUMNS, values, strict=True))


def _comment(line: bytes, path: Path, number: int) -> Comment:
    try:
        read = json.loads(line.decode("utf-8-sig"))
        values = [read[name] for name in COLUMNS]
        if not all(isinstance(value, str) for value in values) or values[3] not in (*DECISIONS, ""):
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise SopError(
            Text(f"{path} 第 {number} 行读不懂", f"{path}, line {number} cannot be understood"),
            Text(
                f"每行一个 JSON 对象，写着 {'、'.join(COLUMNS)}；改好或删掉这一行",
                f"each line is one JSON object with {', '.join(COLUMNS)}; mend or delete the line",
            ),
        ) from None
    return Comment(*values)
