"""Images that cosign signed, in both of its formats, in a real registry: what verifies, and what must not."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from maximus.errors import Error
from maximus.registry.client import OCI_MANIFEST
from maximus.registry.references import parse_reference
from maximus.signing.annotated import SIMPLE_SIGNING
from maximus.verification.finding import Fact
from maximus.verification.images import read_image
from maximus.verification.keyless import KeylessJudge
from maximus.verification.proof import prove
from maximus.verification.trust import read_trust
from tests.stack.images import push_image, push_index, repository

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.registry.client import Manifest, Repository
    from maximus.verification.identity import Policy
    from maximus.verification.proof import Proof
    from tests.lib.verification.conftest import Real
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

FORMATS = ("bundle", "simple-signing")


def sign(cosign: Cosign, stack: Stack, name: str, form: str, **claims: str) -> None:
    """Have cosign sign an image, as version 3 does it or as those before did."""
    old = (
        *("--new-bundle-format=false", "--use-signing-config=false", "--fulcio-url", stack.urls["fulcio"]),
        *("--rekor-url", stack.urls["rekor-v1"], "--oidc-issuer", stack.issuer_url),
    )
    new = ("--signing-config", stack.signing_config(1))
    done = cosign.run(
        *("sign", "--yes", "--allow-http-registry", *(new if form == "bundle" else old)),
        *("--trusted-root", stack.trusted_root, name),
        environment=stack.environment(lifetime=None, issuer=None, **claims),
    )
    assert done.returncode == 0, done.stderr


@dataclasses.dataclass(frozen=True)
class Signed:
    """An image, signed once, and where it is."""

    address: str
    repository: Repository
    image: Manifest


@pytest.fixture(scope="session", params=FORMATS)
def signed(request: pytest.FixtureRequest, registry: str, stack: Stack, cosign: Cosign) -> Signed:
    """An image that cosign signed in one of its formats."""
    name = f"octo/{request.param}"
    into = repository(registry, name)
    image = push_image(into, f"signed as {request.param}".encode(), "v1")
    sign(cosign, stack, f"{registry}/{name}@{image.digest}", request.param)
    return Signed(f"{registry}/{name}", into, image)


def proven(real: Real, into: Repository, text: str, folder: Path, policy: Policy | None = None) -> Proof:
    """Return what is proven about an image."""
    material = read_image(into, parse_reference(text), folder)
    proof = prove(material, KeylessJudge(read_trust(real.root), policy or real.policy))
    assert not material.broken_bundles, [each.error.headline for each in material.broken_bundles]
    return proof


def holds(proof: Proof) -> bool:
    """Tell whether the one image is proven in everything."""
    (outcome,) = proof.outcomes
    return not proof.errors and all(outcome.holds(fact) for fact in (Fact.SIGNATURES, Fact.LOG, Fact.IDENTITY))


@pytest.mark.parametrize("by", ["tag", "digest"])
def test_verifies_what_cosign_signed(real: Real, signed: Signed, tmp_path: Path, by: str) -> None:
    """By tag and by digest, in both of cosign's formats; the digest is in the outcome's name."""
    text = f"{signed.address}:v1" if by == "tag" else f"{signed.address}@{signed.image.digest}"
    proof = proven(real, signed.repository, text, tmp_path)
    assert holds(proof)
    assert proof.outcomes[0].name == f"{signed.address}@{signed.image.digest}"


def test_refuses_somebody_elses_signature(real: Real, signed: Signed, tmp_path: Path) -> None:
    """The signature holds, and is by another workflow than the one asked for."""
    policy = dataclasses.replace(real.policy, repository="https://github.com/octo/other")
    proof = proven(real, signed.repository, f"{signed.address}:v1", tmp_path, policy)
    assert [error.code for _, error in proof.errors] == ["VERIFY018"]


def test_refuses_an_image_that_nobody_signed(real: Real, registry: str, tmp_path: Path) -> None:
    """What is not signed is not verified."""
    into = repository(registry, "octo/unsigned")
    push_image(into, b"unsigned", "v1")
    proof = proven(real, into, f"{registry}/octo/unsigned:v1", tmp_path)
    assert [error.code for _, error in proof.errors] == ["VERIFY010"]


def test_another_image_under_the_tag_is_not_signed(
    real: Real, registry: str, stack: Stack, cosign: Cosign, tmp_path: Path
) -> None:
    """A tag that is moved away from what was signed takes no signature with it."""
    into = repository(registry, "octo/moved")
    image = push_image(into, b"first", "v1")
    sign(cosign, stack, f"{registry}/octo/moved@{image.digest}", "bundle")
    push_image(into, b"second", "v1")
    proof = proven(real, into, f"{registry}/octo/moved:v1", tmp_path)
    assert [error.code for _, error in proof.errors] == ["VERIFY010"]


def test_leaves_aside_the_word_of_others_where_the_right_one_is_there(
    real: Real, registry: str, stack: Stack, cosign: Cosign, tmp_path: Path
) -> None:
    """An image may be signed by several: whoever is asked for decides."""
    into = repository(registry, "octo/twice")
    image = push_image(into, b"twice", "v1")
    name = f"{registry}/octo/twice@{image.digest}"
    sign(cosign, stack, name, "bundle")
    sign(
        cosign,
        stack,
        name,
        "bundle",
        repository="octo/other",
        job_workflow_ref="octo/other/.github/workflows/x.yml@refs/tags/v1",
    )
    assert holds(proven(real, into, name, tmp_path))


def test_an_index_covers_its_platforms(real: Real, registry: str, stack: Stack, cosign: Cosign, tmp_path: Path) -> None:
    """An index names its platforms by digest; one whose manifest is gone is told."""
    into = repository(registry, "octo/index")
    amd64, arm64 = (push_image(into, name.encode(), architecture=name) for name in ("amd64", "arm64"))
    index = push_index(into, "v1", amd64=amd64, arm64=arm64)
    sign(cosign, stack, f"{registry}/octo/index@{index.digest}", "bundle")
    assert holds(proven(real, into, f"{registry}/octo/index:v1", tmp_path))
    proof = proven(real, into, f"{registry}/octo/index@{amd64.digest}", tmp_path)
    assert [error.code for _, error in proof.errors] == ["VERIFY010"]


def _copied(signed: Signed, other: Manifest, change: Any = None) -> None:  # noqa: ANN401 - a function over JSON
    """Put an image's old signature under the tag of another image, with a layer changed."""
    old = signed.repository.find(f"{signed.image.digest.replace(':', '-')}.sig")
    assert old is not None
    document = json.loads(old.raw)
    if change:
        change(document["layers"][0]["annotations"])
    signed.repository.push_manifest(document, f"{other.digest.replace(':', '-')}.sig")


@pytest.fixture
def old(registry: str, stack: Stack, cosign: Cosign) -> Signed:
    """An image signed in the old format, in a repository that a test may spoil."""
    into = repository(registry, "octo/spoilt")
    image = push_image(into, b"spoilt", "v1")
    if into.find(f"{image.digest.replace(':', '-')}.sig") is None:
        sign(cosign, stack, f"{registry}/octo/spoilt@{image.digest}", "simple-signing")
    return Signed(f"{registry}/octo/spoilt", into, image)


def test_refuses_the_signature_of_another_image(old: Signed, tmp_path: Path) -> None:
    """Anybody who may push can put a signature under any image's tag: what it says decides."""
    other = push_image(old.repository, b"evil", "evil")
    _copied(old, other)
    material = read_image(old.repository, parse_reference(f"{old.address}:evil"), tmp_path)
    assert [broken.error.code for broken in material.broken_bundles] == ["VERIFY093"]
    assert material.sealed == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dev.cosignproject.cosign/signature", "AAAA"),
        ("dev.cosignproject.cosign/signature", None),
        ("dev.cosignproject.cosign/signature", "?"),
        ("dev.sigstore.cosign/certificate", "no PEM"),
        ("dev.sigstore.cosign/certificate", None),
        ("dev.sigstore.cosign/bundle", None),
        ("dev.sigstore.cosign/bundle", "{}"),
        ("dev.sigstore.cosign/bundle", "["),
        ("dev.sigstore.cosign/bundle", '{"SignedEntryTimestamp": "", "Payload": {"body": "e30=", "logIndex": "x"}}'),
        ("dev.sigstore.cosign/rfc3161timestamp", '{"SignedRFC3161Timestamp": "AAAA"}'),
    ],
)
def test_refuses_every_annotation_that_differs(
    real: Real, old: Signed, tmp_path: Path, name: str, value: str | None
) -> None:
    """Taken out, malformed or another's: refused with a reason."""
    found = old.repository.find(f"{old.image.digest.replace(':', '-')}.sig")
    assert found is not None

    def change(annotations: dict[str, str]) -> None:
        annotations.pop(name, None)
        if value is not None:
            annotations[name] = value

    try:
        _copied(old, old.image, change)
        material = read_image(old.repository, parse_reference(f"{old.address}:v1"), tmp_path)
        proof = prove(material, KeylessJudge(read_trust(real.root), real.policy))
    finally:
        old.repository.push_manifest(json.loads(found.raw), f"{old.image.digest.replace(':', '-')}.sig")
    assert material.broken_bundles or proof.errors
    assert not (holds(proof) and not material.broken_bundles)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"{", "DOC003"),
        (b"{}", "VERIFY091"),
        (b"[]", "VERIFY091"),
        (b'{"critical": {"type": "x", "image": {"docker-manifest-digest": "sha256:00"}}}', "VERIFY091"),
    ],
)
def test_refuses_a_payload_that_is_none(registry: str, tmp_path: Path, payload: bytes, code: str) -> None:
    """What says nothing of an image is told, and covers nothing."""
    into = repository(registry, "octo/payload")
    image = push_image(into, b"payload", "v1")
    layer = into.push_blob(payload, SIMPLE_SIGNING, {"dev.cosignproject.cosign/signature": "AAAA"})
    config = into.push_blob(b"{}", "application/vnd.oci.image.config.v1+json")
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": config.as_document(),
        "layers": [layer.as_document()],
    }
    into.push_manifest(document, f"{image.digest.replace(':', '-')}.sig")
    material = read_image(into, parse_reference(f"{registry}/octo/payload:v1"), tmp_path)
    assert [broken.error.code for broken in material.broken_bundles] == [code]


def test_tells_of_an_image_that_is_not_there(registry: str, tmp_path: Path) -> None:
    """A name without an image is an error that names it."""
    with pytest.raises(Error, match="IMAGE005"):
        read_image(repository(registry, "octo/nothing"), parse_reference(f"{registry}/octo/nothing:v1"), tmp_path)
