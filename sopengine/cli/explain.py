"""`sopengine explain [CODE]`: a finding's code in, what it means, why it matters and how it is written right out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from sopengine.cli.options import argument, json_flag
from sopengine.cli.output import columns, language, say, say_json
from sopengine.diagnostics import CODES, Code, Severity, Text
from sopengine.errors import UsageError

SEVERITIES = {
    Severity.ERROR: Text("错误", "error"),
    Severity.WARNING: Text("警告", "warning"),
    Severity.NOTE: Text("提示", "note"),
}
STAGES = {
    "check": Text("sopengine check 就能发现", "Found by sopengine check"),
    "workspace": Text("在工作区里 sopengine check 才能发现", "Found by sopengine check inside a workspace"),
    "dry-run": Text("sopengine dry-run 才能发现", "Found by sopengine dry-run"),
}


def command(lang: str) -> click.Command:
    about = Text(
        "解释一个错误代码，如 SOP-S204：什么意思、为什么要紧、怎么改。不写代码就列出各类。",
        "Explain the code of a finding, such as SOP-S204: what it means, why it matters, how to mend it. "
        "Without a code: the families.",
    )
    params: list[click.Parameter] = [argument("code", required=False), json_flag(lang)]
    return click.Command("explain", callback=explain, params=params, help=about.get(lang))


def explain(code: str | None, as_json: bool) -> None:
    lang = language()
    wanted = (code or "").strip()
    families = _families(wanted)
    if families:
        documents = [_family(name, lang) for name in families]
        if as_json:
            say_json({"schema_version": 1, "families": documents})
        else:
            say("\n".join(_overview(documents, lang) if not wanted else _listing(documents[0])))
        return
    found = _code(wanted)
    if as_json:
        say_json({"schema_version": 1, **_document(found, lang)})
    else:
        say("\n".join(_page(found, lang, columns())))


def _families(wanted: str) -> list[str]:
    """Those asked for: all, the one named (`R3`, `R3xx`), or none where a code is named."""
    from sopengine.review.explanations import FAMILIES

    name = wanted.upper().removeprefix("SOP-").removesuffix("XX")
    return list(FAMILIES) if not wanted else [name] if name in FAMILIES else []


def _code(wanted: str) -> str:
    """The code meant by `S204`, `sop-s204` or `unknown-key`; UsageError with a guess for anything else."""
    from sopengine.language.suggest import closest

    upper = wanted.upper()
    spelt = upper if upper.startswith("SOP-") else f"SOP-{upper}"
    by_name = {known.name: code for code, known in CODES.items()}
    found = by_name.get(wanted.lower(), spelt)
    if found in CODES:
        return found
    name = closest(wanted.lower(), by_name)
    near = closest(spelt, CODES) or (by_name[name] if name else None)
    raise UsageError(
        Text(f"没有代码 {wanted}", f"there is no code {wanted}"),
        Text(f"是不是 {near}？", f"did you mean {near}?")
        if near
        else Text("sopengine explain 列出各类代码", "sopengine explain lists the families of codes"),
    )


def _document(code: str, lang: str) -> dict[str, Any]:
    from sopengine.review.explanations import explanation

    known, told = CODES[code], explanation(code)
    return {
        **_line(code, known, lang),
        "stage": known.stage,
        "means": told.means.get(lang),
        "matters": told.matters.get(lang),
        "wrong": told.wrong,
        "right": told.right,
    }


def _line(code: str, known: Code, lang: str) -> dict[str, Any]:
    return {"code": code, "name": known.name, "severity": known.severity.value, "title": known.title.get(lang)}


def _family(name: str, lang: str) -> dict[str, Any]:
    from sopengine.review.explanations import FAMILIES

    codes = [_line(code, known, lang) for code, known in CODES.items() if code.startswith(f"SOP-{name}")]
    return {"family": f"{name}xx", "title": FAMILIES[name].get(lang), "codes": codes}


def _overview(families: list[dict[str, Any]], lang: str) -> Iterator[str]:
    for family in families:
        count = len(family["codes"])
        codes = Text(f"{count} 个代码", f"{count} codes").get(lang)
        yield f"{family['family']}  {family['title']}{Text('，', ', ').get(lang)}{codes}"
    yield ""
    yield Text(
        "sopengine explain R3 列出一类，sopengine explain SOP-R301 解释一个。",
        "sopengine explain R3 lists a family, sopengine explain SOP-R301 explains a code.",
    ).get(lang)


def _listing(family: dict[str, Any]) -> Iterator[str]:
    from sopengine.review.columns import pad

    yield f"{family['family']}  {family['title']}"
    wide = max(len(line["name"]) for line in family["codes"])
    for line in family["codes"]:
        yield f"  {line['code']}  {pad(line['name'], wide)}  {line['title']}"


def _page(code: str, lang: str, width: int) -> Iterator[str]:
    from sopengine.review.columns import wrap
    from sopengine.review.explanations import explanation

    known, told = CODES[code], explanation(code)
    severity, stage = SEVERITIES[known.severity].get(lang), STAGES[known.stage].get(lang)
    yield f"{code}  {known.name}  {severity}"
    yield known.title.get(lang)
    for heading, said in ((_MEANS, told.means), (_MATTERS, told.matters)):
        yield ""
        yield heading.get(lang)
        yield from (f"  {line}" for line in wrap(said.get(lang), width - 2))
    for heading, example in ((_WRONG, told.wrong), (_RIGHT, told.right)):
        yield ""
        yield heading.get(lang)
        yield from (f"    {line}".rstrip() for line in example.rstrip("\n").split("\n"))
    yield ""
    yield f"{stage}{Text('。', '.').get(lang)}"
    if known.severity is not Severity.ERROR and not code.startswith("SOP-S22"):
        yield Text(
            f"确实没问题，就在那一行末尾写 # sopengine: ignore {code} 原因",
            f"Where it is right as it is, end the line with # sopengine: ignore {code} REASON",
        ).get(lang)


_MEANS = Text("什么意思", "What it means")
_MATTERS = Text("为什么要紧", "Why it matters")
_WRONG = Text("错误的写法", "Wrong")
_RIGHT = Text("正确的写法", "Right")
