"""Notes without a server: git's history stands in for pull requests and its tags for releases."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from maximus import markdown
from maximus.changes import (
    BREAKING,
    Change,
    Person,
    RangeCommit,
    Release,
    announces_breaking,
    co_authors,
    noreply_login,
)
from maximus.errors import Error, ExitStatus
from maximus.notes.baseline import choose_baseline
from maximus.notes.categories import Category, Condition, Conventional, admitted
from maximus.notes.composition import History, Notes, compose, increment_for, resolve_version
from maximus.notes.configuration import Configuration, read_configuration
from maximus.notes.loading import NotFound, NotReachable, Target, load
from maximus.notes.settings import Request, Settings, settle
from maximus.notes.versions import Increment, find_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from maximus.git import Checkout, Commit
    from maximus.notes.sections import Sections

__all__ = [
    "DEFAULT_CONFIGURATION",
    "LocalNotes",
    "TreeSource",
    "compose_local",
    "next_version",
    "next_version_of",
    "read_settings",
    "tag_being_built",
]

CONFIG_NAME = "release-drafter.yml"
MAX_CONFIGURATION = 1 << 20
"""Bytes of the largest configuration that is read."""

_BREAKING = Condition(conventional=Conventional(breaking=True))
_BREAKING_FOOTER = Condition(labels=(BREAKING,))

DEFAULT_CONFIGURATION = Configuration(
    template="$CHANGES\n",
    change_template="* $TITLE (#$NUMBER) $AUTHORS",
    change_title_escapes="\\<>*_&@#[]()|~",
    tag_template="v$RESOLVED_VERSION",
    name_template="v$RESOLVED_VERSION",
    no_changes_template="No changes.",
    sort_direction="ascending",
    categories=(
        Category(
            title="Breaking changes", when=(_BREAKING, _BREAKING_FOOTER), exclusive=True, increment=Increment.MAJOR
        ),
        Category(
            title="Features",
            when=(Condition(conventional=Conventional(("feat",))),),
            exclusive=True,
            increment=Increment.MINOR,
        ),
        Category(title="Fixes", when=(Condition(conventional=Conventional(("fix",))),), exclusive=True),
        Category(title="Other changes"),
    ),
)
"""What goes where a tree has no configuration: conventional subjects decide heading and version."""


@dataclass(frozen=True, slots=True)
class LocalNotes:
    """Notes made from a checkout."""

    notes: Notes
    settings: Settings
    base: str | None
    """The tag that they count from; None for a first release."""
    commits: int
    """How many commits were looked at."""
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TreeSource:
    """Reads configurations from a checkout's files; other repositories cannot be read without a token."""

    root: Path
    context: Target

    def __call__(self, target: Target) -> str:
        """Return a file's text; raise NotFound or NotReachable."""
        if target.scheme != "file" and not target.is_same_place(self.context):
            msg = f"{target} lies in another repository, which takes a token to read"
            raise NotReachable(msg)
        return read_inside(self.root, target.path)


def read_inside(root: Path, path: str) -> str:
    """Return the text of a file below the root, links followed only inside it.

    Raises NotFound where there is none, Error NOTES009 (usage) where it leads out of the root, NOTES007 where it is
    no text.
    """
    top = root.resolve()
    file = (root / path).resolve()
    if not file.is_relative_to(top):
        raise Error(
            "NOTES009",
            f"the configuration {path} leads out of {root}",
            fix="Name a file inside the workspace.",
            where="config-name",
            status=ExitStatus.USAGE,
        )
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_CONFIGURATION + 1).decode("utf-8")
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise NotFound(path) from fault
    except (OSError, ValueError) as fault:
        why = getattr(fault, "strerror", None) or "it is not UTF-8"
        raise Error(
            "NOTES007", f"cannot read the configuration {path}", why=why, where=path, status=ExitStatus.USAGE
        ) from fault


def read_settings(
    checkout: Checkout, request: Request, config_name: str = CONFIG_NAME
) -> tuple[Settings, tuple[str, ...]]:
    """Return the settings of a checkout and warnings; without a configuration, the default's.

    Raises Error YAML001, NOTES002 to NOTES012 (usage) where the configuration or the request is wrong.
    """
    origin = checkout.origin()
    owner, _, name = (origin.name if origin else "").partition("/")
    # A tree without a remote has no name; the words only have to differ from every repository's.
    context = Target("github", owner or "-", name or "-", None, "")
    try:
        loaded = load(config_name, context, TreeSource(checkout.root, context))
    except (NotFound, NotReachable):
        if config_name != CONFIG_NAME:
            raise Error(
                "NOTES008",
                f"there is no configuration {config_name!r} in {checkout.root}",
                fix="Name a file below .github/, or leave `config-name` out.",
                where="config-name",
                status=ExitStatus.USAGE,
            ) from None
        return settle(DEFAULT_CONFIGURATION, request, "HEAD"), ()
    return settle(read_configuration(loaded.root, compat=request.compat), request, "HEAD"), loaded.warnings


def tag_being_built(checkout: Checkout, tag_prefix: str = "") -> str | None:
    """Return the tag on the commit that is checked out in which a version is found, or None.

    Among several the highest counts.
    """
    tags = [Release(tag) for tag in checkout.tags_at_head() if find_version(tag, tag_prefix)]
    chosen = choose_baseline(tags, replace(_ALL, tag_prefix=tag_prefix)).last
    return chosen.tag if chosen else None


def compose_local(
    checkout: Checkout, request: Request, config_name: str = CONFIG_NAME, sections: Sections | None = None
) -> LocalNotes:
    """Return the notes for what the checkout has behind its last tag.

    A tag on the commit that is checked out is the release being built: it gives the version where the request
    names none, and the notes count from the tag before it. Without any tag the whole history counts.
    Raises Error NOTES020 (outside) for a shallow clone, NOTES021 (unmeasured) for a repository without commits,
    and what `read_settings` raises.
    """
    _refuse_unreadable(checkout)
    settings, warnings = read_settings(checkout, request, config_name)
    built = tag_being_built(checkout, settings.configuration.tag_prefix)
    if built and not (request.version or request.tag or request.name):
        settings = replace(settings, request=replace(request, tag=built))
    last, commits = _range(checkout, settings)
    history = _history(checkout, last, commits, is_escaped=settings.guard.is_strict)
    notes = compose(settings, history, sections)
    if last is None:
        notes = replace(notes, body=f"This is the first release.\n\n{notes.body}")
    told = (*settings.notices, *warnings, *notes.warnings)
    return LocalNotes(notes, settings, last.tag if last else None, len(commits), told)


def next_version_of(checkout: Checkout, config_name: str = CONFIG_NAME) -> str:
    """Return the version to release by default: that of the tag being built, else the next by the notes' rules.

    Raises what `compose_local` raises.
    """
    _refuse_unreadable(checkout)
    settings, _ = read_settings(checkout, Request(), config_name)
    built = tag_being_built(checkout, settings.configuration.tag_prefix)
    if built:
        settings = replace(settings, request=Request(tag=built))
    last, commits = _range(checkout, settings)
    return next_version(settings, last, changes_of(commits))


def next_version(settings: Settings, last: Release | None, changes: Iterable[Change]) -> str:
    """Return the version that the changes since the last release lead to, written as the configuration has it."""
    included = admitted(changes, settings.categories)
    by, _ = increment_for(settings, {}, included)
    variables, _ = resolve_version(settings, last, by)
    return variables["$RESOLVED_VERSION"]


def _refuse_unreadable(checkout: Checkout) -> None:
    if checkout.head() is None:
        raise Error(
            "NOTES021",
            f"{checkout.root} has no commit yet",
            fix="Commit something first.",
            status=ExitStatus.UNMEASURED,
        )
    if checkout.is_shallow():
        raise Error(
            "NOTES020",
            "the history is cut off: this is a shallow clone",
            why="the commits since the last tag cannot be told",
            fix="Run `git fetch --unshallow --tags`; in a job give actions/checkout `fetch-depth: 0`.",
            status=ExitStatus.OUTSIDE,
        )


_ALL = replace(settle(DEFAULT_CONFIGURATION, Request(), "HEAD").filters, include_prereleases=True)


def _range(checkout: Checkout, settings: Settings) -> tuple[Release | None, tuple[Commit, ...]]:
    """Return the last release as its tag tells it, and the commits since, newest first."""
    prefix = settings.configuration.tag_prefix
    here = set(checkout.tags_at_head())
    earlier = [tag for tag in checkout.tags_reachable() if tag not in here]
    releases = [
        Release(tag, is_prerelease=bool(version.prerelease))
        for tag in earlier
        if (version := find_version(tag, prefix))
    ]
    filters = replace(settings.filters, commitish="")
    last = choose_baseline(releases, filters).last
    commits = checkout.history(f"refs/tags/{last.tag}" if last else None)
    if last is None and settings.beginning:
        since = datetime.fromisoformat(settings.beginning).timestamp()
        commits = tuple(commit for commit in commits if commit.time >= since)
    return last, commits


_PULL_REQUEST = re.compile(r"\s\(#(?P<number>[0-9]{1,9})\)$")


def changes_of(commits: Sequence[Commit], *, is_escaped: bool = False) -> tuple[Change, ...]:
    """Return the change that each commit stands for, oldest first; merges stand for none.

    `is_escaped` says that the notes make names harmless anyway, which must not happen twice.
    """
    return tuple(_change(commit, is_escaped=is_escaped) for commit in reversed(commits) if commit.parents < 2)  # noqa: PLR2004 - a merge has two


def _change(commit: Commit, *, is_escaped: bool) -> Change:
    subject = commit.subject.strip()
    found = _PULL_REQUEST.search(subject)
    return Change(
        title=subject[: found.start()].rstrip() if found else subject,
        number=int(found["number"]) if found else None,
        commit=commit.id,
        author=_person(commit.author_name, commit.author_email, is_escaped=is_escaped),
        labels=(BREAKING,) if announces_breaking(commit.body) else (),
        merged_at=f"{commit.time:020d}",
        body=commit.body,
    )


def _person(name: str, email: str, *, is_escaped: bool) -> Person:
    """Return the author: an account where the address is GitHub's own, else the name, harmless by now or later."""
    return Person(name=name if is_escaped else markdown.escape(name), login=noreply_login(email))


def _history(checkout: Checkout, last: Release | None, commits: Sequence[Commit], *, is_escaped: bool) -> History:
    origin = checkout.origin()
    return History(
        repository=origin.name if origin else "",
        server=origin.server if origin else "https://github.com",
        last=last,
        changes=changes_of(commits, is_escaped=is_escaped),
        commits=tuple(
            RangeCommit(
                commit.id,
                (
                    _person(commit.author_name, commit.author_email, is_escaped=is_escaped),
                    *(_person(name, email, is_escaped=is_escaped) for name, email in co_authors(commit.body)),
                ),
            )
            for commit in commits
        ),
        needs_baseline=False,
    )
