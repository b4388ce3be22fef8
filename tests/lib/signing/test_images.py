"""Images signed in real registries, with and without the referrers API; cosign and our own verifier judge."""

from __future__ import annotations

import dataclasses
import tempfile
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from maximus.errors import Error, ExitStatus
from maximus.registry.client import OCI_INDEX, Repository, referrers_tag
from maximus.registry.references import parse_reference
from maximus.registry.wire import Limits, Wire
from maximus.signing import images
from maximus.signing.annotated import SIMPLE_SIGNING
from maximus.signing.batch import Claim
from maximus.signing.bundles import MEDIA_TYPE, PUBLIC_KEY_NAME
from maximus.signing.images import IMAGE_CLAIM, attach, resolve_image
from maximus.signing.keys import SigningKey
from maximus.signing.signers import KeySigner
from tests.lib.signing.test_keyless import signing
from tests.stack.faults import Answer, Drop, Faults
from tests.stack.images import push_image, push_index, repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from maximus.registry.client import Manifest
    from maximus.signing.images import Attached
    from maximus.signing.signers import Signer
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

SCAN = Claim("https://example.com/scan/v1", {"found": "nothing"})
KINDS = ("registry", "referring_registry")


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest) -> str:
    """A registry without the referrers API, and one with it."""
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def key() -> SigningKey:
    """A key to sign with."""
    return SigningKey(generate_private_key(SECP256R1()))


@pytest.fixture
def busy(registry: str) -> Iterator[Faults]:
    """A proxy in front of the registry."""
    with Faults(f"http://{registry}") as faults:
        yield faults


def through(faults: Faults, name: str) -> tuple[Repository, str]:
    """Return a repository by way of a proxy, and its name there."""
    host = faults.url.removeprefix("http://")
    return Repository(Wire(host, limits=Limits(attempts=2), is_loopback=True, rest=lambda _: None), name), host


def attached(
    into: Repository, text: str, signer: Signer, claims: Sequence[Claim] = (IMAGE_CLAIM,)
) -> tuple[Attached, ...]:
    """Sign an image; what older readers are given besides is another test's."""
    return referring(attach(into, resolve_image(into, parse_reference(text)), claims, signer))


def referring(made: Sequence[Attached]) -> tuple[Attached, ...]:
    """Return what refers to an image, of all that was made."""
    return tuple(each for each in made if each.predicate_type != SIMPLE_SIGNING)


def verified(cosign: Cosign, stack: Stack, kind: str, *arguments: str | Path) -> str:
    """Have cosign verify an image of the default job; return what it holds against it."""
    done = cosign.run(
        *(kind, "--allow-http-registry", "--trusted-root", stack.trusted_root),
        *("--certificate-identity", stack.identity(), "--certificate-oidc-issuer", stack.issuer_url),
        *arguments,
    )
    return "" if done.returncode == 0 else done.stderr


@pytest.mark.parametrize("rekor", [1, 2])
def test_cosign_verifies_what_was_signed_keyless(address: str, stack: Stack, cosign: Cosign, rekor: int) -> None:
    """Signature and attestation, in either registry and by either log."""
    name = f"octo/keyless{rekor}"
    into = repository(address, name)
    image = push_image(into, name.encode(), "v1")
    with signing(stack, stack.trust_v1 if rekor == 1 else stack.trust_v2) as signer:
        made = attached(into, f"{address}/{name}:v1", signer, (IMAGE_CLAIM, SCAN))
    full = f"{address}/{name}@{image.digest}"
    assert [(each.image, each.predicate_type, each.was_there) for each in made] == [
        (full, IMAGE_CLAIM.predicate_type, False),
        (full, SCAN.predicate_type, False),
    ]
    assert verified(cosign, stack, "verify", full) == ""
    assert verified(cosign, stack, "verify-attestation", "--type", SCAN.predicate_type, full) == ""
    assert verified(cosign, stack, "verify-attestation", "--type", "https://example.com/other", full) != ""


def test_cosign_verifies_what_a_key_signed(address: str, key: SigningKey, cosign: Cosign, tmp_path: Path) -> None:
    """With the public key alone, and with no other."""
    into = repository(address, "octo/keyed")
    image = push_image(into, b"keyed", "v1")
    attached(into, f"{address}/octo/keyed:v1", KeySigner(key))
    own, other = tmp_path / PUBLIC_KEY_NAME, tmp_path / "other.pub"
    own.write_bytes(key.public.pem)
    other.write_bytes(SigningKey(generate_private_key(SECP256R1())).public.pem)
    name = f"{address}/octo/keyed@{image.digest}"
    said = [
        cosign.run("verify", "--allow-http-registry", "--insecure-ignore-tlog", "--key", each, name)
        for each in (own, other)
    ]
    assert [done.returncode == 0 for done in said] == [True, False], said[0].stderr


def test_an_artifact_is_as_cosign_writes_it(address: str, key: SigningKey) -> None:
    """One bundle, of the type that readers ask for, that refers to the image."""
    into = repository(address, "octo/form")
    image = push_image(into, b"form", "v1")
    attached(into, f"{address}/octo/form:v1", KeySigner(key))
    (referrer,) = into.referrers(image.digest)
    document = into.manifest(referrer.digest).document
    assert document["subject"]["digest"] == image.digest
    assert document["annotations"]["dev.sigstore.bundle.content"] == "dsse-envelope"
    assert document["annotations"]["dev.sigstore.bundle.predicateType"] == IMAGE_CLAIM.predicate_type
    assert [layer["mediaType"] for layer in document["layers"]] == [MEDIA_TYPE]


def test_the_tag_scheme_is_used_only_where_the_registry_needs_it(
    registry: str, referring_registry: str, key: SigningKey
) -> None:
    """Where the registry keeps referrers no tag is made."""
    tags = []
    for address in (registry, referring_registry):
        into = repository(address, "octo/tagged")
        image = push_image(into, b"tagged", "v1")
        attached(into, f"{address}/octo/tagged:v1", KeySigner(key))
        tags.append(into.find(referrers_tag(image.digest)) is not None)
    assert tags == [True, False]


def _index(into: Repository) -> tuple[Manifest, dict[str, Manifest]]:
    children = {name: push_image(into, name.encode(), architecture=name) for name in ("amd64", "arm64")}
    return push_index(into, "v1", **children), children


def test_every_platform_of_an_index_is_signed(address: str, stack: Stack, cosign: Cosign) -> None:
    """So that who pulls one by its own digest can verify that."""
    into = repository(address, "octo/platforms")
    index, children = _index(into)
    with signing(stack, stack.trust_v1) as signer:
        made = attached(into, f"{address}/octo/platforms:v1", signer)
    digests = {"": index.digest} | {f"linux/{name}": child.digest for name, child in children.items()}
    assert {each.platform: each.image for each in made} == {
        platform: f"{address}/octo/platforms@{digest}" for platform, digest in digests.items()
    }
    assert [verified(cosign, stack, "verify", each.image) for each in made] == ["", "", ""]


def test_a_platform_that_is_not_there_keeps_the_image_from_being_signed(registry: str, key: SigningKey) -> None:
    """An index over what nobody can pull is not vouched for."""
    into = repository(registry, "octo/lacking")
    gone = dataclasses.replace(push_image(into, b"there"), digest="sha256:" + "0" * 64)
    absent = {**gone.descriptor.as_document(), "digest": gone.digest}
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [absent]}
    with Faults(f"http://{registry}") as faults:
        # A registry takes no such index; one that lost the manifest later has it.
        _, host = through(faults, "octo/lacking")
        listed = into.push_manifest({**index, "manifests": [push_image(into, b"there").descriptor.as_document()]}, "v1")
        faults.inject(Answer(404), times=9, path=f"/v2/octo/lacking/manifests/{listed.children[0].digest}")
        away, _ = through(faults, "octo/lacking")
        with pytest.raises(Error, match="IMAGE005"):
            attached(away, f"{host}/octo/lacking:v1", KeySigner(key))
    assert into.referrers(listed.digest) == ()


def test_too_many_platforms_are_refused(registry: str, key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index can name thousands; each would be a signature and a log entry."""
    monkeypatch.setattr(images, "MAX_MANIFESTS", 2)
    into = repository(registry, "octo/many")
    _index(into)
    with pytest.raises(Error, match="SIGN050") as caught:
        attached(into, f"{registry}/octo/many:v1", KeySigner(key))
    assert caught.value.status is ExitStatus.USAGE


def test_a_second_run_signs_nothing_again(address: str, stack: Stack) -> None:
    """What the same job signed is found in the registry; another commit's signature is not taken for it."""
    into = repository(address, "octo/again")
    image = push_image(into, b"again", "v1")
    text = f"{address}/octo/again:v1"
    for sha, was_there, count in (("1" * 40, False, 1), ("1" * 40, True, 1), ("2" * 40, False, 2)):
        with signing(stack, stack.trust_v1, sha=sha) as signer:
            (made,) = attached(into, text, signer)
        assert made.was_there is was_there
        assert len(into.referrers(image.digest)) == count


def test_a_signature_of_others_is_not_taken_for_ours(address: str, key: SigningKey) -> None:
    """Anybody who may push can leave something beside an image."""
    into = repository(address, "octo/others")
    image = push_image(into, b"others", "v1")
    text = f"{address}/octo/others:v1"
    attached(into, text, KeySigner(SigningKey(generate_private_key(SECP256R1()))))
    into.push_referrer(image.descriptor, MEDIA_TYPE, b"no bundle", MEDIA_TYPE)
    (made,) = attached(into, text, KeySigner(key))
    assert not made.was_there
    assert len(into.referrers(image.digest)) == 3


def test_a_tag_that_moved_is_not_signed(registry: str, key: SigningKey) -> None:
    """Neither what it was nor what it is gets a signature."""
    into = repository(registry, "octo/moving")
    first = push_image(into, b"first", "v1")
    image = resolve_image(into, parse_reference(f"{registry}/octo/moving:v1"))
    second = push_image(into, b"second", "v1")
    with pytest.raises(Error, match="SIGN051") as caught:
        attach(into, image, (IMAGE_CLAIM,), KeySigner(key))
    assert first.digest in caught.value.why
    assert second.digest in caught.value.why
    assert into.referrers(first.digest) == into.referrers(second.digest) == ()


def test_a_digest_is_signed_wherever_its_tag_went(registry: str, key: SigningKey) -> None:
    """Who names a digest means it."""
    into = repository(registry, "octo/fixed")
    first = push_image(into, b"fixed", "v1")
    image = resolve_image(into, parse_reference(f"{registry}/octo/fixed:v1@{first.digest}"))
    push_image(into, b"another", "v1")
    (made,) = referring(attach(into, image, (IMAGE_CLAIM,), KeySigner(key)))
    assert made.image.endswith(first.digest)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v2/octo/lost/manifests/sha256:"),
        ("PUT", "/v2/octo/lost/manifests/sha256-"),
        ("PUT", "/v2/octo/lost/blobs/"),
        ("POST", "/v2/octo/lost/blobs/"),
    ],
)
def test_a_push_whose_reply_was_lost_is_not_doubled(
    busy: Faults, registry: str, key: SigningKey, method: str, path: str
) -> None:
    """The registry did its work; asked again it has the same artifact, once."""
    direct = repository(registry, "octo/lost")
    image = push_image(direct, f"{method} {path}".encode(), "v1")
    into, host = through(busy, "octo/lost")
    busy.inject(Drop(forwarded=True), times=1, method=method, path=path)
    attached(into, f"{host}/octo/lost:v1", KeySigner(key))
    assert any(request.fault for request in busy.requests)
    assert len(direct.referrers(image.digest)) == 1


@pytest.mark.parametrize(("answer", "code"), [(Answer(401), "IMAGE004"), (Answer(403), "IMAGE004")])
def test_nothing_is_logged_where_the_registry_takes_nothing(  # noqa: PLR0913, PLR0917 - two proxies and two answers
    busy: Faults, registry: str, stack: Stack, tmp_path: Path, answer: Answer, code: str
) -> None:
    """Who may read and not write learns it before there is a log entry that would be for good."""
    push_image(repository(registry, "octo/closed"), b"closed", "v1")
    into, host = through(busy, "octo/closed")
    for method in ("HEAD", "POST", "PUT"):
        busy.inject(answer, times=9, method=method, path="/v2/")
    with Faults(stack.urls["rekor-v1"]) as log:
        trust = stack.write_trust(tmp_path / "trust.json", through={"rekor-v1": log.url})
        with signing(stack, trust) as signer, pytest.raises(Error, match=code) as caught:
            attached(into, f"{host}/octo/closed:v1", signer)
        assert log.requests == ()
    assert caught.value.status is ExitStatus.OUTSIDE


def test_a_registry_that_is_away_is_outside(busy: Faults, key: SigningKey) -> None:
    """A later run can still do it."""
    into, host = through(busy, "octo/away")
    busy.inject(Drop(forwarded=False), times=9)
    with pytest.raises(Error, match="IMAGE003") as caught:
        attached(into, f"{host}/octo/away:v1", KeySigner(key))
    assert caught.value.status is ExitStatus.OUTSIDE


def test_another_manifest_than_was_asked_for_is_not_signed(busy: Faults, registry: str, key: SigningKey) -> None:
    """What comes is held to the digest that was named."""
    image = push_image(repository(registry, "octo/mixed"), b"mixed", "v1")
    into, host = through(busy, "octo/mixed")
    busy.inject(Answer(200, body=b'{"mediaType": "x"}'), times=1, method="GET", path="/v2/octo/mixed/manifests/")
    with pytest.raises(Error, match="IMAGE006"):
        attached(into, f"{host}/octo/mixed@{image.digest}", KeySigner(key))


class _Failing(KeySigner):
    """A signer whose service goes away after the first statement."""

    workers = 1

    def __init__(self, key: SigningKey) -> None:
        super().__init__(key)
        self.left = 1

    def sign_statement(self, payload: bytes) -> str:
        """Sign the first and no other."""
        if not self.left:
            raise Error("WIRE001", "away", status=ExitStatus.OUTSIDE)
        self.left -= 1
        return super().sign_statement(payload)


def test_what_was_signed_before_an_outage_is_kept(registry: str, key: SigningKey) -> None:
    """The next run signs what is missing and no more."""
    into = repository(registry, "octo/half")
    _index(into)
    text = f"{registry}/octo/half:v1"
    with pytest.raises(Error, match="WIRE001"):
        attached(into, text, _Failing(key))
    assert [each.was_there for each in attached(into, text, KeySigner(key))] == [True, False, False]


def test_a_machine_without_room_for_older_readers_is_told(
    registry: str, key: SigningKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no folder for what they read; the signature itself is there by then."""
    into = repository(registry, "octo/no-room")
    push_image(into, b"no room", "v1")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(Error) as raised:
        attached(into, f"{registry}/octo/no-room:v1", KeySigner(key))
    assert raised.value.code == "SIGN053"
