"""The whole way: a tree becomes a proven release, or says in one line why not."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from actions import ACTIONS, command, dependencies, gate, release, verify
from actions.declare import find_action, inputs_from_texts
from actions.terminal import TerminalFace
from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.evidence.checking import check_bundle
from maximus.files import hash_file
from maximus.verdict import Status
from tests.stack.images import push_image, push_index, repository
from tests.trees import commit_all, git, make_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fakehub.server import Hub
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
BUILT = "app-1.2.0.tar.gz"
SIGNED = (BUILT, "sbom.cdx.json", "sbom.spdx.json")


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """A person's environment: a home of their own, no job, no token."""
    for name in ("GITHUB_ACTIONS", "GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return {"HOME": str(home), "PATH": "/usr/bin:/bin"}


def _release(tree: Path, environment: Mapping[str, str], **inputs: Any) -> tuple[release.Outputs, TerminalFace, str]:  # noqa: ANN401 - inputs of every type
    shown = io.StringIO()
    face = TerminalFace(environment, "release", stream=shown, errors=shown)
    asked = {"path": str(tree), "folder": str(tree / "release"), "files": ("dist/*",)} | inputs
    outputs = release.run(release.Inputs(**asked), face)
    face.conclude({})
    return outputs, face, shown.getvalue()


def _refusal(tree: Path, environment: Mapping[str, str], **inputs: Any) -> Error:  # noqa: ANN401 - inputs of every type
    with pytest.raises(Error) as caught:
        _release(tree, environment, **inputs)
    return caught.value


def test_a_laptop_releases_with_a_key_and_says_that_nothing_is_logged(
    tmp_path: Path, laptop: Mapping[str, str]
) -> None:
    """Without an identity at hand the release is whole, key-signed, and says `not logged` in its verdict line."""
    outputs, face, shown = _release(make_tree(tmp_path / "app"), laptop)
    assert face.record.exit_status is ExitStatus.PASS
    assert outputs.signing == "key"
    assert outputs.compliant == "true"
    assert "key-signed, not logged" in shown.splitlines()[-1]


def test_the_images_of_a_release_are_signed_and_verified(
    tmp_path: Path, laptop: Mapping[str, str], registry: str
) -> None:
    """An index and its platform, beside the folder; the notes have the line for each."""
    child = push_image(repository(registry, "octo/released"), b"released")
    index = push_index(repository(registry, "octo/released"), "v1", amd64=child)
    outputs, face, shown = _release(make_tree(tmp_path / "app"), laptop, images=(f"{registry}/octo/released:v1",))
    assert face.record.exit_status is ExitStatus.PASS, shown
    names = sorted(f"{registry}/octo/released@{each.digest}" for each in (index, child))
    assert json.loads(outputs.signed_images) == names
    assert json.loads(outputs.bundles)
    (verdict,) = [each for each in face.record.verdicts if each.check == "release.images"]
    assert (verdict.status, verdict.inspected) == (Status.PASS, 2)
    notes = Path(outputs.body_file).read_text(encoding="utf-8")
    assert outputs.verify_command in notes
    assert f"maximus verify --image {registry}/octo/released@{index.digest}" in notes


def test_an_image_that_cannot_be_signed_stops_the_release(
    tmp_path: Path, laptop: Mapping[str, str], registry: str
) -> None:
    """Nothing is drafted; the files' signatures stay."""
    outputs, face, shown = _release(make_tree(tmp_path / "app"), laptop, images=(f"{registry}/octo/nowhere:v1",))
    assert face.record.exit_status is ExitStatus.FAILED
    assert (outputs.body_file, json.loads(outputs.failed)[0]["code"]) == ("", "IMAGE005")
    assert json.loads(outputs.bundles)
    assert "is not released: sign:" in shown


def test_an_image_that_is_none_is_refused_before_anything_is_written(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """No registry is assumed."""
    tree = make_tree(tmp_path / "app")
    assert _refusal(tree, laptop, images=("app:v1",)).code == "IMAGE001"
    assert not (tree / "release").exists()


def test_a_token_that_merely_lies_in_the_environment_sends_nothing(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """On a laptop something is sent only with a token that was named: the plan says so and the run keeps to it."""
    tree = make_tree(tmp_path / "app")
    environment = {**laptop, "GITHUB_TOKEN": "ghp_of_another_day"}
    _, _, planned = _release(tree, environment, dry_run=True)
    outputs, face, _ = _release(tree, environment)
    assert "nothing: there is no token" in planned
    assert (face.record.exit_status, outputs.release_url) == (ExitStatus.PASS, "")


def test_the_release_folder_holds_what_the_design_says(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """The folder has the built file, both SBOMs, a bundle beside each, the public key and the evidence."""
    tree = make_tree(tmp_path / "app")
    _release(tree, laptop)
    found = {path.relative_to(tree / "release").as_posix() for path in (tree / "release").rglob("*") if path.is_file()}
    bundles = {f"{name}.sigstore.json" for name in SIGNED}
    packed = {f"evidence/evidence.{suffix}" for suffix in ("zip", "manifest.json", "telemetry.json")}
    assert found == {*SIGNED, *bundles, "maximus.pub", "evidence/notes.md", "evidence/verdicts.json", *packed}


def test_the_evidence_is_packed_at_the_end(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """The bundle holds verdicts and notes, and whoever has it can check it; a dry run says where it will lie."""
    tree = make_tree(tmp_path / "app")
    _, _, planned = _release(tree, laptop, dry_run=True)
    outputs, _, _ = _release(tree, laptop)
    bundle = Path(outputs.evidence_bundle)
    found = check_bundle(bundle)
    assert "evidence/evidence.zip" in planned
    assert (found.faults, found.inspected, found.documents) == ((), 2, 1)
    assert outputs.evidence_sha256 == hash_file(bundle).sha256


def test_evidence_that_cannot_be_packed_is_told_last(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """The release stands, and the run fails by what lies among the evidence."""
    tree = make_tree(tmp_path / "app")
    (tree / "release" / "evidence").mkdir(parents=True)
    (tree / "release" / "evidence" / "link").symlink_to("nowhere")
    outputs, face, shown = _release(tree, laptop)
    assert face.record.exit_status is ExitStatus.FAILED
    assert (outputs.compliant, outputs.evidence_bundle) == ("true", "")
    assert "evidence: nothing is packed" in shown.splitlines()[-1]


def test_the_notes_count_from_the_last_tag(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """The next version follows from the commits since the last tag, and the notes hold just those."""
    tree = make_tree(tmp_path / "app")
    outputs, _, _ = _release(tree, laptop)
    notes = (tree / "release" / "evidence" / "notes.md").read_text(encoding="utf-8")
    assert outputs.resolved_version == "1.2.0"
    assert "greet the world" in notes
    assert "begin with a capital" in notes
    assert "feat: begin\n" not in notes


def test_a_tag_on_the_commit_is_the_version(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """A tag that is checked out is released as it is, not counted up."""
    tree = make_tree(tmp_path / "app")
    git(tree, "tag", "v2.0.0")
    outputs, _, _ = _release(tree, laptop)
    assert outputs.resolved_version == "2.0.0"


def test_the_verdicts_are_kept_and_hold_to_their_schema(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """`evidence/verdicts.json` holds what every part answered."""
    tree = make_tree(tmp_path / "app")
    _release(tree, laptop)
    kept = documents.load_json(tree / "release" / "evidence" / "verdicts.json")
    assert documents.faults(kept, "verdicts") == ()
    areas = {item["check"].split(".")[0] for item in kept["verdicts"]}
    assert areas == {"sbom", "sign", "verify", "draft"}


def test_two_releases_of_one_tree_differ_in_signatures_only(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """Thrown away and made again, everything but the bundles and telemetry has the same bytes."""
    tree = make_tree(tmp_path / "app")
    digests = []
    for _ in range(2):
        shutil.rmtree(tree / "release", ignore_errors=True)
        _release(tree, laptop)
        files = sorted(path for path in (tree / "release").rglob("*") if path.is_file())
        aside = (".sigstore.json", ".telemetry.json")
        digests.append({path.name: hash_file(path).sha256 for path in files if not path.name.endswith(aside)})
    assert digests[0] == digests[1]


def test_a_second_run_keeps_the_signatures_of_the_first(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """What is signed is not signed again: the bundles keep their bytes."""
    tree = make_tree(tmp_path / "app")
    _release(tree, laptop)
    first = {path.name: path.read_bytes() for path in (tree / "release").glob("*.sigstore.json")}
    _release(tree, laptop)
    assert {path.name: path.read_bytes() for path in (tree / "release").glob("*.sigstore.json")} == first


def test_a_killed_run_is_finished_by_the_next(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """A temporary file and a missing bundle, as a killed run leaves them, are gone after a second run."""
    tree = make_tree(tmp_path / "app")
    _release(tree, laptop)
    (tree / "release" / f"{BUILT}.sigstore.json").unlink()
    (tree / "release" / ".maximus-abcd.tmp").write_text("half", encoding="utf-8")
    _, face, _ = _release(tree, laptop)
    assert face.record.exit_status is ExitStatus.PASS
    assert not (tree / "release" / ".maximus-abcd.tmp").exists()


def test_a_file_that_stood_in_the_folder_is_released_too(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """Without `files` what is in the folder already is what is released."""
    tree = make_tree(tmp_path / "app")
    (tree / "release").mkdir()
    (tree / "release" / "tool.bin").write_bytes(b"x")
    _, face, _ = _release(tree, laptop, files=())
    assert face.record.exit_status is ExitStatus.PASS
    assert (tree / "release" / "tool.bin.sigstore.json").is_file()


def test_a_tree_without_git_is_released_without_changes_in_its_notes(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """An unpacked source archive has no history: its notes say that the changes are not measured."""
    tree = make_tree(tmp_path / "app")
    shutil.rmtree(tree / ".git")
    _, face, _ = _release(tree, laptop)
    assert face.record.exit_status is ExitStatus.PASS
    assert "not measured" in (tree / "release" / "evidence" / "notes.md").read_text(encoding="utf-8")


def test_a_dry_run_writes_nothing(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """The plan is shown; neither folder nor key is made."""
    tree = make_tree(tmp_path / "app")
    _, face, shown = _release(tree, laptop, dry_run=True)
    assert face.record.exit_status is ExitStatus.PASS
    assert BUILT in shown
    assert not (tree / "release").exists()
    assert list((tmp_path / "home").iterdir()) == []


def test_a_job_without_an_identity_is_refused_before_anything_is_written(
    tmp_path: Path, laptop: Mapping[str, str]
) -> None:
    """In a GitHub job there is no silent key: status 3, the YAML to paste, and no folder."""
    tree = make_tree(tmp_path / "app")
    error = _refusal(tree, {**laptop, "GITHUB_ACTIONS": "true"})
    assert error.status is ExitStatus.OUTSIDE
    assert "id-token: write" in error.fix
    assert not (tree / "release").exists()


def test_a_dry_run_shows_that_a_job_could_not_sign(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """Without an identity the plan of a job says that signing would be refused."""
    _, face, shown = _release(make_tree(tmp_path / "app"), {**laptop, "GITHUB_ACTIONS": "true"}, dry_run=True)
    assert face.record.exit_status is ExitStatus.PASS
    assert "refused" in shown


def test_no_tree_is_wrong_usage(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """A tree that is not there is named with the input to mend."""
    error = _refusal(tmp_path / "nowhere", laptop)
    assert (error.status, error.where) == (ExitStatus.USAGE, "input `path`")


def test_an_empty_tree_is_unmeasured(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """Where nothing can be inventoried nothing is signed, and the status is 70."""
    tree = tmp_path / "empty"
    tree.mkdir()
    git(tree, "init", "--quiet")
    commit_all(tree, "nothing")
    _, face, _ = _release(tree, laptop, files=())
    assert face.record.exit_status is ExitStatus.UNMEASURED
    assert list((tree / "release").glob("*.sigstore.json")) == []


def test_a_repository_without_a_commit_is_unmeasured(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """Before the first commit there is nothing to release."""
    tree = tmp_path / "fresh"
    tree.mkdir()
    git(tree, "init", "--quiet")
    assert _refusal(tree, laptop, files=()).status is ExitStatus.UNMEASURED


def test_a_broken_lock_is_named_and_nothing_is_signed(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """The SBOM of what could be read is written; an incomplete inventory is not signed, status 1."""
    tree = make_tree(tmp_path / "app")
    (tree / "sub").mkdir()
    (tree / "sub" / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": ', encoding="utf-8")
    _, face, shown = _release(tree, laptop)
    assert face.record.exit_status is ExitStatus.FAILED
    assert "sub/package-lock.json" in shown
    assert (tree / "release" / "sbom.spdx.json").is_file()
    assert list((tree / "release").glob("*.sigstore.json")) == []


def test_no_file_matched_is_unmeasured(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """Patterns that name nothing are not an empty success."""
    error = _refusal(make_tree(tmp_path / "app"), laptop, files=("build/*.whl",))
    assert error.status is ExitStatus.UNMEASURED
    assert "build/*.whl" in error.why


@pytest.mark.parametrize("pattern", ["../*", "dist/../../*", "/etc/host*"])
def test_a_pattern_that_leaves_the_tree_is_refused(tmp_path: Path, laptop: Mapping[str, str], pattern: str) -> None:
    """Files are named below the tree, never outside it."""
    assert _refusal(make_tree(tmp_path / "app"), laptop, files=(pattern,)).status is ExitStatus.USAGE


def test_a_link_out_of_the_tree_is_refused(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """What lies elsewhere is not released under a name of this tree."""
    tree = make_tree(tmp_path / "app")
    (tmp_path / "secret").write_text("s", encoding="utf-8")
    (tree / "dist" / "link.txt").symlink_to(tmp_path / "secret")
    assert _refusal(tree, laptop).status is ExitStatus.USAGE


def test_two_files_of_one_name_are_refused(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """A release's assets have no folders, so two files may not share a name."""
    tree = make_tree(tmp_path / "app")
    (tree / "dist" / "arm").mkdir()
    (tree / "dist" / "arm" / BUILT).write_bytes(b"other")
    error = _refusal(tree, laptop, files=("dist/**/*",))
    assert (error.code, error.status) == ("REL003", ExitStatus.USAGE)


def test_an_unknown_input_is_refused_with_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt input of a job's step ends with status 2 and `did you mean`."""
    status = command.main(["release"], {"MAXIMUS_INPUTS": json.dumps({"fils": "dist/*"})})
    assert status == ExitStatus.USAGE
    assert "did you mean files" in capsys.readouterr().out


def test_every_input_of_a_part_that_the_root_has_means_the_same() -> None:
    """What is handed on to a part under its own name has the part's type."""
    kinds = {item.name: {item.kind} for item in find_action("release").inputs()}
    for name in ACTIONS:
        for item in find_action(name).inputs():
            if item.name in kinds:
                kinds[item.name].add(item.kind)
    assert {name: found for name, found in kinds.items() if len(found) > 1} == {}


@pytest.mark.parametrize("rekor", [1, 2])
@pytest.mark.parametrize("mode", ["each", "statement"])
def test_a_job_releases_keyless_and_cosign_agrees(  # noqa: PLR0913, PLR0917 - the stack's fixtures
    tmp_path: Path, stack: Stack, trust_v1: Path, trust_v2: Path, cosign: Cosign, rekor: int, mode: str
) -> None:
    """Against real servers the release is logged and COMPLIANT, and cosign verifies every file by its bundle."""
    tree = make_tree(tmp_path / "app")
    trust = trust_v1 if rekor == 1 else trust_v2
    job = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **stack.environment()}
    outputs, face, shown = _release(tree, job, trust_config=str(trust), mode=mode, version="1.2.3")
    assert face.record.exit_status is ExitStatus.PASS, shown
    assert (outputs.signing, outputs.compliant) == ("keyless", "true")
    folder = tree / "release"
    for name in SIGNED:
        if mode == "each":
            judged = cosign.verify_blob(folder / name, folder / f"{name}.sigstore.json")
        else:
            judged = cosign.verify_blob_attestation(
                folder / name,
                folder / "release.sigstore.json",
                predicate_type="https://in-toto.io/attestation/release/v0.1",
            )
        assert judged.returncode == 0, judged.stderr


def test_our_own_release_is_a_go(tmp_path: Path, stack: Stack, trust_v1: Path) -> None:
    """What the release workflow does, on this repository's last commit: the checklist holds, and it is a GO."""
    tree = tmp_path / "actions"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tree)], check=True, capture_output=True)
    git(tree, "remote", "set-url", "origin", "https://github.com/octo/app.git")
    (tree / "dist").mkdir()
    (tree / "dist" / "maximus_actions-1.0.0-py3-none-any.whl").write_bytes(b"what a build would have made")
    job = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], **stack.environment()}
    outputs, face, shown = _release(tree, job, trust_config=str(trust_v1), sbom_exclude=("tests/**",), version="1.0.0")
    assert (face.record.exit_status, outputs.compliant) == (ExitStatus.PASS, "true"), shown
    decided = TerminalFace(job, "gate", stream=io.StringIO(), errors=io.StringIO())
    policy = str(tree / ".github" / "go-no-go.yml")
    gate.run(gate.Inputs(policy=policy, path=str(tree), folder=str(tree / "release")), decided)
    assert decided.record.exit_status is ExitStatus.PASS
    found = {verdict.check.rpartition(".")[2]: verdict.status for verdict in decided.record.verdicts}
    assert {name for name, status in found.items() if status is Status.PASS} == {
        "sbom", "signatures", "log", "checklist", "documents"
    }  # fmt: skip
    assert Status.FAIL not in found.values()


def test_the_printed_command_verifies_the_release(
    tmp_path: Path, stack: Stack, trust_v1: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line that `sign` prints, run by a stranger in another place, finds the same release COMPLIANT."""
    tree = make_tree(tmp_path / "app")
    job = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **stack.environment()}
    outputs, _, _ = _release(tree, job, trust_config=str(trust_v1))
    program, name, *options = shlex.split(outputs.verify_command)
    monkeypatch.chdir(tmp_path)
    face = TerminalFace({"HOME": str(tmp_path)}, "verify", stream=io.StringIO(), errors=io.StringIO())
    texts = {option.removeprefix("--"): value for option, value in zip(options[::2], options[1::2], strict=True)}
    found = verify.run(inputs_from_texts(find_action(name), texts), face)
    assert (program, found.compliant) == ("maximus", "true")


def test_another_repository_is_not_the_one_that_signed(tmp_path: Path, stack: Stack, trust_v1: Path) -> None:
    """What octo/app released does not pass as octo/other's, and the reason names both."""
    tree = make_tree(tmp_path / "app")
    job = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **stack.environment()}
    _release(tree, job, trust_config=str(trust_v1))
    shown = io.StringIO()
    face = TerminalFace({"HOME": str(tmp_path)}, "verify", stream=shown, errors=shown)
    asked = verify.Inputs(
        folder=str(tree / "release"),
        repository="octo/other",
        workflow=".github/workflows/release.yml",
        issuer=stack.issuer_url,
        trust_config=str(trust_v1),
    )
    assert verify.run(asked, face).compliant == "false"
    assert face.record.exit_status is ExitStatus.FAILED
    assert "octo/app" in shown.getvalue()


SHAS = ("1" * 40, "2" * 40)
WORLD = {
    "repos": {
        "octo/app": {
            "releases": [{"tag_name": "v1.1.0", "created_at": "2026-01-01T00:00:00Z"}],
            "refs": {"refs/tags/v1.1.0": SHAS[0], "refs/tags/v1.2.3": SHAS[1], "refs/heads/main": SHAS[1]},
            "commits": {
                SHAS[0]: {"message": "Start", "committedDate": "2026-01-01T00:00:00Z", "parents": []},
                SHAS[1]: {
                    "message": "Greet the world (#12)",
                    "committedDate": "2026-01-02T00:00:00Z",
                    "author": {"name": "Ada", "login": "ada"},
                    "parents": [SHAS[0]],
                    "prs": ["octo/app#12"],
                },
            },
            "files": {"*": {".github/release-drafter.yml": "tag-template: v$RESOLVED_VERSION\ntemplate: $CHANGES\n"}},
        }
    },
    "prs": {
        "octo/app#12": {
            "title": "Greet the world",
            "author": {"login": "ada"},
            "mergedAt": "2026-01-02T00:00:00Z",
            "mergeCommit": SHAS[1],
        }
    },
}


def _job(tmp_path: Path, stack: Stack, hub: Hub) -> dict[str, str]:
    """Return the variables of a job that builds the tag v1.2.3 with both permissions."""
    github = hub.environment("octo/app", ref="refs/tags/v1.2.3")
    # Certificates name the real GitHub, whatever address its API has here.
    return {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        **stack.environment(),
        **github,
        "GITHUB_SERVER_URL": "https://github.com",
    }


def test_a_job_drafts_the_release_with_everything_attached(
    tmp_path: Path, stack: Stack, trust_v1: Path, fakehub: Callable[..., Hub]
) -> None:
    """The draft stands on the tag, its notes hold what was merged, and its assets are the folder's, read back."""
    hub = fakehub(WORLD)
    tree = make_tree(tmp_path / "app")
    outputs, face, shown = _release(tree, _job(tmp_path, stack, hub), trust_config=str(trust_v1), token=hub.token)
    assert face.record.exit_status is ExitStatus.PASS, shown
    drafted = next(release for release in hub.release_state["octo/app"] if release["draft"])
    assert (drafted["tag_name"], outputs.release_url) == ("v1.2.3", drafted["html_url"])
    assert "Greet the world" in drafted["body"]
    attached = {asset["name"]: asset["digest"] for asset in drafted["assets"]}
    expected = {*SIGNED, *(f"{name}.sigstore.json" for name in SIGNED)}
    assert attached == {name: f"sha256:{hash_file(tree / 'release' / name).sha256}" for name in expected}


def test_a_second_run_updates_the_one_draft(
    tmp_path: Path, stack: Stack, trust_v1: Path, fakehub: Callable[..., Hub]
) -> None:
    """Running again makes no second draft and attaches nothing twice."""
    hub = fakehub(WORLD)
    tree = make_tree(tmp_path / "app")
    for _ in range(2):
        _, face, shown = _release(tree, _job(tmp_path, stack, hub), trust_config=str(trust_v1), token=hub.token)
        assert face.record.exit_status is ExitStatus.PASS, shown
    drafts = [release for release in hub.release_state["octo/app"] if release["draft"]]
    assert [len(release["assets"]) for release in drafts] == [6]


@pytest.mark.parametrize(("inputs", "is_kept"), [({}, True), ({"protect_edits": False}, False)])
def test_what_people_write_into_the_draft_stays(  # noqa: PLR0913, PLR0917 - the stack's fixtures
    tmp_path: Path,
    stack: Stack,
    trust_v1: Path,
    fakehub: Callable[..., Hub],
    inputs: dict[str, bool],
    is_kept: bool,  # noqa: FBT001 - what is compared
) -> None:
    """Nobody has to ask for it: a greeting in front of the notes survives the next run, unless it is switched off."""
    hub = fakehub(WORLD)
    tree = make_tree(tmp_path / "app")
    wanted = {"trust_config": str(trust_v1), "token": hub.token, **inputs}
    _release(tree, _job(tmp_path, stack, hub), **wanted)
    drafted = next(release for release in hub.release_state["octo/app"] if release["draft"])
    hub.edit("octo/app", "v1.2.3", body=f"Hello.\n\n{drafted['body']}")
    _, face, shown = _release(tree, _job(tmp_path, stack, hub), **wanted)
    assert face.record.exit_status is ExitStatus.PASS, shown
    drafted = next(release for release in hub.release_state["octo/app"] if release["draft"])
    assert drafted["body"].startswith("Hello.\n\n") is is_kept
    assert "Greet the world" in drafted["body"]


def test_a_published_release_is_left_alone(
    tmp_path: Path, stack: Stack, trust_v1: Path, fakehub: Callable[..., Hub]
) -> None:
    """What is public is never changed: status 1, and nothing of it is written."""
    published = {"tag_name": "v1.2.3", "created_at": "2026-01-03T00:00:00Z", "body": "as it was"}
    world = json.loads(json.dumps(WORLD))
    world["repos"]["octo/app"]["releases"].insert(0, published)
    hub = fakehub(world)
    tree = make_tree(tmp_path / "app")
    _, face, _ = _release(tree, _job(tmp_path, stack, hub), trust_config=str(trust_v1), token=hub.token)
    assert face.record.exit_status is ExitStatus.FAILED
    assert hub.writes == ()


CHECKLIST = """
version: 1
name: checklist
checks:
  - { id: guide, type: files-present, files: [{ path: GUIDE.md, headings: [Usage] }] }
"""


def _with_checklist(tree: Path, *, guide: bool) -> Path:
    (tree / ".github").mkdir()
    (tree / ".github" / "release-checklist.yml").write_text(CHECKLIST, encoding="utf-8")
    if guide:
        (tree / "GUIDE.md").write_text("# Usage\n", encoding="utf-8")
    commit_all(tree, "chore: checklist")
    return tree


def test_a_failing_checklist_writes_nothing(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """The gate comes first: where it fails there is no folder, no signature and no draft, and the exit status is 1."""
    tree = _with_checklist(make_tree(tmp_path / "app"), guide=False)
    before = sorted(path for path in tree.rglob("*") if ".git" not in path.relative_to(tree).parts)
    outputs, face, shown = _release(tree, laptop)
    assert face.record.exit_status is ExitStatus.FAILED
    assert sorted(path for path in tree.rglob("*") if ".git" not in path.relative_to(tree).parts) == before
    assert outputs == release.Outputs()
    assert "version 1.2.0 is not released: gate:" in shown.splitlines()[-1]


def test_a_checklist_that_cannot_be_read_writes_nothing(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """A policy with a fault ends the release before it begins, with the fault's line."""
    tree = _with_checklist(make_tree(tmp_path / "app"), guide=True)
    (tree / ".github" / "release-checklist.yml").write_text(CHECKLIST + "cheks: []\n", encoding="utf-8")
    _, face, shown = _release(tree, laptop)
    assert face.record.exit_status is ExitStatus.USAGE
    assert "release-checklist.yml:6: cheks: unknown key: did you mean checks?" in shown
    assert not (tree / "release").exists()


def test_a_checklist_that_holds_is_kept_beside_the_release(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """The scorecard lies in the evidence, its verdicts among the others, bound to the commit."""
    tree = _with_checklist(make_tree(tmp_path / "app"), guide=True)
    outputs, face, _ = _release(tree, laptop)
    kept = documents.load_json(tree / "release" / "evidence" / "verdicts.json")
    assert face.record.exit_status is ExitStatus.PASS
    assert outputs.scorecard == f"{tree}/release/evidence/gate-checklist.scorecard.json"
    assert "gate.guide" in {item["check"] for item in kept["verdicts"]}
    assert kept["subject"] == {"commit": git(tree, "rev-parse", "HEAD").strip()}


def test_a_release_without_a_checklist_says_so(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """No checklist is no pass: the table says that the gate was skipped, and why."""
    _, face, shown = _release(make_tree(tmp_path / "app"), laptop)
    (table,) = [table for table in face.record.tables if table.title == "release"]
    assert table.rows[0][:2] == ("gate", "skipped")
    assert "gate: skipped, nothing was judged" in shown


# What the notes prove.


def test_the_notes_prove_the_release_from_its_documents(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """Files, the command, the inventory, and a tick for each check that passed before the notes were made."""
    tree = make_tree(tmp_path / "app")
    _release(tree, laptop)
    notes = (tree / "release" / "evidence" / "notes.md").read_text(encoding="utf-8")
    headings = [line for line in notes.splitlines() if line.startswith("## ")]
    assert headings[-4:] == ["## Artifacts", "## Verification", "## SBOM", "## Verdicts"]
    assert f"| `{BUILT}` |" in notes
    assert "| `verify.signatures` | ✅ pass |" in notes
    assert "| `sbom.cdx.json` | CycloneDX 1.6 |" in notes


def test_the_command_in_the_notes_verifies_a_copy_of_the_folder(
    tmp_path: Path, laptop: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pasted as it stands there, where the files were put."""
    tree = make_tree(tmp_path / "app")
    monkeypatch.chdir(tree)
    _release(tree, laptop, path=".", folder="release")
    notes = (tree / "release" / "evidence" / "notes.md").read_text(encoding="utf-8")
    line = notes.split("```sh\n")[1].split("\n```")[0]
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(tree / "release", elsewhere / "release", ignore=shutil.ignore_patterns("evidence"))
    monkeypatch.chdir(elsewhere)
    # The tests' own environment has the packages already.
    monkeypatch.setattr(dependencies, "make_importable", lambda *_: None)
    words = shlex.split(line)
    assert words[0] == "maximus"
    assert command.main([*words[1:], "--json"], {**laptop}) == 0
    assert json.loads(capsys.readouterr().out)["outputs"]["compliant"] == "true"


def test_numbers_and_a_comparison_follow_where_there_are_some(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """`metrics` and `sbom-base` are handed through."""
    tree = make_tree(tmp_path / "app")
    source = {"name": "stream.ndjson", "sha256": "ab" * 32, "profile": "cockpit/1.0"}
    numbers = {
        "kind": "maximus-consciousness-metrics",
        "version": 1,
        "recording": {**source, "bytes": 1, "frames": 1, "window_s": None},
        "phi_proxy": {"value": 2.34, "scale": "unbounded", "source": source},
        "esgt_events": None,
        "arousal_range": None,
    }
    (tmp_path / "numbers.json").write_text(json.dumps(numbers), encoding="utf-8")
    _release(tree, laptop, metrics=str(tmp_path / "numbers.json"), sbom_base="v1.1.0")
    notes = (tree / "release" / "evidence" / "notes.md").read_text(encoding="utf-8")
    assert "| Phi proxy | 2.34, scale `unbounded` (without bounds) |" in notes
    assert "## SBOM changes\n\n" in notes
    assert "Nothing changed in 1 component since `v1.1.0`." in notes


def test_numbers_that_are_not_there_are_wrong_usage(tmp_path: Path, laptop: Mapping[str, str]) -> None:
    """Told before anything is signed."""
    tree = make_tree(tmp_path / "app")
    assert _refusal(tree, laptop, metrics="none.json").code == "DRAFT011"
    assert not (tree / "release").exists()


@pytest.mark.parametrize("mode", ["each", "statement"])
def test_the_notes_of_a_keyless_release_name_the_log_entries(
    tmp_path: Path, stack: Stack, trust_v1: Path, mode: str
) -> None:
    """The index in the log, out of a bundle as Sigstore makes it; a private log's entry is no link."""
    tree = make_tree(tmp_path / "app")
    job = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **stack.environment()}
    outputs, face, _ = _release(tree, job, trust_config=str(trust_v1), mode=mode)
    notes = (tree / "release" / "evidence" / "notes.md").read_text(encoding="utf-8")
    bundle = f"{BUILT}.sigstore.json" if mode == "each" else "release.sigstore.json"
    index = json.loads(outputs.log_indexes)[f"{tree}/release/{bundle}"]
    assert face.record.exit_status is ExitStatus.PASS
    assert f"| `{bundle}` | {index} |" in notes
    assert "search.sigstore.dev" not in notes
    assert "| `verify.log` | ✅ pass |" in notes
