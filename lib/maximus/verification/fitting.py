"""Whether the SBOMs of a release are about it. Pure.

An SBOM of something else is as good as none, however valid it is. What it does not state is not held against it.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final

from maximus.errors import Error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .about import About
    from .inventory import Sbom

__all__ = ["fitting"]

_COMMIT: Final = re.compile(r"[0-9a-f]{7,64}")


def fitting(sboms: Sequence[Sbom], digests: Mapping[str, str], repository: str, tag: str) -> tuple[Sbom, ...]:
    """Return the SBOMs, with Error VERIFY034 in each that is about something else than this release.

    `digests` are the release's files by name with their SHA-256, `repository` is `owner/name` of the source where it
    is known, `tag` the release's where it was fetched by one.
    """
    by_base = {name.rpartition("/")[2]: digest for name, digest in digests.items()}
    subjects = {(sbom.about.name, sbom.about.version) for sbom in sboms if sbom.error is None and sbom.about.name}
    judged = []
    for sbom in sboms:
        wrong = _differences(sbom.about, by_base, repository.lower(), tag) if sbom.error is None else []
        if sbom.error is None and sbom.about.name and len(subjects) > 1:
            others = sorted(f"{name} {version}".strip() for name, version in subjects)
            wrong.append(f"the SBOMs are about different things: {', '.join(others)}")
        judged.append(dataclasses.replace(sbom, error=_other(sbom.name, wrong)) if wrong else sbom)
    return tuple(judged)


def _differences(about: About, digests: Mapping[str, str], repository: str, tag: str) -> list[str]:
    wrong = [
        f"it lists {name} with sha256:{digest}, the file has sha256:{digests[name]}"
        for name, digest in about.digests
        if name in digests and digests[name] != digest
    ]
    if about.repository and repository and about.repository != repository:
        wrong.append(f"it is about {about.repository}, and the release is one of {repository}")
    stated = about.version.removeprefix("v")
    # A tag may say more than a version (`app@1.2.3`), and a commit is as good a version as any.
    is_other = tag and stated and stated != "unknown" and stated not in tag and not _COMMIT.fullmatch(stated)
    if is_other and about.repository:
        wrong.append(f"it is about version {about.version}, and the release is {tag}")
    return wrong


def _other(name: str, wrong: Sequence[str]) -> Error:
    return Error(
        "VERIFY034",
        f"{name} is not about this release",
        why="; ".join(wrong),
        fix="Make it again with `sbom` from the tree that was built.",
        where=name,
    )
