"""A message → a few lines on standard output; nobody is reached."""

from __future__ import annotations

import sys
import threading
from datetime import timedelta

from sopengine.channels.base import ChannelSettings, Limits, Outcome, Outgoing, Receipt
from sopengine.channels.limits import merged, problem_of
from sopengine.channels.options import Options
from sopengine.channels.plain import escaped
from sopengine.channels.secrets import Secrets

OPTIONS: Options = {}
_WRITING = threading.Lock()  # one message stays together, whichever channel object prints it


class Console:
    kind = "console"
    formats: tuple[str, ...] = ("text", "markdown")
    images = True
    reaches_people = False
    mode = "auto"
    local = True
    deduplicates: timedelta | None = None

    def __init__(self, settings: ChannelSettings, secrets: Secrets) -> None:
        self.limits = merged(Limits(), settings.limits)

    def problem(self, message: Outgoing) -> str:
        return problem_of(message.text, message, self.limits, self.formats)

    def send(self, message: Outgoing) -> Receipt:
        if problem := self.problem(message):
            return Receipt(Outcome.REFUSED, problem)
        encoding = sys.stdout.encoding or "utf-8"
        text = _lines(message).encode(encoding, "backslashreplace").decode(encoding)
        with _WRITING:
            try:
                sys.stdout.write(text)
                sys.stdout.flush()
            except (OSError, ValueError) as error:  # ValueError: standard output is closed
                return Receipt(Outcome.UNKNOWN, f"standard output failed: {type(error).__name__}")
        return Receipt(Outcome.SENT, "printed")

    def close(self) -> None:
        """Nothing is held open."""


def _lines(message: Outgoing) -> str:
    head = [message.slot, "/".join(filter(None, (message.campaign, message.step)))]
    head.append(f"→ {message.target or message.address or '-'}")
    if message.mention:
        head.append("@" + " @".join(message.mention))
    if message.image:
        head.append(f"[{message.image.name}]")
    return f"── {escaped(' '.join(filter(None, head)))}\n{escaped(message.text, keep=chr(10)).rstrip(chr(10))}\n\n"
