"""What the daemon says while it works: one event is one line, without secrets and without telephone numbers."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from sopengine.cli.output import one_line
from sopengine.errors import SopError

if TYPE_CHECKING:
    from sopengine.channels.base import ChannelSettings
    from sopengine.engine.tick import Pass
    from sopengine.workspace import Workspace

FORMS = ("text", "json")
NUMBER = re.compile(r"(?<![0-9A-Za-z:.-])\+?\d{7,}(?![0-9A-Za-z:.-])")
"""Telephone and card numbers; keys, moments and versions are none."""
HIDDEN = "[number]"
_NAMES_OF_SECRETS = ("secret", "url_secret")

log = logging.getLogger("sopengine.run")


class Lines(logging.Formatter):
    """Text for people: time, level, message. `json`: one object a line, with the fields of the event beside them."""

    def __init__(self, form: str, clean: Callable[[str], str]) -> None:
        super().__init__()
        self._json, self._clean = form == "json", clean

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        if record.exc_info:
            message = f"{message}\n{self.formatException(record.exc_info)}"
        message = self._clean(message)
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        if not self._json:
            return one_line(f"{at} {record.levelname.lower()} {message}")
        told: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "from": record.name, "message": message}
        return json.dumps({**told, **getattr(record, "fields", {})})  # ASCII: no sign of a message ends a line


def configure(place: Workspace, form: str, stream: IO[str]) -> None:
    """The log of this process goes to `stream`; libraries say only what is wrong."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines(form, cleaner(place)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("sopengine").setLevel(logging.INFO)


def threads_too() -> None:
    """What breaks in a thread is told by the log like everything else, for the rest of this process."""

    def broke(what: threading.ExceptHookArgs) -> None:
        if what.exc_value is not None:
            name = what.thread.name if what.thread else "?"
            log.error("thread %s broke", name, exc_info=(what.exc_type, what.exc_value, what.exc_traceback))

    threading.excepthook = broke


def cleaner(place: Workspace) -> Callable[[str], str]:
    """Secrets are read anew for each line: one that was changed while the daemon runs is hidden too."""
    from sopengine.channels.masking import masked
    from sopengine.channels.secrets import Secrets

    names = [name for settings in place.channels.values() for name in _secrets_of(settings)]
    secrets = Secrets(place.root)

    def clean(text: str) -> str:
        for name in names:
            try:
                secrets.get(name)
            except SopError:
                continue  # it cannot be read, so it cannot have been given out either
        return NUMBER.sub(HIDDEN, masked(text))

    return clean


def _secrets_of(settings: ChannelSettings) -> Iterator[str]:
    for key in _NAMES_OF_SECRETS:
        if value := settings.options.get(key):
            yield str(value)


def tell_pass(done: Pass) -> None:
    """A pass that did nothing says nothing."""
    fields: Mapping[str, int] = {
        "occurrences": done.fanned_out,
        "deliveries": done.claimed,
        "missed": done.missed,
        "reaped": done.reaped,
    }
    if any(fields.values()):
        told = ", ".join(f"{name} {count}" for name, count in fields.items() if count)
        log.info("pass: %s", told, extra={"fields": fields})
