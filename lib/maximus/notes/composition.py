"""The notes themselves: changes under their headings, the version that follows, and the body made of both.

Nothing here reads or writes: history and settings go in, the release's texts come out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from maximus.changes import well_formed
from maximus.notes.categories import admitted, assign, path_hits, resolve_increment
from maximus.notes.contributors import Credits, new_contributors
from maximus.notes.expressions import apply_replacers
from maximus.notes.limits import units
from maximus.notes.majors import increment_by_maintainers
from maximus.notes.sections import NAMES, Sections
from maximus.notes.templates import Text, fill, fill_plain, foreign, join, occurs, own, trim
from maximus.notes.versions import (
    Increment,
    Version,
    find_version,
    increment,
    next_prerelease,
    start_prerelease,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from maximus.changes import Change, RangeCommit, Release
    from maximus.notes.categories import Category
    from maximus.notes.configuration import Configuration
    from maximus.notes.escapes import Guard
    from maximus.notes.settings import Settings

__all__ = ["History", "Notes", "compose", "increment_for", "resolve_version"]


@dataclass(frozen=True, slots=True)
class History:
    """What happened since the last release."""

    repository: str
    """`owner/name`."""
    server: str
    """Such as `https://github.com`."""
    last: Release | None
    """The release that the notes count from."""
    changes: tuple[Change, ...] = ()
    """In the order in which they were found."""
    commits: tuple[RangeCommit, ...] = ()
    new_logins: frozenset[str] = frozenset()
    """The logins without an earlier change; empty where the template does not ask for them."""
    vouched: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The labels of each change, by key, that are known to have been set by a maintainer."""
    needs_baseline: bool = True
    """Whether a missing last release means that nothing could be compared; False where the whole history was."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What a release is to say."""

    name: str
    tag: str
    body: str
    version: str
    """The resolved version as the configuration writes it; empty where its template renders to nothing."""
    resolved: Version
    changes: int
    """How many changes stand in the body."""
    warnings: tuple[str, ...] = ()
    behind: str = ""
    """Our own sections that follow the body, a blank line in front."""
    apart: tuple[str, str] | None = None
    """Body and sections where the body places some itself: the body without them and all of them behind it, for a
    body that has to be cut."""

    def within(self, limit: int) -> Notes:
        """Return the notes with our own sections behind the body where it is too long to hold them: those stay."""
        if self.apart is None or units(self.body + self.behind) <= limit:
            return self
        return replace(self, body=self.apart[0], behind=self.apart[1], apart=None)


def compose(settings: Settings, history: History, sections: Sections | None = None) -> Notes:
    """Return the notes for the history under the settings; our own sections only where they were read.

    Raises Error NOTES010 (usage) for an identifier that cannot mark a prerelease.
    """
    configuration = settings.configuration
    slow = path_hits(history.changes, settings.categories).warnings
    included = admitted(history.changes, settings.categories)
    by, remark = increment_for(settings, history.vouched, included)
    variables, resolved = resolve_version(settings, history.last, by)
    version_texts = {name: own(value) for name, value in variables.items()}
    body, warnings = _body(settings, history, included)
    tag = well_formed(fill_plain(settings.request.tag or configuration.tag_template, variables))
    placed = _place_sections(body, version_texts, settings, sections, _downloads(history, tag))
    return Notes(
        name=well_formed(fill_plain(settings.request.name or configuration.name_template, variables)),
        tag=tag,
        version=well_formed(variables["$RESOLVED_VERSION"]),
        resolved=resolved,
        changes=len(included),
        warnings=(*slow, *warnings, *([remark] if remark else [])),
        **placed,
    )


def _downloads(history: History, tag: str) -> str:
    """Return where the release's files will be, or an empty text where that is not known."""
    if not history.server or not history.repository or not tag:
        return ""
    return f"{history.server}/{history.repository}/releases/download/{quote(tag, safe='')}"


def _place_sections(
    body: Text, version_texts: Mapping[str, Text], settings: Settings, sections: Sections | None, address: str
) -> dict[str, Any]:
    """Return the finished body and what follows it, as `Notes` keeps them.

    Sections go in last, by the same pass as the version: no replacer may touch a digest, and no token counts in them.
    """
    if sections is None:
        return {"body": well_formed(fill(body, version_texts).value)}
    named = settings.configuration.sections
    placed = tuple(name for name in NAMES if occurs(body, _variable(name)))
    texts = sections.texts(address, placed)
    filled = {_variable(name): foreign(text.rstrip("\n")) for name, text in texts.items()}
    made: dict[str, Any] = {
        "body": well_formed(fill(body, {**filled, **version_texts}).value),
        "behind": well_formed(sections.behind(sections.following(named, placed), address)),
    }
    if placed:
        without = fill(body, {**dict.fromkeys(filled, own("")), **version_texts}).value
        all_of_them = (*placed, *sections.following(named, placed))
        made["apart"] = (well_formed(without), well_formed(sections.behind(all_of_them, address)))
    return made


def _variable(name: str) -> str:
    return "$" + name.upper().replace("-", "_")


def increment_for(
    settings: Settings, vouched: Mapping[str, frozenset[str]], included: Sequence[Change]
) -> tuple[Increment, str]:
    """Return what the included changes do to the version, and what is to be said about it."""
    if settings.configuration.major_by == "maintainer":
        return increment_by_maintainers(included, settings.categories, vouched)
    return resolve_increment(included, settings.categories), ""


def resolve_version(settings: Settings, last: Release | None, by: Increment) -> tuple[dict[str, str], Version]:
    """Return the version variables by name, and the version that was resolved.

    An input that holds a version gives it, without counting up; else the last release's tag, then its name,
    then 0.0.0 is counted up.
    """
    configuration, request = settings.configuration, settings.request
    prefix, identifier = configuration.tag_prefix, configuration.prerelease_identifier
    given = find_version(request.version or request.tag or request.name, prefix)
    base = given or _version_of(last, prefix) or Version(0, 0, 0)
    if given is not None:
        resolved = given
    elif settings.prerelease and identifier:
        # A prerelease is followed by the next one of its kind: its first already decided what is counted up.
        resolved = next_prerelease(base, identifier) if base.prerelease else start_prerelease(base, by, identifier)
    else:
        resolved = increment(base, by)

    def written(version: Version) -> str:
        return fill_plain(
            configuration.version_template,
            {
                "$MAJOR": str(version.major),
                "$MINOR": str(version.minor),
                "$PATCH": str(version.patch),
                "$PRERELEASE": version.prerelease_text,
            },
        )

    following = next_prerelease(base, identifier)
    variables = {
        "$NEXT_PRERELEASE_VERSION": written(following),
        "$NEXT_PRERELEASE_VERSION_PRERELEASE": following.prerelease_text,
        "$RESOLVED_VERSION": written(resolved),
        "$RESOLVED_VERSION_MAJOR": str(resolved.major),
        "$RESOLVED_VERSION_MINOR": str(resolved.minor),
        "$RESOLVED_VERSION_PATCH": str(resolved.patch),
        "$RESOLVED_VERSION_PRERELEASE": resolved.prerelease_text,
    }
    for step in Increment:
        counted = increment(base, step)
        name = f"$NEXT_{step.name}_VERSION"
        variables[name] = written(counted)
        variables[f"{name}_MAJOR"] = str(counted.major)
        variables[f"{name}_MINOR"] = str(counted.minor)
        variables[f"{name}_PATCH"] = str(counted.patch)
    return variables, resolved


def _version_of(release: Release | None, prefix: str) -> Version | None:
    if release is None:
        return None
    return find_version(release.tag, prefix) or find_version(release.name, prefix)


def _body(settings: Settings, history: History, included: Sequence[Change]) -> tuple[Text, tuple[str, ...]]:
    """Return the body before the version is filled in, and warnings of replacers."""
    configuration = settings.configuration
    owner, _, name = history.repository.partition("/")
    template = configuration.header + configuration.template
    if history.last is None and history.needs_baseline:
        template += _no_baseline(history.repository)
    template += configuration.footer
    ordered = _sorted(history.changes, configuration)
    counted = {change.key for change in included}
    listed = [change for change in ordered if change.key in counted]
    merge_commits = {change.key: change.commit for change in history.changes if change.commit}
    credited = Credits(history.commits, merge_commits, history.server, settings.guard)
    values: dict[str, Text | None] = {
        "$PREVIOUS_TAG": own(history.last.tag if history.last else ""),
        "$OWNER": own(owner),
        "$REPOSITORY": own(name),
        "$CHANGES": _changes(listed, settings, credited),
    }
    # Each costs a pass over everybody; most templates want neither.
    if settings.needs("$CONTRIBUTORS"):
        values["$CONTRIBUTORS"] = credited.contributors(listed, configuration)
    if settings.needs("$NEW_CONTRIBUTORS"):
        values["$NEW_CONTRIBUTORS"] = new_contributors(ordered, counted, history.new_logins, configuration)
    filled = fill(own(template), values)
    return apply_replacers(filled, configuration.replacers)


def _no_baseline(repository: str) -> str:
    return (
        "\n---\n"
        "> [!WARNING]\n"
        f"> No published release of `{repository}` was found to compare with, so no changes are listed.\n"
        "> Check the proposed version and tag before publishing."
        "\n---\n"
    )


def _sorted(changes: Iterable[Change], configuration: Configuration) -> list[Change]:
    """Return the changes in the configured order; ties keep theirs, and what was never merged comes last."""

    def key(change: Change) -> tuple[bool, bytes]:
        value = change.title if configuration.sort_by == "title" else change.merged_at
        # UTF-16 code units, as JavaScript compares texts: the order of big-endian bytes.
        return value is None, (value or "").encode("utf-16-be", "surrogatepass")

    changes = list(changes)
    if configuration.sort_direction == "ascending":
        return sorted(changes, key=key)
    # reverse=True keeps ties in their order.
    return sorted(changes, key=key, reverse=True)


def _changes(changes: Sequence[Change], settings: Settings, credited: Credits) -> Text:
    """Return `$CHANGES`: what no category took first, then each category that holds something."""
    configuration = settings.configuration
    if not changes:
        return own(configuration.no_changes_template)
    left, listed = assign(changes, settings.categories)
    blocks = [_lines(left, "", settings, credited)] if left else []
    blocks += [_category(category, members, settings, credited) for category, members in listed if members]
    return trim(join(blocks, "\n\n"))


def _category(category: Category, members: Sequence[Change], settings: Settings, credited: Credits) -> Text:
    configuration = settings.configuration
    heading = fill_plain(configuration.category_template, {"$TITLE": category.title})
    lines = _lines(members, category.title, settings, credited)
    parts = [own(f"{heading}\n\n")] if heading else []
    if category.collapse_after != -1 and len(members) > category.collapse_after:
        count = f"{len(members)} change{'s' if len(members) > 1 else ''}"
        parts += [own(f"<details>\n<summary>{count}</summary>\n\n"), lines, own("\n</details>")]
    else:
        parts.append(lines)
    return join(parts)


def _lines(changes: Sequence[Change], category: str, settings: Settings, credited: Credits) -> Text:
    configuration = settings.configuration
    wants_authors = "$AUTHORS" in configuration.change_template
    template = own(configuration.change_template)
    return join(
        (_line(template, change, category, settings, credited if wants_authors else None) for change in changes),
        "\n",
    )


def _line(template: Text, change: Change, category: str, settings: Settings, credited: Credits | None) -> Text:
    guard = settings.guard
    if change.number is None:
        # GitHub links an abbreviated commit id by itself; `#` in front of it would lead to a pull request.
        template = own(template.value.replace("#$NUMBER", "$NUMBER"))
    values: Mapping[str, Text | None] = {
        "$CATEGORY": own(category),
        "$TITLE": foreign(guard.title(change.title)),
        "$NUMBER": own(change.commit[:8] if change.number is None else str(change.number)),
        "$AUTHORS": credited.authors(change, settings.configuration) if credited else None,
        "$AUTHOR": _author(change, guard),
        "$AUTHOR_URL": foreign(change.author.url if change.author else ""),
        "$BODY": _optional(change.body, guard),
        "$URL": None if change.url is None else foreign(change.url),
        "$BASE_REF_NAME": _optional(change.base_ref, guard),
        "$HEAD_REF_NAME": _optional(change.head_ref, guard),
    }
    return fill(template, values)


def _optional(text: str | None, guard: Guard) -> Text | None:
    return None if text is None else foreign(guard.text(text))


def _author(change: Change, guard: Guard) -> Text:
    author = change.author
    if author is None:
        return own("ghost")
    if author.is_bot:
        return foreign(f"[{author.login}[bot]]({author.url})")
    return foreign(author.login or guard.text(author.name))
