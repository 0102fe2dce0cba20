"""Line traps: each is one finding with its code on the sign it is about, and reading goes on as it was meant."""

from __future__ import annotations

from typing import Any

import pytest

from sopengine.diagnostics import Diagnostic, Findings
from sopengine.language.document import Document
from sopengine.language.reading.reader import read


def reading(text: str) -> tuple[Document | None, list[Diagnostic]]:
    findings = Findings()
    return read(text.encode(), "book.yaml", findings), list(findings)


def after_fix(text: str, diagnostic: Diagnostic) -> str:
    """The text with the finding's edits made, as an editor would make them."""
    assert diagnostic.fix is not None
    lines = text.split("\n")
    for edit in sorted(diagnostic.fix.edits, key=lambda e: e.place, reverse=True):
        assert edit.place.line == edit.place.end_line
        line = lines[edit.place.line - 1]
        lines[edit.place.line - 1] = line[: edit.place.col - 1] + edit.text + line[edit.place.end_col - 1 :]
    return "\n".join(lines)


# text, code, line, column, what is read
TRAPS: list[tuple[str, str, int, int, Any]] = [
    ("a: 1\non：周二\nb: 2\n", "SOP-Y104", 2, 3, {"a": 1, "on": "周二", "b": 2}),
    ("steps:\n  - id：a\n", "SOP-Y104", 2, 7, {"steps": [{"id": "a"}]}),
    ("steps:\n  - id：a\n    on: tue\n", "SOP-Y104", 2, 7, {"steps": [{"id": "a", "on": "tue"}]}),
    ("messages:\n  teaser：你好\n", "SOP-Y104", 2, 9, {"messages": {"teaser": "你好"}}),
    ("weekly：\n  to: x\n", "SOP-Y104", 1, 7, {"weekly": {"to": "x"}}),
    ("a: 1\n预热：\n  b: 1\n", "SOP-Y104", 2, 3, {"a": 1, "预热": {"b": 1}}),
    ("steps:\n－ id: a\n", "SOP-Y104", 2, 1, {"steps": [{"id": "a"}]}),
    ("a: 1\n＃ 注释\nb: 2\n", "SOP-Y104", 2, 1, {"a": 1, "b": 2}),
    ("a: 1\non:\u3000周二\n", "SOP-Y104", 2, 4, {"a": 1, "on": "周二"}),
    ("a:\n\u3000\u3000b: 1\n", "SOP-Y104", 2, 1, {"a": {"b": 1}}),
    ("a:\n\xa0 b: 1\n", "SOP-Y104", 2, 1, {"a": {"b": 1}}),
    ("quiet: {from：22:00，until：08:00}\n", "SOP-Y104", 1, 13, {"quiet": {"from": "22:00", "until": "08:00"}}),
    ("quiet: {from: 22:00，until: 08:00}\n", "SOP-Y104", 1, 20, {"quiet": {"from": "22:00", "until": "08:00"}}),
    ("on: [mon，fri]\n", "SOP-Y104", 1, 9, {"on": ["mon", "fri"]}),
    ("m:\n  a: {x: 1}\n  b： {x: 2}\n", "SOP-Y104", 3, 4, {"m": {"a": {"x": 1}, "b": {"x": 2}}}),
    (
        "a: {type: list, default：[银卡, 金卡]}\n",
        "SOP-Y104",
        1,
        24,
        {"a": {"type": "list", "default": ["银卡", "金卡"]}},
    ),
    ("at: ［12:00, 18:00]\nb: 1\n", "SOP-Y104", 1, 5, {"at": ["12:00", "18:00"], "b": 1}),
    ("s: {m: ｛n: 周}, b: 1}\n", "SOP-Y104", 1, 8, {"s": {"m": {"n": "周"}, "b": 1}}),
    ("answers: ｛已扫码: {end: x}, 下次: y}\n", "SOP-Y104", 1, 10, {"answers": {"已扫码": {"end": "x"}, "下次": "y"}}),
    ('s: {due: "18:00, up: {a: 2}}\n', "SOP-Y102", 1, 10, {"s": {"due": "18:00", "up": {"a": 2}}}),
    ("s: [ab, 'cd, ef]\n", "SOP-Y102", 1, 9, {"s": ["ab", "cd", "ef"]}),
    ("a: {m: [酸, 平］, b: 1}\n", "SOP-Y104", 1, 13, {"a": {"m": ["酸", "平"], "b": 1}}),
    ("a: {m: {b: 1｝}\n", "SOP-Y104", 1, 13, {"a": {"m": {"b": 1}}}),
    ("e:\n  page.viewed： {page: text}\n", "SOP-Y104", 2, 14, {"e": {"page.viewed": {"page": "text"}}}),
    ('t: 欢迎来到这里。"\nb: 1\n', "SOP-Y102", 1, 11, {"t": "欢迎来到这里。", "b": 1}),
    ('t: {a: 你好", b: 1}\n', "SOP-Y102", 1, 10, {"t": {"a": "你好", "b": 1}}),
    ('due: “18:00"\nb: 1\n', "SOP-Y104", 1, 6, {"due": "18:00", "b": 1}),
    ("s: {due: ‘18:00', to: x}\n", "SOP-Y104", 1, 10, {"s": {"due": "18:00", "to": "x"}}),
    ('title: "夏日”\nb: 1\n', "SOP-Y104", 1, 11, {"title": "夏日", "b": 1}),
    ("text: {{ target.name }} 你好\n", "SOP-Y105", 1, 7, {"text": "{{ target.name }} 你好"}),
    ("text: {{ target.name }}\n", "SOP-Y105", 1, 7, {"text": "{{ target.name }}"}),
    ("text: {% if x %}好{% endif %}\n", "SOP-Y105", 1, 7, {"text": "{% if x %}好{% endif %}"}),
    ("- {{ a }}\n", "SOP-Y105", 1, 3, None),
    ("send: {text: {{ a }}, via: x}\n", "SOP-Y105", 1, 14, {"send": {"text": "{{ a }}", "via": "x"}}),
    ("send: {text: 你好 {{ a }}}\n", "SOP-Y105", 1, 14, {"send": {"text": "你好 {{ a }}"}}),
    ("text: @所有人 来了\n", "SOP-Y106", 1, 7, {"text": "@所有人 来了"}),
    ("text: *重点* 来了\n", "SOP-Y106", 1, 7, {"text": "*重点* 来了"}),
    ("text: *vip\n", "SOP-Y106", 1, 7, {"text": "*vip"}),
    ("text: &vip 客户\n", "SOP-Y106", 1, 7, {"text": "&vip 客户"}),
    ("text: %50 折\n", "SOP-Y106", 1, 7, {"text": "%50 折"}),
    ("text: `code`\n", "SOP-Y106", 1, 7, {"text": "`code`"}),
    ("text: !注意\n", "SOP-Y106", 1, 7, {"text": "!注意"}),
    ("text: [活动] 今晚\n", "SOP-Y106", 1, 7, {"text": "[活动] 今晚"}),
    ("send: {text: @所有人}\n", "SOP-Y106", 1, 14, {"send": {"text": "@所有人"}}),
    ("a:\n\tb: 1\n\tc: 2\n", "SOP-Y107", 2, 1, {"a": {"b": 1, "c": 2}}),
    ("a:\n  b: 1\n\tc: 2\n", "SOP-Y107", 3, 1, {"a": {"b": 1, "c": 2}}),
    ("text: |\n\t你好\nb: 1\n", "SOP-Y107", 2, 1, {"text": "你好\n", "b": 1}),
    ("say: #夏日# 来了\nb: 1\n", "SOP-Y108", 1, 6, {"say": "#夏日# 来了", "b": 1}),
    ("say: 来吧 #夏日# 来了\n", "SOP-Y108", 1, 9, {"say": "来吧 #夏日# 来了"}),
    ("at: 10:00 #早上\n", "SOP-Y108", 1, 11, {"at": "10:00"}),
    ('title: "夏日"#会员节\nb: 1\n', "SOP-Y108", 1, 12, {"title": '"夏日"#会员节', "b": 1}),
    ("- #话题\n- b\n", "SOP-Y108", 1, 3, None),
    ("send: {text: 你好, 世界}\n", "SOP-Y113", 1, 18, {"send": {"text": "你好, 世界"}}),
    ("send: {text: 你好, 世界, 再见, via: x}\n", "SOP-Y113", 1, 18, {"send": {"text": "你好, 世界, 再见", "via": "x"}}),
    ("send: {世界, text: 你好}\n", "SOP-Y113", 1, 8, {"send": {"text": "你好"}}),
    ("send: {text:你好}\n", "SOP-Y102", 1, 12, {"send": {"text": "你好"}}),
    ("a: 1\non:周二\nb: 2\n", "SOP-Y102", 2, 3, {"a": 1, "on": "周二", "b": 2}),
    ("steps:\n  - at:10:00\n", "SOP-Y102", 2, 7, {"steps": [{"at": "10:00"}]}),
    ("steps:\n  -id: a\n", "SOP-Y102", 2, 3, {"steps": [{"id": "a"}]}),
    ("text: 提示: 今天\n", "SOP-Y102", 1, 9, {"text": "提示: 今天"}),
    ('text: "五一"活动\n', "SOP-Y102", 1, 11, {"text": '"五一"活动'}),
]


@pytest.mark.parametrize(("text", "code", "line", "col", "data"), TRAPS)
def test_one_trap_is_one_finding_at_its_sign(text: str, code: str, line: int, col: int, data: Any) -> None:
    document, findings = reading(text)
    found = [d for d in findings if d.code != "SOP-Y111"]
    assert [(d.code, d.place.line, d.place.col) for d in found if d.place] == [(code, line, col)]
    assert found[0].help is not None
    assert (document.data if document else None) == data


@pytest.mark.parametrize("text", [t[0] for t in TRAPS])
def test_a_fix_leaves_nothing_to_find_and_reads_the_same(text: str) -> None:
    document, findings = reading(text)
    found = next(d for d in findings if d.code != "SOP-Y111")
    if found.fix is None or found.place is None or "#早上" in text:
        return
    again, left = reading(after_fix(text, found))
    assert [d.code for d in left if d.code != "SOP-Y111"] == []
    assert (again.data if again else None) == (document.data if document else None)


@pytest.mark.parametrize(
    "text",
    [
        "text: 时间：今晚，“东湖店”－见\n",
        "text: |\n  on：周二\n  a: #x {{ b }}\n  @所有人\n\t制表符\nb: 1\n".replace("\t", "  "),
        "text:\n  时间：今晚八点\n  地点：东湖店\n",
        "a: 1\ntext: 第一行\n  时间：今晚\n  on：周二\n",
        'text: "on：周二\n  at：10:00 #x"\n',
        "clue:\n  - 时间：今晚\n  - 地点：东湖店，见\n",
        "clue: [第一条，很长, 第二条：短]\n",
        "answers: {已扫码: {end: joined}, 下次：再说: x}\n",
        "a: &x {k: 1}\nb: *x\nc: &y 客户\nd: *y\n",
        "phases: #四个阶段\n  warmup: 1\n",
        "at: 10:00 # 早上\nb: c#d\nurl: http://x.cn/#a\nq: '你好' #评论\nf: {a: 1} #评论\n",
        'size: 长 24"\nsay: 他说"好"\nclub: the players\'\n',
        "text: “你好”，他说\nnote: ［公告］今晚\nsend: {text: ［公告］今晚}\n",
        "on: [mon, fri]\nat: 00:30 +1d\nphone: +8613800138000\n",
        "list:\n- a\n- b: 1\n  c: 2\nd: 1\n",
        "%YAML 1.2\n---\na: 1\n...\n",
        "text: >-\n  时间：今晚\n\n  # 不是注释\nb: -vip\n",
    ],
)
def test_good_files_have_no_findings(text: str) -> None:
    document, findings = reading(text)
    assert document is not None
    assert findings == []


def test_full_width_signs_inside_texts_stay_quiet_in_a_file_that_fails() -> None:
    text = (
        "text: 时间：今晚，见\nlist:\n  - 地点：东湖\n  - 备注：带伞\nblock: |\n  on：周二\nbad: @x\nlast: 时间：十点\n"
    )
    _, findings = reading(text)
    assert [(d.code, d.place and d.place.line) for d in findings] == [("SOP-Y106", 7)]


def test_columns_after_a_mended_sign_are_the_authors() -> None:
    document, _ = reading("a: 1\non：周二\nsend: {text:你好, via: 9x}\n")
    assert document is not None
    place = document.place(("on",))
    assert (place.line, place.col, place.end_col) == (2, 4, 6)
    place = document.place(("send", "via"))
    assert (place.line, place.col, place.end_col) == (3, 22, 24)


def test_a_value_quoted_by_the_reader_counts_as_plain() -> None:
    document, _ = reading("text: {{ a }} 你好\n")
    assert document is not None
    spot = document.spot(("text",))
    assert spot is not None
    assert spot.style == ""
    assert document.inside(("text",), 1, 4).col == 10
