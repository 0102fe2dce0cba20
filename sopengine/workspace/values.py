"""One table of sopengine.toml → its values one by one, each checked; what is wrong becomes a finding with a place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sopengine.channels.addresses import NotAllowed, endpoint
from sopengine.channels.options import MAX_TIMEOUT
from sopengine.diagnostics import Findings, Text
from sopengine.diagnostics import Path as Keys
from sopengine.language.suggest import closest
from sopengine.workspace.positions import Positions

_SECRET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_DURATION = re.compile(r"([1-9][0-9]{0,4})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Table:
    """The entries at `path`. Each asking method takes a key's value, or gives its default after a finding."""

    def __init__(self, data: Any, path: Keys, positions: Positions, findings: Findings) -> None:
        self.path, self._positions, self._findings = path, positions, findings
        self.data: Mapping[str, Any] = data if isinstance(data, dict) else {}
        if not isinstance(data, dict):
            self.wrong_at(path, Text("要写成一个表", "must be a table"))

    def table(self, key: str) -> Table:
        return Table(self.data.get(key, {}), (*self.path, key), self._positions, self._findings)

    def inside(self, key: str, number: int) -> Table:
        """The table at this place of a list."""
        return Table(self.data[key][number], (*self.path, key, number), self._positions, self._findings)

    def tables(self) -> Iterator[tuple[str, Table]]:
        """The entries that are tables themselves; a finding for each that is not."""
        for key, value in self.data.items():
            table = self.table(key)
            if isinstance(value, dict):
                yield key, table

    def items(self, key: str) -> Iterator[Table]:
        """The tables of a list; a finding where it is none."""
        value = self.data.get(key, [])
        if not isinstance(value, list):
            self.wrong(key, Text("要写成列表", "must be a list"))
            return
        for number, item in enumerate(value):
            yield Table(item, (*self.path, key, number), self._positions, self._findings)

    def only(self, known: Iterable[str]) -> None:
        """A finding for each key that is not in `known`."""
        names = list(known)
        for key in self.data:
            if key in names:
                continue
            meant = closest(key, names)
            self._findings.add(
                "SOP-C702",
                Text(
                    f"没有 {key!r} 这个设置" + (f"，是不是 {meant!r}？" if meant else ""),
                    f"there is no setting {key!r}" + (f", did you mean {meant!r}?" if meant else ""),
                ),
                self._positions.key((*self.path, key)),
                help=Text(f"可以写：{'、'.join(names)}", f"Possible: {', '.join(names)}"),
                path=(*self.path, key),
            )

    def text(self, key: str, default: str = "") -> str:
        value = self.data.get(key, default)
        if isinstance(value, str) and value.isprintable() and (value or key not in self.data):
            return value
        self.wrong(key, Text("要写成引号里的一行文字", "must be one line of text in quotes"))
        return default

    def choice(self, key: str, choices: Iterable[str], default: str) -> str:
        if key not in self.data:
            return default
        value, names = self.data[key], list(choices)
        if isinstance(value, str) and value in names:
            return value
        meant = closest(value, names) if isinstance(value, str) else None
        self.wrong(
            key,
            Text(
                f"只能是 {'、'.join(names)}" + (f"；是不是 {meant!r}？" if meant else ""),
                f"must be one of {', '.join(names)}" + (f"; did you mean {meant!r}?" if meant else ""),
            ),
        )
        return default

    def whole(self, key: str, least: int, most: int = 1_000_000) -> int | None:
        value = self.data.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and least <= value <= most):
            return value
        self.wrong(key, Text(f"要写 {least} 到 {most} 的整数", f"must be a whole number from {least} to {most}"))
        return None

    def seconds(self, key: str, most: int) -> float | None:
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most:
            return float(value)
        self.wrong(key, Text(f"要写大于 0、不超过 {most} 的秒数", f"must be seconds above 0, at most {most}"))
        return None

    def flag(self, key: str) -> bool | None:
        value = self.data.get(key)
        if value is None or isinstance(value, bool):
            return value
        self.wrong(key, Text("要写 true 或 false", "must be true or false"))
        return None

    def duration(self, key: str) -> timedelta | None:
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, str) and (found := _DURATION.fullmatch(value)):
            return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
        self.wrong(key, Text('要写时长，例如 "24h"、"30m"', 'must be a duration such as "24h" or "30m"'))
        return None

    def path_under(self, key: str, root: Path) -> Path | None:
        """A path from `root`; one that was written on Windows may have backslashes."""
        value = self.text(key).replace("\\", "/")
        return root / value if value else None

    def secret_name(self, key: str) -> str:
        value = self.text(key)
        if not value or _SECRET_NAME.fullmatch(value):
            return value
        self.wrong(
            key,
            Text(
                "这里写密钥的名字（字母、数字、_ . -），不写密钥本身",
                "must be the name of a secret (letters, digits, _ . -), never the secret itself",
            ),
        )
        return ""

    def url(self, key: str, *, allow_private: bool) -> str:
        value = self.text(key)
        if value:
            try:
                endpoint(value, allow_private=allow_private)
            except NotAllowed as problem:
                self.wrong(key, Text(f"要写 https:// 开头的网址（{problem}）", f"must be an https URL: {problem}"))
                return ""
        return value

    def wrong(self, key: str, rule: Text) -> None:
        self.wrong_at((*self.path, key), rule)

    def wrong_at(self, path: Keys, rule: Text) -> None:
        name = ".".join(str(part) for part in path)
        self._findings.add(
            "SOP-C702", Text(f"{name} {rule.zh}", f"{name} {rule.en}"), self._positions.value(path), path=path
        )

    def missing(self, key: str, why: Text) -> None:
        name = ".".join(str(part) for part in self.path)
        self._findings.add(
            "SOP-C702",
            Text(f"{name} 缺少 {key}：{why.zh}", f"{name} lacks {key}: {why.en}"),
            self._positions.key(self.path),
            path=self.path,
        )


MAX_SECONDS = {"timeout": MAX_TIMEOUT, "seconds": 3600}
