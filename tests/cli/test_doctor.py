"""`doctor`: each look, well and not, with a way out; what the daemon refuses by itself; the shell's completion."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from jsonschema import Draft7Validator

from sopengine.cli import doctor_checks
from sopengine.resources import resource
from sopengine.store import filesystem
from tests.acceptance.conftest import Cli
from tests.acceptance.conftest import cli as cli
from tests.acceptance.conftest import workspace as workspace

NOW = "2026-06-01T09:00"


@pytest.fixture
def shop(workspace: Path, cli: Cli) -> Path:
    """A workspace as `init` makes it for a real process: its owner's alone, with a campaign that runs."""
    for path in [workspace, *workspace.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    cli("start", "playbooks/tea-week.yaml", "--now", NOW).ok()
    cli("tick", "--now", NOW).ok()
    return workspace


def looked(cli: Cli, *words: str) -> dict[str, list[tuple[str, str, str | None]]]:
    """By name: status, message, help. Every answer fits the schema."""
    told = cli("doctor", "--json", "--now", NOW, *words)
    document = told.json()
    schema = json.loads((resource("schemas") / "doctor.schema.json").read_text("utf-8"))
    assert [e.message for e in Draft7Validator(schema).iter_errors(document)] == []
    assert told.code == (3 if document["counts"]["fail"] else 0)
    found: dict[str, list[tuple[str, str, str | None]]] = {}
    for one in document["checks"]:
        assert one["help"] or one["status"] == "ok" or one["message"].endswith(("public", "found", "connection")), one
        found.setdefault(one["name"], []).append((one["status"], one["message"], one["help"]))
    return found


def statuses(looks: list[tuple[str, str, str | None]]) -> set[str]:
    return {status for status, _, _ in looks}


def settings(shop: Path, more: str) -> None:
    with (shop / "sopengine.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + more)


def test_a_workspace_that_is_well(shop: Path, cli: Cli) -> None:
    settings(shop, '[alerts]\nvia = "file"\n[metrics]\nlisten = "127.0.0.1:9464"\n')
    found = looked(cli)
    assert {status for lines in found.values() for status in statuses(lines)} == {"ok"}
    assert " ".join(found) == (
        "version zones holidays templates filesystem permissions database health alerts channels metrics"
    )
    assert cli("doctor", "--now", NOW, "--lang", "zh").ok().out.count("√") == sum(map(len, found.values()))


def test_nothing_is_written(shop: Path, cli: Cli) -> None:
    def content() -> dict[Path, bytes]:
        """SQLite makes its -wal and -shm for a reader too, and empties them afterwards."""
        return {p: p.read_bytes() for p in shop.rglob("*") if p.is_file() and not p.name.startswith("sopengine.db-")}

    before = content()
    cli("doctor", "--now", NOW).ok()
    assert content() == before


@pytest.mark.parametrize(
    ("now", "status", "more"),
    [
        (datetime(2026, 10, 31, tzinfo=UTC), "ok", ""),
        (datetime(2026, 11, 1, tzinfo=UTC), "warn", ""),
        (datetime(2026, 11, 1, tzinfo=UTC), "ok", '[calendar]\n"2027-02-06" = "holiday"\n'),
        (datetime(2027, 1, 1, tzinfo=UTC), "fail", ""),
    ],
)
def test_the_next_years_holidays(shop: Path, now: datetime, status: str, more: str) -> None:
    from sopengine.workspace import load_workspace

    settings(shop, more)
    [line] = doctor_checks.holidays(load_workspace(shop), now)
    assert line.status == status


def test_a_damaged_database(shop: Path, cli: Cli) -> None:
    data = bytearray((shop / "sopengine.db").read_bytes())
    data[4096:12288] = os.urandom(8192)
    (shop / "sopengine.db").write_bytes(data)
    assert statuses(looked(cli)["database"]) == {"fail"}


def test_no_database_yet(workspace: Path, cli: Cli) -> None:
    [(status, message, _)] = looked(cli)["database"]
    assert (status, "no database" in message) == ("warn", True)


def test_a_copy_says_that_it_is_one(shop: Path, cli: Cli) -> None:
    cli("backup", "../copy.db").ok()
    os.replace("../copy.db", "sopengine.db")
    assert "is a copy made at" in looked(cli)["database"][1][1]


def test_a_clock_behind_its_own_record(shop: Path, cli: Cli) -> None:
    with closing(sqlite3.connect("sopengine.db")) as database:
        database.execute("update mark set at = at + 3600000000 where name = 'last tick'")
        database.commit()
    found = looked(cli)
    assert statuses(found["clock"]) == {"fail"}
    assert statuses(found["health"]) == {"fail"}


def test_what_others_can_read(shop: Path, cli: Cli) -> None:
    (shop / "secrets").mkdir(mode=0o700)
    (shop / "secrets" / "WECOM_ROBOT").write_text("key")
    for name, mode in {"sopengine.db": 0o640, "secrets/WECOM_ROBOT": 0o644, "secrets": 0o755, ".": 0o777}.items():
        (shop / name).chmod(mode)
    told = {help_ for status, _, help_ in looked(cli)["permissions"] if status == "warn"}
    assert told >= {
        f"chmod 600 {shop / 'sopengine.db'}",
        f"chmod 600 {shop / 'secrets' / 'WECOM_ROBOT'}",
        f"chmod 700 {shop / 'secrets'}",
        f"chmod go-w {shop}",
    }


# --- network disks

MOUNTS = """\
22 27 0:21 / / rw,relatime - ext4 /dev/sda1 rw
23 22 0:22 / {point} rw - {kind} server:/share rw,vers=4.2
24 22 0:23 / /elsewhere rw - nfs4 server:/other rw
"""


def mounted(shop: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    table = shop.parent / "mountinfo"
    table.write_text(MOUNTS.format(point=str(shop).replace(" ", "\\040"), kind=kind), "utf-8")
    monkeypatch.setattr(filesystem, "MOUNTS", table)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs"])
def test_no_delivery_from_a_network_disk(shop: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    mounted(shop, monkeypatch, kind)
    [(status, message, _)] = looked(cli)["filesystem"]
    assert (status, kind in message) == ("fail", True)
    for command in (["tick", "--now", NOW], ["run", "--now", NOW, "--until", "2026-06-02T09:00"]):
        told = cli(*command)
        assert told.code == 3
        assert kind in told.err
        assert "local disk" in told.err
    cli("status", "--now", NOW).ok()


@pytest.mark.parametrize(("kind", "status"), [("ext4", "ok"), ("xfs", "ok"), ("9p", "warn"), ("virtiofs", "warn")])
def test_other_disks(shop: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, kind: str, status: str) -> None:
    mounted(shop, monkeypatch, kind)
    assert statuses(looked(cli)["filesystem"]) == {status}
    cli("tick", "--now", NOW).ok()


def test_a_folder_with_a_blank_and_a_system_without_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a b").mkdir()
    mounted(tmp_path / "a b", monkeypatch, "nfs4")
    assert filesystem.kind_of(tmp_path / "a b") == "nfs4"
    assert filesystem.kind_of(tmp_path) == "ext4"
    monkeypatch.setattr(filesystem, "MOUNTS", tmp_path / "none")
    assert filesystem.kind_of(tmp_path) == ""


# --- channels

ROBOT = '[channels.desk]\nkind = "wecom-robot"\nsecret = "DESK"\n'


def test_a_key_that_is_missing(shop: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(shop, ROBOT)
    [told] = [line for line in looked(cli)["channels"] if line[1].startswith("desk")]
    assert told[:2] == ("fail", "desk: no secret named DESK")
    monkeypatch.setenv("DESK", "11112222-aaaa-bbbb-cccc-333344445555")
    [told] = [line for line in looked(cli)["channels"] if line[1].startswith("desk")]
    assert told[:2] == ("ok", "desk: wecom-robot, https to public addresses only")


@pytest.mark.parametrize("redirect", ["", 'redirect = "file"\n'])
def test_allow_private_is_off_and_shown_where_it_is_on(shop: Path, cli: Cli, redirect: str) -> None:
    assert "allow_private" not in cli("doctor", "--now", NOW).ok().out
    settings(shop, f'{ROBOT}allow_private = true\nbase_url = "http://10.0.0.1"\n{redirect}')
    warned = [message for status, message, _ in looked(cli)["channels"] if status == "warn"]
    assert warned == ["desk: allow_private is on: http and private addresses pass"]


@pytest.mark.parametrize(
    "url", ["https://h.example/in?token=%s", "https://h.example/services/%s", "https://h.example/x"]
)
def test_a_key_in_a_url_that_is_no_secret_is_told(shop: Path, cli: Cli, url: str) -> None:
    key = "zX9pathQw3rty1"
    with (shop / "sopengine.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'\n[channels.crm]\nkind = "webhook"\nsecret = "S"\nurl = "{url.replace("%s", key)}"\n')
    shown = cli("doctor")
    assert ("crm: its URL holds a key" in shown.out) == ("%s" in url)
    assert key not in shown.out + shown.err


def test_no_key_stands_in_what_it_says(shop: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK", "11112222-aaaa-bbbb-cccc-333344445555")
    settings(shop, ROBOT + 'base_url = "https://127.0.0.1:1"\n')
    told = cli("doctor", "--online", "--json", "--now", NOW)
    assert "11112222" not in told.out + told.err


class Platform(BaseHTTPRequestHandler):
    """Answers with a clock of its own, and keeps what was asked."""

    ahead = timedelta(0)
    asked: list[tuple[str, str]] = []  # noqa: RUF012 - set anew by each test

    def do_HEAD(self) -> None:
        self.asked.append((self.command, self.path))
        self.send_response_only(404)
        self.send_header("Date", format_datetime(datetime.now(UTC) + self.ahead, usegmt=True))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are silent."""


@pytest.mark.parametrize(("ahead", "status"), [(0, "ok"), (60, "warn"), (-60, "warn"), (600, "fail")])
def test_the_clock_is_compared_where_it_is_asked_for(shop: Path, cli: Cli, ahead: int, status: str) -> None:
    Platform.ahead, Platform.asked = timedelta(seconds=ahead), []
    with ThreadingHTTPServer(("127.0.0.1", 0), Platform) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        settings(shop, f'{ROBOT}allow_private = true\nbase_url = "{url}"\n')
        assert "clock" not in looked(cli)
        assert Platform.asked == []
        assert statuses(looked(cli, "--online")["clock"]) == {status}
        server.shutdown()
    assert Platform.asked == [("HEAD", "/")]


@pytest.mark.parametrize("base", ["https://127.0.0.1:1", "https://no-such-host.invalid"])
def test_a_platform_that_is_not_reached(shop: Path, cli: Cli, base: str) -> None:
    settings(shop, f'{ROBOT}base_url = "{base}"\n')
    [(status, message, _)] = looked(cli, "--online")["clock"]
    assert (status, message.startswith("desk: not compared")) == ("warn", True)


def test_metrics_for_everybody(shop: Path, cli: Cli) -> None:
    settings(shop, '[metrics]\nlisten = "0.0.0.0:9464"\n')
    assert statuses(looked(cli)["metrics"]) == {"warn"}


def test_an_alert_that_did_not_arrive(shop: Path, cli: Cli) -> None:
    settings(shop, '[alerts]\nvia = "file"\n')
    with closing(sqlite3.connect("sopengine.db")) as database:
        database.execute("insert into alert values (1, 1, 0, 'x', 'failed', 'errcode 93000')")
        database.commit()
    assert statuses(looked(cli)["alerts"]) == {"fail"}


# --- processes of their own


def process(*words: str, cwd: Path, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "import os; os.umask(0); from sopengine.cli.main import main; main()", *words],
        cwd=cwd,
        env={**os.environ, "SOPENGINE_LANG": "en", **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_whatever_is_written_is_its_owners_alone_under_umask_000(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    process("init", "shop", cwd=tmp_path)
    toml = (
        (shop / "sopengine.toml")
        .read_text("utf-8")
        .replace("sqlite:///sopengine.db", "sqlite:///data/deep/sopengine.db")
    )
    (shop / "sopengine.toml").write_text(toml + '\n[channels.file]\npath = "out/deep/outbox.jsonl"\n', "utf-8")
    process("start", "playbooks/tea-week.yaml", "--now", NOW, cwd=shop)
    process("run", "--now", NOW, "--until", "2026-06-08T12:00", cwd=shop)
    process("backup", str(tmp_path / "copies.db"), cwd=shop)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [*tmp_path.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {"sopengine.db", "outbox.jsonl", "sopengine.db.lock", "sopengine.db.reached", "copies.db"} <= {
        path.name for path in modes
    }


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_options(tmp_path: Path, shell: str) -> None:
    assert "_SOPENGINE_COMPLETE" in process("completion", shell, cwd=tmp_path)
    asked = {"_SOPENGINE_COMPLETE": f"{shell}_complete", "COMP_WORDS": "sopengine sta", "COMP_CWORD": "1"}
    asked |= {"COMP_CWORD": "sta"} if shell == "fish" else {}
    told = process(cwd=tmp_path, **asked)
    assert "status" in told
    assert "doctor" not in told


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_the_script_is_one_that_the_shell_reads(tmp_path: Path, shell: str) -> None:
    import shutil

    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not here")
    script = process("completion", shell, cwd=tmp_path)
    read = subprocess.run([program, "-n"], input=script, text=True, capture_output=True, timeout=30)
    assert (read.returncode, read.stderr) == (0, "")
    broken = subprocess.run([program, "-n"], input=f"{script}\n)", text=True, capture_output=True, timeout=30)
    assert broken.returncode != 0, "it does look"
