"""The fault that every way to GitHub can meet."""

from __future__ import annotations

from maximus.errors import Error, ExitStatus

__all__ = ["unreachable"]


def unreachable(why: str) -> Error:
    """Return the error for a GitHub that does not answer."""
    return Error(
        "HUB001",
        "GitHub cannot be reached",
        why=why,
        fix="Check the network and githubstatus.com, then run again; nothing is done twice.",
        status=ExitStatus.OUTSIDE,
    )
