"""The daemon's log: one event is one line, whatever a message holds; secrets and telephone numbers are not in it."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from sopengine.cli.logs import configure
from sopengine.workspace import load_workspace

SECRET = "9f1c-5b/канарейка+key"
SETTINGS = '[channels.robot]\nkind = "wecom-robot"\nsecret = "ROBOT"\n'
log = logging.getLogger("sopengine.engine.made_up")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sopengine.toml").write_text(SETTINGS, "utf-8")
    monkeypatch.setenv("SOPENGINE_SECRET_ROBOT", SECRET)
    return tmp_path


@pytest.fixture(autouse=True)
def the_log_as_it_was() -> Iterator[None]:
    top, ours = logging.getLogger(), logging.getLogger("sopengine")
    before = (list(top.handlers), top.level, ours.level)
    yield
    top.handlers[:] = before[0]
    top.setLevel(before[1])
    ours.setLevel(before[2])


def written(root: Path, form: str) -> io.StringIO:
    stream = io.StringIO()
    configure(load_workspace(root), form, stream)
    return stream


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("sign", ["\n", "\r", "\x1b[31m", "\x85", "\u2028", "\u2029", "\x00", "\x9b"])
def test_one_event_is_one_line(root: Path, form: str, sign: str) -> None:
    stream = written(root, form)
    log.warning("before %safter: %s", sign, f"2026 error forged{sign}line")
    told = stream.getvalue()
    assert len(told.splitlines()) == 1
    assert sign not in told.removesuffix("\n")
    if form == "json":
        assert sign in json.loads(told)["message"], "nothing of it is lost"


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_not_in_it_in_any_form(root: Path, form: str) -> None:
    stream = written(root, form)
    forms = [SECRET, quote(SECRET, safe=""), base64.b64encode(SECRET.encode()).decode(), json.dumps(SECRET)[1:-1]]
    for one in forms:
        log.warning("the channel said %s", one)
        try:
            raise ValueError(f"https://example.com/send?key={one}")
        except ValueError:
            log.exception("it broke")
    told = stream.getvalue()
    assert told.count("[secret]") >= 2 * len(forms)
    for one in forms:
        assert one not in told
        assert one not in "".join(json.loads(line)["message"] for line in told.splitlines() if form == "json")


def test_a_secret_that_was_changed_meanwhile_is_hidden_too(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = written(root, "text")
    log.warning("first")
    monkeypatch.setenv("SOPENGINE_SECRET_ROBOT", "another-canary")
    log.warning("it said another-canary and %s", SECRET)
    assert "canary" not in stream.getvalue()
    assert SECRET not in stream.getvalue()


@pytest.mark.parametrize("number", ["13912345678", "+8613912345678", "6222020200112233445"])
def test_telephone_and_card_numbers_are_hidden_and_keys_are_not(root: Path, number: str) -> None:
    stream = written(root, "text")
    log.warning("about %s of 2026-06-01T09:00:00, delivery 3cfe8837cd9488a778d4ea3b2d610274, v1.2.3", number)
    told = stream.getvalue()
    assert number not in told
    assert "about [number] of 2026-06-01T09:00:00, delivery 3cfe8837cd9488a778d4ea3b2d610274, v1.2.3" in told


def test_libraries_say_only_what_is_wrong(root: Path) -> None:
    stream = written(root, "text")
    logging.getLogger("apscheduler.scheduler").info("Added job")
    logging.getLogger("httpx2").info("POST https://example.com")
    assert stream.getvalue() == ""
    logging.getLogger("apscheduler.scheduler").warning("Run time of job was missed")
    assert stream.getvalue().count("\n") == 1
