"""Files as the suite handles them: found by glob inside one folder, hashed once, written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

__all__ = [
    "BUNDLE_SUFFIX",
    "EVIDENCE",
    "ITSELF",
    "HashedFile",
    "copy_whole",
    "find_files",
    "hash_file",
    "is_leftover",
    "list_folder",
    "open_file",
    "receive",
    "refuse_unreadable",
    "remove_leftovers",
    "replacing",
    "unreadable",
    "write_whole",
]

BUNDLE_SUFFIX = ".sigstore.json"
"""How the name of a Sigstore bundle ends, behind the whole name of the file it is about."""
EVIDENCE = "evidence"
"""The release folder's part that is neither signed nor attached: verdicts and notes."""

ITSELF = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
"""How a foreign file is opened: no link is followed, no pipe waited for, and its bytes come as they are."""
MAX_FILES = 2_000_000
"""How many directory entries one walk looks at before it gives up."""

_CHUNK = 1 << 20
_LEFTOVER_PREFIX = ".maximus-"
_LEFTOVER_SUFFIX = ".tmp"


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A file and what was read from it in one pass."""

    path: Path
    size: int
    """Bytes."""
    sha256: str
    """64 hexadecimal digits."""

    def is_unchanged(self) -> bool:
        """Tell whether the file on disk still has the size and the digest that were read."""
        try:
            now = hash_file(self.path)
        except Error:
            return False
        return (now.size, now.sha256) == (self.size, self.sha256)


def unreadable(fault: OSError, path: Path | str = "", *, where: str = "") -> Error:
    """Return Error FILE001 for what cannot be opened, read or listed: `path`, else what the fault names."""
    return Error(
        "FILE001",
        f"cannot read {path or fault.filename}",
        why=fault.strerror or str(fault),
        fix="Check that the file exists and that this user may read it.",
        where=where,
    )


def refuse_unreadable(fault: OSError) -> None:
    """Raise Error FILE001 where `os.walk` meets a folder that it cannot list, and would pass over."""
    raise unreadable(fault) from fault


def open_file(path: Path) -> BinaryIO:
    """Return a file open for reading; raises Error FILE001 where it cannot be opened."""
    try:
        return path.open("rb")
    except OSError as fault:
        raise unreadable(fault, path) from fault


def hash_file(path: Path) -> HashedFile:
    """Return the file's size and SHA-256, read once from one open descriptor.

    Raises Error FILE001 when the file cannot be read and FILE002 when it changed while it was read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            before = os.fstat(stream.fileno())
            size = 0
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
            after = os.fstat(stream.fileno())
    except OSError as fault:
        raise unreadable(fault, path) from fault
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
        raise Error(
            "FILE002",
            f"cannot read {path}",
            why="it changed while it was being hashed",
            fix=f"Another step is writing to {path.parent}. Finish the build first, or point the input at a copy.",
        )
    return HashedFile(path, size, digest.hexdigest())


def write_whole(path: Path, content: bytes | str, *, mode: int = 0o644) -> None:
    """Write the file so that it is there whole or, after any fault, as it was before.

    The bytes go to a temporary file beside it, reach the disk, and are renamed into place.
    Raises Error FILE003 when that cannot be done (a full disk, no permission).
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with replacing(path, mode) as stream_path:
        stream_path.write_bytes(data)


def copy_whole(source: Path, target: Path) -> HashedFile:
    """Copy a regular file, whole or not at all, and return what was copied.

    Raises Error FILE001, FILE002 or FILE003 as reading, a change meanwhile, or writing failed.
    """
    found = hash_file(source)
    with replacing(target, 0o755 if os.access(source, os.X_OK) else 0o644) as copy:
        with source.open("rb") as reader, copy.open("wb") as writer:
            while chunk := reader.read(_CHUNK):
                writer.write(chunk)
        if hash_file(copy).sha256 != found.sha256:
            raise Error(
                "FILE002",
                f"cannot read {source}",
                why="it changed while it was being copied",
                fix=f"Another step is writing to {source.parent}. Finish the build first.",
            )
    return HashedFile(target, found.size, found.sha256)


def receive(path: Path, chunks: Iterable[bytes], *, mode: int = 0o644) -> HashedFile:
    """Write the bytes as they come, whole or not at all, and return what was written, hashed on the way.

    What yields the chunks may raise: nothing is left of the file then. Raises Error FILE003 as `write_whole` does.
    """
    digest = hashlib.sha256()
    size = 0
    with replacing(path, mode) as part, part.open("wb") as writer:
        for chunk in chunks:
            writer.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return HashedFile(path, size, digest.hexdigest())


@contextlib.contextmanager
def replacing(path: Path, mode: int) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it into place on success, remove it otherwise.

    Raises Error FILE003 when that cannot be done (a full disk, no permission).
    """
    # 15 ms that only writing should cost.
    import tempfile  # noqa: PLC0415

    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(
            prefix=f"{_LEFTOVER_PREFIX}{os.getpid()}-", suffix=_LEFTOVER_SUFFIX, dir=path.parent
        )
        temporary = Path(name)
        os.close(descriptor)
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
        temporary = None
    except OSError as fault:
        raise Error(
            "FILE003",
            f"cannot write {path}",
            why=fault.strerror or str(fault),
            fix="Nothing was changed. Free some space or choose another folder, then run again.",
        ) from fault
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def list_folder(folder: Path) -> tuple[Path, ...]:
    """Return every regular file below a folder, sorted by its POSIX path relative to it.

    What another run of ours is writing at this moment is passed over: it is gone before it could be read.
    Links are not followed: one that points out of the folder is a fault, because what would be signed
    or attached under its name lies elsewhere. Raises Error FILE004 for it, FILE005 where there is no folder,
    FILE006 where it holds too much, and FILE001 for a folder below it that cannot be read.
    """
    if not _is_folder(folder):
        raise Error(
            "FILE005",
            f"there is no folder {folder}",
            fix="Make it first, or name the right one with the input `folder`.",
            status=ExitStatus.USAGE,
        )
    root = _real(folder)
    found: list[Path] = []
    looked_at = 0
    # Without `onerror` a folder that cannot be read would look like an empty one.
    for parent, folders, names in os.walk(folder, onerror=refuse_unreadable):
        folders.sort()
        here = Path(parent)
        for name in [*names, *(entry for entry in folders if (here / entry).is_symlink())]:
            path = here / name
            if path.is_symlink():
                _refuse_link_out(path, root)
            if not _is_being_written(name) and path.is_file():
                found.append(path)
        looked_at += len(folders) + len(names)
        _refuse_too_many(looked_at, folder)
    return tuple(sorted(found, key=lambda path: path.relative_to(folder).as_posix()))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        # A name that is too long, or a folder above it that may not be entered.
        return False


def _refuse_too_many(count: int, folder: Path) -> None:
    if count > MAX_FILES:
        raise Error(
            "FILE006",
            f"{folder} holds more than {MAX_FILES} files",
            fix="Name a smaller folder.",
            status=ExitStatus.USAGE,
        )


def _real(path: Path) -> Path:
    """Return where a path leads; Path.resolve() would raise RuntimeError for a link that leads to itself."""
    return Path(os.path.realpath(path))


def find_files(patterns: Sequence[str], root: Path) -> tuple[Path, ...]:
    """Return the regular files that the patterns name, sorted by their POSIX path.

    A pattern is a glob relative to `root` (`*`, `?`, `[...]`, `**`); one with `!` before it takes files
    out again, whatever the order; lines that are empty or begin with `#` are passed over.
    Raises Error FILE007 for a pattern that leaves `root`, FILE004 for a link that does and is not taken
    out again, FILE006 for too many matches, and FILE008 for a pattern that cannot be read (all usage, 2).
    """
    wanted = [line.strip() for line in patterns if line.strip() and not line.strip().startswith("#")]
    here = _real(root)
    taken = _expand([line for line in wanted if not line.startswith("!")], root, here)
    dropped = _expand([line[1:] for line in wanted if line.startswith("!")], root, here)
    left = sorted(taken - dropped, key=lambda path: path.as_posix())
    for path in left:
        _refuse_link_out(path, here)
    return tuple(path for path in left if path.is_file())


def _expand(patterns: Sequence[str], root: Path, here: Path) -> set[Path]:
    """Return whatever the patterns match, leftovers of our own aside; links and folders included."""
    found: set[Path] = set()
    for pattern in patterns:
        relative = _inside(pattern, here)
        if relative in ("", "."):
            continue
        try:
            for path in root.glob(relative):
                if not is_leftover(path.name):
                    found.add(path)
                    _refuse_too_many(len(found), root)
        except ValueError as fault:
            raise Error(
                "FILE008",
                f"{pattern!r} is not a pattern",
                why=str(fault),
                fix="`**` stands alone between slashes, as in `dist/**/*.whl`.",
                where="input files",
                status=ExitStatus.USAGE,
            ) from fault
    return found


def _inside(pattern: str, root: Path) -> str:
    """Return the pattern relative to the root, or raise Error FILE007 where it leaves it."""
    text = pattern.replace("\\", "/") if os.name == "nt" else pattern
    path = Path(text)
    if path.is_absolute():
        for base in (root, Path(os.path.abspath(root))):  # noqa: PTH100 - resolve() would follow links
            if path.is_relative_to(base):
                text = path.relative_to(base).as_posix()
                break
        else:
            raise _leaves(pattern, root)
    if ".." in Path(text).parts:
        raise _leaves(pattern, root)
    return text


def _leaves(pattern: str, root: Path) -> Error:
    return Error(
        "FILE007",
        f"the pattern {pattern!r} leaves {root}",
        fix="Name files below that folder, relative to it.",
        where="input files",
        status=ExitStatus.USAGE,
    )


def _refuse_link_out(path: Path, root: Path) -> None:
    """Raise Error FILE004 where the link's target lies outside the root."""
    target = _real(path)
    if not target.is_relative_to(root):
        raise Error(
            "FILE004",
            f"{path} leads out of {root}",
            why=f"it, or a folder above it, is a link to {target}",
            fix="Copy the file into the folder, or leave it out with a pattern that begins with `!`.",
            status=ExitStatus.USAGE,
        )


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files that a killed run of ours left in the folder and below it.

    What another run is writing at this moment stays.
    """
    for path in folder.rglob(f"{_LEFTOVER_PREFIX}*{_LEFTOVER_SUFFIX}"):
        if not _is_being_written(path.name):
            path.unlink(missing_ok=True)


def is_leftover(name: str) -> bool:
    """Tell whether a name is that of a temporary file that a killed run of ours may have left."""
    return name.startswith(_LEFTOVER_PREFIX) and name.endswith(_LEFTOVER_SUFFIX)


def _is_being_written(name: str) -> bool:
    """Tell whether a name is that of a temporary file of another process that runs."""
    number = name.removeprefix(_LEFTOVER_PREFIX).partition("-")[0]
    # Elsewhere asking for a process ends it.
    if os.name != "posix" or not is_leftover(name) or not (number.isascii() and number.isdigit()):
        return False
    if int(number) in (0, os.getpid()):
        return False
    try:
        os.kill(int(number), 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
