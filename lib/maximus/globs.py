"""Globs over paths, as the rest of the suite reads them, in time that grows with the path and never explodes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MAX_PATTERN", "compile_globs"]

MAX_PATTERN = 500
"""Characters of the longest pattern."""

_CLASS = re.compile(r"\[(!?)(\]?[^\]/]*)\]")


def compile_globs(patterns: Sequence[str]) -> re.Pattern[str] | None:
    """Return what matches a whole path where one of the patterns does; None for no pattern.

    `*`, `?` and `[...]` stay inside one name, `**` between slashes stands for any number of folders, and a
    pattern that ends with `/` means all that lies below. Raises Error GLOB001 (usage) for what is no pattern.
    """
    if not patterns:
        return None
    return re.compile("|".join(_checked(pattern) for pattern in patterns))


def _checked(pattern: str) -> str:
    """Return the regular expression of a pattern, or refuse it."""
    text = ""
    why = _fault(pattern)
    if not why:
        text = _translated(pattern)
        try:
            re.compile(text)
        except re.error:
            why = "a range such as `[a-z]` goes upwards"
    if why:
        raise Error(
            "GLOB001",
            f"{pattern[:80]!r} is not a pattern",
            why=why,
            fix="Write a path relative to the tree, such as `src/**/*.py`.",
            status=ExitStatus.USAGE,
        )
    return text


def _fault(pattern: str) -> str:
    """Return what is wrong with a pattern's form; empty for nothing."""
    if not pattern:
        return "it is empty"
    if len(pattern) > MAX_PATTERN:
        return f"it is longer than {MAX_PATTERN} characters"
    parts = pattern.split("/")
    if pattern.startswith("/") or ".." in parts:
        return "it leaves the tree"
    return "`**` stands alone between slashes" if any("**" in part and part != "**" for part in parts) else ""


def _translated(pattern: str) -> str:
    parts = pattern.removeprefix("./").split("/")
    if parts[-1] == "":
        parts[-1] = "**"
    # Runs of plain segments between two `**`: the leftmost match of each is as good as any other, so that an atomic
    # group may hold it and nothing is ever tried twice.
    runs: list[list[str]] = [[]]
    for part in parts:
        if part == "**":
            if runs[-1] or len(runs) == 1:
                runs.append([])
        else:
            runs[-1].append(part)
    if len(runs) == 1:
        return "/".join(_segment(part) for part in runs[0])
    first, *middle, last = runs
    text = "".join(_segment(part) + "/" for part in first)
    text += "".join("(?>(?:[^/]+/)*?" + "".join(_segment(part) + "/" for part in run) + ")" for run in middle if run)
    if not last:
        return text + r"(?s:.+)"
    depth = len(last) - 1
    # The end is fixed by the number of its segments, so that there is one way only to get there.
    tail = "/".join(_segment(part) for part in last)
    return text + rf"(?:[^/]+/)*(?=[^/]+(?:/[^/]+){{{depth}}}\Z)" + tail


def _segment(part: str) -> str:
    """Return what matches one name; each star but the last takes the leftmost match and keeps it."""
    pieces = [_plain(piece) for piece in re.split(r"\*+", part)]
    if len(pieces) == 1:
        return pieces[0]
    first, *middle, last = pieces
    text = first + "".join(f"(?>[^/]*?{piece})" for piece in middle)
    # Behind the last star the end of the name decides: one run back over the name finds it or not.
    return text + f"[^/]*{last}(?![^/])"


def _plain(piece: str) -> str:
    """Return what matches a piece without stars."""
    text, at = "", 0
    while at < len(piece):
        found = _CLASS.match(piece, at)
        if found and found[2]:
            inside = re.sub(r"([\\\[\]^&~|])", r"\\\1", found[2])
            text += f"[{'^/' if found[1] else ''}{inside}]"
            at = found.end()
            continue
        text += "[^/]" if piece[at] == "?" else re.escape(piece[at])
        at += 1
    return text
