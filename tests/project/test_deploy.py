"""systemd accepts the units and calls them safe enough; cron, units and container call commands that there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from sopengine.cli.main import COMMANDS
from sopengine.resources import resource

SERVICES = ["sopengine.service", "sopengine-tick.service", "sopengine-health.service"]
UNITS = [*SERVICES, "sopengine-tick.timer", "sopengine-health.timer"]
EXPOSED = 1.4
"""At most, as `systemd-analyze security` counts from 0 to 10: what is left is that it speaks with the internet."""
PROGRAM = "/opt/sopengine/bin/sopengine"


def test_units_pass_systemd_analyze(tmp_path: Path) -> None:
    """The program is not installed where the units expect it, so the judged copies call one that is there."""
    for name in UNITS:
        text = (resource("deploy") / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace(f"ExecStart={PROGRAM}", "ExecStart=/bin/true"), "utf-8")
    analyze = shutil.which("systemd-analyze")
    assert analyze, "systemd-analyze is missing: install the package systemd"
    done = subprocess.run(
        [analyze, "verify", *(str(tmp_path / name) for name in UNITS)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", SERVICES)
def test_units_are_hardened(name: str) -> None:
    analyze = shutil.which("systemd-analyze")
    assert analyze
    threshold = f"--threshold={round(EXPOSED * 10)}"
    done = subprocess.run(
        [analyze, "security", "--offline=true", threshold, str(resource("deploy") / name)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout


def test_units_and_cron_call_the_same_program() -> None:
    called = {
        name: re.findall(rf"{PROGRAM} ([^\n>|]+?)(?: >[^\n]*| 2>[^\n]*)?$", text(name), re.M)
        for name in (*SERVICES, "sopengine.cron")
    }
    tick, health = "tick --workspace /var/lib/sopengine", "status --health --alert --workspace /var/lib/sopengine"
    assert called == {
        "sopengine.service": ["run --workspace /var/lib/sopengine"],
        "sopengine-tick.service": [tick],
        "sopengine-health.service": [health],
        "sopengine.cron": [tick, health, "backup copies/new.db"],
    }
    for line in {line for lines in called.values() for line in lines}:
        name, *rest = line.split()
        import_module(COMMANDS[name][0]).command("en").make_context(name, rest)


def text(name: str) -> str:
    return (resource("deploy") / name).read_text("utf-8")


# --- the container file, as far as it can be judged without building it


def instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text("Containerfile"), flags=re.M))
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def test_the_container_is_slim_and_not_root() -> None:
    found = instructions()
    stages = [number for number, (word, _) in enumerate(found) if word == "FROM"]
    final = found[stages[-1] :]
    assert len(stages) == 2, "the wheel and pip's traces stay in the first"
    for word, rest in found:
        assert word in ("FROM", "COPY", "RUN", "ENV", "USER", "WORKDIR", "VOLUME", "HEALTHCHECK", "STOPSIGNAL",
                        "ENTRYPOINT", "CMD"), word  # fmt: skip
        if word == "FROM":
            assert re.match(r"docker\.io/library/python:3\.\d+-slim-[a-z]+( AS \w+)?$", rest), "a fixed, slim base"
        assert not re.search(r"sudo|chmod 777|curl|wget|apt", rest)
        assert not re.search(r"(KEY|SECRET|TOKEN|PASSWORD|ROBOT)=", rest), "no secret in a layer"
    words = [word for word, _ in final]
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", dict(final)["USER"]), "a number, so that a cluster can see it"
    assert (json.loads(dict(final)["ENTRYPOINT"]), json.loads(dict(final)["CMD"])) == (["sopengine"], ["run"])
    minimum = re.search(r">=3\.(\d+)", (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    assert minimum
    assert f"python:3.{minimum[1]}-" in dict(final)["FROM"]


@pytest.mark.parametrize(("code", "well"), [(0, True), (5, True), (3, False), (75, False), (1, False)])
def test_the_containers_health(tmp_path: Path, code: int, well: bool) -> None:
    """Its line, run by the shell that would run it: what needs a person is no illness."""
    check = dict(instructions())["HEALTHCHECK"]
    command = check.partition(" CMD ")[2]
    stub = tmp_path / "sopengine"
    stub.write_text(f'#!/bin/sh\ntest "$*" = "status --health" || exit 9\nexit {code}\n')
    stub.chmod(0o755)
    done = subprocess.run(["/bin/sh", "-c", command], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, timeout=30)
    assert done.returncode == (0 if well else 1)
