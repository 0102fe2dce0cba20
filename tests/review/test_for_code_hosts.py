"""What `--format github` and `--format sarif` print, read as the code hosts read them."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

import pytest

from sopengine.diagnostics import CODES, Diagnostic, Edit, Fix, Place, Severity, Text
from sopengine.language.ignores import Ignored
from sopengine.review.reporter import report

ODD = "剧本/一号,50%: 新.yaml"
TYPO = Diagnostic(
    "SOP-S204",
    Text("没有键 viaa，100% 不对\n第二行", "no key viaa, 100% wrong\nsecond line"),
    Place(ODD, 12, 5, 12, 9),
    Text("改成 via", "write via"),
    fix=Fix((Edit(Place(ODD, 12, 5, 12, 9), "via"), Edit(Place("b.yaml", 1, 1, 1, 1), "x")), safe=True),
)
LONG = Diagnostic("SOP-R307", Text("没有用到", "unused"), Place("a.yaml", 3, 2, 5, 9))
NOWHERE = Diagnostic("SOP-D603", Text("没有数据\x1b[2J::error::假", "no data\x1b[2J::error::fake"))
FOUND = [TYPO, LONG, NOWHERE]


def read_annotation(line: str) -> tuple[str, dict[str, str], str]:
    """As the runner does: command, properties and message, unescaped."""
    found = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
    assert found, line
    properties = dict(part.split("=", 1) for part in found[2].split(","))
    return found[1], {name: unescaped(value) for name, value in properties.items()}, unescaped(found[3])


def unescaped(text: str) -> str:
    for written, sign in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(written, sign)
    return text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_runner_reads_back_what_was_found(lang: str) -> None:
    lines = report(FOUND, {}, lang=lang, form="github").split("\n")
    assert len(lines) == len(FOUND)
    read = {
        properties["title"].split()[0]: (command, properties, said)
        for command, properties, said in map(read_annotation, lines)
    }
    for d in FOUND:
        command, properties, said = read[d.code]
        assert command == {"note": "notice"}.get(d.severity.value, d.severity.value)
        assert said.startswith(d.message.get(lang).replace("\x1b", "\\x1b"))
        if d.place is None:
            assert properties.keys() == {"title"}
        else:
            assert (properties["file"], properties["line"]) == (d.place.file, str(d.place.line))
            assert ("col" in properties) == (d.place.line == d.place.end_line)


def test_no_message_can_make_an_annotation_of_its_own() -> None:
    shown = report([NOWHERE], {}, lang="zh", form="github")
    assert shown.count("\n") == 0
    assert "\x1b" not in shown


LEVELS = {"error", "warning", "note", "none"}


def check_region(region: dict[str, Any]) -> None:
    assert region.keys() <= {"startLine", "startColumn", "endLine", "endColumn"}
    assert all(isinstance(value, int) and value >= 1 for value in region.values())
    assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])


def check_uri(location: dict[str, Any]) -> None:
    assert re.fullmatch(r"(file:///)?[A-Za-z0-9._~/%!$&'()*+;=@-]+", location["uri"]), location


def check_log(log: dict[str, Any]) -> None:
    """The parts of sarif-schema-2.1.0 that we use: required keys, types, and references that hold."""
    assert log.keys() == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run.keys() <= {"tool", "columnKind", "results", "language"}
    assert run["columnKind"] in ("unicodeCodePoints", "utf16CodeUnits")
    driver = run["tool"]["driver"]
    assert driver["name"]
    rules = driver["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in LEVELS
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["level"] in LEVELS
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        for location in result.get("locations", []):
            physical = location["physicalLocation"]
            check_uri(physical["artifactLocation"])
            check_region(physical["region"])
        for fix in result.get("fixes", []):
            assert fix["artifactChanges"]
            for change in fix["artifactChanges"]:
                check_uri(change["artifactLocation"])
                assert change["replacements"]
                for replacement in change["replacements"]:
                    check_region(replacement["deletedRegion"])
                    assert isinstance(replacement["insertedContent"]["text"], str)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("found", [FOUND, []])
def test_sarif_keeps_to_the_published_structure(found: list[Diagnostic], lang: str) -> None:
    log = json.loads(report(found, {}, lang=lang, form="sarif", files=3, elapsed=1.0))
    check_log(log)
    results = log["runs"][0]["results"]
    assert sorted(r["ruleId"] for r in results) == sorted(d.code for d in found)


def test_sarif_names_the_file_and_the_stretch_to_replace() -> None:
    log = json.loads(report([TYPO], {}, lang="zh", form="sarif"))
    (result,) = log["runs"][0]["results"]
    physical = result["locations"][0]["physicalLocation"]
    assert unquote(physical["artifactLocation"]["uri"]) == ODD
    changes = result["fixes"][0]["artifactChanges"]
    assert [unquote(change["artifactLocation"]["uri"]) for change in changes] == [ODD, "b.yaml"]
    assert changes[0]["replacements"][0]["insertedContent"]["text"] == "via"


def test_sarif_marks_what_an_author_set_aside() -> None:
    log = json.loads(report([TYPO], {}, lang="zh", form="sarif", ignored=[Ignored(LONG, "下月才用")]))
    check_log(log)
    kept, aside = log["runs"][0]["results"]
    assert "suppressions" not in kept
    assert aside["ruleId"] == LONG.code
    assert aside["suppressions"] == [{"kind": "inSource", "justification": "下月才用"}]


def test_every_code_makes_a_rule() -> None:
    found = [Diagnostic(code, known.title) for code, known in CODES.items()]
    log = json.loads(report(found, {}, lang="en", form="sarif"))
    check_log(log)
    levels = {rule["id"]: rule["defaultConfiguration"]["level"] for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    assert levels == {code: str(known.severity.value) for code, known in CODES.items()}
    assert Severity.ERROR in levels.values()
