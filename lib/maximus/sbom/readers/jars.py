"""Archives of Java that lie in the tree: what their `pom.properties` and manifests say they are, nested ones too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from maximus.sbom.model import Finding, Location, Reading
from maximus.sbom.naming import visible
from maximus.sbom.readers.interface import Reader

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["ENDINGS", "READER"]

ENDINGS: Final = (".jar", ".war", ".ear", ".par")
_WRAPPERS = ("gradle-wrapper.jar", "maven-wrapper.jar")


def _read(source: Source) -> Reading:
    place = Location(source.path)
    if source.name in _WRAPPERS:
        # It says nowhere what it is of, and only fetches the tool that builds.
        text = f"{visible(source.path)} only starts the build tool"
        return Reading((), (), findings=(Finding("ignored", text, place, lost=False),))
    # Imported here: the packages for archives, which only a tree with one should cost.
    from maximus.sbom.images.jars import read_jar  # noqa: PLC0415

    return read_jar(source.raw, source.path, "the file itself")


READER = Reader("jar", lambda path: path.endswith(ENDINGS), _read, is_lock=False)
