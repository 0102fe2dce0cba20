"""The page of a dry run: its bytes, what it may ask of a browser, and that no text in it is anything but text."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import date, timedelta
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from sopengine.diagnostics import Diagnostic, Text
from sopengine.planning.model import Span
from sopengine.review.columns import harmless
from sopengine.review.goals import GoalPlan
from sopengine.review.html.links import Links
from sopengine.review.html.markdown import shown
from sopengine.review.html.page import page
from sopengine.review.model import View, count
from tests.review.festival import GOALS, at, festival, item, marks
from tests.review.golden_file import page_matches
from tests.review.hostile import MARKDOWN, TEXTS, hostile


class Read(HTMLParser):
    """Elements with their attributes, and all text that is no style or script."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.raw: dict[str, str] = {}
        self._within = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within = tag if tag in ("style", "script") else ""

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within:
            self.raw[self._within] = self.raw.get(self._within, "") + data
        else:
            self.text += data


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_golden(lang: str) -> None:
    assert page_matches(f"festival-{lang}.html", page(festival(goals=GOALS), View(), lang=lang))


def test_it_asks_the_network_for_nothing() -> None:
    read = Read(page(festival(), View(), lang="zh"))
    loading = {"src", "srcset", "action", "formaction", "data", "poster", "background", "ping", "style", "xlink:href"}
    assert {tag for tag, _ in read.elements}.isdisjoint({"link", "img", "iframe", "object", "embed", "base", "image"})
    assert not any(loading & attributes.keys() for _, attributes in read.elements)
    assert all(str(a["href"]).startswith("#") for _, a in read.elements if "href" in a)
    assert not re.search(r"@import|url\(|image-set", read.raw["style"])
    assert not re.search(r"fetch\(|XMLHttp|WebSocket|import\(|sendBeacon|innerHTML|eval\(", read.raw["script"])


def test_only_its_own_style_and_script_may_run() -> None:
    read = Read(page(festival(), View(), lang="zh"))
    (policy,) = (str(a["content"]) for tag, a in read.elements if a.get("http-equiv") == "Content-Security-Policy")
    allowed = dict(part.split(" ", 1) for part in policy.split("; "))
    assert allowed.pop("default-src") == allowed.pop("base-uri") == allowed.pop("form-action") == "'none'"
    for name, directive in (("style", "style-src"), ("script", "script-src")):
        digest = b64encode(sha256(read.raw[name].encode()).digest()).decode()
        assert allowed.pop(directive) == f"'sha256-{digest}'"
    assert not allowed


def test_every_link_inside_leads_somewhere() -> None:
    read = Read(page(festival(), View(), lang="zh"))
    ids = [str(a["id"]) for _, a in read.elements if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {str(a["href"]).removeprefix("#") for _, a in read.elements if "href" in a}
    assert {"e1", "f1", "d2026-06-18"} <= targets <= set(ids)


def test_hostile_texts_stay_text() -> None:
    """The page with them has no element and no attribute that the harmless one lacks, and says them to the letter."""
    safe, read = Read(page(festival(goals=GOALS), View(), lang="zh")), Read(page(hostile(), View(), lang="zh"))
    known = {tag for tag, _ in safe.elements} | {"strong", "code"}
    assert {tag for tag, _ in read.elements} <= known
    names = {name for _, attributes in read.elements for name in attributes}
    assert names <= {name for _, attributes in safe.elements for name in attributes} | {"rel", "target"}
    assert read.raw["script"] == safe.raw["script"]
    for text in TEXTS:
        assert read.text.count(harmless(text)) >= 10, text
    addresses = {str(a["href"]) for _, a in read.elements if "href" in a}
    assert {address for address in addresses if not address.startswith("#")} == {"https://a.example/x.png"}
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", read.text)


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("# 标题", '<p class="h h1">标题</p>'),
        ("#话题", "<p>#话题</p>"),
        ("####### 七级", "<p>####### 七级</p>"),
        ("> 引用**粗**", "<blockquote>引用<strong>粗</strong></blockquote>"),
        ("一\n\n二", "<p>一</p><p><br></p><p>二</p>"),
        ("**粗`码`**", "<p><strong>粗<code>码</code></strong></p>"),
        ("`**不粗**`", "<p><code>**不粗**</code></p>"),
        ("2**3 和 **", "<p>2**3 和 **</p>".replace("2**3 和 **", "2<strong>3 和 </strong>")),
        ("只有一个 ** 在这", "<p>只有一个 ** 在这</p>"),
        ('<font color="warning">急</font>', '<p><span class="font-warning">急</span></p>'),
        ('<font color="#f00">红</font>', "<p>&lt;font color=&quot;#f00&quot;&gt;红&lt;/font&gt;</p>"),
        ("*斜* ~~删~~ - 项", "<p>*斜* ~~删~~ - 项</p>"),
    ],
)
def test_the_known_markdown_and_nothing_else(text: str, markup: str) -> None:
    assert shown(text) == markup


def test_what_a_person_posts_shows_its_marks() -> None:
    def said(mode: str) -> str:
        one = item("a", at(18, "10:00"), "**先看**", format="markdown", mode=mode)
        return page(festival(items=[one], totals=count([one])), View(), lang="zh")

    assert "<strong>先看</strong>" in said("auto")
    assert ">**先看**</div>" in said("manual")
    assert "Markdown 符号照样露出来" in said("manual")


def test_a_link_shows_its_host() -> None:
    assert shown("[点我](https://Shop.example:8443/a?b=1&c)") == (
        '<p><a href="https://Shop.example:8443/a?b=1&amp;c" rel="noreferrer noopener nofollow" target="_blank">点我</a>'
        '<span class="host"> shop.example</span></p>'
    )


@pytest.mark.parametrize("text", MARKDOWN[:7])
def test_a_doubtful_link_is_no_link(text: str) -> None:
    assert "<a " not in shown(text)
    assert Read(shown(text)).text == text


@pytest.mark.parametrize("opened", ["**", "`", "[", '<font color="info">', "[a](https://a/", "** `"])
def test_markdown_takes_linear_time(opened: str) -> None:
    """Looking for an end once more at every start would take minutes."""
    assert len(shown("x" + opened * 50_000)) > 50_000


def test_a_text_said_again_points_to_where_it_stands() -> None:
    read = page(festival(), View(), lang="zh")
    assert read.count("早上好，这周的会员活动看这里。") == 1 + 2  # the bubble once, the first words on both lines
    assert '<a href="#e3">文字和 6月8日 周一 09:00 的一样</a>' in read


def test_whom_a_text_is_shown_for_matters_only_where_texts_differ() -> None:
    def bubbles(texts: int) -> int:
        pair = [item("a", at(day, "10:00"), "好", target=f"群{day}", texts=texts) for day in (18, 19)]
        return page(festival(items=pair, totals=count(pair)), View(), lang="zh").count('class="bubble"')

    assert (bubbles(1), bubbles(12)) == (1, 2)


def test_many_findings_do_not_push_the_messages_away() -> None:
    found = [Diagnostic("SOP-W501", Text(f"第 {n} 处", f"number {n}")) for n in range(30)]
    shown = page(festival(diagnostics=found), View(), lang="en")
    assert "<summary>18 more</summary>" in shown
    assert all(f"number {n}" in shown for n in range(30))


def test_what_there_is_nothing_to_say_of_has_no_row() -> None:
    assert ">输入</dt>" in page(festival(), View(), lang="zh")
    assert ">输入</dt>" not in page(festival(inputs={}), View(), lang="zh")


def test_goals_day_by_day() -> None:
    """Days that bring the same share a row; what does not differ has no bar."""

    def part(lang: str, *goals: GoalPlan) -> tuple[str, int]:
        _, found, rest = page(festival(goals=goals), View(), lang=lang).partition('<section id="goals" class="part">')
        shown = rest.partition("</section>")[0] if found else ""
        return " ".join(Read(shown.replace("</t", " </t").replace("<small", " <small")).text.split()), shown.count(
            "<svg"
        )

    gmv, invited = GOALS
    assert part("zh", gmv, invited) == (
        "目标值 每天的目标值 gmv 80,000 = visitors * order_value invited 每天 17（每个 store） 全程 408 "
        "6月4日 周四 → 6月17日 周三，14 天 2,608.7 17 6月18日 周四 20,000 17 "
        "6月19日 周五 → 6月27日 周六，9 天 2,608.7 17",
        3,
    )
    assert part("en", invited) == (
        "Goals What a day is to bring invited a day 17 for each store in all 408 Thu 4 Jun → Sat 27 Jun, 24 days 17",
        0,
    )
    endless = replace(gmv, days=(), whole=None)
    assert part("en", endless, invited)[0].endswith("Thu 4 Jun → Sat 27 Jun, 24 days — 17")
    assert part("en", endless)[0] == "Goals What a day is to bring gmv 80,000 = visitors * order_value"
    assert part("en", replace(endless, formula="")) == part("en") == ("", 0)


def test_sample_and_count_stand_for_texts_that_differ() -> None:
    def said(texts: int) -> str:
        one = item("a", at(18, "10:00"), "好", targets=200, texts=texts)
        return page(festival(items=[one], totals=count([one])), View(), lang="zh")

    assert "200 个对象的文字各不相同" in said(200)
    assert "200 个对象共 3 种文字" in said(3)
    assert "个对象" not in said(1)


@pytest.mark.parametrize(("days", "numbered"), [(1, 1), (20, 20), (62, 62), (63, 9), (190, 28), (191, 0), (1500, 0)])
def test_the_strip_holds_a_campaign_of_any_length(days: int, numbered: int) -> None:
    """Each day has its number, then only Mondays, then only months; nothing lies outside."""
    first = date(2026, 6, 1)
    last = first + timedelta(days=days - 1)
    whole = Span("only", "唯一阶段", at(1, "00:00"), None, first - timedelta(days=9), None)
    run = festival(
        first_day=first,
        last_day=last,
        phases=[whole],
        items=[item("a", at(1, "20:00"), "好", phase="only")],
        days=marks(first, last),
    )
    drawn = page(run, View(), lang="zh")
    assert drawn.count('class="number"') == numbered
    places = [float(place) for place in re.findall(r' (?:x|cx|x1)="(-?[\d.]+)%"', drawn)]
    assert places
    assert all(0 <= place < 100 for place in places)
    assert drawn.count("<circle") == 1


def test_a_finding_leads_to_the_messages_it_is_about() -> None:
    step, other, message = ("phases", "a", 0), ("phases", "a", 1), ("messages", "m")
    items = [
        item("a", at(18, "10:00"), "一", paths=(step, message)),
        item("a", at(19, "10:00"), "二", paths=(step, message), codes=("SOP-W501",)),
        item("b", at(20, "10:00"), "三", paths=(other, message)),
        item("c", at(21, "10:00"), "四", codes=("SOP-D604",)),
    ]

    def finding(code: str, *path: str | int) -> Diagnostic:
        return Diagnostic(code, Text("", ""), path=path)

    found = [
        finding("SOP-W501", *step),  # the slot for which it was made
        finding("SOP-W521", *step, "at"),  # every slot of the step
        finding("SOP-T408", *message, 0),  # every step that sends it
        finding("SOP-D604"),
        finding("SOP-D603"),
    ]
    links = Links(items, found)
    assert [links.items_of(n) for n in range(5)] == [[1], [0, 1], [0, 1, 2], [3], []]
    assert [[n for n, _ in links.findings_of(i)] for i in range(4)] == [[1, 2], [0, 1, 2], [2], [3]]
