"""What happened between two releases, as values: people, changes, commits, releases. Knows neither git nor GitHub."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = [
    "BREAKING",
    "Change",
    "Person",
    "RangeCommit",
    "Release",
    "announces_breaking",
    "co_authors",
    "noreply_login",
    "well_formed",
]

BREAKING = "breaking"
"""The label that a commit gets whose message announces a breaking change in its footer."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who wrote something: an account, or a bare name from a commit."""

    name: str = ""
    login: str = ""
    """The account's login; empty for a bare name."""
    url: str = ""
    is_bot: bool = False
    """Whether the account is known to be a bot; a login may also say so by ending in `[bot]`."""


@dataclass(frozen=True, slots=True)
class Change:
    """A merged pull request, or a commit that stands in for one."""

    title: str
    number: int | None = None
    """None for a commit that names no pull request."""
    commit: str = ""
    """The id of the commit that stands in, or of the merge commit."""
    repository: str = ""
    """`owner/name` of the repository that the change went into."""
    author: Person | None = None
    """None where the account was deleted."""
    labels: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    """The changed files' paths; empty where no rule asked for them."""
    merged_at: str | None = None
    """ISO 8601 in UTC."""
    body: str | None = None
    url: str | None = None
    base_ref: str | None = None
    head_ref: str | None = None

    @property
    def key(self) -> str:
        """What identifies it across repositories: `owner/name#number`, or the commit's id."""
        return f"{self.repository}#{self.number}" if self.number is not None else self.commit


@dataclass(frozen=True, slots=True)
class RangeCommit:
    """A commit between two releases, and the changes that it belongs to."""

    id: str
    authors: tuple[Person, ...] = ()
    """The author first, then the co-authors."""
    changes: tuple[str, ...] = ()
    """The keys of the changes that the commit is associated with."""
    message: str = ""
    """The whole message; empty where nothing asked for it."""
    date: str = ""
    """When it was committed, ISO 8601 in UTC."""
    parents: tuple[str, ...] | None = None
    """The ids of its parents; None where nothing asked for them."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release as a server lists it, or a tag that stands in for one."""

    tag: str
    id: int = 0
    name: str = ""
    is_draft: bool = False
    is_prerelease: bool = False
    is_immutable: bool = False
    target: str = ""
    """The branch or commit that it was made from."""
    created_at: str = ""
    """ISO 8601 in UTC."""
    body: str = ""
    html_url: str = ""
    upload_url: str = ""


def announces_breaking(message: str) -> bool:
    """Tell whether a commit's message says in its footer that the change breaks something."""
    return re.search(r"(?m)^BREAKING[ -]CHANGE: ", message) is not None


_CO_AUTHOR = re.compile(r"(?im)^Co-authored-by:(?P<name>[^<\n]*)<(?P<email>[^<>\n]+)>")


def co_authors(message: str) -> tuple[tuple[str, str], ...]:
    """Return name and address of everybody whom a commit's message names as co-author."""
    return tuple((found["name"].strip(), found["email"].strip()) for found in _CO_AUTHOR.finditer(message))


def noreply_login(email: str, host: str = "github.com") -> str:
    """Return the login in the address that GitHub gives to accounts which hide theirs; empty for any other."""
    pattern = rf"(?:[0-9]+\+)?([A-Za-z0-9-]+(?:\[bot\])?)@users\.noreply\.{re.escape(host)}"
    found = re.fullmatch(pattern, email)
    return found[1] if found else ""


def well_formed(text: str) -> str:
    """Return the text with surrogate pairs joined and lone surrogates replaced: JSON may hold both, UTF-8 neither."""
    if not re.search("[\ud800-\udfff]", text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
