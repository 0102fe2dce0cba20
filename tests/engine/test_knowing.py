"""What happened decides what is sent: history, metrics, goals, tags, live audiences and members, on a real ledger."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sopengine.engine.forms import Forms
from sopengine.store.flow_rows import TagChange
from sopengine.store.rows import EventRow, Reading, TaskState
from sopengine.store.store import Store
from tests.support.house import TOML, House

HEAD = """
playbook: fair
title: Fair
timezone: Asia/Shanghai
inputs: {opening: {type: date}}
audiences:
  groups: {source: groups, sample: {name: Some group, store: s1}}
  people: {source: members, sample: {name: Somebody, store: s1, tags: vip}}
  busy: {of: groups, where: "count('checkin.posted').within('7d') >= 2"}
  vips: {source: members, where: target.tags.has('vip')}
roles:
  manager: {source: stores, person: manager, match: store}
  lead: {person: Cho}
events:
  checkin.posted: {photo: text}
metrics:
  gmv: {sum: order.paid.amount, per: store}
  joined: {count: member.joined, per: store}
  stock: {source: boards}
goals:
  gmv: {metric: gmv, target: 300, each: day, per: store}
"""
GROUPS = "id,name,store\neast,East,s1\nwest,West,s2\n"
MEMBERS = "id,name,store,channel,tags\nm1,Lin,s1,file,vip grade=A\nm2,Mei,s2,file,\n"
BOARDS = "id,date,stock\n1,2026-03-02,5\n2,2026-03-03,0\n"


def begun(
    folder: Path,
    book: str,
    now: str = "2026-03-02T08:00",
    groups: str = GROUPS,
    head: str = HEAD,
    toml: str = TOML,
) -> House:
    folder.mkdir(exist_ok=True)
    (folder / "members.csv").write_text(MEMBERS)
    (folder / "boards.csv").write_text(BOARDS)
    toml += '[sources.members]\npath = "members.csv"\n[sources.boards]\npath = "boards.csv"\n'
    made = House(folder, head + book, toml=toml, groups=groups)
    made.start(now, opening="2026-03-02")
    return made


def told(made: House, name: str, subject: str, at: str, /, **data: Any) -> None:
    made.store.add_event(EventRow(name, subject, data, made.at(at)))


def texts(made: House) -> list[tuple[str, str]]:
    return [(m["target"], m["text"]) for m in made.outbox()]


def ends(made: House, entity: str = "delivery") -> list[tuple[str, str, str, str]]:
    return sorted(
        (t.step, t.target, t.after, t.reason) for t in made.log(entity) if t.after in ("sent", "skipped", "open")
    )


DAILY = """
phases:
  days:
    from: opening
    until: opening + 5d
    steps:
"""


def test_each_target_by_its_own_history(tmp_path: Path) -> None:
    made = begun(
        tmp_path,
        DAILY
        + """
      - id: praise
        on: daily
        at: 20:00
        to: groups
        if: streak('checkin.posted') >= 2
        send: {text: "{{ streak('checkin.posted') }} days"}
""",
    )
    for day in ("02", "03"):
        told(made, "checkin.posted", "east", f"2026-03-{day}T09:00", photo="a")
    told(made, "checkin.posted", "west", "2026-03-03T09:00", photo="b")
    made.run(until="2026-03-05T00:00")
    assert texts(made) == [("east", "2 days"), ("east", "2 days")]  # on the 4th up to yesterday
    assert ("praise", "west", "skipped", "condition: streak('checkin.posted') = 1") in ends(made)


def test_a_day_ends_with_the_targets_own_clock(tmp_path: Path) -> None:
    book = HEAD.replace("groups: {source: groups,", "groups: {source: groups, zone: target.timezone,")
    made = begun(tmp_path, "")
    house = House(
        tmp_path / "zones",
        book
        + DAILY
        + """
      - {id: today, on: day 2, at: 08:00, to: groups, send: {text: "{{ count('checkin.posted').today }}"}}
""",
        toml=made.toml,
        groups="id,name,store,timezone\neast,East,s1,Asia/Shanghai\nurumqi,U,s2,Asia/Urumqi\n",
    )
    (tmp_path / "zones" / "members.csv").write_text(MEMBERS)
    (tmp_path / "zones" / "boards.csv").write_text(BOARDS)
    house.start("2026-03-02T08:00", opening="2026-03-02")
    for group in ("east", "urumqi"):  # one in the morning of the 3rd in Shanghai, eleven at night of the 2nd in Urumqi
        told(house, "checkin.posted", group, "2026-03-03T01:00", photo="a")
    house.run(until="2026-03-04T00:00")
    assert texts(house) == [("east", "1"), ("urumqi", "0")]


CHASE = (
    DAILY
    + """
      - id: report
        on: daily
        at: 12:00
        to: manager
        task: Report
        form: {gmv: money}
        due: 2h
      - id: chase
        on: daily
        at: 18:00
        to: manager
        choose:
          - {if: metric.gmv.today is unknown, task: 'Report at last, {{ person.name }}', due: 2h}
          - if: metric.gmv.today < goal.gmv.today * 0.6
            send: {text: "{{ metric.gmv.today }} of {{ goal.gmv.today }}, place {{ rank('gmv.today') }}"}
        else: skip
"""
)


def test_forms_feed_metrics_and_metrics_decide_by_store(tmp_path: Path) -> None:
    made = begun(tmp_path, CHASE, head=HEAD.replace("order.paid.amount", "report.gmv"))
    made.run(until="2026-03-02T13:00")
    tasks = {task.target: task.id for task in made.store.tasks((TaskState.OPEN,))}
    made.store.complete_task(tasks["s1"], made.at("2026-03-02T13:30"), "Ann", {"gmv": Decimal("120.50")})
    made.run(until="2026-03-02T19:00")
    assert texts(made) == [("s1", "120.5 of 300, place 1")]
    open_now = [(task.step, task.target, task.title) for task in made.store.tasks((TaskState.OPEN,))]
    assert open_now == [("chase", "s2", "Report at last, Ben")]
    made.run(until="2026-03-03T13:00")
    for task in made.store.tasks((TaskState.OPEN,)):
        if task.step == "report":
            made.store.complete_task(task.id, made.at("2026-03-03T13:30"), "Ann", {"gmv": Decimal(500)})
    made.run(until="2026-03-03T19:00")
    assert texts(made)[1:] == []  # both are above: nothing is chased


def test_the_form_is_that_of_the_arm_that_was_chosen(tmp_path: Path) -> None:
    made = begun(
        tmp_path,
        DAILY
        + """
      - id: ask
        on: day 1
        at: 12:00
        to: groups
        choose:
          - {if: target.id == 'east', to: manager, task: one, form: {gmv: money}}
        else: {to: manager, task: two, form: {mood: text}}
""",
    )
    made.run(until="2026-03-02T12:30")
    forms = Forms(made.store)
    asked = {task.title: list(forms.form(task)) for task in made.store.tasks((TaskState.OPEN,))}
    assert asked == {"one": ["gmv"], "two": ["mood"]}


def test_a_ranking_is_posted_where_the_managers_are(tmp_path: Path) -> None:
    loop = "{% for r in stores | ranking('joined.today') %}{{ r.rank }} {{ r.name }} {{ r.value }};{% endfor %}"
    made = begun(tmp_path, DAILY + f'      - {{id: board, on: day 1, at: 21:00, to: lead, send: {{text: "{loop}"}}}}\n')
    for n, group in enumerate(("west", "west", "east")):
        told(made, "member.joined", group, "2026-03-02T10:00", member=f"n{n}", name="New")
    told(made, "member.joined", "east", "2026-03-01T10:00", member="old")
    made.run(until="2026-03-03T00:00")
    assert texts(made) == [("lead", "1 Second 2;2 First 1;")]


def test_a_text_whose_answer_is_not_known_is_not_sent(tmp_path: Path) -> None:
    made = begun(
        tmp_path,
        DAILY
        + """
      - {id: a, on: day 1, at: 12:00, to: lead, send: {text: "{{ total(metric.gmv) }}"}}
      - {id: b, on: day 1, at: 13:00, to: lead, send: {text: "{{ total(metric.gmv) | default('nothing yet') }}"}}
""",
    )
    made.run(until="2026-03-03T00:00")
    assert texts(made) == [("lead", "nothing yet")]
    failed = [t.reason for t in made.log("delivery") if t.after == "failed"]
    assert failed == ["template: undefined: total('gmv')"]


def test_a_live_audience_is_whoever_it_is_then(tmp_path: Path) -> None:
    made = begun(tmp_path, DAILY + "      - {id: hi, on: daily, at: 20:00, to: busy, send: {text: hi}}\n")
    told(made, "checkin.posted", "west", "2026-03-02T09:00", photo="a")
    told(made, "checkin.posted", "west", "2026-03-03T09:00", photo="a")
    made.run(until="2026-03-05T00:00")
    assert texts(made) == [("west", "hi"), ("west", "hi")]  # on the 3rd and the 4th, not yet on the 2nd


def test_tags_of_the_table_and_of_the_ledger(tmp_path: Path) -> None:
    made = begun(
        tmp_path,
        DAILY
        + """
      - {id: vip, on: daily, at: 20:00, to: vips, send: {text: "{{ target.name }}"}}
      - {id: grade, on: day 1, at: 21:00, to: people, if: target.tags.grade == 'A', send: {text: A}}
""",
    )
    made.run(until="2026-03-02T22:00")
    made.store.set_tags([TagChange("m1", "vip", None), TagChange("m2", "vip")], made.at("2026-03-03T09:00"), "Ann")
    made.run(until="2026-03-03T22:00")
    assert texts(made) == [("m1", "Lin"), ("m1", "A"), ("m2", "Mei")]
    assert ("grade", "m2", "skipped", "unknown: target.tags.grade = ?") in ends(made)


WELCOME = """
welcome:
  on_event: member.joined
  steps:
    - {id: mark, tag: new, to: member}
    - id: gift
      after: 1d
      at: 10:00
      to: member
      if: not member.tags.has('ordered')
      send: {text: "for {{ member.name }}"}
journeys:
  order:
    on_event: order.paid
    steps:
      - {id: ordered, tag: ordered}
      - {id: first, if: count('order.paid') == 1, send: {text: "first {{ event.amount }} by {{ member.name }}"}}
      - {id: call, if: count('order.paid') == 2, task: "call {{ member.name }}", to: manager}
"""


def test_members_known_from_events_alone_go_through_journeys(tmp_path: Path) -> None:
    made = begun(tmp_path, WELCOME)
    told(made, "member.joined", "east", "2026-03-02T09:00", member="n1", name="Newton")
    told(made, "member.joined", "east", "2026-03-02T09:00", member="n2", name="Noether")
    made.run(until="2026-03-02T12:00")
    told(made, "order.paid", "n1", "2026-03-02T12:00", amount=Decimal("9.90"))
    told(made, "order.paid", "stranger", "2026-03-02T12:00", amount=Decimal(1))
    made.run(until="2026-03-02T13:00")
    told(made, "order.paid", "n1", "2026-03-02T14:00", amount=Decimal(2))
    made.run(until="2026-03-04T00:00")
    assert texts(made) == [("n1", "first 9.9 by Newton"), ("n2", "for Noether")]
    assert ("gift", "n1", "skipped", "condition: member.tags = {'new': True, 'ordered': True}") in ends(made)
    (call,) = [task for task in made.store.tasks((TaskState.OPEN, TaskState.OVERDUE)) if task.step == "call"]
    assert (call.title, call.person) == ("call Newton", "Ann")  # her group's store answers for her
    assert [t.after for t in made.log("event") if t.key == "order.paid"][-2:] == ["received", "enrolled"]


def test_a_journey_by_condition_takes_in_members_and_leaves_groups_out(tmp_path: Path) -> None:
    made = begun(
        tmp_path,
        """
journeys:
  silent:
    when: count('member.joined') > 0 and count('order.paid').within('2d') == 0
    steps:
      - {id: recall, send: {text: "back, {{ member.name }}"}}
""",
    )
    told(made, "member.joined", "east", "2026-03-02T09:00", member="n1", name="Newton")
    told(made, "order.paid", "n1", "2026-03-02T09:00", amount=Decimal(1))
    made.run(until="2026-03-05T12:00")
    assert texts(made) == [("n1", "back, Newton")]


def test_a_scope_ends_when_a_board_says_so(tmp_path: Path) -> None:
    made = begun(
        tmp_path,
        "exit_when: [{if: metric.stock == 0, as: sold-out}]\n"
        + DAILY
        + "      - {id: hi, on: daily, at: 20:00, to: lead, send: {text: '{{ metric.stock }}'}}\n",
    )
    made.run(until="2026-03-06T00:00")
    assert texts(made) == [("lead", "5")]
    assert any("sold-out" in t.reason for t in made.store.log())


def test_a_board_that_cannot_be_read_now_holds_what_speaks_of_it(tmp_path: Path) -> None:
    made = begun(
        tmp_path, DAILY + "      - {id: hi, on: day 1, at: 20:00, to: lead, send: {text: '{{ metric.stock }}'}}\n"
    )
    (tmp_path / "boards.csv").write_bytes("id,date,stock\n1,2026-03-02,库存\n".encode("gb18030"))
    made.run(until="2026-03-02T20:05")
    assert texts(made) == []
    (tmp_path / "boards.csv").write_text(BOARDS)
    made.run(until="2026-03-02T20:10")
    assert texts(made) == [("lead", "5")]


def test_a_value_set_by_hand_is_newer_than_the_board(tmp_path: Path) -> None:
    made = begun(
        tmp_path, DAILY + "      - {id: hi, on: day 1, at: 20:00, to: lead, send: {text: '{{ metric.stock }}'}}\n"
    )
    later, earlier = made.at("2026-03-02T21:00"), made.at("2026-03-02T15:00")
    made.store.add_readings([Reading("stock", 3, earlier), Reading("stock", 9, later)], "Ann")
    made.run(until="2026-03-02T20:30")
    assert texts(made) == [("lead", "3")]


def test_a_watch_acts_once_when_its_metric_crosses_the_line(tmp_path: Path) -> None:
    made = begun(
        tmp_path,
        "watch:\n  low: {when: metric.stock < 3, check: 1h, do: [{task: Order more, to: lead}]}\n"
        + DAILY
        + "      - {id: hi, on: day 5, at: 20:00, to: lead, send: {text: hi}}\n",
    )
    made.run(until="2026-03-06T00:00")
    assert [task.title for task in made.store.tasks()] == ["Order more"]


def test_ten_thousand_targets_cost_as_many_questions_as_there_are_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = "id,name,store\n" + "".join(f"g{n},G{n},s1\n" for n in range(3_000))
    made = begun(
        tmp_path,
        DAILY
        + """
      - id: a
        on: day 1
        at: 12:00
        to: groups
        if: count('checkin.posted') > 0 and metric.joined > 0
        send: {text: '{{ metric.joined }}'}
""",
        groups=groups,
    )
    told(made, "checkin.posted", "g7", "2026-03-02T09:00", photo="a")
    told(made, "member.joined", "g7", "2026-03-02T09:00", member="n1", name="N")
    asked: list[str] = []
    for name in ("event_counts", "tags_of", "members"):
        real = getattr(Store, name)
        monkeypatch.setattr(Store, name, _counting(real, name, asked))
    made.run(until="2026-03-02T12:01")
    assert texts(made) == [("g7", "1")]
    assert asked.count("event_counts") <= 4  # the step's condition and the metric, at fan-out and for the text
    assert asked.count("tags_of") == 1  # who opted out, once for all that are about to be sent


def _counting(real: Any, name: str, asked: list[str]) -> Any:
    def ask(self: Store, *arguments: Any) -> Any:
        asked.append(name)
        return real(self, *arguments)

    return ask


def test_a_board_that_breaks_before_the_sending_holds_the_message(tmp_path: Path) -> None:
    made = begun(
        tmp_path, DAILY + "      - {id: hi, on: day 1, at: 20:00, to: lead, send: {text: '{{ metric.stock }}'}}\n"
    )
    made.store.pause("channel", "file", made.clock.now(), "Ann")
    made.run(until="2026-03-02T20:01")
    made.store.resume("channel", "file", made.clock.now(), "Ann")
    (tmp_path / "boards.csv").write_bytes("id,date,stock\n1,2026-03-02,库存\n".encode("gb18030"))
    made.run(until="2026-03-02T20:04")
    assert texts(made) == []
    (tmp_path / "boards.csv").write_text(BOARDS)
    made.run(until="2026-03-02T20:10")
    assert texts(made) == [("lead", "5")]
    assert [t.after for t in made.log("delivery")].count("sending") == 1


def test_a_group_robot_never_posts_what_is_for_one_member(tmp_path: Path) -> None:
    robot = '[channels.robot]\nkind = "wecom-robot"\nsecret = "BOT"\nredirect = "file"\n'
    made = begun(tmp_path, WELCOME, toml=TOML.replace('channel = "file"', 'channel = "robot"') + robot)
    told(made, "member.joined", "east", "2026-03-02T09:00", member="n1", name="Newton")
    made.run(until="2026-03-04T00:00")
    assert texts(made) == []
    failed = [(t.target, t.reason) for t in made.log("delivery") if t.after == "failed"]
    assert failed == [("n1", "a group robot cannot write to one member")]
