"""Managed keys whose signatures are logged, on the real services."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa

from maximus.signing.batch import Failed, Signed, sign_each
from maximus.signing.bundles import bundle_path, read_bundle
from maximus.signing.keys import SigningKey
from maximus.signing.recorder import Recorder
from maximus.signing.rekor import key_signatory
from maximus.signing.signers import KeySigner, Logging
from maximus.signing.transport import Limits, Transport
from maximus.signing.trust import load_trust
from maximus.verification.selfcheck import self_check
from maximus.verification.verifier import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from maximus.signing.batch import Outcome
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

KEY = SigningKey(rsa.generate_private_key(65537, 2048))


@contextlib.contextmanager
def logging_signer(trust: Path) -> Iterator[KeySigner]:
    """A signer whose key makes the same signature each time, logged."""
    with quiet(), Transport(Limits(budget=5)) as transport:
        config = load_trust(trust)
        recorder = Recorder(config.services, self_check(config.root, trust), transport)
        yield KeySigner(KEY, logging=Logging(recorder, KEY.public, key_signatory(KEY.public)))


def each(trust: Path, *files: Path) -> tuple[Outcome, ...]:
    """Sign each file beside itself."""
    with logging_signer(trust) as signer:
        return sign_each(files, signer, lambda path: bundle_path(path, path.parent), lambda: None)


def test_files_of_the_same_bytes_share_one_entry(stack: Stack, cosign: Cosign, tmp_path: Path) -> None:
    """Rekor v2 takes what such a key makes of the same bytes once; one file that comes later finds it too."""
    first, twin, other, late = (tmp_path / name for name in ("a", "b", "c", "0"))
    content = secrets.token_bytes(8)
    for path in (first, twin, late):
        path.write_bytes(content)
    other.write_bytes(content + b"x")
    made = each(stack.trust_v2, first, twin, other)
    assert [type(outcome) for outcome in made] == [Signed] * 3
    again = each(stack.trust_v2, late, first, twin, other)
    assert not [outcome for outcome in again if isinstance(outcome, Failed)]
    entries = [read_bundle(bundle_path(path, tmp_path)).entries[0].index for path in (late, first, twin, other)]
    assert entries[0] == entries[1] == entries[2] != entries[3]
    public = tmp_path / "key.pub"
    public.write_bytes(KEY.public.pem)
    for path in (late, first, twin, other):
        done = cosign.run(
            *("verify-blob", "--bundle", bundle_path(path, tmp_path), "--key", public),
            *("--trusted-root", stack.trusted_root, path),
        )
        assert done.returncode == 0, done.stderr
