"""`sopengine comments import PATH FILE...`: what reviewers wrote → each at its step, and kept beside the playbook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from sopengine.cli import options
from sopengine.cli.output import language, note, say, say_json
from sopengine.diagnostics import Place, Text
from sopengine.errors import EXIT_FINDINGS, EXIT_OK, Refused, SopError, UsageError

if TYPE_CHECKING:
    from sopengine.cli.campaign import ReadCampaign
    from sopengine.review.comments.model import Comment
    from sopengine.review.comments.received import Unread


class Request(Struct, frozen=True):
    """The command line, as given."""

    playbook: str
    files: tuple[str, ...]
    settings: tuple[str, ...]
    audiences: tuple[str, ...]
    workspace: Path | None
    as_json: bool


class Found(Struct, frozen=True):
    """`place` is None where the playbook has no such step; `current` is None where the inputs do not say which campaign
    it is now."""

    file: str
    where: Text
    comment: Comment
    place: Place | None
    current: bool | None
    new: bool


class Missed(Struct, frozen=True):
    file: str
    row: Unread


def command(lang: str) -> click.Command:
    about = Text("把审阅意见带回剧本。", "Bring reviewers' comments back to the playbook.")
    return click.Group("comments", commands=[_import(lang)], help=about.get(lang))


def _import(lang: str) -> click.Command:
    about = Text(
        "读回审阅的人填好的工作簿（dry-run --xlsx）或网页下载的 CSV：每条意见写明在剧本的哪一行，记在剧本旁边的 "
        "NAME.comments.jsonl 里，下一次预演就显示在步骤旁边。输入和名单要和预演时的一样。"
        "有需改、驳回、对不上的，退出码是 1。",
        "Read back the workbook that reviewers filled in (dry-run --xlsx) or the CSV of the page: each comment is "
        "shown at its line of the playbook and kept beside it in NAME.comments.jsonl; the next dry run shows it at its "
        "step. Give the inputs and lists of the dry run. The exit code is 1 where something is to be changed, is "
        "rejected, or finds no step.",
    )
    params: list[click.Parameter] = [
        options.argument("playbook", metavar="PATH"),
        options.argument("files", metavar="FILE", many=True),
        options.set_option(lang),
        options.audience_option(lang),
        options.workspace_option(lang),
        options.json_flag(lang),
    ]
    return click.Command(
        "import", callback=lambda **given: import_comments(Request(**given)), params=params, help=about.get(lang)
    )


def import_comments(request: Request) -> int:
    from sopengine.cli.asked import the_one
    from sopengine.cli.campaign import read_campaign
    from sopengine.cli.workplace import workspace_of
    from sopengine.review.comments.kept import beside, kept_for

    path = Path(the_one(Path(request.playbook)))
    if path.suffix.lower() in (".csv", ".xlsx"):
        raise UsageError(
            Text(f"{path} 不是剧本", f"{path} is no playbook"),
            Text("先写剧本，再写意见的文件", "write the playbook first, then the files with comments"),
        )
    inputs, data = options.pairs(request.settings, "--set"), options.source_files(request.audiences)
    read = read_campaign(str(path), workspace_of(path, request.workspace), inputs, data, None)
    if read.playbook is None:
        raise Refused(
            Text("剧本读不出来，意见放不到步骤上", "the playbook cannot be read, so nothing finds its step"), read.shown
        )
    if told := _unsure(read, path):
        note(told.get(language()))
    kept = kept_for(path)
    found, missed = _read_all(request, read, kept)
    _keep(path, [one.comment for one in found if one.new])
    if request.as_json:
        say_json(_document(str(path), beside(path), found, missed))
    else:
        _show(beside(path), found, missed)
    wanting = missed or any(one.comment.asks or one.place is None for one in found)
    return EXIT_FINDINGS if wanting else EXIT_OK


def _unsure(read: ReadCampaign, path: Path) -> Text | None:
    """What cannot be told, as something is missing or wrong."""
    check = f"sopengine check {path}"
    if read.campaign is None:
        return Text(
            f"少了输入，或剧本有错误，看不出意见说的是不是这一版：写上预演时的 --set，或者先 {check}",
            "an input is missing or the playbook has errors, so nobody can tell whether it has changed since: give "
            f"the --set of the dry run, or first {check}",
        )
    if read.has_errors:
        return Text(
            f"剧本有错误，可能有步骤没有读出来：{check}", f"the playbook has errors, and steps may be missing: {check}"
        )
    return None


def _read_all(request: Request, read: ReadCampaign, kept: Sequence[Comment]) -> tuple[list[Found], list[Missed]]:
    """In the order of the playbook; what has no place there comes last."""
    from sopengine.review.comments.kept import added
    from sopengine.review.comments.placing import places

    assert read.playbook is not None
    at = places(read.playbook, read.document)
    now = read.bundle.pack()[0] if read.bundle and read.campaign else ""
    found: dict[Comment, Found] = {}
    missed: list[Missed] = []
    for name in request.files:
        file = _file(Path(name))
        missed += [Missed(name, row) for row in file.unread]
        new = set(added(kept, (comment for _, comment in file.received)))
        for where, comment in file.received:
            current = comment.hash == now if now else None
            place = at.get((comment.step, comment.arm)) or at.get((comment.step, ""))
            found.setdefault(comment, Found(name, where, comment, place, current, comment in new))
    order = sorted(found.values(), key=lambda one: (one.place is None, one.place.line if one.place else 0))
    return order, missed


def _file(path: Path) -> Any:
    from sopengine.review.comments.received import read
    from sopengine.review.comments.tables import MOST_BYTES, Unreadable, tables_of

    try:
        if not path.is_file():
            raise UsageError(Text(f"找不到文件 {path}", f"there is no file {path}"))
        if path.stat().st_size > MOST_BYTES:
            raise SopError(Text(f"{path} 超过 32 MiB", f"{path} is larger than 32 MiB"))
        tables = tables_of(path.read_bytes())
        for told in (table.told for table in tables if table.told):
            note(Text(f"{path}：{told.zh}", f"{path}: {told.en}").get(language()))
        return read(tables, language())
    except Unreadable as error:
        message = Text(f"{path}：{error.why.zh}，什么都没有导入", f"{path}: {error.why.en}; nothing was imported")
        raise SopError(message, error.help) from None
    except OSError as error:
        raise SopError(Text(f"读不了 {path}：{error.strerror}", f"cannot read {path}: {error.strerror}")) from error


def _keep(playbook: Path, comments: Sequence[Comment]) -> None:
    from sopengine.cli.result_file import put
    from sopengine.review.comments.kept import beside, lines

    path = beside(playbook)
    if not comments:
        return
    try:
        before = path.read_bytes() if path.exists() else b""
        if before and not before.endswith(b"\n"):
            before += b"\n"
        put(path, before + lines(comments).encode())
    except OSError as error:
        raise SopError(Text(f"写不了 {path}：{error.strerror}", f"cannot write {path}: {error.strerror}")) from error


# --- what is shown


def _show(store: Path, found: Sequence[Found], missed: Sequence[Missed]) -> None:
    from sopengine.review.columns import harmless

    lang = language()
    lines = [line for one in found for line in _lines(one)]
    for one in missed:
        not_taken = Text("没有导入", "not imported").get(lang)
        lines.append("  ".join([f"{one.file}: {one.row.where.get(lang)}", not_taken, one.row.why.get(lang)]))
        lines += [f"    {line}" for line in one.row.words.split("\n")]
    for line in lines:
        say(harmless(line))
    if lines:
        say("")
    say(_summary(found, missed).get(lang))
    if new := sum(one.new for one in found):
        say(Text(f"新的 {new} 条，记在 {store}", f"{new} of them new, kept in {store}").get(lang))


def _lines(one: Found) -> Iterator[str]:
    """A word of approval without a comment is only counted."""
    from sopengine.review.comments.model import DECISIONS
    from sopengine.review.reporter import located

    lang, said = language(), one.comment
    if said.decision == "approve" and not said.comment and one.place and one.current is not False:
        return
    decision = DECISIONS[said.decision].get(lang) if said.decision else Text("意见", "Comment").get(lang)
    at = located(one.place) if one.place else f"{one.file}: {one.where.get(lang)}"
    yield "  ".join(filter(None, (at, decision, said.step, _slot(said.slot), said.author)))
    yield from (f"    {line}" for line in said.comment.split("\n") if said.comment)
    if one.place is None:
        yield Text("    剧本里没有这个步骤", "    the playbook has no such step").get(lang)
    if one.current is False:
        yield Text("    说的是另一版，之后改过", "    said of another version; it has changed since").get(lang)


def _slot(slot: str) -> str:
    try:
        return f"{datetime.fromisoformat(slot):%Y-%m-%d %H:%M}"
    except ValueError:
        return slot


def _summary(found: Sequence[Found], missed: Sequence[Missed]) -> Text:
    from sopengine.review.comments.model import DECISIONS
    from sopengine.review.words import count_of

    counts = Counter(one.comment.decision for one in found)
    parts = [(word, counts[code]) for code, word in DECISIONS.items()]
    parts += [
        (Text("只有意见", "comment only"), counts[""]),
        (Text("找不到步骤", "without a step"), sum(one.place is None for one in found)),
        (Text("没有导入", "not imported"), len(missed)),
    ]
    zh = "、".join(f"{word.zh} {number}" for word, number in parts if number)
    en = ", ".join(f"{word.en.lower()} {number}" for word, number in parts if number)
    if not zh:
        return Text("没有人写意见。", "Nobody wrote anything.")
    english = count_of(len(found), Text("", "comment"), "en")
    return Text(f"意见 {len(found)} 条：{zh}", f"{english}: {en}")


def _document(playbook: str, store: Path, found: Sequence[Found], missed: Sequence[Missed]) -> dict[str, Any]:
    from sopengine.review.comments.kept import as_object

    lang = language()
    counts = Counter(one.comment.decision or "comment" for one in found)
    return {
        "schema_version": 1,
        "playbook": playbook,
        "kept_in": store.as_posix(),
        "counts": {
            **{name: counts[name] for name in ("approve", "change", "reject", "comment")},
            "new": sum(one.new for one in found),
            "without_step": sum(one.place is None for one in found),
            "not_imported": len(missed),
        },
        "comments": [
            {
                **as_object(one.comment),
                "file": one.file,
                "where": one.where.get(lang),
                "current": one.current,
                "new": one.new,
                "source": {"file": one.place.file, "line": one.place.line, "col": one.place.col} if one.place else None,
            }
            for one in found
        ],
        "not_imported": [
            {"file": one.file, "where": one.row.where.get(lang), "words": one.row.words, "why": one.row.why.get(lang)}
            for one in missed
        ],
    }
