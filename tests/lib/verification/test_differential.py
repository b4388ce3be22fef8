"""What sigstore-python and cosign both refuse is refused here: changed bundles, put before all three."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from maximus import documents
from maximus.errors import Error
from maximus.signing.bundles import MAX_BUNDLE, parse_bundle
from maximus.verification.material import Broken, Sealed, read_files
from tests.lib.verification.test_mutations import KINDS, _is_accepted, _mutants

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.lib.verification.conftest import Real
    from tests.stack.cosign import Cosign

SAMPLE = 12
"""How many mutants of a kind are put before cosign, a process each."""


def sigstore(real: Real, kind: str) -> Callable[[Any], bool]:
    """Return sigstore-python's verdict about a file's bundle, or a statement's."""
    from sigstore.hashes import Hashed  # noqa: PLC0415 - only tests with the stack need it
    from sigstore.models import Bundle, TrustedRoot  # noqa: PLC0415 - likewise
    from sigstore.verify.policy import UnsafeNoOp  # noqa: PLC0415 - likewise
    from sigstore.verify.verifier import Verifier  # noqa: PLC0415 - likewise
    from sigstore_models.common.v1 import HashAlgorithm  # noqa: PLC0415 - likewise
    from sigstore_models.trustroot.v1 import TrustedRoot as Message  # noqa: PLC0415 - likewise

    verifier = Verifier(trusted_root=TrustedRoot(Message.from_json(real.root.read_bytes())))
    hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(real.file.sha256))

    def accepts(document: Any) -> bool:  # noqa: ANN401 - JSON of any shape
        try:
            bundle = Bundle.from_json(json.dumps(document))
            if "message" in kind:
                verifier.verify_artifact(hashed, bundle, UnsafeNoOp())
            else:
                verifier.verify_dsse(bundle, UnsafeNoOp())
        except Exception:  # noqa: BLE001 - it raises raw errors of many kinds, which all mean no
            return False
        return True

    return accepts


def by_cosign(real: Real, cosign: Cosign, kind: str, path: Path, document: Any) -> bool:  # noqa: ANN401 - JSON
    """Return cosign's verdict about a file's bundle, or a statement's."""
    path.write_text(json.dumps(document), encoding="utf-8")
    if "message" in kind:
        return cosign.verify_blob(real.file.path, path).returncode == 0
    predicate = "https://maximus.invalid/predicate"
    return cosign.verify_blob_attestation(real.file.path, path, predicate_type=predicate).returncode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_accepts_nothing_that_both_judges_refuse(real: Real, cosign: Cosign, tmp_path: Path, kind: str) -> None:
    """Each mutant that is accepted here is accepted by sigstore-python, or else by cosign."""
    judge, accepts = real.judge(), sigstore(real, kind)
    original = json.loads(real.bundles[kind])
    path = tmp_path / "mutant.sigstore.json"
    assert accepts(original)
    assert by_cosign(real, cosign, kind, path, original)
    refused_by_both = []
    accepted = 0
    for where, what, mutant in _mutants(original, flips=6):
        if not _is_accepted(real, judge, mutant):
            continue
        accepted += 1
        if accepts(mutant):
            continue
        if not by_cosign(real, cosign, kind, path, mutant):
            refused_by_both.append((where, what))
    assert refused_by_both == []
    assert accepted > 0


@pytest.mark.parametrize("kind", KINDS)
def test_refuses_a_sample_of_what_cosign_refuses(real: Real, cosign: Cosign, tmp_path: Path, kind: str) -> None:
    """Whatever cosign refuses of a random sample is refused here too, or accepted by sigstore-python."""
    judge, accepts = real.judge(), sigstore(real, kind)
    mutants = [mutant for _, _, mutant in _mutants(json.loads(real.bundles[kind]), flips=4)]
    sample = random.Random(6).sample(mutants, SAMPLE)  # noqa: S311 - reproducible, not secret
    path = tmp_path / "mutant.sigstore.json"
    refused = 0
    for mutant in sample:
        if by_cosign(real, cosign, kind, path, mutant):
            continue
        refused += 1
        assert accepts(mutant) or not _is_accepted(real, judge, mutant)
    assert refused > 0


@pytest.mark.parametrize("kind", KINDS)
def test_refuses_every_truncation(real: Real, kind: str) -> None:
    """Half a bundle is none, wherever it was cut, and what is said about it is never an exception."""
    raw = real.bundles[kind].rstrip()
    for end in range(0, len(raw), 61):
        with pytest.raises(Error):
            parse_bundle(documents.parse_json(raw[:end], "half"), "half")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda raw: raw[: len(raw) // 2], "DOC003"),
        (lambda raw: raw + b" " * MAX_BUNDLE, "VERIFY013"),
        (lambda raw: raw.replace(b"{", b'{"x": ' + b"[" * 5_000 + b"]" * 5_000 + b", ", 1), "DOC"),
        (lambda raw: raw.replace(b"{", b'{"mediaType": "x", ', 1), "DOC"),
    ],
    ids=["truncated", "oversized", "nested", "twice"],
)
def test_a_whole_bundle_that_is_spoilt_is_named(
    real: Real, tmp_path: Path, spoil: Callable[[bytes], bytes], code: str
) -> None:
    """Cut, too large, nested deeply, or with a key twice: a fault of its file, with a code."""
    (tmp_path / "app.bin").write_bytes(b"what was released\n")
    place = tmp_path / "app.bin.sigstore.json"
    place.write_bytes(real.bundles[KINDS[0]])
    assert [type(each) for each in read_files(["app.bin"], tmp_path, None).sealed] == [Sealed]
    place.write_bytes(spoil(real.bundles[KINDS[0]]))
    material = read_files(["app.bin"], tmp_path, None)
    assert material.sealed == ()
    (broken,) = material.broken_bundles
    assert isinstance(broken, Broken)
    assert (broken.target, broken.error.code.startswith(code)) == ("app.bin", True), broken.error.code
