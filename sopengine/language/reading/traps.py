"""What the raw text shows (a stretch, a sign, a word) in; the trap with its sentence and its mending out."""

from __future__ import annotations

from sopengine.diagnostics import Text
from sopengine.language.reading.mending import Replacement, Trap, quoted


def quote(source: str, start: int, end: int) -> Replacement:
    return Replacement(start, end, quoted(source[start:end]))


def _shown(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


def _write(text: str) -> Text:
    return Text(f"写成 {_shown(text)}", f"Write {_shown(text)}")


def unquoted_template(source: str, start: int, end: int) -> Trap:
    edit = quote(source, start, end)
    message = Text(
        "含有 {{ }} 的值以花括号开头，要加引号", "A value that starts with a brace and holds {{ }} needs quotes"
    )
    if source.startswith("{{", start):
        message = Text("以 {{ 开头的值要加引号", "A value that starts with {{ needs quotes")
    return Trap("SOP-Y105", message, _write(edit.text), start, start + 2, (edit,), safe=True, silent=True)


def template_in_braces(source: str, start: int, end: int) -> Trap:
    edit = quote(source, start, end)
    message = Text(
        "方括号或花括号里带 {{ }} 的文字要加引号", "A text with {{ }} inside brackets or braces needs quotes"
    )
    return Trap("SOP-Y105", message, _write(edit.text), start, end, (edit,), safe=True, silent=True)


def unquoted_start(source: str, start: int, end: int) -> Trap:
    edit = quote(source, start, end)
    sign = source[start]
    message = Text(f"以 {sign} 开头的文字要加引号", f"A text that starts with {sign} needs quotes")
    return Trap("SOP-Y106", message, _write(edit.text), start, start + 1, (edit,), safe=True, silent=sign in "*&")


def text_after_quote(source: str, start: int, closed: int, end: int) -> Trap:
    edit = quote(source, start, end)
    message = Text("引号后面还有文字，要给整段加引号", "Text goes on after the closing quote; quote all of it")
    return Trap("SOP-Y102", message, _write(edit.text), closed, end, (edit,), safe=True)


def colon_in_text(source: str, start: int, colon: int, end: int) -> Trap:
    edit = quote(source, start, end)
    message = Text("文字里有“: ”（冒号加空格），要加引号", "A text that holds ': ' needs quotes")
    return Trap("SOP-Y102", message, _write(edit.text), colon, colon + 1, (edit,), safe=True)


def lost_to_comment(source: str, start: int, hash_at: int, end: int) -> Trap:
    edit = quote(source, start, end)
    word = _shown(source[hash_at:end].split()[0])
    message = Text(
        f"“{word}”起的文字被当作注释丢掉了",
        f"The text from '{word}' on is taken for a comment and lost",
    )
    help = Text(
        f"是文字就加引号：{_shown(edit.text)}；是注释就在 # 后面空一格",
        f"If it is text, quote it: {_shown(edit.text)}; if it is a comment, put a space after #",
    )
    # `10:00 #早上` is a value with a comment, `你好 #夏日# 来了` is one text.
    text = start == hash_at or word.count("#") > 1 or not source[start:hash_at].isascii()
    return Trap("SOP-Y108", message, help, hash_at, end, (edit,), safe=start == hash_at, silent=True, reads_on=text)


def full_width(source: str, sign_at: int, end: int, edits: tuple[Replacement, ...], line: str, *, safe: bool) -> Trap:
    sign = source[sign_at]
    wanted = edits[0].text.strip() or " "
    if sign == "\u3000":
        message = Text("这里用了全角空格，要用半角空格", "A full-width space stands here; use an ordinary one")
    elif sign == "\xa0":
        message = Text("这里用了不间断空格，要用普通空格", "A no-break space stands here; use an ordinary one")
    else:
        message = Text(
            f"这里用了全角的“{sign}”，要用半角的“{wanted}”", f"Full-width '{sign}' stands here; use '{wanted}'"
        )
    return Trap("SOP-Y104", message, _write(line), sign_at, end, edits, safe=safe, silent=True)


def no_space(source: str, colon: int, line: str) -> Trap:
    message = Text("冒号后面缺一个空格", "A space is missing after the colon")
    edits = (Replacement(colon + 1, colon + 1, " "),)
    return Trap("SOP-Y102", message, _write(line), colon, colon + 1, edits, safe=True, silent=True)


def no_space_after_dash(dash: int, line: str) -> Trap:
    message = Text("短横线后面缺一个空格", "A space is missing after the dash")
    edits = (Replacement(dash + 1, dash + 1, " "),)
    return Trap("SOP-Y102", message, _write(line), dash, dash + 1, edits, safe=True, silent=True)


def tab_indent(start: int, end: int, spaces: str) -> Trap:
    message = Text("这一行用制表符缩进，YAML 只认空格", "This line is indented with a tab; YAML takes spaces only")
    help = Text(f"换成 {len(spaces)} 个空格", f"Use {len(spaces)} spaces")
    return Trap("SOP-Y107", message, help, start, end, (Replacement(start, end, spaces),))


def split_in_braces(source: str, start: int, lost: int, end: int, *, safe: bool) -> Trap:
    edit = quote(source, start, end)
    word = _shown(source[lost:end].strip())
    message = Text(
        f"花括号里的逗号把文字切断了，“{word}”没有值",
        f"A comma splits the text in braces; '{word}' has no value",
    )
    return Trap("SOP-Y113", message, _write(edit.text), lost, end, (edit,), safe=safe, silent=True)


def half_quoted(source: str, start: int, end: int) -> Trap | None:
    """`“18:00"`: a text that opens with a full-width quote and closes with an ASCII one."""
    sign, last = source[start], source[end - 1]
    if sign not in "“”‘’＂" or last not in "\"'" or last in source[start : end - 1]:
        return None
    message = Text(
        f"引号以全角 {sign} 开头，却以半角 {last} 结尾",
        f"The text opens with full-width {sign} but closes with {last}",
    )
    edits = (Replacement(start, start + 1, last),)
    help = Text(f"开头改成 {last}", f"Write {last} at the beginning")
    return Trap("SOP-Y104", message, help, start, start + 1, edits, silent=True)


def never_opened(source: str, start: int, end: int) -> Trap | None:
    """`欢迎来到这里。"`: a text with a lonely quote at its end, which would be printed. `2"` may be inches."""
    if source[end - 1] != '"' or source.count('"', start, end) % 2 == 0 or source[end - 2].isdigit():
        return None
    message = Text('末尾的引号 " 没有开头', 'The quote " at the end has no beginning')
    edits = (Replacement(start, start, '"'),)
    help = Text(f'写成 "{_shown(source[start:end])}', f'Write "{_shown(source[start:end])}')
    if source.count('"', start, end) > 1:
        edits, help = (quote(source, start, end),), _write(quoted(source[start:end]))
    return Trap("SOP-Y102", message, help, end - 1, end, edits, silent=True)


def never_closed(source: str, opened: int, end: int) -> Trap:
    """A quote or brackets that open at `opened` and should have ended at `end`, the end of their line."""
    sign = source[opened]
    closers = sign if sign in "\"'" else _closers(source, opened, end)
    twin = {'"': "”", "'": "’"}.get(sign, "")
    if twin and twin in source[opened:end]:
        at = source.rindex(twin, opened, end)
        edits = (Replacement(at, at + 1, sign),)
        message = Text(
            f"引号以半角 {sign} 开头，却以全角 {twin} 结尾",
            f"The text opens with {sign} but closes with full-width {twin}",
        )
        return Trap("SOP-Y104", message, Text(f"结尾改成 {sign}", f"Close it with {sign}"), at, at + 1, edits)
    name = Text("引号", "quote") if sign in "\"'" else Text("括号", "bracket")
    message = Text(f"{sign} 这个{name.zh}没有结束", f"This {name.en} {sign} is never closed")
    shown = _shown(closers)
    help = Text(f"在这一行末尾补上 {shown}", f"Close it with {shown} at the end of this line")
    return Trap("SOP-Y102", message, help, opened, opened + 1, (Replacement(end, end, closers),))


def _closers(source: str, opened: int, end: int) -> str:
    open_ones: list[str] = []
    for sign in source[opened:end]:
        if sign in "[{":
            open_ones.append("]" if sign == "[" else "}")
        elif sign in "]}" and open_ones:
            open_ones.pop()
    return "".join(reversed(open_ones)) or ("]" if source[opened] == "[" else "}")
