"""A started campaign's own copy of everything it needs, under one hash: files may then be edited or deleted."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from msgspec import Struct, convert, field, to_builtins

from sopengine.planning.versions import Identity


class Bundle(Struct, frozen=True):
    """`inputs` as given, not typed; `sources` hold the rows as read; `files` are the playbook's message files;
    `given` names the sources whose file the command line gave instead of the workspace's. After an upgrade
    `identities` says by step id what the steps are known by, and `keys` all that any version was known by."""

    file: str
    playbook: bytes
    files: Mapping[str, bytes]
    inputs: Mapping[str, Any]
    sources: Mapping[str, Sequence[Mapping[str, str]]]
    calendar_overrides: Mapping[str, bool]
    default_channel: str
    tasks_via: str
    given: Sequence[str] = ()
    identities: Mapping[str, Identity] = field(default_factory=dict)
    keys: Sequence[str] = ()

    def pack(self) -> tuple[str, bytes]:
        """Its hash (of the content, not of the compression) and its bytes."""
        content = {
            "file": self.file,
            "playbook": _text(self.playbook),
            "files": {name: _text(data) for name, data in self.files.items()},
            "inputs": dict(self.inputs),
            "sources": {name: [dict(row) for row in rows] for name, rows in self.sources.items()},
            "calendar_overrides": dict(self.calendar_overrides),
            "default_channel": self.default_channel,
            "tasks_via": self.tasks_via,
            "given": list(self.given),
            "identities": to_builtins(self.identities),
            "keys": sorted(self.keys),
        }
        raw = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        return sha256(raw).hexdigest(), zlib.compress(raw)


def unpack(data: bytes) -> Bundle:
    content = json.loads(zlib.decompress(data))
    content["playbook"] = base64.b64decode(content["playbook"])
    content["files"] = {name: base64.b64decode(text) for name, text in content["files"].items()}
    content["identities"] = convert(content.get("identities", {}), dict[str, Identity])
    return Bundle(**content)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
