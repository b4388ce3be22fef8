"""What happened between two releases, asked in few requests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from maximus.changes import Change, Person
from maximus.errors import Error
from maximus.github.client import Client
from maximus.github.history import Queries, find_new_logins, resolve_target
from maximus.github.ranges import Range, Wanted, assemble
from tests.fakehub.faults import Partial, Status

if TYPE_CHECKING:
    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub

HOME = "acme/app"


def sha(number: int) -> str:
    """Return a commit's id."""
    return f"{number:040x}"


def world(count: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a world with that many merged pull requests behind v1.0.0, one commit each."""
    commits: dict[str, Any] = {sha(0): {"parents": [], "committedDate": "2026-01-01T00:00:00Z"}}
    prs: dict[str, Any] = {}
    for number in range(1, count + 1):
        when = f"2026-02-{1 + number // 1440:02}T{number // 60 % 24:02}:{number % 60:02}:00Z"
        commits[sha(number)] = {
            "parents": [sha(number - 1)],
            "committedDate": when,
            "author": {"name": "Ada", "login": "ada"},
            "prs": [f"{HOME}#{number}"],
        }
        prs[f"{HOME}#{number}"] = {
            "title": f"Change {number}",
            "author": {"login": "ada"},
            "labels": ["bug"],
            "mergedAt": when,
            "mergeCommit": sha(number),
            "files": [f"src/{number}.py"],
        }
    repository = {
        "releases": [{"tag_name": "v1.0.0"}],
        "refs": {"refs/tags/v1.0.0": sha(0), "refs/heads/main": sha(count)},
        "commits": commits,
        **changes,
    }
    return {"repos": {HOME: repository}, "prs": prs}


def reader(hub: Hub) -> Client:
    """Return a client that never waits."""
    return Client(hub.api_url, hub.token, sleep=lambda _: None)


def read(hub: Hub, wanted: Wanted | None = None) -> Range:
    """Return the range from v1.0.0 to main."""
    return read_with(reader(hub), wanted or Wanted(association=True))


def read_with(client: Client, wanted: Wanted, base: str = "refs/tags/v1.0.0") -> Range:
    """Return the range from a ref to main."""
    queries = Queries(client, HOME, wanted)
    walk = queries.walk(base, "refs/heads/main")
    found, notices = queries.merged(walk)
    return replace(assemble(HOME, "https://github.com", walk, found, wanted), notices=notices)


def test_finds_each_pull_request_once_in_the_order_of_the_commits(fakehub: FakeHub) -> None:
    """Oldest first, with its labels and author."""
    found = read(fakehub(world(3)))
    assert [change.number for change in found.changes] == [1, 2, 3]
    assert found.changes[0].labels == ("bug",)
    assert found.changes[0].author == Person(login="ada", url="https://github.com/ada")


@pytest.mark.parametrize(("association", "points"), [(False, 10), (True, 20)])
def test_a_thousand_pull_requests_take_ten_queries(
    fakehub: FakeHub,
    association: bool,  # noqa: FBT001 - what is compared
    points: int,
) -> None:
    """Two lists of ten pages that travel together, dearer where commits name theirs; release-drafter takes 68."""
    hub = fakehub(world(1000))
    client = reader(hub)
    found = read_with(client, Wanted(association=association))
    assert (len(found.changes), client.requests, client.points) == (1000, 10, points)


def test_a_pull_request_whose_association_lags_is_found_by_its_merge_commit(fakehub: FakeHub) -> None:
    """GitHub's index is late for what was merged a moment ago."""
    given = world(2)
    given["repos"][HOME]["commits"][sha(2)]["prs"] = []
    assert [change.number for change in read(fakehub(given)).changes] == [1, 2]


def test_a_rebased_pull_request_is_found_by_its_commits(fakehub: FakeHub) -> None:
    """Its merge commit is none of the range's, but the association names it."""
    given = world(2)
    given["prs"][f"{HOME}#1"] |= {"mergeCommit": None, "mergedAt": "2026-02-01T00:01:00Z"}
    assert [change.number for change in read(fakehub(given)).changes] == [1, 2]


def test_one_that_was_updated_long_ago_is_asked_for_by_number(fakehub: FakeHub) -> None:
    """The list is read back to the oldest commit; the association may name older ones."""
    given = world(2)
    given["repos"][HOME]["commits"][sha(1)]["prs"].append(f"{HOME}#7")
    given["prs"][f"{HOME}#7"] = {"title": "Old", "mergedAt": "2001-01-01T00:00:00Z", "mergeCommit": sha(77)}
    found = read(fakehub(given))
    assert {change.number for change in found.changes} == {1, 2, 7}


def test_pull_requests_of_other_repositories_and_unmerged_ones_are_left_out(fakehub: FakeHub) -> None:
    """A commit may belong to a fork's own pull request, or to an open one."""
    given = world(1)
    given["repos"]["fork/app"] = {}
    given["repos"][HOME]["commits"][sha(1)]["prs"] += ["fork/app#5", f"{HOME}#6"]
    given["prs"]["fork/app#5"] = {"title": "Elsewhere", "mergedAt": "2026-02-01T00:00:00Z"}
    given["prs"][f"{HOME}#6"] = {"title": "Open", "merged": False}
    assert [change.key for change in read(fakehub(given)).changes] == [f"{HOME}#1"]


@pytest.mark.parametrize("fault", [Partial(), Status(502), Status(504)])
def test_pages_shrink_where_github_falters_and_nothing_is_lost(fakehub: FakeHub, fault: Partial | Status) -> None:
    """Half a page, and half of that, until it answers whole."""
    hub = fakehub(world(150))
    hub.inject(fault, operation="Comparison", times=2)
    hub.inject(fault, operation="Comparison", after=2)
    assert [change.number for change in read(hub).changes] == list(range(1, 151))


@pytest.mark.parametrize("fault", [Partial(), Status(502)])
def test_the_list_of_pull_requests_is_read_on_where_the_commits_end_first(
    fakehub: FakeHub, fault: Partial | Status
) -> None:
    """Old pull requests that were updated since fill the first pages, so the list goes on without the commits."""
    given = world(
        250, releases=[{"tag_name": "v1.0.0"}], refs={"refs/tags/v1.0.0": sha(247), "refs/heads/main": sha(250)}
    )
    for number in range(1, 248):
        given["prs"][f"{HOME}#{number}"]["updatedAt"] = "2026-09-01T00:00:00Z"
    hub = fakehub(given)
    hub.inject(fault, operation="PullRequests")
    assert [change.number for change in read(hub, Wanted()).changes] == [248, 249, 250]
    assert [made.operation for made in hub.log] == ["Comparison", "PullRequests", "PullRequests", "PullRequests"]


def test_many_authors_of_a_commit_are_asked_for_again(fakehub: FakeHub) -> None:
    """One comes with the comparison; a commit whose message names others is asked for with all of its kind."""
    given = world(2)
    given["repos"][HOME]["commits"][sha(1)]["authors"] = [{"name": f"A{n}", "login": f"a{n}"} for n in range(12)]
    hub = fakehub(given)
    found = read(hub, Wanted(association=True)).commits
    assert [len(commit.authors) for commit in found] == [12, 1]
    assert [made.operation for made in hub.log].count("Authors") == 1


def test_files_are_paged_only_where_there_are_more(fakehub: FakeHub) -> None:
    """The first hundred come along; the rest of a large one is asked for."""
    given = world(2)
    given["prs"][f"{HOME}#2"]["files"] = [f"f{n}" for n in range(250)]
    hub = fakehub(given)
    found = read(hub, Wanted(files=True))
    assert [len(change.files) for change in found.changes] == [1, 250]
    assert [made.operation for made in hub.log].count("Files") == 2


def test_fields_that_no_template_uses_are_not_asked_for(fakehub: FakeHub) -> None:
    """Bodies are long."""
    [change] = read(fakehub(world(1))).changes
    assert (change.body, change.url, change.base_ref, change.files) == (None, None, None, ())


@pytest.mark.parametrize("base", ["refs/tags/v0.1.0"])
def test_a_missing_tag_is_an_error(fakehub: FakeHub, base: str) -> None:
    """The release is there, but not what it was made from."""
    with pytest.raises(Error) as caught:
        read_with(reader(fakehub(world(1))), Wanted(), base)
    assert caught.value.code == "HUB011"


def test_new_contributors_had_nothing_merged_before(fakehub: FakeHub) -> None:
    """Asked in one query with an alias for each; bots are none."""
    given = world(1)
    given["prs"][f"{HOME}#9"] = {"author": {"login": "old"}, "mergedAt": "2025-01-01T00:00:00Z", "title": "x"}
    hub = fakehub(given)
    changes = [
        Change("a", 1, author=Person(login=login, is_bot=login == "bot"), merged_at="2026-02-01T00:00:00Z")
        for login in ("old", "new", "bot")
    ]
    client = reader(hub)
    assert (find_new_logins(client, HOME, changes), client.requests) == (frozenset({"new"}), 1)


@pytest.mark.parametrize(
    ("commitish", "target"),
    [
        ("refs/heads/main", "main"),
        ("main", "main"),
        ("refs/tags/v1.0.0", sha(0)),
        ("refs/tags/none", ""),
        ("refs/pull/9/head", ""),
        ("refs/pull/x", ""),
    ],
)
def test_what_a_release_is_made_from(fakehub: FakeHub, commitish: str, target: str) -> None:
    """Branches by name, tags by commit; what leads nowhere is GitHub's to decide, with a notice."""
    found, notice = resolve_target(Queries(reader(fakehub(world(1))), HOME, Wanted()), commitish)
    assert (found, bool(notice)) == (target, not target)
