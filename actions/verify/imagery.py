"""The image that `verify` proves: where it is, what the registry keeps with it, and whom the registry is told."""

from __future__ import annotations

import dataclasses
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

from ..children import without_ours
from ..workplace import docker_config

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Sequence

    from maximus.verification.material import Material

    from ..face import Face
    from .inputs import Inputs

__all__ = ["prove_images", "pulled"]


def pulled(inputs: Inputs, face: Face, stack: contextlib.ExitStack) -> Material:
    """Return the material of the image that the input names; what is kept of it goes when `stack` ends.

    Raises Error VERIFY095 (usage) where another input names something else to verify, and what reading it raises.
    """
    # Imported here: only an image needs a registry.
    from maximus.registry.client import INDEX_TYPES, Repository  # noqa: PLC0415
    from maximus.registry.credentials import find_credentials  # noqa: PLC0415 - likewise
    from maximus.registry.references import parse_reference  # noqa: PLC0415 - likewise
    from maximus.registry.wire import Wire  # noqa: PLC0415 - likewise
    from maximus.verification.images import read_image  # noqa: PLC0415 - likewise

    others = [
        name
        for name in ("bundles", "files", "folder", "tag", "offline", "search", "attestations")
        if getattr(inputs, name)
    ]
    if others:
        raise Error(
            "VERIFY095",
            f"`image` and `{others[0]}` exclude each other",
            why="an image and its signatures are read from the registry alone",
            fix="Verify them in two runs.",
            where="input image",
            status=ExitStatus.USAGE,
        )
    reference = parse_reference(inputs.image)
    credentials = find_credentials(docker_config(face), reference.host, without_ours(face.environment))
    wire = Wire(reference.host, credentials, is_loopback=reference.is_loopback, warn=face.warn)
    repository = Repository(wire, reference.repository)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="maximus-image-")))
    material = read_image(repository, reference, folder)
    (item,) = material.items
    if not reference.digest:
        face.say(f"{reference} is {item.name}")
    image = repository.manifest(item.name.rpartition("@")[2])
    if image.media_type in INDEX_TYPES:
        platforms = ", ".join(child.platform or "a platform without a name" for child in image.children)
        face.say(f"an index, which names its platforms by digest: {platforms or 'none'}")
    return material


def prove_images(names: Sequence[str], terms: Inputs, face: Face) -> None:
    """Verify each image as a stranger would, on the terms that its release is verified on, and judge them as one."""
    from .. import verify  # noqa: PLC0415 - it imports this module, and only a release with images needs it
    from ..terminal import TerminalFace  # noqa: PLC0415 - likewise

    errors: dict[str, Error] = {}
    good = 0
    with face.progress("verifying images", len(names)) as advance:
        for name in names:
            # Heard by nobody: what it says of one image is summed up here.
            aside = TerminalFace(face.environment, "verify", stream=io.StringIO(), errors=io.StringIO())
            try:
                verify.run(dataclasses.replace(terms, folder="", image=name), aside)
                found = aside.record.errors
                good += aside.record.exit_status is ExitStatus.PASS
            except Error as fault:
                found = [fault]
            errors |= {error.headline: error for error in found}
            advance()
    for error in errors.values():
        face.fail(error)
    is_away = bool(errors) and all(error.status is ExitStatus.OUTSIDE for error in errors.values())
    status = Status.PASS if good == len(names) else Status.UNMEASURED if is_away else Status.FAIL
    reason = "" if status is Status.PASS else f"{len(names) - good} not verified"
    face.judge(Verdict("release.images", status, len(names), good, len(names), "images", reason=reason))
    face.headline(f"{good} of {len(names)} images verified")
