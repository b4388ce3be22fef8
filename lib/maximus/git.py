"""What a git checkout says about itself, read with the user's own `git`: commit, tags, history, origin."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NewType

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Checkout", "Commit", "CommitId", "Origin", "find_checkout"]

CommitId = NewType("CommitId", str)
"""40 (or 64) hexadecimal digits."""

TIMEOUT = 60
"""Seconds that one call of git may take."""
MAX_COMMITS = 20_000
"""How many commits of a history are read at most."""


# Anything else, `file://` and paths included, is no server. A name has an owner, so its path has a slash.
_NAME = r"(?P<path>[^/?#:][^?#:]*/[^/?#:]+?)(?:\.git)?/?"
_OBJECTS = (b"blob", b"tree", b"commit", b"tag")
_URL = re.compile(r"(?P<scheme>https?|ssh|git)://(?:[^@/]+@)?(?P<host>[^:/@]+)(?P<port>:\d+)?/" + _NAME)
_SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>[^:/@]{2,}):" + _NAME)  # one letter would be a drive of Windows


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of a history."""

    id: CommitId
    subject: str
    body: str
    author_name: str
    author_email: str
    time: int
    """The committer's time, seconds since 1970 UTC."""
    parents: int
    """How many parents: two or more for a merge."""
    parent_ids: tuple[CommitId, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """The repository on a server, as the remote `origin` names it."""

    server: str
    """Such as `https://github.com`."""
    name: str
    """`owner/name`."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A git work tree."""

    root: Path
    """The top folder of the work tree."""

    def head(self) -> CommitId | None:
        """Return the commit that is checked out, or None before the first commit."""
        return CommitId(self._read("rev-parse", "--verify", "--quiet", "HEAD^{commit}").strip()) or None

    def commit_of(self, revision: str) -> CommitId | None:
        """Return the commit that a tag, branch or id names, or None where there is none."""
        _refuse_option(revision)
        found = self._read("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
        return CommitId(found) or None

    def commit_time(self) -> int | None:
        """Return the committer's time of the commit that is checked out, seconds since 1970 UTC."""
        shown = self._read("log", "-1", "--format=%ct", "HEAD", "--").strip()
        return int(shown) if shown.isdigit() else None

    def has_changes(self) -> bool:
        """Tell whether a tracked file differs from the commit that is checked out."""
        return bool(self._read("status", "--porcelain", "-z", "--untracked-files=no"))

    def merge_base(self, revision: str, other: str = "HEAD") -> CommitId | None:
        """Return where the histories of two revisions parted, or None where they have nothing in common here."""
        _refuse_option(revision)
        _refuse_option(other)
        return CommitId(self._read("merge-base", "--end-of-options", revision, other).strip()) or None

    def is_shallow(self) -> bool:
        """Tell whether the history was cut off when it was cloned."""
        return self._read("rev-parse", "--is-shallow-repository").strip() == "true"

    def tags_at_head(self) -> tuple[str, ...]:
        """Return the tags on the commit that is checked out, sorted."""
        return tuple(sorted(self._read("tag", "--points-at", "HEAD").split()))

    def tags_reachable(self, revision: str = "HEAD") -> tuple[str, ...]:
        """Return the tags whose commit is the revision or an ancestor of it, nearest first."""
        _refuse_option(revision)
        # `--` last, here and below: a folder called like the revision would make the question ambiguous.
        listed = self._read("log", "--decorate=short", "--decorate-refs=refs/tags/*", "--format=%D", revision, "--")
        # A tag's name may hold a comma, but neither a blank nor a colon.
        shown = (line.removeprefix("tag: ") for line in listed.splitlines() if line.startswith("tag: "))
        return tuple(name for line in shown for name in line.split(", tag: "))

    def history(self, base: str | None, head: str = "HEAD") -> tuple[Commit, ...]:
        """Return the commits that `head` has and `base` has not, newest first, at most MAX_COMMITS.

        Without a base: the whole history. Raises Error GIT002 for a revision that does not exist.
        """
        for revision in (base, head):
            if revision is not None and self.commit_of(revision) is None:
                raise Error(
                    "GIT002",
                    f"there is no revision {revision!r} in {self.root}",
                    fix="Fetch it (`git fetch --tags`), or check the name.",
                    status=ExitStatus.USAGE,
                )
        fields = "%H%x00%s%x00%b%x00%an%x00%ae%x00%ct%x00%P%x00"
        span = head if base is None else f"{base}..{head}"
        raw = self._read("log", f"--max-count={MAX_COMMITS}", f"--format={fields}", "--end-of-options", span, "--")
        parts = raw.split("\0")
        # Each record ends with a NUL and git's own line feed, which begins the next record.
        rows = [parts[index : index + 7] for index in range(0, len(parts) - 7 + 1, 7)]
        return tuple(
            Commit(
                CommitId(row[0].strip()),
                row[1],
                row[2].strip(),
                row[3],
                row[4],
                int(row[5]),
                len(row[6].split()),
                tuple(CommitId(parent) for parent in row[6].split()),
            )
            for row in rows
        )

    def count(self, base: str, head: str) -> int:
        """Return how many commits `head` has that `base` has not; 0 where one of them does not exist."""
        _refuse_option(base)
        _refuse_option(head)
        counted = self._read("rev-list", "--count", "--end-of-options", f"{base}..{head}", "--").strip()
        return int(counted) if counted.isdigit() else 0

    def file_at(self, revision: str, path: str) -> bytes | None:
        """Return a file's content at a revision, or None where it is not there."""
        _refuse_option(revision)
        done = self._run("cat-file", "blob", f"{revision}:{path}")
        return done.stdout if done.returncode == 0 else None

    def contents_at(self, revision: str, paths: Sequence[str]) -> tuple[bytes | None, ...]:
        """Return the contents of files at a revision, in the order of their paths, with one question to git.

        None for what is not there, or is no file.
        """
        _refuse_option(revision)
        # One name a line: a path that has a line feed in it is asked for by itself.
        asked = [path for path in paths if "\n" not in path]
        names = b"".join(os.fsencode(f"{revision}:{path}\n") for path in asked)
        answer = _git(self.root, "cat-file", "--batch", standard_input=names).stdout
        found: dict[str, bytes | None] = {}
        at = 0
        for path in asked:
            end = answer.find(b"\n", at)
            words = answer[at : max(end, at)].split()
            at = end + 1
            found[path] = None
            if end >= 0 and len(words) == 3 and words[1] in _OBJECTS and words[2].isdigit():  # noqa: PLR2004 - id, type, size
                size = int(words[2])
                found[path] = answer[at : at + size] if words[1] == b"blob" else None
                at += size + 1
        return tuple(found[path] if path in found else self.file_at(revision, path) for path in paths)

    def files_at(self, revision: str, folder: str = "") -> tuple[tuple[str, int], ...]:
        """Return the regular files below a folder at a revision, links left out: path inside it, and bytes."""
        _refuse_option(revision)
        done = self._run("ls-tree", "-r", "-z", "--long", "--full-tree", f"{revision}:{folder}")
        found = []
        for line in done.stdout.split(b"\0") if done.returncode == 0 else ():
            facts, _, path = line.partition(b"\t")
            words = facts.split()
            if len(words) == 4 and words[0].startswith(b"100") and words[3].isdigit():  # noqa: PLR2004 - mode, type, id, size
                found.append((os.fsdecode(path), int(words[3])))
        return tuple(found)

    def submodules_at(self, revision: str) -> dict[str, CommitId]:
        """Return the commits of the submodules at a revision, by their folders."""
        _refuse_option(revision)
        done = self._run("ls-tree", "-r", "-z", "--full-tree", revision)
        found = {}
        for line in done.stdout.split(b"\0") if done.returncode == 0 else ():
            facts, _, path = line.partition(b"\t")
            if facts.startswith(b"160000 commit "):
                found[os.fsdecode(path)] = CommitId(facts.split()[2].decode("ascii"))
        return found

    def tracked_files(self, folder: Path | None = None) -> tuple[str, ...]:
        """Return the paths that git tracks below a folder, relative to it, links included and submodules left out."""
        done = _git(folder or self.root, "ls-files", "-z", "--stage")
        found: set[str] = set()
        for line in done.stdout.split(b"\0") if done.returncode == 0 else ():
            mode, _, path = line.partition(b"\t")
            if path and not mode.startswith(b"160000"):
                # A path in conflict stands there up to three times.
                found.add(os.fsdecode(path))
        return tuple(sorted(found))

    def origin(self) -> Origin | None:
        """Return where `origin` lies, credentials left out, or None without such a remote."""
        address = self._read("config", "--get", "remote.origin.url").strip()
        found = _URL.fullmatch(address) or _SCP.fullmatch(address)
        if not found:
            return None
        parts = found.groupdict()
        web = parts.get("scheme") in ("http", "https")
        # The port of ssh or git is not the web's; the web's own belongs to its address.
        port = parts.get("port") or "" if web else ""
        scheme = parts["scheme"] if web else "https"
        return Origin(f"{scheme}://{parts['host']}{port}", parts["path"])

    def _read(self, *arguments: str) -> str:
        """Return what git prints, or an empty text where it fails: a question without an answer."""
        done = self._run(*arguments)
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return _git(self.root, *arguments)


def _git(folder: Path, *arguments: str, standard_input: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run git for reading: no prompt, no pager, no hook, no file-system monitor of the checkout's choosing."""
    safe = [
        "-c", "core.fsmonitor=false",
        "-c", f"core.hooksPath={os.devnull}",
        "-c", "log.showSignature=false",
        "-c", "i18n.logOutputEncoding=UTF-8",
        "-c", f"safe.directory={_work_tree(folder)}",
    ]  # fmt: skip
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k in ("GIT_SSL_CAINFO", "GIT_EXEC_PATH")}
    # Replacements of objects lie in the clone alone: with them its history would not be the one its ids name.
    quiet = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}
    try:
        return subprocess.run(  # noqa: S603 - an argument list, options are refused in revisions
            ["git", "-C", str(folder), "--no-pager", *safe, *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            check=False,
            timeout=TIMEOUT,
            env=kept | quiet,
            input=standard_input,
        )
    except FileNotFoundError as fault:
        raise Error(
            "GIT001", "git is not installed", fix="Install git, then run again.", status=ExitStatus.OUTSIDE
        ) from fault
    except subprocess.TimeoutExpired as fault:
        raise Error("GIT003", f"git took more than {TIMEOUT} seconds in {folder}", status=ExitStatus.OUTSIDE) from fault


def _work_tree(folder: Path) -> Path:
    """Return the top of the work tree that a folder lies in, as far as one user owns all of it.

    The caller named the folder, so its owner is trusted: in container jobs that is another user, and git
    alone would refuse. Whoever made a repository further up is not.
    """
    here = Path(os.path.realpath(folder))
    owner = here.stat().st_uid
    for candidate in (here, *here.parents):
        if candidate.stat().st_uid != owner:
            break
        if (candidate / ".git").exists():
            return candidate
    return here


def _refuse_option(revision: str) -> None:
    if revision.startswith("-"):
        raise Error("GIT004", f"{revision!r} is not a revision", status=ExitStatus.USAGE)


def find_checkout(path: Path) -> Checkout | None:
    """Return the checkout that a folder lies in, or None where it lies in none."""
    try:
        if not path.is_dir():
            return None
    except OSError:
        # A name that is too long for a file system, or a folder above it that may not be entered.
        return None
    done = _git(path, "rev-parse", "--show-toplevel")
    if done.returncode != 0:
        return None
    return Checkout(Path(os.fsdecode(done.stdout.rstrip(b"\n"))))
