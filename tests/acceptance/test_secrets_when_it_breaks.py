"""A secret is in nothing that is shown when something breaks: a crash, settings and addresses that are wrong, the
daemon with a thread that died."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

from sopengine import failpoints
from sopengine.cli import main
from tests.cli.test_json_forms import BOOK
from tests.support.planted import (
    CREDENTIAL,
    ENVIRONMENT,
    FILE,
    PASSWORD,
    PATH,
    TOKEN,
    encodings,
    found_beneath,
    found_in,
)
from tests.support.planted_shop import HOOK, ROBOT, echoes, places, stored, today
from tests.support.planted_shop import server as server
from tests.support.planted_shop import surroundings as surroundings
from tests.support.robot_server import RobotServer

pytestmark = pytest.mark.usefixtures("surroundings")


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("place", ["after_send", "after_commit"])
def test_a_crash_with_a_secret_in_its_words(
    tmp_path: Path,
    server: RobotServer,
    place: str,
    form: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With SOPENGINE_DEBUG=1, as we ask for it: the words of what broke, of its cause, and its trace are shown."""
    today(tmp_path, server, monkeypatch)
    held = [form for secret in (ENVIRONMENT, CREDENTIAL, FILE, TOKEN, PATH) for form in encodings(secret).values()]

    def breaks(reached: str) -> None:
        if reached == place and (place == "after_send" or len(server.received) >= 4):
            try:
                raise ValueError(held)
            except ValueError as error:
                raise RuntimeError("\n".join(form.decode("utf-8", "replace") for form in held)) from error

    failpoints.listen(breaks)
    capsys.readouterr()
    code = main.run(["tick", *form])
    shown = capsys.readouterr()
    if place == "after_send":  # in the channel's own thread: told by its name alone
        assert code == 0
        assert "broke: RuntimeError" in stored(tmp_path / "sop.db")
    else:
        assert code == 3
        assert "Traceback" in shown.err
        assert shown.err.count("[secret]") > 2 * len(held) / 2
    assert not found_in(shown.out + shown.err)
    assert not found_beneath(tmp_path, places(tmp_path))


WRONG_PLACES = {
    "a URL in place of a name": f'[channels.crm]\nkind = "webhook"\nsecret = "https://h.example/?key={TOKEN}"\n',
    "a key in place of a name": f'[channels.crm]\nkind = "webhook"\nsecret = "{ENVIRONMENT}"\nurl = "x"\n',
    "a URL under a name of one's own": f'[channels.crm]\nkind = "wecom-robot"\nwebhook = "https://q.example/send?key={ENVIRONMENT}"\n',
    "a key under a name of one's own": f'[channels.crm]\nkind = "wecom-robot"\nkey = "{ENVIRONMENT}"\n',
    "a long key": '[channels.crm]\nkind = "wecom-robot"\ntoken = "SEC4fd9b1c0aa77e2d1f5bd0c3e9a7d21"\n',
    "a URL that is not taken": f'[channels.crm]\nkind = "webhook"\nsecret = "S"\nurl = "http://h.example/{TOKEN}?k={TOKEN}"\n',
    "a line that is no TOML": f"[channels.crm]\nkind = wecom\nurl = https://h.example/send?key={ENVIRONMENT}\n",
    "a password in the database's address": f'database = "postgresql://me:{quote(PASSWORD)}@h/db"\n',
    "a password in an address of no database": f'database = "mysql//me:{quote(PASSWORD)}@h/db"\nkind = 1\n',
    "a user in a URL": f'[channels.crm]\nkind = "webhook"\nsecret = "S"\nurl = "https://me:{quote(PASSWORD)}@h.example/"\n',
}
LONG = "SEC4fd9b1c0aa77e2d1f5bd0c3e9a7d21"


@pytest.mark.parametrize("name", WRONG_PLACES)
def test_a_secret_where_only_its_name_belongs(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Findings show the line they are about: not what looks like a key in it."""
    (tmp_path / "sopengine.toml").write_text(WRONG_PLACES[name], "utf-8")
    (tmp_path / "book.yaml").write_text(BOOK, "utf-8")
    for words in ("status", "doctor", "check book.yaml", "dry-run book.yaml", "start book.yaml --yes", "run", "tick"):
        for form in ((), ("--json",)):
            if words == "run" and form:
                continue
            code = main.run([*words.split(), *form])
            shown = capsys.readouterr()
            assert code != 0 or words.startswith(("check", "doctor")), (words, shown.out)
            assert not found_in(shown.out + shown.err, [ENVIRONMENT, TOKEN, PASSWORD, LONG]), words


ADDRESSES = (
    "postgresql://me:{0}@127.0.0.1:1/db",
    "postgresql://me:{0}@[::1/db",
    "postgresql://me:{1}@127.0.0.1:x/db",
    "postgresql://me:{1}@127.0.0.1:1/db",
    "postgresql://127.0.0.1:1/db?password={0}",
    "postgresql://127.0.0.1:1/?user=me&password={0}",
    "postgres://me:{0}@no-such-name.invalid/db?sslmode=nonsense",
    "mysql://me:{0}@127.0.0.1/db",
    "sqlite://me:{0}@127.0.0.1/db",
    "me:{1}",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_password_of_a_database(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOPENGINE_DATABASE", address.format(quote(PASSWORD, safe=""), PASSWORD))
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    (tmp_path / "sopengine.toml").write_text("", "utf-8")
    for words in ("status", "doctor", "doctor --json", "tick", "backup x.db", "metrics"):
        code = main.run(words.split())
        shown = capsys.readouterr()
        assert code in (2, 3), (words, shown.out)
        assert not found_in(shown.out + shown.err, [PASSWORD]), words


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_password_of_the_database_that_is_copied_to(
    tmp_path: Path,
    address: str,
    server: RobotServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    today(tmp_path, server, monkeypatch)
    given = address.format(quote(PASSWORD, safe=""), PASSWORD)
    capsys.readouterr()
    for form in ((), ("--json",)):
        code = main.run(["db", "copy", "--to", given, "--yes", *form])
        shown = capsys.readouterr()
        assert code in (2, 3), shown
        assert not found_in(shown.out + shown.err, [PASSWORD])


DAEMON = """
import sys, threading
from sopengine import failpoints
from sopengine.cli.main import main
held = sys.stdin.read().split("\\0")
def breaks():
    raise RuntimeError(*held)
def reached(place, told=[]):
    if place == "after_commit" and told.count("after_send") >= 4:
        told.clear()
        threading.Thread(target=breaks, name="other").start()
    told.append(place)
failpoints.listen(reached)
main(["run", *sys.argv[1:]])
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_daemon(tmp_path: Path, server: RobotServer, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process as systemd runs it, whose channels give back what they were sent, and in which a thread breaks."""
    today(tmp_path, server, monkeypatch)
    for key, secrets in {ENVIRONMENT: [ENVIRONMENT], ROBOT: [CREDENTIAL], HOOK: [FILE, TOKEN, PATH]}.items():
        server.script(key, echoes(*secrets))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (tmp_path / "sopengine.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'[metrics]\nlisten = "127.0.0.1:{port}"\n')
    held = [form for secret in (ENVIRONMENT, CREDENTIAL, FILE, TOKEN, PATH) for form in encodings(secret).values()]
    held = [one for one in held if b"\0" not in one]
    command = [sys.executable, "-c", DAEMON, "--log", form]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, cwd=tmp_path, **pipes) as daemon:
        assert daemon.stdin is not None
        daemon.stdin.write(b"\0".join(held))
        daemon.stdin.close()
        daemon.stdin = None
        server.wait_for(5)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answered:
            numbers = answered.read()
        daemon.terminate()
        out, err = daemon.communicate(timeout=30)
    assert b"sopengine_deliveries_total" in numbers
    assert b"thread other broke" in err
    assert err.count(b"[secret]") > len(held) / 2
    assert daemon.returncode == 0
    assert not found_in(numbers + out + err)
    assert not found_beneath(tmp_path, places(tmp_path))
    for line in err.decode().splitlines()[1:-1]:
        assert json.loads(line) if form == "json" else line[:4].isdigit(), "one event, one line"
