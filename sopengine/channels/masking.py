"""What this process has read as a secret, and any text → the text without it, however it is written there.

The one place that hides secrets. Whatever leaves the process passes it at one of three gates: what a channel tells of
an answer (and the ledger keeps), a line of the log, and a failure on its way to the terminal.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from threading import Lock
from urllib.parse import parse_qsl, quote, unquote, urlsplit

MASK = "[secret]"
_SHORTEST = 4  # a shorter value would take half of any text with it
_SHORTEST_PART = 8  # of a URL: a shorter one is a word such as `text` or `webhook`
_LAYERS = 3  # an answer that quotes a request in JSON inside HTML is decoded twice
_ESCAPES = re.compile(
    r"""(?:%[0-9A-Fa-f]{2})+ | (?:\\u[0-9A-Fa-f]{4})+ | (?:\\x[0-9A-Fa-f]{2})+ | \\["'/\\nrt]
    | &(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[a-z]{2,6}); | [\0\r\n]+""",
    re.VERBOSE,
)
_BROKEN_OFF = re.compile(r"(?:%[0-9A-Fa-f]?|\\(?:u[0-9A-Fa-f]{0,3}|x[0-9A-Fa-f]?)?|&\#?[0-9A-Za-z]{0,7}|\ufffd+)\Z")
_KEY = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[^/?&=\s]{12,}")
"""Long, of letters and digits: no word of a path."""
_SMALL = str.maketrans("ABCDEF", "abcdef")

_hidden: tuple[str, ...] = ()
_adding = Lock()


def hide(value: str) -> None:
    """From now on `masked` takes it out of every text; of a URL also what only a key can be: password, query, path."""
    global _hidden
    if value in _hidden:
        return
    with _adding:
        found = {*_hidden, value, *(part for part in _parts(value) if len(part) >= _SHORTEST_PART)}
        _hidden = tuple(sorted((one for one in found if len(one) >= _SHORTEST), key=len, reverse=True))


def hide_keys_of(url: str) -> tuple[str, ...]:
    """What a URL that is no secret itself holds of keys, hidden as `hide` does; so that somebody can be told of it."""
    found = tuple(dict.fromkeys(piece for piece in _parts(url) if _KEY.fullmatch(piece)))
    for key in found:
        hide(key)
    return found


def masked(text: str, *, cut: bool = False) -> str:
    """`text` without any secret read so far: as it is, in base64 and hexadecimal, and each of these percent-encoded,
    escaped as in JSON, HTML or a program, or in UTF-16. `cut`: it may break off inside a secret."""
    if not _hidden or (len(text) < len(_hidden[-1]) and not cut):
        return text
    if cut:
        text = _BROKEN_OFF.sub("", text)
    found: list[tuple[int, int]] = []
    shown, places = text, [(at, at + 1) for at in range(len(text))]
    for _ in range(_LAYERS + 1):
        found += [(places[start][0], places[end - 1][1]) for start, end in _secrets_in(shown, cut)]
        decoded, places = _decoded(shown, places)
        if decoded == shown:
            break
        shown = decoded
    return _without(text, found) if found else text


def _secrets_in(text: str, cut: bool) -> Iterator[tuple[int, int]]:
    small = text.translate(_SMALL)
    for value in _hidden:
        if len(value) > len(text) and not cut:  # no form is shorter than the value
            continue
        for form, inside in (*((form, text) for form in _forms(value)), (_hex(value), small)):
            start = inside.find(form)
            while start >= 0:
                yield start, start + len(form)
                start = inside.find(form, start + 1)
            if cut and (rest := _beginning(form, inside)):
                yield len(text) - rest, len(text)


def _beginning(form: str, text: str) -> int:
    """How many signs at the end of `text` are the beginning of `form`."""
    most = min(len(form) - 1, len(text))
    return next((n for n in range(most, _SHORTEST - 1, -1) if text.endswith(form[:n])), 0)


@lru_cache(maxsize=4096)
def _forms(value: str) -> tuple[str, ...]:
    found = {value, value.replace(" ", "+")}
    for raw in {value.encode(), quote(value, safe="").encode()}:
        for offset in range(3):  # base64 of a longer text that holds the secret at any of three alignments
            lead = -(-offset * 8 // 6)
            whole = (offset + len(raw)) * 8 // 6
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                found.add(encode(b"\0" * offset + raw).decode()[lead:whole])
    return tuple(form for form in found if len(form) >= _SHORTEST)


@lru_cache(maxsize=4096)
def _hex(value: str) -> str:
    return value.encode().hex()


def _parts(value: str) -> Iterator[str]:
    if "://" not in value:
        return
    try:
        url = urlsplit(value)
    except ValueError:
        return
    pieces = [url.password or "", *url.path.split("/"), url.path + (f"?{url.query}" if url.query else "")]
    for piece in (*pieces, *(word for pair in parse_qsl(url.query) for word in pair[1:])):
        yield piece
        yield unquote(piece)


def _decoded(text: str, places: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """One layer of escapes taken off; `places` keeps for each sign where it stood at first."""
    out, new, at = "", [], 0
    for match in _ESCAPES.finditer(text):
        sign = _meaning(match[0])
        out += text[at : match.start()] + sign
        new += places[at : match.start()]
        new += [(places[match.start()][0], places[match.end() - 1][1])] * len(sign)
        at = match.end()
    return out + text[at:], new + places[at:]


def _meaning(escape: str) -> str:
    match escape[:2]:
        case "\\u":
            return str(json.loads(f'"{escape}"'))
        case "\\x":
            return bytes.fromhex(escape.replace("\\x", "")).decode("utf-8", "replace")
        case "\\n" | "\\r" | "\\t":
            return ""
        case pair if pair[0] == "\\":
            return pair[1]
        case pair if pair[0] == "%":
            return unquote(escape, errors="replace")
        case pair if pair[0] == "&":
            return html.unescape(escape)
    return ""  # NUL between the letters of UTF-16, the line ends of wrapped base64


def _without(text: str, found: list[tuple[int, int]]) -> str:
    out, at = "", 0
    for start, end in sorted(found):
        if start >= at:
            out += text[at:start] + MASK
        at = max(at, end)
    return out + text[at:]
