"""The GraphQL texts; values always travel as variables."""

from __future__ import annotations

__all__ = [
    "COMMIT_OF",
    "COMPARISON",
    "FILES",
    "HISTORY",
    "PULL_REQUESTS",
    "PULL_REQUEST_COMMIT",
    "associations",
    "authors",
    "distances",
    "new_contributors",
    "people",
    "pull_requests_by_number",
    "tips",
]

_PULL_REQUEST = """
  number
  title
  body @include(if: $body)
  url @include(if: $url)
  baseRefName @include(if: $refs)
  headRefName @include(if: $refs)
  merged
  mergedAt
  updatedAt
  author { __typename login url }
  baseRepository { nameWithOwner }
  mergeCommit { oid }
  labels(first: 100) { nodes { name } }
  files(first: 100) @include(if: $files) { pageInfo { hasNextPage endCursor } nodes { path } }
"""

_FLAGS = "$body: Boolean!, $url: Boolean!, $refs: Boolean!, $files: Boolean!"

_MERGED = (
    "pullRequests(states: MERGED, orderBy: {field: UPDATED_AT, direction: DESC}, first: $first, after: $pullsAfter)"
    " {\n      pageInfo { hasNextPage endCursor }\n      nodes {" + _PULL_REQUEST + "}\n    }\n"
)

_COMMIT = """
            oid
            committedDate
            message @include(if: $message)
            parents(first: 3) @include(if: $parents) { totalCount nodes { oid } }
            author @include(if: $credits) { name user { login } }
            associatedPullRequests(first: $perCommit) @include(if: $credits) {
              nodes { number baseRepository { nameWithOwner } }
            }
"""

HISTORY = (
    "query History($owner: String!, $name: String!, $head: String!, $since: GitTimestamp, $first: Int!,\n"
    "  $after: String, $credits: Boolean!, $message: Boolean!, $parents: Boolean!, $perCommit: Int!) {\n"
    """  repository(owner: $owner, name: $name) {
    object(expression: $head) {
      ... on Commit {
        history(first: $first, after: $after, since: $since) {
          pageInfo { hasNextPage endCursor }
          nodes {"""
    + _COMMIT
    + """          }
        }
      }
    }
  }
  rateLimit { cost }
}
"""
)

# A page of commits and one of pull requests travel together: 1,000 merged ones take 10 requests instead of 20.
COMPARISON = (
    "query Comparison($owner: String!, $name: String!, $base: String!, $head: String!, $first: Int!, $after: String,\n"
    "  $pullsAfter: String, $pulls: Boolean!, $credits: Boolean!, $message: Boolean!, $parents: Boolean!,\n"
    "  $perCommit: Int!, "
    + _FLAGS
    + """) {
  repository(owner: $owner, name: $name) {
    ref(qualifiedName: $base) {
      compare(headRef: $head) {
        behindBy
        commits(first: $first, after: $after) {
          pageInfo { hasNextPage endCursor }
          nodes {
"""
    + _COMMIT
    + """          }
        }
      }
    }
  """
    + _MERGED.replace("pullsAfter) {", "pullsAfter) @include(if: $pulls) {")
    + """  }
  rateLimit { cost }
}
"""
)

PULL_REQUESTS = (
    "query PullRequests($owner: String!, $name: String!, $first: Int!, $pullsAfter: String, " + _FLAGS + ") {\n"
    "  repository(owner: $owner, name: $name) {\n    " + _MERGED + "  }\n  rateLimit { cost }\n}\n"
)


def pull_requests_by_number(count: int) -> str:
    """Return the query for that many pull requests, named by the variables `$n0`, `$n1` and so on."""
    numbers = ", ".join(f"$n{index}: Int!" for index in range(count))
    fields = "\n".join(f"    p{index}: pullRequest(number: $n{index}) {{{_PULL_REQUEST}}}" for index in range(count))
    return (
        f"query PullRequestsByNumber($owner: String!, $name: String!, {_FLAGS}, {numbers}) {{\n"
        f"  repository(owner: $owner, name: $name) {{\n{fields}\n  }}\n  rateLimit {{ cost }}\n}}\n"
    )


FILES = """
query Files($owner: String!, $name: String!, $number: Int!, $first: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      files(first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { path } }
    }
  }
  rateLimit { cost }
}
"""


def new_contributors(count: int) -> str:
    """Return the query that counts earlier merged pull requests for that many authors, by `$q0`, `$q1` and so on."""
    names = ", ".join(f"$q{index}: String!" for index in range(count))
    fields = "\n".join(
        f"  a{index}: search(query: $q{index}, type: ISSUE, first: 1) {{ issueCount }}" for index in range(count)
    )
    return f"query NewContributors({names}) {{\n{fields}\n  rateLimit {{ cost }}\n}}\n"


def tips(count: int) -> str:
    """Return the query for the commits that so many revisions lead to, named by `$e0`, `$e1` and so on."""
    names = ", ".join(f"$e{index}: String!" for index in range(count))
    fields = "\n".join(f"    t{index}: object(expression: $e{index}) {{ __typename oid }}" for index in range(count))
    return (
        f"query Tips($owner: String!, $name: String!, $recent: Boolean!, {names}) {{\n"
        f"  repository(owner: $owner, name: $name) {{\n{fields}\n"
        "    pullRequests(states: MERGED, orderBy: {field: UPDATED_AT, direction: DESC}, first: 100)"
        " @include(if: $recent) { nodes { number headRefOid mergeCommit { oid } } }\n"
        "  }\n  rateLimit { cost }\n}\n"
    )


def associations(count: int) -> str:
    """Return the query for the pull requests that so many commits belong to, named by `$o0`, `$o1` and so on."""
    return _of_commits(
        "Associations",
        count,
        "associatedPullRequests(first: $perCommit) { nodes { number baseRepository { nameWithOwner } } }",
        "$perCommit: Int!, ",
    )


def authors(count: int) -> str:
    """Return the query for the authors of so many commits, named by `$o0`, `$o1` and so on, co-authors included."""
    return _of_commits("Authors", count, "authors(first: 100) { nodes { name user { login } } }")


def people(count: int) -> str:
    """Return the query for the accounts behind so many commits, named by `$o0`, `$o1` and so on."""
    return _of_commits("People", count, "authors(first: 100) { nodes { email user { login } } }")


def _of_commits(operation: str, count: int, fields: str, more: str = "") -> str:
    names = ", ".join(f"$o{index}: GitObjectID!" for index in range(count))
    commits = "\n".join(
        f"    c{index}: object(oid: $o{index}) {{ ... on Commit {{ {fields} }} }}" for index in range(count)
    )
    return (
        f"query {operation}($owner: String!, $name: String!, {more}{names}) {{\n"
        f"  repository(owner: $owner, name: $name) {{\n{commits}\n  }}\n  rateLimit {{ cost }}\n}}\n"
    )


def distances(count: int) -> str:
    """Return the query for how far a head is from so many refs, named by `$r0`, `$r1` and so on."""
    names = ", ".join(f"$r{index}: String!" for index in range(count))
    fields = "\n".join(
        f"    d{index}: ref(qualifiedName: $r{index}) {{ compare(headRef: $head) {{ aheadBy behindBy }} }}"
        for index in range(count)
    )
    return (
        f"query Distances($owner: String!, $name: String!, $head: String!, {names}) {{\n"
        f"  repository(owner: $owner, name: $name) {{\n{fields}\n  }}\n  rateLimit {{ cost }}\n}}\n"
    )


COMMIT_OF = """
query CommitOf($owner: String!, $name: String!, $expression: String!) {
  repository(owner: $owner, name: $name) { object(expression: $expression) { __typename oid } }
  rateLimit { cost }
}
"""

PULL_REQUEST_COMMIT = """
query PullRequestCommit($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) { headRefOid potentialMergeCommit { oid } mergeCommit { oid } }
  }
  rateLimit { cost }
}
"""
