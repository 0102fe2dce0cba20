"""`sopengine diff --git`: a file as it was at a revision, read from a real repository and never checked out."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.cli.test_diff import NEW, OLD, edited, here, steps, told

__all__ = ["here"]


def git(*words: str, given: bytes = b"") -> str:
    who = {name: value for name in ("AUTHOR", "COMMITTER") for name, value in (
        (f"GIT_{name}_NAME", "A"), (f"GIT_{name}_EMAIL", "a@example.org"), (f"GIT_{name}_DATE", "2026-01-01T00:00:00Z"),
    )}  # fmt: skip
    environ = os.environ | who | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(["git", *words], input=given, capture_output=True, env=environ, check=True)
    return done.stdout.decode().strip()


def commit(**files: str) -> str:
    for name, text in files.items():
        Path(f"{name}.yaml").write_text(text, "utf-8")
    git("add", "-A")
    git("commit", "-qm", "x", "--allow-empty")
    return git("rev-parse", "HEAD")


@pytest.fixture
def repository(here: Path) -> Path:
    git("init", "-q", ".")
    Path("new.yaml").unlink()
    Path(".gitignore").write_text("*.csv\n", "utf-8")  # lists of people are not kept in git
    commit(tea=OLD)
    Path("old.yaml").unlink()
    commit(tea=NEW)
    return here


def test_a_revision_and_the_file_as_it_is(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "--git", "HEAD~1", "tea.yaml")
    first = git("rev-parse", "HEAD~1")[:10]
    assert f"旧    HEAD~1:tea.yaml ({first})  " in shown
    assert "新    tea.yaml  " in shown
    assert "合计  8 个步骤：新增 1 · 删了 1 · 改了 2 · 改时间 3 · 不变 1" in shown
    assert "没有区别" in told(capsys, "--git", "HEAD", "tea.yaml", "--detailed-exitcode")
    assert "没有区别" in told(capsys, "--git", "HEAD", "--detailed-exitcode")  # the only one there is


def test_two_revisions_whatever_the_file_is_by_now(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("tea.yaml").unlink()
    by_range = steps(capsys, "--git", "HEAD~1..HEAD", "tea.yaml")
    assert by_range == steps(capsys, "--git", "HEAD~1", "--git", "HEAD", "tea.yaml")
    assert by_range["gone"]["what"] == "removed"
    assert steps(capsys, "--git", "HEAD..HEAD~1", "tea.yaml")["gone"]["what"] == "added"
    assert "HEAD:tea.yaml" in told(capsys, "--git", "HEAD~1..", "tea.yaml")


def test_from_elsewhere_in_a_folder_of_the_repository(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("team/shop").mkdir(parents=True)
    git("mv", "tea.yaml", "sopengine.toml", "team/shop")
    for name in ("groups.csv", "stores.csv"):
        Path(name).rename(f"team/shop/{name}")
    commit()
    monkeypatch.chdir("team")
    Path("shop/tea.yaml").write_text(edited(NEW, ("大家好", "各位好")), "utf-8")
    found = steps(capsys, "--git", "HEAD", "shop/tea.yaml")
    assert found["hello"]["changes"][0]["targets"] == ["east", "west"]


def test_lists_are_those_of_the_revision_where_it_has_them(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git("add", "-f", "groups.csv")
    commit()
    with Path("groups.csv").open("a", encoding="utf-8") as groups:
        groups.write("north,北湖店\n")
    shown = told(capsys, "--git", "HEAD", "tea.yaml")
    assert "名单 groups：2 → 3 行" in shown
    assert "对象：2 → 3（+north）" in shown
    assert "名单" not in told(capsys, "--git", "HEAD~1", "tea.yaml")


def test_a_renamed_file_is_named_twice(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("mv", "tea.yaml", "coffee.yaml")
    commit()
    assert "没有 coffee.yaml" in told(capsys, "--git", "HEAD~1", "coffee.yaml", code=2)
    assert "没有区别" in told(capsys, "--git", "HEAD~1", "tea.yaml", "coffee.yaml")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--git", "nosuch", "tea.yaml"), "git 里没有版本 nosuch"),
        (("--git", "--output=x", "tea.yaml"), "git 里没有版本 --output=x"),
        (("--git", "HEAD:tea.yaml", "tea.yaml"), "git 里没有版本 HEAD:tea.yaml"),
        (("--git", "\x1b[2J", "tea.yaml"), "git 里没有版本 \\u001b[2J"),
        (("--git", "HEAD", "nosuch.yaml"), "版本 HEAD 里没有 nosuch.yaml"),
        (("--git", "HEAD", "../tea.yaml", "--workspace", "."), "版本 HEAD 里没有 ../tea.yaml"),
        (("--git", "a..b", "--git", "c", "tea.yaml"), "最多对比两个版本"),
        (("--git", "HEAD", "a", "b", "c"), "最多对比两个版本、两个文件"),
    ],
)
def test_what_cannot_be_meant(
    repository: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    assert says in told(capsys, *words, code=2)
    assert not Path("x").exists()


def test_a_mistake_of_back_then_is_named_where_it_stood(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(tea=NEW.replace("send: bye", "sned: bye"))
    commit(tea=NEW)
    said = told(capsys, "--git", "HEAD~1", "tea.yaml", code=1)
    assert "HEAD~1:tea.yaml:" in said
    assert tempfile.gettempdir() not in said


def test_without_git_and_outside_of_a_repository(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(Path(__file__).parents[2] / ".git"))  # another one's, as in a hook
    assert "git 说：not a git repository" in told(capsys, "--git", "HEAD", "old.yaml", code=3)
    monkeypatch.setenv("PATH", str(here / "empty"))
    assert "没有 git" in told(capsys, "--git", "HEAD", "old.yaml", code=3)


def test_what_a_hostile_commit_holds_is_not_written(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Trees that no git command would make: ways up, links out, hidden files, somebody else's commits."""
    evil = git("hash-object", "-w", "--stdin", given=b"evil: true\n")
    link = git("hash-object", "-w", "--stdin", given=str(repository / "tea.yaml").encode())
    inner = git("mktree", given=f"100644 blob {evil}\tevil.yaml\n".encode())
    entries = [
        f"100644 blob {git('rev-parse', 'HEAD:tea.yaml')}\ttea.yaml",
        f"100644 blob {git('rev-parse', 'HEAD:sopengine.toml')}\tsopengine.toml",
        f"040000 tree {inner}\t..",
        f"040000 tree {inner}\t.git",
        f"100644 blob {evil}\t.",
        f"120000 blob {link}\tlink.yaml",
        f"160000 commit {git('rev-parse', 'HEAD')}\tmodule",
        f"100644 blob {evil}\ta\nb\x1b[2J.yaml",
    ]
    tree = git("mktree", "-z", given="\0".join([*entries, ""]).encode())
    bad = git("commit-tree", tree, "-m", "x")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    seen: set[str] = set()
    remove = tempfile.TemporaryDirectory.cleanup

    def cleanup(self: tempfile.TemporaryDirectory[str]) -> None:
        seen.update(path.relative_to(scratch).as_posix().partition("/")[2] for path in scratch.rglob("*"))
        remove(self)

    monkeypatch.setattr(tempfile.TemporaryDirectory, "cleanup", cleanup)
    monkeypatch.setattr(tempfile.TemporaryDirectory, "__exit__", lambda self, *_: cleanup(self))
    assert "没有区别" in told(capsys, "--git", bad, "tea.yaml")
    assert seen == {"", "tea.yaml", "sopengine.toml", "a\nb\x1b[2J.yaml"}
    assert list(scratch.iterdir()) == []
    assert "没有 link.yaml" in told(capsys, "--git", bad, "link.yaml", "tea.yaml", code=2)
