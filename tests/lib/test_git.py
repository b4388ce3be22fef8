"""What a checkout says about itself, asked in real repositories."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from maximus import git
from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from pathlib import Path

# Git's own settings of this machine must not decide what the tests see.
_QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
_WHO = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Bob",
        "GIT_COMMITTER_EMAIL": "bob@example.org"}  # fmt: skip
START = 1_700_000_000


def run(folder: Path, *arguments: str, time: int = START) -> str:
    """Run git in a folder with fixed people and time, and return what it prints."""
    when = {"GIT_AUTHOR_DATE": f"{time} +0000", "GIT_COMMITTER_DATE": f"{time} +0000"}
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)} | _QUIET | _WHO | when
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout.strip()


def commit(folder: Path, message: str, time: int = START) -> str:
    """Make a commit without a change and return its id."""
    run(folder, "commit", "--allow-empty", "--cleanup=verbatim", "-m", message, time=time)
    return run(folder, "rev-parse", "HEAD")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with a first commit."""
    folder = tmp_path / "tree"
    folder.mkdir()
    run(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "first")
    return folder


def opened(folder: Path) -> git.Checkout:
    """Return the checkout that a folder lies in."""
    found = git.find_checkout(folder)
    assert found is not None
    return found


def test_finds_the_checkout_from_a_folder_in_it(tree: Path) -> None:
    """A folder below the top belongs to the checkout around it."""
    (tree / "a" / "b").mkdir(parents=True)

    assert opened(tree / "a" / "b").root == tree.resolve()


@pytest.mark.parametrize("name", [".", "missing", "x" * 300])
def test_finds_no_checkout_where_there_is_none(tmp_path: Path, name: str) -> None:
    """A folder outside any checkout, or none at all, has no checkout."""
    assert git.find_checkout(tmp_path / name) is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="unmeasured: only root can give files away")
@pytest.mark.parametrize("below", [".", "sub"])
def test_reads_a_checkout_that_another_user_owns(tree: Path, below: str) -> None:
    """In a container job another user owns the workspace; the caller named it, so it is read."""
    (tree / "sub").mkdir()
    for parent, folders, names in os.walk(tree):
        for entry in (".", *folders, *names):
            os.chown(os.path.join(parent, entry), 1001, 1001, follow_symlinks=False)  # noqa: PTH118 - as os.walk has it

    assert opened(tree / below).root == tree.resolve()


def test_head_is_the_commit_that_is_checked_out(tree: Path) -> None:
    """Head is the full id of the last commit."""
    assert opened(tree).head() == run(tree, "rev-parse", "HEAD")


def test_there_is_no_head_before_the_first_commit(tmp_path: Path) -> None:
    """An empty repository has no head, no time, no tags and no history."""
    run(tmp_path, "init", "--quiet")
    empty = opened(tmp_path)

    assert (empty.head(), empty.commit_time(), empty.tags_at_head(), empty.tags_reachable()) == (None, None, (), ())


def test_tells_the_commit_behind_any_name(tree: Path) -> None:
    """A branch, a light and an annotated tag and a short id lead to their commit; an unknown name to none."""
    run(tree, "tag", "light")
    run(tree, "tag", "-a", "-m", "v1", "v1.0.0")
    found = opened(tree)

    assert {found.commit_of(name) for name in ("main", "light", "v1.0.0", str(found.head())[:10])} == {found.head()}
    assert found.commit_of("v9") is None


@pytest.mark.parametrize("question", ["commit_of", "tags_reachable"])
def test_refuses_a_revision_that_is_an_option(tree: Path, question: str) -> None:
    """A name that git would take for an option is wrong usage."""
    with pytest.raises(Error) as caught:
        getattr(opened(tree), question)("--output=x")

    assert (caught.value.code, caught.value.status) == ("GIT004", ExitStatus.USAGE)


def test_tells_the_committers_time(tree: Path) -> None:
    """The time is the commit's own, in seconds."""
    commit(tree, "later", time=START + 5)

    assert opened(tree).commit_time() == START + 5


def test_lists_the_tags_on_the_commit_sorted(tree: Path) -> None:
    """Only tags on the commit that is checked out are listed."""
    run(tree, "tag", "old")
    commit(tree, "second")
    run(tree, "tag", "v1")
    run(tree, "tag", "a")

    assert opened(tree).tags_at_head() == ("a", "v1")


def test_lists_reachable_tags_nearest_first(tree: Path) -> None:
    """Tags come by their distance; those of another branch are not reachable; a comma belongs to a name."""
    run(tree, "tag", "v1.0.0")
    commit(tree, "second", time=START + 1)
    run(tree, "tag", "-a", "-m", "two", "v2,0")
    run(tree, "tag", "same")
    run(tree, "checkout", "--quiet", "-b", "side")
    commit(tree, "aside", time=START + 2)
    run(tree, "tag", "v3.0.0")
    run(tree, "checkout", "--quiet", "main")

    found = opened(tree).tags_reachable()

    assert set(found[:2]) == {"v2,0", "same"}
    assert found[2:] == ("v1.0.0",)


@pytest.mark.parametrize("name", ["v1.0.0", "HEAD", "main"])
def test_a_file_called_like_a_revision_hides_nothing(tree: Path, name: str) -> None:
    """A file or folder with the name of a tag, a branch or HEAD does not make the answer empty."""
    run(tree, "tag", "v1.0.0")
    (tree / name).mkdir()
    found = opened(tree)

    assert found.tags_reachable(name) == ("v1.0.0",)
    assert found.tags_reachable() == ("v1.0.0",)
    assert [entry.subject for entry in found.history(None, name)] == ["first"]
    assert found.commit_time() == START


def test_history_is_what_the_base_has_not(tree: Path) -> None:
    """Commits come newest first and whole: subject, body of several lines, people, time, parents."""
    run(tree, "tag", "v1")
    commit(tree, "add: ü\n\nbody\n\nSigned-off-by: Ada <ada@example.org>\n", time=START + 1)
    run(tree, "checkout", "--quiet", "-b", "side", "v1")
    commit(tree, "aside", time=START + 2)
    run(tree, "checkout", "--quiet", "main")
    run(tree, "merge", "--no-ff", "-m", "Merge side", "side", time=START + 3)

    history = opened(tree).history("v1")

    assert [entry.subject for entry in history] == ["Merge side", "aside", "add: ü"]
    assert [entry.parents for entry in history] == [2, 1, 1]
    last = history[-1]
    assert (last.body, last.author_name, last.author_email, last.time) == (
        "body\n\nSigned-off-by: Ada <ada@example.org>", "Ada", "ada@example.org", START + 1,
    )  # fmt: skip


def test_counts_what_the_base_has_not(tree: Path) -> None:
    """Either way round; a revision that does not exist has nothing."""
    run(tree, "branch", "other")
    for number in range(3):
        commit(tree, f"{number}", START + number)
    checkout = opened(tree)
    assert [checkout.count("other", "main"), checkout.count("main", "other"), checkout.count("x", "main")] == [3, 0, 0]


def test_history_names_the_parents(tree: Path) -> None:
    """A merge has two, in git's order; what the clone puts in another's place changes nothing."""
    first = run(tree, "rev-parse", "HEAD")
    run(tree, "switch", "--quiet", "--create", "topic")
    topic = commit(tree, "topic")
    run(tree, "switch", "--quiet", "main")
    main = commit(tree, "main")
    run(tree, "merge", "--quiet", "--no-ff", "-m", "merge", "topic")
    merge = run(tree, "rev-parse", "HEAD")
    run(tree, "replace", "--graft", merge, first)
    assert opened(tree).history(None)[0].parent_ids == (main, topic)


def test_history_without_a_base_is_all_of_it(tree: Path) -> None:
    """The first release's history begins at the first commit."""
    commit(tree, "second", time=START + 1)

    assert [entry.subject for entry in opened(tree).history(None)] == ["second", "first"]


def test_history_is_cut_at_its_limit(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the newest commits up to the limit are read."""
    commit(tree, "second", time=START + 1)
    monkeypatch.setattr(git, "MAX_COMMITS", 1)

    assert [entry.subject for entry in opened(tree).history(None)] == ["second"]


@pytest.mark.parametrize(("base", "head"), [("v9", "HEAD"), (None, "v9")])
def test_history_names_a_revision_that_does_not_exist(tree: Path, base: str | None, head: str) -> None:
    """An unknown base or head is wrong usage and not an empty history."""
    with pytest.raises(Error, match="v9") as caught:
        opened(tree).history(base, head)

    assert (caught.value.code, caught.value.status) == ("GIT002", ExitStatus.USAGE)


def test_the_checkouts_own_settings_do_not_change_what_is_read(tree: Path) -> None:
    """Encoding, colours, signatures and a monitor that the repository sets have no effect."""
    run(tree, "tag", "v1")
    commit(tree, "ü", time=START + 1)
    marker = tree / "was-run"
    for key, value in {
        "i18n.logOutputEncoding": "latin1",
        "color.ui": "always",
        "log.showSignature": "true",
        "core.fsmonitor": f"touch {marker};",
        "log.decorate": "full",
        "log.excludeDecoration": "refs/tags/*",
        "core.pager": f"touch {marker}",
    }.items():
        run(tree, "config", key, value)
    found = opened(tree)

    assert [entry.subject for entry in found.history("v1")] == ["ü"]
    assert found.tags_reachable() == ("v1",)
    assert not marker.exists()


def test_the_environments_git_variables_do_not_lead_elsewhere(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GIT_DIR of a hook that calls us does not make us read another repository."""
    run(tmp_path, "init", "--quiet", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))

    assert opened(tree).root == tree.resolve()


def test_reads_a_file_of_another_revision(tree: Path) -> None:
    """A file's bytes come as they were; a missing file or revision gives none."""
    (tree / "a").write_bytes(b"\xff\r\n")
    run(tree, "add", "a")
    commit(tree, "second")
    found = opened(tree)

    assert found.file_at("HEAD", "a") == b"\xff\r\n"
    assert found.file_at("HEAD~1", "a") is None
    assert found.file_at("v9", "a") is None


def test_reads_many_files_with_one_question(tree: Path) -> None:
    """Contents come in the order that is asked for, whatever is in them and in their names; else there is None."""
    contents = {"a b": b"x blob 3\n\nabc\n", "c\nd": b"\xff", "e": b"", "f/g missing": b"HEAD:e blob 0\n"}
    (tree / "f").mkdir()
    for name, content in contents.items():
        (tree / name).write_bytes(content)
    run(tree, "add", "--all")
    commit(tree, "many")
    found = opened(tree)

    asked = ["e", "no", "f/g missing", "no blob 5", "c\nd", "f", "a b", "e"]
    assert found.contents_at("HEAD", asked) == tuple(contents.get(name) for name in asked)
    assert found.contents_at("v9", ["e"]) == (None,)
    assert found.contents_at("HEAD", []) == ()


def test_tells_a_shallow_clone(tree: Path, tmp_path: Path) -> None:
    """A clone that was cut off says so, a whole one does not."""
    commit(tree, "second")
    run(tmp_path, "clone", "--quiet", "--depth=1", tree.as_uri(), "cut")

    assert (opened(tmp_path / "cut").is_shallow(), opened(tree).is_shallow()) == (True, False)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://github.com/owner/name.git", ("https://github.com", "owner/name")),
        ("https://github.com/owner/name", ("https://github.com", "owner/name")),
        ("https://x-access-token:secret@github.com/owner/name.git/", ("https://github.com", "owner/name")),
        ("git@github.com:owner/name.git", ("https://github.com", "owner/name")),
        ("ssh://git@ghes.example:2222/owner/name.git", ("https://ghes.example", "owner/name")),
        ("http://127.0.0.1:3000/owner/name", ("http://127.0.0.1:3000", "owner/name")),
        ("git://git.example/group/sub/name.git", ("https://git.example", "group/sub/name")),
        ("file:///srv/git/name.git", None),
        ("/srv/git/name.git", None),
        ("../owner/name", None),
        ("git/owner/name", None),
        ("https://github.com", None),
        ("", None),
    ],
)
def test_tells_where_origin_lies(tree: Path, address: str, origin: tuple[str, str] | None) -> None:
    """Server and name come from every form of address, without credentials; a local path has neither."""
    run(tree, "config", "remote.origin.url", address)

    assert opened(tree).origin() == (origin and git.Origin(*origin))


def test_files_of_a_revision_are_listed_without_a_checkout(tree: Path) -> None:
    """Regular files with their sizes, relative to the folder asked for; links and what is not there are left out."""
    (tree / "sub").mkdir()
    (tree / "sub" / "ä b.txt").write_bytes(b"12345")
    (tree / "sub" / "link").symlink_to("ä b.txt")
    run(tree, "add", "--all")
    commit(tree, "files")
    found = opened(tree)
    assert found.files_at("HEAD", "sub") == (("ä b.txt", 5),)
    assert ("sub/ä b.txt", 5) in found.files_at("HEAD")
    assert found.files_at("HEAD", "nowhere") == ()


def test_there_is_no_origin_without_a_remote(tree: Path) -> None:
    """A repository that was never cloned has no origin."""
    assert opened(tree).origin() is None


def test_a_missing_git_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git on the path the error says to install it."""
    monkeypatch.setenv("PATH", str(tree))
    with pytest.raises(Error, match="git is not installed") as caught:
        git.find_checkout(tree)

    assert (caught.value.code, caught.value.status) == ("GIT001", ExitStatus.OUTSIDE)


def test_a_git_that_hangs_is_given_up(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that takes longer than its limit is an error of the outside."""
    monkeypatch.setattr(git, "TIMEOUT", 0)
    with pytest.raises(Error, match="more than 0 seconds") as caught:
        git.find_checkout(tree)

    assert (caught.value.code, caught.value.status) == ("GIT003", ExitStatus.OUTSIDE)
