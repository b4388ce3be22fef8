"""Titles out of merge commits."""

from __future__ import annotations

import pytest

from maximus.changes import Change, RangeCommit
from maximus.notes.titles import merged_title, titled


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("Read wheels (#12)", "Read wheels"),
        ("Read wheels (#12)\n\n* one\n* two", "Read wheels"),
        ("Merge pull request #12 from ada/wheels\n\nRead wheels", "Read wheels"),
        ("Merge pull request #12 from ada/wheels", ""),
        ("fix: the last commit of a rebase", "fix: the last commit of a rebase"),
        ("Revert (#11)", "Revert (#11)"),
        ("", ""),
    ],
)
def test_the_title_of_each_way_to_merge(message: str, title: str) -> None:
    """Squashed, merged, rebased; nothing where the message tells nothing."""
    assert merged_title(message, 12) == title


def test_a_title_that_changed_after_the_merge_is_not_believed() -> None:
    """The merge commit's counts; where it tells none, the pull request's own stays and is named."""
    changes = (
        Change(title="feat!: changed later", number=1, commit="a"),
        Change(title="own", number=2, commit="b"),
        Change(title="direct", commit="c"),
    )
    commits = (RangeCommit("a", message="fix: as merged (#1)"), RangeCommit("c", message="direct"))
    made, warnings = titled(changes, commits)
    assert [change.title for change in made] == ["fix: as merged", "own", "direct"]
    assert warnings == ("no merge commit tells the title of #2, so the pull request's own is used",)
