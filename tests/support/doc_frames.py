"""The frames in which the documents' examples stand: a playbook with everything that they name.

An example that is a whole file stands for itself. A part takes the place of the playbook's part of that name; a step
stands in the flow that its mark says; a row of a table stands in the object that its section explains.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import indent
from typing import NamedTuple

from tests.support.examples import sections

BASE = """\
playbook: frame
timezone: Asia/Shanghai
calendar: CN
inputs:
  opening: {type: date, default: 2026-06-18, title: 开售日}
  live: {type: datetime, default: 2026-06-18T20:00}
  close: {type: datetime, default: 2026-06-18T22:00}
  brand: {type: text, default: 小茶铺}
  threshold: {type: money, default: 30}
audiences:
  groups:
    source: groups
    sample:
      {name: 东湖一群, tier: member, size: 180, starts: 2026-06-01, opens: 09:00, timezone: Asia/Shanghai, store: s1}
    columns: {size: integer, starts: date, opens: time}
  member-groups: {of: groups, where: target.tier == 'member'}
  core-members:
    source: members
    sample: {name: 周女士, store: s1, birthday: 1990-02-03, grade: A}
    columns: {birthday: date}
roles:
  area-lead: {person: 林岚}
  lead: {person: 林岚}
  store-manager: {source: stores, person: manager, match: store}
events:
  checkin.posted: {photo: text}
  seats.gone: {}
  shop.closed: {}
metrics:
  gmv: {source: boards}
  stock: {source: boards}
  churn: {source: boards}
  invited: {count: member.joined, per: store}
  visits: {source: boards}
messages:
  hello: 你好
  teaser: 快开始了
  morning: 早上好
  rules: 群规三条
  thanks: 谢谢
  last-call: 还有两小时
  reminder: 你的券还没用
  coupon: 给你一张券
  festival-rules: 活动期间的群规
phases:
  all:
    from: opening - 14d
    until: opening + 10d
    steps:
      - {id: teaser, on: day 1, at: 20:00, to: groups, send: hello}
      - {id: report, on: daily, at: 21:00, to: area-lead, task: 填销售额, form: {gmv: money, stock: integer}, due: 2h}
scripts:
  phone: {start: greet, nodes: {greet: {say: 您好, end: done}}}
goals:
  gmv: {metric: gmv, target: 200000}
"""

FILES = {
    "modules/welcome.yaml": """\
module: welcome
inputs: {brand: {type: text}}
audiences: {groups: 新人进的群}
roles: {lead: 接回访的人}
messages: {welcome: "欢迎来到{{ input.brand }}"}
steps:
  - {id: hello, after: 0s, to: groups, send: welcome}
  - {id: call, after: hello + 1d, at: 10:00, to: lead, task: 问问第一印象}
""",
    "modules/rules.yaml": """\
module: rules
messages: {rules: 群规三条}
steps: [{id: first, on: daily, at: 11:00, send: rules}]
""",
    "messages/rules.md": "群规三条\n",
    "content/90days.csv": "day,text\n" + "".join(f"{day},第 {day} 天\n" for day in range(1, 11)),
    "assets/coupon.png": "",
}

_PHASES = "phases:\n  all:\n    from: opening - 14d\n    until: opening + 10d\n    steps:\n"
FLOWS = {
    "phase": sections(BASE)["phases"],
    "weekly": "weekly:\n  steps:\n",
    "welcome": "welcome:\n  steps:\n",
    "journey": "journeys:\n  path:\n    on_event: coupon.issued\n    steps:\n",
}
"""A mark `steps of a journey` before a block puts its steps behind this."""


def framed(parts: str) -> str:
    """The frame with these parts in place of its own."""
    return "".join((sections(BASE) | sections(parts)).values())


def with_steps(flow: str, steps: str) -> str:
    depth = 4 if flow in ("weekly", "welcome") else 6
    return framed(FLOWS[flow] + indent(steps, " " * depth))


class Frame(NamedTuple):
    """`around` has one line `@` where the object stands, whose lines are `always`; for the keys in `for_key` they are
    others. A line of the object for the example's own key gives way to it."""

    around: str
    always: tuple[str, ...] = ()
    for_key: dict[str, tuple[str, ...]] = {}  # noqa: RUF012


_STEP = ("id: mine", "on: daily", "at: 10:00", "to: groups")
_TASK = (*_STEP[:3], "to: area-lead", "task: 做")
_SENDS = (*_STEP, "send: hello")
_CHOOSES = (*_STEP[:3], "choose: [{if: input.brand is known, to: groups, send: hello}]", "else: skip")
_IN_JOURNEY = (
    FLOWS["journey"]
    + """\
      - @
      - {id: recall, task: 回访, to: store-manager}
"""
)
_WAITS = ("id: mine", "wait: order.paid", "for: 48h", "timeout: next")
_IN_PHASE = FLOWS["phase"] + "      - @\n"
_INSIDE = _IN_PHASE.replace("@", "id: mine\n        on: daily\n        at: 10:00\n        to: area-lead\n        !")
_SCRIPT = "scripts:\n  phone:\n    start: greet\n    nodes:\n"
_NODE = """\
      upsell: {say: 再添一件, end: declined}
      invite: {say: 扫这里进群, end: joined}
      respect: {say: 没关系, end: declined}
"""
_ROUND = """\
      greet:
        say: 您好
        ask: {amount: {type: money}}
        answers: {看看: mine, 再看: upsell, 进群: invite, 不用: respect}
"""

FRAMES: dict[str, Frame] = {
    "playbook": Frame("@\n"),
    "runs": Frame("runs:\n  @\n", ("from: 2026-06-01", "until: 2026-07-01")),
    "inputs.NAME": Frame(
        sections(BASE)["inputs"] + "  mine:\n    @\n",
        ("type: text",),
        {"default": ("type: money",), "choices": ("type: choice",), "confirm": ("type: datetime",)},
    ),
    "audiences.NAME": Frame(
        sections(BASE)["audiences"] + "  mine:\n    @\n",
        ("source: groups", "sample: {name: 群, tier: member, size: 1, opens: 2026-06-01, timezone: Asia/Shanghai}"),
        {"of": ()},
    ),
    "roles.NAME": Frame(sections(BASE)["roles"] + "  mine:\n    @\n", ("source: stores", "person: manager")),
    "messages.NAME": Frame(
        sections(BASE)["messages"] + "  mine:\n    @\n",
        ("text: 今天",),
        {"file": (), "table": ("where: {day: campaign.day}",), "where": ("table: content/90days.csv",)},
    ),
    "phases.NAME": Frame(
        "phases:\n  mine:\n    @\n",
        (
            "from: opening - 14d",
            "until: opening - 5d",
            "steps: [{id: mine, on: day 1, at: 10:00, to: groups, send: hello}]",
        ),
    ),
    "weekly": Frame(
        "weekly:\n  @\n", ("to: groups", "steps: [{id: mine, on: mon, at: 10:00, to: groups, send: hello}]")
    ),
    "welcome": Frame("welcome:\n  @\n", ("steps: [{id: mine, after: 0s, send: hello}]",)),
    "journeys.NAME": Frame(
        "journeys:\n  path:\n    @\n",
        ("on_event: coupon.issued", "steps: [{id: mine, after: 0s, send: hello}]"),
        {"when": ("steps: [{id: mine, after: 0s, send: hello}]",)},
    ),
    "step": Frame(
        _IN_PHASE,
        _SENDS,
        {
            "at": _SENDS,
            "after": ("id: mine", "to: groups", "send: hello"),
            "max": (*_SENDS[:2], "at: every 15m from live until close", *_SENDS[3:]),
            "task": _TASK,
            "choose": (*_STEP[:3], "to: groups", "else: skip"),
            "split": _STEP,
            "tag": _STEP,
            "emit": _STEP,
            "exit": _STEP,
            "pause": _STEP[:3],
            "else": (*_STEP, "choose: [{if: target.size > 100, send: hello}]"),
            "any_outcome": ("id: mine", "after: teaser + 2h", "to: groups", "send: hello"),
            "about": (*_STEP[:3], "to: store-manager", "task: 电话邀约"),
            **dict.fromkeys(("due", "form", "script", "on_overdue"), _TASK),
            **dict.fromkeys(("remind", "escalate"), (*_TASK, "due: 1 workday")),
        },
    ),
    "step in a journey": Frame(_IN_JOURNEY, _WAITS, {"required": ("id: mine", "after: 0s", "send: hello")}),
    "step of the welcome": Frame(
        "welcome:\n  steps:\n    - @\n", ("id: mine", "use: modules/welcome.yaml", "with: {brand: input.brand}")
    ),
    "step.catch_up": Frame(_IN_PHASE, _TASK),
    "step.split": Frame(
        _INSIDE.replace("!", "split:\n          @"), ("by: target.id", "seed: s1", "arms: {a: 50, b: 50}")
    ),
    "step.emit": Frame(_INSIDE.replace("!", "emit:\n          @"), ("event: checkin.posted",)),
    "step.escalate": Frame(
        _INSIDE.replace("!", "task: 做\n        due: 1d\n        escalate:\n          - @"),
        ("after: due + 1h", "to: area-lead"),
    ),
    "step.rollout": Frame(_INSIDE.replace("!", "send: hello\n        rollout:\n          @"), ("waves: [2, rest]",)),
    "arm": Frame(
        _IN_JOURNEY.replace("@", "id: mine\n        choose:\n          - @\n        else: skip"),
        ("if: event.coupon_id is known",),
    ),
    "else": Frame(_IN_JOURNEY, ("id: mine", "choose: [{if: event.coupon_id is known, skip: true}]")),
    "events.NAME.FIELD": Frame(
        sections(BASE)["events"] + "  made.up:\n    field:\n      @\n", ("type: text",), {"choices": ("type: choice",)}
    ),
    "metrics.NAME": Frame(sections(BASE)["metrics"] + "  mine:\n    @\n", (), {"per": ("count: member.joined",)}),
    "guards": Frame("guards:\n  @\n"),
    "guards.quiet": Frame("guards:\n  quiet:\n    @\n", ("from: 22:00", "until: 08:00")),
    "guards.cap": Frame("guards:\n  cap:\n    - @\n", ("per: target", "max: 3", "window: calendar-day")),
    "exit_when": Frame("exit_when:\n  - @\n", ("if: metric.stock == 0", "as: sold-out"), {"event": ("as: used",)}),
    "scripts.NAME": Frame(
        "scripts:\n  phone:\n    @\n", ("start: greet", "nodes: {greet: {say: 您好, answers: {好的: {end: done}}}}")
    ),
    "ask.NAME": Frame(
        _SCRIPT.replace("    start", "    ask:\n      mine:\n        @\n    start")
        + "      greet: {say: '{{ ask.mine }}', end: done}\n",
        ("type: money",),
        {"choices": ("type: choice",)},
    ),
    "nodes.NAME": Frame(
        _SCRIPT + _ROUND + _NODE + "      mine:\n        @\n",
        ("say: 您好", "end: seen"),
        {
            "answers": ("say: 您好",),
            "choose": ("else: respect",),
            "else": ("choose: [{if: ask.amount >= 30, go: invite}]",),
            "go": ("say: 您好",),
            "end": ("say: 您好",),
        },
    ),
    "nodes.NAME.choose": Frame(
        _SCRIPT + _ROUND + _NODE + "      mine:\n        choose:\n          - @\n        else: respect\n",
        ("if: ask.amount >= 50", "go: invite"),
        {"end": ("if: ask.amount >= 50",)},
    ),
    "answers.ANSWER": Frame(
        _SCRIPT + _ROUND + _NODE + "      mine:\n        say: 您好\n        answers:\n          好的:\n            @\n",
        (),
    ),
    "goals.NAME": Frame(
        "goals:\n  gmv:\n    @\n",
        ("metric: gmv", "target: 200000"),
        {"per": ("metric: invited", "target: 17"), "each": ("metric: gmv", "target: 100")},
    ),
    "watch.NAME": Frame("watch:\n  churn:\n    @\n", ("when: metric.churn > 0.05", "do: [{pause: sends}]")),
}

WAITING = ("wait", "for", "then", "timeout", "required")
MODULAR = ("use", "with")

MODULE = {
    "module": "module: welcome",
    "audiences": "audiences: {groups: 群}",
    "roles": "roles: {lead: 接回访的人}",
    "messages": "messages: {hello: 你好}",
    "steps": "steps: [{id: mine, after: 0s, to: groups, send: hello}, {id: call, after: 1h, to: lead, task: 问问}]",
}
CAMPAIGN = {"campaign": "campaign: summer", "playbook": "playbook: ../playbooks/summer-festival.yaml"}
WORKSPACE = """\
[channels.robot]
kind = "wecom-robot"
secret = "WECOM_ROBOT"
[channels.hook]
kind = "webhook"
secret = "HOOK"
url = "https://example.com/in"
[sources.groups]
path = "data/groups.csv"
[tasks]
via = "file"
"""


def in_module(key: str, example: str) -> str:
    if key == "columns":
        return in_module("audiences", f"audiences: {{groups: {{title: 群, {example}}}}}")
    return "\n".join({**MODULE, key: example}.values()) + "\n"


def in_campaign(key: str, example: str) -> str:
    base = {**CAMPAIGN, "inputs": "inputs: {opening: 2026-06-18}"}
    return "\n".join({**base, key: example}.values()) + "\n"


REHEARSAL = {
    "rehearsal": "rehearsal: first",
    "playbook": "playbook: ../playbooks/summer-festival.yaml",
    "inputs": "inputs: {opening: 2026-06-18}",
    "start": "start: 2026-06-01 09:00",
    "until": "until: 2026-06-20 09:00",
    "expect": "expect: [{step: teaser, state: sent}]",
}
REHEARSED = ("rehearsals/NAME.yaml", "beside", "happens", "expect")
_DEEDS = {
    "subject": "event: order.paid",
    "data": "event: order.paid, subject: v-1001",
    "event": "subject: v-1001",
    **dict.fromkeys(("target", "by", "fields"), "done: train"),
    **dict.fromkeys(("times", "within"), "event: order.paid, subject: v-*"),
    "reject": "by: 周敏, reason: 改期",
    "decline": "reason: 改期",
    "skip": "reason: 改期",
    "approve": "by: 周敏",
    "hand_over": "to: 小杜",
    "to": "hand_over: 周敏",
    "resolve": "as: sent, reason: 群里看到了",
    "as": "resolve: teaser, reason: 群里看到了",
    "slip": "to: +2d",
    **dict.fromkeys(("campaign", "reason"), "slip: opening, to: +2d"),
    "metric": "value: 3000",
    "value": "metric: orders",
    "for": "channel: file, answers: unknown",
    "channel": "answers: unknown",
    "answers": "channel: file",
    "at": "down: 2h",
}


def in_rehearsal(section: str, key: str, example: str) -> str:
    """In the list that the section explains, with what has to stand beside it."""
    if section == "beside":
        own = {"playbook": "playbook: ../playbooks/tea-week.yaml", "start": "start: 2026-06-02 09:00", key: example}
        key, example = "beside", f"beside: [{{{', '.join(own.values())}}}]"
    elif section == "happens" and key in ("metric", "value"):
        inputs = "inputs: {live: 2026-06-18T20:00}"
        other = f"beside: [{{playbook: ../playbooks/livestream.yaml, start: 2026-06-02 09:00, {inputs}}}]\n"
        key, example = "happens", f"{other}happens: [{{at: 2026-06-04 19:00, {_DEEDS[key]}, {example}}}]"
    elif section == "happens":
        at = [] if key == "at" else ["at: 2026-06-04 19:00"]
        key, example = "happens", f"happens: [{{{', '.join([*at, *filter(None, [_DEEDS.get(key, '')]), example])}}}]"
    elif section == "expect":
        step = [] if key == "step" else ["step: good-morning" if key == "campaign" else "step: teaser"]
        line = f"expect: [{{{', '.join([*step, example])}}}]"
        beside = (
            "\nbeside: [{playbook: ../playbooks/tea-week.yaml, start: 2026-06-02 09:00}]" if key == "campaign" else ""
        )
        key, example = "expect", line + beside
    return "\n".join({**REHEARSAL, key: example}.values()) + "\n"


def _guard(key: str, example: str) -> str:
    if key in ("quiet", "cap", "gap"):
        return f"[guards]\n{example}\n"
    if key == "do_not_contact":
        return f'[guards]\n{example}\n[sources.never]\npath = "data/never.csv"\n'
    of_quiet = {"from": 'from = "22:00"', "until": 'until = "08:00"', "then": ""}
    of_cap = {"per": 'per = "target"', "max": "max = 3", "window": 'window = "calendar-day"'}
    table, lines = ("[guards.quiet]", of_quiet) if key in of_quiet else ("[[guards.cap]]", of_cap)
    return "\n".join([table, *({**lines, key: example}).values()]) + "\n"


def in_workspace(section: str, key: str, example: str) -> str:
    """In the table that the section explains, in place of the line of that name."""
    if section == "sopengine.toml":
        name = example.split(" ")[0]
        kept = [part for part in re.split(r"^(?=\[)", WORKSPACE, flags=re.M) if not part.startswith(f"[{name}")]
        return example + "\n" + "".join(kept)
    if section == "[retention]":
        return WORKSPACE + f"[retention]\n{example}\n"
    if section == "[copy]":
        of_word = {"word": 'word = "a"', key: example}
        whole = f"forbidden = [{{{', '.join(of_word.values())}}}]" if key in ("word", "instead", "why") else example
        return WORKSPACE + f"[copy]\n{whole}\n"
    if section == "[guards]":
        return WORKSPACE + _guard(key, example)
    if section in ("[alerts]", "[metrics]"):
        via = '\nvia = "file"' if section == "[alerts]" and key != "via" else ""
        return WORKSPACE + f"{section}\n{example}{via}\n"
    if key in ("console", "file", "manual"):
        return WORKSPACE + f"[channels]\n{example}\n"
    table = {"sources.NAME": "sources.groups", "tasks": "tasks"}.get(section, "channels.robot")
    if key in ("text", "markdown"):
        return WORKSPACE + f"[channels.robot.max_bytes]\n{example}\n"
    if key in ("url", "url_secret", "idempotent", "allow_private"):
        table = "channels.hook"
    if key == "path" and section == "channels.NAME":
        return WORKSPACE + f"[channels.file]\n{example}\n"
    if key == "burst":
        example += "\nrate = 20"
    if key == "per":
        example += "\nrate = 20"
    lines = WORKSPACE.splitlines()
    at = lines.index(f"[{table}]")
    end = next((i for i in range(at + 1, len(lines)) if lines[i].startswith("[")), len(lines))
    gone = {key} | ({"url"} if key == "url_secret" else set())
    own = [line for line in lines[at + 1 : end] if line.split(" ")[0] not in gone]
    return "\n".join([*lines[: at + 1], *own, example, *lines[end:]]) + "\n"


def in_frame(section: str, key: str, example: str) -> str:
    """A row's example inside the object that its section explains."""
    if section == "playbook":
        return framed(example + "\n")
    if section == "step":
        section = {**dict.fromkeys(WAITING, "step in a journey"), **dict.fromkeys(MODULAR, "step of the welcome")}.get(
            key, section
        )
    frame = FRAMES[section]
    written = example.split(":")[0]
    own = [line for line in frame.for_key.get(key, frame.always) if line.split(":")[0] != written]
    around = frame.around.replace("id: teaser", "id: other") if example == "id: teaser" else frame.around
    return framed(_filled(around, [*own, example]))


def _filled(around: str, lines: Sequence[str]) -> str:
    out = []
    for line in around.splitlines():
        if line.strip() not in ("@", "- @"):
            out.append(line)
            continue
        depth = line.index("@")
        out += [line.replace("@", lines[0]), *(" " * depth + other for other in lines[1:])] if lines else []
    return "\n".join(out) + "\n"
