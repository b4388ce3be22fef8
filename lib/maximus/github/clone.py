"""The past of a repository out of a checkout of it: commits from git, and only what git cannot know from GitHub.

GitHub says which commits are meant and ties pull requests to them, so the result is the one without a checkout.
Where the checkout lacks something the reader is told, and everything is asked of GitHub instead.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from maximus.changes import Person, RangeCommit, co_authors, noreply_login, well_formed
from maximus.errors import Error
from maximus.github.history import Queries, refuse_too_many
from maximus.github.ranges import Walk, branches_of_merges

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from maximus.changes import Change
    from maximus.git import Checkout, Commit
    from maximus.github.client import Client
    from maximus.github.history import Recent
    from maximus.github.ranges import Wanted

__all__ = ["Clone", "NotHere", "why_not"]

_NUMBER = re.compile(r"\(#([0-9]{1,9})\)$|^Merge pull request #([0-9]{1,9}) from ")


class NotHere(Exception):  # noqa: N818 - an answer, not a fault
    """The checkout does not have what is needed; the message says what."""


def why_not(checkout: Checkout, repository: str, server: str) -> str:
    """Return why a checkout is of no use for a repository, or an empty text where it is."""
    origin = checkout.origin()
    if origin is None or (origin.server, origin.name.lower()) != (server, repository.lower()):
        return "it is another repository's"
    return "it is a shallow clone" if checkout.is_shallow() else ""


class Clone:
    """The past of a repository out of a checkout: a `Route`."""

    def __init__(self, client: Client, repository: str, server: str, wanted: Wanted, checkout: Checkout) -> None:
        """Read `repository`, `owner/name` on `server`, from its checkout, which `why_not` says nothing against."""
        self._repository = repository
        self._host = urlsplit(server).hostname or "github.com"
        self._wanted = wanted
        self._checkout = checkout
        self._queries = Queries(client, repository, wanted)
        self._logins: dict[str, str] = {}

    def walk(self, base: str, head: str) -> Walk:
        """Return what `head` has and `base` has not; raise NotHere where git lacks something, HUB012 as queries do."""
        tips, recent = self._queries.tips_and_recent((base, head), recent=True)
        for ref in (base, head):
            if ref not in tips:
                raise NotHere(f"GitHub knows no commit for {ref}")
        found, behind = self._read(tips[base], tips[head], base, head)
        commits = tuple(_commit(commit) for commit in found)
        changes = self._changes(commits, recent)
        people = self._people(found) if self._wanted.needs_association else {}
        return Walk(
            base,
            tuple(
                replace(
                    commit,
                    authors=people.get(commit.id, ()),
                    changes=tuple(f"{self._repository}#{number}" for number in sorted(changes.get(commit.id, ()))),
                )
                for commit in commits
            ),
            behind,
        )

    def walk_since(self, head: str, since: str) -> Walk:
        """Raise NotHere: a checkout is read between two points, and here there is one."""
        counted = f", since {since}" if since else ""
        raise NotHere(f"there is no release to read {head} from{counted}")

    def _read(self, base: str, head: str, base_name: str, head_name: str) -> tuple[tuple[Commit, ...], int]:
        """Return the commits from base to head, oldest first, and how many only the base has."""
        try:
            if not (self._checkout.commit_of(base) and self._checkout.commit_of(head)):
                raise NotHere(f"it lacks {head_name}, or the release, as GitHub has it; fetch again")
            count = self._checkout.count(base, head)
            found, behind = self._checkout.history(base, head)[::-1], self._checkout.count(head, base)
        except Error as error:
            # Git may take too long over a clone that fetches what it lacks, commit by commit.
            raise NotHere(error.what) from error
        # Git's own history ends where ours does, without a word.
        refuse_too_many(count, base_name)
        return found, behind

    def _changes(self, commits: Sequence[RangeCommit], recent: Sequence[Recent]) -> dict[str, set[int]]:
        """Return the numbers of the pull requests that each commit came in with.

        Subjects name numbers, GitHub says whether that pull request was merged by such a commit, and the graph says
        what a merge brought in. Of what is left GitHub is asked.
        """
        place = {commit.id for commit in commits}
        numbers = {number for commit in commits for number in _numbers(commit.message)}
        numbers |= {item.number for item in recent if item.merge_commit in place}
        self._queries.look_up(sorted(numbers), can_miss=True)
        for item in recent:
            if item.head in place and item.merge_commit not in place and self._wanted.needs_association:
                # Its commits are here, but what it was merged by is not: git cannot tell which commits are its own.
                raise NotHere(f"pull request #{item.number} was merged into another branch")
        merges = self._merges(sorted(numbers), place)
        known = branches_of_merges(commits, merges)
        unknown = [commit.id for commit in commits if commit.id not in known]
        associated = self._queries.associations(unknown) if unknown else {}
        more = sorted({number for found in associated.values() for number in found} - numbers)
        self._queries.look_up(more, can_miss=True)
        # A rebased pull request is named by GitHub for each of its commits; its last one is its merge commit.
        merges |= self._merges(more, place)
        if not self._wanted.needs_association:
            return {oid: {number} for oid, number in merges.items()}
        return branches_of_merges(commits, merges) | {oid: found for oid, found in associated.items() if found}

    def _merges(self, numbers: Iterable[int], place: set[str]) -> dict[str, int]:
        """Return the pull requests by their merge commit, as far as that one is among the commits."""
        found: dict[str, int] = {}
        for number in numbers:
            change = self._queries.found(number)
            if change is not None and change.commit in place and change.repository == self._repository:
                found[change.commit] = number
        return found

    def _people(self, commits: Sequence[Commit]) -> dict[str, tuple[Person, ...]]:
        """Return the authors of each commit: GitHub is asked once for each address that names no account."""
        written = {
            commit.id: ((commit.author_name, commit.author_email), *co_authors(commit.body)) for commit in commits
        }
        asked: dict[str, str] = {}
        for oid, people in written.items():
            for _, email in people:
                if email not in self._logins and email not in asked:
                    login = noreply_login(email, self._host)
                    if login:
                        self._logins[email] = login
                    else:
                        asked[email] = oid
        found = self._queries.accounts(sorted(set(asked.values())))
        self._logins |= {email: found.get(email, "") for email in asked}
        return {
            oid: tuple(Person(name=well_formed(name), login=self._logins[email]) for name, email in people)
            for oid, people in written.items()
        }

    def merged(self, walk: Walk) -> tuple[dict[int, Change], tuple[str, ...]]:
        """Return the repository's merged pull requests among the commits by number, and notices."""
        numbers = {int(key.rpartition("#")[2]) for commit in walk.commits for key in commit.changes}
        found = ((number, self._queries.found(number)) for number in sorted(numbers))
        return {
            number: change for number, change in found if change is not None and change.repository == self._repository
        }, ()

    def tips(self, refs: Sequence[str]) -> dict[str, str]:
        """Return the commit that each ref leads to on GitHub."""
        return self._queries.tips(refs)

    def distances(self, refs: Sequence[str], head: str) -> dict[str, int]:
        """Return how many commits `head` is ahead of each ref that is an ancestor of it, as GitHub says."""
        return self._queries.distances(refs, head)

    def new_logins(self, changes: Sequence[Change]) -> frozenset[str]:
        """Return the logins among the changes' authors that had no pull request merged before."""
        return self._queries.new_logins(changes)

    def target(self, commitish: str) -> str:
        """Return the commit that a tag or a pull request's ref leads to, or an empty text."""
        return self._queries.target(commitish)


def _commit(commit: Commit) -> RangeCommit:
    return RangeCommit(
        commit.id,
        message=well_formed(f"{commit.subject}\n\n{commit.body}".rstrip()),
        date=datetime.fromtimestamp(commit.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        parents=commit.parent_ids,
    )


def _numbers(message: str) -> tuple[int, ...]:
    """Return the pull request that a subject names, as GitHub's merge and squash commits do."""
    found = _NUMBER.search(message.partition("\n")[0].strip())
    return (int(found[1] or found[2]),) if found else ()
