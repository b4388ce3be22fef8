"""What BSI TR-03183-2 asks for of each component and no field of CycloneDX has: properties of its own taxonomy.

Stated only where it is known: of what is distributed in several files nobody knows which one was delivered, unless it
is installed. See TR-03183-2, version 2.1.0, sections 5 and 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from maximus.sbom.model import Ecosystem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.sbom.model import Component

__all__ = ["FILENAME", "NO_FILE", "PROFILE", "WORDS", "properties_of"]

PROFILE: Final = "bsi-2.1"
"""What the profile is called."""
FILENAME: Final = "bsi:component:filename"
NO_FILE: Final = "Component Filename"
"""What does not apply to a component that is no file of its own."""
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "bsi:component:executable": ("executable", "non-executable"),
    "bsi:component:archive": ("archive", "no archive"),
    "bsi:component:structured": ("structured", "unstructured"),
}
"""The three properties of a delivered file, and the words that they take."""
_ARCHIVE = ("non-executable", "archive", "structured")
_TEXT = ("non-executable", "no archive", "structured")
_ENDINGS: Final = {
    **dict.fromkeys(
        (
            ".whl", ".egg", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar", ".zip", ".crate", ".gem", ".nupkg",
            ".jar", ".war", ".ear", ".aar", ".conda", ".deb", ".rpm", ".apk",
        ),
        _ARCHIVE,
    ),
    ".pom": _TEXT, ".xml": _TEXT, ".json": _TEXT, ".module": _TEXT,
}  # fmt: skip
# Whose packages are archives, whatever they are called.
_ARCHIVED: Final = frozenset(
    {
        Ecosystem.PYPI, Ecosystem.NPM, Ecosystem.GO, Ecosystem.CARGO, Ecosystem.NUGET, Ecosystem.GEM,
        Ecosystem.COMPOSER, Ecosystem.PUB, Ecosystem.HEX, Ecosystem.CONDA, Ecosystem.DEB, Ecosystem.RPM,
        Ecosystem.APK,
    }
)  # fmt: skip


def properties_of(component: Component) -> list[tuple[str, str]]:
    """Return the name of the delivered file and what sort of file it is, each where it is known.

    What is no file (a commit, a part of the tree) has none of these: for TR-03183-2 it is a logical component.
    """
    if component.inside is not None:
        return [("maximus:not-applicable", f"{NO_FILE}: built into the package that carries it")]
    if component.own is not None or not component.is_distributed:
        return []
    one = component.delivered
    files = [one.file] if one else [artifact.file for artifact in component.artifacts]
    found = {_sort(file, component.ecosystem) for file in files or [""]}
    made = [(FILENAME, files[0])] if len(files) == 1 and files[0] else []
    if len(found) == 1 and (words := found.pop()):
        made += zip(WORDS, words, strict=True)
    return made


def _sort(file: str, ecosystem: str) -> tuple[str, str, str] | None:
    """Return the words for a file: by its ending, else by what the ecosystem's packages are; else None."""
    lower = file.lower()
    for ending, words in _ENDINGS.items():
        if lower.endswith(ending):
            return words
    return _ARCHIVE if ecosystem in _ARCHIVED and not file else None
