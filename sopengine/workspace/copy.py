"""`[copy]` of sopengine.toml → words that no text may use, and where links may lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sopengine.diagnostics import Text
from sopengine.language.copy_rules import CopyRules, Forbidden
from sopengine.workspace.values import Table

KEYS = ("forbidden", "allowed", "hosts")
OF_WORD = ("word", "instead", "why")
_HOST = re.compile(r"(?=.{1,253}$)[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+")


def read_copy(table: Table) -> CopyRules:
    table.only(KEYS)
    hosts = []
    for host in _texts(table, "hosts"):
        if not _HOST.fullmatch(host):
            wrong = Text(f"{host} 不是主机名，例如 example.com", f"{host} is no host name such as example.com")
            table.wrong("hosts", wrong)
            continue
        hosts.append(host.lower().encode("idna").decode())
    return CopyRules(tuple(_forbidden(table)), tuple(_texts(table, "allowed")), tuple(hosts))


def _forbidden(table: Table) -> Iterator[Forbidden]:
    for number, item in enumerate(_list(table, "forbidden")):
        if isinstance(item, str) and item.strip():
            yield Forbidden(item.strip())
            continue
        if not isinstance(item, dict):
            table.wrong("forbidden", _WORDS)
            continue
        one = table.inside("forbidden", number)
        one.only(OF_WORD)
        if "word" not in one.data:
            one.missing("word", Text("写哪个词", "the word itself"))
        elif word := one.text("word").strip():
            yield Forbidden(word, one.text("instead"), one.text("why"))


def _texts(table: Table, key: str) -> Iterator[str]:
    for item in _list(table, key):
        if isinstance(item, str) and item.strip():
            yield item.strip()
        else:
            table.wrong(key, _WORDS)


def _list(table: Table, key: str) -> list[Any]:
    value = table.data.get(key, [])
    if isinstance(value, list):
        return value
    table.wrong(key, Text("要写成列表", "must be a list"))
    return []


_WORDS = Text("每一项是引号里的文字", "each item must be a text in quotes")
