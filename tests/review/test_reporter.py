from __future__ import annotations

import json

import jsonschema
import pytest

from sopengine import __version__
from sopengine.diagnostics import Diagnostic, Edit, Fix, Place, Text
from sopengine.language.ignores import Ignored
from sopengine.resources import resource
from sopengine.review.reporter import report
from tests.review.golden_file import matches

FILE = "playbooks/guoqing.yaml"
SOURCE = "\n" * 10 + "  - id: teaser\n    viaa: staff\n    send: 国庆好，{{ target.nmae }}\n"
TYPO = Diagnostic(
    "SOP-S204",
    Text('步骤 teaser 里没有字段 "viaa"，是不是 "via"？', 'step teaser has no field "viaa", did you mean "via"?'),
    Place(FILE, 12, 5, 12, 9),
    Text("改成 via: staff", "write via: staff"),
    ("phases", "warmup", "steps", 0, "viaa"),
    Fix((Edit(Place(FILE, 12, 5, 12, 9), "via"),), safe=True),
)
NAME = Diagnostic("SOP-R305", Text("没有 target.nmae", "there is no target.nmae"), Place(FILE, 13, 18, 13, 29))
SOURCELESS = Diagnostic("SOP-D603", Text("没有数据\x1b[2J", "no data"))
FOUND = [SOURCELESS, NAME, TYPO, TYPO]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", ["full", "concise", "json", "github", "sarif"])
def test_golden(lang: str, form: str) -> None:
    shown = report(FOUND, {FILE: SOURCE}, lang=lang, form=form, files=6, elapsed=0.18)  # type: ignore[arg-type]
    assert matches(f"report-{form}-{lang}.txt", shown.replace(__version__, "VERSION"))


def test_the_caret_stands_under_the_mistake_at_display_width() -> None:
    lines = report([NAME], {FILE: SOURCE}, lang="zh").split("\n")
    code = next(line for line in lines if "国庆好" in line)
    carets = next(line for line in lines if "^" in line)
    before = code[: code.index("target.nmae")]
    assert carets.index("^") == sum(2 if ord(sign) > 0x2E80 else 1 for sign in before)
    assert carets.count("^") == len("target.nmae")


@pytest.mark.parametrize(
    ("line", "place", "marked"),
    [
        ("a: b", Place(FILE, 1, 99, 1, 100), "^"),  # beyond the end
        ("a: |", Place(FILE, 1, 4, 3, 1), "^"),  # over several lines
        ("\ta: b", Place(FILE, 1, 1, 1, 2), "^^^^"),  # a tab is shown as wide as it looks
        ("x: " + "字" * 300 + "错", Place(FILE, 1, 304, 1, 305), "^^"),  # far to the right
    ],
)
def test_odd_places(line: str, place: Place, marked: str) -> None:
    shown = report([Diagnostic("SOP-S207", Text("坏", "bad"), place)], {FILE: line + "\nb\nc"}, lang="zh").split("\n")
    assert next(row for row in shown if "^" in row).strip().removeprefix("|").strip() == marked
    assert all(len(row.encode("gbk")) <= 102 for row in shown)


def test_a_place_outside_the_text_shows_no_excerpt() -> None:
    shown = report([Diagnostic("SOP-S207", Text("坏", "bad"), Place(FILE, 50, 1, 50, 2))], {FILE: "a"}, lang="zh")
    assert f"{FILE}:50:1" in shown
    assert "^" not in shown


def test_a_message_cannot_steer_the_terminal() -> None:
    for form in ("full", "concise"):
        assert "\x1b" not in report(FOUND, {}, lang="zh", form=form)  # type: ignore[arg-type]


def test_colours_only_add_escapes() -> None:
    import re

    plain = report(FOUND, {FILE: SOURCE}, lang="zh", files=1)
    painted = report(FOUND, {FILE: SOURCE}, lang="zh", files=1, colour=True)
    assert painted != plain
    assert re.sub("\x1b\\[[0-9;]*m", "", painted) == plain


@pytest.mark.parametrize("found", [FOUND, []])
def test_json_keeps_to_its_schema(found: list[Diagnostic]) -> None:
    schema = json.loads((resource("schemas") / "check.schema.json").read_text(encoding="utf-8"))
    document = json.loads(report(found, {}, lang="zh", form="json", files=1, elapsed=1.0))
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(document, schema, cls=jsonschema.Draft7Validator)
    assert document["valid"] is (not found)


def test_what_was_set_aside_is_counted() -> None:
    aside = [Ignored(SOURCELESS, "样例就够了")]
    assert report([], {}, lang="zh", files=1, ignored=aside) == "检查了 1 个文件：错误 0  警告 0  已忽略 1"
    assert report([], {}, lang="en", files=1, ignored=aside) == "Checked 1 file: errors 0  warnings 0  ignored 1"


def test_no_findings_say_so() -> None:
    assert report([], {}, lang="zh", files=1) == "检查了 1 个文件：错误 0  警告 0"
    assert report([], {}, lang="en", files=2) == "Checked 2 files: errors 0  warnings 0"
    assert report([], {}, lang="zh") == ""
