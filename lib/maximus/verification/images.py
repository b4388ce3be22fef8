"""What there is to verify of an image: its manifest by digest, and the signatures that the registry keeps with it.

cosign v3 attaches bundles as referrers; before, it put signatures and attestations under tags of their own, `.sig`
and `.att`, in annotations. Both are read; what is found is anybody's, and proves nothing before it is judged.
See: https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md and BUNDLE_SPEC.md
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.errors import Error
from maximus.files import HashedFile
from maximus.registry.client import INDEX_TYPES
from maximus.signing.annotated import (
    ENVELOPE,
    SIGNATURE,
    SIMPLE_SIGNING,
    annotated_bundle,
    message_content,
    older_tag,
)
from maximus.signing.statements import Statement, Subject

from .material import Broken, Item, Material, Sealed, seal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from maximus.registry.client import Descriptor, Manifest, Repository
    from maximus.registry.references import Reference

__all__ = ["read_image"]

MAX_SIGNATURES: Final = 100
"""How many signatures and attestations of one image are read."""
MAX_PLATFORMS: Final = 64
_EMPTY_TYPE: Final = "application/vnd.oci.empty.v1+json"
_BUNDLES: Final = re.compile(r"application/vnd\.dev\.sigstore\.bundle(\.v0\.3\+json|\+json;version=0\.[123])")
_TYPES: Final = ("cosign container image signature", "atomic container signature")


def read_image(repository: Repository, reference: Reference, folder: Path) -> Material:
    """Return the material of an image; manifests and signed payloads are kept in `folder` for the time of the run.

    A tag is resolved once, and everything after is about the digest that it had then. Of an index every platform's
    manifest must be there: the index names them by digest, so that its signature covers them.
    Raises Error IMAGE003 to IMAGE006 where the registry is away, has no such image, or answers something else.
    """
    image = repository.manifest(reference.digest or reference.tag)
    name = f"{reference.name}@{image.digest}"
    sealed = list(_sealed(repository, image, name, folder))
    kept = [each for each in sealed if isinstance(each, Sealed)]
    # Signatures know an image by whatever name it had where it was signed: its digest is what they are about.
    names = {subject.name for each in kept if each.statement for subject in each.statement.subjects}
    item = Item(name, _keep(folder, "manifest", image.raw), (name, *sorted(names)))
    return Material(
        items=(item,),
        sealed=tuple(kept),
        broken_files=tuple(_missing(repository, image)),
        broken_bundles=tuple(each for each in sealed if isinstance(each, Broken)),
        is_whole=False,
    )


def _missing(repository: Repository, image: Manifest) -> Iterator[Broken]:
    """Yield the platforms of an index whose manifests are not there."""
    if image.media_type not in INDEX_TYPES:
        return
    for child in image.children[:MAX_PLATFORMS]:
        try:
            repository.manifest(child.digest)
        except Error as error:
            yield Broken(f"{child.platform or 'a platform'}@{child.digest}", error)


def _keep(folder: Path, name: str, content: bytes) -> HashedFile:
    digest = hashlib.sha256(content).hexdigest()
    path = folder / f"{name}-{digest}"
    path.write_bytes(content)
    return HashedFile(path, len(content), digest)


def _sealed(repository: Repository, image: Manifest, name: str, folder: Path) -> Iterator[Sealed | Broken]:
    """Yield every signature and attestation that the registry keeps with the image."""
    for number, (manifest, layer) in enumerate(_layers(repository, image)):
        if number == MAX_SIGNATURES:
            fault = Error("VERIFY092", f"{name} has more than {MAX_SIGNATURES} signatures", where=name)
            yield Broken(name, fault, name)
            return
        shown = f"{layer.digest[:19]} in {manifest.digest[:19]}"
        try:
            found = _read(repository.blob(layer), layer, shown, image, folder)
        except Error as error:
            found = Broken(shown, error)
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            why = f"{fault} is missing" if isinstance(fault, KeyError) else str(fault)[:200]
            malformed = Error("VERIFY091", f"a signature of {name} is malformed", why=why, where=shown)
            found = Broken(shown, malformed)
        yield dataclasses.replace(found, source=name) if isinstance(found, Sealed) else found


def _layers(repository: Repository, image: Manifest) -> Iterator[tuple[Manifest, Descriptor]]:
    for referrer in repository.referrers(image.digest):
        # Others keep SBOMs or caches as referrers: only bundles speak of who signed. Where a registry does not know
        # the artifact's own type it names the configuration's in its place.
        if _BUNDLES.fullmatch(referrer.artifact_type) or referrer.artifact_type in ("", _EMPTY_TYPE):
            manifest = repository.manifest(referrer.digest)
            yield from ((manifest, layer) for layer in manifest.layers if _BUNDLES.fullmatch(layer.media_type))
    for suffix, kind in (("sig", SIMPLE_SIGNING), ("att", ENVELOPE)):
        old = repository.find(older_tag(image.digest, suffix))
        yield from ((old, layer) for layer in (old.layers if old else ()) if old and layer.media_type == kind)


def _read(blob: bytes, layer: Descriptor, shown: str, image: Manifest, folder: Path) -> Sealed | Broken:
    """Return one signature as a bundle, with the statement that it makes.

    Raises Error VERIFY093 where it is for another image, and what malformed JSON makes a reader raise.
    """
    if _BUNDLES.fullmatch(layer.media_type):
        return _of_an_image(seal(blob, shown, ""))
    if layer.media_type == ENVELOPE:
        content = {"dsseEnvelope": _envelope(documents.parse_json(blob, shown))}
        return seal(annotated_bundle(layer.annotations, content), shown, "")
    digest = _simple_signing(blob, shown)
    if f"sha256:{digest}" != image.digest:
        why = f"it is about sha256:{digest}"
        raise Error("VERIFY093", f"the signature {shown} is for another image", why=why, where=shown)
    content = message_content(layer.annotations[SIGNATURE], blob)
    sealed = seal(annotated_bundle(layer.annotations, content), shown, "")
    if isinstance(sealed, Broken):
        return sealed
    statement = Statement((Subject("", digest),), SIMPLE_SIGNING, {})
    return dataclasses.replace(sealed, statement=statement, payload=_keep(folder, "payload", blob))


def _of_an_image(sealed: Sealed | Broken) -> Sealed | Broken:
    """Return the bundle where it makes a statement: over an image's bytes nobody signs directly."""
    if isinstance(sealed, Broken) or sealed.statement:
        return sealed
    fault = Error("VERIFY094", f"the signature {sealed.name} says nothing of an image", where=sealed.name)
    return Broken(sealed.name, fault)


def _simple_signing(blob: bytes, shown: str) -> str:
    """Return the digest (64 hexadecimal digits) of the image that a payload is about.

    See: https://github.com/containers/image/blob/main/docs/containers-signature.5.md
    """
    critical = documents.parse_json(blob, shown)["critical"]
    digest = str(critical["image"]["docker-manifest-digest"])
    if critical["type"] not in _TYPES:
        msg = f"its payload is a {critical['type']!r:.80}"
        raise ValueError(msg)
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        msg = f"its payload names {digest[:80]!r}"
        raise ValueError(msg)
    return digest.removeprefix("sha256:")


def _envelope(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "payloadType": document["payloadType"],
        "payload": document["payload"],
        "signatures": [{"sig": each["sig"]} for each in document["signatures"]],
    }
