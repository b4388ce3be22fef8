"""Notes from git's history alone."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error, ExitStatus
from maximus.git import Checkout, find_checkout
from maximus.notes.local import compose_local, next_version_of
from maximus.notes.settings import Request

if TYPE_CHECKING:
    from pathlib import Path


def _git(folder: Path, *arguments: str, at: int = 0) -> None:
    environment = {
        "GIT_AUTHOR_NAME": "Ada Lovelace",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada Lovelace",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
        "GIT_AUTHOR_DATE": f"{1_700_000_000 + at} +0000",
        "GIT_COMMITTER_DATE": f"{1_700_000_000 + at} +0000",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=environment)


def _repository(folder: Path, *history: str) -> Checkout:
    """Make a repository with one commit for each text; one that begins with `tag:` tags the last commit."""
    folder.mkdir(exist_ok=True)
    _git(folder, "init", "-b", "main")
    for number, text in enumerate(history):
        if text.startswith("tag:"):
            _git(folder, "tag", text.removeprefix("tag:"))
        else:
            _git(folder, "commit", "--allow-empty", "-m", text, at=number)
    found = find_checkout(folder)
    assert found is not None
    return found


def test_groups_conventional_commits_under_their_headings(tmp_path: Path) -> None:
    """Without a configuration, features and fixes have headings of their own and the rest has another."""
    checkout = _repository(tmp_path, "first", "tag:v1.0.0", "feat: add x (#12)", "fix: mend y", "Tidy up")
    body = compose_local(checkout, Request()).notes.body
    assert [line for line in body.splitlines() if line.startswith("#")] == [
        "## Features",
        "## Fixes",
        "## Other changes",
    ]


def test_a_number_at_the_end_of_a_subject_is_the_pull_request(tmp_path: Path) -> None:
    """GitHub's squash merges end with `(#12)`, which becomes the change's number and leaves its title."""
    checkout = _repository(tmp_path, "first", "tag:v1.0.0", "feat: add x (#12)")
    assert "* feat: add x (#12) Ada Lovelace" in compose_local(checkout, Request()).notes.body


def test_a_commit_without_a_number_is_named_by_its_id(tmp_path: Path) -> None:
    """`#` in front of an abbreviated id would be no link, so it is left out."""
    checkout = _repository(tmp_path, "first", "tag:v1.0.0", "feat: add x")
    head = checkout.head() or ""
    assert f"* feat: add x ({head[:8]}) " in compose_local(checkout, Request()).notes.body


@pytest.mark.parametrize(
    ("message", "version"),
    [
        ("Tidy up", "1.2.4"),
        ("feat: add x", "1.3.0"),
        ("fix!: drop y", "2.0.0"),
        ("fix: z\n\nBREAKING CHANGE: w is gone", "2.0.0"),
    ],
)
def test_conventional_subjects_decide_the_version(tmp_path: Path, message: str, version: str) -> None:
    """Breaking changes count up major, features minor, all else patch."""
    checkout = _repository(tmp_path, "first", "tag:v1.2.3", message)
    assert next_version_of(checkout) == version


def test_counts_from_the_highest_version_among_the_tags(tmp_path: Path) -> None:
    """1.10 is higher than 1.9, and a tag without a version is no release."""
    checkout = _repository(tmp_path, "a", "tag:v1.9.0", "b", "tag:v1.10.0", "c", "tag:nightly", "d")
    assert compose_local(checkout, Request()).base == "v1.10.0"


def test_the_tag_on_the_commit_is_the_release_being_built(tmp_path: Path) -> None:
    """The version is the tag's, and the notes count from the tag before it."""
    checkout = _repository(tmp_path, "a", "tag:v1.0.0", "feat: b", "tag:v3.0.0")
    made = compose_local(checkout, Request())
    assert (made.base, made.notes.version) == ("v1.0.0", "3.0.0")


def test_without_a_tag_the_whole_history_is_the_first_release(tmp_path: Path) -> None:
    """Nothing to count from is said, and every commit is listed."""
    made = compose_local(_repository(tmp_path, "feat: a", "fix: b"), Request())
    assert made.notes.body.startswith("This is the first release.\n")
    assert (made.commits, made.notes.version) == (2, "0.1.0")


def test_a_shallow_clone_is_an_error_with_the_command_that_mends_it(tmp_path: Path) -> None:
    """A cut-off history would make wrong notes, so none are made."""
    _repository(tmp_path / "whole", "a", "b", "c")
    _git(tmp_path, "clone", "--depth", "1", (tmp_path / "whole").as_uri(), "cut")
    checkout = find_checkout(tmp_path / "cut")
    assert checkout is not None
    with pytest.raises(Error, match="shallow") as caught:
        compose_local(checkout, Request())
    assert "git fetch --unshallow" in caught.value.fix


def test_a_repository_without_commits_is_unmeasured(tmp_path: Path) -> None:
    """Nothing was looked at, which is never a pass."""
    with pytest.raises(Error) as caught:
        compose_local(_repository(tmp_path), Request())
    assert caught.value.status is ExitStatus.UNMEASURED


def test_the_trees_own_configuration_decides(tmp_path: Path) -> None:
    """`.github/release-drafter.yml` gives templates and categories."""
    checkout = _repository(tmp_path, "first", "tag:v1.0.0", "perf: faster")
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "release-drafter.yml").write_text(
        "template: |\n  Since $PREVIOUS_TAG:\n  $CHANGES\n"
        "change-template: '- $TITLE'\n"
        "categories:\n  - title: Speed\n    semver-increment: minor\n    when: {conventional: {type: perf}}\n",
        encoding="utf-8",
    )
    notes = compose_local(checkout, Request()).notes
    assert (notes.body, notes.version) == ("Since v1.0.0:\n## Speed\n\n- perf: faster\n", "1.1.0")


def test_a_hostile_subject_stays_text(tmp_path: Path) -> None:
    """Mentions, images, comments and tokens in a commit's subject have no effect."""
    title = "@octocat <img src=x> [a](b) <!-- $RESOLVED_VERSION"
    checkout = _repository(tmp_path, "first", "tag:v1.0.0", title)
    body = compose_local(checkout, Request()).notes.body
    assert "@<!---->octocat \\<img src=x\\> \\[a\\]\\(b\\) \\<!-- $RESOLVED\\_VERSION" in body


@pytest.mark.parametrize("variable", ["AUTHOR", "AUTHORS"])
@pytest.mark.parametrize("escape", ["", "escape: strict\n"])
def test_a_name_is_made_harmless_once(tmp_path: Path, escape: str, variable: str) -> None:
    """With `escape: strict` by that, else by us; twice would show the backslashes."""
    checkout = _repository(tmp_path, "first", "tag:v1.0.0")
    (tmp_path / ".github").mkdir()
    text = f"template: $CHANGES\nchange-template: ${variable}\n{escape}"
    (tmp_path / ".github" / "release-drafter.yml").write_text(text, encoding="utf-8")
    _git(tmp_path, "-c", "user.name=x", "commit", "--allow-empty", "-m", "x", "--author", "[*Eve*] <eve@x.example>")
    assert compose_local(checkout, Request()).notes.body == "\\[\\*Eve\\*\\]"


def test_a_configuration_that_extends_another_repository_says_what_was_left_out(tmp_path: Path) -> None:
    """Without a token another repository cannot be read; the rest of the configuration holds."""
    checkout = _repository(tmp_path, "first", "tag:v1.0.0", "second")
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "release-drafter.yml").write_text(
        "_extends: .github\ntemplate: $CHANGES\n", encoding="utf-8"
    )
    made = compose_local(checkout, Request())
    assert any("_extends" in warning for warning in made.warnings)
    assert "second" in made.notes.body


def test_a_linked_configuration_outside_the_tree_is_refused(tmp_path: Path) -> None:
    """A link must not make the notes show a file that is not the repository's."""
    checkout = _repository(tmp_path / "tree", "first")
    (tmp_path / "secret.yml").write_text("template: secret\n", encoding="utf-8")
    (tmp_path / "tree" / ".github").mkdir()
    (tmp_path / "tree" / ".github" / "release-drafter.yml").symlink_to(tmp_path / "secret.yml")
    with pytest.raises(Error, match="leads out of"):
        compose_local(checkout, Request())


def test_hostile_messages_cost_no_time(tmp_path: Path) -> None:
    """A hundred thousand blanks in a subject or a trailer are read once, not once for each."""
    blanks = " " * 100_000
    checkout = _repository(tmp_path, "first", "tag:v1.0.0")
    (tmp_path / "message").write_text(f"a{blanks}b\n\nCo-authored-by:{blanks}x\n", encoding="utf-8")
    _git(tmp_path, "commit", "--allow-empty", "--cleanup=verbatim", "-F", "message")
    started = time.process_time()
    compose_local(checkout, Request())
    assert time.process_time() - started < 5
