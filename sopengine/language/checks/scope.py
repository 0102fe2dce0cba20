"""What the names of one text can mean: the columns its target has, the fields of the event that started it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.language.checks.declared import SUBJECTS, Declared, flow_of
from sopengine.language.checks.kinds import OPEN, Where
from sopengine.language.columns import source_of
from sopengine.language.events import OF_GROUPS, fields_of
from sopengine.language.expressions.names import NAMESPACES, step_word
from sopengine.language.model import ExitRule, Journey, Playbook, Step
from sopengine.language.named import Audience, Role
from sopengine.language.suggest import closest

SLOT = frozenset(["date", "time", "weekday", "number", "day"])
CAMPAIGN = frozenset(["id", "day", "start"])
MEMBER = frozenset(["id", "name", "tags"])
"""What is known of every member, also of one that only events have told of."""
PERSON = frozenset(["name"])
OF_SCRIPTS = frozenset(["input", "ask"])
_DECLARED_IN = {
    "input": "inputs",
    "target": "audiences",
    "member": "audiences",
    "event": "events",
    "metric": "metrics",
    "goal": "goals",
    "ask": "scripts",
    "step": "phases",
}
_OF_ONE = frozenset(["target", "member", "person"])
_ONCE = Text(
    "这里对整个时点只判断一次，没有哪一个目标；要按目标判断，就在步骤上写 to",
    "this is judged once for the whole slot and not for a target; write `to` on the step to judge each",
)


class Scope(Struct, frozen=True):
    """`columns` is None where the target's columns are not known, `member` where those of members are not, `fields`
    where the event's are not; without `event` no event started this flow; `extra` are names without a namespace that
    are known just here; `asked` is what a script asks for, None outside scripts; without `subject` nobody in particular
    is spoken of."""

    columns: frozenset[str] | None = None
    member: frozenset[str] | None = None
    fields: frozenset[str] | None = None
    event: bool = True
    extra: frozenset[str] = frozenset()
    asked: frozenset[str] | None = None
    subject: bool = True
    where: Where = OPEN


class NoMeaning(Struct, frozen=True):
    """`parts` up to `wrong` (an index) are fine; `guess` is what the part there should be."""

    wrong: int
    guess: str | None
    known: frozenset[str]
    reason: Text | None = None


def meaning(parts: tuple[str, ...], scope: Scope, declared: Declared) -> NoMeaning | None:
    """None if the name means something here."""
    root = parts[0]
    if root in scope.extra:
        return None
    if root not in NAMESPACES:
        return NoMeaning(0, _namespaced(root, scope, declared), NAMESPACES | scope.extra)
    if root in _OF_ONE and not scope.subject:
        return NoMeaning(0, None, frozenset(), _ONCE)
    if root == "event" and not scope.event:
        reason = Text("这个流程不是由事件触发的，没有 event", "no event starts this flow, so there is no `event`")
        return NoMeaning(0, None, frozenset(), reason)
    if root == "ask" and scope.asked is None:
        reason = Text("ask 是话术里问到的值，只在话术里有", "`ask` holds what a script asks for, and exists only there")
        return NoMeaning(0, None, frozenset(), reason)
    if scope.asked is not None and root not in OF_SCRIPTS:
        reason = Text("话术里只有 input 和 ask", "a script knows `input` and `ask` only")
        return NoMeaning(0, None, frozenset(), reason)
    known = _known(root, scope, declared)
    if known is None or _DECLARED_IN.get(root, root) in declared.uncertain:
        return None
    if len(parts) == 1:
        reason = Text(
            f"`{root}` 后面要写点号和名字，例如 {root}.{min(known, default='…')}", f"`{root}` needs a dot and a name"
        )
        return NoMeaning(0, None, known, reason)
    if parts[1] in known:
        return None
    return NoMeaning(1, closest(parts[1], known), known)


def _namespaced(word: str, scope: Scope, declared: Declared) -> str | None:
    """A bare input is the commonest slip: `brand` for `input.brand`."""
    return f"input.{word}" if word in declared.inputs else closest(word, NAMESPACES | scope.extra)


def _known(root: str, scope: Scope, declared: Declared) -> frozenset[str] | None:
    """The names a namespace has; None where it is open."""
    match root:
        case "input":
            return declared.inputs
        case "target":
            return scope.columns
        case "member":
            return scope.member
        case "event":
            return scope.fields
        case "metric":
            return declared.metrics
        case "goal":
            return declared.goals
        case "ask":
            return scope.asked
        case "slot":
            return SLOT
        case "campaign":
            return CAMPAIGN
        case "person":
            return PERSON
        case "step":
            return frozenset(["id"]) | {step_word(name) for name in declared.steps}
    return None


class Scopes:
    """The scope of each step. `source_columns`: the workspace's sources and their columns, as far as they are known."""

    def __init__(self, playbook: Playbook, source_columns: Mapping[str, Collection[str]]) -> None:
        self._playbook = playbook
        self._source_columns = source_columns
        self._events = {"welcome": playbook.welcome.on_event} if playbook.welcome else {}
        self._events |= {f"journeys.{journey.name}": journey.on_event for journey in playbook.journeys}
        self._columns: dict[str, frozenset[str] | None] = {}

    def of(self, step: Step) -> Scope:
        flow = flow_of(step.path)
        return self._of(step.to, None if flow == "calendar" else self._events.get(flow, ""))

    def of_audience(self, audience: Audience) -> Scope:
        return self._of(audience.name, None)

    def of_choice(self, step: Step) -> Scope:
        """Of the conditions of a `choose`: without a receiver of its own it is judged once for the whole slot."""
        return self.of(step) if step.to else Scope(event=False, subject=False)

    def of_exit(self, rule: ExitRule) -> Scope:
        flow = flow_of(rule.path)
        return self._of("target", None if flow == "calendar" else self._events.get(flow, ""))

    def of_trigger(self, journey: Journey) -> Scope:
        """Of what is asked of whoever may start a journey, and of the event; one that a condition starts has none."""
        return self._of("target", journey.on_event or None)

    def _of(self, to: str, event: str | None) -> Scope:
        """`event` is None where no event starts the flow, "" where it is not known which one does."""
        columns, where = self.columns(to), Where(to, event or "")
        if event is not None:
            return Scope(columns, self.members, self._fields(event), where=where)
        known = None if self.members is None or columns is None else self.members | columns  # it is the row itself
        return Scope(columns, known, event=False, where=where)

    @cached_property
    def members(self) -> frozenset[str] | None:
        """What a member can have: a row of any audience, one that answers for what a group's column says, or nothing
        but what events tell."""
        columns = self._subject() if self._playbook.audiences else frozenset[str]()
        matched = {role.match for role in self._playbook.roles.values() if role.match}
        return None if columns is None else columns | MEMBER | matched

    def columns(self, to: str) -> frozenset[str] | None:
        """What a row of this audience or role has; of a flow's subject, what the audiences have among them."""
        if to not in self._columns:
            self._columns[to] = self._subject() if to in SUBJECTS else self._receiver(to)
        return self._columns[to]

    def data_columns(self, to: str) -> frozenset[str] | None:
        """The columns of the data itself, sample left out; None where there is no data. Of a flow's subject, all."""
        if to not in SUBJECTS:
            return self._data(to)
        known = [self._data(name) for name in self._playbook.audiences]
        return None if not known or None in known else frozenset[str]().union(*filter(None, known))

    def _data(self, to: str) -> frozenset[str] | None:
        source = getattr(self._playbook.roles.get(to), "source", "") or self._source_of(to)
        columns = self._source_columns.get(source)
        return None if columns is None else frozenset(columns) | {"id"}

    def _source_of(self, to: str) -> str:
        audience, seen = self._playbook.audiences.get(to), {to}
        while audience is not None and audience.of and audience.of not in seen:
            seen.add(audience.of)
            audience = self._playbook.audiences.get(audience.of)
        return audience.source if audience else ""

    def _subject(self) -> frozenset[str] | None:
        known = [self._receiver(name) for name in self._playbook.audiences]
        if not known or None in known:
            return None
        return frozenset[str]().union(*(columns for columns in known if columns is not None))

    def _receiver(self, to: str) -> frozenset[str] | None:
        names: set[str] = set()
        if role := self._playbook.roles.get(to):
            names |= self._of_role(role)
        audience, seen = self._playbook.audiences.get(to), {to}
        while audience is not None:
            names |= {*audience.sample, *audience.columns, *self._source_columns.get(audience.source, ())}
            audience = None if audience.of in seen else self._playbook.audiences.get(audience.of)
            seen |= {audience.name} if audience else set()
        return frozenset(names | {"id"}) if names else None

    def _of_role(self, role: Role) -> set[str]:
        """Of its source, as an audience with a sample tells, where the workspace does not."""
        columns = set(self._source_columns.get(role.source, ()))
        if role.source:
            same = [a for a in self._playbook.audiences.values() if source_of(self._playbook, a) == role.source]
            columns |= {name for audience in same for name in (*audience.sample, *audience.columns) if audience.sample}
        return columns | {*role.columns, role.person} if columns else columns

    def _fields(self, event: str) -> frozenset[str] | None:
        fields = fields_of(event, self._playbook.events)
        return None if fields is None else frozenset(fields) | ({"members"} if event in OF_GROUPS else set())
