"""Raw text of a playbook in; the traps in it out: lines that YAML refuses, or takes for something else than meant.

Walks the lines as YAML would: texts in block scalars, quotes and continued lines are never looked into.
"""

from __future__ import annotations

import re

from sopengine.language.outline import BlockText
from sopengine.language.reading import traps
from sopengine.language.reading.flow import walk_flow, wide_bracket
from sopengine.language.reading.mending import Replacement, Trap
from sopengine.language.reading.signs import (
    ALIAS,
    ANCHOR,
    BRACKET,
    COMMENT,
    DASH,
    ENTRY,
    GLUED_DASH,
    GLUED_KEY,
    HEADER,
    KEY,
    LEAD,
    QUOTED,
    TAG,
    WIDE_DASH,
)
from sopengine.language.reading.words import CONTAINERS, KEYS

MOST = 200
"""Traps after which the rest of the file is left to the parser: listing more helps nobody."""


def scan(text: str) -> list[Trap]:
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.traps: list[Trap] = []
        self.aliases = set(re.findall(r"\*([\w-]+)", text, re.ASCII)) if "*" in text else set()
        self.anchors = set(re.findall(r"&([\w-]+)", text, re.ASCII)) if "&" in text else set()
        self.block = BlockText()
        self.plain = -1  # column of the entry whose plain value may go on in deeper lines
        self.column = 0  # of the last entry
        self.key_column = 0  # of the last key
        self.dash = -1  # of the last list item's dash
        self.opened = True  # the last entry had no value yet
        self.last_key = ""
        self.guesses: dict[str, int] = {}  # indentation with tabs → the column it was taken for

    def run(self) -> list[Trap]:
        at, size = 0, len(self.text)
        while at < size and len(self.traps) < MOST:
            at = self.line(at) + 1
        return _merged_tabs(self.traps, self.text)

    def eol(self, at: int) -> int:
        found = self.text.find("\n", at)
        return found if found >= 0 else len(self.text)

    # --- lines

    def line(self, start: int) -> int:
        """Walks the entry that begins at `start`; returns the offset of the line end where it stops."""
        text = self.text
        end = self.eol(start)
        lead = LEAD.match(text, start)
        body = lead.end() if lead else start
        if body >= end or self.inside_block(start, body, end):
            return end
        if text[body] == "#":
            return end
        spaces = len(text[start:body]) - len(text[start:body].lstrip(" "))
        if self.plain >= 0 and spaces > self.plain:
            return end
        col = self.bad_lead(start, body) if spaces < body - start else spaces
        if col == 0 and text.startswith(("---", "..."), start):
            self.plain, self.opened = -1, True
            return end
        if text[body] == "＃":
            edit = (Replacement(body, body + 1, "#"),)
            self.traps.append(traps.full_width(text, body, body + 1, edit, "# …", safe=True))
            return end
        return self.entry(body, col, end)

    def inside_block(self, start: int, body: int, end: int) -> bool:
        spaces = start
        while spaces < end and self.text[spaces] == " ":
            spaces += 1
        parent = self.block.parent
        if self.block.holds(spaces - start):
            return True
        if parent >= 0 and self.text[spaces] == "\t" and not KEY.match(self.text, body):
            self.traps.append(traps.tab_indent(start, body, " " * (parent + 2)))
            self.block.begin(parent)
            return True
        return False

    def bad_lead(self, start: int, body: int) -> int:
        """Reports tabs and wide spaces in the indentation; returns the column the line was likely meant to have."""
        lead = self.text[start:body]
        if lead not in self.guesses:
            item = self.text[body] == "-"
            if self.opened:
                self.guesses[lead] = self.column + 2
            else:
                self.guesses[lead] = self.dash if item and self.dash >= 0 else self.key_column
        col = self.guesses[lead]
        if "\t" in lead:
            self.traps.append(traps.tab_indent(start, body, " " * col))
        else:
            at = next(i for i in range(start, body) if self.text[i] != " ")
            line = " " * col + self.text[body : self.eol(body)]
            edit = (Replacement(start, body, " " * col),)
            self.traps.append(traps.full_width(self.text, at, body, edit, line.strip(), safe=False))
        return col

    # --- entries

    def entry(self, at: int, col: int, end: int) -> int:
        text = self.text
        dash = -1
        while found := (DASH.match(text, at) or self.bad_dash(at, end)):
            dash = col
            col += found.end() - at
            at = found.end()
        if dash >= 0:
            self.dash = dash
        if at >= end:
            self.column, self.opened, self.plain, self.last_key = dash, True, -1, ""
            return end
        fresh = self.opened and dash < 0
        key = KEY.match(text, at, end)
        if key and not self.glued_before(at, key.end()):
            self.last_key = key[0].rstrip(": \t").strip("\"'")
            return self.after_key(key.end(), col, end)
        if glued := self.glued_key(at, col, end, fresh=fresh, item=dash >= 0):
            self.last_key = glued[1]
            return self.after_key(glued.end(), col, end)
        self.column, self.opened = col, False
        return self.value(at, dash if dash >= 0 else (self.column if not fresh else col - 1), end)

    def after_key(self, at: int, col: int, end: int) -> int:
        self.column = self.key_column = col
        self.opened = False
        while at < end and self.text[at] in " \t":
            at += 1
        if at < end and self.text[at] in "\u3000\xa0":
            wide = LEAD.match(self.text, at)
            stop = wide.end() if wide else at
            edit = (Replacement(at, stop, ""),)
            self.traps.append(traps.full_width(self.text, at, stop, edit, f"{self.last_key}: …", safe=True))
            at = stop
        return self.value(at, col, end)

    def bad_dash(self, at: int, end: int) -> re.Match[str] | None:
        text = self.text
        if found := WIDE_DASH.match(text, at, end):
            edit = (Replacement(at, found.end(), "- "),)
            line = "- " + text[found.end() : end]
            self.traps.append(traps.full_width(text, at, at + 1, edit, line, safe=True))
        elif (found := GLUED_DASH.match(text, at, end)) and text[at + 1 :].split(":", 1)[0] in KEYS:
            self.traps.append(traps.no_space_after_dash(at, "- " + text[at + 1 : end]))
        else:
            return None
        return found

    def glued_key(self, at: int, col: int, end: int, *, fresh: bool, item: bool) -> re.Match[str] | None:
        """A key whose colon is full-width or has no space after it, where the line cannot be a text."""
        text = self.text
        found = GLUED_KEY.match(text, at, end)
        if found is None:
            return None
        nested = found[2][0] == "：" and text.startswith(("[", "{"), found.end())
        known = nested or found[1] in KEYS or (fresh and self.last_key in CONTAINERS)
        if (fresh or item) and not known and not self.sibling_has_key(end, col):
            return None
        colon = found.start(2)
        line = f"{found[1]}: {text[found.end() : end]}"
        if found[2] == ":":
            self.traps.append(traps.no_space(text, colon, line))
        else:
            sign = colon if text[colon] == "：" else colon + 1
            edit = (Replacement(colon, found.end(), ": " if found.end() < end else ":"),)
            self.traps.append(traps.full_width(text, sign, sign + 1, edit, line.strip(), safe=True))
        return found

    def glued_before(self, at: int, end: int) -> bool:
        """`columns：{size: integer}`: the key that YAML sees holds the key that was meant."""
        found = GLUED_KEY.match(self.text, at, end)
        if found is None or found.end() >= end:
            return False
        follows = self.text[found.end()]
        return follows in "[{\"'" if found[1] in KEYS else follows in "[{" and found[2][0] == "："

    def next_line(self, end: int) -> tuple[int, int, int]:
        """Column, start and end of the next line of text; column -1 at the end of the file."""
        at = end + 1
        while at < len(self.text):
            stop = self.eol(at)
            lead = LEAD.match(self.text, at)
            body = lead.end() if lead else at
            if body < stop and self.text[body] != "#":
                return body - at, body, stop
            at = stop + 1
        return -1, at, at

    def sibling_has_key(self, end: int, col: int) -> bool:
        """Whether the next line of text stands at `col` and is a key."""
        column, body, stop = self.next_line(end)
        return column == col and KEY.match(self.text, body, stop) is not None

    # --- values

    def value(self, at: int, parent: int, end: int) -> int:
        """Walks the value that begins at `at`; `parent` is the column that deeper lines must pass to belong to it."""
        text = self.text
        self.plain = -1
        while found := self.property(at, end):
            at = found.end()
        if at >= end:
            self.opened = True
            return end
        sign = text[at]
        if sign == "#":
            return self.comment_as_value(at, parent, end)
        if text.startswith(("{{", "{%", "{#"), at):
            self.traps.append(traps.unquoted_template(text, at, self.text_end(at, end)))
        elif BRACKET.match(text, at):
            return self.brackets(at, end)
        elif sign in QUOTED:
            return self.quoted(at, end)
        elif sign in "|>" and HEADER.match(text, at):
            self.begin_block(parent, end)
        elif trap := wide_bracket(text, at):
            self.traps.append(trap)
        elif sign in "@`%" or (sign in "*&!" and not self.reference(at, end)):
            self.traps.append(traps.unquoted_start(text, at, self.text_end(at, end)))
        elif sign not in "|>":
            self.plain_text(at, parent, end)
        return end

    def property(self, at: int, end: int) -> re.Match[str] | None:
        """An anchor that is used, or one before a nested value; a tag."""
        if found := ANCHOR.match(self.text, at, end):
            return found if found[1] in self.aliases or found.end() >= end else None
        return TAG.match(self.text, at, end)

    def reference(self, at: int, end: int) -> bool:
        found = ALIAS.match(self.text, at, end)
        return found is not None and found[1] in self.anchors

    def text_end(self, at: int, end: int) -> int:
        """Where a text of one line ends: before an ordinary comment, without the spaces there."""
        comment = self.text.find(" # ", at, end)
        return at + len(self.text[at : comment if comment >= 0 else end].rstrip())

    def comment_as_value(self, at: int, parent: int, end: int) -> int:
        self.opened = True
        text = self.text
        if at + 1 < end and text[at + 1] not in " \t#!" and not self.goes_on(end, parent):
            self.traps.append(traps.lost_to_comment(text, at, at, at + len(text[at:end].rstrip())))
            self.opened = False
        return end

    def goes_on(self, end: int, parent: int) -> bool:
        """Whether the value begins in the next line of text."""
        col, body, _ = self.next_line(end)
        return col > parent or (0 <= col == parent and self.text[body] == "-" and self.dash < parent)

    def begin_block(self, parent: int, end: int) -> None:
        """The text of a block scalar follows; also where the key itself was indented too far."""
        col, body, stop = self.next_line(end)
        meant = 0 < col <= parent and not KEY.match(self.text, body, stop) and not DASH.match(self.text, body)
        self.block.begin(col - 1 if meant else parent)

    def plain_text(self, at: int, parent: int, end: int) -> None:
        text = self.text
        self.plain = max(parent, 0) if parent >= 0 else -1
        comment = COMMENT.search(text, at, end)
        stop = comment.start() if comment else end
        lost = comment is not None and stop + 1 < end and text[stop + 1] not in " \t#"
        if comment and lost:
            self.traps.append(traps.lost_to_comment(text, at, stop, at + len(text[at:end].rstrip())))
            return
        shown_end = at + len(text[at:stop].rstrip())
        if trap := traps.half_quoted(text, at, shown_end) or traps.never_opened(text, at, shown_end):
            self.traps.append(trap)
            return
        colon = next((m.start() for m in re.finditer(r":(?=[ \t]|$)", text[at:shown_end])), None)
        if colon is not None:
            self.traps.append(traps.colon_in_text(text, at, at + colon, shown_end))

    def quoted(self, at: int, end: int) -> int:
        text = self.text
        found = QUOTED[text[at]].match(text, at)
        if found is None or (found.end() > end and self.runs_into_entry(at, found.end())):
            self.traps.append(traps.never_closed(text, at, at + len(text[at:end].rstrip())))
            return end
        end = self.eol(found.end())
        rest = text[found.end() : end]
        if rest.startswith("#") and rest[1:2].strip():
            self.traps.append(traps.lost_to_comment(text, at, found.end(), self.text_end(at, end)))
        elif rest.strip() and not rest.lstrip().startswith(("#", ":")) and found.end() <= self.eol(at):
            self.traps.append(traps.text_after_quote(text, at, found.end(), self.text_end(at, end)))
        return end

    def runs_into_entry(self, at: int, end: int) -> bool:
        """Whether a quote that goes over several lines swallows a line which is a key of this level or above."""
        return any(len(m[1]) <= self.column for m in ENTRY.finditer(self.text, at, end))

    def brackets(self, at: int, end: int) -> int:
        flow = walk_flow(self.text, at, self.column)
        if not flow.closed:
            self.traps.append(traps.never_closed(self.text, at, flow.end))
            return self.eol(flow.end)
        stop = self.eol(flow.end)
        rest = self.text[flow.end : stop].lstrip()
        if rest and not rest.startswith(("#", ":", ",", "]", "}")) and flow.end <= end:
            whole = self.text_end(at, stop)
            self.traps.append(traps.unquoted_start(self.text, at, whole))
        else:
            self.traps += flow.traps
        return stop


def _merged_tabs(found: list[Trap], text: str) -> list[Trap]:
    """Neighbouring lines with tabs are one mistake."""
    merged: list[Trap] = []
    for trap in found:
        last = merged[-1] if merged else None
        if (
            last is not None
            and trap.code == last.code == "SOP-Y107"
            and text.count("\n", last.edits[-1].start, trap.start) == 1
        ):
            merged[-1] = last._replace(edits=last.edits + trap.edits)
        else:
            merged.append(trap)
    return merged
