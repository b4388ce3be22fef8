"""What happened between two releases, asked of GitHub in few requests: commits, their pull requests, who is new.

Two lists are joined here instead of asking each commit for whole pull requests: 1,000 merged ones take 10 requests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from maximus.changes import Change, Person, RangeCommit
from maximus.errors import Error, ExitStatus
from maximus.github import queries
from maximus.github.client import Client, Partial
from maximus.github.faults import unreachable
from maximus.github.limits import LOOKUPS, MAX_COMMITS, MAX_PAGE, MAX_PULL_REQUEST_PAGES
from maximus.github.ranges import Walk, Wanted, named_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from maximus.github.ranges import Route

__all__ = [
    "Queries",
    "Recent",
    "find_new_logins",
    "first_merges",
    "grouped",
    "no_ref",
    "refuse_too_many",
    "resolve_target",
]

_CO_AUTHORED = re.compile("co-authored-by", re.IGNORECASE)
"""What a message has that names others; whether they are any, and which accounts, is GitHub's to say."""
GROUP = 50
"""How many things one query with aliases asks for."""


@dataclass(slots=True)
class _Pages:
    """Asks for page after page; the page halves where GitHub falters, and grows back."""

    client: Client
    size: int = MAX_PAGE

    def ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data of one page, asked for in smaller and smaller ones until it comes whole."""
        while True:
            try:
                data = self.client.ask(query, {**variables, "first": self.size}, can_shrink=True)
            except Partial as fault:
                if self.size == 1:
                    raise unreachable(f"it gives up even on pages of one: {fault}") from fault
                self.size //= 2
                continue
            self.size = min(MAX_PAGE, self.size * 2)
            return data


@dataclass(frozen=True, slots=True)
class Recent:
    """A merged pull request among those that changed last."""

    number: int
    head: str
    """The last commit of its branch."""
    merge_commit: str
    """Empty where GitHub knows none."""


class Queries:
    """The past of a repository, asked for by GraphQL: a `Route`."""

    def __init__(self, client: Client, repository: str, wanted: Wanted) -> None:
        """Read `repository`, `owner/name`, through a client; what is not wanted is not asked for."""
        self._client = client
        self._repository = repository
        self._wanted = wanted
        self._home = _split(repository)
        # The merged pull requests by number, as far as the list was read; shared by all walks.
        self._found: dict[int, Change] = {}
        self._files_after: dict[int, str] = {}
        self._pages = 0
        self._after: str | None = None
        self._is_read = False
        self._back_to = ""

    def walk(self, base: str, head: str) -> Walk:
        """Return what `head` has and `base` has not.

        Raises Error HUB011 (outside) where either is not there, HUB012 (outside) where the range is too large.
        """
        wanted = self._wanted
        variables = {
            **self._home,
            **wanted.flags,
            "base": base,
            "head": head,
            "credits": wanted.needs_association,
            # Who else wrote a commit is known by its message: a list of authors each would double the price.
            "message": wanted.needs_message or wanted.needs_association,
            "parents": wanted.needs_parents,
            "perCommit": min(wanted.per_commit, MAX_PAGE),
        }
        commits: list[RangeCommit] = []
        pages, after, oldest = _Pages(self._client), None, ""
        while True:
            # The oldest commits come first, so the list of pull requests mostly ends with the right page.
            also = not self._reaches(oldest)
            data = pages.ask(
                queries.COMPARISON, {**variables, "after": after, "pulls": also, "pullsAfter": self._after}
            )
            compared = self._compared(data, base, head)
            if also:
                self._take(data["repository"]["pullRequests"])
            for node in compared["commits"]["nodes"]:
                if node is not None:
                    commits.append(_commit(node))
                    oldest = min(oldest or commits[-1].date, commits[-1].date or oldest)
            refuse_too_many(len(commits), base)
            if not compared["commits"]["pageInfo"]["hasNextPage"]:
                return Walk(base, self._with_co_authors(commits), compared["behindBy"])
            after = compared["commits"]["pageInfo"]["endCursor"]

    def walk_since(self, head: str, since: str) -> Walk:
        """Return all that `head` has, from a moment on where `since` names one (ISO 8601 in UTC).

        Raises Error HUB011 (outside) where the head is not there, HUB012 (outside) where there are too many commits.
        """
        wanted = self._wanted
        variables = {
            **self._home,
            "head": f"{head}^{{commit}}",
            "since": since or None,
            "credits": wanted.needs_association,
            # Who else wrote a commit is known by its message: a list of authors each would double the price.
            "message": wanted.needs_message or wanted.needs_association,
            "parents": wanted.needs_parents,
            "perCommit": min(wanted.per_commit, MAX_PAGE),
        }
        commits: list[RangeCommit] = []
        pages, after = _Pages(self._client), None
        while True:
            data = pages.ask(queries.HISTORY, {**variables, "after": after})
            found = ((data.get("repository") or {}).get("object") or {}).get("history")
            if not found:
                raise no_ref(head, self._repository)
            commits += [_commit(node) for node in found["nodes"] if node is not None]
            refuse_too_many(len(commits), since or "the beginning")
            if not found["pageInfo"]["hasNextPage"]:
                # GitHub lists the newest first.
                return Walk(since, self._with_co_authors(reversed(commits)))
            after = found["pageInfo"]["endCursor"]

    def _with_co_authors(self, commits: Iterable[RangeCommit]) -> tuple[RangeCommit, ...]:
        """Return the commits, those that name co-authors with the accounts that GitHub knows behind all of them."""
        listed = tuple(commits)
        if not self._wanted.needs_association:
            return listed
        shared = [commit.id for commit in listed if _CO_AUTHORED.search(commit.message)]
        known = {
            oid: tuple(_signature(author) for author in node["authors"]["nodes"] if author)
            for oid, node in self._of_commits(queries.authors, shared, {})
        }
        return tuple(replace(commit, authors=known.get(commit.id) or commit.authors) for commit in listed)

    def _compared(self, data: Mapping[str, Any], base: str, head: str) -> dict[str, Any]:
        ref = (data.get("repository") or {}).get("ref")
        if not ref:
            raise no_ref(base, self._repository)
        if not ref.get("compare"):
            raise no_ref(head, self._repository)
        compared: dict[str, Any] = ref["compare"]
        return compared

    def _reaches(self, oldest: str) -> bool:
        """Tell whether the list of pull requests was read back to a date; to none, whether it was read at all."""
        if self._is_read or self._pages >= MAX_PULL_REQUEST_PAGES:
            return True
        return bool(self._pages) and (not oldest or self._back_to < oldest)

    def _take(self, page: Mapping[str, Any]) -> None:
        """Keep what a page of the list holds."""
        nodes = [node for node in page["nodes"] if node is not None]
        for node in nodes:
            self._keep(node)
        self._pages += 1
        self._after = page["pageInfo"]["endCursor"]
        self._is_read = not page["pageInfo"]["hasNextPage"]
        self._back_to = (nodes[-1].get("updatedAt") if nodes else "") or self._back_to

    def _keep(self, node: Mapping[str, Any]) -> None:
        number, files = node["number"], node.get("files")
        self._found[number] = _change(node)
        if files and files["pageInfo"]["hasNextPage"]:
            self._files_after[number] = files["pageInfo"]["endCursor"]

    def merged(self, walk: Walk) -> tuple[dict[int, Change], tuple[str, ...]]:
        """Return the repository's merged pull requests among the commits by number, and notices.

        The association index lags behind merges, so a merge commit inside the range counts as well.
        """
        if not walk.commits:
            return {}, ()
        pages = _Pages(self._client)
        while not self._reaches(walk.oldest):
            data = pages.ask(queries.PULL_REQUESTS, {**self._home, **self._wanted.flags, "pullsAfter": self._after})
            self._take(data["repository"]["pullRequests"])
        named = named_in(walk.commits, self._repository)
        self.look_up([number for number in named if number not in self._found])
        place = {commit.id for commit in walk.commits}
        numbers = [
            number
            for number, change in self._found.items()
            if (change.commit in place or number in named) and change.repository == self._repository
        ]
        notices: tuple[str, ...] = ()
        if self._pages >= MAX_PULL_REQUEST_PAGES and not self._is_read and self._back_to >= walk.oldest:
            notices = (f"only the {self._pages * MAX_PAGE:,} pull requests updated last were looked at",)
        return {number: self._whole(number) for number in numbers}, notices

    def _whole(self, number: int) -> Change:
        """Return a pull request with all of its files: the first page came along."""
        change = self._found[number]
        after = self._files_after.pop(number, None)
        pages, paths = _Pages(self._client), list(change.files)
        while after:
            data = pages.ask(queries.FILES, {**self._home, "number": number, "after": after})
            files = data["repository"]["pullRequest"]["files"]
            paths += [node["path"] for node in files["nodes"] if node]
            after = files["pageInfo"]["endCursor"] if files["pageInfo"]["hasNextPage"] else None
        self._found[number] = replace(change, files=tuple(paths))
        return self._found[number]

    def look_up(self, numbers: Sequence[int], *, can_miss: bool = False) -> None:
        """Read the pull requests with these numbers; `can_miss` where a number may be none, or an issue's."""
        rest, size = list(numbers), LOOKUPS
        while rest:
            group = rest[:size]
            variables = {f"n{index}": number for index, number in enumerate(group)}
            try:
                data = self._client.ask(
                    queries.pull_requests_by_number(len(group)),
                    {**self._home, **self._wanted.flags, **variables},
                    can_shrink=True,
                    can_miss=can_miss,
                )
            except Partial as fault:
                if size == 1:
                    raise unreachable(str(fault)) from fault
                size //= 2
                continue
            rest = rest[len(group) :]
            for node in (data["repository"].get(f"p{index}") for index in range(len(group))):
                if node and node["merged"]:
                    self._keep(node)

    def found(self, number: int) -> Change | None:
        """Return a merged pull request that was read, with all of its files, or None."""
        return self._whole(number) if number in self._found else None

    def tips(self, refs: Sequence[str]) -> dict[str, str]:
        """Return the commit that each ref leads to; those that lead nowhere are left out."""
        return self.tips_and_recent(refs, recent=False)[0]

    def tips_and_recent(self, refs: Sequence[str], *, recent: bool) -> tuple[dict[str, str], tuple[Recent, ...]]:
        """Return the commit that each ref leads to, and the pull requests that were merged or changed last."""
        found: dict[str, str] = {}
        newest: list[Recent] = []
        for group in grouped(refs, GROUP):
            expressions = {f"e{index}": f"{ref}^{{commit}}" for index, ref in enumerate(group)}
            data = self._client.ask(queries.tips(len(group)), {**self._home, **expressions, "recent": recent})
            for index, ref in enumerate(group):
                node = data["repository"].get(f"t{index}") or {}
                if node.get("__typename") == "Commit":
                    found[ref] = node["oid"]
            newest = [
                Recent(node["number"], node["headRefOid"], (node["mergeCommit"] or {}).get("oid") or "")
                for node in (data["repository"].get("pullRequests") or {"nodes": []})["nodes"]
                if node
            ]
        return found, tuple(newest)

    def associations(self, oids: Sequence[str]) -> dict[str, set[int]]:
        """Return the numbers of this repository's pull requests that GitHub ties to each commit."""
        variables = {"perCommit": min(self._wanted.per_commit, MAX_PAGE)}
        return {
            oid: {
                item["number"]
                for item in node["associatedPullRequests"]["nodes"]
                if item and (item.get("baseRepository") or {}).get("nameWithOwner") == self._repository
            }
            for oid, node in self._of_commits(queries.associations, oids, variables)
        }

    def accounts(self, oids: Sequence[str]) -> dict[str, str]:
        """Return the logins behind the addresses of the commits' authors, empty where there is no account."""
        return {
            author["email"]: (author.get("user") or {}).get("login") or ""
            for _, node in self._of_commits(queries.people, oids, {})
            for author in node["authors"]["nodes"]
            if author and author.get("email")
        }

    def _of_commits(
        self, query: Callable[[int], str], oids: Sequence[str], variables: Mapping[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what a query says of each commit that GitHub knows."""
        rest, size = list(oids), LOOKUPS
        while rest:
            group = rest[:size]
            named = {f"o{index}": oid for index, oid in enumerate(group)}
            try:
                data = self._client.ask(query(len(group)), {**self._home, **variables, **named}, can_shrink=True)
            except Partial as fault:
                if size == 1:
                    raise unreachable(str(fault)) from fault
                size //= 2
                continue
            rest = rest[len(group) :]
            for index, oid in enumerate(group):
                node = data["repository"].get(f"c{index}")
                if node:
                    yield oid, node

    def distances(self, refs: Sequence[str], head: str) -> dict[str, int]:
        """Return how many commits `head` is ahead of each ref that is an ancestor of it."""
        found: dict[str, int] = {}
        for group in grouped(refs, GROUP):
            named = {f"r{index}": ref for index, ref in enumerate(group)}
            data = self._client.ask(queries.distances(len(group)), {**self._home, "head": head, **named})
            for index, ref in enumerate(group):
                compared = (data["repository"].get(f"d{index}") or {}).get("compare")
                if compared and not compared["behindBy"]:
                    found[ref] = compared["aheadBy"]
        return found

    def new_logins(self, changes: Sequence[Change]) -> frozenset[str]:
        """Return the logins among the changes' authors that had no pull request merged before; people only."""
        return find_new_logins(self._client, self._repository, changes)

    def target(self, commitish: str) -> str:
        """Return the commit that a tag or a pull request's ref leads to, or an empty text."""
        pull = re.fullmatch(r"refs/pull/([0-9]{1,9})/(head|merge)", commitish)
        if pull:
            return _commit_of_pull_request(self._client, self._repository, int(pull[1]), pull[2])
        return _commit_of(self._client, self._repository, f"{commitish}^{{commit}}")


def grouped(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield the items in groups."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _split(repository: str) -> dict[str, str]:
    owner, _, name = repository.partition("/")
    return {"owner": owner, "name": name}


def refuse_too_many(count: int, base: str) -> None:
    """Raise Error HUB012 (outside) where a range has more commits than are read."""
    if count > MAX_COMMITS:
        raise Error(
            "HUB012",
            f"there are more than {MAX_COMMITS:,} commits since {base}",
            fix="Name a nearer release: check `tag-prefix`, `filter-by-range` and `filter-by-commitish`.",
            status=ExitStatus.OUTSIDE,
        )


def no_ref(ref: str, repository: str) -> Error:
    """Return the error for a ref that is not there."""
    return Error(
        "HUB011",
        f"{repository} has no {ref}",
        why="the release is there, but what it was made from is not" if ref.startswith("refs/tags/") else "",
        fix="Push the tag again, or delete the release.",
        status=ExitStatus.OUTSIDE,
    )


def _commit(node: Mapping[str, Any]) -> RangeCommit:
    author = node.get("author")
    associated = (node.get("associatedPullRequests") or {}).get("nodes") or []
    above = node.get("parents")
    return RangeCommit(
        node["oid"],
        (_signature(author),) if author else (),
        tuple(
            f"{(item.get('baseRepository') or {}).get('nameWithOwner')}#{item['number']}" for item in associated if item
        ),
        message=node.get("message") or "",
        date=node["committedDate"] or "",
        parents=tuple(parent["oid"] for parent in above["nodes"]) if above is not None else None,
    )


def _signature(author: Mapping[str, Any]) -> Person:
    return Person(name=author.get("name") or "", login=(author.get("user") or {}).get("login") or "")


def _change(node: Mapping[str, Any]) -> Change:
    author = node.get("author")
    return Change(
        title=node["title"],
        number=node["number"],
        commit=(node.get("mergeCommit") or {}).get("oid") or "",
        repository=(node.get("baseRepository") or {}).get("nameWithOwner") or "",
        author=_account(author) if author else None,
        labels=tuple(label["name"] for label in (node.get("labels") or {}).get("nodes") or () if label),
        files=tuple(item["path"] for item in (node.get("files") or {}).get("nodes") or () if item),
        merged_at=node.get("mergedAt"),
        body=node.get("body"),
        url=node.get("url"),
        base_ref=node.get("baseRefName"),
        head_ref=node.get("headRefName"),
    )


def _account(author: Mapping[str, Any]) -> Person:
    return Person(login=author["login"], url=author.get("url") or "", is_bot=author.get("__typename") == "Bot")


def find_new_logins(client: Client, repository: str, changes: Sequence[Change]) -> frozenset[str]:
    """Return the logins among the changes' authors that had no pull request merged before; people only."""
    first = first_merges(changes)
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


def first_merges(changes: Sequence[Change]) -> dict[str, str]:
    """Return when each author's first of the changes was merged, by login; people only."""
    first: dict[str, str] = {}
    for change in changes:
        author = change.author
        # A commit without a pull request is nobody's first one.
        if change.number is None or author is None or author.is_bot or not author.login or not change.merged_at:
            continue
        first[author.login] = min(first.get(author.login, change.merged_at), change.merged_at)
    return first


def resolve_target(route: Route, commitish: str) -> tuple[str, str]:
    """Return what a release's `target_commitish` is for a ref, and a notice where it could not be resolved.

    A branch loses `refs/heads/`; a tag and a pull request's ref become the commit's id; all else stays.
    """
    if commitish.startswith("refs/heads/"):
        return commitish.removeprefix("refs/heads/"), ""
    found = ""
    if commitish.startswith("refs/tags/") or re.fullmatch(r"refs/pull/([0-9]{1,9})/(head|merge)", commitish):
        found = route.target(commitish)
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
