"""sopengine.toml → the workspace: database, channels, sources, calendar, with findings where it is wrong."""

from sopengine.workspace.model import FILE_NAME, SourceSettings, Workspace
from sopengine.workspace.opening import open_channels
from sopengine.workspace.reading import default_workspace, find_workspace, load_workspace
from sopengine.workspace.sources import Sources, read_sources

__all__ = [
    "FILE_NAME",
    "SourceSettings",
    "Sources",
    "Workspace",
    "default_workspace",
    "find_workspace",
    "load_workspace",
    "open_channels",
    "read_sources",
]
