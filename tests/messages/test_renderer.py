"""The rendering process: right texts in order, culprits found, killed at its limits, and nothing of it escapes."""

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopengine.messages.model import Rendered, RenderJob
from sopengine.messages.reading import look
from sopengine.messages.renderer import Limits, Renderer
from sopengine.timing.words import Duration
from tests.language.templates.payloads import BURNS, ESCAPES, GOLD

TARGET = {"id": "g1", "name": "东湖店", "tags": ["vip", "new"]}
QUICK = Limits(seconds=0.4, memory_bytes=192 * 1024 * 1024, text_bytes=100_000, batch=50)
SLOW = "{% for a in target.many %}{% for b in target.many %}{% set c = a ~ b ~ a ~ b %}{% endfor %}{% endfor %}完"
MANY = ["x" * 50] * 4_000


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as found:
        yield found


@pytest.fixture(scope="module")
def quick() -> Iterator[Renderer]:
    with Renderer(QUICK) as found:
        yield found


def texts(results: list[Rendered]) -> list[str]:
    return [result.text for result in results]


def one(renderer: Renderer, source: str, context: Any = None, **shared: Any) -> Rendered:
    return renderer.render(RenderJob(source, ({"target": TARGET} if context is None else context,), shared))[0]


def test_texts_come_in_order_with_shared_data_beneath(renderer: Renderer) -> None:
    contexts = tuple({"target": {"name": f"群{n}", "size": n}} for n in range(2_500))
    job = RenderJob(
        "{{ target.name }}:{{ target.size }}·{{ input.saving | money }}", contexts, {"input": {"saving": Decimal(5)}}
    )
    assert texts(renderer.render(job)) == [f"群{n}:{n}·5.00" for n in range(2_500)]


def test_what_all_share_is_rendered_once_for_all(renderer: Renderer) -> None:
    job = RenderJob("{{ input.opening }}", ({"target": TARGET},) * 3, {"input": {"opening": date(2026, 6, 18)}})
    assert texts(renderer.render(job)) == ["2026-06-18"] * 3
    assert texts(renderer.render(RenderJob("没有变量", ({},) * 2))) == ["没有变量"] * 2
    assert renderer.render(RenderJob("没有变量", ())) == []


def test_own_data_hides_shared_data_and_may_be_any_mapping(renderer: Renderer) -> None:
    own = MappingProxyType({"target": MappingProxyType({"name": "甲", "list": ({"a": 1},)})})
    job = RenderJob(
        "{{ target.name }}{{ target.list[0].a }}", (own, {}), {"target": {"name": "乙", "list": [{"a": 2}]}}
    )
    assert texts(renderer.render(job)) == ["甲1", "乙2"]


def test_a_duration_prints_as_authors_write_it(renderer: Renderer) -> None:
    assert one(renderer, "{{ input.hold }}", {"input": {"hold": Duration(days=2)}}).text == "2d"


def test_a_moment_prints_by_its_own_clock_and_needs_no_zone_data_there(renderer: Renderer) -> None:
    live = datetime(2026, 6, 18, 20, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert look({"input": {"live": live}}, ("input", "live")).tzinfo == timezone(timedelta(hours=8))
    assert one(renderer, "{{ input.live | date('D日 HH:mm') }}", {"input": {"live": live}}).text == "18日 20:05"


def test_a_missing_value_is_one_rows_own(renderer: Renderer) -> None:
    job = RenderJob("好\n{{ target.nick }}", ({"target": {"nick": "甲"}}, {"target": {}}, {"target": {"nick": None}}))
    assert renderer.render(job) == [
        Rendered("好\n甲"),
        Rendered(error="undefined: target.nick", kind="undefined", line=2),
        Rendered(error="nothing cannot be printed", kind="object", line=2),
    ]


@pytest.mark.parametrize(
    ("source", "kind", "line"),
    [
        ("好\n{{ target.name | nope }}", "forbidden", 2),
        ("好\n{{ target.name", "syntax", 2),
        ("  \n ", "empty", 0),
        ("{% if false %}好{% endif %}", "empty", 0),
        ("{{ '\\ud83d' }}", "failed", 0),
        ("{{ 'a\\x00b' }}", "failed", 0),
        ("{{ 'a\\x1b[31m' }}", "failed", 0),
        ("{{ target.tags | sum }}", "failed", 1),
    ],
)
def test_no_text_without_a_reason(renderer: Renderer, source: str, kind: str, line: int) -> None:
    found = one(renderer, source)
    assert (found.kind, found.line, found.text, found.ok) == (kind, line, "", False)
    assert found.error


def test_many_jobs_are_pipelined_and_keep_their_order(renderer: Renderer) -> None:
    jobs = [RenderJob("{{ target.n }}", tuple({"target": {"n": n * 10 + k}} for k in range(n % 4))) for n in range(30)]
    jobs.insert(7, RenderJob("{{ bad", ({}, {})))
    answers = [texts(results) for results in renderer.render_many(jobs)]
    assert answers[7] == ["", ""]
    del answers[7]
    assert answers == [[str(n * 10 + k) for k in range(n % 4)] for n in range(30)]


def test_a_reader_may_stop_or_ask_in_between(renderer: Renderer) -> None:
    stream = renderer.render_many(RenderJob("{{ target.n }}", ({"target": {"n": n}},)) for n in range(9))
    assert texts(next(stream)) == ["0"]
    assert one(renderer, "{{ target.name }}").text == "东湖店"
    assert texts(next(stream)) == ["1"]
    stream.close()  # type: ignore[attr-defined]
    assert one(renderer, "{{ target.id }}").text == "g1"


@pytest.mark.parametrize("text", ["{{ 7 * 7 }}", "{% for %}", "{{ target.__class__ }}", "{#"])
def test_signs_in_data_are_printed_literally(renderer: Renderer, text: str) -> None:
    assert one(renderer, "{{ target.name }}", {"target": {"name": text}}).text == text


@pytest.mark.parametrize("source", ESCAPES)
def test_no_escape_gives_evidence(renderer: Renderer, source: str) -> None:
    found = one(renderer, source)
    assert (found.text, found.ok) == ("", False)
    assert GOLD not in found.error
    assert "<" not in found.error
    assert "object at" not in found.error


def test_only_the_culprit_has_no_text() -> None:
    contexts = tuple({"target": {"name": f"群{n}", "many": MANY if n == 60 else ["y"]}} for n in range(120))
    with Renderer(QUICK) as renderer:
        stream = renderer.render_many(
            [RenderJob(SLOW + "{{ target.name }}", contexts), RenderJob("{{ target.name }}", contexts[:5])]
        )
        found = next(stream)
        assert [(n, item.kind) for n, item in enumerate(found) if not item.ok] == [(60, "limit")]
        assert found[119].text == "完群119"
        assert texts(next(stream)) == [f"群{n}" for n in range(5)]


def test_a_template_that_is_slow_for_all_is_given_up_soon() -> None:
    contexts = tuple({"target": {"many": MANY, "n": n}} for n in range(200))
    with Renderer(Limits(seconds=0.2, batch=100, culprits=2)) as renderer:
        begin = time.monotonic()
        found = renderer.render(RenderJob(SLOW, contexts))
        assert {item.kind for item in found} == {"limit"}
        assert "not tried" in found[-1].error
        assert time.monotonic() - begin < 5
        assert one(renderer, "{{ target.name }}").text == "东湖店"


def test_one_text_alone_has_its_time_once() -> None:
    with Renderer(Limits(seconds=3.0)) as renderer:
        one(renderer, "{{ target.name }}")
        begin = time.monotonic()
        assert one(renderer, SLOW, {"target": {"many": MANY}}).kind == "limit"
        assert 3.0 <= time.monotonic() - begin < 5.9


def test_who_only_looks_does_not_try_again_what_was_given_up() -> None:
    slow = RenderJob(SLOW, ({"target": {"many": MANY}},))
    with Renderer(Limits(seconds=1.0), try_again=False) as renderer:
        begin = time.monotonic()
        found = [texts[0] for texts in renderer.render_many([slow] * 20)]
        assert {text.kind for text in found} == {"limit"}
        assert "not tried" in found[-1].error
        assert time.monotonic() - begin < 10
        assert one(renderer, SLOW + "好", {"target": {"many": ["y"]}}).text == "完好"


def test_one_culprit_among_many_leaves_the_template_to_be_tried() -> None:
    contexts = tuple({"target": {"name": f"群{n}", "many": MANY if n == 2 else ["y"]}} for n in range(5))
    with Renderer(QUICK, try_again=False) as renderer:
        for _ in range(2):
            found = renderer.render(RenderJob(SLOW + "{{ target.name }}", contexts))
            assert [item.ok for item in found] == [True, True, False, True, True]


def test_memory_is_bounded_and_the_next_text_is_rendered(quick: Renderer) -> None:
    source = "{% set a = target.name %}" + "{% set a = a ~ a ~ a ~ a ~ a ~ a ~ a ~ a %}" * 12 + "{{ a | length }}"
    assert one(quick, source).kind == "limit"
    assert one(quick, "{{ target.name }}").text == "东湖店"


def test_a_text_is_bounded(quick: Renderer) -> None:
    long = {"target": {"name": "好" * 40_000}}
    assert one(quick, "{{ target.name }}", long).kind == "limit"
    assert one(quick, "{{ target.name | truncate(5) }}", long).text == "好好好好…"


@pytest.mark.parametrize("source", BURNS)
def test_nothing_burns_beyond_its_limit(quick: Renderer, source: str) -> None:
    begin = time.monotonic()
    found = one(quick, source)
    assert found.kind or len(found.text) <= QUICK.text_bytes
    assert time.monotonic() - begin < 5


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_a_process_that_dies_is_a_limit_not_an_error(quick: Renderer) -> None:
    assert one(quick, "{{ target.name }}").ok
    child = quick._child
    assert child is not None
    os.kill(child.pid, 9)
    assert one(quick, "{{ target.name }}").text == "东湖店"
    assert quick._child is not None
    assert quick._child.pid != child.pid


def test_nothing_is_left_behind() -> None:
    with Renderer() as renderer:
        one(renderer, "好")
        process = renderer._child._process  # type: ignore[union-attr]
    assert process.returncode is not None


def test_the_process_inherits_no_secret_and_imports_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPENGINE_TEST_SECRET", GOLD)
    from sopengine.messages.child import _environment

    environ = _environment()
    assert set(environ) <= {"PYTHONPATH", "SYSTEMROOT"}
    script = "import sys, sopengine.messages.worker; print(*sys.modules)"
    run = [sys.executable, "-s", "-S", "-P", "-c", script]
    modules = subprocess.run(run, env=environ, capture_output=True, text=True, check=True).stdout.split()
    for heavy in (
        "yaml",
        "jsonschema",
        "sqlalchemy",
        "sqlmodel",
        "apscheduler",
        "click",
        "rich",
        "httpx2",
        "socket",
        "subprocess",
    ):
        assert heavy not in modules


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_the_process_is_small() -> None:
    with Renderer() as renderer:
        renderer.render(RenderJob("{{ target.name }}", ({"target": TARGET},) * 2_000))
        with open(f"/proc/{renderer._child.pid}/status") as status:  # type: ignore[union-attr]
            resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    assert resident < 40 * 1024


def test_what_is_no_plain_data_is_our_own_mistake(renderer: Renderer) -> None:
    with pytest.raises(TypeError, match="plain data"):
        one(renderer, "{{ target.thing }}", {"target": {"thing": object()}})
    assert one(renderer, "{{ target.name }}").ok


SIGNS = [
    "{{ ",
    " }}",
    "{% if ",
    "{% for x in ",
    " %}",
    "{% endif %}",
    "{% endfor %}",
    "target.name",
    "target.tags",
    "x",
    " | join",
    " | length",
]
SIGNS += [
    " + ",
    " * ",
    "1",
    "'a'",
    " | int",
    " | date",
    " | list",
    " | sort",
    "[",
    "]",
    " ~ ",
    " == ",
    " if ",
    " else ",
    "target",
    ".",
    " | sum",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(SIGNS), max_size=12).map("".join))
def test_any_template_gives_a_text_or_a_reason(source: str) -> None:
    found = one(_SHARED, source)
    assert found.ok == bool(found.text.strip())
    assert found.ok != bool(found.error)
    assert "Traceback" not in found.error
    assert "object at 0x" not in found.text + found.error


_SHARED = Renderer(QUICK)


@pytest.fixture(scope="module", autouse=True)
def _shared_ends() -> Iterator[None]:
    yield
    _SHARED.close()


def test_results_are_not_pickled() -> None:
    from sopengine.messages.wire import read_results

    class Evil:
        def __reduce__(self) -> Any:
            return (os.getcwd, ())

    for frame in [
        pickle.dumps(Evil()),
        b"",
        b"[",
        b"{}",
        b"[]",
        b"[1]",
        b'["a", "b"]',
        b'[["evil", "x", 1]]',
        b'[["limit", "x", -1]]',
        b"[" * 90_000,
    ]:
        assert read_results(frame, 1) is None
    assert read_results(b'[["limit", "x", 1]]', 1) == [Rendered(error="x", kind="limit", line=1)]
