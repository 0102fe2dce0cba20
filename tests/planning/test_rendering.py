"""Deliveries of one occurrence whose texts differ: each text compiled once, every delivery back in its order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sopengine.messages.model import Rendered, RenderJob
from sopengine.messages.renderer import Renderer
from sopengine.planning.asking import steps_asked, texts_of
from sopengine.planning.deliveries import fan_out
from sopengine.planning.occurrences import plan
from sopengine.planning.rendering import BATCH, render
from sopengine.planning.targets import Targets
from tests.planning.books import campaign
from tests.planning.test_lateness import FAR

BOOK = """
playbook: p
timezone: Asia/Shanghai
runs: {from: 2026-03-02, until: 2026-03-04}
audiences: {groups: {source: groups, sample: {name: East, kind: a}}}
messages:
  beat: {table: t.csv, where: {kind: target.kind}}
weekly:
  to: groups
  steps:
    - {id: x, on: daily, at: 09:00, send: beat, if: target.name != 'n7'}
"""
TABLE = b"kind,text\na,A {{ target.name }}\nb,B {{ target.name }}\nc,C\n"


class Counting(Renderer):
    jobs: list[tuple[str, int]]

    def render_many(self, jobs: Iterable[RenderJob]) -> Iterator[list[Rendered]]:
        def counted() -> Iterator[RenderJob]:
            for job in jobs:
                self.jobs.append((job.source, len(job.contexts)))
                yield job

        return super().render_many(counted())


def test_texts_that_alternate_are_batched_by_text() -> None:
    rows = [{"id": f"g{n}", "name": f"n{n}", "kind": "abcd"[n % 4]} for n in range(BATCH + 10)]
    made = campaign(BOOK, sources={"groups": rows}, files={"t.csv": TABLE})
    targets = Targets(made)
    deliveries = [d for o in plan(made, targets, *FAR) for d in fan_out(made, targets, o)]
    assert len(deliveries) == 2 * (BATCH + 10)
    renderer = Counting()
    renderer.jobs = []
    with renderer:
        shown = list(render(renderer, deliveries))
    assert [delivery.target_id for delivery, _ in shown] == [row["id"] for row in rows] * 2
    for number, (delivery, text) in enumerate(shown):
        name, kind = f"n{number % (BATCH + 10)}", delivery.target["kind"]
        if name == "n7":
            assert text.kind == "skipped"
        elif kind == "d":
            assert (text.kind, text.error) == ("no-row", "t.csv has no row of kind = d")
        else:
            assert text.text == {"a": f"A {name}", "b": f"B {name}", "c": "C"}[str(kind)]
    assert len(renderer.jobs) == 12, "three texts, two pieces of each of two occurrences"


def test_a_table_may_ask_how_another_step_went() -> None:
    """Only the steps that a text names are looked up."""
    text = b"kind,text\na,first: {{ step.x.state }}\n"
    book = BOOK + "    - {id: y, after: x + 1h, send: beat}\n"
    made = campaign(book, files={"t.csv": text})
    (step,) = [step for step in made.playbook.steps() if step.id == "y"]
    assert steps_asked(texts_of(step)) == {"x"}


def test_outside_flows_the_row_itself_is_the_member() -> None:
    book = """
playbook: p
timezone: Asia/Shanghai
runs: {from: 2026-03-02, until: 2026-03-03}
audiences: {people: {source: people, sample: {name: Lin, grade: a}}}
weekly:
  to: people
  steps:
    - {id: x, on: daily, at: 09:00, if: member.grade == 'a', send: {text: "{{ member.name }} of {{ target.grade }}"}}
"""
    rows = [{"id": "p1", "name": "Lin", "grade": "a"}, {"id": "p2", "name": "Bo", "grade": "b"}]
    made = campaign(book, sources={"people": rows})
    targets = Targets(made)
    [occurrence] = plan(made, targets, *FAR)
    with Renderer() as renderer:
        shown = [text for _, text in render(renderer, fan_out(made, targets, occurrence))]
    assert [(text.kind, text.text) for text in shown] == [("", "Lin of a"), ("skipped", "")]
