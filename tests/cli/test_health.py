"""`status --health` and `metrics`: what a monitor reads, well, waiting for a person, stopped and broken."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sopengine.cli.main import run
from sopengine.clock import SystemClock
from sopengine.engine.exporter import Exporter
from sopengine.engine.metrics import STATES, exposition
from sopengine.errors import SopError
from sopengine.store.store import open_store
from tests.acceptance.conftest import Cli
from tests.acceptance.conftest import cli as cli
from tests.engine.test_alerts import Answers, Outcome
from tests.support.house import House

BOOK = """
playbook: shop
title: Shop
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
messages: {a: 'A {{ target.name }}'}
runs: {from: 2026-03-02, until: 2026-03-09}
weekly: {to: groups, steps: [{id: a, on: daily, at: 10:00, send: a, late_ok: 10m, useful_until: 1h}]}
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    house = House(tmp_path, BOOK)
    monkeypatch.chdir(tmp_path)
    return house


def test_no_database_yet(house: House, cli: Cli) -> None:
    house.store.close()
    (house.root / "sop.db").unlink()
    told = cli("status", "--health")
    assert (told.code, told.out) == (3, "")
    assert "no database" in told.err


def test_nothing_runs(house: House, cli: Cli) -> None:
    told = cli("status", "--health").ok()
    assert told.out == "well: 0 campaigns running; 0 due; no pass yet\n"


def test_well_then_silent(house: House, cli: Cli) -> None:
    house.start("2026-03-01T08:00")
    never = cli("status", "--health", "--now", "2026-03-01T08:01")
    assert (never.code, never.out) == (3, "stopped: campaigns run, and there was never a pass\n")
    house.tick("2026-03-01T08:00")
    well = cli("status", "--health", "--now", "2026-03-01T08:05").ok()
    assert well.out == "well: 1 campaigns running; 0 due; last pass 300 s ago\n"
    silent = cli("status", "--health", "--now", "2026-03-01T08:06")
    assert (silent.code, silent.out) == (3, "stopped: last pass 360 s ago, no sopengine is at work\n")
    back = cli("status", "--health", "--now", "2026-03-01T07:30")
    assert (back.code, "which is to come" in back.out) == (3, True)


def test_a_long_pass_is_no_silence(house: House, cli: Cli) -> None:
    """Its claims are signs of life although the pass has not ended."""
    house.start("2026-03-01T08:00")
    house.tick("2026-03-02T09:59")
    house.tick("2026-03-02T10:00")
    house.store.set_last_tick(house.at("2026-03-02T09:00"))
    told = cli("status", "--health", "--now", "2026-03-02T10:02")
    assert (told.code, told.out.startswith("well: ")) == (0, True)


def test_what_needs_a_person(house: House, cli: Cli) -> None:
    house.channels = {"file": Answers(house.root / "x", Outcome.UNKNOWN, Outcome.REFUSED)}
    house.start("2026-03-01T08:00")
    house.tick("2026-03-02T10:00")
    told = cli("status", "--health", "--now", "2026-03-02T10:01")
    assert (told.code, told.out.startswith("needs a person: unknown 1, failed 1; 1 campaigns")) == (5, True)
    document = json.loads(cli("status", "--health", "--json", "--now", "2026-03-02T10:01").out)
    assert document["health"] == "needs a person"
    assert document["needs_a_person"] == {"failed": 1, "unknown": 1}
    zh = cli("status", "--health", "--lang", "zh", "--now", "2026-03-02T10:01")
    assert zh.out.startswith("等人处理：不确定 1，失败 1")


def test_a_silent_daemon_is_told_by_the_monitors_own_process_once(house: House, cli: Cli) -> None:
    (house.root / "sopengine.toml").write_text(house.toml + '[alerts]\nvia = "file"\n', "utf-8")
    house.start("2026-03-01T08:00")
    house.tick("2026-03-01T08:00")
    house.store.begin_alerts(house.clock.now())
    assert cli("status", "--health", "--alert", "--now", "2026-03-01T08:04").code == 0
    assert house.outbox() == []
    for minute in range(6, 30):
        assert cli("status", "--health", "--alert", "--now", f"2026-03-01T08:{minute:02}").code == 3
    [told] = house.outbox()
    assert "nothing was carried out" in told["text"]
    assert cli("status", "--alert").code == 2


# --- metrics


def numbers(text: str) -> dict[tuple[str, str], float]:
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(s.name, ",".join(s.labels.values())): s.value for s in samples}


def test_names_follow_the_conventions(house: House) -> None:
    text = exposition(house.store, SystemClock().now)
    families = list(text_string_to_metric_families(text))
    for family in families:
        assert family.name.startswith("sopengine")
        assert family.documentation.endswith(".")
        assert not re.search(r"_(count|ms|minutes|hours)$", family.name)
        assert family.type != "unknown"
        for sample in family.samples:
            assert sample.name.endswith("_total") == (family.type == "counter"), sample
    named = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    for guide in ("operations.md", "operations.zh-CN.md"):
        told = (Path(__file__).parents[2] / "docs" / guide).read_text("utf-8")
        assert set(re.findall(r"^\| `(sopengine_\w+)", told, re.M)) == named


def test_numbers_of_a_campaign(house: House, cli: Cli) -> None:
    house.channels = {"file": Answers(house.root / "x", Outcome.UNKNOWN, Outcome.REFUSED)}
    house.start("2026-03-01T08:00")
    house.tick("2026-03-02T10:00")
    house.tick("2026-03-03T10:00")
    house.tick("2026-03-03T10:07")
    house.tick("2026-03-04T12:00")
    found = numbers(cli("metrics", "--now", "2026-03-04T12:00").ok().out)
    assert {state: found["sopengine_deliveries_total", state] for state in STATES} == {
        **dict.fromkeys(STATES, 0.0),
        "sent": 2.0,
        "unknown": 1.0,
        "failed": 1.0,
        "missed": 2.0,
    }
    assert found["sopengine_deliveries_unsettled", "unknown"] == 1
    assert found["sopengine_campaigns", "running"] == 1
    assert found["sopengine_lateness_seconds_count", ""] == 2
    assert found["sopengine_lateness_seconds_bucket", "1.0"] == 2
    assert found["sopengine_lateness_seconds_sum", ""] == 0
    assert found["sopengine_last_pass_timestamp_seconds", ""] == house.clock.now().timestamp()
    assert found["sopengine_next_due_timestamp_seconds", ""] == house.at("2026-03-05T10:00").timestamp()
    assert ("sopengine_oldest_due_timestamp_seconds", "") not in found


def test_lateness_is_counted_by_seconds(house: House, cli: Cli) -> None:
    house.start("2026-03-01T08:00")
    house.tick("2026-03-02T10:00")
    house.tick("2026-03-03T10:07")
    found = numbers(cli("metrics", "--now", "2026-03-03T10:08").ok().out)
    late = {edge: count for (name, edge), count in found.items() if name == "sopengine_lateness_seconds_bucket"}
    assert late == {
        "1.0": 2, "5.0": 2, "15.0": 2, "60.0": 2, "300.0": 2, "900.0": 4, "3600.0": 4, "14400.0": 4, "+Inf": 4,
    }  # fmt: skip
    assert found["sopengine_lateness_seconds_sum", ""] == 2 * 7 * 60


def test_what_is_due_and_held_up(house: House, cli: Cli) -> None:
    house.channels = {"file": Answers(house.root / "x", Outcome.RATE_LIMITED, Outcome.NOT_NOW)}
    house.start("2026-03-01T08:00")
    house.tick("2026-03-02T10:00")
    house.store.pause("channel", "file", house.clock.now(), "lin")
    found = numbers(cli("metrics", "--now", "2026-03-02T10:05").ok().out)
    assert found["sopengine_deliveries_due", ""] == 2
    assert found["sopengine_pauses", ""] == 1
    assert 0 < found["sopengine_oldest_due_timestamp_seconds", ""] < house.at("2026-03-02T10:05").timestamp()


def test_the_daemon_serves_them_and_counts_on(house: House, cli: Cli) -> None:
    house.start("2026-03-01T08:00")
    with open_store(house.workspace.database) as store, Exporter(store, house.clock.now, "127.0.0.1", 0) as exporter:

        def read() -> dict[tuple[str, str], float]:
            with urllib.request.urlopen(f"http://127.0.0.1:{exporter.port}/metrics", timeout=10) as answer:
                return numbers(answer.read().decode())

        assert read()["sopengine_deliveries_total", "sent"] == 0
        house.tick("2026-03-02T10:00")
        assert read()["sopengine_deliveries_total", "sent"] == 2
        house.tick("2026-03-03T10:00")
        assert read()["sopengine_deliveries_total", "sent"] == 4
        assert read() == numbers(exposition(store, house.clock.now)), "as a process of its own counts them"
        for path in ("/", "/metrics/x", "/../etc/passwd"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://127.0.0.1:{exporter.port}{path}", timeout=10)
        with pytest.raises(SopError, match="cannot serve metrics"):
            Exporter(store, house.clock.now, "127.0.0.1", exporter.port)


def test_a_database_that_cannot_be_read_is_said_without_a_traceback(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    with Exporter(house.store, house.clock.now, "127.0.0.1", 0) as exporter:
        house.store.close()
        for path in house.root.glob("sop.db*"):
            path.write_bytes(b"x" * 5000)
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"http://127.0.0.1:{exporter.port}/metrics", timeout=10)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("listen", ["9464", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "a b:1", ":9464"])
def test_an_address_that_is_none(house: House, cli: Cli, listen: str) -> None:
    (house.root / "sopengine.toml").write_text(house.toml + f'[metrics]\nlisten = "{listen}"\n', "utf-8")
    assert run(["status"]) == 1
