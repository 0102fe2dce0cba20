"""sopengine.toml → Workspace: values, places of findings, and any bytes at all."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sopengine.channels.kinds import KINDS, open_channel
from sopengine.channels.secrets import Secrets
from sopengine.errors import SopError, UsageError
from sopengine.workspace import Workspace, default_workspace, find_workspace, load_workspace

FULL = """\
database = "sqlite:///data/log.db"
language = "zh"
default_channel = "robot"

[channels.robot]
kind = "wecom-robot"
secret = "WECOM_ROBOT"
redirect = "file"
rate = 10
per = 30
burst = 2
timeout = 7.5
max_bytes = {text = 1024}

[channels.crm]
kind = "webhook"
url = "https://crm.example.com/in"
secret = "CRM"
idempotent = "24h"

[channels.file]
path = "out/messages.jsonl"

[sources.groups]
path = "data/groups.csv"
encoding = "gb18030"
id = "编号"

[calendar]
"2027-02-06" = "workday"
2027-02-08 = "holiday"

[tasks]
via = "manual"
"""


def load(root: Path, text: str | bytes, environ: dict[str, str] | None = None) -> Workspace:
    (root / "sopengine.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    return load_workspace(root, environ or {})


def found(workspace: Workspace) -> list[tuple[str, int, int, str]]:
    return [(d.code, d.place.line, d.place.col, d.message.en) for d in workspace.diagnostics if d.place]


def test_every_value(tmp_path: Path) -> None:
    workspace = load(tmp_path, FULL)
    assert workspace.diagnostics == ()
    assert workspace.database == f"sqlite:///{tmp_path}/data/log.db"
    assert (workspace.language, workspace.default_channel, workspace.tasks_via) == ("zh", "robot", "manual")
    assert workspace.calendar_overrides == {date(2027, 2, 6): True, date(2027, 2, 8): False}
    groups = workspace.sources["groups"]
    assert (groups.path, groups.encoding, groups.id_column) == (tmp_path / "data/groups.csv", "gb18030", "编号")
    robot = workspace.channels["robot"]
    assert (robot.kind, robot.redirect, robot.options) == (
        "wecom-robot",
        "file",
        {"secret": "WECOM_ROBOT", "timeout": 7.5},
    )
    assert robot.limits == {"rate": 10, "per": 30, "burst": 2, "max_bytes": {"text": 1024}}
    assert workspace.channels["crm"].options["idempotent"] == timedelta(days=1)


def test_its_channels_open(tmp_path: Path) -> None:
    workspace = load(tmp_path, FULL)
    secrets = Secrets(tmp_path, {})
    channels = {
        name: open_channel(settings, secrets, redirect_to=workspace.redirect_of(name))
        for name, settings in workspace.channels.items()
    }
    assert sorted(channels) == ["console", "crm", "file", "manual", "robot"]
    assert channels["robot"].limits.max_bytes == {"text": 1024, "markdown": 4096}
    assert not channels["robot"].reaches_people
    assert channels["crm"].reaches_people
    assert workspace.outbox() == workspace.redirect_of("robot") == tmp_path / "out/messages.jsonl"


def test_an_empty_file_is_a_workspace(tmp_path: Path) -> None:
    workspace = load(tmp_path, "")
    assert workspace == default_workspace(tmp_path, {})
    assert workspace.database == f"sqlite:///{tmp_path}/sopengine.db"
    assert sorted(workspace.channels) == ["console", "file", "manual"]
    assert (workspace.default_channel, workspace.outbox()) == ("console", tmp_path / "outbox.jsonl")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///x.db", "sqlite:///{root}/x.db"),
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://db/x", "postgresql://db/x"),
    ],
)
def test_the_environment_goes_before_the_file(tmp_path: Path, url: str, expected: str) -> None:
    workspace = load(tmp_path, FULL, {"SOPENGINE_DATABASE": url})
    assert workspace.database == expected.format(root=tmp_path)


def test_an_environment_that_names_no_database(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must be a URL"):
        load(tmp_path, FULL, {"SOPENGINE_DATABASE": "x.db"})


def test_a_password_in_the_file_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds a password") as caught:
        load(tmp_path, 'database = "postgresql://sop:hunter2@db/x"\n')
    assert "hunter2" not in f"{caught.value.message} {caught.value.help}"
    assert load(tmp_path, 'database = "postgresql://sop@db:5432/x"\n').database == "postgresql://sop@db:5432/x"


MISTAKES = [
    ('databse = "x"\n', "SOP-C702", 1, 1, "there is no setting 'databse', did you mean 'database'?"),
    ("database = 5\n", "SOP-C702", 1, 12, "database must be one line of text in quotes"),
    ('database = "x.db"\n', "SOP-C702", 1, 12, "database must be a URL such as sqlite:///sopengine.db"),
    ('\nlanguage = "cn"\n', "SOP-C702", 2, 12, "language must be one of zh, en"),
    ('default_channel = "robt"\n[channels.robot]\nkind = "manual"\n', "SOP-C702", 1, 19, "did you mean 'robot'?"),
    ("channels = 3\n", "SOP-C702", 1, 12, "channels must be a table"),
    ("[channels]\nrobot = 3\n", "SOP-C702", 2, 9, "channels.robot must be a table"),
    ("[channels.robot]\n", "SOP-C702", 1, 2, "channels.robot lacks kind"),
    ('[channels.robot]\nkind = "wecom"\n', "SOP-C702", 2, 8, "channels.robot.kind must be one of console"),
    ('[channels.file]\nkind = "manual"\n', "SOP-C702", 2, 8, "file is built in"),
    ('[channels."a/b"]\nkind = "manual"\n', "SOP-C702", 1, 2, "must be a name without /"),
    ('[channels.r]\nkind = "wecom-robot"\nsecrt = "X"\n', "SOP-C702", 3, 1, "did you mean 'secret'?"),
    ('[channels.r]\nkind = "wecom-robot"\nsecret = "a b"\n', "SOP-C702", 3, 10, "never the secret itself"),
    ('[channels.r]\nkind = "manual"\nrate = "20"\n', "SOP-C702", 3, 8, "must be a whole number from 0 to"),
    ('[channels.r]\nkind = "manual"\nrate = true\n', "SOP-C702", 3, 8, "must be a whole number from 0 to"),
    ('[channels.r]\nkind = "manual"\nrate = 5\nburst = 6\n', "SOP-C702", 4, 9, "must not be above rate (5)"),
    ('[channels.r]\nkind = "manual"\nredirect = "crm"\n', "SOP-C702", 3, 12, "must be one of file"),
    ('[channels.r]\nkind = "manual"\nmax_bytes = {txt = 5}\n', "SOP-C702", 3, 1, "did you mean 'text'?"),
    ('[channels.r]\nkind = "manual"\nmax_bytes = {text = 0}\n', "SOP-C702", 3, 13, "from 1 to"),
    ('[channels.r]\nkind = "wecom-robot"\ntimeout = 60\n', "SOP-C702", 3, 11, "must be seconds above 0, at most 15"),
    ('[channels.r]\nkind = "wecom-robot"\ntimeout = nan\n', "SOP-C702", 3, 11, "must be seconds above 0"),
    ('[channels.r]\nkind = "wecom-robot"\nallow_private = 1\n', "SOP-C702", 3, 17, "must be true or false"),
    ('[channels.r]\nkind = "wecom-robot"\nbase_url = "http://x"\n', "SOP-C702", 3, 12, "plain http is not taken"),
    ('[channels.r]\nkind = "webhook"\nurl = "https://x.example"\n', "SOP-C702", 1, 2, "channels.r lacks secret"),
    ('[channels.r]\nkind = "webhook"\nsecret = "X"\n', "SOP-C702", 1, 2, "channels.r lacks url"),
    ('[channels.r]\nkind = "webhook"\nsecret = "X"\nurl = "https://x"\nidempotent = 24\n', "SOP-C702", 5, 14, '"24h"'),
    ("[sources.groups]\n", "SOP-C702", 1, 2, "sources.groups lacks path"),
    ('[sources.groups]\npath = "x.csv"\nencoding = "gbk"\n', "SOP-C702", 3, 12, "must be one of utf-8, gb18030"),
    ('[calendar]\n"2026-02-30" = "workday"\n', "SOP-C702", 2, 16, "is no date"),
    ('[calendar]\n2026-02-03 = "off"\n', "SOP-C702", 2, 14, "must be one of workday, holiday"),
    ('[tasks]\nvia = "robot"\n', "SOP-C702", 2, 7, "tasks.via must be one of console, file, manual"),
    ("database =\n", "SOP-C701", 1, 11, "the value is wrong; text stands in quotes"),
    ("language = zh\n", "SOP-C701", 1, 12, "the value is wrong; text stands in quotes"),
    ("a = 1\na = 2\n", "SOP-C701", 2, 6, "this setting is written twice"),
    ("[tasks]\n[tasks]\n", "SOP-C701", 2, 7, "this section is written twice"),
    ("database\n", "SOP-C701", 1, 9, "the = after the name is missing"),
    ('language = "zh"\n[channels\n', "SOP-C701", 2, 10, "the bracket is not closed"),
    ('language = """', "SOP-C701", 1, 15, "the quotes are not closed"),
    ('language = "zh\n', "SOP-C701", 1, 15, "quotes that are not closed"),
    ('language = "zh" x\n', "SOP-C701", 1, 17, "more on the line than one setting"),
    ("渠道 = 1\n", "SOP-C701", 1, 1, "a setting's name is expected here"),
    ("a = [1,\n", "SOP-C701", 1, 8, "the file ends inside a value"),
    ("a = 2026-02-30\n", "SOP-C701", 1, 5, "there is no such date"),
]


@pytest.mark.parametrize(("text", "code", "line", "col", "words"), MISTAKES)
def test_a_mistake_has_its_place_and_its_words(
    tmp_path: Path, text: str, code: str, line: int, col: int, words: str
) -> None:
    workspace = load(tmp_path, text)
    assert [entry[:3] for entry in found(workspace)] == [(code, line, col)]
    assert words in found(workspace)[0][3]
    assert workspace.has_errors
    assert workspace.diagnostics[0].message.zh


def test_several_mistakes_come_together(tmp_path: Path) -> None:
    text = 'langage = "zh"\n\n[channels.r]\nkind = "wecom-robot"\nrat = 3\nburst = 0\n[tasks]\nvai = "file"\n'
    assert [(line, col) for _, line, col, _ in found(load(tmp_path, text))] == [(1, 1), (5, 1), (6, 9), (8, 1)]


def test_a_text_over_several_lines_does_not_shift_places(tmp_path: Path) -> None:
    text = 'database = """\n[tasks]\nvia = 1"""\n[tasks]\nvia = 2\n'
    assert [entry[1:3] for entry in found(load(tmp_path, text))] == [(1, 12), (5, 7)]


@pytest.mark.parametrize("data", [FULL.encode("utf-8-sig"), FULL.replace("\n", "\r\n").encode()])
def test_files_from_windows(tmp_path: Path, data: bytes) -> None:
    assert load(tmp_path, data) == load(tmp_path, FULL)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ('language = "中文编码"'.encode("gb18030"), "SOP-Y101"),
        (FULL.encode("utf-16"), "SOP-Y101"),
        (b"a = " + b"[" * 50_000, "SOP-C701"),
        (b"a = " + b"9" * 5_000, "SOP-C701"),
        (b"a = 2026-13-45", "SOP-C701"),
        (b"#" * 300_000, "SOP-C701"),
        (b"a\0b = 1", "SOP-C701"),
    ],
)
def test_bytes_that_are_no_workspace(tmp_path: Path, data: bytes, code: str) -> None:
    workspace = load(tmp_path, data)
    assert [entry[0] for entry in found(workspace)] == [code]


TOML_SIGNS = st.text(st.sampled_from("[]{}=.,\"'#\n 0aé茶1-:\\\t"), max_size=60)
PIECES = st.lists(
    st.sampled_from([*FULL.splitlines(keepends=True), "[", "=", "x = 1\n", '"', "'''", "\0"]), max_size=25
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=80), TOML_SIGNS.map(str.encode), PIECES.map(lambda p: "".join(p).encode())))
def test_any_bytes_end_in_a_workspace_or_findings(tmp_path: Path, data: bytes) -> None:
    workspace = load(tmp_path, data)
    lines = data.count(b"\n") + data.count(b"\r") + 1
    for diagnostic in workspace.diagnostics:
        assert diagnostic.place is not None
        assert 1 <= diagnostic.place.line <= lines
        assert diagnostic.place.col >= 1
        assert diagnostic.code in ("SOP-C701", "SOP-C702", "SOP-Y101")
    for settings_ in workspace.channels.values():
        assert settings_.kind in KINDS


def test_where_a_workspace_is(tmp_path: Path) -> None:
    deep = tmp_path / "playbooks" / "summer"
    deep.mkdir(parents=True)
    assert find_workspace(deep) is None or not find_workspace(deep).is_relative_to(tmp_path)  # type: ignore[union-attr]
    load(tmp_path, "")
    assert find_workspace(deep) == tmp_path
    assert find_workspace(tmp_path) == tmp_path


def test_findings_name_the_file_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "shop"
    inside.mkdir()
    monkeypatch.chdir(tmp_path)
    assert load(Path("shop"), "x = 1").diagnostics[0].place.file == os.path.join("shop", "sopengine.toml")  # type: ignore[union-attr]
    monkeypatch.chdir(inside)
    assert load(Path(), "x = 1").diagnostics[0].place.file == "sopengine.toml"  # type: ignore[union-attr]


def test_without_a_file_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SopError, match=r"there is no sopengine\.toml"):
        load_workspace(tmp_path, {})
    (tmp_path / "sopengine.toml").mkdir()
    with pytest.raises(SopError, match="cannot read"):
        load_workspace(tmp_path, {})


def test_reading_a_workspace_loads_no_network_library() -> None:
    code = "import sys, sopengine.workspace; print({'httpx2', 'httpcore2', 'ssl', 'yaml', 'jinja2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_full_width_signs_are_named(tmp_path: Path) -> None:
    help_ = load(tmp_path, "language = “zh”\n").diagnostics[0].help
    assert help_ is not None
    assert help_.zh == '这一行有全角的 “，要用半角的 "'
