"""The playbooks that travel with the program: no findings, postable texts, the schedule they promise."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from sopengine.cli.workspace_file import SOURCES
from sopengine.diagnostics import Findings
from sopengine.language.load import Loaded, load
from sopengine.language.model import Playbook, Task
from sopengine.language.reading.reader import read
from sopengine.language.reading.tables import read_table
from sopengine.planning.assembly import used_sources
from sopengine.planning.data import source_of
from sopengine.resources import resource

PLAYBOOKS = sorted(resource("playbooks").glob("*.yaml"))
# Advertising law forbids superlatives such as these; "第一天" is harmless but read by the same filters.
FORBIDDEN = re.compile("最|第一|国家级|世界级|顶级|极品|唯一|独一无二|首个|全网|绝对|永久|万能|100%|史上|王牌|销量冠军")
ROBOT_BYTES = 2048


def loaded(path: Path) -> Loaded:
    def open_file(name: str) -> bytes | None:
        inside = path.parent / name
        return inside.read_bytes() if inside.is_file() else None

    return load(path.read_bytes(), path.name, open_file)


def playbook(name: str) -> Playbook:
    found = loaded(resource("playbooks") / f"{name}.yaml").playbook
    assert found
    return found


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda p: p.stem)
def test_no_findings(path: Path) -> None:
    result = loaded(path)
    assert [(d.code, d.place and d.place.line, d.message.en) for d in result.diagnostics] == []
    assert result.playbook
    assert result.playbook.id == path.stem


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda p: p.stem)
def test_editors_find_the_schema(path: Path) -> None:
    first = path.read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../schemas/playbook.schema.json"
    assert (path.parent / "../schemas/playbook.schema.json").is_file()


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda p: p.stem)
def test_editors_see_no_mistakes(path: Path) -> None:
    """An editor applies the bare schema, without the checks that the program adds."""
    document = read(path.read_bytes(), path.name, Findings())
    schema = json.loads((resource("schemas") / "playbook.schema.json").read_text("utf-8"))
    assert document
    errors = Draft7Validator(schema).iter_errors(document.data)
    assert [(list(error.path), error.message) for error in errors] == []


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda p: p.stem)
def test_texts_can_be_posted(path: Path) -> None:
    book = playbook(path.stem)
    texts = {f"{m.name}[{i}]": text for m in book.messages.values() for i, (text, _) in enumerate(m.texts())}
    ways = [way for step in book.steps() for _, way in step.all_arms()]
    texts |= {way.id: way.action.title for way in ways if isinstance(way.action, Task)}
    assert {name: found.group() for name, text in texts.items() if (found := FORBIDDEN.search(text))} == {}
    assert {name: len(text.encode()) for name, text in texts.items() if len(text.encode()) > ROBOT_BYTES} == {}
    assert len(set(texts.values())) == len(texts)


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda p: p.stem)
def test_what_clerks_say_can_be_said(path: Path) -> None:
    scripts = playbook(path.stem).scripts.values()
    said = {f"{s.name}.{n.name}.{key}": text for s in scripts for n in s.nodes.values() for key, text in n.lines()}
    assert {name: found.group() for name, text in said.items() if (found := FORBIDDEN.search(text))} == {}


@pytest.mark.parametrize("name", SOURCES)
def test_lists_have_no_findings(name: str) -> None:
    findings = Findings()
    rows = read_table((resource("playbooks") / "data" / f"{name}.csv").read_bytes(), f"{name}.csv", findings)
    assert list(findings) == []
    assert len(rows) >= 3


def test_the_workspace_names_every_list_and_no_other() -> None:
    assert sorted(path.stem for path in (resource("playbooks") / "data").glob("*.csv")) == sorted(SOURCES)
    used = {source for path in PLAYBOOKS for source in used_sources(playbook(path.stem))}
    assert used == set(SOURCES)


def test_every_column_a_sample_shows_is_in_the_list() -> None:
    for path in PLAYBOOKS:
        book = playbook(path.stem)
        for audience in book.audiences.values():
            file = resource("playbooks") / "data" / f"{source_of(book, audience)}.csv"
            rows = read_table(file.read_bytes(), file.name, Findings())
            assert set(audience.sample) <= set(rows[0]), (path.name, audience.name)


def test_the_festival_has_the_four_phases() -> None:
    book = playbook("summer-festival")
    assert [phase.title for phase in book.phases] == ["预热期", "启动期", "高潮期", "收尾期"]
    assert all({type(step.action).__name__ for step in phase.steps} == {"Send", "Task"} for phase in book.phases)


def test_the_tea_week_posts_four_times() -> None:
    book = playbook("tea-week")
    assert book.weekly
    assert [(step.when.on[0].text, [at.text for at in step.when.at]) for step in book.weekly.steps] == [
        ("mon", ["09:00"]),
        ("tue", ["15:00"]),
        ("tue", ["17:00"]),
        ("fri", ["19:00"]),
    ]
    assert book.phases == ()
    assert book.welcome
    assert [(step.id, step.when.after and step.when.after.text) for step in book.welcome.steps] == [
        ("hello", "0s"),
        ("rules", "10s"),
        ("first-benefit", "1d"),
    ]
