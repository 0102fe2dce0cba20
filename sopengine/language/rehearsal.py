"""The document of a rehearsal → what is started, what happens meanwhile and what is expected, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from sopengine.diagnostics import Findings, Path, Severity, Text
from sopengine.language.campaign_file import beside, given
from sopengine.language.document import Document
from sopengine.language.shape import check_shape
from sopengine.language.values import as_text
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse import parse_datetime, parse_duration
from sopengine.timing.words import Duration

DEEDS = (
    "event", "metric", "down", "channel", "pause", "resume", "stop",
    "done", "ack", "decline", "hand_over", "approve", "reject", "skip", "resolve", "slip", "upgrade", "patch_copy",
)  # fmt: skip
"""What may happen; each item says exactly one of them."""
_BESIDE_DEED: Mapping[str, tuple[str, ...]] = {
    "event": ("subject", "data", "times", "within"),
    "metric": ("value", "for"),
    "channel": ("answers", "for"),
    "done": ("target", "by", "fields"),
    "ack": ("target", "by"),
    "decline": ("target", "by", "reason"),
    "hand_over": ("to", "by", "reason"),
    "approve": ("by",),
    "reject": ("by", "reason"),
    "skip": ("target", "campaign", "reason"),
    "resolve": ("target", "as", "reason"),
    "stop": ("campaign",),
    "slip": ("to", "campaign", "reason"),
    "upgrade": ("campaign", "reason"),
    "patch_copy": ("campaign", "reason"),
}
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "event": ("subject",),
    "metric": ("value",),
    "channel": ("answers",),
    "decline": ("reason",),
    "hand_over": ("to",),
    "approve": ("by",),
    "reject": ("by", "reason"),
    "skip": ("reason",),
    "resolve": ("as", "reason"),
    "slip": ("to",),
}
FILES = ("upgrade", "patch_copy")
"""Deeds whose value is a file beside the rehearsal."""


NEVER = datetime(1, 1, 1)  # noqa: DTZ001 - stands in for a moment that cannot be read


class Part(Struct, frozen=True):
    """A campaign that takes part; its moments are naive, by its playbook's clock."""

    playbook: str
    start: datetime
    inputs: Mapping[str, str | list[str]] = field(default_factory=dict)
    audiences: Mapping[str, str] = field(default_factory=dict)


class Happening(Struct, frozen=True):
    """`kind` is one of DEEDS, `what` its value, `campaign` the one that is meant, "" for the rehearsal's own; `length`
    says how long it lasts, for what lasts or comes in a row."""

    at: datetime
    kind: str
    what: str
    said: Mapping[str, Any]
    length: Duration | None
    path: Path

    @property
    def campaign(self) -> str:
        return self.text("campaign")

    def text(self, key: str) -> str:
        return as_text(self.said.get(key, ""))


class Expected(Struct, frozen=True):
    step: str
    path: Path
    target: str = ""
    campaign: str = ""
    state: str = ""
    at: datetime | None = None
    text: str = ""
    reason: str = ""
    why: str = ""
    times: int | None = None

    @property
    def asks_only_why(self) -> bool:
        return bool(self.why) and not (self.state or self.text or self.reason or self.times is not None)


class Rehearsal(Struct, frozen=True):
    id: str
    title: str
    main: Part
    until: datetime
    beside: tuple[Part, ...]
    happens: tuple[Happening, ...]
    expects: tuple[Expected, ...]
    document: Document


def read_rehearsal(document: Document, findings: Findings) -> Rehearsal | None:
    """None where something of it is wrong; the findings then say what."""
    before = _errors(findings)
    check_shape(document, findings, "rehearsal")
    if _errors(findings) > before or document.broken:
        return None
    reader = _Reader(document, findings)
    data = document.data
    made = Rehearsal(
        id=str(data["rehearsal"]),
        title=str(data.get("title") or data["rehearsal"]),
        main=reader.part(data, ()),
        until=reader.moment(data, "until", ()),
        beside=tuple(reader.part(one, ("beside", n)) for n, one in enumerate(data.get("beside") or ())),
        happens=tuple(reader.happening(one, ("happens", n)) for n, one in enumerate(data.get("happens") or ())),
        expects=tuple(reader.expected(one, ("expect", n)) for n, one in enumerate(data["expect"])),
        document=document,
    )
    return made if _errors(findings) == before else None


class _Reader:
    """Gives a value for everything, so that all mistakes are found in one reading."""

    def __init__(self, document: Document, findings: Findings) -> None:
        self._document, self._findings = document, findings

    def part(self, data: Mapping[str, Any], path: Path) -> Part:
        file = self._document.file
        return Part(
            playbook=beside(file, str(data["playbook"])),
            start=self.moment(data, "start", path),
            inputs={name: given(value) for name, value in (data.get("inputs") or {}).items()},
            audiences={name: beside(file, str(list_)) for name, list_ in (data.get("audiences") or {}).items()},
        )

    def happening(self, data: Mapping[str, Any], path: Path) -> Happening:
        kinds = [key for key in DEEDS if key in data]
        if len(kinds) != 1:
            listed = ", ".join(DEEDS)
            self._wrong("SOP-S201", path, Text(f"每件事写明一样：{listed}", f"Say one of {listed}, and only one"))
        kind = kinds[0] if kinds else ""
        for key in _NEEDED.get(kind, ()):
            if key not in data:
                self._wrong("SOP-S201", path, Text(f"{kind} 旁边要写 {key}", f"Beside {kind} belongs {key}"))
        for key in data:
            if key not in ("at", *DEEDS, *_BESIDE_DEED.get(kind, ())):
                self._wrong("SOP-S204", (*path, key), Text(f"{key} 不属于 {kind}", f"{key} does not belong to {kind}"))
        what = as_text(data.get(kind, ""))
        if kind in FILES:
            what = beside(self._document.file, what)
        length = self._length(what, (*path, "down")) if kind == "down" else None
        for deed, key in (("channel", "for"), ("event", "within")):
            if kind == deed and key in data:
                length = self._length(as_text(data[key]), (*path, key))
        if kind == "event" and "times" in data and "*" not in as_text([data.get("subject"), data.get("data")]):
            self._wrong(
                "SOP-S201",
                (*path, "times"),
                Text("times 要 subject 里有 *，如 m-*", "times needs a * in subject, such as m-*"),
            )
        return Happening(self.moment(data, "at", path), kind, what, data, length, path)

    def expected(self, data: Mapping[str, Any], path: Path) -> Expected:
        return Expected(
            step=str(data["step"]),
            path=path,
            target=as_text(data.get("target", "")),
            campaign=as_text(data.get("campaign", "")),
            state=str(data.get("state", "")),
            at=self.moment(data, "at", path) if "at" in data else None,
            text=str(data.get("text", "")),
            reason=str(data.get("reason", "")),
            why=str(data.get("why", "")),
            times=data.get("times"),
        )

    def moment(self, data: Mapping[str, Any], key: str, path: Path) -> datetime:
        try:
            return parse_datetime(as_text(data[key])).replace(tzinfo=None)
        except TimeTextError as error:
            self._wrong(error.code, (*path, key), error.message, error.help)
            return NEVER

    def _length(self, text: str, path: Path) -> Duration | None:
        try:
            return parse_duration(text)
        except TimeTextError as error:
            self._wrong(error.code, path, error.message, error.help)
            return None

    def _wrong(self, code: str, path: Path, message: Text, help: Text | None = None) -> None:
        self._findings.add(code, message, self._document.place(path), help=help, path=path)


def _errors(findings: Findings) -> int:
    return sum(found.severity is Severity.ERROR for found in findings)
