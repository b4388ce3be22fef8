"""Versions as release notes count them: semantic versions, found in tags and inputs, and counted up.

The rules are those of node's semver in strict mode, because existing configurations rely on them.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, replace

from maximus.errors import Error, ExitStatus

__all__ = [
    "Increment",
    "Version",
    "coerce",
    "find_version",
    "increment",
    "is_identifier",
    "next_prerelease",
    "parse",
    "start_prerelease",
]

MAX_LENGTH = 256
"""Characters of the longest text that is parsed as a version."""
MAX_NUMBER = 2**53 - 1
"""The largest part of a version; a JavaScript reader could not hold a larger one exactly."""

_IDENTIFIER = r"(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)"
_STRICT = re.compile(
    r"v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    rf"(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?",
    re.ASCII,
)
_LOOSE_NUMBERS = re.compile(
    r"(?:^|[^0-9])([0-9]{1,16})(?:\.([0-9]{1,16}))?(?:\.([0-9]{1,16}))?(?=$|[^0-9])",
)


class Increment(enum.IntEnum):
    """Which part of a version a change counts up; a larger one outweighs a smaller one."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True, slots=True)
class Version:
    """A semantic version without build metadata."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[int | str, ...] = ()

    @property
    def prerelease_text(self) -> str:
        """The prerelease part with its hyphen, or an empty text."""
        return "-" + ".".join(str(part) for part in self.prerelease) if self.prerelease else ""

    def __str__(self) -> str:
        """Return the version as it is written."""
        return f"{self.major}.{self.minor}.{self.patch}{self.prerelease_text}"


def parse(text: str) -> Version | None:
    """Return the version that the whole text is, or None; `v` in front and outer blanks are allowed."""
    bare = text.strip()
    found = _STRICT.fullmatch(bare) if len(bare) <= MAX_LENGTH else None
    if not found or any(int(found[part]) > MAX_NUMBER for part in (1, 2, 3)):
        return None
    parts = found[4].split(".") if found[4] else []
    prerelease = tuple(int(part) if part.isdigit() and int(part) < MAX_NUMBER else part for part in parts)
    return Version(int(found[1]), int(found[2]), int(found[3]), prerelease)


def coerce(text: str, *, leading_zeros: bool = False) -> Version | None:
    """Return the version that the first run of up to three dotted numbers makes, or None.

    Numbers of more than 16 digits are passed over. What was found must be a version in strict form,
    so a part with a leading zero makes it None, unless such zeros are allowed.
    """
    found = _LOOSE_NUMBERS.search(text)
    if not found:
        return None
    if leading_zeros:
        return Version(int(found[1]), int(found[2] or 0), int(found[3] or 0))
    return parse(f"{found[1]}.{found[2] or '0'}.{found[3] or '0'}")


def find_version(text: str, prefix: str = "") -> Version | None:
    """Return the version in a tag, a name or an input: parsed, else coerced; the prefix is taken off first."""
    if not text:
        return None
    bare = text.removeprefix(prefix)
    return parse(bare) or coerce(bare)


def is_identifier(text: str) -> bool:
    """Tell whether the text can be a prerelease's identifier, such as `rc` or `beta.next`."""
    return re.fullmatch(r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*", text, re.ASCII) is not None


def increment(version: Version, by: Increment) -> Version:
    """Return the next version that is no prerelease.

    A prerelease of exactly that version leads to the version itself: 1.1.0-rc.3 counted up by minor is 1.1.0.
    """
    major, minor, patch = version.major, version.minor, version.patch
    final = not version.prerelease
    match by:
        case Increment.MAJOR:
            return Version(major + 1 if final or minor or patch else major, 0, 0)
        case Increment.MINOR:
            return Version(major, minor + 1 if final or patch else minor, 0)
        case Increment.PATCH:
            return Version(major, minor, patch + 1 if final else patch)


def start_prerelease(version: Version, by: Increment, identifier: str) -> Version:
    """Return the first prerelease of the next version, whatever prerelease the version itself is."""
    final = replace(version, prerelease=())
    return _count_prerelease(increment(final, by), identifier)


def next_prerelease(version: Version, identifier: str = "") -> Version:
    """Return the prerelease that follows; after a final version, the first one of the next patch."""
    base = version if version.prerelease else increment(version, Increment.PATCH)
    return _count_prerelease(base, identifier)


def _count_prerelease(version: Version, identifier: str) -> Version:
    if identifier and not is_identifier(identifier):
        raise Error(
            "NOTES010",
            f"{identifier!r} cannot mark a prerelease",
            why="it is made of letters, digits and hyphens, in parts divided by dots",
            fix="Set `prerelease-identifier` to something like `rc` or `beta`.",
            where="prerelease-identifier",
            status=ExitStatus.USAGE,
        )
    parts = _counted(version.prerelease)
    if identifier:
        same = bool(version.prerelease) and str(version.prerelease[0]) == identifier
        numbered = len(parts) > 1 and _is_numeric(parts[1])
        if not (same and numbered):
            parts = (identifier, 0)
    # Read again, as it will be: an identifier with dots becomes several parts, one like `01` is lost.
    made = replace(version, prerelease=parts)
    return find_version(str(made)) or made


def _counted(parts: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return the parts with the last number counted up, or with a zero behind them where there is none."""
    for index in range(len(parts) - 1, -1, -1):
        part = parts[index]
        if isinstance(part, int):
            return (*parts[:index], part + 1, *parts[index + 1 :])
    return (*parts, 0)


def _is_numeric(part: int | str) -> bool:
    return isinstance(part, int) or part.isdigit()
