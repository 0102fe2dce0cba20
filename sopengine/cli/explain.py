"""`sopengine explain CODE`: a finding's code in, what it means out."""

from __future__ import annotations

from difflib import get_close_matches

import click

from sopengine.cli.options import argument, json_flag
from sopengine.cli.output import language, say, say_json
from sopengine.diagnostics import CODES, Severity, Text
from sopengine.errors import UsageError


def command(lang: str) -> click.Command:
    about = Text("解释一个错误代码，如 SOP-S204。", "Explain the code of a finding, such as SOP-S204.")
    return click.Command("explain", callback=explain, params=[argument("code"), json_flag(lang)], help=about.get(lang))


def explain(code: str, as_json: bool) -> None:
    lang = language()
    wanted = code.strip().upper()
    wanted = wanted if wanted.startswith("SOP-") else f"SOP-{wanted}"
    wanted = next((c for c, known in CODES.items() if known.name == code.strip().lower()), wanted)
    if wanted not in CODES:
        near = get_close_matches(wanted, CODES, 1)
        guess = Text(f"是不是 {near[0]}？", f"did you mean {near[0]}?") if near else None
        raise UsageError(Text(f"没有代码 {code}", f"there is no code {code}"), guess)
    found = CODES[wanted]
    if as_json:
        title = found.title.get(lang)
        say_json(
            {"schema_version": 1, "code": wanted, "name": found.name, "severity": found.severity.value, "title": title}
        )
        return
    severity = Text("错误", "error") if found.severity is Severity.ERROR else Text("警告", "warning")
    say(
        f"{wanted} {found.name}（{severity.zh}）\n{found.title.zh}"
        if lang == "zh"
        else f"{wanted} {found.name} ({severity.en})\n{found.title.en}"
    )
