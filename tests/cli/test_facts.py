"""Events, values of metrics and forms told on the command line: typed, checked, kept once, refused as a whole."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sopengine.cli.main import run
from sopengine.store.rows import NewTask, OccurrenceRow
from sopengine.store.store import Store, open_store
from tests.support.house import TOML

BOOK = """
playbook: fair
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: G}}}
roles: {manager: {source: stores, person: manager, match: store}}
messages: {a: 'A {{ target.name }}'}
"""
DECLARED = """
events:
  checkin.posted:
    photo: {type: text, required: true, title: 照片}
    points: integer
    mood: {type: choice, choices: [好, 平]}
  order.paid: {channel: text}
metrics:
  gmv: {sum: chase.gmv, per: store}
  stock: {source: boards, per: store}
  churn: {source: boards}
weekly:
  steps:
    - {id: a, on: mon, at: 10:00, to: groups, send: a}
    - id: chase
      on: daily
      at: 12:00
      to: manager
      task: 填报
      form: {gmv: money, mood: {type: choice, title: 客人兴致, choices: [好, 平], required: true}}
"""
NOW = ["--now", "2026-03-02T12:00"]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A started campaign in the current folder."""
    from tests.support.campaign import start_stored

    monkeypatch.chdir(tmp_path)
    (tmp_path / "sopengine.toml").write_text(TOML, "utf-8")
    sources = {
        "groups": [{"id": "east", "name": "East", "store": "s1"}],
        "stores": [{"id": "s1", "name": "First", "manager": "Ann"}, {"id": "s2", "name": "Second", "manager": "Ben"}],
    }
    with open_store("sqlite:///sop.db") as opened:
        start_stored(opened, BOOK + DECLARED, sources)
        yield opened


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0, lang: str = "en") -> tuple[str, str]:
    found = run([*words, "--lang", lang])
    shown = capsys.readouterr()
    assert found == code, shown
    return shown.out, shown.err


def events(store: Store) -> list[tuple[str, str, Any]]:
    return [(row.name, row.subject, dict(row.data)) for row in store.new_events(1_000)]


def test_an_event_is_typed_by_what_is_declared(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["event", "checkin.posted", "--subject", "m1", "--data", "photo=a.jpg", "--data", "points=3"]
    told(capsys, *words, "--data", "mood=好", *NOW)
    told(capsys, "event", "order.paid", "--subject", "m1", "--data", "amount=30.50", "--data", "channel=shop", *NOW)
    assert events(store) == [
        ("checkin.posted", "m1", {"photo": "a.jpg", "points": 3, "mood": "好"}),
        ("order.paid", "m1", {"amount": Decimal("30.50"), "channel": "shop"}),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["checkin.postd", "--subject", "m1"], "did you mean checkin.posted?"),
        (["checkin.posted", "--subject", "m1", "--data", "phot=a"], "did you mean photo?"),
        (["checkin.posted", "--subject", "m1"], "lacks photo (照片)"),
        (["checkin.posted", "--subject", "m1", "--data", "photo=a", "--data", "points=x"], "points is `x`"),
        (["checkin.posted", "--subject", "m1", "--data", "photo=a", "--data", "mood=坏"], "not one of the choices"),
        (["order.paid", "--subject", "m1", "--data", "amount=1.234"], "two decimal places"),
        (["order.paid", "--subject", "m1", "--at", "2026-03-02T12:30"], "has not come yet"),
        (["order.paid", "--subject", "m1", "--at", "tomorrow"], "at is `tomorrow`"),
        (["order.paid", "--subject", "m1\x07"], "control character"),
        (["order.paid"], "--subject is missing"),
        (["--subject", "m1"], "which event?"),
        (["order.paid", "--subject", "m1", "--partial"], "goes with --from"),
        (["order.paid", "--subject", "m1", "--from", "x.csv"], "each line"),
        (["order.paid", "--from", "nothing.csv"], "there is no file nothing.csv"),
    ],
)
def test_a_wrong_event_is_refused_and_says_what_is_right(
    words: list[str], said: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = told(capsys, "event", *words, *NOW, code=2)
    assert said in err
    assert out == ""
    assert events(store) == []


def test_an_event_is_kept_once_by_its_id_or_its_time(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    same = ["event", "order.paid", "--subject", "m1", "--data", "order_id=7"]
    assert "recorded\n" in told(capsys, *same, "--id", "o-7", *NOW)[0]
    assert "before" in told(capsys, *same, "--id", "o-7", *NOW)[0]
    assert "recorded\n" in told(capsys, *same, "--at", "2026-03-02T09:00", *NOW)[0]
    assert "before" in told(capsys, *same, "--at", "2026-03-02T01:00+00:00", *NOW)[0]  # the same moment
    assert "recorded\n" in told(capsys, *same, "--at", "2026-03-02T09:01", *NOW)[0]
    assert "recorded\n" in told(capsys, *same, *NOW)[0]
    assert "recorded\n" in told(capsys, *same, *NOW)[0]  # nothing tells these two apart
    assert len(events(store)) == 5
    assert store.new_events()[1].at == datetime(2026, 3, 2, 1, tzinfo=UTC)


LINES = [
    {"event": "order.paid", "subject": "m1", "amount": 20.5, "at": "2026-03-01T10:00", "id": "o1"},
    {"event": "checkin.posted", "subject": "m1", "data": {"photo": "a"}, "at": "2026-03-01T11:00"},
    {"event": "checkin.posted", "subject": "m1", "data": {"photo": "a"}, "at": "2026-03-01T11:00"},
]


def test_json_lines_are_stored_and_repeating_the_file_adds_nothing(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "e.jsonl").write_text("\n".join(json.dumps(line) for line in LINES) + "\n\n", "utf-8")
    assert told(capsys, "event", "--from", "e.jsonl", *NOW)[0] == "3 recorded\n"
    assert told(capsys, "event", "--from", "e.jsonl", *NOW, lang="zh")[0] == "登记了 0 条，3 条以前登记过\n"
    assert [data for _, _, data in events(store)] == [{"amount": Decimal("20.5")}, {"photo": "a"}, {"photo": "a"}]


def test_csv_with_one_event_for_all_lines_or_one_in_each(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "o.csv").write_text("subject,amount,id,at\nm1,20,o1,2026-03-01T10:00\nm2,,o2,\n", "utf-8")
    (tmp_path / "mixed.CSV").write_text(
        "\ufeffevent,subject,photo,amount\r\ncheckin.posted,m3,a,\r\norder.paid,m3,,7\r\n", "utf-8"
    )
    assert told(capsys, "event", "order.paid", "--from", "o.csv", *NOW)[0] == "2 recorded\n"
    assert told(capsys, "event", "--from", "mixed.CSV", *NOW)[0] == "2 recorded\n"
    assert events(store) == [
        ("order.paid", "m1", {"amount": 20}),
        ("order.paid", "m2", {}),
        ("checkin.posted", "m3", {"photo": "a"}),
        ("order.paid", "m3", {"amount": 7}),
    ]


WRONG = [
    '{"event": "order.paid", "subject": "m1"}',
    '{"event": "order.payd", "subject": "m1"}',
    '{"event": "order.paid", "subject": "m1", "amont": 3}',
    '{"event": "order.paid"}',
    '{"event": "order.paid", "subject": "m1", "subject": "m2"}',
    "[1]",
    "{not json",
    '{"event": "order.paid", "subject": "m1", "data": 3}',
    '{"event": "order.paid", "subject": "m1", "amount": NaN}',
    '{"event": "order.paid", "subject": {"a": 1}}',
    "[" * 100_000,
]


def test_wrong_lines_are_listed_with_their_places_and_nothing_is_stored(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "e.jsonl").write_text("\n".join(WRONG), "utf-8")
    _, err = told(capsys, "event", "--from", "e.jsonl", *NOW, code=1)
    assert "10 lines are wrong; nothing was recorded" in err
    assert "e.jsonl:2:2" in err
    assert "did you mean order.paid?" in err
    assert "did you mean amount?" in err
    assert events(store) == []
    document = json.loads(told(capsys, "event", "--from", "e.jsonl", "--json", *NOW, code=1)[0])
    assert sorted({one["line"] for one in document["diagnostics"]}) == list(range(2, 12))


def test_the_right_lines_are_stored_when_that_is_asked_for(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "e.jsonl").write_text("\n".join(WRONG), "utf-8")
    out, err = told(capsys, "event", "--from", "e.jsonl", "--partial", *NOW, code=1)
    assert out == "1 recorded, 10 wrong\n"
    assert "e.jsonl:3" in err
    assert events(store) == [("order.paid", "m1", {})]
    document = json.loads(told(capsys, "event", "--from", "e.jsonl", "--partial", "--json", *NOW, code=1)[0])
    assert (document["stored"], document["repeated"], document["wrong"]) == (1, 0, 10)


def test_a_csv_that_is_wrong_says_where(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "e.csv").write_text("event,subject,amount\norder.paid,m1,drei\norder.paid,m1\n", "utf-8")
    _, err = told(capsys, "event", "--from", "e.csv", *NOW, code=1)
    assert "e.csv:2:15" in err
    assert "2 cells, the header 3" in err
    (tmp_path / "gbk.csv").write_bytes("event,subject\norder.paid,会员甲乙丙丁\n".encode("gb18030"))
    assert "iconv" in told(capsys, "event", "--from", "gbk.csv", *NOW, code=1)[1]


def test_more_mistakes_than_anybody_reads_are_counted(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "e.jsonl").write_text('{"event": "x.y", "subject": "m1"}\n' * 50, "utf-8")
    _, err = told(capsys, "event", "--from", "e.jsonl", *NOW, code=1)
    assert "50 lines are wrong" in err
    assert "30 more mistakes" in err


def test_standard_input_is_json_lines(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = b'{"subject": "m1", "amount": "3"}\n'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(line * 2)))
    assert told(capsys, "event", "order.paid", "--from", "-", *NOW)[0] == "2 recorded\n"
    assert events(store) == [("order.paid", "m1", {"amount": 3})] * 2


# --- metrics


def test_a_value_of_a_metric(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "metric", "set", "churn", "5%", *NOW)[0] == "churn = 0.05\n"
    assert told(capsys, "metric", "set", "stock", "1,200", "--for", "s1", "--at", "2026-03-01T09:00", *NOW)[0] == (
        "stock s1 = 1200\n"
    )
    told(capsys, "metric", "set", "churn", "-3", *NOW)
    told(capsys, "metric", "set", "stock", "1200", "--for", "s1", "--at", "2026-03-01T09:00", *NOW)  # told before
    until = datetime(2027, 1, 1, tzinfo=UTC)
    assert store.metric_values("churn", None, until) == [
        ("", datetime(2026, 3, 2, 4, tzinfo=UTC), Decimal("0.05")),
        ("", datetime(2026, 3, 2, 4, tzinfo=UTC), -3),
    ]
    assert [(about, value) for about, _, value in store.metric_values("stock", None, until)] == [("s1", 1200)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["churm", "3"], "did you mean churn?"),
        (["churn", "much"], "value is `much`"),
        (["churn", "3", "--for", "s1"], "has one value"),
        (["stock", "3"], "for is missing: one value for each store"),
        (["stock", "3", "--for", "s3"], "no store s3"),
        (["gmv", "3", "--for", "s1"], "comes from sum: chase.gmv"),
        (["stock"], "give the metric's name and its value"),
        ([], "give the metric's name and its value"),
    ],
)
def test_a_wrong_value_is_refused(
    words: list[str], said: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in told(capsys, "metric", "set", *words, *NOW, code=2)[1]


def test_values_from_a_file(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b.csv").write_text("for,value,at\ns1,12,2026-03-01T09:00\ns2,7,2026-03-01T09:00\n", "utf-8")
    assert told(capsys, "metric", "set", "stock", "--from", "b.csv", *NOW)[0] == "2 recorded\n"
    assert told(capsys, "metric", "set", "stock", "--from", "b.csv", *NOW)[0] == "0 recorded, 2 recorded before\n"
    (tmp_path / "b.jsonl").write_text('{"metric": "churn", "value": 0.04}\n{"metric": "churn", "valu": 1}\n', "utf-8")
    assert "did you mean value?" in told(capsys, "metric", "set", "--from", "b.jsonl", *NOW, code=1)[1]


# --- forms


@pytest.fixture
def task(store: Store) -> int:
    now = datetime(2026, 3, 2, 4, tzinfo=UTC)
    limits = {"planned_at": now, "due_at": now, "expires_at": now, "useful_until": now}
    occurrence = OccurrenceRow("k", "fair", "weekly", "", "chase", "", 0, "Asia/Shanghai", "2026-03-02", 1, 0, **limits)
    store.add_occurrences([occurrence], now)
    row = next(row for row in store.occurrences(range(1, 500)).values() if row.key == "k")
    store.add_fan_out(row.id, [], [NewTask("t", row.id, "s1", "Ann", "填报", None)], now)
    return store.tasks()[0].id


def test_a_form_is_typed_and_kept_with_its_task(store: Store, task: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert "[fill in: gmv mood*]" in told(capsys, "task", "list")[0]
    told(capsys, "task", "done", str(task), "--field", "gmv=1234.50", "--field", "mood=好", *NOW)
    until = datetime(2027, 1, 1, tzinfo=UTC)
    assert [value for _, _, value in store.form_values("fair", "chase", "gmv", None, until)] == [Decimal("1234.50")]
    (listed,) = json.loads(told(capsys, "task", "list", "--all", "--json")[0])["tasks"]
    assert listed["fields"] == {"gmv": "1234.50", "mood": "好"}
    assert listed["form"]["mood"] == {"type": "choice", "title": "客人兴致", "choices": ["好", "平"], "required": True}
    assert "already done" in told(capsys, "task", "done", str(task), *NOW)[0]  # the second person is told, not asked


@pytest.mark.parametrize(
    ("fields", "zh"),
    [
        ([], "还要填：mood（客人兴致，好/平）"),
        (["mood="], "还要填：mood"),
        (["mod=好"], "是不是 mood？"),
        (["mood=坏"], "没有 `坏` 这个选项"),
        (["mood=好", "gmv=much"], "gmv 写的是 `much`"),
        (["mood=好", "mood=平"], "mood 写了两次"),
    ],
)
def test_a_wrong_form_leaves_the_task_open(
    fields: list[str], zh: str, store: Store, task: int, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for field in fields for word in ("--field", field)]
    assert zh in told(capsys, "task", "done", str(task), *words, *NOW, code=2, lang="zh")[1]
    assert store.tasks()[0].state.name == "OPEN"


# --- goals

GOALS = (
    DECLARED
    + """
goals:
  gmv: {metric: gmv, target: 1000, each: day, per: store}
  churn: {metric: churn, target: 0.04}
"""
)


def test_status_shows_how_goals_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.support.campaign import start_stored

    monkeypatch.chdir(tmp_path)
    (tmp_path / "sopengine.toml").write_text(TOML + '[sources.boards]\npath = "boards.csv"\n', "utf-8")
    (tmp_path / "boards.csv").write_text("id,date,churn\n1,2026-03-01,6%\n2,2026-03-02,5%\n", "utf-8")
    stores = [{"id": "s1", "name": "First", "manager": "Ann"}, {"id": "s2", "name": "Second", "manager": "Ben"}]
    now = datetime(2026, 3, 2, 4, tzinfo=UTC)
    limits = {"planned_at": now, "due_at": now, "expires_at": now, "useful_until": now}
    occurrence = OccurrenceRow("k", "fair", "weekly", "", "chase", "", 0, "Asia/Shanghai", "2026-03-02", 1, 0, **limits)
    with open_store("sqlite:///sop.db") as store:
        start_stored(store, BOOK + GOALS, {"groups": [], "stores": stores, "boards": []})
        store.add_occurrences([occurrence], now)
        row = next(row for row in store.occurrences(range(1, 500)).values() if row.key == "k")
        store.add_fan_out(row.id, [], [NewTask("t", row.id, "s1", "Ann", "填报", None)], now)
        store.complete_task(store.tasks()[0].id, now, "Ann", {"gmv": Decimal("1234.50")})
    out, _ = told(capsys, "status", *NOW, lang="zh")
    assert "目标值 gmv（2 个 store 合计）: 1,234.5 / 未知  今天 1,234.5 / 2,000 (61.7%)" in out
    assert "    First: 1,234.5 / 未知  今天 1,234.5 / 1,000 (123.5%)" in out
    assert "    Second: 未知 / 未知  今天 未知 / 1,000" in out
    assert "目标值 churn: 0.05 / 0.04 (125%)" in out
    gmv, churn = json.loads(told(capsys, "status", "--json", *NOW)[0])["campaigns"][0]["goals"]
    assert gmv["today"] == {"target": "2000", "actual": "1234.5", "percent": "61.7"}
    assert [one["id"] for one in gmv["rows"]] == ["s1", "s2"]
    assert (churn["target"], churn["actual"], churn["percent"]) == ("0.04", "0.05", "125")
