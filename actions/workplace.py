"""Where a run does its work: a tree that is there, a repository by its whole name, the folder of `docker login`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .face import Face

__all__ = ["check_repository", "docker_config", "find_tree", "home_of", "is_repository"]


def find_tree(name: str) -> Path:
    """Return the folder that `path` names; raise Error RUN022 (usage) where there is none."""
    tree = Path(name)
    if not tree.is_dir():
        raise Error(
            "RUN022",
            f"there is no tree {name}",
            fix="Check out the repository first, or name the folder with `path`.",
            where="input `path`",
            status=ExitStatus.USAGE,
        )
    return tree


def is_repository(text: str) -> bool:
    """Tell whether a text is `owner/name`, as GitHub writes it."""
    return re.fullmatch(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", text) is not None


def check_repository(text: str) -> None:
    """Return where GITHUB_REPOSITORY names a repository; raise Error RUN023 (usage) where it does not."""
    if not is_repository(text):
        raise Error(
            "RUN023",
            f"{text!r} is no repository",
            fix="GITHUB_REPOSITORY is `owner/name`; the runner sets it.",
            where="GITHUB_REPOSITORY",
            status=ExitStatus.USAGE,
        )


def docker_config(face: Face) -> Path:
    """Return where `docker login` keeps what registries want to see."""
    folder = face.environment.get("DOCKER_CONFIG")
    home = face.environment.get("HOME") or face.environment.get("USERPROFILE") or "."
    return Path(folder or Path(home) / ".docker") / "config.json"


def home_of(environment: Mapping[str, str]) -> Path:
    """Return the user's home folder; raise Error RUN024 (usage) for a user who has none, as in some containers."""
    if stated := environment.get("HOME") or environment.get("USERPROFILE"):
        return Path(stated)
    try:
        return Path.home()
    except RuntimeError as fault:
        raise Error(
            "RUN024",
            "this user has no home folder",
            why="neither HOME nor the list of users names one",
            fix="Set HOME to a folder of the user's.",
            where="environment HOME",
            status=ExitStatus.USAGE,
        ) from fault
