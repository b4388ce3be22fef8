"""Who contributed: collected from changes and their commits, ordered, and rendered as mentions."""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.notes.escapes import Guard
from maximus.notes.templates import Text, fill, foreign, join, own

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from maximus.changes import Change, Person, RangeCommit
    from maximus.notes.configuration import Configuration

__all__ = ["Credits", "icu_key", "new_contributors"]

BOT = "[bot]"

_PUNCTUATION = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_ORDER = {character: index for index, character in enumerate(" " + _PUNCTUATION + "0123456789")}


@functools.lru_cache(maxsize=65_536)
def icu_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Return a key that sorts as ICU's root collation does: exactly for ASCII, by base letter elsewhere.

    Letters first without accents and case, then accents, then lower case before upper.
    """
    letters: list[int] = []
    accents: list[int] = []
    cases: list[int] = []
    for character in unicodedata.normalize("NFD", text):
        if unicodedata.combining(character):
            accents.append(ord(character))
            continue
        folded = character.lower()
        letters.append(_ORDER.get(character, len(_ORDER) + ord(folded[0])))
        accents.append(0)
        cases.append(int(character != folded))
    return tuple(letters), tuple(accents), tuple(cases)


@dataclass(frozen=True, slots=True)
class _Contributor:
    """An account or a bare name, once."""

    login: str
    """Empty for a bare name; a bot's ends in `[bot]`."""
    name: str
    url: str = ""
    """A bot's page, where it is known."""

    @property
    def is_bot(self) -> bool:
        return bool(self.login) and (bool(self.url) or self.login.endswith(BOT))

    def mention(self, server: str, guard: Guard) -> str:
        if not self.login:
            return guard.text(self.name)
        if not self.login.endswith(BOT):
            return f"@{self.login}"
        url = self.url or f"{server.rstrip('/')}/apps/{self.login.removesuffix(BOT)}"
        return f"[@{self.login}]({url})"


class Credits:
    """Finds the people behind changes; the commits are gone through once, whatever the number of changes."""

    def __init__(
        self, commits: Sequence[RangeCommit], merge_commits: dict[str, str], server: str, guard: Guard | None = None
    ) -> None:
        """Take the range's commits, the merge commit of each change by key, the server's address, and the escapes."""
        self._server = server
        self._guard = guard or Guard()
        self._by_change: dict[str, list[int]] = {}
        self._commits = commits
        changes_of_merge: dict[str, list[str]] = {}
        for key, commit_id in merge_commits.items():
            changes_of_merge.setdefault(commit_id, []).append(key)
        for index, commit in enumerate(commits):
            for key in {*commit.changes, *changes_of_merge.get(commit.id, ())}:
                self._by_change.setdefault(key, []).append(index)

    def _people(self, changes: Sequence[Change]) -> list[_Contributor]:
        """Return everybody behind the changes, ordered: their authors first, people before bots, then by name."""
        found: dict[tuple[str, str], _Contributor] = {}
        indexes = {index for change in changes for index in self._by_change.get(change.key, ())}
        for index in sorted(indexes):
            for person in self._commits[index].authors:
                if person.login:
                    found["login", person.login] = _Contributor(person.login, person.name)
                elif person.name:
                    found["name", person.name] = _Contributor("", person.name)
        authors: set[str] = set()
        for change in changes:
            if change.author is not None and (change.author.login or change.author.name):
                made = _author(change.author)
                if made.login:
                    authors.add(made.login)
                found["login" if made.login else "name", made.login or made.name] = made
        return sorted(
            found.values(),
            key=lambda person: (
                not (person.login and person.login in authors),
                person.is_bot,
                icu_key(person.login or person.name),
            ),
        )

    def authors(self, change: Change, configuration: Configuration) -> Text:
        """Return a change's `$AUTHORS`."""
        template = own(configuration.change_author_template)
        people = self._people([change])
        if not people:
            return fill(template, {"$AUTHOR": own("ghost"), "$AUTHOR_MENTION": own("@ghost")})
        rendered = [
            fill(
                template,
                {
                    "$AUTHOR": foreign(person.login or self._guard.text(person.name)),
                    "$AUTHOR_MENTION": foreign(person.mention(self._server, self._guard)),
                },
            )
            for person in people
        ]
        final = configuration.change_authors_final_separator
        separator = configuration.change_authors_separator
        return _enumerate(rendered, separator, separator if final is None else final)

    def contributors(self, changes: Sequence[Change], configuration: Configuration) -> Text:
        """Return `$CONTRIBUTORS` over the changes that are included."""
        excluded = set(configuration.exclude_contributors)
        excluded |= {f"{login}{BOT}" for login in excluded}
        people = [person for person in self._people(changes) if not (person.login and person.login in excluded)]
        if not people:
            return own(configuration.no_contributors_template)
        return _enumerate([foreign(person.mention(self._server, self._guard)) for person in people], ", ", " and ")


def _author(person: Person) -> _Contributor:
    login = person.login
    if person.is_bot and login and not login.endswith(BOT):
        login += BOT
    return _Contributor(login, person.name, person.url if person.is_bot else "")


def _enumerate(parts: Sequence[Text], separator: str, final: str) -> Text:
    if len(parts) < 2:  # noqa: PLR2004 - one needs no separator
        return join(parts)
    return join([join(parts[:-1], separator), own(final), parts[-1]])


def new_contributors(
    changes: Iterable[Change],
    included: Collection[str],
    new_logins: Collection[str],
    configuration: Configuration,
) -> Text:
    """Return `$NEW_CONTRIBUTORS`: each new login's earliest change in the range, where that one is included.

    `changes` are all of the range; `included` holds the keys of those that count.
    """
    first: dict[str, Change] = {}
    for change in changes:
        login = change.author.login if change.author else ""
        if not login or login not in new_logins or login in configuration.exclude_contributors:
            continue
        if login not in first or (change.merged_at or "") < (first[login].merged_at or ""):
            first[login] = change
    listed = sorted(
        ((login, change) for login, change in first.items() if change.key in included),
        key=lambda entry: (entry[1].merged_at or "", entry[1].number or 0),
    )
    if not listed:
        return own(configuration.no_new_contributor_template)
    return join(
        [
            fill(
                own(configuration.new_contributor_template),
                {
                    "$AUTHOR": foreign(login),
                    "$AUTHOR_MENTION": foreign(f"@{login}"),
                    "$AUTHOR_URL": foreign(change.author.url) if change.author else None,
                    "$NUMBER": own(str(change.number)),
                    "$URL": foreign(change.url) if change.url else None,
                },
            )
            for login, change in listed
        ],
        "\n",
    )
