"""One typo in a real playbook is one finding, on the line that was mistyped."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from sopengine.diagnostics import Findings
from sopengine.language.reading.reader import read
from sopengine.resources import resource

PLAYBOOKS = sorted(resource("playbooks").glob("*.yaml"))
KEY = re.compile(r"( *(?:- )?)([\w-]+): (\S.*)")
PLAIN = re.compile(r"( *(?:- )?)([\w-]+): ([^\s{\[|>\"'&*].*)")

TYPOS: dict[str, tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = {
    "full-width colon": (KEY, lambda m: f"{m[1]}{m[2]}：{m[3]}"),
    "no space after the colon": (KEY, lambda m: f"{m[1]}{m[2]}:{m[3]}"),
    "no colon": (PLAIN, lambda m: f"{m[1]}{m[2]} {m[3]}"),
    "full-width space": (KEY, lambda m: f"{m[1]}{m[2]}:\u3000{m[3]}"),
    "one space more": (KEY, lambda m: " " + m[0]),
    "one space less": (re.compile(r"  +(?:- )?[\w-]+: \S.*"), lambda m: m[0][1:]),
    "tab": (re.compile(r" +((?:- )?[\w-]+: \S.*)"), lambda m: "\t" + m[1]),
    "quote not closed": (PLAIN, lambda m: f'{m[1]}{m[2]}: "{m[3]}'),
    "full-width quote": (PLAIN, lambda m: f'{m[1]}{m[2]}: "{m[3]}”'),
    "bracket not closed": (re.compile(r"( *(?:- )?[\w-]+: [\[{][^{].*)[\]}]"), lambda m: m[1]),
    "one bracket more": (re.compile(r" *(?:- )?[\w-]+: [\[{][^{].*[\]}]"), lambda m: m[0] + "}"),
    "template not quoted": (PLAIN, lambda m: f"{m[1]}{m[2]}: {{{{ input.x }}}} {m[3]}"),
    "mention not quoted": (PLAIN, lambda m: f"{m[1]}{m[2]}: @{m[3]}"),
    "star not quoted": (PLAIN, lambda m: f"{m[1]}{m[2]}: *{m[3]}"),
    "topic": (PLAIN, lambda m: f"{m[1]}{m[2]}: #{m[3]}"),
    "no space after the dash": (re.compile(r"( *)- (\w.*)"), lambda m: f"{m[1]}-{m[2]}"),
    "full-width dash": (re.compile(r"( *)- (\w.*)"), lambda m: f"{m[1]}－ {m[2]}"),
    "key twice": (PLAIN, lambda m: f"{m[0]}\n{' ' * len(m[1])}{m[2]}: {m[3]}"),
}


@pytest.mark.parametrize("typo", TYPOS)
def test_a_typo_is_one_finding_on_its_line(typo: str) -> None:
    pattern, spoil = TYPOS[typo]
    tried, wrong = 0, []
    for playbook in PLAYBOOKS:
        text = playbook.read_text(encoding="utf-8")
        lines = text.split("\n")
        document = read(text.encode(), playbook.name, Findings())
        assert document is not None
        spots = list(document.spots.values())
        texts = {n for s in spots if s.style for n in range(s.value.line + 1, s.value.end_line + 1)}
        keys = sorted({s.key.line for s in spots if s.key} - texts)
        fitting = [n for n in keys if pattern.fullmatch(lines[n - 1])]
        for number in fitting[:: max(len(fitting) // 12, 1)]:
            found = pattern.fullmatch(lines[number - 1])
            assert found is not None
            spoiled = [*lines[: number - 1], spoil(found), *lines[number:]]
            findings = Findings()
            read("\n".join(spoiled).encode(), playbook.name, findings)
            tried += 1
            at = number + (typo == "key twice")
            if [d.place.line for d in findings if d.place] != [at]:
                wrong.append((playbook.name, spoil(found), list(findings)))
    assert tried
    assert len(wrong) <= tried * 0.03, wrong
