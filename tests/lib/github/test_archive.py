"""A repository's past by the best way that is open: a checkout, GraphQL, REST."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from maximus.changes import Release
from maximus.errors import Error
from maximus.git import Checkout, find_checkout
from maximus.github.archive import Archive, Span
from maximus.github.client import Client
from maximus.github.ranges import Range, Wanted
from tests.fakehub.faults import Status
from tests.lib.github.test_history import HOME, sha, world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub

SERVER = "https://github.com"
FIRST = Release("v1.0.0", created_at="2026-01-01T00:00:00Z")
EVERYTHING = Wanted(association=True, body=True, url=True, refs=True)
NO_GRAPHQL = Status(403, body={"message": "Resource not accessible by personal access token"})


def archive(hub: Hub, wanted: Wanted | None = None, checkout: Checkout | None = None) -> Archive:
    """Return an archive that never waits."""
    client = Client(hub.api_url, hub.token, sleep=lambda _: None)
    return Archive(client, HOME, SERVER, wanted or Wanted(association=True), checkout)


def read(made: Archive, base: Release = FIRST) -> Range:
    """Return the range from a release to main."""
    span = Span(base, "refs/heads/main")
    return made.ranges([span])[span]


def operations(hub: Hub) -> list[str]:
    """Return what was asked for, in order."""
    return [made.operation for made in hub.log]


# The base from the commit graph.


def lines() -> dict[str, Any]:
    """Return a world with v1.0.0 and v1.1.0 on the maintenance branch and v2.0.0 on main only."""
    given = world(3)
    commits = given["repos"][HOME]["commits"]
    commits[sha(50)] = {"parents": [sha(0)], "committedDate": "2026-03-01T00:00:00Z"}
    given["repos"][HOME]["refs"] |= {
        "refs/tags/v1.1.0": sha(1),
        "refs/tags/v2.0.0": sha(50),
        "refs/heads/main": sha(3),
    }
    return given


RELEASES = [
    Release("v2.0.0", created_at="2026-03-01T00:00:00Z"),
    Release("v1.1.0", created_at="2026-02-01T00:00:00Z"),
    FIRST,
]


@pytest.mark.parametrize("graphql", [True, False])
def test_the_nearest_release_is_an_ancestor_with_the_fewest_commits_between(fakehub: FakeHub, *, graphql: bool) -> None:
    """Not the highest one, which lies on another branch, and not the first one, which lies further back."""
    hub = fakehub(lines())
    if not graphql:
        hub.inject(NO_GRAPHQL, path="/graphql")
    found = archive(hub).nearest(RELEASES, "refs/heads/main")
    assert found is not None
    assert found.tag == "v1.1.0"


def test_asking_for_the_nearest_of_many_releases_takes_one_query_a_group(fakehub: FakeHub) -> None:
    """Fifty in one; tags that are gone count as no ancestors."""
    hub = fakehub(lines())
    gone = [Release(f"v0.{number}.0", created_at="2025-01-01T00:00:00Z") for number in range(97)]
    archive(hub).nearest([*RELEASES, *gone], "refs/heads/main")
    assert operations(hub) == ["Distances", "Distances"]


def test_without_a_release_below_the_head_there_is_none(fakehub: FakeHub) -> None:
    """The notes say so then."""
    assert archive(fakehub(lines())).nearest(RELEASES[:1], "refs/heads/main") is None


def test_how_far_the_base_lacks_the_head_is_told(fakehub: FakeHub) -> None:
    """It comes with the comparison: one more than none means that it is no ancestor."""
    assert read(archive(fakehub(lines())), RELEASES[0]).behind == 1
    assert read(archive(fakehub(lines()))).behind == 0


# Several bases over one graph.


def test_several_releases_share_one_graph_and_one_list(fakehub: FakeHub) -> None:
    """The tips in one query, the widest walk and the list in another; the nearer ones are cut out of it."""
    given = world(90, refs={f"refs/tags/v1.{n}.0": sha(n) for n in range(0, 90, 10)} | {"refs/heads/main": sha(90)})
    hub = fakehub(given)
    spans = [
        Span(Release(f"v1.{n}.0", created_at=f"2026-01-{n + 1:02}T00:00:00Z"), "refs/heads/main")
        for n in range(0, 30, 10)
    ]
    found = archive(hub, Wanted(association=True, graph=True)).ranges(spans)
    assert [len(found[span].changes) for span in spans] == [90, 80, 70]
    assert operations(hub) == ["Tips", "Comparison"]


def test_a_release_on_another_branch_is_compared_by_itself(fakehub: FakeHub) -> None:
    """Cutting it out would not be exact."""
    hub = fakehub(lines())
    spans = [Span(release, "refs/heads/main") for release in RELEASES]
    found = archive(hub, Wanted(association=True, graph=True)).ranges(spans)
    assert [len(found[span].changes) for span in spans] == [3, 2, 3]
    assert operations(hub) == ["Tips", "Comparison", "Comparison"]


def test_direct_commits_are_listed_where_they_are_wanted(fakehub: FakeHub) -> None:
    """A commit that no merged pull request stands for."""
    given = world(2)
    given["repos"][HOME]["commits"][sha(1)] |= {"prs": [], "message": "fix: mend x"}
    del given["prs"][f"{HOME}#1"]
    wanted = Wanted(association=True, direct=True)
    assert [change.title for change in read(archive(fakehub(given), wanted)).changes] == ["fix: mend x", "Change 2"]
    assert [change.title for change in read(archive(fakehub(given))).changes] == ["Change 2"]


# REST, where GraphQL is refused.


def refuse_graphql(hub: Hub, status: int = 403) -> None:
    """Have the server refuse every query once: after that nobody may ask again."""
    hub.inject(Status(status, body={"message": "GraphQL is switched off"}), path="/graphql")


@pytest.mark.parametrize("status", [403, 404, 405, 410, 501])
def test_rest_takes_over_where_graphql_is_refused(fakehub: FakeHub, status: int) -> None:
    """The same changes and people, and one notice."""
    given = world(150)
    hub = fakehub(given)
    refuse_graphql(hub, status)
    made = archive(hub)
    assert read(made).changes == read(archive(fakehub(given), EVERYTHING)).changes
    assert made.way == "GitHub's REST API"
    assert len(made.notices) == 1
    assert operations(hub)[1:] == ["repos/compare-commits-with-basehead"] * 2 + ["pulls/list"] * 2


@pytest.mark.parametrize("moment", ["", "2026-02-01T00:20:00Z"])
def test_rest_reads_a_history_without_a_release_too(fakehub: FakeHub, moment: str) -> None:
    """Page by page, from the moment on that is named: what GraphQL has."""
    given = world(150)
    expected = archive(fakehub(given), EVERYTHING).since("refs/heads/main", moment)
    hub = fakehub(given)
    refuse_graphql(hub)
    made = archive(hub)
    found = made.since("refs/heads/main", moment)
    assert found.changes == expected.changes
    assert [commit.id for commit in found.commits] == [commit.id for commit in expected.commits]
    assert (0 < len(found.changes) < 150) is bool(moment)
    assert made.way == "GitHub's REST API"
    assert operations(hub)[1:3] == ["repos/list-commits"] * 2


def test_a_head_that_rest_does_not_know_is_named(fakehub: FakeHub) -> None:
    """As GraphQL's."""
    hub = fakehub(world(1))
    refuse_graphql(hub)
    with pytest.raises(Error) as caught:
        archive(hub).since("refs/heads/gone", "")
    assert caught.value.code == "HUB011"


def test_a_token_without_rights_is_refused_once_more_by_rest(fakehub: FakeHub) -> None:
    """Then the error is the one about the token."""
    hub = fakehub(world(1))
    refuse_graphql(hub)
    hub.inject(NO_GRAPHQL, path="/repos/*/compare/*")
    with pytest.raises(Error) as caught:
        read(archive(hub))
    assert caught.value.code == "HUB003"


def test_rest_asks_only_about_commits_that_neither_merges_nor_the_graph_explain(fakehub: FakeHub) -> None:
    """One request a commit is dear: a rebased pull request's first commit needs it, nothing else does."""
    given = world(3)
    given["repos"][HOME]["commits"][sha(1)]["prs"] = [f"{HOME}#2"]
    del given["prs"][f"{HOME}#1"]
    hub = fakehub(given)
    refuse_graphql(hub)
    found = read(archive(hub))
    assert [commit.changes for commit in found.commits] == [(f"{HOME}#2",), (f"{HOME}#2",), (f"{HOME}#3",)]
    assert operations(hub).count("repos/list-pull-requests-associated-with-commit") == 1


def test_rest_reads_files_a_pull_request_at_a_time(fakehub: FakeHub) -> None:
    """Only where a rule looks at them, and only of those in the range."""
    given = world(4, refs={"refs/tags/v1.0.0": sha(2), "refs/heads/main": sha(4)})
    hub = fakehub(given)
    refuse_graphql(hub)
    found = read(archive(hub, Wanted(files=True)))
    assert [change.files for change in found.changes] == [("src/3.py",), ("src/4.py",)]
    assert operations(hub).count("pulls/list-files") == 2


@pytest.mark.parametrize("graphql", [True, False])
def test_new_contributors_are_the_same_either_way(fakehub: FakeHub, *, graphql: bool) -> None:
    """REST reads the list to its end; GraphQL searches."""
    given = world(2)
    given["prs"][f"{HOME}#2"]["author"] = {"login": "eve"}
    given["prs"][f"{HOME}#9"] = {"author": {"login": "ada"}, "mergedAt": "2025-01-01T00:00:00Z", "title": "x"}
    hub = fakehub(given)
    if not graphql:
        refuse_graphql(hub)
    made = archive(hub)
    assert made.new_logins(read(made).changes) == {"eve"}


@pytest.mark.parametrize("graphql", [True, False])
def test_a_tag_leads_to_the_same_commit_either_way(fakehub: FakeHub, *, graphql: bool) -> None:
    """What the release is made from."""
    hub = fakehub(world(1))
    if not graphql:
        refuse_graphql(hub)
    assert archive(hub).target("refs/tags/v1.0.0") == (sha(0), "")


@pytest.mark.parametrize("graphql", [True, False])
def test_a_missing_tag_is_the_same_error_either_way(fakehub: FakeHub, *, graphql: bool) -> None:
    """The release is there, what it was made from is not."""
    hub = fakehub(world(1))
    if not graphql:
        refuse_graphql(hub)
    with pytest.raises(Error) as caught:
        read(archive(hub), Release("v0.9.0"))
    assert caught.value.code == "HUB011"


# A checkout.


def git(folder: Path, *arguments: str, at: int = 0, who: str = "Ada <ada@example.org>") -> str:
    """Run git with a fixed time and person."""
    name, _, email = who.removesuffix(">").partition(" <")
    when = f"{1_770_000_000 + at} +0000"
    environment = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER")
                   for key, value in (("NAME", name), ("EMAIL", email), ("DATE", when))}  # fmt: skip
    environment |= {"GIT_CONFIG_GLOBAL": "/dev/null", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=environment)
    return done.stdout.decode().strip()


class Made:
    """A repository with squashed, merged and rebased pull requests and a direct commit, and GitHub's world of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commits: dict[str, Any] = {}
        self.prs: dict[str, Any] = {}
        folder.mkdir()
        git(folder, "init", "-q", "-b", "main")
        git(folder, "remote", "add", "origin", f"{SERVER}/{HOME}.git")
        self.base = self.commit("Begin")
        git(folder, "tag", "v1.0.0")
        self.commit("Read wheels (#1)", pr=1, merges=True, who="Ada <1+ada@users.noreply.github.com>", login="ada")
        git(folder, "switch", "-qc", "topic")
        self.commit("step one", pr=2, who="Bob <bob@example.org>", login="bob")
        self.commit("step two\n\nCo-authored-by: Cy <cy@example.org>", pr=2, login="eve", also=[("Cy", "cy")])
        git(folder, "switch", "-q", "main")
        self.commit("meanwhile, directly", login="eve")
        self.merge("Merge pull request #2 from acme/topic", "topic", pr=2)
        self.commit("rebased, first (#7)", pr=3, login="eve")
        self.commit("rebased, last", pr=3, merges=True, login="eve")

    def commit(  # noqa: PLR0913 - what a commit is
        self,
        message: str,
        *,
        pr: int = 0,
        merges: bool = False,
        who: str = "Eve <eve@example.org>",
        login: str | None = None,
        also: list[tuple[str, str]] | None = None,
    ) -> str:
        """Commit, and tell GitHub's world of it."""
        git(self.folder, "commit", "-q", "--allow-empty", "-m", message, at=len(self.commits), who=who)
        return self._tell(message, pr, who, login, merges=merges, also=also or [])

    def merge(self, message: str, branch: str, *, pr: int) -> str:
        """Merge a branch as GitHub's button does."""
        who = "Eve <eve@example.org>"
        git(self.folder, "merge", "-q", "--no-ff", "-m", message, branch, at=len(self.commits), who=who)
        return self._tell(message, pr, who, "eve", merges=True, also=[])

    def _tell(  # noqa: PLR0913 - what a commit is
        self, message: str, pr: int, who: str, login: str | None, *, merges: bool, also: list[tuple[str, str]]
    ) -> str:
        oid = git(self.folder, "rev-parse", "HEAD")
        name, _, email = who.removesuffix(">").partition(" <")
        author = {"name": name, "email": email, "login": login}
        when = f"2026-02-02T02:40:{len(self.commits):02}Z"
        self.commits[oid] = {
            "message": message,
            "committedDate": when,
            "parents": git(self.folder, "log", "-1", "--format=%P").split(),
            "author": author,
            "authors": [author, *({"name": n, "email": f"{n.lower()}@example.org", "login": at} for n, at in also)],
            "prs": [f"{HOME}#{pr}"] if pr else [],
        }
        if merges:
            self.prs[f"{HOME}#{pr}"] = {"title": f"Change {pr}", "mergedAt": when, "mergeCommit": oid}
        return oid

    @property
    def world(self) -> dict[str, Any]:
        """What GitHub knows."""
        refs = {"refs/tags/v1.0.0": self.base, "refs/heads/main": git(self.folder, "rev-parse", "HEAD")}
        home = {"releases": [{"tag_name": "v1.0.0"}], "refs": refs, "commits": self.commits}
        return {"repos": {HOME: home}, "prs": self.prs}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The repository, made once."""
    return Made(tmp_path_factory.mktemp("clone") / "app")


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(association=True), Wanted(association=True, direct=True)])
def test_a_checkout_and_githubs_api_tell_the_same(fakehub: FakeHub, made: Made, wanted: Wanted) -> None:
    """Squash, merge, rebase and direct commits; people by their address, by lookup, and as co-authors."""
    by_git = archive(fakehub(made.world), wanted, find_checkout(made.folder))
    by_api = archive(fakehub(made.world), wanted)
    found, expected = read(by_git), read(by_api)
    assert found.changes == expected.changes
    if wanted.needs_association:
        assert [(c.id, c.authors, c.changes) for c in sorted(found.commits, key=lambda c: c.id)] == [
            (c.id, c.authors, c.changes) for c in sorted(expected.commits, key=lambda c: c.id)
        ]
    assert (by_git.way, by_git.notices) == ("git and GitHub's API", ())


def test_a_checkout_is_asked_for_the_commits_and_github_for_the_rest(fakehub: FakeHub, made: Made) -> None:
    """The tips with the newest pull requests, those that subjects name, what rebased commits belong to, people."""
    hub = fakehub(made.world)
    read(archive(hub, checkout=find_checkout(made.folder)))
    assert operations(hub) == ["Tips", "PullRequestsByNumber", "Associations", "People"]


def test_a_merge_that_neither_subject_nor_index_names_is_found_with_a_checkout(fakehub: FakeHub, made: Made) -> None:
    """The pull requests that changed last come with the tips: one of them names the merge commit."""
    given = json.loads(json.dumps(made.world))
    for commit in given["repos"][HOME]["commits"].values():
        commit["prs"] = [] if commit["message"] == "rebased, last" else commit["prs"]
    found = read(archive(fakehub(given), checkout=find_checkout(made.folder)))
    assert {change.number for change in found.changes} == {1, 2, 3}


def test_a_checkout_without_graphql_gives_way_to_rest(fakehub: FakeHub, made: Made) -> None:
    """Git alone does not know pull requests."""
    hub = fakehub(made.world)
    refuse_graphql(hub)
    by = archive(hub, checkout=find_checkout(made.folder))
    assert {change.number for change in read(by).changes} == {1, 2, 3}
    assert by.way == "GitHub's REST API"


def test_a_number_that_is_no_pull_request_is_no_fault(fakehub: FakeHub, made: Made) -> None:
    """`(#7)` may be an issue, or another repository's."""
    numbers = {
        change.number for change in read(archive(fakehub(made.world), checkout=find_checkout(made.folder))).changes
    }
    assert numbers == {1, 2, 3}


def test_without_a_release_the_checkout_is_left_alone(fakehub: FakeHub, made: Made) -> None:
    """It is read between two points, and there is one: GitHub is asked, which is said."""
    by = archive(fakehub(made.world), checkout=find_checkout(made.folder))
    assert len(by.since("refs/heads/main", "").changes) == 3
    assert by.way == "GitHub's API"
    assert by.notices == ("the checkout is not used: there is no release to read refs/heads/main from",)


def test_a_shallow_clone_is_not_trusted(fakehub: FakeHub, made: Made, tmp_path: Path) -> None:
    """Its history ends somewhere, so it is not read, and that is said."""
    git(tmp_path, "clone", "-q", "--depth", "2", f"file://{made.folder}", "shallow")
    git(tmp_path / "shallow", "remote", "set-url", "origin", f"{SERVER}/{HOME}")
    hub = fakehub(made.world)
    by = archive(hub, checkout=find_checkout(tmp_path / "shallow"))
    assert len(read(by).changes) == 3
    assert by.way == "GitHub's API"
    assert by.notices == ("the checkout is a shallow clone, so the history is read from GitHub",)


def test_another_repositorys_checkout_is_not_read(fakehub: FakeHub, made: Made, tmp_path: Path) -> None:
    """Without a word: most jobs have none, or another one."""
    git(tmp_path, "clone", "-q", str(made.folder), "fork")
    git(tmp_path / "fork", "remote", "set-url", "origin", f"{SERVER}/somebody/app")
    by = archive(fakehub(made.world), checkout=find_checkout(tmp_path / "fork"))
    assert (len(read(by).changes), by.way, by.notices) == (3, "GitHub's API", ())


def test_a_checkout_that_is_behind_is_not_used(fakehub: FakeHub, made: Made, tmp_path: Path) -> None:
    """GitHub's branch has moved on: what git has is not what the release is about."""
    git(tmp_path, "clone", "-q", "--branch", "topic", "--single-branch", f"file://{made.folder}", "old")
    git(tmp_path / "old", "remote", "set-url", "origin", f"{SERVER}/{HOME}")
    by = archive(fakehub(made.world), checkout=find_checkout(tmp_path / "old"))
    assert len(read(by).changes) == 3
    assert by.notices == (
        "the checkout is not used: it lacks refs/heads/main, or the release, as GitHub has it; fetch again",
    )


def test_a_git_that_fails_leaves_the_reading_to_github(
    fakehub: FakeHub, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one that fetches commit by commit until its time is up."""

    def give_up(*_: object) -> NoReturn:
        raise Error("GIT003", "git took more than 60 seconds in app")

    monkeypatch.setattr(Checkout, "history", give_up)
    by = archive(fakehub(made.world), checkout=find_checkout(made.folder))
    assert len(read(by).changes) == 3
    assert by.notices == ("the checkout is not used: git took more than 60 seconds in app",)


def test_a_range_that_is_too_large_is_refused_from_git_too(
    fakehub: FakeHub, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not cut off without a word."""
    monkeypatch.setattr(Checkout, "count", lambda *_: 20_001)
    with pytest.raises(Error) as caught:
        read(archive(fakehub(made.world), checkout=find_checkout(made.folder)))
    assert caught.value.code == "HUB012"


def test_a_pull_request_that_was_merged_elsewhere_leaves_the_decision_to_github(fakehub: FakeHub, made: Made) -> None:
    """Its commits are here, its merge commit is not: the graph cannot tell which are its own."""
    given = made.world
    head = given["repos"][HOME]["refs"]["refs/heads/main"]
    elsewhere = {"title": "Into stable", "mergeCommit": sha(1), "headRefOid": head, "mergedAt": "2026-03-01T00:00:00Z"}
    given["prs"] = {**given["prs"], f"{HOME}#8": elsewhere}
    by = archive(fakehub(given), checkout=find_checkout(made.folder))
    read(by)
    assert by.way == "GitHub's API"


@pytest.mark.parametrize("operation", ["PullRequestsByNumber", "Associations", "People"])
def test_lookups_shrink_where_github_falters(fakehub: FakeHub, made: Made, operation: str) -> None:
    """Half as many names in the next query, and nothing is lost."""
    hub = fakehub(made.world)
    hub.inject(Status(502), operation=operation)
    assert len(read(archive(hub, checkout=find_checkout(made.folder))).changes) == 3
