"""Bundles that others made on the public instance: by npm, GitHub, cosign, for packages as registries serve them.

The packages come from the registry, their attestations from where real projects keep them: registries that only
mirror packages hand out no attestations. The root is the public instance's as sigstore-python carries it.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from maximus import documents
from maximus.signing.bundles import parse_bundle
from maximus.signing.keys import load_public_key
from maximus.verification.finding import Fact
from maximus.verification.identity import ByIdentity, ByWorkflow
from maximus.verification.keyed import KeyJudge
from maximus.verification.keyless import KeylessJudge
from maximus.verification.material import read_files
from maximus.verification.proof import prove
from maximus.verification.verifier import bundle_verifier
from tests.lib.verification.conftest import embedded
from tests.stack.build import HERE as STACK
from tests.stack.stack import is_required

if TYPE_CHECKING:
    from maximus.verification.finding import Judge
    from maximus.verification.identity import Policy
    from maximus.verification.proof import Proof

pytestmark = pytest.mark.network

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "public"
GITHUB = "https://token.actions.githubusercontent.com"
SIGSTORE_JS = ByWorkflow(
    "https://github.com/sigstore/sigstore-js",
    "https://github.com/sigstore/sigstore-js/.github/workflows/release.yml",
    GITHUB,
    "refs/heads/main",
)
CLI = ("github.com/cli/cli/v2@v2.60.0", "pkg/cmd/attestation/test/data")
SIGSTORE_GO = ("github.com/sigstore/sigstore-go@v1.2.1", "examples")


def unmeasured(reason: str) -> NoReturn:
    """Leave the test unmeasured; where every real part is required that is a failure."""
    if is_required():
        pytest.fail(reason)
    pytest.skip(f"unmeasured: {reason}")


def run(*command: str, folder: Path) -> str:
    """Run a client and return what it prints."""
    program = shutil.which(command[0]) or unmeasured(f"{command[0]} is not on this machine")
    done = subprocess.run(
        (program, *command[1:]), capture_output=True, encoding="utf-8", check=False, cwd=folder, timeout=300
    )
    if done.returncode:
        unmeasured(f"{' '.join(command[:3])} failed: {done.stderr.strip()[-300:]}")
    return done.stdout


def module(name: str, folder: str) -> Path:
    """Return a folder of a Go module, as the module proxy serves it."""
    return Path(json.loads(run("go", "mod", "download", "-json", name, folder=STACK))["Dir"]) / folder


def npm(package: str) -> Path:
    """Return the tarball of an npm package, kept for the next run."""
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"{package.replace('/', '-').replace('@', '-').strip('-')}.tgz"
    if not path.exists():
        (told,) = json.loads(run("npm", "pack", "--json", package, folder=CACHE))
        (CACHE / told["filename"]).replace(path)
    return path


def proven(file: Path, attestations: Path, judge: Judge, tmp_path: Path) -> Proof:
    """Return what the attestations prove about a copy of the file."""
    copy = tmp_path / file.name
    shutil.copyfile(file, copy)
    bundles = tmp_path / attestations.name
    if bundles != copy:
        shutil.copyfile(attestations, bundles)
    return prove(read_files([copy.name], tmp_path, bundles), judge)


def by(policy: Policy) -> KeylessJudge:
    """Return the judge under the public root."""
    return KeylessJudge(embedded(), policy)


def holds(proof: Proof) -> bool:
    """Tell whether the one file is proven in everything."""
    (outcome,) = proof.outcomes
    return not proof.errors and all(outcome.holds(fact) for fact in (Fact.SIGNATURES, Fact.LOG, Fact.IDENTITY))


@pytest.mark.parametrize(
    ("name", "where", "package"),
    [
        ("sigstore-js-2.1.0-bundle.json", CLI, "sigstore@2.1.0"),
        ("sigstore-js-2.1.0-bundle-v0.1.json", CLI, "sigstore@2.1.0"),
        ("sigstore-js-2.1.0_with_2_bundles.jsonl", CLI, "sigstore@2.1.0"),
        ("bundle-provenance.json", SIGSTORE_GO, "sigstore@1.3.0"),
    ],
)
def test_verifies_the_provenance_of_an_npm_package(
    name: str, where: tuple[str, str], package: str, tmp_path: Path
) -> None:
    """The tarball as npm serves it, by SHA-512 and entries of `intoto` 0.0.2: sigstore-python reads neither."""
    tarball, attestation = npm(package), module(*where) / name
    assert holds(proven(tarball, attestation, by(SIGSTORE_JS), tmp_path))


def test_refuses_the_provenance_of_another_version(tmp_path: Path) -> None:
    """The same package, an earlier version: what the statement says fits nothing here."""
    proof = proven(npm("sigstore@1.3.0"), module(*CLI) / "sigstore-js-2.1.0-bundle.json", by(SIGSTORE_JS), tmp_path)
    assert [error.code for _, error in proof.errors] == ["VERIFY010"]


def test_refuses_a_bundle_whose_signature_was_changed(tmp_path: Path) -> None:
    """A bundle that GitHub's own tests must refuse too."""
    attestation = module(*CLI) / "sigstoreBundle-invalid-signature.json"
    proof = proven(npm("sigstore@2.1.0"), attestation, by(SIGSTORE_JS), tmp_path)
    assert not holds(proof)


def npm_key() -> bytes:
    """Return the key with which npm signed until 2025, as npm's own client carries it."""
    with tarfile.open(npm("@sigstore/tuf@5.0.1")) as archive:
        seeds = archive.extractfile("package/seeds.json")
        assert seeds is not None
        targets = next(iter(json.load(seeds).values()))["targets"]
    keys = json.loads(base64.b64decode(next(text for name, text in targets.items() if name.endswith("%2Fkeys.json"))))[
        "keys"
    ]
    raw = next(key["publicKey"]["rawBytes"] for key in keys if key["keyUsage"] == "npm:attestations")
    return f"-----BEGIN PUBLIC KEY-----\n{raw}\n-----END PUBLIC KEY-----\n".encode()


def test_verifies_what_npm_itself_signed_when_it_published(tmp_path: Path) -> None:
    """The publish attestation is by npm's key, and its entry is in the public log."""
    judge = KeyJudge(load_public_key(npm_key(), "npm's key"), bundle_verifier(embedded()))
    assert holds(proven(npm("sigstore@1.3.0"), module(*SIGSTORE_GO) / "bundle-publish.json", judge, tmp_path))


def test_each_of_npms_two_attestations_answers_its_own_question(tmp_path: Path) -> None:
    """As npm's registry hands them out, together: asked for who built, the registry's own word is left aside."""
    examples = module(*SIGSTORE_GO)
    together = tmp_path / "attestations.json"
    parts = [json.loads((examples / name).read_bytes()) for name in ("bundle-provenance.json", "bundle-publish.json")]
    together.write_text(
        json.dumps({"attestations": [{"predicateType": "x", "bundle": part} for part in parts]}), encoding="utf-8"
    )
    key = KeyJudge(load_public_key(npm_key(), "npm's key"), bundle_verifier(embedded()))
    judges: tuple[Judge, ...] = (by(SIGSTORE_JS), key)
    for number, judge in enumerate(judges):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert holds(proven(npm("sigstore@1.3.0"), together, judge, folder))


GITHUB_MADE = {
    "custom-issuer": ByWorkflow(
        "https://github.com/too-legit/attest",
        "https://github.com/too-legit/attest/.github/workflows/integration.yml",
        f"{GITHUB}/hammer-time",
    ),
    "reusable-workflow": ByWorkflow(
        "https://github.com/malancas/attest-demo",
        "https://github.com/github/artifact-attestations-workflows/.github/workflows/attest.yml",
        GITHUB,
    ),
}


@pytest.mark.parametrize(
    ("artifact", "bundle"),
    [
        ("custom-issuer-artifact", "custom-issuer.sigstore.json"),
        ("reusable-workflow-artifact", "reusable-workflow-attestation.sigstore.json"),
    ],
)
def test_verifies_what_github_attested(artifact: str, bundle: str, tmp_path: Path) -> None:
    """An enterprise's issuer, and a workflow that another repository called: as `actions/attest` makes them."""
    folder = module(*CLI)
    policy = GITHUB_MADE[bundle.removesuffix(".sigstore.json").removesuffix("-attestation")]
    assert holds(proven(folder / artifact, folder / bundle, by(policy), tmp_path))


def test_verifies_a_bundle_that_cosign_made() -> None:
    """An attestation of an image, in cosign's own test data."""
    raw = (
        module("github.com/sigstore/cosign/v3@v3.1.2", "pkg/cosign/testdata") / "oci-attestation.sigstore.json"
    ).read_bytes()
    bundle = parse_bundle(documents.parse_json(raw, "bundle"), "bundle")
    judges = [
        by(ByIdentity("cody@soyland.com", issuer))
        for issuer in ("https://github.com/login/oauth", "https://accounts.google.com")
    ]
    found = [[fault.code for fault in judge.judge(raw, bundle, None).faults] for judge in judges]
    assert found == [[], ["VERIFY018"]]
