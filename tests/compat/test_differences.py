"""Where the result differs from release-drafter 7.7.0's on purpose: the whole list, a test for each row.

Everything else is equal, which the shared cases and the generated worlds hold (`test_draft_cases.py`,
`test_generated_worlds.py`). `docs/draft.md` tells users the same list.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from actions.draft.place import PULL_REQUEST_EVENTS
from maximus.notes.limits import MAX_BODY
from tests.actions.draft.drafting import RELEASES, REPOSITORY, Run, configured, drafts, release_folder, world
from tests.fakehub.__main__ import EXAMPLE
from tests.fakehub.faults import Lost, Meanwhile, Partial, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub

PLAIN = "template: $CHANGES\ntag-template: v$RESOLVED_VERSION\n"


def operations(hub: Hub) -> Counter[str]:
    """Return how often each operation was asked for."""
    return Counter(made.operation for made in hub.log)


def body_of(hub: Hub) -> str:
    """Return the only draft's text."""
    [made] = drafts(hub)
    return str(made["body"])


@pytest.mark.parametrize("fault", [Lost(502), Lost(500), Lost(None)])
def test_a_post_without_an_answer_is_looked_up_not_repeated(
    fakehub: FakeHub, draft: Callable[..., Run], fault: Lost
) -> None:
    """The list is read again, and the draft with our tag and text is adopted; 7.7.0 posts a second one."""
    hub = fakehub(EXAMPLE)
    hub.inject(fault, method="POST", path=RELEASES)
    done = draft(hub)
    [made] = drafts(hub)
    assert (done.status, done.outputs["id"]) == (0, str(made["id"]))
    assert operations(hub)["repos/create-release"] == 1
    assert operations(hub)["repos/list-releases"] == 2


def test_a_draft_is_read_again_before_it_is_written(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Published meanwhile: no PATCH, and base and draft are chosen anew; 7.7.0 makes a draft of it."""
    hub = fakehub(EXAMPLE)
    draft(hub)
    hub.edit(REPOSITORY, "v1.1.0", body="mine")
    refs = hub.world.repositories[REPOSITORY].refs
    refs["refs/tags/v1.1.0"] = refs["refs/heads/main"]
    hub.inject(Meanwhile(lambda there: there.publish(REPOSITORY, "v1.1.0")), method="GET", path=f"{RELEASES}/9*")
    assert draft(hub).status == 0
    published = next(release for release in hub.release_state[REPOSITORY] if release["tag_name"] == "v1.1.0")
    assert (published["draft"], published["body"]) == (False, "mine")
    assert [made["tag_name"] for made in drafts(hub)] == ["v1.1.1"]
    assert not operations(hub)["repos/update-release"]


FOREIGN = "$RESOLVED_VERSION $NEXT_MAJOR_VERSION $PREVIOUS_TAG"


@pytest.mark.parametrize("variable", ["TITLE", "BODY", "HEAD_REF_NAME", "BASE_REF_NAME", "AUTHORS"])
def test_no_token_in_a_strangers_text_is_filled_in(fakehub: FakeHub, draft: Callable[..., Run], variable: str) -> None:
    """Titles, bodies, branches and names are read once; 7.7.0's second pass fills in version variables."""
    given = configured(f"template: '$CHANGES to $RESOLVED_VERSION'\nchange-template: ${variable}\n")
    pull = given["prs"][f"{REPOSITORY}#1"]
    pull |= {"title": FOREIGN, "body": FOREIGN, "headRefName": FOREIGN, "baseRefName": FOREIGN}
    given["repos"][REPOSITORY]["commits"]["2" * 40]["author"] = {"name": FOREIGN, "login": None}
    hub = fakehub(given)
    draft(hub)
    assert FOREIGN in body_of(hub)
    assert body_of(hub).endswith(" to 1.0.1")


def test_replacers_still_see_the_whole_of_a_strangers_text(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """What guards its tokens from the version is not in a replacer's way."""
    given = configured(f"{PLAIN}change-template: $TITLE\nreplacers: [{{search: $RESOLVED, replace: seen}}]\n")
    given["prs"][f"{REPOSITORY}#1"]["title"] = FOREIGN
    hub = fakehub(given)
    draft(hub)
    assert body_of(hub).split("\n")[1] == "seen_VERSION $NEXT_MAJOR_VERSION $PREVIOUS_TAG"


def test_a_tag_without_any_version_never_beats_one_with(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """A fresh `nightly` is passed over; with 7.7.0 it can win by its date, and the version starts again at zero."""
    releases = [
        {"tag_name": "nightly", "created_at": "2026-06-01T00:00:00Z"},
        {"tag_name": "v1.0.0", "created_at": "2026-01-01T00:00:00Z"},
    ]
    refs = EXAMPLE["repos"][REPOSITORY]["refs"] | {"refs/tags/nightly": "3" * 40}
    done = draft(fakehub(world(releases=releases, refs=refs)))
    assert done.outputs["tag_name"] == "v1.1.0"
    assert "between v1.0.0 and" in done.log


def test_a_body_over_the_limit_is_cut(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """By whole lines, with how many; 7.7.0 sends it and gets 422."""
    hub = fakehub(configured("template: |\n" + "".join(f"  line {n} {'x' * 900}\n" for n in range(200))))
    done = draft(hub)
    assert done.status == 0
    assert len(body_of(hub)) <= MAX_BODY
    assert "more lines do not fit" in body_of(hub)


@pytest.mark.parametrize(
    "text",
    [
        "exclude-labels: bug\n",
        "categories: [{title: A, labels: feature}]\n",
        "version-resolver: {minor: {labels: feature}}\n",
        "exclude-contributors: ada\n",
        "exclude-paths: docs/**\n",
        "pull-request-limit: '5'\n",
        "filter-by-commitish: 'false'\n",
    ],
)
def test_a_bare_text_in_place_of_a_list_is_taken(fakehub: FakeHub, draft: Callable[..., Run], text: str) -> None:
    """And numbers in quotes: with one notice that names the key; 7.7.0 fails."""
    done = draft(fakehub(configured(PLAIN + text)))
    assert done.status == 0
    assert text.partition(":")[0] in done.log


def test_latest_legacy_is_taken(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """And sent as it is; 7.7.0 has it in its README and fails on it."""
    hub = fakehub(configured(f"{PLAIN}latest: legacy\n"))
    done = draft(hub)
    assert (done.status, hub.writes[0].body["make_latest"]) == (0, "legacy")
    assert "latest: legacy" in done.log


def test_without_a_last_release_the_notes_carry_our_own_warning(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """In 7.7.0's place, between two rules; its text sends people to its own issues."""
    hub = fakehub(configured(f"{PLAIN}footer: F\n"))
    hub.world.repositories[REPOSITORY].releases.clear()
    draft(hub)
    assert body_of(hub) == (
        "* No changes\n---\n> [!WARNING]\n"
        f"> No published release of `{REPOSITORY}` was found to compare with, so no changes are listed.\n"
        "> Check the proposed version and tag before publishing.\n---\nF"
    )


@pytest.mark.parametrize("template", ["* $TITLE", "* $TITLE $URL"])
def test_url_of_a_new_contributor_is_always_filled_in(
    fakehub: FakeHub, draft: Callable[..., Run], template: str
) -> None:
    """Whatever `change-template` holds; with 7.7.0 it stays literal unless that holds `$URL` as well."""
    text = f"template: $NEW_CONTRIBUTORS\nchange-template: '{template}'\nnew-contributor-template: '* $AUTHOR $URL'\n"
    hub = fakehub(configured(text))
    draft(hub)
    assert f"* ada {hub.server_url}/{REPOSITORY}/pull/1" in body_of(hub)


def test_a_partial_answer_is_asked_again_in_smaller_pages(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """No gap in the notes; 7.7.0 fails."""
    expected, hub = fakehub(EXAMPLE), fakehub(EXAMPLE)
    draft(expected)
    hub.inject(Partial(), operation="Comparison")
    assert draft(hub).status == 0
    assert body_of(hub) == body_of(expected)
    sizes = [made.body["variables"]["first"] for made in hub.log if made.operation == "Comparison"]
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize("event", PULL_REQUEST_EVENTS)
def test_a_pull_request_is_always_a_dry_run(fakehub: FakeHub, draft: Callable[..., Run], event: str) -> None:
    """By the event, whatever the commitish says; 7.7.0 goes by the commitish, which the pull request's file may set."""
    hub = fakehub(configured(f"{PLAIN}commitish: main\n"))
    done = draft(hub, {"publish": "true"}, GITHUB_EVENT_NAME=event)
    assert (done.status, hub.writes) == (0, ())


@pytest.mark.parametrize("name", ["file:../outside.yml", "file:link.yml"])
def test_a_file_stays_in_the_workspace(fakehub: FakeHub, draft: Callable[..., Run], tmp_path: Path, name: str) -> None:
    """`..` and links do not lead out of it; with 7.7.0 they do."""
    workspace = tmp_path / "workspace"
    (workspace / ".github").mkdir(parents=True)
    (tmp_path / "outside.yml").write_text(PLAIN, encoding="utf-8")
    (workspace / "outside.yml").symlink_to(tmp_path / "outside.yml")
    (workspace / ".github" / "link.yml").symlink_to(tmp_path / "outside.yml")
    hub = fakehub(EXAMPLE)
    assert (draft(hub, {"config-name": name}, GITHUB_WORKSPACE=str(workspace)).status, hub.writes) == (2, ())


def test_the_token_input_beats_the_environment(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """With 7.7.0 the environment wins."""
    hub = fakehub(EXAMPLE)
    wrong = {"GITHUB_TOKEN": "wrong"}
    assert draft(hub, {"token": hub.token}, **wrong).status == 0
    assert len(drafts(hub)) == 1


@pytest.mark.parametrize(("value", "status"), [("true", 0), ("yes", 2), ("TRUE", 2), ("1", 2)])
def test_inputs_take_true_and_false_only(fakehub: FakeHub, draft: Callable[..., Run], value: str, status: int) -> None:
    """7.7.0 takes any word for yes; in the file they keep their meaning."""
    hub = fakehub(configured(f"{PLAIN}prerelease: 'ON'\n"))
    assert draft(hub, {"dry-run": value, "prerelease": "true"}).status == status
    assert not hub.writes


def _refused(hub: Hub) -> None:
    hub.inject(Status(503), operation="repos/list-releases", times=99)


@pytest.mark.parametrize(
    ("text", "inputs", "prepare", "status"),
    [
        (PLAIN, {}, None, 0),
        (PLAIN, {"tag": "v1.0.0"}, None, 1),
        ("sort-by: x\n", {}, None, 2),
        (PLAIN, {"latest": "perhaps"}, None, 2),
        (PLAIN, {}, _refused, 3),
    ],
)
def test_exit_statuses_tell_what_failed(  # noqa: PLR0913, PLR0917 - fixtures and what is compared
    fakehub: FakeHub,
    draft: Callable[..., Run],
    text: str,
    inputs: dict[str, str],
    prepare: Callable[[Hub], None] | None,
    status: int,
) -> None:
    """A check 1, configuration and inputs 2, GitHub 3; with 7.7.0 everything is 1."""
    hub = fakehub(configured(text))
    if prepare:
        prepare(hub)
    assert draft(hub, inputs).status == status


def test_less_is_read_and_in_other_ways(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Whole pages, no list of pull requests where nobody needs one, and no request for the files of each."""
    given: dict[str, Any] = configured(f"{PLAIN}exclude-paths: [docs/**]\n")
    hub = fakehub(given)
    draft(hub)
    assert not operations(hub)["pulls/list-files"]
    sizes = [made.body["variables"]["first"] for made in hub.log if made.operation == "Comparison"]
    assert sizes == [100]


def test_what_lies_in_the_release_folder_has_a_section(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Only where there is something: a plain call has 7.7.0's body and nothing behind it."""
    hub = fakehub(configured(PLAIN))
    draft(hub)
    plain = body_of(hub)
    release_folder(app_whl="built")
    draft(hub)
    assert "Artifacts" not in plain
    assert body_of(hub).startswith(plain)
    assert "app.whl" in body_of(hub).removeprefix(plain)


def test_variables_of_our_sections_are_filled_in(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """7.7.0 has no such variables and leaves them as they stand."""
    hub = fakehub(configured("template: 'x $SBOM_DIFF y'\n"))
    draft(hub)
    assert body_of(hub) == "x Not measured. y"
