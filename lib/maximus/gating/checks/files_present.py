"""`files-present`: files that a release must have, by glob, with how many, how large, and under which headings.

- id: guides
  type: files-present
  files:
    - { path: "docs/architecture/consciousness-*.md", at-least: 1 }
    - { path: docs/verification-guide.md, bytes: 2000, headings: [Verify, Troubleshooting] }
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.gating.check import Finding, Place, Status

if TYPE_CHECKING:
    from maximus.gating.check import Context, Fields
    from maximus.gating.worktree import Tree

__all__ = ["FilesPresent", "Wanted", "read"]

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(?P<text>.+?)(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A pattern, and what the files that it names must be like."""

    path: str
    at_least: int
    """How many files it must name."""
    size: int
    """Bytes that each must have at least."""
    headings: tuple[str, ...]
    """Headings that each must have, compared without case."""


@dataclass(frozen=True, slots=True)
class FilesPresent:
    """The options."""

    files: tuple[Wanted, ...]
    tracked: bool = True
    """Whether only what git tracks counts, in a checkout; false for what a build puts out."""

    def judge(self, context: Context) -> Finding:
        """Count what is there; a tree without files is unmeasured, one without these files fails."""
        tree = context.tree if self.tracked else context.tree.whole
        if not tree.files:
            return Finding(Status.UNMEASURED, 0, reason="the tree has no files that belong to it")
        places: list[Place] = []
        held = 0
        for wanted in self.files:
            found = tree.select([wanted.path])
            if len(found) < wanted.at_least:
                many = f"{len(found)} of at least {wanted.at_least} files are there"
                places.append(Place(wanted.path, 0, many if found else "there is no such file"))
            wrong = [place for path in found for place in _faults(tree, path, wanted)]
            places += wrong
            held += not wrong and len(found) >= wanted.at_least
        return Finding(
            Status.FAIL if places else Status.PASS,
            len(self.files),
            measured=held,
            threshold=len(self.files),
            unit="patterns",
            reason=f"{len(self.files) - held} of {len(self.files)} patterns are not met" if places else "",
            hint="Write what is missing; an empty file or heading does not stand in for it.",
            places=tuple(sorted(places, key=lambda place: (place.path, place.line, place.text))),
        )


def _faults(tree: Tree, path: str, wanted: Wanted) -> list[Place]:
    if not wanted.size and not wanted.headings:
        return []
    raw = tree.read(path)
    if raw is None:
        return [Place(path, 0, "is larger than can be read")]
    found = []
    # White space alone is no content: a file of blank lines has the size and says nothing.
    size = len(raw.strip())
    if size < wanted.size:
        found.append(Place(path, 0, f"has {size} bytes besides white space, {wanted.size} are needed"))
    if wanted.headings:
        there = {heading.casefold() for heading in _headings(raw.decode("utf-8", "replace"))}
        missing = [heading for heading in wanted.headings if heading.casefold() not in there]
        found += [Place(path, 0, f"the heading {heading!r} is missing") for heading in missing]
    return found


def _headings(text: str) -> list[str]:
    """Return a Markdown file's headings, those inside blocks of code left out."""
    found, fence, before = [], "", ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif fence:
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        else:
            heading = _HEADING.fullmatch(line)
            if heading:
                found.append(heading["text"])
            elif before.strip() and _UNDERLINE.fullmatch(line):
                found.append(before.strip())
        before = "" if mark else line
    return found


def read(fields: Fields) -> FilesPresent:
    """Take `files` out of a policy's entry."""
    wanted = []
    for item in fields.items("files"):
        (path, *more) = item.paths("path", ("**",)) or ("**",)
        if not item.has("path"):
            item.fault("path", "is required")
        if more or path.startswith("!"):
            item.fault("path", "one pattern is needed; write another item for another pattern")
        least, size = item.whole("at-least", 1, least=1), item.whole("bytes", 0)
        wanted.append(Wanted(path, least, size, item.texts("headings", ())))
    return FilesPresent(tuple(wanted), fields.flag("tracked", default=True))
