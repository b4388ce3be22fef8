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
    MessageSignature,
    bundle_document,
    bundle_path,
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
