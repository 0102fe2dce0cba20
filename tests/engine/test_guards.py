"""Quiet hours, caps, gaps and who opted out, on a real ledger (semantics.md S4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopengine.store.leaving_out import LeftOut
from tests.support.house import TOML, House

HEAD = """
playbook: p
timezone: Asia/Shanghai
audiences: {groups: {source: groups}}
runs: {from: 2026-03-02, until: 2026-03-08}
"""


def house(tmp_path: Path, body: str, toml: str = TOML, groups: str = "id,name\neast,East\n") -> House:
    made = House(tmp_path / "shop", HEAD + body, toml=toml, groups=groups)
    made.start("2026-03-01T12:00")
    return made


def weekly(*steps: str) -> str:
    return "weekly:\n  to: groups\n  steps:\n" + "".join(f"    - {step}\n" for step in steps)


def sent(made: House) -> list[tuple[str, str, str]]:
    """Step, target and local time of everything that went out, in its order."""
    return [(t.step, t.target, f"{t.at.astimezone(made.zone):%m-%d %H:%M}") for t in made.log() if t.after == "sent"]


def reasons(made: House, state: str) -> list[tuple[str, str, str]]:
    return [(t.step, t.target, t.reason) for t in made.log() if t.after == state]


QUIET = "guards: {quiet: {from: 22:00, until: 08:00, then: %s}}\n"


def test_quiet_hours_hold_until_the_morning(tmp_path: Path) -> None:
    steps = weekly("{id: late, on: mon, at: 22:30, send: {text: a}}", "{id: last, on: mon, at: 21:59, send: {text: b}}")
    made = house(tmp_path, QUIET % "hold" + steps)
    made.run(until="2026-03-04T00:00")
    assert sent(made) == [("last", "east", "03-02 21:59"), ("late", "east", "03-03 08:00")]


def test_the_edges_of_quiet_hours_are_half_open(tmp_path: Path) -> None:
    steps = weekly("{id: a, on: mon, at: 22:00, send: {text: a}}", "{id: b, on: tue, at: 08:00, send: {text: b}}")
    made = house(tmp_path, QUIET % "hold" + steps)
    made.run(until="2026-03-04T00:00")
    assert sent(made) == [("a", "east", "03-03 08:00"), ("b", "east", "03-03 08:00")]


def test_quiet_hours_drop(tmp_path: Path) -> None:
    made = house(tmp_path, QUIET % "drop" + weekly("{id: late, on: mon, at: 22:30, send: {text: a}}"))
    made.run(until="2026-03-04T00:00")
    assert sent(made) == []
    assert reasons(made, "skipped") == [("late", "east", "quiet 22:00-08:00")]


def test_quiet_hours_send_earlier(tmp_path: Path) -> None:
    steps = weekly("{id: late, on: mon, at: 22:30, send: {text: a}}", "{id: dawn, on: wed, at: 05:00, send: {text: b}}")
    made = house(tmp_path, QUIET % "earlier" + steps)
    made.run(until="2026-03-05T00:00")
    assert sent(made) == [("late", "east", "03-02 21:59"), ("dawn", "east", "03-03 21:59")]


def test_what_is_of_no_use_in_the_morning_is_missed(tmp_path: Path) -> None:
    step = "{id: late, on: mon, at: 22:30, useful_until: 2h, send: {text: a}}"
    made = house(tmp_path, QUIET % "hold" + weekly(step))
    made.run(until="2026-03-04T00:00")
    assert sent(made) == []
    assert reasons(made, "missed") == [("late", "east", "quiet 22:00-08:00; no time left")]


def test_a_late_pass_does_not_send_in_quiet_hours(tmp_path: Path) -> None:
    made = house(tmp_path, QUIET % "hold" + weekly("{id: a, on: mon, at: 21:50, send: {text: a}}"))
    made.tick("2026-03-02T22:10")
    assert sent(made) == []
    made.run(until="2026-03-04T00:00")
    assert sent(made) == [("a", "east", "03-03 08:00")]


def test_a_spread_may_end_in_quiet_hours(tmp_path: Path) -> None:
    groups = "id,name\n" + "".join(f"g{n},G\n" for n in range(40))
    made = house(
        tmp_path,
        QUIET % "hold" + weekly("{id: a, on: mon, at: 21:50, spread: 20m, send: {text: a}}"),
        groups=groups,
    )
    made.run(until="2026-03-04T00:00")
    times = [time for _, _, time in sent(made)]
    assert len(times) == 40
    assert all("03-02 21:50" <= time < "03-02 22:00" or time == "03-03 08:00" for time in times)
    assert times.count("03-03 08:00") > 5


def test_what_was_held_is_asked_its_condition_again(tmp_path: Path) -> None:
    body = "events: {shop.closed: {}}\n" + QUIET % "hold"
    step = "{id: a, on: mon, at: 22:30, if: count('shop.closed').today == 0, send: {text: a}}"
    made = house(tmp_path, body + weekly(step))
    made.tick("2026-03-02T22:30")
    from sopengine.store.rows import EventRow

    made.store.add_event(EventRow("shop.closed", "east", {}, made.at("2026-03-03T07:00")))
    made.run(until="2026-03-04T00:00")
    assert sent(made) == []
    [(step_id, _, reason)] = reasons(made, "skipped")
    assert step_id == "a"
    assert reason.startswith("condition, asked again")


WELCOME = """
welcome:
  on_event: member.joined
  steps:
    - {id: hello, after: 0s, send: {text: hello}}
    - {id: rules, after: 10m, send: {text: rules}}
"""


def test_a_welcome_greets_in_the_night_for_a_minute(tmp_path: Path) -> None:
    from sopengine.store.rows import EventRow

    made = house(tmp_path, QUIET % "hold" + WELCOME)
    made.at("2026-03-02T23:00")
    made.store.add_event(EventRow("member.joined", "east", {"member": "m1", "name": "M"}, made.clock.now()))
    made.run(until="2026-03-04T00:00")
    assert sent(made) == [("hello", "east", "03-02 23:00"), ("rules", "east", "03-03 08:00")]


CAP = "guards: {cap: [{per: target, max: %d, window: %s}]}\n"
THREE = (
    "{id: a, on: mon, at: 09:00, send: {text: a}}",
    "{id: b, on: mon, at: 10:00, send: {text: b}}",
    "{id: c, on: mon, at: 11:00%s, send: {text: c}}",
)


def test_a_daily_cap_puts_off_to_the_same_hour_of_the_next_day(tmp_path: Path) -> None:
    made = house(tmp_path, CAP % (2, "calendar-day") + weekly(*THREE[:2], THREE[2] % ", useful_until: 2d"))
    made.run(until="2026-03-05T00:00")
    assert sent(made) == [("a", "east", "03-02 09:00"), ("b", "east", "03-02 10:00"), ("c", "east", "03-03 11:00")]
    [(_, _, reason)] = reasons(made, "held")
    assert reason.startswith("cap 2 per target and calendar-day: used by p/a, p/b")


def test_a_cap_that_skips_names_what_used_it(tmp_path: Path) -> None:
    made = house(tmp_path, CAP % (2, "calendar-day") + weekly(*THREE[:2], THREE[2] % ", on_cap: skip"))
    made.run(until="2026-03-05T00:00")
    assert [step for step, _, _ in sent(made)] == ["a", "b"]
    assert reasons(made, "skipped") == [("c", "east", "cap 2 per target and calendar-day: used by p/a, p/b")]


def test_a_cap_that_outlasts_the_use_is_missed(tmp_path: Path) -> None:
    made = house(tmp_path, CAP % (2, "calendar-week") + weekly(*THREE[:2], THREE[2] % ""))
    made.run(until="2026-03-05T00:00")
    [(step, _, reason)] = reasons(made, "missed")
    assert step == "c"
    assert "no time left" in reason


def test_a_rolling_cap_goes_on_when_the_oldest_falls_out(tmp_path: Path) -> None:
    made = house(tmp_path, CAP % (2, "rolling 6h") + weekly(*THREE[:2], THREE[2] % ""))
    made.run(until="2026-03-05T00:00")
    assert sent(made)[-1] == ("c", "east", "03-02 15:00")


MORE = ", priority: 5"
WEEK = (
    "{id: a, on: mon, at: 09:00, send: {text: a}}",
    "{id: b, on: tue, at: 09:00%s, send: {text: b}}",
    "{id: c, on: wed, at: 09:00%s, send: {text: c}}",
)


def test_a_cap_keeps_room_for_what_matters_more_and_comes_later(tmp_path: Path) -> None:
    made = house(tmp_path, CAP % (2, "calendar-week") + weekly(WEEK[0], WEEK[1] % ", on_cap: skip", WEEK[2] % MORE))
    made.run(until="2026-03-09T00:00")
    assert [step for step, _, _ in sent(made)] == ["a", "c"]
    assert reasons(made, "skipped") == [("b", "east", "cap 2 per target and calendar-week: used by p/a, kept for p/c")]


def test_without_a_priority_the_first_come_are_served(tmp_path: Path) -> None:
    made = house(tmp_path, CAP % (2, "calendar-week") + weekly(WEEK[0], WEEK[1] % "", WEEK[2] % ", on_cap: skip"))
    made.run(until="2026-03-09T00:00")
    assert [step for step, _, _ in sent(made)] == ["a", "b"]


def test_room_that_is_not_needed_any_more_is_free_again(tmp_path: Path) -> None:
    made = house(tmp_path, CAP % (2, "calendar-week") + weekly(WEEK[0], WEEK[1] % ", on_cap: skip", WEEK[2] % MORE))
    made.run(until="2026-03-02T12:00")
    made.store.leave_out(LeftOut("p", "c"), made.clock.now(), "mei", "the offer is off")
    made.run(until="2026-03-09T00:00")
    assert [step for step, _, _ in sent(made)] == ["a", "b"]


def test_a_rolling_cap_waits_for_what_matters_more_and_goes_after_it(tmp_path: Path) -> None:
    body = weekly(
        "{id: b, on: mon, at: 09:00, useful_until: 2d, send: {text: b}}",
        "{id: c, on: mon, at: 11:00, priority: 5, send: {text: c}}",
    )
    made = house(tmp_path, CAP % (1, "rolling 6h") + body)
    made.run(until="2026-03-09T00:00")
    assert sent(made) == [("c", "east", "03-02 11:00"), ("b", "east", "03-02 17:00")]


def test_what_is_held_at_night_keeps_its_room(tmp_path: Path) -> None:
    """The important one is in the ledger already and waits there for the morning."""
    body = (
        CAP % (1, "calendar-week")
        + """
weekly:
  to: groups
  guards: {quiet: {from: 22:00, until: 08:00}}
  steps: [{id: c, on: mon, at: 23:00, priority: 5, useful_until: 1d, send: {text: c}}]
phases:
  launch:
    from: 2026-03-02
    until: 2026-03-03
    steps: [{id: b, on: 2026-03-02, at: 23:30, to: groups, on_cap: skip, send: {text: b}}]
"""
    )
    made = house(tmp_path, body)
    made.run(until="2026-03-04T00:00")
    assert sent(made) == [("c", "east", "03-03 08:00")]
    assert reasons(made, "skipped") == [("b", "east", "cap 1 per target and calendar-week: kept for p/c")]


def test_after_a_long_stop_the_important_one_still_finds_room(tmp_path: Path) -> None:
    """Both are due when the daemon comes back; the less important one was due first."""
    body = CAP % (1, "calendar-day") + weekly(
        "{id: b, on: mon, at: 09:00, late_ok: 6h, on_cap: skip, send: {text: b}}",
        "{id: c, on: mon, at: 09:30, late_ok: 6h, priority: 5, send: {text: c}}",
    )
    made = house(tmp_path, body)
    made.tick("2026-03-02T08:00")
    made.tick("2026-03-02T10:00")
    assert [step for step, _, _ in sent(made)] == ["c"]


def test_room_is_kept_for_another_campaign_where_the_same_cap_holds(tmp_path: Path) -> None:
    toml = TOML + '[guards]\ncap = [{per = "target", max = 1, window = "calendar-week"}]\n'
    made = house(tmp_path, weekly(WEEK[0].replace("at: 09:00", "at: 09:00, on_cap: skip")), toml=toml)
    other = HEAD.replace("playbook: p", "playbook: q") + weekly(WEEK[2] % MORE)
    (made.root / "book.yaml").write_text(other, "utf-8")
    made.start("2026-03-01T12:00")
    made.run(until="2026-03-09T00:00")
    assert [(t.campaign, t.step) for t in made.log() if t.after == "sent"] == [("q", "c")]
    assert reasons(made, "skipped") == [("a", "east", "cap 1 per target and calendar-week: kept for q/c")]


def test_a_cap_counts_each_target_for_itself(tmp_path: Path) -> None:
    groups = "id,name\neast,East\nwest,West\n"
    body = CAP % (1, "calendar-day") + weekly(
        "{id: a, on: mon, at: 09:00, if: target.id == 'east', send: {text: a}}",
        "{id: b, on: mon, at: 10:00, on_cap: skip, send: {text: b}}",
    )
    made = house(tmp_path, body, groups=groups)
    made.run(until="2026-03-03T00:00")
    assert [(step, target) for step, target, _ in sent(made)] == [("a", "east"), ("b", "west")]


def test_a_cap_of_an_address_counts_what_it_sends_to_all(tmp_path: Path) -> None:
    groups = "id,name\n" + "".join(f"g{n},G\n" for n in range(5))
    body = "guards: {cap: [{per: address, max: 3, window: calendar-day}]}\n" + weekly(
        "{id: a, on: mon, at: 09:00, on_cap: skip, send: {text: a}}"
    )
    made = house(tmp_path, body, groups=groups)
    made.run(until="2026-03-03T00:00")
    assert len(sent(made)) == 3
    assert len(reasons(made, "skipped")) == 2


def test_failed_messages_free_their_slot(tmp_path: Path) -> None:
    body = CAP % (1, "calendar-day") + weekly(
        "{id: a, on: mon, at: 09:00, via: nowhere, send: {text: a}}", "{id: b, on: mon, at: 10:00, send: {text: b}}"
    )
    made = house(tmp_path, body)
    made.run(until="2026-03-03T00:00")
    assert [step for step, _, _ in sent(made)] == ["b"]


def test_a_gap_keeps_messages_apart_the_more_important_first(tmp_path: Path) -> None:
    body = "guards: {gap: 15m}\n" + weekly(
        "{id: a, on: mon, at: 09:00, send: {text: a}}",
        "{id: b, on: mon, at: 09:05, send: {text: b}}",
        "{id: c, on: mon, at: 09:05, priority: 5, send: {text: c}}",
    )
    made = house(tmp_path, body)
    made.run(until="2026-03-03T00:00")
    assert sent(made) == [("a", "east", "03-02 09:00"), ("c", "east", "03-02 09:15"), ("b", "east", "03-02 09:30")]
    assert ("b", "east", "gap 15m after p/a, until 2026-03-02T01:15:00+00:00") in reasons(made, "held")


def test_workspace_guards_hold_for_every_campaign(tmp_path: Path) -> None:
    toml = TOML + '[guards]\ngap = "15m"\nquiet = {from = "22:00", until = "08:00"}\n'
    steps = weekly(
        "{id: a, on: mon, at: 09:00, send: {text: a}}",
        "{id: b, on: mon, at: 09:05, send: {text: b}}",
        "{id: c, on: mon, at: 23:00, send: {text: c}}",
    )
    made = house(tmp_path, steps, toml=toml)
    made.run(until="2026-03-04T00:00")
    assert sent(made) == [("a", "east", "03-02 09:00"), ("b", "east", "03-02 09:15"), ("c", "east", "03-03 08:00")]


@pytest.mark.parametrize("how", ["list", "column", "tag"])
def test_who_opted_out_is_never_written_to(tmp_path: Path, how: str) -> None:
    toml = TOML + ('[sources.never]\npath = "never.csv"\n[guards]\ndo_not_contact = "never"\n' if how == "list" else "")
    groups = "id,name,opted_out\neast,East,%s\nwest,West,\n" % ("yes" if how == "column" else "")
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "never.csv").write_text("id\neast\n", "utf-8")
    made = house(tmp_path, weekly("{id: a, on: mon, at: 09:00, send: {text: a}}"), toml=toml, groups=groups)
    if how == "tag":
        from sopengine.store.flow_rows import TagChange

        made.store.set_tags([TagChange("east", "opted-out")], made.at("2026-03-01T13:00"), "test")
    made.run(until="2026-03-03T00:00")
    assert [target for _, target, _ in sent(made)] == ["west"]
    assert reasons(made, "skipped") == [("a", "east", "opted-out")]


def test_nothing_goes_while_the_list_of_who_opted_out_cannot_be_read(tmp_path: Path) -> None:
    toml = TOML + '[sources.never]\npath = "never.csv"\n[guards]\ndo_not_contact = "never"\n'
    made = house(tmp_path, weekly("{id: a, on: mon, at: 09:00, send: {text: a}}"), toml=toml)
    made.tick("2026-03-02T09:00")
    assert sent(made) == []
    (made.root / "never.csv").write_text("id\nnobody\n", "utf-8")
    made.tick("2026-03-02T09:02")
    assert [step for step, _, _ in sent(made)] == ["a"]
