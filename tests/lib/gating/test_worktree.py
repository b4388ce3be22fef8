"""The tree: what belongs to it, and what never does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.gating import worktree
from maximus.gating.worktree import Tree
from tests.trees import commit_all, git

if TYPE_CHECKING:
    from pathlib import Path


def _write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")


def test_a_checkout_is_what_git_tracks(tmp_path: Path) -> None:
    """A virtual environment beside it changes nothing; what was deleted is gone."""
    git(tmp_path, "init", "--quiet")
    _write(tmp_path, "a.py", "src/b.py", "gone.py")
    commit_all(tmp_path, "feat: begin")
    _write(tmp_path, ".venv/lib/c.py", "new.py")
    (tmp_path / "gone.py").unlink()
    assert Tree(tmp_path).files == ("a.py", "src/b.py")
    assert Tree(tmp_path / "src").files == ("b.py",)


def test_a_folder_that_is_no_checkout_is_walked(tmp_path: Path) -> None:
    """All that lies there, sorted, but the release folder."""
    _write(tmp_path, "b.py", "a/c.py", "release/sbom.json")
    assert Tree(tmp_path, without=[tmp_path / "release"]).files == ("a/c.py", "b.py")


def test_links_are_no_files(tmp_path: Path) -> None:
    """Neither out of the tree nor in it, neither to files nor folders, nor what lies below one."""
    outside = tmp_path / "outside"
    tree = tmp_path / "tree"
    _write(outside, "secret.py")
    _write(tree, "real/a.py", "was/b.py")
    git(tree, "init", "--quiet")
    (tree / "in.py").symlink_to("real/a.py")
    (tree / "out.py").symlink_to(outside / "secret.py")
    (tree / "loop").symlink_to("loop")
    commit_all(tree, "feat: begin")
    # Tracked as a folder, and replaced by a link since.
    (tree / "was" / "b.py").unlink()
    (tree / "was").rmdir()
    _write(outside, "b.py")
    (tree / "was").symlink_to(outside)
    found = Tree(tree)
    assert found.files == ("real/a.py",)
    assert found.links == ("in.py", "loop", "out.py", "was/b.py")
    with pytest.raises(Error, match="cannot read out"):
        found.read("out.py")


def test_names_are_kept_as_they_are(tmp_path: Path) -> None:
    """Line ends, bytes that are no UTF-8, and two names that differ only by case."""
    git(tmp_path, "init", "--quiet")
    for name in (b"a\nb.py", b"\xff.py", b"A.py", b"a.py"):
        with open(os.fsencode(tmp_path) + b"/" + name, "wb") as stream:  # noqa: PTH123 - bytes are no Path
            stream.write(b"x")
    commit_all(tmp_path, "feat: begin")
    assert set(Tree(tmp_path).files) == {"a\nb.py", "\udcff.py", "A.py", "a.py"}
    assert Tree(tmp_path).select(["*.py", "!a.py"]) == ("A.py", "a\nb.py", "\udcff.py")
    assert Tree(tmp_path).read("\udcff.py") == b"x"


def test_a_file_above_the_limit_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is no empty file."""
    monkeypatch.setattr(worktree, "MAX_FILE", 3)
    _write(tmp_path, "abcd", "abc")
    assert (Tree(tmp_path).read("abcd"), Tree(tmp_path).read("abc")) == (None, b"abc")


def test_a_pipe_is_no_file_and_holds_nothing_up(tmp_path: Path) -> None:
    """Nobody writes into it, so reading it would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    _write(tmp_path, "a.py")
    assert Tree(tmp_path).files == ("a.py",)


def test_a_tree_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is a usage error that names the input."""
    monkeypatch.setattr(worktree, "MAX_FILES", 2)
    _write(tmp_path, "a", "b", "c")
    with pytest.raises(Error) as caught:
        _ = Tree(tmp_path).files
    assert (caught.value.code, caught.value.where) == ("GATE020", "input `path`")
