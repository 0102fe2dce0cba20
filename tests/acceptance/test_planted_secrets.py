"""Secrets planted wherever secrets come from are in nothing that any command prints, logs, writes or stores, whatever
the channels answered."""

from __future__ import annotations

import io
import logging
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
import pytest

from sopengine.cli import main
from sopengine.cli.logs import Lines, cleaner
from tests.cli.test_json_forms import AT, BOOK, REHEARSAL, WALK, ids, write_files
from tests.support.house import House
from tests.support.planted import CREDENTIAL, ENVIRONMENT, FILE, PATH, TOKEN, found_beneath, found_in
from tests.support.planted_shop import GROUPS, HOOK, LOGGERS, ROBOT, TOML, echoes, places, plant, stored
from tests.support.planted_shop import server as server
from tests.support.planted_shop import surroundings as surroundings
from tests.support.previewing import previewed
from tests.support.robot_server import RobotServer

pytestmark = pytest.mark.usefixtures("surroundings")

NOISY = (
    BOOK
    + """
      - {id: r, on: 2026-03-02, at: every 2m from 08:00 until 08:24, to: groups, send: noon, via: robot}
      - {id: h, on: 2026-03-02, at: every 2m from 08:01 until 08:25, to: groups, send: noon, via: hook}
"""
)
BESIDE_JSON = (
    "init shop",
    "completion bash",
    "completion zsh",
    "completion fish",
    "run --now 2026-03-06T15:00 --until 2026-03-06T16:00",
    f"metrics --now {AT}",
    "member export m-1",
    "check book.yaml --format github",
    "check book.yaml --format sarif",
    "dry-run book.yaml --html page.html --now 2026-03-01T12:00",
    "dry-run book.yaml --jsonl --now 2026-03-01T12:00",
    "dry-run book.yaml --all --now 2026-03-01T12:00",
    "log --jsonl",
    "doctor --online",
    "start book.yaml --key three --set opening=x",
    "status --workspace nowhere",
)
"""Commands and ways of calling them that know no --json, or say something else without."""
UNTIL_STOPPED = ("preview book.yaml --now 2026-03-01T12:00",)
"""Commands with a test of their own here; `run` by the real clock is in test_secrets_when_it_breaks."""
VOICES = (("zh", ()), ("en", ("--json",)), ("en", ()), ("zh", ("--json",)))


def lived(root: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch) -> House:
    """A day on which every kind of answer came back."""
    plant(root, server, monkeypatch)
    house = House(root, NOISY, TOML.format(url=server.url), groups=GROUPS)
    server.script(ENVIRONMENT, echoes(ENVIRONMENT))
    server.script(ROBOT, echoes(CREDENTIAL))
    server.script(HOOK, echoes(FILE, TOKEN, PATH))
    house.start("2026-03-01T12:00")
    house.tick_every(timedelta(minutes=1), "2026-03-02T08:00", "2026-03-02T08:30")
    house.tick("2026-03-02T09:00")
    write_files(root)
    quiet = {"quiet.yaml": BOOK, "first.yaml": REHEARSAL.replace("book.yaml", "quiet.yaml")}
    for name, text in quiet.items():
        (root / name).write_text(text, "utf-8")
    return house


@pytest.mark.parametrize("voices", [VOICES[:2], VOICES[2:]], ids=["zh text, en json", "en text, zh json"])
def test_nothing_that_any_command_says_or_writes(
    tmp_path: Path,
    server: RobotServer,
    voices: tuple[tuple[str, tuple[str, ...]], ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    monkeypatch.chdir(root)
    told = io.StringIO()
    log_everything(root, server, told)
    house = lived(root, server, monkeypatch)
    reasons = [need.reason for need in house.store.needs()]
    assert len(reasons) > 10, "the faults were met"
    assert "[secret]" in stored(root / "sop.db"), "what was given back has come as far as the ledger"
    known, leaks = ids(house), []
    lines = [*(words for _, words in WALK), *BESIDE_JSON]
    for line in sorted(
        lines, key=lambda words: words.startswith("db copy")
    ):  # after which the file is not used any more
        for lang, form in voices:
            if form and line in BESIDE_JSON:
                continue
            words = [*line.format(**known).split(), *form, "--lang", lang]
            main.run(words)
            shown = capsys.readouterr()
            leaks += [f"{' '.join(words)}: {leak}" for leak in found_in(shown.out + shown.err)]
    leaks += [f"log: {leak}" for leak in found_in(told.getvalue())]
    for path in root.glob("*.db*"):
        leaks += [
            f"{path.name}: {leak}" for leak in found_in(stored(path) if path.suffix == ".db" else path.read_bytes())
        ]
    leaks += found_beneath(root, places(root))
    assert not leaks, "\n".join(leaks)
    assert told.getvalue()


def test_the_preview_page(tmp_path: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, server, monkeypatch)
    House(tmp_path, NOISY, TOML.format(url=server.url), groups=GROUPS).store.close()
    with previewed(tmp_path, *UNTIL_STOPPED[0].split()[1:]) as shown:
        with urllib.request.urlopen(shown.address, timeout=30) as answered:
            page = answered.read().decode()
        shown.interrupt()
    assert "Hello" in page
    assert not found_in(page + shown.address + shown.said)


def log_everything(root: Path, server: RobotServer, stream: io.StringIO) -> None:
    """As the daemon logs, and all that anybody has to say: ours and the libraries'."""
    from sopengine.channels import wire  # noqa: F401 - it lowers the loggers of the HTTP library
    from sopengine.workspace import load_workspace

    (root / "sopengine.toml").write_text(TOML.format(url=server.url), "utf-8")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines("json", cleaner(load_workspace(root))))
    logging.getLogger().handlers[:] = [handler]
    for name in (None, *LOGGERS):
        logging.getLogger(name).setLevel(logging.DEBUG)


def leaves(group: click.Group, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from leaves(command, (*before, name))
            else:
                yield (*before, name)


def test_every_command_has_its_case() -> None:
    """A new one goes into WALK of test_json_forms, or into BESIDE_JSON."""
    program = main.program("en")
    assert isinstance(program, click.Group)
    called = [tuple(line.split()) for line in (*(words for _, words in WALK), *BESIDE_JSON, *UNTIL_STOPPED)]
    missing = [path for path in leaves(program) if not any(words[: len(path)] == path for words in called)]
    assert not missing
