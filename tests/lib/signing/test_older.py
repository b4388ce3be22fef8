"""Images for readers that know no referrers: what cosign found before its version 3, and finds still."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from maximus.registry.references import parse_reference
from maximus.signing.annotated import SIMPLE_SIGNING, envelope_text, is_annotatable, older_tag
from maximus.signing.batch import Claim
from maximus.signing.bundles import PUBLIC_KEY_NAME, Bundle, Envelope, LogEntry, parse_bundle
from maximus.signing.images import IMAGE_CLAIM, attach, resolve_image
from maximus.signing.keys import SigningKey
from maximus.signing.signers import KeySigner
from maximus.verification.finding import Fact
from maximus.verification.identity import ByWorkflow
from maximus.verification.images import read_image
from maximus.verification.keyless import KeylessJudge
from maximus.verification.proof import prove
from maximus.verification.trust import read_trust
from tests.lib.signing.test_keyless import signing
from tests.lib.verification.conftest import REPOSITORY, WORKFLOW
from tests.stack.images import push_image, push_index, repository

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.registry.client import Manifest, Repository
    from maximus.signing.images import Attached
    from maximus.signing.signers import Signer
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

SCAN = Claim("https://example.com/scan/v1", {"found": 0})


@pytest.fixture
def key() -> SigningKey:
    """A managed key."""
    return SigningKey(generate_private_key(SECP256R1()))


def attached(into: Repository, text: str, signer: Signer) -> tuple[Attached, ...]:
    """Sign an image and attest a scan of it."""
    return attach(into, resolve_image(into, parse_reference(text)), (IMAGE_CLAIM, SCAN), signer)


def read_as_of_old(cosign: Cosign, *arguments: str | Path) -> str:
    """Have cosign verify as its versions before 3 did; return what it holds against it."""
    kind, *rest = arguments
    done = cosign.run(kind, "--new-bundle-format=false", "--allow-http-registry", *rest)
    return "" if done.returncode == 0 else done.stderr


def only_as_of_old(registry: str, name: str, image: Manifest, into: Repository) -> Repository:
    """Return a repository with the image and its older tags alone, as a registry that was copied tag by tag."""
    alone = repository(registry, f"{name}-alone")
    for digest in {layer["digest"]: layer for layer in (*image.document["layers"], image.document["config"])}.values():
        alone.push_blob(into.blob(_descriptor(digest)), digest["mediaType"])
    alone.push_manifest(image.document, "v1")
    for suffix in ("sig", "att"):
        tag = older_tag(image.digest, suffix)
        old = into.manifest(tag)
        for part in (*old.document["layers"], old.document["config"]):
            alone.push_blob(into.blob(_descriptor(part)), part["mediaType"])
        alone.push_manifest(old.document, tag)
    return alone


def _descriptor(document: dict[str, Any]) -> Any:  # noqa: ANN401 - of a module whose reader is not public
    from maximus.registry.client import read_descriptor  # noqa: PLC0415 - beside its only use

    return read_descriptor(document)


def test_older_readers_verify_what_a_job_signed(registry: str, stack: Stack, cosign: Cosign, tmp_path: Path) -> None:
    """Signature and attestation, of the index and its platform; `verify` reads them where there is nothing else."""
    into = repository(registry, "octo/older")
    child = push_image(into, b"older")
    index = push_index(into, "v1", amd64=child)
    with signing(stack, stack.trust_v1) as signer:
        made = attached(into, f"{registry}/octo/older:v1", signer)
    assert [each.predicate_type for each in made].count(SIMPLE_SIGNING) == 2
    assert len({each.log_index for each in made}) == len(made) == 6
    expected = (
        *("--trusted-root", stack.trusted_root, "--certificate-identity", stack.identity()),
        *("--certificate-oidc-issuer", stack.issuer_url),
    )
    for digest in (index.digest, child.digest):
        name = f"{registry}/octo/older@{digest}"
        assert read_as_of_old(cosign, "verify", *expected, name) == ""
        assert read_as_of_old(cosign, "verify-attestation", "--type", SCAN.predicate_type, *expected, name) == ""
    alone = only_as_of_old(registry, "octo/older", child, into)
    assert alone.referrers(child.digest) == ()
    material = read_image(alone, parse_reference(f"{registry}/{alone.name}:v1"), tmp_path)
    proof = prove(
        material, KeylessJudge(read_trust(stack.trusted_root), ByWorkflow(REPOSITORY, WORKFLOW, stack.issuer_url))
    )
    (outcome,) = proof.outcomes
    assert not proof.errors
    assert not material.broken_bundles
    assert all(outcome.holds(fact) for fact in (Fact.SIGNATURES, Fact.LOG, Fact.IDENTITY))
    # cosign as it is today looks for referrers first, and for these where it finds none.
    done = cosign.run("verify", "--allow-http-registry", *expected, f"{registry}/{alone.name}:v1")
    assert done.returncode == 0, done.stderr


def test_older_readers_verify_what_a_key_signed(registry: str, key: SigningKey, cosign: Cosign, tmp_path: Path) -> None:
    """With the public key alone, and with no other."""
    into = repository(registry, "octo/older-key")
    image = push_image(into, b"older key", "v1")
    attached(into, f"{registry}/octo/older-key:v1", KeySigner(key))
    own, other = tmp_path / PUBLIC_KEY_NAME, tmp_path / "other.pub"
    own.write_bytes(key.public.pem)
    other.write_bytes(SigningKey(generate_private_key(SECP256R1())).public.pem)
    name = f"{registry}/octo/older-key@{image.digest}"
    for kind in (("verify",), ("verify-attestation", "--type", SCAN.predicate_type)):
        said = [read_as_of_old(cosign, *kind, "--insecure-ignore-tlog", "--key", each, name) for each in (own, other)]
        assert said[0] == ""
        assert said[1] != ""


def test_a_second_run_adds_nothing_for_older_readers(registry: str, stack: Stack, key: SigningKey) -> None:
    """Each identity's signature stands there once, and those of others stay."""
    into = repository(registry, "octo/older-again")
    image = push_image(into, b"older again", "v1")
    text = f"{registry}/octo/older-again:v1"
    made: tuple[Attached, ...] = ()
    for sha, layers in (("1" * 40, 1), ("1" * 40, 1), ("2" * 40, 2)):
        with signing(stack, stack.trust_v1, sha=sha) as signer:
            made = attached(into, text, signer)
        assert len(into.manifest(older_tag(image.digest, "sig")).layers) == layers
        assert len(into.manifest(older_tag(image.digest, "att")).layers) == layers
    assert [each.was_there for each in made] == [False, False, False]
    for was_there in (False, True):
        *_, last = attached(into, text, KeySigner(key))
        assert (last.predicate_type, last.was_there, last.log_index) == (SIMPLE_SIGNING, was_there, None)
    assert len(into.manifest(older_tag(image.digest, "sig")).layers) == 3


def test_no_older_form_is_made_where_none_can_be_verified(registry: str, stack: Stack) -> None:
    """Rekor v2 makes no promise that an annotation could carry: nothing more is signed, logged or pushed."""
    into = repository(registry, "octo/older-v2")
    image = push_image(into, b"older v2", "v1")
    with signing(stack, stack.trust_v2) as signer:
        made = attached(into, f"{registry}/octo/older-v2:v1", signer)
    assert [each.predicate_type for each in made] == [IMAGE_CLAIM.predicate_type, SCAN.predicate_type]
    assert into.find(older_tag(image.digest, "sig")) is into.find(older_tag(image.digest, "att")) is None


def test_a_registry_with_referrers_needs_no_older_form(referring_registry: str, key: SigningKey) -> None:
    """No tag is made there: whoever lists tags sees images."""
    into = repository(referring_registry, "octo/older")
    image = push_image(into, b"older", "v1")
    made = attached(into, f"{referring_registry}/octo/older:v1", KeySigner(key))
    assert len(made) == 2
    assert into.find(older_tag(image.digest, "sig")) is into.find(older_tag(image.digest, "att")) is None


def test_what_others_put_under_the_tag_is_signed_past(registry: str, key: SigningKey) -> None:
    """Annotations that nobody can read are no signature of ours, and no fault."""
    into = repository(registry, "octo/older-garbage")
    image = push_image(into, b"older garbage", "v1")
    text = f"{registry}/octo/older-garbage:v1"
    attached(into, text, KeySigner(key))
    tag = older_tag(image.digest, "sig")
    document = json.loads(into.manifest(tag).raw)
    for spoilt in ({}, {"dev.cosignproject.cosign/signature": "?"}, {"dev.sigstore.cosign/bundle": "["}):
        document["layers"][0]["annotations"] = spoilt
        into.push_manifest(document, tag)
        *_, last = attached(into, text, KeySigner(key))
        assert not last.was_there


def _bundle(entries: tuple[LogEntry, ...], certificate: bytes = b"der") -> Bundle:
    return Bundle("", certificate, "", Envelope("application/vnd.in-toto+json", b"{}", b"sig"), entries, ())


def _entry(body: bytes, promise: bytes = b"set") -> LogEntry:
    return LogEntry(1, b"id", "dsse", "0.0.1", 1, body, promise)


@pytest.mark.parametrize(
    ("bundle", "can_be"),
    [
        (_bundle((_entry(b"{}"),)), True),
        (_bundle((_entry(b"{}", b""),)), False),
        (_bundle((_entry(b"{}"), _entry(b"{}"))), False),
        (_bundle(()), False),
        (_bundle((), b""), True),
    ],
    ids=["promised", "not promised", "two entries", "not logged", "by a key"],
)
def test_annotations_hold_what_rekor_v1_promised(bundle: Bundle, *, can_be: bool) -> None:
    """And what a key signed, in no log."""
    assert is_annotatable(bundle) is can_be


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"spec": {"envelopeHash": {"value": "00"}}}'])
def test_an_envelope_that_the_log_knows_in_other_bytes_has_no_older_form(body: bytes) -> None:
    """Older readers would hash what they are given and find another."""
    assert envelope_text(_bundle((_entry(body),))) == b""


def test_a_signature_over_bytes_has_no_envelope(key: SigningKey, tmp_path: Path) -> None:
    """Only statements have."""
    from maximus.files import hash_file  # noqa: PLC0415 - beside its only use

    (tmp_path / "x").write_bytes(b"x")
    text = KeySigner(key).sign_file(hash_file(tmp_path / "x"))
    assert envelope_text(parse_bundle(json.loads(text), "b")) == b""
