"""Attestations of images in cosign's older form: an envelope under the tag `.att`."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest

from maximus.registry.references import parse_reference
from maximus.verification.finding import Fact
from maximus.verification.images import read_image
from maximus.verification.keyless import KeylessJudge
from maximus.verification.proof import prove
from maximus.verification.trust import read_trust
from tests.lib.verification.test_images import Signed
from tests.stack.images import push_image, repository

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.verification.identity import Policy
    from maximus.verification.proof import Proof
    from tests.lib.verification.conftest import Real
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack


@pytest.fixture(scope="module")
def attested(registry: str, stack: Stack, cosign: Cosign, tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """An image that cosign attested as versions before 3 did."""
    into = repository(registry, "octo/attested")
    image = push_image(into, b"attested", "v1")
    predicate = tmp_path_factory.mktemp("attested") / "predicate.json"
    predicate.write_text(json.dumps({"made": "here"}), encoding="utf-8")
    done = cosign.run(
        *("attest", "--yes", "--allow-http-registry", "--new-bundle-format=false", "--use-signing-config=false"),
        *("--fulcio-url", stack.urls["fulcio"], "--rekor-url", stack.urls["rekor-v1"]),
        *("--oidc-issuer", stack.issuer_url, "--trusted-root", stack.trusted_root, "--type", "custom"),
        *("--predicate", predicate, f"{registry}/octo/attested@{image.digest}"),
        environment=stack.environment(),
    )
    assert done.returncode == 0, done.stderr
    assert into.find(f"{image.digest.replace(':', '-')}.att") is not None
    return Signed(f"{registry}/octo/attested", into, image)


def proven(real: Real, attested: Signed, folder: Path, tag: str = "v1", policy: Policy | None = None) -> Proof:
    """Return what is proven about the image under a tag."""
    material = read_image(attested.repository, parse_reference(f"{attested.address}:{tag}"), folder)
    return prove(material, KeylessJudge(read_trust(real.root), policy or real.policy))


def test_verifies_an_attestation_under_the_older_tag(real: Real, attested: Signed, tmp_path: Path) -> None:
    """The statement is by who was asked for, in the log, and about the digest of this image."""
    proof = proven(real, attested, tmp_path)
    (outcome,) = proof.outcomes
    assert proof.errors == ()
    assert all(outcome.holds(fact) for fact in (Fact.SIGNATURES, Fact.LOG, Fact.IDENTITY))


def test_refuses_somebody_elses_attestation(real: Real, attested: Signed, tmp_path: Path) -> None:
    """The attestation holds, and is by another repository than the one that was asked for."""
    other = dataclasses.replace(real.policy, repository="https://github.com/octo/other")
    assert [error.code for _, error in proven(real, attested, tmp_path, policy=other).errors] == ["VERIFY018"]


def test_refuses_the_attestation_of_another_image(real: Real, attested: Signed, tmp_path: Path) -> None:
    """Anybody who may push can put an attestation under any image's tag: its subject decides."""
    into = attested.repository
    found = into.find(f"{attested.image.digest.replace(':', '-')}.att")
    assert found is not None
    evil = push_image(into, b"evil", "evil")
    into.push_manifest(json.loads(found.raw), f"{evil.digest.replace(':', '-')}.att")
    proof = proven(real, attested, tmp_path, "evil")
    assert not any(outcome.holds(Fact.SIGNATURES) for outcome in proof.outcomes)
