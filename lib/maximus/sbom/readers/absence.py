"""Why a component has no distributed file that a hash could be of: the same words in every format."""

from __future__ import annotations

from maximus.sbom.model import NotApplicable

__all__ = [
    "BUNDLED",
    "COMMIT_ONLY",
    "DEFINITION",
    "IMAGE",
    "INSIDE",
    "INSTALLED",
    "METAPACKAGE",
    "OUTSIDE_TREE",
    "PART_OF_SDK",
    "UNPACKED",
]


def _no_file(reason: str) -> NotApplicable:
    return NotApplicable("Component Hash Value", reason)


BUNDLED = _no_file("bundled inside the package that needs it; no file of its own")
COMMIT_ONLY = _no_file("taken from a repository at a commit; no file is distributed")
DEFINITION = _no_file("taken from a repository by the runner of the workflow; no file is distributed")
IMAGE = _no_file("an image: its digest is its version, and no single file is distributed")
METAPACKAGE = _no_file("a metapackage: it only needs others; no file is distributed")
OUTSIDE_TREE = _no_file("taken from a folder outside the tree; no file is distributed")
INSIDE = _no_file("inside a file of the image; it was built in, and no file of its own is delivered")
INSTALLED = _no_file("installed into the image; its archive is not in it")
PART_OF_SDK = _no_file("a part of the SDK; no file of its own")
UNPACKED = _no_file("unpacked in the tree; the file it was distributed in is not there")
