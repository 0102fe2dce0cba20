"""A dry run whose every name and text means harm: what a page has to show letter by letter."""

from __future__ import annotations

from msgspec.structs import replace

from sopengine.diagnostics import Diagnostic, Place, Text
from sopengine.planning.model import Span
from sopengine.review.across.model import Across, Beside, CapForecast, Load
from sopengine.review.guarding import Quota
from sopengine.review.model import AudienceSize, DryRun, count
from tests.review.festival import GOALS, at, festival, item

TEXTS = (
    "<script>document.title='ran'</script>",
    "</script><script>document.title='ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    "\"><svg onload=document.title='ran'>",
    "' autofocus onfocus='document.title=1' x='",
    "</style><style>body{display:none}</style>",
    "</textarea><iframe src=javascript:document.title=1>",
    "<!-- ]]> --><![CDATA[ <b>x</b> ]]>",
    "&lt;b&gt; &amp;#60;",
    "javascript:document.title='ran'",
    "{{ 7*7 }} ${7*7}",
    "שלום \u202egnp.exe\u202c عربي",
    "零宽\u200b\u200d和\u2028行",
    "\x00\x1b[31m\x7f\ud800",
    "长" * 300 + "x" * 300,
)
MARKDOWN = (
    "[点我](javascript:document.title='ran')",
    "[点我](data:text/html,<script>1</script>)",
    "[官网](https://good.example@evil.example/)",
    "[官网](https:\\\\evil.example/)",
    '[x](https://a.example/"onmouseover="document.title=1)',
    "[x](//evil.example/)",
    "[х](https://раураl.example/)",
    "**<b onclick=alert(1)>粗</b>**",
    '<font color="red" onclick="1">红</font>',
    '<font color="info"><script>document.title=1</script></font>',
    "`<i>code</i>`",
    "# <h1 id=x>",
    "![图](https://a.example/x.png)",
)
_PLACE = Place("a<b>.yaml", 1, 1, 1, 2)


def hostile() -> DryRun:
    """One item for each text, in its step's name, audience, target, channel, person and reason as well."""
    items = [
        item(
            text,
            at(18, f"{9 + n // 4:02}:{n % 4 * 15:02}"),
            text,
            audience=text,
            target=text,
            channel=text,
            phase="p",
            person=text,
            script=text,
            approve=text,
            image=text,
            mention=("all", text),
            reason=Text(text, text),
            codes=("SOP-D601",),
            key=text,
        )
        for n, text in enumerate(TEXTS)
    ]
    items += [
        item(f"md-{n}", at(19, f"{9 + n // 4:02}:{n % 4 * 15:02}"), text, format="markdown", phase="p")
        for n, text in enumerate(MARKDOWN)
    ]
    items.append(item("after", None, "好", section="journeys", phase=TEXTS[0], after=Text(TEXTS[2], TEXTS[2])))
    everything = "\n".join(TEXTS)
    found = [Diagnostic("SOP-D601", Text(text, text), _PLACE, Text(text, text)) for text in TEXTS]
    run = festival(
        title=everything,
        campaign=everything,
        playbook=everything,
        hash="<b>&\"'",
        inputs={text: text for text in TEXTS},
        audiences=[AudienceSize(text, 1) for text in TEXTS],
        items=items,
        totals=count(items),
        diagnostics=found,
        quotas=[Quota(text, 1, 1) for text in TEXTS],
        across=Across(
            beside=[Beside(text, text, "planned", text) for text in TEXTS],
            caps=[CapForecast(text, text, "2026-06", at(18, "00:00"), 1, 1, 1, 3) for text in TEXTS],
            loads=[Load(at(18, "00:00").date(), text, text, 1, 1) for text in TEXTS],
        ),
        goals=[replace(GOALS[0], name=text, per=text, formula=text) for text in TEXTS],
        next_command=everything,
        timezone=TEXTS[0],
        calendar_name=TEXTS[0],
    )
    spans: list[Span] = [replace(run.phases[2], name="p", title=everything)]
    return replace(run, phases=spans)
