"""The images that `sign` signs where they lie: whom their registries are told, and what became of each."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from maximus.counting import counted
from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

from ..children import without_ours
from ..face import shortened
from ..workplace import docker_config
from .advice import advice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from maximus.registry.references import Reference
    from maximus.signing.batch import Claim
    from maximus.signing.images import Attached
    from maximus.signing.signers import Signer

    from ..face import Face
    from .terms import Terms

__all__ = ["Pushed", "image_commands", "image_headline", "read_images", "report_images", "sign_images"]

MAX_IMAGES: Final = 100
"""How many images one run signs."""
LONGEST_AWAY: Final = 120.0
"""Seconds for which a registry may be away, whatever the budget: a wrong name should not take ten minutes to tell."""
_MAX_ROWS: Final = 200
"""Bundles that the table names; the outputs name all images."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of one image."""

    reference: Reference
    digest: str = ""
    """What the reference meant when it was resolved; empty where it could not be."""
    attached: tuple[Attached, ...] = ()
    error: Error | None = None
    """Why it is not signed, or not in all its parts."""

    @property
    def name(self) -> str:
        """The image by its digest, or as it was named where that is not known."""
        return f"{self.reference.name}@{self.digest}" if self.digest else str(self.reference)


def read_images(texts: Sequence[str]) -> tuple[Reference, ...]:
    """Return the images that the input names, each once; raises Error IMAGE001 and SIGN052 (usage)."""
    if not texts:
        return ()
    from maximus.registry.references import parse_reference  # noqa: PLC0415 - `--help` needs none of it

    found = tuple(dict.fromkeys(parse_reference(text, "input `images`") for text in texts))
    if len(found) > MAX_IMAGES:
        raise Error(
            "SIGN052",
            f"`images` names {len(found)} images",
            why=f"one run signs {MAX_IMAGES} at most",
            fix="Sign them in several steps.",
            where="input `images`",
            status=ExitStatus.USAGE,
        )
    return found


def sign_images(  # noqa: PLR0913 - images, what is said of them by whom, on which terms, who hears of it
    references: Sequence[Reference],
    claims: Sequence[Claim],
    signer: Signer,
    terms: Terms,
    face: Face,
    *,
    password: str = "",
) -> tuple[Pushed, ...]:
    """Return what became of each image: signed, and attested with the claims; a fault of one leaves the others.

    No program that is asked for a registry's credentials sees the key's `password`.
    """
    found: list[Pushed] = []
    if references:
        shown = without_ours(face.environment, (password,))
        with face.progress("signing images", len(references)) as advance:
            for reference in references:
                found.append(_sign_image(reference, claims, signer, terms, face, shown))
                advance()
    return tuple(found)


def _sign_image(  # noqa: PLR0913, PLR0917 - an image, what is said of it by whom, on which terms, who hears of it
    reference: Reference,
    claims: Sequence[Claim],
    signer: Signer,
    terms: Terms,
    face: Face,
    shown: Mapping[str, str],
) -> Pushed:
    # Imported here: only an image needs a registry.
    from maximus.registry.client import Repository  # noqa: PLC0415
    from maximus.registry.credentials import find_credentials  # noqa: PLC0415 - likewise
    from maximus.registry.wire import Limits, Wire  # noqa: PLC0415 - likewise
    from maximus.signing.images import IMAGE_CLAIM, attach, resolve_image  # noqa: PLC0415 - likewise

    digest = ""
    try:
        credentials = find_credentials(docker_config(face), reference.host, shown)
        limits = Limits.within(min(terms.budget, LONGEST_AWAY), terms.attempt)
        wire = Wire(reference.host, credentials, limits, is_loopback=reference.is_loopback, warn=face.warn)
        repository = Repository(wire, reference.repository)
        image = resolve_image(repository, reference)
        digest = image.digest
        if not reference.digest:
            face.say(f"{reference} is {image}")
        return Pushed(reference, digest, attach(repository, image, (IMAGE_CLAIM, *claims), signer))
    except Error as error:
        return Pushed(reference, digest, error=error)


def report_images(pushed: Sequence[Pushed], not_logged: str, face: Face) -> None:
    """Show what became of the images, and judge it; `not_logged` is said of them, empty where they are logged."""
    if not pushed:
        return
    failed = {each.error.headline: each.error for each in pushed if each.error}
    for error in failed.values():
        face.fail(error)
    rows = [_row(each, not_logged) for image in pushed for each in image.attached]
    rows += [(image.name, "", f"failed ({image.error.code})", "") for image in pushed if image.error]
    shown = rows if len(rows) <= _MAX_ROWS else [*rows[:_MAX_ROWS], (f"and {len(rows) - _MAX_ROWS} more", "", "", "")]
    face.table("images", ("image", "statement", "signature", "log entry"), shown)
    face.judge(_verdict(pushed, not_logged))


def _row(attached: Attached, not_logged: str) -> tuple[str, str, str, str]:
    name = f"{attached.image} ({attached.platform})" if attached.platform else attached.image
    entry = not_logged if attached.log_index is None else str(attached.log_index)
    return (name, attached.predicate_type, "was signed already" if attached.was_there else "signed", entry)


def _verdict(pushed: Sequence[Pushed], not_logged: str) -> Verdict:
    """Return whether every image is signed: a registry that is away says nothing about them."""
    errors = [each.error for each in pushed if each.error]
    status, reason = Status.PASS, not_logged
    if errors:
        is_outside = all(error.status is ExitStatus.OUTSIDE for error in errors)
        status = Status.UNMEASURED if is_outside else Status.FAIL
        reason = f"{len(errors)} not signed: {shortened(next(each.name for each in pushed if each.error))}"
    return Verdict(
        "sign.images",
        status,
        len(pushed),
        len(pushed) - len(errors),
        len(pushed),
        "images",
        reason=reason,
        hint=advice(errors),
        code=errors[0].code if errors else "",
    )


def image_commands(pushed: Sequence[Pushed], who: Sequence[str]) -> tuple[str, ...]:
    """Return the lines that verify the images that are signed, ready to paste into a POSIX shell."""
    return tuple(shlex.join(["maximus", "verify", "--image", each.name, *who]) for each in pushed if not each.error)


def image_headline(pushed: Sequence[Pushed], signer: str, not_logged: str) -> tuple[str, ...]:
    """Return the part of the headline about the images; nothing where there are none."""
    if not pushed:
        return ()
    good, count = sum(not each.error for each in pushed), len(pushed)
    images = counted(count, "image")
    if good < count:
        return (f"{count - good} of {images} not signed",)
    logged = sum(each.log_index is not None for image in pushed for each in image.attached)
    how = not_logged or counted(logged, "log entry", "log entries")
    return (f"{images} signed{f' by {signer}' if signer else ''}: {how}",)
