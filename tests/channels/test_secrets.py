"""Where secrets come from, and that they stay out of every text."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopengine.channels.base import ChannelSettings
from sopengine.channels.kinds import missing_secrets
from sopengine.channels.masking import masked
from sopengine.channels.secrets import Secrets, unknown_secret
from sopengine.errors import SopError


def put(path: Path, text: str, mode: int = 0o600) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def test_credentials_before_environment_before_file(tmp_path: Path) -> None:
    environ = {"ROBOT": "plain"}
    put(tmp_path / "secrets" / "ROBOT", "from file\n")
    assert Secrets(tmp_path, {}).get("ROBOT") == "from file"
    assert Secrets(tmp_path, environ).get("ROBOT") == "plain"
    assert Secrets(tmp_path, {**environ, "SOPENGINE_SECRET_ROBOT": "prefixed"}).get("ROBOT") == "prefixed"
    assert Secrets(tmp_path, {"SOPENGINE_SECRET_EAST_SIDE_1": "x"}).get("east-side.1") == "x"
    put(tmp_path / "creds" / "ROBOT", "from systemd\n", 0o440)
    environ["CREDENTIALS_DIRECTORY"] = str(tmp_path / "creds")
    assert Secrets(tmp_path, environ).get("ROBOT") == "from systemd"


@pytest.mark.parametrize("name", ["", ".", "..", "../secrets/ROBOT", "/etc/passwd", "a/b", "a\0b", "机器人", "x" * 101])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    put(tmp_path / "secrets" / "ROBOT", "x")
    assert Secrets(tmp_path, {}).get(name) is None


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o601])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    put(tmp_path / "secrets" / "ROBOT", "x", mode)
    with pytest.raises(SopError, match="open to others") as caught:
        Secrets(tmp_path, {}).get("ROBOT")
    assert caught.value.help is not None
    assert "chmod 600" in caught.value.help.en


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\nb", b"a\x1bb", b"x" * 70_000])
def test_a_file_that_holds_no_secret(tmp_path: Path, content: bytes) -> None:
    put(tmp_path / "secrets" / "ROBOT", "")
    (tmp_path / "secrets" / "ROBOT").write_bytes(content)
    with pytest.raises(SopError, match="secret ROBOT cannot be read"):
        Secrets(tmp_path, {}).get("ROBOT")


def test_empty_counts_as_missing_and_a_folder_is_an_error(tmp_path: Path) -> None:
    put(tmp_path / "secrets" / "ROBOT", " \n")
    assert Secrets(tmp_path, {"ROBOT": ""}).get("ROBOT") is None
    (tmp_path / "secrets" / "FOLDER").mkdir()
    with pytest.raises(SopError, match="FOLDER"):
        Secrets(tmp_path, {}).get("FOLDER")


@given(
    secret=st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=4, max_size=40),
    before=st.binary(max_size=7),
    after=st.binary(max_size=7),
)
def test_no_form_of_a_secret_survives(secret: str, before: bytes, after: bytes) -> None:
    secrets = Secrets(Path("nowhere"), {"S": secret})
    assert secrets.get("S") == secret
    raw = secret.encode()
    for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1]):
        assert form not in masked(f"GET /?key={form} failed")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        hidden = encode(before + raw + after).decode()
        assert len(raw) < 6 or masked(hidden) != hidden


def test_secrets_are_not_shown_by_accident() -> None:
    secrets = Secrets(Path("nowhere"), {"S": "canary"})
    secrets.get("S")
    assert "canary" not in repr(secrets)


@pytest.mark.parametrize("name", ["https://qyapi.weixin.qq.com/x", "693a91f6-7aoc-4bc4", "0123456789abcdef01234567"])
def test_what_may_be_a_key_is_not_repeated(name: str) -> None:
    if name.startswith("693a"):
        assert unknown_secret(name) == f"no secret named {name}"
    else:
        assert name not in unknown_secret(name)


def test_missing_secrets_of_a_start(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path, {"EAST": "x", "HOOK": "y"})
    robot = ChannelSettings("robot", "wecom-robot", {})
    assert missing_secrets(robot, ["EAST", "WEST", "WEST"], secrets) == ("no secret named WEST",)
    assert missing_secrets(robot, ["", "EAST"], secrets) == ("neither the address nor the channel names a secret",)
    assert missing_secrets(ChannelSettings("robot", "wecom-robot", {"secret": "EAST"}), [""], secrets) == ()
    hook = ChannelSettings("crm", "webhook", {"secret": "HOOK", "url_secret": "URL"})
    assert missing_secrets(hook, ["group-1"], secrets) == ("no secret named URL",)
    assert missing_secrets(ChannelSettings("console", "console"), ["a"], secrets) == ()


@pytest.mark.parametrize("redirect", ["", "file"])
@pytest.mark.parametrize("key", ["693a91f6-7a0c-4bc4-97a0-0ec2a1f5aaaa", "https://q.example/send?key=x", "a b"])
def test_no_key_stands_where_its_name_belongs(tmp_path: Path, redirect: str, key: str) -> None:
    """Also where nothing is sent yet: the address is kept in the ledger, and shown."""
    robot = ChannelSettings("robot", "wecom-robot", {}, redirect=redirect)
    secrets = Secrets(tmp_path, {"EAST": "x"})
    (reason,) = missing_secrets(robot, ["EAST", key, key], secrets)
    assert "a key or a URL must not stand there" in reason
    assert key not in reason
    assert missing_secrets(robot, ["EAST"], secrets) == ()
    assert missing_secrets(ChannelSettings("crm", "webhook", {}, redirect="file"), ["group 1"], secrets) == ()
