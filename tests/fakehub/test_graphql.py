"""The fake's GraphQL API has GitHub's schema, its extra rules and the world's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fakehub.__main__ import EXAMPLE
from tests.fakehub.client import ask, ask_graphql

if TYPE_CHECKING:
    from tests.fakehub.fixtures import FakeHub

FIRST, SECOND, THIRD = "1" * 40, "2" * 40, "3" * 40


def _in_repository(selection: str) -> str:
    """Return a query for something of the example's repository."""
    return f'query {{ repository(owner: "acme", name: "app") {{ {selection} }} }}'


def _in_comparison(selection: str) -> str:
    """Return a query for the commits since the example's release."""
    return _in_repository(f'ref(qualifiedName: "refs/tags/v1.0.0") {{ compare(headRef: "main") {{ {selection} }} }}')


@pytest.mark.parametrize(
    ("query", "objection"),
    [
        (_in_comparison("commits { nodes { oid } }"), "`first` or `last`"),
        (_in_comparison("commits(first: 101) { nodes { oid } }"), "exceeds the `first` limit of 100"),
        (_in_comparison("commits(last: 0) { nodes { oid } }"), "1 to 100"),
        (_in_repository("nameWithOwnr"), "Cannot query field 'nameWithOwnr'"),
        (_in_repository('pullRequest(number: "1") { title }'), "Int cannot represent"),
        ('mutation { addStar(input: {starrableId: "R_1"}) { clientMutationId } }', "no mutations"),
        ("query { repository(", "Syntax Error"),
        (_in_comparison('commits(first: 1, after: "made up") { nodes { oid } }'), "a valid cursor"),
        (
            _in_repository(
                "pullRequest(number: 1) { labels(first: 1, orderBy: {field: NAME, direction: ASC}) { totalCount } }"
            ),
            "an order by NAME",
        ),
        (_in_repository("diskUsage"), "does not serve Repository.diskUsage"),
        ('query { search(query: "language:go", type: ISSUE, first: 1) { issueCount } }', "search with language:go"),
    ],
)
def test_a_query_that_breaks_a_rule_is_a_violation(fakehub: FakeHub, query: str, objection: str) -> None:
    """GitHub's schema, GitHub's paging rules and the fake's own gaps all fail the test, in words."""
    hub = fakehub(EXAMPLE)
    assert ask_graphql(hub, query)["errors"]
    assert objection in "".join(hub.take_violations())


def test_a_query_for_too_many_nodes_is_a_violation(fakehub: FakeHub) -> None:
    """More than 500,000 possible nodes are refused with GitHub's own error type."""
    hub = fakehub(EXAMPLE)
    labels = "labels(first: 100) { nodes { name } }"
    inner = f"associatedPullRequests(first: 100) {{ nodes {{ {labels} }} }}"
    body = ask_graphql(hub, _in_comparison(f"commits(first: 100) {{ nodes {{ {inner} }} }}"))
    assert [error["type"] for error in body["errors"]] == ["MAX_NODE_LIMIT_EXCEEDED"]
    assert "1,010,100" in "".join(hub.take_violations())


@pytest.mark.parametrize(
    ("query", "nodes", "points"),
    [
        (_in_comparison("commits(first: 100) { nodes { authors(first: 10) { totalCount } } }"), 1_100, 1),
        (
            _in_comparison(
                "commits(first: 100) { nodes { authors(first: 10) { totalCount } "
                "associatedPullRequests(first: 5) { nodes { number } } } }"
            ),
            1_600,
            2,
        ),
        (
            _in_comparison(
                "commits(first: 15) { nodes { authors(first: 100) { totalCount } "
                "associatedPullRequests(first: 5) { nodes { labels(first: 100) { nodes { name } } } } } }"
            ),
            9_090,
            1,
        ),
        (_in_repository("pullRequests(first: 100) { nodes { labels(first: 30) { nodes { name } } } }"), 3_100, 1),
        (_in_repository("pullRequests(first: 100) { nodes { labels(first: 100) { nodes { name } } } }"), 10_100, 1),
        (_in_repository("name"), 0, 1),
    ],
)
def test_a_query_costs_what_github_charges(fakehub: FakeHub, query: str, nodes: int, points: int) -> None:
    """Nodes and points follow GitHub's published formula, as the plan of queries counts them."""
    hub = fakehub(EXAMPLE)
    ask_graphql(hub, query)
    assert (hub.log[0].nodes, hub.log[0].points) == (nodes, points)


def test_fragments_and_directives_are_counted_as_they_apply(fakehub: FakeHub) -> None:
    """A connection in a fragment counts, one that a directive leaves out does not, one asked for twice counts once."""
    hub = fakehub(EXAMPLE)
    query = """
        query($with: Boolean!, $size: Int = 7) {
          repository(owner: "acme", name: "app") {
            ...Requests
            pullRequests(first: $size) { totalCount }
            releases(first: 50) @include(if: $with) { totalCount }
            refs(refPrefix: "refs/tags/", first: 50) @skip(if: true) { totalCount }
          }
        }
        fragment Requests on Repository { pullRequests(first: $size) { nodes { number } } }
    """
    assert "errors" not in ask_graphql(hub, query, **{"with": False})
    assert hub.log[0].nodes == 7


def test_a_repository_that_is_not_there_is_not_found(fakehub: FakeHub) -> None:
    """GitHub answers 200 with an error of type NOT_FOUND beside the data, which is no violation."""
    body = ask_graphql(fakehub(EXAMPLE), 'query { repository(owner: "acme", name: "none") { name } }')
    assert body["data"] == {"repository": None}
    assert (body["errors"][0]["type"], body["errors"][0]["path"]) == ("NOT_FOUND", ["repository"])


def test_a_stranger_cannot_ask(fakehub: FakeHub) -> None:
    """GraphQL always needs a token."""
    hub = fakehub(EXAMPLE)
    assert ask(hub, "POST", hub.graphql_url, {"query": _in_repository("name")}, token=None).status == 401


def test_a_comparison_pages_by_cursor(fakehub: FakeHub) -> None:
    """Following the cursor gives every commit once, in the order of the comparison."""
    hub = fakehub(EXAMPLE)
    query = """
        query Commits($after: String) {
          repository(owner: "acme", name: "app") {
            ref(qualifiedName: "refs/tags/v1.0.0") {
              compare(headRef: "refs/heads/main") {
                aheadBy status
                commits(first: 1, after: $after) {
                  totalCount pageInfo { hasNextPage endCursor }
                  nodes { oid messageHeadline committedDate author { name user { login } }
                          authors(first: 10) { totalCount nodes { name user { login } } }
                          associatedPullRequests(first: 5) { nodes { number baseRepository { nameWithOwner } } } }
                }
              }
            }
          }
        }
    """
    seen: list[str] = []
    after: str | None = None
    compared: Any = None
    for _ in range(2):
        compared = ask_graphql(hub, query, after=after)["data"]["repository"]["ref"]["compare"]
        seen += [commit["oid"] for commit in compared["commits"]["nodes"]]
        after = compared["commits"]["pageInfo"]["endCursor"]
    assert seen == [SECOND, THIRD]
    assert not compared["commits"]["pageInfo"]["hasNextPage"]
    assert compared["commits"]["nodes"][0]["associatedPullRequests"]["nodes"][0]["number"] == 2
    assert [made.operation for made in hub.log] == ["Commits", "Commits"]


def test_merged_pull_requests_come_newest_first(fakehub: FakeHub) -> None:
    """Pull requests have state, order, labels, files and the commit that merged them."""
    selection = """
        pullRequests(states: MERGED, orderBy: {field: UPDATED_AT, direction: DESC}, first: 1) {
          nodes { number title updatedAt mergedAt author { __typename login url } mergeCommit { oid }
                  labels(first: 30) { nodes { name } } files(first: 100) { nodes { path } } }
        }
    """
    found = ask_graphql(fakehub(EXAMPLE), _in_repository(selection))["data"]["repository"]["pullRequests"]["nodes"]
    assert found == [
        {
            "number": 2,
            "title": "Do not follow links",
            "updatedAt": "2026-01-03T00:00:00Z",
            "mergedAt": "2026-01-03T00:00:00Z",
            "author": {"__typename": "User", "login": "bob", "url": "https://github.com/bob"},
            "mergeCommit": {"oid": THIRD},
            "labels": {"nodes": [{"name": "bug"}]},
            "files": {"nodes": [{"path": "src/links.py"}]},
        }
    ]


def test_what_the_world_leaves_out_has_an_old_date(fakehub: FakeHub) -> None:
    """A commit without a date is older than everything, so nobody stops reading because of it."""
    hub = fakehub({"repos": {"acme/app": {"refs": {"refs/heads/main": FIRST}, "commits": {FIRST: {}}}}})
    query = _in_repository('object(expression: "main") { ... on Commit { committedDate message } }')
    found = ask_graphql(hub, query)["data"]["repository"]["object"]
    assert found == {"committedDate": "2000-01-01T00:00:00Z", "message": ""}


def test_a_pull_request_may_belong_to_a_repository_outside(fakehub: FakeHub) -> None:
    """A commit may be tied to a pull request of another repository, of which only the name is known."""
    repository = {"refs": {"refs/heads/main": FIRST}, "commits": {FIRST: {"prs": ["other/fork#7"]}}}
    hub = fakehub({"repos": {"acme/app": repository}, "prs": {"other/fork#7": {"title": "Elsewhere"}}})
    requests = "associatedPullRequests(first: 5) { nodes { number baseRepository { nameWithOwner } } }"
    query = _in_repository(f'object(expression: "main") {{ ... on Commit {{ {requests} }} }}')
    found = ask_graphql(hub, query)["data"]["repository"]["object"]["associatedPullRequests"]["nodes"]
    assert found == [{"number": 7, "baseRepository": {"nameWithOwner": "other/fork"}}]


@pytest.mark.parametrize(
    ("expression", "oid"),
    [
        ("refs/tags/v1.0.0^{commit}", FIRST),
        ("v1.0.0", FIRST),
        ("main", THIRD),
        (SECOND, SECOND),
        ("HEAD", THIRD),
        ("v9", None),
    ],
)
def test_a_revision_leads_to_its_commit(fakehub: FakeHub, expression: str, oid: str | None) -> None:
    """`object` understands refs, short names, peeled tags, commits and HEAD."""
    query = 'query($e: String!) { repository(owner: "acme", name: "app") { object(expression: $e) { oid } } }'
    found = ask_graphql(fakehub(EXAMPLE), query, e=expression)["data"]["repository"]["object"]
    assert found == ({"oid": oid} if oid else None)


@pytest.mark.parametrize(
    ("search", "count"),
    [
        ("repo:acme/app is:pr is:merged author:ada", 1),
        ("repo:acme/app is:pr is:merged author:nobody", 0),
        ("repo:acme/other is:pr is:merged author:ada", 0),
        ("repo:acme/app is:pr is:merged merged:<2026-01-03", 1),
        ("repo:acme/app is:pr -label:bug", 1),
        ("repo:acme/app is:pr is:open", 0),
        ("repo:acme/app is:pr merged:2026-01-01..2026-01-03", 2),
    ],
)
def test_a_search_counts_pull_requests(fakehub: FakeHub, search: str, count: int) -> None:
    """Searching for an author's merged pull requests works as new contributors need it."""
    query = "query($q: String!) { search(query: $q, type: ISSUE, first: 1) { issueCount } }"
    assert ask_graphql(fakehub(EXAMPLE), query, q=search)["data"]["search"]["issueCount"] == count


def test_the_limit_counts_down(fakehub: FakeHub) -> None:
    """`rateLimit` tells the cost of this query and what is left after it."""
    hub = fakehub(EXAMPLE, graphql_limit=10)
    found = ask_graphql(hub, "query { rateLimit { cost remaining limit nodeCount } }")["data"]["rateLimit"]
    assert found == {"cost": 1, "remaining": 9, "limit": 10, "nodeCount": 0}


def test_a_used_up_limit_is_an_error(fakehub: FakeHub) -> None:
    """Without points left GitHub answers 200 with an error of type RATE_LIMITED and no data."""
    hub = fakehub(EXAMPLE, graphql_limit=1)
    ask_graphql(hub, _in_repository("name"))
    assert ask_graphql(hub, _in_repository("name"))["errors"][0]["type"] == "RATE_LIMITED"


def test_releases_show_drafts_to_writers_only(fakehub: FakeHub) -> None:
    """The releases of a repository hold drafts for who may write, and none for others."""
    world: dict[str, Any] = {"repos": {"acme/app": {"releases": [{"tag_name": "v2", "draft": True}]}}}
    hub = fakehub(world)
    query = {"query": _in_repository("releases(first: 1) { totalCount nodes { isDraft } }")}
    counts = [
        ask(hub, "POST", hub.graphql_url, query, token=token).json["data"]["repository"]["releases"]["totalCount"]
        for token in (hub.token, hub.read_token)
    ]
    assert counts == [1, 0]


def test_a_broken_world_is_the_fakes_own_violation(fakehub: FakeHub) -> None:
    """What the world puts into GitHub's scalars is checked too: a commit's name has 40 hex digits."""
    repository = {"refs": {"refs/heads/main": "not-a-commit"}}
    hub = fakehub({"repos": {"acme/app": repository}})
    ask_graphql(hub, _in_repository('ref(qualifiedName: "main") { target { oid } }'))
    assert "is not a commit's name" in "".join(hub.take_violations())
