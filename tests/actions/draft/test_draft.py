"""`draft`, run as the runner runs it, against the fake GitHub."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from actions import draft as draft_action
from actions.terminal import TerminalFace
from tests.actions.draft.drafting import RELEASES, REPOSITORY, Run, configured, drafts, release_folder, world
from tests.fakehub.__main__ import EXAMPLE
from tests.fakehub.faults import Lost, Meanwhile, Partial, Status, WrongDigest, too_many
from tests.fakehub.world import NO_DIGEST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fakehub.fixtures import FakeHub


# What is written.


def test_drafts_the_next_release_with_its_notes(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """One draft is made on the next version's tag, with the pull requests since the last under their headings."""
    hub = fakehub(EXAMPLE)
    done = draft(hub)
    [made] = drafts(hub)
    assert (done.status, made["tag_name"], made["name"]) == (0, "v1.1.0", "v1.1.0")
    assert made["body"] == (
        "## What is new\n\n## Features\n\n* Read wheels (#1) @ada\n\n## Fixes\n\n* Do not follow links (#2) @bob\n"
    )


def test_outputs_name_what_was_written(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Release-drafter's outputs keep their names, and the parts are those of the resolved version."""
    hub = fakehub(EXAMPLE)
    outputs = draft(hub).outputs
    [made] = drafts(hub)
    assert outputs["id"] == str(made["id"])
    assert outputs["html_url"] == made["html_url"]
    assert [outputs[f"{part}_version"] for part in ("resolved", "major", "minor", "patch")] == ["1.1.0", "1", "1", "0"]


def test_a_second_run_updates_the_same_draft(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The draft is found again; no second one appears."""
    hub = fakehub(EXAMPLE)
    draft(hub)
    done = draft(hub)
    assert ([write.method for write in hub.writes], len(drafts(hub)), done.status) == (["POST", "PATCH"], 1, 0)


def test_publishing_without_files_is_one_write(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Nothing has to be attached first, so the release is made published."""
    hub = fakehub(EXAMPLE)
    draft(hub, {"publish": "true"})
    assert [(write.method, write.body["draft"]) for write in hub.writes] == [("POST", False)]


def test_the_token_input_beats_the_environment(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The token that the step was given is used, not one that lies around."""
    hub = fakehub(EXAMPLE)
    assert draft(hub, {"token": hub.token}, GITHUB_TOKEN="another").status == 0  # noqa: S106 - opens nothing


def test_an_enterprise_server_is_found_at_its_own_addresses(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """`/api/v3` and `/api/graphql` are used as the runner gives them."""
    hub = fakehub(EXAMPLE, enterprise=True)
    assert (draft(hub).status, len(drafts(hub))) == (0, 1)


def test_a_repository_without_a_configuration_gets_the_suites_own(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Nobody has to write a configuration before the first release."""
    hub = fakehub(world(files={}))
    done = draft(hub)
    assert (done.status, drafts(hub)[0]["tag_name"]) == (0, "v1.0.1")
    assert "* Read wheels (#1) @ada" in drafts(hub)[0]["body"]


def test_a_title_with_tokens_and_commands_stays_text(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """No token in a title is expanded, and no line of the log is a command of a stranger's."""
    hostile = world()
    hostile["prs"]["acme/app#1"]["title"] = "::error::x ##[error]y $RESOLVED_VERSION </details> <!--"
    hub = fakehub(hostile)
    done = draft(hub)
    assert "::error::x ##[error]y $RESOLVED_VERSION </details> <!-- (#1)" in drafts(hub)[0]["body"]
    assert not [line for line in done.log.splitlines() if line.lstrip().startswith("::error") or "##[" in line]


def test_a_body_that_is_too_long_is_cut_by_lines(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """GitHub takes 125,000 characters; the rest is counted, and the whole text stays in the file."""
    from pathlib import Path  # noqa: PLC0415 - only for annotations above

    hub = fakehub(configured("template: |\n" + "".join(f"  line {n} {'x' * 900}\n" for n in range(200))))
    done = draft(hub)
    body = drafts(hub)[0]["body"]
    assert (done.status, len(body) <= 125_000) == (0, True)
    assert "more lines do not fit" in body
    assert len(Path(done.outputs["body-file"]).read_text(encoding="utf-8")) > 180_000


# Files.


def test_attaches_the_release_folder_but_not_the_evidence(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Every file of the folder is attached; what lies in `evidence/` is not."""
    release_folder(app_whl="wheel", sbom_json="{}")
    hub = fakehub(EXAMPLE)
    done = draft(hub)
    assert sorted(asset["name"] for asset in drafts(hub)[0]["assets"]) == ["app.whl", "sbom.json"]
    assert hub.asset_content(REPOSITORY, "v1.1.0", "app.whl") == b"wheel"
    assert done.status == 0


def test_files_stand_in_the_notes_with_their_digest(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The section behind the notes names each file with its SHA-256."""
    release_folder(app_whl="wheel")
    hub = fakehub(EXAMPLE)
    draft(hub)
    assert hashlib.sha256(b"wheel").hexdigest() in drafts(hub)[0]["body"]


def test_publishes_last_once_and_after_every_file(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The release is a draft until all files are there and compared; one PATCH publishes it."""
    release_folder(app_whl="wheel", app_sdist="sdist")
    hub = fakehub(EXAMPLE)
    done = draft(hub, {"publish": "true"})
    published = [
        write.method for write in hub.writes if isinstance(write.body, dict) and write.body.get("draft") is False
    ]
    assert [write.method for write in hub.writes] == ["POST", "POST", "POST", "PATCH"]
    assert (published, done.status) == (["PATCH"], 0)


def test_a_file_that_is_there_already_is_not_sent_again(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The same digest under the same name is left as it is."""
    release_folder(app_whl="wheel")
    hub = fakehub(EXAMPLE)
    draft(hub)
    draft(hub)
    assert len([write for write in hub.writes if write.path.endswith("/assets")]) == 1


def test_a_file_that_changed_is_replaced_in_the_draft(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """A draft's asset with another digest gives way to the folder's file."""
    hub = fakehub(EXAMPLE)
    release_folder(app_whl="old")
    draft(hub)
    release_folder(app_whl="new")
    assert (draft(hub).status, hub.asset_content(REPOSITORY, "v1.1.0", "app.whl")) == (0, b"new")


def test_a_file_that_arrives_damaged_fails_and_nothing_is_published(
    fakehub: FakeHub, draft: Callable[..., Run]
) -> None:
    """GitHub's digest is compared with ours after the upload; a difference is a failed check that names the file."""
    release_folder(app_whl="wheel")
    hub = fakehub(EXAMPLE)
    hub.inject(WrongDigest(), method="POST", path="*/assets*")
    done = draft(hub, {"publish": "true"})
    assert (done.status, done.outputs["verdict"], done.outputs["code"], len(drafts(hub))) == (1, "fail", "DRAFT006", 1)
    assert "app.whl" in done.summary


@pytest.mark.parametrize("redirects", [False, True])
def test_an_asset_without_a_digest_is_read_back(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    redirects: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Older servers tell no digest: the file itself is hashed, and a storage host never sees the token."""
    release_folder(app_whl="wheel")
    hub = fakehub(EXAMPLE, redirects=redirects)
    hub.inject(WrongDigest(NO_DIGEST), method="POST", path="*/assets*")
    done = draft(hub)
    assert (done.status, done.outputs["verdict"]) == (0, "pass"), done.log


def test_an_upload_without_an_answer_is_looked_up_before_it_is_sent_again(
    fakehub: FakeHub, draft: Callable[..., Run]
) -> None:
    """What arrived although the answer was lost is kept."""
    release_folder(app_whl="wheel")
    hub = fakehub(EXAMPLE)
    hub.inject(Lost(), method="POST", path="*/assets*")
    done = draft(hub)
    assert (done.status, len([write for write in hub.writes if write.path.endswith("/assets")])) == (0, 1)


@pytest.mark.parametrize(("name", "content", "said"), [("empty.txt", "", "is empty")])
def test_a_folder_that_github_cannot_hold_is_refused_before_any_write(
    fakehub: FakeHub, draft: Callable[..., Run], name: str, content: str, said: str
) -> None:
    """Empty files cannot be attached; that is known before a draft is made."""
    release_folder(**{name.replace(".", "_"): content})
    hub = fakehub(EXAMPLE)
    done = draft(hub)
    assert (done.status, done.outputs["code"], hub.writes) == (2, "HUB016", ())
    assert said in done.log


# What exists stays safe.


@pytest.mark.parametrize("inputs", [{"tag": "v1.0.0"}, {"tag": "v1.0.0", "publish": "true"}])
def test_a_published_release_on_the_tag_is_left_alone(
    fakehub: FakeHub, draft: Callable[..., Run], inputs: dict[str, str]
) -> None:
    """Asked for a tag whose release is out, the run fails and writes nothing."""
    hub = fakehub(EXAMPLE)
    done = draft(hub, inputs)
    assert (done.status, done.outputs["code"], hub.writes) == (1, "HUB015", ())


def test_a_draft_that_is_published_meanwhile_is_not_un_published(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """It is read again before the PATCH; the run begins anew and drafts the release after it."""
    hub = fakehub(EXAMPLE)
    draft(hub)
    hub.inject(Meanwhile(lambda there: there.publish(REPOSITORY, "v1.1.0")), method="GET", path=f"{RELEASES}/9*")
    hub.edit(REPOSITORY, "v1.1.0", body="edited")
    hub.world.repositories[REPOSITORY].refs["refs/tags/v1.1.0"] = hub.world.repositories[REPOSITORY].refs[
        "refs/heads/main"
    ]
    done = draft(hub)
    published = [release for release in hub.release_state[REPOSITORY] if release["tag_name"] == "v1.1.0"]
    assert (done.status, published[0]["draft"], published[0]["body"]) == (0, False, "edited")
    assert [release["tag_name"] for release in drafts(hub)] == ["v1.1.1"]


def test_a_replaced_text_is_kept_in_a_file_and_the_summary(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Somebody's edit of the draft is not lost when the notes are written again."""
    from pathlib import Path  # noqa: PLC0415 - only for annotations above

    hub = fakehub(EXAMPLE)
    draft(hub)
    hub.edit(REPOSITORY, "v1.1.0", body="Written by hand.")
    done = draft(hub)
    assert Path("release/evidence/notes.replaced.md").read_text(encoding="utf-8") == "Written by hand."
    assert "Written by hand." in done.summary


@pytest.mark.parametrize("status", [502, None])
def test_a_creation_without_an_answer_is_adopted_not_repeated(
    fakehub: FakeHub, draft: Callable[..., Run], status: int | None
) -> None:
    """The draft was made although the answer was lost: it is found in the list, and there is one."""
    hub = fakehub(EXAMPLE)
    hub.inject(Lost(status), method="POST", path=RELEASES)
    done = draft(hub)
    assert (done.status, len(drafts(hub)), len(hub.writes)) == (0, 1, 1)


def test_a_creation_that_did_not_happen_is_tried_again(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """A 502 before any effect: the list shows nothing, so the second POST makes the only draft."""
    hub = fakehub(EXAMPLE)
    hub.inject(Status(502), method="POST", path=RELEASES)
    assert (draft(hub).status, len(drafts(hub))) == (0, 1)


# What is not sent.


def test_a_dry_run_shows_what_it_would_send_and_sends_nothing(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The payload stands in the summary, the outputs that need no release are set."""
    hub = fakehub(EXAMPLE)
    done = draft(hub, {"dry-run": "true"})
    assert (done.status, hub.writes, done.outputs["tag_name"], done.outputs["id"]) == (0, (), "v1.1.0", "")
    assert '"tag_name": "v1.1.0"' in done.summary


def test_a_pull_request_never_writes(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Its configuration comes from its author, whatever branch that names."""
    hub = fakehub(configured("template: $CHANGES\ncommitish: main\n"))
    done = draft(hub, {"publish": "true"}, GITHUB_EVENT_NAME="pull_request")
    assert (done.status, hub.writes) == (0, ())
    assert "nothing is sent" in done.log


def test_without_a_token_only_notes_are_written(fakehub: FakeHub, draft: Callable[..., Run], tmp_path: Path) -> None:
    """No token, no request: a folder that is no checkout is then the caller's mistake."""
    hub = fakehub(EXAMPLE)
    done = draft(hub, {"path": str(tmp_path)}, GITHUB_TOKEN="")
    assert (done.status, done.outputs["code"], hub.log) == (2, "DRAFT001", ())


# What goes wrong outside.


def test_partial_answers_lead_to_smaller_pages_and_the_same_notes(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Data beside an error is never taken for the whole."""
    hub = fakehub(EXAMPLE)
    hub.inject(Partial(), operation="Comparison")
    draft(hub)
    assert "* Do not follow links (#2) @bob" in drafts(hub)[0]["body"]


def test_a_rate_limit_is_waited_for(fakehub: FakeHub, draft: Callable[..., Run], waits: list[float]) -> None:
    """The seconds that GitHub asks for are waited, and the run goes on."""
    hub = fakehub(EXAMPLE)
    hub.inject(too_many(7), method="GET", path=RELEASES)
    assert (draft(hub).status, waits) == (0, [7.0])


def test_a_rate_limit_of_an_hour_ends_the_run(fakehub: FakeHub, draft: Callable[..., Run], waits: list[float]) -> None:
    """Nobody pays a runner to wait for long: 3, with when to come back."""
    hub = fakehub(EXAMPLE)
    hub.inject(too_many(3600), method="GET", path=RELEASES)
    done = draft(hub)
    assert (done.status, done.outputs["code"], waits) == (3, "HUB004", [])


def test_a_github_that_stays_away_is_told_within_a_few_tries(
    fakehub: FakeHub, draft: Callable[..., Run], waits: list[float]
) -> None:
    """Four tries with growing pauses, then 3."""
    hub = fakehub(EXAMPLE)
    hub.inject(Status(503), method="GET", path=RELEASES, times=99)
    done = draft(hub)
    assert (done.status, done.outputs["code"], waits) == (3, "HUB001", [1, 2, 4])


def test_a_token_without_permission_shows_the_lines_to_paste(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """A read-only token is told from a missing repository by what it lacks."""
    hub = fakehub(EXAMPLE)
    done = draft(hub, {"token": hub.read_token})
    assert (done.status, done.outputs["code"]) == (3, "HUB003")
    assert "contents: write" in done.log


def test_graphql_on_another_host_is_refused(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The token goes to the API's host alone."""
    hub = fakehub(EXAMPLE)
    done = draft(hub, GITHUB_GRAPHQL_URL="http://127.0.0.9:1/graphql")
    assert (done.status, done.outputs["code"], hub.log) == (2, "HUB008", ())


def test_a_deleted_tag_is_named(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """A release whose tag is gone cannot be compared with; nothing is written."""
    hub = fakehub(world(refs={"refs/heads/main": "3" * 40}))
    done = draft(hub)
    assert (done.status, done.outputs["code"], hub.writes) == (3, "HUB011", ())
    assert "refs/tags/v1.0.0" in done.log


# What is wrong inside.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("template: $CHANGES\nsort-by: date\n", "sort-by: it is merged_at or title, not date"),
        ("template: $CHANGES\ncategories:\n  - title: A\n    label: 3\n", "categories[0].label: a text is needed"),
        ("template: [\n", "cannot read .github/release-drafter.yml as YAML"),
    ],
)
def test_a_wrong_configuration_names_key_and_line(
    fakehub: FakeHub, draft: Callable[..., Run], text: str, said: str
) -> None:
    """2, the key, the line, and nothing written."""
    hub = fakehub(configured(text))
    done = draft(hub)
    assert (done.status, hub.writes) == (2, ())
    assert said in done.log
    assert re.search(r"release-drafter\.yml:\d", done.log)


def test_inputs_of_version_6_are_taken_with_one_notice(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """They have no effect; the notice names them."""
    done = draft(fakehub(EXAMPLE), {"disable-autolabeler": "true", "disable-releaser": "false"})
    assert done.status == 0
    assert "disable-releaser, disable-autolabeler" in done.log


def test_the_token_is_masked_and_never_shown(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """It stands in the mask command and nowhere else."""
    hub = fakehub(EXAMPLE)
    done = draft(hub)
    shown = [line for line in (done.log + done.summary).splitlines() if hub.token in line]
    assert set(shown) == {f"::add-mask::{hub.token}"}


# Without a token.


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with a release behind it."""
    folder = tmp_path / "tree"
    folder.mkdir()
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        [*who, "commit", "-q", "--allow-empty", "-m", "first"],
        ["tag", "v1.0.0"],
        [*who, "commit", "-q", "--allow-empty", "-m", "feat: read wheels (#7)"],
    ):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True)
    return folder


def written(tree: Path, folder: Path, verification: str = "") -> tuple[draft_action.Outputs, TerminalFace]:
    """Write the notes of a tree into a folder, as `release` does on a laptop."""
    face = TerminalFace({}, "draft", as_json=True, stream=io.StringIO(), errors=io.StringIO())
    inputs = draft_action.Inputs(path=str(tree), folder=str(folder))
    return draft_action.run(inputs, face, verification=verification), face


def test_notes_from_git_lie_in_the_evidence(tree: Path, tmp_path: Path) -> None:
    """The body is the file's text, the version counts on from the last tag."""
    outputs, face = written(tree, tmp_path / "release")
    text = (tmp_path / "release" / "evidence" / "notes.md").read_text(encoding="utf-8")
    assert outputs.body_file == str(tmp_path / "release" / "evidence" / "notes.md")
    assert (outputs.body, outputs.resolved_version, face.record.exit_status) == (text, "1.1.0", 0)
    assert "* feat: read wheels (#7) Ada" in text


def test_notes_end_with_the_files_and_the_command_that_proves_them(tree: Path, tmp_path: Path) -> None:
    """Both sections stand behind the changes."""
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "app.whl").write_text("wheel", encoding="utf-8")
    body = written(tree, folder, "maximus verify --folder release")[0].body
    assert [line for line in body.splitlines() if line.startswith("## ")] == [
        "## Features",
        "## Artifacts",
        "## Verification",
    ]
    assert "maximus verify --folder release" in body


def test_two_runs_write_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    """No clock, no order of chance."""
    assert written(tree, tmp_path / "one")[0].body == written(tree, tmp_path / "two")[0].body
