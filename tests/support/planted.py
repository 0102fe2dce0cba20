"""Secrets that are planted where secrets come from, and every form in which one of them could be found again.

The forms are made here by other means than those by which the program hides them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

CREDENTIAL = "cred-b2Zm/47+ab=cd8e"
ENVIRONMENT = "9f1c5b77-aa10-4d2e-8c3f-5be0c1d2e3f4"
FILE = "SEC\"sign&in'g\\é钥 9x<z>"
TOKEN = "tok~Kd83(jfu)!29*s"
PATH = "T0/B1/zX9-path-Qw3rty"
PASSWORD = "pg%pass:w0rd"
SECRETS = (CREDENTIAL, ENVIRONMENT, FILE, TOKEN, PATH, PASSWORD)


def encodings(secret: str) -> dict[str, bytes]:
    """How a server, a proxy or a program may write `secret`, by name."""
    raw = secret.encode()
    every = "".join(f"%{byte:02X}" for byte in raw)
    found = {
        "raw": raw,
        "url": quote(secret, safe="").encode(),
        "url, small digits": _small(quote(secret, safe="")).encode(),
        "url, as browsers do": quote(secret, safe="!'()*~").encode(),
        "url, path": quote(secret, safe="/:@!$&'()*+,;=~").encode(),
        "url, every byte": every.encode(),
        "url, twice": quote(quote(secret, safe=""), safe="").encode(),
        "form": quote(secret, safe="").replace("%20", "+").encode(),
        "json": json.dumps(secret)[1:-1].encode(),
        "json, letters as they are": json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
        "json, slashes escaped": json.dumps(secret)[1:-1].replace("/", "\\/").encode(),
        "json, every sign": "".join(f"\\u{ord(sign):04X}" for sign in secret).encode(),
        "json in json": json.dumps(json.dumps(secret)[1:-1])[1:-1].encode(),
        "html": html.escape(secret).encode(),
        "html, numbers": "".join(f"&#{ord(sign)};" for sign in secret).encode(),
        "html, hexadecimal": "".join(f"&#x{ord(sign):x};" for sign in secret).encode(),
        "python": repr(raw)[2:-1].encode(),
        "hex": raw.hex().encode(),
        "hex, large": raw.hex().upper().encode(),
        "utf-16": secret.encode("utf-16-le"),
    }
    for before in range(3):
        whole = base64.b64encode(b"&" * before + raw + b"&and more")
        found[f"base64 at {before}"] = whole
        found[f"base64 for urls at {before}"] = whole.replace(b"+", b"-").replace(b"/", b"_")
        found[f"base64 in a url at {before}"] = quote(whole.decode(), safe="").encode()
        found[f"base64 over lines at {before}"] = b"\r\n".join(whole[n : n + 8] for n in range(0, len(whole), 8))
    return found


def _small(quoted: str) -> str:
    return re.sub("%..", lambda digits: digits[0].lower(), quoted)


def marks(secret: str) -> Iterator[tuple[str, bytes]]:
    """What must not be found anywhere: of base64 the signs that depend on the secret alone."""
    raw = secret.encode()
    for name, form in encodings(secret).items():
        if not name.startswith("base64"):
            yield name, form
    for before in range(3):
        for alphabet in (None, b"-_"):
            whole = base64.b64encode(b"\0" * before + raw, alphabet).rstrip(b"=")
            alone = whole[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
            yield f"base64 at {before}", alone
            yield f"base64 at {before}, in a url", quote(alone.decode(), safe="").encode()


def found_in(data: bytes | str, secrets: Iterable[str] = SECRETS) -> list[str]:
    """Which secrets stand in `data`, and how they are written there."""
    data = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    return [f"{secret} ({name})" for secret in secrets for name, form in marks(secret) if form in data]


def found_beneath(folder: Path, where_they_belong: Iterable[Path] = ()) -> list[str]:
    """The same of every file beneath the folder, as its bytes are."""
    keep = set(where_they_belong)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path not in keep)
    return [f"{path.relative_to(folder)}: {one}" for path in files for one in found_in(path.read_bytes())]
