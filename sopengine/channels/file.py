"""A message → one line of JSON at the end of a file that only its owner can read; nobody is reached."""

from __future__ import annotations

import json
import os
import stat
import threading
from datetime import timedelta
from pathlib import Path

from sopengine import failpoints
from sopengine.channels.base import ChannelSettings, Limits, Outcome, Outgoing, Receipt
from sopengine.channels.limits import merged, problem_of
from sopengine.channels.options import Option, Options, Value
from sopengine.channels.plain import escaped
from sopengine.channels.secrets import Secrets

DEFAULT_PATH = "outbox.jsonl"
OPTIONS: Options = {"path": Option(Value.PATH)}
_WRITING = threading.Lock()  # several channels may write to one file
_CREATE = os.O_RDWR | os.O_APPEND | os.O_CREAT
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


class File:
    kind = "file"
    formats: tuple[str, ...] = ("text", "markdown")
    images = True
    reaches_people = False
    mode = "auto"
    local = True
    deduplicates: timedelta | None = None

    def __init__(self, settings: ChannelSettings, secrets: Secrets) -> None:
        self.limits = merged(Limits(), settings.limits)
        self._name = settings.name
        self._path = Path(settings.options.get("path", DEFAULT_PATH))

    def problem(self, message: Outgoing) -> str:
        return problem_of(message.text, message, self.limits, self.formats)

    def send(self, message: Outgoing) -> Receipt:
        if problem := self.problem(message):
            return Receipt(Outcome.REFUSED, problem)
        return append(self._path, line(message, self._name))

    def lookup(self, key: str, address: str) -> Receipt:
        return find(self._path, key)

    def close(self) -> None:
        """The file is opened for each message, so that it may be moved away at any time."""


def line(message: Outgoing, channel: str, *, instead: bool = False) -> bytes:
    """The message as one line. `channel` is the channel's name; `instead`: the one this file stands in for."""
    fields = {
        "key": message.key,
        "instead_of" if instead else "channel": channel,
        "campaign": message.campaign,
        "step": message.step,
        "slot": message.slot,
        "target": message.target,
        "address": message.address,
        "person": message.person,
        "format": message.format,
        "mention": list(message.mention),
        "text": message.text,
    }
    if message.image:
        fields["image"] = message.image.name
    return escaped(json.dumps(fields, ensure_ascii=False)).encode() + b"\n"


def append(path: Path, data: bytes) -> Receipt:
    """Add one line and make it durable. A line that an earlier failure left unfinished is closed first."""
    with _WRITING:
        written = 0
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            created = not path.exists()
            handle = os.open(path, _CREATE | _PLAIN, 0o600)
            try:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    return Receipt(Outcome.REFUSED, "the path is not a plain file")
                if _unfinished(handle):
                    os.write(handle, b"\n")
                written = os.write(handle, data)
                failpoints.reached("after_send")
                if written == len(data):
                    os.fsync(handle)
            finally:
                os.close(handle)
            if created:
                _sync_folder(path.parent)
        except OSError as error:
            whole = written == len(data)  # what fsync or close refused may yet be on the disk
            return Receipt(
                Outcome.UNKNOWN if whole else Outcome.NOT_NOW,
                f"writing failed: {error.strerror or type(error).__name__}",
            )
    if written < len(data):  # an unfinished line is no JSON: no reader takes it for a message
        return Receipt(Outcome.NOT_NOW, "writing failed: the disk is full")
    return Receipt(Outcome.SENT, "written")


def find(path: Path, key: str) -> Receipt:
    """SENT where a whole line with this key stands in the file. That there is none says nothing: the file may have been
    moved away, or the channel may have been another one when the message was sent."""
    with _WRITING:
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:
            lines = []
        except OSError as error:
            return Receipt(Outcome.UNKNOWN, f"reading failed: {error.strerror or type(error).__name__}")
    mark = json.dumps(key).encode()
    if any(mark in line and _key_of(line) == key for line in lines):
        return Receipt(Outcome.SENT, "its line is in the file")
    return Receipt(Outcome.UNKNOWN, "it is not in the file")


def _key_of(line: bytes) -> str:
    """ "" for a line that is not whole."""
    try:
        fields = json.loads(line)
    except ValueError:
        return ""
    return str(fields.get("key", "")) if isinstance(fields, dict) else ""


def _unfinished(handle: int) -> bool:
    end = os.lseek(handle, 0, os.SEEK_END)
    if not end:
        return False
    os.lseek(handle, end - 1, os.SEEK_SET)
    return os.read(handle, 1) != b"\n"


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
