"""The name of a secret → its value, from where the operator keeps it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from sopengine.channels.masking import hide
from sopengine.diagnostics import Text
from sopengine.errors import SopError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_LOOKS_LIKE_A_KEY = re.compile(r"://|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-|[0-9a-fA-F]{24,}|[?&=/]")
_MAX_BYTES = 65536


class Secrets:
    """Looks up `$CREDENTIALS_DIRECTORY/NAME`, then `$SOPENGINE_SECRET_NAME` or `$NAME`, then `ROOT/secrets/NAME`.

    Read anew each time, so a changed key needs no restart. Values given out are hidden from every text (masking.py).
    """

    def __init__(self, root: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._root = root
        self._environ = environ

    def get(self, name: str) -> str | None:
        """The secret without surrounding white space, or None. SopError if its file is unreadable or open to others."""
        if not _NAME.fullmatch(name):
            return None
        value = self._from_credentials(name) or self._from_environment(name) or self._from_file(name)
        if value:
            hide(value)
        return value or None

    def __repr__(self) -> str:
        return "Secrets(…)"

    def _from_credentials(self, name: str) -> str:
        folder = self._environ.get("CREDENTIALS_DIRECTORY")
        return _read(Path(folder) / name, name, only_ours=False) if folder else ""

    def _from_environment(self, name: str) -> str:
        prefixed = "SOPENGINE_SECRET_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
        value = (self._environ.get(prefixed) or self._environ.get(name) or "").strip()
        if not value.isprintable():
            raise _unreadable(name, "not plain text")
        return value

    def _from_file(self, name: str) -> str:
        return _read(self._root / "secrets" / name, name, only_ours=True)


def names_a_secret(name: str) -> bool:
    """Whether it can be the name of a secret, and does not look like a key itself."""
    return bool(_NAME.fullmatch(name)) and not _LOOKS_LIKE_A_KEY.search(name)


def unknown_secret(name: str) -> str:
    """The reason for a missing secret; a name that looks like a key itself is not repeated."""
    if names_a_secret(name):
        return f"no secret named {name}"
    return "the address is not the name of a secret (a key or a URL must not stand there)"


def _read(path: Path, name: str, *, only_ours: bool) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if only_ours and os.name == "posix" and mode & 0o077:
                raise SopError(
                    Text(f"密钥文件 secrets/{name} 别人也能读", f"the secret file secrets/{name} is open to others"),
                    Text(f"运行 chmod 600 secrets/{name}", f"run chmod 600 secrets/{name}"),
                )
            data = file.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise _unreadable(name, error.strerror or "") from None
    if len(data) > _MAX_BYTES:
        raise _unreadable(name, "longer than 64 KiB")
    try:
        value = data.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise _unreadable(name, "not UTF-8") from None
    if not value.isprintable():
        raise _unreadable(name, "not plain text")
    return value


def _unreadable(name: str, why: str) -> SopError:
    return SopError(Text(f"密钥 {name} 读不了：{why}", f"secret {name} cannot be read: {why}"))
