"""The values of a dry run: everything a view shows, already planned, rendered and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple

from msgspec import Struct, field

from sopengine.diagnostics import Diagnostic, Path, Place, Text
from sopengine.language.named import Value
from sopengine.planning.model import Section, Span
from sopengine.review.across.model import NOTHING_ACROSS, Across
from sopengine.review.comments.model import Comment
from sopengine.review.goals import GoalPlan
from sopengine.review.guarding import Quota

Mode = Literal["auto", "confirm", "manual", "task"]
State = Literal["planned", "held", "depends", "past-due", "skipped", "unrendered"]
GOES_OUT = ("planned", "held", "depends")
"""States of what is to go out, as far as anybody knows."""


class TimerShown(Struct, frozen=True):
    """A reminder or an escalation of a task. `to`: the role it speaks to; `how` is that of an escalation."""

    kind: Literal["remind", "escalate"]
    at: datetime  # aware, in the item's zone
    to: str
    how: str = ""


class WaveShown(NamedTuple):
    at: datetime
    targets: int


class Item(Struct, frozen=True):
    """One occurrence, or with `--each` one delivery. `at` and `planned_at` are aware, in the item's own zone.

    An event-triggered item has no `at` but `after`, e.g. Text("member.joined 后 10 秒", "10s after member.joined").
    """

    id: str
    section: Section
    key: str
    audience: str
    targets: int
    target: str  # the one whose text is shown: the longest sample, or the one asked for
    channel: str
    mode: Mode
    text: str
    place: Place
    at: datetime | None = None
    last_at: datetime | None = None  # when the last target has its turn (`spread`)
    planned_at: datetime | None = None  # as written, before shifts
    after: Text | None = None
    phase: str = ""
    kind: Literal["send", "task", "act"] = "send"  # act: neither, such as a tag
    state: State = "planned"
    reason: Text | None = None  # why it is not simply planned
    chars: int = 0
    bytes: int = 0  # UTF-8, the most over all targets
    max_bytes: int = 0  # the channel's limit; 0 = none
    parts: tuple[str, ...] = ()  # the text as it is cut for the channel; empty when it goes out in one
    codes: tuple[str, ...] = ()
    due: datetime | None = None  # tasks: when the work has to be done
    person: str = ""  # tasks: who does it
    script: str = ""  # tasks: what to say
    timers: tuple[TimerShown, ...] = ()  # tasks: in order of time
    approve: str = ""  # the role without whose word it is not sent
    waves: tuple[WaveShown, ...] = ()  # of a rollout, in order of time
    format: str = "text"  # of the message: text | markdown
    mention: tuple[str, ...] = ()  # whom it calls by name: "all" or ids
    image: str = ""  # the picture that goes along, by its name in the playbook
    texts: int = 1  # how many different texts the targets get
    paths: tuple[Path, ...] = ()  # where its step and its message stand in the document
    slot: str = ""  # the key of its occurrence
    arm: str = ""  # of its step, where that chooses
    comments: tuple[Comment, ...] = ()  # of reviewers, in the order in which they came

    @property
    def alike(self) -> tuple[str, ...]:
        """Equal for items that say the same; whom it is shown for matters where texts differ."""
        return self.id, self.audience, self.text, self.channel, self.target if self.texts > 1 else ""


class AudienceSize(Struct, frozen=True):
    name: str
    size: int
    from_sample: bool = False  # no data was given; the sample stands for one target


class DayMark(Struct, frozen=True):
    """What the work calendar says about one day. `estimated`: its year has no official arrangement yet."""

    weekend: bool = False
    holiday: Text | None = None
    makeup: bool = False
    estimated: bool = False


class Totals(Struct, frozen=True):
    """`sends` and `tasks` count what would reach targets; the others count items by their state."""

    items: int = 0
    sends: int = 0
    tasks: int = 0
    past_due: int = 0
    skipped: int = 0
    unrendered: int = 0
    depends: int = 0
    held: int = 0


class DryRun(Struct, frozen=True):
    """`items` stand in order of `at`, then id; those without `at` come last. `days` covers first_day..last_day."""

    as_of: datetime  # aware, in the campaign's zone
    timezone: str
    campaign: str
    playbook: str
    title: str
    hash: str
    inputs: Mapping[str, Value]
    first_day: date | None  # None: nothing is dated
    last_day: date | None
    phases: Sequence[Span]
    audiences: Sequence[AudienceSize]
    items: Sequence[Item]
    totals: Totals
    diagnostics: Sequence[Diagnostic] = ()
    ignored: int = 0  # findings that comments set aside
    sources: Mapping[str, str] = field(default_factory=dict)  # the texts that diagnostics point into, by file
    days: Mapping[date, DayMark] = field(default_factory=dict)
    calendar_name: str = ""
    official_until: int | None = None
    estimated: Sequence[date] = ()  # the days used whose year is an estimate
    next_command: str = ""
    goals: Sequence[GoalPlan] = ()
    quotas: Sequence[Quota] = ()
    across: Across = NOTHING_ACROSS


class View(Struct, frozen=True):
    """What to print of a dry run. Asking for a part also opens the message panes of that part."""

    show: str = ""  # a step id
    phase: str = ""
    day: date | None = None
    target: str = ""
    all: bool = False

    @property
    def opens_panes(self) -> bool:
        return bool(self.show or self.phase or self.day or self.target or self.all)

    def takes(self, item: Item) -> bool:
        return (
            (not self.show or item.id == self.show)
            and (not self.phase or item.phase == self.phase)
            and (self.day is None or (item.at is not None and item.at.date() == self.day))
        )


def count(items: Iterable[Item]) -> Totals:
    """Totals in one pass, so that a streamed plan never has to be kept. What is said about other playbooks is theirs
    to send and not counted here."""
    number = sends = tasks = past_due = skipped = unrendered = depends = held = 0
    for item in items:
        if item.section == "during":
            continue
        number += 1
        if item.state in ("planned", "held"):
            sends += item.targets if item.kind == "send" else 0
            tasks += item.targets if item.kind == "task" else 0
        past_due += item.state == "past-due"
        skipped += item.state == "skipped"
        unrendered += item.state == "unrendered"
        depends += item.state == "depends"
        held += item.state == "held"
    return Totals(number, sends, tasks, past_due, skipped, unrendered, depends, held)
