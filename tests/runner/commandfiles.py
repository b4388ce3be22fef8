"""The files through which a step talks to the runner: `NAME=VALUE` lines and heredocs, and the job summary."""

from __future__ import annotations

__all__ = ["MAX_SUMMARY", "FileFault", "read_entries", "read_summary"]

MAX_SUMMARY = 1_024 << 10
"""Bytes of a step's summary; a larger one is dropped whole."""


class FileFault(Exception):  # noqa: N818 - the house says fault
    """The file is not what the runner takes; it fails the step."""


def read_entries(content: bytes) -> dict[str, str]:
    """Return what `GITHUB_OUTPUT` or `GITHUB_ENV` sets, a later entry over an earlier one.

    Lines end at LF only, as on Linux and macOS. Raises FileFault for what fails a step.
    """
    lines = content.decode("utf-8", "replace").split("\n")
    # What stands behind the last line feed is a line without an end.
    whole, rest = lines[:-1], lines[-1]
    entries: dict[str, str] = {}
    position = 0
    while position < len(whole) + bool(rest):
        line = whole[position] if position < len(whole) else rest
        position += 1
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if heredoc >= 0 and (equals < 0 or heredoc < equals):
            name, delimiter = line.split("<<", 1)
            if not name or not delimiter:
                message = f"Invalid format '{line}'. Name must not be empty and delimiter must not be empty"
                raise FileFault(message)
            value, position = _heredoc(whole, rest, position, delimiter)
        elif equals >= 0:
            name, value = line.split("=", 1)
            if not name:
                message = f"Invalid format '{line}'. Name must not be empty"
                raise FileFault(message)
        else:
            message = f"Invalid format '{line}'"
            raise FileFault(message)
        entries[name] = value
    return entries


def _heredoc(whole: list[str], rest: str, start: int, delimiter: str) -> tuple[str, int]:
    """Return the value that begins at a line and the line behind its delimiter."""
    for end in range(start, len(whole)):
        if whole[end] == delimiter:
            return "\n".join(whole[start:end]), end + 1
    # The delimiter may be the file's last line, without a line feed behind it.
    if rest == delimiter:
        return "\n".join(whole[start:]), len(whole) + 1
    message = f"Invalid value. Matching delimiter not found '{delimiter}'"
    raise FileFault(message)


def read_summary(content: bytes) -> str | None:
    """Return the summary as it is uploaded, None where it is too large and is dropped whole."""
    return None if len(content) > MAX_SUMMARY else content.decode("utf-8", "replace")
