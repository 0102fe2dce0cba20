"""A folder as git has it at one revision, written beside: nothing is checked out, and none of its programs run.

What a commit holds may be anybody's: only plain files with plain names are written, and only beneath the folder given.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sopengine.channels.plain import escaped
from sopengine.diagnostics import Text
from sopengine.errors import SopError, UsageError

MOST_BYTES = 16 * 1024 * 1024
"""Of one file, as of any table that is read; a larger one is left out."""
MOST_BYTES_IN_ALL = 256 * 1024 * 1024
PLAIN_FILES = (b"100644", b"100755")
SECONDS = 60
_NOT_ON_WINDOWS = frozenset('<>:"|?*\\')


class _Blob(NamedTuple):
    hash: bytes
    size: int
    path: Path  # from the folder


def write_revision(folder: Path, revision: str, into: Path) -> str:
    """What `folder` held at `revision` goes into the empty folder `into`, hidden files and links left out; the first
    signs of the commit's hash. UsageError where git knows no such revision; SopError where there is no git, no
    repository, or more than can be read."""
    prefix = _git(folder, "rev-parse", "--show-prefix").removesuffix(b"\n")
    commit = _commit(folder, revision)
    listed = _git(folder, "ls-tree", "-r", "-l", "-z", "--full-tree", b"%s:%s" % (commit, prefix.rstrip(b"/")))
    blobs = list(_blobs(listed))
    if sum(blob.size for blob in blobs) > MOST_BYTES_IN_ALL:
        most = MOST_BYTES_IN_ALL // 1024 // 1024
        raise SopError(
            Text(
                f"版本 {escaped(revision)} 里的文件超过 {most} MB",
                f"revision {escaped(revision)} has more than {most} MB of files",
            ),
            Text("把工作区放进自己的文件夹", "give the workspace a folder of its own"),
        )
    asked = b"".join(b"%s\n" % blob.hash for blob in blobs)
    for blob, content in zip(blobs, _contents(_git(folder, "cat-file", "--batch", given=asked)), strict=True):
        _write(into / blob.path, content)
    return commit[:10].decode()


def _commit(folder: Path, revision: str) -> bytes:
    unknown = UsageError(
        Text(f"git 里没有版本 {escaped(revision)}", f"git knows no revision {escaped(revision)}"),
        Text("写提交号、分支、标签，或 HEAD~1", "name a commit, a branch, a tag, or HEAD~1"),
    )
    if not revision or revision.startswith("-") or "\0" in revision:
        raise unknown
    found = _run(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode:
        raise unknown
    return found.stdout.strip()


def _blobs(listed: bytes) -> Iterator[_Blob]:
    for line in listed.split(b"\0")[:-1]:
        about, _, name = line.partition(b"\t")
        mode, kind, hash, size = about.split()
        path = _path(name)
        if kind == b"blob" and mode in PLAIN_FILES and path is not None and int(size) <= MOST_BYTES:
            yield _Blob(hash, int(size), path)


def _path(name: bytes) -> Path | None:
    """None for hidden files, and for names that could lead elsewhere."""
    parts = os.fsdecode(name).split("/")
    if any(not part or part.startswith(".") for part in parts):
        return None
    if os.name == "nt" and any(_NOT_ON_WINDOWS & set(part) for part in parts):
        return None
    return Path(*parts)


def _contents(answer: bytes) -> Iterator[bytes]:
    begin = 0
    while begin < len(answer):
        end = answer.index(b"\n", begin)
        size = int(answer[begin:end].split()[2])
        yield answer[end + 1 : end + 1 + size]
        begin = end + 1 + size + 1


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        shown = escaped(str(path.name))
        raise SopError(Text(f"写不了 {shown}：{reason}", f"cannot write {shown}: {reason}")) from error


def _git(folder: Path, *words: str | bytes, given: bytes = b"") -> bytes:
    done = _run(folder, *words, given=given)
    if done.returncode:
        said = escaped(done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2].removeprefix("fatal: "))
        raise SopError(Text(f"git 说：{said}", f"git says: {said}"))
    return done.stdout


def _run(folder: Path, *words: str | bytes, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Without the network, and about the repository that the folder lies in, whatever the environment points to."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    command = ["git", "-C", str(folder), "--no-pager", "--no-replace-objects", *words]
    try:
        return subprocess.run(
            command, input=given, capture_output=True, env=environ | own, timeout=SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise SopError(
            Text("这台机器上没有 git", "there is no git on this machine"),
            Text("装上 git，或对比两个文件", "install git, or compare two files"),
        ) from error
    except subprocess.TimeoutExpired as error:
        raise SopError(Text(f"git 超过 {SECONDS} 秒没有答复", f"git did not answer in {SECONDS} s")) from error
