"""A playbook as frozen values; every part keeps its `path` in the document, where `document` finds its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from msgspec import Struct, field

from sopengine.diagnostics import Path
from sopengine.language.guards import FREE, Guards
from sopengine.language.named import Audience, Condition, Fields, Goal, Input, Message, Metric, Role, Scalar
from sopengine.timing.words import AnchorTime, Duration, When

if TYPE_CHECKING:
    from sopengine.language.script import Script


# --- actions of a step: exactly one


class Send(Struct, frozen=True):
    message: Message  # a named message, or the inline one


class Escalation(Struct, frozen=True):
    """When an undone task is taken further, and to which role: told of it (`add`), or given it (`reassign`)."""

    after: str
    to: str
    how: str = "add"


class Task(Struct, frozen=True):
    """Times are canonical texts: `due - 2h`, `opening + 1d`."""

    title: str  # a template
    due: str = ""
    remind: tuple[str, ...] = ()
    escalate: tuple[Escalation, ...] = ()
    form: Fields = field(default_factory=dict)
    about: str = ""
    script: str = ""

    def times(self) -> tuple[str, ...]:
        """Its time limit, and what is counted from that or beside it."""
        return (self.due, *self.remind, *(rule.after for rule in self.escalate))


class Arm(Struct, frozen=True):
    """One arm of a `choose`: if its condition holds, the step is carried out as `step` says. `else` has no condition.

    `step` is the whole step once more, with the arm's action, receiver and modifiers in place of its own.
    """

    condition: Condition | None
    step: Step


class Choose(Struct, frozen=True):
    """Ordered; the first true arm wins, the last one is `else`."""

    arms: tuple[Arm, ...]


class Go(Struct, frozen=True):
    """An arm that leads on to another step of its flow."""

    step: str


class Skip(Struct, frozen=True):
    """An arm that does nothing."""


class Wait(Struct, frozen=True):
    """`then` and `timeout` are `next`, `exit` or a step's id."""

    events: tuple[str, ...]
    limit: Duration
    then: str = "next"
    timeout: str = "next"


class Split(Struct, frozen=True):
    """Shares by arm; which arm a case falls into is decided by a hash of `seed` and the value of `by`."""

    by: str
    seed: str
    arms: Mapping[str, int]


class Tag(Struct, frozen=True):
    """`values` are tags with one value each: `{grade: A}`."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


class Emit(Struct, frozen=True):
    """`on` is the day the event counts for, `slot.date - 1d` or a date; None: the moment it is raised."""

    event: str
    on: AnchorTime | date | None = None
    data: Mapping[str, Scalar] = field(default_factory=dict)


class Exit(Struct, frozen=True):
    reason: str


class Pause(Struct, frozen=True):
    what: str = "sends"


class Share(NamedTuple):
    """One wave: so many targets, so many per cent of the whole list, or, with neither, all that are left."""

    number: int = 0
    percent: Decimal = Decimal(0)

    @property
    def is_rest(self) -> bool:
        return not (self.number or self.percent)


class Rollout(Struct, frozen=True):
    """A message goes to a share of its targets first. `gap` lies between waves, elapsed; `stop_if` may name `failed`,
    the share of the waves so far that did not surely arrive."""

    shares: tuple[Share, ...]
    gap: Duration
    stop_if: Condition | None = None


class Use(Struct, frozen=True):
    """A module by its file, before its steps stand in this one's place; `given` is its `with`, as written."""

    module: str
    given: Mapping[str, Any] = field(default_factory=dict)


Action: TypeAlias = Send | Task | Choose | Go | Skip | Wait | Split | Tag | Emit | Exit | Pause | Use


class Step(Struct, frozen=True):
    id: str
    path: Path
    when: When
    action: Action
    to: str = ""  # audience, role, `target`, `member`; after inheritance from its flow
    if_: Condition | None = None
    via: str = ""
    late_ok: Duration | None = None
    useful_until: AnchorTime | str | None = None  # an anchor, or a duration text after the slot
    catch_up: int = 1  # how many late slots are still carried out, the newest; 0: none
    if_past: str = ""  # "" (error at start) | skip | now
    on_unknown: str = "hold"
    priority: int = 0
    on_cap: str = "defer"  # defer | skip
    required: bool = False
    any_outcome: bool = False
    on_overdue: str = "continue"
    audience: str = ""  # frozen | live
    approve: str | None = None  # the role that approves its words; "" none, None as the campaign
    rollout: Rollout | None = None
    was: str = ""  # its id before it was renamed
    key: str = ""  # what it is known by in the keys of a campaign where that is not its id (planning/versions.py)
    days: Mapping[str, str] = field(default_factory=dict)  # written day → the day it is known by, after an upgrade
    module: str = ""  # id of the step that brought it in, `welcome`; what its texts name is then the module's own

    @property
    def own_id(self) -> str:
        """Its id where it was written: in a module without the id of the step that brought it in."""
        return self.id.removeprefix(f"{self.module}.") if self.module else self.id

    @property
    def identity(self) -> str:
        return self.key or self.id

    def all_arms(self) -> Iterator[tuple[str, Step]]:
        """The ways in which this step may be carried out, each with its number ("2", "2.1" inside another choose,
        "" for the step itself); arms that choose again are not among them."""
        if not isinstance(self.action, Choose):
            yield "", self
            return
        for number, arm in enumerate(self.action.arms, 1):
            for inner, step in arm.step.all_arms():
                yield f"{number}.{inner}".rstrip("."), step

    @property
    def form(self) -> Fields:
        """The fields that its tasks ask for, those of its arms among them."""
        tasks = [arm.action for _, arm in self.all_arms() if isinstance(arm.action, Task)]
        return {name: field for task in tasks for name, field in task.form.items()}

    @property
    def scripts(self) -> tuple[str, ...]:
        """The scripts that its tasks go with, each once; more than one only where it chooses."""
        tasks = [arm.action for _, arm in self.all_arms() if isinstance(arm.action, Task)]
        return tuple(dict.fromkeys(task.script for task in tasks if task.script))

    def arm(self, number: str) -> Step:
        """The step as its arm of this number carries it out; itself for ""."""
        step = self
        for part in filter(None, number.split(".")):
            assert isinstance(step.action, Choose)
            step = step.action.arms[int(part) - 1].step
        return step


class Overlap(Struct, frozen=True):
    """What a start does while a campaign of the same playbook and key runs: it waits for its turn, takes the other's
    place, or runs beside it. `most` counts those that wait, or those that run."""

    kind: Literal["queue", "restart", "parallel"]
    most: int = 0


class Handed(Struct, frozen=True):
    """What one input of a module is: the value of an input of the playbook, or a value of its own."""

    input: str = ""
    value: Scalar | tuple[Scalar, ...] = None


class ExitRule(Struct, frozen=True):
    """One item of `exit_when`: a condition, or an event."""

    path: Path
    reason: str  # `as`
    condition: Condition | None = None
    event: str = ""


class Watch(Struct, frozen=True):
    """Acts once when its condition becomes true, and again only after it was false."""

    name: str
    path: Path
    when: Condition
    check: Duration
    do: tuple[Step, ...]


class Bound(Struct, frozen=True):
    """One end of a phase or of `runs`: a date or an anchor."""

    text: str
    value: date | AnchorTime


class During(Struct, frozen=True):
    """What holds for a step or message of another playbook while a phase lasts: the message said in its place, or,
    with none, that it is skipped."""

    path: Path
    playbook: str
    name: str  # a step of that playbook, else a message
    message: str = ""


class Phase(Struct, frozen=True):
    name: str
    path: Path
    title: str
    begin: Bound
    end: Bound
    steps: tuple[Step, ...]
    exits: tuple[ExitRule, ...] = ()
    during: tuple[During, ...] = ()
    guards: Guards = FREE


class Weekly(Struct, frozen=True):
    path: Path
    steps: tuple[Step, ...]
    to: str = ""
    exits: tuple[ExitRule, ...] = ()
    guards: Guards = FREE


class Journey(Struct, frozen=True):
    """`welcome` and each of `journeys`."""

    name: str
    path: Path
    on_event: str
    steps: tuple[Step, ...]
    to: str = ""
    when: Condition | None = None
    key: str = ""
    again: Duration | None = None
    collect: Duration | None = None
    exits: tuple[ExitRule, ...] = ()
    guards: Guards = FREE


class Playbook(Struct, frozen=True):
    id: str
    title: str
    timezone: str
    calendar: str = ""  # "" = no work calendar: Monday to Friday; "CN"
    inputs: Mapping[str, Input] = field(default_factory=dict)
    audiences: Mapping[str, Audience] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    events: Mapping[str, Fields] = field(default_factory=dict)  # declared ones, and the endings of scripts
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    goals: Mapping[str, Goal] = field(default_factory=dict)
    messages: Mapping[str, Message] = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()
    weekly: Weekly | None = None
    welcome: Journey | None = None
    journeys: tuple[Journey, ...] = ()
    runs: tuple[Bound, Bound] | None = None
    exits: tuple[ExitRule, ...] = ()
    watches: tuple[Watch, ...] = ()
    scripts: Mapping[str, Script] = field(default_factory=dict)
    guards: Guards = FREE
    approve: str = ""  # the role that approves the words of every step that says nothing else
    overlap: Overlap | None = None  # None: one at a time, another start is refused
    modules: Mapping[str, Mapping[str, Handed]] = field(default_factory=dict)  # by id of the step that brought it in

    def steps(self) -> list[Step]:
        """Every step, in written order: phases, weekly, welcome, journeys, watches."""
        flows = [p.steps for p in self.phases]
        flows += [self.weekly.steps] if self.weekly else []
        flows += [self.welcome.steps] if self.welcome else []
        flows += [j.steps for j in self.journeys]
        flows += [w.do for w in self.watches]
        return [step for flow in flows for step in flow]
