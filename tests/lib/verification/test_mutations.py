"""Every single change of a real bundle is refused with a reason, or changes nothing that was signed."""

from __future__ import annotations

import base64
import copy
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from maximus import documents
from maximus.errors import Error
from maximus.signing.bundles import parse_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maximus.verification.finding import Judge
    from maximus.verification.keyed import KeyJudge
    from tests.lib.verification.conftest import Real

Path = tuple[str | int, ...]
FLIPS = 48
"""How many bytes of each field are flipped; the seed is fixed, so that a failure comes again."""
TIMESTAMPS = ("verificationMaterial", "timestampVerificationData")


KINDS = ("sigstore-message-v1", "cosign-statement-v1", "cosign-message-v2", "sigstore-statement-v2")
AT_LEAST = 550
"""Mutants of each kind, so that there are more than 2,000 of the four."""


@pytest.fixture(scope="session")
def flips(request: pytest.FixtureRequest) -> int:
    """How many bytes of each field are flipped: a sample, or with `--every-mutant` all of them."""
    return 1 << 20 if request.config.getoption("--every-mutant") else FLIPS


@pytest.mark.parametrize("kind", KINDS)
def test_refuses_every_change(real: Real, kind: str, flips: int) -> None:
    """No change passes but those that leave everything signed as it was, and none raises."""
    judge = real.judge()
    original = json.loads(real.bundles[kind])
    assert _is_accepted(real, judge, original)
    passed, count = [], 0
    for path, what, mutant in _mutants(original, flips):
        count += 1
        if mutant != original and _is_accepted(real, judge, mutant) and not _is_equivalent(original, mutant):
            passed.append((path, what))
    assert passed == []
    assert count >= AT_LEAST


@pytest.mark.parametrize("kind", KINDS)
def test_refuses_every_change_inside_what_is_encoded(real: Real, kind: str) -> None:
    """Nor does one of a field of the log entry's body, of the statement, or of a line of the checkpoint."""
    judge = real.judge()
    original = json.loads(real.bundles[kind])
    (entry,) = original["verificationMaterial"]["tlogEntries"]
    inner: list[Any] = []
    for holder, key in ((entry, "canonicalizedBody"), (original.get("dsseEnvelope", {}), "payload")):
        if key in holder:
            text = holder[key]
            for _, _, mutant in _mutants(json.loads(base64.b64decode(text)), flips=2):
                holder[key] = base64.b64encode(json.dumps(mutant, separators=(",", ":")).encode()).decode()
                inner.append(copy.deepcopy(original))
            holder[key] = text
    checkpoint = entry["inclusionProof"]["checkpoint"]
    lines = checkpoint["envelope"].split("\n")
    for number, line in enumerate(lines):
        for changed in ([], [line, line], [f"{line} "], [f"{line}A"], [line[:-1]], [f" {line}"]):
            checkpoint["envelope"] = "\n".join([*lines[:number], *changed, *lines[number + 1 :]])
            if changed != [line] and checkpoint["envelope"] != "\n".join(lines):
                inner.append(copy.deepcopy(original))
    assert [mutant for mutant in inner if _is_accepted(real, judge, mutant)] == []
    assert len(inner) > 50


@pytest.mark.parametrize("kind", ["message-v1", "statement-v2"])
def test_refuses_every_change_of_what_a_key_signed(
    real: Real, logged: tuple[KeyJudge, dict[str, bytes]], kind: str
) -> None:
    """With a key and its log entry no change passes but those of the hint and of what may be absent."""
    judge, bundles = logged
    original = json.loads(bundles[kind])
    passed = [
        (path, what)
        for path, what, mutant in _mutants(original)
        if mutant != original
        and "publicKey" not in path
        and _is_accepted(real, judge, mutant)
        and _signed_parts(original, stamps=False) != _signed_parts(mutant, stamps=False)
    ]
    assert passed == []


def test_accepts_nothing_that_sigstore_refuses(real: Real) -> None:
    """Where a changed bundle is accepted, sigstore-python's own verifier accepts it too."""
    from sigstore.hashes import Hashed  # noqa: PLC0415 - only tests with the stack need it
    from sigstore.models import Bundle, TrustedRoot  # noqa: PLC0415 - likewise
    from sigstore.verify.policy import UnsafeNoOp  # noqa: PLC0415 - likewise
    from sigstore.verify.verifier import Verifier  # noqa: PLC0415 - likewise
    from sigstore_models.common.v1 import HashAlgorithm  # noqa: PLC0415 - likewise
    from sigstore_models.trustroot.v1 import TrustedRoot as Message  # noqa: PLC0415 - likewise

    root = TrustedRoot(Message.from_json(real.root.read_bytes()))
    verifier = Verifier(trusted_root=root)
    hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(real.file.sha256))
    judge = real.judge()
    accepted = 0
    for _, _, mutant in _mutants(json.loads(real.bundles["cosign-message-v1"]), flips=4):
        if _is_accepted(real, judge, mutant):
            verifier.verify_artifact(hashed, Bundle.from_json(json.dumps(mutant)), UnsafeNoOp())
            accepted += 1
    assert accepted > 0


def _is_accepted(real: Real, judge: Judge, mutant: Any) -> bool:  # noqa: ANN401 - JSON of any shape
    raw = json.dumps(mutant).encode()
    try:
        bundle = parse_bundle(documents.parse_json(raw, "mutant"), "mutant")
    except Error:
        return False
    finding = judge.judge(raw, bundle, real.file)
    assert all(fault.reason for fault in finding.faults)
    return not finding.faults


def _mutants(document: Any, flips: int = FLIPS) -> Iterator[tuple[Path, str, Any]]:  # noqa: ANN401 - JSON
    """Yield every change: fields taken out, emptied, doubled, given another type, and bytes flipped."""
    chance = random.Random(20)  # noqa: S311 - reproducible, not secret
    for path, node in list(_walk(document)):
        if not path:
            continue
        yield path, "taken out", _without(document, path)
        yield path, "null", _with(document, path, None)
        for what, value in _values(node, chance, flips):
            yield path, what, _with(document, path, value)


def _values(node: Any, chance: random.Random, flips: int) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    match node:
        case list():
            yield "empty", []
            yield "doubled", node + node
        case dict():
            yield "empty", {}
            yield "more", {**node, "more": 1}
        case str() if node.isdigit():
            for number in (0, int(node) + 1, int(node) - 1, 2**63, 2**64):
                yield str(number), str(number)
            yield "a number", int(node)
        case str():
            yield "empty", ""
            yield "a number", 7
            yield from _flipped(node, chance, flips)


def _flipped(text: str, chance: random.Random, flips: int) -> Iterator[tuple[str, str]]:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if len(raw) < 16:
        for place in sorted(chance.sample(range(len(text)), min(len(text), 4 * flips))):
            yield f"character {place}", text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        return
    for place in sorted(chance.sample(range(len(raw)), min(len(raw), flips))):
        changed = bytearray(raw)
        changed[place] ^= 1 << chance.randrange(8)
        yield f"byte {place}", base64.b64encode(changed).decode()
    yield "shorter", base64.b64encode(raw[:-1]).decode()
    yield "longer", base64.b64encode(raw + b"\0").decode()


def _walk(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401 - JSON
    yield path, node
    match node:
        case dict():
            for key, value in node.items():
                yield from _walk(value, (*path, key))
        case list():
            for index, value in enumerate(node):
                yield from _walk(value, (*path, index))


def _with(document: Any, path: Path, value: Any) -> Any:  # noqa: ANN401 - JSON
    changed = copy.deepcopy(document)
    node = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return changed


def _without(document: Any, path: Path) -> Any:  # noqa: ANN401 - JSON
    changed = copy.deepcopy(document)
    node = changed
    for key in path[:-1]:
        node = node[key]
    del node[path[-1]]
    return changed


def _is_equivalent(original: Any, mutant: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether the change leaves all that was signed, logged and stamped as it was.

    A convenience may be absent: the stated digest, a zero, a timestamp where the log's promise gives the time.
    In a timestamp the envelope's own numbers and names are not signed, and its time and signature are.
    """
    return _signed_parts(original) == _signed_parts(mutant) or (
        _with_promise(original)
        and _signed_parts(original, stamps=False) == _signed_parts(mutant, stamps=False)
        and not _stamps(mutant)
    )


def _signed_parts(document: Any, *, stamps: bool = True) -> Any:  # noqa: ANN401 - JSON
    parts = copy.deepcopy(document)
    (parts.get("messageSignature") or {}).pop("messageDigest", None)
    for entry in parts["verificationMaterial"].get("tlogEntries") or ():
        if entry.get("integratedTime") == "0":
            del entry["integratedTime"]
    parts["verificationMaterial"].pop("timestampVerificationData", None)
    return parts, [_stamped(stamp) for stamp in _stamps(document)] if stamps else []


def _stamps(document: Any) -> list[bytes]:  # noqa: ANN401 - JSON
    data = document["verificationMaterial"].get("timestampVerificationData") or {}
    return [base64.b64decode(stamp["signedTimestamp"]) for stamp in data.get("rfc3161Timestamps") or ()]


def _with_promise(document: Any) -> bool:  # noqa: ANN401 - JSON
    return bool(document["verificationMaterial"]["tlogEntries"][0].get("inclusionPromise"))


def _stamped(der: bytes) -> tuple[bytes, ...]:
    """Return what a timestamp signs and its signature: the parts of CMS that a signature covers (RFC 5652)."""
    _, token = _children(_children(der)[0][1])
    signed_data = _children(_children(token[1])[1][1])[0][1]
    version, _, content, *_, signers = _children(signed_data)
    assert version[0] == 0x02
    signer = _children(_children(signers[1])[0][1])
    signed_attributes = next(value for tag, value in signer if tag == 0xA0)
    signature = next(value for tag, value in signer if tag == 0x04)
    return content[1], signed_attributes, signature


def _children(der: bytes) -> list[tuple[int, bytes]]:
    """Return tag and value of each element in a row of DER."""
    found = []
    while der:
        length, start = der[1], 2
        if length & 0x80:
            start = 2 + (length & 0x7F)
            length = int.from_bytes(der[2:start], "big")
        found.append((der[0], der[start : start + length]))
        der = der[start + length :]
    return found
