"""Images signed where they lie: statements over their digests, kept by the registry as what refers to them.

A statement goes into a bundle of version 0.3, and the bundle into an artifact whose subject is the image: what
cosign 3 writes and reads. Where a registry keeps no referrers its client lists them under the tag that stands for
them, as cosign does; beside them the signature is put under the tags that readers look for which know no referrers.
See: https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.registry.client import EMPTY, INDEX_TYPES

from .annotated import SIMPLE_SIGNING
from .batch import Claim, in_parallel
from .bundles import MEDIA_TYPE, parse_bundle
from .older import Older
from .statements import Subject, statement_payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from maximus.registry.client import Manifest, Repository
    from maximus.registry.references import Reference

    from .signers import Signer

__all__ = ["IMAGE_CLAIM", "Attached", "Image", "attach", "resolve_image"]

IMAGE_CLAIM: Final = Claim("https://sigstore.dev/cosign/sign/v1", {})
"""Says that an image is signed, and no more: the claim that `cosign verify` looks for."""
MAX_MANIFESTS: Final = 64
"""How many manifests one image is signed with: the index and its platforms."""
MAX_BUNDLES: Final = 100
"""How many bundles that a registry keeps with one manifest are looked at; verifiers read as many."""
_EMPTY_TYPE: Final = "application/vnd.oci.empty.v1+json"


@dataclass(frozen=True, slots=True)
class Image:
    """What a reference meant when it was resolved."""

    reference: Reference
    manifests: tuple[Manifest, ...] = field(repr=False)
    """The one that was named; where that is an index, what lies under it too, each once."""
    platforms: tuple[str, ...] = ()
    """Such as `linux/arm64`, one for each manifest; empty for the one that was named."""

    @property
    def digest(self) -> str:
        """The digest of the manifest that was named."""
        return self.manifests[0].digest

    def __str__(self) -> str:
        """Return the image by its digest."""
        return f"{self.reference.name}@{self.digest}"


@dataclass(frozen=True, slots=True)
class Attached:
    """A bundle that the registry keeps with a manifest."""

    image: str
    """The manifest by its digest, `registry.example/app@sha256:...`."""
    platform: str
    predicate_type: str
    """What it says; the type of the payload for a signature that older readers know."""
    was_there: bool
    """Whether the registry kept it already."""
    log_index: int | None = None
    """Its entry in the log; None where a key signed it."""


@dataclass(frozen=True, slots=True)
class _Planned:
    """A statement to be made about a manifest."""

    manifest: Manifest
    platform: str
    predicate_type: str
    payload: bytes = field(repr=False)
    known: bytes = field(repr=False)
    """The bundle with exactly this statement that the registry keeps already; empty where it keeps none."""


def resolve_image(repository: Repository, reference: Reference) -> Image:
    """Return what a reference means now: the image's manifest and, of an index, those of its platforms.

    Raises Error IMAGE003 to IMAGE006 where the registry is away, has no such image or lacks a platform of it, and
    SIGN050 where there are too many.
    """
    named = repository.manifest(reference.digest or reference.tag)
    found, waiting = {named.digest: (named, "")}, [named]
    while waiting:
        above = waiting.pop()
        for child in above.children if above.media_type in INDEX_TYPES else ():
            if child.digest in found:
                continue
            if len(found) == MAX_MANIFESTS:
                raise Error(
                    "SIGN050",
                    f"{reference} has more than {MAX_MANIFESTS - 1} platforms",
                    fix="Sign the platforms by their own digests.",
                    where="input `images`",
                    status=ExitStatus.USAGE,
                )
            below = repository.manifest(child.digest)
            found[below.digest] = (below, child.platform)
            waiting.append(below)
    manifests, platforms = zip(*found.values(), strict=True)
    return Image(reference, manifests, platforms)


def attach(repository: Repository, image: Image, claims: Sequence[Claim], signer: Signer) -> tuple[Attached, ...]:
    """Return the bundles over each manifest of an image and each claim, signed and kept by the registry.

    What the same identity signed before is kept and not signed again. Nothing is signed before the registry has
    taken a first upload, and nothing is pushed where the tag means another image by then. Where one statement
    cannot be signed the others are pushed, so that a later run signs what is missing. Where the registry keeps no
    referrers, readers that know none find the signature and the attestations too.
    Raises Error SIGN051 for a tag that moved, IMAGE003, IMAGE004 and IMAGE007 (outside) where the registry is away
    or does not take it, and what the signer raises.
    """
    planned = tuple(
        each
        for manifest, platform in zip(image.manifests, image.platforms, strict=True)
        for each in _plan(repository, image, manifest, platform, claims, signer)
    )
    missing = tuple(each for each in planned if not each.known)
    if missing:
        # A log entry is for good: who may not push learns it before there is one.
        repository.push_blob(EMPTY, _EMPTY_TYPE)
    made = in_parallel(lambda each: _sign(each, signer), missing, signer.workers, lambda: None)
    _check_tag(repository, image)
    for each, bundle in zip(missing, made, strict=True):
        if not isinstance(bundle, Error):
            _push(repository, each, bundle)
    for bundle in made:
        if isinstance(bundle, Error):
            raise bundle
    fresh = iter(bundle for bundle in made if not isinstance(bundle, Error))
    kept = tuple((each, each.known or next(fresh)) for each in planned)
    found = tuple(_attached(image, each, bundle) for each, bundle in kept)
    return found if repository.keeps_referrers(image.digest) else (*found, *_as_of_old(repository, image, kept, signer))


def _as_of_old(
    repository: Repository, image: Image, kept: Sequence[tuple[_Planned, bytes]], signer: Signer
) -> tuple[Attached, ...]:
    """Return the signatures of an image's manifests for readers that know no referrers; attestations go beside them.

    The signature is one of its own, over a payload that such readers know, and has its own log entry.
    """
    with _working_folder() as folder:
        older = Older(repository, signer, Path(folder))

        def work(pair: tuple[_Planned, bytes]) -> Attached | Error | None:
            planned, bundle = pair
            try:
                if planned.predicate_type != IMAGE_CLAIM.predicate_type:
                    older.keep_statement(planned.manifest.digest, planned.predicate_type, bundle)
                    return None
                signed = older.keep_signature(image.reference.name, planned.manifest.digest, bundle)
            except Error as error:
                return error
            if signed is None:
                return None
            return Attached(
                f"{image.reference.name}@{planned.manifest.digest}",
                planned.platform,
                SIMPLE_SIGNING,
                signed.was_there,
                signed.log_index,
            )

        # One tag holds all attestations of a manifest: only one at a time can add to it.
        by_tag: dict[tuple[str, bool], list[tuple[_Planned, bytes]]] = {}
        for planned, bundle in kept:
            is_signature = planned.predicate_type == IMAGE_CLAIM.predicate_type
            by_tag.setdefault((planned.manifest.digest, is_signature), []).append((planned, bundle))
        done = in_parallel(
            lambda group: [work(pair) for pair in group], tuple(by_tag.values()), signer.workers, lambda: None
        )
    found = [each for group in done for each in group]
    for each in found:
        if isinstance(each, Error):
            raise each
    return tuple(each for each in found if isinstance(each, Attached))


def _working_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder of our own that goes away again; raise Error SIGN053 where there can be none."""
    try:
        return tempfile.TemporaryDirectory(prefix="maximus-image-", ignore_cleanup_errors=True)
    except OSError as fault:
        raise Error(
            "SIGN053",
            "there is no folder for what is signed for older readers of images",
            why=fault.strerror or str(fault),
            fix="Name a folder that this user may write to with TMPDIR, and see that its disk is not full.",
            where="TMPDIR",
        ) from fault


def _attached(image: Image, planned: _Planned, bundle: bytes) -> Attached:
    entries = parse_bundle(documents.parse_json(bundle, "bundle"), "bundle").entries
    return Attached(
        image=f"{image.reference.name}@{planned.manifest.digest}",
        platform=planned.platform,
        predicate_type=planned.predicate_type,
        was_there=bool(planned.known),
        log_index=entries[0].index if entries else None,
    )


def _plan(  # noqa: PLR0913, PLR0917 - where, what of which image, what is said of it, who says it
    repository: Repository,
    image: Image,
    manifest: Manifest,
    platform: str,
    claims: Sequence[Claim],
    signer: Signer,
) -> Iterator[_Planned]:
    bundles = _existing(repository, manifest)
    subject = Subject(image.reference.name, manifest.digest.removeprefix("sha256:"))
    for claim in claims:
        payload = statement_payload((subject,), claim.predicate, claim.predicate_type)
        known = next((each for each in bundles if signer.has_signed_statement(each, payload)), b"")
        yield _Planned(manifest, platform, claim.predicate_type, payload, known)


def _sign(planned: _Planned, signer: Signer) -> bytes | Error:
    try:
        return signer.sign_statement(planned.payload).encode("utf-8")
    except Error as error:
        return error


def _existing(repository: Repository, manifest: Manifest) -> tuple[bytes, ...]:
    """Return the bundles that the registry keeps with a manifest; what cannot be read is signed anew."""
    found: list[bytes] = []
    listed = repository.referrers(manifest.digest)
    # Where a registry does not know the artifact's own type it names the configuration's in its place.
    bundles = [each for each in listed if each.artifact_type in (MEDIA_TYPE, _EMPTY_TYPE, "")]
    for referrer in bundles[:MAX_BUNDLES]:
        try:
            (layer,) = repository.manifest(referrer.digest).layers
            if layer.media_type == MEDIA_TYPE:
                found.append(repository.blob(layer))
        except Error as error:
            if error.status is ExitStatus.OUTSIDE:
                raise
        except ValueError:
            # Not of our form: another's.
            continue
    return tuple(found)


def _check_tag(repository: Repository, image: Image) -> None:
    """Raise Error SIGN051 where the tag that was resolved means another image by now."""
    reference = image.reference
    if reference.digest:
        return
    now = repository.manifest(reference.tag).digest
    if now != image.digest:
        raise Error(
            "SIGN051",
            f"{reference} moved while it was being signed",
            why=f"it was {image.digest}, and is {now}",
            fix="Another job pushes under this tag. Name the image by the digest that your own push gave you.",
            where="input `images`",
        )


def _push(repository: Repository, planned: _Planned, bundle: bytes) -> None:
    annotations = {
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": planned.predicate_type,
    }
    subject = planned.manifest.descriptor
    repository.push_referrer(subject, MEDIA_TYPE, bundle, MEDIA_TYPE, annotations=annotations)
