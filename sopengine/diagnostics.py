"""Findings: mistakes in what an author wrote, each with a code, a place and a way out, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Literal, NamedTuple

from msgspec import Struct, field

Path = tuple[str | int, ...]
"""Where a value stands inside a document: keys and indices from the root."""


class Text(NamedTuple):
    """One sentence in both languages of the product; they stand side by side so that they stay in step."""

    zh: str
    en: str

    def get(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"  # worth a look, and most often meant


class Place(Struct, frozen=True, order=True):
    """A stretch of a file. Lines and columns count from 1, columns in code points; the end is exclusive."""

    file: str
    line: int
    col: int
    end_line: int
    end_col: int


class Edit(Struct, frozen=True):
    """Replace the stretch at `place` by `text`."""

    place: Place
    text: str


class Fix(Struct, frozen=True):
    """Edits that remove the finding; `safe` when they cannot change what the author meant."""

    edits: tuple[Edit, ...]
    safe: bool = False


class Diagnostic(Struct, frozen=True):
    """One finding. `code` is listed in `CODES`; `path` is the value's place inside the document."""

    code: str
    message: Text
    place: Place | None = None
    help: Text | None = None
    path: Path = ()
    fix: Fix | None = None

    @property
    def severity(self) -> Severity:
        return CODES[self.code].severity

    @property
    def name(self) -> str:
        return CODES[self.code].name


Stage = Literal["check", "workspace", "dry-run"]
"""What has to be looked at before a finding can be made: the playbook, its workspace, or the whole plan."""


class Code(NamedTuple):
    """A kind of finding: its stable slug, its severity, what it means, and the last stage that can make it."""

    name: str
    severity: Severity
    title: Text
    stage: Stage = "check"


E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE

CODES: dict[str, Code] = {
    # Y1xx: reading bytes and YAML
    "SOP-Y101": Code("not-utf8", E, Text("文件不是 UTF-8", "The file is not UTF-8")),
    "SOP-Y102": Code("yaml-syntax", E, Text("YAML 语法错误", "YAML syntax error")),
    "SOP-Y103": Code("duplicate-key", E, Text("键写了两次", "A key is written twice")),
    "SOP-Y104": Code(
        "full-width-sign", E, Text("该用半角符号处用了全角", "A full-width sign where YAML needs the ASCII one")
    ),
    "SOP-Y105": Code(
        "unquoted-template", E, Text("以 {{ 开头的值没有加引号", "A value that starts with {{ is not quoted")
    ),
    "SOP-Y106": Code(
        "unquoted-start",
        E,
        Text("以特殊符号开头的值没有加引号", "A value that starts with a reserved sign is not quoted"),
    ),
    "SOP-Y107": Code("tab-indent", E, Text("用制表符缩进", "Indented with a tab")),
    "SOP-Y108": Code("text-lost-to-comment", E, Text("文字被当作注释丢掉", "Text is lost to a comment")),
    "SOP-Y109": Code(
        "too-large", E, Text("文件太大、太深或展开后太大", "The file is too large, too deep, or expands too far")
    ),
    "SOP-Y110": Code("control-character", E, Text("含有控制字符", "A control character")),
    "SOP-Y111": Code("not-a-mapping", E, Text("文件的最外层不是键值结构", "The file's root is not a mapping")),
    "SOP-Y112": Code("several-documents", E, Text("一个文件里有多份 YAML 文档", "Several YAML documents in one file")),
    "SOP-Y113": Code("null-in-braces", E, Text("花括号里的文字被逗号切断", "A comma or colon splits a text in braces")),
    "SOP-Y114": Code("yaml-tag", E, Text("不接受 YAML 标签", "YAML tags are not taken")),
    "SOP-Y115": Code("empty-file", E, Text("文件是空的", "The file is empty")),
    # S2xx: shape
    "SOP-S201": Code("missing-key", E, Text("缺少必需的键", "A required key is missing")),
    "SOP-S202": Code("wrong-type", E, Text("值的类型不对", "A value of the wrong type")),
    "SOP-S203": Code("not-one-of", E, Text("值不在可选范围内", "A value that is not one of the choices")),
    "SOP-S204": Code("unknown-key", E, Text("没有这个键", "Unknown key")),
    "SOP-S205": Code("bad-name", E, Text("名字不合规", "A name that is not allowed")),
    "SOP-S206": Code("one-action", E, Text("一个步骤要有且只有一个动作", "A step has exactly one action")),
    "SOP-S207": Code("bad-value", E, Text("值不合规", "A value that is not allowed")),
    "SOP-S208": Code("duplicate-id", E, Text("步骤编号重复", "A step id is used twice")),
    "SOP-S209": Code("bad-zone", E, Text("没有这个时区", "Unknown time zone")),
    "SOP-S210": Code("bad-unit", E, Text("时长的单位不对", "A duration with a wrong unit")),
    "SOP-S211": Code("bad-time", E, Text("时间写法不对", "A time that cannot be read")),
    "SOP-S212": Code("bad-date", E, Text("日期写法不对或不存在", "A date that cannot be read or does not exist")),
    "SOP-S213": Code("bad-table", E, Text("数据表读不了", "A table that cannot be read")),
    "SOP-S214": Code("duplicate-row", E, Text("数据表里编号重复", "A row id is used twice")),
    "SOP-S215": Code("not-an-image", E, Text("不是图片", "Not an image")),
    "SOP-S221": Code("bad-ignore", W, Text("忽略的注释写得不对", "A comment that ignores is written wrongly")),
    "SOP-S222": Code("ignore-without-reason", W, Text("忽略没有写原因", "Something is ignored without a reason")),
    "SOP-S223": Code("unused-ignore", W, Text("忽略没有用到", "A comment ignores what is not there")),
    # S23x: scripts
    "SOP-S231": Code("dead-end", E, Text("话术的节点没有下文", "A node of a script without a way on")),
    "SOP-S232": Code("endless-circle", E, Text("话术里走不出去的圈", "A circle in a script that never ends")),
    "SOP-S233": Code("never-reached", W, Text("话术里走不到的地方", "A part of a script that is never reached")),
    "SOP-S234": Code("unclear-answer", E, Text("店员没法这样回答", "An answer that a clerk cannot give clearly")),
    "SOP-S235": Code("never-taken", W, Text("永远轮不到的分支", "An arm that is never taken")),
    "SOP-S224": Code("only-in-flows", E, Text("只能用在 welcome 和 journeys 里", "Only for steps of a flow")),
    "SOP-S241": Code("no-effect", W, Text("写了却不起作用", "A key without effect where it stands")),
    "SOP-S251": Code("outside-rehearsal", E, Text("不在彩排的时间里", "A moment outside the rehearsal")),
    "SOP-S242": Code("not-here", E, Text("这里不能这样写", "Something that may not stand here")),
    # R3xx: references
    "SOP-R301": Code("unknown-message", E, Text("没有这条消息", "Unknown message")),
    "SOP-R302": Code("unknown-audience", E, Text("没有这个人群或角色", "Unknown audience or role")),
    "SOP-R303": Code("unknown-anchor", E, Text("没有这个时间锚点", "Unknown anchor")),
    "SOP-R304": Code("unknown-step", E, Text("没有这个步骤", "Unknown step")),
    "SOP-R305": Code(
        "unknown-name", E, Text("条件或模板里的名字没有定义", "An undefined name in a condition or template")
    ),
    "SOP-R306": Code(
        "unknown-source", W, Text("工作区里没有这个数据源", "The workspace has no such source"), "workspace"
    ),
    "SOP-R307": Code("unused", W, Text("定义了但没有用到", "Defined but never used")),
    "SOP-R308": Code("missing-file", E, Text("找不到文件", "A file is missing")),
    "SOP-R309": Code("unknown-input", E, Text("没有这个输入", "Unknown input")),
    "SOP-R310": Code("missing-input", E, Text("缺少输入的值", "An input has no value")),
    "SOP-R311": Code("bad-input", E, Text("输入的值不对", "A wrong value for an input")),
    "SOP-R312": Code("unknown-event", E, Text("没有声明这个事件", "An undeclared event")),
    "SOP-R313": Code("circular", E, Text("循环依赖", "Steps that wait for each other")),
    "SOP-R314": Code("unknown-column", E, Text("表格里没有这一列", "The table has no such column")),
    "SOP-R315": Code("misspelt-column", W, Text("样例和列的名字对不上", "Sample and columns disagree on a name")),
    "SOP-R320": Code("unknown-list", E, Text("playbook 没有这个数据源", "The playbook has no such source")),
    "SOP-R321": Code("module-column", E, Text("模块要的列没有声明", "A column that a module needs is not declared")),
    "SOP-R322": Code("module-flow", E, Text("模块不适合这个流程", "A module in a flow that it is not made for")),
    "SOP-R323": Code(
        "unknown-playbook", W, Text("工作区里没有这份 playbook", "The workspace has no such playbook"), "workspace"
    ),
    "SOP-R324": Code(
        "unknown-elsewhere", E, Text("另一份 playbook 里没有它", "The other playbook has no such step"), "workspace"
    ),
    "SOP-R331": Code("unknown-script", E, Text("没有这份话术", "Unknown script")),
    "SOP-R332": Code("unknown-node", E, Text("话术里没有这个节点", "Unknown node of a script")),
    "SOP-R333": Code("asked-too-late", E, Text("用到了还没问的值", "A value that is used before it is asked for")),
    "SOP-R342": Code("unknown-field", E, Text("事件没有这个字段", "The event has no such field")),
    "SOP-R316": Code("not-onward", E, Text("只能转到同一流程后面的步骤", "A flow leads on to its later steps only")),
    # T4xx: conditions and templates
    "SOP-T401": Code("template-syntax", E, Text("模板语法错误", "Template syntax error")),
    "SOP-T402": Code("template-forbidden", E, Text("模板里不允许的写法", "A construct that templates may not use")),
    "SOP-T403": Code("template-fails", E, Text("模板渲染失败", "A template that fails to render")),
    "SOP-T404": Code("template-empty", E, Text("模板渲染结果为空", "A template that renders to nothing")),
    "SOP-T405": Code("condition-syntax", E, Text("条件语法错误", "Condition syntax error")),
    "SOP-T406": Code(
        "template-object", E, Text("模板打印出了程序内部的值", "A template that prints an internal value")
    ),
    "SOP-T407": Code("unlike-types", E, Text("比较的两边类型不同", "A comparison of unlike types")),
    "SOP-T408": Code(
        "template-may-fail",
        W,
        Text("换了别的值就出不来文字", "A template that fails with other values"),
        "dry-run",
    ),
    # W5xx: schedule and policy
    "SOP-W501": Code("past-due", W, Text("时间已经过去", "A slot that is already past"), "dry-run"),
    "SOP-W502": Code("outside-phase", W, Text("步骤落在阶段之外", "A step outside its phase"), "dry-run"),
    "SOP-W503": Code("never-runs", W, Text("步骤一次也不会执行", "A step that never runs"), "dry-run"),
    "SOP-W504": Code(
        "estimated-calendar",
        W,
        Text("该年放假安排尚未公布", "The official holiday arrangement is not published"),
        "dry-run",
    ),
    "SOP-W505": Code(
        "clock-change", W, Text("当地时间因夏令时变动而移动", "A local time moved by a clock change"), "dry-run"
    ),
    "SOP-W506": Code("no-such-day", E, Text("这样的日子不存在", "A day that some months do not have")),
    "SOP-W507": Code("empty-phase", E, Text("阶段没有任何一天", "A phase without a day")),
    "SOP-W508": Code("no-share", W, Text("目标值分不到日子", "A goal's weight that no day has"), "dry-run"),
    "SOP-W511": Code("short-month", W, Text("农历小月没有三十", "A lunar month without a day 30"), "dry-run"),
    "SOP-W512": Code(
        "no-own-time",
        W,
        Text("目标没有算时间要用的列", "A target lacks the column its times are counted from"),
        "dry-run",
    ),
    "SOP-W521": Code(
        "same-instant", W, Text("同一时刻发给同一批人", "Two messages to the same people at one moment"), "dry-run"
    ),
    "SOP-W522": Code("overlapping-phases", W, Text("阶段重叠", "Phases that cut into each other")),
    "SOP-W523": Code("wrong-weekday", W, Text("星期和日期对不上", "A weekday that contradicts the date"), "dry-run"),
    "SOP-W524": Code(
        "hard-coded", W, Text("文字里写死的值和输入不一致", "A value in a text that contradicts an input"), "dry-run"
    ),
    "SOP-W525": Code("placeholder", W, Text("还没填的地方", "Something still to be filled in")),
    "SOP-W526": Code("same-text", W, Text("同一段文字用了两次", "The same text twice"), "dry-run"),
    "SOP-W527": Code("bad-ladder", W, Text("阶梯自相矛盾", "A ladder that contradicts itself")),
    "SOP-W528": Code("senseless-goal", W, Text("目标值没有意义", "A goal that makes no sense")),
    "SOP-W529": Code("never-reached-step", W, Text("走不到的步骤", "A step that no way leads to")),
    "SOP-W530": Code("said-before", N, Text("对同一批人说过的话", "The same words to the same people"), "dry-run"),
    "SOP-W531": Code("too-often", E, Text("次数太多，排不了", "Too often to be planned"), "dry-run"),
    "SOP-W533": Code("never-reminded", W, Text("提醒或升级不会发生", "A reminder that never comes"), "dry-run"),
    "SOP-W534": Code(
        "close-to-another", W, Text("和别的活动挤在一起", "Messages of two campaigns within minutes"), "dry-run"
    ),
    "SOP-W535": Code(
        "alike-in-another", W, Text("别的活动也说了差不多的话", "Much the same words in another campaign"), "dry-run"
    ),
    "SOP-W541": Code("in-quiet-hours", W, Text("落在免打扰时段", "A message inside quiet hours"), "dry-run"),
    "SOP-W542": Code("over-cap", W, Text("超过频次上限", "More messages than a cap allows"), "dry-run"),
    "SOP-W543": Code("within-gap", W, Text("两条消息隔得太近", "Messages closer together than the gap"), "dry-run"),
    "SOP-W544": Code("waves-apart", W, Text("分批的时间要变", "Waves at another time, or never"), "dry-run"),
    "SOP-W551": Code("forbidden-word", W, Text("不能用的词", "A word that must not be used"), "workspace"),
    "SOP-W552": Code("unlisted-link", W, Text("链接不在名单里", "A link to a host that is not listed"), "workspace"),
    # D6xx: delivery
    "SOP-D601": Code("too-long", E, Text("文字超过渠道的字节上限", "A text over the channel's bytes")),
    "SOP-D602": Code("no-address", E, Text("没有可用的渠道或地址", "No channel or address"), "workspace"),
    "SOP-D603": Code("no-data", W, Text("没有数据，只用了样例", "No data, the sample was used"), "dry-run"),
    "SOP-D604": Code("unknown-channel", E, Text("工作区里没有这个渠道", "The workspace has no such channel")),
    "SOP-D605": Code("rate-delay", W, Text("受渠道频率限制会推迟", "Delayed by the channel's rate"), "dry-run"),
    "SOP-D606": Code(
        "may-be-too-long",
        W,
        Text("最长的值凑在一起就超过字节上限", "A text over the channel's bytes with the longest values"),
        "dry-run",
    ),
    "SOP-D610": Code("no-row", E, Text("表格里没有这个时点的行", "The table has no row for a slot"), "dry-run"),
    "SOP-D611": Code(
        "two-rows", E, Text("表格里有几行对应同一个时点", "The table has several rows for one slot"), "dry-run"
    ),
    "SOP-D612": Code(
        "row-never-used", W, Text("表格里有一行不会用到", "A row of the table that is never used"), "dry-run"
    ),
    "SOP-D613": Code("no-images", E, Text("渠道带不了图片", "The channel carries no images"), "dry-run"),
    "SOP-D614": Code("not-to-one", E, Text("渠道只能发到群里", "The channel writes to groups only"), "workspace"),
    "SOP-D621": Code("key-in-file", E, Text("文件里写了密钥", "A secret key in a file")),
    # C7xx: the workspace file
    "SOP-C701": Code("workspace-syntax", E, Text("sopengine.toml 语法错误", "sopengine.toml cannot be read")),
    "SOP-C702": Code("workspace-value", E, Text("sopengine.toml 里的值不对", "A wrong value in sopengine.toml")),
}


class Findings(Struct):
    """Collects diagnostics while a file is read; never raises."""

    items: list[Diagnostic] = field(default_factory=list)

    def add(
        self,
        code: str,
        message: Text,
        place: Place | None = None,
        *,
        help: Text | None = None,
        path: Path = (),
        fix: Fix | None = None,
    ) -> None:
        if code not in CODES:
            raise KeyError(code)
        self.items.append(Diagnostic(code, message, place, help, path, fix))

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.items.extend(diagnostics)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.items)

    @property
    def has_errors(self) -> bool:
        return any(d.severity is Severity.ERROR for d in self.items)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sorted by place, then code; those without a place come last; repeats removed."""
    seen: dict[tuple[str, Place | None, Text], Diagnostic] = {}
    for d in diagnostics:
        seen.setdefault((d.code, d.place, d.message), d)
    nowhere = Place("\U0010ffff", 0, 0, 0, 0)
    return sorted(seen.values(), key=lambda d: (d.place or nowhere, d.code))
