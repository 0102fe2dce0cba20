"""The keys a kind of channel takes in sopengine.toml: name → what kind of value, and whether it must be there."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, TypeAlias


class Value(StrEnum):
    TEXT = "text"
    PATH = "path"  # relative to the workspace
    SECRET = "secret"  # the name of a secret, never the secret
    URL = "url"  # https, or http together with allow_private
    TIMEOUT = "timeout"  # seconds, at most MAX_TIMEOUT
    SECONDS = "seconds"  # a number above zero, at most an hour
    DURATION = "duration"  # "24h", "30m", "1d"
    FLAG = "flag"


class Option(NamedTuple):
    value: Value
    required: bool = False


Options: TypeAlias = Mapping[str, Option]

MAX_TIMEOUT = 15
"""A lease must outlive an exchange: the engine begins one only with 20 s of its lease left."""

HTTP_OPTIONS: Options = {
    "timeout": Option(Value.TIMEOUT),
    "retry_after": Option(Value.SECONDS),
    "allow_private": Option(Value.FLAG),
}
"""`timeout`: seconds for one whole exchange. `retry_after`: rest after a rate limit that names none. `allow_private`:
plain http and addresses that are not public are taken (a receiver on the own network, tests)."""
