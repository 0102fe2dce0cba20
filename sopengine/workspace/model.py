"""What a workspace is, once read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from msgspec import Struct, field

from sopengine.channels.base import ChannelSettings
from sopengine.channels.file import DEFAULT_PATH
from sopengine.diagnostics import Diagnostic, Place, Severity
from sopengine.language.copy_rules import ANYTHING, CopyRules
from sopengine.language.guards import FREE, Guards
from sopengine.store.retention import KEEP, Retention
from sopengine.workspace.operations import Alerts, Listen

FILE_NAME = "sopengine.toml"
DEFAULT_DATABASE = "sqlite:///sopengine.db"


class SourceSettings(Struct, frozen=True):
    """`[sources.NAME]`: a table on disk. `place` is where sopengine.toml names it."""

    path: Path  # absolute
    encoding: str = "utf-8"
    id_column: str = "id"
    place: Place | None = None


class Workspace(Struct, frozen=True):
    """Paths are absolute; `database` is a URL with an absolute path. `calendar_overrides`: day → is it a workday."""

    root: Path
    database: str
    default_channel: str = "console"
    channels: Mapping[str, ChannelSettings] = field(default_factory=dict)
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    language: str = ""  # zh | en | "": by the locale
    calendar_overrides: Mapping[date, bool] = field(default_factory=dict)
    tasks_via: str = ""
    guards: Guards = FREE
    do_not_contact: str = ""  # the source that lists who must never be written to
    alerts: Alerts = Alerts()
    metrics: Listen | None = None
    retention: Retention = KEEP
    copy: CopyRules = ANYTHING
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def has_errors(self) -> bool:
        return any(d.severity is Severity.ERROR for d in self.diagnostics)

    def outbox(self) -> Path:
        """The file of the channel `file`: where redirected channels write."""
        return Path(self.channels["file"].options.get("path", self.root / DEFAULT_PATH))

    def redirect_of(self, channel: str) -> Path | None:
        """Where `channel` writes instead of sending, None if it sends: `open_channel`'s `redirect_to`."""
        return self.outbox() if self.channels[channel].redirect else None
