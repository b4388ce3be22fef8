"""Many files signed in one go: what is signed already is kept, what fails is named, nothing done is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from maximus.errors import Error
from maximus.files import hash_file, write_whole

from .bundles import MAX_BUNDLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from maximus.files import HashedFile

    from .signers import Signer
    from .statements import Subject

__all__ = ["Claim", "Failed", "Origin", "Outcome", "Signed", "attest", "in_parallel", "sign_each", "sign_together"]


@dataclass(frozen=True, slots=True)
class Signed:
    """Files that a bundle on disk covers."""

    files: tuple[Path, ...]
    bundle: Path
    is_new: bool
    """Whether it was signed now, and not found valid."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Files that could not be signed, and why."""

    files: tuple[Path, ...]
    error: Error


Outcome = Signed | Failed

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a release comes from, as far as a statement names it; empty outside a job."""

    repository: str = ""
    """`owner/name`."""
    ref: str = ""
    """The tag, or the commit where there is none."""
    repository_id: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a statement says about its files."""

    predicate_type: str
    """A URI."""
    predicate: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Sighted:
    """A hashed file and what its directory entry said before."""

    file: HashedFile
    marks: tuple[int, ...]

    def check(self) -> None:
        """Return when the file still holds what was hashed; raise Error SIGN010 otherwise.

        Only where the marks differ it is read again: a large file is hashed once.
        """
        path = self.file.path
        if _marks(path) != self.marks and not self.file.is_unchanged():
            gone = not path.exists()
            raise Error(
                "SIGN010",
                f"{path} {'was removed' if gone else 'changed'} while it was being signed",
                fix=f"Another step is writing to {path.parent}. Finish the build first, then sign again.",
                where=str(path),
            )


def sign_each(
    files: Sequence[Path], signer: Signer, place: Callable[[Path], Path], advance: Callable[[], None]
) -> tuple[Outcome, ...]:
    """Return what became of each file, in the order given; `place` says where a file's bundle lies.

    A fault of one file leaves the others alone. `advance` is called after each.
    """

    def work(path: Path) -> Outcome:
        try:
            return _sign_one(path, signer, place(path))
        except Error as error:
            return Failed((path,), error)

    return in_parallel(work, files, signer.workers, advance)


def _sign_one(path: Path, signer: Signer, target: Path) -> Signed:
    sighted = _sight(path)
    existing = _existing(target)
    if existing and signer.has_signed_file(existing, sighted.file):
        return Signed((path,), target, is_new=False)
    text = signer.sign_file(sighted.file)
    sighted.check()
    write_whole(target, text)
    return Signed((path,), target, is_new=True)


def sign_together(  # noqa: PLR0913 - files, their names, who signs, where from, where to, whom to tell
    files: Sequence[Path],
    root: Path,
    signer: Signer,
    *,
    origin: Origin,
    place: Callable[[int], Path],
    advance: Callable[[], None],
) -> tuple[Outcome, ...]:
    """Return what became of the files under as few statements as there need be.

    Their names are relative to `root`. `place` says where the bundle of the n-th statement lies. Where a file
    cannot be read no statement is made: one over a part of a release would claim that the part is all.
    """
    # 2 ms, for a mode that most do not use.
    from .statements import RELEASE_PREDICATE, release_predicate  # noqa: PLC0415

    def release(subjects: tuple[Subject, ...]) -> Claim:
        predicate = release_predicate(
            subjects, repository=origin.repository, ref=origin.ref, repository_id=origin.repository_id
        )
        return Claim(RELEASE_PREDICATE, predicate)

    return _state(files, root, signer, release, place, advance)


def attest(  # noqa: PLR0913 - as `sign_together`, with the claim in the place of the origin
    files: Sequence[Path],
    root: Path,
    signer: Signer,
    *,
    claim: Claim,
    place: Callable[[int], Path],
    advance: Callable[[], None],
) -> tuple[Outcome, ...]:
    """Return what became of the statements that claim something about all of the files; as `sign_together`."""
    return _state(files, root, signer, lambda _: claim, place, advance)


def _state(  # noqa: PLR0913, PLR0917 - likewise
    files: Sequence[Path],
    root: Path,
    signer: Signer,
    claim: Callable[[tuple[Subject, ...]], Claim],
    place: Callable[[int], Path],
    advance: Callable[[], None],
) -> tuple[Outcome, ...]:
    sighted: dict[str, _Sighted] = {}
    failed: list[Outcome] = []

    def look(path: Path) -> _Sighted | Failed:
        try:
            _name(path, root)
            return _sight(path)
        except Error as error:
            return Failed((path,), error)

    for path, seen in zip(files, in_parallel(look, files, 4, lambda: None), strict=True):
        match seen:
            case Failed():
                failed.append(seen)
            case _:
                sighted[_name(path, root)] = seen
    if failed:
        return tuple(failed)
    return _sign_statements(sighted, signer, claim, place, advance)


def _sign_statements(
    sighted: Mapping[str, _Sighted],
    signer: Signer,
    claim: Callable[[tuple[Subject, ...]], Claim],
    place: Callable[[int], Path],
    advance: Callable[[], None],
) -> tuple[Outcome, ...]:
    from .statements import Subject, split_subjects, statement_payload  # noqa: PLC0415 - as in `sign_together`

    subjects = tuple(Subject(name, seen.file.sha256) for name, seen in sighted.items())
    claimed = claim(subjects)

    def work(numbered: tuple[int, tuple[Subject, ...]]) -> Outcome:
        number, group = numbered
        covered = [sighted[subject.name] for subject in group]
        paths = tuple(seen.file.path for seen in covered)
        try:
            payload = statement_payload(group, claimed.predicate, claimed.predicate_type)
            is_new = _sign_statement(payload, signer, place(number), covered)
        except Error as error:
            return Failed(paths, error)
        return Signed(paths, place(number), is_new)

    groups = list(enumerate(split_subjects(subjects), start=1))
    return in_parallel(work, groups, signer.workers, advance)


def _sign_statement(payload: bytes, signer: Signer, target: Path, covered: Sequence[_Sighted]) -> bool:
    existing = _existing(target)
    if existing and signer.has_signed_statement(existing, payload):
        return False
    text = signer.sign_statement(payload)
    for seen in covered:
        seen.check()
    write_whole(target, text)
    return True


def in_parallel(
    work: Callable[[_Item], _Result], items: Sequence[_Item], workers: int, advance: Callable[[], None]
) -> tuple[_Result, ...]:
    """Return what became of each item, in the order given; `advance` is called after each."""
    if not items:
        return ()
    found: list[_Result] = []
    pool = ThreadPoolExecutor(min(workers, len(items)), thread_name_prefix="sign")
    try:
        for result in pool.map(work, items):
            found.append(result)
            advance()
    except BaseException:
        # Not waited for: whoever ended the run wakes the threads that wait for a service.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return tuple(found)


def _sight(path: Path) -> _Sighted:
    marks = _marks(path)
    return _Sighted(hash_file(path), marks)


def _name(path: Path, root: Path) -> str:
    """Return a file's name in a statement; raise Error SIGN021 for one that no statement can hold."""
    name = path.relative_to(root).as_posix()
    try:
        name.encode("utf-8")
    except UnicodeEncodeError as fault:
        raise Error(
            "SIGN021",
            f"no statement can name {name!a}",
            why="its name is not in UTF-8, and JSON holds nothing else",
            fix="Give the file another name; or sign with `mode: each` and without attestations, which name no file.",
            where=ascii(path.as_posix()),
        ) from fault
    return name


def _marks(path: Path) -> tuple[int, ...]:
    """Return what changes whenever a file's content does: the kernel sets the last one, nobody else can."""
    try:
        entry = path.stat()
    except OSError:
        return ()
    return (entry.st_dev, entry.st_ino, entry.st_size, entry.st_mtime_ns, entry.st_ctime_ns)


def _existing(path: Path) -> bytes:
    """Return the bundle that is there already; nothing where there is none that could be one."""
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_BUNDLE + 1)
    except OSError:
        return b""
    return text if len(text) <= MAX_BUNDLE else b""
