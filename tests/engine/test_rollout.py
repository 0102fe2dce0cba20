"""`rollout` (language.md): waves as the dry run foretells them, held back and stopped by how the ones before ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sopengine.channels.base import Outcome, Outgoing, Receipt
from tests.acceptance.test_guards_equal import foretold
from tests.engine.channels import Memory, always
from tests.support.house import House

LIST = "id,name\n" + "".join(f"g{n},Group {n}\n" for n in range(1, 21))
BOOK = """
playbook: p
timezone: Asia/Shanghai
audiences: {groups: {source: groups}}
runs: {from: 2026-03-02, until: 2026-03-07}
%s
weekly:
  to: groups
  steps:
    - {id: a, on: mon, at: 10:00, send: {text: 'Hello {{ target.name }}'}, rollout: {waves: [2, 10%%, rest], gap: 2h%s}}
"""


def shop(folder: Path, stop: str = "", *, guards: str = "", more: str = "", book: str = BOOK) -> House:
    return House(folder, book % (guards, stop) + more, groups=LIST)


def sent(house: House, step: str = "a") -> dict[str, int]:
    """Local time → how many were sent then."""
    found: dict[str, int] = {}
    for line in house.log():
        if line.after == "sent" and line.step == step:
            at = f"{line.at.astimezone(house.zone):%d %H:%M}"
            found[at] = found.get(at, 0) + 1
    return found


def test_the_first_of_the_list_get_it_first_as_the_dry_run_says(tmp_path: Path) -> None:
    house = shop(tmp_path, more="    - {id: b, after: a + 10m, send: {text: Next}}\n")
    said = foretold(house)
    house.start("2026-03-01T12:00")
    house.run()
    assert sent(house) == {"02 10:00": 2, "02 12:00": 2, "02 14:00": 16}
    assert sent(house, "b") == {"02 10:10": 2, "02 12:10": 2, "02 14:10": 16}
    assert [line.target for line in house.log() if line.after == "sent"][:2] == ["g1", "g2"]
    assert {
        (t.step, t.target): t.at.astimezone(house.zone).isoformat() for t in house.log() if t.after == "sent"
    } == said


def test_why_tells_the_wave_before_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from sopengine.cli.main import run

    monkeypatch.chdir(tmp_path)
    house = shop(tmp_path)
    house.start("2026-03-01T12:00")
    house.tick("2026-03-02T10:00")
    for lang, said in (
        ("en", "wave 3/3 comes 2h after the wave before, until 03-02 14:00"),
        ("zh", "第 3/3 批，上一批之后 2h，等到 03-02 14:00"),
    ):
        assert run(["--lang", lang, "why", "a", "--target", "g20", "--now", "2026-03-02T10:05"]) == 0
        assert said in capsys.readouterr().out


def test_a_wave_keeps_its_distance_from_one_that_a_guard_moves(tmp_path: Path) -> None:
    house = shop(tmp_path, guards="guards: {quiet: {from: 11:00, until: 20:00}}")
    said = foretold(house)
    house.start("2026-03-01T12:00")
    house.run()
    assert sent(house) == {"02 10:00": 2, "02 20:00": 2, "02 22:00": 16}
    assert set(said.values()) == {f"2026-03-02T{at}:00:00+08:00" for at in (10, 20, 22)}


def test_a_restart_between_waves_sends_nothing_twice_and_a_late_wave_delays_the_next(tmp_path: Path) -> None:
    house = shop(tmp_path)
    house.start("2026-03-01T12:00")
    house.tick("2026-03-02T10:20")  # twenty minutes late
    house.tick("2026-03-02T12:00")
    assert sent(house) == {"02 10:20": 2}
    house.run()
    assert sent(house) == {"02 10:20": 2, "02 12:20": 2, "02 14:20": 16}


def failing(*targets: str) -> Any:
    def answer(message: Outgoing) -> Receipt:
        return Receipt(Outcome.REFUSED if message.target in targets else Outcome.SENT, "no such group")

    return answer


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        (", stop_if: failed >= 0.5", {"sent": 1, "failed": 1, "skipped": 18}),
        (", stop_if: failed > 0.5", {"sent": 19, "failed": 1}),
        ("", {"sent": 19, "failed": 1}),
    ],
)
def test_too_many_failures_stop_what_is_left_with_the_numbers(
    tmp_path: Path, stop: str, expected: dict[str, int], capsys: Any
) -> None:
    house = shop(tmp_path, stop)
    house.channels["file"] = Memory(house.clock, failing("g1"))
    house.start("2026-03-01T12:00")
    house.run()
    ends = [end[3] for end in house.ends()]
    assert {state: ends.count(state) for state in set(ends)} == expected
    if "skipped" in expected:
        reasons = {line.reason for line in house.log() if line.after == "skipped"}
        assert reasons == {
            "rollout 2/3: stopped, 1 of 2 before it did not arrive",
            "rollout 3/3: stopped, 1 of 2 before it did not arrive",
        }


def test_what_a_person_has_yet_to_confirm_is_waited_for(tmp_path: Path) -> None:
    house = shop(tmp_path)
    house.channels["file"] = Memory(house.clock, always(Outcome.HANDED_OVER))
    house.start("2026-03-01T12:00")
    house.tick("2026-03-02T10:00")
    house.channels["file"] = Memory(house.clock)
    house.run(until="2026-03-02T15:00")
    assert sent(house) == {}
    held = {line.reason.partition(",")[0] for line in house.log() if line.after == "held"}
    assert held == {"rollout 2/3: 2h after the wave before", "rollout 3/3: 2h after the wave before"}
    assert len([line for line in house.log() if line.after == "held"]) == 2 * 18, "once handed out, once put off"
    for task in house.store.tasks():
        house.store.complete_task(task.id, house.clock.now(), "Ann")
    house.run(until="2026-03-02T23:00")
    assert list(sent(house).values()) == [2, 16]


def test_without_time_left_a_wave_is_missed_and_foretold(tmp_path: Path) -> None:
    book = BOOK.replace("rollout:", "useful_until: 3h, rollout:")
    house = shop(tmp_path, book=book)
    said = foretold(house)
    house.start("2026-03-01T12:00")
    house.run()
    assert sent(house) == {"02 10:00": 2, "02 12:00": 2}
    assert len(said) == 4
    assert {line.reason for line in house.log() if line.after == "missed"} == {"rollout 3/3; no time left"}


def test_a_slip_moves_the_waves_that_are_unsent_with_their_distance(tmp_path: Path) -> None:
    from sopengine.cli.main import run

    book = """
playbook: p
timezone: Asia/Shanghai
inputs: {opening: {type: date}}
audiences: {groups: {source: groups}}
phases:
  all:
    from: opening
    until: opening + 3d
    steps:
      - {id: a, on: day 1, at: 10:00, to: groups, send: {text: Hello}, rollout: {waves: [2, 10%, rest], gap: 2h}}
"""
    house = House(tmp_path, book, groups=LIST)
    house.start("2026-03-01T12:00", opening="2026-03-02")
    house.tick("2026-03-02T10:00")
    words = ["slip", "p", "opening", "+1d", "--now", "2026-03-02T11:00", "--yes", "--workspace", str(house.root)]
    assert run(words) == 0
    house.run()
    assert sent(house) == {"02 10:00": 2, "03 12:00": 2, "03 14:00": 16}
