"""What `compat: v6` brings back of release-drafter 6, and what it leaves at 7's: a test for each difference.

Each runs a whole `draft` with the key, and where 6's meaning comes back, without it as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.actions.draft.drafting import REPOSITORY, Run, configured, drafts
from tests.fakehub.faults import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakehub.fixtures import FakeHub

PLAIN = "template: $CHANGES\nchange-template: '* $TITLE'\n"
BOTH = "* Do not follow links\n* Read wheels"


@pytest.fixture
def body(fakehub: FakeHub, draft: Callable[..., Run]) -> Callable[..., str]:
    """Return the draft's text for a configuration, with version 6's meanings unless told otherwise."""

    def made(text: str, change: Callable[[dict[str, Any]], None] | None = None, *, compat: str = "v6") -> str:
        given = configured(f"compat: {compat}\n{text}")
        if change:
            change(given)
        hub = fakehub(given)
        assert draft(hub).status == 0
        return str(drafts(hub)[0]["body"])

    return made


def without_releases(given: dict[str, Any]) -> None:
    """Take the releases out of a world."""
    given["repos"][REPOSITORY]["releases"] = []


def test_collapse_after_0_never_collapses(body: Callable[..., str]) -> None:
    """With 7 it always does."""
    text = f"{PLAIN}categories: [{{title: A, collapse-after: 0}}]\n"
    assert body(text) == f"## A\n\n{BOTH}"
    assert "<details>" in body(text, compat="v7")


def test_excluded_labels_and_paths_each_drop(body: Callable[..., str]) -> None:
    """With 7 both have to match."""

    def touches_docs(given: dict[str, Any]) -> None:
        given["prs"][f"{REPOSITORY}#2"]["files"] = ["docs/a.md"]

    text = f"{PLAIN}exclude-labels: [feature]\nexclude-paths: [docs/**]\n"
    assert body(text, touches_docs) == "* No changes"
    assert body(text, touches_docs, compat="v7") == BOTH


@pytest.mark.parametrize(
    "text",
    [
        "categories: [{title: A, labels: feature}]\n",
        "version-resolver: {minor: {labels: feature}}\n",
        "pull-request-limit: '5'\n",
        "filter-by-commitish: 'false'\n",
    ],
)
def test_bare_texts_and_quoted_values_are_taken(body: Callable[..., str], text: str) -> None:
    """As without the key."""
    assert body(PLAIN + text) == body(PLAIN + text, compat="v7")


def test_latest_legacy_is_sent(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """As without the key."""
    hub = fakehub(configured(f"compat: v6\nlatest: legacy\n{PLAIN}"))
    draft(hub)
    assert hub.writes[0].body["make_latest"] == "legacy"


def test_the_default_change_template_is_version_7s(body: Callable[..., str]) -> None:
    """All authors, not only the pull request's."""

    def written_by_two(given: dict[str, Any]) -> None:
        given["repos"][REPOSITORY]["commits"]["2" * 40]["author"] = {"name": "Cy", "login": "cy"}

    assert "* Read wheels (#1) @ada and @cy" in body(
        "template: $CHANGES\nchange-authors-final-separator: ' and '\n", written_by_two
    )


def test_paths_are_patterns_over_the_changed_files(body: Callable[..., str]) -> None:
    """As in 7: 6 took git paths, in which `**` means nothing, and looked at commits."""

    def touches_docs(given: dict[str, Any]) -> None:
        given["prs"][f"{REPOSITORY}#2"]["files"] = ["docs/deep/a.md"]

    assert body(f"{PLAIN}include-paths: ['docs/**/*.md']\n", touches_docs) == "* Do not follow links"


def test_the_range_is_a_comparison_not_a_date(body: Callable[..., str]) -> None:
    """As in 7: with 6 a release made after the commits would hide them."""

    def released_later(given: dict[str, Any]) -> None:
        given["repos"][REPOSITORY]["releases"][0]["created_at"] = "2026-06-01T00:00:00Z"

    assert body(PLAIN, released_later) == BOTH


@pytest.mark.parametrize("is_refused", [False, True], ids=["GraphQL", "REST"])
@pytest.mark.parametrize(
    ("since", "text"), [("", BOTH), ("initial-commits-since: '2026-01-02T12:00:00Z'\n", "* Do not follow links")]
)
def test_without_a_release_the_history_counts(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    since: str,
    text: str,
    is_refused: bool,  # noqa: FBT001 - what is compared
) -> None:
    """All of it, or from the moment that is named; with 7 nothing does. Through REST where GraphQL is closed."""
    given = configured(f"compat: v6\n{since}{PLAIN}")
    without_releases(given)
    hub = fakehub(given)
    if is_refused:
        hub.inject(Status(403, body={"message": "GraphQL is switched off"}), path="/graphql")
    assert draft(hub).status == 0
    assert drafts(hub)[0]["body"] == text


def test_the_first_version_is_version_7s(body: Callable[..., str]) -> None:
    """0.0.1, where 6 began with 0.1.0."""
    assert body("template: $RESOLVED_VERSION\n", without_releases) == "0.0.1"


def test_the_next_prerelease_version_is_whole(body: Callable[..., str]) -> None:
    """As in 7: 6 filled in the suffix alone."""
    assert body("template: $NEXT_PRERELEASE_VERSION\n") == "1.0.1-0"


def test_replacements_are_version_7s(body: Callable[..., str]) -> None:
    r"""`\n` and case operators work; `$<name>`, which 6 knew, stays."""
    text = f"{PLAIN}replacers: [{{search: '/(?<w>wheels)/g', replace: '\\U$1\\n$<w>'}}]\n"
    assert body(text).endswith("* Read WHEELS\n$<w>")


def test_contributors_are_version_7s(body: Callable[..., str]) -> None:
    """Of the pull requests that are listed, bots last and with their page; 6 took every commit's."""

    def more_people(given: dict[str, Any]) -> None:
        home = given["repos"][REPOSITORY]
        home["commits"]["4" * 40] = {
            "parents": ["3" * 40],
            "committedDate": "2026-01-04T00:00:00Z",
            "author": {"name": "Eve", "login": "eve"},
        }
        home["refs"]["refs/heads/main"] = "4" * 40
        home["commits"]["2" * 40]["author"] = {"name": "aa", "login": "aa[bot]"}

    made = body("template: $CONTRIBUTORS\n", more_people)
    assert made.startswith("@ada, @bob and [@aa[bot]](")
    assert "eve" not in made


def test_the_file_is_read_at_the_events_ref(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """As in 7: 6 read the default branch's."""
    given = configured(PLAIN)
    home = given["repos"][REPOSITORY]
    path = ".github/release-drafter.yml"
    home["files"] = {"main": {path: "template: main's\n"}, "refs/heads/next": {path: "compat: v6\ntemplate: next's\n"}}
    home["refs"]["refs/heads/next"] = "3" * 40
    hub = fakehub(given)
    assert draft(hub, GITHUB_REF="refs/heads/next").status == 0
    assert drafts(hub)[0]["body"] == "next's"


def test_a_tag_as_commitish_becomes_its_commit(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """As in 7: 6 left the target out."""
    given = configured(f"compat: v6\ncommitish: refs/tags/v1.0.1\n{PLAIN}")
    given["repos"][REPOSITORY]["refs"]["refs/tags/v1.0.1"] = "2" * 40
    hub = fakehub(given)
    assert draft(hub).status == 0
    assert drafts(hub)[0]["target_commitish"] == "2" * 40


def test_references_and_branches_are_ignored_with_a_notice(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """As without the key: which events count is the workflow's business."""
    hub = fakehub(configured(f"compat: v6\nreferences: [main]\nbranches: [next]\n{PLAIN}"))
    done = draft(hub)
    assert (done.status, drafts(hub)[0]["body"]) == (0, BOTH)
    assert "references" in done.log
    assert "branches" in done.log
