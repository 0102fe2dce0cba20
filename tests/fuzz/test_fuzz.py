"""Thousands of documents, templates and conditions made by seed: none brings the program down or holds it up."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sopengine.diagnostics import Diagnostic, Place, Severity, Text
from sopengine.language.load import load
from tests.fuzz.__main__ import P99, told
from tests.fuzz.properties import FILE, finding_fault
from tests.fuzz.run import run, shrunk

SEED = 1
JOBS = min(os.cpu_count() or 1, 2)
SUITE = json.loads(Path(__file__).with_name("yaml-test-suite-fail.json").read_text("utf-8"))["cases"]
AS_MEANT = {
    "9C9N": {"flow": ["a", "b", "c"]},  # brackets that go on at the left margin
    "QB6E": {"quoted": "a b c"},  # quotes that do
    "DK95-01": {"foo": "bar baz"},  # quotes that go on after a tab
    "S98Z": {"empty block scalar": ""},  # blank lines of several lengths
    "SU5Z": {"key": "value"},  # no space before a comment
    "X4QW": {"block": "scalar\n"},  # the same after `>`
}


@pytest.mark.parametrize(("what", "count"), [("documents", 20_000), ("templates", 5_000), ("conditions", 5_000)])
def test_nothing_fails_and_nothing_takes_long(what: str, count: int) -> None:
    result = run(what, SEED, count, JOBS)
    print(f"seed {SEED}\n{told(what, result, 0)}")
    assert [(failure.number, failure.fault, failure.data) for failure in result.failures] == []
    assert len(result.seconds) == count
    assert result.at(0.99) < P99
    assert result.slowest[0] < 3


@pytest.mark.parametrize("case", sorted(SUITE.keys() - AS_MEANT.keys()))
def test_what_is_no_yaml_is_an_error(case: str) -> None:
    found = load(SUITE[case].encode(), FILE, lambda _: None).diagnostics
    assert any(d.severity is Severity.ERROR and d.code.startswith("SOP-Y") for d in found)


@pytest.mark.parametrize("case", AS_MEANT)
def test_a_slip_that_libyaml_overlooks_is_read_as_it_was_meant(case: str) -> None:
    document = load(SUITE[case].encode(), FILE, lambda _: None).document
    assert document
    assert document.data == AS_MEANT[case]


def test_the_search_would_tell() -> None:
    """What the judges look for is a fault to them, and a long input with a fault is made short."""
    here, good = Place(FILE, 1, 1, 1, 2), Text("错", "wrong")
    rows = ["a: 1", ""]
    assert finding_fault(Diagnostic("SOP-Y102", good, here), rows) == ""
    for wrong in (
        Diagnostic("SOP-Y102", good),
        Diagnostic("SOP-Y102", good, Place(FILE, 3, 1, 3, 1)),
        Diagnostic("SOP-Y102", good, Place(FILE, 1, 9, 1, 10)),
        Diagnostic("SOP-Y102", good, Place(FILE, 1, 3, 1, 2)),
        Diagnostic("SOP-Y102", Text("错", " "), here),
        Diagnostic("SOP-Y102", good, here, help=Text("好" * 999, "do")),
    ):
        assert finding_fault(wrong, rows)

    def judge(data: bytes) -> str:
        return "seven: " + str(data) if b"7" in data else ""

    assert shrunk(b"1234567890", judge) == b"7"
