"""Bundles made by others on the real stack, once a session, and what verifies them."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from maximus import documents
from maximus.files import hash_file
from maximus.signing.bundles import parse_bundle
from maximus.signing.keys import load_public_key
from maximus.verification.identity import ByWorkflow
from maximus.verification.keyed import KeyJudge
from maximus.verification.keyless import KeylessJudge
from maximus.verification.roots import read_roots
from maximus.verification.trust import Trust, read_trust
from maximus.verification.verifier import bundle_verifier

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from maximus.files import HashedFile
    from maximus.verification.finding import Finding
    from maximus.verification.identity import Policy
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

CONTENT = b"what was released\n"
REPOSITORY = "https://github.com/octo/app"
WORKFLOW = f"{REPOSITORY}/.github/workflows/release.yml"


@dataclass(frozen=True)
class Real:
    """A file, the bundles that cosign and sigstore-python made for it, and the stack's trusted root."""

    file: HashedFile
    bundles: Mapping[str, bytes]
    """By maker, kind of signature and version of Rekor: `cosign-message-v1`, `sigstore-statement-v2`, ..."""
    root: Path
    issuer: str
    statement: bytes

    @property
    def policy(self) -> ByWorkflow:
        """Who signed them."""
        return ByWorkflow(REPOSITORY, WORKFLOW, self.issuer, "refs/tags/v*")

    def judge(self, policy: Policy | None = None) -> KeylessJudge:
        """Return a judge for them."""
        return KeylessJudge(read_trust(self.root), policy or self.policy)

    def find(self, judge: KeylessJudge, raw: bytes, file: HashedFile | None = None) -> Finding:
        """Return what the judge finds about the file."""
        return judge.judge(raw, parse_bundle(documents.parse_json(raw, "bundle"), "bundle"), file or self.file)


@pytest.fixture(scope="session")
def real(stack: Stack, cosign: Cosign, tmp_path_factory: pytest.TempPathFactory) -> Real:
    """Eight bundles: two makers, two kinds of signature, two logs."""
    folder = tmp_path_factory.mktemp("real")
    path = folder / "app.bin"
    path.write_bytes(CONTENT)
    statement = folder / "statement.json"
    statement.write_text(
        json.dumps(
            {
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{"name": "app.bin", "digest": {"sha256": hashlib.sha256(CONTENT).hexdigest()}}],
                "predicateType": "https://maximus.invalid/predicate",
                "predicate": {},
            }
        ),
        encoding="utf-8",
    )
    bundles: dict[str, bytes] = {}
    for rekor in (1, 2):
        message, envelope = folder / f"message-v{rekor}.json", folder / f"statement-v{rekor}.json"
        for done in (
            cosign.sign_blob(path, message, rekor=rekor),
            cosign.attest_blob(statement, envelope, rekor=rekor),
        ):
            assert done.returncode == 0, done.stderr
        bundles[f"cosign-message-v{rekor}"] = message.read_bytes()
        bundles[f"cosign-statement-v{rekor}"] = envelope.read_bytes()
        trust = stack.trust_v1 if rekor == 1 else stack.trust_v2
        made = _by_sigstore(trust, _token(stack), statement.read_bytes())
        bundles[f"sigstore-message-v{rekor}"], bundles[f"sigstore-statement-v{rekor}"] = made
    root = folder / "trusted_root.json"
    root.write_bytes(stack.trusted_root.read_bytes())
    return Real(hash_file(path), bundles, root, stack.issuer_url, statement.read_bytes())


def _token(stack: Stack) -> str:
    environment = stack.environment()
    request = urllib.request.Request(  # noqa: S310 - the stack's own address
        environment["ACTIONS_ID_TOKEN_REQUEST_URL"] + "&audience=sigstore",
        headers={"Authorization": f"bearer {environment['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310 - likewise
        return str(json.load(reply)["value"])


def _by_sigstore(trust: Path, token: str, statement: bytes) -> tuple[bytes, bytes]:
    from sigstore.dsse import Statement  # noqa: PLC0415 - only tests with the stack need it
    from sigstore.models import ClientTrustConfig  # noqa: PLC0415 - likewise
    from sigstore.oidc import IdentityToken  # noqa: PLC0415 - likewise
    from sigstore.sign import SigningContext  # noqa: PLC0415 - likewise

    context = SigningContext.from_trust_config(ClientTrustConfig.from_json(trust.read_text(encoding="utf-8")))
    with context.signer(IdentityToken(token, "sigstore")) as signer:
        message = signer.sign_artifact(CONTENT).to_json()
        envelope = signer.sign_dsse(Statement(statement)).to_json()
    return message.encode(), envelope.encode()


def embedded_document() -> dict[str, Any]:
    """Return the public instance's root as sigstore-python carries it: real, and needing no network."""
    from sigstore._internal.tuf import DEFAULT_TUF_URL  # noqa: PLC0415 - a test's only
    from sigstore._utils import read_embedded  # noqa: PLC0415 - likewise

    document: dict[str, Any] = json.loads(read_embedded("trusted_root.json", DEFAULT_TUF_URL))
    return document


def embedded() -> Trust:
    """Return the same, to judge by."""
    return Trust(read_roots(embedded_document()), "embedded")


@pytest.fixture(scope="session")
def logged(real: Real, cosign: Cosign, tmp_path_factory: pytest.TempPathFactory) -> tuple[KeyJudge, dict[str, bytes]]:
    """What cosign signs and logs with a key, and the judge for it that checks log entries."""
    no_password = {"COSIGN_PASSWORD": ""}
    folder = tmp_path_factory.mktemp("key")
    made = cosign.run("generate-key-pair", "--output-key-prefix", folder / "key", environment=no_password)
    assert made.returncode == 0, made.stderr
    statement = folder / "statement.json"
    statement.write_bytes(real.statement)
    root = ("--trusted-root", cosign.stack.trusted_root)
    bundles = {}
    for rekor in (1, 2):
        to = ("--yes", "--key", folder / "key.key", "--signing-config", cosign.stack.signing_config(rekor), *root)
        for kind, command in (
            ("message", ("sign-blob", real.file.path)),
            ("statement", ("attest-blob", "--statement", statement)),
        ):
            bundle = folder / f"{kind}-v{rekor}.json"
            done = cosign.run(command[0], *to, "--bundle", bundle, *command[1:], environment=no_password)
            assert done.returncode == 0, done.stderr
            bundles[bundle.stem] = bundle.read_bytes()
    key = load_public_key((folder / "key.pub").read_bytes(), "key.pub")
    return KeyJudge(key, bundle_verifier(read_trust(real.root))), bundles
