"""Where GraphQL is refused `draft` still writes what release-drafter wrote, out of REST's lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from actions import dependencies
from maximus.changes import co_authors
from tests.compat.cases import differences, run_case
from tests.compat.checkouts import comparing_cases
from tests.fakehub.faults import Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.fakehub.fixtures import FakeHub

EVERY = 8
"""One case in so many is tried here; by hand, 1 takes all."""


def has_co_authors(case: Mapping[str, Any]) -> bool:
    """Tell whether a commit has co-authors: their accounts cannot be had by REST, which is said in the docs."""
    repositories = case["world"]["repos"].values()
    commits = [commit for repository in repositories for commit in repository.get("commits", {}).values()]
    return any(len(commit.get("authors", ())) > 1 or co_authors(commit.get("message", "")) for commit in commits)


def has_baseline(case: Mapping[str, Any]) -> bool:
    """Tell whether there is a release to compare with: where there is none, GraphQL is not asked anyway."""
    return "> [!WARNING]" not in case["expected"]["outputs"].get("body", "")


ALONE = [case for case in comparing_cases() if has_baseline(case) and not has_co_authors(case)]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in ALONE[::EVERY]])
def test_rest_alone_changes_nothing_about_the_result(
    case: dict[str, Any], fakehub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commits, pull requests and people out of lists give the same notes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dependencies, "make_importable", lambda *_: None)
    hub = fakehub(case["world"], lenient=True)
    hub.inject(Status(404), path="/graphql", times=99)

    outcome = run_case(case, hub, tmp_path)

    assert differences(case, outcome) == []
    # Some worlds have accounts that GitHub would not take, whose pages are no addresses.
    assert [said for said in hub.take_violations() if 'is not a "uri"' not in said] == []
