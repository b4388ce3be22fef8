"""What an image's older readers find: its signature and its attestations under the tags that they look for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.files import HashedFile, write_whole
from maximus.registry.client import OCI_MANIFEST

from .annotated import (
    ENVELOPE,
    SIGNATURE,
    SIMPLE_SIGNING,
    annotate,
    annotated_bundle,
    envelope_text,
    is_annotatable,
    message_content,
    older_tag,
    simple_signing,
)
from .bundles import parse_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.registry.client import Descriptor, Repository

    from .bundles import Bundle
    from .signers import Signer

__all__ = ["Older", "Signed"]

MAX_LAYERS: Final = 100
"""How many signatures under one tag are looked at."""
_CONFIG: Final = "application/vnd.oci.image.config.v1+json"


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that is kept under the tag."""

    was_there: bool
    log_index: int | None
    """Its entry in the log; None where a key signed it."""


class Older:
    """Keeps what older readers look for in one repository."""

    def __init__(self, repository: Repository, signer: Signer, folder: Path) -> None:
        """Sign with `signer`; what is signed lies in `folder` meanwhile."""
        self._repository = repository
        self._signer = signer
        self._folder = folder

    def keep_signature(self, name: str, digest: str, bundle: bytes) -> Signed | None:
        """Return the signature over a manifest, made where the registry keeps none by the same identity.

        `name` is registry and repository. None where the identity's signatures have no older form, as `bundle`, the
        one that it made of the manifest, shows: with Rekor v2.
        """
        if not is_annotatable(_parsed(bundle)):
            return None
        payload = simple_signing(name, digest)
        tag = older_tag(digest, "sig")
        file = self._file(payload)
        same = [each for each in self._layers(tag) if each.digest == f"sha256:{file.sha256}"]
        for known in (_bundle_of(layer, payload) for layer in same[:MAX_LAYERS]):
            if known and self._signer.has_signed_file(known, file):
                return Signed(was_there=True, log_index=_log_index(_parsed(known)))
        signed = _parsed(self._signer.sign_file(file).encode("utf-8"))
        self._append(tag, payload, SIMPLE_SIGNING, annotate(signed))
        return Signed(was_there=False, log_index=_log_index(signed))

    def keep_statement(self, digest: str, predicate_type: str, bundle: bytes) -> None:
        """Put a statement's envelope, signed already, where older readers look; nothing where it has no such form."""
        parsed = _parsed(bundle)
        envelope = envelope_text(parsed) if is_annotatable(parsed) else b""
        tag = older_tag(digest, "att")
        kept = {layer.digest for layer in self._layers(tag)} if envelope else set()
        if envelope and f"sha256:{hashlib.sha256(envelope).hexdigest()}" not in kept:
            self._append(tag, envelope, ENVELOPE, annotate(parsed) | {"predicateType": predicate_type})

    def _file(self, payload: bytes) -> HashedFile:
        digest = hashlib.sha256(payload).hexdigest()
        path = self._folder / digest
        write_whole(path, payload)
        return HashedFile(path, len(payload), digest)

    def _layers(self, tag: str) -> tuple[Descriptor, ...]:
        """Return what a tag holds; what somebody else put there and cannot be read is nothing."""
        try:
            found = self._repository.find(tag)
        except Error as error:
            if error.status is ExitStatus.OUTSIDE:
                raise
            found = None
        return found.layers if found else ()

    def _append(self, tag: str, content: bytes, media_type: str, annotations: dict[str, str]) -> None:
        """Add a layer to what a tag holds; the configuration names all of them, as tools that copy images want it."""
        layers = (*self._layers(tag), self._repository.push_blob(content, media_type, annotations))
        config: dict[str, Any] = {
            "architecture": "",
            "config": {},
            "os": "",
            "rootfs": {"diff_ids": [layer.digest for layer in layers], "type": "layers"},
        }
        described = self._repository.push_blob(json.dumps(config, separators=(",", ":")).encode("utf-8"), _CONFIG)
        self._repository.push_manifest(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": described.as_document(),
                "layers": [layer.as_document() for layer in layers],
            },
            tag,
        )


def _parsed(text: bytes) -> Bundle:
    return parse_bundle(documents.parse_json(text, "bundle"), "bundle")


def _bundle_of(layer: Descriptor, payload: bytes) -> bytes:
    """Return the bundle that a layer's annotations stand for; nothing where they are malformed: it is signed anew."""
    try:
        return annotated_bundle(layer.annotations, message_content(layer.annotations[SIGNATURE], payload))
    except (Error, KeyError, TypeError, ValueError, AttributeError):
        return b""


def _log_index(bundle: Bundle) -> int | None:
    return bundle.entries[0].index if bundle.entries else None
