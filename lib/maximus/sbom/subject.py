"""What an inventory is about: name, version, purl and author of the thing that is released."""

from __future__ import annotations

import re
from dataclasses import dataclass

from maximus.sbom.model import Producer, Purl, Subject
from maximus.sbom.naming import visible

__all__ = ["Facts", "describe"]

_SHORT = 12
"""How many digits of a commit make a version."""
_FORGE = "https://github.com"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the tree says about itself."""

    folder: str
    """The base name of its folder."""
    server: str = ""
    """Such as `https://github.com`; empty without an origin."""
    repository: str = ""
    """`owner/name`."""
    below: str = ""
    """The tree's folder inside the repository; empty where it is the whole."""
    commit: str = ""
    tags: tuple[str, ...] = ()
    """The tags on the commit."""


def describe(facts: Facts, name: str = "", version: str = "") -> Subject:
    """Return the subject: `name` and `version` as given, else as the tree says.

    The name is the repository's, else the folder's; the version is the tag on the commit (the greatest
    by number where there are several), else the commit's first 12 digits, else `unknown`.
    """
    owner, _, project = facts.repository.rpartition("/")
    part = facts.below.rpartition("/")[2]
    chosen_name = name or part or project or facts.folder or "unknown"
    chosen_version = version or _greatest(facts.tags) or facts.commit[:_SHORT] or "unknown"
    repository = f"{facts.server}/{facts.repository}" if facts.server and facts.repository else ""
    author = Producer(visible(owner.partition("/")[0]), f"{facts.server}/{owner}") if repository and owner else None
    return Subject(
        name=visible(chosen_name),
        version=visible(chosen_version),
        purl=_purl(facts, visible(chosen_name), visible(chosen_version), repository),
        repository=repository,
        commit=facts.commit,
        author=author,
    )


def _purl(facts: Facts, name: str, version: str, repository: str) -> Purl:
    from packageurl import PackageURL  # noqa: PLC0415 - 20 ms that only an inventory should cost

    known = version if version != "unknown" else None
    if facts.server == _FORGE:
        owner, _, project = facts.repository.rpartition("/")
        return Purl(PackageURL("github", owner, project, known, None, visible(facts.below) or None).to_string())
    at = f"@{facts.commit}" if facts.commit else ""
    qualifiers = {"vcs_url": f"git+{repository}{at}"} if repository else None
    return Purl(PackageURL("generic", None, name, known, qualifiers, visible(facts.below) or None).to_string())


def _greatest(tags: tuple[str, ...]) -> str:
    """Return the tag with the greatest numbers: `v1.10.0` before `v1.9.0` and before the moving `v1`."""
    return max(tags, key=lambda tag: ([int(part) for part in re.findall(r"\d{1,9}", tag)], tag), default="")
