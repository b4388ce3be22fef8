"""What a run goes by: the configuration, overridden by what the caller asks for, defaults decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from maximus.errors import Error, ExitStatus
from maximus.notes.baseline import Filters
from maximus.notes.configuration import is_moment
from maximus.notes.escapes import Guard

if TYPE_CHECKING:
    from maximus.notes.categories import Category
    from maximus.notes.configuration import Configuration

__all__ = ["Request", "Settings", "settle"]


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asks for; an empty text or None leaves the decision to the configuration."""

    version: str = ""
    tag: str = ""
    name: str = ""
    latest: bool | None = None
    prerelease: bool | None = None
    prerelease_identifier: str = ""
    include_pre_releases: bool | None = None
    commitish: str = ""
    header: str = ""
    footer: str = ""
    filter_by_range: str = ""
    compat: Literal["v6", "v7"] | None = None
    """Whose meanings the configuration has."""
    initial_commits_since: str = ""
    """With version 6's meanings and no release: from when on the history counts."""
    protect_edits: bool = False
    """Whether what somebody writes into the draft is kept apart from what this suite wrote."""
    base: Literal["latest", "nearest"] | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run goes by."""

    configuration: Configuration
    request: Request
    commitish: str
    """The branch, tag or commit that the release is about, as it was written."""
    prerelease: bool
    make_latest: Literal["true", "false", "legacy"]
    notices: tuple[str, ...]

    @property
    def categories(self) -> tuple[Category, ...]:
        """The configuration's categories."""
        return self.configuration.categories

    @property
    def filters(self) -> Filters:
        """Which releases are looked at."""
        configuration = self.configuration
        return Filters(
            commitish=self.commitish if configuration.filter_by_commitish else "",
            version_range=configuration.filter_by_range,
            tag_prefix=configuration.tag_prefix,
            prereleases=self.prerelease,
            include_prereleases=configuration.include_pre_releases,
        )

    @property
    def beginning(self) -> str | None:
        """From when on the history counts where there is no release (ISO 8601 in UTC, empty for all of it), or None.

        None means that nothing counts then, as in version 7.
        """
        if self.configuration.compat != "v6":
            return None
        text = self.configuration.initial_commits_since
        if not text:
            return ""
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def guard(self) -> Guard:
        """How strangers' texts get into the notes."""
        is_strict = self.configuration.escape == "strict"
        return Guard(self.configuration.change_title_escapes, is_strict, self.request.protect_edits)

    @property
    def needs_files(self) -> bool:
        """Whether a rule looks at changed files."""
        return any(category.needs_files for category in self.categories)

    def needs(self, variable: str) -> bool:
        """Tell whether the body's own templates contain a variable, such as `$NEW_CONTRIBUTORS`."""
        own = self.configuration
        return any(variable in template for template in (own.header, own.template, own.footer))

    def change_needs(self, variable: str) -> bool:
        """Tell whether the template of a change contains a variable, such as `$BODY`."""
        return variable in self.configuration.change_template

    @property
    def needs_association(self) -> bool:
        """Whether it matters which commit belongs to which change."""
        return self.change_needs("$AUTHORS") or self.needs("$CONTRIBUTORS")


def settle(configuration: Configuration, request: Request, default_commitish: str) -> Settings:
    """Return what a run goes by; what the caller asks for beats the configuration.

    Raises Error NOTES012 (usage) where neither names a branch, tag or commit and there is no default.
    """
    notices = list(configuration.notices)
    merged = replace(
        configuration,
        header=request.header or configuration.header,
        footer=request.footer or configuration.footer,
        prerelease_identifier=request.prerelease_identifier or configuration.prerelease_identifier,
        filter_by_range=request.filter_by_range or configuration.filter_by_range,
        base=request.base or configuration.base,
        include_pre_releases=(
            configuration.include_pre_releases if request.include_pre_releases is None else request.include_pre_releases
        ),
    )
    if request.initial_commits_since:
        merged = replace(merged, initial_commits_since=_since(merged, request.initial_commits_since, notices))
    prerelease = bool(configuration.prerelease if request.prerelease is None else request.prerelease)
    may_switch = request.prerelease is None or bool(request.prerelease_identifier)
    if merged.prerelease_identifier and not prerelease and may_switch:
        notices.append("`prerelease-identifier` is set, so the release becomes a prerelease")
        prerelease = True
    commitish = request.commitish or configuration.commitish or default_commitish
    if not commitish:
        raise Error(
            "NOTES012",
            "it is not known which branch or commit the release is about",
            why="the event names no ref",
            fix="Set `commitish`.",
            where="commitish",
            status=ExitStatus.USAGE,
        )
    make_latest = _make_latest(merged, request, prerelease=prerelease)
    return Settings(merged, request, commitish, prerelease, make_latest, tuple(notices))


def _since(configuration: Configuration, text: str, notices: list[str]) -> str:
    """Return from when on the history counts without a release; only version 6 asks for that."""
    if configuration.compat != "v6":
        notices.append("`initial-commits-since` has no effect without `compat: v6`; leave it out")
        return ""
    if not is_moment(text):
        raise Error(
            "NOTES013",
            f"{text!r} is no date",
            fix="Write one such as 2026-01-31 or 2026-01-31T12:00:00Z.",
            where="initial-commits-since",
            status=ExitStatus.USAGE,
        )
    return text


def _make_latest(
    configuration: Configuration, request: Request, *, prerelease: bool
) -> Literal["true", "false", "legacy"]:
    if prerelease:
        return "false"
    if request.latest is not None:
        return "true" if request.latest else "false"
    return configuration.latest or "true"
