"""What was reported comes back: counts, moments, newest, fields of forms, values of metrics, tags and members."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

from sopengine.store.flow_rows import TagChange
from sopengine.store.rows import EventRow, Member, Reading
from sopengine.store.store import open_store
from tests.store.build import DAY, HOUR, MINUTE, NINE, Ledger, task, url
from tests.support.old_databases import of_version


def paid(subject: str, at: Any = NINE, **data: Any) -> EventRow:
    return EventRow("order.paid", subject, data, at)


def joined(group: str, member: str, at: Any = NINE, name: str = "", event: str = "member.joined") -> EventRow:
    return EventRow(event, group, {"member": member, **({"name": name} if name else {})}, at)


def test_counts_by_subject_between_two_moments(ledger: Ledger) -> None:
    ledger.store.add_events([paid("m1"), paid("m1", NINE + HOUR), paid("m2", NINE + DAY), paid("m3", NINE - MINUTE)])
    ledger.store.add_event(EventRow("order.seen", "m1", {}, NINE))
    counts = ledger.store.event_counts
    assert counts("order.paid", ["m1", "m2", "m9"], NINE, NINE + DAY) == {"m1": 2}
    assert counts("order.paid", ["m1", "m2"], None, NINE + DAY + MINUTE) == {"m1": 2, "m2": 1}
    assert counts("order.paid", None, None, NINE + HOUR) == {"m1": 1, "m3": 1}
    assert ledger.store.event_moments("order.paid", ["m1"], None, NINE + DAY) == {"m1": [NINE, NINE + HOUR]}


def test_more_subjects_than_one_statement_takes(ledger: Ledger) -> None:
    ledger.store.add_events([paid(f"m{n}") for n in range(1_201)])
    found = ledger.store.event_counts("order.paid", [f"m{n}" for n in range(1_500)], None, NINE + DAY)
    assert found == {f"m{n}": 1 for n in range(1_201)}


def test_the_newest_of_each_subject_with_its_data_as_it_was(ledger: Ledger) -> None:
    ledger.store.add_events(
        [
            paid("m1", NINE + HOUR, amount=Decimal("30.50")),
            paid("m1", NINE, amount=Decimal(7)),
            paid("m2", NINE, amount=Decimal(1)),
            paid("m2", NINE, amount=Decimal(2)),
        ]
    )
    newest = ledger.store.last_events("order.paid", ["m1", "m2"], None, NINE + DAY)
    assert newest == {"m1": (NINE + HOUR, {"amount": Decimal("30.50")}), "m2": (NINE, {"amount": Decimal(2)})}
    assert ledger.store.last_events("order.paid", None, None, NINE + HOUR)["m1"] == (NINE, {"amount": Decimal(7)})
    values = ledger.store.event_values("order.paid", "amount", NINE, NINE + DAY)
    assert values == [
        ("m1", NINE, Decimal(7)),
        ("m2", NINE, Decimal(1)),
        ("m2", NINE, Decimal(2)),
        ("m1", NINE + HOUR, Decimal("30.50")),
    ]


def test_an_event_about_a_group_belongs_to_the_member_it_names_as_well(ledger: Ledger) -> None:
    ledger.store.add_events([joined("g1", "m1"), joined("g1", "m2"), joined("g2", "m1", NINE + HOUR)])
    both = ledger.store.event_counts("member.joined", ["g1", "m1"], None, NINE + DAY)
    assert both == {"g1": 2, "m1": 2}
    assert ledger.store.last_events("member.joined", ["m1"], None, NINE + DAY)["m1"][0] == NINE + HOUR


def test_fields_of_done_tasks_by_step_and_time(ledger: Ledger) -> None:
    row = ledger.planned("chase-1", step="chase")
    other = ledger.planned("other-1", step="other")
    tasks = [task(row, f"t{n}", target=f"s{n}") for n in range(3)]
    ledger.store.add_fan_out(row.id, [], tasks, NINE)
    ledger.store.add_fan_out(other.id, [], [task(other, "x")], NINE)
    ids = {t.key: t.id for t in ledger.store.tasks()}
    ledger.store.complete_task(ids["t0"], NINE + HOUR, "wang", {"gmv": Decimal("120.50"), "mood": "好"})
    ledger.store.complete_task(ids["t1"], NINE + MINUTE, "li", {"gmv": Decimal(80)})
    ledger.store.complete_task(ids["t2"], NINE + MINUTE, "li", {})
    ledger.store.complete_task(ids["x"], NINE + MINUTE, "li", {"gmv": Decimal(1)})
    values = ledger.store.form_values
    assert values("summer", "chase", "gmv", None, NINE + DAY) == [
        ("s1", NINE + MINUTE, Decimal(80)),
        ("s0", NINE + HOUR, Decimal("120.50")),
    ]
    assert values("summer", "chase", "gmv", NINE + HOUR, NINE + DAY) == [("s0", NINE + HOUR, Decimal("120.50"))]
    assert values("winter", "chase", "gmv", None, NINE + DAY) == []


def test_readings_of_a_metric_are_kept_once_by_their_id_and_logged(ledger: Ledger) -> None:
    readings = [Reading("stock", 12, NINE, "s1", "r1"), Reading("stock", Decimal("0.5"), NINE + HOUR)]
    assert ledger.store.add_readings(readings, "lin") == [True, True]
    assert ledger.store.add_readings([Reading("stock", 99, NINE, "s1", "r1")], "lin") == [False]
    assert ledger.store.metric_values("stock", None, NINE + DAY) == [
        ("s1", NINE, 12),
        ("", NINE + HOUR, Decimal("0.5")),
    ]
    assert [line.reason for line in ledger.lines() if line.entity == "metric"] == ["12 for s1", "0.5"]


def test_tags_as_they_stood_at_a_moment(ledger: Ledger) -> None:
    store = ledger.store
    assert store.set_tags([TagChange("m1", "vip"), TagChange("m1", "grade", "A")], NINE, "engine", "summer") == 2
    assert store.set_tags([TagChange("m1", "vip"), TagChange("m1", "grade", "A")], NINE + MINUTE, "engine") == 0
    assert store.set_tags([TagChange("m1", "vip", None), TagChange("m1", "grade", "B")], NINE + HOUR, "lin") == 2
    assert store.tags_of(["m1", "m2"], NINE - MINUTE) == {}
    assert store.tags_of(["m1", "m2"], NINE) == {"m1": {"vip": True, "grade": "A"}}
    assert store.tags_of(["m1", "m2"], NINE + HOUR) == {"m1": {"vip": None, "grade": "B"}}
    said = [(line.after, line.reason, line.actor, line.at) for line in ledger.lines() if line.entity == "tag"]
    assert said == [
        ("set", "vip", "engine", NINE),
        ("set", "grade = A", "engine", NINE),
        ("removed", "-vip", "lin", NINE + HOUR),
        ("set", "grade = B", "lin", NINE + HOUR),
    ]


def test_one_change_after_the_other_in_one_call(ledger: Ledger) -> None:
    changes = [TagChange("m1", "vip"), TagChange("m1", "vip", None), TagChange("m1", "vip", None)]
    assert ledger.store.set_tags(changes, NINE, "engine") == 2
    assert ledger.store.tags_of(["m1"], NINE) == {"m1": {"vip": None}}


def test_members_and_their_groups_by_the_newest_event(ledger: Ledger) -> None:
    ledger.store.add_events(
        [
            joined("g1", "m1", NINE, "小林"),
            joined("g2", "m1", NINE + HOUR),
            joined("g1", "m2", NINE),
            joined("g1", "m1", NINE + DAY, event="member.left"),
            joined("g1", "m2", NINE - HOUR, event="member.left"),  # told late: it is older than the joining
        ]
    )
    assert ledger.store.members(["m1", "m2", "m3"]) == {
        "m1": Member("m1", "小林", ("g2",)),
        "m2": Member("m2", "", ("g1",)),
    }
    assert ledger.store.members_of(["g1", "g2"]) == {
        "g1": [Member("m2", "", ("g1",))],
        "g2": [Member("m1", "小林", ("g2",))],
    }


def test_a_name_told_late_is_kept_wherever_it_was_told(ledger: Ledger) -> None:
    """An older event that names somebody whom a newer one did not; and the newest name wins, in whichever group."""
    ledger.store.add_events(
        [
            joined("g1", "m1", NINE + DAY),
            joined("g1", "m1", NINE, "小林"),
            joined("g2", "m2", NINE + HOUR, "Li"),
            joined("g1", "m2", NINE, "李"),
        ]
    )
    assert ledger.store.members(["m1", "m2"]) == {
        "m1": Member("m1", "小林", ("g1",)),
        "m2": Member("m2", "Li", ("g1", "g2")),
    }
    assert ledger.store.members_of(["g1"]) == {"g1": [Member("m1", "小林", ("g1",)), Member("m2", "Li", ("g1",))]}


def test_the_questions_of_a_pass_use_an_index(file_ledger: Ledger) -> None:
    file_ledger.store.add_events([paid("m1")])
    questions = (
        "select subject, count(*) from event where name = 'x' and subject in ('a') and at < 5 group by subject",
        "select subject, count(*) from event where name = 'x' and at >= 1 and at < 5 group by subject",
        "select member, at from event where name = 'x' and member in ('a') and at < 5",
        "select subject, name, data from tag where subject in ('a') and at <= 5 order by at, id",
        "select about, at, data from reading where metric = 'x' and at < 5",
        "select member from membership where \"group\" in ('a')",
    )
    with file_ledger.store._read() as conn:
        for question in questions:
            plan = " ".join(row[3] for row in conn.exec_driver_sql(f"explain query plan {question}"))
            assert "SEARCH" in plan, (question, plan)
            assert "SCAN" not in plan, (question, plan)


def test_a_database_of_version_one_learns_its_members(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    of_version(path, 1)
    moment = int(NINE.timestamp() * 1_000_000)
    rows = [
        ("member.joined", "g1", '{"member":"m1","name":"小林"}', moment),
        ("member.joined", "g1", '{"member":"m2"}', moment),
        ("member.left", "g1", '{"member":"m1"}', moment + 1),
        ("member.joined", "g2", '{"member":"m1","name":"Lin"}', moment - 1),
        ("order.paid", "m1", '{"amount":"3"}', moment),
    ]
    with sqlite3.connect(path) as old:
        assert old.execute("pragma user_version").fetchone() == (1,)
        old.executemany("insert into event (name, subject, data, at) values (?, ?, ?, ?)", rows)
    old.close()
    with open_store(url(path)) as store:
        assert store.members(["m1", "m2"]) == {"m1": Member("m1", "小林", ("g2",)), "m2": Member("m2", "", ("g1",))}
        assert store.event_counts("member.joined", ["m1", "g1"], None, NINE + DAY) == {"m1": 2, "g1": 2}
