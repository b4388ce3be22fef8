"""What happened between two releases, asked of GitHub in few requests: commits, their pull requests, who is new.

Two lists are joined here instead of asking each commit for whole pull requests: 1,000 merged ones take 20 requests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from maximus.changes import Change, Person, RangeCommit
from maximus.errors import Error, ExitStatus
from maximus.github import queries
from maximus.github.client import Client, Partial, unreachable
from maximus.github.limits import MAX_COMMIT_AUTHORS, MAX_COMMITS, MAX_PAGE, MAX_PULL_REQUEST_PAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["Range", "Wanted", "find_new_logins", "read_range", "resolve_target"]

GROUP = 50
"""How many things one query with aliases asks for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the notes need to know of each pull request; the rest is not asked for."""

    association: bool = False
    """Which commits belong to it."""
    body: bool = False
    url: bool = False
    refs: bool = False
    """The names of its branches."""
    files: bool = False
    per_commit: int = 5
    """How many pull requests are asked for per commit."""

    @property
    def flags(self) -> dict[str, bool]:
        """The variables that switch fields on."""
        return {"body": self.body, "url": self.url, "refs": self.refs, "files": self.files}


@dataclass(frozen=True, slots=True)
class Range:
    """The commits between two points and the merged pull requests among them, in the order of the commits."""

    commits: tuple[RangeCommit, ...] = ()
    changes: tuple[Change, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(slots=True)
class _Pages:
    """Asks for page after page; the page halves where GitHub falters, and grows back."""

    client: Client
    size: int = MAX_PAGE

    def read(
        self, query: str, variables: Mapping[str, Any], connection: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the nodes of each page of the connection that is picked out of the data."""
        after: str | None = None
        while True:
            found = self._page(query, {**variables, "after": after}, connection)
            yield [node for node in found["nodes"] if node is not None]
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def _page(
        self, query: str, variables: Mapping[str, Any], connection: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        while True:
            try:
                data = self.client.ask(query, {**variables, "first": self.size}, can_shrink=True)
            except Partial as fault:
                if self.size == 1:
                    raise unreachable(f"it gives up even on pages of one: {fault}") from fault
                self.size //= 2
                continue
            self.size = min(MAX_PAGE, self.size * 2)
            return connection(data)


def read_range(client: Client, repository: str, base: str, head: str, wanted: Wanted) -> Range:
    """Return what `head` has and `base` has not.

    `base` is a full ref such as `refs/tags/v1.0.0`, `head` any name of a commit.
    Raises Error HUB011 (outside) where either is not there, HUB012 (outside) where the range is too large.
    """
    commits, dates = _read_commits(client, repository, base, head, wanted)
    if not commits:
        return Range()
    place = {commit.id: index for index, commit in enumerate(commits)}
    named: dict[int, int] = {}
    for index, commit in enumerate(commits):
        for key in commit.changes:
            home, _, number = key.rpartition("#")
            if home == repository:
                named.setdefault(int(number), index)
    oldest = min((date for date in dates if date), default="")
    notices: list[str] = []
    found = _read_merged(client, repository, oldest, place, named, wanted, notices)
    missing = [number for number in named if number not in found]
    found |= _read_by_number(client, repository, missing, wanted)
    order = {number: place.get(change.commit, named.get(number, len(commits))) for number, change in found.items()}
    changes = tuple(found[number] for number in sorted(found, key=lambda number: order[number]))
    return Range(tuple(commits), changes, tuple(notices))


def _split(repository: str) -> dict[str, str]:
    owner, _, name = repository.partition("/")
    return {"owner": owner, "name": name}


def _read_commits(
    client: Client, repository: str, base: str, head: str, wanted: Wanted
) -> tuple[list[RangeCommit], list[str]]:
    variables = {
        **_split(repository),
        "base": base,
        "head": head,
        "associated": wanted.association,
        "perCommit": min(wanted.per_commit, MAX_PAGE),
    }

    def connection(data: dict[str, Any]) -> dict[str, Any]:
        ref = (data.get("repository") or {}).get("ref")
        if not ref:
            raise _no_ref(base, repository)
        if not ref.get("compare"):
            raise _no_ref(head, repository)
        found: dict[str, Any] = ref["compare"]["commits"]
        return found

    commits: list[RangeCommit] = []
    dates: list[str] = []
    for nodes in _Pages(client).read(queries.COMPARISON, variables, connection):
        for node in nodes:
            commits.append(_commit(client, repository, node))
            dates.append(node["committedDate"] or "")
        if len(commits) > MAX_COMMITS:
            raise Error(
                "HUB012",
                f"there are more than {MAX_COMMITS:,} commits since {base}",
                fix="Name a nearer release: check `tag-prefix`, `filter-by-range` and `filter-by-commitish`.",
                status=ExitStatus.OUTSIDE,
            )
    return commits, dates


def _no_ref(ref: str, repository: str) -> Error:
    return Error(
        "HUB011",
        f"{repository} has no {ref}",
        why="the release is there, but what it was made from is not" if ref.startswith("refs/tags/") else "",
        fix="Push the tag again, or delete the release.",
        status=ExitStatus.OUTSIDE,
    )


def _commit(client: Client, repository: str, node: Mapping[str, Any]) -> RangeCommit:
    authors = node["authors"]["nodes"] or []
    if node["authors"]["totalCount"] > len(authors):
        variables = {**_split(repository), "oid": node["oid"], "first": MAX_COMMIT_AUTHORS}
        data = client.ask(queries.AUTHORS, variables)
        authors = data["repository"]["object"]["authors"]["nodes"]
    associated = (node.get("associatedPullRequests") or {}).get("nodes") or []
    return RangeCommit(
        node["oid"],
        tuple(_signature(author) for author in authors if author),
        tuple(
            f"{(item.get('baseRepository') or {}).get('nameWithOwner')}#{item['number']}" for item in associated if item
        ),
    )


def _signature(author: Mapping[str, Any]) -> Person:
    return Person(name=author.get("name") or "", login=(author.get("user") or {}).get("login") or "")


def _read_merged(  # noqa: PLR0913, PLR0917 - the facts of a range
    client: Client,
    repository: str,
    oldest: str,
    place: Mapping[str, int],
    named: Mapping[int, int],
    wanted: Wanted,
    notices: list[str],
) -> dict[int, Change]:
    """Return the merged pull requests of the range by number, read from the newest back.

    The association index lags behind merges, so a merge commit inside the range counts as well.
    """

    def connection(data: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = data["repository"]["pullRequests"]
        return found

    found: dict[int, Change] = {}
    variables = {**_split(repository), **wanted.flags}
    for page, nodes in enumerate(_Pages(client).read(queries.PULL_REQUESTS, variables, connection), start=1):
        for node in nodes:
            merge = (node.get("mergeCommit") or {}).get("oid") or ""
            if merge in place or node["number"] in named:
                found[node["number"]] = _change(client, repository, node)
        if nodes and (nodes[-1].get("updatedAt") or oldest) < oldest:
            break
        if page >= MAX_PULL_REQUEST_PAGES:
            notices.append(f"only the {page * MAX_PAGE:,} pull requests updated last were looked at")
            break
    return {number: change for number, change in found.items() if change.repository == repository}


def _read_by_number(client: Client, repository: str, numbers: Sequence[int], wanted: Wanted) -> dict[int, Change]:
    """Return the merged pull requests with these numbers, those of another base repository left out."""
    found: dict[int, Change] = {}
    size = GROUP
    rest = list(numbers)
    while rest:
        group = rest[:size]
        variables = {f"n{index}": number for index, number in enumerate(group)}
        try:
            data = client.ask(
                queries.pull_requests_by_number(len(group)),
                {**_split(repository), **wanted.flags, **variables},
                can_shrink=True,
            )
        except Partial as fault:
            if size == 1:
                raise unreachable(str(fault)) from fault
            size //= 2
            continue
        rest = rest[len(group) :]
        for node in (data["repository"].get(f"p{index}") for index in range(len(group))):
            if node and node["merged"]:
                change = _change(client, repository, node)
                if change.repository == repository:
                    found[node["number"]] = change
    return found


def _change(client: Client, repository: str, node: Mapping[str, Any]) -> Change:
    author = node.get("author")
    change = Change(
        title=node["title"],
        number=node["number"],
        commit=(node.get("mergeCommit") or {}).get("oid") or "",
        repository=(node.get("baseRepository") or {}).get("nameWithOwner") or "",
        author=_account(author) if author else None,
        labels=tuple(label["name"] for label in (node.get("labels") or {}).get("nodes") or () if label),
        merged_at=node.get("mergedAt"),
        body=node.get("body"),
        url=node.get("url"),
        base_ref=node.get("baseRefName"),
        head_ref=node.get("headRefName"),
    )
    files = node.get("files")
    return replace(change, files=_files(client, repository, node["number"], files)) if files else change


def _account(author: Mapping[str, Any]) -> Person:
    return Person(login=author["login"], url=author.get("url") or "", is_bot=author.get("__typename") == "Bot")


def _files(client: Client, repository: str, number: int, first: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the changed files' paths: the first page came with the pull request."""
    found = [node["path"] for node in first["nodes"] or () if node]
    if not first["pageInfo"]["hasNextPage"]:
        return tuple(found)

    def connection(data: dict[str, Any]) -> dict[str, Any]:
        files: dict[str, Any] = data["repository"]["pullRequest"]["files"]
        return files

    variables = {**_split(repository), "number": number}
    pages = _Pages(client).read(queries.FILES, variables, connection)
    return tuple(node["path"] for nodes in pages for node in nodes)


def find_new_logins(client: Client, repository: str, changes: Sequence[Change]) -> frozenset[str]:
    """Return the logins among the changes' authors that had no pull request merged before; people only."""
    first: dict[str, str] = {}
    for change in changes:
        author = change.author
        if author is None or author.is_bot or not author.login or not change.merged_at:
            continue
        first[author.login] = min(first.get(author.login, change.merged_at), change.merged_at)
    logins = sorted(first)
    new: set[str] = set()
    for start in range(0, len(logins), GROUP):
        group = logins[start : start + GROUP]
        variables = {
            f"q{index}": f"repo:{repository} is:pr is:merged author:{login} merged:<{first[login]}"
            for index, login in enumerate(group)
        }
        data = client.ask(queries.new_contributors(len(group)), variables)
        new |= {login for index, login in enumerate(group) if data[f"a{index}"]["issueCount"] == 0}
    return frozenset(new)


def resolve_target(client: Client, repository: str, commitish: str) -> tuple[str, str]:
    """Return what a release's `target_commitish` is for a ref, and a notice where it could not be resolved.

    A branch loses `refs/heads/`; a tag and a pull request's ref become the commit's id; all else stays.
    """
    if commitish.startswith("refs/heads/"):
        return commitish.removeprefix("refs/heads/"), ""
    found = ""
    pull_request = re.fullmatch(r"refs/pull/([0-9]{1,9})/(head|merge)", commitish)
    if commitish.startswith("refs/tags/"):
        found = _commit_of(client, repository, f"{commitish}^{{commit}}")
    elif pull_request:
        found = _commit_of_pull_request(client, repository, int(pull_request[1]), pull_request[2])
    elif not commitish.startswith("refs/pull/"):
        return commitish, ""
    return found, "" if found else f"{commitish} leads to no commit; GitHub's default branch is the release's target"


def _commit_of(client: Client, repository: str, expression: str) -> str:
    data = client.ask(queries.COMMIT_OF, {**_split(repository), "expression": expression})
    found = data["repository"].get("object") or {}
    return str(found["oid"]) if found.get("__typename") == "Commit" else ""


def _commit_of_pull_request(client: Client, repository: str, number: int, kind: str) -> str:
    try:
        data = client.ask(queries.PULL_REQUEST_COMMIT, {**_split(repository), "number": number})
    except Error as error:
        if error.code == "HUB010":
            return ""
        raise
    found = data["repository"].get("pullRequest") or {}
    if kind == "head":
        return str(found.get("headRefOid") or "")
    commit = found.get("potentialMergeCommit") or found.get("mergeCommit") or {}
    return str(commit.get("oid") or "")
