"""What every command prints with `--json` fits its published schema, over one campaign's life."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft7Validator, FormatChecker

from sopengine.cli import main
from sopengine.cli.schema import FAILURE, OUTPUTS
from sopengine.resources import resource
from tests.support import postgres
from tests.support.house import House
from tests.support.robot_server import RobotServer, cut, errcode
from tests.support.robots import robot_house, serving
from tests.support.workbooks import workbook

BOOK = """
playbook: posts
title: Posts
timezone: Asia/Shanghai
inputs: {opening: {type: date, default: 2026-03-05, title: Opening}}
audiences: {groups: {source: groups, sample: {name: Some group}}}
roles:
  managers: {source: stores, person: manager, via: file}
  lead: {person: Lea, via: file}
metrics: {orders: {source: orders}}
goals: {sold: {metric: orders, target: 200}}
messages: {hello: 'Hello {{ target.name }}', noon: 'Noon', price: 'Nine'}
scripts:
  door: {start: greet, nodes: {greet: {say: Good morning, answers: {ok: bye}}, bye: {say: Bye, end: done}}}
phases:
  before:
    from: 2026-03-02
    until: 2026-03-09
    steps:
      - {id: hello, on: 2026-03-02, at: 09:00, to: groups, send: hello}
      - {id: noon, on: opening, at: 12:00, to: groups, send: noon, late_ok: 1m}
      - {id: price, on: 2026-03-04, at: 09:00, to: groups, send: price, approve: lead}
      - id: count
        on: 2026-03-02
        at: 09:00
        to: managers
        task: Count
        due: 20:00
        form: {n: {type: integer, required: true}}
"""
NEW = BOOK.replace("at: 12:00", "at: 13:00")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    for name in ("SOPENGINE_DEBUG", "SOPENGINE_LANG", "SOPENGINE_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    for server in serving():
        yield opened(tmp_path, server, monkeypatch)


def opened(root: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch) -> House:
    """East's answer was lost, west was refused."""
    house = robot_house(root, server, BOOK, monkeypatch)
    with (root / "sopengine.toml").open("a", encoding="utf-8") as settings:
        settings.write('[retention]\ntexts = "180d"\n')
    server.script("key-east-0123456789", [cut()])
    server.script("key-west-0123456789", [errcode(93000)])
    house.start("2026-03-01T12:00")
    house.tick("2026-03-02T09:00")
    return house


AT = "2026-03-02T09:30"
WALK: tuple[tuple[str, str], ...] = (
    ("schema", "schema"),
    ("explain", "explain"),
    ("explain", "explain S204"),
    ("check", "check book.yaml"),
    ("dry-run", "dry-run book.yaml --now 2026-03-01T12:00"),
    ("diff", "diff book.yaml both.yaml --now 2026-03-01T12:00"),
    ("import-xlsx", "import-xlsx plan.xlsx --out imported --now 2026-03-01T12:00"),
    ("comments-import", "comments import book.yaml reviewed.csv"),
    ("start", "start book.yaml --key two --yes --now 2026-03-01T12:00"),
    ("stop", "stop posts-two --reason twice --yes"),
    ("script", "script book.yaml"),
    ("script", "script book.yaml door"),
    ("script", "script book.yaml door --answer ok"),
    ("status", f"status --now {AT}"),
    ("status", f"status --health --now {AT}"),
    ("log", "log"),
    ("why", f"why hello --target east --now {AT}"),
    ("why", f"why noon --now {AT}"),
    ("event", f"event member.joined --subject east --data member=m-1 --data name=Mo --now {AT}"),
    ("event", f"event member.joined --from told.jsonl --partial --now {AT}"),
    ("metric-set", f"metric set orders 3 --now {AT}"),
    ("metric-set", f"metric set orders --from values.csv --now {AT}"),
    ("approve", "approve"),
    ("approve", f"approve {{price}} --by Lea --now {AT}"),
    ("task-list", "task list --all"),
    ("task-ack", f"task ack {{count}} --by Ann --now {AT}"),
    ("task-hand-over", f"task hand-over {{count}} --to Ben --now {AT}"),
    ("task-done", f"task done {{count}} --field n=3 --now {AT}"),
    ("task-done", f"task done {{count}} --field n=3 --now {AT}"),
    ("task-decline", f"task decline {{other}} --reason no --now {AT}"),
    ("task-list", "task list --all"),
    ("resolve", "resolve"),
    ("retry", f"retry --campaign posts --reason mended --now {AT}"),
    ("resolve", f"resolve {{unknown}} --not-sent --reason nobody --now {AT}"),
    ("resolve", f"resolve {{unknown}} --sent --reason again --now {AT}"),
    ("skip", f"skip {{unknown}} --reason over --now {AT}"),
    ("skip", f"skip hello --target west --reason over --now {AT}"),
    ("slip", f"slip posts opening +1d --yes --now {AT}"),
    ("upgrade", f"upgrade posts new.yaml --plan --now {AT}"),
    ("upgrade", f"upgrade posts new.yaml --apply --yes --now {AT}"),
    ("patch-copy", f"patch-copy posts words.yaml --yes --now {AT}"),
    ("pause", f"pause posts --now {AT}"),
    ("resume", "resume posts --preview --now 2026-03-06T14:00"),
    ("resume", "resume posts --now 2026-03-06T14:00"),
    ("resume", "resume posts --now 2026-03-06T14:00"),
    ("tick", "tick"),
    ("run-missed", "run-missed --step noon --yes --now 2026-03-06T14:10"),
    ("status", "status"),
    ("log", "log"),
    ("rehearse", "rehearse first.yaml"),
    ("member-forget", "member forget m-1 --reason asked --yes"),
    ("purge", "purge --preview"),
    ("doctor", "doctor"),
    ("backup", "backup copy.db"),
    ("restore", "restore copy.db --yes"),
    ("db-copy", "db copy --to {server} --yes"),
    ("failure", "start nosuch.yaml"),
    ("failure", "start broken.yaml"),
)
REHEARSAL = """
rehearsal: first
playbook: book.yaml
start: 2026-03-01 12:00
until: 2026-03-02 10:00
expect:
  - {step: hello, state: sent, why: sent}
  - {step: noon, state: sent}
"""


FILES = {
    "new.yaml": NEW,
    "both.yaml": NEW.replace("default: 2026-03-05", "default: 2026-03-06").replace(
        "late_ok: 1m", "late_ok: 2m, via: manual"
    ),
    "words.yaml": NEW.replace("Noon", "Midday"),
    "broken.yaml": BOOK.replace("send: noon", "sned: noon"),
    "first.yaml": REHEARSAL,
    "told.jsonl": '{"subject": "west", "data": {"member": "m-2"}}\n{"nothing": 1}\n',
    "reviewed.csv": "campaign_hash,step,slot,decision,comment,author\n0,hello,,change,Shorter,Mo\n,,,,All good,\n",
    "values.csv": "value,at\n4,2026-03-02T09:00\n",
}
"""What WALK reads, beside the house's own."""


def write_files(root: Path) -> None:
    for name, text in FILES.items():
        (root / name).write_text(text, "utf-8")
    sheet = workbook(["Date", "Time", "Text"], ["Mon", "9:00", "Morning"], ["Tue", "soon", "?"])
    (root / "plan.xlsx").write_bytes(sheet)


@cache
def validator(name: str) -> Any:
    schema = json.loads((resource("schemas") / f"{name}.schema.json").read_text("utf-8"))
    return Draft7Validator(schema, format_checker=FormatChecker())


CHECKED_ELSEWHERE = {"check", "dry-run"}
NOT_MET = {
    ("approve", "fields"),
    ("resolve", "flows"),
    ("script", "asks"),
    ("slip", "old_dates"),
    ("status", "parked"),
    ("status", "queued"),
    ("status", "rows"),
}
"""Lists that stay empty in this walk."""


def of_objects(schema: Any) -> Iterator[str]:
    """The keys whose values are lists of objects."""
    for key, body in schema.get("properties", {}).items() if isinstance(schema, dict) else ():
        if isinstance(body, dict) and body.get("items", {}).get("type") == "object":
            yield key
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from of_objects(inner)


def filled(told: Any) -> Iterator[str]:
    """The keys whose values are lists with something in them."""
    for key, value in told.items() if isinstance(told, dict) else ():
        if isinstance(value, list) and value:
            yield key
    for inner in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from filled(inner)


def ids(house: House) -> dict[str, str]:
    """The numbers that the walk speaks of."""
    tasks = {task.step + task.target: str(task.id) for task in house.store.tasks()}
    unknown = next(str(need.id) for need in house.store.needs() if need.state.name == "UNKNOWN")
    (price,) = [str(task.id) for task in house.store.tasks() if task.approves]
    return {
        "count": tasks["counts1"],
        "other": tasks["counts2"],
        "price": price,
        "unknown": unknown,
        "server": postgres.empty(),
    }


def test_what_every_command_prints_fits_its_schema(made: House, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(made.root)
    known, wrong, seen = ids(made), [], set()
    for name, words in WALK:
        capsys.readouterr()
        main.run([*words.format(**known).split(), "--json"])
        shown = capsys.readouterr()
        try:
            told = json.loads(shown.out)
        except ValueError:
            told = None
        if name != FAILURE and (told is None or "error" in told):
            wrong.append(f"{words}: {shown.out}{shown.err}")
            continue
        wrong += [f"{words}: {one.json_path} {one.message}" for one in validator(name).iter_errors(told)]
        seen |= {(name, key) for key in filled(told)}
    assert not wrong, "\n".join(wrong)
    assert {name for name, _ in WALK} == {*OUTPUTS, FAILURE}
    listed = {
        (name, key) for name in {*OUTPUTS, FAILURE} - CHECKED_ELSEWHERE for key in of_objects(validator(name).schema)
    }
    assert listed - seen == NOT_MET


def with_json(group: click.Group, before: str = "") -> Iterator[str]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from with_json(command, f"{before}{name}-")
            elif command is not None and any("--json" in one.opts for one in command.params):
                yield before + name


def test_every_command_with_json_has_a_schema() -> None:
    """Name a new one in OUTPUTS, and call it in WALK."""
    program = main.program("en")
    assert isinstance(program, click.Group)
    assert sorted(with_json(program)) == sorted(OUTPUTS)


def test_every_schema_of_an_output_refuses_another_document() -> None:
    for name in (*OUTPUTS, FAILURE):
        assert not validator(name).is_valid({"schema_version": 1, "other": True}), name
