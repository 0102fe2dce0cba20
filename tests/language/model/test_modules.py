"""A step with `use`: a module's steps in its place, with the module's own names inside and the playbook's outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import asdict

from sopengine.language.load import Loaded, load, load_module
from sopengine.language.model import Choose, Handed, Send, Step, Task, Wait
from sopengine.language.modules.handed import inputs_for, module_anchors
from sopengine.language.opening import open_document
from tests.language.model.support import lines

BOOK = """\
playbook: shop
title: 店
timezone: Asia/Shanghai
inputs:
  opening: {type: date, default: 2026-06-18}
  brand: {type: text, default: 小茶铺}
audiences:
  member-groups:
    source: groups
    where: target.tier == 'member' and input.opening is known
    sample: {name: 东湖店群, tier: member, size: 8}
    columns: {size: integer}
roles:
  store-manager: {source: stores, person: manager, match: store}
welcome:
  to: member-groups
  steps:
    - {id: first, after: 0s, send: {text: 先说一句}}
    - id: welcome
      use: modules/welcome.yaml
      with: {brand: input.brand, groups: member-groups, lead: store-manager}
    - {id: last, after: welcome.rules + 2h, send: {text: 再说一句}, if: step.welcome_hello.state == 'sent'}
"""
MODULE = """\
module: welcome
title: 欢迎三步
inputs:
  brand: {type: text, title: 品牌}
  gift: {type: money, default: 5.50}
audiences:
  groups: {title: 群, columns: {size: integer}}
roles:
  lead: 接回访的人
messages:
  hello: 欢迎来到{{ input.brand }}，{{ target.name }}
  rules: {file: rules.md}
steps:
  - {id: hello, after: 0s, send: hello, if: target.size > 3}
  - {id: rules, after: hello + 10s, to: groups, send: rules}
  - {id: call, after: 1d, at: 10:00, to: lead, task: "带上 {{ input.gift | money }} 元的券", due: 1 workday}
"""
FILES = {
    "modules/welcome.yaml": MODULE,
    "modules/rules.md": "规矩：{{ input.brand }}说好的都算数。\n",
    "modules/book.yaml": "playbook: other\n",
}


def loaded(book: str = BOOK, files: Mapping[str, str] = FILES) -> Loaded:
    data = {name: text.encode() for name, text in files.items()}
    return load(book.encode(), "books/shop.yaml", data.get, known_files=lambda: list(data))


def alone(text: str, files: Mapping[str, str] = FILES) -> Loaded:
    data = {name.removeprefix("modules/"): part.encode() for name, part in files.items()}
    return load_module(open_document(text.encode(), "modules/welcome.yaml"), data.get)


def steps(found: Loaded) -> dict[str, Step]:
    assert found.playbook is not None
    return {step.id: step for step in found.playbook.steps()}


def without_columns(found: Loaded, folder: str = "") -> list[str]:
    return [f"{d.place.file.removeprefix(folder)}:{d.place.line} {d.code}" for d in found.diagnostics if d.place]


def told(found: Loaded) -> list[str]:
    return [line for line in lines(found) if not line.endswith("not-built")]


def test_the_steps_stand_in_place_under_the_id_of_the_step_that_uses_them() -> None:
    found = loaded()
    assert told(found) == []
    assert list(steps(found)) == ["first", "welcome.hello", "welcome.rules", "welcome.call", "last"]
    assert {step.to for step in steps(found).values()} == {"member-groups", "store-manager"}
    assert steps(found)["welcome.call"].own_id == "call"


def test_messages_are_the_modules_own_and_its_files_count_from_its_folder() -> None:
    found = loaded()
    assert found.playbook is not None
    assert sorted(found.playbook.messages) == ["welcome.hello", "welcome.rules"]
    action = steps(found)["welcome.rules"].action
    assert isinstance(action, Send)
    assert action.message.variants == ("规矩：{{ input.brand }}说好的都算数。\n",)
    assert found.texts.keys() >= {"books/shop.yaml", "books/modules/welcome.yaml", "books/modules/rules.md"}


def test_steps_refer_to_each_other_inside_and_from_outside() -> None:
    found = steps(loaded())
    inner, outer = found["welcome.rules"].when.after, found["last"].when.after
    assert inner
    assert outer
    assert (inner.subject, inner.of_step) == ("welcome.hello", True)
    assert (outer.subject, outer.of_step) == ("welcome.rules", True)


def test_what_a_module_is_handed_are_its_inputs() -> None:
    playbook = loaded().playbook
    assert playbook is not None
    assert playbook.modules["welcome"]["brand"] == Handed(input="brand")
    found = {step.id: step for step in playbook.steps()}
    values = inputs_for(playbook, found["welcome.hello"], {"brand": "山野", "opening": None})
    assert {name: str(value) for name, value in values.items()} == {"brand": "山野", "gift": "5.50"}
    assert inputs_for(playbook, found["first"], {"brand": "山野"}) == {"brand": "山野"}


def test_places_point_into_the_modules_file() -> None:
    found = loaded()
    assert found.document is not None
    step = steps(found)["welcome.call"]
    place = found.document.place((*step.path, "due"))
    assert (place.file, place.line) == ("books/modules/welcome.yaml", 16)
    action = steps(found)["welcome.hello"].action
    assert isinstance(action, Send)
    assert found.document.inside(action.message.paths[0], 1, 1).line == 11


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("send: hello", "send: helo", "14 SOP-R301"),
        ("input.brand }}，", "input.brnd }}，", "11 SOP-R305"),
        ("target.size > 3", "target.sizee > 3", "14 SOP-R305"),
        ("hello + 10s", "helo + 10s", "15 SOP-R304"),
        ("to: lead", "to: leed", "16 SOP-R302"),
        ("due: 1 workday", "due: 1 workdey", "16 SOP-S210"),
        ("  - {id: hello", "  - {idd: hello", "14 SOP-S204"),
        ("{type: money, default: 5.50}", "{type: money, default: 5.505}", "5 SOP-R311"),
        ("module: welcome", "module: 欢迎", "1 SOP-S205"),
        ("steps:", "stepps:", "13 SOP-S204"),
        (
            "  brand: {type: text, title: 品牌}",
            "  brand: {type: text}\n  vain: {type: text, default: x}",
            "5 SOP-R307",
        ),
        ("hello: 欢迎", 'more: "{{ input.brand"\n  hello: 欢迎', "11 SOP-T401"),
    ],
)
def test_a_mistake_in_a_module_is_found_in_its_own_line(old: str, new: str, expected: str) -> None:
    text = MODULE.replace(old, new, 1)
    assert text != MODULE
    wanted = f"modules/welcome.yaml:{expected}"
    assert wanted in without_columns(loaded(files={**FILES, "modules/welcome.yaml": text}), "books/")
    assert wanted in without_columns(alone(text))


@pytest.mark.parametrize(
    ("old", "new", "expected", "says"),
    [
        ("modules/welcome.yaml", "modules/welcme.yaml", "20 SOP-R308", "did you mean modules/welcome.yaml?"),
        ("modules/welcome.yaml", "modules/book.yaml", "20 SOP-S207", "is a playbook, no module"),
        ("brand: input.brand", "brand: input.brnd", "21 SOP-R309", "did you mean brand?"),
        ("brand: input.brand", "brand: input.opening", "21 SOP-R311", "opening is of type date"),
        ("brand: input.brand", "brand: brand", "21 SOP-R311", "write input.brand"),
        ("brand: input.brand, ", "", "20 SOP-R310", "input brand has no value"),
        ("brand: input.brand, ", "brnd: input.brand, ", "21 SOP-R309", "did you mean brand?"),
        ("lead: store-manager", "lead: store-manger", "21 SOP-R302", "did you mean `store-manager`?"),
        ("lead: store-manager", "lead: member-groups", "21 SOP-R302", "is one of roles"),
        (", lead: store-manager", "", "20 SOP-R302", "needs the role lead (接回访的人)"),
        ("lead: store-manager", "lead: store-manager, gift: viel", "21 SOP-R311", "gift is `viel`"),
        ("columns: {size: integer}", "via: robot", "21 SOP-R321", "a column size of type integer"),
        ("id: welcome\n", "id: welcome\n      at: 10:00\n", "20 SOP-S207", "`at` cannot stand beside `use`"),
        ("welcome.rules + 2h", "welcome.rule + 2h", "22 SOP-R304", "did you mean `welcome.rules`?"),
        ("welcome.rules + 2h", "welcome + 2h", "22 SOP-R304", "no step `welcome`"),
        ("step.welcome_hello", "step.welcome_helo", "22 SOP-R305", "did you mean `step.welcome_hello`?"),
    ],
)
def test_a_mistake_in_using_a_module_is_found_where_it_is_used(old: str, new: str, expected: str, says: str) -> None:
    found = loaded(BOOK.replace(old, new, 1))
    assert f"shop.yaml:{expected}" in without_columns(found, "books/")
    assert any(says in d.message.en for d in found.diagnostics)
    assert len([d for d in found.diagnostics if d.code != "SOP-R307"]) == 1


def test_a_step_that_gets_the_name_of_an_event_is_told() -> None:
    book = BOOK.replace("id: welcome\n", "id: live\n").replace("welcome.rules", "live.rules")
    found = loaded(
        book.replace("welcome_hello", "live_hello"),
        {**FILES, "modules/welcome.yaml": MODULE.replace("id: call", "id: ended")},
    )
    (wrong,) = [d for d in found.diagnostics if d.code == "SOP-S208"]
    assert wrong.message.en == "live.ended is already the name of an event"
    assert wrong.place
    assert (wrong.place.file, wrong.place.line) == ("books/shop.yaml", 19)


CALENDAR = """\
playbook: shop
timezone: Asia/Shanghai
inputs:
  opening: {type: date}
audiences: {groups: {source: groups, sample: {name: 群}}}
phases:
  warmup:
    from: opening - 7d
    until: opening
    steps:
      - {id: days, use: days.yaml, to: groups, with: {opens: input.opening}}
"""
DAYS = """\
module: days
inputs:
  opens: {type: date}
  closes: {type: date, default: 2026-08-01}
steps:
  - {id: eve, on: opens - 1d, at: 20:00, send: {text: "{{ input.opens | date('M月D日') }}见"}}
  - {id: end, on: closes, at: 20:00, send: {text: 收摊}, useful_until: closes + 2d}
  - {id: first, on: day 1, at: 09:00, send: {text: 第一天}}
"""


def test_dates_that_a_module_is_handed_are_anchors_of_its_steps() -> None:
    found = loaded(CALENDAR, {"days.yaml": DAYS})
    assert told(found) == []
    assert found.playbook is not None
    eve, end = (str(steps(found)[f"days.{name}"].when.on) for name in ("eve", "end"))
    assert "AnchorTime(name='opening'" in eve
    (own,) = module_anchors(found.playbook)
    assert f"AnchorTime(name='{own}'" in end
    assert own not in {name.replace(".", "") for name in found.playbook.inputs}


@pytest.mark.parametrize(
    ("flow", "module", "says"),
    [
        ("phase", MODULE, "step hello, `after: 0s` counts from the event"),
        ("phase", DAYS.replace("on: opens - 1d, at: 20:00, ", ""), "step eve, it has no time of its own"),
        ("phase", DAYS.replace("at: 20:00,", "at: 20:00, to: member,", 1), "`to: member` is whoever starts the flow"),
        ("phase", DAYS.replace("{text: 收摊}", '{text: "{{ event.name }}"}'), "step end, it uses `event`"),
        ("weekly", DAYS, "This module is for `phases` only: step first"),
    ],
)
def test_a_module_that_does_not_fit_the_flow_is_told_where_it_is_used(flow: str, module: str, says: str) -> None:
    book = CALENDAR
    if flow == "weekly":
        head, _, steps_ = CALENDAR.partition("phases:")
        book = head + "weekly:\n  steps:\n    " + steps_.rpartition("\n      ")[2]
    found = loaded(book, {"days.yaml": module})
    misfit = [d for d in found.diagnostics if d.code == "SOP-R322"]
    assert [d.place.file for d in misfit if d.place] == ["books/shop.yaml"]
    assert says in misfit[0].message.en


def test_steps_without_a_receiver_ask_the_step_that_uses_them() -> None:
    found = loaded(CALENDAR.replace("to: groups, ", ""), {"days.yaml": DAYS})
    (wrong,) = [d for d in found.diagnostics if d.code == "SOP-S201"]
    assert "The module's steps eve, end, first do not say to whom" in wrong.message.en
    assert steps(loaded(CALENDAR, {"days.yaml": DAYS}))["days.eve"].to == "groups"


OUTER = """\
module: outer
inputs:
  name: {type: text}
  day: {type: date, default: 2026-07-01}
audiences: {crowd: 群}
steps:
  - {id: one, after: 0s, to: crowd, send: {text: "{{ input.name }}"}}
  - {id: inner, use: deep/inner.yaml, with: {brand: input.name, when: input.day, extra: 2026-07-09, people: crowd}}
  - {id: two, after: inner.deep + 1h, to: crowd, send: {text: 二}}
"""
INNER = """\
module: inner
inputs: {brand: {type: text}, when: {type: date}, extra: {type: date}}
audiences: {people: 人}
steps:
  - {id: deep, on: when, at: 10:00, to: people, send: {text: "{{ input.brand }}"}}
  - {id: deeper, on: extra, at: 10:00, to: people, send: {text: 深}}
"""


def test_modules_inside_modules() -> None:
    book = BOOK.replace("modules/welcome.yaml", "modules/outer.yaml").replace(
        "{brand: input.brand, groups: member-groups, lead: store-manager}",
        "{name: input.brand, crowd: member-groups}",
    )
    book = book.replace("welcome.rules", "welcome.inner.deep").replace("welcome_hello", "welcome_inner_deep")
    book = book.replace("  store-manager: {source: stores, person: manager, match: store}\n", "").replace(
        "roles:\n", ""
    )
    files = {"modules/outer.yaml": OUTER, "modules/deep/inner.yaml": INNER}
    found = loaded(book, files)
    assert told(found) == []
    assert list(steps(found)) == [
        "first", "welcome.one", "welcome.inner.deep", "welcome.inner.deeper", "welcome.two", "last",
    ]  # fmt: skip
    playbook = found.playbook
    assert playbook is not None
    assert found.document is not None
    deep = steps(found)["welcome.inner.deep"]
    assert inputs_for(playbook, deep, {"brand": "山野"})["brand"] == "山野"
    assert (deep.module, deep.own_id, deep.to) == ("welcome.inner", "deep", "member-groups")
    assert found.document.place(deep.path).file == "books/modules/deep/inner.yaml"
    assert sorted(str(day) for day in module_anchors(playbook).values()) == ["2026-07-01", "2026-07-01", "2026-07-09"]
    anchors = {str(steps(found)[f"welcome.inner.{name}"].when.on[0]) for name in ("deep", "deeper")}
    assert all(any(f"name='{own}'" in text for own in module_anchors(playbook)) for text in anchors)
    wrong = loaded(book, {**files, "modules/deep/inner.yaml": INNER.replace("on: when", "on: wen")})
    assert "modules/deep/inner.yaml:5 SOP-R303" in without_columns(wrong, "books/")


def test_a_module_that_uses_itself_is_told_and_not_followed() -> None:
    again = OUTER.replace("deep/inner.yaml", "outer.yaml")
    found = loaded(BOOK.replace("modules/welcome.yaml", "modules/outer.yaml"), {"modules/outer.yaml": again, **FILES})
    (circle,) = [d for d in found.diagnostics if d.code == "SOP-R313"]
    assert "modules/outer.yaml → modules/outer.yaml" in circle.message.en
    assert circle.place
    assert circle.place.file == "books/modules/outer.yaml"


def test_modules_cannot_be_used_to_make_a_check_endless() -> None:
    """Each uses the next ten times: ten to the sixth, were there no limit."""
    files = {}
    for n in range(6):
        uses = "".join(f"  - {{id: u{i}, use: m{n + 1}.yaml}}\n" for i in range(10))
        files[f"m{n}.yaml"] = f"module: m{n}\nsteps:\n{uses}"
    files["m6.yaml"] = "module: m6\nsteps:\n  - {id: s, after: 0s, send: {text: 好}}\n"
    found = loaded(BOOK.replace("modules/welcome.yaml", "m0.yaml"), files)
    assert {d.code for d in found.diagnostics} >= {"SOP-Y109"}


EVERYTHING = """\
module: all
inputs:
  opens: {type: date}
audiences: {crowd: 群}
roles: {chief: 店长, other: 副手}
messages: {note: 好}
steps:
  - id: ask
    after: 0s
    to: chief
    task: 问一问
    due: opens - 1d
    remind: [due - 2h, opens - 2d]
    escalate: [{after: due + 1h, to: other}]
    about: crowd
    useful_until: opens + 3d
    on_overdue: continue
    was: asked
  - {id: pause, wait: order.paid, for: 2h, then: pick, timeout: made}
  - id: pick
    choose:
      - {if: step.ask.state == 'done', to: crowd, send: note}
      - {if: input.opens > slot.date, go: made}
    else: {to: chief, task: 看一看, due: opens + 1d, on_overdue: skip}
  - {id: made, emit: {event: coupon.issued, on: opens - 1d}}
  - {id: eve, on: opens, at: 10:00, except: [opens + 1d], to: crowd, send: note, approve: other}
"""


def texts(value: Any) -> Iterator[tuple[str, str]]:
    """Every text in a step's values, with the field it stands in; templates, conditions and spellings left out."""
    if isinstance(value, Struct):
        for name, inner in asdict(value).items():
            if isinstance(inner, str) and name not in ("text", "variants", "module", "title"):
                yield name, inner
            elif name not in ("path", "paths"):
                yield from texts(inner)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from (("", item),) if isinstance(item, str) else texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from ((key, item),) if isinstance(item, str) else texts(item)


def test_no_name_of_the_module_is_left_in_its_steps() -> None:
    book = BOOK.replace("modules/welcome.yaml", "all.yaml").replace(
        "{brand: input.brand, groups: member-groups, lead: store-manager}",
        "{opens: input.opening, crowd: member-groups, chief: store-manager, other: store-manager}",
    )
    found = loaded(
        book.replace("welcome.rules", "welcome.eve").replace("welcome_hello", "welcome_eve"), {"all.yaml": EVERYTHING}
    )
    assert told(found) == ["books/shop.yaml:6:3 SOP-R307 unused"]
    left = [
        (step.id, field, text)
        for step in steps(found).values()
        if step.module
        for field, text in texts(step)
        if field != "variants" and {"opens", "crowd", "chief", "other", "ask", "pick"} & set(text.split())
    ]
    assert left == []
    everything = steps(found)
    task, wait, pick = (everything[f"welcome.{name}"].action for name in ("ask", "pause", "pick"))
    assert isinstance(task, Task)
    assert isinstance(wait, Wait)
    assert isinstance(pick, Choose)
    assert (task.due, task.about) == ("opening - 1d", "member-groups")
    assert (wait.then, wait.timeout) == ("welcome.pick", "welcome.made")
    assert everything["welcome.ask"].was == "welcome.asked"
    assert everything["welcome.eve"].approve == "store-manager"


def test_the_id_before_goes_with_the_steps() -> None:
    found = loaded(BOOK.replace("id: welcome\n", "id: welcome\n      was: hi\n"))
    assert steps(found)["welcome.hello"].was == "hi.hello"


def test_a_module_alone_is_checked_as_far_as_it_can_be() -> None:
    assert told(alone(MODULE)) == []
    assert told(alone(DAYS)) == []
    assert told(alone(MODULE.replace("input.brand", "input.brnd")))[0].endswith("SOP-R305 unknown-name")
    assert told(alone(MODULE.replace("target.size", "metric.any"))) == []
    used_only_here = MODULE.replace("  gift:", "  gifft:").replace("input.gift", "input.gift")
    assert [line.split()[1] for line in told(alone(used_only_here))] == ["SOP-R305"]


def test_two_uses_of_one_module_are_two_sets_of_steps_and_its_mistakes_are_told_once() -> None:
    twice = BOOK.replace(
        "    - {id: last,",
        "    - {id: again, use: modules/welcome.yaml,"
        " with: {brand: 二店, groups: member-groups, lead: store-manager}}\n"
        "    - {id: last,",
    )
    found = loaded(twice)
    assert told(found) == []
    assert {"welcome.hello", "again.hello"} <= steps(found).keys()
    broken = loaded(twice, {**FILES, "modules/welcome.yaml": MODULE.replace("send: hello", "send: helo")})
    assert len([line for line in told(broken) if "SOP-R301" in line]) == 1


def test_metrics_add_up_what_a_modules_step_asks_for_and_flows_lead_to_it() -> None:
    book = BOOK.replace("welcome:\n  to", "metrics:\n  heard: {sum: welcome.call.number}\nwelcome:\n  to")
    book = book.replace(
        "    - {id: first, after: 0s, send: {text: 先说一句}}\n",
        "    - {id: first, choose: [{if: input.brand == 'x', go: welcome.rules}], else: {go: welcome.hello}}\n",
    )
    asked = "if: step.welcome_call.number > 3 and metric.heard > 5"
    book = book.replace("if: step.welcome_hello.state == 'sent'", asked)
    files = {**FILES, "modules/welcome.yaml": MODULE.replace("due: 1 workday", "form: {number: integer}")}
    found = loaded(book, files)
    assert told(found) == []
    assert found.playbook is not None
    assert found.playbook.metrics["heard"].of_step
    wrong = loaded(book.replace("call.number", "call.nummer").replace("go: welcome.rules", "go: welcome.rule"), files)
    assert [line.split()[1] for line in told(wrong)] == ["SOP-R305", "SOP-R304"]


def test_an_event_that_only_a_module_asks_for_is_used() -> None:
    book = BOOK.replace("welcome:\n  to", "events:\n  seat.taken: {}\n  seat.left: {}\nwelcome:\n  to")
    module = MODULE.replace("if: target.size > 3", "if: count('seat.taken') > 3")
    found = loaded(book, {**FILES, "modules/welcome.yaml": module}).diagnostics
    assert [d.message.en for d in found if d.code == "SOP-R307"] == ["Event seat.left is never used"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("lead: store-manager", "lead: store-managr", "SOP-R302"),
        (", lead: store-manager", "", "SOP-R302"),
        ("groups: member-groups", "groups: member-group", "SOP-R302"),
    ],
)
def test_a_receiver_that_a_module_was_to_have_is_not_told_to_be_unused_as_well(old: str, new: str, code: str) -> None:
    assert [d.code for d in loaded(BOOK.replace(old, new)).diagnostics] == [code]
