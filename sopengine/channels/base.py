"""What a channel is: one message in, one honest receipt out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct, field


class Outcome(StrEnum):
    """What is known about one attempt (semantics.md S2)."""

    SENT = "sent"  # the platform's own code says it took it
    HANDED_OVER = "handed_over"  # a person has to confirm it: awaiting_confirm
    REFUSED = "refused"  # permanent: will never be taken
    NOT_NOW = "not_now"  # provably not taken, may be tried again
    RATE_LIMITED = "rate_limited"  # not taken; this address rests for `retry_after`
    UNKNOWN = "unknown"  # may or may not have been taken


class Image(Struct, frozen=True):
    """A picture that goes with a text; `name` is its path as the playbook has it."""

    name: str
    data: bytes

    @property
    def type(self) -> str:
        return next((kind for start, kind in _TYPES.items() if self.data.startswith(start)), "application/octet-stream")


_TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


class Outgoing(Struct, frozen=True):
    """One message on its way. `key` is the idempotency key; `address` is a reference the channel understands (the name
    of a secret for a robot, an id for others), never a secret itself."""

    key: str
    text: str
    address: str = ""
    format: str = "text"  # text | markdown
    mention: tuple[str, ...] = ()
    target: str = ""  # the target's id, for channels that write it down
    campaign: str = ""
    step: str = ""
    slot: str = ""  # RFC 3339, the planned time
    person: str = ""
    image: Image | None = None
    private: bool = False  # for one person of whom no list says how to reach them


class Receipt(Struct, frozen=True):
    outcome: Outcome
    reason: str = ""  # the platform's own code and words, without addresses or secrets
    retry_after: timedelta | None = None
    status: int | None = None  # HTTP status
    excerpt: str = ""  # at most 500 characters of the answer
    id: str = ""  # the platform's id of the message


class Limits(Struct, frozen=True):
    """A channel's limits; every number can be set in the workspace. Zero means none."""

    max_bytes: Mapping[str, int] = field(default_factory=dict)  # by format, UTF-8 bytes of the text
    rate: int = 0  # messages per `per` seconds and address
    per: int = 60
    burst: int = 1

    @property
    def bucket(self) -> tuple[float, int]:
        """Tokens per second and burst of an address: at most `rate` in any `per` seconds, since a full burst and what
        refills meanwhile stay within it (engine.md, token bucket). A rate of 0.0 means unlimited."""
        if not self.rate:
            return 0.0, 1
        burst = max(1, min(self.burst, self.rate - 1))
        return max(self.rate - burst, 1) / self.per, burst


class Channel(Protocol):
    """Blocking and thread-safe: `send` may be called from several threads. It never raises for the world's faults."""

    kind: str
    limits: Limits
    formats: tuple[str, ...]
    images: bool  # whether a picture goes along with the text
    reaches_people: bool  # False: console, file
    mode: str  # auto | manual
    local: bool  # True: `send` takes no time and is called in line
    deduplicates: timedelta | None  # how long the platform honours our key; None: it does not

    def problem(self, message: Outgoing) -> str:
        """Why `send` would refuse the message for its own form (bytes, format, mentions), in English; "" if it would
        not. Needs no network and no secret, so check and dry run ask it too."""

    def send(self, message: Outgoing) -> Receipt: ...

    def close(self) -> None: ...


@runtime_checkable
class LooksUp(Protocol):
    """A channel that can be asked afterwards what became of a message."""

    def lookup(self, key: str, address: str) -> Receipt:
        """SENT: the platform has it; NOT_NOW: it surely has not, whatever the channel's settings were when it was sent,
        and none is on its way; UNKNOWN: it does not say."""


class ChannelSettings(Struct, frozen=True):
    """`[channels.NAME]` of sopengine.toml, checked. `options` are the kind's own keys and hold names of secrets, never
    secrets; paths in them are absolute. `limits` may hold `max_bytes`, `rate`, `per`, `burst`."""

    name: str
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    redirect: str = ""  # "file" or "": where everything goes instead
