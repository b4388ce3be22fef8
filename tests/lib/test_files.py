"""Files: found inside one folder, hashed once, written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maximus import files
from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from maximus import files
with files.replacing(Path(sys.argv[1]), 0o644):
    sys.stdin.read()
"""
"""Writes a file until it is told that it is whole."""


def plant(folder: Path, *names: str) -> None:
    """Make files with their own names as content."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")


def found(patterns: Sequence[str], root: Path) -> list[str]:
    """Return what the patterns find, relative to the root."""
    return [path.relative_to(root).as_posix() for path in files.find_files(patterns, root)]


def left_in(folder: Path) -> list[str]:
    """Return everything that lies in a folder and below it."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


class TestHashing:
    """A file is read once, and a change meanwhile does not go unnoticed."""

    def test_tells_size_and_digest(self, tmp_path: Path) -> None:
        """Size and SHA-256 are those of the bytes on disk, also beyond one chunk."""
        content = os.urandom(3 << 20) + b"end"
        (tmp_path / "a").write_bytes(content)

        hashed = files.hash_file(tmp_path / "a")

        assert (hashed.size, hashed.sha256) == (len(content), hashlib.sha256(content).hexdigest())

    @pytest.mark.parametrize("name", ["missing", ".", "a/b", "x" * 300])
    def test_names_what_cannot_be_read(self, tmp_path: Path, name: str) -> None:
        """A missing file, a folder, a file below a file or an impossible name is an error that names it."""
        plant(tmp_path, "a")
        with pytest.raises(Error) as caught:
            files.hash_file(tmp_path / name)

        assert caught.value.code == "FILE001"
        assert str(tmp_path) in caught.value.what

    def test_refuses_a_file_that_changes_meanwhile(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that grows while it is read is an error and never half a digest."""
        path = tmp_path / "a"
        path.write_bytes(b"before")
        real = os.fstat

        def grow_after_the_first_look(descriptor: int) -> os.stat_result:
            seen = real(descriptor)
            with path.open("ab") as stream:
                stream.write(b"more")
            return seen

        monkeypatch.setattr(os, "fstat", grow_after_the_first_look)
        with pytest.raises(Error, match="changed while") as caught:
            files.hash_file(path)

        assert caught.value.code == "FILE002"

    def test_tells_whether_it_is_unchanged(self, tmp_path: Path) -> None:
        """A file with other bytes of the same size, or none, is not unchanged."""
        path = tmp_path / "a"
        path.write_bytes(b"one")
        hashed = files.hash_file(path)
        before = hashed.is_unchanged()
        path.write_bytes(b"two")
        other = hashed.is_unchanged()
        path.unlink()

        assert (before, other, hashed.is_unchanged()) == (True, False, False)


class TestWriting:
    """What is written is there whole, or everything is as before."""

    def test_writes_text_as_utf8_with_its_own_line_ends(self, tmp_path: Path) -> None:
        """Text is written as it is: UTF-8, LF stays LF, folders are made."""
        files.write_whole(tmp_path / "new" / "a", "ä\n")

        assert (tmp_path / "new" / "a").read_bytes() == "ä\n".encode()

    def test_sets_the_mode_whatever_the_umask(self, tmp_path: Path) -> None:
        """A key is for its owner alone from the first byte on."""
        files.write_whole(tmp_path / "key", b"k", mode=0o600)

        assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600

    def test_replaces_a_link_and_not_its_target(self, tmp_path: Path) -> None:
        """A link at the place of writing is replaced; what it points at stays."""
        plant(tmp_path, "target")
        (tmp_path / "link").symlink_to("target")
        files.write_whole(tmp_path / "link", "new")

        assert (tmp_path / "target").read_text(encoding="utf-8") == "target"
        assert not (tmp_path / "link").is_symlink()

    @pytest.mark.parametrize("call", ["fsync", "replace", "write_bytes"])
    def test_a_fault_leaves_everything_as_it_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
    ) -> None:
        """A full disk, wherever it strikes, leaves the old file and no other."""
        plant(tmp_path, "a")

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os if call == "fsync" else Path, call, full)
        with pytest.raises(Error, match="No space left") as caught:
            files.write_whole(tmp_path / "a", "new")
        monkeypatch.undo()

        assert caught.value.code == "FILE003"
        assert left_in(tmp_path) == ["a"]
        assert (tmp_path / "a").read_text(encoding="utf-8") == "a"

    def test_an_interruption_leaves_everything_as_it_was(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ctrl-C in the middle leaves the old file and no other."""

        def interrupt(_: int) -> None:
            raise KeyboardInterrupt

        plant(tmp_path, "a")
        monkeypatch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            files.write_whole(tmp_path / "a", "new")

        assert left_in(tmp_path) == ["a"]
        assert (tmp_path / "a").read_text(encoding="utf-8") == "a"

    @pytest.mark.parametrize("name", ["folder", "a/b", "x" * 300])
    def test_names_what_cannot_be_written(self, tmp_path: Path, name: str) -> None:
        """A folder in its place, a file in the way or an impossible name is an error that names it."""
        plant(tmp_path, "a")
        (tmp_path / "folder").mkdir()
        with pytest.raises(Error, match="cannot write") as caught:
            files.write_whole(tmp_path / name, "x")

        assert caught.value.code == "FILE003"
        assert left_in(tmp_path) == ["a", "folder"]

    def test_copies_bytes_and_the_executable_bit(self, tmp_path: Path) -> None:
        """A copy has the bytes and stays executable where its source was."""
        plant(tmp_path, "tool")
        (tmp_path / "tool").chmod(0o755)
        copied = files.copy_whole(tmp_path / "tool", tmp_path / "out" / "tool")

        assert copied == files.hash_file(tmp_path / "out" / "tool")
        assert os.access(tmp_path / "out" / "tool", os.X_OK)

    def test_refuses_to_copy_what_changes_meanwhile(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A source that changes between hashing and copying leaves no copy."""
        plant(tmp_path, "a")
        real = files.hash_file

        def change_afterwards(path: Path) -> files.HashedFile:
            hashed = real(path)
            (tmp_path / "a").write_text("other", encoding="utf-8")
            return hashed

        monkeypatch.setattr(files, "hash_file", change_afterwards)
        with pytest.raises(Error, match="changed while") as caught:
            files.copy_whole(tmp_path / "a", tmp_path / "b")

        assert caught.value.code == "FILE002"
        assert left_in(tmp_path) == ["a"]

    def test_removes_what_a_killed_run_left(self, tmp_path: Path) -> None:
        """Our own temporary files are removed at every depth, and nothing else."""
        plant(tmp_path, ".maximus-abc.tmp", "sub/.maximus-x1.tmp", ".maximus-notes", "a.tmp")
        files.remove_leftovers(tmp_path)

        assert left_in(tmp_path) == [".maximus-notes", "a.tmp", "sub"]

    def test_leaves_what_another_run_is_writing(self, tmp_path: Path) -> None:
        """Two runs at one folder do not take each other's files away, nor for files of the release."""
        plant(tmp_path, "a")
        library = Path(files.__file__).parents[1]
        command = [sys.executable, "-c", _WRITER, str(tmp_path / "b"), str(library)]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as writer:
            while len(left_in(tmp_path)) == 1:
                assert writer.poll() is None
            files.remove_leftovers(tmp_path)
            assert files.list_folder(tmp_path) == (tmp_path / "a",)
            assert writer.stdin is not None
            writer.stdin.close()
        assert writer.returncode == 0
        assert left_in(tmp_path) == ["a", "b"]

    def test_removes_what_a_run_left_that_is_over(self, tmp_path: Path) -> None:
        """By its process's number, which nobody has any more, or which is this one's by now."""
        with subprocess.Popen([sys.executable, "-c", ""]) as gone:
            gone.wait()
        plant(tmp_path, *(f".maximus-{number}-x.tmp" for number in (gone.pid, os.getpid(), 0, "9" * 30)))
        files.remove_leftovers(tmp_path)

        assert left_in(tmp_path) == []


class TestListing:
    """A release folder is accounted for to the last file."""

    def test_lists_every_file_in_one_order(self, tmp_path: Path) -> None:
        """Files at every depth, hidden ones and leftovers of a killed run too, come sorted by their path."""
        plant(tmp_path, "b", "a/z", "a.b", ".hidden", ".maximus-x.tmp")

        assert [path.relative_to(tmp_path).as_posix() for path in files.list_folder(tmp_path)] == [
            ".hidden",
            ".maximus-x.tmp",
            "a.b",
            "a/z",
            "b",
        ]

    @pytest.mark.parametrize("name", ["missing", "file", "x" * 300])
    def test_refuses_what_is_no_folder(self, tmp_path: Path, name: str) -> None:
        """No folder, a file or an impossible name is wrong usage."""
        plant(tmp_path, "file")
        with pytest.raises(Error) as caught:
            files.list_folder(tmp_path / name)

        assert (caught.value.code, caught.value.status) == ("FILE005", ExitStatus.USAGE)

    @pytest.mark.parametrize("target", ["../outside", "../outside/secret"])
    def test_refuses_a_link_out(self, tmp_path: Path, target: str) -> None:
        """A link to a file or a folder outside is wrong usage and is named."""
        plant(tmp_path, "outside/secret", "in/a")
        (tmp_path / "in" / "link").symlink_to(target)
        with pytest.raises(Error, match="link") as caught:
            files.list_folder(tmp_path / "in")

        assert (caught.value.code, caught.value.status) == ("FILE004", ExitStatus.USAGE)

    def test_survives_a_link_to_itself(self, tmp_path: Path) -> None:
        """A looping link is no file and ends nothing."""
        plant(tmp_path, "a")
        (tmp_path / "loop").symlink_to("loop")

        assert files.list_folder(tmp_path) == (tmp_path / "a",)

    def test_does_not_go_through_a_link_inside(self, tmp_path: Path) -> None:
        """A folder that is linked inside the folder is listed once, where it lies."""
        plant(tmp_path, "real/a")
        (tmp_path / "again").symlink_to("real")

        assert files.list_folder(tmp_path) == (tmp_path / "real" / "a",)

    def test_names_a_folder_that_cannot_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder without permission is an error and does not look like an empty one."""
        plant(tmp_path, "a", "locked/b")
        real = os.scandir

        def deny(path: Any) -> Iterator[os.DirEntry[str]]:  # noqa: ANN401 - as os.scandir has it
            if str(path).endswith("locked"):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return real(path)

        monkeypatch.setattr(os, "scandir", deny)
        with pytest.raises(Error, match="Permission denied") as caught:
            files.list_folder(tmp_path)

        assert caught.value.code == "FILE001"
        assert "locked" in caught.value.what

    def test_gives_up_on_too_much(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """More entries than the limit, folders counted, end the walk with an error that names the limit."""
        plant(tmp_path, "a/b/c/d/e")
        monkeypatch.setattr(files, "MAX_FILES", 4)
        with pytest.raises(Error, match="more than 4") as caught:
            files.list_folder(tmp_path)

        assert caught.value.code == "FILE006"


class TestFinding:
    """Globs find regular files inside one folder."""

    def test_globs_and_exclusions_in_any_order(self, tmp_path: Path) -> None:
        """`!` takes out what another line takes in, wherever it stands; blank lines and `#` say nothing."""
        plant(tmp_path, "dist/a.whl", "dist/b.tar.gz", "dist/sub/c.whl")

        assert found(["!**/b*", "", "# all of it", " dist/**/* "], tmp_path) == ["dist/a.whl", "dist/sub/c.whl"]

    @pytest.mark.parametrize("name", ["[1].whl", "a b.whl", "-x.whl", "ü.whl", "#.whl"])
    def test_finds_odd_names_by_a_glob(self, tmp_path: Path, name: str) -> None:
        """Whatever characters a file's name has, a glob finds it."""
        plant(tmp_path, f"dist/{name}")

        assert found(["dist/*"], tmp_path) == [f"dist/{name}"]

    def test_takes_an_absolute_pattern_below_the_root(self, tmp_path: Path) -> None:
        """An absolute path below the root is the same as the relative one."""
        plant(tmp_path, "dist/a")

        assert found([f"{tmp_path}/dist/*"], tmp_path) == ["dist/a"]

    def test_passes_over_folders_and_our_leftovers(self, tmp_path: Path) -> None:
        """A folder is no file, and a killed run's temporary file is not the user's."""
        plant(tmp_path, "a", "sub/.maximus-x.tmp")

        assert found(["*", "sub/*", ".", "!"], tmp_path) == ["a"]

    @pytest.mark.parametrize("pattern", ["../*", "a/../../*", "/etc/*", "!../x", "/"])
    def test_refuses_a_pattern_that_leaves_the_root(self, tmp_path: Path, pattern: str) -> None:
        """A pattern that leads out of the root is wrong usage."""
        with pytest.raises(Error) as caught:
            found([pattern], tmp_path)

        assert (caught.value.code, caught.value.status) == ("FILE007", ExitStatus.USAGE)

    def test_refuses_a_pattern_that_is_none(self, tmp_path: Path) -> None:
        """`**` joined to a name, which this Python's glob cannot read, is wrong usage or read as `*`."""
        try:
            assert found(["**.whl"], tmp_path) == []
        except Error as error:
            assert (error.code, error.status) == ("FILE008", ExitStatus.USAGE)  # noqa: PT017 - newer Pythons read it

    @pytest.mark.parametrize("target", ["../outside", "../outside/secret"])
    def test_refuses_a_link_out(self, tmp_path: Path, target: str) -> None:
        """A link out of the root that a pattern matches is wrong usage and is named."""
        plant(tmp_path, "outside/secret", "in/a")
        (tmp_path / "in" / "evil").symlink_to(target)
        with pytest.raises(Error, match="evil") as caught:
            found(["*"], tmp_path / "in")

        assert (caught.value.code, caught.value.status) == ("FILE004", ExitStatus.USAGE)

    def test_refuses_a_file_behind_a_linked_folder(self, tmp_path: Path) -> None:
        """A pattern does not reach through a linked folder to what lies outside."""
        plant(tmp_path, "outside/secret", "in/a")
        (tmp_path / "in" / "evil").symlink_to("../outside")
        with pytest.raises(Error) as caught:
            found(["evil/secret"], tmp_path / "in")

        assert caught.value.code == "FILE004"

    def test_a_link_out_can_be_taken_out(self, tmp_path: Path) -> None:
        """What the error advises works: a pattern with `!` leaves the link out."""
        plant(tmp_path, "outside/secret", "in/a")
        (tmp_path / "in" / "evil").symlink_to("../outside/secret")

        assert found(["*", "!evil"], tmp_path / "in") == ["a"]

    def test_survives_a_link_to_itself(self, tmp_path: Path) -> None:
        """A looping link is no file and ends nothing."""
        plant(tmp_path, "a")
        (tmp_path / "loop").symlink_to("loop")

        assert found(["*"], tmp_path) == ["a"]

    def test_gives_up_on_too_much(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """More matches than the limit are an error that names the limit."""
        plant(tmp_path, "a", "b", "c")
        monkeypatch.setattr(files, "MAX_FILES", 2)
        with pytest.raises(Error, match="more than 2") as caught:
            found(["*"], tmp_path)

        assert caught.value.code == "FILE006"

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.lists(
                st.sampled_from(["*", "**", "?", "[", "]", "!", "#", "..", ".", "/", "\\", "a", " ", "\n", "\x01"])
            )
            .map("".join)
            .filter(lambda text: "\x00" not in text),
            max_size=3,
        )
    )
    def test_any_pattern_is_read_or_refused(self, tmp_path: Path, patterns: list[str]) -> None:
        """No pattern ends in anything but files inside the root or a usage error."""
        root = tmp_path / "root"
        plant(tmp_path, "a", "root/a", "root/sub/a a")
        try:
            matched = files.find_files(patterns, root)
        except Error as error:
            assert error.status is ExitStatus.USAGE  # noqa: PT017 - either way is right
        else:
            assert all(path.resolve().is_relative_to(root) for path in matched)
