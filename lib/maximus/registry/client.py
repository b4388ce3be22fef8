"""Manifests, blobs and referrers of one repository: read by digest and held to it, and written.

What refers to an image is asked of the registry (OCI 1.1), or read from the tag that stands for it where the
registry is older; who writes a referrer keeps that tag up to date there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urljoin

from maximus import documents
from maximus.errors import Error, ExitStatus

from .references import DIGEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .wire import Answer, Wire

__all__ = ["EMPTY", "INDEX_TYPES", "Descriptor", "Manifest", "Repository"]

MAX_MANIFEST: Final = 4 << 20
"""Bytes of the largest manifest, as the specification has it."""
MAX_BLOB: Final = 16 << 20
"""Bytes of the largest blob that is read whole: signatures and attestations, never layers."""
MAX_REFERRERS: Final = 1000
MAX_PAGES: Final = 20

OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
INDEX_TYPES: Final = (OCI_INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")
_MANIFEST_TYPES: Final = (OCI_MANIFEST, "application/vnd.docker.distribution.manifest.v2+json")
EMPTY: Final = b"{}"
"""The content of a configuration that says nothing: `application/vnd.oci.empty.v1+json`."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A pointer to content: its type, digest and size."""

    media_type: str
    digest: str
    size: int
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""
    """Such as `linux/arm64/v8`, of an image under an index."""

    def as_document(self) -> dict[str, Any]:
        """Return it as manifests carry it."""
        document: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        document |= {"artifactType": self.artifact_type} if self.artifact_type else {}
        return document | ({"annotations": dict(self.annotations)} if self.annotations else {})


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest or an index, as it was read."""

    raw: bytes
    media_type: str
    digest: str
    document: Mapping[str, Any]

    @property
    def descriptor(self) -> Descriptor:
        """What points to it."""
        return Descriptor(self.media_type, self.digest, len(self.raw), str(self.document.get("artifactType") or ""))

    @property
    def layers(self) -> tuple[Descriptor, ...]:
        """What a manifest is made of; nothing for an index."""
        return tuple(read_descriptor(each) for each in _list(self.document.get("layers")))

    @property
    def children(self) -> tuple[Descriptor, ...]:
        """The manifests under an index; nothing for a manifest."""
        return tuple(read_descriptor(each) for each in _list(self.document.get("manifests")))


def read_descriptor(document: Any) -> Descriptor:  # noqa: ANN401 - foreign JSON enters here
    """Return a descriptor; raise Error IMAGE006 for what is none."""
    try:
        digest, size = str(document["digest"]), document["size"]
        if not DIGEST.fullmatch(digest) or not isinstance(size, int) or size < 0:
            raise _malformed("a descriptor", f"its digest is {digest[:80]!r}, its size {size!r:.20}")
        platform = document.get("platform") or {}
        parts = [str(platform[key]) for key in ("os", "architecture", "variant") if platform.get(key)]
        annotations = {str(key): str(value) for key, value in (document.get("annotations") or {}).items()}
        return Descriptor(
            str(document.get("mediaType") or ""),
            digest,
            size,
            str(document.get("artifactType") or ""),
            annotations,
            "/".join(parts),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        why = f"{fault} is missing" if isinstance(fault, KeyError) else str(fault)[:200]
        raise _malformed("a descriptor", why) from fault


def _list(items: object) -> list[Any]:
    return items if isinstance(items, list) else []


def _malformed(what: str, why: str) -> Error:
    return Error("IMAGE006", f"{what} of the registry is malformed", why=why, fix="Push the image again.")


class Repository:
    """One repository of a registry."""

    def __init__(self, wire: Wire, name: str) -> None:
        """Speak over `wire` of the repository `name`."""
        self._wire = wire
        self.name = name
        self._path = f"/v2/{quote(name)}"

    def manifest(self, reference: str) -> Manifest:
        """Return the manifest or index of a tag or digest; by digest it is held to it.

        Raises Error IMAGE005 where there is none, IMAGE006 where it is malformed or has another digest.
        """
        types = ", ".join((*_MANIFEST_TYPES, *INDEX_TYPES))
        answer = self._read(f"/manifests/{quote(reference, safe=':')}", MAX_MANIFEST, {"Accept": types})
        digest = _sha256(answer.body)
        if reference.startswith("sha256:") and digest != reference:
            raise _malformed("a manifest", f"{reference} was asked for, and {digest} came")
        document = documents.parse_json(answer.body, f"the manifest {digest}")
        if not isinstance(document, dict):
            raise _malformed("a manifest", "it is no object")
        media_type = str(document.get("mediaType") or answer.headers.get("content-type", "").partition(";")[0])
        return Manifest(answer.body, media_type, digest, document)

    def find(self, reference: str) -> Manifest | None:
        """Return the manifest of a tag or digest, or None where there is none; raises what `manifest` does."""
        try:
            return self.manifest(reference)
        except Error as error:
            if error.code == "IMAGE005":
                return None
            raise

    def blob(self, descriptor: Descriptor) -> bytes:
        """Return a small blob, held to digest and size; raises as `manifest` does, and IMAGE006 for a large one."""
        if descriptor.size > MAX_BLOB:
            raise _malformed("a blob", f"it has {descriptor.size} bytes, and at most {MAX_BLOB} are read")
        answer = self._read(f"/blobs/{descriptor.digest}", MAX_BLOB, {})
        if len(answer.body) != descriptor.size or _sha256(answer.body) != descriptor.digest:
            raise _malformed("a blob", f"{descriptor.digest} was asked for, and {_sha256(answer.body)} came")
        return answer.body

    def referrers(self, digest: str, artifact_type: str = "") -> tuple[Descriptor, ...]:
        """Return what refers to a manifest, sorted by digest; with `artifact_type` what is of that type alone.

        A registry that knows no referrers is asked for the tag that stands for them.
        """
        found = self._asked_referrers(digest, artifact_type)
        if found is None:
            fallback = self.find(referrers_tag(digest))
            found = list(fallback.children) if fallback else []
        # A registry need not filter, and an old one does not.
        kept = {each.digest: each for each in found if not artifact_type or each.artifact_type == artifact_type}
        return tuple(kept[digest] for digest in sorted(kept))

    def keeps_referrers(self, digest: str) -> bool:
        """Tell whether the registry itself says what refers to a manifest, so that no tag has to stand for it."""
        return self._asked_referrers(digest, "") is not None

    def _asked_referrers(self, digest: str, artifact_type: str) -> list[Descriptor] | None:
        query = f"?{urlencode({'artifactType': artifact_type})}" if artifact_type else ""
        path: str | None = f"{self._path}/referrers/{digest}{query}"
        found: list[Descriptor] = []
        for _ in range(MAX_PAGES):
            answer = self._wire.send("GET", str(path), scope=self._scope("pull"), limit=MAX_MANIFEST)
            if answer.status != 200 or "json" not in answer.headers.get("content-type", ""):  # noqa: PLR2004 - HTTP's OK
                return None
            document = documents.parse_json(answer.body, f"the referrers of {digest}")
            if not isinstance(document, dict):
                raise _malformed(f"the list of what refers to {digest}", "it is no object")
            found += [read_descriptor(each) for each in _list(document.get("manifests"))]
            path = _next_page(answer, self._wire.base)
            if path is None or len(found) > MAX_REFERRERS:
                break
        return found[:MAX_REFERRERS]

    def push_blob(self, content: bytes, media_type: str, annotations: Mapping[str, str] | None = None) -> Descriptor:
        """Upload a blob where it is not there already, and return what points to it.

        Raises Error IMAGE007 (outside) where the registry does not take it.
        """
        digest = _sha256(content)
        made = Descriptor(media_type, digest, len(content), annotations=annotations or {})
        scope = self._scope("pull,push")
        if self._wire.send("HEAD", f"{self._path}/blobs/{digest}", scope=scope, limit=0).status == 200:  # noqa: PLR2004 - HTTP's OK
            return made
        begun = self._wire.send("POST", f"{self._path}/blobs/uploads/", scope=scope, limit=MAX_MANIFEST)
        place = begun.headers.get("location", "")
        if begun.status != 202 or not place:  # noqa: PLR2004 - HTTP's Accepted
            raise self._not_taken(f"the blob {digest}", begun)
        separator = "&" if "?" in place else "?"
        done = self._wire.send(
            "PUT",
            f"{place}{separator}{urlencode({'digest': digest})}",
            scope=scope,
            limit=MAX_MANIFEST,
            headers={"Content-Type": "application/octet-stream"},
            body=content,
        )
        if done.status == 201:  # noqa: PLR2004 - HTTP's Created
            return made
        # An upload that was finished is not known any more: a reply that was lost is met again like this.
        if self._wire.send("HEAD", f"{self._path}/blobs/{digest}", scope=scope, limit=0).status == 200:  # noqa: PLR2004 - HTTP's OK
            return made
        raise self._not_taken(f"the blob {digest}", done)

    def push_manifest(self, document: Mapping[str, Any], tag: str = "") -> Manifest:
        """Upload a manifest or an index, under a tag or its digest alone, and return it as it was written.

        Where it has a `subject` and the registry does not say that it keeps referrers, the tag that stands for them
        is brought up to date. Raises Error IMAGE007 (outside) where the registry does not take it.
        """
        raw = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
        made = Manifest(raw, str(document["mediaType"]), _sha256(raw), dict(document))
        done = self._wire.send(
            "PUT",
            f"{self._path}/manifests/{quote(tag or made.digest, safe=':')}",
            scope=self._scope("pull,push"),
            limit=MAX_MANIFEST,
            headers={"Content-Type": made.media_type},
            body=raw,
        )
        if done.status != 201:  # noqa: PLR2004 - HTTP's Created
            raise self._not_taken(f"the manifest {made.digest}", done)
        subject = document.get("subject")
        if isinstance(subject, dict) and "oci-subject" not in done.headers:
            self._list_referrer(str(subject["digest"]), made)
        return made

    def push_referrer(
        self,
        subject: Descriptor,
        artifact_type: str,
        content: bytes,
        media_type: str,
        *,
        annotations: Mapping[str, str] | None = None,
    ) -> Manifest:
        """Upload one blob as an artifact that refers to `subject`, and return its manifest."""
        config = self.push_blob(EMPTY, "application/vnd.oci.empty.v1+json")
        layer = self.push_blob(content, media_type)
        document: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": artifact_type,
            "config": config.as_document(),
            "layers": [layer.as_document()],
            "subject": Descriptor(subject.media_type, subject.digest, subject.size).as_document(),
        }
        return self.push_manifest(document | ({"annotations": dict(annotations)} if annotations else {}))

    def _list_referrer(self, digest: str, made: Manifest) -> None:
        existing = self.find(referrers_tag(digest))
        listed: Iterable[Descriptor] = existing.children if existing else ()
        annotations = {str(key): str(value) for key, value in (made.document.get("annotations") or {}).items()}
        descriptor = Descriptor(made.media_type, made.digest, len(made.raw), made.descriptor.artifact_type, annotations)
        kept = {each.digest: each for each in (*listed, descriptor)}
        index = {
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [kept[name].as_document() for name in sorted(kept)],
        }
        self.push_manifest(index, referrers_tag(digest))

    def _read(self, path: str, limit: int, headers: Mapping[str, str]) -> Answer:
        answer = self._wire.send("GET", f"{self._path}{path}", scope=self._scope("pull"), limit=limit, headers=headers)
        if answer.status == 200:  # noqa: PLR2004 - HTTP's OK
            return answer
        raise Error(
            "IMAGE005",
            # `/manifests/1.2.3` is about the manifest 1.2.3.
            f"{self._wire.host}/{self.name} has no {path.strip('/').replace('s/', ' ', 1)}",
            why="" if answer.status == 404 else f"HTTP {answer.status}",  # noqa: PLR2004 - HTTP's Not Found
            fix="Check the name, and that it was pushed.",
            where=self._wire.host,
            status=ExitStatus.FAILED if answer.status == 404 else ExitStatus.OUTSIDE,  # noqa: PLR2004 - likewise
        )

    def _not_taken(self, what: str, answer: Answer) -> Error:
        return Error(
            "IMAGE007",
            f"the registry {self._wire.host} did not take {what}",
            why=f"HTTP {answer.status} {answer.body[:200].decode('utf-8', 'replace')}".strip(),
            fix="Check that the name may write this repository; what was pushed before is kept.",
            where=self._wire.host,
            status=ExitStatus.OUTSIDE,
        )

    def _scope(self, actions: str) -> str:
        return f"repository:{self.name}:{actions}"


def referrers_tag(digest: str) -> str:
    """Return the tag that stands for what refers to a digest, where a registry keeps no referrers."""
    return digest.replace(":", "-")


def _next_page(answer: Answer, base: str) -> str | None:
    link = answer.headers.get("link", "")
    target, _, relation = link.partition(">")
    if not target.startswith("<") or 'rel="next"' not in relation.replace("'", '"'):
        return None
    try:
        onward = urljoin(f"{base}/", target[1:])
    except ValueError:
        return None
    # Only the registry's own pages: elsewhere nothing of ours is shown, and nothing is believed.
    return onward if onward.startswith(f"{base}/") else None


def _sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
