"""`sopengine import-xlsx FILE.xlsx`: a team's own schedule sheet → a playbook, its texts, and what was left."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.output import language, one_line, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import SopError, UsageError

if TYPE_CHECKING:
    from sopengine.importing.imported import Imported

MOST_BYTES = 32 << 20
ZONE = "Asia/Shanghai"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,60}")
_WORDS = 24
_SHOWN = 12
"""Lines of the list on the screen; the file has all."""


def command(lang: str) -> click.Command:
    about = Text(
        "把团队自己的排期表（.xlsx）变成剧本、文案表和一份清单：没读懂的、替你假定的、要你定的，每条写明单元格。不发送。",
        "Turn a team's own schedule sheet (.xlsx) into a playbook, a table of its texts, and a list: what was not "
        "understood, what was assumed, what you have to decide, each with its cell. Sends nothing.",
    )
    params: list[click.Parameter] = [
        options.argument("file", metavar="FILE.xlsx"),
        options.option(
            lang, "--out", metavar="DIR", type=click.Path(path_type=Path),
            text=Text("写到哪个文件夹，默认工作区的 playbooks/", "The folder to write to; default: playbooks/"),
        ),
        options.option(
            lang, "--name", metavar="NAME",
            text=Text("剧本的编号，默认取自文件名", "The playbook's id; default: from the name of the file"),
        ),
        options.flag(lang, "--force", text=Text("覆盖已有的文件", "Replace files that exist")),
        options.now_option(lang),
        options.json_flag(lang),
    ]  # fmt: skip
    return click.Command("import-xlsx", callback=import_xlsx, params=params, help=about.get(lang))


def import_xlsx(file: str, out: Path | None, name: str | None, force: bool, now: str | None, as_json: bool) -> None:
    from sopengine.importing.imported import import_book

    path = Path(file)
    name = _name(path, name)
    folder = out if out is not None else _default_folder()
    made = import_book(_read(path), path.name, name, language(), _today(now))
    _write(folder, made.files, force=force)
    if as_json:
        say_json(_document(made, folder, name))
    else:
        _show(made, folder, name, _today(now))


def _name(path: Path, given: str | None) -> str:
    if given is None:
        given = re.sub(r"[^A-Za-z0-9_-]+", "-", path.stem).strip("-_")
        given = given if _NAME.fullmatch(given) else f"schedule-{given}".strip("-")
    if not _NAME.fullmatch(given):
        raise UsageError(
            Text(f"编号 {given} 不能用", f"{given} cannot be the id of a playbook"),
            Text("用字母开头的字母、数字和 -，如 october", "letters, digits and -, a letter first, such as october"),
        )
    return given


def _default_folder() -> Path:
    from sopengine.workspace.reading import find_workspace

    place = find_workspace(Path())
    if place is None:
        return Path()
    here = Path.cwd()
    return Path(os.path.relpath(place, here)) / "playbooks" if here.is_relative_to(place) else place / "playbooks"


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise UsageError(Text(f"找不到文件 {path}", f"there is no file {path}"))
        if path.stat().st_size > MOST_BYTES:
            raise SopError(Text(f"{path} 超过 32 MiB", f"{path} is larger than 32 MiB"))
        return path.read_bytes()
    except OSError as error:
        raise SopError(Text(f"读不了 {path}：{error.strerror}", f"cannot read {path}: {error.strerror}")) from error


def _today(now: str | None) -> date:
    from sopengine.timing.zones import zone

    place = zone(ZONE)
    return (options.moment(now, place) if now else datetime.now(place)).date()


def _write(root: Path, files: Mapping[str, bytes], *, force: bool) -> None:
    """All of them, or none; what exists is replaced only where that was asked for."""
    from sopengine.cli.init import write_all

    existing = [root / name for name in files if (root / name).exists()]
    if not force:
        if existing:
            listed = "\n".join(f"  {path}" for path in existing)
            raise SopError(
                Text(
                    f"这些文件已经存在，没有改动任何东西：\n{listed}",
                    f"these exist already; nothing was changed:\n{listed}",
                ),
                Text("用 --name 换个编号，或加 --force 覆盖", "choose another --name, or replace them with --force"),
            )
        write_all(root, files)
        return
    staged: list[tuple[Path, Path]] = []
    try:
        for name, data in files.items():
            target = (root / name).resolve()
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, copy = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            staged.append((Path(copy), target))
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        for copy, target in staged:  # type: ignore[assignment]
            Path(copy).replace(target)
    except OSError as error:
        for copy, _ in staged:  # type: ignore[assignment]
            Path(copy).unlink(missing_ok=True)
        raise SopError(Text(f"写不进 {root}：{error.strerror}", f"cannot write to {root}: {error.strerror}")) from error


def _document(made: Imported, folder: Path, name: str) -> dict[str, object]:
    return {
        "schema_version": 1,
        "playbook": name,
        "files": [(folder / file).as_posix() for file in made.files],
        "steps": made.steps,
        "texts": made.texts,
        "counts": dict(made.counts),
        "notes": [
            {"kind": n.kind, "sheet": n.sheet, "cell": n.at, "text": n.text, "why": n.why.get(language())}
            for n in made.notes
        ],
    }


def _show(made: Imported, folder: Path, name: str, today: date) -> None:
    from sopengine.importing.imported import KINDS

    lang, counts = language(), made.counts
    tasks, files = made.steps - made.texts, len(made.files)
    done = Text(
        f"√ 读出 {made.steps} 个步骤（{made.texts} 条文案，{tasks} 项任务），写了 {files} 个文件：",
        f"√ {made.steps} steps ({made.texts} texts, {tasks} tasks), {files} files:",
    )
    say(done.get(lang))
    for file in made.files:
        say(f"  {folder / file}")
    for kind in ("left", "question", "assumed"):
        notes = [note for note in made.notes if note.kind == kind]
        if notes:
            say(f"\n{KINDS[kind].get(lang)} {len(notes)}")
        for note in notes[:_SHOWN]:
            words = one_line(" ".join(note.text.split()))
            short = words if len(words) <= _WORDS else words[:_WORDS] + "…"
            say(f"  {one_line(note.sheet)}!{note.at}  {short}  {one_line(note.why.get(lang))}")
        if len(notes) > _SHOWN:
            more = Text(
                f"  还有 {len(notes) - _SHOWN} 条，见 {name}-import.csv",
                f"  {len(notes) - _SHOWN} more in {name}-import.csv",
            )
            say(more.get(lang))
    if not counts["left"]:
        say(Text("\n没有读不懂的格子。", "\nNo cell was left.").get(lang))
    book = folder / f"{name}.yaml"
    say(Text("\n接下来：", "\nNext:").get(lang))
    say(f"  sopengine check {book}")
    dated = f" --set opening={today + timedelta(14)}" if b"\ninputs:" in made.files[f"{name}.yaml"] else ""
    say(f"  sopengine dry-run {book}{dated}")
