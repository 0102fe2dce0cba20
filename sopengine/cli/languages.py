"""Which language to speak, from the command line and the environment; and the words of the command line itself."""

from __future__ import annotations

import locale
from collections.abc import Mapping, Sequence

from msgspec import Struct

from sopengine.diagnostics import Text

TEXTS = {
    "about": Text(
        "把私域运营的 SOP 剧本（YAML）变成可检查、可预演、可执行、有记录的活动。\n\n"
        "先 check，再 dry-run，确认无误后 start，然后 run。",
        "Turn SOP playbooks (YAML) for community operations into campaigns that are checked, rehearsed, carried out "
        "and logged.\n\nFirst check, then dry-run, then start, then run.",
    ),
    "commands": Text("命令", "Commands"),
    "lang": Text("输出语言：zh 中文，en 英文", "Language of the output: zh or en"),
    "help": Text("显示用法", "Show this help"),
    "version": Text("显示版本", "Show the version"),
}


class Voice(Struct):
    """The language a command speaks, "zh" or "en". `chosen` by the user, it outranks the workspace's own."""

    lang: str
    chosen: bool


def voice_of(args: Sequence[str], environment: Mapping[str, str]) -> Voice:
    """`--lang`, else SOPENGINE_LANG, else the locale."""
    asked = _asked(args) or environment.get("SOPENGINE_LANG", "")
    if asked in ("zh", "en"):
        return Voice(asked, chosen=True)
    names = [environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    # Windows sets none of these; there the C library knows the user's language ("Chinese (Simplified)_China").
    spoken = next(filter(None, names), None) or locale.getlocale()[0] or ""
    return Voice("zh" if spoken.lower().startswith(("zh", "chinese")) else "en", chosen=False)


def _asked(args: Sequence[str]) -> str:
    for position, word in enumerate(args):
        if word == "--":
            break
        if word == "--lang" and position + 1 < len(args):
            return args[position + 1]
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
    return ""
