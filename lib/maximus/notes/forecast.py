"""What an open pull request will add to the notes once it is merged, and which version it leads to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from maximus.notes.categories import admitted
from maximus.notes.composition import compose

if TYPE_CHECKING:
    from maximus.changes import Change
    from maximus.notes.composition import History
    from maximus.notes.settings import Settings

__all__ = ["Forecast", "forecast"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What comes of a pull request."""

    is_listed: bool
    """Whether the configuration lets it into the notes."""
    text: str
    """Its line under its heading, as Markdown; empty where it is not listed."""
    before: str
    """The version without it."""
    after: str
    """The version with it."""


def forecast(settings: Settings, history: History, change: Change) -> Forecast:
    """Return what a change that is not merged yet adds to the notes of a history."""
    # Its own commits are in the history of its merge ref; without a merged pull request they look like direct ones.
    own = {commit.id for commit in history.commits if change.key in commit.changes}
    others = tuple(
        other
        for other in history.changes
        if other.key != change.key and not (other.number is None and other.commit in own)
    )
    before = compose(settings, replace(history, changes=others))
    after = compose(settings, replace(history, changes=(*others, change)))
    is_listed = bool(admitted((change,), settings.categories))
    bare = replace(settings.configuration, header="", template="$CHANGES", footer="")
    alone = compose(replace(settings, configuration=bare), replace(history, changes=(change,), needs_baseline=False))
    return Forecast(is_listed, alone.body if is_listed else "", before.version, after.version)
