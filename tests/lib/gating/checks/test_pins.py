"""`pins`: what a tree takes from elsewhere cannot be moved, and comes from where it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from maximus.errors import ExitStatus
from maximus.verdict import Status
from tests.fakehub.faults import Status as Broken
from tests.lib.gating.entries import judge_entry
from tests.lib.gating.hub import asker

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakehub.fixtures import FakeHub

SHA = "8e8c483db84b4bee98b60c0593521ed34d9990e8"
DIGEST = "sha256:" + "ab" * 32
RULE = "type: pins, belongs: false"
WORKFLOW = f"on: push\npermissions: {{}}\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@{SHA} # v6.0.0\n"


def write(root: Path, name: str, text: str) -> None:
    """Write a file of the tree."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree in which everything is pinned."""
    write(tmp_path, ".github/workflows/ci.yml", WORKFLOW)
    write(tmp_path, "x/action.yml", f"runs: {{using: composite, steps: [{{uses: a/b@{SHA}}}]}}")
    write(tmp_path, "Dockerfile", f"FROM python@{DIGEST}\n")
    write(tmp_path, "deploy/docker-compose.prod.yml", f"services: {{db: {{image: 'postgres@{DIGEST}'}}}}")
    return tmp_path


def test_passes_where_everything_is_pinned(tree: Path) -> None:
    """Two actions, two images, and the permissions of one workflow."""
    judged = judge_entry(tree, RULE)
    assert (judged.verdict.status, judged.verdict.inspected, judged.verdict.measured) == (Status.PASS, 5, "5/5")


@pytest.mark.parametrize(
    ("name", "before", "after", "place"),
    [
        (".github/workflows/ci.yml", SHA, "v6", ".github/workflows/ci.yml:6"),
        (".github/workflows/ci.yml", "permissions: {}\n", "", ".github/workflows/ci.yml:1"),
        (".github/workflows/ci.yml", "{}", "write-all", ".github/workflows/ci.yml:1"),
        ("x/action.yml", SHA, "main", "x/action.yml:1"),
        ("Dockerfile", f"@{DIGEST}", ":3", "Dockerfile:1"),
        ("deploy/docker-compose.prod.yml", f"@{DIGEST}", ":16", "deploy/docker-compose.prod.yml:1"),
    ],
)
def test_fails_on_a_mutant(tree: Path, name: str, before: str, after: str, place: str) -> None:
    """One thing that can be moved, wherever it stands, is named with its line."""
    path = tree / name
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    judged = judge_entry(tree, RULE)
    assert judged.verdict.status is Status.FAIL
    assert [str(found) for found in judged.finding.places] == [place]
    assert judged.verdict.measured == "4/5"


def test_is_unmeasured_on_nothing(tmp_path: Path) -> None:
    """A tree that takes nothing from elsewhere has nothing to pin."""
    write(tmp_path, "README.md", "uses: actions/checkout@v1\n")
    assert judge_entry(tmp_path, RULE).verdict.status is Status.UNMEASURED


def test_without_a_token_the_other_half_is_unmeasured(tree: Path) -> None:
    """That a commit has forty digits does not say whose it is; the reason says what was not measured."""
    judged = judge_entry(tree, "type: pins")
    assert judged.verdict.status is Status.UNMEASURED
    assert "whether 2 commits belong to their repositories was not measured: there is no token" in judged.verdict.reason
    assert judged.verdict.measured == "5/5"


def world(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a GitHub on which both actions are there, the commit tagged and below the head of the branch."""
    repository = {
        "refs": {"refs/heads/main": "1" * 40, "refs/tags/v6.0.0": SHA},
        "commits": {SHA: {"parents": []}, "1" * 40: {"parents": [SHA]}},
    }
    return {"repos": {"actions/checkout": repository, "a/b": repository | changes}}


def test_a_commit_that_belongs_to_its_repository_passes(tree: Path, fakehub: FakeHub) -> None:
    """GitHub says that the default branch reaches it."""
    judged = judge_entry(tree, "type: pins", ask=asker(fakehub(world())))
    assert (judged.verdict.status, judged.verdict.reason) == (Status.PASS, "holds")


def test_a_commit_on_a_tag_of_another_branch_passes(tree: Path, fakehub: FakeHub) -> None:
    """A release branch that was never merged has tags."""
    apart = {
        "refs": {"refs/heads/main": "1" * 40, "refs/tags/v6.0.0": SHA},
        "commits": {SHA: {"parents": []}, "1" * 40: {"parents": []}},
    }
    judged = judge_entry(tree, "type: pins", ask=asker(fakehub(world(**apart))))
    assert judged.verdict.status is Status.PASS


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"refs": {"refs/heads/main": "1" * 40}, "commits": {}}, "a/b has no such commit"),
        (
            {
                "refs": {"refs/heads/main": "1" * 40, "refs/tags/v1": "1" * 40},
                "commits": {SHA: {"parents": []}, "1" * 40: {"parents": []}},
            },
            "neither the default branch nor a tag of a/b has this commit: it may be a fork's",
        ),
    ],
)
def test_a_commit_of_somebody_else_fails(tree: Path, fakehub: FakeHub, changes: dict[str, Any], told: str) -> None:
    """One that is not there, and one that GitHub hands out because a fork has it."""
    judged = judge_entry(tree, "type: pins", ask=asker(fakehub(world(**changes))))
    assert judged.verdict.status is Status.FAIL
    assert [(place.path, told in place.text) for place in judged.finding.places] == [("x/action.yml", True)]


def test_a_repository_that_is_gone_has_no_commit(tree: Path, fakehub: FakeHub) -> None:
    """Its name may be somebody else's tomorrow."""
    given = world()
    del given["repos"]["a/b"]
    judged = judge_entry(tree, "type: pins", ask=asker(fakehub(given)))
    assert (judged.verdict.status, judged.finding.places[0].path) == (Status.FAIL, "x/action.yml")


def test_no_answer_ends_with_3(tree: Path, fakehub: FakeHub) -> None:
    """GitHub that cannot be reached is neither a pass nor a fail."""
    hub = fakehub(world())
    hub.inject(Broken(502), path="/repos/*/commits/*", times=9)
    judged = judge_entry(tree, "type: pins", ask=asker(hub))
    assert judged.verdict.status is Status.UNMEASURED
    assert judged.error is not None
    assert judged.error.status is ExitStatus.OUTSIDE
    hub.take_violations()


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"a: [", "cannot read .github/workflows/x.yml as YAML"),
        (b"\xff\xfe", "it is not UTF-8"),
        (b"a: 1\na: 2\n", "stands twice"),
        (b"# " + b"x" * (8 << 20), "it is larger than can be read"),
        (b"a: &a [*a]", "an alias stands inside what it names"),
        (b"[" * 100_000, "nest"),
    ],
)
def test_a_workflow_that_cannot_be_read_is_not_pinned(tree: Path, raw: bytes, told: str) -> None:
    """What it takes is not known; it is named, and there is no traceback."""
    (tree / ".github/workflows/x.yml").write_bytes(raw)
    judged = judge_entry(tree, RULE)
    assert judged.verdict.status is Status.FAIL
    assert [(place.path, told in place.text) for place in judged.finding.places] == [(".github/workflows/x.yml", True)]


def test_kinds_and_paths_can_be_chosen(tree: Path) -> None:
    """Images alone; and not those of a folder."""
    assert judge_entry(tree, RULE + ", kinds: [images]").verdict.inspected == 2
    assert judge_entry(tree, RULE + ", kinds: [images], paths: ['**', '!deploy/**']").verdict.inspected == 1


def test_what_a_reference_says_is_shown_as_text(tree: Path) -> None:
    """A reference that looks like a command of the runner is told like any other."""
    write(
        tree, ".github/workflows/evil.yml", "permissions: {}\njobs: {a: {steps: [{uses: '::set-output name=a::b'}]}}\n"
    )
    [place] = judge_entry(tree, RULE).finding.places
    assert place.text == "::set-output name=a::b: it is not `owner/name@commit`"
