"""What is read from bundles, and where they lie."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.errors import Error
from maximus.signing.bundles import (
    MAX_ENTRIES,
    MEDIA_TYPE,
    PAYLOAD_TYPE,
    Bundle,
    Envelope,
    LogEntry,
    MessageSignature,
    Proof,
    bundle_document,
    bundle_path,
    bundle_text,
    is_bundle,
    key_bundle,
    key_hint,
    parse_bundle,
    pre_authentication_encoding,
    read_bundle,
    statement_path,
)

SHA256 = "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def test_the_signed_bytes_are_those_of_the_specification() -> None:
    """The example of the DSSE protocol document comes out byte for byte."""
    signed = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
    assert signed == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_the_length_of_a_payload_type_counts_bytes() -> None:
    """A letter of two bytes counts twice."""
    assert pre_authentication_encoding("é", b"") == "DSSEv1 2 é 0 ".encode()


@pytest.mark.parametrize("content", [MessageSignature(b"sig", SHA256), Envelope(PAYLOAD_TYPE, b"{}", b"sig")])
def test_a_bundle_of_a_key_reads_as_it_was_made(content: MessageSignature | Envelope) -> None:
    """Nothing is lost between making and parsing, and no certificate or log entry appears."""
    parsed = parse_bundle(bundle_document(key_bundle(content, b"der")), "b")
    assert parsed == Bundle(MEDIA_TYPE, b"", key_hint(b"der"), content, (), ())


def test_the_hint_is_the_digest_of_the_public_key() -> None:
    """It is the base64 of SHA-256 over the key's DER, as cosign writes it."""
    document = bundle_document(key_bundle(MessageSignature(b"sig", SHA256), b""))
    empty = base64.b64encode(bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
    assert document["verificationMaterial"]["publicKey"]["hint"] == empty.decode()


def test_a_file_that_is_no_bundle_is_named(tmp_path: Path) -> None:
    """Any other JSON is refused with its path."""
    path = tmp_path / "x.sigstore.json"
    path.write_text('{"mediaType": "text/plain"}', encoding="utf-8")
    with pytest.raises(Error, match="text/plain") as raised:
        read_bundle(path)
    assert (raised.value.code, raised.value.where) == ("BUNDLE001", str(path))


def _bundle(**changes: object) -> dict[str, Any]:
    return bundle_document(key_bundle(MessageSignature(b"sig", SHA256), b"der")) | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"verificationMaterial": {}},
        {"verificationMaterial": {"publicKey": {}, "certificate": {"rawBytes": ""}}},
        {"verificationMaterial": {"publicKey": {}, "tlogEntries": [{}]}},
        {"verificationMaterial": {"publicKey": {}, "tlogEntries": [{}] * (MAX_ENTRIES + 1)}},
        {"messageSignature": None},
        {"messageSignature": {"signature": "not base64!"}},
        {"messageSignature": {"messageDigest": {"algorithm": "SHA2_512", "digest": ""}, "signature": ""}},
        {"messageSignature": {"messageDigest": {"algorithm": "SHA2_256", "digest": "AAAA"}, "signature": ""}},
        {"dsseEnvelope": {}},
        {"messageSignature": None, "dsseEnvelope": {"payload": "", "payloadType": "x", "signatures": []}},
    ],
)
def test_a_malformed_part_is_a_fault(changes: dict[str, Any]) -> None:
    """A part that is missing, doubled or not what it says is one error and no traceback."""
    with pytest.raises(Error) as raised:
        parse_bundle(_bundle(**changes), "b")
    assert raised.value.code == "BUNDLE002"


@given(st.fixed_dictionaries({"verificationMaterial": JSON, "messageSignature": JSON, "dsseEnvelope": JSON}))
def test_whatever_a_bundle_holds_it_reads_or_is_a_fault(document: dict[str, Any]) -> None:
    """No JSON makes the parser crash."""
    try:
        parse_bundle(document | {"mediaType": MEDIA_TYPE}, "b")
    except Error as error:
        assert error.code == "BUNDLE002"  # noqa: PT017 - most inputs are faults, some are not


def test_a_bundle_lies_beside_its_file() -> None:
    """The suffix stands behind the whole name."""
    assert bundle_path(Path("release/a.whl"), Path("release")) == Path("release/a.whl.sigstore.json")


def test_bundles_of_files_with_one_name_are_kept_apart() -> None:
    """In a folder of their own they keep the folders between."""
    root, place = Path("release"), Path("bundles")
    paths = {bundle_path(root / name, root, place) for name in ("a/x", "b/x")}
    assert paths == {Path("bundles/a/x.sigstore.json"), Path("bundles/b/x.sigstore.json")}


def test_a_second_statement_has_a_name_of_its_own() -> None:
    """Only a release of more files than one statement holds has one."""
    names = [statement_path(Path("release"), number).name for number in (1, 2)]
    assert names == ["release.sigstore.json", "release-2.sigstore.json"]
    assert all(is_bundle(Path(name)) for name in names)


def test_zeros_that_protobuf_leaves_out_are_zeros() -> None:
    """The first entry of a log has no index in JSON, and Rekor v2 states no time."""
    entry = {"logId": {"keyId": "aWQ="}, "kindVersion": {"kind": "k", "version": "v"}, "canonicalizedBody": "e30="}
    document = _bundle(verificationMaterial={"publicKey": {}, "tlogEntries": [entry]})
    (parsed,) = parse_bundle(json.loads(json.dumps(document)), "b").entries
    assert (parsed.index, parsed.integrated_time, parsed.log_id, parsed.body) == (0, 0, b"id", b"{}")


_PROOFS = st.builds(
    Proof,
    index=st.integers(0, 2**62),
    size=st.integers(0, 2**62),
    root=st.binary(max_size=32),
    hashes=st.lists(st.binary(max_size=32), max_size=3).map(tuple),
    checkpoint=st.text(max_size=20),
)
_ENTRIES = st.builds(
    LogEntry,
    index=st.integers(0, 2**62),
    log_id=st.binary(max_size=32),
    kind=st.text(max_size=9),
    version=st.text(max_size=9),
    integrated_time=st.integers(0, 2**62),
    body=st.binary(max_size=20),
    promise=st.binary(max_size=20),
    proof=st.none() | _PROOFS,
)
_CONTENTS = (
    st.builds(MessageSignature, st.binary(max_size=9), st.binary(min_size=32, max_size=32).map(bytes.hex))
    | st.builds(MessageSignature, st.binary(max_size=9), st.just(""))
    | st.builds(MessageSignature, st.binary(max_size=9), st.just(""), st.just(("SHA2_384", bytes(48))))
    | st.builds(Envelope, st.text(max_size=9), st.binary(max_size=20), st.binary(max_size=9))
)
_SIGNERS = st.sampled_from([(b"certificate", ""), (b"", "hint")])


@given(_CONTENTS, st.lists(_ENTRIES, max_size=2), st.lists(st.binary(max_size=9), max_size=2), _SIGNERS)
def test_a_bundle_reads_as_it_was_written(
    content: MessageSignature | Envelope, entries: list[LogEntry], stamps: list[bytes], who: tuple[bytes, str]
) -> None:
    """Every part of it, on one line."""
    bundle = Bundle(MEDIA_TYPE, *who, content, tuple(entries), tuple(stamps))
    text = bundle_text(bundle)
    assert text.count("\n") == 1
    assert parse_bundle(json.loads(text), "b") == bundle
