"""The past of a repository as REST lists it, for servers and tokens to which GraphQL is closed.

It takes about twenty times the bytes, and one request a pull request where rules look at files.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from maximus.changes import Change, Person, RangeCommit, co_authors, noreply_login, well_formed
from maximus.github.history import first_merges, no_ref, refuse_too_many
from maximus.github.labels import list_changed_files
from maximus.github.limits import MAX_ASKED_COMMITS, MAX_PAGE, MAX_PULL_REQUEST_PAGES
from maximus.github.ranges import Walk, branches_of_merges, named_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from maximus.github.client import Client
    from maximus.github.ranges import Wanted

__all__ = ["Lists"]

_GONE = 404
_EMPTY = 409
"""What GitHub answers for the commits of a repository that has none."""
GHOST = "ghost"
"""Who stands in REST's answers for an account that was deleted."""


class Lists:
    """The past of a repository, read from REST's lists: a `Route`."""

    def __init__(self, client: Client, repository: str, server: str, wanted: Wanted) -> None:
        """Read `repository`, `owner/name` on `server`, through a client."""
        self._client = client
        self._repository = repository
        self._host = urlsplit(server).hostname or "github.com"
        self._wanted = wanted
        self._found: dict[int, Change] = {}
        self._whole: set[int] = set()
        self._pages = 0
        self._is_read = False
        self._back_to = ""

    def walk(self, base: str, head: str) -> Walk:
        """Return what `head` has and `base` has not; raise as `Queries.walk` does."""
        commits: list[RangeCommit] = []
        page = 1
        while True:
            found = self._compare(base, head, page=page)
            if found is None:
                raise no_ref(f"{base} or no {head}", self._repository)
            items = found["commits"]
            commits += [self._commit(item) for item in items]
            refuse_too_many(len(commits), base)
            if len(items) < MAX_PAGE or len(commits) >= found["total_commits"]:
                return self._attributed(Walk(base, tuple(commits), found["behind_by"]))
            page += 1

    def walk_since(self, head: str, since: str) -> Walk:
        """Return all that `head` has, from a moment on where `since` names one; raise as `Queries.walk_since` does."""
        commits: list[RangeCommit] = []
        query: dict[str, str | int] = {"sha": head, "per_page": MAX_PAGE}
        if since:
            query["since"] = since
        page = 1
        while True:
            reply = self._client.get(
                f"/repos/{self._repository}/commits", query={**query, "page": page}, allowed=(_GONE, _EMPTY)
            )
            if reply.status in (_GONE, _EMPTY):
                raise no_ref(head, self._repository)
            items = reply.items(key="sha")
            commits += [self._commit(item) for item in items]
            refuse_too_many(len(commits), since or "the beginning")
            if len(items) < MAX_PAGE:
                # GitHub lists the newest first.
                return self._attributed(Walk(since, tuple(reversed(commits))))
            page += 1

    def _compare(self, base: str, head: str, *, page: int = 1, size: int = MAX_PAGE) -> dict[str, Any] | None:
        # Both may hold slashes; what stands between them tells them apart.
        address = f"/repos/{self._repository}/compare/{quote(base, safe='')}...{quote(head, safe='')}"
        reply = self._client.get(address, query={"per_page": size, "page": page}, allowed=(_GONE,))
        return None if reply.status == _GONE else reply.document()

    def _commit(self, item: Mapping[str, Any]) -> RangeCommit:
        inner, account = item["commit"], item.get("author") or {}
        written = inner.get("author") or {}
        name, email = written.get("name") or "", written.get("email") or ""
        login = account.get("login") or noreply_login(email, self._host)
        others = (Person(name, noreply_login(email, self._host)) for name, email in co_authors(inner["message"]))
        return RangeCommit(
            item["sha"],
            (Person(well_formed(name), login), *others),
            message=well_formed(inner["message"]),
            date=(inner.get("committer") or {}).get("date") or "",
            parents=tuple(parent["sha"] for parent in item["parents"]),
        )

    def _attributed(self, walk: Walk) -> Walk:
        """Return the walk whose commits name their pull requests, as merge commits and the graph tell."""
        if walk.commits:
            self._read_back_to(walk.oldest)
        if not self._wanted.needs_association:
            return walk
        place = {commit.id for commit in walk.commits}
        merges = {change.commit: number for number, change in self._found.items() if change.commit in place}
        known = branches_of_merges(walk.commits, merges)
        unknown = [commit.id for commit in walk.commits if commit.id not in known]
        for oid in unknown[:MAX_ASKED_COMMITS]:
            known[oid] = self._associated(oid)
        notices: tuple[str, ...] = ()
        if len(unknown) > MAX_ASKED_COMMITS:
            left = len(unknown) - MAX_ASKED_COMMITS
            notices = (f"without GraphQL {left:,} commits count as direct ones: each would take a request of its own",)
        commits = tuple(
            replace(
                commit, changes=tuple(f"{self._repository}#{number}" for number in sorted(known.get(commit.id, ())))
            )
            for commit in walk.commits
        )
        return replace(walk, commits=commits, notices=notices)

    def _associated(self, oid: str) -> set[int]:
        """Return the merged pull requests that GitHub ties to a commit."""
        address = f"/repos/{self._repository}/commits/{oid}/pulls"
        items = self._client.get(address, query={"per_page": MAX_PAGE}).items()
        kept = [item for item in items[: self._wanted.per_commit] if self._keep(item)]
        return {item["number"] for item in kept}

    def _read_back_to(self, oldest: str) -> None:
        """Read the list of closed pull requests back to a date."""
        while not self._is_read and self._pages < MAX_PULL_REQUEST_PAGES:
            if self._pages and self._back_to < oldest:
                return
            self._read_page()

    def _read_page(self) -> None:
        self._pages += 1
        query: dict[str, str | int] = {
            "state": "closed",
            "sort": "updated",
            "direction": "desc",
            "per_page": MAX_PAGE,
            "page": self._pages,
        }
        items = self._client.get(f"/repos/{self._repository}/pulls", query=query).items()
        for item in items:
            self._keep(item)
        self._is_read = len(items) < MAX_PAGE
        self._back_to = (items[-1].get("updated_at") if items else "") or ""

    def _keep(self, item: Mapping[str, Any]) -> bool:
        """Keep a pull request that was merged into this repository; tell whether it was."""
        home = (item["base"].get("repo") or {}).get("full_name") or ""
        if not item.get("merged_at") or home.lower() != self._repository.lower():
            return False
        self._found.setdefault(item["number"], _change(item, self._repository))
        return True

    def merged(self, walk: Walk) -> tuple[dict[int, Change], tuple[str, ...]]:
        """Return the repository's merged pull requests among the commits by number, and notices."""
        place = {commit.id for commit in walk.commits}
        named = named_in(walk.commits, self._repository)
        numbers = [number for number, change in self._found.items() if change.commit in place or number in named]
        notices: tuple[str, ...] = ()
        for number in numbers if self._wanted.files else ():
            if number in self._whole:
                continue
            changed = list_changed_files(self._client, self._repository, number)
            self._found[number] = replace(self._found[number], files=changed.paths)
            self._whole.add(number)
            if not changed.is_complete:
                notices += (f"GitHub lists the first {len(changed.paths):,} files of #{number}; rules see no others",)
        return {number: self._found[number] for number in numbers}, notices

    def tips(self, refs: Sequence[str]) -> dict[str, str]:
        """Return the commit that each ref leads to; those that lead nowhere are left out."""
        found: dict[str, str] = {}
        for ref in refs:
            compared = self._compare(ref, ref, size=1)
            if compared is not None:
                found[ref] = compared["base_commit"]["sha"]
        return found

    def distances(self, refs: Sequence[str], head: str) -> dict[str, int]:
        """Return how many commits `head` is ahead of each ref that is an ancestor of it, the first ones only."""
        found: dict[str, int] = {}
        for ref in refs[:MAX_ASKED_COMMITS]:
            compared = self._compare(ref, head, size=1)
            if compared is not None and not compared["behind_by"]:
                found[ref] = compared["ahead_by"]
        return found

    def new_logins(self, changes: Sequence[Change]) -> frozenset[str]:
        """Return the logins among the changes' authors that had no pull request merged before; people only.

        The list of pull requests is read to its end for it.
        """
        first = first_merges(changes)
        while first and not self._is_read and self._pages < MAX_PULL_REQUEST_PAGES:
            self._read_page()
        earlier = {
            change.author.login
            for change in self._found.values()
            if change.author and (change.merged_at or "") < first.get(change.author.login, "")
        }
        return frozenset(first) - earlier

    def target(self, commitish: str) -> str:
        """Return the commit that a tag or a pull request's ref leads to, or an empty text."""
        pull = re.fullmatch(r"refs/pull/([0-9]{1,9})/(head|merge)", commitish)
        if pull is None:
            return self.tips([commitish]).get(commitish, "")
        reply = self._client.get(f"/repos/{self._repository}/pulls/{pull[1]}", allowed=(_GONE,))
        if reply.status == _GONE:
            return ""
        found = reply.document()
        return str((found["head"]["sha"] if pull[2] == "head" else found.get("merge_commit_sha")) or "")


def _change(item: Mapping[str, Any], repository: str) -> Change:
    user = item.get("user")
    return Change(
        title=well_formed(item["title"]),
        number=item["number"],
        commit=item.get("merge_commit_sha") or "",
        repository=repository,
        author=_account(user) if user and user["login"] != GHOST else None,
        labels=tuple(well_formed(label["name"]) for label in item["labels"]),
        merged_at=item["merged_at"],
        body=well_formed(item.get("body") or ""),
        url=item["html_url"],
        base_ref=item["base"]["ref"],
        head_ref=item["head"]["ref"],
    )


def _account(user: Mapping[str, Any]) -> Person:
    is_bot = user.get("type") == "Bot"
    login = user["login"].removesuffix("[bot]") if is_bot else user["login"]
    return Person(login=login, url=user.get("html_url") or "", is_bot=is_bot)
