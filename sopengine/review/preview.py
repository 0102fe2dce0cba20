"""What a dry run looks at: a campaign, its data, what stands beside it, and the slots that are to be shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from sopengine.channels.base import Channel
from sopengine.diagnostics import Diagnostic, Findings, Place, Stage
from sopengine.language.copy_rules import ANYTHING, CopyRules
from sopengine.language.document import Document
from sopengine.language.ignores import Ignores, Judged
from sopengine.language.model import Step
from sopengine.planning.deliveries import Turn
from sopengine.planning.during import NONE, Rulings
from sopengine.planning.facts import NOTHING, Facts
from sopengine.planning.forecast import UsedBefore, nothing_before
from sopengine.planning.model import Campaign, Occurrence
from sopengine.planning.occurrences import plan
from sopengine.planning.slots import slots
from sopengine.planning.targets import Targets
from sopengine.review.across.model import Beside
from sopengine.review.across.posts import Post
from sopengine.review.during import Others
from sopengine.review.guarding import NOTHING_GUARDED, Guarded, guarded

BEGINNING = datetime.min.replace(tzinfo=UTC)
OPEN_ENDED = timedelta(days=28)
"""How far a campaign without an end is shown when no end is asked for."""


class Look(Struct, frozen=True, eq=False):
    """An occurrence at one moment; `turn` where only some of its targets have theirs then."""

    occurrence: Occurrence
    at: datetime
    turn: Turn | None = None

    @property
    def step(self) -> Step:
        return self.occurrence.step


@dataclass(slots=True)
class Preview:
    """What a dry run looks at, and the findings it makes on the way. `begin` and `end` are aware and half-open; without
    them the whole campaign is shown. `target` names whose text is shown; `each` makes one item per target. `facts` are
    what is known so far: what has not happened yet is shown as open."""

    campaign: Campaign
    document: Document
    channels: Mapping[str, Channel]
    as_of: datetime
    begin: datetime | None = None
    end: datetime | None = None
    target: str = ""
    each: bool = False
    rulings: Rulings = NONE  # of the campaigns that run beside it
    running: Others = ()
    facts: Facts = NOTHING
    planned: Others = ()  # those that a campaign file of the workspace names and nobody has started
    beside: Sequence[Beside] = ()  # the names of both
    used_before: UsedBefore = nothing_before
    posts: list[Post] | None = None  # what the items are made of, where somebody wants to know it
    guarded: Guarded = NOTHING_GUARDED
    copy_rules: CopyRules = ANYTHING
    findings: Findings = field(default_factory=Findings)
    targets: Targets = field(init=False)

    def __post_init__(self) -> None:
        base, zone = Targets(self.campaign), self.campaign.playbook.timezone
        self.targets = base.seen(lambda: self.facts.past(base, self.as_of, zone))

    @property
    def whole(self) -> bool:
        return self.begin is None and self.end is None

    @property
    def horizon(self) -> datetime:
        if self.end is not None:
            return self.end
        span = self.targets.calendars.span(self.campaign.playbook.timezone)
        night_after = timedelta(days=2)  # a slot in the night after the last day still belongs to it
        return max(self.as_of, span.end) + night_after if span.end else self.as_of + OPEN_ENDED

    def judge(self, given: Iterable[Diagnostic]) -> Judged:
        """All findings, those made before and its own, and what comments in the playbook set aside. What the check has
        said of a step is not said again."""
        done: tuple[Stage, ...] = ("check", "dry-run") if self.whole else ("check",)
        before = list(given)
        told = {(found.code, found.path[:length]) for found in before for length in range(1, len(found.path) + 1)}
        own = (found for found in self.findings if not found.path or (found.code, found.path) not in told)
        return Ignores(self.document).judge([*before, *own], done)

    def looks(self) -> list[Look]:
        """What is to be shown, in order of time, what comes after an event last; an occurrence whose targets have their
        own times once for each."""
        begin = self.begin or BEGINNING
        planned = plan(self.campaign, self.targets, BEGINNING, self.horizon)
        looks = [look for occurrence in planned for look in self._looks(occurrence)]
        dated = [look for look in looks if not look.occurrence.untimed]
        untimed = [look for look in looks if look.occurrence.untimed]
        ahead = [look for look in dated if look.at >= self.as_of]
        self.guarded = guarded(
            self.campaign, self.targets, self.facts, ahead, self.running, self.as_of, self.used_before
        )
        dated = [replace(look, at=self.guarded.moment(look.occurrence, look.at)) for look in dated]
        dated = [look for look in dated if begin <= look.at < self.horizon]
        return sorted(dated, key=lambda look: (look.at, look.step.id)) + untimed

    def _looks(self, occurrence: Occurrence) -> Iterator[Look]:
        for slot in slots(self.targets, occurrence):
            yield Look(slot.occurrence, slot.at, slot.turn)

    def place(self, occurrence: Occurrence) -> Place:
        return self.document.place(occurrence.step.path)
