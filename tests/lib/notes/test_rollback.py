"""Which release may take the bad one's place, and how that one is marked."""

from __future__ import annotations

import pytest

from maximus.changes import Release
from maximus.notes.limits import MAX_BODY
from maximus.notes.rollback import MARKER, candidates, is_withdrawn, unmarked_because, withdrawn_body

BAD = Release("v1.2.0", id=1, created_at="2026-03-01T00:00:00Z", body="Notes.\n")
GOOD = Release("v1.1.0", id=2, html_url="https://github.com/acme/app/releases/tag/v1.1.0")


def tags(*names: str, bad: str = "v1.2.0") -> list[str]:
    """Return the candidates' tags among releases of these names, the bad one among them."""
    found = [
        Release(name, id=number, created_at=f"2026-01-{number:02}") for number, name in enumerate((*names, bad), 1)
    ]
    return [release.tag for release in candidates(found, found[-1])]


def test_the_last_one_before_comes_first() -> None:
    """By version, whatever the order in the list; what came after the bad one is none."""
    assert tags("v1.1.0", "v1.3.0", "v0.9.0", "v1.1.10", "v1.2.1") == ["v1.1.10", "v1.1.0", "v0.9.0"]


def test_other_families_of_tags_are_left_alone() -> None:
    """In a repository of several packages each goes back in its own line."""
    assert tags("lib/v1.0.0", "app/v1.0.0", "v1.0.0", "app-two/v0.1.0", bad="app/v1.2.0") == ["app/v1.0.0"]
    assert tags("lib-1.0.0", "app-1.0.0", bad="app-1.1.0") == ["app-1.0.0"]


def test_tags_without_a_version_go_by_time() -> None:
    """There is no other order between them."""
    assert tags("spring", "summer", bad="autumn") == ["summer", "spring"]


@pytest.mark.parametrize("fact", [{"is_draft": True}, {"is_prerelease": True}, {"body": f"{MARKER}\n> x"}])
def test_what_is_no_full_release_is_no_candidate(fact: dict[str, object]) -> None:
    """Drafts, prereleases, and what was withdrawn itself."""
    other = Release("v1.1.0", id=2, **fact)  # type: ignore[arg-type]  # the fields of a release
    assert candidates([BAD, other], BAD) == ()


def test_the_bad_release_keeps_its_notes_behind_a_caution() -> None:
    """Marked once, with a link to what takes its place."""
    text = withdrawn_body(BAD, GOOD, "leaks\nmemory")
    assert text == (
        f"{MARKER}\n> [!CAUTION]\n> Withdrawn: use [v1.1.0](<https://github.com/acme/app/releases/tag/v1.1.0>) instead."
        " Reason: leaks memory\n\nNotes.\n"
    )
    assert is_withdrawn(Release("v1.2.0", body=text))


def test_a_reason_is_text() -> None:
    """No mention, comment or tag of it has an effect."""
    text = withdrawn_body(BAD, GOOD, "@all <!-- <img src=x> [a](b)")
    assert "<img" not in text
    assert "\n> Withdrawn: use [v1.1.0]" in text
    assert "@all" not in text


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (Release("v1", is_immutable=True), "the release is immutable"),
        (Release("v1", body=f"{MARKER}\n"), "they say so already"),
        (Release("v1", body="x" * MAX_BODY), "they are too long for one more sentence"),
        (BAD, ""),
    ],
)
def test_notes_are_left_alone_for_a_reason(bad: Release, why: str) -> None:
    """Immutable, marked already, too long."""
    assert unmarked_because(bad, GOOD, "x") == why
