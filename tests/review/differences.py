"""The festival and an edited one compared: what the views of a comparison are tested on; a hostile one besides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from sopengine.diagnostics import Text
from sopengine.review.comparison.compare import Written, compare
from sopengine.review.comparison.model import Comparison, Standing, StepChange, Version
from sopengine.review.model import Item
from tests.review.festival import ITEMS, at, item
from tests.review.hostile import TEXTS

BEFORE = Version("summer", "1" * 64, running=True)
AFTER = Version("playbooks/summer.yaml", "2" * 64)


def differences() -> Comparison:
    """One step of every kind, as an upgrade of a running campaign is shown."""
    before = [replace(one, slot=one.key) for one in ITEMS]
    old = {one.id: one for one in before}
    rules = old["rules"].text.replace("满 30 元", "满 40 元").replace("2. ", "")
    edited = {
        "rules": replace(old["rules"], text=rules, audience="all-groups", targets=14),
        "thanks": replace(old["thanks"], at=at(21, "19:00") + timedelta(days=1)),
        "seckill": None,
    }
    kept = [replace(one, text=one.text) if one.id not in edited else edited[one.id] for one in before]
    after = [one for one in kept if one is not None] + [
        replace(item("fresh", at(23, "10:00"), "下回见。"), slot="fresh")
    ]
    ids = [*dict.fromkeys(one.id for one in after)]
    written = [Written(id, "", id in old, True) for id in ids] + [Written("seckill", "", True, False)]
    steps = compare(before, after, written)
    words = Standing("edited-waiting", Text("改了，有的正等着", "edited, some are waiting"), 12, 3)
    steps = [replace(step, standing=words) if step.step == "rules" else step for step in steps]
    return _of(steps, "夏日会员节", BEFORE, AFTER, [Text("输入 opening：6-18 → 6-19", "input opening: 6-18 → 6-19")])


def hostile() -> Comparison:
    """Each text as a step, its old name, an audience, a target, a channel and as both texts; nothing of it is ours."""
    steps = []
    for number, text in enumerate(TEXTS):
        old = _hostile(number, text, text)
        new = replace(old, text=f"{text}\n改 {text}", channel=f"{text}!", person=text, audience=f"{text}?")
        written = [Written(text, "", True, True)]
        for step in (*compare([old], [new], written), *compare([], [new], written), *compare([old], [], written)):
            steps.append(replace(step, was=text, settings=(text,)))
    everything = Version("\n".join(TEXTS), TEXTS[0])
    return _of(steps, "\n".join(TEXTS), everything, everything, [Text(text, text) for text in TEXTS])


def _hostile(number: int, id: str, text: str) -> Item:
    when = at(18, f"{9 + number // 4:02}:{number % 4 * 15:02}")
    return replace(item(id, when, text, audience=text, target=text, channel=text), slot=str(number), key=str(number))


def _of(steps: Sequence[StepChange], title: str, before: Version, after: Version, others: Sequence[Text]) -> Comparison:
    return Comparison(title, before, after, at(6, "12:00"), "Asia/Shanghai", steps, others)
