"""What `draft` never does to what exists, whatever happens meanwhile: nothing lost, nothing twice, nothing undone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from maximus.notes.protection import marked
from tests.actions.draft.drafting import RELEASES, REPOSITORY, Run, configured, drafts, release_folder, world
from tests.fakehub.__main__ import EXAMPLE
from tests.fakehub.faults import Lost, Meanwhile, Partial, Slow, Status, too_many

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub

PROTECT = {"protect-edits": "true"}
NOTES = "## What is new\n\n## Features\n\n* Read wheels (#1) @ada\n\n## Fixes\n\n* Do not follow links (#2) @bob"


def set_body(hub: Hub, text: str) -> None:
    """Write a draft's body as somebody in a browser would."""
    home = hub.world.repository(REPOSITORY)
    assert home is not None
    next(release for release in home.releases if release.draft).body = text


def body_of(hub: Hub) -> str:
    """Return the only draft's body."""
    [made] = drafts(hub)
    return str(made["body"])


# Edits.


def test_edits_around_protected_notes_are_kept(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """A greeting in front and a thank-you behind survive the next run, whose notes stand in between."""
    hub = fakehub(EXAMPLE)
    draft(hub, PROTECT)
    first = body_of(hub)
    assert NOTES in first
    set_body(hub, f"Hello!\r\n\r\n{first}\nThank you all.")
    assert draft(hub, PROTECT).status == 0
    assert body_of(hub) == f"Hello!\r\n\r\n{first}\nThank you all."


def test_edited_notes_are_not_overwritten_and_the_run_says_so(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The hash does not fit: the body stays, the rest of the draft is brought up to date, the new notes are a file."""
    hub = fakehub(EXAMPLE)
    draft(hub, PROTECT)
    edited = body_of(hub).replace("Read wheels", "Wheels can be read")
    set_body(hub, edited)
    done = draft(hub, PROTECT)
    assert (done.status, body_of(hub)) == (0, edited)
    assert "left as they are" in done.log
    assert "body" not in hub.writes[-1].body
    assert Path(done.outputs["body-file"]).read_text(encoding="utf-8").startswith(NOTES)


def test_a_second_protected_run_writes_the_same_bytes(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The nonce is the draft's: it is made once."""
    hub = fakehub(EXAMPLE)
    draft(hub, PROTECT)
    first = body_of(hub)
    draft(hub, PROTECT)
    assert body_of(hub) == first


def test_a_draft_of_somebody_elses_is_kept_in_full_when_it_is_replaced(
    fakehub: FakeHub, draft: Callable[..., Run]
) -> None:
    """Nothing proves that a body without a marker is ours: it goes to the summary and a file, in both modes."""
    release = {"tag_name": "v1.1.0", "draft": True, "body": "My own words.\n\nAll of them."}
    for inputs in ({}, PROTECT):
        hub = fakehub(world(releases=[release, *EXAMPLE["repos"][REPOSITORY]["releases"]]))
        done = draft(hub, inputs)
        assert "All of them." in done.summary
        kept = Path(done.outputs["body-file"]).with_name("notes.replaced.md")
        assert kept.read_text(encoding="utf-8") == "My own words.\n\nAll of them."


@pytest.mark.parametrize("inputs", [{}, PROTECT])
def test_an_edit_between_list_and_patch_is_kept(
    fakehub: FakeHub, draft: Callable[..., Run], inputs: dict[str, str]
) -> None:
    """The body is judged as it is right before the write, not as it was listed."""
    hub = fakehub(EXAMPLE)
    draft(hub, inputs)
    edited = body_of(hub).replace("Read wheels", "Mine")
    hub.inject(Meanwhile(lambda hub: set_body(hub, edited), "after"), operation="repos/list-releases")
    done = draft(hub, inputs)
    if inputs:
        assert body_of(hub) == edited
    else:
        kept = Path(done.outputs["body-file"]).with_name("notes.replaced.md")
        assert kept.read_text(encoding="utf-8") == edited


def test_an_edit_during_the_upload_survives_the_publication(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The last write publishes and touches no text."""
    hub = fakehub(EXAMPLE)
    release_folder(app_whl="wheel")
    hub.inject(
        Meanwhile(lambda hub: set_body(hub, "edited meanwhile"), "after"), operation="repos/upload-release-asset"
    )
    assert draft(hub, {"publish": "true"}).status == 0
    [release] = [item for item in hub.release_state[REPOSITORY] if item["tag_name"] == "v1.1.0"]
    assert (release["draft"], release["body"]) == (False, "edited meanwhile")


def test_a_title_cannot_forge_the_marker(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """A marker in a title is a comment of a stranger's: it goes, and the part stays provable."""
    made = world()
    made["prs"][f"{REPOSITORY}#1"]["title"] = "x " + marked("forged", "f" * 16).strip().replace("\n", " ")
    hub = fakehub(made)
    draft(hub, PROTECT)
    assert body_of(hub).count("maximus:notes") == 1
    set_body(hub, body_of(hub) + "mine")
    draft(hub, PROTECT)
    assert body_of(hub).endswith("mine")


def test_a_dry_run_shows_protected_notes_the_same_each_time(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """No randomness in what is only shown."""
    hub = fakehub(EXAMPLE)
    inputs = {**PROTECT, "dry-run": "true"}
    assert draft(hub, inputs).summary == draft(hub, inputs).summary


# What is too long.


def test_a_text_that_was_cut_is_attached_whole(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The release has the beginning and says how much is missing; `notes.md` beside it has everything."""
    hub = fakehub(configured("template: $CHANGES\nchange-template: '$BODY'\ntag-template: v$RESOLVED_VERSION\n"))
    for request in hub.world.pull_requests.values():
        request.body = "a line of the notes\n" * 5_000
    assert draft(hub, {"publish": "true"}).status == 0
    [release] = [item for item in hub.release_state[REPOSITORY] if item["tag_name"] == "v1.0.1"]
    assert not release["draft"]
    assert "more lines do not fit" in release["body"]
    whole = hub.asset_content(REPOSITORY, "v1.0.1", "notes.md").decode()
    assert whole.count("a line of the notes") == 10_000
    assert [write.method for write in hub.writes] == ["POST", "POST", "PATCH"]


# Faults on the way.


def test_nothing_is_written_when_anything_in_the_reading_failed(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Whatever request of a run fails for good, no draft is made of what is left."""
    requests = len([made for made in _run_log(fakehub, draft) if made.method == "GET" or made.path == "/graphql"])
    assert requests >= 3
    for number in range(requests):
        hub = fakehub(EXAMPLE)
        hub.inject(Status(500), times=9, after=number)
        assert draft(hub).status == 3
        assert hub.writes == ()
        hub.take_violations()


def _run_log(fakehub: FakeHub, draft: Callable[..., Run]) -> tuple[Any, ...]:
    hub = fakehub(EXAMPLE)
    draft(hub)
    return hub.log


@pytest.mark.parametrize("lost", [Lost(), Lost(status=None)])
def test_a_draft_that_was_made_in_silence_is_adopted_with_its_nonce(
    fakehub: FakeHub, draft: Callable[..., Run], lost: Lost
) -> None:
    """A 502 or a closed line after the POST took effect: one draft, found in the list, no second POST."""
    hub = fakehub(EXAMPLE)
    hub.inject(lost, method="POST", path=RELEASES)
    assert draft(hub, PROTECT).status == 0
    assert len(drafts(hub)) == 1
    assert len([made for made in hub.log if (made.method, made.path) == ("POST", RELEASES)]) == 1


def test_a_patch_without_an_answer_is_looked_up(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """It took effect: it is not sent again."""
    hub = fakehub(EXAMPLE)
    draft(hub)
    hub.inject(Lost(), method="PATCH")
    assert draft(hub).status == 0
    assert len([made for made in hub.log if made.method == "PATCH"]) == 1


def test_a_published_release_is_never_written_to(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Published between the list and the PATCH, or immutable: no write reaches it."""
    hub = fakehub(world(immutable_releases=True))
    draft(hub)
    [number] = [release["id"] for release in drafts(hub)]
    hub.inject(Meanwhile(lambda hub: hub.publish(REPOSITORY, "v1.1.0"), "after"), operation="repos/list-releases")
    draft(hub)
    assert not [write for write in hub.writes if write.method == "PATCH" and write.path.endswith(f"/{number}")]
    state = {release["id"]: release for release in hub.release_state[REPOSITORY]}
    assert (state[number]["draft"], state[number]["immutable"]) == (False, True)


def test_slow_pages_and_a_secondary_limit_change_nothing(
    fakehub: FakeHub, draft: Callable[..., Run], waits: list[float]
) -> None:
    """The same notes come out, after the seconds that GitHub asked for."""
    hub = fakehub(EXAMPLE)
    hub.inject(too_many(retry_after=7), path="/graphql")
    hub.inject(Slow(0.1), operation="repos/list-releases")
    hub.inject(Partial(), path="/graphql")
    assert draft(hub).status == 0
    assert body_of(hub).rstrip() == NOTES
    assert waits == [7.0]


def test_a_lagging_index_does_not_lose_a_pull_request(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """GitHub ties commits to pull requests late; the merge commit tells as well."""
    made = world()
    for commit in made["repos"][REPOSITORY]["commits"].values():
        commit["prs"] = []
    hub = fakehub(made)
    draft(hub)
    assert body_of(hub).rstrip() == NOTES


# Version 6's meanings, as far as they are about GitHub.


def without_releases(text: str) -> dict[str, Any]:
    """Return the example's world with another configuration and no release."""
    made = configured(text)
    made["repos"][REPOSITORY]["releases"] = []
    return made


def test_version_6_counts_the_whole_history_before_the_first_release(
    fakehub: FakeHub, draft: Callable[..., Run]
) -> None:
    """Version 7 lists nothing and warns in the notes; 6 lists everything."""
    text = "template: $CHANGES\ntag-template: v$RESOLVED_VERSION\n"
    hub = fakehub(without_releases(text))
    draft(hub)
    assert "No changes" in body_of(hub)
    hub = fakehub(without_releases(f"compat: v6\n{text}"))
    draft(hub)
    assert body_of(hub) == "* Do not follow links (#2) @bob\n* Read wheels (#1) @ada"


@pytest.mark.parametrize("given", ["key", "input"])
def test_version_6_counts_from_the_date_that_is_named(fakehub: FakeHub, draft: Callable[..., Run], given: str) -> None:
    """`initial-commits-since`, in the file or as an input."""
    since = "2026-01-02T12:00:00Z"
    key, inputs = (
        (f"initial-commits-since: '{since}'\n", {}) if given == "key" else ("", {"initial-commits-since": since})
    )
    hub = fakehub(without_releases(f"template: $CHANGES\n{key}"))
    done = draft(hub, {**inputs, "compat": "v6"})
    assert body_of(hub) == "* Do not follow links (#2) @bob"
    assert since in done.log


def test_a_date_without_version_6_has_no_effect_and_is_named(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The input stays accepted."""
    hub = fakehub(EXAMPLE)
    done = draft(hub, {"initial-commits-since": "2026-01-02"})
    assert done.status == 0
    assert "`initial-commits-since` has no effect" in done.log


def test_a_date_that_is_none_is_a_usage_error(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Before anything is sent."""
    hub = fakehub(EXAMPLE)
    done = draft(hub, {"compat": "v6", "initial-commits-since": "soon"})
    assert (done.status, done.outputs["code"], hub.writes) == (2, "NOTES013", ())


# Who decides.


BREAKING = "template: $CHANGES\nmajor-by: maintainer\nversion-resolver: {major: {labels: [feature]}}\n"


@pytest.mark.parametrize(
    ("labelled", "permissions", "version"),
    [
        ([["feature", "mallory"]], {}, "1.1.0"),
        ([["feature", "mallory"]], {"mallory": "triage"}, "1.1.0"),
        ([["feature", "ada"]], {"ada": "maintain"}, "2.0.0"),
        ([["feature", "mallory"], ["feature", "ada"]], {"ada": "admin"}, "2.0.0"),
        ([["feature", "ada"], ["feature", "mallory"]], {"ada": "admin"}, "1.1.0"),
        ([["bug", "ada"]], {"ada": "write"}, "1.1.0"),
        ([], {"ada": "write"}, "1.1.0"),
    ],
)
def test_only_a_maintainers_label_makes_a_version_major(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    labelled: list[list[str]],
    permissions: dict[str, str],
    version: str,
) -> None:
    """Whoever set the label last must be able to write; not known means no major, which is said."""
    made = configured(BREAKING)
    made["prs"][f"{REPOSITORY}#1"]["labelled"] = labelled
    made["repos"][REPOSITORY]["permissions"] = permissions
    done = draft(fakehub(made))
    assert done.outputs["resolved_version"] == version
    assert ("no maintainer's label says so" in done.log) == (version == "1.1.0")


def test_events_that_cannot_be_read_make_no_major(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """A token that may not read them leaves it unknown: named, and a minor version."""
    hub = fakehub(configured(BREAKING))
    hub.inject(Status(403), operation="issues/list-events")
    done = draft(hub)
    assert (done.status, done.outputs["resolved_version"]) == (0, "1.1.0")
    assert "who labelled #1 is not known" in done.log


def test_titles_come_from_the_merge_commits(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """A title that was changed after the merge changes no notes."""
    made = configured("template: $CHANGES\ntitle-from: merge-commit\n")
    made["prs"][f"{REPOSITORY}#1"]["title"] = "feat!: changed after the merge"
    hub = fakehub(made)
    draft(hub)
    assert body_of(hub) == "* Do not follow links (#2) @bob\n* Read wheels (#1) @ada"
