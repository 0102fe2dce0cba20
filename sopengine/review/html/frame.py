"""The body of a page in, the whole file out: it asks the network for nothing and runs nothing but its own script."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from markupsafe import Markup

from sopengine.review.columns import harmless
from sopengine.review.html.markup import NOTHING, tag

_HERE = Path(__file__).parent


def beginning(kind: str) -> str:
    """How a page of ours begins, by which it is known again before it is written over."""
    return f"<!doctype html>\n<!-- sopengine {kind} -->\n"


def framed(
    kind: str,
    title: str,
    style: str,
    inside: list[Markup],
    *,
    script: str = "",
    live: Markup = NOTHING,
    lang: str,
) -> str:
    """Equal inputs give equal bytes. With `live`, which then stands on top, the page looks for a newer one at the
    address it came from."""
    if live:
        style, script = style + asset("live.css"), script + asset("live.js")
    body = tag("body", live, *inside, *([Markup(f"<script>{script}</script>")] if script else []))
    head = _head(title, style, script, "; connect-src 'self'" if live else "")
    return f"{beginning(kind)}{tag('html', chr(10), head, chr(10), body, lang='zh-CN' if lang == 'zh' else 'en')}\n"


def asset(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _head(title: str, style: str, script: str, asks: str) -> Markup:
    allowed = f"style-src {_hash(style)}" + (f"; script-src {_hash(script)}" if script else "")
    policy = f"default-src 'none'; {allowed}{asks}; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", harmless(title)),
        Markup(f"<style>{style}</style>"),
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
